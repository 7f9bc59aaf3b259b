//! DG11: further details of the holder (Doc 9303-10 §4.7.11).

use std::fmt;

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
use crate::lds::field::put_sensitive;
use crate::lds::field::put_text;

/// The contents of DG11. Every field may be missing. [`fmt::Debug`] shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Dg11 {
    /// Full name in the characters of the issuing state (5F0E)
    pub name: Option<String>,
    /// Other names (5F0F)
    pub other_names: Vec<String>,
    /// Personal number (5F10)
    pub personal_number: Option<String>,
    /// Date of birth with its century (5F2B)
    pub birth: Option<PartialDate>,
    /// Place of birth, in parts (5F11)
    pub place_of_birth: Vec<String>,
    /// Permanent address, in parts (5F42)
    pub address: Vec<String>,
    /// Telephone (5F12)
    pub telephone: Option<String>,
    /// Profession (5F13)
    pub profession: Option<String>,
    /// Title (5F14)
    pub title: Option<String>,
    /// Personal summary (5F15)
    pub summary: Option<String>,
    /// Proof of citizenship, an image (5F16)
    pub proof_of_citizenship: Option<Vec<u8>>,
    /// Numbers of other valid travel documents (5F17)
    pub other_documents: Vec<String>,
    /// Custody information (5F18)
    pub custody: Option<String>,
    /// What is left.
    pub rest: Rest,
}

impl Dg11 {
    /// Decodes the file. A field of no length is passed over, one of unknown kind or wrong form is
    /// kept as it stands, and a count says nothing that the bytes do not.
    ///
    /// # Errors
    /// [`Malformed`] when the frame is another, there are too many elements, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut elements = Elements::read(file, DataGroup::DG11.tag(), "DG11")?;
        Ok(Self {
            name: elements.text(0x5F0E),
            other_names: elements.texts(0x5F0F),
            personal_number: elements.text(0x5F10),
            birth: elements.date(0x5F2B),
            place_of_birth: elements.parts(0x5F11),
            address: elements.parts(0x5F42),
            telephone: elements.text(0x5F12),
            profession: elements.text(0x5F13),
            title: elements.text(0x5F14),
            summary: elements.text(0x5F15),
            proof_of_citizenship: elements.octets(0x5F16),
            other_documents: elements.parts(0x5F17),
            custody: elements.text(0x5F18),
            rest: elements.rest(),
        })
    }

    /// What it says, field by field. Names are written out, without the fillers of a zone.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        put_text(&mut fields, "name", self.name_in_words());
        let others = self.other_names_in_words().map(Value::Text);
        put_list(&mut fields, "other_names", others.collect());
        put_text(&mut fields, "personal_number", self.personal_number.clone());
        put_date(&mut fields, "birth", self.birth);
        put_text(
            &mut fields,
            "place_of_birth",
            Some(self.place_of_birth.join(", ")),
        );
        put_text(&mut fields, "address", Some(self.address.join(", ")));
        put_text(&mut fields, "telephone", self.telephone.clone());
        put_text(&mut fields, "profession", self.profession_in_words());
        put_text(&mut fields, "title", self.title_in_words());
        put_sensitive(&mut fields, "personal_summary", self.summary.as_deref());
        if let Some(image) = &self.proof_of_citizenship {
            fields.push(Field::shown("proof_of_citizenship", picture(image)));
        }
        let documents = self.other_documents.iter().cloned().map(Value::Text);
        put_list(&mut fields, "other_documents", documents.collect());
        put_sensitive(&mut fields, "custody", self.custody.as_deref());
        fields.extend(self.rest.field());
        fields
    }

    /// Full name, written out.
    pub fn name_in_words(&self) -> Option<String> {
        self.name
            .as_deref()
            .map(in_words)
            .filter(|name| !name.is_empty())
    }

    /// Profession, written out.
    pub fn profession_in_words(&self) -> Option<String> {
        self.profession.as_deref().map(in_words)
    }

    /// Title, written out.
    pub fn title_in_words(&self) -> Option<String> {
        self.title.as_deref().map(in_words)
    }

    /// Other names, written out.
    pub fn other_names_in_words(&self) -> impl Iterator<Item = String> {
        let names = self.other_names.iter().map(|name| in_words(name));
        names.filter(|name| !name.is_empty())
    }
}

