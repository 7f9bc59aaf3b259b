//! Forged security objects, signers and authorities, and revocation lists.

use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Pki;
use cancuoc::sim::fault::Sod;
use cancuoc::sim::keys;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Critical;
use cancuoc::sim::pki::certificate::DIGITAL_SIGNATURE;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::certificate::extension;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::sim::pki::signing_key::SigningKey;
use cancuoc::verify::Check;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use jiff::civil::DateTime;
use jiff::civil::date;

use super::Caught;
use super::ForgeryRow;
use super::UNCHAINED;
use super::UNVOUCHED;
use super::assert_all_caught;
use crate::support::forge::Scene;
use crate::support::forge::authority;
use crate::support::forge::linked;
use crate::support::forge::reissued;
use crate::support::forge::replaced;
use crate::support::forge::signer;
use crate::support::forge::signer_key;
use crate::support::forge::signer_under;
use crate::support::forge::trusting;

forgeries! {
    /// What can be wrong with a security object, its signer, the authority and the lists.
    Forgery:
    NoSignedAttributes,
    OtherDigest,
    OtherContentTypeAttribute,
    OtherContentType,
    WrongSignature,
    AnotherKey,
    InconsistentAlgorithms,
    SeveralSigners,
    OnlyAnotherCertificate,
    SeveralOtherCertificates,
    NoCertificate,
    TwistedSignerCurve,
    TwistedAuthorityCurve,
    SignerOfAnotherCountry,
    SelfSignedSigner,
    SelfSignedSignerAsAnchor,
    AuthorityAsSigner,
    SignerAsAnchor,
    SignerForOtherUse,
    SignerWithoutUsage,
    AuthorityWithoutCertificateSigning,
    AuthorityThatIsNone,
    PathTooLong,
    CriticalInSigner,
    CriticalInAuthority,
    IssuedAfterKeyUsage,
    IssuedBeforeAuthority,
    ForeignAnchorOnly,
    OtherAuthorityOfTheCountry,
    NoAnchor,
    ExpiredAnchor,
    SameNameAuthority,
    SameNameAndKeyId,
    RevokedSigner,
    RevokedSignerOnStaleList,
    StaleList,
    StaleListWhereRequired,
    ListByAnotherKey,
    LinkOfAnotherCountry,
    LinkByAnotherKey,
    ListOfAnotherAuthority,
    OtherCofactor,
    OtherPrime,
}

/// What passive authentication says when it could not even begin.
const NOTHING_READ: &[(Check, &str)] = &[
    (Check::SignerChain, "chain.signer_unread"),
    (Check::Revocation, "revocation.not_checked"),
    (Check::Hashes, "hashes.unread"),
    (Check::Chip, "chip.not_vouched"),
    (Check::Validity, "validity.unread"),
];

/// The same when the security object could be read, but not its signer.
const NO_SIGNER: &[(Check, &str)] = &[
    (Check::SignerChain, "chain.signer_unread"),
    (Check::Revocation, "revocation.not_checked"),
    (Check::Chip, "chip.not_vouched"),
    (Check::Validity, "validity.unread"),
];

/// A revoked signer vouches for nothing.
const fn revoked() -> Caught {
    Caught::new(Check::Revocation, "revocation.revoked", Verdict::NotGenuine)
        .also(&[(Check::Chip, "chip.not_vouched")])
}

const fn sod(code: &'static str) -> Caught {
    Caught::new(Check::SodSignature, code, Verdict::NotGenuine).also(UNVOUCHED)
}

const fn chain(code: &'static str) -> Caught {
    Caught::new(Check::SignerChain, code, Verdict::NotGenuine).also(UNCHAINED)
}

/// Nothing is known of the chain.
const fn open_chain(code: &'static str) -> Caught {
    Caught::new(Check::SignerChain, code, Verdict::Inconclusive).also(UNCHAINED)
}

/// The ordinary card, signed by a changed signer.
pub(super) fn under_signer(change: impl FnOnce(&mut CertificateSpec)) -> Scene {
    Scene::an().signed_by(&signer(change))
}

/// The ordinary card under a changed authority, which the operator trusts.
fn under_authority(change: impl FnOnce(&mut CertificateSpec)) -> Scene {
    let authority = authority(change);
    Scene::an()
        .signed_by(&signer_under(&authority, |_| {}))
        .trusting(&[&authority.certificate])
}

