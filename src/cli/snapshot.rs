//! `registry snapshot`: making and looking at snapshots of the cards that are not in force.

use std::path::Path;
use std::path::PathBuf;

use clap::ArgGroup;
use clap::Args;
use clap::Subcommand;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::SnapshotError;
#[cfg(feature = "postgres")]
use crate::registry::postgres;
use crate::registry::snapshot;
use crate::registry::snapshot::Address;
use crate::registry::snapshot::FingerprintBits;
use crate::registry::snapshot::Freshness;
use crate::registry::snapshot::RegisterId;
use crate::registry::snapshot::Signers;
use crate::registry::snapshot::Snapshot;
use crate::registry::snapshot::Times;
use crate::registry::snapshot::build;
use crate::registry::snapshot::build::Compared;
use crate::registry::snapshot::build::Edition;
use crate::registry::snapshot::cards::Cards;
use crate::registry::snapshot::cards::DatabaseCards;
use crate::registry::snapshot::cards::FileCards;
use crate::seal::key::DeviceId;
use crate::seal::key::DeviceKey;
use crate::seal::sign::time;

#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// Make a full snapshot of every card of a register, named by --registry or --cards
    Build(Build),
    /// Make a delta: what changed since a snapshot
    Delta(Delta),
    /// Put deltas behind a snapshot, in their order
    Apply(Apply),
    /// Say what a snapshot is, whoever signed it
    Info {
        /// The snapshot
        file: PathBuf,
    },
    /// Check a snapshot: its signature, every part, that it is not older than the newest seen; and,
    /// with --compare or --cards, every card's answer
    Verify(Verify),
}

/// Which cards, and what stands on the snapshot.
#[derive(Debug, Args)]
pub(crate) struct Made {
    /// Where it goes; what is there is replaced in one step
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The register's key, which signs it, in PEM
    #[arg(long, value_name = "FILE")]
    signing_key: PathBuf,
    /// Its number, higher than every one before
    #[arg(long, value_name = "NUMBER")]
    revision: u64,
    /// Cards from a file instead of --registry: CSV with sod_sha256 and card_status, or binary
    #[arg(long, value_name = "FILE")]
    cards: Option<PathBuf>,
    /// The time that the cards are of [default: what the register says; required with --cards]
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
    /// Hours after that time until the next is due
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    next_update: u32,
    /// Hours after that time until it no longer counts
    #[arg(long, value_name = "HOURS", default_value_t = 168)]
    stale_after: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    made: Made,
    /// Name of the register, the same on every snapshot
    #[arg(long, value_name = "NAME")]
    register: String,
    /// Bits of fingerprint, 8 to 32: one unknown digest of 2 to that power is called not in force
    #[arg(long, value_name = "BITS", default_value_t = 16)]
    fingerprint_bits: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Delta {
    #[command(flatten)]
    made: Made,
    /// The snapshot that it follows on, with the deltas that it has
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
}

/// Whose snapshots count.
#[derive(Debug, Args)]
pub(crate) struct Trusted {
    /// A key that is trusted: its SHA-256, or a file with the public key; may repeat [default: the
    /// registry's keys of the configuration]
    #[arg(long, value_name = "KEY")]
    signer: Vec<String>,
    /// Record of the newest snapshot seen [default: beside the snapshot, with .seen behind its name]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The snapshot, which is replaced in one step
    file: PathBuf,
    /// The deltas
    #[arg(required = true, value_name = "DELTA")]
    deltas: Vec<PathBuf>,
    #[command(flatten)]
    trusted: Trusted,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("against").multiple(false))]
pub(crate) struct Verify {
    /// The snapshot
    file: PathBuf,
    #[command(flatten)]
    trusted: Trusted,
    /// Look every card of --registry up
    #[arg(long, group = "against")]
    compare: bool,
    /// Look every card of this file up
    #[arg(long, value_name = "FILE", group = "against")]
    cards: Option<PathBuf>,
}

/// Runs one of its commands.
pub(super) fn run(request: &Request, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let now = settings.timestamp()?;
    match request {
        Request::Build(request) => make_full(request, settings, out, now),
        Request::Delta(request) => make_delta(request, settings, out, now),
        Request::Apply(request) => {
            let (signers, state) = request.trusted.read(&request.file, settings)?;
            let deltas: Vec<&Path> = request.deltas.iter().map(PathBuf::as_path).collect();
            let snapshot = Snapshot::apply(&request.file, &deltas, &signers, &state)?;
            tell(&snapshot, now, Told::Alone, out)
        }
        Request::Info { file } => {
            let snapshot = Snapshot::load(file, Signers::Any)?;
            tell(&snapshot, now, Told::Alone, out)
        }
        Request::Verify(request) => {
            let (signers, state) = request.trusted.read(&request.file, settings)?;
            let snapshot = Snapshot::open(&request.file, &signers, &state)?;
            let compared = match (&request.cards, request.compare) {
                (None, false) => None,
                (cards, _) => {
                    let mut given = given(cards.as_deref(), settings)?;
                    Some(build::compare(given.cards.as_mut(), &snapshot)?)
                }
            };
            if let Some(compared) = compared.filter(|compared| compared.different > 0) {
                let count = compared.different;
                return Err(SnapshotError::Differs { count }.into());
            }
            let told = compared.map_or(Told::Alone, Told::Compared);
            tell(&snapshot, now, told, out)
        }
    }
}

