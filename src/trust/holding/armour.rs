//! Base64 with armour (RFC 7468), as openssl and most authorities write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::TrustError;
use crate::trust::holding::Holding;
use crate::trust::holding::der;
use crate::trust::holding::malformed;
use crate::trust::holding::one_or_more;

/// Most things in one armoured file. A bundle of every country's certificates has some hundred.
const MAX_BLOCKS: usize = 4096;

/// What an armour's first line begins with.
const BEGIN: &[u8] = b"-----BEGIN ";

/// Whether a file holds a block.
pub(super) fn has_armour(bytes: &[u8]) -> bool {
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN)
}

pub(super) fn without_spaces(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect()
}

/// The blocks of an armoured file; words between them are passed over.
pub(super) fn armoured(bytes: &[u8], name: &str) -> Result<Vec<Holding>, TrustError> {
    let mut found = Vec::new();
    let mut block: Option<(usize, String, Vec<u8>)> = None;
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        let at = |number: usize| format!("{name}, line {}", number.saturating_add(1));
        let begins = line.strip_prefix(BEGIN).and_then(label);
        let ends = line.strip_prefix(b"-----END ").and_then(label);
        match (block.take(), begins, ends) {
            (None, Some(label), _) => block = Some((number, label, Vec::new())),
            (None, None, _) => {}
            (Some((start, label, text)), None, Some(end)) if label == end => {
                found.extend(opened(&label, &text, &at(start))?);
                if found.len() > MAX_BLOCKS {
                    let what = name.to_owned();
                    return Err(TrustError::TooMany { what });
                }
            }
            (Some((start, label, mut text)), None, None) => {
                // Headers (RFC 1421) stand in old files; base64 has no colon.
                if !line.contains(&b':') {
                    text.extend_from_slice(line);
                }
                block = Some((start, label, text));
            }
            (Some((start, ..)), _, _) => {
                return Err(malformed(&at(start), "the block does not end"));
            }
        }
    }
    match block {
        Some((start, ..)) => Err(malformed(
            &format!("{name}, line {}", start.saturating_add(1)),
            "the block does not end",
        )),
        None if found.is_empty() => Err(malformed(name, "no block")),
        None => Ok(found),
    }
}

/// The label of an armour's line, when the line is whole.
fn label(rest: &[u8]) -> Option<String> {
    let label = rest.strip_suffix(b"-----")?;
    Some(String::from_utf8_lossy(label).into_owned())
}

/// What one block holds. Its label must name a kind that is taken: a private key, say, is not.
fn opened(label: &str, text: &[u8], place: &str) -> Result<Vec<Holding>, TrustError> {
    let bytes = STANDARD
        .decode(without_spaces(text))
        .map_err(|_| malformed(place, "the base64 is wrong"))?;
    match label {
        "CERTIFICATE"
        | "X509 CERTIFICATE"
        | "X.509 CERTIFICATE"
        | "X509 CRL"
        | "CRL"
        | "CMS"
        | "PKCS7"
        | "PKCS #7 SIGNED DATA" => one_or_more(&bytes, place),
        // What openssl adds behind the certificate says what it is trusted for: that is not read.
        "TRUSTED CERTIFICATE" => {
            let whole = Reader::new(&bytes)
                .expect(tag::SEQUENCE, "Certificate")
                .map_err(|fault| malformed(place, &fault.to_string()))?;
            Ok(vec![der(whole.raw, place)?])
        }
        other => Err(malformed(place, &format!("a block of {other}"))),
    }
}
