//! The data objects of GENERAL AUTHENTICATE (Doc 9303-11 §4.4.4.2).

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Public;
use crate::crypto::cipher::Key;
use crate::crypto::mac;
use crate::error::AccessError;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::ins;

/// Dynamic authentication data (Doc 9303-11 §4.4.4.2 table).
const DYNAMIC_DATA: u32 = 0x7C;

/// Public key data object (TR-03110-3 §D.3), for the token.
const PUBLIC_KEY: u32 = 0x7F49;

/// Longest certification authority reference: country, mnemonic and sequence number, in bytes.
const MAX_REFERENCE: usize = 16;

/// Bit of the class octet for every GENERAL AUTHENTICATE but the last.
pub(super) const NOT_LAST: u8 = 0x10;

/// A GENERAL AUTHENTICATE with these objects.
pub(super) fn general_authenticate(class: u8, objects: &[u8]) -> Command {
    Command {
        class,
        ..Command::new(ins::GENERAL_AUTHENTICATE, 0, 0)
            .with_data(tlv::encode(DYNAMIC_DATA, &[objects]))
            .expecting(256)
    }
}

/// What stands inside an answer's dynamic authentication data.
fn inside<'a>(step: &'static str, response: &'a Response) -> Result<Reader<'a>, AccessError> {
    let bad = |_| AccessError::BadAnswer { step };
    let mut outer = Reader::new(&response.data);
    let inside = outer
        .expect(DYNAMIC_DATA, step)
        .and_then(|element| element.inside())
        .map_err(bad)?;
    outer.finish(step).map_err(bad)?;
    Ok(inside)
}

/// The one data object of an answer. Further objects that newer chips add after it are left alone.
pub(super) fn object<'a>(
    step: &'static str,
    response: &'a Response,
    tag: u32,
) -> Result<&'a [u8], AccessError> {
    let object = inside(step, response)?.expect(tag, step);
    Ok(object.map_err(|_| AccessError::BadAnswer { step })?.value)
}

/// An answer without content: the object with this tag, empty, or none at all.
pub(super) fn nothing(
    step: &'static str,
    response: &Response,
    tag: u32,
) -> Result<(), AccessError> {
    let mut inside = inside(step, response)?;
    if inside.at_end() {
        return Ok(());
    }
    match inside.expect(tag, step) {
        Ok(object) if object.value.is_empty() => Ok(()),
        _ => Err(AccessError::BadAnswer { step }),
    }
}

/// The chip's public key in an answer, checked to be one of the group.
pub(super) fn public_key(
    step: &'static str,
    response: &Response,
    tag: u32,
    domain: &Domain,
) -> Result<Public, AccessError> {
    let encoded = object(step, response, tag)?;
    domain
        .public(encoded)
        .map_err(|_| AccessError::InvalidKey { step })
}

/// What the last answer holds.
pub(super) struct LastAnswer<'a> {
    /// The chip's token.
    pub(super) token: &'a [u8],
    /// References of the authorities that the chip trusts, the current one first (TR-03110-3
    /// §B.11.1: tags 87 and 88).
    pub(super) authorities: Vec<Vec<u8>>,
    /// Encrypted chip authentication data.
    pub(super) chip_authentication: Option<&'a [u8]>,
}

/// Takes the last answer apart: 86, and then what a chip may add. An object that is none of these
/// is passed over.
pub(super) fn last_answer<'a>(
    step: &'static str,
    response: &'a Response,
) -> Result<LastAnswer<'a>, AccessError> {
    let bad = |_| AccessError::BadAnswer { step };
    let mut inside = inside(step, response)?;
    let mut answer = LastAnswer {
        token: inside.expect(0x86, step).map_err(bad)?.value,
        authorities: Vec::new(),
        chip_authentication: None,
    };
    let (mut current, mut previous) = (None, None);
    while !inside.at_end() {
        let object = inside.element(step).map_err(bad)?;
        match object.tag {
            0x87 => current = current.or(Some(object.value)),
            0x88 => previous = previous.or(Some(object.value)),
            0x8A => answer.chip_authentication = answer.chip_authentication.or(Some(object.value)),
            _ => {}
        }
    }
    answer.authorities = [current, previous]
        .into_iter()
        .flatten()
        .filter(|reference| (1..=MAX_REFERENCE).contains(&reference.len()))
        .map(<[u8]>::to_vec)
        .collect();
    Ok(answer)
}

/// The authentication token (§4.4.3.4): the code over identifier and the other side's public key.
pub(super) fn token(key: &Key, oid: &[u8], public: &Public) -> [u8; mac::TAG_LEN] {
    let tag = match public.domain().agreement() {
        Agreement::Dh => 0x84,
        Agreement::Ecdh => 0x86,
    };
    let input = tlv::encode(
        PUBLIC_KEY,
        &[
            &tlv::encode(tlv::tag::OID, &[oid]),
            &tlv::encode(tag, &[public.data()]),
        ],
    );
    mac::tag(key, &[&input])
}
