//! The register in every database: the same answers, and what happens when a server goes away, is
//! somebody else, or takes no changes.

use std::fs;
use std::thread;
use std::time::Duration;

use cancuoc::bytes::date::PartialDate;
use cancuoc::lds::mrz::Sex;
use cancuoc::registry::Answer;
use cancuoc::registry::Attributes;
use cancuoc::registry::CardKey;
use cancuoc::registry::CardStatus;
use cancuoc::registry::CitizenNumber;
use cancuoc::registry::Context;
use cancuoc::registry::Embedded;
use cancuoc::registry::Expiry;
use cancuoc::registry::FactKind;
use cancuoc::registry::Person;
use cancuoc::registry::Query;
use cancuoc::registry::Registry;
use cancuoc::registry::RegistryError;
use cancuoc::registry::SodDigest;
use cancuoc::registry::backend::Backend;
use cancuoc::registry::backend::Wanted;
use cancuoc::registry::postgres;
use cancuoc::registry::postgres::Blocking;
use cancuoc::registry::postgres::Made;
use cancuoc::registry::postgres::Probed;
use cancuoc::registry::postgres::probe;
use cancuoc::registry::samples::Contents;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::x509::X509;
use openssl::x509::X509Builder;
use openssl::x509::X509NameBuilder;
use openssl::x509::extension::BasicConstraints;
use openssl::x509::extension::SubjectAlternativeName;
use serde::Deserialize;
use tokio::runtime;

use crate::support::home::Home;
use crate::support::postgres::PASSWORD;
use crate::support::postgres::Postgres;
use crate::support::postgres::hand_over;

/// The samples as the source has them.
const SAMPLES: &str = include_str!("../../src/registry/sample_citizens.toml");

/// What integrators are told about the samples.
const DOCUMENT: &str = include_str!("../../docs/registry-samples.md");

/// A citizen of whom both registers know all.
const AN: &str = "036195000123";

#[derive(Deserialize)]
struct Samples {
    citizen: Vec<Citizen>,
}

#[derive(Deserialize)]
struct Citizen {
    number: String,
    #[serde(default)]
    old_number: Option<String>,
    name: String,
    birth: String,
    sex: String,
    nationality: String,
    #[serde(default)]
    card: Vec<Card>,
}

#[derive(Deserialize)]
struct Card {
    document_number: String,
    expiry: String,
    sod: Option<String>,
}

fn samples() -> Vec<Citizen> {
    toml::from_str::<Samples>(SAMPLES).unwrap().citizen
}

fn by_number(number: &str) -> Query {
    Query {
        context: Context::default(),
        card: CardKey {
            sod: Some(SodDigest::of(b"a card that the register has not seen")),
            number: CitizenNumber::new(number),
        },
        attributes: Attributes::default(),
        disclose: Vec::new(),
    }
}

/// What an honest card of a citizen asks.
fn honest(citizen: &Citizen, card: Option<&Card>) -> Query {
    let mut query = by_number(&citizen.number);
    query.attributes = Attributes {
        name: Some(citizen.name.clone()),
        birth: PartialDate::from_iso(&citizen.birth),
        sex: Some(if citizen.sex == "male" {
            Sex::Male
        } else {
            Sex::Female
        }),
        nationality: Some(citizen.nationality.clone()),
        document_number: card.map(|card| card.document_number.clone()),
        expiry: card.map(|card| match PartialDate::from_iso(&card.expiry) {
            Some(date) => Expiry::Date(date),
            None => Expiry::Never,
        }),
    };
    if let Some(sod) = card.and_then(|card| card.sod.as_ref()) {
        let octets: [u8; 32] = hex::decode(sod).unwrap().try_into().unwrap();
        query.card.sod = Some(SodDigest::from_bytes(octets));
    }
    query.disclose = FactKind::ALL.to_vec();
    query
}

