//! Forged groups, chips and dates, and what the registry says.

use cancuoc::crypto::cipher::Cipher;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::reader::Groups;
use cancuoc::registry::Agreement;
use cancuoc::registry::Agreements;
use cancuoc::registry::Answer;
use cancuoc::registry::CardStatus;
use cancuoc::registry::Query;
use cancuoc::registry::Registry;
use cancuoc::registry::RegistryError;
use cancuoc::sim::fault::Content;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify::Check;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use jiff::Timestamp;
use jiff::civil::date;

use super::Caught;
use super::ForgeryRow;
use super::assert_all_caught;
use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::authority;
use crate::support::forge::find;
use crate::support::forge::replaced;
use crate::support::forge::signer;
use crate::support::forge::signer_under;

forgeries! {
    /// What can be wrong with groups, chip, dates and the entry in the register.
    Forgery:
    AlteredDg1,
    AlteredDg2,
    AlteredDg13,
    AlteredDg14,
    AlteredDg15,
    AddedGroupAskedFor,
    AddedGroupNotAskedFor,
    StrippedDg14,
    StrippedDg15,
    ChipAuthenticationRefused,
    ActiveAuthenticationRefused,
    CloneByChipKey,
    CloneByActiveKey,
    TwistedChipCurve,
    NoCloneProtection,
    NoCloneProtectionWhereNotAsked,
    PaceHidden,
    PaceHiddenWhereBacIsAllowed,
    PaceWithdrawn,
    CardAccessWithWeakerCipher,
    CardAccessWithoutTheStrongest,
    ForeignSigner,
    SignerForOtherDocuments,
    OtherLdsVersion,
    Dg13OtherNumber,
    Dg13OtherName,
    Dg13OtherBirth,
    Dg13OtherSex,
    Dg13OtherExpiry,
    DocumentExpired,
    SignedBeforeItsPeriod,
    SignedAfterItsPeriod,
    ExpiredSignerWithoutTime,
    ExpiredSignerOfExpiredDocument,
    ClockBeforeBuild,
    ClockAtItsBeginning,
    Replaced,
    ReportedLost,
    RegisterRevoked,
    RegisterExpired,
    NotIssued,
    NotOnFile,
    RegisterMismatch,
    RegisterNotReached,
    RegisterAnswersNonsense,
    RegisterNotReachedWhereRequired,
}

pub(super) const DG11: DataGroup = DataGroup::DG11;

/// A group that differs vouches for nothing, the chip's keys in it least of all.
const fn mismatch() -> Caught {
    Caught::new(Check::Hashes, "hashes.mismatch", Verdict::NotGenuine)
}

const fn chip(code: &'static str) -> Caught {
    Caught::new(Check::Chip, code, Verdict::NotGenuine)
}

const fn consistency(code: &'static str) -> Caught {
    Caught::new(Check::Consistency, code, Verdict::NotGenuine)
}

const fn validity(code: &'static str, verdict: Verdict) -> Caught {
    Caught::new(Check::Validity, code, verdict)
}

/// What else asks for today's date, and what rests on that.
const CLOCK_DOUBTFUL: &[(Check, &str)] = &[
    (Check::SignerChain, "chain.clock_doubtful"),
    (Check::Chip, "chip.not_vouched"),
];

const fn registry(code: &'static str, verdict: Verdict) -> Caught {
    Caught::new(Check::Registry, code, verdict)
}

/// One bit of the group's last byte.
pub(super) fn altered(group: DataGroup) -> Scene {
    Scene::an().group(group, |bytes| *bytes.last_mut().unwrap() ^= 1)
}

pub(super) fn stripped(group: DataGroup) -> Scene {
    Scene::an().but(|scene| {
        scene.card.files.remove(&FileId::Group(group));
    })
}

pub(super) fn with_group_11(groups: Groups) -> Scene {
    Scene::an().but(|scene| {
        scene
            .card
            .files
            .insert(FileId::Group(DG11), vec![0x6B, 0x02, 0x5C, 0x00]);
        scene.groups = groups;
    })
}

/// The ordinary card with the DG13 of somebody who differs a little, rightly sealed.
fn dg13(content: Content) -> Scene {
    Scene::with(Fault::Content(content))
}

