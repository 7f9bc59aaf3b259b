//! What the chip refuses, and with which status.

use crate::bytes::tlv;
use crate::crypto::curve::Curve;
use crate::secret::Secret;
use crate::sim::chip::tests::CAN;
use crate::sim::chip::tests::PACE_3DES;
use crate::sim::chip::tests::PACE_128;
use crate::sim::chip::tests::PACE_256;
use crate::sim::chip::tests::SELECT_AID;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::offer;
use crate::sim::personalisation::Bac;
use crate::sim::quirk::Quirk;

const CHALLENGE: &str = "0084000008";
const SET_PACE: &str = "0022c1a40f800a04007f00070202040202830102";
const NONCE: &str = "10860000027c0000";

#[test]
fn what_is_no_command_is_refused() {
    let mut host = Host::new(card());
    for (command, status) in [
        ("", "6700"),
        ("00b000", "6700"),
        ("00a4020c03011c", "6700"),
        ("80ca0000", "6e00"),
        ("01b0000000", "6e00"),
        ("ffb0000000", "6e00"),
        ("0020000000", "6d00"),
        ("10a4020c02011c", "6884"),
        ("0cb0000000", "6882"),
        ("00c0000000", "6985"),
        ("00b0000000000000", "6700"),
        ("00b00000000000", "6700"),
        ("002281a8", "6a86"),
    ] {
        assert_eq!(host.plain(command), status, "{command}");
    }
}

#[test]
fn bac_needs_the_application_and_a_fresh_challenge() {
    let external = format!("0082000028{}28", "00".repeat(40));
    let mut host = Host::new(card());
    assert_eq!(host.plain(CHALLENGE), "6985");
    host.plain(SELECT_AID);
    assert_eq!(host.plain(&external), "6985");
    assert_eq!(host.plain("0084000009"), "6700");
    assert_eq!(host.plain("00840000"), "6700");
    assert_eq!(host.plain("0084000108"), "6a86");
    let first = host.plain(CHALLENGE);
    assert_eq!(first.len(), 20);
    assert_ne!(host.plain(CHALLENGE), first);
    // A wrong checksum; then the challenge is used up.
    assert_eq!(host.plain(&external), "6300");
    assert_eq!(host.plain(&external), "6985");
    // Any other command uses it up as well.
    host.plain(CHALLENGE);
    host.plain(SELECT_AID);
    assert_eq!(host.plain(&external), "6985");
    host.plain(CHALLENGE);
    assert_eq!(host.plain(&external[..external.len() - 2]), "6700");
    assert_eq!(host.bac("28"), "9000");
}

#[test]
fn a_wrong_challenge_inside_a_right_cryptogram_is_refused() {
    // The cryptogram of Appendix D.3 answers another challenge than this chip's.
    let mut host = Host::new(card());
    host.plain(SELECT_AID);
    host.plain(CHALLENGE);
    let stale = "008200002872c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f2\
                 5f1448eea8ad90a728";
    assert_eq!(host.plain(stale), "6300");
}

#[test]
fn bac_that_is_not_offered_says_so() {
    for (quirk, status) in [
        (None, "6d00"),
        (Some(Quirk::BacAbsent6985), "6985"),
        (Some(Quirk::BacAbsent6a88), "6a88"),
    ] {
        let mut card = card();
        card.bac = Bac::Absent;
        card.quirks.extend(quirk);
        assert_eq!(Host::new(card).bac("28"), status);
    }
}

#[test]
fn external_authenticate_wants_its_le() {
    for (quirk, right, wrong) in [
        (None, "28", ["27", ""]),
        (None, "00", ["29", ""]),
        (Some(Quirk::ExternalAuthenticateLe00), "00", ["28", ""]),
        (Some(Quirk::ExternalAuthenticateNoLe), "", ["28", "00"]),
    ] {
        let mut card = card();
        card.quirks.extend(quirk);
        let mut host = Host::new(card);
        for wrong in wrong {
            assert_eq!(host.bac(wrong), "6700", "{quirk:?}");
        }
        assert_eq!(host.bac(right), "9000", "{quirk:?}");
    }
}

#[test]
fn a_wrong_le_is_answered_with_the_right_one() {
    let mut card = card();
    card.quirks.insert(Quirk::Le6cxx);
    let mut host = Host::new(card);
    host.plain(SELECT_AID);
    assert_eq!(host.plain("0084000000"), "6c08");
    host.plain(CHALLENGE);
    let external = format!("0082000028{}", "00".repeat(40));
    assert_eq!(host.plain(&format!("{external}00")), "6c28");
    // The challenge lives on for the same command with that Le.
    assert_eq!(host.plain(&format!("{external}28")), "6300");
}

