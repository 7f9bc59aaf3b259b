//! `sim serve` and `sim bench`: virtual cards on readers.

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
#[cfg(feature = "control")]
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::Bench;
use crate::cli::arguments::sim::Lying;
use crate::cli::arguments::sim::Serve;
use crate::cli::card;
use crate::cli::kept::Kept;
use crate::cli::output::Output;
#[cfg(feature = "control")]
use crate::cli::personas;
#[cfg(feature = "control")]
use crate::cli::sim_faults;
use crate::error::BenchError;
use crate::error::Error;
#[cfg(not(feature = "control"))]
use crate::error::SetupError;
#[cfg(feature = "control")]
use crate::render::json;
#[cfg(feature = "control")]
use crate::sim::control::Board;
#[cfg(feature = "control")]
use crate::sim::control::Card;
#[cfg(feature = "control")]
use crate::sim::control::Control;
#[cfg(feature = "control")]
use crate::sim::control::Texts;
#[cfg(feature = "control")]
use crate::sim::fault::Fault;
#[cfg(feature = "control")]
use crate::sim::persona;
#[cfg(feature = "control")]
use crate::sim::quirk::Quirk;
use crate::sim::stand::Around;
use crate::sim::stand::Place;
use crate::sim::stand::Setting;
use crate::sim::stand::Stand;
use crate::sim::vpcd;
use crate::transport::Stop;

/// Tells the command where the control interface listens.
const CONTROL: &str = "CANCUOC_CONTROL";

/// How long to wait for vpcd to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long pcscd may take to tell its clients of cards that it has powered up.
const SEEN: Duration = Duration::from_secs(10);

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// What is added to a signal's number where a program ended by it, as shells do.
const SIGNALLED: i32 = 128;

/// Lays a card on a vpcd reader until it is pulled out, the reader goes, or the time is over.
pub(super) fn serve(request: &Serve, out: &Output) -> Result<Ended, Error> {
    let lying = &request.lying;
    let setting = setting(lying, &request.persona, 0)?;
    let end = end(lying.seconds);
    let patience = lying.seconds.map_or(PATIENCE, Duration::from_secs);
    let address = request.address;
    out.remark(
        &format!("Đang chờ đầu đọc ảo (vpcd) ở {address}…"),
        &format!("Waiting for the virtual reader (vpcd) at {address}…"),
    );
    if let Some(control) = lying.control {
        let card = Laid {
            place: Place::at(address),
            #[cfg(feature = "control")]
            reader: None,
            setting,
        };
        let laid = lay_down(!lying.empty, vec![card], patience)?;
        return told(control, laid, end, out);
    }
    let mut place = Place::at(address);
    let mut chip = setting.chip(Around::Refused)?;
    if let Some(path) = &request.state {
        let (remembering, kept) = Kept::open(path, &setting, chip)?;
        chip = remembering;
        place = place.kept_by(kept);
    }
    place.insert(chip, setting.line()?, &Stop::after(patience))?;
    let name = &request.persona;
    out.remark(
        &format!("Thẻ ảo “{name}” đang nằm trên đầu đọc {address}."),
        &format!("The virtual card “{name}” lies on the reader at {address}."),
    );
    loop {
        match place.wait(left(end).unwrap_or(PATIENCE)) {
            None | Some(vpcd::Ended::Stopped) if left(end) != Some(Duration::ZERO) => {}
            None | Some(vpcd::Ended::Stopped) => return Ok(Ended::Done),
            Some(vpcd::Ended::Pulled) => {
                if let Some(error) = place.lost_memory() {
                    return Err(error);
                }
                out.remark("Thẻ ảo đã được rút ra.", "The virtual card was pulled out.");
                return Ok(Ended::Done);
            }
            Some(vpcd::Ended::ReaderGone | vpcd::Ended::NotAReader) => {
                let address = address.to_string();
                return Err(BenchError::ReaderGone { address }.into());
            }
        }
    }
}

