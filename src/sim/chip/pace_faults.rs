//! What a chip may do wrong in PACE, one fault at a time. An honest chip's answers go through here
//! unchanged.

use crate::bytes::tlv;
use crate::crypto::agreement::Domain;
use crate::crypto::modp::Modp;
use crate::iso7816::Status;
use crate::sim::chip::Chip;
use crate::sim::fault::Fault;
use crate::sim::personalisation::PaceOffer;

impl Chip {
    /// The data object of a step's answer, spoiled as the faults say.
    pub(super) fn spoiled(
        &mut self,
        step: u32,
        offer: &PaceOffer,
        tag: u32,
        mut value: Vec<u8>,
    ) -> Result<Vec<u8>, Status> {
        if matches!(step, 2 | 3) && !value.is_empty() {
            value = self.spoiled_key(step, &offer.domain, value)?;
        }
        if self.has_fault(Fault::PaceEmptyObject(step)) {
            value.clear();
        }
        if self.has_fault(Fault::PaceWrongLength(step)) && value.pop().is_none() {
            value.push(0);
        }
        let tag = if self.has_fault(Fault::PaceWrongTag(step)) {
            tag + 0x10
        } else {
            tag
        };
        Ok(tlv::encode(tag, &[&value]))
    }

    /// The chip's token, which may be wrong.
    pub(super) fn spoiled_token(&self, mut token: Vec<u8>) -> Vec<u8> {
        if self.has_fault(Fault::PaceBadToken)
            && let Some(last) = token.last_mut()
        {
            *last ^= 1;
        }
        token
    }

    fn spoiled_key(&mut self, step: u32, domain: &Domain, key: Vec<u8>) -> Result<Vec<u8>, Status> {
        if self.has_fault(Fault::PaceOtherKey(step)) {
            return Ok(self.generate(domain)?.public().data().to_vec());
        }
        Ok(match domain {
            Domain::Curve(_) => self.spoiled_point(step, key),
            Domain::Modp(group) => self.spoiled_number(step, group, key),
        })
    }

    fn spoiled_point(&self, step: u32, mut point: Vec<u8>) -> Vec<u8> {
        if self.has_fault(Fault::PaceInfinity(step)) {
            return vec![0];
        }
        // Octet 04, then x and y.
        let half = point.len() / 2;
        for (coordinate, last) in [(0, half), (1, half * 2)] {
            if self.has_fault(Fault::PaceOffCurve { step, coordinate })
                && let Some(octet) = point.get_mut(last)
            {
                *octet ^= 1;
            }
        }
        point
    }

    fn spoiled_number(&self, step: u32, group: &Modp, number: Vec<u8>) -> Vec<u8> {
        if self.has_fault(Fault::PaceDhValueZero(step)) {
            return vec![0];
        }
        if self.has_fault(Fault::PaceDhValueOne(step)) {
            return vec![1];
        }
        let mut prime = group.prime().to_vec();
        if self.has_fault(Fault::PaceDhValueModulus(step)) {
            return prime;
        }
        if self.has_fault(Fault::PaceDhValueOrderTwo(step)) {
            // p is odd.
            if let Some(last) = prime.last_mut() {
                *last &= 0xFE;
            }
            return prime;
        }
        number
    }
}
