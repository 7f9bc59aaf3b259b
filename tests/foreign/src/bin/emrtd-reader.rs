//! The crate `emrtd` reads a card over PC/SC after basic access control.
//!
//! `DOCUMENT_NUMBER`, `BIRTH` and `EXPIRY` (YYMMDD) are the key.
//!
//! The crate's own loop asks for up to 256 protected bytes at a time, more than a short answer
//! carries: the personas give what fits.

use cancuoc_foreign_readers::Outcome;
use cancuoc_foreign_readers::first_card;
use cancuoc_foreign_readers::show;
use cancuoc_foreign_readers::variable;
use emrtd::EmrtdComms;

/// Name and file identifier.
const FILES: [(&str, [u8; 2]); 8] = [
    ("EF.COM", [0x01, 0x1E]),
    ("EF.SOD", [0x01, 0x1D]),
    ("DG1", [0x01, 0x01]),
    ("DG2", [0x01, 0x02]),
    ("DG13", [0x01, 0x0D]),
    ("DG14", [0x01, 0x0E]),
    ("DG15", [0x01, 0x0F]),
    // Once more: the files can be read in any order.
    ("DG1", [0x01, 0x01]),
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
    for (name, identifier) in FILES {
        card.select_ef(&identifier, name, true)?;
        show(name, &card.read_data_from_ef(true)?);
    }
    Ok(())
}
