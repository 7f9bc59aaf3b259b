//! DG4: the irises (Doc 9303-10 §4.7.4), as iris records in a biometric information group
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
use crate::lds::biometrics::header::Expected;
use crate::lds::biometrics::header::FormatType;
use crate::lds::biometrics::header::Subtype;
use crate::lds::biometrics::iris::Iris;
use crate::lds::biometrics::iris::Record;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// What the header of an iris record says.
const EXPECTED: Expected = Expected {
    biometric_type: 0x10,
    fixed: FormatType {
        registered: 0x0009,
        outdated: Some(0x0601),
    },
    extensible: FormatType {
        registered: 0x002C,
        outdated: None,
    },
    subtype: Subtype::Mandatory,
};

/// A record of irises: ISO/IEC 19794-6 or 39794-6.
pub type Irises = Encoding<Record, Block<extensible::iris::Iris>>;

/// The contents of DG4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg4 {
    /// None where the document holds no iris.
    pub instances: Vec<Instance<Irises>>,
    /// Octets that differ from card to card, so that the group's hash tells nobody that it holds
    /// nothing.
    pub filler: Vec<u8>,
}

impl Dg4 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, there are too many irises, an image is too large or of no
    /// form that is known, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let templates = biometrics::templates(file, DataGroup::DG4)?;
        let filler = templates.filler.to_vec();
        let instances = biometrics::instances(templates.list, &EXPECTED, |block, oddities| {
            let application = extensible::iris::APPLICATION;
            if let Some(content) = extensible::content(block, application)? {
                let block = Block::irises(&content, oddities)?;
                let subtypes = block.subtypes();
                return Ok((Encoding::Extensible(block), subtypes));
            }
            let record = Record::decode(block, oddities)?;
            let subtypes = record.subtypes();
            Ok((Encoding::Fixed(record), subtypes))
        })?;
        let group = Self { instances, filler };
        if group.images().count() > MAX_IMAGES {
            return Err(Malformed::new("number of irises", 0));
        }
        Ok(group)
    }

    /// The image of every iris, in order and in either format.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.instances.iter().flat_map(|instance| {
            let images: Vec<&Image> = match &instance.record {
                Encoding::Fixed(record) => {
                    let irises = record.eyes.iter().flat_map(|eye| &eye.images);
                    irises.map(|iris| &iris.image).collect()
                }
                Encoding::Extensible(block) => {
                    let irises = block.representations.iter();
                    irises.map(|iris| &iris.image).collect()
                }
            };
            images
        })
    }

    /// Every iris of the records of ISO/IEC 19794-6, in order.
    pub fn irises(&self) -> impl Iterator<Item = &Iris> {
        let records = self.instances.iter();
        let records = records.filter_map(|instance| instance.record.fixed());
        records
            .flat_map(|record| &record.eyes)
            .flat_map(|eye| &eye.images)
    }

    /// What is legible and odd.
    pub fn oddities(&self) -> Oddities {
        biometrics::oddities(&self.instances)
    }

    /// How many irises there are; what is said of them only to who asks for it.
    pub fn fields(&self) -> Vec<Field> {
        let record = |instance: &Instance<Irises>| {
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
            fields.push(Field::sensitive("irises", Value::List(records)));
        }
        fields
    }
}
