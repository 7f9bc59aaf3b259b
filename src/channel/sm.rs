//! Secure messaging (Doc 9303-11 §9.8): commands wrapped, answers checked and unwrapped.

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::crypto::cipher;
use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::error::ChannelError;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;

/// Cryptogram with padding-content indicator (Doc 9303-11 §9.8.4 table).
const DO_CRYPTOGRAM: u32 = 0x87;
/// Cryptogram of BER-TLV data, for odd instructions.
const DO_CRYPTOGRAM_TLV: u32 = 0x85;
/// Protected expected length.
const DO_EXPECTED: u32 = 0x97;
/// Processing status.
const DO_STATUS: u32 = 0x99;
/// Cryptographic checksum.
const DO_CHECKSUM: u32 = 0x8E;

/// Padding-content indicator: padding by ISO/IEC 9797-1 method 2.
const PADDED: u8 = 0x01;

/// Class bits that say secure messaging with an authenticated header.
const PROTECTED_CLASS: u8 = 0x0C;

/// Bytes of an answer that are not the padded data: DO 99 and DO 8E.
const ANSWER_TRAILER: usize = 4 + 10;

/// Both session keys and the counter. One error ends it for good; the link sees to that.
#[derive(Debug)]
pub struct SecureMessaging {
    encryption: Key,
    authentication: Key,
    counter: SendSequenceCounter,
}

impl SecureMessaging {
    /// Takes the session keys and the counter's start: eight bytes for 3DES, sixteen for AES.
    ///
    /// # Errors
    /// [`ChannelError::Malformed`] when the counter does not fit the cipher.
    pub fn new(encryption: Key, authentication: Key, counter: &[u8]) -> Result<Self, ChannelError> {
        if counter.len() != encryption.cipher().block_len()
            || authentication.cipher() != encryption.cipher()
        {
            return Err(ChannelError::Malformed);
        }
        Ok(Self {
            encryption,
            authentication,
            counter: SendSequenceCounter(counter.to_vec()),
        })
    }

    /// Derives session keys from a shared secret, with the counter at zero, as PACE and chip
    /// authentication do (Doc 9303-11 §9.8.6.3, §9.8.7.3).
    pub fn from_shared(cipher: Cipher, shared: &[u8]) -> Self {
        Self {
            encryption: kdf::derive(cipher, shared, Purpose::Encryption),
            authentication: kdf::derive(cipher, shared, Purpose::Authentication),
            counter: SendSequenceCounter(vec![0; cipher.block_len()]),
        }
    }

    /// The cipher of both keys.
    pub const fn cipher(&self) -> Cipher {
        self.encryption.cipher()
    }

    /// Most data bytes that an answer of `response` bytes can carry, status word not counted.
    ///
    /// 256 bytes carry 223 under AES and 231 under 3DES.
    pub fn capacity(&self, response: usize) -> usize {
        let block = self.cipher().block_len();
        // DO 87 has a header of 3 to 5 bytes (tag, length field) and the padding indicator; the
        // length field grows with the value.
        let room = response.saturating_sub(ANSWER_TRAILER);
        let header = match room {
            0..=0x81 => 3,
            0x82..=0x102 => 4,
            0x103..=0x1_0003 => 5,
            _ => 6,
        };
        let blocks = room.saturating_sub(header) / block;
        (blocks * block).saturating_sub(1)
    }

    /// Wraps a command (Doc 9303-11 §9.8.4 figure 5). The outer expected length is left to the
    /// link, which knows what the transport carries.
    ///
    /// # Errors
    /// [`ChannelError::CounterExhausted`].
    pub fn protect(&mut self, command: &Command) -> Result<Command, ChannelError> {
        self.counter.advance()?;
        let block = self.cipher().block_len();
        let class = command.class | PROTECTED_CLASS;
        let mut objects = Vec::with_capacity(command.data.len() + 64);
        if !command.data.is_empty() {
            let padded = cipher::pad(&command.data, block);
            let cryptogram = self.encrypt(&padded)?;
            if command.instruction & 1 == 0 {
                objects.extend(tlv::encode(DO_CRYPTOGRAM, &[&[PADDED], &cryptogram]));
            } else {
                // ISO/IEC 7816-4 §10.2: odd instructions carry BER-TLV data, hence tag 85.
                objects.extend(tlv::encode(DO_CRYPTOGRAM_TLV, &[&cryptogram]));
            }
        }
        if command.expected > 0 {
            // The most that a form can ask for, 256 or 65,536, is written as zero.
            let [high, low] = u16::try_from(command.expected).unwrap_or(0).to_be_bytes();
            if command.expected <= 256 {
                objects.extend(tlv::encode(DO_EXPECTED, &[&[low]]));
            } else {
                objects.extend(tlv::encode(DO_EXPECTED, &[&[high, low]]));
            }
        }
        let header = cipher::pad(&[class, command.instruction, command.p1, command.p2], block);
        let checksum = mac::tag(&self.authentication, &[&self.message(&[&header, &objects])]);
        objects.extend(tlv::encode(DO_CHECKSUM, &[&checksum]));
        Ok(Command {
            class,
            instruction: command.instruction,
            p1: command.p1,
            p2: command.p2,
            data: objects,
            expected: command.expected,
        })
    }

