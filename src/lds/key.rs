//! What a person gives to open a card: CAN, citizen number, MRZ, QR text, number and dates, or a
//! PIN or PUK by its name.
//!
//! The text says by itself what it is. Where the date of expiry is not known, the lawful ones are
//! tried in the order of their likelihood.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::bytes::date::PartialDate;
use crate::error::SetupError;
use crate::lds::citizen::expiry;
use crate::lds::mrz::MrzKey;
use crate::lds::printed;
use crate::lds::printed::Printed;
use crate::lds::qr::MAX_TEXT;
use crate::lds::qr::Qr;
use crate::secret::Secret;

/// Fewest and most digits of a PIN and of a PUK. Known ones have 5 to 8 and 8 to 10.
const PIN_DIGITS: RangeInclusive<usize> = 4..=16;

/// The keys that one text gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AccessKey {
    /// Card access number, six ASCII digits.
    pub can: Option<Secret>,
    /// Keys from the machine-readable zone, the likeliest first.
    pub mrz: Vec<MrzKey>,
    /// The holder's own number, ASCII digits.
    pub pin: Option<Secret>,
    /// The number that unblocks the PIN, ASCII digits.
    pub puk: Option<Secret>,
    /// What the text says of the printed side, to be compared with the chip.
    pub printed: Vec<Printed>,
}

impl AccessKey {
    /// Reads what a person typed or scanned:
    ///
    /// - six digits: the card access number;
    /// - twelve digits: the citizen number, whose last six are the card access number;
    /// - a machine-readable zone in two or three lines;
    /// - the text of a citizen card's QR code: seven or more fields between `|`;
    /// - `number,birth,expiry` with dates as YYYY-MM-DD. With a citizen number, the expiry may be
    ///   missing;
    /// - `pin:`, `puk:` or `can:` and the digits; several of them with a space or comma between,
    ///   each kind once. A PIN that the chip has suspended opens only with the card access number
    ///   beside it.
    ///
    /// ```
    /// use cancuoc::lds::key::AccessKey;
    /// let today = jiff::civil::date(2026, 11, 22);
    /// let key = AccessKey::parse("001099000123,1999-03-15,2024-03-15", today)?;
    /// assert_eq!(key.can.unwrap().expose(), b"000123");
    /// assert_eq!(key.mrz[0].information().expose(), b"099000123299031592403155");
    /// # Ok::<(), cancuoc::error::SetupError>(())
    /// ```
    ///
    /// # Errors
    /// [`SetupError::KeyMisread`] for a zone in which a character was misread, with its field;
    /// [`SetupError::KeyFormat`] for anything else, for a date that is none, for a birth after
    /// `today` or an expiry before it.
    pub fn parse(text: &str, today: Date) -> Result<Self, SetupError> {
        let text = text.trim_start_matches('\u{FEFF}').trim();
        if text.len() > MAX_TEXT {
            return Err(SetupError::KeyFormat);
        }
        let key = if text.contains('|') {
            from_qr(text, today)
        } else if text.contains(':') {
            from_named(text)
        } else if text.contains(',') {
            from_fields(text, today)
        } else if let Some(number) = digits(text, 12) {
            Some(Self {
                can: Some(can_of(number)),
                ..Self::default()
            })
        } else if let Some(can) = digits(text, 6) {
            Some(Self {
                can: Some(Secret::copy_of(can.as_bytes())),
                ..Self::default()
            })
        } else {
            return from_zone(text);
        };
        let key = key.ok_or(SetupError::KeyFormat)?;
        let printed = Printed::parse(text).ok();
        Ok(Self {
            printed: printed.into_iter().collect(),
            ..key
        })
    }
}

/// Exactly `count` ASCII digits.
fn digits(text: &str, count: usize) -> Option<&str> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// The card access number in a citizen number: its last six digits.
fn can_of(citizen_number: &str) -> Secret {
    Secret::copy_of(citizen_number.get(6..).unwrap_or_default().as_bytes())
}

