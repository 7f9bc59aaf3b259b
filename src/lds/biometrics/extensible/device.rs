//! Scanners of fingers and cameras of irises, which are told alike.

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::code::Table;
use crate::lds::biometrics::extensible::Registered;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// How scanners of fingers work.
pub(super) const TECHNOLOGIES: &Table = &[
    (0, "unknown"),
    (1, "other"),
    (2, "ink_on_paper"),
    (3, "optical_bright_field"),
    (4, "optical_dark_field"),
    (5, "optical_image"),
    (6, "optical_low_frequency_3d"),
    (7, "optical_high_frequency_3d"),
    (9, "capacitive"),
    (10, "capacitive_radio_frequency"),
    (11, "electroluminescence"),
    (12, "ultrasonic_reflection"),
    (13, "ultrasonic_impediography"),
    (14, "thermal"),
    (15, "direct_pressure"),
    (16, "indirect_pressure"),
    (17, "live_tape"),
    (18, "latent_impression"),
    (19, "latent_photo"),
    (20, "latent_moulded"),
    (21, "latent_tracing"),
    (22, "latent_lift"),
];

/// A scanner or a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its model
    pub model: Option<Registered>,
    /// How it works
    pub technology: Option<Code>,
    /// Its certifications
    pub certifications: Vec<Registered>,
}

impl Device {
    /// Decodes a device that works in one of these ways.
    pub(super) fn decode(
        element: &Element<'_>,
        technologies: &Table,
        walk: &mut Walk<'_>,
        odd: Oddity,
    ) -> Result<Self, Malformed> {
        let mut members = Members::of(element, "capture device")?;
        let model = members.take(0);
        let model = model.map(|model| Registered::decode(&model, walk));
        let model = model.transpose()?;
        let technology = walk.coded(&mut members, 1, technologies, odd)?;
        let certifications = match members.take(2) {
            Some(list) => Registered::list(&list, walk)?,
            None => Vec::new(),
        };
        members.rest(walk)?;
        Ok(Self {
            model,
            technology,
            certifications,
        })
    }

    pub(super) fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut put = |name, value: Option<Value>| {
            fields.extend(value.map(|value| Field::shown(name, value)));
        };
        put("device_model", self.model.map(Registered::shown));
        put("technology", self.technology.map(Code::shown));
        let certifications = self.certifications.iter().map(|one| one.shown());
        let certifications: Vec<Value> = certifications.collect();
        put(
            "certifications",
            (!certifications.is_empty()).then_some(Value::List(certifications)),
        );
        fields
    }
}
