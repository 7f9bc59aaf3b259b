//! Terminals that prove themselves to virtual cards: every kind of key, both versions, links, and
//! everything that a chain or a chip can do wrong. Whatever comes of it, the card stays genuine.

use std::sync::Arc;

use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::capture::TerminalAttempt;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::error::TransportError;
use cancuoc::iso7816::ins;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::cvc::CvCertificate;
use cancuoc::reader;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::reader::Progress;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Biometrics;
use cancuoc::sim::persona::CardSecurity;
use cancuoc::sim::persona::ChipAuthentication;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::CvcaFile;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::pki::card_verifiable::CertificateSpec;
use cancuoc::sim::pki::card_verifiable::Entity;
use cancuoc::sim::pki::card_verifiable::Key;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use cancuoc::sim::pki::card_verifiable::READ_DG3;
use cancuoc::sim::pki::card_verifiable::READ_DG4;
use cancuoc::sim::pki::card_verifiable::Role;
use cancuoc::sim::pki::card_verifiable::TerminalPki;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::terminal::Terminal;
use cancuoc::terminal::file;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::verify::GroupState;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use jiff::civil::Date;
use jiff::civil::date;

use crate::support::cards;
use crate::support::cards::TODAY;
use crate::support::cards::Tap;

pub const USUAL: KeyKind = KeyKind::Ecdsa(Curve::BrainpoolP256r1, Hash::Sha256);

/// A day on which cards knew the first authority alone, and one on which they know two.
pub const EARLY: Date = date(2021, 6, 1);

pub const BOTH: [DataGroup; 2] = [DataGroup::DG3, DataGroup::DG4];

pub fn pki(kind: KeyKind) -> TerminalPki {
    TerminalPki::new(kind, 2).unwrap()
}

/// A terminal with all certificates of the PKI, and further ones.
pub fn terminal_with(pki: &TerminalPki, more: &[Vec<u8>]) -> Arc<Terminal> {
    terminal_of(pki.files().unwrap(), more, TODAY)
}

pub fn terminal_of(files: Vec<(String, Vec<u8>)>, more: &[Vec<u8>], today: Date) -> Arc<Terminal> {
    let mut certificates = Vec::new();
    let mut key = None;
    for (name, bytes) in files {
        if name.ends_with(".cvcert") {
            certificates.push(CvCertificate::decode(&bytes).unwrap());
        } else {
            key = Some(file::Key::decode(&bytes).unwrap());
        }
    }
    let more = more
        .iter()
        .map(|bytes| CvCertificate::decode(bytes).unwrap());
    certificates.extend(more);
    Arc::new(Terminal::new(certificates, Box::new(key.unwrap()), today).unwrap())
}

/// Persona An with fingers and irises, and trust in this PKI as of a day.
pub fn persona(pki: &TerminalPki, day: Date, change: impl FnOnce(&mut ChipOptions)) -> Persona {
    cards::changed("an", |chip| {
        chip.biometrics = Biometrics::FingersAndIrises;
        chip.terminal = Some(pki.trust(day));
        change(chip);
    })
}

pub fn plan(persona: &Persona, terminal: &Arc<Terminal>) -> Plan {
    plan_by(cards::key(persona), terminal)
}

pub fn plan_by(key: AccessKey, terminal: &Arc<Terminal>) -> Plan {
    Plan {
        terminal: Some(Arc::clone(terminal)),
        ..cards::whole(key)
    }
}

