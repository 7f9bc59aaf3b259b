#![no_main]

use cancuoc::lds::displayed::Displayed;
use cancuoc::lds::displayed::Shown;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(
    || Displayed::decode(bytes, Shown::Signature).map(|read| read.fields())
));
