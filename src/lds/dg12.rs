//! DG12: further details of the document (Doc 9303-10 §4.7.12).

use std::fmt;

use jiff::civil::DateTime;

use crate::bytes::date::PartialDate;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::details::Elements;
use crate::lds::details::Rest;
use crate::lds::details::in_words;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::field::picture;
use crate::lds::field::put_date;
use crate::lds::field::put_list;
use crate::lds::field::put_text;

/// The contents of DG12. Every field may be missing. [`fmt::Debug`] shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Dg12 {
    /// Issuing authority (5F19)
    pub authority: Option<String>,
    /// Date of issue (5F26)
    pub issued: Option<PartialDate>,
    /// Other persons on the document (5F1A)
    pub other_persons: Vec<String>,
    /// Endorsements and observations (5F1B)
    pub observations: Option<String>,
    /// Requirements of tax and exit (5F1C)
    pub requirements: Option<String>,
    /// Image of the front (5F1D)
    pub front: Option<Vec<u8>>,
    /// Image of the rear (5F1E)
    pub rear: Option<Vec<u8>>,
    /// Time of personalisation (5F55)
    pub personalised: Option<DateTime>,
    /// Serial number of the personalisation system (5F56)
    pub system: Option<String>,
    /// What is left.
    pub rest: Rest,
}

impl Dg12 {
    /// Decodes the file, in the same way as DG11. Dates stand in ASCII or in BCD.
    ///
    /// # Errors
    /// [`Malformed`] when the frame is another, there are too many elements, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut elements = Elements::read(file, DataGroup::DG12.tag(), "DG12")?;
        Ok(Self {
            authority: elements.text(0x5F19),
            issued: elements.date(0x5F26),
            other_persons: elements.texts(0x5F1A),
            observations: elements.text(0x5F1B),
            requirements: elements.text(0x5F1C),
            front: elements.octets(0x5F1D),
            rear: elements.octets(0x5F1E),
            personalised: elements.time(0x5F55),
            system: elements.text(0x5F56),
            rest: elements.rest(),
        })
    }

    /// Issuing authority, written out.
    pub fn authority_in_words(&self) -> Option<String> {
        self.authority.as_deref().map(in_words)
    }

    /// What it says, field by field.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        put_text(&mut fields, "authority", self.authority_in_words());
        put_date(&mut fields, "issued", self.issued);
        let persons = self.other_persons.iter().map(|name| in_words(name));
        let persons = persons.filter(|name| !name.is_empty()).map(Value::Text);
        put_list(&mut fields, "other_persons", persons.collect());
        put_text(&mut fields, "observations", self.observations.clone());
        put_text(&mut fields, "tax_or_exit", self.requirements.clone());
        for (name, image) in [("front", &self.front), ("rear", &self.rear)] {
            if let Some(image) = image {
                fields.push(Field::shown(name, picture(image)));
            }
        }
        if let Some(time) = self.personalised {
            fields.push(Field::shown("personalised", Value::Time(time)));
        }
        put_text(&mut fields, "personalisation_system", self.system.clone());
        fields.extend(self.rest.field());
        fields
    }
}

impl fmt::Debug for Dg12 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dg12(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::lds::details::Oddity;

    #[test]
    fn dates_are_read_in_ascii_and_in_bcd() {
        for (value, packed) in [
            (b"20210119".to_vec(), false),
            (vec![0x20, 0x21, 0x01, 0x19], true),
        ] {
            let dg12 = Dg12::decode(&encode(0x6C, &[&encode(0x5F26, &[&value])])).unwrap();
            assert_eq!(dg12.issued.unwrap().to_string(), "2021-01-19");
            assert_eq!(dg12.rest.oddities.contains(&Oddity::BinaryDate), packed);
        }
    }

    #[test]
    fn a_date_that_is_none_is_kept_as_it_stands() {
        for value in [
            &b"2021011"[..],
            b"2021AB19",
            &[0x20, 0x21, 0x13, 0x01],
            &[0xFF; 4],
        ] {
            let dg12 = Dg12::decode(&encode(0x6C, &[&encode(0x5F26, &[value])])).unwrap();
            assert_eq!(dg12.issued, None);
            assert_eq!(dg12.rest.unknown, [(0x5F26, value.to_vec())]);
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = Dg12::decode(&bytes);
            let _ = Dg12::decode(&encode(0x6C, &[&bytes])).map(|dg12| dg12.fields());
            let _ = Dg12::decode(&encode(0x6C, &[&encode(0x5F55, &[&bytes])]));
        }
    }
}