pub fn read(persona: &Persona, terminal: &Arc<Terminal>, what: &str) -> Reading {
    let mut card = cards::card(persona, what);
    cards::read(&mut card, &plan(persona, terminal), what)
        .unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// Judges, and it must be genuine: gives what the report says of the terminal.
pub fn said(reading: &Reading, what: &str) -> String {
    let report = cards::judge(reading);
    assert_eq!(
        report.verdict(),
        Verdict::Genuine,
        "{what}: {:?}",
        report.checks()
    );
    fact(&report)
}

pub fn fact(report: &Report) -> String {
    let facts = report.checks().access.facts();
    facts
        .get("terminal_authentication")
        .cloned()
        .unwrap_or_default()
}

pub fn groups(reading: &Reading) -> Vec<DataGroup> {
    let files = &reading.capture.files;
    BOTH.into_iter()
        .filter(|group| files.contains_key(&FileId::Group(*group)))
        .collect()
}

/// Reads with everything right: both groups must come.
pub fn passes(persona: &Persona, terminal: &Arc<Terminal>, what: &str) -> Reading {
    let reading = read(persona, terminal, what);
    assert_eq!(said(&reading, what), "passed DG3 DG4", "{what}");
    assert_eq!(groups(&reading), BOTH, "{what}");
    reading
}

/// Reads with something wrong: everything else comes, and the report says why not these.
pub fn fails(persona: &Persona, terminal: &Arc<Terminal>, expected: &str) {
    let reading = read(persona, terminal, expected);
    assert_eq!(said(&reading, expected), expected);
    assert!(groups(&reading).is_empty(), "{expected}");
    let files = &reading.capture.files;
    assert!(files.contains_key(&FileId::Group(DataGroup::DG13)));
    let report = cards::judge(&reading);
    assert_eq!(report.groups()[&DataGroup::DG3], GroupState::Unread);
}

fn bac(chip: &mut ChipOptions) {
    chip.pace = Vec::new();
}

#[test]
fn every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac() {
    let hashes = [Hash::Sha1, Hash::Sha256, Hash::Sha512];
    let mut kinds: Vec<KeyKind> = hashes
        .into_iter()
        .flat_map(|hash| [KeyKind::RsaPkcs1(hash), KeyKind::RsaPss(hash)])
        .collect();
    let curves = [
        Curve::P192,
        Curve::P224,
        Curve::P256,
        Curve::BrainpoolP384r1,
        Curve::BrainpoolP512r1,
        Curve::P521,
    ];
    let hashes = [
        Hash::Sha1,
        Hash::Sha224,
        Hash::Sha256,
        Hash::Sha384,
        Hash::Sha512,
    ];
    kinds.extend(
        curves
            .into_iter()
            .zip(hashes.into_iter().cycle())
            .map(|(curve, hash)| KeyKind::Ecdsa(curve, hash)),
    );
    for kind in kinds {
        let pki = pki(kind);
        let terminal = terminal_with(&pki, &[]);
        let what = format!("{kind:?}");
        passes(&persona(&pki, TODAY, |_| {}), &terminal, &what);
        passes(&persona(&pki, TODAY, bac), &terminal, &what);
    }
}

#[test]
fn short_and_extended_length_carry_long_certificates() {
    let pki = pki(KeyKind::RsaPkcs1(Hash::Sha256));
    let terminal = terminal_with(&pki, &[]);
    for lengths in [
        Lengths::Short,
        Lengths::Extended {
            max_response: 65_536,
        },
    ] {
        let persona = persona(&pki, TODAY, |chip| chip.lengths = lengths);
        passes(&persona, &terminal, &format!("{lengths:?}"));
    }
}

/// Reads the same card twice and counts the certificates that went out each time.
fn certificates(card: &mut VirtualCard, plan: &Plan, what: &str) -> usize {
    let mut tap = Tap::new(Borrowed(card));
    let heard = tap.heard();
    let reading = cards::read(&mut tap, plan, what).unwrap();
    assert_eq!(said(&reading, what), "passed DG3 DG4");
    let heard = heard.borrow();
    // The last part of each chain.
    let is_certificate =
        |command: &&Vec<u8>| command[..2] == [0x0C, ins::PERFORM_SECURITY_OPERATION];
    heard.iter().filter(is_certificate).count()
}

struct Borrowed<'a>(&'a mut VirtualCard);

impl Transport for Borrowed<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.transmit(command)
    }

    fn limits(&self) -> Limits {
        self.0.limits()
    }
}