const PACE_AES_128: PaceVariant = PaceVariant::generic(Cipher::Aes128, 13);

const PACE_AES_256: PaceVariant = PaceVariant::generic(Cipher::Aes256, 12);

const PACE_3DES: PaceVariant = PaceVariant::generic(Cipher::TripleDes, 13);

/// A chip that runs these, with the signed DG14 of one that offers those.
fn pace(runs: &[PaceVariant], signed: &[PaceVariant]) -> Scene {
    let with = |variants: &[PaceVariant]| find("an").with(|chip| chip.pace = variants.to_vec());
    let dg14 = FileId::Group(DataGroup::DG14);
    let honest = with(signed).personalise().unwrap().files.remove(&dg14);
    Scene::of(with(runs))
        .but(|scene| {
            scene.card.files.insert(dg14, honest.unwrap());
        })
        .sealed()
}

fn bac_allowed() -> Policy {
    Policy::parse("name = \"old readers\"\nrequire = [\"chip\"]\naccess = \"allow-bac\"").unwrap()
}

/// A register that says always the same.
struct Says(Result<Answer, RegistryError>);

impl Registry for Says {
    fn check(&self, _query: &Query) -> Result<Answer, RegistryError> {
        self.0.clone()
    }
}

fn register(answer: Result<Answer, RegistryError>) -> Scene {
    Scene::an().but(|scene| scene.registry = Some(Box::new(Says(answer))))
}

fn answer(status: CardStatus, name: Agreement) -> Result<Answer, RegistryError> {
    let agreements = Agreements {
        number: Agreement::Match,
        name,
        birth: Agreement::Match,
        sex: Agreement::Match,
        nationality: Agreement::Match,
        document_number: Agreement::Match,
        expiry: Agreement::Match,
    };
    let epoch = Timestamp::UNIX_EPOCH;
    Ok(Answer::new(status, agreements, epoch, epoch))
}

fn status(status: CardStatus) -> Scene {
    register(answer(status, Agreement::Match))
}

fn unreached() -> Result<Answer, RegistryError> {
    Err(RegistryError::NotReached {
        why: "test".to_owned(),
    })
}

