#![no_main]

use cancuoc::sim::chip::Memory;
use cancuoc::sim::fault::Cue;
use cancuoc::sim::quirk::Quirk;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

// The small texts that a virtual card takes: what is read is written and read again as the same.
fuzz_target!(|text: &str| bounded(|| {
    if let Ok(memory) = Memory::from_text(text) {
        assert_eq!(Memory::from_text(&memory.to_text()), Ok(memory));
    }
    if let Ok(cue) = Cue::parse(text) {
        assert_eq!(Cue::parse(&cue.to_string()), Ok(cue));
    }
    if let Some(quirk) = Quirk::from_name(text) {
        assert_eq!(Quirk::from_name(&quirk.to_string()), Some(quirk));
    }
}));
