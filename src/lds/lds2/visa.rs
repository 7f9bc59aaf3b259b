//! Visa records (Doc 9303-10 §5.2.3 table 90).
//!
//! ```text
//! 5F28 issuing state (copy, for SEARCH RECORD)
//! 71   { 5F28 state, 43 type, … 5A number, 5B holder, … }      signed
//! 5F37 signature over 71
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

/// Most octets of the visa's kind, and of its territory: twice what the table allows.
const MAX_KIND: usize = 8;
const MAX_TERRITORY: usize = 16;

/// One visa. [`fmt::Debug`] shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct VisaRecord {
    /// The state outside of what is signed, where SEARCH RECORD looks for it. It vouches for nothing.
    pub copy: String,
    /// Issuing state or organization, three letters
    pub state: String,
    /// Document type
    pub document_type: String,
    /// Machine-readable visa of type A, both lines
    pub zone_a: Option<String>,
    /// Machine-readable visa of type B, both lines
    pub zone_b: Option<String>,
    /// Number of entries
    pub entries: Option<u64>,
    /// Duration of stay: days, months and years
    pub stay: Option<[u8; 3]>,
    /// Number of the passport that the visa is for
    pub passport: Option<String>,
    /// Type, class or category; what its octets mean is the state's affair
    pub kind: Option<Vec<u8>>,
    /// Territory; what its octets mean is the state's affair
    pub territory: Option<Vec<u8>>,
    /// Place of issue
    pub place: String,
    /// Date of issue
    pub issued: PartialDate,
    /// Date of expiry
    pub expires: PartialDate,
    /// Number of the visa
    pub number: String,
    /// Endorsements: duration, limitations, fees
    pub remarks: Option<String>,
    /// Full name of the holder
    pub holder: String,
    /// Primary identifier
    pub surname: String,
    /// Secondary identifier
    pub given_names: String,
    /// `F`, `M` or `<`
    pub sex: String,
    /// Date of birth
    pub birth: PartialDate,
    /// Nationality, three letters
    pub nationality: String,
    /// A line of the machine-readable zone
    pub zone: String,
    /// Identifier of a file of additional biometrics
    pub biometrics: Option<u16>,
    /// What no table names.
    pub unknown: Vec<Unknown>,
    /// Who signed it.
    pub authenticity: Authenticity,
}

impl VisaRecord {
    /// Decodes one record.
    ///
    /// # Errors
    /// [`Malformed`] when a mandatory field is missing, one stands twice or has another form, or
    /// something follows that is no filler.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(record);
        let copy = reader.expect(0x5F28, "copy of the issuing state")?;
        let signed = reader.expect(0x71, "visa record")?;
        let authenticity = Authenticity::take(&signed, &mut reader)?;
        finish(&reader, "visa record")?;
        let mut fields = Elements::read(&signed)?;
        let stay = fields.octets(0x5F74, 3, "duration of stay")?;
        let biometrics = fields.octets(0x5F40, 2, "reference to biometrics")?;
        Ok(Self {
            copy: elements::text(&copy, "copy of the issuing state")?,
            state: fields.required(0x5F28, "issuing state")?,
            document_type: fields.required(0x43, "document type")?,
            zone_a: fields.text(0x5F71, "machine-readable visa of type A")?,
            zone_b: fields.text(0x5F72, "machine-readable visa of type B")?,
            entries: fields.number(0x5F73, 1, "number of entries")?,
            stay: stay
                .map(<[u8; 3]>::try_from)
                .transpose()
                .map_err(|_| Malformed::new("duration of stay", signed.offset))?,
            passport: fields.text(0x5F75, "passport number")?,
            kind: fields.octets(0x5F76, MAX_KIND, "visa type")?,
            territory: fields.octets(0x5F77, MAX_TERRITORY, "territory")?,
            place: fields.required(0x49, "place of issuance")?,
            issued: fields.date(0x5F25, "effective date")?,
            expires: fields.date(0x5F24, "expiration date")?,
            number: fields.required(0x5A, "document number")?,
            remarks: fields.text(0x5F32, "additional information")?,
            holder: fields.required(0x5B, "name of holder")?,
            surname: fields.required(0x5F33, "primary identifier")?,
            given_names: fields.required(0x5F34, "secondary identifier")?,
            sex: fields.required(0x5F35, "sex")?,
            birth: fields.date(0x5F2B, "date of birth")?,
            nationality: fields.required(0x5F2C, "nationality")?,
            zone: fields.required(0x5F1F, "MRZ")?,
            biometrics: biometrics
                .map(<[u8; 2]>::try_from)
                .transpose()
                .map_err(|_| Malformed::new("reference to biometrics", signed.offset))?
                .map(u16::from_be_bytes),
            unknown: fields.rest(),
            authenticity,
        })
    }

    /// What it says, field by field.
    pub fn fields(&self) -> Vec<Field> {
        let text = |name, text: &str| Some(Field::shown(name, Value::Text(text.to_owned())));
        let optional =
            |name, value: &Option<String>| value.as_deref().and_then(|value| text(name, value));
        let date = |name, date| Some(Field::shown(name, Value::Date(date)));
        let octets = |name, value: &Option<Vec<u8>>| {
            let value = value.clone()?;
            Some(Field::shown(name, Value::Octets(value)))
        };
        let number = |name, number: Option<u64>| {
            number.map(|number| Field::shown(name, Value::Number(number)))
        };
        let sex = match self.sex.as_str() {
            "M" => Value::Word("male"),
            "F" => Value::Word("female"),
            "<" => Value::Word("unspecified"),
            other => Value::Text(other.to_owned()),
        };
        let [days, months, years] = match self.stay {
            Some(stay) => stay.map(|number| Some(u64::from(number))),
            None => [None; 3],
        };
        let biometrics = self
            .biometrics
            .map(|file| Value::Octets(file.to_be_bytes().to_vec()));
        let fields = [
            text("visa_state", &self.state),
            text("visa_number", &self.number),
            text("visa_document_type", &self.document_type),
            octets("visa_kind", &self.kind),
            date("visa_issued", self.issued),
            date("visa_expires", self.expires),
            text("visa_place", &self.place),
            number("visa_entries", self.entries),
            number("stay_days", days),
            number("stay_months", months),
            number("stay_years", years),
            octets("visa_territory", &self.territory),
            optional("visa_remarks", &self.remarks),
            optional("visa_passport_number", &self.passport),
            text("visa_holder", &self.holder),
            text("visa_surname", &self.surname),
            text("visa_given_names", &self.given_names),
            Some(Field::shown("visa_sex", sex)),
            date("visa_birth", self.birth),
            text("visa_nationality", &self.nationality),
            text("visa_zone", &self.zone),
            optional("visa_zone_a", &self.zone_a),
            optional("visa_zone_b", &self.zone_b),
            biometrics.map(|file| Field::shown("visa_biometrics", file)),
        ];
        fields.into_iter().flatten().collect()
    }
}

