//! DG1: the machine-readable zone (Doc 9303-10 §4.7.1): `61 { 5F1F zone }`.

use crate::bytes::tlv::Reader;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::field::put_list;
use crate::lds::field::put_text;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::Sex;

const MRZ_DATA_ELEMENT: u32 = 0x5F1F;

/// The contents of DG1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg1 {
    /// The zone, taken apart.
    pub mrz: Mrz,
}

impl Dg1 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, the zone is none, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut inside = reader.expect(DataGroup::DG1.tag(), "DG1")?.inside()?;
        reader.finish("DG1")?;
        let zone = inside.expect(MRZ_DATA_ELEMENT, "MRZ data element")?;
        inside.finish("DG1")?;
        let malformed = Malformed::new("MRZ data element", zone.offset);
        // The file holds the zone without line ends.
        if zone.value.iter().any(u8::is_ascii_whitespace) {
            return Err(malformed);
        }
        let text = std::str::from_utf8(zone.value).map_err(|_| malformed)?;
        let mrz = Mrz::parse(text)
            .map_err(|inner| Malformed::new(inner.what, zone.offset + inner.offset))?;
        Ok(Self { mrz })
    }

    /// What the zone says, field by field, and its lines. Dates stay as printed, with two digits of
    /// the year: the century is not in them.
    pub fn fields(&self) -> Vec<Field> {
        let mrz = &self.mrz;
        let mut fields = Vec::new();
        let mut put = |name, text: &str| put_text(&mut fields, name, Some(text.to_owned()));
        put("document_code", mrz.document_code());
        put("issuing_state", mrz.issuing_state());
        put("surname", &mrz.surname());
        put("given_names", &mrz.given_names());
        put("document_number", mrz.document_number());
        put("nationality", mrz.nationality());
        put("birth_printed", &mrz.birth().to_string());
        put("expiry_printed", &mrz.expiry().to_string());
        let sex = match mrz.sex() {
            Sex::Male => "male",
            Sex::Female => "female",
            Sex::Unspecified => "unspecified",
        };
        fields.push(Field::shown("sex", Value::Word(sex)));
        let optional = mrz.optional_data().into_iter();
        let optional = optional.filter(|data| !data.is_empty());
        put_list(
            &mut fields,
            "optional_data",
            optional.map(|data| Value::Text(data.to_owned())).collect(),
        );
        let lines = mrz.lines().into_iter();
        put_list(
            &mut fields,
            "mrz",
            lines.map(|line| Value::Text(line.to_owned())).collect(),
        );
        fields
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    const ZONE: &str = "IDVNM0990001232001099000123<<39903159M2403155VNM<<<<<<<<<<<0NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<";

    fn file(zone: &str) -> Vec<u8> {
        encode(0x61, &[&encode(0x5F1F, &[zone.as_bytes()])])
    }

    #[test]
    fn the_zone_is_read_and_its_faults_are_placed() {
        let dg1 = Dg1::decode(&file(ZONE)).unwrap();
        assert_eq!(dg1.mrz.document_number(), "099000123");
        assert!(!format!("{dg1:?}").contains("099"));
        let wrong = file(&ZONE.replacen("IDVNM", "IDvNM", 1));
        assert_eq!(Dg1::decode(&wrong), Err(Malformed::new("MRZ character", 7)));
    }

    #[test]
    fn line_ends_other_templates_and_trailing_bytes_are_refused() {
        let mut trailing = file(ZONE);
        trailing.push(0);
        for wrong in [
            file(&format!("{ZONE}\n")),
            encode(0x62, &[&encode(0x5F1F, &[ZONE.as_bytes()])]),
            encode(0x61, &[&encode(0x5F1E, &[ZONE.as_bytes()])]),
            trailing,
            file(""),
        ] {
            assert!(Dg1::decode(&wrong).is_err());
        }
    }

    #[test]
    fn the_reference_passport_is_read() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/samples/tr03105-5/Datagroup1.bin"
        );
        let Ok(file) = std::fs::read(path) else {
            println!("skipped: no ../shared/data");
            return;
        };
        let mrz = Dg1::decode(&file).unwrap().mrz;
        assert_eq!(mrz.issuing_state(), "D");
        assert_eq!(mrz.document_number(), "C11T002JM");
        assert_eq!(mrz.wrong_check_digits(), [""; 0]);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128), at in 0_usize..95, value: u8) {
            let _ = Dg1::decode(&bytes);
            let mut mutated = file(ZONE);
            mutated[at] = value;
            let _ = Dg1::decode(&mutated);
        }
    }
}
