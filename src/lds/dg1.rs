//! DG1: the machine-readable zone (Doc 9303-10 §4.7.1): `61 { 5F1F zone }`.

use std::fmt;

use crate::bytes::tlv::Reader;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::Sex;

const MRZ_DATA_ELEMENT: u32 = 0x5F1F;

/// The contents of DG1. [`fmt::Debug`] shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Dg1 {
    /// The zone, taken apart. It may have [`Mrz::faults`].
    pub mrz: Mrz,
    /// The zone's octets as they stand in the file.
    pub raw: Vec<u8>,
}

impl Dg1 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, the zone is of no zone's length, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut inside = reader.expect(DataGroup::DG1.tag(), "DG1")?.inside()?;
        reader.finish("DG1")?;
        let zone = inside.expect(MRZ_DATA_ELEMENT, "MRZ data element")?;
        inside.finish("DG1")?;
        let mrz = Mrz::decode(zone.value).map_err(|inner| {
            let offset = zone.offset.saturating_add(inner.offset);
            Malformed::new(inner.what, offset)
        })?;
        Ok(Self {
            mrz,
            raw: zone.value.to_vec(),
        })
    }

    /// The fields for showing: dates as they are printed, since the zone does not tell the century.
    pub fn fields(&self) -> Vec<Field> {
        let mrz = &self.mrz;
        let sex = match mrz.sex() {
            Sex::Male => "male",
            Sex::Female => "female",
            Sex::Unspecified => "unspecified",
        };
        let [first, second] = mrz.optional_data();
        let optional = [first, second]
            .into_iter()
            .filter(|data| !data.is_empty())
            .map(|data| Value::Text(data.to_owned()))
            .collect::<Vec<_>>();
        let lines = mrz.lines().into_iter();
        let lines = lines.map(|line| Value::Text(line.to_owned())).collect();
        let faults = mrz.faults().into_iter();
        let faults: Vec<Value> = faults.map(|fault| Value::Text(fault.to_string())).collect();
        let text = |text: &str| Value::Text(text.to_owned());
        let filled = |values: &Value| match values {
            Value::Text(text) => !text.is_empty(),
            Value::List(values) => !values.is_empty(),
            _ => true,
        };
        [
            ("document_code", text(mrz.document_code())),
            ("issuing_state", text(mrz.issuing_state())),
            ("document_number", text(mrz.document_number())),
            ("surname", Value::Text(mrz.surname())),
            ("given_names", Value::Text(mrz.given_names())),
            ("nationality", text(mrz.nationality())),
            ("birth_printed", Value::Text(mrz.birth().to_string())),
            ("sex", Value::Word(sex)),
            ("expiry_printed", Value::Text(mrz.expiry().to_string())),
            ("optional_data", Value::List(optional)),
            ("mrz", Value::List(lines)),
            ("mrz_faults", Value::List(faults)),
        ]
        .into_iter()
        .filter(|(_, value)| filled(value))
        .map(|(name, value)| Field::shown(name, value))
        .collect()
    }
}

impl fmt::Debug for Dg1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dg1({:?})", self.mrz.form())
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
    fn the_zone_is_read_and_its_faults_are_named() {
        let dg1 = Dg1::decode(&file(ZONE)).unwrap();
        assert_eq!(dg1.mrz.document_number(), "099000123");
        assert_eq!(dg1.raw, ZONE.as_bytes());
        assert!(!format!("{dg1:?}").contains("099"));
        let names: Vec<_> = dg1.fields().into_iter().map(|field| field.name).collect();
        assert_eq!(
            names.join(" "),
            "document_code issuing_state document_number surname given_names nationality \
             birth_printed sex expiry_printed optional_data mrz"
        );
        let small = Dg1::decode(&file(&ZONE.replacen("IDVNM", "IDvNM", 1))).unwrap();
        assert_eq!(small.mrz.issuing_state(), "VNM");
        let faults: Vec<_> = small.mrz.faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults, ["issuing_state: character"]);
        assert!(
            small
                .fields()
                .iter()
                .any(|field| field.name == "mrz_faults")
        );
    }

    #[test]
    fn other_lengths_templates_and_trailing_bytes_are_refused() {
        let mut trailing = file(ZONE);
        trailing.push(0);
        for wrong in [
            file(&format!("{ZONE}\n")),
            file(&ZONE[1..]),
            encode(0x62, &[&encode(0x5F1F, &[ZONE.as_bytes()])]),
            encode(0x61, &[&encode(0x5F1E, &[ZONE.as_bytes()])]),
            encode(0x61, &[]),
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
            if let Ok(dg1) = Dg1::decode(&mutated) {
                let _ = dg1.fields();
            }
        }
    }
}
