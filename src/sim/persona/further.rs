//! Groups that few documents have: pictures to be shown, persons to notify, and what is reserved.

use crate::bytes::tlv::encode;
use crate::lds::DataGroup;
use crate::sim::displayed;
use crate::sim::displayed::Notified;
use crate::sim::faces;
use crate::sim::persona::Biometrics;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::Details;
use crate::sim::persona::EnrolledFinger;
use crate::sim::persona::EnrolledIris;
use crate::sim::persona::Persona;
use crate::sim::prints::Compression;

/// Groups that are reserved, or have no form that is published.
const RESERVED: [DataGroup; 4] = [
    DataGroup::DG6,
    DataGroup::DG8,
    DataGroup::DG9,
    DataGroup::DG10,
];

impl ChipOptions {
    /// Every data group that a document may have, with every data element that the standard has in
    /// those of details.
    pub fn every_group(&mut self) {
        self.biometrics = Biometrics::FingersAndIrises;
        self.fingers = [2, 7]
            .map(|position| EnrolledFinger::drawn(position, Compression::Wsq))
            .to_vec();
        self.irises = EnrolledIris::both_drawn(Compression::Jpeg2000).to_vec();
        for details in [
            &mut self.dg5,
            &mut self.dg7,
            &mut self.dg11,
            &mut self.dg12,
            &mut self.dg16,
            &mut self.reserved,
        ] {
            *details = Details::Whole;
        }
    }
}

impl Persona {
    /// DG5 to DG10 and DG16, as far as the card has them.
    pub(super) fn further_groups(&self) -> Vec<(DataGroup, Vec<u8>)> {
        let chip = &self.chip;
        let mut groups = Vec::new();
        if chip.dg5 != Details::Absent {
            groups.push((DataGroup::DG5, displayed::dg5(&[&chip.portrait.image])));
        }
        if chip.dg7 != Details::Absent {
            groups.push((DataGroup::DG7, displayed::dg7(&[faces::SIGNATURE])));
        }
        if chip.dg16 != Details::Absent {
            groups.push((DataGroup::DG16, displayed::dg16(&self.parents_to_notify())));
        }
        if chip.reserved != Details::Absent {
            let files = RESERVED.map(|group| (group, encode(group.tag(), &["mẫu".as_bytes()])));
            groups.extend(files);
        }
        groups
    }

    fn parents_to_notify(&self) -> Vec<Notified> {
        let citizen = &self.citizen;
        let issued = citizen.issued;
        let parents = [&citizen.father, &citizen.mother].into_iter().flatten();
        parents
            .map(|name| Notified {
                recorded: format!(
                    "{:04}{:02}{:02}",
                    issued.year(),
                    issued.month(),
                    issued.day()
                ),
                name: name.replacen(' ', "<<", 1).replace(' ', "<"),
                telephone: "+84 000 000 001".to_owned(),
                address: citizen.residence.replace(", ", "<"),
            })
            .collect()
    }
}
