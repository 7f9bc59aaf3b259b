//! Honest cards that differ from the standard: each quirk of the virtual card switched on by
//! itself, read, judged and named.

use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::error::AccessError;
use cancuoc::error::CardError;
use cancuoc::error::Error;
use cancuoc::error::TransportError;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::profile::Commands;
use cancuoc::profile::Files;
use cancuoc::profile::Hints;
use cancuoc::profile::KeyKind;
use cancuoc::profile::Profile;
use cancuoc::reader::Plan;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::ActiveAuthentication;
use cancuoc::sim::persona::ApplicationTemplate;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Bac;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::quirk::Issued;
use cancuoc::sim::quirk::Quirk;
use cancuoc::transport::Limits;
use cancuoc::transport::Transport;
use cancuoc::verify::Verdict;

use crate::support::cards;

mod issuer;

/// How a card with a quirk is read.
struct Case {
    quirk: Quirk,
    /// The persona whose chip meets it.
    persona: &'static str,
    /// What else must be so for the quirk to be met.
    setting: fn(&mut ChipOptions),
    expected: Expected,
}

#[derive(Clone, Copy)]
enum Expected {
    /// Genuine, and the report has this name.
    Named(&'static str),
    /// Genuine without a name: the reader's ordinary way never meets it, or meets nothing odd.
    Plain,
}

const fn as_it_is(_: &mut ChipOptions) {}

fn short(chip: &mut ChipOptions) {
    chip.lengths = Lengths::Short;
}

/// A photo beyond what the even instruction reaches.
fn large(chip: &mut ChipOptions) {
    chip.portrait = chip.portrait.padded_to(40_000);
}

fn large_and_short(chip: &mut ChipOptions) {
    large(chip);
    short(chip);
}

/// A file that the chip refuses.
fn without_com(chip: &mut ChipOptions) {
    chip.quirks.insert(Quirk::Issued(Issued::ComAbsent));
}

/// No EF.COM in the application, and in the master file EF.DIR, which has the same short identifier.
fn without_com_but_dir(chip: &mut ChipOptions) {
    without_com(chip);
    chip.quirks.insert(Quirk::SeveralApplications);
}

fn without_bac(chip: &mut ChipOptions) {
    chip.bac = Bac::Absent;
}

/// PACE alone meets the quirk.
fn without_chip_authentication(chip: &mut ChipOptions) {
    chip.chip_authentication.clear();
}

/// Active authentication by ECDSA alone, since chip authentication has GENERAL AUTHENTICATE, too.
fn ecdsa_alone(chip: &mut ChipOptions) {
    chip.chip_authentication.clear();
    chip.active = Some(ActiveAuthentication::Ecdsa {
        curve: Curve::BrainpoolP256r1,
        hash: Hash::Sha256,
    });
}

fn chip_alone(chip: &mut ChipOptions) {
    chip.active = None;
}

fn chip_alone_3des(chip: &mut ChipOptions) {
    chip_alone(chip);
    for offer in &mut chip.chip_authentication {
        offer.cipher = Cipher::TripleDes;
    }
}

const fn case(
    quirk: Quirk,
    persona: &'static str,
    setting: fn(&mut ChipOptions),
    expected: Expected,
) -> Case {
    Case {
        quirk,
        persona,
        setting,
        expected,
    }
}

/// Every quirk at least once.
const CASES: &[Case] = &{
    use Expected::Named;
    use Expected::Plain;
    use Quirk as Q;
    [
        case(Q::SelectMf6d00, "an", as_it_is, Plain),
        case(Q::SelectMf6d00, "chi", as_it_is, Named("select-mf-6d00")),
        case(Q::SelectMf6a86, "an", as_it_is, Plain),
        case(Q::SelectMf6a86, "chi", only_6a86, Named("select-mf-6a86")),
        case(Q::CardAccess6982AfterAid, "an", as_it_is, Plain),
        case(
            Q::CardAccess6982,
            "an",
            as_it_is,
            Named("card-access-absent"),
        ),
        case(Q::CardAccess6283, "an", as_it_is, Named("card-access-6283")),
        case(Q::SfiUnsupported, "an", as_it_is, Named("sfi-unsupported")),
        case(Q::SfiUnsupported, "chi", short, Named("sfi-unsupported")),
        case(Q::SfiNotFound, "an", as_it_is, Named("sfi-unsupported")),
        case(Q::ParameterReferenceRefused, "an", as_it_is, Plain),
        case(
            Q::ProtectedExtendedRefused,
            "an",
            as_it_is,
            Named("protected-extended-refused"),
        ),
        case(
            Q::ProtectedExtendedRefused,
            "chi",
            as_it_is,
            Named("protected-extended-refused"),
        ),
        case(
            Q::ParameterReferenceRequired,
            "an",
            as_it_is,
            Named("parameter-reference-required"),
        ),
        case(
            Q::ExtendedRefused,
            "an",
            as_it_is,
            Named("extended-refused"),
        ),
        case(
            Q::ExtendedRefused,
            "chi",
            as_it_is,
            Named("extended-refused"),
        ),
        case(Q::Le6cxx, "an", as_it_is, Named("le-6cxx")),
        case(Q::Le6cxx, "binh", as_it_is, Named("le-6cxx")),
        case(Q::EndOfFile6282, "an", as_it_is, Named("end-of-file-6282")),
        case(Q::EndOfFile6b00, "an", as_it_is, Named("end-of-file-6b00")),
        case(
            Q::EndOfFile6b00,
            "an",
            large_and_short,
            Named("end-of-file-6b00"),
        ),
        case(Q::EndOfFile6b00, "chi", short, Named("end-of-file-6b00")),
        case(
            Q::EndOfFile9000,
            "binh",
            as_it_is,
            Named("end-of-file-9000"),
        ),
        case(Q::EndOfFileEmpty, "binh", as_it_is, Plain),
        case(Q::HeaderReadRefused, "an", as_it_is, Plain),
        case(Q::ChunkLimit(112), "an", as_it_is, Named("chunk-limit")),
        case(Q::ReadWhatFits, "binh", as_it_is, Plain),
        case(Q::EvenReadEndsAt8000, "an", large, Plain),
        case(
            Q::DiscretionaryTemplate,
            "an",
            large_and_short,
            Named("discretionary-template"),
        ),
        case(Q::BacAbsent6985, "an", without_bac, Plain),
        case(Q::BacAbsent6a88, "an", without_bac, Plain),
        case(
            Q::ExternalAuthenticateLe00,
            "chi",
            as_it_is,
            Named("external-authenticate-le-00"),
        ),
        case(
            Q::ExternalAuthenticateNoLe,
            "chi",
            as_it_is,
            Named("external-authenticate-no-le"),
        ),
        case(
            Q::ActiveSignatureDer,
            "chi",
            as_it_is,
            Named("active-signature-der"),
        ),
        case(Q::SelectMf6a81, "chi", only_6a86, Named("select-mf-6a81")),
        case(Q::SelectMf6a87, "chi", only_6a86, Named("select-mf-6a87")),
        case(Q::SelectMf6985, "chi", only_6a86, Named("select-mf-6985")),
        case(Q::ChunkLimit6282(200), "an", as_it_is, Named("chunk-limit")),
        case(
            Q::ChunkLimit6282(1_000),
            "an",
            as_it_is,
            Named("chunk-limit"),
        ),
        case(Q::ChunkLimit(1_000), "an", as_it_is, Named("chunk-limit")),
        case(Q::ChunkLimit(100), "binh", as_it_is, Named("chunk-limit")),
        case(
            Q::ChunkDrops(1_000),
            "an",
            as_it_is,
            Named("lost-over-length"),
        ),
        case(
            Q::ChunkDrops(1_000),
            "chi",
            as_it_is,
            Named("lost-over-length"),
        ),
        case(
            Q::ReaderRefusesLength,
            "an",
            as_it_is,
            Named("reader-refuses-length"),
        ),
        case(
            Q::ReaderRefusesLength,
            "chi",
            as_it_is,
            Named("reader-refuses-length"),
        ),
        case(
            Q::ReaderCutsAnswers,
            "an",
            as_it_is,
            Named("reader-cuts-answers"),
        ),
        case(
            Q::ReaderCutsAnswers,
            "chi",
            as_it_is,
            Named("reader-cuts-answers"),
        ),
        case(Q::TagDrops(9), "an", as_it_is, Named("tag-lost")),
        case(
            Q::AnswersInParts(200),
            "an",
            as_it_is,
            Named("answers-in-parts"),
        ),
        case(
            Q::AnswersInParts(50),
            "binh",
            as_it_is,
            Named("answers-in-parts"),
        ),
        case(Q::PlainRefusal, "an", without_com, Named("plain-refusal")),
        case(Q::PlainRefusal, "chi", without_com, Named("plain-refusal")),
        case(
            Q::SfiLeavesApplication,
            "an",
            without_com_but_dir,
            Named("sfi-leaves-application"),
        ),
        case(
            Q::SfiLeavesApplication,
            "chi",
            without_com_but_dir,
            Named("sfi-leaves-application"),
        ),
        case(Q::ResetByOther(9), "an", as_it_is, Named("card-reset")),
        case(
            Q::PaceInfoWithoutId,
            "an",
            as_it_is,
            Named("pace-info-without-id"),
        ),
        case(
            Q::PaceInfoExtraElements,
            "an",
            as_it_is,
            Named("pace-info-extra-elements"),
        ),
        case(
            Q::PaceDomainParameters,
            "an",
            as_it_is,
            Named("pace-domain-parameters"),
        ),
        case(Q::FurtherInfos, "an", as_it_is, Plain),
        case(
            Q::SeveralPaceInfos,
            "an",
            as_it_is,
            Named("several-pace-infos"),
        ),
        case(
            Q::GeneralAuthenticateNoLe,
            "an",
            ecdsa_alone,
            Named("general-authenticate-no-le"),
        ),
        case(
            Q::GeneralAuthenticateLe256,
            "an",
            ecdsa_alone,
            Named("general-authenticate-le-256"),
        ),
        case(
            Q::GeneralAuthenticateExtended,
            "an",
            ecdsa_alone,
            Named("general-authenticate-extended"),
        ),
        case(
            Q::GeneralAuthenticateUnchained6884,
            "an",
            ecdsa_alone,
            Named("general-authenticate-unchained-6884"),
        ),
        case(
            Q::GeneralAuthenticateUnchained6883,
            "an",
            ecdsa_alone,
            Named("general-authenticate-unchained-6883"),
        ),
        case(
            Q::ActiveHashMissing,
            "an",
            ecdsa_alone,
            Named("aa-hash-missing"),
        ),
        case(
            Q::ActiveSignatureZeros,
            "an",
            ecdsa_alone,
            Named("active-signature-zeros"),
        ),
        case(Q::ActiveEmptyOnShortLe, "an", as_it_is, Plain),
        case(
            Q::ChipInfoMissing,
            "an",
            chip_alone_3des,
            Named("ca-info-missing"),
        ),
        case(Q::ChipKeyIdZero, "an", as_it_is, Named("ca-key-id-zero")),
        case(Q::ChipSetAt6f00, "an", chip_alone, Named("ca-set-at-6f00")),
        case(Q::ChipSetAt6a80, "an", chip_alone, Named("ca-set-at-6a80")),
        case(
            Q::ChipSetKat6f00,
            "an",
            chip_alone_3des,
            Named("ca-set-kat-6f00"),
        ),
        case(
            Q::ChipSetKat6a80,
            "an",
            chip_alone_3des,
            Named("ca-set-kat-6a80"),
        ),
        case(
            Q::ChipNeedsChaining,
            "an",
            chip_alone,
            Named("ca-needs-chaining"),
        ),
        case(Q::SeveralApplications, "an", as_it_is, Plain),
        case(Q::ReaderSleeps(9), "an", as_it_is, Named("reader-lost")),
        case(
            Q::GeneralAuthenticateNoLe,
            "an",
            without_chip_authentication,
            Named("general-authenticate-no-le"),
        ),
        case(
            Q::GeneralAuthenticateLe256,
            "an",
            without_chip_authentication,
            Named("general-authenticate-le-256"),
        ),
        case(
            Q::GeneralAuthenticateExtended,
            "an",
            without_chip_authentication,
            Named("general-authenticate-extended"),
        ),
        case(
            Q::GeneralAuthenticateUnchained6884,
            "an",
            as_it_is,
            Named("general-authenticate-unchained-6884"),
        ),
        case(
            Q::GeneralAuthenticateUnchained6883,
            "an",
            as_it_is,
            Named("general-authenticate-unchained-6883"),
        ),
    ]
};

/// The persona `chi` comes with the other custom of its kind.
fn only_6a86(chip: &mut ChipOptions) {
    chip.quirks.remove(&Quirk::SelectMf6d00);
}

fn persona(case: &Case) -> Persona {
    cards::changed(case.persona, |chip| {
        (case.setting)(chip);
        chip.quirks.insert(case.quirk);
    })
}

#[test]
fn every_quirk_is_in_the_table() {
    for quirk in Quirk::ALL {
        let here = CASES.iter().any(|case| case.quirk == quirk);
        assert!(here || issuer::covers(quirk), "{quirk}");
    }
}

#[test]
fn every_quirk_ends_in_the_right_verdict_and_with_its_name() {
    for case in CASES {
        let name = format!("{} on {}", case.quirk, case.persona);
        let persona = persona(case);
        let reading = cards::read_own(&persona, "quirk");
        let reading = reading.unwrap_or_else(|error| panic!("{name}: {error}"));
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::Genuine, "{name}");
        if let Expected::Named(quirk) = case.expected {
            let quirks = report.quirks();
            assert!(quirks.iter().any(|met| met == quirk), "{name}: {quirks:?}");
        }
        for (file, bytes) in &reading.capture.files {
            let written = persona.personalise().unwrap().files.remove(file);
            assert_eq!(Some(bytes), written.as_ref(), "{name}: {}", file.name());
        }
    }
}

