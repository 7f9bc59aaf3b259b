//! `agent`: the service of counters and kiosks.

use crate::cli::Ended;
#[cfg(feature = "agent")]
use crate::cli::agent_access;
use crate::cli::arguments::agent::Agent;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
#[cfg(not(feature = "agent"))]
use crate::error::SetupError;

/// Serves until a signal says to stop, or does what keeps the door.
#[cfg(feature = "agent")]
pub(super) fn run(request: &Agent, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match &request.access {
        Some(access) => agent_access::run(access, settings, out),
        None => serving::run(&request.serve, settings, out),
    }
}

/// This build has no agent.
#[cfg(not(feature = "agent"))]
pub(super) fn run(_: &Agent, _: &Settings, _: &Output) -> Result<Ended, Error> {
    Err(SetupError::NotBuilt { feature: "agent" }.into())
}

#[cfg(feature = "agent")]
mod serving {
    use std::io::IsTerminal as _;
    use std::io::Write as _;
    use std::io::stderr;
    use std::net::SocketAddr;
    use std::panic;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::sync::mpsc::Sender;
    use std::time::Duration;

    use jiff::Timestamp;
    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;

    use crate::agent::desk;
    use crate::agent::desk::Desk;
    use crate::agent::door;
    use crate::agent::door::Door;
    use crate::agent::door::Told;
    use crate::agent::door::limits::STALL;
    use crate::agent::door::origin::Origin;
    use crate::agent::door::pair::Pairing;
    use crate::agent::door::pass::Site;
    use crate::agent::door::presence;
    use crate::agent::door::presence::Presence;
    use crate::agent::door::state::State;
    use crate::agent::door::token::Tokens;
    use crate::agent::facade;
    use crate::agent::facade::Facade;
    use crate::agent::facade::Heartbeat;
    use crate::agent::facade::counter::Rules;
    use crate::agent::judge::Judge;
    use crate::agent::ops::audit::Ledger;
    use crate::agent::ops::config::AuditPlace;
    use crate::agent::ops::config::Config;
    use crate::agent::ops::config::Site as Vouching;
    use crate::agent::ops::log::Happening;
    use crate::agent::ops::log::Log;
    use crate::agent::ops::metrics::Gauges;
    use crate::agent::ops::metrics::Metrics;
    use crate::agent::ops::readers::overhear;
    use crate::agent::ops::teller::Teller;
    use crate::agent::recorder::Beginnings;
    use crate::agent::recorder::Counted;
    use crate::agent::recorder::Recorder;
    use crate::agent::slots::News;
    use crate::agent::slots::Pace;
    use crate::agent::slots::Readers;
    use crate::agent::slots::Slots;
    use crate::agent::slots::VirtualSlots;
    use crate::agent::vital::Vital;
    use crate::cli::Ended;
    use crate::cli::agent_access;
    use crate::cli::arguments::Format;
    use crate::cli::arguments::agent::ServeAgent;
    use crate::cli::card;
    use crate::cli::config::Settings;
    use crate::cli::output::Output;
    use crate::crypto::random::System;
    use crate::error::DoorError;
    use crate::error::Error;
    use crate::error::SetupError;
    use crate::seal::key::DeviceKey;
    use crate::seal::key::Exposure;

    /// The key in the state folder, where the configuration names no other.
    const DEVICE_KEY: &str = "device.key";

    /// The audit log in the state folder, likewise.
    const AUDIT: &str = "audit";

