//! Every signed answer of a registry: each bit of it, and of the question that it answers.

use std::collections::BTreeMap;

use cancuoc::crypto::random::System;
use cancuoc::registry::Agreement;
use cancuoc::registry::Agreements;
use cancuoc::registry::Answer;
use cancuoc::registry::Attributes;
use cancuoc::registry::CardKey;
use cancuoc::registry::CardStatus;
use cancuoc::registry::CitizenNumber;
use cancuoc::registry::Context;
use cancuoc::registry::Fact;
use cancuoc::registry::FactKind;
use cancuoc::registry::Query;
use cancuoc::registry::SodDigest;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::Expecting;
use cancuoc::registry::message::Kept;
use cancuoc::registry::message::Nonce;
use cancuoc::registry::message::QuestionId;
use cancuoc::registry::message::encode_answer;
use cancuoc::registry::message::encode_question;
use cancuoc::registry::query::Case;
use cancuoc::registry::query::Device;
use cancuoc::registry::query::Officer;
use cancuoc::registry::query::Procedure;
use cancuoc::seal::key::DeviceKey;
use jiff::Timestamp;

use super::bits::Ended;
use super::bits::Flip;
use super::bits::flip;
use super::bits::keep;
use super::bits::sample;

/// Bits of each member of an ordinary run.
const FEW: usize = 12;

fn query() -> Query {
    Query {
        context: Context {
            procedure: Procedure::new("1.004222"),
            case: Case::new("H26-0001"),
            officer: Officer::new("cb-0417"),
            device: Device::new("quay-3"),
            agency: None,
        },
        card: CardKey {
            sod: Some(SodDigest::of(b"EF.SOD")),
            number: CitizenNumber::new("036195000123"),
        },
        attributes: Attributes {
            name: Some("Nguyễn Thị Mẫu An".to_owned()),
            ..Attributes::default()
        },
        disclose: vec![FactKind::PermanentResidence, FactKind::IdentityLevel],
    }
}

fn answer(now: Timestamp) -> Answer {
    let silent = Agreement::NotSupplied;
    let agreements = Agreements {
        number: Agreement::Match,
        name: Agreement::Match,
        birth: silent,
        sex: silent,
        nationality: silent,
        document_number: silent,
        expiry: silent,
    };
    let mut answer = Answer::new(CardStatus::Active, agreements, now, now);
    answer.disclosed = vec![Fact {
        kind: FactKind::PermanentResidence,
        value: "Số 12 Phố Mẫu, Phường Mẫu, Hà Nội".to_owned(),
        place: Some("00070".to_owned()),
    }];
    answer
}

/// The member that each octet of a canonical object stands in.
fn members(text: &[u8]) -> Vec<String> {
    let (mut depth, mut inside, mut escaped) = (0_u32, false, false);
    let (mut name, mut word) = (String::from("braces"), String::new());
    let mut regions = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'"' if !escaped => {
                inside = !inside;
                if inside {
                    word.clear();
                }
            }
            b'{' | b'[' if !inside => depth += 1,
            b'}' | b']' if !inside => depth -= 1,
            b':' if !inside && depth == 1 => name = word.clone(),
            other if inside => word.push(char::from(*other)),
            _ => {}
        }
        escaped = inside && *byte == b'\\' && !escaped;
        regions.push(name.clone());
    }
    regions
}

fn flips(text: &[u8]) -> Vec<Flip<()>> {
    let regions = members(text).into_iter().enumerate();
    let of_octet = |(at, region): (usize, String)| {
        (0..8).map(move |bit| Flip {
            region: region.clone(),
            place: (),
            bit: at * 8 + bit,
        })
    };
    regions.flat_map(of_octet).collect()
}

#[test]
fn no_bit_of_a_signed_answer() {
    let now = Timestamp::now();
    let (registry, device) = (
        DeviceKey::generate(&mut System).unwrap(),
        DeviceKey::generate(&mut System).unwrap(),
    );
    let id = QuestionId::random(&mut System).unwrap();
    let nonce = Nonce::random(&mut System).unwrap();
    let question = encode_question(&query(), &id, &nonce, now, Some(&device)).unwrap();
    let asked = Asked::decode(&question).unwrap();
    let honest =
        encode_answer(&answer(now), &[FactKind::IdentityLevel], &asked, &registry).unwrap();
    let trusted = [registry.public().id()];
    let expecting = Expecting::new(&query(), &id, &nonce, &question, &trusted);
    assert!(expecting.read(&honest, now).is_ok());

    let class = "registry, a signed answer";
    let few = sample(class, flips(&honest), FEW);
    keep(class, &few, &[], |one| {
        let mut changed = honest.clone();
        flip(&mut changed, one.bit);
        match expecting.read(&changed, now) {
            Err(error) => Ended::Refused(error.code().to_owned()),
            Ok(_) => Ended::Broken("it is taken".to_owned()),
        }
    });

    // What a report keeps: no bit of question and answer, the registry's key among them.
    assert!(Kept::check(&question, &honest).is_ok());
    let class = "registry, a kept question";
    let few = sample(class, flips(&question), FEW);
    keep(class, &few, &[], |one| {
        let mut changed = question.clone();
        flip(&mut changed, one.bit);
        match Kept::check(&changed, &honest) {
            Err(error) => Ended::Refused(error.code().to_owned()),
            Ok(_) => Ended::Broken("it is taken".to_owned()),
        }
    });
}

/// Answers of one registry to several questions, each offered for each: its own alone is taken.
#[test]
fn no_answer_to_another_question() {
    let now = Timestamp::now();
    let registry = DeviceKey::generate(&mut System).unwrap();
    let trusted = [registry.public().id()];
    let exchanges: BTreeMap<usize, _> = (0..8)
        .map(|number| {
            let id = QuestionId::random(&mut System).unwrap();
            let nonce = Nonce::random(&mut System).unwrap();
            let question = encode_question(&query(), &id, &nonce, now, None).unwrap();
            let asked = Asked::decode(&question).unwrap();
            let expecting = Expecting::new(&query(), &id, &nonce, &question, &trusted);
            let said = encode_answer(&answer(now), &[], &asked, &registry).unwrap();
            (number, (expecting, said))
        })
        .collect();
    for (asked, (expecting, _)) in &exchanges {
        for (answered, (_, said)) in &exchanges {
            let taken = expecting.read(said, now);
            assert_eq!(taken.is_ok(), asked == answered, "{asked} {answered}");
            if let Err(error) = taken {
                assert_eq!(error.code(), "registry.not_ours");
            }
        }
    }
}