/// Everything that is asked of every database.
fn questions() -> Vec<Query> {
    let mut all = Vec::new();
    for citizen in samples() {
        let cards = citizen.card.iter().map(Some).chain([None]);
        all.extend(cards.map(|card| honest(&citizen, card)));
        if let Some(old) = &citizen.old_number {
            let mut query = honest(&citizen, citizen.card.first());
            query.card.number = CitizenNumber::new(old);
            all.push(query);
        }
        let mut nobody = by_number(&citizen.number);
        nobody.card.number = None;
        all.push(nobody);
        let mut person = by_number(&citizen.number);
        person.card.sod = None;
        all.push(person);
    }
    let an = samples().into_iter().next().unwrap();
    let hostile = [
        "'; DROP TABLE person; --",
        "\" OR 1=1",
        "$1 $2 ?1 :name",
        "\0",
        "Nguyễn\0Thị",
        "\u{FEFF}\u{202E}\u{FFFF}",
        "a\u{0301}\u{0323}",
        "\\x00\\",
        "%s%n{}{0}",
        &"x".repeat(1_000_000),
    ];
    for text in hostile {
        let mut query = honest(&an, an.card.first());
        query.attributes.name = Some(text.to_owned());
        query.attributes.nationality = Some(text.to_owned());
        query.attributes.document_number = Some(text.to_owned());
        all.push(query);
    }
    for number in ["000000000000", "999999999999", "000000000"] {
        all.push(by_number(number));
    }
    all
}

/// What both must say alike: all but the times.
fn said(answer: &Answer) -> impl PartialEq + std::fmt::Debug + use<> {
    let told: Vec<_> = answer
        .disclosed
        .iter()
        .map(|fact| (fact.kind, fact.value.clone(), fact.place.clone()))
        .collect();
    (
        answer.status,
        answer.person,
        answer.agreements,
        answer.reasons.clone(),
        told,
        answer.decision().code(),
    )
}

/// A server with a register of the samples, and the address of that.
fn filled(server: &Postgres, home: &Home) -> String {
    server.create("people");
    let url = addressed(&server.url("people"), home);
    assert_eq!(postgres::make(&url, Contents::Samples).unwrap(), Made::New);
    url
}

fn addressed(url: &str, home: &Home) -> String {
    format!("{url}&number_key={}", home.text("people.key"))
}

fn code(registry: &dyn Registry, query: &Query) -> &'static str {
    match registry.check(query) {
        Ok(answer) => answer.decision().code(),
        Err(error) => error.code(),
    }
}

fn why(url: &str) -> String {
    let error = Blocking::open(url).unwrap_err().to_string();
    assert!(
        !error.contains(PASSWORD) && !error.contains("wrong%20one"),
        "{error}"
    );
    error
}

#[test]
fn every_database_gives_the_same_answers() {
    let home = Home::new();
    let server = Postgres::start();
    let url = filled(&server, &home);
    assert_eq!(
        postgres::make(&url, Contents::Samples).unwrap(),
        Made::There
    );
    let file = Embedded::open(&home.path("registry.sqlite")).unwrap();
    let database = cancuoc::registry::open(&url).unwrap().unwrap();
    let mut told = 0;
    for query in questions() {
        let one = file.check(&query).unwrap();
        let other = database.check(&query).unwrap();
        assert_eq!(said(&one), said(&other));
        told += one.disclosed.len();
    }
    assert!(told > 20, "{told}");
    // Of what a server asks, too, and many at once.
    let sqlite = format!("sqlite:{}", home.text("registry.sqlite"));
    for url in [&sqlite, &url] {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let backend = std::sync::Arc::new(Backend::open(url).await.unwrap());
            let asking: Vec<_> = (0..300)
                .map(|_| {
                    let backend = std::sync::Arc::clone(&backend);
                    tokio::spawn(async move {
                        let query = by_number(AN);
                        let wanted = Wanted::of(&query, &[FactKind::IdentityLevel]);
                        let found = backend.find(&wanted).await.unwrap();
                        assert_eq!(found.facts[0].value, "2");
                        found.record.unwrap().status
                    })
                })
                .collect();
            for one in asking {
                assert_eq!(one.await.unwrap(), CardStatus::Active);
            }
            let age = backend.ready().await.unwrap();
            assert!(age <= jiff::Timestamp::now());
            backend.close().await;
        });
    }
    // The number itself is nowhere.
    let dump = ["register", "person", "card", "fact"]
        .map(|table| server.sql("people", &format!("SELECT * FROM {table}")));
    assert!(!dump.concat().contains(AN));
}

