//! Attacks on the protocols before and beside passive authentication: somebody in the middle, cards
//! that count, clones with a good key of another card.

use std::time::Duration;
use std::time::Instant;

use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::encode_integer;
use cancuoc::bytes::tlv::tag;
use cancuoc::capture::AccessUsed;
use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::crypto::agreement;
use cancuoc::crypto::agreement::Agreement;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::random::System;
use cancuoc::error::Error;
use cancuoc::error::TransportError;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::card_security;
use cancuoc::lds::key::AccessKey;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc::pki::cms::SignedData;
use cancuoc::reader;
use cancuoc::reader::Plan;
use cancuoc::reader::Progress;
use cancuoc::secret::Secret;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::files;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::PinOptions;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::security_object::SECURITY_OBJECT;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::sim::pki::signing_key::standardized_key_info;
use cancuoc::sim::pki::signing_key::standardized_parameters;
use cancuoc::sim::quirk::Quirk;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::forge;
use crate::terminal_authentication as terminals;

/// The citizen card with a PIN.
fn with_pin(tries: u8) -> Persona {
    cards::changed("an", |chip| {
        chip.pace = vec![PaceVariant::generic(Cipher::Aes128, 13)];
        chip.pin = Some(PinOptions {
            digits: "135790".to_owned(),
            tries,
        });
    })
}

/// A wrong PIN, and everything else that could open the card.
fn wrong_pin(persona: &Persona) -> AccessKey {
    AccessKey {
        mrz: cards::mrz(persona).mrz,
        ..AccessKey::parse(&format!("pin:111111 can:{}", persona.can()), cards::TODAY).unwrap()
    }
}

/// Somebody in the middle: sees every command, lets the chip hear it, and answers in its place.
struct Middle<F> {
    card: VirtualCard,
    /// Gets the number of the command from 1, the command, and the chip's answer.
    change: F,
    sent: usize,
}

impl<F> Middle<F> {
    fn new(card: VirtualCard, change: F) -> Self {
        Self {
            card,
            change,
            sent: 0,
        }
    }
}

impl<F: FnMut(usize, &[u8], Vec<u8>) -> Vec<u8>> Transport for Middle<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent += 1;
        let answer = self.card.transmit(command)?;
        Ok((self.change)(self.sent, command, answer))
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        self.card.reconnect(stop, within)
    }
}

fn read(card: &mut dyn Transport, key: AccessKey) -> Result<Reading, Error> {
    let mut plan = cards::least(key);
    plan.put_back = Duration::from_millis(20);
    cards::read(card, &plan, "attack")
}

#[test]
fn a_wrong_pin_costs_at_most_one_try_whatever_is_odd_or_wrong_about_the_chip() {
    let odd = Quirk::ALL.into_iter().map(|quirk| {
        let mut persona = with_pin(3);
        persona.chip.quirks.extend([quirk]);
        // On its last try, a chip asks for the CAN first.
        (quirk.to_string(), persona, [3, 1].as_slice())
    });
    let wrong = Fault::ALL.into_iter().map(|fault| {
        let mut persona = with_pin(3);
        persona.chip.faults.push(fault.into());
        (fault.to_string(), persona, [3].as_slice())
    });
    for (name, persona, tries) in odd.chain(wrong) {
        for &tries in tries {
            let mut persona = persona.clone();
            persona.chip.pin.as_mut().unwrap().tries = tries;
            let mut card = cards::card(&persona, "attack");
            let before = card.chip().pin_tries().unwrap();
            let read = read(&mut card, wrong_pin(&persona));
            let left = card.chip().pin_tries().unwrap();
            assert!(left + 1 >= before, "{name}: {before} to {left}");
            // A key that was wrong opens nothing by another key that stands beside it.
            let wrong_key = left < before;
            assert!(!(wrong_key && read.is_ok()), "{name}");
        }
    }
}

