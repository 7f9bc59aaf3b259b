//! The cases `LDS_J_*`: EF.CardSecurity, which is signed, against EF.CardAccess, which is not.

use cancuoc::crypto::cipher::Cipher;
use cancuoc::lds::FileId;
use cancuoc::lds::card_security;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::pki::cms::SignedData;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::files;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::security_object::SECURITY_OBJECT;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::wire;
use crate::support::cards;
use crate::support::issued;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // More entries than EF.CardAccess
    ("LDS_J_01", Played(MORE)),
    // Fewer entries
    ("LDS_J_02", Played(OTHER)),
    // Others, equally many
    ("LDS_J_03", Played(OTHER)),
    // A false key of chip authentication mapping
    ("LDS_J_04", Played(KEY)),
];

const MORE: &str = "conformance::lds::card_security::more_entries_than_in_the_open_are_usual";
const OTHER: &str = "conformance::lds::card_security::what_nobody_signed_is_told";
const KEY: &str = "conformance::lds::card_security::a_false_key_is_not_the_chips";

/// A card of chip authentication mapping, for which the file is read.
fn persona() -> Persona {
    let variant = PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 13);
    cards::changed("an", |chip| chip.pace = vec![variant])
}

/// The SecurityInfos of EF.CardSecurity.
fn signed_infos(card: &Personalisation) -> Vec<Vec<u8>> {
    let file = &card.files[&FileId::CardSecurity];
    let content = card_security::signed_data(file).unwrap();
    let content = SignedData::decode(&content).unwrap().content;
    issued::elements(&content, 1)
}

/// Reads the card with other SecurityInfos in EF.CardSecurity, signed anew.
fn report(change: impl FnOnce(&mut Vec<Vec<u8>>, &[Vec<u8>])) -> Report {
    let persona = persona();
    let mut card = persona.personalise().unwrap();
    let mut infos = signed_infos(&card);
    let open = issued::elements(&card.files[&FileId::CardAccess], 1);
    change(&mut infos, &open);
    let spec = SecurityObjectSpec {
        content_type: SECURITY_OBJECT.to_vec(),
        ..persona.security_object()
    };
    let signer = TestPki::with_signer(persona.chip.signer).unwrap().signer;
    let content = files::security_infos(&infos);
    let file = spec.content_info(&content, &signer).unwrap();
    card.files.insert(FileId::CardSecurity, file);
    issued::report(&persona, card, &[])
}

const UNSIGNED: &str = "deviation.card_access_unsigned";

#[test]
fn more_entries_than_in_the_open_are_usual() {
    let report = report(|infos, open| {
        infos.push(files::unknown_info(1, &[0x05, 0x00]));
        assert!(infos.len() > open.len());
    });
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert!(!report.deviations().contains(&UNSIGNED));
}

/// The PACEInfo stands in DG14, too: what was taken is signed, and what EF.CardSecurity lacks is told.
#[test]
fn what_nobody_signed_is_told() {
    let fewer = report(|infos, open| infos.retain(|info| *info != *pace(open)));
    assert!(fewer.deviations().contains(&UNSIGNED));
    let other = report(|infos, open| {
        for info in infos.iter_mut().filter(|info| **info == *pace(open)) {
            *info.last_mut().unwrap() ^= 1;
        }
    });
    assert!(other.deviations().contains(&UNSIGNED));
}

/// The PACEInfo, which id-PACE begins, 0.4.0.127.0.7.2.2.4.
fn pace(infos: &[Vec<u8>]) -> &Vec<u8> {
    let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 2, 2, 4];
    let is_pace = |info: &&Vec<u8>| info.windows(8).any(|window| window == oid);
    infos.iter().find(is_pace).unwrap()
}

#[test]
fn a_false_key_is_not_the_chips() {
    let ending = wire::with_fault(&persona(), Fault::CardSecurityWrongKey);
    assert_eq!(ending, "not genuine: chip.proof_failed");
}