#[test]
fn the_documented_identities_are_answered_as_documented() {
    let home = Home::new();
    let file = Embedded::open(&home.path("registry.sqlite")).unwrap();
    let mut rows = 0;
    for line in DOCUMENT.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let [_, number, other, status, person, decision, _] = cells[..] else {
            panic!("{line}");
        };
        let citizen = samples()
            .into_iter()
            .find(|one| one.number == number || one.old_number.as_deref() == Some(number));
        let mut query = match &citizen {
            Some(citizen) => {
                let unseen = citizen.card.iter().find(|card| card.sod.is_none());
                honest(citizen, unseen)
            }
            None => by_number(number),
        };
        query.card.number = CitizenNumber::new(number);
        match other.split_once('=') {
            None => assert_eq!(other, "–"),
            Some(("name", value)) => query.attributes.name = Some(value.to_owned()),
            Some(("birth", value)) => query.attributes.birth = PartialDate::from_iso(value),
            Some(("sex", _)) => query.attributes.sex = Some(Sex::Male),
            Some(("nationality", value)) => query.attributes.nationality = Some(value.to_owned()),
            Some(("document_number", value)) => {
                query.attributes.document_number = Some(value.to_owned());
            }
            Some(("expiry", value)) => {
                query.attributes.expiry = PartialDate::from_iso(value).map(Expiry::Date);
            }
            Some(other) => panic!("{other:?}"),
        }
        let answer = file.check(&query).unwrap();
        assert_eq!(answer.status.code(), status, "{line}");
        assert_eq!(answer.person.code(), person, "{line}");
        assert_eq!(answer.decision().code(), decision, "{line}");
        if let Some((attribute, _)) = other.split_once('=') {
            assert_eq!(answer.agreements.mismatches(), [attribute], "{line}");
        }
        rows += 1;
    }
    assert!(rows >= 16, "{rows}");
    for status in CardStatus::ALL {
        assert!(DOCUMENT.contains(status.code()));
    }
    for person in Person::ALL {
        assert!(DOCUMENT.contains(person.code()));
    }
}

