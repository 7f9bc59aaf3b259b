//! Signed data that signs nothing, as files named `.p7b` and `.p7c` are: it carries certificates and
//! CRLs (RFC 5652 §5.1; "degenerate" in PKCS #7).
//!
//! ```text
//! SignedData ::= SEQUENCE {
//!   version INTEGER, digestAlgorithms SET OF, encapContentInfo SEQUENCE { eContentType OID },
//!   certificates [0] IMPLICIT SET OPTIONAL, crls [1] IMPLICIT SET OPTIONAL,
//!   signerInfos SET OF SignerInfo -- none -- }
//! ```

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::definite;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::error::TrustError;
use crate::trust::holding::Holding;
use crate::trust::holding::der;
use crate::trust::holding::malformed;

/// id-signedData, 1.2.840.113549.1.7.2
const SIGNED_DATA: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]);

/// Most certificates and CRLs in one bundle, as in an armoured file.
const MAX_MEMBERS: usize = 4096;

/// What a bundle carries; nothing where the bytes are something else, such as a list that is signed.
pub(super) fn carried(bytes: &[u8], place: &str) -> Option<Result<Vec<Holding>, TrustError>> {
    let definite = definite(bytes).ok()?;
    let members = members(&definite).ok()??;
    if members.len() > MAX_MEMBERS {
        let what = place.to_owned();
        return Some(Err(TrustError::TooMany { what }));
    }
    if members.is_empty() {
        return Some(Err(malformed(place, "the bundle is empty")));
    }
    let numbered = members.iter().zip(1_usize..);
    Some(
        numbered
            .map(|(member, number)| der(member, &format!("{place}, number {number}")))
            .collect(),
    )
}

/// Each certificate and CRL, or nothing where there is content or a signer.
fn members(content_info: &[u8]) -> Result<Option<Vec<&[u8]>>, Malformed> {
    let mut outer = Reader::new(content_info);
    let mut info = outer.expect(tag::SEQUENCE, "ContentInfo")?.inside()?;
    outer.finish("ContentInfo")?;
    let kind = info.expect(tag::OID, "contentType")?;
    if Oid::new(kind.value) != SIGNED_DATA {
        return Ok(None);
    }
    let mut content = info.expect(0xA0, "content")?.inside()?;
    info.finish("ContentInfo")?;
    let mut fields = content.expect(tag::SEQUENCE, "SignedData")?.inside()?;
    content.finish("content")?;
    fields.expect(tag::INTEGER, "CMSVersion")?;
    fields.expect(tag::SET, "digestAlgorithms")?;
    let mut encapsulated = fields.expect(tag::SEQUENCE, "encapContentInfo")?.inside()?;
    encapsulated.expect(tag::OID, "eContentType")?;
    let sets = [
        fields.optional(0xA0, "certificates")?,
        fields.optional(0xA1, "crls")?,
    ];
    let signers = fields.expect(tag::SET, "signerInfos")?;
    fields.finish("SignedData")?;
    if !encapsulated.at_end() || !signers.value.is_empty() {
        return Ok(None);
    }
    let mut members = Vec::new();
    for set in sets.into_iter().flatten() {
        let mut set = set.inside()?;
        while !set.at_end() && members.len() <= MAX_MEMBERS {
            let member = set.element("member of a bundle")?;
            // RFC 5652 §10.2.1 and §10.2.2: the other choices are not of X.509.
            if member.tag == tag::SEQUENCE {
                members.push(member.raw);
            }
        }
    }
    Ok(Some(members))
}
