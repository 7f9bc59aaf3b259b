//! Faces, fingers and irises in the extensible formats: ISO/IEC 39794-5, -4 and -6.
//!
//! ```text
//! 7F2E { A1 { 65 | 64 | 66 { A0 { 80 generation, 81 year },
//!                            A1 { 30 representation }+ } } }
//! ```
//!
//! All of it is ASN.1 in the distinguished encoding with implicit tags, so that every member has the
//! number that its module gives it; a CHOICE keeps a tag of its own. `A1` in the data block stands for
//! a format that is standardized, as ICAO's samples have it; blocks without it are read as well.
//!
//! Faces are as the modules of ICAO's application profile have them (ISO/IEC 39794-5 Application
//! Profile for eMRTDs, version 1). Codes that the profile does not permit, and fingers and irises
//! altogether, are as JMRTD has them, since the modules of the standards are not published freely:
//! there the numbers of members and the codes were not checked against the standards, nor was the `A1`
//! in DG3 and DG4. Lengths in the world (distance of the camera, height of the person) have no unit in
//! the modules and stay bare numbers; those of ICAO's samples would be millimetres.
//!
//! Where a module may be extended, what is not known is kept and passed over.

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::image::Channels;
use crate::image::Format;
use crate::lds::biometrics::Image;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::image::Layout;
use crate::lds::biometrics::image::Packing;
use crate::lds::field::Field;
use crate::lds::field::Value;

pub mod common;
pub mod device;
pub mod face;
pub mod finger;
pub mod identity;
pub mod iris;
pub mod landmark;
pub mod segment;

mod netpbm;
mod walk;

use walk::Members;
use walk::Walk;

pub use common::AttackDetection;
pub use common::Moment;
pub use common::Quality;
pub use common::Registered;
pub use walk::Extension;

/// Data in a standardized format
const STANDARDIZED: u32 = 0xA1;

/// First generation and year of the extensible formats
const FIRST: (u32, u32) = (3, 2019);

/// A data block: so many faces, fingers or irises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<R> {
    /// Version of the format.
    pub version: Version,
    /// At least one.
    pub representations: Vec<R>,
    /// Elements that this program does not know.
    pub extensions: Vec<Extension>,
}

/// Version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// 3 is the extensible one.
    pub generation: u32,
    /// Year of the standard's edition
    pub year: u32,
}

/// Which format a data block should have.
pub(super) struct Kind {
    /// `[APPLICATION 4]` to `[APPLICATION 6]`
    pub application: u32,
    /// The standard
    pub standard: &'static str,
    /// Most representations in a block
    pub most: usize,
    /// What is noted where a number is out of its range
    pub odd: Oddity,
}

/// The block in a data block; nothing where the content begins as no extensible one does.
pub(in crate::lds) fn content<'a>(
    data: &Element<'a>,
    application: u32,
) -> Result<Option<Element<'a>>, Malformed> {
    const WHAT: &str = "extensible data block";
    let mut reader = data.inside()?;
    let first = reader.peek();
    if first == Some(STANDARDIZED) {
        let standardized = reader.element(WHAT)?;
        reader.finish(WHAT)?;
        reader = standardized.inside()?;
    } else if first != Some(application) {
        return Ok(None);
    }
    let block = reader.expect(application, WHAT)?;
    reader.finish(WHAT)?;
    Ok(Some(block))
}

/// The image of a finger or iris: samples of a Netpbm map without its head, else the file. Blocks of
/// these tell no size, so only the map has one.
fn image(
    data: &Element<'_>,
    announced: Option<Format>,
    channels: Channels,
    bits: u8,
    walk: &mut Walk<'_>,
) -> Result<Image, Malformed> {
    let bytes = walk::octets(data, "image data")?;
    let unknown = Layout {
        width: 0,
        height: 0,
        depth: bits,
        channels,
        packing: Packing::Octets,
    };
    let head = announced == Some(Format::Raw);
    let map = head.then(|| netpbm::samples(bytes)).flatten();
    let (layout, bytes) = map.unwrap_or((unknown, bytes));
    Image::new(bytes, data.offset, announced, layout, walk.oddities())
}

impl<R> Block<R> {
    /// Decodes a block; `one` decodes each of its representations.
    fn of(
        block: &Element<'_>,
        kind: &Kind,
        oddities: &mut Oddities,
        mut one: impl FnMut(Members<'_>, &mut Walk<'_>) -> Result<R, Malformed>,
    ) -> Result<Self, Malformed> {
        const VERSION: &str = "version of the format";
        const WHAT: &str = "representations";
        let mut walk = Walk::new(oddities, kind.odd);
        let mut members = Members::of(block, "extensible data block")?;

        let mut numbers = Members::of(&members.need(0)?, VERSION)?;
        let version = Version {
            generation: walk::number(&numbers.need(0)?)?,
            year: walk::number(&numbers.need(1)?)?,
        };
        numbers.rest(&mut walk)?;
        walk.note((version.generation, version.year) < FIRST);

        let list = members.need(1)?;
        let representations = walk.list(&list, kind.most, WHAT, |element, walk| {
            one(Members::of(element, "representation")?, walk)
        })?;
        if representations.is_empty() {
            return Err(Malformed::new("number of representations", list.offset));
        }
        members.rest(&mut walk)?;
        Ok(Self {
            version,
            representations,
            extensions: walk.extensions,
        })
    }

    /// What is said of the block as a whole.
    pub(super) fn fields_of(&self, kind: &Kind) -> Vec<Field> {
        let Version { generation, year } = self.version;
        let mut fields = vec![
            Field::shown("standard", Value::Text(kind.standard.to_owned())),
            Field::shown(
                "format_version",
                Value::Text(format!("{generation} ({year})")),
            ),
        ];
        if !self.extensions.is_empty() {
            let octets = |extension: &Extension| Value::Octets(extension.bytes.clone());
            let all = self.extensions.iter().map(octets).collect();
            fields.push(Field::sensitive("not_understood", Value::List(all)));
        }
        fields
    }
}

#[cfg(test)]
mod tests;
