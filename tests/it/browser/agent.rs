//! A counter: an agent in this process, with virtual readers on which cards are laid and from which
//! they are taken away.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;

use cancuoc::agent::desk;
use cancuoc::agent::desk::Desk;
use cancuoc::agent::door;
use cancuoc::agent::door::Door;
use cancuoc::agent::door::origin::Origin;
use cancuoc::agent::door::pair::Pairing;
use cancuoc::agent::judge::Judge;
use cancuoc::agent::judge::Sources;
use cancuoc::agent::judge::TestMaterial;
use cancuoc::agent::machine::Times;
use cancuoc::agent::ops::log::Level;
use cancuoc::agent::ops::log::Log;
use cancuoc::agent::slots::News;
use cancuoc::agent::slots::Pace;
use cancuoc::agent::slots::Service;
use cancuoc::agent::slots::SlotId;
use cancuoc::agent::slots::Slots;
use cancuoc::agent::slots::VirtualSlots;
use cancuoc::crypto::random::System;
use cancuoc::error::TransportError;
use cancuoc::registry::Context;
use cancuoc::registry::RegistryOptions;
use cancuoc::seal::key::DeviceKey;
use cancuoc::sim::persona::Persona;
use cancuoc::verify::Policy;

use crate::support::cards;
use crate::support::home::Home;

/// What a clerk's machine is set to, besides the defaults.
pub struct Setup {
    /// Readers that are plugged in.
    pub readers: usize,
    /// How long a result stays.
    pub clear: Duration,
    /// Origins of pages that may ask.
    pub origins: Vec<String>,
    /// Folders of what is trusted.
    pub trust: Vec<PathBuf>,
    /// The registry.
    pub registry: String,
    /// How long a session lives without a connection.
    pub grace: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            readers: 1,
            clear: Duration::from_secs(120),
            origins: Vec::new(),
            trust: Vec::new(),
            registry: "none".into(),
            grace: Duration::from_secs(60),
        }
    }
}

/// A running agent with readers of its own.
pub struct Counter {
    door: Option<Door>,
    slots: Arc<VirtualSlots>,
    readers: Vec<SlotId>,
    news: mpsc::Sender<News>,
    log: Arc<Mutex<Vec<u8>>>,
    _home: Home,
}

impl Counter {
    /// Starts one with a reader.
    pub fn open() -> Self {
        Self::with(Setup::default())
    }

    /// As [`Counter::open`], with other settings.
    pub fn with(setup: Setup) -> Self {
        let home = Home::new();
        let (news, heard) = mpsc::channel();
        let slots = Arc::new(VirtualSlots::new(news.clone()));
        let readers = (1..=setup.readers)
            .map(|number| slots.attach(&format!("Virtual reader {number}")))
            .collect();
        let judge = Judge::open(Sources {
            trust: setup.trust,
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: setup.registry,
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now: Some(cards::now()),
        });
        DeviceKey::create(&home.path("device.key"), &mut System).unwrap();
        let device = DeviceKey::load(&home.path("device.key")).unwrap();
        let settings = desk::Settings {
            device_key: Some(Arc::new(device)),
            origins: setup.origins.clone(),
            grace: setup.grace,
            times: Times {
                clear: setup.clear,
                ..Times::default()
            },
            ..desk::Settings::new(Arc::new(judge.unwrap()))
        };
        let shared: Arc<dyn Slots> = Arc::<VirtualSlots>::clone(&slots);
        let desk = Desk::open(settings, shared, heard).unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let log_of_agent = Log::to(Level::All, move |bytes| {
            lines.lock().unwrap().extend_from_slice(bytes);
        });
        let any_port = "127.0.0.1:0".parse().unwrap();
        let door = Door::open(
            door::Settings {
                origins: setup
                    .origins
                    .iter()
                    .map(|origin| Origin::parse(origin).unwrap())
                    .collect(),
                ..door::Settings::new(any_port, home.path("state"), Arc::new(log_of_agent))
            },
            desk,
        );
        Self {
            door: Some(door.unwrap()),
            slots,
            readers,
            news,
            log,
            _home: home,
        }
    }

    fn door(&self) -> &Door {
        self.door.as_ref().unwrap()
    }

    /// Host and port.
    pub fn authority(&self) -> String {
        self.door().address().to_string()
    }

    /// Where one of its pages is.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority())
    }

    /// A new pairing code: eight digits.
    pub fn code(&self) -> String {
        let pairing = Pairing::new(self.door().state().clone());
        let code = pairing.begin(&mut System, Timestamp::now()).unwrap();
        code.digits.to_string()
    }

    /// Lays a persona's card on a reader, counted from 0.
    pub fn lay(&self, reader: usize, persona: &Persona) {
        self.lay_at(reader, persona, Pace::Free);
    }

    /// The same on a link of its own.
    pub fn lay_at(&self, reader: usize, persona: &Persona, pace: Pace) {
        self.slots.lay(self.readers[reader], persona, pace).unwrap();
    }

    /// Takes the card away.
    pub fn take(&self, reader: usize) {
        self.slots.take_away(self.readers[reader]);
    }

    /// Puts the card back that was taken away.
    pub fn put_back(&self, reader: usize) {
        self.slots.put_back(self.readers[reader]);
    }

    /// Has the service of the readers fail, as the agent hears it.
    pub fn without_service(&self, why: TransportError) {
        let down = Service::Down(why.into());
        self.news.send(News::Service(down)).unwrap();
    }

    /// What the agent wrote so far.
    pub fn log(&self) -> String {
        String::from_utf8(self.log.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        if let Some(door) = self.door.take() {
            door.close();
        }
    }
}
