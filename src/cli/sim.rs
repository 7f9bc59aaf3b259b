//! `sim`: the virtual card on a reader, its personas, its faults and its root.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::Serve;
use crate::cli::arguments::Sim;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::TransportError;
use crate::render::words;
use crate::render::words::Labelled;
use crate::sim::chip::Chip;
use crate::sim::chip::Silence;
use crate::sim::fault::Fault;
use crate::sim::lds2;
use crate::sim::persona;
use crate::sim::persona::Persona;
use crate::sim::pki;
use crate::sim::pki::TestPki;
use crate::sim::pki::card_verifiable::TerminalPki;
use crate::sim::pki::revocation_list::RevocationListSpec;
use crate::sim::quirk::Quirk;
use crate::sim::vpcd;
use crate::sim::vpcd::Slot;
use crate::transport::Stop;

/// Serves a card, or lists what there is to serve.
pub(super) fn run(request: &Sim, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match request {
        Sim::Serve(serve) => self::serve(serve, out),
        Sim::Personas => personas(out),
        Sim::Faults => faults(out),
        Sim::Terminal { folder } => terminal(folder, out),
        Sim::Pki { out: folder } => pki(folder, settings, out),
    }
}

/// Days until the next list is due, as often as Doc 9303-12 asks for one.
const LIST_DAYS: i64 = 90;

/// Writes the root of the virtual cards, and a list that says that nothing under it is revoked.
fn pki(folder: &Path, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let unwritable = |_| SetupError::OutputUnwritable {
        path: folder.display().to_string(),
    };
    let made = settings.timestamp()?;
    let next = made
        .checked_add(SignedDuration::from_hours(24 * LIST_DAYS))
        .map_err(|_| SetupError::Time)?;
    let utc = |time: Timestamp| time.to_zoned(TimeZone::UTC).datetime();
    let list = RevocationListSpec {
        this_update: utc(made),
        next_update: utc(next),
        // Grows with time, so that a newer list takes the place of an older one.
        number: u32::try_from(made.as_second()).map_err(|_| SetupError::Time)?,
        revoked: Vec::new(),
    };
    let list = list.sign(&TestPki::shipped()?.csca)?;
    fs::create_dir_all(folder).map_err(unwritable)?;
    let root = folder.join("cancuoc-test-csca.der");
    let crl = folder.join("cancuoc-test-csca.crl");
    fs::write(&root, pki::test_root()).map_err(unwritable)?;
    fs::write(&crl, list).map_err(unwritable)?;
    let [root, crl] = [root, crl].map(|file| file.display().to_string());
    out.answer(
        &format!("{root}\n{crl}\n"),
        &json!({"schema": "cancuoc.sim_pki/1", "root": root, "crl": crl}),
    )?;
    Ok(Ended::Done)
}

/// How long to wait for vpcd to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a chip without power stays away: long enough for pcscd to see it.
const MOMENT: Duration = Duration::from_secs(1);

/// Lays a card on a vpcd reader until it is pulled out, the reader goes, or the time is over.
fn serve(request: &Serve, out: &Output) -> Result<Ended, Error> {
    let mut persona = self::persona(&request.persona, &request.quirk, &request.fault)?;
    if request.applications {
        persona = with_applications(persona)?;
    }
    let around = persona.chip.quirks.iter();
    if let Some(quirk) = around.copied().find(|quirk| quirk.is_around_the_chip()) {
        let name = quirk.to_string();
        return Err(SetupError::SwitchAround { name }.into());
    }
    let mut chip = Chip::new(persona.personalise()?, Box::new(System));
    let stop = match request.seconds {
        Some(seconds) => Stop::after(Duration::from_secs(seconds)),
        None => Stop::never(),
    };
    let patience = match request.seconds {
        Some(_) => stop.clone(),
        None => Stop::after(PATIENCE),
    };
    out.remark(
        &format!("Đang chờ đầu đọc ảo (vpcd) ở {}…", request.address),
        &format!(
            "Waiting for the virtual reader (vpcd) at {}…",
            request.address
        ),
    );
    let insert = |patience: &Stop| {
        Slot::insert(request.address, patience).map_err(|error| match error {
            TransportError::NoReader => Error::Setup(SetupError::NoVirtualReader {
                address: request.address.to_string(),
            }),
            other => Error::Transport(other),
        })
    };
    let mut slot = insert(&patience)?;
    out.remark(
        &format!(
            "Thẻ ảo “{}” đang nằm trên đầu đọc {}.",
            persona.name, request.address
        ),
        &format!(
            "The virtual card “{}” lies on the reader at {}.",
            persona.name, request.address
        ),
    );
    loop {
        match slot.serve(&mut chip, &stop) {
            vpcd::Ended::Stopped => return Ok(Ended::Done),
            // A chip that lost its power for a moment is there again.
            vpcd::Ended::Pulled if chip.silence() == Some(Silence::Dropped) => {
                thread::sleep(stop.remaining(MOMENT));
                slot = insert(&Stop::after(PATIENCE))?;
            }
            vpcd::Ended::Pulled => {
                out.remark("Thẻ ảo đã được rút ra.", "The virtual card was pulled out.");
                return Ok(Ended::Done);
            }
            vpcd::Ended::ReaderGone => return Err(TransportError::ReaderRemoved.into()),
        }
    }
}

