//! Redacted conversations: of the same shape, under the test root, and nobody's.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use cancuoc::bytes::date::PartialDate;
use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::error::Error;
use cancuoc::error::SetupError;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::cms::SignedData;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::redact;
use cancuoc::redact::Finding;
use cancuoc::redact::Kind;
use cancuoc::redact::Redacted;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::ActiveAuthentication;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Details;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::Records;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki::IssuerSpec;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::quirk::Quirk;
use cancuoc::transport::trace::Recorder;
use cancuoc::transport::trace::Trace;
use proptest::prelude::*;
use serde_json::Value;

use crate::support::cards;
use crate::support::home::Home;
use crate::terminal_authentication;

/// A conversation with this card, which stands for a real one.
fn recorded_of(card: Personalisation, plan: &Plan) -> String {
    let recorder = Recorder::new();
    let chip = Box::new(cards::terminal("real chip"));
    let mut card = recorder.transport(VirtualCard::new(card, chip));
    let mut random = recorder.random(cards::terminal("real terminal"));
    let _ = cards::read_with(&mut card, plan, &mut random);
    recorder.text()
}

fn recorded(persona: &Persona, plan: &Plan) -> String {
    recorded_of(persona.personalise().unwrap(), plan)
}

fn redacted(original: &str, plan: &Plan) -> Redacted {
    redact::redact(original, plan, "a test", cards::now()).unwrap()
}

/// Kinds of what the lint finds, with and without the original.
fn found(text: &str, original: Option<(&str, &Plan)>) -> Vec<Kind> {
    let findings = match original {
        None => redact::lint(text, cards::now()),
        Some((original, plan)) => redact::lint_against(text, original, plan, cards::now()),
    };
    findings.unwrap().into_iter().map(|one| one.kind).collect()
}

/// Rewrites a card's session: of the same shape and clean.
fn rewritten(what: &str, persona: &Persona, plan: &Plan) -> Redacted {
    let original = recorded(persona, plan);
    let redacted = redacted(&original, plan);
    let comparison = &redacted.comparison;
    assert_eq!(comparison.differences(), [], "{what}");
    assert_eq!(comparison.lengths(), [], "{what}");
    assert_eq!(comparison.outcomes(), [], "{what}");
    // It holds all that the lint without the original looks for.
    assert_eq!(found(&redacted.text, Some((&original, plan))), [], "{what}");
    redacted
}

fn whole(persona: &Persona) -> Plan {
    let key = if persona.chip.document.is_passport() {
        cards::mrz(persona)
    } else {
        cards::key(persona)
    };
    cards::whole(key)
}

fn changed(change: impl FnOnce(&mut ChipOptions)) -> Persona {
    cards::changed("an", change)
}

#[test]
fn every_shipped_persona_is_rewritten_in_the_same_shape() {
    for name in ["an", "binh", "chi", "dung", "giang"] {
        let persona = cards::persona(name);
        rewritten(name, &persona, &whole(&persona));
    }
}

#[test]
fn cards_of_every_kind_are_rewritten() {
    let kinds: [(&str, Persona); 8] = [
        (
            "RSA signer",
            changed(|chip| {
                chip.signer = SignerKey::RsaPss;
                chip.signature_hash = Hash::Sha256;
            }),
        ),
        (
            "P-256 signer",
            changed(|chip| {
                chip.signer = SignerKey::Ec(Curve::P256);
                chip.signature_hash = Hash::Sha256;
            }),
        ),
        (
            "ECDSA",
            changed(|chip| {
                chip.active = Some(ActiveAuthentication::Ecdsa {
                    curve: Curve::P256,
                    hash: Hash::Sha256,
                });
            }),
        ),
        (
            "chip authentication mapping",
            changed(|chip| {
                chip.pace = vec![PaceVariant::new(
                    Mapping::ChipAuthentication,
                    Cipher::Aes128,
                    13,
                )];
            }),
        ),
        (
            "another country",
            changed(|chip| {
                chip.document.country = "DE".to_owned();
                chip.document.state = "D".to_owned();
                chip.document.code = "P".to_owned();
            }),
        ),
        (
            "details",
            changed(|chip| {
                chip.dg11 = Details::Whole;
                chip.dg12 = Details::Whole;
                chip.dg16 = Details::Present;
                chip.reserved = Details::Present;
            }),
        ),
        (
            "ISO/IEC 39794",
            changed(|chip| chip.records = Records::Extensible),
        ),
        (
            "quirks",
            changed(|chip| {
                chip.quirks.extend([Quirk::Le6cxx, Quirk::SelectMf6a86]);
            }),
        ),
    ];
    for (what, persona) in kinds {
        rewritten(what, &persona, &whole(&persona));
    }
}

