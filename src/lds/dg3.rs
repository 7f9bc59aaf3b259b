//! DG3: the fingers (Doc 9303-10 §4.7.3), as finger records in a biometric information group
//! template, in either of two formats; [`biometrics`](crate::lds::biometrics) has the layouts.

use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::biometrics;
use crate::lds::biometrics::Encoding;
use crate::lds::biometrics::Image;
use crate::lds::biometrics::Instance;
use crate::lds::biometrics::MAX_IMAGES;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::extensible;
use crate::lds::biometrics::extensible::Block;
use crate::lds::biometrics::finger::Finger;
use crate::lds::biometrics::finger::Record;
use crate::lds::biometrics::header::Expected;
use crate::lds::biometrics::header::FormatType;
use crate::lds::biometrics::header::Subtype;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// What the header of a finger record says.
const EXPECTED: Expected = Expected {
    biometric_type: 0x08,
    fixed: FormatType {
        registered: 0x0007,
        outdated: Some(0x0401),
    },
    extensible: FormatType {
        registered: 0x0028,
        outdated: None,
    },
    subtype: Subtype::Mandatory,
};

/// A record of fingers: ISO/IEC 19794-4 or 39794-4.
pub type Fingers = Encoding<Record, Block<extensible::finger::Finger>>;

/// The contents of DG3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg3 {
    /// None where the document holds no finger.
    pub instances: Vec<Instance<Fingers>>,
    /// Octets that differ from card to card, so that the group's hash tells nobody that it holds
    /// nothing.
    pub filler: Vec<u8>,
}

impl Dg3 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, there are too many fingers, an image is too large or of no
    /// form that is known, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let templates = biometrics::templates(file, DataGroup::DG3)?;
        let filler = templates.filler.to_vec();
        let instances = biometrics::instances(templates.list, &EXPECTED, |block, oddities| {
            let application = extensible::finger::APPLICATION;
            if let Some(content) = extensible::content(block, application)? {
                let block = Block::fingers(&content, oddities)?;
                let subtypes = block.subtypes();
                return Ok((Encoding::Extensible(block), subtypes));
            }
            let record = Record::decode(block, oddities)?;
            let subtypes = record.subtypes();
            Ok((Encoding::Fixed(record), subtypes))
        })?;
        let group = Self { instances, filler };
        if group.images().count() > MAX_IMAGES {
            return Err(Malformed::new("number of fingers", 0));
        }
        Ok(group)
    }

    /// The image of every finger, in order and in either format.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.instances.iter().flat_map(|instance| {
            let images: Vec<&Image> = match &instance.record {
                Encoding::Fixed(record) => {
                    let fingers = record.fingers.iter();
                    fingers.map(|finger| &finger.image).collect()
                }
                Encoding::Extensible(block) => {
                    let fingers = block.representations.iter();
                    fingers.map(|finger| &finger.image).collect()
                }
            };
            images
        })
    }

    /// Every finger of the records of ISO/IEC 19794-4, in order.
    pub fn fingers(&self) -> impl Iterator<Item = &Finger> {
        let records = self.instances.iter();
        let records = records.filter_map(|instance| instance.record.fixed());
        records.flat_map(|record| &record.fingers)
    }

    /// What is legible and odd.
    pub fn oddities(&self) -> Oddities {
        biometrics::oddities(&self.instances)
    }

    /// How many fingers there are; what is said of them only to who asks for it.
    pub fn fields(&self) -> Vec<Field> {
        let record = |instance: &Instance<Fingers>| {
            let mut fields = match &instance.record {
                Encoding::Fixed(record) => record.fields(),
                Encoding::Extensible(block) => block.fields(),
            };
            fields.extend(instance.header.fields());
            Value::Fields(fields)
        };
        let count = u64::try_from(self.images().count()).unwrap_or(u64::MAX);
        let mut fields = vec![Field::shown("count", Value::Number(count))];
        if count > 0 {
            let records = self.instances.iter().map(record).collect();
            fields.push(Field::sensitive("fingers", Value::List(records)));
        }
        fields
    }
}
