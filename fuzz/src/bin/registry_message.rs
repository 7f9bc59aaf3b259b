#![no_main]

use cancuoc::registry::message::Asked;
use cancuoc::registry::message::AskedList;
use cancuoc::registry::message::Kept;
use cancuoc::registry::message::MAX_LIST;
use cancuoc::registry::message::Problem;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

// A question or a list of them, a line feed, and an answer to it; each by itself, too. A canonical message has no line
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
    let list = AskedList::decode(question);
    if let Err(error) = &list {
        assert!(error.at.len() < 64 && error.at.is_ascii());
    }
    if let Ok(list) = &list {
        assert!((1..=MAX_LIST).contains(&list.queries.len()));
    }
    let _ = Problem::decode(400, answer);
    let one = Kept::check(question, answer).is_ok();
    let entry = Kept::check_entry(question, answer, 0).is_ok();
    (one && asked.is_ok()) || (entry && list.is_ok())
}));
