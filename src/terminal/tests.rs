use std::fs;
use std::path::PathBuf;

use jiff::civil::date;
use openssl::bn::BigNum;
use openssl::bn::BigNumContext;
use openssl::ec::Asn1Flag;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::ec::EcPoint;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use proptest::prelude::*;

use super::*;
use crate::bytes::tlv::encode;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::pki::cvc::Reference;
use crate::pki::cvc::build::CVCA;
use crate::pki::cvc::build::DV;
use crate::pki::cvc::build::Draft;
use crate::pki::cvc::build::IS;
use crate::pki::cvc::build::Key;
use crate::pki::cvc::chain::Fault;
use crate::secret::Secret;

const ECDSA: [u8; 2] = [2, 3];

fn today() -> Date {
    date(2026, 11, 22)
}

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("cancuoc-terminal-{test}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> &Self {
        fs::write(self.0.join(name), bytes).unwrap();
        self
    }

    fn load(&self) -> Result<Terminal, SetupError> {
        Terminal::load(&self.0, today())
    }

    fn why(&self) -> String {
        match self.load().unwrap_err() {
            SetupError::TerminalUnusable { why } => why,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Two authorities with a link from the old one, a verifier of each, and one terminal of each.
struct World {
    old: Key,
    new: Key,
    dv: Key,
    is: Key,
}

impl World {
    fn new() -> Self {
        let key = |number| Key::ec(Curve::P256, number);
        Self {
            old: key(1),
            new: key(2),
            dv: key(3),
            is: key(4),
        }
    }

    fn root(&self) -> Vec<u8> {
        Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &self.old, ECDSA).sign(&self.old, ECDSA)
    }

    fn new_root(&self) -> Vec<u8> {
        Draft::new("UTCVCA00002", "UTCVCA00002", CVCA, &self.new, ECDSA).sign(&self.new, ECDSA)
    }

    fn link(&self) -> Vec<u8> {
        Draft::new("UTCVCA00001", "UTCVCA00002", CVCA, &self.new, ECDSA).sign(&self.old, ECDSA)
    }

    fn dv(&self) -> Vec<u8> {
        Draft::new("UTCVCA00002", "UTDV00001", DV, &self.dv, ECDSA).sign(&self.new, ECDSA)
    }

    fn is(&self) -> Vec<u8> {
        Draft::new("UTDV00001", "UTIS00001", IS, &self.is, ECDSA).sign(&self.dv, ECDSA)
    }

    fn terminal(&self, certificates: &[Vec<u8>]) -> Terminal {
        terminal_of(certificates, &self.is).unwrap()
    }
}

fn terminal_of(certificates: &[Vec<u8>], key: &Key) -> Result<Terminal, SetupError> {
    let certificates = certificates
        .iter()
        .map(|bytes| CvCertificate::decode(bytes).unwrap())
        .collect();
    Terminal::new(certificates, own(key), today())
}

fn own(key: &Key) -> Box<dyn TerminalKey> {
    let pkcs8 = pkcs8(key);
    Box::new(file::Key::decode(&pkcs8).unwrap())
}

/// PKCS#8 as another implementation writes it.
fn pkcs8(key: &Key) -> Vec<u8> {
    let Key::Ec(key) = key else {
        panic!("an elliptic-curve key");
    };
    let number = match key.curve() {
        Curve::P256 => Nid::X9_62_PRIME256V1,
        Curve::BrainpoolP384r1 => Nid::BRAINPOOL_P384R1,
        other => panic!("{other:?}"),
    };
    let group = EcGroup::from_curve_name(number).unwrap();
    // The tests' keys are what their numbers say.
    let scalar = (1..=9)
        .map(|number| {
            let mut scalar = vec![0x11; key.curve().order_len()];
            scalar[0] = 0;
            scalar[key.curve().order_len() - 1] = number;
            scalar
        })
        .find(|scalar| {
            let secret = Secret::copy_of(scalar);
            key.curve().private_key(secret).unwrap().public() == key.public()
        })
        .unwrap();
    let scalar = BigNum::from_slice(&scalar).unwrap();
    let mut point = EcPoint::new(&group).unwrap();
    let mut context = BigNumContext::new().unwrap();
    point.mul_generator2(&group, &scalar, &mut context).unwrap();
    let key = EcKey::from_private_components(&group, &scalar, &point).unwrap();
    PKey::from_ec_key(key)
        .unwrap()
        .private_key_to_pkcs8()
        .unwrap()
}

fn names(chain: &Chain) -> Vec<String> {
    let certificates = chain.certificates().iter();
    certificates.map(|found| found.holder.to_string()).collect()
}

fn authorities(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

#[test]
fn a_link_is_sent_to_a_chip_that_knows_the_old_authority_alone() {
    let world = World::new();
    let terminal = world.terminal(&[world.is(), world.dv(), world.link(), world.root()]);
    let old = terminal.chain(&authorities(&["UTCVCA00001"])).unwrap();
    assert_eq!(names(&old), ["UTCVCA00002", "UTDV00001", "UTIS00001"]);
    let new = terminal.chain(&authorities(&["UTCVCA00002"])).unwrap();
    assert_eq!(names(&new), ["UTDV00001", "UTIS00001"]);
    let both = authorities(&["UTCVCA00002", "UTCVCA00001"]);
    assert_eq!(names(&terminal.chain(&both).unwrap()).len(), 2);
    let second = authorities(&["XXCVCA00009", "UTCVCA00001"]);
    assert_eq!(names(&terminal.chain(&second).unwrap()).len(), 3);
    assert!(new.rights().fingers() && new.rights().irises());
}

#[test]
fn the_new_authority_may_stand_there_twice() {
    let world = World::new();
    let all = [
        world.new_root(),
        world.is(),
        world.link(),
        world.root(),
        world.dv(),
    ];
    for rotation in 0..all.len() {
        let mut all = all.to_vec();
        all.rotate_left(rotation);
        let terminal = world.terminal(&all);
        let old = terminal.chain(&authorities(&["UTCVCA00001"])).unwrap();
        assert_eq!(names(&old), ["UTCVCA00002", "UTDV00001", "UTIS00001"]);
        let new = terminal.chain(&authorities(&["UTCVCA00002"])).unwrap();
        assert_eq!(names(&new), ["UTDV00001", "UTIS00001"]);
    }
}

#[test]
fn why_there_is_no_chain_is_named() {
    let world = World::new();
    let good = [world.root(), world.link(), world.dv(), world.is()];
    let fault = |certificates: &[Vec<u8>]| {
        let terminal = world.terminal(certificates);
        terminal.chain(&authorities(&["UTCVCA00001"])).unwrap_err()
    };
    let broken = |holder: &str, fault| NoChain::Broken {
        holder: Reference::new(holder.as_bytes()).unwrap(),
        fault,
    };
    let with = |at: usize, certificate: Vec<u8>| {
        let mut all = good.to_vec();
        all[at] = certificate;
        all
    };
    let terminal = world.terminal(&good);
    let other = terminal.chain(&authorities(&["XXCVCA00009"]));
    assert_eq!(other.unwrap_err(), NoChain::Unknown);
    assert_eq!(terminal.chain(&[]).unwrap_err(), NoChain::Unknown);
    assert_eq!(
        terminal.chain(&[vec![0; 40]]).unwrap_err(),
        NoChain::Unknown
    );
    assert_eq!(fault(&good[1..]), NoChain::Unknown);
    assert_eq!(fault(&[good[0].clone(), good[3].clone()]), NoChain::Unknown);
    // Dates.
    let mut late = Draft::new("UTDV00001", "UTIS00001", IS, &world.is, ECDSA);
    late.dates = ["200101", "261121"];
    let late = late.sign(&world.dv, ECDSA);
    assert_eq!(fault(&with(3, late)), broken("UTIS00001", Fault::Expired));
    let mut early = Draft::new("UTCVCA00002", "UTDV00001", DV, &world.dv, ECDSA);
    early.dates = ["261123", "391231"];
    let early = early.sign(&world.new, ECDSA);
    assert_eq!(
        fault(&with(2, early)),
        broken("UTDV00001", Fault::NotYetValid)
    );
    // Signatures, also that of the authority itself.
    let forged = Draft::new("UTDV00001", "UTIS00001", IS, &world.is, ECDSA);
    let forged = forged.sign(&world.is, ECDSA);
    assert_eq!(
        fault(&with(3, forged)),
        broken("UTIS00001", Fault::Signature)
    );
    let forged = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &world.old, ECDSA);
    let forged = forged.sign(&world.new, ECDSA);
    assert_eq!(
        fault(&with(0, forged)),
        broken("UTCVCA00001", Fault::Signature)
    );
    // A certificate for somebody else's key.
    let other = Draft::new("UTDV00001", "UTIS00001", IS, &world.old, ECDSA);
    let other = other.sign(&world.dv, ECDSA);
    assert_eq!(fault(&with(3, other)), NoChain::OtherKey);
}

#[test]
fn links_in_a_circle_come_to_an_end() {
    let world = World::new();
    let back = Draft::new("UTCVCA00002", "UTCVCA00001", CVCA, &world.old, ECDSA);
    let back = back.sign(&world.new, ECDSA);
    let terminal = world.terminal(&[world.link(), back.clone()]);
    for name in ["UTCVCA00001", "UTCVCA00002"] {
        assert_eq!(
            terminal.chain(&authorities(&[name])).unwrap_err(),
            NoChain::Unknown
        );
    }
    let terminal = world.terminal(&[world.root(), world.link(), back, world.dv(), world.is()]);
    let chain = terminal.chain(&authorities(&["UTCVCA00001"])).unwrap();
    assert_eq!(names(&chain), ["UTCVCA00002", "UTDV00001", "UTIS00001"]);
}

#[test]
fn many_authorities_of_one_name_cost_a_bounded_time() {
    let world = World::new();
    let half = MAX_CERTIFICATES / 2;
    let mut all = Vec::new();
    for number in 0..half {
        // Same name and key, another date: another certificate.
        let dates = [
            format!("2001{:02}", number % 28 + 1),
            format!("{:02}0101", 30 + number),
        ];
        let mut root = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &world.old, ECDSA);
        root.dates = [&dates[0], &dates[1]];
        all.push(root.sign(&world.old, ECDSA));
        let mut dv = Draft::new("UTCVCA00001", "UTDV00001", DV, &world.dv, ECDSA);
        dv.dates = [&dates[0], &dates[1]];
        all.push(dv.sign(&world.new, ECDSA));
    }
    let terminal = world.terminal(&all);
    let fault = terminal.chain(&authorities(&["UTCVCA00001"])).unwrap_err();
    assert!(
        matches!(
            fault,
            NoChain::Broken {
                fault: Fault::Signature,
                ..
            }
        ),
        "{fault:?}"
    );
    all.push(world.link());
    let Err(SetupError::TerminalUnusable { why }) = terminal_of(&all, &world.is) else {
        panic!("too many certificates were taken");
    };
    assert_eq!(why, "more than 64 certificates");
}

