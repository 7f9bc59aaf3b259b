//! Secure messaging on the chip's side (Doc 9303-11 §9.8).
//!
//! Encrypt, then authenticate. The send sequence counter goes up before each command is checked
//! and before each response is made.

use crate::bytes::tlv;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::crypto::cipher;
use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Expected;
use crate::sim::chip::apdu::Form;
use crate::sim::fault::Flaw;

/// Cryptogram without padding indicator, for odd instructions.
const CRYPTOGRAM_ODD: u32 = 0x85;
/// Padding indicator and cryptogram, for even instructions.
const CRYPTOGRAM_EVEN: u32 = 0x87;
/// Le of the command before protection.
const EXPECTED: u32 = 0x97;
/// Status word of the response before protection.
const STATUS: u32 = 0x99;
/// Cryptographic checksum.
const CHECKSUM: u32 = 0x8E;

/// The padding indicator that says: ISO/IEC 9797-1 method 2.
const PADDED: u8 = 0x01;

/// Session keys and counter.
pub(super) struct Session {
    encryption: Key,
    authentication: Key,
    /// Send sequence counter, one block long.
    counter: Vec<u8>,
}

impl Session {
    /// Derives session keys from a shared secret (Doc 9303-11 §9.7.4); the counter is zero.
    pub(super) fn new(cipher: Cipher, shared: &[u8]) -> Self {
        Self::counted(cipher, shared, vec![0; cipher.block_len()])
    }

    /// The same with another first value of the counter, one block long.
    pub(super) fn counted(cipher: Cipher, shared: &[u8], counter: Vec<u8>) -> Self {
        Self {
            encryption: kdf::derive(cipher, shared, Purpose::Encryption),
            authentication: kdf::derive(cipher, shared, Purpose::Authentication),
            counter,
        }
    }

    /// Checks and opens a protected command.
    ///
    /// # Errors
    /// The status word to send in the clear: 6987 when a data object is missing, 6988 when one is
    /// wrong, 6700 when the outer length fields are. The session is over then.
    pub(super) fn open(&mut self, command: &Apdu) -> Result<Apdu, Status> {
        self.count()?;
        // Doc 9303-11 §9.8.4 figure 5: Le' is 00 in short form, 0000 in extended form.
        if !matches!(command.expected, Expected::UpTo(_)) {
            return Err(Status::WRONG_LENGTH);
        }
        let objects = Objects::read(&command.data, command.instruction())?;
        self.check(command.header, &objects)?;
        let data = match objects.cryptogram {
            Some(cryptogram) => self.decrypt(cryptogram)?,
            None => Vec::new(),
        };
        let expected = match objects.expected {
            Some(octets) => Expected::from_octets(octets).ok_or(Status::OBJECTS_INCORRECT)?,
            None => Expected::Nothing,
        };
        Ok(Apdu {
            header: command.header,
            data,
            expected,
            form: if objects.expected.is_some_and(|octets| octets.len() > 1) {
                Form::Extended
            } else {
                command.form
            },
        })
    }

    /// Protects a response, with one thing wrong where a flaw is asked for.
    ///
    /// # Errors
    /// The status word to send in the clear when that cannot be done. The session is over then.
    pub(super) fn seal(
        &mut self,
        response: &Response,
        instruction: u8,
        flaw: Option<Flaw>,
    ) -> Result<Response, Status> {
        self.count()?;
        if flaw == Some(Flaw::CounterAhead) {
            self.count()?;
        }
        let mut objects = Vec::new();
        if !response.data.is_empty() && flaw != Some(Flaw::WithoutData) {
            let padded = cipher::pad(&response.data, self.block_len());
            let mut cryptogram = self
                .encryption
                .encrypt(&self.initial_vector()?, &padded)
                .map_err(|_| Status::UNSPECIFIED)?;
            match (flaw, cryptogram.last_mut()) {
                (Some(Flaw::FalseCryptogram), Some(last)) => *last ^= 1,
                (Some(Flaw::CutCryptogram), Some(_)) => drop(cryptogram.pop()),
                _ => {}
            }
            objects.extend(if is_odd(instruction) {
                tlv::encode(CRYPTOGRAM_ODD, &[&cryptogram])
            } else {
                tlv::encode(CRYPTOGRAM_EVEN, &[&[PADDED], &cryptogram])
            });
        }
        if flaw != Some(Flaw::WithoutStatus) {
            let status = if flaw == Some(Flaw::OtherStatus) {
                Status::NOT_FOUND
            } else {
                response.status
            };
            objects.extend(tlv::encode(STATUS, &[&status.0.to_be_bytes()]));
        }
        let checksum = mac::tag(
            &self.authentication,
            &[&self.padded_for_mac(&[self.counter.as_slice(), &objects].concat())],
        );
        if flaw != Some(Flaw::WithoutChecksum) {
            objects.extend(tlv::encode(CHECKSUM, &[&checksum]));
        }
        Ok(Response {
            data: objects,
            status: response.status,
        })
    }

    /// Length of a response with so many data bytes once it is protected, status word left out.
    pub(super) fn sealed_len(&self, data_len: usize) -> usize {
        let block = self.block_len();
        let cryptogram = if data_len == 0 {
            0
        } else {
            // The value of DO 87: indicator and cryptogram; DO 85 is at most as long.
            let value = 1 + (data_len / block + 1) * block;
            let header = match value {
                0..=0x7F => 2,
                0x80..=0xFF => 3,
                0x100..=0xFFFF => 4,
                _ => 5,
            };
            header + value
        };
        cryptogram + 4 + 2 + mac::TAG_LEN
    }

