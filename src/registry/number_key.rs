//! The key that hides citizen numbers in a register.
//!
//! There are some 6·10¹⁰ lawful citizen numbers, so that a plain hash of one can be undone in seconds.
//! A register therefore has HMAC-SHA-256 under a key in a file of its own: who gets hold of the
//! database alone learns no number from it.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::crypto::random::Random;
use crate::crypto::random::System;
use crate::registry::query::CitizenNumber;
use crate::secret::Secret;

/// Octets of the key: as many as the hash gives (RFC 2104 §3).
const KEY: usize = 32;

/// Octets of a block of SHA-256.
const BLOCK: usize = 64;

/// Longest file that is read for a key: the digits, and a line's end.
const MAX_FILE: u64 = 80;

/// What the check value is made of. No number begins with a letter.
const CHECK: &[u8] = b"cancuoc number key";

/// A citizen in a register: HMAC-SHA-256 of the number, cut to 16 octets. Never prints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey([u8; 16]);

impl PersonKey {
    /// Octets of a key.
    pub const LEN: usize = 16;

    /// Nobody.
    pub(super) const NOBODY: Self = Self([0; Self::LEN]);

    /// A key as a database has it.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(..)")
    }
}

/// The key of one register.
#[derive(Debug)]
pub struct NumberKey(Secret);

/// Why there is no key.
#[derive(Debug)]
pub enum KeyTrouble {
    /// There is no such file.
    Missing,
    /// The file cannot be read or made.
    Io(io::Error),
    /// The file holds something else than 64 hexadecimal digits.
    Malformed,
    /// The system gives no random numbers.
    NoRandomness,
}

impl KeyTrouble {
    /// What is wrong, in English.
    pub fn reason(&self) -> String {
        match self {
            Self::Missing => "the number key is missing".to_owned(),
            Self::Io(error) => match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    "no permission to read or make the number key".to_owned()
                }
                kind => format!("the number key cannot be read or made: {kind}"),
            },
            Self::Malformed => {
                "the number key is not 64 hexadecimal digits alone in its file".to_owned()
            }
            Self::NoRandomness => "the system gives no random numbers".to_owned(),
        }
    }
}

impl NumberKey {
    /// A new key.
    ///
    /// # Errors
    /// [`KeyTrouble::NoRandomness`].
    pub fn random() -> Result<Self, KeyTrouble> {
        let mut key = Zeroizing::new([0; KEY]);
        System
            .fill(key.as_mut_slice())
            .map_err(|_| KeyTrouble::NoRandomness)?;
        Ok(Self(Secret::copy_of(key.as_slice())))
    }