#[test]
fn mse_set_at_takes_only_what_the_card_offers() {
    let mut host = Host::new(card());
    for (data, status) in [
        // Integrated mapping, DH, an unknown cipher.
        ("800a04007f00070202040402830102", "6a80"),
        ("800a04007f00070202040102830102", "6a80"),
        ("800a04007f00070202040204830102", "6a80"),
        // PIN and PUK, no password, no protocol, the wrong order, something else.
        ("800a04007f00070202040202830103", "6a88"),
        ("800a04007f00070202040202830104", "6a88"),
        ("800a04007f0007020204020283020202", "6a80"),
        ("800a04007f00070202040202", "6a80"),
        ("830102", "6a80"),
        ("830102800a04007f00070202040202", "6a80"),
        ("800a04007f000702020402028301028501ff", "6a80"),
        ("800a04007f00070202040202830102", "9000"),
        // Domain parameters: the right ones and others.
        ("800a04007f0007020204020283010284010d", "9000"),
        ("800a04007f0007020204020283010284010c", "6a88"),
        ("800a04007f000702020402028301028402000d", "6a80"),
    ] {
        let command = format!("0022c1a4{:02x}{data}", data.len() / 2);
        assert_eq!(host.plain(&command), status, "{data}");
    }
    assert_eq!(host.plain(&format!("{SET_PACE}00")), "6700");
}

#[test]
fn a_password_that_is_not_there_is_refused() {
    let mut card = card();
    card.can = Secret::new(Vec::new());
    assert_eq!(Host::new(card).plain(SET_PACE), "6a88");
}

#[test]
fn ambiguous_domain_parameters_must_be_named() {
    let small = offer(PACE_128, Curve::P256);
    let mut several = card();
    several.pace.push(small.clone());
    assert_eq!(Host::new(several).pace(&small, CAN, &[]), "6a88");
    let mut several = card();
    several.pace.push(small.clone());
    assert_eq!(Host::new(several).pace(&small, CAN, &[0x0C]), "9000");

    for (quirk, reference, status) in [
        (Quirk::ParameterReferenceRefused, &[0x0D][..], "6a80"),
        (Quirk::ParameterReferenceRefused, &[], "9000"),
        (Quirk::ParameterReferenceRequired, &[0x0D], "9000"),
        (Quirk::ParameterReferenceRequired, &[], "6a88"),
    ] {
        let mut card = card();
        card.quirks.insert(quirk);
        let offer = card.pace[0].clone();
        assert_eq!(Host::new(card).pace(&offer, CAN, reference), status);
    }
}

#[test]
fn pace_runs_with_every_cipher_and_several_curves() {
    for (oid, curve) in [
        (PACE_3DES, Curve::P256),
        (PACE_256, Curve::BrainpoolP512r1),
        (PACE_256, Curve::P384),
    ] {
        let mut card = card();
        let offer = offer(oid, curve);
        card.pace.push(offer.clone());
        let mut host = Host::new(card);
        assert_eq!(host.pace(&offer, CAN, &[]), "9000", "{curve:?}");
        host.select_application();
    }
}

#[test]
fn a_wrong_can_fails_at_the_token_and_not_before() {
    let mut host = Host::new(card());
    let offer = card().pace[0].clone();
    assert_eq!(host.pace(&offer, b"000124", &[]), "6300");
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
}

#[test]
fn pace_steps_go_in_their_order_and_chained() {
    let mut host = Host::new(card());
    assert_eq!(host.plain(NONCE), "6985");
    // The first step must be chained and have Le; its parameters are zero.
    for (command, status) in [
        ("00860000027c0000", "6985"),
        ("10860000027c00", "6700"),
        ("10860100027c0000", "6a86"),
        ("1086000004 7c02850000", "6985"),
        ("1086000004 7c02990000", "6a80"),
        ("1086000003 7c000000", "6a80"),
        ("1086000002 800000", "6a80"),
        ("1086000006 7c048000810000", "6a80"),
    ] {
        assert_eq!(host.plain(SET_PACE), "9000");
        assert_eq!(host.plain(&command.replace(' ', "")), status, "{command}");
        // Whatever went wrong, the run is over.
        assert_eq!(host.plain(NONCE), "6985");
    }
    // So it is when another command comes between.
    host.plain(SET_PACE);
    host.plain("00a4020c02011c");
    assert_eq!(host.plain(NONCE), "6985");
    // A token is no mapping data.
    host.plain(SET_PACE);
    assert!(host.plain(NONCE).ends_with("9000"));
    assert_eq!(host.general_authenticate("10", 0x85, &[0; 8]), "6985");
}

#[test]
fn pace_takes_no_point_that_is_not_on_the_curve() {
    let curve = Curve::BrainpoolP256r1;
    let good = curve.generator().encoded().to_vec();
    let mut off = good.clone();
    off[64] ^= 1;
    for bad in [vec![], vec![0], off, good[..64].to_vec()] {
        let mut host = Host::new(card());
        host.plain(SET_PACE);
        host.plain(NONCE);
        assert_eq!(host.general_authenticate("10", 0x81, &bad), "6a80");
        host.plain(SET_PACE);
        host.plain(NONCE);
        let answer = host.general_authenticate("10", 0x81, &good);
        assert!(answer.ends_with("9000"));
        assert_eq!(host.general_authenticate("10", 0x83, &bad), "6a80");
    }
}

