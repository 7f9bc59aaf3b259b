//! What reader and card announce of extended length before anything is sent.

use crate::iso7816::SHORT_DATA;
use crate::iso7816::SHORT_EXPECTED;
use crate::link::EXTENDED_OVERHEAD;
use crate::transport::Limits;

/// Bit of the third software function octet of the card capabilities (ISO/IEC 7816-4 §12.1.1.9)
/// that says extended length fields are taken.
const EXTENDED_LENGTH_FIELDS: u8 = 0x40;
/// Bit of the same octet that says EF.ATR/INFO has the sizes.
const SIZES_IN_ATR_INFO: u8 = 0x20;

/// Whether card and reader take extended length; learnt once and remembered for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendedLength {
    /// Not tried yet, and nothing says no.
    Unknown,
    /// The card said so, or a trial went well.
    Works,
    /// The card or the reader refuses it.
    Refused,
}

/// Whether EF.ATR/INFO tells the largest command and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// The historical bytes say that EF.ATR/INFO has them.
    InAtrInfo,
    /// Nothing points there.
    Unknown,
}

/// What is known of extended length before anything was sent.
pub(in crate::link) fn extended_length(limits: &Limits) -> ExtendedLength {
    let roomy = limits.max_command > SHORT_DATA + EXTENDED_OVERHEAD
        && limits.max_response > SHORT_EXPECTED + 2;
    if roomy {
        capabilities(&limits.atr)
    } else {
        ExtendedLength::Refused
    }
}

/// What the historical bytes say of extended length.
fn capabilities(atr: &[u8]) -> ExtendedLength {
    match third_software_function(atr) {
        Some(functions) if functions & EXTENDED_LENGTH_FIELDS != 0 => ExtendedLength::Works,
        // A card whose capabilities leave it out may still take it; a trial tells.
        _ => ExtendedLength::Unknown,
    }
}

/// Where the card keeps its sizes, by its answer to reset.
pub(in crate::link) fn sizes(atr: &[u8]) -> Sizes {
    match third_software_function(atr) {
        Some(functions) if functions & SIZES_IN_ATR_INFO != 0 => Sizes::InAtrInfo,
        _ => Sizes::Unknown,
    }
}

/// Finds the third octet of a compact-TLV 7y object in the historical bytes of an ATR.
fn third_software_function(atr: &[u8]) -> Option<u8> {
    let historical = historical_bytes(atr)?;
    let (category, mut rest) = historical.split_first()?;
    match category {
        0x80 => {}
        // Category 00 ends with three status octets.
        0x00 => rest = rest.get(..rest.len().checked_sub(3)?)?,
        _ => return None,
    }
    while let Some((header, after)) = rest.split_first() {
        let value = after.get(..usize::from(header & 0x0F))?;
        if header & 0xF0 == 0x70 {
            return value.get(2).copied();
        }
        rest = after.get(value.len()..)?;
    }
    None
}

/// The historical bytes of an ATR (ISO/IEC 7816-3 §8.2).
fn historical_bytes(atr: &[u8]) -> Option<&[u8]> {
    let format = *atr.get(1)?;
    let count = usize::from(format & 0x0F);
    let mut presence = format >> 4;
    let mut position = 2;
    loop {
        let following = presence & 0x08 != 0;
        position += usize::try_from(presence.count_ones()).ok()?;
        if !following {
            break;
        }
        presence = atr.get(position - 1)? >> 4;
    }
    atr.get(position..position.checked_add(count)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn historical_bytes_tell_of_extended_length() {
        // TS, T0 = 8 historical bytes and TD1, TD1 -> TD2, TD2, 80 73 xx xx C0 …
        let mut atr = vec![0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0x80, 0x01, 0xC0];
        assert_eq!(capabilities(&atr), ExtendedLength::Works);
        atr[8] = 0x80;
        assert_eq!(capabilities(&atr), ExtendedLength::Unknown);
        assert_eq!(capabilities(&[]), ExtendedLength::Unknown);
        assert_eq!(capabilities(&[0x3B, 0xFF]), ExtendedLength::Unknown);
    }
}
