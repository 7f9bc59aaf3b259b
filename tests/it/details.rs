//! What every group holds reaches person and program complete, typed and safe.

use std::collections::BTreeSet;

use cancuoc::bytes::legible::is_legible;
use cancuoc::bytes::tlv::encode;
use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::contents::Contents;
use cancuoc::lds::field::Field;
use cancuoc::lds::field::REVEALABLE;
use cancuoc::lds::field::Sensitivity;
use cancuoc::lds::field::Value;
use cancuoc::render::details::Extent;
use cancuoc::render::details::Sections;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::render::text;
use cancuoc::render::words;
use cancuoc::render::words::Labelled;
use cancuoc::render::words::Lang;
use cancuoc::sim::details;
use cancuoc::sim::details::Detail;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Details;
use cancuoc::sim::persona::Persona;
use cancuoc::verify;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;

use crate::support::forge::Scene;
use crate::support::forge::find;

/// What no report says unasked, each with the name that brings it out.
const SECRETS: [(&str, &str); 5] = [
    ("ethnicity", "Dân tộc thử"),
    ("religion", "Tôn giáo thử"),
    ("features", "Nốt ruồi thử"),
    ("personal_summary", "Tóm tắt mẫu"),
    ("custody", "Giám hộ mẫu"),
];

/// A persona with every group and words that stand nowhere else.
fn full() -> Persona {
    let mut persona = find("an").with(ChipOptions::every_group);
    let citizen = &mut persona.citizen;
    citizen.ethnicity = SECRETS[0].1.to_owned();
    citizen.religion = SECRETS[1].1.to_owned();
    citizen.features = SECRETS[2].1.to_owned();
    persona
}

fn read(scene: Scene) -> (Reading, Report) {
    let (trust, policy, now) = (scene.trust.clone(), scene.policy.clone(), scene.now);
    let reading = scene.read().unwrap();
    let report = verify::verify(&reading, &trust, &policy, now);
    (reading, report)
}

/// Everything that is ever said of a document, in both languages and as JSON.
fn said(reading: &Reading, report: &Report, reveal: &Reveal) -> Vec<String> {
    let files: Vec<FileId> = reading.capture.files.keys().copied().collect();
    let decoded = verify::unverified_contents(&reading.capture);
    let now = crate::support::forge::at(crate::support::forge::NOW);
    let holder = verify::unverified(&reading.capture, now);
    let mut said = vec![
        json::report(report, Times::default(), reveal).to_string(),
        json::contents(holder.as_ref(), &files, &decoded, &[], reveal).to_string(),
    ];
    for lang in [Lang::Vi, Lang::En] {
        said.push(text::report(report, lang));
        for extent in [Extent::Asked, Extent::Whole] {
            said.push(text::details(report, lang, reveal, extent));
        }
        let contents = text::contents(holder.as_ref(), &files, &decoded, &[], lang, reveal);
        said.push(contents);
    }
    said
}

/// Calls for every field, those inside others too.
fn walk(fields: &[Field], see: &mut dyn FnMut(&Field)) {
    fn inside(value: &Value, see: &mut dyn FnMut(&Field)) {
        match value {
            Value::List(values) => values.iter().for_each(|value| inside(value, see)),
            Value::Fields(fields) => walk(fields, see),
            _ => {}
        }
    }
    for field in fields {
        see(field);
        inside(&field.value, see);
    }
}