/// The first protected read has a short identifier, so a chip that knows none and says so in the clear
/// ends every session with it, until files are selected (rows 2 and 16).
#[test]
fn a_short_identifier_refused_in_the_clear_is_not_the_end() {
    for name in ["an", "chi"] {
        let persona = cards::changed(name, |chip| {
            chip.quirks
                .extend([Quirk::SfiNotFound, Quirk::PlainRefusal]);
        });
        let reading = cards::read_own(&persona, "quirk").unwrap();
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::Genuine, "{name}");
        assert!(reading.capture.missing.is_empty(), "{name}");
        for quirk in ["plain-refusal", "sfi-unsupported"] {
            let quirks = report.quirks();
            assert!(quirks.iter().any(|met| met == quirk), "{name}: {quirks:?}");
        }
    }
}

#[test]
fn ef_cardaccess_is_found_whatever_the_card_says_to_larger_questions() {
    for quirk in [
        Quirk::CardAccess6283,
        Quirk::Le6cxx,
        Quirk::EndOfFile6b00,
        Quirk::ChunkLimit(112),
        Quirk::ExtendedRefused,
    ] {
        let persona = cards::changed("an", |chip| {
            chip.quirks.insert(quirk);
        });
        let reading = cards::read_own(&persona, "quirk").unwrap();
        assert!(
            reading.capture.files.contains_key(&FileId::CardAccess),
            "{quirk}"
        );
    }
}