/// Runs a command before cards on readers of its own; gives its exit status.
pub(super) fn bench(request: &Bench, out: &Output) -> Result<Ended, Error> {
    let lying = &request.lying;
    let settings: Vec<Setting> = request
        .persona
        .iter()
        .enumerate()
        .map(|(number, name)| setting(lying, name, number))
        .collect::<Result<_, _>>()?;
    let mut stand = Stand::start(settings.len())?;
    let readers: Vec<String> = (0..settings.len()).map(|card| stand.reader(card)).collect();
    let cards = settings
        .into_iter()
        .enumerate()
        .filter_map(|(number, setting)| {
            Some(Laid {
                place: Place::at(stand.address(number)?),
                #[cfg(feature = "control")]
                reader: Some(stand.reader(number)),
                setting,
            })
        })
        .collect();
    let cards = lay_down(!lying.empty, cards, PATIENCE)?;
    if !lying.empty {
        wait_until_seen(&stand, &readers)?;
        for (reader, persona) in readers.iter().zip(&request.persona) {
            out.remark(
                &format!("{reader}: thẻ ảo “{persona}”"),
                &format!("{reader}: the virtual card “{persona}”"),
            );
        }
    }
    let told = Told::open(lying.control, cards)?;
    let end = end(lying.seconds);
    let Some((program, arguments)) = request.command.split_first() else {
        return stay(&mut stand, &readers, request, &told, end, out);
    };
    let mut command = stand.command(program);
    command.args(arguments);
    if let Some(url) = told.url() {
        command.env(CONTROL, url);
    }
    let mut child = start(&mut command, program)?;
    stand.watch(&child);
    let status = await_end(&mut child, &told, end)?;
    let Some(status) = status else {
        if told.quit(Duration::ZERO) {
            return Ok(Ended::Done);
        }
        let seconds = lying.seconds.unwrap_or_default();
        return Err(BenchError::CommandTime { seconds }.into());
    };
    stand.forget();
    if stand.has_ended() {
        out.remark(
            &format!("pcscd đã dừng trước khi lệnh xong:\n{}", stand.log_end()),
            &format!("pcscd ended before the command did:\n{}", stand.log_end()),
        );
    }
    Ok(Ended::Passed(passed(status)))
}

/// The card of this persona, the so many-th on its bench.
fn setting(lying: &Lying, name: &str, number: usize) -> Result<Setting, Error> {
    let mut persona = card::persona(name, &[], &[])?;
    if lying.applications {
        persona = card::with_applications(persona)?;
    }
    Ok(Setting {
        persona,
        quirks: lying.quirk.clone(),
        faults: lying.fault.clone(),
        link: lying.link.clone(),
        seed: lying.seed.clone(),
        number,
    })
}

/// A card, where it lies, and what it is.
struct Laid {
    place: Place,
    #[cfg(feature = "control")]
    reader: Option<String>,
    setting: Setting,
}

/// The moment at which the time is over, where it ever is.
fn end(seconds: Option<u64>) -> Option<Instant> {
    seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)))
}

/// Time left, where there is an end.
fn left(end: Option<Instant>) -> Option<Duration> {
    end.map(|end| end.saturating_duration_since(Instant::now()))
}

/// Lays all cards down at once, since each reader takes its time to notice; or makes them only.
fn lay_down(now: bool, cards: Vec<Laid>, patience: Duration) -> Result<Vec<Laid>, Error> {
    let laying: Vec<_> = cards
        .into_iter()
        .map(|mut card| {
            let chip = card.setting.chip(Around::Refused)?;
            let link = card.setting.line()?;
            Ok(thread::spawn(move || {
                if now {
                    card.place.insert(chip, link, &Stop::after(patience))?;
                }
                Ok(card)
            }))
        })
        .collect::<Result<_, Error>>()?;
    laying
        .into_iter()
        .map(|thread| {
            let unknown = |_| BenchError::StandFailed {
                why: "a card could not be laid down".to_owned(),
            };
            thread.join().map_err(unknown)?
        })
        .collect()
}

/// The cards, and the control interface where one was asked for.
struct Told {
    /// Where there is no interface: the cards lie as long as this lives.
    _cards: Vec<Laid>,
    #[cfg(feature = "control")]
    control: Option<(Arc<Board>, Control)>,
}

impl Told {
    #[cfg(feature = "control")]
    fn open(address: Option<SocketAddr>, cards: Vec<Laid>) -> Result<Self, BenchError> {
        let Some(address) = address else {
            return Ok(Self {
                _cards: cards,
                control: None,
            });
        };
        let cards = cards
            .into_iter()
            .map(|card| Card::new(card.place, card.reader, card.setting));
        let board = Arc::new(Board::new(cards.collect()));
        let texts = Texts {
            error: json::error,
            personas: || personas::json(&persona::shipped()),
            faults: || sim_faults::json(&Fault::ALL, &Quirk::ALL),
        };
        let control = Control::open(address, Arc::clone(&board), texts)?;
        Ok(Self {
            _cards: Vec::new(),
            control: Some((board, control)),
        })
    }

    #[cfg(not(feature = "control"))]
    fn open(address: Option<SocketAddr>, cards: Vec<Laid>) -> Result<Self, SetupError> {
        match address {
            Some(_) => Err(SetupError::NotBuilt { feature: "control" }),
            None => Ok(Self { _cards: cards }),
        }
    }

