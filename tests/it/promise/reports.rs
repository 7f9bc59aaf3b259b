//! Every bit of a signed report: no other report passes under the device's signature.

use cancuoc::attest::signed::SignedReport;
use cancuoc::crypto::random::System;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::seal::canonical;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::sign;
use cancuoc::verify::Outcome;
use serde_json::Value;

use super::bits::Ended;
use super::bits::Flip;
use super::bits::flip;
use super::bits::keep;
use super::bits::sample;
use crate::support::cards;
use crate::support::home::Home;

/// Bits of each region of an ordinary run.
const FEW: usize = 100;

#[test]
fn no_bit_of_a_signed_report() {
    let home = Home::new();
    let path = home.path("device.pem");
    DeviceKey::create(&path, &mut System).unwrap();
    let key = DeviceKey::load(&path).unwrap();
    let reading = cards::read_own(&cards::persona("an"), "report").unwrap();
    let mut report = json::report(
        &cards::judge(&reading),
        Times::default(),
        &Reveal::nothing(),
    );
    // The picture's octets are like any others: the first of them are enough.
    let picture = report["portrait"]["base64"].as_str().unwrap();
    let beginning: String = picture.chars().take(64).collect();
    report["portrait"]["base64"] = Value::from(beginning);
    let now = jiff::Timestamp::try_from(cards::now()).unwrap();
    let signed = sign::sign(report, &key, now).unwrap();
    let honest = canonical::canonical(&signed).unwrap();
    let text = serde_json::to_vec(&signed).unwrap();
    let trusted = [key.public().id()];
    let outcome = |bytes: &[u8]| SignedReport::decode(bytes).map(|read| read.signature(&trusted));
    assert!(matches!(outcome(&text).unwrap(), Outcome::Pass(_)));
    let begins = text
        .windows(11)
        .position(|window| window == b"\"signature\"")
        .unwrap();
    let class = "signed report";
    let flips = (0..text.len() * 8).map(|bit| Flip {
        region: match bit / 8 {
            octet if octet < begins => "before the signature".to_owned(),
            _ => "the signature and what follows".to_owned(),
        },
        place: (),
        bit,
    });
    let flips = sample(class, flips.collect(), FEW);
    keep(class, &flips, &[], |one| {
        let mut changed = text.clone();
        flip(&mut changed, one.bit);
        match outcome(&changed) {
            Err(error) => Ended::Refused(error.code().to_owned()),
            Ok(Outcome::Pass(_)) => {
                let same = canonical::parse(&changed)
                    .and_then(|value| canonical::canonical(&value))
                    .is_ok_and(|bytes| bytes == honest);
                match same {
                    true => Ended::NoDifference,
                    false => Ended::Broken("another report passes".to_owned()),
                }
            }
            Ok(other) => Ended::Caught(other.code().to_owned()),
        }
    });
}