fn make_full(
    request: &Build,
    settings: &Settings,
    out: &Output,
    now: Timestamp,
) -> Result<Ended, Error> {
    let register = RegisterId::new(&request.register);
    let register = register.ok_or(SnapshotError::Parameter { what: "--register" })?;
    let bits = FingerprintBits::new(request.fingerprint_bits);
    let bits = bits.ok_or(SnapshotError::Parameter {
        what: "--fingerprint-bits",
    })?;
    let made = &request.made;
    let key = DeviceKey::load(&made.signing_key).map_err(SetupError::from)?;
    let mut given = given(made.cards.as_deref(), settings)?;
    let edition = made.edition(register, given.as_of)?;
    let octets = build::full(given.cards.as_mut(), &edition, bits, &key, now)?;
    Snapshot::write(&made.out, &octets)?;
    given.remark(out);
    let snapshot = Snapshot::decode(&octets, Signers::Any)?;
    tell(&snapshot, now, Told::Made(given.unnamed), out)
}

fn make_delta(
    request: &Delta,
    settings: &Settings,
    out: &Output,
    now: Timestamp,
) -> Result<Ended, Error> {
    let made = &request.made;
    let key = DeviceKey::load(&made.signing_key).map_err(SetupError::from)?;
    // One's own snapshots are what one's own deltas follow on.
    let own = [key.public().id()];
    let base = Snapshot::load(&request.base, Signers::These(&own))?;
    let mut given = given(made.cards.as_deref(), settings)?;
    let edition = made.edition(base.register().clone(), given.as_of)?;
    let octets = build::delta(given.cards.as_mut(), &base, &edition, &key, now)?;
    Snapshot::write(&made.out, &octets)?;
    given.remark(out);
    let answer = json!({
        "schema": "cancuoc.snapshot-delta/1",
        "register": base.register().as_str(),
        "base": base.revision(),
        "revision": edition.revision,
        "octets": octets.len(),
    });
    let (from, to, size) = (base.revision(), edition.revision, octets.len());
    out.answer(&format!("{from} → {to}: {size}\n"), &answer)?;
    Ok(Ended::Done)
}

/// Cards, and what they are of.
struct Given {
    cards: Box<dyn Cards>,
    as_of: Option<Timestamp>,
    /// Cards not in force that cannot be named.
    unnamed: u64,
}

impl Given {
    /// A snapshot does not stop who has one of these.
    fn remark(&self, out: &Output) {
        let unnamed = self.unnamed;
        if unnamed > 0 {
            out.remark(
                &format!(
                    "{unnamed} thẻ không còn hiệu lực chưa có mã băm EF.SOD trong cơ sở dữ liệu, nên không nằm trong bản chụp."
                ),
                &format!(
                    "{unnamed} cards that are not in force have no SHA-256 of EF.SOD in the register, and are not in the snapshot."
                ),
            );
        }
    }
}

/// The cards of a file, else of the registry that is named.
fn given(file: Option<&Path>, settings: &Settings) -> Result<Given, Error> {
    if let Some(file) = file {
        return Ok(Given {
            cards: Box::new(FileCards::open(file)?),
            as_of: None,
            unnamed: 0,
        });
    }
    let address = settings.registry_address()?;
    match address.split_once(':') {
        Some(("sqlite", path)) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            let register = DatabaseCards::open(Path::new(path))?;
            let (as_of, unnamed) = (register.as_of(), register.unnamed()?);
            Ok(Given {
                cards: Box::new(register),
                as_of: Some(as_of),
                unnamed,
            })
        }
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => {
            let register = postgres::DatabaseCards::open(&address)?;
            let (as_of, unnamed) = (register.as_of(), register.unnamed()?);
            Ok(Given {
                cards: Box::new(register),
                as_of: Some(as_of),
                unnamed,
            })
        }
        #[cfg(not(feature = "postgres"))]
        Some(("postgres" | "postgresql", _)) => Err(SetupError::NotBuilt {
            feature: "postgres",
        }
        .into()),
        _ => Err(SetupError::Registry {
            why:
                "a snapshot is made of a registry in a file or in PostgreSQL; export the cards of \
                  any other and give --cards"
                    .to_owned(),
        }
        .into()),
    }
}

