#![no_main]

use cancuoc::audit::entry::Record;
use cancuoc::seal::canonical::parse;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    if let Some(record) = Record::read(bytes) {
        // What is read as a record is JSON to every other program, and says the same there.
        let other = parse(bytes).expect("a record is JSON");
        let text = |name: &str| other.get(name).and_then(|value| value.as_str());
        assert_eq!(
            other.get("seq").and_then(|seq| seq.as_u64()),
            Some(record.seq)
        );
        assert_eq!(text("time"), Some(record.time));
        assert_eq!(text("verdict"), Some(record.verdict));
    }
}));