impl fmt::Debug for VisaRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisaRecord(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    /// The example values of Doc 9303-10 table 90, put together here.
    fn inside() -> Vec<Vec<u8>> {
        vec![
            encode(0x5F28, &[b"NLD"]),
            encode(0x43, &[b"VS"]),
            encode(0x5F73, &[&[0x02]]),
            encode(0x5F74, &[&[0x5A, 0x00, 0x00]]),
            encode(0x5F75, &[b"XI85935F8"]),
            encode(0x49, &[b"NEW YORK"]),
            encode(0x5F25, &[b"20120826"]),
            encode(0x5F24, &[b"20130826"]),
            encode(0x5A, &[b"XI85935F8"]),
            encode(0x5B, &[b"VAN DER STEEN MARIANNE LOUISE"]),
            encode(0x5F33, &[b"VAN DER STEEN"]),
            encode(0x5F34, &[b"MARIANNE LOUISE"]),
            encode(0x5F35, &[b"F"]),
            encode(0x5F2B, &[b"19870814"]),
            encode(0x5F2C, &[b"NLD"]),
            encode(0x5F1F, &[b"VAN<DER<STEEN<<MARIANNE<LOUISE"]),
            encode(0x5F40, &[&[0x02, 0x01]]),
        ]
    }

    fn record(inside: &[Vec<u8>]) -> Vec<u8> {
        [
            encode(0x5F28, &[b"NLD"]),
            encode(0x71, &[&inside.concat()]),
            encode(0x5F37, &[&[0x5A; 64]]),
            encode(0x5F38, &[&[1]]),
        ]
        .concat()
    }

    #[test]
    fn the_published_values_are_read() {
        let visa = VisaRecord::decode(&record(&inside())).unwrap();
        assert_eq!(visa.state, "NLD");
        assert_eq!(visa.issued.to_string(), "2012-08-26");
        assert_eq!(visa.stay, Some([90, 0, 0]));
        assert_eq!(visa.biometrics, Some(0x0201));
        assert_eq!(visa.holder, "VAN DER STEEN MARIANNE LOUISE");
        assert_eq!(visa.fields().len(), 19);
    }

    #[test]
    fn a_visa_that_lacks_a_field_is_none() {
        let optional = [2, 3, 4, 16];
        for index in 0..inside().len() {
            let mut fields = inside();
            fields.remove(index);
            let decoded = VisaRecord::decode(&record(&fields));
            assert_eq!(decoded.is_ok(), optional.contains(&index), "{index}");
        }
        let whole = record(&inside());
        for cut in 0..whole.len() {
            assert!(VisaRecord::decode(&whole[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn fields_of_another_length_are_refused() {
        for (index, bad) in [
            (3, encode(0x5F74, &[&[1, 2]])),
            (3, encode(0x5F74, &[&[1, 2, 3, 4]])),
            (2, encode(0x5F73, &[])),
            (2, encode(0x5F73, &[&[1, 2]])),
            (16, encode(0x5F40, &[&[2]])),
            (6, encode(0x5F25, &[b"20121326"])),
            (6, encode(0x5F25, &[b"2012082"])),
        ] {
            let mut fields = inside();
            fields[index] = bad;
            assert!(VisaRecord::decode(&record(&fields)).is_err(), "{index}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = VisaRecord::decode(&bytes);
            let _ = VisaRecord::decode(&record(&[bytes]));
        }
    }
}