fn row(forgery: Forgery) -> (Scene, Caught) {
    match forgery {
        Forgery::AlteredDg1 => (
            // The composite check digit: a misprint to the zone, a mismatch to the hash.
            Scene::an().group(DataGroup::DG1, |bytes| bytes[5 + 59] ^= 1),
            mismatch(),
        ),
        Forgery::AlteredDg2 => (altered(DataGroup::DG2), mismatch()),
        Forgery::AlteredDg13 => (altered(DataGroup::DG13), mismatch()),
        Forgery::AlteredDg14 => (
            altered(DataGroup::DG14),
            mismatch().also(&[(Check::Chip, "chip.active_authentication")]),
        ),
        Forgery::AlteredDg15 => (
            altered(DataGroup::DG15),
            mismatch().also(&[(Check::Chip, "chip.chip_authentication")]),
        ),
        Forgery::AddedGroupAskedFor => (
            with_group_11(Groups::Only(vec![DataGroup::DG2, DataGroup::DG13, DG11])),
            Caught::new(Check::Hashes, "hashes.unsigned", Verdict::NotGenuine),
        ),
        Forgery::AddedGroupNotAskedFor => (
            with_group_11(Groups::Signed),
            Caught::new(Check::Hashes, "hashes.match", Verdict::Genuine),
        ),
        Forgery::StrippedDg14 => (
            stripped(DataGroup::DG14),
            chip("chip.refused").also(&[(Check::Hashes, "hashes.unread")]),
        ),
        Forgery::StrippedDg15 => (
            stripped(DataGroup::DG15),
            chip("chip.refused").also(&[(Check::Hashes, "hashes.unread")]),
        ),
        Forgery::ChipAuthenticationRefused => (
            Scene::with(Fault::ChipAuthenticationRefused),
            chip("chip.refused"),
        ),
        Forgery::ActiveAuthenticationRefused => (
            Scene::with(Fault::ActiveAuthenticationRefused),
            chip("chip.refused"),
        ),
        Forgery::CloneByChipKey => (Scene::with(Fault::WrongChipKey), chip("chip.proof_failed")),
        Forgery::CloneByActiveKey => (
            Scene::with(Fault::WrongActiveKey),
            chip("chip.proof_failed"),
        ),
        // A generator of the forger's choice in the chip's key, rightly sealed.
        Forgery::TwistedChipCurve => (
            Scene::of(find("an").with(|chip| chip.active = None))
                .but(|scene| {
                    let public = scene.card.chip_keys[0].private.public();
                    let generator = public.point().unwrap().curve().parameters().g;
                    let dg14 = FileId::Group(DataGroup::DG14);
                    let file = scene.card.files.get_mut(&dg14).unwrap();
                    *file = replaced(file, generator, public.encoded());
                })
                .sealed(),
            Caught::new(Check::Chip, "chip.unsupported", Verdict::Inconclusive),
        ),
        Forgery::NoCloneProtection => (
            unprotected(),
            Caught::new(
                Check::Chip,
                "chip.no_clone_protection",
                Verdict::Inconclusive,
            ),
        ),
        Forgery::NoCloneProtectionWhereNotAsked => (
            unprotected()
                .but(|scene| scene.policy = Policy::parse("name = \"no chip asked for\"").unwrap()),
            Caught::new(Check::Chip, "chip.no_clone_protection", Verdict::Genuine),
        ),
        Forgery::PaceHidden => (
            hidden(),
            Caught::new(Check::Access, "access.bac_downgrade", Verdict::Inconclusive),
        ),
        Forgery::PaceHiddenWhereBacIsAllowed => (
            hidden().but(|scene| scene.policy = bac_allowed()),
            Caught::new(Check::Access, "access.bac", Verdict::Genuine),
        ),
        // EF.CardAccess offers it, and the chip does not know it.
        Forgery::PaceWithdrawn => (
            Scene::an().but(|scene| scene.card.pace.clear()),
            Caught::new(Check::Access, "access.bac_downgrade", Verdict::Inconclusive),
        ),
        Forgery::CardAccessWithWeakerCipher => (
            pace(&[PACE_3DES], &[PACE_AES_128]),
            consistency("consistency.card_access").also(&[(Check::Access, "access.pace_unsigned")]),
        ),
        Forgery::CardAccessWithoutTheStrongest => (
            pace(&[PACE_AES_128], &[PACE_AES_128, PACE_AES_256]),
            consistency("consistency.card_access"),
        ),
        Forgery::ForeignSigner => {
            let foreign = authority(|spec| spec.subject = Name::test("XX", "TEST CSCA foreign"));
            let signer = signer_under(&foreign, |spec| {
                spec.subject = Name::test("XX", "TEST DS foreign");
            });
            (
                Scene::an()
                    .signed_by(&signer)
                    .trusting(&[&foreign.certificate]),
                // It vouches for its own country's documents, so not for this chip's keys.
                consistency("consistency.country").also(&[(Check::Chip, "chip.not_vouched")]),
            )
        }
        Forgery::SignerForOtherDocuments => (
            Scene::an().signed_by(&signer(|spec| spec.document_types = vec!["P".to_owned()])),
            consistency("consistency.document_type"),
        ),
        Forgery::OtherLdsVersion => (
            Scene::an().sod(|sod| sod.versions = Some(("0108".to_owned(), "040000".to_owned()))),
            consistency("consistency.versions"),
        ),
        Forgery::Dg13OtherNumber => (dg13(Content::Dg13Number), consistency("consistency.dg13")),
        Forgery::Dg13OtherName => (dg13(Content::Dg13Name), consistency("consistency.dg13")),
        Forgery::Dg13OtherBirth => (dg13(Content::Dg13Birth), consistency("consistency.dg13")),
        Forgery::Dg13OtherSex => (dg13(Content::Dg13Sex), consistency("consistency.dg13")),
        Forgery::Dg13OtherExpiry => (dg13(Content::Dg13Expiry), consistency("consistency.dg13")),
        Forgery::DocumentExpired => (
            Scene::an().but(|scene| scene.now = at("2035-08-19T00:00:00Z")),
            validity("validity.document_expired", Verdict::NotInForce),
        ),
        Forgery::SignedBeforeItsPeriod => (
            Scene::an().sod(|sod| sod.signing_time = Some(date(2021, 1, 31).at(0, 0, 0, 0))),
            validity("validity.signed_outside_period", Verdict::NotGenuine),
        ),
        Forgery::SignedAfterItsPeriod => (
            Scene::an().signed_by(&signer(|spec| {
                spec.validity.1 = date(2021, 5, 1).at(0, 0, 0, 0)
            })),
            validity("validity.signed_outside_period", Verdict::NotGenuine),
        ),
        Forgery::ExpiredSignerWithoutTime => (
            Scene::of(find("binh"))
                .sod(|sod| sod.signing_time = None)
                .but(|scene| scene.now = at("2036-03-01T00:00:00Z")),
            validity("validity.signer_expired", Verdict::Inconclusive),
        ),
        // What the document says against itself counts, signer or not.
        Forgery::ExpiredSignerOfExpiredDocument => (
            Scene::an()
                .sod(|sod| sod.signing_time = None)
                .but(|scene| scene.now = at("2036-03-01T00:00:00Z")),
            validity("validity.document_expired", Verdict::NotInForce),
        ),
        Forgery::ClockBeforeBuild => (
            Scene::an().but(|scene| scene.now = at("2025-06-01T00:00:00Z")),
            validity("validity.clock_doubtful", Verdict::Inconclusive).also(CLOCK_DOUBTFUL),
        ),
        Forgery::ClockAtItsBeginning => (
            Scene::an().but(|scene| scene.now = at("1970-01-01T00:00:00Z")),
            validity("validity.clock_doubtful", Verdict::Inconclusive).also(CLOCK_DOUBTFUL),
        ),
        Forgery::Replaced => (
            status(CardStatus::Replaced),
            registry("registry.replaced", Verdict::NotInForce),
        ),
        Forgery::ReportedLost => (
            status(CardStatus::ReportedLost),
            registry("registry.reported_lost", Verdict::NotInForce),
        ),
        Forgery::RegisterRevoked => (
            status(CardStatus::Revoked),
            registry("registry.revoked", Verdict::NotInForce),
        ),
        Forgery::RegisterExpired => (
            status(CardStatus::Expired),
            registry("registry.expired", Verdict::NotInForce),
        ),
        Forgery::NotIssued => (
            status(CardStatus::NotIssued),
            registry("registry.not_issued", Verdict::NotInForce),
        ),
        Forgery::NotOnFile => (
            status(CardStatus::NotOnFile),
            registry("registry.not_on_file", Verdict::Genuine),
        ),
        Forgery::RegisterMismatch => (
            register(answer(CardStatus::Active, Agreement::Mismatch)),
            registry("registry.mismatch", Verdict::NotGenuine),
        ),
        Forgery::RegisterNotReached => (
            register(unreached()),
            registry("registry.not_reached", Verdict::Genuine),
        ),
        Forgery::RegisterAnswersNonsense => (
            register(Err(RegistryError::BadAnswer { what: "status" })),
            registry("registry.bad_answer", Verdict::Genuine),
        ),
        Forgery::RegisterNotReachedWhereRequired => (
            register(unreached()).but(|scene| {
                scene.policy =
                    Policy::parse("name = \"strict\"\nrequire = [\"chip\", \"registry\"]").unwrap();
            }),
            registry("registry.not_reached", Verdict::Inconclusive),
        ),
    }
}

