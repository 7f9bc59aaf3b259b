//! How long a full read takes on a modelled contactless link, against the least it could take.
//!
//! Prints the table of `docs/performance.md`. Nothing is measured: the clock is the model's own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod support;

use cancuoc::crypto::random::System;
use cancuoc::reader;
use cancuoc::transport::Stop;

use support::cells;
use support::cells::Told;

fn main() {
    for told in Told::ALL {
        let cells = cells::cells(told, &mut |lengths, told| {
            let persona = support::persona("an");
            let plan = support::plan(&persona);
            let mut link = cells::link(persona, lengths, told, Box::new(System));
            let reading = reader::read(&mut link, &plan, &Stop::never(), &mut System, &mut |_| {});
            (reading.unwrap(), link.traffic())
        });
        println!("{}", cells::table(told, &cells));
    }
}