/// Digits after the names of their kinds.
fn from_named(text: &str) -> Option<AccessKey> {
    let mut key = AccessKey::default();
    let words = text.split(|letter: char| letter == ',' || letter.is_whitespace());
    for word in words.filter(|word| !word.is_empty()) {
        let (name, number) = word.split_once(':')?;
        let (place, lengths) = match name.to_ascii_lowercase().as_str() {
            "can" => (&mut key.can, 6..=6),
            "pin" => (&mut key.pin, PIN_DIGITS),
            "puk" => (&mut key.puk, PIN_DIGITS),
            _ => return None,
        };
        let number = digits(number, number.len()).filter(|digits| lengths.contains(&digits.len()));
        if place.replace(Secret::copy_of(number?.as_bytes())).is_some() {
            return None;
        }
    }
    Some(key)
}

fn from_zone(text: &str) -> Result<AccessKey, SetupError> {
    let mrz = printed::zone(text).map_err(|error| match error {
        SetupError::PrintedFormat => SetupError::KeyFormat,
        other => other,
    })?;
    Ok(AccessKey {
        can: mrz.citizen_number().map(can_of),
        mrz: vec![mrz.key()],
        printed: vec![Printed {
            zone: Some(mrz),
            ..Printed::default()
        }],
        ..AccessKey::default()
    })
}

/// Number, date of birth and, perhaps, date of expiry.
fn from_fields(text: &str, today: Date) -> Option<AccessKey> {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let (number, birth, expiry) = match *fields.as_slice() {
        [number, birth] | [number, birth, ""] => (number, birth, None),
        [number, birth, expiry] => (number, birth, Some(expiry)),
        _ => return None,
    };
    let day = |text| PartialDate::from_iso(text)?.day();
    let birth = day(birth).filter(|birth| *birth <= today)?;
    let citizen = digits(number, 12);
    let Some(expiry) = expiry else {
        return Some(citizen_key(citizen?, birth, None, today));
    };
    let expiry = day(expiry).filter(|expiry| *expiry > birth)?;
    let number = match citizen {
        Some(citizen) => citizen.get(3..)?,
        None => number,
    };
    let number = Zeroizing::new(number.to_ascii_uppercase());
    let key = MrzKey::new(&number, &printed(birth), &printed(expiry)).ok()?;
    Some(AccessKey {
        can: citizen.map(can_of),
        mrz: vec![key],
        ..AccessKey::default()
    })
}

/// The QR text of a citizen card: its number gives the card access number, its dates the lawful
/// expiries.
fn from_qr(text: &str, today: Date) -> Option<AccessKey> {
    let qr = Qr::parse(text).ok()?;
    let birth = qr.birth.and_then(PartialDate::day);
    let Some(birth) = birth.filter(|birth| *birth <= today) else {
        return Some(AccessKey {
            can: Some(can_of(&qr.number)),
            ..AccessKey::default()
        });
    };
    let issued = qr.issued.filter(|issued| *issued <= today);
    Some(citizen_key(&qr.number, birth, issued, today))
}

/// Keys of a citizen card whose expiry is not known.
fn citizen_key(number: &str, birth: Date, issued: Option<Date>, today: Date) -> AccessKey {
    let document_number = number.get(3..).unwrap_or_default();
    let birth_text = printed(birth);
    let mrz = expiry::candidates(birth, issued, today)
        .iter()
        .filter_map(|expiry| MrzKey::new(document_number, &birth_text, expiry).ok())
        .collect();
    AccessKey {
        can: Some(can_of(number)),
        mrz,
        ..AccessKey::default()
    }
}

