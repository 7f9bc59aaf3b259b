//! The key of a device that signs reports, and by which name others know it.

use std::fmt;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::str;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;
use zeroize::Zeroizing;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm;
use crate::crypto::curve::Curve;
use crate::crypto::curve::ReadyKey;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::AttestError;
use crate::error::Error;
use crate::error::SetupError;
use crate::secret::Secret;
use crate::terminal::TerminalKey as _;
use crate::terminal::file;

/// Longest key file, in bytes. An RSA key of 8192 bits in PEM has 6,400.
const MAX_FILE: usize = 32 * 1024;

/// id-ecPublicKey, 1.2.840.10045.2.1
const EC_PUBLIC_KEY: Oid<'static> = Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);

/// rsaEncryption, 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: Oid<'static> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]);

/// How a report is signed. The name says all of it: curve or padding, and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4)
    Es256,
    /// ECDSA on P-384 with SHA-384 (RFC 7518 §3.4)
    Es384,
    /// ECDSA on P-521 with SHA-512 (RFC 7518 §3.4)
    Es512,
    /// ECDSA on brainpoolP256r1 with SHA-256 (RFC 9864)
    Esb256,
    /// ECDSA on brainpoolP384r1 with SHA-384 (RFC 9864)
    Esb384,
    /// RSASSA-PSS with SHA-256 throughout and a salt of 32 bytes (RFC 7518 §3.5)
    Ps256,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 6] = [
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Esb256,
        Self::Esb384,
        Self::Ps256,
    ];

    /// The name in a signed report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Esb256 => "ESB256",
            Self::Esb384 => "ESB384",
            Self::Ps256 => "PS256",
        }
    }

    /// The algorithm of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The one algorithm that a key signs with here; none for kinds that sign no reports, and for
    /// RSA keys under 2048 bits.
    pub fn of(key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::Ec(point) => match point.curve() {
                Curve::P256 => Some(Self::Es256),
                Curve::P384 => Some(Self::Es384),
                Curve::P521 => Some(Self::Es512),
                Curve::BrainpoolP256r1 => Some(Self::Esb256),
                Curve::BrainpoolP384r1 => Some(Self::Esb384),
                _ => None,
            },
            PublicKey::Rsa(_) if !key.is_short() => Some(Self::Ps256),
            PublicKey::Rsa(_) | PublicKey::Dsa(_) => None,
        }
    }

    /// How it signs: r and s in a row, each as long as the order (RFC 7518 §3.4), or RSA's way.
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Es256 | Self::Esb256 => Scheme::EcdsaPlain(Hash::Sha256),
            Self::Es384 | Self::Esb384 => Scheme::EcdsaPlain(Hash::Sha384),
            Self::Es512 => Scheme::EcdsaPlain(Hash::Sha512),
            Self::Ps256 => Scheme::RsaPss {
                hash: Hash::Sha256,
                mgf: Hash::Sha256,
                salt_len: 32,
            },
        }
    }
}

/// The name of a device: SHA-256 of its public key as SubjectPublicKeyInfo in DER, the curve by name
/// and the point uncompressed, as `openssl pkey -pubout -outform DER` writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; 32]);

impl DeviceId {
    /// Reads 64 hexadecimal digits, which may have colons between them.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|one| *one != ':').collect();
        let mut digest = [0; 32];
        hex::decode_to_slice(digits, &mut digest).ok()?;
        Some(Self(digest))
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

/// The public half of a device's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePublic {
    key: PublicKey,
    algorithm: Algorithm,
    info: Vec<u8>,
    id: DeviceId,
}

impl DevicePublic {
    /// The public half by its key; none for a key that signs no reports.
    pub fn new(key: PublicKey) -> Option<Self> {
        let algorithm = Algorithm::of(&key)?;
        let info = public_key_info(&key)?;
        let digest = <[u8; 32]>::try_from(Hash::Sha256.digest(&[&info])).ok()?;
        Some(Self {
            key,
            algorithm,
            info,
            id: DeviceId(digest),
        })
    }

    /// Reads a SubjectPublicKeyInfo in DER, in whatever way it names its curve.
    pub fn from_info(der: &[u8]) -> Option<Self> {
        Self::new(algorithm::subject_public_key(der).ok()?)
    }

    /// Reads the contents of a file: a public key in PEM or DER.
    pub fn decode(file: &[u8]) -> Option<Self> {
        if file.first() == Some(&0x30) {
            return Self::from_info(file);
        }
        let block = Pem::iter_from_buffer(file).find_map(Result::ok)?;
        (block.label == "PUBLIC KEY").then_some(())?;
        Self::from_info(&block.contents)
    }