#[test]
fn a_server_that_dies_is_not_reached_and_comes_back() {
    let home = Home::new();
    let mut server = Postgres::start();
    let url = filled(&server, &home);
    let registry = Blocking::open(&url).unwrap();
    assert_eq!(code(&registry, &by_number(AN)), "registry.confirmed");
    server.kill();
    assert_eq!(code(&registry, &by_number(AN)), "registry.not_reached");
    // One that is opened meanwhile is asked when the server is back.
    let opened = Blocking::open(&url).unwrap();
    server.restart();
    assert_eq!(code(&registry, &by_number(AN)), "registry.confirmed");
    assert_eq!(code(&opened, &by_number(AN)), "registry.confirmed");
    // In the middle of lookups, from another thread.
    let asking = thread::spawn(move || {
        let mut codes = Vec::new();
        while codes.last() != Some(&"registry.not_reached") && codes.len() < 100_000 {
            codes.push(code(&registry, &by_number(AN)));
        }
        (registry, codes)
    });
    thread::sleep(Duration::from_millis(100));
    server.kill();
    let (registry, codes) = asking.join().unwrap();
    let (last, others) = codes.split_last().unwrap();
    assert_eq!(*last, "registry.not_reached");
    assert!(others.iter().all(|code| *code == "registry.confirmed"));
    server.restart();
    assert_eq!(code(&registry, &by_number(AN)), "registry.confirmed");
    // Connections ended by an operator are no failure.
    server.sql(
        "people",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cancuoc'",
    );
    assert_eq!(code(&registry, &by_number(AN)), "registry.confirmed");
    // Somebody holds what is needed: given up in time.
    let mut blocker = server
        .psql("people", "BEGIN; LOCK TABLE card; SELECT pg_sleep(30)")
        .spawn()
        .unwrap();
    while server.sql(
        "people",
        "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'",
    ) == "0\n"
    {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(code(&registry, &by_number(AN)), "registry.not_reached");
    blocker.kill().unwrap();
    blocker.wait().unwrap();
    server.sql(
        "people",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%'
         AND pid <> pg_backend_pid()",
    );
    assert_eq!(code(&registry, &by_number(AN)), "registry.confirmed");
}

#[test]
fn what_is_wrong_with_a_database_is_said() {
    let home = Home::new();
    let server = Postgres::start();
    let url = filled(&server, &home);
    let right = addressed(&server.tcp_url("people"), &home);
    assert!(Blocking::open(&right).is_ok());
    assert_eq!(probe(&right), Probed::Answers);
    let wrong = right.replace(&PASSWORD.replace(' ', "%20"), "wrong%20one");
    assert!(why(&wrong).contains("refused the user or the password"));
    let other = url.replace("/people?", "/nothing?");
    assert!(why(&other).contains("no database of that name"));
    // Whoever looks after a machine is told the same of who gets in, and about nobody.
    for (url, said) in [
        (&wrong, "the user or the password"),
        (&other, "no database"),
    ] {
        let Probed::Refuses(why) = probe(url) else {
            panic!("{said}");
        };
        assert!(why.contains(said), "{why}");
    }
    server.create("bare");
    let bare = addressed(&server.url("bare"), &home);
    assert!(why(&bare).contains("holds no registry"));
    fs::write(home.path("other.key"), "0".repeat(64)).unwrap();
    let key = url.replace("people.key", "other.key");
    assert!(why(&key).contains("not the one"));
    let missing = url.replace("people.key", "missing.key");
    assert!(why(&missing).contains("number key is missing"));
    server.sql("people", "UPDATE register SET version = 3");
    assert!(why(&url).contains("version 3"));
    server.sql("people", "UPDATE register SET version = 2");
    // A value that cannot be there is no answer.
    let registry = Blocking::open(&url).unwrap();
    server.sql("people", "UPDATE card SET status = 'in force'");
    let error = registry.check(&by_number(AN)).unwrap_err();
    assert!(matches!(error, RegistryError::BadAnswer { .. }));
    // A user who may not read.
    server.sql("people", "CREATE ROLE stranger LOGIN");
    let stranger = url.replace("registry@", "stranger@");
    assert!(why(&stranger).contains("may not do this"));
}

#[test]
fn lookups_use_indexes_alone() {
    let home = Home::new();
    let server = Postgres::start();
    server.create("people");
    let url = addressed(&server.url("people"), &home);
    postgres::make(&url, Contents::Nobody).unwrap();
    let rows = home.run(&["registry", "sample", "--rows", "5000", "--facts"]);
    fs::write(home.path("rows.csv"), rows.stdout).unwrap();
    let loaded = home.json(
        &[
            "--registry",
            &url,
            "registry",
            "load",
            &home.text("rows.csv"),
        ],
        0,
    );
    assert_eq!(loaded["loaded"], 5000);
    let scans = || {
        server.sql(
            "people",
            "SELECT sum(seq_scan), sum(idx_scan) FROM pg_stat_user_tables
             WHERE relname IN ('person', 'card', 'fact')",
        )
    };
    // Of what ran before, the count comes when its session has ended.
    thread::sleep(Duration::from_millis(500));
    server.sql("people", "SELECT pg_stat_reset()");
    assert_eq!(scans(), "0|0\n");
    let registry = Blocking::open(&url).unwrap();
    for query in questions() {
        let _ = registry.check(&query).unwrap();
    }
    drop(registry);
    let mut counted = scans();
    for _ in 0..500 {
        if counted != "0|0\n" {
            break;
        }
        thread::sleep(Duration::from_millis(20));
        counted = scans();
    }
    let (by_rows, by_index) = counted.trim().split_once('|').unwrap();
    assert_eq!(by_rows, "0");
    assert!(by_index.parse::<u64>().unwrap() > 100, "{counted}");
}

/// A key, and a certificate for names by this authority, or by itself.
fn certificate(names: &[&str], issuer: Option<&(PKey<Private>, X509)>) -> (PKey<Private>, X509) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    let common = names.first().copied().unwrap_or("authority");
    name.append_entry_by_text("CN", common).unwrap();
    let name = name.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(2).unwrap())
        .unwrap();
    let issuer_name = issuer.map_or(name.as_ref(), |(_, issuer)| issuer.subject_name());
    builder.set_issuer_name(issuer_name).unwrap();
    if names.is_empty() {
        let constraints = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(constraints).unwrap();
    } else {
        let mut alternatives = SubjectAlternativeName::new();
        for name in names {
            match name.parse::<std::net::IpAddr>() {
                Ok(_) => alternatives.ip(name),
                Err(_) => alternatives.dns(name),
            };
        }
        let context = builder.x509v3_context(None, None);
        let alternatives = alternatives.build(&context).unwrap();
        builder.append_extension(alternatives).unwrap();
    }
    let signer = issuer.map_or(&key, |(key, _)| key);
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    (key, builder.build())
}

