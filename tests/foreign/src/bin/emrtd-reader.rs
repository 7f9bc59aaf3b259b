//! The crate `emrtd` reads a card over PC/SC after basic access control.
//!
//! `DOCUMENT_NUMBER`, `BIRTH` and `EXPIRY` (YYMMDD) are the key.
//!
//! The crate's own loop asks for up to 256 protected bytes at a time, more than a short answer
//! carries: the personas give what fits.

use cancuoc_foreign_readers::Outcome;
use cancuoc_foreign_readers::first_card;
use cancuoc_foreign_readers::groups;
use cancuoc_foreign_readers::show;
use cancuoc_foreign_readers::variable;
use emrtd::EmrtdComms;

fn main() -> Outcome<()> {
    let key = emrtd::other_mrz(
        &variable("DOCUMENT_NUMBER")?,
        &variable("BIRTH")?,
        &variable("EXPIRY")?,
    )?;
    let mut card = EmrtdComms::new(first_card()?);
    card.select_emrtd_application()?;
    card.establish_bac_session_keys(key.as_bytes())?;
    let mut files = vec![("EF.COM".to_owned(), 0x1E), ("EF.SOD".to_owned(), 0x1D)];
    files.extend(
        groups()?
            .into_iter()
            .map(|number| (format!("DG{number}"), number)),
    );
    // Once more: the files can be read in any order.
    files.push(("DG1".to_owned(), 0x01));
    for (name, identifier) in files {
        card.select_ef(&[0x01, identifier], &name, true)?;
        show(&name, &card.read_data_from_ef(true)?);
    }
    Ok(())
}