#[test]
fn the_certificate_with_more_rights_is_chosen() {
    let world = World::new();
    let mut little = Draft::new("UTDV00001", "UTIS00002", 0x01, &world.is, ECDSA);
    little.dates = ["200101", "491231"];
    let little = little.sign(&world.dv, ECDSA);
    let terminal = world.terminal(&[world.root(), world.link(), world.dv(), little, world.is()]);
    let chain = terminal.chain(&authorities(&["UTCVCA00002"])).unwrap();
    assert_eq!(chain.terminal().reference().to_string(), "UTIS00001");
}

#[test]
fn a_folder_is_loaded_whole() {
    let world = World::new();
    let folder = Folder::new("whole");
    let two = [world.dv(), world.is()].concat();
    folder
        .put("1.cvcert", &world.root())
        .put("2.cvcert", &world.link());
    folder
        .put("3.cvcert", &two)
        .put("again.cvcert", &world.is());
    folder
        .put("README", b"words")
        .put(".hidden.cvcert", b"words");
    assert_eq!(folder.why(), "no private key");
    folder.put("is.pkcs8", &pkcs8(&world.is));
    let terminal = folder.load().unwrap();
    let chain = terminal.chain(&authorities(&["UTCVCA00001"])).unwrap();
    let signature = terminal.sign(&chain, b"message").unwrap();
    let scheme = Scheme::EcdsaPlain(Hash::Sha256);
    let verified = chain
        .terminal()
        .key()
        .verify(scheme, &[b"message"], &signature);
    assert_eq!(verified, Ok(()));
    assert!(
        !format!("{terminal:?}").contains("scalar"),
        "no key in what is printed"
    );
    folder.put("two.key", &pkcs8(&world.is));
    assert_eq!(folder.why(), "more than one private key");
}

