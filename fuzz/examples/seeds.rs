//! Writes what virtual cards hold as first inputs: a folder for each target.
//!
//! `SEEDS=FOLDER seeds -runs=0`: it is a fuzz target by its form alone, since whatever is compiled for
//! fuzzing needs the fuzzer's runtime.

#![no_main]

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::random::System;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::registry::CardStatus;
use cancuoc::registry::Context;
use cancuoc::registry::SodDigest;
use cancuoc::registry::snapshot;
use cancuoc::registry::snapshot::FingerprintBits;
use cancuoc::registry::snapshot::RegisterId;
use cancuoc::registry::snapshot::build;
use cancuoc::registry::snapshot::build::Edition;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::seal::canonical::canonical;
use cancuoc::seal::canonical::parse;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::sign::sign;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::EnrolledFinger;
use cancuoc::sim::persona::EnrolledIris;
use cancuoc::sim::persona::Records;
use cancuoc::sim::persona::find;
use cancuoc::sim::persona::shipped;
use cancuoc::sim::persona::text_of;
use cancuoc::sim::pki;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::deviation_list::DescriptionSpec;
use cancuoc::sim::pki::deviation_list::DeviationListSpec;
use cancuoc::sim::pki::deviation_list::DeviationSpec;
use cancuoc::sim::pki::deviation_list::NamedSigner;
use cancuoc::sim::pki::deviation_list::Tags;
use cancuoc::sim::pki::deviation_list::deviation_list_signer;
use cancuoc::sim::pki::master_list::MasterListSpec;
use cancuoc::sim::pki::master_list::master_list_signer;
use cancuoc::sim::pki::revocation_list::Extras;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use cancuoc::sim::pki::security_object::Encoding;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::sim::prints;
use cancuoc::sim::prints::Compression;
use cancuoc::sim::quirk::Quirk;
use cancuoc::transport::Stop;
use cancuoc::verify::Policy;
use cancuoc::workflow::Judgement;
use cancuoc::workflow::inspect;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

/// The targets that take a file of a card, by its name.
const TARGETS: [(&str, &str); 19] = [
    ("EF.CardAccess", "security_infos"),
    ("EF.CardSecurity", "card_security"),
    ("EF.COM", "com"),
    ("EF.SOD", "security_object"),
    ("EF.CVCA", "cvca"),
    ("DG1", "dg1"),
    ("DG2", "dg2"),
    ("DG3", "dg3"),
    ("DG4", "dg4"),
    ("DG5", "dg5"),
    ("DG7", "dg7"),
    ("DG11", "dg11"),
    ("DG12", "dg12"),
    ("DG13", "dg13"),
    ("DG14", "dg14"),
    ("DG15", "dg15"),
    ("DG16", "dg16"),
    ("EF.DIR", "directory"),
    ("DG2", "tlv"),
];

/// The members of an index of trust, but for its digest.
const EMPTY_INDEX: &[u8] = br#"{
  "schema": "cancuoc.trust/1",
  "revision": 0,
  "entries": [],
  "newest": [],
  "excluded": [],
  "digest": ""
}
"#;

fn put(folder: &Path, target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)?;
    Ok(())
}

/// Pictures of every kind, small ones.
fn pictures(folder: &Path) -> Result<(), Box<dyn Error>> {
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pictures"))? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_str().ok_or("no such name")?;
        put(folder, "picture", name, &fs::read(file.path())?)?;
    }
    Ok(())
}

/// What chips remember, and the names of faults and quirks.
fn switches(folder: &Path) -> Result<(), Box<dyn Error>> {
    for persona in shipped() {
        let memory = Chip::new(persona.personalise()?, Box::new(System)).memory();
        let name = format!("memory-{}", persona.name);
        put(folder, "switches", &name, memory.to_text().as_bytes())?;
    }
    for (number, fault) in Fault::ALL.iter().enumerate() {
        let text = fault.to_string();
        put(
            folder,
            "switches",
            &format!("fault-{number}"),
            text.as_bytes(),
        )?;
    }
    for (number, quirk) in Quirk::ALL.iter().enumerate() {
        let text = quirk.to_string();
        put(
            folder,
            "switches",
            &format!("quirk-{number}"),
            text.as_bytes(),
        )?;
    }
    for text in [
        "mute@read:DG2:3",
        "bad-mac-at-command@session:7+",
        "mute@power:2",
    ] {
        put(folder, "switches", &text.replace(':', "-"), text.as_bytes())?;
    }
    Ok(())
}