/// A card with other applications than ours.
struct Foreign(VirtualCard);

impl Transport for Foreign {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match command {
            [_, 0xA4, 0x04, ..] => Ok(vec![0x6A, 0x82]),
            _ => self.0.transmit(command),
        }
    }

    fn limits(&self) -> Limits {
        self.0.limits()
    }
}

#[test]
fn a_card_without_our_application_tells_which_it_has() {
    let others: Vec<ApplicationTemplate> = (1..=9)
        .map(|number| ApplicationTemplate {
            aid: vec![0xA0, 0x00, 0x00, 0x00, number],
            label: Some("An application with a long name".to_owned()),
        })
        .collect();
    for lengths in [
        Lengths::Short,
        Lengths::Extended {
            max_response: 65_536,
        },
    ] {
        let persona = cards::changed("chi", |chip| {
            chip.directory = others.clone();
            chip.lengths = lengths;
            chip.quirks.clear();
        });
        let mut card = Foreign(cards::card(&persona, "quirk"));
        let plan = cards::whole(cards::key(&persona));
        let error = cards::read(&mut card, &plan, "quirk").map(|_| ());
        let Error::Card(CardError::NotEmrtd { applications, .. }) = error.unwrap_err() else {
            panic!("another error");
        };
        let written: Vec<Vec<u8>> = others.iter().map(|other| other.aid.clone()).collect();
        assert_eq!(applications, written);
    }
}

