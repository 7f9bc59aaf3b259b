//! The honest neighbours of the forgeries: what is only unusual, what is only noted, and proofs out
//! of their place.

use cancuoc::capture::Reading;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::pki::certificate::Certificate;
use cancuoc::reader::Groups;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::sim::files;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::verify::Check;
use cancuoc::verify::GroupState;
use cancuoc::verify::Verdict;
use cancuoc::verify::verify;

use super::Caught;
use super::assert_caught;
use super::document::DG11;
use super::document::altered;
use super::document::stripped;
use super::document::with_group_11;
use super::passive::fresh;
use super::passive::revocation_counts;
use super::passive::through_another;
use super::passive::under_signer;
use super::passive::with_list;
use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::authority;
use crate::support::forge::find;
use crate::support::forge::signer;
use crate::support::forge::trusting;

#[test]
fn what_is_only_unusual_stays_genuine() {
    let shipped = TestPki::shipped().unwrap();
    let good = |name: &str, scene: Scene, check, code| {
        let caught = Caught::new(check, code, Verdict::Genuine);
        let report = assert_caught(name, scene, &caught);
        report.deviations().to_vec()
    };
    good(
        "a fresh list without the signer",
        with_list(&[], fresh(), &shipped.csca).but(|scene| scene.policy = revocation_counts()),
        Check::Revocation,
        "revocation.good",
    );
    good(
        "the certificate kept by the operator",
        Scene::an()
            .sod(|sod| sod.certificates = Some(Vec::new()))
            .but(|scene| {
                let signer = Certificate::decode(&shipped.signer.certificate).unwrap();
                scene.trust.add_signer(signer);
            }),
        Check::SodSignature,
        "sod.signed",
    );
    good(
        "explicit parameters of a known curve",
        under_signer(|spec| spec.parameters = EcParameters::Explicit),
        Check::SodSignature,
        "sod.signed",
    );
    good(
        "an authority that allows one below",
        {
            let top = authority(|spec| spec.path_length = Some(1));
            let (between, signer) = through_another();
            let mut trust = trusting(&[&top.certificate]);
            trust.add_link(Certificate::decode(&between.certificate).unwrap());
            Scene::an()
                .signed_by(&signer)
                .but(|scene| scene.trust = trust)
        },
        Check::SignerChain,
        "chain.anchored",
    );
    let deviations = good(
        "a lone certificate under another number",
        Scene::an().sod(|sod| {
            let other = signer(|spec| spec.serial = vec![1]);
            sod.certificates = Some(vec![other.certificate]);
        }),
        Check::SodSignature,
        "sod.signed",
    );
    assert_eq!(deviations, ["deviation.signer_by_single_certificate"]);
    good(
        "after the authority's key has retired",
        Scene::of(find("binh")).but(|scene| scene.now = at("2035-01-01T00:00:00Z")),
        Check::SignerChain,
        "chain.anchored",
    );
}

#[test]
fn every_group_is_named_in_its_state() {
    let altered = altered(DataGroup::DG13).inspect().unwrap().report;
    assert_eq!(altered.groups()[&DataGroup::DG13], GroupState::HashMismatch);
    assert_eq!(altered.groups()[&DataGroup::DG1], GroupState::Verified);
    assert_eq!(altered.groups()[&DataGroup::DG3], GroupState::Unread);
    let added = with_group_11(Groups::Only(vec![DG11]));
    let added = added.inspect().unwrap().report;
    assert_eq!(added.groups()[&DG11], GroupState::Unsigned);
    assert_eq!(added.groups()[&DataGroup::DG2], GroupState::Unread);
}