fn unknown_critical() -> Vec<u8> {
    extension(&[0x2A, 3], Critical::Yes, &[5, 0])
}

fn impostor(curve: Curve) -> SigningKey {
    SigningKey::Ec(keys::ec(curve, "impostor").unwrap())
}

/// The test signer under an authority of the right name, with a key of the forger's.
fn under_impostor() -> (Entity, SigningKey) {
    let forged = TestPki::shipped()
        .unwrap()
        .csca
        .spec
        .self_signed(impostor(Curve::P384))
        .unwrap();
    (signer_under(&forged, |_| {}), forged.key)
}

/// A self-signed signer.
fn own_authority() -> Entity {
    TestPki::shipped()
        .unwrap()
        .signer
        .spec
        .self_signed(signer_key())
        .unwrap()
}

/// A certificate whose explicit curve has its own public key for a generator: whoever believes it
/// lets anybody sign.
fn twisted(entity: Entity, issuer: &SigningKey) -> Entity {
    let SigningKey::Ec(key) = &entity.key else {
        panic!("no elliptic curve");
    };
    let public = key.public();
    let generator = key.curve().parameters().g;
    let certificate = reissued(&entity.certificate, issuer, Hash::Sha384, |body| {
        replaced(body, generator, public.encoded())
    });
    Entity {
        certificate,
        ..entity
    }
}

/// The ordinary card, and a revocation list in the trust store.
pub(super) fn with_list(revoked: &[&[u8]], next_update: DateTime, issuer: &Entity) -> Scene {
    let list = RevocationListSpec {
        this_update: date(2026, 11, 1).at(0, 0, 0, 0),
        next_update,
        number: 1,
        revoked: revoked.iter().map(|serial| serial.to_vec()).collect(),
    };
    let crl = Crl::decode(&list.sign(issuer).unwrap()).unwrap();
    Scene::an().but(|scene| scene.trust.add_crl(crl))
}

pub(super) fn fresh() -> DateTime {
    date(2027, 2, 1).at(0, 0, 0, 0)
}

fn stale() -> DateTime {
    date(2026, 11, 30).at(0, 0, 0, 0)
}