/// YYMMDD.
fn printed(date: Date) -> String {
    let year = date.year().rem_euclid(100);
    format!("{year:02}{:02}{:02}", date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 22);
    const ZONE: &str = "IDVNM0990001232001099000123<<3\n9903159M2403155VNM<<<<<<<<<<<0\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<";

    fn parse(text: &str) -> Result<AccessKey, SetupError> {
        AccessKey::parse(text, TODAY)
    }

    fn can(key: &AccessKey) -> Option<&[u8]> {
        key.can.as_ref().map(Secret::expose)
    }

    /// The expiry in each candidate, in order.
    fn tried(text: &str) -> Vec<String> {
        let key = parse(text).unwrap();
        key.mrz
            .iter()
            .map(|key| String::from_utf8(key.information().expose()[17..23].to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn digits_are_a_card_access_number_or_a_citizen_number() {
        let key = parse(" 000123\r\n").unwrap();
        assert_eq!((can(&key), key.mrz.len()), (Some(&b"000123"[..]), 0));
        let key = parse("\u{FEFF}001099000123").unwrap();
        assert_eq!((can(&key), key.mrz.len()), (Some(&b"000123"[..]), 0));
    }

    #[test]
    fn named_numbers_stand_alone_or_together() {
        let shown = |key: &Option<Secret>| {
            key.as_ref()
                .map(|key| String::from_utf8(key.expose().to_vec()).unwrap())
        };
        for (text, can, pin, puk) in [
            ("pin:123456", None, Some("123456"), None),
            ("PUK:1234567890", None, None, Some("1234567890")),
            ("can:000123", Some("000123"), None, None),
            ("pin:12345 can:654321", Some("654321"), Some("12345"), None),
            ("can:654321,pin:12345", Some("654321"), Some("12345"), None),
            (
                "pin:123456,\n puk:1234567890  can:654321\n",
                Some("654321"),
                Some("123456"),
                Some("1234567890"),
            ),
        ] {
            let key = parse(text).unwrap();
            let read = [&key.can, &key.pin, &key.puk].map(shown);
            assert_eq!(
                read,
                [can, pin, puk].map(|word| word.map(str::to_owned)),
                "{text}"
            );
            assert!(key.mrz.is_empty());
        }
        for text in [
            ":",
            "pin:",
            "pin:123",
            "pin:12345678901234567",
            "pin:12345a",
            "can:12345",
            "pin:123456 pin:123456",
            "pin:123456 654321",
            "mrz:123456",
            "pin:१२३४५६",
            "pin:123456:123456",
            "pin: 123456",
        ] {
            assert_eq!(parse(text).err(), Some(SetupError::KeyFormat), "{text}");
        }
    }

    #[test]
    fn a_zone_gives_its_key_and_a_citizen_cards_zone_the_number_too() {
        for text in [
            ZONE.to_owned(),
            ZONE.replace('\n', "\r\n"),
            ZONE.to_lowercase(),
        ] {
            let key = parse(&text).unwrap();
            assert_eq!(can(&key), Some(&b"000123"[..]));
            assert_eq!(
                key.mrz[0].information().expose(),
                b"099000123299031592403155"
            );
        }
        let passport = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nHA672242<6YTO5802254M9601086<<<<<<<<<<<<<<08";
        let key = parse(passport).unwrap();
        assert_eq!((can(&key), key.mrz.len()), (None, 1));
        // A misread digit in the number.
        assert!(parse(&ZONE.replacen("099000123", "099000128", 1)).is_err());
    }

    #[test]
    fn number_and_dates_give_one_key() {
        let key = parse("001099000123, 1999-03-15, 2024-03-15").unwrap();
        assert_eq!(can(&key), Some(&b"000123"[..]));
        assert_eq!(key.mrz.len(), 1);
        assert_eq!(
            key.mrz[0].information().expose(),
            b"099000123299031592403155"
        );
        let key = parse("t22000129,1964-08-12,2010-10-31").unwrap();
        assert_eq!(can(&key), None);
        assert_eq!(
            key.mrz[0].information().expose(),
            b"T22000129364081251010318"
        );
    }

    #[test]
    fn the_qr_text_of_2021_puts_the_lawful_expiry_first() {
        let qr = |birth: &str, issue: &str| {
            tried(&format!(
                "001099000123|012345678|Nguyễn Văn Mẫu|{birth}|Nam|Số 1 Phố Mẫu|{issue}"
            ))
        };
        // 22 at issue: the 25th birthday; 23: the 40th.
        assert_eq!(qr("15031999", "10052021"), ["240315", "390315"]);
        assert_eq!(qr("15031999", "15032022"), ["390315", "240315"]);
        // 57 at issue: the 60th; 58: none.
        assert_eq!(qr("01061965", "01012023"), ["250601", "991231", "990601"]);
        assert_eq!(qr("01061965", "02062023"), ["991231", "990601", "250601"]);
        let key = parse("001099000123||X|15031999|Nam|Y|10052021").unwrap();
        assert_eq!(can(&key), Some(&b"000123"[..]));
        assert_eq!(
            key.mrz[0].information().expose(),
            b"099000123299031592403155"
        );
    }

    #[test]
    fn other_qr_texts_are_read_as_far_as_they_go() {
        let later = "001099000123||Mẫu|15031999|Nam|Số 1|10052021||Cha|Mẹ|001070000001|";
        assert_eq!(tried(later), ["240315", "390315"]);
        // The year of birth alone: the number still gives the card access number.
        let key = parse("001050000123||Mẫu|1950|Nam|Số 1|10052021").unwrap();
        assert_eq!((can(&key), key.mrz.len()), (Some(&b"000123"[..]), 0));
        // Another order, told by the year in the number; a number that does not name the year.
        let other = "001099000123|Mẫu|10052021|Nam|15031999|Số 1|Cha|Mẹ";
        assert_eq!(tried(other), ["240315", "390315"]);
        let later = "001200000123||Mẫu|15031999|Nam|Số 1|10052021";
        assert_eq!(tried(later), ["240315", "390315"]);
        // A mangled date of issue.
        assert_eq!(
            tried("001099000123||M|15031999|Nam|Y|1005"),
            ["390315", "240315"]
        );
    }

    #[test]
    fn without_an_expiry_the_lawful_ones_are_tried_likeliest_first() {
        let with = |birth: &str| tried(&format!("001099000123,{birth}"));
        // 27 now, 21 when chips came: the 25th is over, the 40th is not.
        assert_eq!(with("1999-03-15"), ["390315", "240315"]);
        // 24 now, and under 23 for longer than above.
        assert_eq!(with("2002-03-15"), ["270315", "420315"]);
        assert_eq!(with("1976-03-15"), ["360315"]);
        assert_eq!(with("2020-03-15"), ["340315"]);
        assert_eq!(with("2010-03-15"), ["350315", "240315"]);
        // 60 now: no expiry first.
        assert_eq!(with("1966-03-15"), ["991231", "990315", "260315"]);
        assert_eq!(with("1950-03-15"), ["991231", "990315"]);
        assert_eq!(with("1950-03-15,"), ["991231", "990315"]);
    }

    #[test]
    fn leap_day_births_are_tried_on_both_days() {
        let with = |birth: &str| tried(&format!("001000000123,{birth}"));
        assert_eq!(with("2000-02-29"), ["400229", "250228", "250301"]);
        assert_eq!(with("1948-02-29"), ["991231", "990228", "990301"]);
        assert_eq!(with("2012-02-29"), ["370228", "370301", "260228", "260301"]);
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "12345",
            "1234567",
            "12345a",
            "１２３４５６",
            "099000123",
            "secret",
            "099000123,1999-03-15",
            "001099000123,1999-02-30",
            "001099000123,1999-03",
            "001099000123,15/03/1999",
            "001099000123,2027-01-01",
            "001099000123,1999-03-15,1999-03-15",
            "001099000123,1999-03-15,2024-03-15,",
            ",1999-03-15,2024-03-15",
            "00109900 123,1999-03-15,2024-03-15",
            "Đ01099000,1999-03-15,2024-03-15",
            "001099000123|012345678|Mẫu|15031999|Nam|Số 1",
            "01099000123|012345678|Mẫu|15031999|Nam|Số 1|10052021",
            "||||||",
        ] {
            assert_eq!(parse(text).err(), Some(SetupError::KeyFormat), "{text}");
        }
        assert!(parse(&"1".repeat(5000)).is_err());
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let key = parse("001099000123,1999-03-15,2024-03-15").unwrap();
        assert_eq!(
            format!("{key:?}"),
            "AccessKey { can: Some(Secret<6>), mrz: [MrzKey(..)], pin: None, puk: None, printed: [Printed(..)] }"
        );
        let key = parse("pin:123456").unwrap();
        assert_eq!(
            format!("{key:?}"),
            "AccessKey { can: None, mrz: [], pin: Some(Secret<6>), puk: None, printed: [] }"
        );
    }

    proptest! {
        #[test]
        fn never_panics(
            text in "\\PC{0,120}",
            fields in "[0-9]{12}(\\|[0-9]{8}|\\|){6,9}|[0-9]{12},[0-9]{4}-[0-9]{2}-[0-9]{2}",
            year in -2000_i16..9000,
        ) {
            let _ = parse(&text);
            if let Ok(key) = AccessKey::parse(&fields, date(year, 2, 28)) {
                prop_assert!(key.mrz.len() <= expiry::MAX_CANDIDATES);
            }
        }
    }
}
