//! Entry and exit records (Doc 9303-10 §5.1.3 table 86).
//!
//! ```text
//! 5F44 state (copy, for SEARCH RECORD)
//! 73   { 5F44 state, [5F4C visa], 5F45 date, 5F4B authority, 5F46 place, 5F4A inspector,
//!        [5F4D result], [5F49 mode], [5F48 days], [5F4E conditions] }      signed
//! 5F37 signature over 73
//! 5F38 number of the signer's certificate
//! ```

use std::fmt;

use crate::bytes::date::PartialDate;
use crate::bytes::tlv::Reader;
use crate::error::Malformed;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::lds2::Authenticity;
use crate::lds::lds2::elements;
use crate::lds::lds2::elements::Elements;
use crate::lds::lds2::elements::Unknown;
use crate::lds::lds2::finish;

/// Most octets of the duration of a stay.
const MAX_STAY: usize = 2;

/// One entry or exit. [`fmt::Debug`] shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct TravelRecord {
    /// The state outside of what is signed, where SEARCH RECORD looks for it. It vouches for nothing.
    pub copy: String,
    /// State of embarkation or debarkation, three letters
    pub state: String,
    /// Visa approvals, refusals and revocations
    pub visa: Option<String>,
    /// Date of entry or exit
    pub date: PartialDate,
    /// Inspection authority
    pub authority: String,
    /// Port of entry or exit
    pub place: String,
    /// Inspector's reference
    pub inspector: String,
    /// Result of the inspection
    pub result: Option<String>,
    /// Mode of travel
    pub mode: Option<Mode>,
    /// Duration of stay, in days
    pub stay_days: Option<u64>,
    /// Conditions that the holder is to observe
    pub conditions: Option<String>,
    /// What no table names.
    pub unknown: Vec<Unknown>,
    /// Who signed it.
    pub authenticity: Authenticity,
}

/// How the holder travelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// `A`
    Air,
    /// `S`
    Sea,
    /// `L`
    Land,
    /// A letter that the table does not have.
    Other(String),
}

impl TravelRecord {
    /// Decodes one record.
    ///
    /// # Errors
    /// [`Malformed`] when a mandatory field is missing, one stands twice or has another form, or
    /// something follows that is no filler.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(record);
        let copy = reader.expect(0x5F44, "copy of the state")?;
        let signed = reader.expect(0x73, "travel record")?;
        let authenticity = Authenticity::take(&signed, &mut reader)?;
        finish(&reader, "travel record")?;
        let mut fields = Elements::read(&signed)?;
        let mode = fields.text(0x5F49, "mode of travel")?;
        Ok(Self {
            copy: elements::text(&copy, "copy of the state")?,
            state: fields.required(0x5F44, "state")?,
            visa: fields.text(0x5F4C, "visa approvals")?,
            date: fields.date(0x5F45, "travel date")?,
            authority: fields.required(0x5F4B, "inspection authority")?,
            place: fields.required(0x5F46, "inspection location")?,
            inspector: fields.required(0x5F4A, "inspector reference")?,
            result: fields.text(0x5F4D, "result of inspection")?,
            mode: mode.map(|letter| match letter.as_str() {
                "A" => Mode::Air,
                "S" => Mode::Sea,
                "L" => Mode::Land,
                _ => Mode::Other(letter),
            }),
            stay_days: fields.number(0x5F48, MAX_STAY, "duration of stay")?,
            conditions: fields.text(0x5F4E, "conditions")?,
            unknown: fields.rest(),
            authenticity,
        })
    }

    /// What it says, field by field.
    pub fn fields(&self) -> Vec<Field> {
        let text = |name, text: &str| Field::shown(name, Value::Text(text.to_owned()));
        let optional =
            |name, value: &Option<String>| value.as_deref().map(|value| text(name, value));
        let mode = self.mode.as_ref().map(|mode| {
            let value = match mode {
                Mode::Air => Value::Word("air"),
                Mode::Sea => Value::Word("sea"),
                Mode::Land => Value::Word("land"),
                Mode::Other(letter) => Value::Text(letter.clone()),
            };
            Field::shown("travel_mode", value)
        });
        let fields = [
            Some(text("travel_state", &self.state)),
            Some(Field::shown("travel_date", Value::Date(self.date))),
            Some(text("inspection_authority", &self.authority)),
            Some(text("inspection_place", &self.place)),
            Some(text("inspector", &self.inspector)),
            mode,
            self.stay_days
                .map(|days| Field::shown("stay_days", Value::Number(days))),
            optional("visa_remarks", &self.visa),
            optional("inspection_result", &self.result),
            optional("stay_conditions", &self.conditions),
        ];
        fields.into_iter().flatten().collect()
    }
}

