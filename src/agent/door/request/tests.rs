use std::future::Future;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;
use std::task::Poll;

use axum::body::to_bytes;
use tokio::runtime;
use tokio::sync::watch;

use super::*;
use crate::agent::desk;
use crate::agent::desk::Desk;
use crate::agent::door::admit::Admission;
use crate::agent::door::limits::BURST;
use crate::agent::door::limits::PAIRINGS;
use crate::agent::door::limits::Pairings;
use crate::agent::door::limits::SESSIONS_OF_ONE;
use crate::agent::door::limits::STALL;
use crate::agent::door::limits::Seats;
use crate::agent::door::mirror::Mirror;
use crate::agent::door::origin::Gate;
use crate::agent::door::origin::Origin;
use crate::agent::door::origin::Twin;
use crate::agent::door::pair::Pairing;
use crate::agent::door::pass::Passes;
use crate::agent::door::pass::Site;
use crate::agent::door::state::tests::Scratch;
use crate::agent::door::token::Tokens;
use crate::agent::judge::Judge;
use crate::agent::judge::Sources;
use crate::agent::judge::TestMaterial;
use crate::agent::ops::log::Level;
use crate::agent::ops::log::Log;
use crate::agent::ops::metrics::Gauges;
use crate::agent::ops::metrics::Metrics;
use crate::agent::ops::teller::Teller;
use crate::agent::slots::Order;
use crate::agent::slots::Running;
use crate::agent::slots::SlotId;
use crate::agent::slots::Slots;
use crate::registry::Context;
use crate::registry::RegistryOptions;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign;
use crate::verify::Policy;

const PAGE: &str = "https://counter.example";

/// No readers.
struct Nothing;

impl Slots for Nothing {
    fn read(&self, _slot: SlotId, _order: Order) -> Result<Running, Error> {
        Err(Error::Internal)
    }
}

struct Bench {
    house: Arc<House>,
    stop: watch::Sender<Stopping>,
    key: DeviceKey,
    _scratch: Scratch,
}

impl Bench {
    fn new(metrics_door: MetricsDoor) -> Self {
        let scratch = Scratch::new();
        let judge = Judge::open(Sources {
            trust: Vec::new(),
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now: None,
        });
        let settings = desk::Settings::new(Arc::new(judge.unwrap()));
        let (_, news) = mpsc::channel();
        let tokens = Arc::new(Tokens::new(scratch.state()));
        let origin = Origin::parse(PAGE).unwrap();
        let address = "127.0.0.1:8480".parse().unwrap();
        let gate = Gate::new(address, Twin::Ours, vec![origin.clone()]);
        let key = DeviceKey::generate(&mut System).unwrap();
        let site = Site {
            origin,
            key: key.public().id(),
        };
        let (stop, stopping) = watch::channel(Stopping::No);
        let house = House {
            desk: Desk::open(settings, Arc::new(Nothing), news).unwrap(),
            admission: Admission::new(gate, Arc::clone(&tokens)),
            tokens,
            pairing: Pairing::new(scratch.state()),
            passes: Passes::new(scratch.state(), vec![site]),
            seats: Arc::new(Seats::default()),
            mirror: Mirror::default(),
            teller: Teller {
                log: Arc::new(Log::to(Level::Agent, |_| {})),
                metrics: Arc::new(Metrics::default()),
            },
            metrics_door,
            measured: Arc::new(Gauges::default),
            stall: STALL,
            connections: AtomicUsize::new(0),
            pairings: Pairings::default(),
            stopping,
        };
        Self {
            house: Arc::new(house),
            stop,
            key,
            _scratch: scratch,
        }
    }

    fn token(&self, origin: &str) -> String {
        let given = self
            .house
            .tokens
            .give(origin, &mut System, Timestamp::now());
        given.unwrap().token.to_string()
    }

