//! What is wrong with documents (Doc 9303-3 §7.3.5, Doc 9303-12 §10.2).
//!
//! ```text
//! DeviationDescription ::= SEQUENCE {                         -- IMPLICIT TAGS
//!   description   PrintableString OPTIONAL,
//!   deviationType OBJECT IDENTIFIER,
//!   parameters    [0] ANY DEFINED BY deviationType OPTIONAL,
//!   nationalUse   [1] ANY OPTIONAL }
//! CertField ::= CHOICE { body CertificateBodyField, extension OBJECT IDENTIFIER }
//! CertificateBodyField, Datagroup, MRZField ::= INTEGER
//! ```

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::pki::name;

/// Longest description in words, in bytes. It is for people to read.
const MAX_DESCRIPTION: usize = 16 * 1024;

/// Longest parameters and national use, in bytes.
const MAX_PARAMETERS: usize = 64 * 1024;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// In words. It comes from outside and may hold anything.
    pub text: Option<String>,
    /// What kind of thing.
    pub kind: DeviationType,
    /// Where in the certificate, the chip or the zone, in the way that this kind has.
    pub parameter: Option<Parameter>,
    /// The parameters as they stood, understood or not.
    pub raw_parameters: Option<Vec<u8>>,
    /// What the state says in its own way, as it stood.
    pub national_use: Option<Vec<u8>>,
}

/// The kinds of deviation, by their object identifiers below 2.23.136.1.1.7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviationType {
    /// 1: a certificate or key, in another way than the four below.
    CertOrKey,
    /// 1.1: the signature of the document signer's certificate is wrong.
    DsSignature,
    /// 1.2: the document signer's certificate contains a coding error.
    DsEncoding,
    /// 1.3: the authority's certificate contains a coding error.
    CscaEncoding,
    /// 1.4: the key for active authentication may be compromised.
    AaKeyCompromised,
    /// 2: the logical data structure, in another way than the four below.
    Lds,
    /// 2.1: the TLV encoding of the group is corrupted.
    DgMalformed,
    /// 2.2: the hash of the group in EF.SOD is wrong.
    DgHashWrong,
    /// 2.3: the signature in EF.SOD is wrong.
    SodSignatureWrong,
    /// 2.4: EF.COM and EF.SOD are inconsistent.
    ComInconsistent,
    /// 3: the zone, in another way than the two below.
    Mrz,
    /// 3.1: the field has wrong data, and the chip still opens.
    MrzWrongData,
    /// 3.2: the check digit of the field is wrong.
    MrzWrongCheckDigit,
    /// 4: the chip cannot be used.
    Chip,
    /// 5: what the state says in its own way.
    NationalUse,
    /// One that the standard did not have in its eighth edition: content octets of its object
    /// identifier.
    Unknown(Vec<u8>),
}

/// Where the deviation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// In this part of a certificate.
    Certificate(CertField),
    /// In this file.
    Datagroup(Datagroup),
    /// In this field of the zone.
    Mrz(MrzField),
}

/// A part of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertField {
    /// A field of the body.
    Body(CertificateBodyField),
    /// The extension with this dotted object identifier.
    Extension(String),
}

/// A field of a certificate's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateBodyField {
    /// Not said which.
    Generic,
    /// version
    Version,
    /// serialNumber
    SerialNumber,
    /// signature
    Signature,
    /// issuer
    Issuer,
    /// validity
    Validity,
    /// subject
    Subject,
    /// subjectPublicKeyInfo
    SubjectPublicKeyInfo,
    /// issuerUniqueID
    IssuerUniqueId,
    /// subjectUniqueID
    SubjectUniqueId,
}

/// A file of the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datagroup {
    /// A data group, 1 to 16.
    Group(u8),
    /// EF.SOD
    Sod,
    /// EF.COM
    Com,
}

/// A field of the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MrzField {
    /// Not said which.
    Generic,
    /// documentCode
    DocumentCode,
    /// issuingState
    IssuingState,
    /// personName
    PersonName,
    /// documentNumber
    DocumentNumber,
    /// nationality
    Nationality,
    /// dateOfBirth
    DateOfBirth,
    /// sex
    Sex,
    /// dateOfExpiry
    DateOfExpiry,
    /// optionalData
    OptionalData,
}

impl Description {
    pub(super) fn read(element: Element<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "DeviationDescription";
        let mut fields = element.inside()?;
        let text = match fields.peek() {
            None | Some(tag::OID) => None,
            Some(_) => {
                let text = fields.element("description")?;
                let read = name::text(text).filter(|text| text.len() <= MAX_DESCRIPTION);
                Some(read.ok_or(Malformed::new("description", text.offset))?)
            }
        };
        let kind = DeviationType::of(fields.expect(tag::OID, "deviationType")?.value);
        let parameters = any(&mut fields, 0)?;
        let national_use = any(&mut fields, 1)?;
        fields.finish(WHAT)?;
        Ok(Self {
            text,
            parameter: parameters.and_then(|value| kind.parameter(value)),
            raw_parameters: parameters.map(<[u8]>::to_vec),
            national_use: national_use.map(<[u8]>::to_vec),
            kind,
        })
    }
}