    /// Reads the key in a file.
    ///
    /// # Errors
    /// [`KeyTrouble`].
    pub fn read(path: &Path) -> Result<Self, KeyTrouble> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyTrouble::Missing);
            }
            other => other.map_err(KeyTrouble::Io)?,
        };
        let mut text = Zeroizing::new(String::with_capacity(MAX_FILE.try_into().unwrap_or(0)));
        let read = file.take(MAX_FILE).read_to_string(&mut text);
        read.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => KeyTrouble::Malformed,
            _ => KeyTrouble::Io(error),
        })?;
        let mut key = Zeroizing::new([0; KEY]);
        hex::decode_to_slice(text.trim_ascii(), key.as_mut_slice())
            .map_err(|_| KeyTrouble::Malformed)?;
        Ok(Self(Secret::copy_of(key.as_slice())))
    }

    /// Reads the key in a file; where there is none, makes one, for this user alone.
    ///
    /// Whoever does this at the same time gets the same key: a key appears under its name whole, and
    /// once.
    ///
    /// # Errors
    /// [`KeyTrouble`].
    pub fn read_or_make(path: &Path) -> Result<Self, KeyTrouble> {
        match Self::read(path) {
            Err(KeyTrouble::Missing) => {}
            other => return other,
        }
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let suffix = format!(".{}-{number}.new", process::id());
        let mut beside = OsString::from(path);
        beside.push(suffix);
        let beside = PathBuf::from(beside);
        let placed = Self::random()?
            .write_new(&beside)
            // Not a rename: that would put another key in the place of one that is in use.
            .and_then(|()| fs::hard_link(&beside, path));
        let _ = fs::remove_file(&beside);
        match placed {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(KeyTrouble::Io(error))
            }
            _ => Self::read(path),
        }
    }

    /// Writes the key to a new file, to the disk.
    fn write_new(&self, path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(path)?;
        let digits = Zeroizing::new(hex::encode(self.0.expose()));
        file.write_all(digits.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    }

    /// The citizen with this number.
    pub fn person(&self, number: &CitizenNumber) -> PersonKey {
        PersonKey(self.code(number.as_str().as_bytes()))
    }

    /// What a register keeps, so as to know its key again.
    pub fn check(&self) -> PersonKey {
        PersonKey(self.code(CHECK))
    }

    fn code(&self, bytes: &[u8]) -> [u8; PersonKey::LEN] {
        // HMAC fills a key up with zeros to the block of its hash (RFC 2104 §2).
        let mut block = Zeroizing::new([0; BLOCK]);
        for (to, from) in block.iter_mut().zip(self.0.expose()) {
            *to = *from;
        }
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        mac.update(bytes);
        let mut code = [0; PersonKey::LEN];
        for (to, from) in code.iter_mut().zip(mac.finalize().into_bytes()) {
            *to = from;
        }
        code
    }
}

/// Where the key of an embedded register lies: beside it, by its name, with the ending `key`.
pub fn beside(register: &Path) -> PathBuf {
    let key = register.with_extension("key");
    if key == register {
        // A register that is itself called so.
        return register.with_extension("key.key");
    }
    key
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::thread;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_this_user_alone() {
        let path = env::temp_dir().join(format!("cancuoc-number-key-{}.key", process::id()));
        let _ = fs::remove_file(&path);
        let number = CitizenNumber::new("001099000123").unwrap();
        let makers: Vec<_> = (0..8)
            .map(|_| {
                let (path, number) = (path.clone(), number.clone());
                thread::spawn(move || NumberKey::read_or_make(&path).unwrap().person(&number))
            })
            .collect();
        let persons: Vec<_> = makers.into_iter().map(|one| one.join().unwrap()).collect();
        assert!(persons.windows(2).all(|pair| pair[0] == pair[1]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        for wrong in [
            "",
            "00",
            &"g".repeat(64),
            &"0".repeat(66),
            &"0".repeat(1000),
        ] {
            fs::write(&path, wrong).unwrap();
            let read = NumberKey::read_or_make(&path);
            assert!(matches!(read, Err(KeyTrouble::Malformed)), "{wrong}");
            assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
        }
        fs::write(&path, [0xFF; 64]).unwrap();
        let read = NumberKey::read(&path);
        assert!(matches!(read, Err(KeyTrouble::Malformed)));
        fs::remove_file(&path).unwrap();
        assert!(matches!(NumberKey::read(&path), Err(KeyTrouble::Missing)));
    }

    #[test]
    fn a_person_is_the_hmac_of_the_number() {
        let path = env::temp_dir().join(format!("cancuoc-number-hmac-{}.key", process::id()));
        fs::write(&path, "0b".repeat(32)).unwrap();
        let key = NumberKey::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let number = CitizenNumber::new("001099000123").unwrap();
        let referee = openssl::pkey::PKey::hmac(&[0x0B; 32]).unwrap();
        let digest = openssl::hash::MessageDigest::sha256();
        let mut signer = openssl::sign::Signer::new(digest, &referee).unwrap();
        let code = signer.sign_oneshot_to_vec(b"001099000123").unwrap();
        assert_eq!(key.person(&number).as_bytes(), &code[..16]);
        assert_eq!(format!("{:?}", key.person(&number)), "PersonKey(..)");
        assert_eq!(format!("{key:?}"), "NumberKey(Secret<32>)");
    }
}