/// A card that could be copied: its security object offers no key.
fn unprotected() -> Scene {
    Scene::of(find("an").with(|chip| {
        chip.chip_authentication = Vec::new();
        chip.active = None;
    }))
}

/// PACE is in the signed DG14; EF.CardAccess is kept back.
fn hidden() -> Scene {
    Scene::of(find("an").with(|chip| {
        chip.quirks.insert(Quirk::CardAccess6982);
    }))
}

/// What the person does next, where the verdict leaves a choice.
const fn next_action(forgery: Forgery) -> Option<&'static str> {
    match forgery {
        Forgery::ClockBeforeBuild | Forgery::ClockAtItsBeginning => Some("check_clock"),
        Forgery::RegisterNotReachedWhereRequired => Some("wait_registry"),
        Forgery::PaceHidden | Forgery::NoCloneProtection => Some("manual_review"),
        Forgery::NotOnFile | Forgery::RegisterNotReached => Some("proceed"),
        Forgery::Replaced | Forgery::CloneByChipKey => Some("refuse"),
        _ => None,
    }
}

/// Lines of the checklist that a forgery attacks. One without its lines does not compile.
const fn lines(forgery: Forgery) -> &'static [u8] {
    match forgery {
        Forgery::AlteredDg1
        | Forgery::AlteredDg2
        | Forgery::AlteredDg13
        | Forgery::AddedGroupAskedFor
        | Forgery::AddedGroupNotAskedFor => &[21],
        Forgery::AlteredDg14 | Forgery::AlteredDg15 => &[21, 26],
        Forgery::StrippedDg14 | Forgery::StrippedDg15 => &[30, 32],
        Forgery::ChipAuthenticationRefused
        | Forgery::ActiveAuthenticationRefused
        | Forgery::NoCloneProtection
        | Forgery::NoCloneProtectionWhereNotAsked => &[30],
        Forgery::CloneByChipKey => &[28],
        Forgery::CloneByActiveKey => &[27],
        Forgery::TwistedChipCurve => &[20, 28],
        Forgery::PaceHidden => &[7, 32],
        Forgery::PaceHiddenWhereBacIsAllowed | Forgery::PaceWithdrawn => &[7],
        Forgery::CardAccessWithWeakerCipher => &[8],
        Forgery::CardAccessWithoutTheStrongest => &[8, 32],
        Forgery::ForeignSigner
        | Forgery::Dg13OtherNumber
        | Forgery::Dg13OtherName
        | Forgery::Dg13OtherBirth
        | Forgery::Dg13OtherSex
        | Forgery::Dg13OtherExpiry => &[22],
        Forgery::SignerForOtherDocuments => &[15],
        Forgery::OtherLdsVersion => &[23],
        Forgery::DocumentExpired
        | Forgery::SignedBeforeItsPeriod
        | Forgery::SignedAfterItsPeriod
        | Forgery::ExpiredSignerWithoutTime
        | Forgery::ExpiredSignerOfExpiredDocument
        | Forgery::ClockBeforeBuild
        | Forgery::ClockAtItsBeginning => &[17],
        Forgery::Replaced
        | Forgery::ReportedLost
        | Forgery::RegisterRevoked
        | Forgery::RegisterExpired
        | Forgery::NotIssued
        | Forgery::RegisterMismatch => &[41],
        Forgery::NotOnFile
        | Forgery::RegisterNotReached
        | Forgery::RegisterAnswersNonsense
        | Forgery::RegisterNotReachedWhereRequired => &[44],
    }
}

