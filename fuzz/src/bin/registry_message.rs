#![no_main]

use cancuoc::registry::message::Asked;
use cancuoc::registry::message::Kept;
use cancuoc::registry::message::Problem;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

// A question, a line feed, and an answer to it; each by itself, too. A canonical message has no line
// feed in it.
fuzz_target!(|bytes: &[u8]| bounded(|| {
    let (question, answer) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, bytes),
    };
    let asked = Asked::decode(question);
    if let Err(error) = &asked {
        // Names of this program's own, and numbers of entries.
        assert!(error.at.len() < 64 && error.at.is_ascii());
    }
    let _ = Problem::decode(400, answer);
    Kept::check(question, answer).is_ok() && asked.is_ok()
}));
