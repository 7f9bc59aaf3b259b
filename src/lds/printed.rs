//! What stands printed on a document, as far as somebody typed or scanned it: the other half of a
//! comparison with what the chip holds.

use std::fmt;

use crate::bytes::date::PartialDate;
use crate::error::SetupError;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::MrzFaultKind;
use crate::lds::mrz::MrzField;
use crate::lds::mrz::Sex;
use crate::lds::qr::MAX_TEXT;
use crate::lds::qr::Qr;

/// The printed side of a document, or what is known of it. [`fmt::Debug`] shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Printed {
    /// The machine-readable zone.
    pub zone: Option<Mrz>,
    /// Twelve digits.
    pub citizen_number: Option<String>,
    /// Document number as the zone has it.
    pub document_number: Option<String>,
    /// Full name from a QR code. A scanner may have dropped letters of it.
    pub name: Option<String>,
    /// Date of birth
    pub birth: Option<PartialDate>,
    /// Sex
    pub sex: Option<Sex>,
    /// Date of issue
    pub issued: Option<PartialDate>,
    /// Date of expiry
    pub expiry: Option<PartialDate>,
}

impl Printed {
    /// Reads what a person typed or scanned of the printed side: a machine-readable zone, the text of
    /// a citizen card's QR code, `number,birth,expiry` with dates as YYYY-MM-DD, or a citizen number.
    ///
    /// ```
    /// use cancuoc::lds::printed::Printed;
    /// let printed = Printed::parse("001099000123,1999-03-15")?;
    /// assert_eq!(printed.citizen_number.as_deref(), Some("001099000123"));
    /// # Ok::<(), cancuoc::error::SetupError>(())
    /// ```
    ///
    /// # Errors
    /// [`SetupError::KeyMisread`] for a zone in which a character was misread,
    /// [`SetupError::PrintedFormat`] for anything else.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let text = text.trim_start_matches('\u{FEFF}').trim();
        if text.len() > MAX_TEXT {
            return Err(SetupError::PrintedFormat);
        }
        let printed = if text.contains('|') {
            from_qr(text)
        } else if text.contains(',') {
            from_fields(text)
        } else if let Some(number) = twelve_digits(text) {
            Some(Self {
                citizen_number: Some(number.to_owned()),
                ..Self::default()
            })
        } else {
            return zone(text).map(|zone| Self {
                zone: Some(zone),
                ..Self::default()
            });
        };
        printed.ok_or(SetupError::PrintedFormat)
    }
}

/// A zone that somebody typed or scanned, in whatever case. The fields that open a chip must have
/// their check digits right.
///
/// # Errors
/// [`SetupError::KeyMisread`] names the field in which a character is wrong,
/// [`SetupError::PrintedFormat`] says that it is no zone.
pub fn zone(text: &str) -> Result<Mrz, SetupError> {
    let text = text.to_ascii_uppercase();
    let (mrz, strict) = match Mrz::parse(&text) {
        Ok(mrz) => (mrz, false),
        // What has a zone's length can say where it is wrong.
        Err(_) => {
            let text: String = text.split_ascii_whitespace().collect();
            let mrz = Mrz::decode(text.as_bytes()).map_err(|_| SetupError::PrintedFormat)?;
            (mrz, true)
        }
    };
    let needed = [MrzField::DocumentNumber, MrzField::Birth, MrzField::Expiry];
    // A citizen number opens the chip, too. Its own check digit is in no standard, so that only both
    // digits over it together say that it was misread.
    let faults = mrz.faults();
    let wrong = |field| {
        let mut faults = faults.iter();
        faults.any(|fault| fault.field == field && fault.kind == MrzFaultKind::CheckDigit)
    };
    let number = mrz.citizen_number().is_some();
    if number && wrong(MrzField::OptionalData) && wrong(MrzField::Composite) {
        return Err(SetupError::KeyMisread {
            field: MrzField::OptionalData.name(),
        });
    }
    let misread = faults.into_iter().find(|fault| match fault.kind {
        MrzFaultKind::CheckDigit | MrzFaultKind::NoCheckDigit => needed.contains(&fault.field),
        MrzFaultKind::Character | MrzFaultKind::Malformed => strict,
        _ => false,
    });
    match misread {
        Some(fault) => Err(SetupError::KeyMisread {
            field: fault.field.name(),
        }),
        None if strict => Err(SetupError::PrintedFormat),
        None => Ok(mrz),
    }
}