/// DG2, DG3 and DG4 in the extensible formats, which no shipped card has: a drawn one, and what others
/// wrote.
fn extensible(folder: &Path) -> Result<(), Box<dyn Error>> {
    let persona = find("an").ok_or("no such persona")?.with(|chip| {
        chip.records = Records::Extensible;
        chip.fingers = vec![EnrolledFinger::drawn(2, Compression::Wsq)];
        chip.irises = EnrolledIris::both_drawn(Compression::Jpeg2000).to_vec();
    });
    let card = persona.personalise()?;
    for (name, target) in [("DG2", "dg2"), ("DG3", "dg3"), ("DG4", "dg4")] {
        let file = FileId::from_name(name).ok_or("no such file")?;
        let bytes = card.files.get(&file).ok_or("no such group")?;
        put(folder, target, "extensible", bytes)?;
    }
    let written = include_str!("../../tests/vectors/extensible_jmrtd.toml");
    for line in written.lines() {
        if let Some((target, value)) = line.split_once(" = ") {
            let digits = value.trim_matches('"');
            put(folder, target, "extensible-whole", &octets(digits)?)?;
        }
    }
    Ok(())
}

/// Lists that the test PKI signs, the directory's form of them, and keys that give their curve in full.
fn lists(folder: &Path) -> Result<(), Box<dyn Error>> {
    let pki = TestPki::shipped()?;
    let signed = date(2024, 3, 1).at(8, 0, 0, 0);
    let subject = |name| Name::test("VN", name);
    let signer = master_list_signer(subject("TEST master list signer"))
        .issued_by(&pki.csca, SignerKey::Ec(Curve::P256).key()?)?;
    let mut spec = MasterListSpec::new(vec![pki.csca.certificate.clone()], signed);
    let master = spec.sign(&signer)?;
    spec.cms.encoding = Encoding::Indefinite;
    let indefinite = spec.sign(&signer)?;
    for target in ["cms", "master_list"] {
        put(folder, target, "list", &master)?;
        put(folder, target, "indefinite", &indefinite)?;
    }
    let signer = deviation_list_signer(subject("TEST deviation list signer"))
        .issued_by(&pki.csca, SignerKey::RsaPss.key()?)?;
    let (issuer, serial) = pki.signer.issuer_and_serial();
    let named = [
        NamedSigner::IssuerAndSerial(issuer, serial),
        NamedSigner::SubjectKeyId(pki.signer.key_identifier()?),
        NamedSigner::Digest(vec![7; 32]),
    ];
    for (number, named) in named.into_iter().enumerate() {
        let deviation = DeviationSpec {
            document_type: Some("ID".to_owned()),
            signer: Some(named),
            issued: Some((signed, signed)),
            numbers: Some(vec!["000000001".to_owned()]),
            descriptions: vec![DescriptionSpec::of(&[2, 2]).at(1)],
            tags: Tags::Implicit,
        };
        let list = DeviationListSpec::new(vec![deviation], signed).sign(&signer)?;
        put(folder, "deviation_list", &format!("list-{number}"), &list)?;
        put(folder, "cms", &format!("deviations-{number}"), &list)?;
    }
    let revoked = RevocationListSpec {
        this_update: signed,
        next_update: date(2024, 6, 1).at(0, 0, 0, 0),
        number: 7,
        revoked: vec![vec![1], vec![0xFF; 20]],
    };
    let mut extras = Extras::none();
    extras.reasons = vec![1];
    let crl = revoked.sign_with(&pki.csca, &extras)?;
    put(folder, "revocation_list", "list", &crl)?;
    put(folder, "certificate", "authority", &pki.csca.certificate)?;
    let text = format!(
        "version: 1\n\n# words\ndn: cn=1,o=dsc,c=VN\npkdVersion: 7\nuserCertificate;binary:: {}\n\n\
         dn:: Y24=\ncertificateRevocationList;binary:: {}\npkdMasterListContent:: {}\n",
        base64(&pki.signer.certificate),
        base64(&crl),
        base64(&master),
    );
    put(folder, "ldif", "directory", text.as_bytes())?;
    put(
        folder,
        "ldif",
        "windows",
        text.replace('\n', "\r\n").as_bytes(),
    )?;
    for curve in [Curve::P256, Curve::BrainpoolP384r1] {
        let key = SignerKey::Ec(curve).key()?;
        for parameters in [
            EcParameters::Named,
            EcParameters::Explicit,
            EcParameters::ExplicitSeed,
            EcParameters::ExplicitBare,
        ] {
            let name = format!("{}-{parameters:?}", curve.name());
            let info = key.public_key_info(parameters);
            put(folder, "explicit_parameters", &name, &info)?;
        }
    }
    Ok(())
}

