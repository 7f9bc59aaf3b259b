//! Sessions by the thousand, each with keys of its own: none fails by chance.
//!
//! One session in 256 has a leading zero in any one number that is agreed or sent, and whoever
//! writes it a byte short, or a byte long, fails in that session alone. The ordinary run opens a
//! thousand; `CANCUOC_SESSIONS` says another count and `CANCUOC_SEED` other keys.

use std::collections::BTreeMap;
use std::env;
use std::time::Instant;

use cancuoc::bytes::tlv::Reader;
use cancuoc::channel::bac;
use cancuoc::channel::chip_auth;
use cancuoc::channel::chip_auth::Form;
use cancuoc::channel::chip_auth::Step;
use cancuoc::channel::pace;
use cancuoc::channel::pace::Parameters;
use cancuoc::channel::pace::Password;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::agreement::Public;
use cancuoc::crypto::agreement::times;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::kdf;
use cancuoc::crypto::kdf::Purpose;
use cancuoc::crypto::random::Random;
use cancuoc::error::SetupError;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Status;
use cancuoc::iso7816::ins;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::link::Link;
use cancuoc::secret::Secret;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::files;
use cancuoc::sim::persona::ChipAuthentication;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::sim::seed::Seeded;
use cancuoc::transport::Stop;

use crate::matrix::lists;
use crate::support::cards;

/// Sessions of the ordinary run.
const USUAL: usize = 1_000;

/// From so many sessions on every kind of leading zero must have been there.
const ENOUGH: usize = 10_000;

/// Strongest group, in bits of security, in which a session takes little time.
const QUICK: u16 = 128;

/// How often a quick card is opened while a slow one is opened once.
const MORE: usize = 3;

/// The application of travel documents (Doc 9303-10).
const EMRTD: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// Short identifier of EF.COM.
const COM: u8 = 0x1E;

/// A terminal's randomness that can be drawn once more.
struct Tape {
    random: Seeded,
    again: Seeded,
}

impl Tape {
    fn new(seed: &str) -> Self {
        Self {
            random: Seeded::new(seed),
            again: Seeded::new(seed),
        }
    }
}

impl Random for Tape {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        self.random.fill(buffer)
    }
}

/// How often each number began with a zero: by ECDH and by DH.
#[derive(Default)]
struct Zeros(BTreeMap<&'static str, [usize; 2]>);

impl Zeros {
    /// Counts a number that is as long as its group. On P-521 the first octet holds one bit, so
    /// that a zero there says nothing.
    fn count(&mut self, what: &'static str, domain: &Domain, number: &[u8]) {
        let zero = number.first() == Some(&0) && *domain != Domain::Curve(Curve::P521);
        let [ecdh, dh] = self.0.entry(what).or_default();
        match domain {
            Domain::Curve(_) => *ecdh += usize::from(zero),
            Domain::Modp(_) => *dh += usize::from(zero),
        }
    }

    fn count_public(&mut self, what: &'static str, public: &Public) {
        let number = match public.point() {
            Some(point) => point.x(),
            None => public.encoded(),
        };
        self.count(what, &public.domain(), number);
    }
}

/// What is run after the card was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Top {
    Nothing,
    ChipAuthentication,
}

/// A card that is opened again and again.
struct Stand {
    card: VirtualCard,
    can: Secret,
    mrz_information: Secret,
    /// None where there is basic access control.
    pace: Option<Parameters>,
    /// Static key of chip authentication mapping.
    mapping_key: Option<Public>,
    chip_key: chip_auth::Parameters,
}

impl Stand {
    fn new(pace: Option<(PaceProtocol, u8)>, number: usize, seed: &str) -> Self {
        let domain = pace.and_then(|(_, id)| Domain::from_parameter_id(id));
        let domain = domain.unwrap_or(Domain::Curve(Curve::BrainpoolP160r1));
        let cipher = [
            Cipher::TripleDes,
            Cipher::Aes128,
            Cipher::Aes192,
            Cipher::Aes256,
        ][number % 4];
        let persona: Persona = cards::changed("an", |chip| {
            let variant = |(protocol, id): (PaceProtocol, u8)| {
                PaceVariant::new(protocol.mapping, protocol.cipher, id)
            };
            chip.pace = pace.map(variant).into_iter().collect();
            chip.chip_authentication = vec![ChipAuthentication {
                cipher,
                domain: domain.clone(),
                key_id: None,
                parameters: EcParameters::Explicit,
                version: 1,
            }];
        });
        let written = persona.personalise().unwrap();
        let chip_key = chip_auth::Parameters {
            oid: files::chip_authentication_oid(domain.agreement(), cipher),
            cipher,
            public: written.chip_keys[0].private.public(),
            key_id: None,
        };
        let mapping_key = written.mapping_key.as_ref().map(|key| key.public());
        let random = Seeded::new(&format!("{seed} chip {number}"));
        Self {
            can: Secret::new(persona.can().into_bytes()),
            mrz_information: Secret::new(persona.mrz_information().into_bytes()),
            pace: pace.map(|(protocol, _)| Parameters {
                oid: files::pace_oid(protocol).unwrap(),
                protocol,
                domain,
                reference: None,
            }),
            mapping_key,
            chip_key,
            card: VirtualCard::new(written, Box::new(random)),
        }
    }