impl fmt::Debug for TravelRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TravelRecord(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    /// The example values of Doc 9303-10 table 86, put together here.
    fn inside() -> Vec<Vec<u8>> {
        vec![
            encode(0x5F44, &[b"USA"]),
            encode(0x5F4C, &[b"Free-form text"]),
            encode(0x5F45, &[b"20120814"]),
            encode(0x5F4B, &[b"CBP"]),
            encode(0x5F46, &[b"SFO"]),
            encode(0x5F4A, &[b"SFO00001234"]),
            encode(0x5F49, &[b"A"]),
            encode(0x5F48, &[&[0x00, 0xFF]]),
        ]
    }

    fn record(inside: &[Vec<u8>], certificate: u8) -> Vec<u8> {
        [
            encode(0x5F44, &[b"USA"]),
            encode(0x73, &[&inside.concat()]),
            encode(0x5F37, &[&[0x5A; 64]]),
            encode(0x5F38, &[&[certificate]]),
        ]
        .concat()
    }

    #[test]
    fn the_published_values_are_read() {
        let record = TravelRecord::decode(&record(&inside(), 0xFE)).unwrap();
        assert_eq!(record.state, "USA");
        assert_eq!(record.date.to_string(), "2012-08-14");
        assert_eq!(record.inspector, "SFO00001234");
        assert_eq!(record.mode, Some(Mode::Air));
        assert_eq!(record.stay_days, Some(255));
        assert_eq!(record.authenticity.certificate, 0xFE);
        assert_eq!(record.authenticity.signed[0], 0x73);
        assert!(record.unknown.is_empty());
        assert_eq!(record.fields().len(), 8);
    }

    #[test]
    fn a_record_that_lacks_doubles_or_bends_a_field_is_none() {
        let whole = record(&inside(), 1);
        for cut in 0..whole.len() {
            assert!(TravelRecord::decode(&whole[..cut]).is_err(), "{cut}");
        }
        for (what, change) in [
            ("state", 0_usize),
            ("travel date", 2),
            ("inspection authority", 3),
            ("inspection location", 4),
            ("inspector reference", 5),
        ] {
            let mut fields = inside();
            fields.remove(change);
            let error = TravelRecord::decode(&record(&fields, 1)).unwrap_err();
            assert_eq!(error.what, what);
        }
        let mut doubled = inside();
        doubled.push(encode(0x5F46, &[b"LAX"]));
        let error = TravelRecord::decode(&record(&doubled, 1)).unwrap_err();
        assert_eq!(error.what, "record field that stands twice");
        for certificate in [0, 0xFF] {
            assert!(TravelRecord::decode(&record(&inside(), certificate)).is_err());
        }
        for bad in [
            encode(0x5F4D, &[&[0xC3, 0x28]]),
            encode(0x5F4D, &[&[b'x'; 256]]),
        ] {
            let mut fields = inside();
            fields.push(bad);
            let error = TravelRecord::decode(&record(&fields, 1)).unwrap_err();
            assert_eq!(error.what, "result of inspection");
        }
    }

    #[test]
    fn fillers_may_follow_and_nothing_else() {
        let padded = [record(&inside(), 1), vec![0; 9], vec![0xFF; 3]].concat();
        assert!(TravelRecord::decode(&padded).is_ok());
        let followed = [record(&inside(), 1), vec![0, 0, 1]].concat();
        assert!(TravelRecord::decode(&followed).is_err());
    }

    #[test]
    fn numberless_fields_end_soon() {
        let many: Vec<Vec<u8>> = (0_u32..20_000)
            .map(|number| {
                encode(
                    0x9F_8100 | ((number / 100 % 128) << 8) | (number % 100),
                    &[],
                )
            })
            .collect();
        assert!(TravelRecord::decode(&record(&many, 1)).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = TravelRecord::decode(&bytes);
            let _ = TravelRecord::decode(&record(&[bytes], 1));
        }
    }
}
