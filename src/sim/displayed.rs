//! Encodes DG5 and DG7, pictures to be shown, and DG16, persons to notify (Doc 9303-10 §4.7.5, §4.7.7
//! and §4.7.16), apart from the decoders.

use crate::bytes::tlv::encode;
use crate::sim::details::Detail;
use crate::sim::pki::der;

/// A person to notify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notified {
    /// When this was recorded: eight digits
    pub recorded: String,
    /// Name, with `<<` after the surname and `<` between the others
    pub name: String,
    /// Telephone
    pub telephone: String,
    /// Address, with `<` between its parts
    pub address: String,
}

/// DG5: portraits as they are, in one group.
pub fn dg5(portraits: &[&[u8]]) -> Vec<u8> {
    pictures(0x65, 0x5F40, portraits)
}

/// DG7: signatures or usual marks.
pub fn dg7(signatures: &[&[u8]]) -> Vec<u8> {
    pictures(0x67, 0x5F43, signatures)
}

fn pictures(group: u32, tag: u32, pictures: &[&[u8]]) -> Vec<u8> {
    let elements = pictures.iter().flat_map(|picture| encode(tag, &[picture]));
    let elements: Vec<u8> = elements.collect();
    encode(group, &[&number_of(pictures), &elements])
}

/// DG16: each person in a template of its own, counted from A1 on; fifteen at most.
pub fn dg16(persons: &[Notified]) -> Vec<u8> {
    let templates: Vec<u8> = (0xA1_u32..=0xAF)
        .zip(persons)
        .flat_map(|(tag, person)| {
            let elements = [
                (0x5F50, &person.recorded),
                (0x5F51, &person.name),
                (0x5F52, &person.telephone),
                (0x5F53, &person.address),
            ];
            let elements = elements.map(|(tag, text)| encode(tag, &[text.as_bytes()]));
            encode(tag, &[&elements.concat()])
        })
        .collect();
    encode(0x70, &[&number_of(persons), &templates])
}

fn number_of<T>(things: &[T]) -> Vec<u8> {
    der::small(u32::try_from(things.len()).unwrap_or(u32::MAX))
}

/// Every data element that DG11 may have and that tells of nobody: beside name, number, birth and
/// places (Doc 9303-10 §4.7.11).
pub fn rest_of_dg11(picture: &[u8]) -> Vec<Detail> {
    vec![
        Detail::one(0x5F12, "+84 000 000 000"),
        Detail::one(0x5F13, "Nghề<mẫu"),
        Detail::one(0x5F14, "Danh xưng<mẫu"),
        Detail::one(0x5F15, "Tóm tắt mẫu"),
        Detail::one(0x5F16, picture),
        Detail::one(0x5F17, "X0000001<X0000002"),
        Detail::one(0x5F18, "Giám hộ mẫu"),
    ]
}

/// Every data element that DG12 may have, beside authority, dates and the system's number
/// (Doc 9303-10 §4.7.12).
pub fn rest_of_dg12(picture: &[u8]) -> Vec<Detail> {
    vec![
        Detail::Several {
            tag: 0x5F1A,
            announced: 1,
            values: vec![b"MAU<<CON<CUNG<DI".to_vec()],
        },
        Detail::one(0x5F1B, "Bị chú mẫu"),
        Detail::one(0x5F1C, "Không"),
        Detail::one(0x5F1D, picture),
        Detail::one(0x5F1E, picture),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lds::dg16::Dg16;
    use crate::lds::displayed::Displayed;
    use crate::lds::displayed::Shown;

    proptest! {
        #[test]
        fn dg5_and_dg7_come_back(
            pictures in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..400), 0..9),
        ) {
            let pictures: Vec<&[u8]> = pictures.iter().map(Vec::as_slice).collect();
            for (file, shown) in [
                (dg5(&pictures), Shown::Portrait),
                (dg7(&pictures), Shown::Signature),
            ] {
                let read = Displayed::decode(&file, shown).unwrap();
                let images: Vec<&[u8]> = read.pictures.iter().map(|one| one.image.as_slice()).collect();
                prop_assert_eq!(&images, &pictures);
                prop_assert!(read.oddities.is_empty());
            }
        }

        #[test]
        fn dg16_comes_back(
            persons in proptest::collection::vec(
                ("[A-Z]{1,9}<<[A-Z]{1,9}", "[0-9+ ]{1,15}", "[A-Za-zà ]{1,12}<[A-Za-zđ ]{1,12}", 1990_i16..2030, 1_i8..=12, 1_i8..=28),
                0..15,
            ),
        ) {
            let notified: Vec<Notified> = persons
                .iter()
                .map(|(name, telephone, address, year, month, day)| Notified {
                    recorded: format!("{year:04}{month:02}{day:02}"),
                    name: name.clone(),
                    telephone: telephone.clone(),
                    address: address.clone(),
                })
                .collect();
            let read = Dg16::decode(&dg16(&notified)).unwrap();
            prop_assert!(read.oddities.is_empty());
            prop_assert_eq!(read.persons.len(), notified.len());
            for (read, (name, telephone, address, year, month, day)) in read.persons.iter().zip(&persons) {
                prop_assert_eq!(read.name.as_ref(), Some(name));
                prop_assert_eq!(read.telephone.as_ref(), Some(telephone));
                prop_assert_eq!(&read.address.join("<"), address);
                let recorded = read.recorded.map(|date| date.to_string());
                prop_assert_eq!(recorded, Some(format!("{year:04}-{month:02}-{day:02}")));
            }
        }
    }
}
