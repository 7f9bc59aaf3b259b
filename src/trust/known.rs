//! Fingerprints that are known to people: a hint for who compares, and never a reason to trust.
//!
//! Whoever could change this program could change this table as well, and it grows old. What counts
//! is what the authority itself publishes.

/// When the table was made, as year and month.
pub const AS_OF: &str = "2026-11";

/// A root certificate whose fingerprint is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// SHA-256 of the certificate, upper-case hexadecimal.
    pub sha256: &'static str,
    /// What it is the root of, in Vietnamese.
    pub vi: &'static str,
    /// What it is the root of, in English.
    pub en: &'static str,
    /// Where to compare: who publishes the certificate.
    pub publisher: &'static str,
}

/// Every one of them.
const KNOWN: [Known; 4] = [
    Known {
        sha256: "6F0A20D63A43FC589EAF0D8C52113A2A8BFA341C6F2FAB04121238AA0C22B1A9",
        vi: "gốc của thẻ căn cước công dân Việt Nam gắn chip (CSCA Vietnam, 2021)",
        en: "the root of Vietnamese citizen cards with a chip (CSCA Vietnam, 2021)",
        publisher: "ca.gov.vn",
    },
    Known {
        sha256: "6B5FA6FE45CC4E855A73760413E08B7A9AC50A27722C702F3909A90FACC991BD",
        vi: "gốc của hộ chiếu điện tử Việt Nam (CSCA ePassport Vietnam, 2022)",
        en: "the root of Vietnamese electronic passports (CSCA ePassport Vietnam, 2022)",
        publisher: "ca.gov.vn",
    },
    Known {
        sha256: "66B09A816FF5C76D3D6EF10F035DED4A8AC4B961B75955F1D5926DC3C63ECB5B",
        vi: "gốc của giấy tờ Đức (csca-germany, 11/2021)",
        en: "the root of German documents (csca-germany, 11/2021)",
        publisher: "bsi.bund.de",
    },
    Known {
        sha256: "2084AED7A991B3158E63AD750D3DC38BC6C9DCF5958F28D1162F49884E91ADA8",
        vi: "gốc của giấy tờ Đức (csca-germany, 2024)",
        en: "the root of German documents (csca-germany, 2024)",
        publisher: "bsi.bund.de",
    },
];

/// What is known of a fingerprint.
///
/// ```
/// use cancuoc::trust::known::known;
/// assert!(known(&[0; 32]).is_none());
/// ```
pub fn known(fingerprint: &[u8; 32]) -> Option<&'static Known> {
    let sha256 = hex::encode_upper(fingerprint);
    KNOWN.iter().find(|known| known.sha256 == sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fingerprint_is_found_by_its_bytes() {
        for entry in KNOWN {
            let bytes: [u8; 32] = hex::decode(entry.sha256).unwrap().try_into().unwrap();
            assert_eq!(known(&bytes), Some(&entry));
        }
    }
}