fn row(forgery: Forgery) -> (Scene, Caught) {
    let shipped = TestPki::shipped().unwrap();
    let serial = shipped.signer.spec.serial.clone();
    match forgery {
        Forgery::NoSignedAttributes => (
            Scene::with(Fault::Sod(Sod::AttributesMissing)),
            sod("sod.attributes_missing"),
        ),
        Forgery::OtherDigest => (
            Scene::with(Fault::Sod(Sod::DigestWrong)),
            sod("sod.digest_mismatch"),
        ),
        Forgery::OtherContentTypeAttribute => (
            Scene::with(Fault::Sod(Sod::ContentTypeAttribute)),
            sod("sod.content_type"),
        ),
        // id-data: rightly signed, and no security object.
        Forgery::OtherContentType => (
            Scene::with(Fault::Sod(Sod::ContentType)),
            sod("sod.content_type").also(NOTHING_READ),
        ),
        Forgery::WrongSignature => (
            Scene::with(Fault::Sod(Sod::SignatureWrong)),
            sod("sod.signature_wrong"),
        ),
        Forgery::AnotherKey => (
            Scene::with(Fault::Sod(Sod::AnotherKey)),
            sod("sod.signature_wrong"),
        ),
        // The digest algorithm says SHA-512 where the signature's says SHA-256.
        Forgery::InconsistentAlgorithms => (
            Scene::with(Fault::Sod(Sod::AlgorithmsDiffer)),
            sod("sod.algorithm_inconsistent"),
        ),
        Forgery::SeveralSigners => (
            Scene::with(Fault::Sod(Sod::SeveralSigners)),
            sod("sod.several_signers").also(NOTHING_READ),
        ),
        // A lone certificate may serve although its number differs; the signature decides.
        Forgery::OnlyAnotherCertificate => (
            Scene::with(Fault::Sod(Sod::OtherCertificate)),
            sod("sod.signature_wrong"),
        ),
        Forgery::SeveralOtherCertificates => (
            Scene::with(Fault::Sod(Sod::OtherCertificates)),
            sod("sod.signer_missing").also(NO_SIGNER),
        ),
        Forgery::NoCertificate => (
            Scene::with(Fault::Sod(Sod::CertificateMissing)),
            Caught::new(Check::SodSignature, "sod.unread", Verdict::Inconclusive).also(NO_SIGNER),
        ),
        Forgery::TwistedSignerCurve => (
            Scene::with(Fault::Pki(Pki::TwistedCurve)),
            Caught::new(
                Check::SodSignature,
                "sod.algorithm_unknown",
                Verdict::Inconclusive,
            )
            .also(UNVOUCHED),
        ),
        Forgery::TwistedAuthorityCurve => {
            let plain = authority(|spec| spec.parameters = EcParameters::Explicit);
            let signer = signer_under(&plain, |_| {});
            let twisted = twisted(plain, &shipped.csca.key);
            (
                Scene::an()
                    .signed_by(&signer)
                    .trusting(&[&twisted.certificate]),
                open_chain("chain.algorithm_unknown"),
            )
        }
        Forgery::SignerOfAnotherCountry => (
            Scene::with(Fault::Pki(Pki::SignerCountry)),
            chain("chain.country").also(&[
                (Check::Revocation, "revocation.not_checked"),
                (Check::Chip, "chip.not_vouched"),
                (Check::Consistency, "consistency.country"),
            ]),
        ),
        Forgery::SelfSignedSigner => (
            Scene::with(Fault::Pki(Pki::SignerSelfSigned)),
            chain("chain.self_signed"),
        ),
        Forgery::SelfSignedSignerAsAnchor => (
            Scene::an()
                .signed_by(&own_authority())
                .trusting(&[&own_authority().certificate]),
            chain("chain.self_signed"),
        ),
        Forgery::AuthorityAsSigner => (
            Scene::with(Fault::Pki(Pki::AuthoritySigns)),
            chain("chain.self_signed"),
        ),
        Forgery::SignerAsAnchor => (
            Scene::an().trusting(&[&shipped.csca.certificate, &shipped.signer.certificate]),
            chain("chain.self_signed"),
        ),
        Forgery::SignerForOtherUse => (
            Scene::with(Fault::Pki(Pki::SignerUsage)),
            chain("chain.key_usage"),
        ),
        Forgery::SignerWithoutUsage => (
            Scene::with(Fault::Pki(Pki::SignerUsageMissing)),
            chain("chain.key_usage"),
        ),
        Forgery::AuthorityWithoutCertificateSigning => (
            under_authority(|spec| spec.key_usage = Some(DIGITAL_SIGNATURE)),
            chain("chain.not_ca"),
        ),
        Forgery::AuthorityThatIsNone => (
            under_authority(|spec| spec.path_length = None),
            chain("chain.not_ca"),
        ),
        Forgery::PathTooLong => {
            let (between, signer) = through_another();
            let mut trust = trusting(&[&shipped.csca.certificate]);
            trust.add_link(Certificate::decode(&between.certificate).unwrap());
            (
                Scene::an()
                    .signed_by(&signer)
                    .but(|scene| scene.trust = trust),
                chain("chain.path_length"),
            )
        }
        Forgery::CriticalInSigner => (
            Scene::with(Fault::Pki(Pki::SignerCritical)),
            chain("chain.critical_extension"),
        ),
        Forgery::CriticalInAuthority => (
            under_authority(|spec| spec.more_extensions = vec![unknown_critical()]),
            chain("chain.critical_extension"),
        ),
        Forgery::IssuedAfterKeyUsage => (
            under_authority(|spec| {
                let (from, _) = spec.validity;
                spec.private_key_usage = Some((from, date(2021, 1, 31).at(0, 0, 0, 0)));
            }),
            chain("chain.anchor_period"),
        ),
        Forgery::IssuedBeforeAuthority => (
            under_authority(|spec| {
                spec.validity.0 = date(2021, 3, 1).at(0, 0, 0, 0);
                spec.private_key_usage = None;
            }),
            chain("chain.anchor_period"),
        ),
        Forgery::ForeignAnchorOnly => {
            let foreign = authority(|spec| spec.subject = Name::test("XX", "TEST CSCA foreign"));
            (
                Scene::an().trusting(&[&foreign.certificate]),
                open_chain("chain.no_anchor"),
            )
        }
        Forgery::OtherAuthorityOfTheCountry => {
            let other = authority(|spec| spec.subject = Name::test("VN", "TEST CSCA passports"));
            (
                Scene::an().trusting(&[&other.certificate]),
                open_chain("chain.no_anchor"),
            )
        }
        Forgery::NoAnchor => (
            Scene::an().but(|scene| scene.trust = TrustStore::empty()),
            open_chain("chain.no_anchor"),
        ),
        Forgery::ExpiredAnchor => (
            under_authority(|spec| spec.validity.1 = date(2026, 11, 30).at(0, 0, 0, 0)),
            open_chain("chain.anchor_expired"),
        ),
        Forgery::SameNameAuthority => (
            Scene::with(Fault::Pki(Pki::Impostor)),
            chain("chain.signature_wrong"),
        ),
        Forgery::SameNameAndKeyId => {
            let (signer, key) = under_impostor();
            let real = shipped.csca.key_identifier().unwrap();
            let forged = {
                let named = Certificate::decode(&signer.certificate).unwrap();
                named.authority_key_id().unwrap().to_vec()
            };
            let certificate = reissued(&signer.certificate, &key, Hash::Sha384, |body| {
                replaced(body, &forged, &real)
            });
            (
                Scene::an().signed_by(&Entity {
                    certificate,
                    ..signer
                }),
                chain("chain.signature_wrong"),
            )
        }
        Forgery::RevokedSigner => (with_list(&[&serial], fresh(), &shipped.csca), revoked()),
        Forgery::RevokedSignerOnStaleList => {
            (with_list(&[&serial], stale(), &shipped.csca), revoked())
        }
        Forgery::StaleList => (
            with_list(&[], stale(), &shipped.csca),
            Caught::new(Check::Revocation, "revocation.stale", Verdict::Genuine),
        ),
        Forgery::StaleListWhereRequired => (
            with_list(&[], stale(), &shipped.csca).but(|scene| scene.policy = revocation_counts()),
            Caught::new(Check::Revocation, "revocation.stale", Verdict::Inconclusive),
        ),
        // Neither what it lists nor what it does not list counts.
        Forgery::ListByAnotherKey => (
            with_list(
                &[&serial],
                fresh(),
                &Entity {
                    key: impostor(Curve::P384),
                    ..shipped.csca
                },
            ),
            Caught::new(Check::Revocation, "revocation.no_crl", Verdict::Genuine),
        ),
        // A link that the authority signed, into another country.
        Forgery::LinkOfAnotherCountry => (
            under_link(
                |spec| spec.subject = Name::test("XX", "TEST CSCA foreign"),
                |old| old,
            ),
            chain("chain.country"),
        ),
        // A link under the right names that somebody else signed.
        Forgery::LinkByAnotherKey => (
            under_link(
                |_| {},
                |old| Entity {
                    key: impostor(Curve::P384),
                    ..old
                },
            ),
            chain("chain.signature_wrong"),
        ),
        // An authority of the same country lists the number as one of its own.
        Forgery::ListOfAnotherAuthority => {
            let other = authority(|spec| spec.subject = Name::test("VN", "TEST CSCA passports"));
            (
                with_list(&[&serial], fresh(), &other)
                    .but(|scene| scene.policy = revocation_counts()),
                Caught::new(
                    Check::Revocation,
                    "revocation.no_crl",
                    Verdict::Inconclusive,
                ),
            )
        }
        Forgery::OtherCofactor => (
            Scene::an().signed_by(&with_other_curve(&|body| {
                // The cofactor ends the parameters: INTEGER 1 before the key's BIT STRING.
                replaced(body, &[2, 1, 1, 3, 0x62, 0], &[2, 1, 2, 3, 0x62, 0])
            })),
            Caught::new(
                Check::SodSignature,
                "sod.algorithm_unknown",
                Verdict::Inconclusive,
            )
            .also(UNVOUCHED),
        ),
        Forgery::OtherPrime => (
            Scene::an().signed_by(&with_other_curve(&|body| {
                let prime = Curve::BrainpoolP384r1.parameters().p;
                let mut other = prime.to_vec();
                *other.last_mut().unwrap() ^= 2;
                replaced(body, prime, &other)
            })),
            Caught::new(
                Check::SodSignature,
                "sod.algorithm_unknown",
                Verdict::Inconclusive,
            )
            .also(UNVOUCHED),
        ),
    }
}

