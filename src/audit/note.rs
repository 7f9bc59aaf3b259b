//! Checkpoints: signed notes (C2SP signed-note) whose text is the head of a tree (C2SP
//! tlog-checkpoint), so that witnesses of transparency logs can hold them.
//!
//! ```text
//! registry.example.vn/audit                       origin
//! 20852163                                        number of records
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=    root of the tree, base64
//!
//! — registry.example.vn/audit Az3grl...           key name, base64 of key identifier and signature
//! ```
//!
//! Of the signature types we have the one of ECDSA (0x02), on P-256: SHA-256 over the text, the
//! signature in DER, and as key identifier the first four bytes of the SHA-256 of the key as
//! SubjectPublicKeyInfo. That digest is what [`DeviceId`](crate::seal::key::DeviceId) is.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::audit::tree::Digest;
use crate::audit::tree::sha256;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Scheme;
use crate::error::AuditError;
use crate::error::Error;
use crate::error::SetupError;
use crate::seal::key::Algorithm;
use crate::seal::key::DeviceKey;
use crate::seal::key::DevicePublic;

/// Longest note, in bytes: 64 signatures after the quantum computer have five times as much, and no
/// log has a quarter of so many witnesses.
pub const MAX_NOTE: usize = 64 * 1024;

/// Most signatures of a note that are looked at. The specification asks for 16 at least.
const MAX_SIGNATURES: usize = 64;

/// Longest name of a log, in bytes.
const MAX_ORIGIN: usize = 200;

/// What stands in front of a signature: em dash, space.
const DASH: &str = "\u{2014} ";

/// Checkpoints are signed with ECDSA on P-256, the one curve that every verifier has.
pub(super) const ALGORITHM: Algorithm = Algorithm::Es256;

/// The head of a log's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Number of records.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let root = STANDARD.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// The whole note.
    ///
    /// # Errors
    /// [`AuditError::Key`] for a key that is not on P-256; what keeps the key from signing.
    pub fn sign(&self, key: &DeviceKey) -> Result<String, Error> {
        if key.public().algorithm() != ALGORITHM {
            return Err(SetupError::from(AuditError::Key).into());
        }
        let text = self.text();
        let plain = key.sign(text.as_bytes())?;
        let (r, s) = plain
            .split_at_checked(plain.len() / 2)
            .unwrap_or((&plain, &[]));
        let mut signature = key_id(key.public()).to_vec();
        // Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 §2.2.3)
        let numbers = [encode_integer(r), encode_integer(s)];
        let [r, s] = &numbers;
        signature.extend_from_slice(&encode(tag::SEQUENCE, &[r, s]));
        let signature = STANDARD.encode(signature);
        Ok(format!("{text}\n{DASH}{} {signature}\n", self.origin))
    }
}

/// Whether a text can be the name of a log, and of the key that signs for it.
pub fn is_origin(text: &str) -> bool {
    let forbidden = |one: char| one.is_whitespace() || one.is_control() || one == '+';
    (1..=MAX_ORIGIN).contains(&text.len()) && !text.chars().any(forbidden)
}

/// The identifier of an ECDSA key: the first bytes of the SHA-256 of SubjectPublicKeyInfo.
pub fn key_id(key: &DevicePublic) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&[key.info()]);
    [a, b, c, d]
}

/// The key as other programs take it (`vkey`): name, identifier, type and SubjectPublicKeyInfo.
pub fn verifier_key(origin: &str, key: &DevicePublic) -> String {
    /// ECDSA in the list of signature types.
    const ECDSA: u8 = 2;
    let mut bytes = vec![ECDSA];
    bytes.extend_from_slice(key.info());
    let id = hex::encode(key_id(key));
    format!("{origin}+{id}+{}", STANDARD.encode(bytes))
}

/// One signature of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A note that was read: whose signatures hold is still to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    checkpoint: Checkpoint,
    text: String,
    signatures: Vec<Line>,
}

/// What a key's signature on a note is.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// The key did not sign.
    No,
    /// Its signature holds.
    Right,
    /// Its signature does not hold.
    Wrong,
}

impl Signed {
    /// Reads a note with a checkpoint in it. None where it has not the form of one.
    pub fn read(note: &[u8]) -> Option<Self> {
        if note.len() > MAX_NOTE {
            return None;
        }
        let note = str::from_utf8(note).ok()?;
        if note.chars().any(|one| one < ' ' && one != '\n') {
            return None;
        }
        // The text and the signatures are parted by the last empty line.
        let at = note.rfind("\n\n")?;
        let (text, rest) = note.split_at_checked(at.checked_add(1)?)?;
        let rest = rest.strip_prefix('\n')?.strip_suffix('\n')?;
        let mut signatures = Vec::new();
        for line in rest.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return None;
            }
            signatures.push(signature(line)?);
        }
        let mut lines = text.strip_suffix('\n')?.split('\n');
        // It is shown to people: nothing in it may speak to their terminal.
        let quiet = |line: &&str| !line.is_empty() && !line.chars().any(char::is_control);
        let origin = lines.next().filter(quiet)?;
        let size = size(lines.next()?)?;
        let root = STANDARD.decode(lines.next()?).ok()?;
        // Lines behind these are extensions, which may be anything but empty.
        lines.all(|line| !line.is_empty()).then_some(())?;
        Some(Self {
            checkpoint: Checkpoint {
                origin: origin.to_owned(),
                size,
                root: root.try_into().ok()?,
            },
            text: text.to_owned(),
            signatures,
        })
    }

    /// What it says.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Whether a key signed it, under the name of the log.
    pub fn signed_by(&self, key: &DevicePublic) -> Sealed {
        let id = key_id(key);
        let mut own = self
            .signatures
            .iter()
            .filter(|line| line.id == id && line.name == self.checkpoint.origin)
            .peekable();
        if own.peek().is_none() {
            return Sealed::No;
        }
        let scheme = Scheme::Ecdsa(Hash::Sha256);
        let holds = |line: &Line| {
            let verified = key
                .key()
                .verify(scheme, &[self.text.as_bytes()], &line.signature);
            verified.is_ok()
        };
        if own.all(holds) {
            Sealed::Right
        } else {
            Sealed::Wrong
        }
    }
}

/// Decimal without leading zeros.
fn size(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let spelled = digits && (text == "0" || !text.starts_with('0'));
    spelled.then(|| text.parse().ok()).flatten()
}

fn signature(line: &str) -> Option<Line> {
    let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk()?;
    is_name(name).then(|| Line {
        name: name.to_owned(),
        id: *id,
        signature: signature.to_vec(),
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|one| one.is_whitespace() || one == '+')
}
