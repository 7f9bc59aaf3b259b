//! Forged, altered and odd documents against the whole way from card to verdict.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use cancuoc::capture::Capture;
use cancuoc::capture::Missing;
use cancuoc::capture::Reading;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::iso9796_2;
use cancuoc::crypto::random::System;
use cancuoc::error::Error;
use cancuoc::error::TransportError;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Cue;
use cancuoc::sim::persona;
use cancuoc::sim::persona::ActiveAuthentication;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::ActiveKey;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::sim::quirk::Quirk;
use cancuoc::transport::Limits;
use cancuoc::transport::Medium;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;
use cancuoc::verify::verify;

use crate::support::cards;
use crate::support::forge::NOW;
use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::authority;
use crate::support::forge::find;
use crate::support::forge::signer_under;
use crate::support::forge::trusting;

fn an(change: impl FnOnce(&mut ChipOptions)) -> Persona {
    persona::find("an").expect("shipped").with(change)
}

/// All checks of the minimum and nothing more: what a forgery has to get past at least.
fn lax() -> Policy {
    Policy::parse("name = \"lax\"\naccess = \"allow-bac\"").unwrap()
}

fn trust() -> TrustStore {
    let mut trust = TrustStore::empty();
    let root = Certificate::decode(&pki::test_root()).unwrap();
    trust.add_anchor(root, Provenance::TestCard);
    trust
}

fn read_from(card: &mut dyn Transport, persona: &Persona) -> Result<Reading, Error> {
    let plan = Plan::new(
        AccessKey::parse(&persona.qr(), jiff::Zoned::now().date()).unwrap(),
        Groups::Signed,
        Policy::counter().access(),
    );
    reader::read(card, &plan, &Stop::never(), &mut System, &mut |_| {})
}

fn read(personalisation: Personalisation, persona: &Persona) -> Result<Reading, Error> {
    let mut card = VirtualCard::new(personalisation, Box::new(System));
    read_from(&mut card, persona)
}

fn read_persona(persona: &Persona) -> Result<Reading, Error> {
    read(persona.personalise().unwrap(), persona)
}

fn judge(reading: &Reading, policy: &Policy) -> Report {
    verify(reading, &trust(), policy, SystemTime::now())
}

/// A card that hands some commands to somebody in the middle.
struct Between<F> {
    card: VirtualCard,
    middle: F,
}

impl<F: FnMut(&[u8]) -> Option<Vec<u8>>> Transport for Between<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match (self.middle)(command) {
            Some(answer) => Ok(answer),
            None => self.card.transmit(command),
        }
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }
}

#[test]
fn every_honest_quirk_still_ends_with_the_genuine_verdict() {
    // What issuers write has verdicts of its own: see `quirks::issuer`.
    let of_chips = Quirk::ALL.into_iter();
    for quirk in of_chips.filter(|quirk| !matches!(quirk, Quirk::Issued(_))) {
        let with_pace = an(|chip| chip.quirks.extend([quirk]));
        let bac_only = with_pace.clone().with(|chip| chip.pace.clear());
        for (persona, name) in [(with_pace, "PACE"), (bac_only, "BAC")] {
            let reading = read_persona(&persona).unwrap_or_else(|error| {
                panic!("{quirk}, {name}: {error}");
            });
            let report = judge(&reading, &Policy::counter());
            // Without EF.CardAccess there is no PACE, and BAC is not what this chip offers.
            let expected = match (quirk, name) {
                (Quirk::CardAccess6982, "PACE") => Verdict::Inconclusive,
                _ => Verdict::Genuine,
            };
            assert_eq!(report.verdict(), expected, "{quirk}, {name}: {report:?}");
        }
    }
}

#[test]
fn an_answer_in_parts_to_the_trial_of_extended_length_is_fetched() {
    let persona = an(|_| {});
    let card = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
    let mut left = None;
    let file = persona.personalise().unwrap().files[&FileId::CardAccess].clone();
    let middle = |command: &[u8]| match command {
        // READ BINARY with extended Le: as a chip says that speaks T=0.
        [0x00, 0xB0, _, _, 0, 0, 0] => {
            left = Some(file.clone());
            Some(vec![0x61, u8::try_from(file.len()).unwrap()])
        }
        [0x00, 0xC0, ..] => left
            .take()
            .map(|file| [file.as_slice(), &[0x90, 0]].concat()),
        _ => None,
    };
    let reading = read_from(&mut Between { card, middle }, &persona).unwrap();
    let report = judge(&reading, &Policy::counter());
    assert_eq!(report.checks().access.code(), "access.pace");
}

