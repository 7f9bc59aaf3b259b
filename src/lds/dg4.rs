//! DG4: the irises (Doc 9303-10 §4.7.4), as iris records in a biometric information group
//! template; [`biometrics`](crate::lds::biometrics) has the layouts.

use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::biometrics;
use crate::lds::biometrics::Instance;
use crate::lds::biometrics::MAX_IMAGES;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::header::Expected;
use crate::lds::biometrics::header::Subtype;
use crate::lds::biometrics::iris::Iris;
use crate::lds::biometrics::iris::Record;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// What the header of an iris record says.
const EXPECTED: Expected = Expected {
    biometric_type: 0x10,
    format_type: 0x0009,
    outdated: 0x0601,
    subtype: Subtype::Mandatory,
};

/// The contents of DG4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg4 {
    /// None where the document holds no iris.
    pub instances: Vec<Instance<Record>>,
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
            let record = Record::decode(block, oddities)?;
            let subtypes = record.subtypes();
            Ok((record, subtypes))
        })?;
        let group = Self { instances, filler };
        if group.irises().count() > MAX_IMAGES {
            return Err(Malformed::new("number of irises", 0));
        }
        Ok(group)
    }

    /// Every iris of every record, in order.
    pub fn irises(&self) -> impl Iterator<Item = &Iris> {
        self.instances
            .iter()
            .flat_map(|instance| &instance.record.eyes)
            .flat_map(|eye| &eye.images)
    }

    /// What is legible and odd.
    pub fn oddities(&self) -> Oddities {
        biometrics::oddities(&self.instances)
    }

    /// How many irises there are; what is said of them only to who asks for it.
    pub fn fields(&self) -> Vec<Field> {
        let record = |instance: &Instance<Record>| {
            let mut fields = instance.record.fields();
            fields.extend(instance.header.fields());
            Value::Fields(fields)
        };
        let count = u64::try_from(self.irises().count()).unwrap_or(u64::MAX);
        let mut fields = vec![Field::shown("count", Value::Number(count))];
        if count > 0 {
            let records = self.instances.iter().map(record).collect();
            fields.push(Field::sensitive("irises", Value::List(records)));
        }
        fields
    }
}
