//! What the laws of Vietnamese identity cards add to what such a card says itself.
//!
//! A number tells a province, a sex and a year only by the rules before July 2024, and a term is a
//! matter of the office that issued the card: what does not fit them is noted, and nothing here fails
//! a card.

use jiff::civil::Date;

use crate::bytes::date::PartialDate;
use crate::lds::citizen::Number;
use crate::lds::citizen::expiry;
use crate::lds::citizen::expiry::Term;
use crate::lds::mrz::Mrz;
use crate::verify::DocumentExpiry;

/// Issuing state of these cards.
const STATE: &str = "VNM";

/// What the document code of an identity card begins with.
const CARD: char = 'I';

/// Whether the zone is that of a Vietnamese identity card.
pub(super) fn is_card(mrz: &Mrz) -> bool {
    mrz.issuing_state() == STATE && mrz.document_code().starts_with(CARD)
}

/// The birth with the century that the number names, where it can be: the number has the same two
/// digits of the year as the zone, and means a birth that is not to come.
pub(super) fn birth_by_number(
    number: &str,
    guessed: PartialDate,
    today: Date,
) -> Option<PartialDate> {
    let year = Number::parse(number)?.birth_year();
    let same = year.rem_euclid(100) == guessed.year().rem_euclid(100);
    let birth = match guessed {
        PartialDate::Year(_) => PartialDate::new(year, 0, 0),
        PartialDate::Month(_, month) => PartialDate::new(year, month, 0),
        PartialDate::Day(date) => PartialDate::new(year, date.month(), date.day()),
    };
    birth.filter(|_| same && year <= today.year())
}

/// Whether the zone of a Vietnamese identity card says in its own way that the card does not expire.
pub(super) fn zone_says_never(mrz: &Mrz, birth: Option<PartialDate>) -> bool {
    is_card(mrz) && expiry::stands_for_none(mrz.expiry(), birth.and_then(PartialDate::day))
}

/// Whether a record without expiry and the zone contradict each other: the zone names another year
/// than 99. What stands behind it is not sure, and what it does not say contradicts nothing.
pub(super) fn never_differs(mrz: &Mrz) -> bool {
    let printed = mrz.expiry().to_string();
    let year = printed.get(..2).unwrap_or_default();
    year.bytes().all(|digit| digit.is_ascii_digit()) && year != "99"
}

/// Whether a card ends when the law says by age at issue; what it does not say breaks nothing.
pub(super) fn keeps_the_term(birth: Date, issued: Date, expiry: DocumentExpiry) -> bool {
    let term = Term::of(birth, issued);
    match expiry {
        DocumentExpiry::On(date) => term.ends(birth).contains(&date),
        DocumentExpiry::Never => term == Term::Unlimited,
        DocumentExpiry::Unknown => true,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 22);

    fn zone(number: &str, birth: &str, expiry: &str) -> Mrz {
        let first = format!("IDVNM{}0{number}<<0", &number[3..]);
        let second = format!("{birth}0M{expiry}0VNM<<<<<<<<<<<0");
        Mrz::parse(&format!(
            "{first}\n{second}\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
        ))
        .unwrap()
    }

    fn by_number(number: &str, birth: &str) -> Option<String> {
        let mrz = zone(number, birth, "350315");
        let guessed = mrz.birth().birth_until(TODAY).unwrap();
        let number = mrz.citizen_number().unwrap();
        birth_by_number(number, guessed, TODAY).map(|birth| birth.to_string())
    }

    #[test]
    fn the_number_tells_the_century_only_where_it_can_be() {
        // A holder of 104 years; without the number, of 4.
        assert_eq!(
            by_number("001022000123", "220315").as_deref(),
            Some("1922-03-15")
        );
        assert_eq!(
            by_number("001222000123", "220315").as_deref(),
            Some("2022-03-15")
        );
        // Another year than the zone's; a birth in the year 2322.
        assert_eq!(by_number("001023000123", "220315"), None);
        assert_eq!(by_number("001822000123", "220315"), None);
    }

    #[test]
    fn a_zone_without_expiry_is_known_by_the_year_99() {
        let birth = PartialDate::from_iso("1955-03-02");
        for (expiry, never) in [
            ("991231", true),
            ("990302", true),
            ("990303", false),
            ("351231", false),
        ] {
            let mrz = zone("001055000123", "550302", expiry);
            assert_eq!(zone_says_never(&mrz, birth), never, "{expiry}");
            assert_eq!(never_differs(&mrz), !expiry.starts_with("99"));
        }
        let passport = "P<VNMMAU<<VAN<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\nC0000000<0VNM5503020M9912310<<<<<<<<<<<<<<00";
        assert!(!zone_says_never(&Mrz::parse(passport).unwrap(), birth));
    }

    #[test]
    fn a_card_keeps_its_term_or_is_noted() {
        let (birth, issued) = (date(1999, 3, 15), date(2021, 5, 10));
        let keeps = |expiry| keeps_the_term(birth, issued, expiry);
        assert!(keeps(DocumentExpiry::On(date(2024, 3, 15))));
        assert!(!keeps(DocumentExpiry::On(date(2024, 3, 16))));
        assert!(!keeps(DocumentExpiry::On(date(2039, 3, 15))));
        assert!(!keeps(DocumentExpiry::Never));
        assert!(keeps(DocumentExpiry::Unknown));
        let old = date(1950, 1, 1);
        assert!(keeps_the_term(old, issued, DocumentExpiry::Never));
        assert!(!keeps_the_term(old, issued, DocumentExpiry::On(issued)));
        let leap = date(2000, 2, 29);
        for end in [date(2025, 2, 28), date(2025, 3, 1)] {
            assert!(keeps_the_term(leap, issued, DocumentExpiry::On(end)));
        }
    }
}
