//! Redaction attacked: sessions of cards that nothing of ships with this program are rewritten, and what
//! was in them is looked for in the result by other means than those of the lint.

use std::collections::BTreeSet;

use cancuoc::bytes::date::PartialDate;
use cancuoc::bytes::tlv::Reader;
use cancuoc::lds::FileId;
use cancuoc::lds::card_security;
use cancuoc::lds::sod;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::cms::SignedData;
use cancuoc::reader;
use cancuoc::reader::Applications;
use cancuoc::reader::Plan;
use cancuoc::redact;
use cancuoc::redact::Redacted;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::file;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::transport::trace::Recorder;
use cancuoc::transport::trace::Trace;

use crate::support::cards;

/// Two people with nothing in common, on cards of the same kind by issuers with nothing in common.
const PEOPLE: [&str; 2] = [
    r#"
seed = "attacked 1"
[holder]
number = "038187012945"
name = "Hoàng Kiều Oanh Phượng"
birth = "1987-11-23"
sex = "female"
ethnicity = "Tày"
religion = "Phật giáo"
origin = "Thạch Quảng, Thạch Thành, Thanh Hóa"
residence = "Số 47 Ngõ 318 Lạc Long Quân, Tây Hồ, Hà Nội"
features = "Sẹo lồi cách đuôi lông mày trái 2,5 cm"
father = "Hoàng Trọng Khiêm"
mother = "Lương Bích Thuận"
spouse = "Quách Mạnh Cường"
old_number = "172639485"
code16 = "7A41C93E05D2B68F"
[document]
issued = "2022-07-19"
expires = "2027-11-23"
[issuer]
seed = "attacked issuer 1"
"#,
    r#"
seed = "attacked 2"
[holder]
number = "052168036071"
name = "Đinh Gia Uyển Vy"
birth = "1968-04-06"
sex = "female"
ethnicity = "Ê Đê"
religion = "Cao Đài"
origin = "Xuân Mỹ, Bồng Sơn, Bình Định"
residence = "Tổ 9, Phố Xuyên, Buôn Đôn"
features = "Nốt đen giữa má phải"
father = "Đinh Sỹ Lực"
mother = "Vũ Ánh Ngọc"
spouse = "Đoàn Viết Tuấn"
old_number = "240815367"
code16 = "E1F80BB4992D6C33"
[document]
issued = "2024-03-02"
expires = "2028-04-06"
[issuer]
seed = "attacked issuer 2"
"#,
];

/// A card of this kind, which the first or the second of the people holds.
fn person(who: usize, kind: &str, more: &[(&str, &str)]) -> Persona {
    let (top, tables) = PEOPLE[who].split_once("[holder]").unwrap();
    let mut text = format!(
        "schema = \"cancuoc.persona/1\"\nname = \"attacked\"\nkind = \"{kind}\"\ntitle = {{ vi = \"Mẫu\", en = \"Specimen\" }}\n{top}"
    );
    text.push_str("[holder]");
    text.push_str(tables);
    for (table, lines) in more {
        let head = format!("[{table}]\n");
        if text.contains(&head) {
            text = text.replacen(&head, &format!("{head}{lines}\n"), 1);
        } else {
            text.push_str(&format!("{head}{lines}\n"));
        }
    }
    file::parse(&text).unwrap_or_else(|error| panic!("{error:?} in {text}"))
}

/// A transport of a reader with other limits.
struct Limited<T>(T, usize, usize);

impl<T: Transport> Transport for Limited<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, cancuoc::error::TransportError> {
        self.0.transmit(command)
    }

    fn limits(&self) -> Limits {
        Limits {
            max_command: self.1,
            max_response: self.2,
            ..self.0.limits()
        }
    }
}

fn recorded(card: Personalisation, plan: &Plan, limits: (usize, usize)) -> String {
    let recorder = Recorder::new();
    let chip = VirtualCard::new(card, Box::new(cards::terminal("attacked chip")));
    let mut card = recorder.transport(Limited(chip, limits.0, limits.1));
    let mut random = recorder.random(cards::terminal("attacked terminal"));
    let _ = cards::read_with(&mut card, plan, &mut random);
    recorder.text()
}

const EXTENDED: (usize, usize) = (65_544, 65_538);
const SHORT: (usize, usize) = (261, 258);