/// Every forgery of this list: name, lines of the checklist, and the code that catches it.
pub(super) fn rows() -> Vec<ForgeryRow> {
    let told = |forgery: &Forgery| {
        (
            format!("{forgery:?}"),
            lines(*forgery),
            row(*forgery).1.code,
        )
    };
    Forgery::ALL.iter().map(told).collect()
}

#[test]
fn every_forged_group_chip_date_and_entry_is_caught_by_its_check() {
    let reports = assert_all_caught(Forgery::ALL.iter().map(|forgery| {
        let (scene, caught) = row(*forgery);
        (format!("{forgery:?}"), scene, caught)
    }));
    for (forgery, report) in Forgery::ALL.iter().zip(reports) {
        if let Some(action) = next_action(*forgery) {
            assert_eq!(report.next_action().code(), action, "{forgery:?}");
        }
    }
}

#[test]
fn what_differs_between_dg13_and_the_zone_is_named() {
    for (forgery, differs) in [
        (Forgery::Dg13OtherNumber, "citizen number"),
        (Forgery::Dg13OtherName, "name"),
        (Forgery::Dg13OtherBirth, "date of birth"),
        (Forgery::Dg13OtherSex, "sex"),
        (Forgery::Dg13OtherExpiry, "date of expiry"),
    ] {
        let report = row(forgery).0.inspect().unwrap().report;
        let facts = report.checks().consistency.facts();
        assert_eq!(facts["differs"], differs);
    }
}
