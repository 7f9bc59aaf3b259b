//! A terminal's key in a hardware module, by PKCS#11 (OASIS, version 2.40).
//!
//! ```toml
//! # pkcs11.toml
//! module = "/usr/lib/softhsm/libsofthsm2.so"
//! token = "label of the token"
//! key = "label of the private key"
//! pin_file = "/run/secrets/pin"       # or: pin_env = "NAME_OF_A_VARIABLE"
//! ```
//! The PIN itself never stands there. It is tried once: a token blocks itself after a few wrong
//! ones. The key never leaves the module; only digests go in, and signatures come out.

use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::SetupError;
use crate::terminal::TerminalKey;
use crate::terminal::unusable;

/// `pkcs11.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(feature = "pkcs11"),
    expect(dead_code, reason = "checked all the same, and not used")
)]
struct Settings {
    module: PathBuf,
    token: String,
    key: String,
    pin_file: Option<PathBuf>,
    pin_env: Option<String>,
}

/// Opens the key that a `pkcs11.toml` names; paths in it start from its folder.
///
/// # Errors
/// [`SetupError::TerminalUnusable`] with the reason, [`SetupError::NotBuilt`].
pub fn key(text: &[u8], folder: &Path) -> Result<Box<dyn TerminalKey>, SetupError> {
    let text = std::str::from_utf8(text).map_err(|_| wrong("no UTF-8"))?;
    // The parser's message alone: its long form would repeat the line, whatever stands there.
    let settings: Settings = toml::from_str(text).map_err(|error| wrong(error.message()))?;
    if settings.pin_file.is_some() == settings.pin_env.is_some() {
        return Err(wrong("one of pin_file and pin_env"));
    }
    open(&settings, folder)
}

fn wrong(why: &str) -> SetupError {
    unusable(format!("pkcs11.toml: {why}"))
}

#[cfg(not(feature = "pkcs11"))]
fn open(_settings: &Settings, _folder: &Path) -> Result<Box<dyn TerminalKey>, SetupError> {
    Err(SetupError::NotBuilt { feature: "PKCS#11" })
}

#[cfg(feature = "pkcs11")]
fn open(settings: &Settings, folder: &Path) -> Result<Box<dyn TerminalKey>, SetupError> {
    Ok(Box::new(token::Key::open(settings, folder)?))
}

#[cfg(feature = "pkcs11")]
mod token {
    use std::fmt;
    use std::path::Path;
    use std::sync::Mutex;
    use std::sync::PoisonError;

    use cryptoki::context::CInitializeArgs;
    use cryptoki::context::CInitializeFlags;
    use cryptoki::context::Pkcs11;
    use cryptoki::error::Error as TokenError;
    use cryptoki::error::RvError;
    use cryptoki::mechanism::Mechanism;
    use cryptoki::mechanism::MechanismType;
    use cryptoki::mechanism::rsa::PkcsMgfType;
    use cryptoki::mechanism::rsa::PkcsPssParams;
    use cryptoki::object::Attribute;
    use cryptoki::object::AttributeType;
    use cryptoki::object::ObjectClass;
    use cryptoki::object::ObjectHandle;
    use cryptoki::session::Session;
    use cryptoki::session::UserType;
    use cryptoki::types::AuthPin;
    use zeroize::Zeroizing;

    use super::Settings;
    use super::wrong;
    use crate::bytes::tlv::Reader;
    use crate::bytes::tlv::encode;
    use crate::bytes::tlv::tag;
    use crate::crypto::algorithm;
    use crate::crypto::hash::Hash;
    use crate::crypto::rsa;
    use crate::crypto::signature::PublicKey;
    use crate::crypto::signature::Scheme;
    use crate::error::Error;
    use crate::error::SetupError;
    use crate::terminal::TerminalKey;
    use crate::terminal::read;

    /// A key in a token, with the session that may use it.
    pub(super) struct Key {
        session: Mutex<Session>,
        private: ObjectHandle,
        public: Option<PublicKey>,
    }

    impl Key {
        pub(super) fn open(settings: &Settings, folder: &Path) -> Result<Self, SetupError> {
            let module = Pkcs11::new(folder.join(&settings.module))
                .map_err(|_| wrong("the module cannot be loaded"))?;
            let threads = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
            match module.initialize(threads) {
                // The module is one for the whole process.
                Ok(()) | Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
                Err(error) => return Err(refused("the module", &error)),
            }
            let slots = module
                .get_slots_with_initialized_token()
                .map_err(|error| refused("the module", &error))?;
            let slot = slots
                .into_iter()
                .find(|slot| {
                    module
                        .get_token_info(*slot)
                        .is_ok_and(|info| info.label() == settings.token)
                })
                .ok_or_else(|| wrong("no token has that label"))?;
            let session = module
                .open_ro_session(slot)
                .map_err(|error| refused("the token", &error))?;
            match session.login(UserType::User, Some(&pin(settings, folder)?)) {
                Ok(()) | Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
                Err(error) => return Err(refused("the PIN", &error)),
            }
            let private = find(&session, ObjectClass::PRIVATE_KEY, &settings.key)?
                .ok_or_else(|| wrong("no private key has that label"))?;
            let public = find(&session, ObjectClass::PUBLIC_KEY, &settings.key)
                .ok()
                .flatten()
                .and_then(|handle| public_key(&session, handle));
            Ok(Self {
                session: Mutex::new(session),
                private,
                public,
            })
        }
    }