    /// Opens the card, selects the application, reads under the keys, and under those of what comes
    /// on top.
    fn session(&mut self, number: usize, top: Top, seed: &str, zeros: &mut Zeros) {
        let mut random = Tape::new(&format!("{seed} terminal {number}"));
        self.card.remove();
        self.card.insert();
        let stop = Stop::never();
        let mut link = Link::new(&mut self.card, &stop);
        match &self.pace {
            None => {
                // Doc 9303-11 §4.3: inside the application, and PACE before it.
                select(&mut link);
                let (step, command) = bac::start(&self.mrz_information);
                let response = link.send(&command).unwrap();
                let (step, command) = step.challenge(&response, &mut random).unwrap();
                let session = step.authenticated(&link.send(&command).unwrap());
                link.open(session.unwrap());
                random.again = random.random.clone();
            }
            Some(parameters) => {
                let password = match number % 3 {
                    0 => Password::mrz(&self.mrz_information),
                    _ => Password::can(&self.can),
                };
                let mapping_key = self.mapping_key.as_ref();
                open(
                    &mut link,
                    parameters,
                    &password,
                    mapping_key,
                    &mut random,
                    zeros,
                );
            }
        }
        if self.pace.is_some() {
            select(&mut link);
        }
        reads(&mut link);
        if top == Top::ChipAuthentication {
            chip_authentication(&mut link, &self.chip_key, &mut random, zeros);
            reads(&mut link);
        }
    }
}

fn select(link: &mut Link<'_>) {
    let select = Command::new(ins::SELECT, 0x04, 0x0C).with_data(EMRTD.to_vec());
    assert_eq!(link.send(&select).unwrap().status, Status::SUCCESS);
}

/// One protected read.
fn reads(link: &mut Link<'_>) {
    let read = Command::new(ins::READ_BINARY, 0x80 | COM, 0).expecting(8);
    let response = link.send(&read).unwrap();
    assert_eq!((response.status, response.data.len()), (Status::SUCCESS, 8));
}

/// PACE, and what its numbers were.
fn open(
    link: &mut Link<'_>,
    parameters: &Parameters,
    password: &Password,
    mapping_key: Option<&Public>,
    random: &mut Tape,
    zeros: &mut Zeros,
) {
    let (step, command) = pace::start(parameters.clone(), password, None);
    let (step, command) = step.selected(&link.send(&command).unwrap()).unwrap();
    let encrypted = link.send(&command).unwrap();
    let (step, command) = step.nonce(&encrypted, random).unwrap();
    let (step, command) = step.mapped(&link.send(&command).unwrap(), random).unwrap();
    let (step, command) = step.agreed(&link.send(&command).unwrap()).unwrap();
    let established = step.token(&link.send(&command).unwrap()).unwrap();

    let Parameters {
        protocol, domain, ..
    } = parameters;
    let mut outer = Reader::new(&encrypted.data);
    let mut inside = outer.expect(0x7C, "").unwrap().inside().unwrap();
    let encrypted = inside.expect(0x80, "").unwrap().value;
    let key = kdf::derive(
        protocol.cipher,
        password.secret().expose(),
        Purpose::Password,
    );
    let nonce = Secret::new(key.decrypt(&[], encrypted).unwrap());
    zeros.count("nonce", domain, nonce.expose());
    let generator = match protocol.mapping {
        Mapping::Generic | Mapping::ChipAuthentication => {
            let private = domain.generate(&mut random.again).unwrap();
            let theirs = established.mapping_key.as_ref().unwrap();
            zeros.count_public("mapping key of the terminal", &private.public());
            zeros.count_public("mapping key of the chip", theirs);
            let shared = private.shared(theirs).unwrap();
            zeros.count_public("shared secret of the mapping", &shared);
            domain.map_generic(&nonce, &shared).unwrap()
        }
        Mapping::Integrated => {
            let mut own = vec![0; protocol.cipher.key_len()];
            random.again.fill(&mut own).unwrap();
            domain
                .map_integrated(protocol.cipher, &nonce, &own)
                .unwrap()
        }
    };
    zeros.count_public("mapped generator", &generator);
    zeros.count_public("ephemeral key of the chip", &established.chip_ephemeral);
    let private = domain.generate(&mut random.again).unwrap();
    let shared = private.agree(&established.chip_ephemeral).unwrap();
    zeros.count("shared secret of PACE", domain, shared.expose());

    // Doc 9303-11 §4.4.3.5: the chip shows that it holds the static key.
    if protocol.mapping == Mapping::ChipAuthentication {
        let data = established.chip_authentication_data.as_ref().unwrap();
        let proven = times(data, mapping_key.unwrap()).unwrap();
        assert_eq!(Some(&proven), established.mapping_key.as_ref());
    }
    link.open(established.session);
}

