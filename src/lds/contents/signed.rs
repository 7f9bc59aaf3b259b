//! What stands in a signed file, without a look at the signature.
//!
//! ```text
//! ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] SignedData }
//! SignedData  ::= SEQUENCE { version INTEGER, digestAlgorithms SET,
//!   encapContentInfo SEQUENCE { eContentType OBJECT IDENTIFIER, eContent [0] OCTET STRING }, … }
//! ```
//! (RFC 5652 §3 and §5.1.)

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::sod::SecurityObject;

/// \[0\], constructed
const EXPLICIT: u32 = 0xA0;

/// The type and the octets of what is signed. The form is definite already.
pub(super) fn content(content_info: &[u8]) -> Result<(Oid<'_>, &[u8]), Malformed> {
    let mut info = Reader::new(content_info)
        .expect(tag::SEQUENCE, "ContentInfo")?
        .inside()?;
    info.expect(tag::OID, "contentType")?;
    let mut explicit = info.expect(EXPLICIT, "content")?.inside()?;
    let mut signed_data = explicit.expect(tag::SEQUENCE, "SignedData")?.inside()?;
    signed_data.expect(tag::INTEGER, "SignedData version")?;
    signed_data.expect(tag::SET, "digestAlgorithms")?;
    let mut encapsulated = signed_data
        .expect(tag::SEQUENCE, "encapContentInfo")?
        .inside()?;
    let kind = encapsulated.expect(tag::OID, "eContentType")?;
    let mut explicit = encapsulated.expect(EXPLICIT, "eContent")?.inside()?;
    let content = explicit.expect(tag::OCTET_STRING, "eContent")?;
    Ok((Oid::new(kind.value), content.value))
}

/// What the security object says, field by field.
pub(super) fn fields(object: &SecurityObject) -> Vec<Field> {
    let groups = object.hashes.keys();
    let groups = groups.map(|group| Value::Text(group.to_string())).collect();
    let mut fields = vec![
        Field::shown("version", Value::Number(u64::from(object.version))),
        Field::shown("hash_algorithm", Value::Text(object.hash.name().to_owned())),
        Field::shown("groups", Value::List(groups)),
    ];
    if let Some((lds, unicode)) = &object.versions {
        fields.push(Field::shown("lds_version", Value::Text(lds.clone())));
        fields.push(Field::shown(
            "unicode_version",
            Value::Text(unicode.clone()),
        ));
    }
    fields
}
