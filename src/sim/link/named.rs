//! Links by name.

use std::time::Duration;

use crate::sim::link::Carrier;
use crate::sim::link::Link;
use crate::sim::link::contact::Check;
use crate::sim::link::contact::Contact;
use crate::sim::link::contactless::BitRate;
use crate::sim::link::contactless::CardIdentifier;
use crate::sim::link::contactless::Contactless;

/// What every command costs beside its bytes, unless the name says otherwise. No standard says it; it
/// is the round figure that the limits of a read on a flat link were set with, and the same for all.
const LATENCY: Duration = Duration::from_millis(15);

/// Longest latency that a name may say, in milliseconds: a minute.
const MAX_LATENCY: u64 = 60_000;

/// The clock at which Fi = 372 and Di = 1 give 9,600 bits per second, in hertz.
const CLOCK: u32 = 3_571_200;

/// FSD and FSC of most readers and documents, the largest of the first editions: FSDI and FSCI 8.
const FRAME: usize = 256;

/// FWI of the contactless links: 77 ms. Documents tell from 8 to 12.
const FWI: u8 = 8;

/// BWI of a card that says nothing else: 1.6 s at [`CLOCK`].
const BWI: u8 = 4;

/// Every link by its name.
const LINKS: [(&str, Carrier); 10] = [
    ("nfc-106", nfc(BitRate::Kbit106)),
    ("nfc-212", nfc(BitRate::Kbit212)),
    ("nfc-424", nfc(BitRate::Kbit424)),
    ("nfc-848", nfc(BitRate::Kbit848)),
    // TA1 = 11, 13, 18 at 3.57 MHz, and 96 at 4 MHz (ISO/IEC 7816-3, Fi and Di).
    ("contact-9600", contact(CLOCK, 372, 1)),
    ("contact-38400", contact(CLOCK, 372, 4)),
    ("contact-115200", contact(CLOCK, 372, 12)),
    ("contact-250000", contact(4_000_000, 512, 32)),
    ("flat-424", Carrier::Flat { bit_rate: 424_000 }),
    ("flat-848", Carrier::Flat { bit_rate: 848_000 }),
];

const fn nfc(bit_rate: BitRate) -> Carrier {
    Carrier::Contactless(Contactless {
        bit_rate,
        reader_frame: FRAME,
        card_frame: FRAME,
        identifier: CardIdentifier::Absent,
        waiting: FWI,
    })
}

const fn contact(clock: u32, conversion: u16, adjustment: u8) -> Carrier {
    Carrier::Contact(Contact {
        clock,
        conversion,
        adjustment,
        reader_field: 254,
        card_field: 254,
        check: Check::Lrc,
        waiting: BWI,
    })
}

/// Every link with its name, in the order in which they are told.
pub fn names() -> impl Iterator<Item = (&'static str, Link)> {
    LINKS.into_iter().map(|(name, carrier)| {
        let per_command = LATENCY;
        (
            name,
            Link {
                carrier,
                per_command,
            },
        )
    })
}

pub(super) fn find(name: &str) -> Option<Link> {
    let (name, latency) = match name.split_once(':') {
        None => (name, None),
        Some((name, latency)) => (name, Some(latency)),
    };
    let (_, link) = names().find(|(own, _)| *own == name)?;
    let Some(latency) = latency else {
        return Some(link);
    };
    if !latency.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let latency = latency.parse().ok().filter(|ms| *ms <= MAX_LATENCY)?;
    Some(link.with_latency(Duration::from_millis(latency)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_names_and_a_latency_may_follow() {
        for (name, link) in names() {
            assert_eq!(Link::named(name), Some(link));
        }
        let slow = Link::named("nfc-106:400").unwrap();
        assert_eq!(slow.per_command, Duration::from_millis(400));
        let none = Link::named("contact-9600:0").unwrap();
        assert_eq!(none.per_command, Duration::ZERO);
        for wrong in [
            "",
            "nfc",
            "nfc-106:",
            "nfc-106:-1",
            "nfc-106:+1",
            "nfc-106:1.5",
            "nfc-106:60001",
            "nfc-106:99999999999999999999",
            "nfc-106:1:2",
            "NFC-106",
        ] {
            assert_eq!(Link::named(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_bit_of_a_contact_link_lasts_what_its_name_says() {
        for (name, link) in names() {
            let (Some(rate), Carrier::Contact(contact)) =
                (name.strip_prefix("contact-"), link.carrier)
            else {
                continue;
            };
            let clocks = u32::from(contact.conversion / u16::from(contact.adjustment));
            assert_eq!(rate.parse(), Ok(contact.clock / clocks));
        }
    }
}
