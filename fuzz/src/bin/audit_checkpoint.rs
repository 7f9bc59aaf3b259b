#![no_main]

use cancuoc::audit::Signed;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    if let Some(signed) = Signed::read(bytes) {
        // The text that a checkpoint stands for is what the note begins with.
        let text = signed.checkpoint().text();
        assert!(bytes.starts_with(text.trim_end().as_bytes()));
    }
}));
