//! Faults on the command line: those around the card, the catalogue, and names that nobody has.

use crate::support::home::Home;

#[test]
fn faults_around_the_card_are_played() {
    let home = Home::new();
    for fault in [
        "register-revoked",
        "register-other-name",
        "clock-1970",
        "clock-after-expiry",
        "pki-signer-revoked",
        "pki-anchor-missing",
        "lds-flipped:DG13",
    ] {
        let listed = home.json(&["sim", "faults", fault], 0);
        let answer = &listed["catalogue"][0]["answer"];
        let status = match answer["verdict"].as_str().unwrap() {
            "inconclusive" => 3,
            _ => 1,
        };
        let report = home.json(&["read", "--virtual", "an", "--fault", fault], status);
        assert_eq!(report["verdict"], answer["verdict"], "{fault}");
    }
}

#[test]
fn the_catalogue_is_listed_by_category_and_by_name() {
    let home = Home::new();
    let all = home.json(&["sim", "faults"], 0);
    let count = |listed: &serde_json::Value| listed["catalogue"].as_array().unwrap().len();
    assert_eq!(count(&all), all["faults"].as_array().unwrap().len());
    let clock = home.json(&["sim", "faults", "--category", "clock"], 0);
    assert_eq!(count(&clock), 3);
    let one = home.json(&["sim", "faults", "mute"], 0);
    assert_eq!(one["catalogue"][0]["answer"]["error"], "card.mute");
    let quirk = home.json(&["sim", "faults", "tag-drops-12"], 0);
    assert_eq!(count(&quirk), 0);
    assert_eq!(quirk["quirks"][0], "tag-drops-12");
}

#[test]
fn a_fault_whose_moment_never_came_is_named() {
    let home = Home::new();
    for (fault, told) in [("mute@read:DG2:300", true), ("mute@read:DG2:1", false)] {
        let arguments = ["--lang", "en", "read", "--virtual", "an", "--fault", fault];
        let output = home.run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.contains("did not happen"), told, "{said}");
    }
}

#[test]
fn what_is_no_fault_is_refused_with_its_neighbours() {
    let home = Home::new();
    let refused = |fault: &str, code: &str| {
        let error = home.json(&["read", "--virtual", "an", "--fault", fault], 2);
        assert_eq!(error["error"]["code"], code, "{fault}");
        error["error"]["detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let subject = refused("pki-signer-revokd", "sim.switch_unknown");
    assert!(subject.contains("pki-signer-revoked"), "{subject}");
    for cue in [
        "mute@lunch",
        "lds-flipped@power:1",
        "lost-at-command:3@power:1",
    ] {
        assert!(refused(cue, "sim.cue_malformed").contains(cue));
    }
    for around in [
        "sharing-violation",
        "reader-gone",
        "register-revoked",
        "clock-1970",
    ] {
        let error = home.json(&["sim", "serve", "--fault", around], 2);
        assert_eq!(error["error"]["code"], "sim.switch_around", "{around}");
    }
}