#[test]
fn a_session_that_lost_the_card_ends_as_it_did() {
    for number in [1, 5, 9, 16] {
        let persona = changed(|chip| chip.faults.push(Fault::LostAtCommand(number).into()));
        let redacted = rewritten("lost", &persona, &whole(&persona));
        assert_eq!(redacted.comparison.ends_with(), "card.removed");
        assert!(redacted.text.ends_with("! card.removed\n"));
    }
}

#[test]
fn a_key_that_was_refused_is_refused_again() {
    let persona = cards::persona("an");
    let key = AccessKey::parse("999998", cards::TODAY).unwrap();
    let redacted = rewritten("wrong key", &persona, &cards::whole(key));
    assert_eq!(redacted.comparison.ends_with(), "access.wrong_key");
}

#[test]
fn fingers_behind_a_terminal_are_rewritten() {
    let pki = terminal_authentication::pki(terminal_authentication::USUAL);
    let day = terminal_authentication::EARLY;
    let persona = terminal_authentication::persona(&pki, day, |_| {});
    let terminal = terminal_authentication::terminal_with(&pki, &[]);
    let plan = terminal_authentication::plan(&persona, &terminal);
    let original = recorded(&persona, &plan);
    let redacted = redacted(&original, &plan);
    // A chip that knows another day is shown other certificates; what it then gives is the same.
    assert_eq!(redacted.comparison.outcomes(), []);
    assert_eq!(redacted.comparison.lengths(), []);
    assert_eq!(found(&redacted.text, Some((&original, &plan))), []);
}