#[test]
fn nobody_in_the_middle_makes_the_reader_spend_a_second_try() {
    let persona = with_pin(3);
    let statuses = [
        0x6700_u16, 0x6C00, 0x6C10, 0x6A80, 0x6A88, 0x6883, 0x6884, 0x6F00, 0x6982, 0x6985, 0x63C2,
        0x63C1, 0x6300, 0x6110, 0x6283, 0x9000,
    ];
    let mut commands = 0;
    let _ = read(
        &mut Middle::new(
            cards::card(&persona, "attack"),
            |number, _: &[u8], answer| {
                commands = number;
                answer
            },
        ),
        wrong_pin(&persona),
    );
    for number in 1..=commands {
        for status in statuses {
            for only_once in [true, false] {
                let mut card =
                    Middle::new(cards::card(&persona, "attack"), |at, _: &[u8], answer| {
                        if at == number || (at > number && !only_once) {
                            status.to_be_bytes().to_vec()
                        } else {
                            answer
                        }
                    });
                let _ = read(&mut card, wrong_pin(&persona));
                let left = card.card.chip().pin_tries().unwrap();
                assert!(left >= 2, "{number} {status:04X}: {left}");
                assert!(card.sent < 600, "{number} {status:04X}: {}", card.sent);
            }
        }
    }
}

const MAPPED: PaceVariant = PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 13);
const STRONG: PaceVariant = PaceVariant::generic(Cipher::Aes256, 13);
const WEAK: PaceVariant = PaceVariant::generic(Cipher::TripleDes, 8);

/// A card without any proof of its own, opened in these ways.
fn plain(name: &str, pace: &[PaceVariant]) -> Persona {
    cards::changed(name, |chip| {
        chip.pace = pace.to_vec();
        chip.chip_authentication.clear();
        chip.active = None;
    })
}

fn on_reader(card: Personalisation) -> VirtualCard {
    VirtualCard::new(card, Box::new(cards::terminal("chip")))
}

fn judged(card: &mut dyn Transport, key: AccessKey) -> Report {
    cards::judge(&cards::read(card, &cards::whole(key), "attack").unwrap())
}

/// The card with the application of another: its own keys and master file, and the other's groups
/// and security object.
fn dressed_as(mut card: Personalisation, other: &Personalisation) -> Personalisation {
    let of_application =
        |file: &FileId| matches!(file, FileId::Group(_) | FileId::Sod | FileId::Com);
    card.files.retain(|file, _| !of_application(file));
    let of_other = other.files.iter().filter(|(file, _)| of_application(file));
    card.files
        .extend(of_other.map(|(file, bytes)| (*file, bytes.clone())));
    card
}

/// Somebody got the key out of one card that proves itself in PACE, and shows the copied groups of a
/// card that cannot prove itself.
#[test]
fn a_mapping_of_one_card_does_not_prove_the_groups_of_another() {
    let usual = PaceVariant::generic(Cipher::Aes128, 13);
    let own = plain("an", &[MAPPED, usual]);
    let right = judged(&mut cards::card(&own, "attack"), cards::can(&own));
    assert_eq!(right.checks().chip.code(), "chip.pace_cam");
    let without_group = |mut other: Personalisation, persona: &Persona| {
        other.files.remove(&FileId::Group(DataGroup::DG14));
        persona.seal(&mut other).unwrap();
        other
    };
    let stolen = plain("binh", &[usual]);
    let old = stolen.personalise().unwrap();
    let older = without_group(stolen.personalise().unwrap(), &stolen);
    for other in [old, older] {
        let clone = dressed_as(own.personalise().unwrap(), &other);
        let report = judged(&mut on_reader(clone), cards::can(&own));
        assert_eq!(report.checks().hashes.code(), "hashes.match");
        assert_eq!(report.checks().chip.code(), "chip.not_bound");
        assert_eq!(report.verdict(), Verdict::Inconclusive);
    }
    // A card that can prove itself in another way must do so.
    let stolen = cards::persona("binh").with(|chip| chip.pace = vec![usual]);
    let clone = dressed_as(own.personalise().unwrap(), &stolen.personalise().unwrap());
    let report = judged(&mut on_reader(clone), cards::can(&own));
    assert_eq!(report.verdict(), Verdict::NotGenuine);
}