impl Made {
    fn edition(
        &self,
        register: RegisterId,
        as_of: Option<Timestamp>,
    ) -> Result<Edition, SetupError> {
        let as_of = match &self.as_of {
            Some(text) => text
                .parse()
                .map_err(|_| SnapshotError::Parameter { what: "--as-of" })?,
            None => as_of.ok_or(SnapshotError::Parameter { what: "--as-of" })?,
        };
        let after = |hours: u32| {
            let time = as_of.checked_add(SignedDuration::from_hours(i64::from(hours)));
            time.map_err(|_| SetupError::Time)
        };
        let times = Times::new(as_of, after(self.next_update)?, after(self.stale_after)?)?;
        Ok(Edition::new(register, self.revision, times)?)
    }
}

impl Trusted {
    fn read(
        &self,
        snapshot: &Path,
        settings: &Settings,
    ) -> Result<(Vec<DeviceId>, PathBuf), SetupError> {
        let named = self.signer.iter().map(|text| snapshot::signer(text));
        let mut signers = named.collect::<Result<Vec<_>, _>>()?;
        if signers.is_empty() {
            signers.clone_from(&settings.registry_options.keys);
        }
        let state = self.state.clone();
        Ok((
            signers,
            state.unwrap_or_else(|| Address::state_beside(snapshot)),
        ))
    }
}

/// What there is to say beside what the snapshot says of itself.
#[derive(Clone, Copy)]
enum Told {
    Alone,
    /// How many cards not in force are not in it.
    Made(u64),
    Compared(Compared),
}

/// Says what a snapshot is.
fn tell(snapshot: &Snapshot, now: Timestamp, told: Told, out: &Output) -> Result<Ended, Error> {
    let (times, contents) = (snapshot.times(), snapshot.contents());
    let freshness = snapshot.freshness(now);
    let mut answer = json!({
        "schema": "cancuoc.snapshot-info/1",
        "register": snapshot.register().as_str(),
        "revision": snapshot.revision(),
        "as_of": time(times.as_of),
        "next_update": time(times.next_update),
        "stale_after": time(times.stale_after),
        "freshness": freshness.code(),
        "known": contents.known,
        "replaced": contents.replaced,
        "reported_lost": contents.reported_lost,
        "revoked": contents.revoked,
        "contents_sha256": hex::encode(contents.sha256),
        "fingerprint_bits": snapshot.fingerprint_bits().get(),
        "false_positive_rate": snapshot.false_positive_rate(),
        "corrections": snapshot.corrections(),
        "deltas": snapshot.deltas(),
        "octets": snapshot.octets(),
        "signer": snapshot.signer().to_string(),
    });
    let more = match told {
        Told::Alone => None,
        Told::Made(unnamed) => Some(("unnamed", unnamed)),
        Told::Compared(compared) => Some(("compared", compared.cards)),
    };
    if let (Some(members), Some((name, count))) = (answer.as_object_mut(), more) {
        members.insert(name.to_owned(), json!(count));
    }
    out.answer(&words(&answer, out), &answer)?;
    match freshness {
        Freshness::Fresh => {}
        Freshness::Due => out.remark(
            "Bản chụp mới hơn đã đến hạn phát hành.",
            "A newer snapshot is due.",
        ),
        Freshness::Stale => out.remark(
            "Bản chụp đã quá cũ và không trả lời gì nữa.",
            "The snapshot is too old, and answers nothing any more.",
        ),
        Freshness::ClockDoubtful => out.remark(
            "Đồng hồ của máy này chậm hơn thời điểm của bản chụp.",
            "This machine's clock is behind the time of the snapshot.",
        ),
    }
    Ok(Ended::Done)
}

/// A line for each thing.
fn words(answer: &Value, out: &Output) -> String {
    const LABELS: [(&str, &str, &str); 16] = [
        ("register", "Cơ sở dữ liệu", "Register"),
        ("revision", "Số hiệu", "Revision"),
        ("as_of", "Dữ liệu tại thời điểm", "As of"),
        ("next_update", "Bản tiếp theo đến hạn", "Next due"),
        ("stale_after", "Không dùng được từ", "Counts until"),
        ("known", "Số thẻ đã biết", "Cards known"),
        ("replaced", "Đã được thay thế", "Replaced"),
        ("reported_lost", "Đã báo mất", "Reported lost"),
        ("revoked", "Đã thu hồi", "Revoked"),
        ("fingerprint_bits", "Số bit vân", "Fingerprint bits"),
        (
            "false_positive_rate",
            "Xác suất báo nhầm thẻ lạ",
            "Chance of calling an unknown card not in force",
        ),
        (
            "corrections",
            "Số mục trong danh sách riêng",
            "Entries in the list",
        ),
        ("deltas", "Số bản thay đổi", "Deltas"),
        ("octets", "Kích thước (byte)", "Size (bytes)"),
        (
            "compared",
            "Số thẻ đã đối chiếu, không sai khác",
            "Cards compared, none different",
        ),
        ("signer", "Khóa ký (SHA-256)", "Signed by (SHA-256)"),
    ];
    let line = |(member, vi, en): &(&str, &str, &str)| {
        let value = match answer.get(member)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(format!("{}: {value}\n", out.lang.choose(vi, en)))
    };
    LABELS.iter().filter_map(line).collect()
}
