//! The service of the readers, pcscd: whether it is there, answers, and lets us in.

use std::path::Path;

use super::Finding;
use super::Heard;
use super::Machine;
use super::User;
use super::entries;
use super::small;
use crate::error::TransportError;

/// The user that the package's service runs as.
pub(super) const SERVICE: &str = "cancuoc";

/// Where the rule that the package brings lies, and where it belongs.
const RULE: &str = "/usr/share/polkit-1/rules.d/50-cancuoc.rules";

/// What pcscd asks polkit about, where it was built to.
const ACTIONS: &str = "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy";

/// The program of polkit, under every path where distributions put it.
const DAEMONS: [&str; 4] = [
    "/usr/lib/polkit-1/polkitd",
    "/usr/libexec/polkitd",
    "/usr/libexec/polkit-1/polkitd",
    "/usr/lib/policykit-1/polkitd",
];

/// Where polkit looks for rules (polkit(8)).
const RULES: [&str; 4] = [
    "/etc/polkit-1/rules.d",
    "/run/polkit-1/rules.d",
    "/usr/local/share/polkit-1/rules.d",
    "/usr/share/polkit-1/rules.d",
];

/// The driver of USB readers (CCID), under every folder where distributions put it.
const DRIVERS: [&str; 3] = [
    "/usr/lib/pcsc/drivers",
    "/usr/lib64/pcsc/drivers",
    "/usr/lib/readers",
];

pub(super) fn examine(machine: &Machine) -> Vec<Finding> {
    vec![answers(machine), polkit(machine), driver(machine)]
}

fn is_installed(machine: &Machine) -> bool {
    ["/usr/sbin/pcscd", "/usr/bin/pcscd", "/usr/local/sbin/pcscd"]
        .iter()
        .any(|path| machine.is_there(path))
}

fn answers(machine: &Machine) -> Finding {
    let socket = machine.path(&machine.socket);
    match &machine.heard {
        Heard::Readers(_) => Finding::ok("doctor.pcsc_ok"),
        Heard::NotBuilt => Finding::unknown("doctor.pcsc_not_built"),
        Heard::Nothing(TransportError::NotAllowed) => Finding::problem("doctor.pcsc_refused")
            .about(machine.user.shown())
            .mend(rule_for(&machine.user.shown())),
        Heard::Nothing(TransportError::NoService) if !is_installed(machine) => {
            Finding::problem("doctor.pcsc_missing").mend("sudo apt-get install pcscd libccid")
        }
        Heard::Nothing(TransportError::NoService) if !socket.exists() => {
            Finding::problem("doctor.pcsc_stopped")
                .about(machine.socket.display().to_string())
                .mend("sudo systemctl enable --now pcscd.socket")
        }
        Heard::Nothing(TransportError::NoService) => Finding::problem("doctor.pcsc_silent")
            .about(machine.socket.display().to_string())
            .mend("sudo systemctl restart pcscd.socket pcscd.service"),
        Heard::Nothing(other) => Finding::problem("doctor.pcsc_failed")
            .about(other.to_string())
            .mend("sudo systemctl restart pcscd.service; journalctl --unit pcscd --lines 50"),
    }
}

/// A rule that lets a user in, written by a command.
fn rule_for(user: &str) -> String {
    let rule = format!(
        r#"polkit.addRule(function(action, subject) {{ if ((action.id == "org.debian.pcsc-lite.access_pcsc" || action.id == "org.debian.pcsc-lite.access_card") && subject.user == "{user}") {{ return polkit.Result.YES; }} }});"#
    );
    format!("echo '{rule}' | sudo tee /etc/polkit-1/rules.d/50-cancuoc-{user}.rules")
}

/// Whether polkit lets the service in. It runs without a seat, and is refused by default.
fn polkit(machine: &Machine) -> Finding {
    if !machine.is_there(ACTIONS) {
        return Finding::ok("doctor.polkit_unused");
    }
    let user = match User::named(&machine.root, SERVICE) {
        Some(_) => SERVICE.to_owned(),
        None => machine.user.shown(),
    };
    // Whoever is let in has shown that polkit answers.
    let heard = matches!(machine.heard, Heard::Readers(_)) && user == machine.user.shown();
    if !heard && let Some(absent) = absent(machine) {
        return absent;
    }
    let mut hidden = None;
    for folder in RULES {
        match entries(&machine.path(folder)) {
            Ok(files) => {
                if let Some(file) = files.iter().find(|file| lets_in(file, &user)) {
                    return Finding::ok("doctor.polkit_ok").about(file.display().to_string());
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                hidden = Some(folder);
            }
            Err(_) => {}
        }
    }
    match hidden {
        // Nobody who is let in needs a rule, unless it is for somebody else.
        _ if heard => Finding::ok("doctor.polkit_let_in").about(user),
        Some(folder) => Finding::unknown("doctor.polkit_hidden")
            .about(folder)
            .mend("sudo cancuoc doctor"),
        None => Finding::problem("doctor.polkit_missing")
            .about(user.clone())
            .mend(match machine.is_there(RULE) {
                true => "sudo systemctl restart polkit.service".to_owned(),
                false => rule_for(&user),
            }),
    }
}

/// Polkit that is not there, or cannot be started. A pcscd that was built to ask it then lets in nobody
/// whom it would ask about. That it does not run is nothing: the bus starts it when it is asked.
fn absent(machine: &Machine) -> Option<Finding> {
    let absent = Finding::problem("doctor.polkit_absent");
    if !DAEMONS.iter().any(|path| machine.is_there(path)) {
        return Some(absent.mend("sudo apt-get install polkitd && sudo systemctl restart pcscd"));
    }
    let asked = [
        "show",
        "--property=LoadState",
        "--property=ActiveState",
        "polkit.service",
    ];
    let said = (machine.run)("systemctl", &asked)?;
    let why = ["LoadState=masked", "ActiveState=failed"];
    let why = why
        .iter()
        .find(|why| said.lines().any(|line| line == **why))?;
    let mend =
        "sudo systemctl unmask polkit.service && sudo systemctl restart polkit.service pcscd";
    Some(absent.about(*why).mend(mend))
}

/// Whether a file of rules names both actions and the user, comments aside.
fn lets_in(file: &Path, user: &str) -> bool {
    if file
        .extension()
        .is_none_or(|extension| extension != "rules")
    {
        return false;
    }
    let text = small(file).unwrap_or_default();
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let quoted = [format!("\"{user}\""), format!("'{user}'")];
    let all = code.contains("\"org.debian.pcsc-lite.\"")
        || code.contains("org.debian.pcsc-lite.access_card");
    let service = code.contains("\"org.debian.pcsc-lite.\"")
        || code.contains("org.debian.pcsc-lite.access_pcsc");
    all && service && quoted.iter().any(|quoted| code.contains(quoted))
}

fn driver(machine: &Machine) -> Finding {
    let found = DRIVERS.iter().find(|folder| {
        let drivers = entries(&machine.path(folder)).unwrap_or_default();
        drivers
            .iter()
            .any(|driver| driver.to_string_lossy().contains("ccid.bundle"))
    });
    match found {
        Some(folder) => Finding::ok("doctor.driver_ok").about(*folder),
        None => Finding::problem("doctor.driver_missing").mend("sudo apt-get install libccid"),
    }
}