/// A clone without the key says no to the mapping that would find it out, and opens with another.
#[test]
fn a_clone_that_refuses_the_mapping_is_found_out() {
    let usual = PaceVariant::generic(Cipher::Aes128, 13);
    let own = plain("an", &[MAPPED, usual]);
    let mut card = refusing(cards::card(&own, "attack"), |it| names(it, MAPPED));
    let report = judged(&mut card, cards::can(&own));
    assert_eq!(report.checks().chip.code(), "chip.refused");
    assert_eq!(report.checks().chip.facts()["protocol"], "PACE-CAM");
    assert_eq!(report.verdict(), Verdict::NotGenuine);
    // Or with BAC.
    let mut card = refusing(cards::card(&own, "attack"), |_| true);
    let report = judged(&mut card, cards::mrz(&own));
    assert_eq!(report.checks().chip.code(), "chip.refused");
    // Where the chip proves itself in another way, it is the one that was issued.
    let both = cards::changed("an", |chip| chip.pace = vec![MAPPED, usual]);
    let mut card = refusing(cards::card(&both, "attack"), |it| names(it, MAPPED));
    let report = judged(&mut card, cards::can(&both));
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert!(report.quirks().contains(&"pace-offer-refused".to_owned()));
}

/// EF.CardSecurity of another card, rightly signed, in the place of the card's own: what the chip
/// proves is no key of it.
#[test]
fn ef_cardsecurity_of_another_card_proves_nothing() {
    let own = plain("an", &[MAPPED]);
    let other = plain("binh", &[MAPPED]);
    let mut card = own.personalise().unwrap();
    let file = other.personalise().unwrap().files[&FileId::CardSecurity].clone();
    card.files.insert(FileId::CardSecurity, file);
    let report = judged(&mut on_reader(card), cards::can(&own));
    assert_eq!(report.checks().chip.code(), "chip.proof_failed");
}

/// A clone with a key of its own in EF.CardSecurity, under an authority that bears the right name and
/// has another key; the groups are copied from a card of the same kind.
#[test]
fn a_key_that_the_clone_put_into_ef_cardsecurity_proves_nothing() {
    let own = plain("an", &[MAPPED]);
    let stolen = plain("binh", &[MAPPED]).personalise().unwrap();
    let mut clone = dressed_as(own.personalise().unwrap(), &stolen);
    let file = clone.files[&FileId::CardSecurity].clone();
    let content = SignedData::decode(&card_security::signed_data(&file).unwrap())
        .unwrap()
        .content;
    let mut spec = TestPki::shipped().unwrap().csca.spec;
    spec.serial = vec![0x12, 0x67];
    let key = SignerKey::Ec(Curve::P256).key().unwrap();
    let forger = forge::signer_under(&spec.self_signed(key).unwrap(), |_| {});
    let object = SecurityObjectSpec {
        content_type: SECURITY_OBJECT.to_vec(),
        ..own.security_object()
    };
    let file = object.content_info(&content, &forger).unwrap();
    clone.files.insert(FileId::CardSecurity, file);
    let report = judged(&mut on_reader(clone), cards::can(&own));
    let chip = &report.checks().chip;
    assert!(
        ["chip.not_vouched", "chip.proof_failed"].contains(&chip.code()),
        "{}",
        chip.code()
    );
    assert_ne!(report.verdict(), Verdict::Genuine);
}

/// The key of chip authentication version 2 out of one card, and copied groups of another.
#[test]
fn version_two_of_one_card_does_not_prove_the_groups_of_another() {
    let pki = terminals::pki(terminals::USUAL);
    let terminal = terminals::terminal_with(&pki, &[]);
    let own = terminals::persona(&pki, cards::TODAY, |chip| {
        let domain = Domain::from_parameter_id(13).unwrap();
        terminals::version_two(chip, domain, EcParameters::Standardized);
        chip.active = None;
    });
    let plan = terminals::plan(&own, &terminal);
    let right = cards::read(&mut cards::card(&own, "attack"), &plan, "attack").unwrap();
    assert_eq!(
        cards::judge(&right).checks().chip.code(),
        "chip.chip_authentication"
    );
    let stolen = plain("binh", &own.chip.pace).personalise().unwrap();
    let clone = dressed_as(own.personalise().unwrap(), &stolen);
    let reading = cards::read(&mut on_reader(clone), &plan, "attack").unwrap();
    let report = cards::judge(&reading);
    assert_eq!(report.checks().chip.code(), "chip.not_bound");
    assert_ne!(report.verdict(), Verdict::Genuine);
}

