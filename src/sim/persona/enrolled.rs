//! Fingers and irises that a card may hold, each in an instance of its own (Doc 9303-10 §4.7.3,
//! §4.7.4). The personas that ship have none.

use crate::lds::DataGroup;
use crate::sim::biometrics;
use crate::sim::biometrics::Header;
use crate::sim::biometrics::extensible;
use crate::sim::biometrics::finger;
use crate::sim::biometrics::iris;
use crate::sim::biometrics::iris::Side;
use crate::sim::persona::Biometrics;
use crate::sim::persona::Persona;
use crate::sim::persona::Records;
use crate::sim::prints;
use crate::sim::prints::Compression;
use crate::sim::prints::Picture;

/// A finger in DG3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledFinger {
    /// Which one: 1 to 5 are those of the right hand from the thumb on, 6 to 10 those of the left
    pub position: u8,
    /// Its print
    pub picture: Picture,
}

impl EnrolledFinger {
    /// An invented finger, drawn.
    pub fn drawn(position: u8, compression: Compression) -> Self {
        Self {
            position,
            picture: prints::finger(position.saturating_sub(1), compression),
        }
    }
}

/// An iris in DG4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledIris {
    /// Which one
    pub side: Side,
    /// Its picture
    pub picture: Picture,
}

impl EnrolledIris {
    /// Both invented irises, drawn.
    pub fn both_drawn(compression: Compression) -> [Self; 2] {
        [(0, Side::Right), (1, Side::Left)].map(|(number, side)| Self {
            side,
            picture: prints::iris(number, compression),
        })
    }
}

impl Persona {
    /// DG3: the fingers, or nothing in their place.
    pub(super) fn dg3(&self) -> Vec<u8> {
        let fingers = &self.chip.fingers;
        if fingers.is_empty() {
            return biometrics::nothing(DataGroup::DG3, self.filler("DG3"));
        }
        let template = |finger: &EnrolledFinger| {
            if self.chip.records == Records::Extensible {
                let block = extensible::finger::Finger::of(finger.position, &finger.picture);
                let block = extensible::finger::record(&[block]);
                let header = extensible::finger_header(finger.position);
                return extensible::template(&header, &block);
            }
            let record = finger::Record::of(finger.position, finger.picture.clone());
            biometrics::template(&Header::finger(finger.position), &record.encode())
        };
        let templates: Vec<Vec<u8>> = fingers.iter().map(template).collect();
        biometrics::counted(DataGroup::DG3, &templates)
    }

    /// DG4: the irises, or nothing in their place, on cards that have the group.
    pub(super) fn dg4(&self) -> Option<Vec<u8>> {
        let irises = &self.chip.irises;
        if irises.is_empty() {
            let group = self.chip.biometrics == Biometrics::FingersAndIrises;
            let nothing = || biometrics::nothing(DataGroup::DG4, self.filler("DG4"));
            return group.then(nothing);
        }
        let template = |iris: &EnrolledIris| {
            if self.chip.records == Records::Extensible {
                let block = extensible::iris::Iris::of(iris.side, &iris.picture);
                let block = extensible::iris::record(&[block]);
                return extensible::template(&extensible::iris_header(iris.side), &block);
            }
            let record = iris::Record::of(iris.side, &iris.picture);
            biometrics::template(&Header::iris(iris.side), &record.encode())
        };
        let templates: Vec<Vec<u8>> = irises.iter().map(template).collect();
        Some(biometrics::counted(DataGroup::DG4, &templates))
    }
}