#[test]
fn the_last_step_of_pace_is_not_chained_and_has_eight_bytes() {
    let good = Curve::BrainpoolP256r1.generator().encoded().to_vec();
    for (class, token, status) in [
        ("10", 8, "6883"),
        ("00", 7, "6a80"),
        ("00", 16, "6a80"),
        ("00", 8, "6300"),
    ] {
        let mut host = Host::new(card());
        host.plain(SET_PACE);
        host.plain(NONCE);
        host.general_authenticate("10", 0x81, &good);
        assert!(
            host.general_authenticate("10", 0x83, &good)
                .ends_with("9000")
        );
        let answer = host.general_authenticate(class, 0x85, &vec![0; token]);
        assert_eq!(answer, status);
    }
}

#[test]
fn access_control_is_not_run_inside_a_session() {
    let mut host = Host::into_application(card());
    let template = hex::decode("800a04007f00070202040202830102").unwrap();
    let (_, status) = host.send([0, 0x22, 0xC1, 0xA4], &template, &[]);
    assert_eq!(status, 0x6985);
    assert_eq!(host.send([0, 0x84, 0, 0], &[], &[8]).1, 0x6985);
    // The session lives on.
    assert_eq!(host.send([0, 0xB0, 0x9E, 0], &[], &[0]).1, 0x9000);
}

#[test]
fn a_plain_command_ends_the_session() {
    let mut host = Host::into_application(card());
    assert_eq!(host.plain("00b09e0000"), "6982");
    let late = host.protect([0, 0xB0, 0x9E, 0], &[], &[0]);
    assert_eq!(host.plain(&hex::encode(late)), "6882");
    // The rights are gone, the master file is current.
    assert_eq!(host.plain("00b09c0002"), "00019000");
    assert_eq!(host.plain(SELECT_AID), "9000");
    assert_eq!(host.plain("00b09e0000"), "6982");
}

#[test]
fn a_broken_protected_command_is_answered_in_the_clear_and_ends_the_session() {
    let read = [0, 0xB0, 0x9E, 0];
    let objects = |command: &[u8]| command[5..command.len() - 1].to_vec();
    let with = |body: &[u8]| {
        let length = u8::try_from(body.len()).unwrap();
        [&[0x0C, 0xB0, 0x9E, 0, length][..], body, &[0]].concat()
    };
    type Change<'a> = &'a dyn Fn(Vec<u8>) -> Vec<u8>;
    let changes: [(&str, Change<'_>); 9] = [
        // Without the checksum, without anything.
        ("6987", &|command| with(&objects(&command)[..3])),
        ("6987", &|_| vec![0x0C, 0xB0, 0x9E, 0, 0]),
        // A wrong checksum, a short one, one with something behind it.
        ("6988", &|mut command| {
            let last = command.len() - 2;
            command[last] ^= 1;
            command
        }),
        ("6988", &|command| {
            let body = objects(&command);
            with(&[&body[..3], &tlv::encode(0x8E, &[&body[5..12]])].concat())
        }),
        ("6988", &|command| {
            with(&[&objects(&command)[..], &[0x97, 0x01, 0x00]].concat())
        }),
        // The wrong order, a long length field, an object that is not known, an odd cryptogram.
        ("6988", &|command| {
            let body = objects(&command);
            with(&[&body[3..], &body[..3]].concat())
        }),
        ("6988", &|command| {
            let body = objects(&command);
            with(&[&[0x97, 0x81, 0x01, 0x00], &body[3..]].concat())
        }),
        ("6988", &|command| {
            with(&[&[0x81, 0x01, 0x00], &objects(&command)[..]].concat())
        }),
        // The outer Le is not 00.
        ("6700", &|mut command| {
            let last = command.len() - 1;
            command[last] = 0x20;
            command
        }),
    ];
    for (number, (status, change)) in changes.iter().enumerate() {
        let mut host = Host::into_application(card());
        assert_eq!(host.send(read, &[], &[0]).1, 0x9000);
        let command = change(host.protect(read, &[], &[0]));
        let answer = host.plain(&hex::encode(command));
        assert_eq!(&answer, status, "change {number}");
        let late = host.protect(read, &[], &[0]);
        assert_eq!(host.plain(&hex::encode(late)), "6882", "change {number}");
    }
}

#[test]
fn a_command_cannot_be_sent_twice() {
    let mut host = Host::into_application(card());
    let command = hex::encode(host.protect([0, 0xB0, 0x9E, 0], &[], &[0]));
    assert!(host.plain(&command).ends_with("9000"));
    assert_eq!(host.plain(&command), "6988");
}

#[test]
fn odd_and_even_cryptograms_are_not_mixed_up() {
    let mut host = Host::into_application(card());
    let even = host.protect([0, 0xA4, 2, 0x0C], &[1, 0x1E], &[]);
    let mut odd = even.clone();
    odd[1] = 0xA5;
    assert_eq!(host.plain(&hex::encode(odd)), "6988");
}