fn info(variant: PaceVariant, id: Option<u8>) -> Vec<u8> {
    let domain = Domain::from_parameter_id(variant.parameter_id).unwrap();
    let oid = files::pace_oid(PaceProtocol {
        agreement: domain.agreement(),
        mapping: variant.mapping,
        cipher: variant.cipher,
    });
    files::pace_info(&oid.unwrap(), id, &[])
}

fn group_info(variant: PaceVariant, domain: u8) -> Vec<u8> {
    let group = files::pace_mapping_oid(PaceProtocol {
        agreement: Domain::from_parameter_id(domain).unwrap().agreement(),
        mapping: variant.mapping,
        cipher: variant.cipher,
    });
    files::pace_domain_parameter_info(&group.unwrap(), &standardized_parameters(domain), None)
}

/// Refuses MSE:Set AT for PACE with these object identifiers in it.
fn refusing(card: VirtualCard, refused: impl Fn(&[u8]) -> bool) -> impl Transport {
    Middle::new(card, move |_, command: &[u8], answer| {
        if command.starts_with(&[0, 0x22, 0xC1, 0xA4]) && refused(command) {
            vec![0x6A, 0x80]
        } else {
            answer
        }
    })
}

fn names(command: &[u8], variant: PaceVariant) -> bool {
    let oid = &info(variant, None)[4..14];
    command.windows(oid.len()).any(|window| window == oid)
}

/// Whoever controls EF.CardAccess and the answers to MSE:Set AT, which nobody signs, brings the
/// reader to a weaker way than it would have taken; the report tells.
#[test]
fn every_downgrade_shows() {
    let access = |report: &Report| report.checks().access.code();
    // Both ways are the chip's own: the weaker one is taken, and named.
    let both = cards::changed("an", |chip| chip.pace = vec![STRONG, WEAK]);
    let mut card = refusing(cards::card(&both, "attack"), |it| names(it, STRONG));
    let report = judged(&mut card, cards::can(&both));
    assert_eq!(report.checks().access.facts()["cipher"], "3DES");
    assert!(report.quirks().contains(&"pace-offer-refused".to_owned()));
    // Every way is refused: BAC.
    let mut card = refusing(cards::card(&both, "attack"), |_| true);
    let report = judged(&mut card, cards::mrz(&both));
    assert_eq!(access(&report), "access.bac_downgrade");
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    // EF.CardAccess without the strong way, and without any.
    for infos in [vec![info(WEAK, Some(8))], Vec::new()] {
        let mut card = both.personalise().unwrap();
        let file = files::security_infos(&infos);
        card.files.insert(FileId::CardAccess, file);
        let report = judged(&mut on_reader(card), cards::mrz(&both));
        assert_eq!(
            report.checks().consistency.code(),
            "consistency.card_access"
        );
    }
    // No EF.CardAccess.
    let mut card = both.personalise().unwrap();
    card.files.remove(&FileId::CardAccess);
    let report = judged(&mut on_reader(card), cards::mrz(&both));
    assert_eq!(access(&report), "access.bac_downgrade");
}

/// A way that the chip can and its issuer did not sign, put beside or over the signed one.
#[test]
fn a_way_that_nobody_signed_shows() {
    let signed = cards::changed("an", |chip| chip.pace = vec![STRONG]);
    let both = cards::changed("an", |chip| chip.pace = vec![STRONG, WEAK]);
    let other_group = PaceVariant::generic(Cipher::Aes256, 12);
    let other = cards::changed("an", |chip| chip.pace = vec![other_group]);
    let with = |able: &Persona, infos: Vec<Vec<u8>>| {
        let mut card = dressed_as(able.personalise().unwrap(), &signed.personalise().unwrap());
        card.chip_keys = signed.personalise().unwrap().chip_keys;
        card.files
            .insert(FileId::CardAccess, files::security_infos(&infos));
        on_reader(card)
    };
    let beside = vec![info(STRONG, Some(13)), info(WEAK, Some(8))];
    let mut card = refusing(with(&both, beside), |it| names(it, STRONG));
    let report = judged(&mut card, cards::can(&both));
    assert_eq!(report.checks().access.code(), "access.pace_unsigned");
    assert_ne!(report.verdict(), Verdict::Genuine);
    // The same identifier without its number, and another group under it.
    let over = vec![info(STRONG, None), group_info(STRONG, 12)];
    let mut card = with(&other, over);
    let reading = cards::read(&mut card, &cards::whole(cards::can(&other)), "attack").unwrap();
    assert!(matches!(
        reading.capture.access,
        AccessUsed::Pace {
            parameter_id: 12,
            ..
        }
    ));
    let report = cards::judge(&reading);
    assert_eq!(report.checks().access.code(), "access.pace_unsigned");
}