    pub(super) fn run(
        request: &ServeAgent,
        settings: &Settings,
        out: &Output,
    ) -> Result<Ended, Error> {
        let config = settings.agent()?;
        let mut ending = Ending::of(Log::start(config.log));
        let log = Arc::clone(&ending.log);
        quiet_panics(&log);
        let folder = agent_access::folder(request.state.as_deref(), &config)?;
        let state = State::open(folder.clone()).map_err(SetupError::from)?;
        let listen = request.listen.unwrap_or(config.listen);
        let key = Arc::new(device_key(&config, &state, out)?);
        let ledger =
            ledger(&config, &state, &key).map_err(|error| told_twice(error, &state, listen))?;
        ending.ledger.clone_from(&ledger);
        let metrics = Arc::new(Metrics::default());
        let figures = Arc::clone(&metrics);
        let counted = Arc::new(Counted::default());
        // A registry or trust folder that cannot be used is told now, and not to the first clerk.
        drop(settings.registry(out)?);
        let tells = Arc::clone(&log);
        let judge = Judge::open(settings.judge_sources()?)?
            .telling(move |code| tells.tell(&Happening::TrustKept { code }));
        let judge = Arc::new(judge);
        judge.look_for_samples();
        if judge.samples().is_some() {
            log.tell(&Happening::SampleRegister);
        }
        let (broken, mut breaks) = unbounded_channel();
        let tells = Arc::clone(&log);
        let vital = Vital::new(move |name| {
            tells.tell(&Happening::Broken { name });
            // Whoever waits no more is ending already.
            let _ = broken.send(());
        });
        let mut desk_settings = desk::Settings::new(Arc::clone(&judge));
        desk_settings.device_key = Some(key);
        desk_settings.vital = vital.clone();
        desk_settings.times.clear = config.clear_after;
        desk_settings.witness = Some(Box::new(Recorder {
            ledger,
            metrics: Arc::clone(&metrics),
            log: Arc::clone(&log),
            counted: Arc::clone(&counted),
            beginnings: Beginnings::default(),
        }));
        let origins = origins(request, &config)?;
        let named = origins.iter().map(|origin| origin.as_str().to_owned());
        desk_settings.origins = named.collect();
        let door_settings = door::Settings {
            origins,
            sites: sites(&config)?,
            metrics_door: config.metrics,
            metrics: Arc::clone(&metrics),
            measured: Arc::new(move || Gauges {
                trust_age: trust_age(&judge),
                trust_unread: judge.summary().unread.is_some().into(),
                ..counted.gauges()
            }),
            vital: vital.clone(),
            ..door::Settings::new(listen, folder, Arc::clone(&log))
        };
        let (news, heard) = mpsc::channel();
        let slots = slots(request, news, &vital, out)?;
        let heard = overhear(heard, figures, Arc::clone(&log), &vital)?;
        let desk = Desk::open(desk_settings, slots, heard)?;
        let door = match Door::open(door_settings, desk.clone()) {
            Ok(door) => door,
            Err(error) => {
                desk.close();
                return Err(error);
            }
        };
        let teller = Teller { log, metrics };
        let facade = match facade(&config, &desk, &state, teller, vital) {
            Ok(facade) => facade,
            Err(error) => {
                door.close();
                return Err(error);
            }
        };
        let told = tell(&door, facade.as_ref(), &state, out);
        let waited = told.and_then(|()| Ok(door::wait(&mut breaks).map_err(SetupError::from)?));
        door.close();
        if let Some(facade) = facade {
            facade.close();
        }
        match waited? {
            Told::Stop => Ok(Ended::Done),
            // Whoever started it starts it anew.
            Told::Broken => Err(Error::Internal),
        }
    }

    /// What is closed when the agent ends, for whatever reason: nothing that was told or recorded is left
    /// unwritten, whoever still holds either.
    struct Ending {
        log: Arc<Log>,
        ledger: Option<Arc<Ledger>>,
    }

    impl Ending {
        fn of(log: Log) -> Self {
            Self {
                log: Arc::new(log),
                ledger: None,
            }
        }
    }

    impl Drop for Ending {
        fn drop(&mut self) {
            if let Some(ledger) = &self.ledger {
                ledger.close();
            }
            self.log.end();
        }
    }

    /// Whoever starts the agent twice is told so, and not of the log that the first one writes.
    fn told_twice(error: Error, state: &State, listen: SocketAddr) -> Error {
        let there = || matches!(presence::look(state), Ok(Presence::At(there)) if there == listen);
        if error.code() == "audit.locked" && there() {
            let address = listen.to_string();
            return SetupError::from(DoorError::ListenTaken { address }).into();
        }
        error
    }

    /// How old what is trusted is, where it says when it was signed.
    fn trust_age(judge: &Judge) -> Option<Duration> {
        let newest = judge.summary().newest?;
        Duration::try_from(judge.timestamp()?.duration_since(newest)).ok()
    }

    /// Whatever a fault of the program would say, it could hold something of a card.
    fn quiet_panics(log: &Arc<Log>) {
        let log = Arc::clone(log);
        panic::set_hook(Box::new(move |fault| {
            let place = fault.location().map(ToString::to_string);
            log.tell(&Happening::Fault {
                place: &place.unwrap_or_default(),
            });
        }));
    }

