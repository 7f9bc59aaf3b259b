//! Attacks on the protocols before and beside passive authentication: somebody in the middle, cards
//! that count, clones with a good key of another card.

use std::time::Duration;

use cancuoc::capture::AccessUsed;
use cancuoc::capture::Reading;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::error::Error;
use cancuoc::error::TransportError;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::card_security;
use cancuoc::lds::key::AccessKey;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::pki::cms::SignedData;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::files;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::PinOptions;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::security_object::SECURITY_OBJECT;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::sim::pki::signing_key::EcParameters;
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
    let odd = Quirk::ALL.map(|quirk| {
        let mut persona = with_pin(3);
        persona.chip.quirks.extend([quirk]);
        (quirk.to_string(), persona)
    });
    let wrong = Fault::ALL.map(|fault| {
        let mut persona = with_pin(3);
        persona.chip.faults.push(fault);
        (fault.to_string(), persona)
    });
    for (name, persona) in odd.into_iter().chain(wrong) {
        for tries in [3, 1] {
            let mut persona = persona.clone();
            persona.chip.pin.as_mut().unwrap().tries = tries;
            let mut card = cards::card(&persona, "attack");
            let read = read(&mut card, wrong_pin(&persona));
            let left = card.chip().pin_tries().unwrap();
            assert!(left + 1 >= tries, "{name}: {tries} to {left}");
            // A key that was wrong opens nothing by another key that stands beside it.
            let wrong_key = left < tries;
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
fn refusing(
    card: VirtualCard,
    refused: impl Fn(&[u8]) -> bool,
) -> Middle<impl FnMut(usize, &[u8], Vec<u8>) -> Vec<u8>> {
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