/// Takes a field of any type under a context-specific tag. X.680 §31.2.7: where the type is open the
/// tag is explicit, although the module's are not.
fn any<'a>(fields: &mut Reader<'a>, number: u32) -> Result<Option<&'a [u8]>, Malformed> {
    const WHAT: &str = "parameters of a deviation";
    let field = match fields.optional(0xA0 | number, WHAT)? {
        Some(field) => Some(field),
        None => fields.optional(0x80 | number, WHAT)?,
    };
    match field {
        Some(field) if field.value.len() > MAX_PARAMETERS => {
            Err(Malformed::new(WHAT, field.offset))
        }
        field => Ok(field.map(|field| field.value)),
    }
}

impl DeviationType {
    /// The kind with this object identifier, content octets.
    pub(super) fn of(oid: &[u8]) -> Self {
        match Oid::new(oid).below(DEVIATION_LIST) {
            Some([1]) => Self::CertOrKey,
            Some([1, 1]) => Self::DsSignature,
            Some([1, 2]) => Self::DsEncoding,
            Some([1, 3]) => Self::CscaEncoding,
            Some([1, 4]) => Self::AaKeyCompromised,
            Some([2]) => Self::Lds,
            Some([2, 1]) => Self::DgMalformed,
            Some([2, 2]) => Self::DgHashWrong,
            Some([2, 3]) => Self::SodSignatureWrong,
            Some([2, 4]) => Self::ComInconsistent,
            Some([3]) => Self::Mrz,
            Some([3, 1]) => Self::MrzWrongData,
            Some([3, 2]) => Self::MrzWrongCheckDigit,
            Some([4]) => Self::Chip,
            Some([5]) => Self::NationalUse,
            _ => Self::Unknown(oid.to_vec()),
        }
    }

    /// The name in the standard, such as `id-Deviation-LDS-DGHashWrong`; of an unknown kind its
    /// dotted object identifier.
    pub fn name(&self) -> String {
        let last = match self {
            Self::CertOrKey => "CertOrKey",
            Self::DsSignature => "CertOrKey-DSSignature",
            Self::DsEncoding => "CertOrKey-DSEncoding",
            Self::CscaEncoding => "CertOrKey-CSCAEncoding",
            Self::AaKeyCompromised => "CertOrKey-AAKeyCompromised",
            Self::Lds => "LDS",
            Self::DgMalformed => "LDS-DGMalformed",
            Self::DgHashWrong => "LDS-DGHashWrong",
            Self::SodSignatureWrong => "LDS-SODSignatureWrong",
            Self::ComInconsistent => "LDS-COMInconsistent",
            Self::Mrz => "MRZ",
            Self::MrzWrongData => "MRZ-WrongData",
            Self::MrzWrongCheckDigit => "MRZ-WrongCheckDigit",
            Self::Chip => "Chip",
            Self::NationalUse => "NationalUse",
            Self::Unknown(oid) => return Oid::new(oid).to_string(),
        };
        format!("id-Deviation-{last}")
    }

    /// What the parameters of this kind say; nothing when it has none, or they say something else.
    fn parameter(&self, value: &[u8]) -> Option<Parameter> {
        let mut reader = Reader::new(value);
        let element = reader.element("parameters").ok()?;
        reader.finish("parameters").ok()?;
        match self {
            Self::DsEncoding | Self::CscaEncoding => {
                CertField::of(element).map(Parameter::Certificate)
            }
            Self::DgMalformed | Self::DgHashWrong => {
                Datagroup::of(number(element)?).map(Parameter::Datagroup)
            }
            Self::MrzWrongData | Self::MrzWrongCheckDigit => {
                let field = usize::try_from(number(element)?).ok()?;
                MrzField::ALL.get(field).copied().map(Parameter::Mrz)
            }
            _ => None,
        }
    }
}

/// The number in an INTEGER.
fn number(element: Element<'_>) -> Option<u32> {
    (element.tag == tag::INTEGER)
        .then(|| element.small_integer().ok())
        .flatten()
}

impl CertField {
    fn of(element: Element<'_>) -> Option<Self> {
        if element.tag == tag::OID {
            return Some(Self::Extension(Oid::new(element.value).to_string()));
        }
        let field = usize::try_from(number(element)?).ok()?;
        CertificateBodyField::ALL
            .get(field)
            .copied()
            .map(Self::Body)
    }
}

impl CertificateBodyField {
    /// By their numbers.
    const ALL: [Self; 10] = [
        Self::Generic,
        Self::Version,
        Self::SerialNumber,
        Self::Signature,
        Self::Issuer,
        Self::Validity,
        Self::Subject,
        Self::SubjectPublicKeyInfo,
        Self::IssuerUniqueId,
        Self::SubjectUniqueId,
    ];
}

impl Datagroup {
    fn of(number: u32) -> Option<Self> {
        match u8::try_from(number).ok()? {
            group @ 1..=16 => Some(Self::Group(group)),
            20 => Some(Self::Sod),
            21 => Some(Self::Com),
            _ => None,
        }
    }
}

impl MrzField {
    /// By their numbers.
    const ALL: [Self; 10] = [
        Self::Generic,
        Self::DocumentCode,
        Self::IssuingState,
        Self::PersonName,
        Self::DocumentNumber,
        Self::Nationality,
        Self::DateOfBirth,
        Self::Sex,
        Self::DateOfExpiry,
        Self::OptionalData,
    ];
}

/// id-icao-DeviationList, 2.23.136.1.1.7
const DEVIATION_LIST: Oid<'_> = Oid::new(&[0x67, 0x81, 8, 1, 1, 7]);