    /// Reads a file with a public key.
    ///
    /// # Errors
    /// [`AttestError::Device`].
    pub fn load(path: &Path) -> Result<Self, AttestError> {
        let bytes = read(path).ok();
        let public = bytes.and_then(|bytes| Self::decode(&bytes));
        public.ok_or_else(|| AttestError::Device {
            given: path.display().to_string(),
        })
    }

    /// The device's name.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// How the device signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn info(&self) -> &[u8] {
        &self.info
    }

    /// The key itself.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// SubjectPublicKeyInfo in PEM.
    pub fn pem(&self) -> String {
        pem("PUBLIC KEY", &self.info).as_str().to_owned()
    }
}

/// Whether others on this machine may read a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// The file's permissions keep it to its owner, as far as this system tells.
    Private,
    /// Its group or everybody may read or change it.
    Shared,
}

/// A device's private key.
pub struct DeviceKey {
    key: file::Key,
    /// The same key in the form of a faster engine, where there is one for its kind.
    ready: Option<ReadyKey>,
    public: DevicePublic,
    exposure: Exposure,
}

impl DeviceKey {
    /// Reads a file: PKCS#8, or the form of its own kind (`EC PRIVATE KEY`, `RSA PRIVATE KEY`), in
    /// PEM or DER, not encrypted.
    ///
    /// # Errors
    /// [`AttestError::KeyUnreadable`], [`AttestError::KeyUnusable`].
    pub fn load(path: &Path) -> Result<Self, AttestError> {
        let unusable = |why: String| AttestError::KeyUnusable {
            why: format!("{}: {why}", path.display()),
        };
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(unusable("too long for a key".to_owned()));
            }
            Err(_) => {
                return Err(AttestError::KeyUnreadable {
                    path: path.display().to_string(),
                });
            }
        };
        let mut key = Self::decode(&bytes).map_err(unusable)?;
        key.exposure = exposure(path);
        Ok(key)
    }

    /// Reads the contents of a file; the error says what is wrong with it.
    fn decode(file: &[u8]) -> Result<Self, String> {
        let key = file::Key::decode(file).map_err(|fault| fault.to_string())?;
        let public = key.public().and_then(DevicePublic::new).ok_or_else(|| {
            "not a key on P-256, P-384, P-521, brainpoolP256r1 or brainpoolP384r1, nor RSA of 2048 bits and more"
                .to_owned()
        })?;
        // Only keys on P-256 have this form, and those sign with SHA-256.
        Ok(Self {
            ready: key.ready(),
            key,
            public,
            exposure: Exposure::Private,
        })
    }

    /// Makes a new key on P-256 that lives as long as this process.
    ///
    /// # Errors
    /// [`SetupError::NoRandomness`].
    pub fn generate(random: &mut dyn Random) -> Result<Self, SetupError> {
        let (text, _) = new_key(random)?;
        Self::decode(text.as_bytes()).map_err(|_| SetupError::NoRandomness)
    }

    /// Makes a new key on P-256 and writes it as PKCS#8 in PEM, for this user alone. What is there
    /// is never replaced: reports that a lost key signed could not be told from a stranger's.
    ///
    /// # Errors
    /// [`AttestError::KeyThere`]; [`SetupError::OutputUnwritable`], [`SetupError::NoRandomness`].
    pub fn create(path: &Path, random: &mut dyn Random) -> Result<DevicePublic, SetupError> {
        let (text, public) = new_key(random)?;
        let shown = || path.display().to_string();
        let unwritable = |_| SetupError::OutputUnwritable { path: shown() };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(AttestError::KeyThere { path: shown() }.into());
            }
            Err(error) => return Err(unwritable(error)),
        };
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        if let Err(error) = written {
            // Half a key is of no use, and it stands in the way of the next try.
            let _ = fs::remove_file(path);
            return Err(unwritable(error));
        }
        Ok(public)
    }

    /// The public half.
    pub const fn public(&self) -> &DevicePublic {
        &self.public
    }

    /// Whether others may read the file it came from.
    pub const fn exposure(&self) -> Exposure {
        self.exposure
    }

    /// Signs a message.
    ///
    /// Where the same message gives the same signature (RFC 6979) and with RSA it looks whether the
    /// signature holds: one that a fault in the machine spoilt could give the key away beside a right
    /// one. The faster engine draws every nonce anew, so that no two signatures can be compared, and a
    /// spoilt one is only refused by whoever reads it.
    ///
    /// # Errors
    /// [`AttestError::KeyUnusable`] when it does not; [`SetupError::NoRandomness`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        if let Some(signature) = self.ready.as_ref().and_then(|key| key.sign(message)) {
            return Ok(signature);
        }
        self.sign_slowly(message)
    }

    fn sign_slowly(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let scheme = self.public.algorithm.scheme();
        let signature = self.key.sign(scheme, message)?;
        match self.public.key.verify(scheme, &[message], &signature) {
            Ok(()) => Ok(signature),
            Err(_) => Err(SetupError::from(AttestError::KeyUnusable {
                why: "its signature does not hold".to_owned(),
            })
            .into()),
        }
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", self.public.id)
    }
}