/// An ordinary card has no quirk beside those of its profile.
#[test]
fn an_ordinary_card_has_no_quirks_in_its_report() {
    for name in ["an", "binh"] {
        let report = cards::judge(&cards::read_own(&cards::persona(name), "quirk").unwrap());
        assert!(report.quirks().is_empty(), "{:?}", report.quirks());
        assert!(report.deviations().is_empty(), "{:?}", report.deviations());
    }
}

/// "Not offered" is never taken for "wrong key".
#[test]
fn a_card_that_offers_nothing_says_so_and_does_not_speak_of_the_key() {
    for quirk in [None, Some(Quirk::BacAbsent6985), Some(Quirk::BacAbsent6a88)] {
        let persona = cards::changed("chi", |chip| {
            without_bac(chip);
            chip.quirks.extend(quirk);
        });
        let error = cards::read_own(&persona, "quirk").map(|_| ()).unwrap_err();
        assert_eq!(error, Error::Access(AccessError::Unsupported), "{quirk:?}");
    }
}

#[test]
fn files_of_any_length_arrive_whole() {
    // About the edges of one piece, of the even instruction, and of a length field.
    for length in [
        15_000, 32_600, 32_683, 32_684, 32_685, 32_900, 65_400, 65_536, 66_000,
    ] {
        for lengths in [
            Lengths::Short,
            Lengths::Extended {
                max_response: 1_000,
            },
            Lengths::Extended {
                max_response: 65_536,
            },
        ] {
            let persona = cards::changed("chi", |chip| {
                chip.portrait = chip.portrait.padded_to(length);
                chip.lengths = lengths;
            });
            let reading = cards::read_own(&persona, "length").unwrap();
            let written = persona.personalise().unwrap();
            for (file, bytes) in &reading.capture.files {
                assert_eq!(
                    Some(bytes),
                    written.files.get(file),
                    "{length} {lengths:?} {}",
                    file.name()
                );
            }
            assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
        }
    }
}