#[test]
fn tls_is_with_the_server_of_the_authority_and_with_nobody_else() {
    let home = Home::new();
    let mut server = Postgres::start();
    filled(&server, &home);
    let authority = certificate(&[], None);
    let other = certificate(&[], None);
    let (key, own) = certificate(&["127.0.0.1"], Some(&authority));
    fs::write(home.path("root.pem"), authority.1.to_pem().unwrap()).unwrap();
    fs::write(home.path("other.pem"), other.1.to_pem().unwrap()).unwrap();
    let place = server.folder().join("tls.key");
    fs::write(&place, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
    hand_over(&place);
    let certificate = server.folder().join("tls.pem");
    fs::write(&certificate, own.to_pem().unwrap()).unwrap();
    hand_over(&certificate);
    server.configure(&[
        ("ssl", "on"),
        ("ssl_key_file", place.to_str().unwrap()),
        ("ssl_cert_file", certificate.to_str().unwrap()),
    ]);
    server.restart();
    let plain = addressed(&server.tcp_url("people"), &home);
    let by = |mode: &str, root: &str| {
        let tls = format!("sslmode={mode}&sslrootcert={}", home.text(root));
        plain.replace("sslmode=disable", &tls)
    };
    let registry = Blocking::open(&by("verify-full", "root.pem")).unwrap();
    assert_eq!(code(&registry, &by_number(AN)), "registry.confirmed");
    let used = "SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'cancuoc'";
    assert_eq!(server.sql("people", used), "t\n");
    assert!(why(&by("verify-full", "other.pem")).contains("certificate"));
    assert!(why(&by("verify-ca", "other.pem")).contains("certificate"));
    // For the address and not for the name.
    let named = |mode| by(mode, "root.pem").replace("127.0.0.1", "localhost");
    assert!(why(&named("verify-full")).contains("certificate"));
    assert!(Blocking::open(&named("verify-ca")).is_ok());
    // A server without TLS is not spoken to in the clear.
    server.configure(&[("ssl", "off")]);
    server.restart();
    let silent = Blocking::open(&by("verify-full", "root.pem"));
    let refused = match silent {
        Ok(registry) => code(&registry, &by_number(AN)),
        Err(error) => error.code(),
    };
    assert_ne!(refused, "registry.confirmed");
}

#[test]
fn of_several_hosts_the_one_is_asked_that_is_fit() {
    let home = Home::new();
    let mut first = Postgres::start();
    filled(&first, &home);
    let standby = first.standby();
    let both = |attributes: &str| {
        let url = first.tcp_url("people");
        let (user, rest) = url.split_once("127.0.0.1:").unwrap();
        let (_, rest) = rest.split_once('/').unwrap();
        let (one, two) = (first.port(), standby.port());
        let url = format!("{user}127.0.0.1:{one},127.0.0.1:{two}/{rest}");
        addressed(&format!("{url}&target_session_attrs={attributes}"), &home)
    };
    let connected = |server: &Postgres| {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cancuoc'";
        server.sql("people", count) != "0\n"
    };
    for (attributes, at_first) in [
        ("read-write", true),
        ("primary", true),
        ("any", true),
        ("read-only", false),
        ("prefer-standby", false),
    ] {
        let registry = Blocking::open(&both(attributes)).unwrap();
        assert_eq!(
            code(&registry, &by_number(AN)),
            "registry.confirmed",
            "{attributes}"
        );
        assert_eq!(connected(&first), at_first, "{attributes}");
        assert_eq!(connected(&standby), !at_first, "{attributes}");
        drop(registry);
        // Sessions end a moment after their connections.
        while connected(&first) || connected(&standby) {
            thread::sleep(Duration::from_millis(10));
        }
    }
    // A standby takes no rows.
    let rows = home.write("rows.csv", "number,name\n001099000123,A\n");
    let alone = addressed(&standby.url("people"), &home);
    home.refused(
        &["--registry", &alone, "registry", "load", &rows],
        "load.read_only",
    );
    // What reads goes on when the leader is gone.
    let (any, writer) = (both("any"), both("read-write"));
    let registry = Blocking::open(&any).unwrap();
    let changing = Blocking::open(&writer).unwrap();
    first.kill();
    assert_eq!(code(&registry, &by_number(AN)), "registry.confirmed");
    assert_eq!(code(&changing, &by_number(AN)), "registry.not_reached");
    standby.sql("people", "SELECT pg_promote(true, 60)");
    assert_eq!(code(&changing, &by_number(AN)), "registry.confirmed");
}