#[test]
fn what_is_wrong_with_a_folder_is_named() {
    let world = World::new();
    let missing = Path::new("/nonexistent/terminal");
    assert!(matches!(
        Terminal::load(missing, today()),
        Err(SetupError::TerminalUnreadable { .. })
    ));
    let folder = Folder::new("wrong");
    assert_eq!(folder.why(), "no certificate (*.cvcert)");
    let whole = world.is();
    folder.put("is.cvcert", &whole[..whole.len() - 1]);
    assert!(
        folder
            .why()
            .starts_with("is.cvcert: malformed CV certificate")
    );
    folder.put("is.cvcert", &[]);
    assert!(folder.why().starts_with("is.cvcert: malformed"));
    folder.put("is.cvcert", &whole);
    for (key, reason) in [
        (
            &b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"[..],
            "no PKCS#8",
        ),
        (b"words", "no PKCS#8"),
        (&[0x30, 0x03, 0x02, 0x01, 0x00], "malformed PKCS#8"),
        // EncryptedPrivateKeyInfo
        (&[0x30, 0x04, 0x30, 0x00, 0x04, 0x00], "no PKCS#8"),
    ] {
        folder.put("is.key", key);
        let why = folder.why();
        assert!(why.starts_with("is.key: ") && why.contains(reason), "{why}");
    }
    folder.put("is.key", &pkcs8(&world.is));
    folder.load().unwrap();
    let many = whole.repeat(2);
    folder.put("many.cvcert", &many);
    folder.load().unwrap();
    folder.put("long.cvcert", &vec![0; MAX_FILE + 1]);
    assert!(folder.why().ends_with("long.cvcert is too long"));
}