/// Holder and portrait.
/// A reading of a card whose issuer did not sign one group, with that group put in afterwards.
fn with_unsigned(persona: &Persona, group: DataGroup, forged: Vec<u8>) -> Reading {
    let mut personalisation = persona.personalise().unwrap();
    personalisation.files.remove(&FileId::Group(group));
    persona.seal(&mut personalisation).unwrap();
    let mut reading = read(personalisation, persona).unwrap();
    reading.capture.files.insert(FileId::Group(group), forged);
    reading
}

fn group_of(persona: &Persona, group: DataGroup) -> Vec<u8> {
    persona.personalise().unwrap().files[&FileId::Group(group)].clone()
}

fn day_after_expiry(persona: &Persona) -> SystemTime {
    let day = persona
        .citizen
        .expires
        .unwrap()
        .tomorrow()
        .unwrap()
        .tomorrow()
        .unwrap();
    let noon = day
        .at(12, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap();
    noon.timestamp().into()
}

#[test]
fn an_unsigned_dg13_does_not_lengthen_a_cards_life() {
    let persona = an(|_| {});
    let mut endless = persona.clone();
    endless.citizen.expires = None;
    let forged = group_of(&endless, DataGroup::DG13);
    let reading = with_unsigned(&persona, DataGroup::DG13, forged);
    let report = verify(&reading, &trust(), &lax(), day_after_expiry(&persona));
    assert_eq!(report.checks().validity.code(), "validity.document_expired");
    assert_eq!(report.verdict(), Verdict::NotInForce);
    let today = judge(&reading, &lax());
    assert!(
        matches!(today.holder(), Some(Vouched::Verified(holder)) if holder.get().native_name().is_none())
    );
}

#[test]
fn a_holder_that_nobody_signed_is_not_genuine() {
    let persona = an(|_| {});
    let forged = group_of(&persona, DataGroup::DG1);
    let reading = with_unsigned(&persona, DataGroup::DG1, forged);
    let report = judge(&reading, &lax());
    assert_eq!(report.verdict(), Verdict::NotGenuine);
    assert_eq!(report.checks().hashes.code(), "hashes.unsigned");
}

#[test]
fn an_expired_document_is_out_of_force_whatever_is_known_of_its_signing() {
    let persona = an(|_| {});
    let mut personalisation = persona.personalise().unwrap();
    let spec = SecurityObjectSpec {
        signing_time: None,
        ..persona.security_object()
    };
    let signer = pki::TestPki::shipped().unwrap().signer;
    let sod = spec.sign(&personalisation.groups(), &signer).unwrap();
    personalisation.files.insert(FileId::Sod, sod);
    let reading = read(personalisation, &persona).unwrap();
    let signer = Certificate::decode(&signer.certificate).unwrap();
    let end: SystemTime = signer.not_after().into();
    let now = end.max(day_after_expiry(&persona)) + Duration::from_secs(60 * 60 * 24);
    let report = verify(&reading, &trust(), &lax(), now);
    assert_eq!(
        report.checks().validity.code(),
        "validity.document_expired",
        "{report:?}"
    );
}

#[test]
fn a_signature_of_the_wrong_form_is_no_unknown_algorithm() {
    let persona = an(|chip| {
        chip.chip_authentication = Vec::new();
        chip.active = Some(ActiveAuthentication::Rsa(Hash::Sha256));
    });
    let mut reading = read_persona(&persona).unwrap();
    assert_eq!(
        judge(&reading, &Policy::counter()).verdict(),
        Verdict::Genuine
    );
    let active = reading.capture.active.clone().unwrap();

    // Leading zeros come and go (quirk row 33).
    reading
        .capture
        .active
        .as_mut()
        .unwrap()
        .response
        .insert(0, 0);
    assert_eq!(
        judge(&reading, &Policy::counter()).verdict(),
        Verdict::Genuine
    );

    // About one number in 65,536 opens to this trailer; no private key is needed to find one.
    let Some(ActiveKey::Rsa { key, .. }) = persona.personalise().unwrap().active else {
        panic!("an RSA key");
    };
    let mut opened = vec![0x6A; active.response.len()];
    opened.splice(active.response.len() - 2.., [0x31, 0xCC]);
    reading.capture.active.as_mut().unwrap().response = key.raw(&opened).unwrap();
    let report = judge(&reading, &lax());
    assert_eq!(report.checks().chip.code(), "chip.proof_failed");
    assert_eq!(report.verdict(), Verdict::NotGenuine);
}

/// A chip of the time before access control: files in the clear, and active authentication.
struct Open {
    files: BTreeMap<FileId, Vec<u8>>,
    active: ActiveKey,
    current: Option<FileId>,
}

impl Transport for Open {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = |data: &[u8], status: [u8; 2]| Ok([data, &status].concat());
        match command {
            [0, 0xA4, 4, ..] => answer(&[], [0x90, 0]),
            [0, 0xB0, p1, p2, ..] => {
                let mut offset = usize::from(*p1) * 256;
                if p1 & 0x80 != 0 {
                    self.current = self
                        .files
                        .keys()
                        .copied()
                        .find(|file| file.sfi() == p1 & 0x1F);
                    offset = 0;
                }
                match self.current.and_then(|file| self.files.get(&file)) {
                    None => answer(&[], [0x6A, 0x82]),
                    Some(file) => {
                        let rest = &file[(offset + usize::from(*p2)).min(file.len())..];
                        answer(&rest[..rest.len().min(256)], [0x90, 0])
                    }
                }
            }
            [0, 0x88, 0, 0, 8, challenge @ .., _] => {
                let ActiveKey::Rsa { key, hash, .. } = &self.active else {
                    panic!("an RSA key");
                };
                let signature = iso9796_2::sign(key, *hash, &mut System, challenge).unwrap();
                answer(&signature, [0x90, 0])
            }
            _ => answer(&[], [0x6D, 0]),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            max_command: 261,
            max_response: 258,
            atr: Vec::new(),
            medium: Medium::Reader,
        }
    }
}