    /// The PIN, from where the settings say.
    fn pin(settings: &Settings, folder: &Path) -> Result<AuthPin, SetupError> {
        let bytes = match (&settings.pin_file, &settings.pin_env) {
            (Some(file), _) => read(&folder.join(file))?,
            (None, Some(name)) => Zeroizing::new(
                std::env::var(name)
                    .map_err(|_| wrong("the variable of pin_env is not set"))?
                    .into_bytes(),
            ),
            (None, None) => Zeroizing::default(),
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("the PIN is no UTF-8"))?;
        let text = text.trim_end_matches(['\r', '\n']);
        Ok(AuthPin::new(text.to_owned().into_boxed_str()))
    }

    /// The one object of a class with a label.
    fn find(
        session: &Session,
        class: ObjectClass,
        label: &str,
    ) -> Result<Option<ObjectHandle>, SetupError> {
        let template = [
            Attribute::Class(class),
            Attribute::Label(label.as_bytes().to_vec()),
        ];
        let found = session
            .find_objects(&template)
            .map_err(|error| refused("the token", &error))?;
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(wrong("several keys have that label")),
        }
    }

    /// The public half, where the token shows it in a form that is known here.
    fn public_key(session: &Session, handle: ObjectHandle) -> Option<PublicKey> {
        let kinds = [
            AttributeType::Modulus,
            AttributeType::PublicExponent,
            AttributeType::EcParams,
            AttributeType::EcPoint,
        ];
        let (mut modulus, mut exponent, mut parameters, mut point) = (None, None, None, None);
        for attribute in session.get_attributes(handle, &kinds).ok()? {
            match attribute {
                Attribute::Modulus(value) => modulus = Some(value),
                Attribute::PublicExponent(value) => exponent = Some(value),
                Attribute::EcParams(value) => parameters = Some(value),
                Attribute::EcPoint(value) => point = Some(value),
                _ => {}
            }
        }
        if let Some((modulus, exponent)) = modulus.zip(exponent) {
            let key = rsa::PublicKey::new(&modulus, &exponent).ok()?;
            return Some(PublicKey::Rsa(key));
        }
        let (parameters, point) = parameters.zip(point)?;
        let parameters = Reader::new(&parameters).element("ECParameters").ok()?;
        let curve = algorithm::ec_curve(parameters).ok()?;
        let point = Reader::new(&point)
            .expect(tag::OCTET_STRING, "ECPoint")
            .ok()?;
        Some(PublicKey::Ec(curve.point(point.value).ok()?))
    }

    impl TerminalKey for Key {
        fn public(&self) -> Option<PublicKey> {
            self.public.clone()
        }

        fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
            let hash = scheme.hash();
            let digest = hash.digest(&[message]);
            let (mechanism, input) = match scheme {
                // CKM_ECDSA gives r and s in a row.
                Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_) => (Mechanism::Ecdsa, digest),
                Scheme::RsaPkcs1(_) => (Mechanism::RsaPkcs, digest_info(hash, &digest)),
                Scheme::RsaPss { mgf, salt_len, .. } => (pss(hash, mgf, salt_len)?, digest),
                Scheme::Dsa(_) => return Err(wrong("kind of key").into()),
            };
            self.session
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .sign(&mechanism, self.private, &input)
                .map_err(|error| refused("the key", &error).into())
        }
    }

    impl fmt::Debug for Key {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Key(PKCS#11)")
        }
    }

    fn pss(hash: Hash, mgf: Hash, salt_len: usize) -> Result<Mechanism<'static>, SetupError> {
        let hash_alg = match hash {
            Hash::Sha1 => MechanismType::SHA1,
            Hash::Sha224 => MechanismType::SHA224,
            Hash::Sha256 => MechanismType::SHA256,
            Hash::Sha384 => MechanismType::SHA384,
            Hash::Sha512 => MechanismType::SHA512,
        };
        let mgf = match mgf {
            Hash::Sha1 => PkcsMgfType::MGF1_SHA1,
            Hash::Sha224 => PkcsMgfType::MGF1_SHA224,
            Hash::Sha256 => PkcsMgfType::MGF1_SHA256,
            Hash::Sha384 => PkcsMgfType::MGF1_SHA384,
            Hash::Sha512 => PkcsMgfType::MGF1_SHA512,
        };
        let s_len = salt_len
            .try_into()
            .map_err(|_| wrong("length of the salt"))?;
        Ok(Mechanism::RsaPkcsPss(PkcsPssParams {
            hash_alg,
            mgf,
            s_len,
        }))
    }

    /// `DigestInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }` (RFC 8017 §9.2), which
    /// CKM_RSA_PKCS leaves to the caller.
    fn digest_info(hash: Hash, digest: &[u8]) -> Vec<u8> {
        let oid: &[u8] = match hash {
            Hash::Sha1 => &[0x2B, 0x0E, 3, 2, 26],
            Hash::Sha224 => &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4],
            Hash::Sha256 => &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1],
            Hash::Sha384 => &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2],
            Hash::Sha512 => &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3],
        };
        let algorithm = encode(
            tag::SEQUENCE,
            &[&encode(tag::OID, &[oid]), &encode(tag::NULL, &[])],
        );
        encode(
            tag::SEQUENCE,
            &[&algorithm, &encode(tag::OCTET_STRING, &[digest])],
        )
    }

    /// What the module said, by the standard's name for it; never with a value.
    fn refused(what: &str, error: &TokenError) -> SetupError {
        match error {
            TokenError::Pkcs11(code, _) => wrong(&format!("{what} was refused: {code:?}")),
            _ => wrong(&format!("{what} was refused")),
        }
    }
}
