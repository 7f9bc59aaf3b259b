//! The chip against published transcripts, against a small terminal made for these tests alone,
//! and against nonsense.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use crate::bytes::oid::Oid;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::curve::PrivateKey;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::security_infos::PaceProtocol;
use crate::secret::Secret;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::Bac;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::PaceOffer;
use crate::sim::personalisation::Personalisation;
use crate::sim::seed::Seeded;

mod agreements;
mod eac;
mod host;
mod lines;
mod memory;
mod misbehaving;
mod nonsense;
mod pace;
mod proofs;
mod reading;
mod refusals;
mod terminals;
mod transcripts;

/// id-PACE-ECDH-GM-AES-CBC-CMAC-128, and -256
const PACE_128: [u8; 10] = [0x04, 0, 0x7F, 0, 7, 2, 2, 4, 2, 2];
const PACE_256: [u8; 10] = [0x04, 0, 0x7F, 0, 7, 2, 2, 4, 2, 4];
/// id-PACE-ECDH-GM-3DES-CBC-CBC
const PACE_3DES: [u8; 10] = [0x04, 0, 0x7F, 0, 7, 2, 2, 4, 2, 1];
/// id-CA-ECDH-AES-CBC-CMAC-128 and id-CA-ECDH-3DES-CBC-CBC
const CA_AES: [u8; 10] = [0x04, 0, 0x7F, 0, 7, 2, 2, 3, 2, 2];
const CA_3DES: [u8; 10] = [0x04, 0, 0x7F, 0, 7, 2, 2, 3, 2, 1];

const CAN: &[u8] = b"000123";
/// The worked example of Doc 9303-11 Appendix D.
const MRZ: &[u8] = b"L898902C<369080619406236";

const SELECT_AID: &str = "00a4040c07a0000002471001";

/// Randomness that gives the bytes it was given, and then no more.
struct Given(VecDeque<u8>);

impl Given {
    fn hex(parts: &[&str]) -> Box<Self> {
        Box::new(Self(hex::decode(parts.concat()).unwrap().into()))
    }
}

impl Random for Given {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        for to in buffer {
            *to = self.0.pop_front().ok_or(SetupError::NoRandomness)?;
        }
        Ok(())
    }
}

fn offer(oid: [u8; 10], curve: Curve) -> PaceOffer {
    PaceOffer {
        oid: oid.to_vec(),
        protocol: PaceProtocol::from_oid(Oid::new(&oid)).unwrap(),
        domain: Domain::Curve(curve),
        parameter_id: curve.parameter_id().unwrap(),
        advertised: Advertised::Id,
    }
}

fn key(label: &str, curve: Curve) -> PrivateKey {
    curve.generate(&mut Seeded::new(label)).unwrap()
}

/// A file of so many bytes, all different from their neighbours.
fn content(length: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(length).collect()
}

/// A card with everything: PACE, BAC, both kinds of chip authentication, active authentication.
fn card() -> Personalisation {
    let group = |number| FileId::Group(DataGroup::new(number).unwrap());
    Personalisation {
        atr: vec![0x3B, 0x80, 0x80, 0x01, 0x01],
        files: BTreeMap::from([
            (FileId::CardAccess, content(54)),
            (FileId::CardSecurity, content(90)),
            (FileId::Com, content(22)),
            (FileId::Sod, content(700)),
            (group(1), content(95)),
            (group(3), content(20)),
        ]),
        can: Secret::copy_of(CAN),
        mrz_information: Secret::copy_of(MRZ),
        pin: None,
        puk: None,
        mapping_key: None,
        pace: vec![offer(PACE_128, Curve::BrainpoolP256r1)],
        bac: Bac::Offered,
        chip_keys: vec![ChipAuthenticationKey {
            private: key("chip", Curve::BrainpoolP256r1).into(),
            oid: CA_AES.to_vec(),
            cipher: Cipher::Aes128,
            key_id: None,
            version: 1,
        }],
        active: Some(ActiveKey::Ec {
            key: key("active", Curve::P256),
            hash: Hash::Sha256,
        }),
        lengths: Lengths::Short,
        quirks: BTreeSet::new(),
        faults: Vec::new(),
        terminal: None,
        applications: Vec::new(),
    }
}
