//! Faces, fingers and irises as a chip holds them: the nesting of Doc 9303-10 (that of CBEFF, ISO/IEC
//! 7816-11) around the records of ISO/IEC 19794-4, -5 and -6 in their editions of 2005, or around the
//! blocks of ISO/IEC 39794, which follow them ([`extensible`]).
//!
//! ```text
//! DGn { 7F61 { 02 count
//!              { 7F60 { A1 { 80 version, 81 type, 82 subtype, 83 created, 85 valid, 86 creator,
//!                            87 format owner, 88 format type }
//!                       5F2E | 7F2E record } }*
//!              [53 filler] } }
//! ```
//!
//! One engine takes the nesting apart for all three groups. A length or a count that the bytes do not
//! bear out, and a record that says that it is another, is malformed; a code that its table does not
//! have is an [`Oddity`] of what is legible all the same.

use std::collections::BTreeSet;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::DataGroup;

pub mod code;
pub mod extensible;
pub mod face;
pub mod finger;
pub mod header;
pub mod image;
pub mod iris;
pub mod oddity;

mod octets;

pub use code::Code;
pub use header::Header;
pub use image::Image;
pub use oddity::Oddity;

/// Biometric information group template
const GROUP_TEMPLATE: u32 = 0x7F61;
/// Biometric information template
const TEMPLATE: u32 = 0x7F60;
/// Biometric header template
const HEADER: u32 = 0xA1;
/// Biometric data block, primitive
const DATA_BLOCK: u32 = 0x5F2E;
/// Biometric data block, constructed by its tag
const DATA_BLOCK_CONSTRUCTED: u32 = 0x7F2E;
/// Discretionary data: octets that differ from card to card. They stand in the group template, or
/// behind it.
const FILLER: u32 = 0x53;

/// Most templates in a group. Ten fingers are usual at most; the limit stops a count that costs time.
const MAX_INSTANCES: usize = 16;

/// Most images in a group, over all its records. Sixteen times what is usual for a hand of fingers
/// would be more than any file can hold.
pub const MAX_IMAGES: usize = 64;

/// Largest image, in bytes. Thirty times a usual portrait.
pub const MAX_IMAGE: usize = 512 * 1024;

/// What a group has been found to hold that is legible and odd.
pub type Oddities = BTreeSet<Oddity>;

/// One instance: what the card says about a record, and the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance<R> {
    /// Biometric header template.
    pub header: Header,
    /// Biometric data block.
    pub record: R,
    /// What is odd about both.
    pub oddities: Oddities,
}

/// A record in one of two families of formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoding<F, E> {
    /// ISO/IEC 19794: octets at fixed places
    Fixed(F),
    /// ISO/IEC 39794: numbered elements
    Extensible(E),
}

impl<F, E> Encoding<F, E> {
    /// The record, if it is of the fixed family.
    pub const fn fixed(&self) -> Option<&F> {
        match self {
            Self::Fixed(record) => Some(record),
            Self::Extensible(_) => None,
        }
    }

    /// The block, if it is of the extensible family.
    pub const fn extensible(&self) -> Option<&E> {
        match self {
            Self::Fixed(_) => None,
            Self::Extensible(block) => Some(block),
        }
    }
}

/// What stands in front of a record, and the record's bytes.
pub(super) struct Template<'a> {
    pub header: Header,
    /// Tag `5F2E` or `7F2E`.
    pub block: Element<'a>,
    pub oddities: Oddities,
}

/// A group without its nesting.
pub(super) struct Templates<'a> {
    pub list: Vec<Template<'a>>,
    pub filler: &'a [u8],
}

/// Takes the nesting of a group apart.
pub(super) fn templates(file: &[u8], group: DataGroup) -> Result<Templates<'_>, Malformed> {
    let what = match group {
        DataGroup::DG2 => "DG2",
        DataGroup::DG3 => "DG3",
        _ => "DG4",
    };
    let mut reader = Reader::new(file);
    let mut content = reader.expect(group.tag(), what)?.inside()?;
    reader.finish(what)?;
    let mut inside = content
        .expect(GROUP_TEMPLATE, "biometric information group template")?
        .inside()?;
    let behind = content.optional(FILLER, "discretionary data")?;
    content.finish(what)?;

    let count = inside.expect(tag::INTEGER, "number of instances")?;
    let instances = usize::try_from(count.small_integer()?)
        .ok()
        .filter(|instances| *instances <= MAX_INSTANCES)
        .ok_or(Malformed::new("number of instances", count.offset))?;
    let mut list = Vec::new();
    for _ in 0..instances {
        list.push(template(
            inside.expect(TEMPLATE, "biometric information template")?,
        )?);
    }
    let filler = match behind {
        Some(behind) => Some(behind),
        None => inside.optional(FILLER, "discretionary data")?,
    };
    inside.finish("biometric information group template")?;
    Ok(Templates {
        list,
        filler: filler.map_or(&[], |filler| filler.value),
    })
}

fn template(element: Element<'_>) -> Result<Template<'_>, Malformed> {
    let mut inside = element.inside()?;
    let mut header = None;
    let mut block = None;
    let mut oddities = Oddities::new();
    while !inside.at_end() {
        let part = inside.element("biometric information template")?;
        let twice = match part.tag {
            HEADER => header.replace(part),
            DATA_BLOCK | DATA_BLOCK_CONSTRUCTED => block.replace(part),
            _ => {
                oddities.insert(Oddity::HeaderElement);
                None
            }
        };
        if twice.is_some() {
            let offset = part.offset;
            return Err(Malformed::new("biometric information template", offset));
        }
    }
    let block = block.ok_or(Malformed::new("biometric data block", inside.offset()))?;
    let header = match header {
        Some(header) => Header::decode(header, &mut oddities)?,
        None => {
            oddities.insert(Oddity::HeaderAbsent);
            Header::default()
        }
    };
    Ok(Template {
        header,
        block,
        oddities,
    })
}

/// A record of either family, and what its header may call it.
type Decoded<F, E> = Result<(Encoding<F, E>, Vec<u8>), Malformed>;

/// Takes a group apart and decodes each record.
pub(super) fn instances<F, E>(
    templates: Vec<Template<'_>>,
    expected: &header::Expected,
    mut decode: impl FnMut(&Element<'_>, &mut Oddities) -> Decoded<F, E>,
) -> Result<Vec<Instance<Encoding<F, E>>>, Malformed> {
    templates
        .into_iter()
        .map(|template| {
            let Template {
                header,
                block,
                mut oddities,
            } = template;
            let (record, subtypes) = decode(&block, &mut oddities)?;
            let format = match record {
                Encoding::Fixed(_) => &expected.fixed,
                Encoding::Extensible(_) => &expected.extensible,
            };
            header.compare(expected, format, &subtypes, &mut oddities);
            Ok(Instance {
                header,
                record,
                oddities,
            })
        })
        .collect()
}

/// Every oddity of several instances.
pub(super) fn oddities<R>(instances: &[Instance<R>]) -> Oddities {
    instances
        .iter()
        .flat_map(|instance| instance.oddities.iter().copied())
        .collect()
}
