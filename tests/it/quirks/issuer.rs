//! What honest issuers write otherwise, read from the virtual card, judged and named.

use cancuoc::bytes::date::PartialDate;
use cancuoc::bytes::tlv;
use cancuoc::capture::Reading;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::dg11::Dg11;
use cancuoc::lds::dg12::Dg12;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Details;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::quirk::Issued;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify;
use cancuoc::verify::Check;
use cancuoc::verify::GroupState;
use cancuoc::verify::Holder;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;

use crate::support::cards;

/// What a read of a card with the quirk comes to.
#[derive(Clone, Copy)]
enum Expected {
    /// Genuine, with this among the deviations.
    Noted(&'static str),
    /// Genuine, and nothing is odd about it: the standard has it so.
    Plain,
    /// Another verdict, by this check and code.
    Found(Verdict, Check, &'static str),
}

/// Every quirk of issuers with what it comes to.
const CASES: [(Issued, Expected); 50] = {
    use Expected::Found;
    use Expected::Noted;
    use Expected::Plain;
    use Issued as I;
    use Verdict::Inconclusive;
    use Verdict::NotGenuine;
    [
        (
            I::CardAccessOffersLess,
            Found(NotGenuine, Check::Consistency, "consistency.card_access"),
        ),
        (I::ComAbsent, Noted("deviation.com_unread")),
        (I::ComMalformed, Noted("deviation.com_unread")),
        (I::ComListsMore, Noted("deviation.com_lists_more")),
        (I::ComListsLess, Noted("deviation.com_lists_less")),
        (
            I::GroupAbsent,
            Found(Inconclusive, Check::Hashes, "hashes.unread"),
        ),
        // EF.COM lists it, and only what is signed is read.
        (I::GroupUnsigned, Noted("deviation.com_lists_more")),
        (I::LongLengths, Noted("deviation.group_lengths")),
        (I::SodIndefinite, Noted("deviation.sod_not_der")),
        (I::SodSplitOctets, Noted("deviation.sod_not_der")),
        (
            I::AttributesUnsorted,
            Noted("deviation.attributes_unsorted"),
        ),
        (
            I::AttributesSortedLate,
            Noted("deviation.attributes_not_der"),
        ),
        (I::OldSodOid27, Noted("deviation.old_sod_oid")),
        (I::OldSodOid528, Noted("deviation.old_sod_oid")),
        (
            I::SignerNamePrintable,
            Noted("deviation.signer_name_differs"),
        ),
        (I::SignerNameCase, Noted("deviation.signer_name_differs")),
        (I::SignerNameSpaces, Noted("deviation.signer_name_differs")),
        (I::SignerByKeyId, Noted("deviation.signer_by_key_id")),
        (
            I::SignerForeign,
            Noted("deviation.signer_by_single_certificate"),
        ),
        (I::SignerAbsent, Noted("deviation.signer_from_store")),
        (I::SerialNegative, Noted("deviation.serial_not_positive")),
        (I::SerialZero, Noted("deviation.serial_not_positive")),
        (I::ParametersNull, Noted("deviation.algorithm_parameters")),
        (I::ParametersAbsent, Noted("deviation.algorithm_parameters")),
        (I::CurveExplicit, Noted("deviation.explicit_curve")),
        (I::CurveSeed, Noted("deviation.explicit_curve")),
        (I::CurveBare, Noted("deviation.explicit_curve")),
        (
            I::CertificateHashWrong,
            Found(NotGenuine, Check::SignerChain, "chain.signature_wrong"),
        ),
        (
            I::CertificateCurveWrong,
            Found(NotGenuine, Check::SodSignature, "sod.malformed"),
        ),
        (I::PssDefaults, Noted("deviation.pss_defaults")),
        (I::PssSalt(20), Noted("deviation.pss_salt")),
        (I::PssSalt(32), Plain),
        (I::PssSalt(48), Noted("deviation.pss_salt")),
        (I::PssSalt(64), Noted("deviation.pss_salt")),
        (
            I::HashLongerThanOrder,
            Noted("deviation.hash_longer_than_order"),
        ),
        (I::Dg11EmptyFields, Noted("deviation.details_empty_field")),
        (I::Dg11Count, Noted("deviation.details_count")),
        (
            I::Dg11UnknownFields,
            Noted("deviation.details_unknown_field"),
        ),
        (I::Dg12BinaryDates, Noted("deviation.details_bcd_date")),
        (I::PortraitType, Noted("deviation.portrait_type")),
        (I::PortraitExif, Noted("deviation.portrait_exif")),
        (
            I::PortraitCodestream,
            Noted("deviation.portrait_codestream"),
        ),
        (I::PortraitPadding, Noted("deviation.portrait_padding")),
        (I::Dg13Foreign, Noted("deviation.dg13_layout_unknown")),
        (I::MrzStateD, Noted("deviation.mrz_state_code")),
        (I::MrzShortNumber, Noted("deviation.mrz_short_number")),
        (I::MrzLongNumber, Noted("deviation.mrz_long_number")),
        (
            I::MrzOptionalFiller,
            Noted("deviation.mrz_optional_check_digit"),
        ),
        (I::MrzOptionalZero, Plain),
        (I::MrzTwoDigitYear, Noted("deviation.mrz_century")),
    ]
};

/// Whether there is a case for the quirk.
pub(super) fn covers(quirk: Quirk) -> bool {
    CASES
        .iter()
        .any(|(issued, _)| Quirk::Issued(*issued) == quirk)
}

fn persona(name: &str, issued: Issued) -> Persona {
    cards::changed(name, |chip| {
        chip.quirks.insert(Quirk::Issued(issued));
    })
}

/// The card's own authority, and its signer where the card does not hold that.
fn trust(persona: &Persona) -> TrustStore {
    let pki = persona.pki().unwrap();
    let mut trust = TrustStore::empty();
    let root = Certificate::decode(&pki.csca.certificate).unwrap();
    trust.add_anchor(root, Provenance::TestCard);
    if persona
        .chip
        .quirks
        .contains(&Quirk::Issued(Issued::SignerAbsent))
    {
        trust.add_signer(Certificate::decode(&pki.signer.certificate).unwrap());
    }
    trust
}

fn judge(persona: &Persona, reading: &Reading) -> Report {
    verify::verify(reading, &trust(persona), &Policy::counter(), cards::now())
}

fn read(persona: &Persona) -> (Reading, Report) {
    let reading = cards::read_own(persona, "issuer").unwrap();
    let report = judge(persona, &reading);
    (reading, report)
}

fn verified(report: &Report) -> &Holder {
    match report.holder() {
        Some(Vouched::Verified(holder)) => holder.get(),
        _ => panic!("nothing vouches for the holder"),
    }
}

#[test]
fn every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name() {
    for (issued, expected) in CASES {
        for name in ["an", "chi"] {
            // Only PACE can be hidden.
            if issued == Issued::CardAccessOffersLess && name == "chi" {
                continue;
            }
            let persona = persona(name, issued);
            let (reading, report) = read(&persona);
            let what = format!("{issued:?} on {name}: {:?}", report.checks());
            let deviations = report.deviations();
            match expected {
                Expected::Noted(code) => {
                    assert_eq!(report.verdict(), Verdict::Genuine, "{what}");
                    assert!(deviations.contains(&code), "{what}: {deviations:?}");
                }
                Expected::Plain => {
                    assert_eq!(report.verdict(), Verdict::Genuine, "{what}");
                }
                Expected::Found(verdict, check, code) => {
                    assert_eq!(report.verdict(), verdict, "{what}");
                    assert_eq!(report.checks().outcome(check).code(), code, "{what}");
                }
            }
            let written = persona.personalise().unwrap().files;
            for (file, bytes) in &reading.capture.files {
                assert_eq!(Some(bytes), written.get(file), "{what}: {}", file.name());
            }
        }
    }
}

/// A quirk brings its own name into the report, and no other.
#[test]
fn a_quirk_of_issuers_brings_no_other_name_with_it() {
    for (issued, expected) in CASES {
        let Expected::Noted(code) = expected else {
            continue;
        };
        // A German card has a DG13 that is laid out as nobody here knows; so has a passport. The
        // defaults of RSA-PSS are SHA-1.
        let more = match issued {
            Issued::PssDefaults => vec!["deviation.weak_algorithm"],
            Issued::MrzStateD | Issued::MrzOptionalFiller => vec!["deviation.dg13_layout_unknown"],
            // The number and the term are those of somebody younger.
            Issued::MrzTwoDigitYear => {
                vec!["deviation.number_birth", "deviation.expiry_not_by_age"]
            }
            _ => Vec::new(),
        };
        let (_, report) = read(&persona("an", issued));
        let others = report.deviations().iter().filter(|met| **met != code);
        assert_eq!(others.copied().collect::<Vec<_>>(), more, "{issued:?}");
    }
}

/// The key of BAC, and the password of PACE, are exactly what is printed.
#[test]
fn every_zone_opens_its_card() {
    for issued in [
        Issued::MrzStateD,
        Issued::MrzShortNumber,
        Issued::MrzLongNumber,
        Issued::MrzOptionalFiller,
        Issued::MrzOptionalZero,
        Issued::MrzTwoDigitYear,
    ] {
        for name in ["an", "chi"] {
            let persona = persona(name, issued);
            let plan = cards::whole(cards::mrz(&persona));
            let mut card = cards::card(&persona, "zone");
            let reading = cards::read(&mut card, &plan, "zone").unwrap();
            let report = judge(&persona, &reading);
            assert_eq!(report.verdict(), Verdict::Genuine, "{issued:?} {name}");
        }
    }
}

#[test]
fn numbers_states_and_years_are_read_out_of_any_zone() {
    let holder = |issued| {
        let (_, report) = read(&persona("an", issued));
        verified(&report).fields()
    };
    let has = |fields: &[(&str, String)], name: &str, value: &str| {
        let found = fields.iter().find(|(field, _)| *field == name);
        assert_eq!(found.map(|(_, text)| text.as_str()), Some(value), "{name}");
    };
    let citizen = cards::persona("an").citizen;
    has(&holder(Issued::MrzStateD), "issuing_state", "D");
    has(
        &holder(Issued::MrzShortNumber),
        "document_number",
        &citizen.number[5..],
    );
    has(
        &holder(Issued::MrzLongNumber),
        "document_number",
        &citizen.number,
    );
    has(&holder(Issued::MrzOptionalZero), "document_code", "P");
    let born = citizen.birth.to_string().replace("1995", "1922");
    has(&holder(Issued::MrzTwoDigitYear), "birth", &born);
}

/// A child's year and that of somebody a hundred years older look the same in a passport.
#[test]
fn a_century_that_nothing_tells_is_named() {
    let mut child = persona("an", Issued::MrzOptionalZero);
    child.citizen.birth = PartialDate::new(2015, 8, 17).unwrap();
    let (_, report) = read(&child);
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert!(report.deviations().contains(&"deviation.mrz_century"));
    let (_, grown) = read(&persona("an", Issued::MrzOptionalZero));
    assert!(!grown.deviations().contains(&"deviation.mrz_century"));
}

#[test]
fn a_group_that_is_not_signed_is_never_read_by_itself_and_fails_when_asked_for() {
    let persona = persona("an", Issued::GroupUnsigned);
    let (reading, report) = read(&persona);
    let file = FileId::Group(DataGroup::DG16);
    assert!(!reading.capture.files.contains_key(&file));
    assert!(!report.groups().contains_key(&DataGroup::DG16));
    let plan = Plan {
        groups: Groups::Only(vec![DataGroup::DG1, DataGroup::DG16]),
        ..cards::whole(cards::key(&persona))
    };
    let asked = cards::read(&mut cards::card(&persona, "asked"), &plan, "asked").unwrap();
    let report = judge(&persona, &asked);
    assert_eq!(report.groups()[&DataGroup::DG16], GroupState::Unsigned);
    assert_eq!(report.checks().hashes.code(), "hashes.unsigned");
    assert_eq!(report.verdict(), Verdict::NotGenuine);
}

#[test]
fn a_signed_group_that_is_not_there_is_unread() {
    let (_, report) = read(&persona("an", Issued::GroupAbsent));
    assert_eq!(report.groups()[&DataGroup::DG16], GroupState::Unread);
}

#[test]
fn without_the_operators_certificate_a_signer_that_is_not_there_leaves_the_check_open() {
    let persona = persona("an", Issued::SignerAbsent);
    let reading = cards::read_own(&persona, "absent").unwrap();
    let report = cards::judge(&reading);
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    assert_eq!(report.checks().sod_signature.code(), "sod.unread");
}

/// A foreign layout stays raw, and the zone alone tells of the holder.
#[test]
fn a_foreign_dg13_stays_raw() {
    let persona = persona("an", Issued::Dg13Foreign);
    let (_, report) = read(&persona);
    assert_eq!(report.groups()[&DataGroup::DG13], GroupState::Verified);
    let holder = verified(&report);
    assert_eq!(holder.native_name(), None);
    assert!(!holder.latin_name().is_empty());
}

#[test]
fn further_details_are_read_with_and_without_quirks() {
    let all = |chip: &mut ChipOptions| {
        chip.dg11 = Details::Present;
        chip.dg12 = Details::Present;
    };
    let odd = [
        Issued::Dg11EmptyFields,
        Issued::Dg11Count,
        Issued::Dg11UnknownFields,
        Issued::Dg12BinaryDates,
    ];
    for quirks in [&odd[..0], &odd[..]] {
        let persona = cards::changed("an", |chip| {
            all(chip);
            chip.quirks
                .extend(quirks.iter().copied().map(Quirk::Issued));
        });
        let (reading, report) = read(&persona);
        assert_eq!(report.verdict(), Verdict::Genuine);
        let expected = if quirks.is_empty() { 0 } else { 4 };
        assert_eq!(
            report.deviations().len(),
            expected,
            "{:?}",
            report.deviations()
        );
        let file = |group| &reading.capture.files[&FileId::Group(group)];
        let citizen = &persona.citizen;
        let dg11 = Dg11::decode(file(DataGroup::DG11)).unwrap();
        assert_eq!(dg11.name.as_deref(), Some(citizen.name.as_str()));
        assert_eq!(dg11.other_names.len(), 2);
        assert_eq!(dg11.birth, Some(citizen.birth));
        assert_eq!(dg11.place_of_birth.join(", "), citizen.origin);
        let dg12 = Dg12::decode(file(DataGroup::DG12)).unwrap();
        assert_eq!(dg12.issued.unwrap().day(), Some(citizen.issued));
        assert_eq!(dg12.personalised.unwrap().date(), citizen.issued);
    }
}

/// The files that are encoded otherwise are what they are meant to be.
#[test]
fn what_is_written_otherwise_is_written_otherwise() {
    let files = |issued| persona("an", issued).personalise().unwrap().files;
    let sod = |issued| files(issued).remove(&FileId::Sod).unwrap();
    assert!(
        sod(Issued::SodIndefinite)
            .windows(2)
            .any(|pair| pair == [0x30, 0x80])
    );
    assert!(
        tlv::definite(&sod(Issued::SodSplitOctets)).unwrap().len()
            < sod(Issued::SodSplitOctets).len()
    );
    for group in [DataGroup::DG1, DataGroup::DG2, DataGroup::DG13] {
        let file = files(Issued::LongLengths)
            .remove(&FileId::Group(group))
            .unwrap();
        assert!(!tlv::has_shortest_lengths(&file));
    }
}