/// Chip authentication version 1, and what its numbers were.
fn chip_authentication(
    link: &mut Link<'_>,
    key: &chip_auth::Parameters,
    random: &mut Tape,
    zeros: &mut Zeros,
) {
    let ephemeral = chip_auth::ephemeral(&key.public.domain(), random).unwrap();
    let form = Form::standard(key.cipher);
    let (step, command) = match chip_auth::start(key, form, &ephemeral).unwrap() {
        Step::Last(step, command) => (step, command),
        Step::Send(step, command) => step.selected(&link.send(&command).unwrap()).unwrap(),
    };
    let agreed = step.agreed(&link.send(&command).unwrap()).unwrap();
    link.open(agreed.session);
    zeros.count_public("ephemeral key of chip authentication", &agreed.ephemeral);
    let shared = ephemeral.agree(&key.public).unwrap();
    let domain = key.public.domain();
    zeros.count(
        "shared secret of chip authentication",
        &domain,
        shared.expose(),
    );
}

/// Every mapping in every group, and basic access control; the ciphers take turns.
fn stands(seed: &str) -> Vec<Stand> {
    let mut kinds: BTreeMap<_, Vec<PaceProtocol>> = BTreeMap::new();
    for pace in lists::pace() {
        let protocol = pace.protocol;
        let kind = (protocol.agreement, protocol.mapping, pace.parameter_id);
        let protocols = kinds.entry(kind).or_default();
        if !protocols.contains(&protocol) {
            protocols.push(protocol);
        }
    }
    let ways = kinds
        .into_iter()
        .enumerate()
        .map(|(turn, ((.., id), protocols))| Some((protocols[turn % protocols.len()], id)));
    ways.chain([None])
        .enumerate()
        .map(|(number, pace)| Stand::new(pace, number, seed))
        .collect()
}

#[test]
fn no_session_fails_by_chance() {
    let sessions = env::var("CANCUOC_SESSIONS").map_or(USUAL, |count| count.parse().unwrap());
    let seed = env::var("CANCUOC_SEED").unwrap_or_else(|_| "sessions".to_owned());
    let start = Instant::now();
    let mut stands = stands(&seed);
    let order: Vec<usize> = stands
        .iter()
        .enumerate()
        .flat_map(|(index, stand)| {
            let strength = stand.chip_key.public.domain().strength();
            vec![index; if strength <= QUICK { MORE } else { 1 }]
        })
        .collect();
    let mut zeros = Zeros::default();
    for number in 0..sessions {
        let (round, turn) = (number / order.len(), number % order.len());
        let top = [Top::Nothing, Top::ChipAuthentication][(round + turn) % 2];
        stands[order[turn]].session(number, top, &seed, &mut zeros);
    }
    println!(
        "{sessions} sessions on {} cards in {:.1} s, none failed; leading zeros:",
        stands.len(),
        start.elapsed().as_secs_f64()
    );
    for (what, [ecdh, dh]) in &zeros.0 {
        println!("  {what}: {ecdh} by ECDH, {dh} by DH");
    }
    let counts = || zeros.0.values();
    assert!(counts().map(|[ecdh, _]| ecdh).sum::<usize>() > 0 || sessions < USUAL);
    if sessions >= ENOUGH {
        assert!(counts().map(|[_, dh]| dh).sum::<usize>() > 0);
        assert!(counts().all(|[ecdh, _]| *ecdh > 0));
    }
}