/// Base64 in folded lines (RFC 2849).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (number, three) in bytes.chunks(3).enumerate() {
        if number % 18 == 0 {
            text.push_str("\n ");
        }
        let octet = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        for (digit, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let value = usize::try_from(bits >> shift & 63).unwrap_or(0);
            let known = digit <= three.len();
            text.push(if known {
                char::from(DIGITS[value])
            } else {
                '='
            });
        }
    }
    text
}

/// The octets that hexadecimal digits stand for.
fn octets(digits: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let pairs = (0..digits.len()).step_by(2);
    let octet = |at: usize| -> Result<u8, Box<dyn Error>> {
        let pair = digits.get(at..at + 2).ok_or("half an octet")?;
        Ok(u8::from_str_radix(pair, 16)?)
    };
    pairs.map(octet).collect()
}

/// A signed report of a read, without the pictures that would fill the fuzzer's inputs.
fn report(folder: &Path) -> Result<(), Box<dyn Error>> {
    let inspected = {
        let persona = find("an").ok_or("no such persona")?;
        let mut card = VirtualCard::new(persona.personalise()?, Box::new(System));
        let key = AccessKey::parse(&persona.can(), jiff::civil::date(2026, 12, 1))?;
        let mut trust = TrustStore::empty();
        trust.add_anchor(
            Certificate::decode(&pki::test_root())?,
            Provenance::TestCard,
        );
        let policy = Policy::counter();
        let judgement = Judgement {
            trust: &trust,
            policy: &policy,
            now: SystemTime::now(),
            context: Context::default(),
            disclose: Vec::new(),
        };
        let plan = Plan::new(key, Groups::Signed, policy.access());
        let stop = Stop::never();
        inspect(
            &mut card,
            &plan,
            &stop,
            &mut System,
            &judgement,
            None,
            &mut |_| {},
        )?
    };
    let mut said = json::report(&inspected.report, Times::default(), &Reveal::nothing());
    if let Some(members) = said.as_object_mut() {
        members.remove("portrait");
        members.remove("details");
    }
    let path = env::temp_dir().join(format!("cancuoc-seeds-{}.pem", std::process::id()));
    DeviceKey::create(&path, &mut System)?;
    let key = DeviceKey::load(&path);
    fs::remove_file(&path)?;
    put(folder, "report", "unsigned", said.to_string().as_bytes())?;
    let signed = sign(said, &key?, Timestamp::now())?;
    put(folder, "report", "signed", signed.to_string().as_bytes())
}