#[test]
fn a_chip_without_access_control_still_proves_itself() {
    let persona = an(|chip| {
        chip.pace.clear();
        chip.chip_authentication = Vec::new();
    });
    let mut personalisation = persona.personalise().unwrap();
    personalisation.files.remove(&FileId::Group(DataGroup::DG3));
    persona.seal(&mut personalisation).unwrap();
    let mut card = Open {
        files: personalisation.files,
        active: personalisation.active.unwrap(),
        current: None,
    };
    let report = judge(&read_from(&mut card, &persona).unwrap(), &Policy::counter());
    assert_eq!(report.checks().access.code(), "access.none");
    assert_eq!(report.checks().chip.code(), "chip.active_authentication");
    assert_eq!(report.verdict(), Verdict::Inconclusive);
}

#[test]
fn the_proof_of_another_session_proves_nothing() {
    let victim = an(|chip| chip.chip_authentication = Vec::new());
    let old = read_persona(&victim).unwrap().capture;
    let mute = an(|chip| {
        chip.chip_authentication = Vec::new();
        chip.active = None;
    });
    let mut reading = read_persona(&mute).unwrap();
    reading.capture = old;
    let report = judge(&reading, &lax());
    assert_eq!(report.checks().chip.code(), "chip.proof_failed");
}

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u32);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % end
    }
}

#[test]
fn a_chip_that_answers_nonsense_ends_in_an_error() {
    let persona = an(|_| {});
    let statuses = [
        0x9000_u16, 0x9000, 0x6100, 0x6C00, 0x6C01, 0x6700, 0x6282, 0x6B00, 0x6A88, 0x6300, 0x6A80,
    ];
    for seed in 1..400 {
        let mut dice = Dice(seed);
        let card = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
        let honest = dice.below(16);
        let mut count = 0;
        let middle = |_: &[u8]| {
            count += 1;
            if count < honest {
                return None;
            }
            let length = [0, 1, 2, 8, 60, 256][usize::try_from(dice.below(6)).unwrap()];
            let mut answer: Vec<u8> = (0..length)
                .map(|_| u8::try_from(dice.below(256)).unwrap())
                .collect();
            let status = statuses[usize::try_from(dice.below(11)).unwrap()];
            answer.extend(status.to_be_bytes());
            Some(answer)
        };
        if let Ok(reading) = read_from(&mut Between { card, middle }, &persona) {
            assert_ne!(
                judge(&reading, &lax()).verdict(),
                Verdict::Genuine,
                "{seed}"
            );
        }
    }
}

#[test]
fn a_chip_that_never_ends_is_given_up() {
    let persona = an(|_| {});
    let answers: [(&str, Vec<u8>); 5] = [
        ("61xx", vec![1, 0x61, 0x10]),
        ("6Cxx", vec![0x6C, 0x10]),
        ("6700", vec![0x67, 0]),
        ("one byte", vec![0x31, 0x90, 0]),
        (
            "one byte of a long file",
            vec![0x77, 0x83, 7, 0, 0, 0, 0x90, 0],
        ),
    ];
    for (name, answer) in answers {
        for honest in [0, 2, 8] {
            let card = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
            let mut count = 0;
            let middle = |_: &[u8]| {
                count += 1;
                (count > honest).then(|| answer.clone())
            };
            let mut card = Between { card, middle };
            let read = read_from(&mut card, &persona);
            assert!(read.is_err(), "{name}");
            assert!(count < 20_000, "{name}: {count} commands");
        }
    }
}