#[test]
fn a_link_brings_a_card_up_to_date_once() {
    let pki = pki(USUAL);
    let terminal = terminal_with(&pki, &[]);
    let old = persona(&pki, EARLY, |_| {});
    let new = persona(&pki, TODAY, |_| {});
    let mut card = cards::card(&old, "link");
    assert_eq!(certificates(&mut card, &plan(&old, &terminal), "first"), 3);
    // The card knows both now, the newer first.
    card.remove();
    card.insert();
    assert_eq!(certificates(&mut card, &plan(&old, &terminal), "second"), 2);
    let mut card = cards::card(&new, "link");
    assert_eq!(certificates(&mut card, &plan(&new, &terminal), "new"), 2);
}

/// The same PKI with another terminal, or another verifier above it.
pub fn replaced(
    pki: TerminalPki,
    role: Role,
    change: impl FnOnce(&mut CertificateSpec),
) -> TerminalPki {
    let newest = pki.authorities.last().unwrap();
    let again = |entity: &Entity, issuer: &Entity, change: &mut dyn FnMut(&mut CertificateSpec)| {
        let mut spec = entity.spec.clone();
        change(&mut spec);
        let key = Key::new(USUAL, Role::Terminal, &spec.holder).unwrap();
        issuer.sign(spec, key).unwrap()
    };
    let mut change = Some(change);
    let mut changed = |spec: &mut CertificateSpec| {
        if let Some(change) = change.take() {
            change(spec);
        }
    };
    if role == Role::Terminal {
        let terminal = again(&pki.terminal, &pki.verifier, &mut changed);
        return TerminalPki { terminal, ..pki };
    }
    let verifier = again(&pki.verifier, newest, &mut changed);
    let terminal = again(
        &pki.terminal,
        &verifier,
        &mut |spec: &mut CertificateSpec| {
            spec.authority.clone_from(&verifier.spec.holder);
        },
    );
    TerminalPki {
        verifier,
        terminal,
        ..pki
    }
}

fn with_rights(rights: u8, role: Role) -> TerminalPki {
    replaced(pki(USUAL), role, |spec| {
        spec.authorization[0] = spec.authorization[0] & 0xC0 | rights;
    })
}

#[test]
fn only_what_the_whole_chain_allows_is_read() {
    for role in [Role::Terminal, Role::DomesticVerifier] {
        for (rights, expected) in [
            (READ_DG3, "passed DG3"),
            (READ_DG4, "passed DG4"),
            (0, "passed"),
        ] {
            let pki = with_rights(rights, role);
            let persona = persona(&pki, TODAY, |_| {});
            let reading = read(&persona, &terminal_with(&pki, &[]), expected);
            assert_eq!(said(&reading, expected), expected, "{role:?}");
            let allowed = expected.strip_prefix("passed").unwrap().trim();
            let read: Vec<String> = groups(&reading).iter().map(ToString::to_string).collect();
            assert_eq!(read.join(" "), allowed);
        }
    }
}