/// Groups over prime fields, each with numbers as long as are taken, none of them prime: what somebody
/// without any key can make a reader calculate with.
fn heavy_groups() -> Vec<Vec<u8>> {
    let x942 = encode(tag::OID, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3E, 2, 1]]);
    let below = |arcs: &[u8]| encode(tag::OID, &[&[0x04, 0, 0x7F, 0, 7, 2, 2], arcs]);
    (0..64)
        .map(|number| {
            let mut p = vec![0xFF; 512];
            p[1] = number;
            // An order of p - 1 and a generator of p - 2 pass for a while.
            let lower = |by: u8| {
                let mut number = p.clone();
                number[511] -= by;
                encode_integer(&number)
            };
            let numbers = encode(tag::SEQUENCE, &[&encode_integer(&p), &lower(2), &lower(1)]);
            let algorithm = encode(tag::SEQUENCE, &[&x942, &numbers]);
            match number % 3 {
                0 => encode(tag::SEQUENCE, &[&below(&[4, 1]), &algorithm]),
                1 => encode(tag::SEQUENCE, &[&below(&[3, 1]), &algorithm]),
                _ => {
                    let key = encode(tag::BIT_STRING, &[&[0], &lower(2)]);
                    let info = encode(tag::SEQUENCE, &[&algorithm, &key]);
                    encode(tag::SEQUENCE, &[&below(&[1, 1]), &info])
                }
            }
        })
        .collect()
}

#[test]
fn groups_that_somebody_made_up_cost_little_time() {
    let file = files::security_infos(&heavy_groups());
    let since = Instant::now();
    let infos = SecurityInfos::decode(&file).unwrap();
    let took = since.elapsed();
    assert_eq!(infos.pace_domains.len() + infos.chip_domains.len(), 43);
    assert_eq!(infos.chip_keys.len(), 21);
    assert!(infos.pace_domains.iter().all(|info| info.domain.is_none()));
    assert!(took < Duration::from_secs(8), "{took:?}");
}

/// What came of a read in which the card was exchanged for another at this command.
fn exchanged(first: &Persona, second: &Persona, plan: &Plan, at: u32) -> Result<Report, Error> {
    let mut first = first.clone();
    first.chip.faults.push(Fault::LostAtCommand(at).into());
    let mut card = cards::card(&first, "first");
    let handle = card.handle();
    let chip = || {
        Chip::new(
            second.personalise().unwrap(),
            Box::new(cards::terminal("b")),
        )
    };
    let reading = reader::read(
        &mut card,
        plan,
        &Stop::never(),
        &mut cards::terminal("exchanged"),
        &mut |step| {
            if matches!(step, Progress::Lost { .. }) {
                handle.replace(chip());
            }
        },
    )?;
    Ok(cards::judge(&reading))
}

/// A genuine card gives way to its clone, whatever it proved before, and the clone to a genuine card.
#[test]
fn a_clone_laid_down_in_the_place_of_its_original_is_found_out() {
    let active_only = |chip: &mut ChipOptions| chip.chip_authentication.clear();
    for (genuine, faults) in [
        (cards::persona("an"), vec![Fault::WrongChipKey]),
        (
            cards::changed("an", active_only),
            vec![Fault::WrongActiveKey],
        ),
        (plain("an", &[MAPPED]), vec![Fault::CamWrong]),
    ] {
        let mut clone = genuine.clone();
        clone.chip.faults = faults.into_iter().map(Into::into).collect();
        let plan = Plan {
            put_back: Duration::from_secs(1),
            ..cards::least(cards::can(&genuine))
        };
        let mut card = cards::card(&genuine, "whole");
        let whole = cards::read(&mut card, &plan, "whole").unwrap();
        assert_eq!(cards::judge(&whole).verdict(), Verdict::Genuine);
        for at in 1..=whole.exchange.commands {
            let report = exchanged(&genuine, &clone, &plan, at).unwrap();
            assert_eq!(report.checks().chip.code(), "chip.proof_failed", "{at}");
            // What was read is as signed, and the chip that is there now is the right one.
            let report = exchanged(&clone, &genuine, &plan, at);
            assert!(report.is_ok_and(|report| report.verdict() == Verdict::Genuine));
        }
    }
}

