//! Time on a modelled contactless link, held against the least it could be.
//!
//! Model, bound and table are those of `benches/link.rs`.

#[path = "../../benches/support/bound.rs"]
mod bound;
#[path = "../../benches/support/cells.rs"]
mod cells;
#[path = "../../benches/support/modelled.rs"]
mod modelled;

use cancuoc::capture::Reading;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::seed::Seeded;
use cancuoc::verify::Verdict;

use crate::link_time::cells::Cell;
use crate::link_time::cells::Told;
use crate::link_time::modelled::Traffic;
use crate::support::cards;

fn read(lengths: Lengths, told: Told) -> (Reading, Traffic) {
    let persona = cards::persona("an");
    let plan = cards::whole(cards::key(&persona));
    let mut link = cells::link(persona, lengths, told, Box::new(Seeded::new("link")));
    let reading = cards::read(&mut link, &plan, "link").unwrap();
    assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
    (reading, link.traffic())
}

fn cells(told: Told) -> Vec<Cell> {
    let cells = cells::cells(told, &mut read);
    println!("{}", cells::table(told, &cells));
    assert_eq!(cells.len(), cells::CARDS.len() * modelled::LINKS.len());
    for cell in &cells {
        // A bound that a read falls below is no bound.
        assert!(cell.taken.commands >= cell.bound.commands, "{cell:?}");
        assert!(cell.taken.bytes >= cell.bound.bytes, "{cell:?}");
    }
    cells
}

/// The most that a read may take against the least time.
fn most(told: Told, cell: &Cell) -> f64 {
    match (told, cell.card) {
        // Who is told the longest answer nowhere and refused what does not fit must try. What
        // trying costs today; it may fall and must not rise.
        (Told::NeverAndRefuses, "4 KB") => 1.07,
        (Told::NeverAndRefuses, "1 KB") => 1.07,
        _ => cells::MOST,
    }
}

#[test]
fn a_full_read_stays_within_a_twentieth_of_the_least_time() {
    for told in Told::ALL {
        for cell in cells(told) {
            assert!(
                cell.ratio() <= most(told, &cell),
                "{told:?} {cell:?} {}",
                cell.ratio()
            );
        }
    }
}