/// Reads with hints; gives what was learnt and how many commands it took.
fn read_with_hints(persona: &Persona, hints: Hints) -> (Hints, u32, Vec<String>) {
    let plan = Plan {
        hints,
        ..cards::whole(cards::key(persona))
    };
    let reading = cards::read(&mut cards::card(persona, "hints"), &plan, "hints").unwrap();
    let report = cards::judge(&reading);
    assert_eq!(report.verdict(), Verdict::Genuine);
    let quirks = report.quirks().to_vec();
    (reading.learnt, reading.exchange.commands, quirks)
}

#[test]
fn what_one_read_learnt_saves_the_next_one_its_trials() {
    for (name, quirk) in [
        ("an", Quirk::ChunkLimit(1_000)),
        ("an", Quirk::ChunkLimit(112)),
        ("binh", Quirk::ChunkLimit(112)),
        ("an", Quirk::ExtendedRefused),
        ("an", Quirk::ProtectedExtendedRefused),
        ("an", Quirk::ReaderCutsAnswers),
        ("an", Quirk::ChunkDrops(1_000)),
        ("chi", Quirk::SfiUnsupported),
    ] {
        let persona = cards::changed(name, |chip| {
            chip.quirks.insert(quirk);
        });
        let (learnt, first, quirks) = read_with_hints(&persona, Hints::default());
        let text = learnt.to_profile(&[KeyKind::Can], &quirks, &[DataGroup::DG1]);
        let profile = Profile::parse(&text).unwrap();
        assert_eq!(profile.hints, learnt, "{quirk}");
        let (again, second, _) = read_with_hints(&persona, profile.hints);
        assert!(second < first, "{quirk} on {name}: {second} of {first}");
        let (_, third, _) = read_with_hints(&persona, again);
        assert!(third <= second, "{quirk} on {name}: {third} of {second}");
    }
}

#[test]
fn a_wrong_hint_costs_commands_and_nothing_else() {
    let hints = |commands, answer, piece, files| Hints {
        commands,
        answer,
        piece,
        files,
    };
    for quirk in [
        None,
        Some(Quirk::ChunkLimit(112)),
        Some(Quirk::SfiUnsupported),
        Some(Quirk::ExtendedRefused),
    ] {
        for name in ["an", "chi"] {
            let persona = cards::changed(name, |chip| chip.quirks.extend(quirk));
            for wrong in [
                hints(Some(Commands::Short), None, None, Some(Files::Select)),
                hints(Some(Commands::Extended), Some(65_536), None, None),
                hints(None, Some(0), Some(0), Some(Files::ShortIdentifier)),
                hints(None, Some(300), Some(70_000), Some(Files::Select)),
                hints(None, None, Some(2_000), None),
            ] {
                read_with_hints(&persona, wrong);
            }
        }
    }
}
