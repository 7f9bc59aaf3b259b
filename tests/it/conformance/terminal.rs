//! Terminal authentication (TR-03110-1 §3.5), as far as `terminal_authentication` does not play it.

use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Biometrics;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::CvcaFile;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki::card_verifiable::Key;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use cancuoc::sim::pki::card_verifiable::Role;
use cancuoc::sim::pki::card_verifiable::TerminalPki;
use cancuoc::sim::seed::Seeded;
use cancuoc::verify::Verdict;
use jiff::civil::date;

use crate::support::cards;
use crate::support::cards::TODAY;
use crate::terminal_authentication as ta;

/// Reads a card whose contents were changed after they were made; gives what is said of the
/// terminal, and which of fingers and irises came. The card itself is genuine.
fn said(
    persona: &Persona,
    pki: &TerminalPki,
    change: impl FnOnce(&mut Personalisation),
) -> (String, Vec<DataGroup>) {
    let mut card = persona.personalise().unwrap();
    change(&mut card);
    let mut card = VirtualCard::new(card, Box::new(Seeded::new("chip terminal")));
    let plan = ta::plan(persona, &ta::terminal_with(pki, &[]));
    let reading = cards::read(&mut card, &plan, "terminal").unwrap();
    (ta::said(&reading, "terminal"), ta::groups(&reading))
}

#[test]
fn a_verifier_that_its_authority_did_not_sign_leads_nowhere() {
    let good = ta::pki(ta::USUAL);
    let persona = ta::persona(&good, TODAY, |_| {});
    let mut forged = ta::pki(ta::USUAL);
    let other = TerminalPki::new(KeyKind::Ecdsa(Curve::P256, Hash::Sha256), 2).unwrap();
    let spec = forged.verifier.spec.clone();
    let key = Key::new(ta::USUAL, Role::DomesticVerifier, &spec.holder).unwrap();
    forged.verifier = other.authorities.last().unwrap().sign(spec, key).unwrap();
    let terminal = ta::terminal_with(&forged, &[]);
    ta::fails(&persona, &terminal, "chain wrongly signed at VNTESTDV00001");
}

/// The chip's date is past the end of every certificate; the terminal's clock is not.
#[test]
fn a_chain_that_the_chip_takes_for_expired_is_refused() {
    let pki = ta::pki(ta::USUAL);
    let persona = ta::persona(&pki, TODAY, |chip| {
        chip.terminal.as_mut().unwrap().date = date(2099, 1, 1);
    });
    let (fact, groups) = said(&persona, &pki, |_| {});
    // ISO/IEC 7816-4: reference data not usable.
    assert_eq!(fact, "refused at PSO:Verify Certificate with 6984");
    assert!(groups.is_empty());
}

#[test]
fn ef_cvca_that_is_not_where_dg14_says_names_nobody() {
    let pki = ta::pki(ta::USUAL);
    for (signed, there) in [
        // Another identifier, and another short one.
        ((0x0142, None), (0x0143, None)),
        ((0x0142, Some(0x16)), (0x0143, Some(0x17))),
    ] {
        let file = |(id, sfi)| CvcaFile { id, sfi };
        let persona = ta::persona(&pki, TODAY, |chip| {
            let trust = chip.terminal.as_mut().unwrap();
            trust.file = file(signed);
            trust.versions = vec![1];
        });
        let (fact, groups) = said(&persona, &pki, |card| {
            card.terminal.as_mut().unwrap().file = file(there);
        });
        assert_eq!(fact, "no authority named");
        assert!(groups.is_empty());
    }
}

#[test]
fn a_signature_that_the_chip_checks_against_another_number_is_refused() {
    let pki = ta::pki(ta::USUAL);
    let persona = ta::persona(&pki, TODAY, |chip| {
        chip.pace = Vec::new();
        chip.faults = vec![Fault::OtherDocumentNumber.into()];
    });
    let mut card = cards::card(&persona, "number");
    let plan = ta::plan(&persona, &ta::terminal_with(&pki, &[]));
    let reading = cards::read(&mut card, &plan, "number").unwrap();
    let report = cards::judge(&reading);
    assert_eq!(
        ta::fact(&report),
        "refused at External Authenticate with 6300"
    );
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert!(ta::groups(&reading).is_empty());
}

#[test]
fn further_groups_do_not_stand_in_the_way() {
    let pki = ta::pki(ta::USUAL);
    let persona = ta::persona(&pki, TODAY, |_| {});
    let (fact, groups) = said(&persona, &pki, |card| {
        for (group, bytes) in [
            // Tag lists alone: nothing is told.
            (DataGroup::DG11, vec![0x6B, 0x02, 0x5C, 0x00]),
            (DataGroup::DG12, vec![0x6C, 0x02, 0x5C, 0x00]),
        ] {
            card.files.insert(FileId::Group(group), bytes);
        }
        persona.seal(card).unwrap();
    });
    assert_eq!(fact, "passed DG3 DG4");
    assert_eq!(groups, ta::BOTH);
}

/// The terminal's key against the chip's key of chip authentication.
#[test]
fn keys_of_different_lengths_go_together() {
    for (kind, id) in [
        (KeyKind::RsaPkcs1(Hash::Sha256), 0),
        (KeyKind::RsaPkcs1(Hash::Sha256), 13),
        (KeyKind::Ecdsa(Curve::P521, Hash::Sha512), 13),
        (KeyKind::Ecdsa(Curve::P224, Hash::Sha224), 17),
    ] {
        let pki = ta::pki(kind);
        let persona = ta::persona(&pki, TODAY, |chip| {
            for key in &mut chip.chip_authentication {
                key.domain = Domain::from_parameter_id(id).unwrap();
            }
        });
        let terminal = ta::terminal_with(&pki, &[]);
        ta::passes(&persona, &terminal, &format!("{kind:?} {id}"));
    }
}

#[test]
fn fingers_alone_and_irises_alone_are_read() {
    let pki = ta::pki(ta::USUAL);
    let fingers = ta::persona(&pki, TODAY, |chip| chip.biometrics = Biometrics::Fingers);
    let (fact, groups) = said(&fingers, &pki, |_| {});
    assert_eq!(fact, "passed DG3 DG4");
    assert_eq!(groups, [DataGroup::DG3]);
    let both = ta::persona(&pki, TODAY, |_| {});
    let (fact, groups) = said(&both, &pki, |card| {
        card.files.remove(&FileId::Group(DataGroup::DG3));
        both.seal(card).unwrap();
    });
    assert_eq!(fact, "passed DG3 DG4");
    assert_eq!(groups, [DataGroup::DG4]);
}

/// A card that knows the first of three authorities: two links lead to the third.
#[test]
fn two_links_in_a_row_bring_a_card_up_to_date() {
    let pki = TerminalPki::new(ta::USUAL, 3).unwrap();
    let terminal = ta::terminal_with(&pki, &[]);
    let persona = ta::persona(&pki, ta::EARLY, |_| {});
    let trust = persona.chip.terminal.as_ref().unwrap();
    assert_eq!(trust.authorities.len(), 1);
    ta::passes(&persona, &terminal, "two links");
}