/// Everything that is said in a redacted conversation, on the wire, in its header and inside the secure
/// channel: each piece for itself, and the answers to READ BINARY in a row.
fn said(text: &str) -> Vec<Vec<u8>> {
    let trace = Trace::parse(text).unwrap();
    let plan = redact::plan(trace.redaction().unwrap()).unwrap();
    let (mut card, mut random) = trace.replay();
    let head: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("redacted"))
        .collect();
    let mut all = vec![head.join("\n").into_bytes()];
    let mut read = Vec::new();
    let _ = reader::read_aloud(
        &mut card,
        &plan,
        &Stop::never(),
        &mut random,
        &mut |command, answer| {
            all.push(command.data.clone());
            all.push(answer.data.clone());
            read.extend_from_slice(&answer.data);
        },
    );
    for line in text.lines() {
        let bytes = line.split(' ').next_back().map(hex::decode);
        all.extend(bytes.and_then(Result::ok));
    }
    all.push(read);
    all
}

/// Values by which somebody knows this person or this card, with names for them.
fn needles(persona: &Persona, card: &Personalisation) -> Vec<(String, Vec<u8>)> {
    let mut list: Vec<(String, Vec<u8>)> = Vec::new();
    let citizen = &persona.citizen;
    let mut texts = vec![
        &citizen.name,
        &citizen.origin,
        &citizen.residence,
        &citizen.features,
        &citizen.code16,
        &citizen.religion,
        &citizen.ethnicity,
    ];
    texts.extend(
        [&citizen.father, &citizen.mother, &citizen.spouse]
            .into_iter()
            .flatten(),
    );
    for text in texts {
        for word in text.split([' ', ',']).filter(|word| word.len() >= 4) {
            let folded = cancuoc::bytes::vietnamese::fold_ascii(word);
            for form in [
                word.to_owned(),
                word.to_uppercase(),
                word.to_lowercase(),
                folded,
            ] {
                if form.len() >= 4 {
                    list.push((format!("word {form}"), form.into_bytes()));
                }
            }
        }
    }
    let mut numbers = vec![citizen.number.clone()];
    numbers.extend(citizen.old_number.clone());
    for number in numbers {
        for from in 0..number.len().saturating_sub(5) {
            let run = &number[from..from + 6];
            list.push((format!("digits {run}"), run.as_bytes().to_vec()));
            list.push((format!("packed {run}"), hex::decode(run).unwrap()));
        }
    }
    let mut dates = vec![citizen.issued];
    dates.extend(citizen.expires);
    if let PartialDate::Day(day) = citizen.birth {
        dates.push(day);
    }
    for date in dates {
        for form in [
            "%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%y%m%d", "%d.%m.%Y",
        ] {
            let written = date.strftime(form).to_string();
            list.push((format!("date {written}"), written.as_bytes().to_vec()));
        }
        let packed = date.strftime("%Y%m%d").to_string();
        list.push((
            format!("packed date {packed}"),
            hex::decode(packed).unwrap(),
        ));
    }
    list.push(("CAN".to_owned(), card.can.expose().to_vec()));
    list.push((
        "zone".to_owned(),
        card.mrz_information.expose()[..9].to_vec(),
    ));
    let sod = card.files.get(&FileId::Sod);
    let security = card.files.get(&FileId::CardSecurity);
    let signed = [
        sod.map(|bytes| sod::signed_data(bytes).unwrap()),
        security.map(|bytes| card_security::signed_data(bytes).unwrap()),
    ];
    for content in signed.into_iter().flatten() {
        for raw in &SignedData::decode(&content).unwrap().certificates {
            let signer = Certificate::decode(raw).unwrap();
            list.push(("serial of a signer".to_owned(), signer.serial().to_vec()));
        }
    }
    list
}

/// Values in a file, whatever they are wrapped in, by their tags.
fn leaves(bytes: &[u8], list: &mut Vec<(u32, Vec<u8>)>) -> bool {
    let mut reader = Reader::new(bytes);
    let mut found = Vec::new();
    while !reader.at_end() {
        let Ok(element) = reader.element("value") else {
            return false;
        };
        let value = match element.tag {
            // What is wrapped in octets and bits may have values of its own.
            0x03 => element.value.get(1..).unwrap_or_default(),
            _ => element.value,
        };
        let opens = element.raw[0] & 0x20 != 0 || matches!(element.tag, 0x03 | 0x04);
        if !(opens && value.len() > 2 && leaves(value, &mut found)) {
            found.push((element.tag, value.to_vec()));
        }
    }
    list.extend(found);
    true
}