fn twelve_digits(text: &str) -> Option<&str> {
    (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// Number, date of birth and, perhaps, date of expiry.
fn from_fields(text: &str) -> Option<Printed> {
    let mut fields = text.split(',').map(str::trim);
    let number = fields.next().filter(|number| !number.is_empty())?;
    let date = |text: &str| PartialDate::from_iso(text).filter(|date| date.day().is_some());
    let birth = date(fields.next()?)?;
    let expiry = match fields.next() {
        None | Some("") => None,
        Some(expiry) => Some(date(expiry)?),
    };
    if fields.next().is_some() {
        return None;
    }
    let citizen_number = twelve_digits(number).map(str::to_owned);
    Some(Printed {
        document_number: match citizen_number {
            Some(_) => None,
            None => Some(number.trim_end_matches('<').to_ascii_uppercase()),
        },
        citizen_number,
        birth: Some(birth),
        expiry,
        ..Printed::default()
    })
}

/// The QR text of a citizen card.
fn from_qr(text: &str) -> Option<Printed> {
    let qr = Qr::parse(text).ok()?;
    // The order of the code of 2024 is not sure: where another date is left, either may be the issue.
    let dates = |field: &String| PartialDate::from_vietnamese(field).and_then(PartialDate::day);
    let issued = qr
        .issued
        .filter(|_| !qr.rest.iter().any(|field| dates(field).is_some()));
    Some(Printed {
        citizen_number: Some(qr.number.as_str().to_owned()),
        name: qr.name,
        birth: qr.birth,
        sex: qr.sex,
        issued: issued.map(PartialDate::Day),
        ..Printed::default()
    })
}

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Printed(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONE: &str = "IDVNM0990001232001099000123<<3\n9903159M2403155VNM<<<<<<<<<<<0\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<";

    #[test]
    fn zones_qr_codes_and_typed_fields_are_read() {
        let zone = Printed::parse(&ZONE.to_lowercase()).unwrap();
        assert_eq!(zone.zone.unwrap().document_number(), "099000123");
        let qr = "001099000123|012345678|Nguyễn Văn Mẫu|15031999|Nam|Số 1|10052021";
        let qr = Printed::parse(qr).unwrap();
        assert_eq!(qr.citizen_number.as_deref(), Some("001099000123"));
        assert_eq!(qr.name.as_deref(), Some("Nguyễn Văn Mẫu"));
        assert_eq!(qr.birth.unwrap().to_string(), "1999-03-15");
        assert_eq!(qr.sex, Some(Sex::Male));
        assert_eq!(qr.issued.unwrap().to_string(), "2021-05-10");
        let unsure = "001099000123||Nguyễn Văn Mẫu|15031999|Nam|Số 1|15032039|10052021";
        assert_eq!(Printed::parse(unsure).unwrap().issued, None);
        let typed = Printed::parse("t22000129, 1964-08-12, 2010-10-31").unwrap();
        assert_eq!(typed.document_number.as_deref(), Some("T22000129"));
        assert_eq!(typed.expiry.unwrap().to_string(), "2010-10-31");
        assert_eq!(format!("{typed:?}"), "Printed(..)");
    }

    #[test]
    fn a_misread_character_is_told_by_its_field() {
        let misread = |from: &str, to: &str| match Printed::parse(&ZONE.replacen(from, to, 1)) {
            Err(SetupError::KeyMisread { field }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(misread("099000123", "099000128"), "document_number");
        assert_eq!(misread("9903159", "9903158"), "birth");
        assert_eq!(misread("9903159", "99O3159"), "birth");
        assert_eq!(misread("M2403155", "M2403156"), "expiry");
        assert_eq!(misread("9M2", "9A2"), "sex");
        assert_eq!(misread("VAN", "V-N"), "name");
        assert_eq!(misread("1099000123<<", "1099000132<<"), "optional_data");
        for text in [
            "",
            "secret",
            &ZONE[1..],
            "||",
            "1,2",
            "1,1999-01-01,2020-01-01,",
        ] {
            let refused = Printed::parse(text).err();
            assert_eq!(refused, Some(SetupError::PrintedFormat), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,120}", qr in "([0-9]{12})?(\\|\\PC{0,9}){0,9}") {
            let _ = Printed::parse(&text);
            let _ = Printed::parse(&qr);
        }
    }
}