    /// Checks and unwraps an answer.
    ///
    /// The checksum comes first, over the bytes as received; only then are the status compared and
    /// the data decrypted.
    ///
    /// # Errors
    /// [`ChannelError`]; after any of them this session must not be used again.
    pub fn unprotect(&mut self, response: &Response) -> Result<Response, ChannelError> {
        self.counter.advance()?;
        if response.data.is_empty() {
            return Err(ChannelError::PlainAnswer {
                status: response.status.0,
            });
        }
        let objects = Objects::parse(&response.data)?;
        self.verify(objects.authenticated, objects.checksum)
            .map_err(|_| ChannelError::BadMac)?;
        let status = objects.status.ok_or(ChannelError::StatusMismatch)?;
        if status != response.status {
            return Err(ChannelError::StatusMismatch);
        }
        let data = match objects.cryptogram {
            None => Vec::new(),
            Some(cryptogram) => {
                let iv = self.iv()?;
                let padded = self
                    .encryption
                    .decrypt(&iv, cryptogram)
                    .map_err(|_| ChannelError::Malformed)?;
                cipher::unpad(&padded)
                    .map_err(|_| ChannelError::Malformed)?
                    .to_vec()
            }
        };
        Ok(Response { data, status })
    }

    /// AES encrypts the counter for its initialization vector (§9.8.7.1); 3DES has zeros (§9.8.6.1).
    fn iv(&self) -> Result<Vec<u8>, ChannelError> {
        match self.cipher() {
            Cipher::TripleDes => Ok(Vec::new()),
            _ => self
                .encryption
                .encrypt(&[], &self.counter.0)
                .map_err(|_| ChannelError::Malformed),
        }
    }

    fn encrypt(&self, padded: &[u8]) -> Result<Vec<u8>, ChannelError> {
        let iv = self.iv()?;
        self.encryption
            .encrypt(&iv, padded)
            .map_err(|_| ChannelError::Malformed)
    }

    fn verify(&self, authenticated: &[u8], code: &[u8]) -> Result<(), mac::Mismatch> {
        let message = self.message(&[authenticated]);
        mac::verify(&self.authentication, &[&message], code)
    }

    /// Counter and parts, padded once to whole blocks: the retail MAC of 3DES pads by itself, CMAC
    /// gets the padding that §9.8.7.2 asks for.
    fn message(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut message = self.counter.0.clone();
        for part in parts {
            message.extend_from_slice(part);
        }
        match self.cipher() {
            Cipher::TripleDes => message,
            cipher => cipher::pad(&message, cipher.block_len()),
        }
    }
}

/// The data objects of an answer, in the one order that is allowed.
struct Objects<'a> {
    cryptogram: Option<&'a [u8]>,
    status: Option<Status>,
    checksum: &'a [u8],
    /// Everything before DO 8E, as received.
    authenticated: &'a [u8],
}

impl<'a> Objects<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, ChannelError> {
        let malformed = |_| ChannelError::Malformed;
        let mut reader = Reader::new(data);
        let cryptogram = match reader.peek() {
            Some(DO_CRYPTOGRAM) => {
                let value = reader.element("DO 87").map_err(malformed)?.value;
                Some(
                    value
                        .strip_prefix(&[PADDED])
                        .ok_or(ChannelError::Malformed)?,
                )
            }
            Some(DO_CRYPTOGRAM_TLV) => Some(reader.element("DO 85").map_err(malformed)?.value),
            _ => None,
        };
        let status = match reader.optional(DO_STATUS, "DO 99").map_err(malformed)? {
            None => None,
            Some(element) => {
                let octets =
                    <[u8; 2]>::try_from(element.value).map_err(|_| ChannelError::Malformed)?;
                Some(Status(u16::from_be_bytes(octets)))
            }
        };
        let authenticated = data.get(..reader.offset()).ok_or(ChannelError::Malformed)?;
        let checksum = reader
            .expect(DO_CHECKSUM, "DO 8E")
            .map_err(malformed)?
            .value;
        reader.finish("answer").map_err(malformed)?;
        Ok(Self {
            cryptogram,
            status,
            checksum,
            authenticated,
        })
    }
}

/// The send sequence counter: as long as a block, one step for every command and every answer.
#[derive(Debug)]
struct SendSequenceCounter(Vec<u8>);

impl SendSequenceCounter {
    fn advance(&mut self) -> Result<(), ChannelError> {
        for octet in self.0.iter_mut().rev() {
            let (next, wrapped) = octet.overflowing_add(1);
            *octet = next;
            if !wrapped {
                return Ok(());
            }
        }
        Err(ChannelError::CounterExhausted)
    }
}