#[test]
fn what_com_lists_is_only_a_note() {
    let listing = |groups: &[u8]| {
        let groups: Vec<DataGroup> = groups
            .iter()
            .map(|number| DataGroup::new(*number).unwrap())
            .collect();
        let caught = Caught::new(Check::Consistency, "consistency.agrees", Verdict::Genuine);
        let scene = Scene::an().but(|scene| {
            scene.card.files.insert(FileId::Com, files::com(&groups));
        });
        assert_caught(&format!("{groups:?}"), scene, &caught)
            .deviations()
            .to_vec()
    };
    let (less, more) = ("deviation.com_lists_less", "deviation.com_lists_more");
    assert!(listing(&[1, 2, 3, 13, 14, 15]).is_empty());
    assert_eq!(listing(&[1, 2, 3]), [less]);
    assert_eq!(listing(&[1, 2, 3, 11, 13, 14, 15]), [more]);
    assert_eq!(listing(&[1, 11]), [less, more]);
    let none = Scene::an().but(|scene| {
        scene.card.files.remove(&FileId::Com);
    });
    let report = none.inspect().unwrap().report;
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert_eq!(report.deviations(), ["deviation.com_unread"]);
}

/// Stripping a group from the chip and from EF.COM lowers the result all the same.
#[test]
fn stripping_shows_although_com_agrees_with_it() {
    for group in [DataGroup::DG14, DataGroup::DG15] {
        let scene = stripped(group).but(|scene| {
            let left: Vec<DataGroup> = scene.card.groups().into_keys().collect();
            scene.card.files.insert(FileId::Com, files::com(&left));
        });
        let report = scene.inspect().unwrap().report;
        assert_eq!(report.checks().chip.code(), "chip.refused");
        assert_eq!(report.verdict(), Verdict::NotGenuine);
        assert_eq!(report.deviations(), ["deviation.com_lists_less"]);
    }
}

/// Neither a proof nor a signature counts for another session or another card.
#[test]
fn a_live_proof_belongs_to_its_session() {
    let an = |_| Scene::an().read().unwrap();
    let judge = |reading: &Reading| {
        let scene = Scene::an();
        verify(reading, &scene.trust, &scene.policy, scene.now)
    };
    let [mut first, mut second] = [0, 1].map(an);
    assert_eq!(judge(&first).verdict(), Verdict::Genuine);
    // The signature of another session, over that session's challenge.
    std::mem::swap(&mut first.capture.active, &mut second.capture.active);
    for reading in [&first, &second] {
        assert_eq!(judge(reading).checks().chip.code(), "chip.proof_failed");
    }
    // The proofs of another card.
    let mut other = Scene::of(find("binh")).read().unwrap();
    let [mut reading, _] = [0, 1].map(an);
    std::mem::swap(&mut reading.live, &mut other.live);
    for reading in [&reading, &other] {
        assert_eq!(judge(reading).checks().chip.code(), "chip.proof_failed");
    }
    // What was kept proves nothing alive.
    let kept = Reading::stored(an(0).capture);
    let report = judge(&kept);
    assert_eq!(report.checks().chip.code(), "chip.not_live");
    assert_eq!(report.verdict(), Verdict::Inconclusive);
}

/// Without active authentication beside it, the key that the chip proved to hold must be the one in
/// the vouched DG14: another card's proof does not serve, however live it is.
#[test]
fn chip_authentication_belongs_to_the_key_of_this_card() {
    let alone = |name: &str| {
        let persona = find(name).with(|chip| chip.active = None);
        Scene::of(persona).read().unwrap()
    };
    let judge = |reading: &Reading| {
        let scene = Scene::an();
        verify(reading, &scene.trust, &scene.policy, scene.now)
    };
    let [mut one, mut other] = ["an", "binh"].map(alone);
    for reading in [&one, &other] {
        assert_eq!(
            judge(reading).checks().chip.code(),
            "chip.chip_authentication"
        );
    }
    std::mem::swap(&mut one.live, &mut other.live);
    for reading in [&one, &other] {
        let report = judge(reading);
        assert_eq!(report.checks().chip.code(), "chip.proof_failed");
        assert_eq!(report.verdict(), Verdict::NotGenuine);
    }
}

#[test]
fn judging_twice_says_the_same() {
    for name in ["an", "binh", "chi"] {
        let scene = Scene::of(find(name));
        let json = |reading: &Reading| {
            let report = verify(reading, &scene.trust, &scene.policy, scene.now);
            json::report(&report, Times::default(), &Reveal::nothing())
        };
        let reading = Scene::of(find(name)).read().unwrap();
        assert_eq!(json(&reading), json(&reading), "{name}");
        let stored = Reading::stored(reading.capture);
        assert_eq!(json(&stored), json(&stored), "{name}");
    }
}