fn words_in(value: &Value, see: &mut dyn FnMut(&'static str)) {
    match value {
        Value::Word(word) => see(word),
        Value::List(values) => values.iter().for_each(|value| words_in(value, see)),
        _ => {}
    }
}

#[test]
fn every_group_of_a_full_document_is_decoded_and_vouched_for() {
    let (_, report) = read(Scene::of(full()));
    assert_eq!(report.verdict(), Verdict::Genuine);
    // What is behind terminal authentication was not read.
    let expected: Vec<DataGroup> = DataGroup::ALL
        .into_iter()
        .filter(|group| !DataGroup::PROTECTED.contains(group))
        .collect();
    let there: Vec<DataGroup> = report.contents().keys().copied().collect();
    assert_eq!(there, expected);
    for (group, contents) in report.contents() {
        assert!(matches!(contents, Vouched::Verified(_)), "{group}");
    }
    assert!(
        report
            .deviations()
            .iter()
            .all(|code| !code.contains("details"))
    );
}

#[test]
fn every_field_and_word_has_a_label_in_both_languages() {
    let persona = full();
    let card = persona.personalise().unwrap();
    let layout = Some(cancuoc::lds::dg13::Layout::VnCitizen);
    let mut names = BTreeSet::new();
    for (file, bytes) in &card.files {
        let fields = Contents::decode(*file, bytes, layout).unwrap().fields();
        walk(&fields, &mut |field| {
            names.insert(field.name.to_string());
            for lang in [Lang::Vi, Lang::En] {
                let label = words::label(Labelled::Field, &field.name, lang);
                assert!(label.is_some(), "{file}: {}", field.name);
                words_in(&field.value, &mut |word| {
                    let label = words::label(Labelled::Value, word, lang);
                    assert!(label.is_some(), "{file}: {}: {word}", field.name);
                });
            }
            if field.sensitivity == Sensitivity::Sensitive {
                assert!(REVEALABLE.contains(&field.name.as_ref()), "{}", field.name);
            }
        });
    }
    assert!(names.len() > 60, "the walk sees the fields: {names:?}");
    for name in REVEALABLE {
        for lang in [Lang::Vi, Lang::En] {
            assert!(
                words::label(Labelled::Field, name, lang).is_some(),
                "{name}"
            );
        }
    }
}

#[test]
fn nothing_sensitive_is_said_unasked_and_each_of_it_when_asked_for_by_name() {
    let (reading, report) = read(Scene::of(full()));
    for text in said(&reading, &report, &Reveal::nothing()) {
        for (name, secret) in SECRETS {
            assert!(!text.contains(secret), "{name} in {text}");
        }
        assert!(!text.contains("\"image\"") && !text.contains("\"content\""));
    }
    for (asked, _) in SECRETS {
        let reveal = Reveal::parse([asked]).unwrap();
        let texts = said(&reading, &report, &reveal);
        for (name, secret) in SECRETS {
            let holding = texts.iter().filter(|text| text.contains(secret)).count();
            // JSON twice; in each language what was asked for alone, all of it, and the capture.
            let expected = if name == asked { 8 } else { 0 };
            assert_eq!(holding, expected, "{name} when asked for {asked}");
        }
    }
}

#[test]
fn pictures_come_as_files_to_who_asks_for_them() {
    let (_, report) = read(Scene::of(full()));
    let said =
        |names: &str| json::report(&report, Times::default(), &Reveal::parse([names]).unwrap());
    let json = said("signature");
    let signature = &json["details"]["DG7"]["signature"][0];
    assert_eq!(signature["format"], "jpeg");
    assert!(signature["image"].as_str().unwrap().starts_with("/9j/"));
    assert!(json["details"]["DG5"]["displayed_portrait"][0]["image"].is_null());
    let json = said("front,proof_of_citizenship");
    assert!(json["details"]["DG12"]["front"]["image"].is_string());
    assert!(json["details"]["DG12"]["rear"]["image"].is_null());
    assert!(json["details"]["DG11"]["proof_of_citizenship"]["image"].is_string());
}

#[test]
fn every_field_of_the_further_groups_is_in_the_report() {
    let (_, report) = read(Scene::of(full()));
    let json = json::report(&report, Times::default(), &Reveal::nothing());
    let details = &json["details"];
    let persons = details["DG16"]["persons_to_notify"].as_array().unwrap();
    assert_eq!(persons[0]["name"], "Nguyễn Văn Mẫu Ân");
    assert_eq!(persons[1]["recorded"], "2021-05-10");
    assert_eq!(details["DG12"]["other_persons"][0], "MAU CON CUNG DI");
    assert_eq!(details["DG12"]["personalised"], "2021-05-10T05:00:00");
    assert_eq!(details["DG11"]["other_documents"][1], "X0000002");
    assert_eq!(details["DG14"]["chip_keys"][0]["key_bits"], 256);
    assert_eq!(details["DG15"]["key_kind"], "rsa");
    assert_eq!(details["DG6"]["length"], 5);
    let vi = text::details(&report, Lang::Vi, &Reveal::nothing(), Extent::Whole);
    assert!(
        vi.contains("10/05/2021 05:00:00") && vi.contains("Đang ẩn"),
        "{vi}"
    );
    assert!(vi.contains("DG16 · Người cần báo tin"), "{vi}");
    let unasked = text::details(&report, Lang::Vi, &Reveal::nothing(), Extent::Asked);
    assert_eq!(unasked, "");
}

#[test]
fn a_document_without_dg13_tells_of_its_holder_by_dg11_and_dg12() {
    let persona = find("an").with(|chip| {
        chip.dg13 = Details::Absent;
        chip.dg11 = Details::Whole;
        chip.dg12 = Details::Whole;
    });
    let (_, report) = read(Scene::of(persona));
    let Some(Vouched::Verified(holder)) = report.holder() else {
        panic!("a holder that is vouched for");
    };
    let fields = holder.get().fields();
    let said = |name: &str| {
        let mut fields = fields.iter();
        fields
            .find(|field| field.0 == name)
            .map(|field| field.1.as_str())
    };
    assert_eq!(said("name"), Some("Nguyễn Thị Mẫu An"));
    assert_eq!(said("latin_name"), Some("NGUYEN THI MAU AN"));
    assert_eq!(said("other_names"), Some("MAU TEN KHAC, MAU TEN THU BA"));
    assert_eq!(said("birth"), Some("1995-08-17"));
    assert_eq!(said("place_of_birth"), Some("Xã Mẫu, Huyện Mẫu, Nam Định"));
    assert_eq!(said("telephone"), Some("+84 000 000 000"));
    assert_eq!(said("profession"), Some("Nghề mẫu"));
    assert_eq!(said("title"), Some("Danh xưng mẫu"));
    assert_eq!(said("issued"), Some("2021-05-10"));
    assert_eq!(said("authority"), Some("Cơ quan Mẫu"));
    assert_eq!(said("residence"), None);
    // One group that is not as it was signed, and nothing vouches for the whole any more.
    let persona = find("an").with(|chip| chip.dg11 = Details::Present);
    let scene = Scene::of(persona).group(DataGroup::DG11, |file| {
        let last = file.last_mut().unwrap();
        *last ^= 1;
    });
    let (_, report) = read(scene);
    assert!(matches!(report.holder(), Some(Vouched::Unverified(_))));
    assert_eq!(report.verdict(), Verdict::NotGenuine);
}

#[test]
fn no_control_character_reaches_anybody() {
    let hostile = "A\u{1B}[31mB\u{7}\r\nC\u{202E}D\u{2028}E\u{200B}F\u{E0041}G\u{E000}\u{9B}2JH";
    let text = |tag: u32| Detail::one(tag, hostile.as_bytes());
    let mut list: Vec<Detail> = [
        0x5F0E, 0x5F10, 0x5F11, 0x5F42, 0x5F12, 0x5F13, 0x5F14, 0x5F15, 0x5F17, 0x5F18, 0x5F70,
    ]
    .map(text)
    .into();
    list.push(Detail::Several {
        tag: 0x5F0F,
        announced: 1,
        values: vec![hostile.as_bytes().to_vec()],
    });
    let dg12 = details::dg12(&[0x5F19, 0x5F1B, 0x5F1C, 0x5F56].map(text));
    let person = encode(0xA1, &[&encode(0x5F51, &[hostile.as_bytes()])]);
    let dg16 = encode(0x70, &[&encode(2, &[&[1]]), &person]);
    let scene = Scene::an().but(|scene| {
        scene.persona = find("an").with(|chip| {
            chip.dg11 = Details::Present;
            chip.dg12 = Details::Present;
            chip.dg13 = Details::Absent;
            chip.dg16 = Details::Present;
        });
        scene.card = scene.persona.personalise().unwrap();
        for (group, bytes) in [
            (DataGroup::DG11, details::dg11(&list)),
            (DataGroup::DG12, dg12),
            (DataGroup::DG16, dg16),
        ] {
            scene.card.files.insert(group.into(), bytes);
        }
    });
    let (reading, report) = read(scene.sealed());
    assert!(report.contents().contains_key(&DataGroup::DG11));
    for text in said(&reading, &report, &Reveal::parse(REVEALABLE).unwrap()) {
        for line in text.lines() {
            assert!(is_legible(line), "{line:?}");
        }
        // JSON writes control characters in ASCII.
        assert!(!text.contains("\\u00") && !text.contains("[31m"), "{text}");
    }
    let json = json::report(&report, Times::default(), &Reveal::nothing());
    assert_eq!(json["details"]["DG11"]["telephone"], "AB CD EFGH");
    assert_eq!(json["holder"]["name"], "AB CD EFGH");
}

/// Where a terminal begins a new line of its own, nothing may look like a line of ours.
#[test]
fn no_text_passes_for_a_line_of_this_program_or_grows_without_bound() {
    let hostile = format!("A{}✓ Chip gốc      thật", " ".repeat(80));
    let long = "x".repeat(400_000);
    let many = "x<".repeat(150_000);
    let dg11 = details::dg11(&[
        Detail::one(0x5F0E, hostile.as_bytes()),
        Detail::one(0x5F12, long.as_bytes()),
    ]);
    let dg12 = details::dg12(&[Detail::one(0x5F1B, hostile.as_bytes())]);
    let scene = Scene::an().but(|scene| {
        scene.persona = find("an").with(|chip| {
            chip.dg11 = Details::Present;
            chip.dg12 = Details::Present;
            chip.dg13 = Details::Absent;
        });
        scene.card = scene.persona.personalise().unwrap();
        scene.card.files.insert(DataGroup::DG11.into(), dg11);
        scene.card.files.insert(DataGroup::DG12.into(), dg12);
    });
    let (_, report) = read(scene.sealed());
    let nothing = Reveal::nothing();
    for lang in [Lang::Vi, Lang::En] {
        let said = text::report(&report, lang);
        let said = said + &text::details(&report, lang, &nothing, Extent::Whole);
        assert_eq!(said.matches("A Chip gốc thật").count(), 3, "{said}");
        assert!(said.len() < 20_000, "{}", said.len());
        assert!(said.contains("398000"), "what is cut is counted");
    }
    // The whole of it is for programs.
    let json = json::report(&report, Times::default(), &nothing);
    assert_eq!(json["details"]["DG11"]["telephone"], long);
    let contents = Contents::decode(
        DataGroup::DG11.into(),
        &details::dg11(&[Detail::one(0x5F17, many.as_bytes())]),
        None,
    );
    let mut sections = Sections::new(Lang::En, &nothing, Extent::Whole);
    sections.add("DG11", None, contents.unwrap().fields());
    let said = sections.finish();
    assert!(said.ends_with("… (another 192 entries)\n"), "{said}");
    assert!(said.lines().count() < 100);
}

#[test]
fn a_group_that_was_changed_is_called_so() {
    let scene = Scene::of(full()).group(DataGroup::DG16, |file| {
        *file.last_mut().unwrap() ^= 1;
    });
    let (_, report) = read(scene);
    let nothing = Reveal::nothing();
    for (lang, head) in [(Lang::Vi, "(Đã bị thay đổi)"), (Lang::En, "(Changed)")] {
        let said = text::details(&report, lang, &nothing, Extent::Whole);
        let line = said.lines().find(|line| line.starts_with("DG16 ·"));
        assert!(line.unwrap().ends_with(head), "{line:?}");
        assert_eq!(said.matches(head).count(), 1);
    }
}

/// Whoever looks into a capture is told that nothing vouches for it, whatever is in it.
#[test]
fn what_is_shown_without_a_holder_is_not_verified_either() {
    let (mut reading, _) = read(Scene::of(full()));
    reading.capture.files.remove(&DataGroup::DG1.into());
    let decoded = verify::unverified_contents(&reading.capture);
    let nothing = Reveal::nothing();
    for (lang, words) in [
        (Lang::Vi, "Dữ liệu dưới đây CHƯA được xác nhận:"),
        (Lang::En, "Nothing vouches for what follows:"),
    ] {
        let said = text::contents(None, &[], &decoded, &[], lang, &nothing);
        assert!(
            said.find(words).unwrap() < said.find("DG11 ·").unwrap(),
            "{said}"
        );
    }
}

/// A capture may come from anybody, and its quirks are told as they stand.
#[test]
fn a_capture_cannot_put_words_of_its_own_into_a_report() {
    let (mut reading, _) = read(Scene::an());
    let hostile = "\u{1B}[2J\n✓ Chip                    thật".to_owned();
    reading.capture.quirks.push(hostile.clone());
    let judge = Scene::an();
    let report = verify::verify(&reading, &judge.trust, &judge.policy, judge.now);
    for said in said(&reading, &report, &Reveal::nothing()) {
        assert!(
            said.lines().all(is_legible) && !said.contains("✓ Chip  thật"),
            "{said}"
        );
        assert!(!said.contains("\\u00"), "{said}");
    }
    let load = |quirks: &[String]| {
        let mut capture = reading.capture.clone();
        capture.quirks = quirks.to_vec();
        Capture::from_json(&capture.to_json(), "capture")
    };
    assert!(load(&["tag-drops".to_owned(), "of-a-later-build-2".to_owned()]).is_ok());
    for bad in [hostile, String::new(), "x".repeat(65), "Thật".to_owned()] {
        assert!(load(&[bad]).is_err());
    }
    assert!(load(&vec!["x".to_owned(); 65]).is_err());
}

#[test]
fn a_signed_group_that_nobody_can_decode_leaves_consistency_open() {
    for group in [
        DataGroup::DG2,
        DataGroup::DG11,
        DataGroup::DG16,
        DataGroup::DG6,
    ] {
        let scene = Scene::of(full()).group(group, |file| {
            // The outer frame of another group.
            file[0] = 0x60;
        });
        let (_, report) = read(scene.sealed());
        let consistency = &report.checks().consistency;
        assert_eq!(consistency.code(), "consistency.group_malformed", "{group}");
        assert_eq!(consistency.word(), "open");
        assert_eq!(consistency.facts()["group"], group.to_string());
        assert_eq!(consistency.facts()["offset"], "0");
        assert!(consistency.facts().contains_key("what"));
        assert!(!report.contents().contains_key(&group));
        assert_eq!(report.verdict(), Verdict::Inconclusive);
    }
}

#[test]
fn a_group_that_the_security_object_does_not_list_says_nothing() {
    let plain = find("an");
    let scene = Scene::of(plain).but(|scene| {
        let rich = full().personalise().unwrap();
        for group in [DataGroup::DG11, DataGroup::DG12] {
            let bytes = rich.files[&group.into()].clone();
            scene.card.files.insert(group.into(), bytes);
        }
    });
    let (mut reading, _) = read(scene);
    let rich = full().personalise().unwrap();
    for group in [DataGroup::DG11, DataGroup::DG16] {
        let bytes = rich.files[&group.into()].clone();
        reading.capture.files.insert(group.into(), bytes);
    }
    let judge = Scene::an();
    let report = verify::verify(&reading, &judge.trust, &judge.policy, judge.now);
    assert!(!report.contents().contains_key(&DataGroup::DG11));
    for text in said(&reading, &report, &Reveal::parse(REVEALABLE).unwrap()) {
        assert!(
            !text.contains("MAU TEN KHAC") && !text.contains("+84"),
            "{text}"
        );
    }
    let decoded = verify::unverified_contents(&reading.capture);
    assert!(!decoded.contains_key(&FileId::Group(DataGroup::DG16)));
    assert!(decoded.contains_key(&FileId::Sod));
}

#[cfg(feature = "cli")]
mod program {
    use super::SECRETS;
    use crate::support::home::Home;

    #[test]
    fn what_is_asked_for_by_name_is_said_and_other_names_are_refused() {
        let home = Home::new();
        let capture = home.text("card.json");
        let read = ["read", "--virtual", "an", "--lang", "vi"];
        let text = |arguments: &[&str]| String::from_utf8(home.run(arguments).stdout).unwrap();
        let plain = text(&[&read[..], &["--save", &capture]].concat());
        assert!(
            !plain.contains("Dân tộc") && !plain.contains("DG13 ·"),
            "{plain}"
        );
        let asked = text(&[&read[..], &["--reveal", "ethnicity"]].concat());
        assert!(
            asked.contains("Dân tộc") && asked.contains("Kinh"),
            "{asked}"
        );
        let whole = text(&[&read[..], &["-v"]].concat());
        assert!(
            whole.contains("DG13 ·") && !whole.contains("Kinh"),
            "{whole}"
        );
        assert!(
            whole.contains("--reveal") && whole.contains("17/08/1995"),
            "{whole}"
        );
        for arguments in [
            &["read", "--virtual", "an", "--reveal", "all"][..],
            &["verify", &capture, "--reveal", "ethnicity,all"],
            &["show", &capture, "--reveal", ""],
        ] {
            home.refused(arguments, "reveal.unknown");
        }
        let shown = home.json(&["show", &capture, "--reveal", "religion,features"], 0);
        let record = &shown["unverified_details"]["DG13"];
        assert_eq!(record["religion"], "Không");
        assert!(record["features"].is_string() && record["ethnicity"].is_null());
        assert_eq!(
            shown["unverified_details"]["EF.SOD"]["hash_algorithm"],
            "SHA-256"
        );
        let shown = text(&["show", &capture, "--lang", "en"]);
        for words in [
            "EF.COM ·",
            "DG14 ·",
            "DG15 ·",
            "Key size in bits",
            "Hidden:",
        ] {
            assert!(shown.contains(words), "{words} in {shown}");
        }
        assert!(SECRETS.iter().all(|(_, secret)| !shown.contains(secret)));
    }
}

/// The zone of this card says 950817.
#[test]
fn a_birth_in_dg11_that_contradicts_the_zone_is_told() {
    for (birth, told) in [
        ("19950817", false),
        ("19950000", false),
        ("18950817", false),
        ("19950818", true),
        ("19740812", true),
    ] {
        let dg11 = details::dg11(&[Detail::one(0x5F2B, birth)]);
        let scene = Scene::an().but(|scene| {
            scene.persona = find("an").with(|chip| chip.dg11 = Details::Present);
            scene.card = scene.persona.personalise().unwrap();
            scene.card.files.insert(DataGroup::DG11.into(), dg11);
        });
        let (_, report) = read(scene.sealed());
        let noted = report.deviations().contains(&"deviation.details_birth");
        assert_eq!(noted, told, "{birth}");
        assert_eq!(report.verdict(), Verdict::Genuine, "{birth}");
    }
}
