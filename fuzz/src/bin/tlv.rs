#![no_main]

use cancuoc::bytes::tlv::Reader;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    bounded(|| {
        let mut readers = vec![Reader::new(bytes)];
        while let Some(mut reader) = readers.pop() {
            while let Ok(element) = reader.element("fuzzed") {
                readers.extend(element.inside());
            }
        }
    });
});