    /// Status, and code or body.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8480");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_vec())).unwrap();
        run(async {
            let response = answer(&self.house, request).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            match body.pointer("/error/code") {
                Some(code) => (status, code.clone()),
                None => (status, body),
            }
        })
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        self.ask("POST", path, &headers, body.to_string().as_bytes())
    }

    fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let bearer = format!("Bearer {token}");
        self.ask("GET", path, &[("authorization", &bearer)], b"")
    }

    fn hello(&self, token: &str) -> String {
        let (_, said) = self.post("/v1/hello", token, &json!({"id": "1", "level": 1}));
        said["ok"]["session"].as_str().unwrap().to_owned()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.house.desk.close();
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(future)
}

fn refused(status: u16, code: &str) -> (u16, Value) {
    (status, json!(code))
}

#[test]
fn the_figures_are_for_whom_the_configuration_says() {
    let page = [("origin", PAGE)];
    for (door, program, site, holder) in [
        (MetricsDoor::Off, 404, 404, 404),
        (MetricsDoor::Token, 401, 401, 200),
        (MetricsDoor::Local, 200, 401, 200),
    ] {
        let bench = Bench::new(door);
        let ask = |headers| bench.ask("GET", "/metrics", headers, b"").0;
        assert_eq!(ask(&[]), program, "{door:?}");
        assert_eq!(ask(&page), site, "{door:?}");
        assert_eq!(bench.get("/metrics", &bench.token("local")).0, holder);
        assert_eq!(bench.ask("GET", "/readyz", &[], b"").0, 401);
    }
}

#[test]
fn what_changes_anything_is_posted_as_json_of_a_length() {
    let bench = Bench::new(MetricsDoor::Off);
    let token = bench.token("local");
    for path in ["/v1/claim", "/v1/pair", "/v1/hello"] {
        assert_eq!(bench.get(path, &token), refused(405, "agent.method"));
    }
    for path in ["/v1/events", "/livez", "/"] {
        let posted = bench.post(path, &token, &json!({}));
        assert_eq!(posted, refused(405, "agent.method"), "{path}");
    }
    let bearer = format!("Bearer {token}");
    let bearer = ("authorization", bearer.as_str());
    let json = ("content-type", "application/json");
    let text = ("content-type", "text/plain");
    for headers in [[bearer, text].as_slice(), &[bearer], &[bearer, json, text]] {
        let asked = bench.ask("POST", "/v1/hello", headers, b"{}");
        assert_eq!(asked, refused(415, "agent.media_type"));
    }
    let large = vec![b' '; MAX_MESSAGE + 1];
    let asked = bench.ask("POST", "/v1/hello", &[bearer, json], &large);
    assert_eq!(asked, refused(413, "agent.too_large"));
    let long = (MAX_MESSAGE + 1).to_string();
    let announced = [bearer, json, ("content-length", long.as_str())];
    let asked = bench.ask("POST", "/v1/hello", &announced, b"{}");
    assert_eq!(asked, refused(413, "agent.too_large"));
}

#[test]
fn a_session_over_rest_is_its_tokens_alone() {
    let bench = Bench::new(MetricsDoor::Off);
    let (own, other) = (bench.token("local"), bench.token("local"));
    let session = bench.hello(&own);
    let command = format!("/v1/readers?session={session}");
    let events = format!("/v1/events?session={session}&wait=0");
    let body = json!({"id": "2"});
    assert_eq!(bench.post(&command, &own, &body).0, 200);
    assert_eq!(bench.get(&events, &own).0, 200);
    let gone = refused(404, "agent.session_gone");
    assert_eq!(bench.post(&command, &other, &body), gone);
    assert_eq!(bench.get(&events, &other), gone);
    // Whoever is revoked while events are waited for gets none.
    let caller = Caller::Local;
    let guest = bench.house.admission.guest_with(&caller, &own).unwrap();
    bench.house.tokens.revoke(&guest.token.id).unwrap();
    let query = format!("session={session}&wait=0");
    let waited = run(bench
        .house
        .mirror
        .events(&bench.house, &guest, Some(&query)));
    assert_eq!(waited, Err(DoorError::Token));
}