impl fmt::Debug for Dg11 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dg11(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::lds::details::Oddity;

    fn file(parts: &[&[u8]]) -> Vec<u8> {
        encode(0x6B, &[&encode(0x5C, &[&[0x5F, 0x0E]]), &parts.concat()])
    }

    #[test]
    fn empty_fields_are_passed_over_and_unknown_ones_kept() {
        let dg11 = Dg11::decode(&file(&[
            &encode(0x5F12, &[]),
            &encode(0x5F0E, &[b"A"]),
            &encode(0x5F70, &[b"?"]),
            &encode(0x5F0E, &[b"B"]),
            &encode(0x5F13, &[&[0xFF, 0xFE]]),
        ]))
        .unwrap();
        assert_eq!(dg11.name.as_deref(), Some("A"));
        assert_eq!(
            (dg11.telephone.as_ref(), dg11.profession.as_ref()),
            (None, None)
        );
        let unknown: Vec<u32> = dg11.rest.unknown.iter().map(|(tag, _)| *tag).collect();
        assert_eq!(unknown, [0x5F0E, 0x5F13, 0x5F70]);
        assert!(dg11.rest.oddities.contains(&Oddity::EmptyField));
        assert!(dg11.rest.oddities.contains(&Oddity::UnknownField));
        assert_eq!(format!("{dg11:?}"), "Dg11(..)");
        assert!(!format!("{:?}", dg11.rest).contains('?'));
    }

    #[test]
    fn a_count_is_bounded_by_what_is_there() {
        for count in [&[200_u8][..], &[0x7F, 0xFF, 0xFF, 0xFF], &[0xFF; 16], &[]] {
            let names = [
                encode(0x02, &[count]),
                encode(0x5F0F, &[b"A"]),
                encode(0x5F0F, &[b"B"]),
            ];
            let dg11 = Dg11::decode(&file(&[&encode(0xA0, &[&names.concat()])])).unwrap();
            assert_eq!(dg11.other_names, ["A", "B"]);
            assert!(dg11.rest.oddities.contains(&Oddity::Count));
        }
    }

    #[test]
    fn lengths_that_lie_and_too_many_elements_are_refused() {
        assert!(Dg11::decode(&[0x6B, 3, 0x5F, 0x0E, 9]).is_err());
        assert!(Dg11::decode(&[0x6C, 0]).is_err());
        assert!(Dg11::decode(&[0x6B, 0, 0]).is_err());
        let many: Vec<u8> = (0..67_u8)
            .flat_map(|n| encode(0x5F00 | u32::from(n), &[b"x"]))
            .collect();
        assert!(Dg11::decode(&encode(0x6B, &[&many])).is_err());
        let names: Vec<u8> = (0..100).flat_map(|_| encode(0x5F0F, &[b"x"])).collect();
        assert!(Dg11::decode(&file(&[&encode(0xA0, &[&names])])).is_err());
    }

    #[test]
    fn the_standards_example_is_read() {
        // Doc 9303-10 Appendix A, with the two lengths put right that are misprinted there.
        let example = "6B605C0A5F0E5F115F425F125F135F0E0D534D4954483C3C4A4F484E3C4A5F110A414E59544F\
                       574E3C4D4E5F4217313233204D41504C452052443C414E59544F574E3C4D4E5F120B31363132\
                       353535313231325F130C54524156454C3C4147454E54";
        let dg11 = Dg11::decode(&hex::decode(example).unwrap()).unwrap();
        assert_eq!(dg11.name.as_deref(), Some("SMITH<<JOHN<J"));
        assert_eq!(dg11.name_in_words().as_deref(), Some("SMITH JOHN J"));
        assert_eq!(dg11.place_of_birth, ["ANYTOWN", "MN"]);
        assert_eq!(dg11.address, ["123 MAPLE RD", "ANYTOWN", "MN"]);
        assert_eq!(dg11.telephone.as_deref(), Some("16125551212"));
        assert_eq!(dg11.profession.as_deref(), Some("TRAVEL<AGENT"));
        assert!(dg11.rest.oddities.is_empty());
    }

    #[test]
    fn ninety_nine_other_names_are_all_there() {
        let names: Vec<u8> = (0..99).flat_map(|_| encode(0x5F0F, &[b"x"])).collect();
        let template = encode(0xA0, &[&encode(0x02, &[&[99]]), &names]);
        let dg11 = Dg11::decode(&file(&[&template, &encode(0x5F12, &[b"1"])])).unwrap();
        assert_eq!(
            (dg11.other_names.len(), dg11.telephone.as_deref()),
            (99, Some("1"))
        );
        assert!(dg11.rest.oddities.is_empty());
    }

    #[test]
    fn doubled_tags_take_no_more_memory_than_there_is_room_for() {
        let doubled: Vec<u8> = (0..66).flat_map(|_| encode(0x5F0E, &[b"x"])).collect();
        assert!(Dg11::decode(&file(&[&doubled])).is_err());
        let few: Vec<u8> = (0..3).flat_map(|_| encode(0x5F0E, &[b"x"])).collect();
        assert_eq!(Dg11::decode(&file(&[&few])).unwrap().rest.unknown.len(), 2);
    }

    #[test]
    fn other_names_may_stand_without_their_template() {
        let dg11 = Dg11::decode(&file(&[
            &encode(0x5F0F, &[b"A<<B"]),
            &encode(0x5F0F, &[b"C"]),
        ]))
        .unwrap();
        assert_eq!(Vec::from_iter(dg11.other_names_in_words()), ["A B", "C"]);
        assert!(dg11.rest.unknown.is_empty());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = Dg11::decode(&bytes);
            let _ = Dg11::decode(&file(&[&bytes])).map(|dg11| dg11.fields());
            let _ = Dg11::decode(&file(&[&encode(0xA0, &[&bytes])]));
            let _ = Dg11::decode(&file(&[&encode(0x5F2B, &[&bytes])]));
        }
    }
}
