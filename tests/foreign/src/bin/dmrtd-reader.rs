//! The crate `dmrtd` reads a card after PACE or basic access control, and challenges the chip.
//!
//! `CAN` alone is the key for PACE; else `DOCUMENT_NUMBER`, `BIRTH` and `EXPIRY` (YYYY-MM-DD) are,
//! for PACE with `ACCESS=pace`, or for basic access control. With `CHALLENGE=yes` the chip must
//! prove its key by active authentication, with a signature that fits into a short answer: the
//! crate does not fetch the rest of a longer one. With `CSCA`, a file with a certificate in DER, every
//! open group must be vouched for under it by passive authentication.

use std::fs;

use cancuoc_foreign_readers::Outcome;
use cancuoc_foreign_readers::first_card;
use cancuoc_foreign_readers::groups;
use cancuoc_foreign_readers::show;
use cancuoc_foreign_readers::variable;
use dmrtd::auth::passive;
use dmrtd::auth::passive::DataGroup;
use dmrtd::auth::passive::TrustAnchor;
use dmrtd::com::TransceiveError;
use dmrtd::com::Transceiver;
use dmrtd::lds::ef::ElementaryFile;
use dmrtd::passport::Passport;
use dmrtd::proto::can_key::CanKey;
use dmrtd::proto::dba_key::DBAKey;

/// A card as this crate wants it.
struct Pcsc(pcsc::Card);

impl Transceiver for Pcsc {
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransceiveError> {
        let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED];
        self.0
            .transmit(command, &mut buffer)
            .map(<[u8]>::to_vec)
            .map_err(|error| TransceiveError::new(error.to_string()))
    }
}

/// Whether the machine-readable zone opens PACE or basic access control.
fn key(pace: bool) -> Outcome<DBAKey> {
    let key = DBAKey::new(
        variable("DOCUMENT_NUMBER")?,
        variable("BIRTH")?.parse()?,
        variable("EXPIRY")?.parse()?,
        pace,
    )?;
    Ok(key)
}

/// The bytes of a data group.
fn group(passport: &mut Passport<Pcsc>, number: u8) -> Outcome<Vec<u8>> {
    Ok(match number {
        1 => passport.read_ef_dg1()?.to_bytes().to_vec(),
        2 => passport.read_ef_dg2()?.to_bytes().to_vec(),
        5 => passport.read_ef_dg5()?.to_bytes().to_vec(),
        6 => passport.read_ef_dg6()?.to_bytes().to_vec(),
        7 => passport.read_ef_dg7()?.to_bytes().to_vec(),
        8 => passport.read_ef_dg8()?.to_bytes().to_vec(),
        9 => passport.read_ef_dg9()?.to_bytes().to_vec(),
        10 => passport.read_ef_dg10()?.to_bytes().to_vec(),
        11 => passport.read_ef_dg11()?.to_bytes().to_vec(),
        12 => passport.read_ef_dg12()?.to_bytes().to_vec(),
        13 => passport.read_ef_dg13()?.to_bytes().to_vec(),
        14 => passport.read_ef_dg14()?.to_bytes().to_vec(),
        15 => passport.read_ef_dg15()?.to_bytes().to_vec(),
        16 => passport.read_ef_dg16()?.to_bytes().to_vec(),
        other => return Err(format!("DG{other} is not read without more").into()),
    })
}

fn main() -> Outcome<()> {
    let mut passport = Passport::new(Pcsc(first_card()?));
    if let Ok(can) = variable("CAN") {
        let access = passport.read_ef_card_access()?;
        passport.start_session_pace(CanKey::new(&can)?, &access)?;
    } else if variable("ACCESS").is_ok_and(|access| access == "pace") {
        let access = passport.read_ef_card_access()?;
        passport.start_session_pace(key(true)?, &access)?;
    } else {
        passport.start_session(key(false)?)?;
    }
    let sod = passport.read_ef_sod()?;
    let mut read = Vec::new();
    for number in groups()? {
        read.push((number, group(&mut passport, number)?));
    }
    show("EF.COM", passport.read_ef_com()?.to_bytes());
    show("EF.SOD", sod.to_bytes());
    for (number, group) in &read {
        show(&format!("DG{number}"), group);
    }
    if let Ok(csca) = variable("CSCA") {
        let anchor = TrustAnchor::from_certificate(&fs::read(csca)?)?;
        let groups: Vec<DataGroup<'_>> = read
            .iter()
            .map(|(number, bytes)| DataGroup {
                number: *number,
                bytes,
            })
            .collect();
        let found = passive::verify(sod.to_bytes(), &groups, &[anchor])?;
        let mut signed = found.sod_groups.clone();
        // Fingerprints and irises are signed too, and stay closed to us.
        signed.retain(|number| ![3, 4].contains(number));
        if !found.is_authentic() || found.verified_groups != signed {
            return Err(format!("passive authentication: {found:?}").into());
        }
        println!("passive authentication passed");
    }
    if variable("CHALLENGE").is_ok_and(|challenge| challenge == "yes") {
        // Not a secret: the card signs whatever it is given.
        passport.verify_active_authentication(b"\x01\x23\x45\x67\x89\xAB\xCD\xEF")?;
        println!("active authentication passed");
    }
    Ok(())
}
