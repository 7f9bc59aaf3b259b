//! Judging is a pure function, and no flipped bit makes it accept other data.

use cancuoc::capture::Reading;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::verify;
use cancuoc::verify::Check;
use cancuoc::verify::Outcome;
use cancuoc::verify::Report;
use serde_json::Value;

use crate::support::forge::Scene;
use crate::support::forge::find;

/// Each file, and every how many bits one is flipped. The strides are odd, so that every place
/// within a byte comes up.
const FILES: [(FileId, usize); 6] = [
    (FileId::Sod, 17),
    (FileId::Group(DataGroup::DG1), 11),
    (FileId::Group(DataGroup::DG13), 61),
    (FileId::Group(DataGroup::DG14), 61),
    (FileId::Group(DataGroup::DG15), 61),
    (FileId::Group(DataGroup::DG2), 2_401),
];

struct Judge(Scene);

impl Judge {
    fn report(&self, reading: &Reading) -> Report {
        verify::verify(reading, &self.0.trust, &self.0.policy, self.0.now)
    }

    fn json(&self, reading: &Reading) -> Value {
        json::report(&self.report(reading), Times::default(), &Reveal::nothing())
    }
}

/// What a person would act on.
fn data(report: &Value) -> [Option<Value>; 3] {
    ["holder", "portrait", "details"].map(|name| report.get(name).cloned())
}

fn flip(reading: &mut Reading, file: FileId, bit: usize) {
    reading.capture.files.get_mut(&file).unwrap()[bit / 8] ^= 0x80 >> (bit % 8);
}

/// Whether a holder says nothing but what the honest one says. Without DG13 the name is the zone's.
fn is_part(holder: &Value, honest: &Value) -> bool {
    holder.as_object().unwrap().iter().all(|(name, value)| {
        *value == honest[name] || (name == "name" && *value == honest["latin_name"])
    })
}

/// Whether the groups say nothing but what the honest ones say. Without a zone nobody knows the layout
/// of DG13, and only its length is said.
fn says_no_more(details: &Value, honest: &Value) -> bool {
    let length = |said: &Value| said.as_object().unwrap().keys().eq(["length"]);
    let details = details.as_object().unwrap();
    details
        .iter()
        .all(|(group, said)| *said == honest[group] || (group == "DG13" && length(said)))
}

fn passive_passes(report: &Report) -> bool {
    [Check::SodSignature, Check::SignerChain, Check::Hashes]
        .into_iter()
        .all(|check| matches!(report.checks().outcome(check), Outcome::Pass(_)))
}

#[test]
fn judging_twice_says_the_same() {
    for name in ["an", "binh", "chi"] {
        let judge = Judge(Scene::of(find(name)));
        let reading = Scene::of(find(name)).read().unwrap();
        assert_eq!(judge.json(&reading), judge.json(&reading), "{name}");
        let stored = Reading::stored(reading.capture);
        assert_eq!(judge.json(&stored), judge.json(&stored), "{name}");
    }
}

#[test]
fn no_flipped_bit_passes_with_other_data() {
    let judge = Judge(Scene::an());
    let mut reading = Scene::an().read().unwrap();
    let honest = data(&judge.json(&reading));
    assert!(honest.iter().all(Option::is_some));
    let (mut tried, mut harmless) = (0, 0);
    for (file, stride) in FILES {
        let bits = reading.capture.files[&file].len() * 8;
        for bit in (0..bits).step_by(stride) {
            flip(&mut reading, file, bit);
            let report = judge.report(&reading);
            tried += 1;
            if passive_passes(&report) {
                // Only what nobody signs may change: the wrapping of the security object.
                assert_eq!(file, FileId::Sod, "bit {bit} of {}", file.name());
                let flipped = json::report(&report, Times::default(), &Reveal::nothing());
                assert!(data(&flipped) == honest, "bit {bit} of {}", file.name());
                harmless += 1;
            } else {
                let vouched = json::report(&report, Times::default(), &Reveal::nothing());
                let [holder, portrait, details] = data(&vouched);
                // The groups that still match may stand; what was changed may not.
                assert!(
                    holder.is_none_or(|holder| is_part(&holder, honest[0].as_ref().unwrap())),
                    "bit {bit} of {}",
                    file.name()
                );
                assert!(portrait.is_none() || portrait == honest[1]);
                assert!(
                    details
                        .is_none_or(|details| says_no_more(&details, honest[2].as_ref().unwrap())),
                    "bit {bit} of {}",
                    file.name()
                );
                assert!(report.verdict() != verify::Verdict::Genuine);
            }
            flip(&mut reading, file, bit);
        }
    }
    println!("{tried} bits flipped, {harmless} of them without effect");
    assert_eq!(data(&judge.json(&reading)), honest);
}