#[test]
fn named_groups_and_a_challenge_are_kept_and_replaced() {
    let persona = cards::persona("an");
    let plan = Plan {
        groups: Groups::Only(vec![DataGroup::DG1, DataGroup::DG13]),
        challenge: Some([7, 1, 2, 3, 4, 5, 6, 9]),
        ..whole(&persona)
    };
    let redacted = rewritten("groups", &persona, &plan);
    assert!(!redacted.text.contains("0701020304050609"));
    assert!(redacted.text.contains("redacted groups 1,13\n"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    let (original, plan) = original();
    let once = redacted(original, &plan).text;
    assert_eq!(once, redacted(original, &plan).text);
    let other = redact::redact(original, &plan, "another", cards::now()).unwrap();
    assert_ne!(once, other.text);
    for seed in ["", " a", "a\nb", &"x".repeat(201)] {
        let refused = redact::redact(original, &plan, seed, cards::now());
        assert!(matches!(refused, Err(Error::Setup(SetupError::Seed))));
    }
}

/// A session with `an` and her own portrait, made once.
fn original() -> (&'static str, Plan) {
    static TRACE: OnceLock<String> = OnceLock::new();
    let persona = cards::persona("an");
    let plan = whole(&persona);
    let text = TRACE.get_or_init(|| {
        let mut card = persona.personalise().unwrap();
        // Not a portrait that ships: octets that no drawing has.
        let dg2 = card.files.get_mut(&FileId::Group(DataGroup::DG2)).unwrap();
        let from = dg2.len() - 2_000;
        for (octet, place) in dg2[from..].iter_mut().zip(0_u32..) {
            *octet ^= place.wrapping_mul(2_654_435_761).to_be_bytes()[0];
        }
        persona.seal(&mut card).unwrap();
        recorded_of(card, &plan)
    });
    (text, plan)
}

/// The trace with other bytes in the answer to its n-th command.
fn with_answer(text: &str, number: usize, change: impl Fn(&mut Vec<u8>)) -> String {
    let mut at = 0;
    let lines = text.lines().map(|line| match line.strip_prefix("< ") {
        None => line.to_owned(),
        Some(answer) => {
            at += 1;
            let mut bytes = hex::decode(answer).unwrap();
            if at == number {
                change(&mut bytes);
            }
            format!("< {}", hex::encode_upper(bytes))
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn whatever_is_smuggled_into_a_redacted_trace_is_found() {
    let (original, plan) = original();
    let clean = redacted(original, &plan).text;
    assert_eq!(found(&clean, Some((original, &plan))), []);

    // The recorded session itself, under any header.
    assert_eq!(found(original, None), [Kind::Header]);
    let head: Vec<&str> = clean
        .lines()
        .take_while(|line| !line.starts_with("atr"))
        .collect();
    let forged = original.replacen("cancuoc.trace/1", &head.join("\n"), 1);
    assert_eq!(found(&forged, None), [Kind::NotReplayed]);
    assert!(found(&forged, Some((original, &plan))).contains(&Kind::Original));

    // One command and its answer, at the end.
    let lines: Vec<&str> = original.lines().collect();
    let place = lines.len() - 2;
    let more = format!("{clean}{}\n{}\n", lines[place], lines[place + 1]);
    assert_eq!(found(&more, None), [Kind::NotReplayed]);
    assert!(found(&more, Some((original, &plan))).contains(&Kind::Original));

    // Bytes in an answer in the clear, and in a protected one.
    let opened = with_answer(&clean, 2, |answer| answer[3] ^= 1);
    assert_ne!(found(&opened, None), []);
    let closed = with_answer(&clean, 9, |answer| answer[30] ^= 1);
    assert_eq!(found(&closed, None), [Kind::NotReplayed]);

    // A draw that was never used, another header line, another spelling.
    let drawn = lines
        .iter()
        .find(|line| line.starts_with("random"))
        .unwrap();
    let unused = format!("{clean}{drawn}\n");
    assert!(found(&unused, None).contains(&Kind::Unexplained));
    assert!(found(&unused, Some((original, &plan))).contains(&Kind::Original));
    let noted = clean.replacen(
        "redacted seed",
        "redacted note Nguyen Van An\nredacted seed",
        1,
    );
    assert_eq!(found(&noted, None), [Kind::Header]);
    let spelt = clean.replacen("> 00A4", "> 00a4", 1);
    assert!(found(&spelt, None).contains(&Kind::Unexplained));
    // The answer to reset with a number in it.
    let numbered = clean.replacen("atr 3B85800180738421", "atr 3B85800180538421", 1);
    assert!(found(&numbered, None).contains(&Kind::AnswerToReset));
}

/// Ways to bring something into a redacted trace by hand, each with what changes the text.
type Way = (&'static str, fn(&str) -> String);

/// In place of the first of these.
fn instead(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old}");
    text.replacen(old, new, 1)
}

/// The line that begins so, changed.
fn line(text: &str, begins: &str, change: impl Fn(&str) -> String) -> String {
    let old = text.lines().find(|line| line.starts_with(begins)).unwrap();
    instead(text, old, &change(old))
}

const WAYS: [Way; 27] = [
    ("a comment at the end", |text| format!("{text}# Nguyen\n")),
    ("a comment before the commands", |text| {
        instead(text, "\natr", "\n# Nguyen\natr")
    }),
    ("a line in front", |text| format!("Nguyen\n{text}")),
    ("a blank line", |text| format!("{text}\n")),
    ("a header line of no name", |text| {
        instead(text, "\natr", "\nredacted note Nguyen\natr")
    }),
    ("a header line again", |text| {
        line(text, "redacted country", |old| format!("{old}\n{old}"))
    }),
    ("a number as the seed", |text| {
        instead(text, "seed a test", "seed 036195000123")
    }),
    ("a seed that is not the one", |text| {
        instead(text, "seed a test", "seed Nguyen Thi")
    }),
    ("a country that is a name", |text| {
        line(text, "redacted country", |_| {
            "redacted country NGUYEN".to_owned()
        })
    }),
    ("a key that is not used", |text| {
        line(text, "redacted key", |old| format!("{old} puk:0361950001"))
    }),
    ("a zone that is not used", |text| {
        line(text, "redacted access", |old| {
            format!("redacted mrz 195000123,950817,350817\n{old}")
        })
    }),
    ("a challenge that is not used", |text| {
        line(text, "redacted access", |old| {
            format!("{old}\nredacted challenge 0361950001230000")
        })
    }),
    ("a word for yes", |text| {
        instead(text, "\natr", "\nredacted applications Nguyen\natr")
    }),
    ("groups that are not asked for", |text| {
        line(text, "redacted access", |old| {
            format!("{old}\nredacted groups 9,5,8,1,7")
        })
    }),
    ("a quirk that nobody needs", |text| {
        line(text, "redacted access", |old| {
            format!("{old}\nredacted quirks chunk-limit-1995")
        })
    }),
    ("another exchange", |text| {
        format!("{text}> 036195000123\n< 9000\n")
    }),
    ("a failure at the end", |text| {
        format!("{text}> 00B00000\n! card.removed\n")
    }),
    ("words behind a failure", |text| {
        format!("{text}> 00B00000\n! card.removed Nguyen\n")
    }),
    ("octets behind a status", |text| {
        with_answer(text, 2, |answer| answer.extend(b"Nguyen"))
    }),
    ("octets in front of a status", |text| {
        with_answer(text, 3, |answer| {
            answer.splice(0..0, *b"Nguyen");
        })
    }),
    ("lower-case digits", |text| {
        line(text, "> 00A4", str::to_lowercase)
    }),
    ("line ends of another system", |text| {
        text.replace('\n', "\r\n")
    }),
    ("spaces among digits", |text| {
        instead(text, "> 00A4", "> 00 A4")
    }),
    ("octets behind the answer to reset", |text| {
        line(text, "atr", |old| format!("{old}303336313935"))
    }),
    ("no answer to reset", |text| {
        line(text, "atr", |_| "atr 4E677579656E".to_owned())
    }),
    ("a draw that is not drawn", |text| {
        format!("{text}random 036195000123\n")
    }),
    ("limits in more digits", |text| {
        instead(text, "limits ", "limits 000361")
    }),
];

#[test]
fn every_way_to_write_into_a_redacted_trace_is_found_without_the_original() {
    let (original, plan) = original();
    let clean = redacted(original, &plan).text;
    assert_eq!(found(&clean, None), []);
    for (what, way) in WAYS {
        let text = way(&clean);
        match redact::lint(&text, cards::now()) {
            // No trace at all, or one that cannot be held again.
            Err(_) => {}
            Ok(findings) => assert_ne!(findings, [], "{what}"),
        }
    }
}

#[test]
fn a_trace_is_not_clean_without_its_last_line_end() {
    let (original, plan) = original();
    let clean = redacted(original, &plan).text;
    assert_eq!(found(clean.trim_end(), None), [Kind::Unexplained]);
}

/// What the lint finds, without the original, in a session under a redacted trace's header with a chip
/// that has files of the original card on it.
fn smuggled(
    persona: &Persona,
    plan: &Plan,
    original: &str,
    change: impl Fn(&mut Personalisation),
) -> (String, Vec<Finding>) {
    let clean = redacted(original, plan).text;
    let mut card = persona.personalise().unwrap();
    change(&mut card);
    let trace = Trace::parse(&clean).unwrap();
    let redaction = trace.redaction().unwrap();
    // Whoever smuggles knows the key and the seed, since both stand there.
    let key = redact::plan(redaction).unwrap().key;
    card.can = key.can.unwrap();
    let plan_of_persona = redact::plan(redaction).unwrap();
    let recorder = Recorder::new();
    let chip = cancuoc::sim::seed::Seeded::new("a test chip");
    let mut transport = recorder.transport(VirtualCard::new(card, Box::new(chip)));
    let mut random = recorder.random(cancuoc::sim::seed::Seeded::new("a test terminal"));
    // A card that is lost on the way leaves part of a file.
    let _ = cards::read_with(&mut transport, &plan_of_persona, &mut random);
    let text = redaction.head(&recorder.text());
    let findings = redact::lint(&text, cards::now()).unwrap();
    (text, findings)
}

/// Whether this was found in that file.
fn has(findings: &[Finding], kind: Kind, file: FileId) -> bool {
    let place = file.name();
    findings
        .iter()
        .any(|one| one.kind == kind && one.place == place)
}

#[test]
fn files_of_the_original_are_found_inside_the_secure_channel() {
    let persona = cards::persona("an");
    let (original, plan) = original();
    // The card itself: her zone, her words, her keys, her certificate.
    let (text, findings) = smuggled(&persona, &plan, original, |_| {});
    assert!(has(&findings, Kind::Key, DataGroup::DG14.into()));
    let kinds = found(&text, Some((original, &plan)));
    for kind in [Kind::Key, Kind::Original, Kind::Differs] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
    // A portrait that is not drawn, and a group that nobody signed so.
    let (_, findings) = smuggled(&persona, &plan, original, |card| {
        let dg2 = card.files.get_mut(&FileId::Group(DataGroup::DG2)).unwrap();
        let last = dg2.len() - 1;
        dg2[last] ^= 1;
    });
    for kind in [Kind::Portrait, Kind::Unsigned] {
        assert!(has(&findings, kind, DataGroup::DG2.into()), "{findings:?}");
    }
}

/// Each file has its own rule, which no other stands in for.
#[test]
fn keys_of_the_original_are_found_in_every_file_that_holds_some() {
    let persona = changed(|chip| {
        chip.pace = vec![PaceVariant::new(
            Mapping::ChipAuthentication,
            Cipher::Aes128,
            13,
        )];
        chip.active = Some(ActiveAuthentication::Ecdsa {
            curve: Curve::P256,
            hash: Hash::Sha256,
        });
    });
    let plan = whole(&persona);
    let original = recorded(&persona, &plan);
    let (_, findings) = smuggled(&persona, &plan, &original, |_| {});
    for file in [
        FileId::CardSecurity,
        DataGroup::DG14.into(),
        DataGroup::DG15.into(),
    ] {
        assert!(has(&findings, Kind::Key, file), "{file} in {findings:?}");
    }
}

#[test]
fn another_signer_than_the_test_authoritys_is_found() {
    let persona = cards::persona("an");
    let (original, plan) = original();
    let (_, findings) = smuggled(&persona, &plan, original, |card| {
        let other = TestPki::seeded(&IssuerSpec::new("another")).unwrap();
        let spec = persona.security_object();
        let file = spec.sign(&card.groups(), &other.signer).unwrap();
        card.files.insert(FileId::Sod, file);
    });
    assert!(has(&findings, Kind::Signer, FileId::Sod), "{findings:?}");
}

#[test]
fn an_open_file_that_tells_more_is_found() {
    let persona = cards::persona("an");
    let (original, plan) = original();
    let (_, findings) = smuggled(&persona, &plan, original, |card| {
        let file = card.files.get_mut(&FileId::CardAccess).unwrap();
        let infos = Reader::new(file).element("EF.CardAccess").unwrap();
        let name = encode(0x0C, &[b"Nguyen Thi An"]);
        let more = encode(0x30, &[&encode(0x06, &[&[0x2A, 3, 4]]), &name]);
        *file = encode(0x31, &[infos.value, &more]);
    });
    assert!(
        has(&findings, Kind::OpenFile, FileId::CardAccess),
        "{findings:?}"
    );
}

#[test]
fn part_of_a_file_of_the_original_is_found() {
    let mut parts = Vec::new();
    for number in [30, 45, 60] {
        let persona = changed(|chip| {
            chip.lengths = Lengths::Short;
            chip.faults.push(Fault::LostAtCommand(number).into());
        });
        let plan = whole(&persona);
        let original = recorded(&persona, &plan);
        let (_, findings) = smuggled(&persona, &plan, &original, |_| {});
        parts.extend(findings.into_iter().filter(|one| one.kind == Kind::Part));
    }
    assert!(!parts.is_empty());
}

/// The files that a recorded session read.
fn files_of(original: &str, plan: &Plan) -> BTreeMap<FileId, Vec<u8>> {
    let (mut card, mut random) = Trace::parse(original).unwrap().replay();
    let reading = cards::read_with(&mut card, plan, &mut random).unwrap();
    reading.capture.files.clone()
}

/// One value of the original alone, in a place where nothing else is wrong.
#[test]
fn every_kind_of_value_of_the_original_is_found_by_itself() {
    let (original, plan) = original();
    let clean = redacted(original, &plan).text;
    let persona = cards::persona("an");
    let files = files_of(original, &plan);
    let dg2 = &files[&FileId::Group(DataGroup::DG2)];
    let sod = &files[&FileId::Sod];
    let signed = Reader::new(sod).element("EF.SOD").unwrap().value;
    let signed = SignedData::decode(signed).unwrap();
    let certificate = Certificate::decode(&signed.certificates[0]).unwrap();
    let hash = Hash::Sha256.digest(&[&files[&FileId::Group(DataGroup::DG13)]]);
    assert!(signed.content.windows(hash.len()).any(|part| part == hash));
    let keys = persona.personalise().unwrap().chip_keys;
    let drawn = original
        .lines()
        .find_map(|line| line.strip_prefix("random "));
    let number = &persona.citizen.number;
    let last = original
        .lines()
        .rfind(|line| line.starts_with("< "))
        .unwrap();
    let values: [(&str, Vec<u8>); 10] = [
        ("document number", number.as_bytes()[3..].to_vec()),
        ("words", persona.citizen.residence.as_bytes().to_vec()),
        ("portrait", dg2[dg2.len() - 40..].to_vec()),
        ("public key", keys[0].private.public().data().to_vec()),
        ("signature", signed.signers[0].signature.clone()),
        ("certificate", certificate.signature().to_vec()),
        ("digest", hash),
        ("name", b"THI<MAU<AN".to_vec()),
        ("randomness", hex::decode(drawn.unwrap()).unwrap()),
        ("session", hex::decode(&last[8..40]).unwrap()),
    ];
    let places = |value: &[u8]| {
        let text = format!("{clean}random {}\n", hex::encode_upper(value));
        let findings = redact::lint_against(&text, original, &plan, cards::now()).unwrap();
        let left = findings
            .into_iter()
            .filter(|one| one.kind == Kind::Original);
        left.map(|one| one.place).collect::<Vec<_>>()
    };
    assert_eq!(places(b"nobody's at all"), Vec::<String>::new());
    for (kind, value) in values {
        assert_eq!(places(&value), [format!("{kind} (wire)")], "{kind}");
    }
}

#[test]
fn the_key_of_the_original_is_found_in_the_header() {
    let persona = cards::persona("an");
    // The last has too few different digits to say anything anywhere else.
    for key in ["918273", "110011"] {
        let plan = cards::whole(AccessKey::parse(key, cards::TODAY).unwrap());
        let original = recorded(&persona, &plan);
        let clean = redacted(&original, &plan).text;
        let mut lines = clean.lines();
        let line = lines.find(|line| line.starts_with("redacted key can:"));
        let forged = clean.replacen(line.unwrap(), &format!("redacted key can:{key}"), 1);
        assert_eq!(found(&clean, Some((&original, &plan))), [], "{key}");
        let kinds = found(&forged, Some((&original, &plan)));
        assert!(kinds.contains(&Kind::Original), "{key}: {kinds:?}");
    }
}

/// The invented persona's own session taken for a recorded one: the same seed would invent the same keys
/// again, and a trace in which they are left is not written.
#[test]
fn a_trace_in_which_something_would_be_left_is_refused() {
    let (original, plan) = original();
    let clean = redacted(original, &plan).text;
    let plan = redact::plan(Trace::parse(&clean).unwrap().redaction().unwrap()).unwrap();
    let bare: String = clean
        .lines()
        .filter(|line| !line.starts_with("redacted "))
        .map(|line| format!("{line}\n"))
        .collect();
    let refused = redact::redact(&bare, &plan, "a test", cards::now());
    assert_eq!(refused.unwrap_err().code(), "trace.residue");
}

#[test]
fn a_trace_that_does_not_go_under_the_key_is_refused() {
    let (original, plan) = original();
    let other = cards::whole(AccessKey::parse("123456", cards::TODAY).unwrap());
    for (text, plan) in [
        (original.to_owned(), &other),
        (format!("{original}> 00\n< 6D00\n"), &plan),
    ] {
        let refused = redact::redact(&text, plan, "a test", cards::now());
        assert_eq!(refused.unwrap_err().code(), "trace.unlike");
    }
    let again = redacted(original, &plan).text;
    assert!(redact::redact(&again, &plan, "a test", cards::now()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// Whoever somebody is, nothing of it is left.
    #[test]
    fn nothing_is_left_of_anybody(
        number in "0[0-9]{2}0[0-9]{8}",
        name in "[A-ZĐ][a-zàáảãạăâđêôơưếừởữự]{1,6}( [A-ZĐ][a-zàáảãạăâđêôơưếừởữự]{1,6}){1,4}",
        residence in "(Số [1-9][0-9]{0,2} )?[A-ZĐ][a-zđêôơ]{2,8}, [A-ZĐ][a-zđêôơ]{2,8}",
        (month, day) in (1..=12_i8, 1..=28_i8),
    ) {
        let mut persona = cards::persona("binh");
        persona.citizen.birth = PartialDate::Day(jiff::civil::date(1950 + i16::from(day), month, day));
        persona.citizen.number = format!("{}{:02}{}", &number[..4], (50 + day) % 100, &number[6..]);
        persona.citizen.name = name;
        persona.citizen.residence = residence;
        let plan = whole(&persona);
        let original = recorded(&persona, &plan);
        let redacted = redacted(&original, &plan);
        prop_assert_eq!(redacted.comparison.outcomes(), []);
        prop_assert_eq!(redacted.comparison.differences(), []);
        prop_assert_eq!(found(&redacted.text, Some((&original, &plan))), []);
    }
}

/// The program, as a test in CI would use it.
#[test]
fn a_redacted_session_is_replayed_without_a_key_and_the_same_each_time() {
    let home = Home::new();
    let trace = home.text("trace");
    let clean = home.text("clean");
    home.json(&["trace", "record", &trace, "--virtual", "an"], 0);
    let key = home.write("key", cards::persona("an").qr());
    let report = home.json(
        &[
            "trace", "redact", &trace, "--key", &key, "--out", &clean, "--seed", "ci",
        ],
        0,
    );
    assert_eq!(report["schema"], "cancuoc.redaction/1");
    assert_eq!(
        (&report["different"], &report["lengths"]),
        (&Value::from(0), &Value::Array(vec![]))
    );
    assert_eq!(
        crate::support::home::mode(std::path::Path::new(&clean)),
        0o600
    );
    let lint = home.json(
        &["trace", "lint", &clean, "--original", &trace, "--key", &key],
        0,
    );
    assert_eq!(lint["found"], Value::Array(vec![]));
    let lint = home.json(&["trace", "lint", &trace], 1);
    assert_eq!(lint["found"][0]["code"], "residue.header");

    let arguments = ["trace", "replay", &clean, "--now", "2026-11-22T05:00:00Z"];
    let once = home.json(&arguments, 3);
    assert_eq!(once, home.json(&arguments, 3));
    assert_eq!(once["checks"]["signer_chain"]["code"], "chain.anchored");
    assert_eq!(once["checks"]["chip"]["code"], "chip.not_live");
    let wrong = home.write("wrong", "123456");
    let out = home.text("none");
    home.refused(
        &["trace", "redact", &trace, "--key", &wrong, "--out", &out],
        "trace.unlike",
    );
    assert!(!std::path::Path::new(&out).exists());
}