/// The clone knows BAC alone, where its original was opened with PACE, or the other way round.
#[test]
fn a_card_that_is_opened_in_another_way_after_a_loss_is_another() {
    let strong = cards::changed("an", |chip| chip.pace = vec![STRONG]);
    let weak = cards::changed("an", |chip| chip.pace = vec![WEAK]);
    let none = cards::changed("an", |chip| chip.pace.clear());
    let plan = Plan {
        put_back: Duration::from_secs(1),
        ..cards::least(cards::mrz(&strong))
    };
    for (first, second) in [
        (&strong, &none),
        (&strong, &weak),
        (&none, &strong),
        (&weak, &strong),
    ] {
        let mut card = cards::card(first, "whole");
        let commands = cards::read(&mut card, &plan, "whole")
            .unwrap()
            .exchange
            .commands;
        let ends = exchanged(first, second, &plan, commands).map(|report| report.verdict());
        assert_eq!(ends.unwrap_err().code(), "card.another");
    }
}

/// A saved capture in somebody's hand: whatever is written into it, it proves no chip, but to whoever
/// drew a challenge that the chip signed.
#[test]
fn a_capture_that_was_edited_proves_nothing() {
    let genuine = cards::changed("an", |chip| chip.chip_authentication.clear());
    let reading = cards::read_own(&genuine, "saved").unwrap();
    let saved = reading.capture.to_json();
    let stored = |text: &str| {
        let capture = Capture::from_json(text, "saved").unwrap();
        cards::judge(&Reading::stored(capture))
    };
    assert_eq!(stored(&saved).checks().chip.code(), "chip.not_live");
    let document: serde_json::Value = serde_json::from_str(&saved).unwrap();
    let own = document["active"].clone();
    for (name, value) in [
        ("active_for_party", own.clone()),
        ("terminal", "passed DG3 DG4".into()),
        ("access", "pace_by_reader".into()),
    ] {
        let mut edited = document.clone();
        edited[name] = value;
        if name == "access" {
            edited.as_object_mut().unwrap().remove("parameter_id");
        }
        let report = stored(&edited.to_string());
        assert_eq!(report.checks().chip.code(), "chip.not_live", "{name}");
        assert_eq!(report.verdict(), Verdict::Inconclusive, "{name}");
    }
    // A relying party's own challenge, and an exchange over another one renamed to it.
    let mut renamed = document.clone();
    renamed["active"]["challenge"] = "0011223344556677".into();
    let capture = Capture::from_json(&renamed.to_string(), "saved").unwrap();
    let challenge = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];
    let report = cards::judge(&Reading::stored_for(capture, challenge));
    assert_eq!(report.checks().chip.code(), "chip.proof_failed");
    // Words for what only a live chip can show are no part of the form.
    for name in [
        "chip_authentication",
        "mapping",
        "live",
        "session",
        "demanded",
    ] {
        let mut edited = document.clone();
        edited[name] = "proven".into();
        assert!(Capture::from_json(&edited.to_string(), "saved").is_err());
    }
}

