//! The crate `emrtd` reads a card over PC/SC after basic access control.
//!
//! `DOCUMENT_NUMBER`, `BIRTH` and `EXPIRY` (YYMMDD) are the key.
//!
//! The crate's own loop asks for 256 protected bytes at a time, which a chip that keeps to short
//! answers may refuse with 6700, as the virtual card does. So that loop reads the short files only;
//! the others are read in smaller pieces through the crate's secure messaging.

use cancuoc_foreign_readers::Outcome;
use cancuoc_foreign_readers::first_card;
use cancuoc_foreign_readers::show;
use cancuoc_foreign_readers::variable;
use emrtd::APDU;
use emrtd::EmrtdComms;

/// Bytes that fit into a short protected answer.
const PIECE: usize = 0xDF;

/// How a file is read.
enum By {
    /// The crate's own loop.
    Crate,
    /// Smaller pieces.
    Pieces,
}

/// Name, file identifier, way of reading.
const FILES: [(&str, [u8; 2], By); 8] = [
    ("EF.COM", [0x01, 0x1E], By::Crate),
    ("EF.SOD", [0x01, 0x1D], By::Pieces),
    ("DG1", [0x01, 0x01], By::Crate),
    ("DG2", [0x01, 0x02], By::Pieces),
    ("DG13", [0x01, 0x0D], By::Pieces),
    ("DG14", [0x01, 0x0E], By::Pieces),
    ("DG15", [0x01, 0x0F], By::Pieces),
    // Once more: the files can be read in any order.
    ("DG1", [0x01, 0x01], By::Pieces),
];

fn main() -> Outcome<()> {
    let key = emrtd::other_mrz(
        &variable("DOCUMENT_NUMBER")?,
        &variable("BIRTH")?,
        &variable("EXPIRY")?,
    )?;
    let mut card = EmrtdComms::new(first_card()?);
    card.select_emrtd_application()?;
    card.establish_bac_session_keys(key.as_bytes())?;
    for (name, identifier, by) in FILES {
        card.select_ef(&identifier, name, true)?;
        let file = match by {
            By::Crate => card.read_data_from_ef(true)?,
            By::Pieces => in_pieces(&mut card)?,
        };
        show(name, &file);
    }
    Ok(())
}

/// Reads the selected file to the end that its own length tells.
fn in_pieces(card: &mut EmrtdComms) -> Outcome<Vec<u8>> {
    let mut file = piece(card, 0, 4)?;
    // Tags of one octet, lengths of one to three.
    let total = match *file.as_slice() {
        [_, short @ ..=0x7F, ..] => 2 + usize::from(short),
        [_, 0x81, length, ..] => 3 + usize::from(length),
        [_, 0x82, high, low] => 4 + usize::from(u16::from_be_bytes([high, low])),
        _ => return Err("no length at the start of a file".into()),
    };
    while file.len() < total {
        let next = piece(card, file.len(), PIECE.min(total - file.len()))?;
        if next.is_empty() {
            return Err("a file ends before its length".into());
        }
        file.extend(next);
    }
    Ok(file)
}

fn piece(card: &mut EmrtdComms, offset: usize, length: usize) -> Outcome<Vec<u8>> {
    let [p1, p2] = u16::try_from(offset)?.to_be_bytes();
    let length = vec![u8::try_from(length)?];
    let read_binary = APDU::new(0x00, 0xB0, p1, p2, None, None, Some(length));
    match card.send(&read_binary, true)? {
        (data, [0x90, 0x00]) => Ok(data),
        (_, [sw1, sw2]) => Err(format!("READ BINARY answers {sw1:02X}{sw2:02X}").into()),
    }
}