#[test]
fn what_is_wrong_with_a_chain_is_found_before_the_chip_sees_it() {
    let good = pki(USUAL);
    let persona = persona(&good, TODAY, |_| {});
    let role = Role::Terminal;
    let early = replaced(pki(USUAL), role, |spec| spec.effective = date(2026, 11, 23));
    let late = replaced(pki(USUAL), role, |spec| spec.expires = date(2026, 11, 21));
    let verifier = replaced(pki(USUAL), Role::DomesticVerifier, |spec| {
        spec.expires = date(2026, 11, 21);
    });
    let other = TerminalPki::new(KeyKind::Ecdsa(Curve::P256, Hash::Sha256), 2).unwrap();
    for (terminal, expected) in [
        (&early, "chain not yet valid at VNTESTIS00001"),
        (&late, "chain expired at VNTESTIS00001"),
        (&verifier, "chain expired at VNTESTDV00001"),
    ] {
        fails(&persona, &terminal_with(terminal, &[]), expected);
    }
    // Signed by a verifier that is not this one.
    let mut forged = pki(USUAL);
    let spec = forged.terminal.spec.clone();
    let key = Key::new(USUAL, Role::Terminal, "VNTESTIS00001").unwrap();
    forged.terminal = other.verifier.sign(spec, key).unwrap();
    fails(
        &persona,
        &terminal_with(&forged, &[]),
        "chain wrongly signed at VNTESTIS00001",
    );
    // Nothing but the terminal's own certificate.
    let lonely = pki(USUAL).files().unwrap();
    let lonely = lonely
        .into_iter()
        .filter(|(name, _)| !name.contains("CVCA"))
        .collect();
    fails(
        &persona,
        &terminal_of(lonely, &[], TODAY),
        "no chain for VNTESTCVCA00002, VNTESTCVCA00001",
    );
    // The key of somebody else.
    let mut files = pki(USUAL).files().unwrap();
    files.pop();
    let stranger = Key::new(USUAL, Role::Terminal, "stranger").unwrap();
    files.push(("terminal.pkcs8".to_owned(), stranger.pkcs8().unwrap()));
    fails(
        &persona,
        &terminal_of(files, &[], TODAY),
        "certificates for another key",
    );
}

#[test]
fn what_a_chip_does_wrong_is_named() {
    let pki = pki(USUAL);
    let terminal = terminal_with(&pki, &[]);
    for (fault, expected) in [
        (
            Fault::TerminalKeyRefused(0x6A88),
            "refused at MSE:Set DST with 6A88",
        ),
        (
            Fault::CertificateRefused(0x6300),
            "refused at PSO:Verify Certificate with 6300",
        ),
        (
            Fault::TerminalTemplateRefused(0x6A80),
            "refused at MSE:Set AT with 6A80",
        ),
        (
            Fault::TerminalChallengeRefused(0x6985),
            "refused at Get Challenge with 6985",
        ),
        (Fault::TerminalChallengeLength(7), "challenge of 7 bytes"),
        (Fault::TerminalChallengeLength(9), "challenge of 9 bytes"),
        (
            Fault::TerminalRefused(0x6300),
            "refused at External Authenticate with 6300",
        ),
        (Fault::CvcaMissing, "no authority named"),
        (Fault::CvcaEmpty, "no authority named"),
        (Fault::CvcaThree, "no authority named"),
        (Fault::CvcaUnknown, "no chain for ZZUNKNOWN00001"),
        (Fault::CvcaWrongTag, "no authority named"),
    ] {
        let persona = persona(&pki, TODAY, |chip| {
            chip.faults = vec![fault.into()];
            chip.terminal.as_mut().unwrap().versions = vec![1];
        });
        fails(&persona, &terminal, expected);
    }
    // The rights are there and the groups stay shut all the same.
    let ignored = persona(&pki, TODAY, |chip| {
        chip.faults = vec![Fault::TerminalRightsIgnored.into()];
    });
    let reading = read(&ignored, &terminal, "ignored");
    assert_eq!(said(&reading, "ignored"), "passed DG3 DG4");
    assert!(groups(&reading).is_empty());
    assert!(
        reading
            .capture
            .missing
            .contains_key(&FileId::Group(DataGroup::DG3))
    );
    // Another document number than the one in DG1 binds the signature to another chip.
    let other = persona(&pki, TODAY, |chip| {
        bac(chip);
        chip.faults = vec![Fault::OtherDocumentNumber.into()];
    });
    let mut card = cards::card(&other, "other");
    let plan = plan(&other, &terminal);
    if let Ok(reading) = cards::read(&mut card, &plan, "other") {
        let expected = "refused at External Authenticate with 6300";
        assert_eq!(fact(&cards::judge(&reading)), expected);
    }
}