/// A transport that breaks, cuts and refuses as the dice fall: every read ends soon.
#[test]
fn a_line_that_breaks_in_every_way_is_given_up() {
    struct Breaking {
        card: VirtualCard,
        dice: u64,
        sent: usize,
    }
    impl Breaking {
        fn roll(&mut self, end: u64) -> u64 {
            self.dice ^= self.dice << 13;
            self.dice ^= self.dice >> 7;
            self.dice ^= self.dice << 17;
            self.dice % end
        }
    }
    impl Transport for Breaking {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            self.sent += 1;
            let mut answer = self.card.transmit(command)?;
            match self.roll(24) {
                0 => Err(TransportError::CardRemoved),
                1 => Err(TransportError::ReaderRemoved),
                2 if command.len() > 5 && command[4] == 0 => Err(TransportError::CommandRefused {
                    length: command.len(),
                }),
                3 => {
                    answer.truncate(271);
                    Ok(answer)
                }
                4 => Ok(vec![0x67, 0]),
                5 => Err(TransportError::CardReset),
                _ => Ok(answer),
            }
        }

        fn limits(&self) -> Limits {
            self.card.limits()
        }

        fn reconnect(&mut self, _: &Stop, _: Duration) -> Result<(), TransportError> {
            self.card.remove();
            self.card.insert();
            Ok(())
        }
    }
    let persona = with_pin(3);
    let right = || AccessKey::parse("pin:135790", cards::TODAY).unwrap();
    for seed in 1..150_u64 {
        let mut line = Breaking {
            card: cards::card(&persona, "line"),
            dice: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            sent: 0,
        };
        let plan = cards::least(right());
        let read = cards::read(&mut line, &plan, "line");
        if let Ok(reading) = read {
            assert_ne!(cards::judge(&reading).verdict(), Verdict::NotInForce);
        }
        assert!(line.sent < 400, "{seed}: {}", line.sent);
        // The PIN was right each time that it was judged at all.
        let left = line.card.chip().pin_tries().unwrap();
        assert!(left >= 2, "{seed}: {left}");
    }
}

/// What a chip may send in the place of a public key: no form but the one, and nothing beside the group.
#[test]
fn values_beside_the_group_are_no_keys() {
    for id in [0_u8, 1, 2].into_iter().chain(8..=18) {
        let domain = Domain::from_parameter_id(id).unwrap();
        let good = domain.generate(&mut System).unwrap().public();
        let encoded = good.encoded().to_vec();
        let mut wrong = vec![Vec::new(), vec![0], vec![0; 65_000], vec![0xFF; 65_000]];
        match &domain {
            Domain::Curve(_) => {
                let (x, y) = encoded[1..].split_at(encoded.len() / 2);
                for form in [0_u8, 2, 3, 5, 6, 7] {
                    wrong.push([&[form], x, y].concat());
                    wrong.push([&[form], x].concat());
                }
                // Beyond the prime, as far as the octets go.
                wrong.push([&[4], &vec![0xFF; x.len()][..], y].concat());
                wrong.push([&[4], x, &vec![0xFF; y.len()]].concat());
                wrong.push([&[4], y, x].concat());
                wrong.push([&[4], &vec![0; x.len() * 2][..]].concat());
                wrong.push([&[4, 0], x, y].concat());
                wrong.push([&encoded[..], &[0]].concat());
                wrong.push(encoded[..encoded.len() - 1].to_vec());
            }
            Domain::Modp(group) => {
                let p = group.prime().to_vec();
                let by = |by: i16| {
                    let mut number = p.clone();
                    let last = i16::from(*number.last().unwrap()) + by;
                    *number.last_mut().unwrap() = u8::try_from(last.rem_euclid(256)).unwrap();
                    number
                };
                // Two is no member of these subgroups.
                wrong.extend([vec![1], vec![2], p.clone(), by(-1)]);
                wrong.push([&[1], &p[..]].concat());
                wrong.push([&[0; 70_000], &by(-1)[..]].concat());
            }
        }
        for value in wrong {
            assert!(
                domain.public(&value).is_err(),
                "{id}: {} bytes",
                value.len()
            );
        }
        assert!(domain.public(&encoded).is_ok());
        // CA_IC: nothing, zero, the order and more prove no key.
        if let Domain::Curve(curve) = &domain {
            let zeros = vec![0; curve.order_len()];
            let ones = vec![0xFF; curve.order_len()];
            for scalar in [Vec::new(), vec![0], zeros, ones, vec![1; 65_000]] {
                let product = agreement::times(&Secret::new(scalar), &good);
                assert!(product.is_err(), "{id}");
            }
            let one = agreement::times(&Secret::new(vec![1]), &good).unwrap();
            assert!(one == good);
        }
    }
}