/// The ordinary card under a new key of the authority, with a link certificate to it that is changed
/// and signed by what `issuer` makes of the old key.
fn under_link(
    change: impl FnOnce(&mut CertificateSpec),
    issuer: impl FnOnce(Entity) -> Entity,
) -> Scene {
    let (old, link, _) = linked();
    let mut spec = link.spec.clone();
    change(&mut spec);
    let mut trust = trusting(&[&old.certificate]);
    let link = spec.issued_by(&issuer(old), link.key).unwrap();
    let signer = signer_under(&link, |_| {});
    trust.add_link(Certificate::decode(&link.certificate).unwrap());
    Scene::an()
        .signed_by(&signer)
        .but(|scene| scene.trust = trust)
}

/// A signer whose explicit curve has one number changed, rightly issued.
fn with_other_curve(change: &dyn Fn(&[u8]) -> Vec<u8>) -> Entity {
    let signer = signer(|spec| spec.parameters = EcParameters::Explicit);
    let issuer = TestPki::shipped().unwrap().csca.key;
    let certificate = reissued(&signer.certificate, &issuer, Hash::Sha384, |body| {
        change(body)
    });
    Entity {
        certificate,
        ..signer
    }
}

pub(super) fn revocation_counts() -> Policy {
    Policy::parse("name = \"strict\"\nrequire = [\"chip\", \"revocation\"]").unwrap()
}