    /// The configured key; else the one in the state folder, which is made where there is none.
    fn device_key(config: &Config, state: &State, out: &Output) -> Result<DeviceKey, Error> {
        let own = state.path(DEVICE_KEY);
        let path = config.device_key.as_deref().unwrap_or(&own);
        if config.device_key.is_none() && !path.exists() {
            DeviceKey::create(path, &mut System)?;
        }
        if config.device_key.is_none() {
            // As every file of the folder: one that others may read or change is not used.
            drop(state.read(DEVICE_KEY).map_err(SetupError::from)?);
        }
        let key = DeviceKey::load(path).map_err(SetupError::from)?;
        if key.exposure() == Exposure::Shared {
            out.remark(
                "Khóa thiết bị không chỉ riêng tài khoản này đọc được; nên đặt quyền 0600 cho tệp khóa.",
                "The device key can be read by other accounts; give its file the permissions 0600.",
            );
        }
        Ok(key)
    }

    fn ledger(
        config: &Config,
        state: &State,
        key: &Arc<DeviceKey>,
    ) -> Result<Option<Arc<Ledger>>, Error> {
        let own = state.path(AUDIT);
        let place: &Path = match &config.audit {
            AuditPlace::Nowhere => return Ok(None),
            AuditPlace::Own => &own,
            AuditPlace::At(place) => place,
        };
        let (name, agency) = (config.name.as_deref(), config.agency.as_deref());
        let ledger = Ledger::open(place, Arc::clone(key), name, agency)?;
        Ok(Some(Arc::new(ledger)))
    }

    fn origins(request: &ServeAgent, config: &Config) -> Result<Vec<Origin>, Error> {
        let named = config.origins.iter().chain(&request.origin);
        let sites = config.sites.iter().map(|site| &site.origin);
        let mut origins = Vec::new();
        for text in named.chain(sites) {
            let origin = Origin::parse(text).map_err(SetupError::from)?;
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        Ok(origins)
    }

    fn sites(config: &Config) -> Result<Vec<Site>, Error> {
        let site = |site: &Vouching| {
            let origin = Origin::parse(&site.origin).map_err(SetupError::from)?;
            Ok(Site {
                origin,
                key: site.key,
            })
        };
        config.sites.iter().map(site).collect()
    }

    /// The readers of this machine, or virtual ones.
    fn slots(
        request: &ServeAgent,
        news: Sender<News>,
        vital: &Vital,
        out: &Output,
    ) -> Result<Arc<dyn Slots>, Error> {
        if request.personas.is_empty() {
            return Ok(Arc::new(Readers::open_with(news, vital)?));
        }
        out.remark(
            "Thẻ ảo để thử: không phải thẻ thật của ai.",
            "Virtual cards for tests: nobody's cards.",
        );
        let slots = VirtualSlots::new(news);
        for (number, name) in (1..).zip(&request.personas) {
            let persona = card::persona(name, &[], &[])?;
            let slot = slots.attach(&format!("Virtual reader {number}"));
            slots.lay(slot, &persona, Pace::Free)?;
        }
        Ok(Arc::new(slots))
    }

    /// What pages of older local readers speak, where it is switched on.
    fn facade(
        config: &Config,
        desk: &Desk,
        state: &State,
        teller: Teller,
        vital: Vital,
    ) -> Result<Option<Facade>, Error> {
        let Some(own) = &config.facade else {
            return Ok(None);
        };
        let origins = own.origins.iter().map(|text| Origin::parse(text));
        let settings = facade::Settings {
            listen: own.listen,
            origins: origins
                .collect::<Result<_, _>>()
                .map_err(SetupError::from)?,
            rules: Rules {
                reader: own.reader.clone(),
                accepted: own.accept.clone(),
                disclosure: own.disclosure,
            },
            stall: STALL,
            heartbeat: Heartbeat::default(),
            vital,
        };
        let facade = Facade::open(settings, desk.clone(), state, teller);
        Ok(Some(facade.map_err(SetupError::from)?))
    }

    /// Says in one line of JSON where it listens; on a terminal also how to begin.
    fn tell(
        door: &Door,
        facade: Option<&Facade>,
        state: &State,
        out: &Output,
    ) -> Result<(), Error> {
        let mut told = json!({
            "schema": "cancuoc.agent/1",
            "address": door.address().to_string(),
            "page": door.page(),
        });
        if let (Some(facade), Some(told)) = (facade, told.as_object_mut()) {
            told.insert("facade".to_owned(), facade.address().to_string().into());
        }
        out.line(&told)?;
        let person = stderr().is_terminal() && out.format == Format::Text;
        let known = Tokens::new(state.clone()).all().map_err(SetupError::from)?;
        if person && known.is_empty() {
            let code = Pairing::new(state.clone()).begin(&mut System, Timestamp::now())?;
            // Nobody is left to tell when standard error is closed.
            let _ =
                stderr().write_all(agent_access::words(&code, &door.page(), out.lang).as_bytes());
        }
        Ok(())
    }
}
