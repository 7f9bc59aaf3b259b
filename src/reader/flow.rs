//! One read, straight down the page: open, read the files, let the chip prove itself.

use std::collections::BTreeMap;

use crate::capture::Capture;
use crate::capture::Live;
use crate::capture::Missing;
use crate::capture::Reading;
use crate::capture::Session;
use crate::crypto::random::Random;
use crate::error::CardError;
use crate::error::ChannelError;
use crate::error::Error;
use crate::iso7816::Status;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::sod;
use crate::lds::sod::SecurityObject;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::pki::cms::SignedData;
use crate::reader::access;
use crate::reader::active;
use crate::reader::chip;
use crate::reader::files;
use crate::reader::files::FileOrStatus;
use crate::reader::files::Habits;
use crate::reader::plan::Plan;
use crate::transport::Medium;
use crate::transport::Stop;
use crate::transport::Transport;

/// How far a read has come.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Looking for the access protocol and running it.
    Opening,
    /// The chip is open.
    Opened,
    /// This file comes next: number `index` of `count`, from 1.
    File {
        /// The file.
        file: FileId,
        /// Its number.
        index: usize,
        /// How many files will be read.
        count: usize,
    },
    /// All text is in; only pictures are missing.
    Text(&'a Capture),
    /// The chip proves itself.
    Proving,
}

/// Reads a card.
///
/// The transport has the chip just powered up. `random` is the operating system's generator, but
/// for replays.
///
/// ```
/// use cancuoc::crypto::random::System;
/// use cancuoc::lds::key::AccessKey;
/// use cancuoc::lds::{DataGroup, FileId};
/// use cancuoc::reader::{Groups, Plan};
/// use cancuoc::sim::{VirtualCard, persona};
/// use cancuoc::transport::Stop;
/// use cancuoc::verify::Policy;
///
/// let persona = persona::find("an").expect("shipped");
/// let mut card = VirtualCard::new(persona.personalise()?, Box::new(System));
/// let plan = Plan::new(
///     AccessKey::parse(&persona.can(), jiff::Zoned::now().date())?,
///     Groups::Only(vec![DataGroup::DG1]),
///     Policy::counter().access(),
/// );
/// let reading = cancuoc::reader::read(&mut card, &plan, &Stop::never(), &mut System, &mut |_| {})?;
/// assert!(reading.capture.files.contains_key(&FileId::Sod));
/// assert!(!reading.capture.files.contains_key(&FileId::Group(DataGroup::DG2)));
/// # Ok::<(), cancuoc::Error>(())
/// ```
///
/// # Errors
/// [`Error`] when the chip stays shut, leaves, or gives no document security object: there is
/// nothing to judge then. What a chip refuses after that is written into the reading.
pub fn read(
    transport: &mut dyn Transport,
    plan: &Plan,
    stop: &Stop,
    random: &mut dyn Random,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Reading, Error> {
    let mut link = Link::new(transport, stop);
    let mut habits = Habits::default();
    progress(Progress::Opening);
    let mut found = access::find_card_access(&mut link, &mut habits)?;
    let mut opened = access::open(&mut link, &mut habits, plan, &found, random)?;
    access::enter(&mut link, &opened)?;
    progress(Progress::Opened);
    let mut first = files::read(&mut link, &mut habits, FileId::Sod);
    if refuses_length_in_the_clear(&first) && link.extended() == ExtendedLength::Works {
        // Extended length works in the clear and not under protection: a new channel, and short
        // lengths. The dead one stays dead.
        habits.note("protected-extended-refused");
        link.start_again_short();
        found = found.after_reset();
        let again = access::open(&mut link, &mut habits, plan, &found, random)
            .and_then(|again| access::enter(&mut link, &again).map(|()| again));
        match again {
            Ok(again) => {
                opened = again;
                first = files::read(&mut link, &mut habits, FileId::Sod);
            }
            Err(error @ Error::Transport(_)) => return Err(error),
            // It was no such chip: the first break is what is told.
            Err(_) => {}
        }
    }
    let mut capture = Capture {
        files: BTreeMap::new(),
        missing: BTreeMap::new(),
        requested: plan.requested(),
        active: None,
        active_for_party: None,
        access: opened.used,
        quirks: Vec::new(),
    };
    if let Some(bytes) = found.card_access {
        capture.files.insert(FileId::CardAccess, bytes);
    }
    match opened.card_security {
        Some(Ok(bytes)) => {
            capture.files.insert(FileId::CardSecurity, bytes);
        }
        Some(Err(status)) => {
            let refused = Missing::Refused(status);
            capture.missing.insert(FileId::CardSecurity, refused);
        }
        None => {}
    }
    // The security object first: it, not EF.COM, says what belongs to this document.
    let signed = security_object(first?, &mut capture)?;
    let groups = plan.order(&signed);
    let order: Vec<FileId> = std::iter::once(FileId::Com)
        .chain(groups.into_iter().map(FileId::Group))
        .collect();
    for (index, file) in order.iter().enumerate() {
        if *file == FileId::Group(DataGroup::DG2) {
            progress(Progress::Text(&capture));
        }
        progress(Progress::File {
            file: *file,
            index: index + 1,
            count: order.len(),
        });
        match files::read(&mut link, &mut habits, *file) {
            Ok(Ok(bytes)) => {
                capture.files.insert(*file, bytes);
            }
            Ok(Err(status)) => {
                capture.missing.insert(*file, Missing::Refused(status));
            }
            // Nothing hangs on EF.COM: what is no such file is as good as none.
            Err(Error::Card(CardError::FileTooLong { .. }) | Error::Malformed(_))
                if *file == FileId::Com => {}
            Err(error) => return Err(error),
        }
    }
    let mut live = Live::new(match link.limits().medium {
        Medium::Reader | Medium::Virtual => Session::Live,
        Medium::Trace => Session::Stored,
    });
    live.chip_mapping = opened.mapping;
    progress(Progress::Proving);
    chip::chip_authentication(&mut link, &mut habits, &capture, &mut live, random)?;
    active::active_authentication(
        &mut link,
        &mut habits,
        plan,
        &mut capture,
        &mut live,
        random,
    )?;
    chip::confirm(&mut link, &mut live)?;
    capture.quirks = habits.quirks;
    Ok(Reading {
        capture,
        live,
        exchange: link.exchange(),
    })
}

/// "Wrong length" in the clear: what a chip says that cannot take so long a protected command.
fn refuses_length_in_the_clear(answer: &Result<FileOrStatus, Error>) -> bool {
    let wrong_length = ChannelError::PlainAnswer {
        status: Status::WRONG_LENGTH.0,
    };
    matches!(answer, Err(Error::Channel(error)) if *error == wrong_length)
}

/// Keeps EF.SOD and gives the groups that it lists.
fn security_object(file: FileOrStatus, capture: &mut Capture) -> Result<Vec<DataGroup>, Error> {
    let bytes = file.map_err(|status| CardError::NoSecurityObject { status: status.0 })?;
    let object = {
        let content = sod::signed_data(&bytes)?;
        let signed_data = SignedData::decode(&content)?;
        SecurityObject::decode(&signed_data.content)
    };
    let groups = match object {
        Ok(object) => object.hashes.keys().copied().collect(),
        Err(sod::SecurityObjectFault::Malformed(malformed)) => return Err(malformed.into()),
        // A hash function that this build does not know: nothing more can be checked, but what was
        // read can still be said to be open.
        Err(sod::SecurityObjectFault::UnknownHash(_)) => vec![DataGroup::DG1],
    };
    capture.files.insert(FileId::Sod, bytes);
    Ok(groups)
}