/// The persona of this name, with quirks and faults switched on: before it is personalised, since
/// some of them stand in the card's files.
pub(super) fn persona(
    name: &str,
    quirks: &[String],
    faults: &[String],
) -> Result<Persona, SetupError> {
    let mut persona = persona::find(name).ok_or(SetupError::PersonaUnknown)?;
    for name in quirks {
        let quirk = Quirk::from_name(name).ok_or_else(|| no_such(name))?;
        persona.chip.quirks.insert(quirk);
    }
    for name in faults {
        let fault = Fault::from_name(name).ok_or_else(|| no_such(name))?;
        persona.chip.faults.push(fault);
    }
    Ok(persona)
}

/// What opens the persona's own card: the text of its QR code, or the lines of a passport, which has
/// none.
pub(super) fn own_key(persona: &Persona) -> String {
    if persona.chip.document.is_passport() {
        persona.mrz()
    } else {
        persona.qr()
    }
}

/// The persona with invented travel records, a visa and additional biometrics, and with trust in
/// terminals that may read them.
pub(super) fn with_applications(persona: Persona) -> Result<Persona, Error> {
    let csca = TestPki::shipped()?.csca;
    let applications = lds2::invented_for(&persona, &csca)?;
    let rights = lds2::authorizations(&lds2::READ_ALL);
    let chain = TerminalPki::shipped()?.extended(&rights)?;
    Ok(persona.with(|chip| {
        chip.applications = applications;
        if let Some(trust) = &mut chip.terminal {
            trust.authorities = chain.trust(trust.date).authorities;
        }
    }))
}

/// Writes what a terminal needs to read fingers and irises of virtual cards, and what lies beside the
/// eMRTD application.
fn terminal(folder: &Path, out: &Output) -> Result<Ended, Error> {
    let unwritable = |path: &Path| SetupError::OutputUnwritable {
        path: path.display().to_string(),
    };
    fs::create_dir_all(folder).map_err(|_| unwritable(folder))?;
    let mut names = Vec::new();
    let rights = lds2::authorizations(&lds2::READ_ALL);
    for (name, bytes) in TerminalPki::shipped()?.extended(&rights)?.files()? {
        let file = folder.join(name);
        fs::write(&file, bytes).map_err(|_| unwritable(&file))?;
        names.push(file.display().to_string());
    }
    out.answer(
        &format!("{}\n", names.join("\n")),
        &json!({"schema": "cancuoc.sim_terminal/1", "files": names}),
    )?;
    Ok(Ended::Done)
}

fn no_such(name: &str) -> SetupError {
    SetupError::SwitchUnknown {
        name: name.to_owned(),
    }
}

fn personas(out: &Output) -> Result<Ended, Error> {
    let mut text = String::new();
    let mut entries = Vec::new();
    for persona in persona::shipped() {
        let title = out.lang.choose(&persona.title.vi, &persona.title.en);
        // A card with BAC alone opens by its zone only; its QR text has that, too.
        let key = if persona.chip.pace.is_empty() || persona.chip.document.is_passport() {
            own_key(&persona)
        } else {
            persona.can()
        };
        let secrets = [
            persona
                .chip
                .pin
                .as_ref()
                .map(|pin| format!(" pin:{}", pin.digits)),
            persona.chip.puk.as_ref().map(|puk| format!(" puk:{puk}")),
        ];
        let secrets: String = secrets.into_iter().flatten().collect();
        text.push_str(&format!("{}: {title}: {key}{secrets}\n", persona.name));
        entries.push(json!({
            "name": persona.name,
            "title": {"vi": persona.title.vi, "en": persona.title.en},
            "can": persona.can(),
            "mrz": persona.mrz(),
            "qr": (!persona.chip.document.is_passport()).then(|| persona.qr()),
            "pin": persona.chip.pin.as_ref().map(|pin| &pin.digits),
            "puk": persona.chip.puk,
        }));
    }
    out.answer(
        &text,
        &json!({"schema": "cancuoc.personas/1", "personas": entries}),
    )?;
    Ok(Ended::Done)
}

fn faults(out: &Output) -> Result<Ended, Error> {
    let faults: Vec<String> = Fault::ALL.iter().map(ToString::to_string).collect();
    let quirks: Vec<String> = Quirk::ALL.iter().map(ToString::to_string).collect();
    let mut text = String::new();
    for fault in &faults {
        text.push_str(&format!("--fault {fault}\n"));
    }
    let row = out.lang.choose("hàng", "row");
    for quirk in Quirk::ALL {
        // What a report says of it, where it has the same name there.
        let said = words::label(Labelled::Quirk, &quirk.to_string(), out.lang);
        let said = said.map_or_else(String::new, |said| format!(": {said}"));
        text.push_str(&format!("--quirk {quirk}  ({row} {}){said}\n", quirk.row()));
    }
    out.remark(
        "Số sau tên có thể thay bằng số khác. Ý nghĩa từng hàng: docs/deviations.md.",
        "Another number may stand for the one in a name. docs/deviations.md explains the rows.",
    );
    out.answer(
        &text,
        &json!({"schema": "cancuoc.faults/1", "faults": faults, "quirks": quirks}),
    )?;
    Ok(Ended::Done)
}
