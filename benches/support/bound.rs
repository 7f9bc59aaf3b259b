//! The least that a full read can cost on the wire, worked out from the standards, the lengths of
//! the card's files and the card's longest answer. Nothing of the reader is used.
//!
//! What the bound is for: PACE (AES, a curve of 256 bits), every file once, chip authentication
//! version 1 (AES, the same curve), active authentication with RSA of 2048 bits. A term is left out
//! where some reader could do without it on some card, so the bound is a little too low rather
//! than too high: it takes EF.CardAccess by its short identifier, without the SELECT of its own
//! that citizen cards are read with.

use super::modelled::Traffic;

/// Block of AES, in bytes.
const BLOCK: usize = 16;

/// Status word.
const STATUS: usize = 2;

/// Data object 99 with the status, data object 8E with the code (Doc 9303-11 §9.8.4).
const TRAILER: usize = 4 + CHECKSUM;

/// Data object 8E.
const CHECKSUM: usize = 10;

/// A point of a curve of 256 bits: 04, x, y.
const POINT: usize = 65;

/// An authentication token.
const TOKEN: usize = 8;

/// Signature of RSA with 2048 bits.
const SIGNATURE: usize = 256;

/// Content octets of id-PACE-ECDH-GM-AES-CBC-CMAC-128 and its like.
const PACE_OID: usize = 10;

/// Content octets of id-CA-ECDH-AES-CBC-CMAC-128 and its like.
const CA_OID: usize = 10;

/// What the bound is computed from.
#[derive(Debug, Clone)]
pub struct Card {
    /// Most data bytes in one answer, status word left out. Up to 256: short length fields.
    pub answer: usize,
    /// Length of EF.ATR/INFO where the longest answer stands there and nowhere else: who does not
    /// know it has to read it. `None` where the reader knows it already.
    pub atr_info: Option<usize>,
    /// Length of EF.CardAccess.
    pub card_access: usize,
    /// Lengths of the files behind access control: EF.COM, EF.SOD, and every data group that is
    /// read.
    pub files: Vec<usize>,
}

/// The least that must go over the wire.
pub fn lower_bound(card: &Card) -> Traffic {
    let mut traffic = Traffic::default();
    traffic = read_plain(card, traffic, card.atr_info.unwrap_or_default());
    traffic = read_plain(card, traffic, card.card_access);
    traffic = pace(traffic);
    // SELECT of the application: seven octets of identifier, no answer but the status.
    traffic = protected(card, traffic, 7, 0);
    for length in &card.files {
        traffic = read_protected(card, traffic, *length);
    }
    traffic = chip_authentication(card, traffic);
    // INTERNAL AUTHENTICATE: a challenge of eight octets, the signature back.
    protected(card, traffic, 8, SIGNATURE)
}

/// A file in the clear: READ BINARY by short identifier, in as many pieces as its length asks for.
fn read_plain(card: &Card, mut traffic: Traffic, length: usize) -> Traffic {
    let mut left = length;
    while left > 0 {
        let piece = left.min(card.answer);
        traffic = traffic.and(command(0, piece), piece + STATUS);
        left -= piece;
    }
    traffic
}

/// PACE with generic mapping: MSE:Set AT and four GENERAL AUTHENTICATE (Doc 9303-11 §4.4.4).
fn pace(traffic: Traffic) -> Traffic {
    // Dynamic authentication data 7C with one data object of one octet of tag.
    let dynamic = |value: usize| object(object(value));
    // Set AT: identifier in 80, password reference in 83, no answer.
    let set_at = object(PACE_OID) + object(1);
    traffic
        .and(command(set_at, 0), STATUS)
        // The nonce, encrypted: one block. The question is an empty 7C.
        .and(command(object(0), 1), dynamic(BLOCK) + STATUS)
        // Mapping keys, ephemeral keys, tokens.
        .and(command(dynamic(POINT), 1), dynamic(POINT) + STATUS)
        .and(command(dynamic(POINT), 1), dynamic(POINT) + STATUS)
        .and(command(dynamic(TOKEN), 1), dynamic(TOKEN) + STATUS)
}

/// Chip authentication with AES: MSE:Set AT, GENERAL AUTHENTICATE (Doc 9303-11 §6.2.4). What proves
/// the new keys is active authentication, which has to be sent anyway.
fn chip_authentication(card: &Card, traffic: Traffic) -> Traffic {
    let traffic = protected(card, traffic, object(CA_OID), 0);
    // The terminal's ephemeral key in 7C 80; the answer is an empty 7C.
    protected(card, traffic, object(object(POINT)), object(0))
}

/// A file behind access control in as few pieces as the card's longest answer allows.
fn read_protected(card: &Card, mut traffic: Traffic, length: usize) -> Traffic {
    let most = (1..=card.answer)
        .rev()
        .find(|piece| answer(*piece) <= card.answer)
        .expect("room for one byte");
    let mut left = length;
    while left > 0 {
        let piece = left.min(most);
        traffic = protected(card, traffic, 0, piece);
        left -= piece;
    }
    traffic
}

/// One protected command and its answer, which comes in several pieces where it is longer than the
/// card's longest: then each further piece takes a GET RESPONSE (ISO/IEC 7816-4 §5.3.4).
fn protected(card: &Card, mut traffic: Traffic, data: usize, expected: usize) -> Traffic {
    let back = answer(expected);
    let extended = back > 256 && card.answer > 256;
    let mut inside = CHECKSUM;
    if data > 0 {
        inside += cryptogram(data);
    }
    if expected > 0 {
        // Data object 97: one octet where up to 256 bytes are asked for, else two.
        inside += object(if expected > 256 { 2 } else { 1 });
    }
    // A protected command always has an answer, so there is always an Le.
    let asked = if extended { back } else { back.min(256) };
    let mut left = back.saturating_sub(card.answer);
    traffic = traffic.and(command(inside, asked), back - left + STATUS);
    while left > 0 {
        let piece = left.min(card.answer);
        traffic = traffic.and(command(0, piece.min(256)), piece + STATUS);
        left -= piece;
    }
    traffic
}

/// Length of a protected answer with so many bytes of data, status word left out.
fn answer(data: usize) -> usize {
    if data == 0 {
        TRAILER
    } else {
        cryptogram(data) + TRAILER
    }
}

/// Data object 87: padding indicator, and the data with one octet of padding at least, in whole
/// blocks.
fn cryptogram(data: usize) -> usize {
    object(1 + (data / BLOCK + 1) * BLOCK)
}

/// A data object with a tag of one octet.
fn object(value: usize) -> usize {
    let header = match value {
        0..=0x7F => 2,
        0x80..=0xFF => 3,
        0x100..=0xFFFF => 4,
        _ => 5,
    };
    header + value
}

/// A command: four octets of header, and the length fields that ISO/IEC 7816-4 §5.2 asks for, short
/// where they do.
fn command(data: usize, expected: usize) -> usize {
    let extended = data > 255 || expected > 256;
    let before_data = match (data, extended) {
        (0, _) => 0,
        (_, false) => 1,
        (_, true) => 3,
    };
    let after_data = match (expected, extended, data) {
        (0, _, _) => 0,
        (_, false, _) => 1,
        (_, true, 0) => 3,
        (_, true, _) => 2,
    };
    4 + before_data + data + after_data
}