    fn block_len(&self) -> usize {
        self.encryption.cipher().block_len()
    }

    /// Doc 9303-11 §9.8.2: one up before every command and every response. A counter that has run
    /// full ends the session.
    fn count(&mut self) -> Result<(), Status> {
        for octet in self.counter.iter_mut().rev() {
            let (next, carried) = octet.overflowing_add(1);
            *octet = next;
            if !carried {
                return Ok(());
            }
        }
        Err(Status::OBJECTS_INCORRECT)
    }

    /// Doc 9303-11 §9.8.6.1 and §9.8.7.1: zeros for 3DES, the encrypted counter for AES.
    fn initial_vector(&self) -> Result<Vec<u8>, Status> {
        match self.encryption.cipher() {
            Cipher::TripleDes => Ok(vec![0; self.block_len()]),
            Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => self
                .encryption
                .encrypt(&[], &self.counter)
                .map_err(|_| Status::UNSPECIFIED),
        }
    }

    /// Padding method 2 over the whole datagram. The retail MAC does it by itself, CMAC does not
    /// (Doc 9303-11 §9.8.1: padding is always performed by the secure messaging layer).
    fn padded_for_mac(&self, datagram: &[u8]) -> Vec<u8> {
        match self.authentication.cipher() {
            Cipher::TripleDes => datagram.to_vec(),
            Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => {
                cipher::pad(datagram, self.block_len())
            }
        }
    }

    /// Checks the checksum over counter, padded header and data objects.
    fn check(&self, header: [u8; 4], objects: &Objects<'_>) -> Result<(), Status> {
        // The header is padded on its own only where data objects follow; alone, it is the end of
        // the datagram and gets that one padding.
        let datagram = if objects.authenticated.is_empty() {
            [self.counter.as_slice(), &header].concat()
        } else {
            let header = cipher::pad(&header, self.block_len());
            [self.counter.as_slice(), &header, objects.authenticated].concat()
        };
        mac::verify(
            &self.authentication,
            &[&self.padded_for_mac(&datagram)],
            objects.checksum,
        )
        .map_err(|_| Status::OBJECTS_INCORRECT)
    }

    /// Decrypts command data. An empty message is never sent as a cryptogram.
    fn decrypt(&self, cryptogram: &[u8]) -> Result<Vec<u8>, Status> {
        if cryptogram.is_empty() {
            return Err(Status::OBJECTS_INCORRECT);
        }
        let padded = self
            .encryption
            .decrypt(&self.initial_vector()?, cryptogram)
            .map_err(|_| Status::OBJECTS_INCORRECT)?;
        match cipher::unpad(&padded) {
            Ok(data) if !data.is_empty() && padded.len() - data.len() <= self.block_len() => {
                Ok(data.to_vec())
            }
            _ => Err(Status::OBJECTS_INCORRECT),
        }
    }
}

/// The data objects of a protected command, in the one order that is allowed.
struct Objects<'a> {
    /// All of them but the checksum, as they stood.
    authenticated: &'a [u8],
    /// Without the padding indicator.
    cryptogram: Option<&'a [u8]>,
    expected: Option<&'a [u8]>,
    checksum: &'a [u8],
}

impl<'a> Objects<'a> {
    /// Doc 9303-11 §9.8.4: [85 or 87] [97] 8E; 85 when the instruction is odd, 87 when it is even.
    fn read(data: &'a [u8], instruction: u8) -> Result<Self, Status> {
        let mut reader = Reader::new(data);
        let cryptogram = if is_odd(instruction) {
            take(&mut reader, CRYPTOGRAM_ODD)?.map(|element| element.value)
        } else {
            match take(&mut reader, CRYPTOGRAM_EVEN)?.map(|element| element.value) {
                None => None,
                Some([PADDED, cryptogram @ ..]) => Some(cryptogram),
                Some(_) => return Err(Status::OBJECTS_INCORRECT),
            }
        };
        let expected = take(&mut reader, EXPECTED)?.map(|element| element.value);
        let authenticated = data
            .get(..reader.offset())
            .ok_or(Status::OBJECTS_INCORRECT)?;
        if reader.at_end() {
            return Err(Status::OBJECTS_MISSING);
        }
        let checksum = take(&mut reader, CHECKSUM)?.ok_or(Status::OBJECTS_INCORRECT)?;
        if !reader.at_end() || checksum.value.len() != mac::TAG_LEN {
            return Err(Status::OBJECTS_INCORRECT);
        }
        Ok(Self {
            authenticated,
            cryptogram,
            expected,
            checksum: checksum.value,
        })
    }
}

/// Takes the next object if it has this tag; its length field must be the shortest.
fn take<'a>(reader: &mut Reader<'a>, tag: u32) -> Result<Option<Element<'a>>, Status> {
    let object = reader
        .optional(tag, "secure messaging data object")
        .map_err(|_| Status::OBJECTS_INCORRECT)?;
    match object {
        Some(element) if tlv::encode(tag, &[element.value]) != element.raw => {
            Err(Status::OBJECTS_INCORRECT)
        }
        other => Ok(other),
    }
}

/// ISO/IEC 7816-4 §5.4.2: odd instructions carry data objects.
const fn is_odd(instruction: u8) -> bool {
    instruction & 1 == 1
}
