//! EF.DIR: which applications a card has (Doc 9303-10 §3.11.2, ISO/IEC 7816-4), and the copy of it
//! in EF.CardSecurity (Doc 9303-11, EFDIRInfo).

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::lds::lds2::Application;

/// Most applications that are told.
const MAX_APPLICATIONS: usize = 16;

/// Longest application identifier (ISO/IEC 7816-4).
const LONGEST_IDENTIFIER: usize = 16;

/// Content octets of id-EFDIR, 2.23.136.1.1.13.
const EF_DIR_INFO: [u8; 6] = [0x67, 0x81, 0x08, 0x01, 0x01, 0x0D];

/// The identifiers (4F) of all application templates (61), in their order. A template that is
/// malformed, or none, is passed over; what cannot be taken apart ends the list.
pub fn identifiers(file: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut reader = Reader::new(file);
    while found.len() < MAX_APPLICATIONS
        && let Ok(template) = reader.element("application template")
    {
        let Ok(mut inside) = template.inside() else {
            continue;
        };
        while found.len() < MAX_APPLICATIONS
            && let Ok(element) = inside.element("application identifier")
        {
            if element.tag == 0x4F && element.value.len() <= LONGEST_IDENTIFIER {
                found.push(element.value.to_vec());
            }
        }
    }
    found
}

/// The applications of LDS2 that the file lists, each once.
pub fn applications(file: &[u8]) -> Vec<Application> {
    let listed = identifiers(file);
    Application::ALL
        .into_iter()
        .filter(|one| listed.iter().any(|listed| *listed == one.identifier()))
        .collect()
}

/// The copy of EF.DIR among SecurityInfos: `EFDIRInfo ::= SEQUENCE { id-EFDIR, OCTET STRING }` with the
/// identifier 2.23.136.1.1.13.
pub fn signed_copy(infos: &[u8]) -> Option<Vec<u8>> {
    let set = Reader::new(infos).expect(tag::SET, "SecurityInfos").ok()?;
    let mut reader = set.inside().ok()?;
    while let Ok(info) = reader.element("SecurityInfo") {
        let copy = || {
            let mut inside = info.inside().ok()?;
            let protocol = inside.expect(tag::OID, "protocol").ok()?;
            let file = inside.expect(tag::OCTET_STRING, "EF.DIR").ok()?;
            (protocol.value == EF_DIR_INFO).then(|| file.value.to_vec())
        };
        if let Some(copy) = copy() {
            return Some(copy);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    /// The example of Doc 9303-10 table 31.
    #[test]
    fn the_published_directory_lists_all_three() {
        let file = hex::decode(concat!(
            "61094F07A0000002471001",
            "61094F07A0000002472001",
            "61094F07A0000002472002",
            "61094F07A0000002472003",
        ))
        .unwrap();
        assert_eq!(applications(&file), Application::ALL);
        assert_eq!(identifiers(&file).len(), 4);
    }

    #[test]
    fn every_template_is_taken_and_what_is_none_is_passed_over() {
        let content = hex::decode(concat!(
            "6109",
            "4F07",
            "A0000002471001",
            "610F",
            "4F05",
            "A000000003",
            "5006",
            "564953410000",
            "5303",
            "010203",
            "6104",
            "4F02",
            "A001",
            "00",
        ))
        .unwrap();
        let found: Vec<String> = identifiers(&content).iter().map(hex::encode).collect();
        assert_eq!(found, ["a0000002471001", "a000000003", "a001"]);
        assert!(identifiers(&[]).is_empty());
        assert!(identifiers(&[0xFF; 40]).is_empty());
    }

    #[test]
    fn the_copy_is_found_among_other_infos() {
        let file = encode(0x61, &[&encode(0x4F, &[&[0xA0, 1]])]);
        let info = |oid: &[u8], value: &[u8]| encode(0x30, &[&encode(0x06, &[oid]), value]);
        let other = info(&[0x2A], &encode(0x02, &[&[1]]));
        let copy = info(&EF_DIR_INFO, &encode(0x04, &[&file]));
        assert_eq!(signed_copy(&encode(0x31, &[&other, &copy])), Some(file));
        assert_eq!(signed_copy(&encode(0x31, &[&other])), None);
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let template = encode(0x61, &[&encode(0x4F, &[&[0xA0, 1]])]);
        assert_eq!(identifiers(&template.repeat(5_000)).len(), MAX_APPLICATIONS);
        let many = encode(0x4F, &[&[0xA0, 1]]).repeat(5_000);
        let one = encode(0x61, &[&many]);
        assert_eq!(identifiers(&one).len(), MAX_APPLICATIONS);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = applications(&bytes);
            let _ = applications(&encode(0x61, &[&bytes]));
            let _ = signed_copy(&bytes);
            let _ = signed_copy(&encode(0x31, &[&encode(0x30, &[&bytes])]));
        }
    }
}