    /// Where the interface listens.
    #[cfg(feature = "control")]
    fn url(&self) -> Option<String> {
        self.control.as_ref().map(|(_, control)| control.url())
    }

    #[cfg(not(feature = "control"))]
    fn url(&self) -> Option<String> {
        None
    }

    /// Waits, so long at most, until somebody asks for the end; `true` when somebody did.
    #[cfg(feature = "control")]
    fn quit(&self, limit: Duration) -> bool {
        match &self.control {
            Some((board, _)) => board.wait(limit),
            None => {
                thread::sleep(limit);
                false
            }
        }
    }

    #[cfg(not(feature = "control"))]
    fn quit(&self, limit: Duration) -> bool {
        thread::sleep(limit);
        false
    }
}

/// Does what it is told over HTTP, until it is told to end or the time is over.
fn told(
    address: SocketAddr,
    cards: Vec<Laid>,
    end: Option<Instant>,
    out: &Output,
) -> Result<Ended, Error> {
    let told = Told::open(Some(address), cards)?;
    out.line(&json!({"schema": "cancuoc.control/1", "control": told.url()}))?;
    while left(end) != Some(Duration::ZERO) {
        if told.quit(left(end).unwrap_or(PATIENCE)) {
            break;
        }
    }
    Ok(Ended::Done)
}

/// Waits until programs see a card on every reader: the readers have powered the cards up, and pcscd
/// has only to say so.
///
/// Another process looks, since libpcsclite asks for the place of the service once in its life.
fn wait_until_seen(stand: &Stand, readers: &[String]) -> Result<(), Error> {
    if !cfg!(feature = "pcsc") {
        return Ok(());
    }
    let program = env::current_exe().map_err(|error| BenchError::StandFailed {
        why: error.to_string(),
    })?;
    let until = Instant::now().checked_add(SEEN);
    loop {
        let output = stand
            .command(&program)
            .args(["--quiet", "--format", "json", "readers"])
            .stdin(Stdio::null())
            .output();
        let said: Option<Value> = output
            .ok()
            .and_then(|output| serde_json::from_slice(&output.stdout).ok());
        let seen = |reader: &String| {
            let entries = said.as_ref()?.get("readers")?.as_array()?;
            let entry = entries
                .iter()
                .find(|entry| entry.get("name").and_then(Value::as_str) == Some(reader.as_str()))?;
            (entry.get("card").and_then(Value::as_str) != Some("absent")).then_some(())
        };
        let Some(unseen) = readers.iter().find(|reader| seen(reader).is_none()) else {
            return Ok(());
        };
        if until.is_none_or(|until| Instant::now() >= until) {
            let reader = unseen.clone();
            return Err(BenchError::CardUnseen { reader }.into());
        }
        thread::sleep(LOOK);
    }
}

/// Says where the readers are, and leaves them there.
fn stay(
    stand: &mut Stand,
    readers: &[String],
    request: &Bench,
    told: &Told,
    end: Option<Instant>,
    out: &Output,
) -> Result<Ended, Error> {
    let socket = stand.socket().display().to_string();
    let entries: Vec<Value> = readers
        .iter()
        .zip(&request.persona)
        .map(|(reader, persona)| json!({"name": reader, "persona": persona}))
        .collect();
    out.line(&json!({
        "schema": "cancuoc.bench/1",
        "socket": socket,
        "control": told.url(),
        "readers": entries,
    }))?;
    while left(end) != Some(Duration::ZERO) {
        if stand.has_ended() {
            let why = stand.log_end();
            return Err(BenchError::StandFailed { why }.into());
        }
        if told.quit(left(end).unwrap_or(LOOK * 10).min(LOOK * 10)) {
            break;
        }
    }
    Ok(Ended::Done)
}

fn start(command: &mut Command, program: &OsString) -> Result<Child, BenchError> {
    command.spawn().map_err(|error| BenchError::CommandFailed {
        program: program.to_string_lossy().into_owned(),
        why: error.to_string(),
    })
}

/// Waits for the end of the command; `None` when the time is over before, or somebody asked for the
/// end.
fn await_end(
    child: &mut Child,
    told: &Told,
    end: Option<Instant>,
) -> Result<Option<ExitStatus>, BenchError> {
    loop {
        let status = child.try_wait().map_err(|error| BenchError::StandFailed {
            why: error.to_string(),
        })?;
        if status.is_some() || left(end) == Some(Duration::ZERO) || told.quit(LOOK) {
            return Ok(status);
        }
    }
}

/// The status that a shell would give.
fn passed(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal()?.checked_add(SIGNALLED));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}
