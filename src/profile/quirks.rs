//! Names of the quirks that a profile may list: those that a read can meet or an issuer can write.

/// Every name, in order.
pub const KNOWN: [&str; 121] = [
    "aa-hash-missing",
    "active-empty-on-short-le",
    "active-expected-length",
    "active-once",
    "active-signature-der",
    "active-signature-zeros",
    "answers-in-parts",
    "attributes-sorted-late",
    "attributes-unsorted",
    "bac-absent-6985",
    "bac-absent-6a88",
    "ca-info-missing",
    "ca-key-id-mismatch",
    "ca-key-id-refused",
    "ca-key-id-zero",
    "ca-key-refused",
    "ca-needs-chaining",
    "ca-needs-extended",
    "ca-set-at",
    "ca-set-kat",
    "card-access-6283",
    "card-access-6982",
    "card-access-6982-after-aid",
    "card-access-absent",
    "card-access-offers-less",
    "card-reset",
    "certificate-curve-wrong",
    "certificate-hash-wrong",
    "chunk-drops",
    "chunk-limit",
    "chunk-limit-6282",
    "com-absent",
    "com-lists-less",
    "com-lists-more",
    "com-malformed",
    "dg11-count",
    "dg11-empty-fields",
    "dg11-unknown-fields",
    "dg12-bcd-dates",
    "dg13-foreign",
    "discretionary-template",
    "end-of-file-6282",
    "end-of-file-6b00",
    "end-of-file-9000",
    "end-of-file-empty",
    "even-read-ends-at-8000",
    "explicit-curve",
    "explicit-curve-bare",
    "explicit-curve-seed",
    "extended-refused",
    "external-authenticate-le-00",
    "external-authenticate-no-le",
    "file-cut-short",
    "further-infos",
    "general-authenticate-extended",
    "general-authenticate-le-256",
    "general-authenticate-no-le",
    "general-authenticate-unchained",
    "group-long-lengths",
    "group-unsigned",
    "hash-longer-than-order",
    "header-read-refused",
    "le-6cxx",
    "lost-over-length",
    "mrz-long-number",
    "mrz-optional-filler",
    "mrz-optional-zero",
    "mrz-short-number",
    "mrz-state-d",
    "mrz-two-digit-year",
    "no-length-information",
    "pace-domain-parameters",
    "pace-info-extra-elements",
    "pace-info-without-id",
    "pace-offer-refused",
    "parameter-reference-refused",
    "parameter-reference-required",
    "parameters-absent",
    "parameters-null",
    "pin-resumed",
    "plain-refusal",
    "portrait-codestream",
    "portrait-exif",
    "portrait-padding",
    "portrait-type",
    "protected-extended-refused",
    "pss-defaults",
    "pss-salt",
    "read-what-fits",
    "reader-cuts-answers",
    "reader-lost",
    "reader-pace",
    "reader-refuses-length",
    "reader-sleeps",
    "reset-by-other",
    "select-mf",
    "select-mf-6985",
    "select-mf-6a81",
    "select-mf-6a86",
    "select-mf-6a87",
    "select-mf-6d00",
    "serial-negative",
    "serial-zero",
    "several-applications",
    "several-pace-infos",
    "sfi-leaves-application",
    "sfi-not-found",
    "sfi-unsupported",
    "signed-group-absent",
    "signer-absent",
    "signer-by-key-id",
    "signer-name-case",
    "signer-name-foreign",
    "signer-name-printable",
    "signer-name-spaces",
    "sod-constructed-octets",
    "sod-indefinite-length",
    "sod-oid-icao-pilot",
    "sod-oid-pilot-nl",
    "tag-drops",
    "tag-lost",
];

/// Most digits of a status word or a number behind a name.
const MAX_DIGITS: usize = 5;

/// Whether this is such a name, with a status word or a number behind it perhaps:
/// `select-mf-6f00`, `chunk-limit-200`.
pub(super) fn is_known(name: &str) -> bool {
    let digits = |word: &str| {
        let digit = |c: char| c.is_ascii_digit() || matches!(c, 'a'..='f');
        (1..=MAX_DIGITS).contains(&word.len()) && word.chars().all(digit)
    };
    let behind = name.rsplit_once('-').filter(|(_, word)| digits(word));
    KNOWN.contains(&name) || behind.is_some_and(|(name, _)| KNOWN.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_order_and_a_status_or_number_may_stand_behind_one() {
        assert!(KNOWN.is_sorted());
        for name in [
            "select-mf-6d00",
            "select-mf-6f00",
            "chunk-limit-200",
            "tag-lost",
        ] {
            assert!(is_known(name), "{name}");
        }
        for name in [
            "select-mf-6D00",
            "select-mf-",
            "no-such",
            "no-such-12",
            "6d00",
            "",
        ] {
            assert!(!is_known(name), "{name}");
        }
    }
}