#[test]
fn ef_cvca_may_lie_elsewhere() {
    let pki = pki(USUAL);
    let terminal = terminal_with(&pki, &[]);
    for file in [
        CvcaFile {
            id: 0x0142,
            sfi: Some(0x16),
        },
        CvcaFile {
            id: 0x0142,
            sfi: None,
        },
    ] {
        let persona = persona(&pki, TODAY, |chip| {
            chip.terminal.as_mut().unwrap().file = file;
        });
        passes(&persona, &terminal, &format!("{file:?}"));
    }
}

/// A chip that does terminal authentication in version 2, with a key of chip authentication for it.
pub fn version_two(chip: &mut ChipOptions, domain: Domain, parameters: EcParameters) {
    chip.terminal.as_mut().unwrap().versions = vec![2];
    chip.card_security = CardSecurity::Present;
    chip.chip_authentication = vec![ChipAuthentication {
        cipher: Cipher::Aes128,
        domain,
        key_id: Some(vec![1]),
        parameters,
        version: 2,
    }];
}

#[test]
fn version_two_goes_before_the_application() {
    for (kind, domain) in [
        (USUAL, 13),
        (KeyKind::RsaPss(Hash::Sha256), 15),
        (KeyKind::RsaPkcs1(Hash::Sha512), 2),
    ] {
        let pki = pki(kind);
        let terminal = terminal_with(&pki, &[]);
        for day in [EARLY, TODAY] {
            let persona = persona(&pki, day, |chip| {
                let domain = Domain::from_parameter_id(domain).unwrap();
                version_two(chip, domain, EcParameters::Standardized);
            });
            let what = format!("{kind:?} {domain} {day}");
            let reading = passes(&persona, &terminal, &what);
            let files = &reading.capture.files;
            assert!(files.contains_key(&FileId::CardSecurity), "{what}");
            assert!(!files.contains_key(&FileId::Cvca), "{what}");
        }
    }
}

#[test]
fn version_two_that_fails_leaves_the_rest() {
    let pki = pki(USUAL);
    let domain = || Domain::from_parameter_id(13).unwrap();
    let late = replaced(self::pki(USUAL), Role::Terminal, |spec| {
        spec.expires = date(2026, 11, 21);
    });
    let persona_with = |faults: &[Fault]| {
        persona(&pki, TODAY, |chip| {
            version_two(chip, domain(), EcParameters::Standardized);
            chip.faults = faults.iter().copied().map(Into::into).collect();
        })
    };
    for (persona, terminal, expected) in [
        (
            persona_with(&[]),
            terminal_with(&late, &[]),
            "chain expired at VNTESTIS00001",
        ),
        (
            persona_with(&[Fault::TerminalRefused(0x6300)]),
            terminal_with(&pki, &[]),
            "refused at External Authenticate with 6300",
        ),
        (
            persona_with(&[Fault::TerminalChallengeLength(9)]),
            terminal_with(&pki, &[]),
            "challenge of 9 bytes",
        ),
    ] {
        let reading = read(&persona, &terminal, expected);
        assert_eq!(fact(&cards::judge(&reading)), expected);
        assert!(groups(&reading).is_empty());
        assert!(
            reading
                .capture
                .files
                .contains_key(&FileId::Group(DataGroup::DG13))
        );
    }
}

#[test]
fn a_clone_in_version_two_is_told_as_one_and_its_files_are_judged() {
    let pki = pki(USUAL);
    let terminal = terminal_with(&pki, &[]);
    for fault in [
        Fault::WrongChipKey,
        Fault::ChipTokenWrong,
        Fault::CopiedFiles,
    ] {
        let persona = persona(&pki, TODAY, |chip| {
            let domain = Domain::from_parameter_id(13).unwrap();
            version_two(chip, domain, EcParameters::Standardized);
            chip.faults.push(fault.into());
        });
        let reading = read(&persona, &terminal, &fault.to_string());
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::NotGenuine, "{fault}");
        assert_eq!(report.checks().hashes.code(), "hashes.match", "{fault}");
        let wanted = if fault == Fault::CopiedFiles {
            "chip.refused"
        } else {
            "chip.proof_failed"
        };
        assert_eq!(report.checks().chip.code(), wanted, "{fault}");
        assert!(groups(&reading).is_empty(), "{fault}");
    }
}

