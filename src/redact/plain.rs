//! What a chip says to anybody: its answer to reset and the files in the master file. They tell the
//! model of a chip, and on some chips its serial number.

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::lds::FileId;
use crate::redact::keys;

/// Tags whose values tell what a chip can do: sizes, identifiers of applications and their labels,
/// card service data and capabilities (ISO/IEC 7816-4), versions and lists of groups; each in so many
/// octets at most.
const CAPABILITIES: [(u32, usize); 9] = [
    (tag::INTEGER, 4),
    (0x4F, 16),
    (0x50, 16),
    (0x43, 1),
    (0x47, 4),
    (0x5F01, 4),
    (0x5F36, 6),
    (0x5C, 32),
    (0x42, 3),
];

/// Most digits in historical bytes that name a product and no single card.
const MAX_DIGITS: usize = 3;

/// An open file with zeros for what is not known to be harmless; a file that is harmless is unchanged.
pub(super) fn file(file: FileId, bytes: &[u8]) -> Vec<u8> {
    if file == FileId::CardAccess {
        return keys::scrubbed_in(keys::Place::CardAccess, bytes);
    }
    let mut out = bytes.to_vec();
    let mut places = Vec::new();
    let mut reader = Reader::new(bytes);
    let mut known = 0_usize;
    while let Ok(element) = reader.element("data object") {
        known = known.saturating_add(element.raw.len());
        unknown(element, &mut places);
    }
    places.push((known, bytes.len().saturating_sub(known)));
    for (from, length) in places {
        if let Some(place) = out.get_mut(from..from.saturating_add(length)) {
            place.fill(0);
        }
    }
    out
}

fn unknown(element: Element<'_>, places: &mut Vec<(usize, usize)>) {
    let constructed = element.raw.first().is_some_and(|first| first & 0x20 != 0);
    match element.inside() {
        Ok(mut inside) if constructed => {
            let mut known = 0_usize;
            while let Ok(part) = inside.element("data object") {
                known = known.saturating_add(part.raw.len());
                unknown(part, places);
            }
            let rest = element.value.len().saturating_sub(known);
            places.push((element.offset.saturating_add(known), rest));
        }
        _ if CAPABILITIES
            .iter()
            .any(|(tag, most)| *tag == element.tag && element.value.len() <= *most) => {}
        _ => places.push((element.offset, element.value.len())),
    }
}

/// An answer to reset with zeros for historical bytes that are not known to be of a model.
pub(super) fn answer_to_reset(atr: &[u8]) -> Vec<u8> {
    let mut out = atr.to_vec();
    let Some((from, length)) = historical(atr) else {
        // No answer to reset: what it is, nobody knows.
        out.fill(0);
        return out;
    };
    let to = from.saturating_add(length);
    // Behind the check octet there is nothing.
    for octet in out.iter_mut().skip(to.saturating_add(1)) {
        *octet = 0;
    }
    let bytes = atr.get(from..to).unwrap_or_default();
    let harmless = harmless(bytes);
    if harmless == bytes {
        return out;
    }
    if let Some(place) = out.get_mut(from..to) {
        place.copy_from_slice(&harmless);
    }
    // ISO/IEC 7816-3 §8.2.5: the check octet makes the exclusive or of all from T0 on zero.
    let parity = |bytes: &[u8]| bytes.iter().skip(1).fold(0, |sum, octet| sum ^ octet);
    if atr.len() == to.saturating_add(1) && parity(atr) == 0 {
        let wrong = parity(&out);
        if let Some(check) = out.last_mut() {
            *check ^= wrong;
        }
    }
    out
}