/// An authority below the test authority, which allows none, and a signer below that.
pub(super) fn through_another() -> (Entity, Entity) {
    let subject = Name::test("VN", "TEST CSCA below");
    let between = CertificateSpec::country_signer(subject)
        .issued_by(&authority(|_| {}), impostor(Curve::P384))
        .unwrap();
    let signer = signer_under(&between, |_| {});
    (between, signer)
}

/// Lines of the checklist that a forgery attacks. One without its lines does not compile.
const fn lines(forgery: Forgery) -> &'static [u8] {
    match forgery {
        Forgery::NoSignedAttributes => &[11, 24],
        Forgery::OtherDigest | Forgery::OtherContentTypeAttribute | Forgery::OtherContentType => {
            &[11]
        }
        Forgery::WrongSignature | Forgery::AnotherKey => &[12],
        Forgery::InconsistentAlgorithms => &[13],
        Forgery::SeveralSigners
        | Forgery::OnlyAnotherCertificate
        | Forgery::SeveralOtherCertificates => &[14],
        Forgery::NoCertificate => &[14, 24],
        Forgery::TwistedSignerCurve
        | Forgery::TwistedAuthorityCurve
        | Forgery::OtherCofactor
        | Forgery::OtherPrime => &[20],
        Forgery::SignerOfAnotherCountry => &[15, 22],
        Forgery::SelfSignedSigner
        | Forgery::SelfSignedSignerAsAnchor
        | Forgery::AuthorityAsSigner
        | Forgery::SignerAsAnchor => &[16],
        Forgery::SignerForOtherUse
        | Forgery::SignerWithoutUsage
        | Forgery::AuthorityWithoutCertificateSigning
        | Forgery::AuthorityThatIsNone
        | Forgery::PathTooLong
        | Forgery::CriticalInSigner
        | Forgery::CriticalInAuthority
        | Forgery::ForeignAnchorOnly
        | Forgery::OtherAuthorityOfTheCountry
        | Forgery::SameNameAuthority
        | Forgery::SameNameAndKeyId
        | Forgery::LinkOfAnotherCountry
        | Forgery::LinkByAnotherKey => &[15],
        Forgery::IssuedAfterKeyUsage | Forgery::IssuedBeforeAuthority | Forgery::ExpiredAnchor => {
            &[17]
        }
        Forgery::NoAnchor => &[24, 25],
        Forgery::RevokedSigner
        | Forgery::RevokedSignerOnStaleList
        | Forgery::StaleList
        | Forgery::StaleListWhereRequired
        | Forgery::ListByAnotherKey
        | Forgery::ListOfAnotherAuthority => &[18],
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
fn every_forged_signature_chain_and_list_is_caught_by_its_check() {
    assert_all_caught(Forgery::ALL.iter().map(|forgery| {
        let (scene, caught) = row(*forgery);
        (format!("{forgery:?}"), scene, caught)
    }));
}