#[test]
fn a_thousand_files_are_too_many() {
    let folder = Folder::new("thousand");
    for number in 0..=MAX_ENTRIES {
        folder.put(&format!("{number}.cvcert"), b"");
    }
    assert_eq!(folder.why(), "more than 1024 files");
}

#[test]
fn a_thousand_certificates_are_too_many() {
    let world = World::new();
    let folder = Folder::new("certificates");
    let mut all = Vec::new();
    for number in 0..1_000 {
        let holder = format!("UTIS{number:05}");
        let draft = Draft::new("UTDV00001", &holder, IS, &world.is, ECDSA);
        // Signed by nobody: they are counted before they are verified.
        let body = draft.body();
        let signature = encode(0x5F37, &[&[0; 64]]);
        all.extend(encode(0x7F21, &[&body, &signature]));
    }
    folder
        .put("all.cvcert", &all)
        .put("is.key", &pkcs8(&world.is));
    assert_eq!(folder.why(), "more than 64 certificates");
}

#[test]
fn keys_of_openssl_are_read_in_every_form() {
    let message = b"message";
    for flag in [Asn1Flag::NAMED_CURVE, Asn1Flag::EXPLICIT_CURVE] {
        let mut group = EcGroup::from_curve_name(Nid::BRAINPOOL_P384R1).unwrap();
        group.set_asn1_flag(flag);
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let der = key.private_key_to_pkcs8().unwrap();
        let pem = key.private_key_to_pem_pkcs8().unwrap();
        for file in [der, pem] {
            let key = file::Key::decode(&file).unwrap();
            let public = key.public().unwrap();
            assert_eq!(public.name(), "brainpoolP384r1");
            let scheme = Scheme::EcdsaPlain(Hash::Sha384);
            let signature = key.sign(scheme, message).unwrap();
            assert_eq!(public.verify(scheme, &[message], &signature), Ok(()));
            assert!(key.sign(Scheme::RsaPkcs1(Hash::Sha256), message).is_err());
        }
    }
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let key = file::Key::decode(&key.private_key_to_pkcs8().unwrap()).unwrap();
    let public = key.public().unwrap();
    for scheme in [
        Scheme::RsaPkcs1(Hash::Sha512),
        Scheme::RsaPss {
            hash: Hash::Sha256,
            mgf: Hash::Sha256,
            salt_len: 32,
        },
    ] {
        let signature = key.sign(scheme, message).unwrap();
        assert_eq!(public.verify(scheme, &[message], &signature), Ok(()));
    }
    assert!(key.sign(Scheme::EcdsaPlain(Hash::Sha256), message).is_err());
}

#[test]
fn the_pin_never_stands_in_the_settings() {
    let folder = Folder::new("settings");
    folder.put("is.cvcert", &World::new().is());
    for (text, reason) in [
        (
            "module = 'm'\ntoken = 't'\nkey = 'k'\npin = '123456'",
            "unknown field `pin`",
        ),
        (
            "module = 'm'\ntoken = 't'\nkey = 'k'",
            "one of pin_file and pin_env",
        ),
        (
            "module = 'm'\ntoken = 't'\nkey = 'k'\npin_file = 'p'\npin_env = 'P'",
            "one of pin_file and pin_env",
        ),
        ("module = 'm'", "missing field"),
        (
            "module = 'no-such-module.so'\ntoken = 't'\nkey = 'k'\npin_file = 'p'",
            "cannot be loaded",
        ),
    ] {
        folder.put("pkcs11.toml", text.as_bytes());
        let why = folder.why();
        assert!(
            why.starts_with("pkcs11.toml: ") && why.contains(reason),
            "{why}"
        );
        assert!(!why.contains("123456"), "{why}");
    }
}

proptest! {
    #[test]
    fn key_files_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..140, value: u8) {
        let _ = file::Key::decode(&bytes);
        let mut mutated = pkcs8(&Key::ec(Curve::P256, 1));
        if let Some(octet) = mutated.get_mut(at) {
            *octet = value;
        }
        let _ = file::Key::decode(&mutated);
    }
}