/// Neither plan nor card nor what is between them shows a key, a number or a name.
#[test]
fn nothing_that_is_printed_for_programmers_holds_a_secret() {
    let persona = with_pin(3);
    let key = wrong_pin(&persona);
    let plan = Plan {
        terminal: Some(terminals::terminal_with(
            &terminals::pki(terminals::USUAL),
            &[],
        )),
        ..cards::whole(key)
    };
    let mut card = cards::card(&persona, "debug");
    let reading = cards::read(&mut card, &cards::whole(cards::can(&persona)), "debug").unwrap();
    let report = cards::judge(&reading);
    let text = format!("{plan:?} {reading:?} {report:?} {:?}", card.chip());
    let number = &persona.citizen.number;
    for secret in [
        "111111",
        &persona.can(),
        number,
        &number[3..],
        &persona.citizen.name,
    ] {
        assert!(!text.contains(secret), "{secret}");
        let octets: Vec<String> = secret.bytes().map(|octet| octet.to_string()).collect();
        assert!(!text.contains(&octets.join(", ")), "{secret}");
    }
}

/// Another card is laid down while the first is waited for: it is asked once, and says no.
#[test]
fn another_card_in_the_place_of_a_lost_one_loses_at_most_one_try() {
    let first = with_pin(3);
    let mut second = with_pin(3);
    second.chip.pin.as_mut().unwrap().digits = "975310".to_owned();
    let plan = Plan {
        put_back: Duration::from_secs(1),
        ..cards::least(AccessKey::parse("pin:135790", cards::TODAY).unwrap())
    };
    let mut card = cards::card(&first, "whole");
    let whole = cards::read(&mut card, &plan, "whole").unwrap();
    for at in 1..=whole.exchange.commands {
        let mut losing = first.clone();
        losing.chip.faults.push(Fault::LostAtCommand(at).into());
        let mut card = cards::card(&losing, "first");
        let handle = card.handle();
        let read = reader::read(
            &mut card,
            &plan,
            &Stop::never(),
            &mut cards::terminal("exchanged"),
            &mut |step| {
                if matches!(step, Progress::Lost { .. }) {
                    let random = Box::new(cards::terminal("second"));
                    handle.replace(Chip::new(second.personalise().unwrap(), random));
                }
            },
        );
        assert!(read.is_err(), "{at}");
        assert!(card.chip().pin_tries().unwrap() >= 2, "{at}");
    }
}

/// EF.CardSecurity and DG14 as full of keys as they can be, none of them the chip's.
#[test]
fn files_full_of_keys_cost_little_time() {
    let own = plain("an", &[MAPPED]);
    let keys = |parameter_id: u8| -> Vec<Vec<u8>> {
        let domain = Domain::from_parameter_id(parameter_id).unwrap();
        let public = domain.generate(&mut System).unwrap().public();
        let info = standardized_key_info(&public, parameter_id);
        (1..=31)
            .flat_map(|id| {
                let oid = files::chip_authentication_oid(Agreement::Ecdh, Cipher::Aes256);
                [
                    files::chip_public_key_info(Agreement::Ecdh, &info, Some(&[id])),
                    files::chip_authentication_info(&oid, 1, None),
                ]
            })
            .collect()
    };
    let mut card = own.personalise().unwrap();
    let mut infos = keys(13);
    infos.push(info(MAPPED, Some(13)));
    let object = SecurityObjectSpec {
        content_type: SECURITY_OBJECT.to_vec(),
        ..own.security_object()
    };
    let signer = TestPki::shipped().unwrap().signer;
    let content = files::security_infos(&infos);
    let file = object.content_info(&content, &signer).unwrap();
    card.files.insert(FileId::CardSecurity, file);
    let mut infos = keys(18);
    infos.push(info(MAPPED, Some(13)));
    let group = FileId::Group(DataGroup::DG14);
    card.files.insert(group, files::dg14(&infos));
    own.seal(&mut card).unwrap();
    let since = Instant::now();
    let mut card = Middle::new(on_reader(card), |_, _: &[u8], answer| answer);
    let reading = cards::read(&mut card, &cards::least(cards::can(&own)), "full").unwrap();
    let report = cards::judge(&reading);
    assert_eq!(report.checks().chip.code(), "chip.proof_failed");
    assert_eq!(report.verdict(), Verdict::NotGenuine);
    assert!(card.sent < 200, "{}", card.sent);
    let took = since.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
}
