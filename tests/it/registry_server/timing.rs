//! A number that nobody has and a number with another name take the same time and room.
//!
//! `CANCUOC_TIMING=1` measures long enough for the figures in docs/registry.md and prints them.

use std::env;
use std::time::Duration;
use std::time::Instant;

use serde_json::json;

use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;

use super::answers::AN;

/// The middle and the spread of times.
pub fn quartiles(mut times: Vec<Duration>) -> [Duration; 3] {
    times.sort_unstable();
    [1, 2, 3].map(|quarter| times[times.len() * quarter / 4])
}

#[test]
fn an_unknown_number_cannot_be_told_from_a_mismatch_by_time() {
    let long = env::var_os("CANCUOC_TIMING").is_some();
    let rounds = if long { 5000 } else { 150 };
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let mut times = [Vec::new(), Vec::new()];
    let mut lengths = [0, 0];
    for round in 0..rounds {
        // In turn, so that whatever else the machine does strikes both.
        for (which, number) in [AN, "036195999999"].into_iter().enumerate() {
            let mut question = stand.question(number);
            question["attributes"] =
                json!({"name": "Trần Văn Mẫu", "birth": "1995-08-18", "sex": "male"});
            let bytes = stand.signed(question);
            let began = Instant::now();
            let reply = line.post(&bytes);
            if round > 10 {
                times[which].push(began.elapsed());
            }
            let decision = ["mismatch", "not_on_file"][which];
            assert_eq!(reply.json()["decision"], decision, "{}", reply.text());
            lengths[which] = reply.head.len() + reply.body.len();
        }
    }
    let [mismatch, unknown] = times.map(quartiles);
    if long {
        println!("quartiles: mismatch {mismatch:?}, unknown {unknown:?}; lengths {lengths:?}");
    }
    // Generous: whoever looked only one of them up, or compared only one of them, would still be seen
    // by the long run, whose figures are in the documentation.
    let apart = mismatch[1].abs_diff(unknown[1]);
    let spread = (mismatch[2] - mismatch[0]).max(unknown[2] - unknown[0]);
    let most = (spread * 3).max(Duration::from_millis(20));
    assert!(apart <= most, "{mismatch:?} and {unknown:?}");
    // But for the digits of the request's number.
    assert!(lengths[0].abs_diff(lengths[1]) <= 2, "{lengths:?}");
}