/// Runs of bytes in the values of one card that no card of the same kind has.
fn own_runs(card: &Personalisation, twin: &Personalisation) -> Vec<(FileId, Vec<u8>)> {
    let of = |card: &Personalisation| {
        let mut list = Vec::new();
        for (file, bytes) in &card.files {
            let mut values = Vec::new();
            assert!(leaves(bytes, &mut values), "{file}");
            for (tag, value) in values {
                // Times of certificates begin with years, and lists of tags say which values there are.
                let says = !matches!((tag, value.len()), (0x5C, _) | (0x17, 0..=13));
                list.extend(says.then_some((*file, value)));
            }
        }
        list
    };
    let twins = of(twin);
    let common: BTreeSet<&[u8]> = twins
        .iter()
        .flat_map(|(_, value)| value.windows(RUN))
        .collect();
    let mut list = Vec::new();
    for (file, value) in of(card) {
        let runs = value.windows(RUN).filter(|run| !common.contains(run));
        // Octets of one value in a row are in every picture.
        let says = runs.filter(|run| run.iter().collect::<BTreeSet<_>>().len() > 3);
        list.extend(says.map(|run| (file, run.to_vec())));
    }
    list
}

/// So many octets in a row are no accident.
const RUN: usize = 7;

/// What of the person, the card or the issuer is in the redacted conversation.
fn survivors(
    text: &str,
    persona: &Persona,
    card: &Personalisation,
    twin: &Personalisation,
) -> Vec<String> {
    let said = said(text);
    let holds = |what: &[u8]| {
        said.iter()
            .any(|piece| piece.windows(what.len()).any(|window| window == what))
    };
    let mut found: Vec<String> = needles(persona, card)
        .into_iter()
        .filter(|(_, needle)| needle.len() >= 3 && holds(needle))
        .map(|(name, _)| name)
        .collect();
    let runs = own_runs(card, twin);
    let mut windows: BTreeSet<&[u8]> = BTreeSet::new();
    for piece in &said {
        windows.extend(piece.windows(RUN));
    }
    // The kind of document and the state stay, and the century of birth follows them in a citizen number.
    let left = runs
        .into_iter()
        .filter(|(_, run)| windows.contains(run.as_slice()) && !run.starts_with(b"IDVNM"));
    found.extend(left.map(|(file, run)| {
        format!(
            "{file} {} {}",
            hex::encode(&run),
            String::from_utf8_lossy(&run)
        )
    }));
    found
}

struct Attacked {
    persona: Persona,
    card: Personalisation,
    twin: Personalisation,
}

fn attacked(kind: &str, more: &[(&str, &str)]) -> Attacked {
    let persona = person(0, kind, more);
    let card = persona.personalise().unwrap();
    let twin = person(1, kind, more).personalise().unwrap();
    Attacked {
        persona,
        card,
        twin,
    }
}

fn whole(persona: &Persona) -> Plan {
    let key = if persona.chip.document.is_passport() || persona.chip.pace.is_empty() {
        cards::mrz(persona)
    } else {
        cards::key(persona)
    };
    cards::whole(key)
}

fn report(what: &str, attacked: &Attacked, plan: &Plan, limits: (usize, usize)) -> Vec<String> {
    let original = recorded(attacked.persona.personalise().unwrap(), plan, limits);
    let mut wrong = Vec::new();
    let Redacted { text, comparison } =
        match redact::redact(&original, plan, "attack", cards::now()) {
            Ok(redacted) => redacted,
            Err(error) => return vec![format!("{what}: {} {error}", error.code())],
        };
    for one in comparison.differences().iter().take(5) {
        wrong.push(format!(
            "{what}: exchange {} {} -> {}",
            one.exchange, one.before, one.after
        ));
    }
    for (file, before, after) in comparison.lengths() {
        wrong.push(format!("{what}: {file} {before} -> {after}"));
    }
    for one in comparison.outcomes() {
        wrong.push(format!("{what}: {one:?}"));
    }
    for note in comparison.notes() {
        wrong.push(format!("{what}: note {note}"));
    }
    println!(
        "{what}: {} exchanges, {}",
        comparison.exchanges()[1],
        comparison.ends_with()
    );
    let left = redact::lint_against(&text, &original, plan, cards::now()).unwrap();
    wrong.extend(left.iter().map(|one| format!("{what}: lint {one}")));
    let left = survivors(&text, &attacked.persona, &attacked.card, &attacked.twin);
    wrong.extend(
        left.into_iter()
            .take(8)
            .map(|one| format!("{what}: left {one}")),
    );
    wrong
}