/// The exchanges of the registry's description: a question, a line feed, and its answer.
fn messages(folder: &Path) -> Result<(), Box<dyn Error>> {
    let api = parse(include_bytes!("../../docs/registry-api.json"))?;
    let places = [
        "/paths/~1v1~1questions/post/requestBody/content/application~1json/examples",
        "/paths/~1v1~1questions/post/responses/200/content/application~1json/examples",
    ];
    let [questions, answers] = places.map(|place| api.pointer(place));
    let questions = questions
        .and_then(|all| all.as_object())
        .ok_or("examples")?;
    for (name, question) in questions {
        let answer = answers.and_then(|all| all.get(name)).ok_or("an answer")?;
        let parts = [canonical(&question["value"])?, canonical(&answer["value"])?];
        put(folder, "registry_message", name, &parts.join(&b'\n'))?;
    }
    Ok(())
}

/// A snapshot of a few cards, and a list by itself.
fn cards_not_in_force(folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = env::temp_dir().join(format!("cancuoc-seeds-{}.pem", std::process::id()));
    DeviceKey::create(&path, &mut System)?;
    let key = DeviceKey::load(&path);
    fs::remove_file(&path)?;
    let as_of: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    let times = snapshot::Times::new(as_of, as_of + 1.hours(), as_of + 2.hours())?;
    let register = RegisterId::new("seeds").ok_or("no name")?;
    let edition = Edition::new(register, 1, times)?;
    let mut cards: Vec<(SodDigest, CardStatus)> = (0..20_u8)
        .map(|number| (SodDigest::of(&[number]), CardStatus::Revoked))
        .collect();
    let made = build::full(&mut cards, &edition, FingerprintBits::USUAL, &key?, as_of)?;
    put(folder, "snapshot", "full", &made)?;
    put(folder, "snapshot", "list", &[16, 0, 1, 0, 0, 0])
}

/// A line of an audit log with every member, and a checkpoint.
fn audit(folder: &Path) -> Result<(), Box<dyn Error>> {
    let digest = "0123456789abcdef".repeat(4);
    let line = format!(
        r#"{{"seq":12,"prev":"{digest}","time":"2026-11-22T18:29:09.123Z","clock":"2026-11-22T18:29:08.000Z","server":"s","agency":"a\"b\\","officer":"ổ","device":"d","procedure":"p","case":"c","id":"i","subject":"{digest}","question":"{digest}","verdict":"confirmed","answer":"{digest}","cost":1,"cut":2}}"#
    );
    put(folder, "audit_record", "line", line.as_bytes())?;
    let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    put(folder, "audit_checkpoint", "note", note.as_bytes())
}

fn write() -> Result<(), Box<dyn Error>> {
    let folder = env::var_os("SEEDS").ok_or("SEEDS is not set")?;
    let folder = Path::new(&folder);
    pictures(folder)?;
    extensible(folder)?;
    lists(folder)?;
    switches(folder)?;
    for policy in Policy::shipped() {
        put(folder, "policy", policy.name(), policy.to_file().as_bytes())?;
    }
    report(folder)?;
    messages(folder)?;
    audit(folder)?;
    put(folder, "trust_file", "root", &pki::test_root())?;
    put(folder, "trust_index", "empty", EMPTY_INDEX)?;
    cards_not_in_force(folder)?;
    for persona in shipped() {
        put(folder, "zone", &persona.name, persona.mrz().as_bytes())?;
        put(folder, "key", &persona.name, persona.qr().as_bytes())?;
        put(folder, "printed", &persona.name, persona.qr().as_bytes())?;
        let text = text_of(&persona.name).ok_or("no such persona")?;
        put(folder, "persona", &persona.name, text.as_bytes())?;
        let card = persona.personalise()?;
        for (name, target) in TARGETS {
            let file = FileId::from_name(name).ok_or("no such file")?;
            let bytes = card.files.get(&file);
            if let Some(bytes) = bytes {
                put(
                    folder,
                    target,
                    &format!("{}-{}", persona.name, file.id()),
                    bytes,
                )?;
            }
        }
    }
    for number in 0..3 {
        let print = prints::finger(number, Compression::Wsq);
        put(folder, "wsq", &format!("finger-{number}"), &print.image)?;
    }
    Ok(())
}

fuzz_target!(init: {
    if let Err(error) = write() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}, |_bytes: &[u8]| {});
