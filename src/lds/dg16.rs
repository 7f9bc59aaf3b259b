//! DG16: persons to notify in an emergency (Doc 9303-10, EF.DG16).
//!
//! ```text
//! 70 { 02 count, A1 person, A2 person, … }
//! person = 5F50 date recorded, 5F51 name, 5F52 telephone, 5F53 address
//! ```

use std::collections::BTreeSet;
use std::fmt;

use crate::bytes::date::PartialDate;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::details::Elements;
use crate::lds::details::Oddity;
use crate::lds::details::Rest;
use crate::lds::details::count;
use crate::lds::details::in_words;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::field::put_date;
use crate::lds::field::put_text;

/// Most persons in the group. Their templates are numbered from A1 to AF at most.
const MAX_PERSONS: usize = 16;

/// A person to notify. [`fmt::Debug`] shows nothing of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// When it was recorded (5F50)
    pub recorded: Option<PartialDate>,
    /// Name, as in a machine-readable zone (5F51)
    pub name: Option<String>,
    /// Telephone (5F52)
    pub telephone: Option<String>,
    /// Address, in parts (5F53)
    pub address: Vec<String>,
    /// What is left.
    pub rest: Rest,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

/// The contents of DG16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg16 {
    /// The persons; there may be none.
    pub persons: Vec<Person>,
    /// What the issuer does otherwise, with what it does so in the persons.
    pub oddities: BTreeSet<Oddity>,
}

impl Dg16 {
    /// Decodes the file. A person without anything is passed over, and the count says nothing that
    /// the bytes do not.
    ///
    /// # Errors
    /// [`Malformed`] when the frame is another, there are too many persons or elements, or bytes
    /// follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut group = reader.expect(DataGroup::DG16.tag(), "DG16")?.inside()?;
        reader.finish("DG16")?;
        let announced = count(group.optional(tag::INTEGER, "DG16")?);
        let mut oddities = BTreeSet::new();
        let mut persons = Vec::new();
        let mut there = 0;
        while !group.at_end() {
            let element = group.element("person to notify")?;
            there += 1;
            if there > MAX_PERSONS {
                return Err(Malformed::new("person to notify", element.offset));
            }
            if !(0xA0..=0xAF).contains(&element.tag) {
                oddities.insert(Oddity::UnknownField);
            } else if element.value.is_empty() {
                oddities.insert(Oddity::EmptyField);
            } else {
                let person = person(Elements::inside(element.inside()?, "person to notify")?);
                oddities.extend(&person.rest.oddities);
                persons.push(person);
            }
        }
        if announced != Some(there) {
            oddities.insert(Oddity::Count);
        }
        Ok(Self { persons, oddities })
    }

    /// What it says, field by field.
    pub fn fields(&self) -> Vec<Field> {
        let persons = self.persons.iter().map(|person| {
            let mut fields = Vec::new();
            put_text(&mut fields, "name", person.name.as_deref().map(in_words));
            put_text(&mut fields, "telephone", person.telephone.clone());
            put_text(&mut fields, "address", Some(person.address.join(", ")));
            put_date(&mut fields, "recorded", person.recorded);
            fields.extend(person.rest.field());
            Value::Fields(fields)
        });
        let persons: Vec<Value> = persons.collect();
        if persons.is_empty() {
            return Vec::new();
        }
        vec![Field::shown("persons_to_notify", Value::List(persons))]
    }
}

fn person(mut elements: Elements<'_>) -> Person {
    Person {
        recorded: elements.date(0x5F50),
        name: elements.text(0x5F51),
        telephone: elements.text(0x5F52),
        address: elements.parts(0x5F53),
        rest: elements.rest(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    /// The worked example of Doc 9303-10 Appendix A.
    const EXAMPLE: &str = concat!(
        "7081A2020102",
        "A14C5F500832303032303130315F5110534D4954483C3C434841524C45533C525F520B313935323535353132",
        "31325F531D313233204D41504C452052443C414E59544F574E3C4D4E3C3535313030",
        "A24F5F500832303032303331355F510D42524F574E3C3C4D4152593C4A5F520B31343135353535313231325F",
        "5323343920524544574F4F44204C4E3C4F4345414E20425245455A453C43413C3934303030",
    );

    #[test]
    fn the_standards_example_is_read() {
        let dg16 = Dg16::decode(&hex::decode(EXAMPLE).unwrap()).unwrap();
        assert!(dg16.oddities.is_empty());
        let [charles, mary] = dg16.persons.as_slice() else {
            panic!("two persons");
        };
        assert_eq!(charles.name.as_deref(), Some("SMITH<<CHARLES<R"));
        assert_eq!(charles.telephone.as_deref(), Some("19525551212"));
        assert_eq!(charles.recorded.unwrap().to_string(), "2002-01-01");
        assert_eq!(charles.address, ["123 MAPLE RD", "ANYTOWN", "MN", "55100"]);
        assert_eq!(mary.name.as_deref(), Some("BROWN<<MARY<J"));
        assert_eq!(mary.address[1], "OCEAN BREEZE");
        assert_eq!(format!("{mary:?}"), "Person(..)");
        let fields = dg16.fields();
        let Value::List(persons) = &fields[0].value else {
            panic!("a list");
        };
        assert_eq!(persons.len(), 2);
    }

    #[test]
    fn counts_that_lie_and_persons_without_anything_are_odd() {
        let person = encode(0xA1, &[&encode(0x5F51, &[b"A"])]);
        let odd = |parts: &[&[u8]]| {
            let dg16 = Dg16::decode(&encode(0x70, parts)).unwrap();
            (dg16.persons.len(), Vec::from_iter(dg16.oddities))
        };
        assert_eq!(odd(&[&encode(2, &[&[0]])]), (0, vec![]));
        assert_eq!(
            odd(&[&encode(2, &[&[200]]), &person]),
            (1, vec![Oddity::Count])
        );
        assert_eq!(
            odd(&[&encode(2, &[&[1]]), &encode(0xA1, &[])]),
            (0, vec![Oddity::EmptyField])
        );
        assert_eq!(
            odd(&[&encode(2, &[&[1]]), &encode(0x5F51, &[b"A"])]),
            (0, vec![Oddity::UnknownField])
        );
        let latin = encode(0xA1, &[&encode(0x5F51, &[&[0xE9]])]);
        assert_eq!(
            odd(&[&encode(2, &[&[1]]), &latin]),
            (1, vec![Oddity::UnknownField])
        );
    }

    #[test]
    fn other_frames_and_too_many_persons_are_refused() {
        let many: Vec<u8> = (0..17).flat_map(|_| encode(0xA1, &[b""])).collect();
        for wrong in [
            encode(0x70, &[&many]),
            encode(0x6F, &[]),
            [encode(0x70, &[]), vec![0]].concat(),
            vec![0x70, 3, 0xA1, 0x7F, 0],
        ] {
            assert!(Dg16::decode(&wrong).is_err());
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = Dg16::decode(&bytes);
            let _ = Dg16::decode(&encode(0x70, &[&bytes])).map(|read| read.fields());
            let _ = Dg16::decode(&encode(0x70, &[&encode(0xA1, &[&bytes])])).map(|read| read.fields());
        }
    }
}