#[test]
fn an_older_question_gives_way_to_a_newer_one() {
    let bench = Bench::new(MetricsDoor::Off);
    let token = bench.token("local");
    let session = bench.hello(&token);
    let guest = bench.house.admission.guest_with(&Caller::Local, &token);
    let guest = guest.unwrap();
    let ask = |wait: u32| {
        let (house, guest) = (&bench.house, &guest);
        let query = format!("session={session}&wait={wait}");
        async move { house.mirror.events(house, guest, Some(&query)).await }
    };
    run(async {
        // Whatever a hello brings is out.
        ask(0).await.unwrap();
        let mut older = pin!(ask(30));
        let waits = poll_fn(|context| Poll::Ready(older.as_mut().poll(context).is_pending()));
        assert!(waits.await);
        ask(0).await.unwrap();
        let ended = poll_fn(|context| Poll::Ready(older.as_mut().poll(context))).await;
        let Poll::Ready(Ok(text)) = ended else {
            panic!("the older one goes on: {ended:?}");
        };
        assert!(text.starts_with("{\"events\":[],"), "{text}");
    });
}

#[test]
fn sessions_over_rest_are_counted_by_origin() {
    let bench = Bench::new(MetricsDoor::Off);
    let (program, page) = (bench.token("local"), bench.token(PAGE));
    let hello = json!({"id": "1", "level": 1});
    for _ in 0..SESSIONS_OF_ONE {
        bench.hello(&program);
    }
    let full = refused(429, "agent.connections");
    assert_eq!(bench.post("/v1/hello", &program, &hello), full);
    // Another token of the same origin has no seats of its own.
    let another = bench.token("local");
    assert_eq!(bench.post("/v1/hello", &another, &hello), full);
    let bearer = format!("Bearer {page}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("origin", PAGE),
    ];
    let body = hello.to_string();
    let (status, said) = bench.ask("POST", "/v1/hello", &headers, body.as_bytes());
    assert_eq!(status, 200, "{said}");
}

#[test]
fn programs_that_flood_are_told_and_who_comes_late_too() {
    let bench = Bench::new(MetricsDoor::Off);
    let token = bench.token("local");
    let flood = refused(429, "agent.flood");
    // More than a bucket can hold and take in meanwhile.
    let most = BURST * 100;
    let session = bench.hello(&token);
    let command = format!("/v1/readers?session={session}");
    let body = json!({"id": "2"});
    assert!((0..most).any(|_| bench.post(&command, &token, &body) == flood));
    let session = bench.hello(&token);
    let events = format!("/v1/events?session={session}&wait=0");
    assert!((0..most).any(|_| bench.get(&events, &token) == flood));
    let code = json!({"code": "00000000"});
    for _ in 0..PAIRINGS {
        let asked = bench.post("/v1/pair", &token, &code);
        assert_eq!(asked, refused(403, "agent.pairing"));
    }
    assert_eq!(bench.post("/v1/pair", &token, &code), flood);
    bench.stop.send(Stopping::Soon).unwrap();
    let closing = refused(503, "agent.closing");
    assert_eq!(bench.post(&command, &token, &body), closing);
    assert_eq!(bench.get("/readyz", &token), closing);
}

#[test]
fn a_token_for_a_pass_ends_with_the_pass() {
    let bench = Bench::new(MetricsDoor::Off);
    let now = Timestamp::now();
    let until = Timestamp::from_second(now.as_second() + 3600).unwrap();
    let until = until.to_string();
    let pass = json!({
        "schema": "cancuoc.pass/1", "origin": PAGE, "officer": "officer-7", "until": until,
        "nonce": "AAECAwQFBgcICQoLDA0ODw==",
    });
    let pass = sign(pass, &bench.key, now).unwrap();
    let headers = [("origin", PAGE), ("content-type", "application/json")];
    let body = json!({"pass": pass}).to_string();
    let (status, said) = bench.ask("POST", "/v1/pair", &headers, body.as_bytes());
    assert_eq!(status, 200, "{said}");
    assert_eq!(said["ok"]["until"], until);
    assert_eq!(said["ok"]["officer"], "officer-7");
    let kept = bench.house.tokens.all().unwrap();
    assert_eq!(kept[0].until.to_string(), until);
    assert_eq!(kept[0].origin, PAGE);
    assert_eq!(
        bench.ask("POST", "/v1/pair", &headers, body.as_bytes()),
        refused(403, "agent.pass")
    );
}