#[test]
fn a_group_without_end_keeps_no_other_from_being_judged() {
    let persona = |faults: &[&str]| {
        an(|chip| {
            let cues = faults.iter().map(|name| Cue::from_name(name).unwrap());
            chip.faults.extend(cues);
        })
    };
    let judged = |faults: &[&str]| {
        let persona = persona(faults);
        let card = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
        let reading = read_from(&mut { card }, &persona).unwrap();
        let saved = Capture::from_json(&reading.capture.to_json(), "saved").unwrap();
        assert_eq!(saved, reading.capture, "{faults:?}");
        (cards::judge(&reading), reading)
    };
    for group in [DataGroup::DG1, DataGroup::DG2, DataGroup::DG13] {
        let huge = format!("lds-length-huge:{group}");
        let (report, reading) = judged(&[&huge]);
        assert_eq!(report.verdict(), Verdict::Inconclusive, "{huge}");
        assert_eq!(report.checks().hashes.code(), "hashes.unread", "{huge}");
        let file = FileId::Group(group);
        assert!(!reading.capture.files.contains_key(&file), "{huge}");
        assert_eq!(reading.capture.missing.get(&file), Some(&Missing::TooLong));
        // It hides no forgery.
        let (report, _) = judged(&[&huge, "wrong-chip-key"]);
        assert_eq!(report.verdict(), Verdict::NotGenuine, "{huge}");
    }
    let (report, _) = judged(&["lds-length-huge:DG2", "lds-flipped:DG1"]);
    assert_eq!(report.verdict(), Verdict::NotGenuine);
}

/// Runs the program; gives its exit status.
fn program(arguments: &[&str]) -> Option<i32> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cancuoc"));
    let run = program.args(["--registry", "none"]).args(arguments);
    run.output().unwrap().status.code()
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end_is_no_capture_and_no_trace() {
    assert_eq!(program(&["verify", "/dev/zero"]), Some(2));
    let replay = ["trace", "replay", "/dev/zero", "--key", "/dev/null"];
    assert_eq!(program(&replay), Some(2));
}

#[cfg(unix)]
#[test]
fn what_is_kept_of_a_card_is_never_written_into_a_file_of_somebody_else() {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::fs::symlink;

    let folder = std::env::temp_dir().join(format!("cancuoc-attacks-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (kept, elsewhere) = (folder.join("card.json"), folder.join("elsewhere"));
    fs::write(&elsewhere, "untouched").unwrap();
    symlink(&elsewhere, folder.join("card.json.part")).unwrap();
    let path = kept.to_str().unwrap();
    assert_eq!(
        program(&["read", "--virtual", "an", "--save", path]),
        Some(0)
    );
    let mode = fs::symlink_metadata(&kept).unwrap().mode();
    let other = fs::read_to_string(&elsewhere).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(mode, 0o100_600);
    assert_eq!(other, "untouched");
}

#[test]
fn a_security_object_full_of_certificates_costs_little_time() {
    // Each bears the right serial number, and an issuer whose long name is the right one but for its
    // last letter, so that names have to be read to the end.
    let long = |last: char| {
        let mut name = Name::test("VN", "TEST CSCA");
        name.common_name = format!("{}{last}", "ﬁ\u{AD}ẞ".repeat(1_000));
        name
    };
    let [root, other] = ['A', 'B'].map(|last| authority(|spec| spec.subject = long(last)));
    let signer = signer_under(&root, |_| {});
    let decoy = signer_under(&other, |_| {}).certificate;
    let judged = |decoys: usize| {
        let mut list = vec![decoy.clone(); decoys];
        list.push(signer.certificate.clone());
        let mut reading = Scene::an().read().unwrap();
        let file = {
            let mut spec = find("an").security_object();
            spec.certificates = Some(list);
            spec.sign(&Scene::an().card.groups(), &signer).unwrap()
        };
        reading.capture.files.insert(FileId::Sod, file);
        let since = Instant::now();
        let trust = trusting(&[&root.certificate]);
        let report = verify(&reading, &trust, &Policy::counter(), at(NOW));
        (report, since.elapsed())
    };
    let (report, took) = judged(255);
    assert_eq!(report.checks().signer_chain.code(), "chain.anchored");
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert!(took < Duration::from_secs(5), "{took:?}");
    let (report, took) = judged(256);
    assert_eq!(report.checks().sod_signature.code(), "sod.malformed");
    assert!(took < Duration::from_secs(5), "{took:?}");
}
