//! The cases `LDS_H_*`: EF.SOD.

mod algorithms;
mod cases;
mod certificates;
mod structure;

use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::tag;
use cancuoc::error::Error;
use cancuoc::lds::FileId;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::verify::Report;

use crate::conformance::wire;
use crate::support::forge::Scene;
use crate::support::forge::find;

pub use cases::CASES;

/// Identifier octets of MD5, 1.2.840.113549.2.5.
const MD5: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 5];

/// Identifier octets of RSA with MD5, 1.2.840.113549.1.1.4.
const MD5_WITH_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 4];

/// AlgorithmIdentifier without parameters.
fn algorithm(identifier: &[u8]) -> Vec<u8> {
    encode(tag::SEQUENCE, &[&encode(tag::OID, &[identifier])])
}

/// The card that every case changes.
fn card() -> Scene {
    Scene::of(find("an"))
}

/// The card with its groups signed anew by this signer.
fn signed_by(
    mut scene: Scene,
    signer: &Entity,
    change: impl FnOnce(&mut SecurityObjectSpec),
) -> Scene {
    let mut spec = scene.persona.security_object();
    change(&mut spec);
    let file = spec.sign(&scene.card.groups(), signer).unwrap();
    scene.card.files.insert(FileId::Sod, file);
    scene
}

/// What came of a card: the verdict, the code that decided it and what it is about; and the notes.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    ending: String,
    notes: Vec<String>,
}

impl Came {
    fn new(ending: &str, notes: &[&str]) -> Self {
        Self {
            ending: ending.to_owned(),
            notes: notes.iter().map(|note| (*note).to_owned()).collect(),
        }
    }
}

fn came(scene: Scene) -> Came {
    match scene.inspect() {
        Ok(inspected) => Came {
            ending: told(&inspected.report),
            notes: inspected
                .report
                .deviations()
                .iter()
                .map(|note| (*note).to_owned())
                .collect(),
        },
        Err(Error::Malformed(malformed)) => {
            Came::new(&format!("malformed ({})", malformed.what), &[])
        }
        Err(error) => Came::new(error.code(), &[]),
    }
}

/// As `wire::words`, with what the deciding outcome is about.
fn told(report: &Report) -> String {
    let words = wire::words(report);
    let check = report.first_failure().or_else(|| report.first_gap());
    let facts = check.map(|check| report.checks().outcome(check).facts());
    let about = facts.and_then(|facts| {
        ["what", "algorithm", "unread", "groups", "reason"]
            .iter()
            .find_map(|name| facts.get(name))
    });
    match about {
        Some(about) if words != "genuine" => format!("{words} ({about})"),
        _ => words,
    }
}

/// A case, its card, the ending that it must have, and the notes.
type Row<'a> = (&'a str, Scene, &'a str, &'a [&'a str]);

/// Compares what came of every row, told all at once.
#[track_caller]
fn assert_all<'a>(rows: impl IntoIterator<Item = Row<'a>>) {
    let mut wrong = Vec::new();
    for (id, scene, ending, notes) in rows {
        let came = came(scene);
        if came != Came::new(ending, notes) {
            wrong.push(format!("{id}: {came:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