/// A kind of card: what it is, kind, and further lines of its file by table.
type Shape = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const KINDS: &[Shape] = &[
    (
        "RSA proof, signer brainpoolP384r1",
        "cccd-2021",
        &[
            ("issuer", r#"signer = "ecdsa-brainpoolp384r1-sha256""#),
            (
                "chip",
                r#"biometrics = "fingers"
terminal = {}
portrait = { face = "an", length = 15000 }"#,
            ),
        ],
    ),
    (
        "ECDSA proof, signer RSA 3072, JPEG 2000",
        "can-cuoc-2024",
        &[
            ("issuer", r#"signer = "rsa-3072-sha256""#),
            (
                "chip",
                r#"biometrics = "fingers"
terminal = {}
portrait = { face = "an-jp2" }
active = { algorithm = "ecdsa", curve = "brainpoolP256r1", hash = "SHA-256" }"#,
            ),
        ],
    ),
    (
        "RSA 1024 proof, signer RSA 2048",
        "cccd-2021",
        &[
            (
                "issuer",
                r#"signer = "rsa-2048-sha256"
authority = "rsa-4096-sha256""#,
            ),
            (
                "chip",
                r#"active = { algorithm = "rsa", bits = 1024, hash = "SHA-1" }"#,
            ),
        ],
    ),
    (
        "chip authentication mapping",
        "passport",
        &[
            (
                "issuer",
                r#"signer = "rsa-pss-3072-sha256"
country = "UT""#,
            ),
            (
                "document",
                r#"state = "UTO"
number = "K7391X52""#,
            ),
            (
                "chip",
                r#"active = { algorithm = "rsa", bits = 3072, hash = "SHA-256" }
[[chip.pace]]
mapping = "chip-authentication"
cipher = "AES-256"
parameters = 15"#,
            ),
        ],
    ),
    (
        "prime fields and 3DES",
        "passport",
        &[
            (
                "issuer",
                r#"signer = "dsa-2048-256"
country = "UT""#,
            ),
            (
                "document",
                r#"state = "UTO"
number = "K7391X52""#,
            ),
            (
                "chip",
                r#"active = { algorithm = "rsa", bits = 4096, hash = "SHA-512" }
[[chip.pace]]
mapping = "generic"
cipher = "3DES"
parameters = 1
[[chip.chip_authentication]]
cipher = "3DES"
domain = "modp-2048-256"
parameters = "named""#,
            ),
        ],
    ),
    (
        "TD2 with everything in ISO/IEC 39794",
        "td2",
        &[
            (
                "issuer",
                r#"signer = "ecdsa-explicit-p256-sha256"
country = "UT""#,
            ),
            (
                "document",
                r#"state = "UTO"
number = "K7391X52""#,
            ),
            (
                "chip",
                r#"records = "extensible"
portrait = { face = "an-codestream" }
dg5 = "whole"
dg7 = "whole"
dg11 = "whole"
dg12 = "whole"
dg16 = "whole"
reserved = "whole"
active = { algorithm = "none" }"#,
            ),
        ],
    ),
    (
        "TD1 with other groups",
        "td1",
        &[
            (
                "issuer",
                r#"signer = "ecdsa-plain-p521-sha512"
country = "UT""#,
            ),
            (
                "document",
                r#"state = "UTO"
number = "K7391X52Q8845""#,
            ),
            (
                "chip",
                r#"biometrics = "fingers-and-irises"
dg5 = "present"
dg7 = "present"
dg11 = "present"
dg12 = "present"
dg13 = "present"
dg16 = "present"
active = { algorithm = "ecdsa", curve = "brainpoolP256r1", hash = "SHA-256" }"#,
            ),
        ],
    ),
];

#[test]
fn nothing_of_cards_of_every_kind_is_left() {
    let mut wrong = Vec::new();
    for (what, kind, more) in KINDS {
        let attacked = attacked(kind, more);
        let plan = whole(&attacked.persona);
        wrong.extend(report(what, &attacked, &plan, EXTENDED));
        if what.contains("JPEG 2000") || what.contains("P384") {
            wrong.extend(report(&format!("{what} short"), &attacked, &plan, SHORT));
        }
    }
    let with = attacked("td1", &[("chip", "applications = \"invented\"")]);
    let plan = Plan {
        applications: Applications::List,
        ..whole(&with.persona)
    };
    wrong.extend(report("applications", &with, &plan, EXTENDED));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