/// A new key as PKCS#8 in PEM, and its public half.
///
/// ```text
/// OneAsymmetricKey ::= SEQUENCE { version INTEGER, algorithm, privateKey OCTET STRING }
/// ECPrivateKey     ::= SEQUENCE { version INTEGER, privateKey OCTET STRING,
///                                 publicKey [1] BIT STRING }
/// ```
fn new_key(random: &mut dyn Random) -> Result<(Zeroizing<String>, DevicePublic), SetupError> {
    /// Draws before a source of randomness is given up; P-256 refuses one in 2^32.
    const MAX_TRIES: usize = 16;
    let curve = Curve::P256;
    let mut scalar = Zeroizing::new(vec![0; curve.order_len()]);
    for _ in 0..MAX_TRIES {
        random.fill(&mut scalar)?;
        let copy = Secret::copy_of(&scalar);
        let Ok(key) = curve.private_key(copy) else {
            continue;
        };
        let point = key.public();
        let bits = encode(tag::BIT_STRING, &[&[0], point.encoded()]);
        let inner = Zeroizing::new(encode(
            tag::SEQUENCE,
            &[
                &encode_integer(&[1]),
                &Zeroizing::new(encode(tag::OCTET_STRING, &[&scalar])),
                &encode(PUBLIC_KEY, &[&bits]),
            ],
        ));
        let whole = Zeroizing::new(encode(
            tag::SEQUENCE,
            &[
                &encode_integer(&[]),
                &ec_algorithm(curve),
                &Zeroizing::new(encode(tag::OCTET_STRING, &[&inner])),
            ],
        ));
        let public = DevicePublic::new(PublicKey::Ec(point)).ok_or(SetupError::NoRandomness)?;
        return Ok((pem("PRIVATE KEY", &whole), public));
    }
    Err(SetupError::NoRandomness)
}

/// `publicKey [1]` of ECPrivateKey
const PUBLIC_KEY: u32 = 0xA1;

fn ec_algorithm(curve: Curve) -> Vec<u8> {
    let kind = encode(tag::OID, &[EC_PUBLIC_KEY.octets()]);
    let name = encode(tag::OID, &[curve.oid().octets()]);
    encode(tag::SEQUENCE, &[&kind, &name])
}

/// SubjectPublicKeyInfo in its one form here (RFC 5480 §2, RFC 3279 §2.3.1).
fn public_key_info(key: &PublicKey) -> Option<Vec<u8>> {
    let (algorithm, octets) = match key {
        PublicKey::Ec(point) => (ec_algorithm(point.curve()), point.encoded().to_vec()),
        PublicKey::Rsa(key) => {
            let kind = encode(tag::OID, &[RSA_ENCRYPTION.octets()]);
            let numbers = [
                encode_integer(key.modulus()),
                encode_integer(key.exponent()),
            ];
            let [modulus, exponent] = &numbers;
            (
                encode(tag::SEQUENCE, &[&kind, &encode(tag::NULL, &[])]),
                encode(tag::SEQUENCE, &[modulus, exponent]),
            )
        }
        PublicKey::Dsa(_) => return None,
    };
    let bits = encode(tag::BIT_STRING, &[&[0], &octets]);
    Some(encode(tag::SEQUENCE, &[&algorithm, &bits]))
}

/// PEM in lines of 64 characters (RFC 7468 §2).
fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    const COLUMNS: usize = 64;
    let base64 = Zeroizing::new(STANDARD.encode(der));
    // Room for all of it at once: a text that grows leaves copies behind.
    let room = base64.len() + base64.len() / COLUMNS + 2 * label.len() + 64;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest: &str = &base64;
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(COLUMNS).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// Reads a file whole; it may hold a key, so the copy is wiped.
fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

#[cfg(unix)]
fn exposure(path: &Path) -> Exposure {
    let mode = fs::metadata(path)
        .map(|there| std::os::unix::fs::PermissionsExt::mode(&there.permissions()));
    match mode {
        Ok(mode) if mode & 0o077 != 0 => Exposure::Shared,
        _ => Exposure::Private,
    }
}

#[cfg(not(unix))]
const fn exposure(_path: &Path) -> Exposure {
    Exposure::Private
}