#[test]
fn without_a_terminal_nothing_changes_on_the_wire() {
    let pki = pki(USUAL);
    let persona = persona(&pki, TODAY, |_| {});
    let mut tap = Tap::new(cards::card(&persona, "plain"));
    let heard = tap.heard();
    let reading = cards::read(&mut tap, &cards::whole(cards::key(&persona)), "plain").unwrap();
    assert_eq!(reading.capture.terminal, TerminalAttempt::NotTried);
    assert_eq!(said(&reading, "plain"), "");
    assert!(groups(&reading).is_empty());
    let heard = heard.borrow();
    for instruction in [ins::PERFORM_SECURITY_OPERATION, ins::EXTERNAL_AUTHENTICATE] {
        assert!(heard.iter().all(|command| command[1] != instruction));
    }
}

#[test]
fn groups_that_the_caller_names_are_tried_and_told() {
    let pki = with_rights(READ_DG4, Role::Terminal);
    let terminal = terminal_with(&pki, &[]);
    let persona = persona(&pki, TODAY, |_| {});
    let plan = |named: &[DataGroup]| Plan {
        groups: Groups::Only(named.to_vec()),
        ..plan(&persona, &terminal)
    };
    let reading = |named: &[DataGroup]| {
        let mut card = cards::card(&persona, "named");
        cards::read(&mut card, &plan(named), "named").unwrap()
    };
    assert!(groups(&reading(&[DataGroup::DG1])).is_empty());
    let both = reading(&BOTH);
    assert_eq!(groups(&both), [DataGroup::DG4]);
    assert!(
        both.capture
            .missing
            .contains_key(&FileId::Group(DataGroup::DG3))
    );
}

#[test]
fn a_saved_capture_still_says_what_came_of_it() {
    let pki = pki(USUAL);
    let reading = passes(
        &persona(&pki, TODAY, |_| {}),
        &terminal_with(&pki, &[]),
        "saved",
    );
    let text = reading.capture.to_json();
    let again = Capture::from_json(&text, "saved").unwrap();
    assert_eq!(again, reading.capture);
    assert_eq!(again.terminal.to_string(), "passed DG3 DG4");
    let forged = text.replace("passed DG3 DG4", "passed \\u001b[2J");
    assert!(Capture::from_json(&forged, "forged").is_err());
}

/// Every third command is enough here: `found` has every one of a read without a terminal.
#[test]
fn a_card_lost_on_the_way_and_put_back_still_opens() {
    let pki = pki(USUAL);
    let terminal = terminal_with(&pki, &[]);
    let one = persona(&pki, EARLY, |_| {});
    let two = persona(&pki, EARLY, |chip| {
        let domain = Domain::from_parameter_id(13).unwrap();
        version_two(chip, domain, EcParameters::Standardized);
    });
    for (persona, version) in [(one, 1), (two, 2)] {
        let whole = passes(&persona, &terminal, "undisturbed");
        for number in (1..=whole.exchange.commands).step_by(3) {
            let what = format!("version {version} at {number}");
            let losing = persona.clone().with(|chip| {
                chip.faults.push(Fault::LostAtCommand(number).into());
            });
            let mut card = cards::card(&losing, &what);
            let handle = card.handle();
            let plan = plan(&losing, &terminal);
            let reading = reader::read(
                &mut card,
                &plan,
                &Stop::never(),
                &mut cards::terminal(&what),
                &mut |step| {
                    if let Progress::Lost { .. } = step {
                        handle.insert();
                    }
                },
            )
            .unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(said(&reading, &what), "passed DG3 DG4", "{what}");
            let files = |reading: &Reading| {
                let mut files = reading.capture.files.clone();
                // It names the new authority once the link was taken.
                files.remove(&FileId::Cvca);
                files
            };
            assert_eq!(files(&reading), files(&whole), "{what}");
        }
    }
}