/// Historical bytes (ISO/IEC 7816-4 §12.1.1): compact data objects of card service, capabilities and
/// status; the name of a product; else nothing.
fn harmless(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    match bytes.first() {
        Some(0x00 | 0x10 | 0x80) => {
            let mut at = 1_usize;
            while let Some(header) = bytes.get(at) {
                let length = usize::from(header & 0x0F);
                let end = at.saturating_add(1).saturating_add(length).min(bytes.len());
                // ISO/IEC 7816-4: card service data have one octet, capabilities and status three.
                let most = match header >> 4 {
                    3 => 1,
                    7 | 8 => 3,
                    _ => 0,
                };
                if length > most {
                    let value = out.get_mut(at.saturating_add(1)..end);
                    value.unwrap_or_default().fill(0);
                }
                at = end;
            }
        }
        _ => {
            let named = bytes
                .iter()
                .all(|byte| byte.is_ascii_graphic() || *byte == b' ' || *byte == 0);
            let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
            if !named || digits > MAX_DIGITS {
                out.fill(0);
            }
        }
    }
    out
}

/// Where the historical bytes stand (ISO/IEC 7816-3 §8.2).
fn historical(atr: &[u8]) -> Option<(usize, usize)> {
    // The initial character says in which convention the others are.
    let &[0x3B | 0x3F, format, ..] = atr else {
        return None;
    };
    let count = usize::from(format & 0x0F);
    let mut presence = format >> 4;
    let mut position = 2_usize;
    while presence & 0x08 != 0 {
        position = position.checked_add(usize::try_from(presence.count_ones()).ok()?)?;
        presence = atr.get(position.checked_sub(1)?)? >> 4;
    }
    position = position.checked_add(usize::try_from(presence.count_ones()).ok()?)?;
    let end = position.checked_add(count)?;
    (end <= atr.len()).then_some((position, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serial_number_of_a_card_is_zeroed_and_a_model_stays() {
        let model = hex::decode("3B8880014356495A41303031B6").unwrap();
        assert_eq!(answer_to_reset(&model), model);
        // Category 80, a pre-issuing data object with a number, card capabilities.
        let serial = [
            0x3B, 0x89, 0x80, 0x01, 0x80, 0x63, 0x12, 0x34, 0x56, 0x73, 0x80, 0x01, 0xC0,
        ];
        let parity = serial.iter().skip(1).fold(0, |sum, octet| sum ^ octet);
        let serial = [&serial[..], &[parity]].concat();
        let scrubbed = answer_to_reset(&serial);
        assert_eq!(scrubbed[6..9], [0, 0, 0]);
        assert_eq!(scrubbed[9..13], serial[9..13]);
        assert_eq!(scrubbed.iter().skip(1).fold(0, |sum, octet| sum ^ octet), 0);
        assert_eq!(answer_to_reset(&scrubbed), scrubbed);
    }

    #[test]
    fn nothing_hides_in_an_answer_to_reset() {
        let model = hex::decode("3B8880014356495A41303031B6").unwrap();
        // Octets behind the check octet, capabilities that are too long, no answer to reset at all.
        let behind = [&model[..], b"036195000123"].concat();
        assert_eq!(answer_to_reset(&behind)[..model.len()], model);
        assert!(
            answer_to_reset(&behind)[model.len()..]
                .iter()
                .all(|octet| *octet == 0)
        );
        let long = hex::decode("3B8F80018073C02100FD3031323334353637389A").unwrap();
        assert_ne!(answer_to_reset(&long), long);
        let capabilities = hex::decode("3B8A8001807830313233343536").unwrap();
        assert!(!answer_to_reset(&capabilities).ends_with(b"3456"));
        assert_eq!(answer_to_reset(b"NGUYEN VAN"), [0; 10]);
    }

    #[test]
    fn open_files_keep_what_a_chip_can_do() {
        let sizes = hex::decode("7F6608020210000202100043018046043132333435").unwrap();
        let harmless = file(FileId::AtrInfo, &sizes);
        assert_eq!(harmless.len(), sizes.len());
        assert_eq!(harmless[..14], sizes[..14]);
        assert!(harmless[16..].iter().all(|byte| *byte == 0));
        assert_eq!(file(FileId::AtrInfo, &harmless), harmless);
    }
}
