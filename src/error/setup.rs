//! What the operator gave and cannot be used.

use thiserror::Error;

use crate::error::AttestError;
use crate::error::AuditError;
use crate::error::BenchError;
use crate::error::DoorError;
use crate::error::LineError;
use crate::error::LoadError;
use crate::error::ProfileFault;
use crate::error::ReconcileError;
use crate::error::ServeError;
use crate::error::SnapshotError;
use crate::error::TrustError;
use crate::error::profile;

/// Something the operator gave cannot be used.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    /// The key text is of no known form.
    #[error("the key is of no known form")]
    KeyFormat,
    /// No key was given and there is no terminal to ask on.
    #[error("no key was given")]
    KeyMissing,
    /// The file with the key cannot be read.
    #[error("the key file {path} cannot be read")]
    KeyUnreadable {
        /// Path as given.
        path: String,
    },
    /// The key is a machine-readable zone in which a character was misread.
    #[error("the key's zone is misread: {field}")]
    KeyMisread {
        /// Name of the field.
        field: &'static str,
    },
    /// What is said to be printed is of no known form.
    #[error("the printed text is of no known form")]
    PrintedFormat,
    /// The file with what is printed cannot be read.
    #[error("the file {path} with what is printed cannot be read")]
    PrintedUnreadable {
        /// Path as given.
        path: String,
    },
    /// It is not clear which folder `cancuoc trust` keeps.
    #[error("no single trust store is named: {named}")]
    TrustPlace {
        /// The folders that are named.
        named: String,
    },
    /// A fingerprint is no whole SHA-256 in hexadecimal, or too short to name an entry.
    #[error("{text} is no fingerprint")]
    TrustFingerprint {
        /// As given.
        text: String,
    },
    /// Several entries begin with these digits.
    #[error("several entries begin with {text}")]
    TrustAmbiguous {
        /// As given.
        text: String,
    },
    /// What was offered has another fingerprint than the one that was given.
    #[error("another fingerprint was given than that of {what}")]
    TrustDiffers {
        /// What was offered.
        what: String,
    },
    /// The trust store or what was offered to it.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The folder with the terminal's certificates and key cannot be read.
    #[error("the terminal's {path} cannot be read")]
    TerminalUnreadable {
        /// Path as given.
        path: String,
    },
    /// The terminal's certificates or key cannot be used.
    #[error("the terminal's identity cannot be used: {why}")]
    TerminalUnusable {
        /// What is wrong, without secrets.
        why: String,
    },
    /// A capture cannot be read.
    #[error("the capture {path} cannot be read")]
    CaptureUnreadable {
        /// Path as given.
        path: String,
    },
    /// A capture has another form than this program writes.
    #[error("{path} is no capture")]
    CaptureMalformed {
        /// Path as given.
        path: String,
    },
    /// A trace cannot be read.
    #[error("the trace {path} cannot be read")]
    TraceUnreadable {
        /// Path as given.
        path: String,
    },
    /// A trace has another form than this program writes.
    #[error("line {line} of the trace is malformed")]
    TraceMalformed {
        /// Line number, from 1.
        line: usize,
    },
    /// A trace is not what was said under this key and plan.
    #[error("the trace does not go as this key and plan would: exchange {exchange}")]
    TraceUnlike {
        /// Number of the exchange, from 1.
        exchange: usize,
    },
    /// A redacted conversation would still have something of the person in it.
    #[error("the redacted trace still holds something of the original: {what}")]
    TraceResidue {
        /// Which kind of thing, and where; never what it says.
        what: String,
    },
    /// A seed is empty, too long, or of more than one line.
    #[error("the seed is no text of one line")]
    Seed,
    /// A card profile has mistakes.
    #[error("the card profile is wrong: {}", profile::joined(.faults))]
    Profile {
        /// Path as given; empty where there is no file.
        path: String,
        /// Every mistake that was found, in the order of the file; at least one.
        faults: Vec<ProfileFault>,
    },
    /// A card profile cannot be read.
    #[error("the card profile {path} cannot be read")]
    ProfileUnreadable {
        /// Path as given.
        path: String,
    },
    /// A policy file has mistakes.
    #[error("the policy is wrong: {}", profile::joined(.faults))]
    Policy {
        /// Path as given; empty where there is no file.
        path: String,
        /// Every mistake that was found, in the order of the file; at least one.
        faults: Vec<ProfileFault>,
    },
    /// No shipped policy has the name, and no file by it can be read.
    #[error("the policy file {path} cannot be read")]
    PolicyUnreadable {
        /// Path as given.
        path: String,
    },
    /// The registry address is of no known form, or its database cannot be opened.
    #[error("the registry cannot be used: {why}")]
    Registry {
        /// What is wrong, without personal data.
        why: String,
    },
    /// What was configured for asking a registry over the network.
    #[error(transparent)]
    Line(#[from] LineError),
    /// A list cannot be compared with the registry.
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
    /// A register could not be filled from files.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The file of a persona has mistakes.
    #[error("the persona is wrong: {}", profile::joined(.faults))]
    Persona {
        /// Path as given; empty where there is no file.
        path: String,
        /// Every mistake that was found, in the order of the file; at least one.
        faults: Vec<ProfileFault>,
    },
    /// The file of a persona cannot be read.
    #[error("the persona {path} cannot be read")]
    PersonaUnreadable {
        /// Path as given.
        path: String,
    },
    /// No persona has that name.
    #[error("no persona has that name")]
    PersonaUnknown,
    /// No fault or quirk of the virtual card has that name, or not with these numbers; others are
    /// called much like it.
    #[error("no fault or quirk is called {name}; near it: {}", .nearest.join(", "))]
    SwitchUnknown {
        /// The name as given.
        name: String,
        /// Names that are near.
        nearest: Vec<String>,
    },
    /// The command line is not one that the program has.
    #[error("{why}")]
    Usage {
        /// What is wrong about it, in English.
        why: String,
    },
    /// No category of faults has that name.
    #[error("no category of faults is called {name}; there are {}", .known.join(", "))]
    CategoryUnknown {
        /// The name as given.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A fault cannot happen at the moment that was given.
    #[error("{text} is no fault at a moment: {why}")]
    CueMalformed {
        /// As given.
        text: String,
        /// What is wrong about it.
        why: &'static str,
    },
    /// A quirk is not the chip's, and the reader that the virtual card lies on is not ours.
    #[error("{name} is a quirk of what is around the chip")]
    SwitchAround {
        /// The name as given.
        name: String,
    },
    /// No modelled link has that name.
    #[error("no modelled link has that name; there are {known}")]
    LinkUnknown {
        /// The names that there are.
        known: String,
    },
    /// No virtual reader (vpcd) listens at the address.
    #[error("no virtual reader listens at {address}")]
    NoVirtualReader {
        /// The address as given.
        address: String,
    },
    /// No kind of key of a test authority or signer has that name.
    #[error("no authority or signer has a key of the kind {name}")]
    KeyKindUnknown {
        /// The name as given.
        name: String,
    },
    /// A country is not two letters.
    #[error("{text} is no country of two letters")]
    CountryFormat {
        /// As given.
        text: String,
    },
    /// A folder for a test PKI holds something of that name that the program did not write.
    #[error("{path} was not written by this program")]
    PkiPlace {
        /// The file.
        path: String,
    },
    /// A virtual card does not stand on a reader, or cannot be told what to do.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The registry's server does not run.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The agent does not open its door.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The list of data groups is malformed.
    #[error("the list of data groups is malformed")]
    Groups,
    /// A field was asked for by a name that no hidden field has.
    #[error("no hidden field has this name; there are {known}")]
    Reveal {
        /// The names that there are.
        known: String,
    },
    /// The challenge of a relying party is not 16 hexadecimal digits.
    #[error("the challenge is malformed")]
    Challenge,
    /// The time is no RFC 3339 time.
    #[error("the time is malformed")]
    Time,
    /// An output file cannot be written.
    #[error("{path} cannot be written")]
    OutputUnwritable {
        /// Path as given.
        path: String,
    },
    /// No portrait was read, or its file cannot be decoded.
    #[error("there is no portrait")]
    PortraitAbsent,
    /// The file for the portrait holds something else.
    #[error("{path} holds something else than a PNG picture")]
    PortraitPlace {
        /// Path as given.
        path: String,
    },
    /// The portrait is of no known format.
    #[error("the picture is of no known format")]
    ImageFormat,
    /// The portrait is larger than this program decodes.
    #[error("the picture is too large")]
    ImageTooLarge,
    /// The portrait breaks the rules of its format.
    #[error("the picture is broken")]
    ImageMalformed,
    /// The portrait's format is known, and this way of using it is not.
    #[error("the picture uses what this build does not decode")]
    ImageUnsupported,
    /// A report cannot be signed, or a signed one cannot be looked at.
    #[error(transparent)]
    Attest(#[from] AttestError),
    /// An audit log takes no record, or does not hold.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A snapshot of the cards that are not in force.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The configuration file cannot be used.
    #[error("the configuration is wrong: {why}")]
    Configuration {
        /// What was expected.
        why: String,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// This build does not contain what was asked for.
    #[error("this build has no {feature}")]
    NotBuilt {
        /// The feature.
        feature: &'static str,
    },
}

impl SetupError {
    /// What exactly is meant: a path, a line, a reason. The same in every language.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::KeyUnreadable { path }
            | Self::PrintedUnreadable { path }
            | Self::TerminalUnreadable { path }
            | Self::CaptureUnreadable { path }
            | Self::CaptureMalformed { path }
            | Self::TraceUnreadable { path }
            | Self::ProfileUnreadable { path }
            | Self::PortraitPlace { path }
            | Self::Profile { path, .. }
            | Self::Policy { path, .. }
            | Self::Persona { path, .. }
            | Self::PersonaUnreadable { path }
            | Self::PkiPlace { path }
            | Self::OutputUnwritable { path } => Some(path.clone()),
            Self::PolicyUnreadable { path } => Some(format!(
                "{path}: no shipped policy, and no file that can be read"
            )),
            Self::Attest(error) => error.subject(),
            Self::Audit(error) => error.subject(),
            Self::Snapshot(error) => error.subject(),
            Self::Line(error) => error.subject(),
            Self::Reconcile(error) => Some(error.subject()),
            Self::Load(error) => error.subject(),
            Self::TrustPlace { named } => (!named.is_empty()).then(|| named.clone()),
            Self::TrustFingerprint { text } | Self::TrustAmbiguous { text } => Some(text.clone()),
            Self::TrustDiffers { what } => Some(what.clone()),
            Self::Trust(error) => Some(error.subject().to_owned()),
            Self::TraceMalformed { line } => Some(line.to_string()),
            Self::TraceUnlike { exchange } => Some(exchange.to_string()),
            Self::TraceResidue { what } => Some(what.clone()),
            Self::SwitchAround { name } | Self::KeyKindUnknown { name } => Some(name.clone()),
            Self::Usage { why } => Some(why.clone()),
            Self::CountryFormat { text } => Some(text.clone()),
            Self::CategoryUnknown { name, known } => {
                Some(format!("{name} (→ {}?)", known.join(", ")))
            }
            Self::SwitchUnknown { name, nearest } => {
                Some(format!("{name} (→ {}?)", nearest.join(", ")))
            }
            Self::CueMalformed { text, why } => Some(format!("{text}: {why}")),
            Self::NoVirtualReader { address } => Some(address.clone()),
            Self::Bench(error) => error.subject(),
            Self::Serve(error) => Some(error.subject()),
            Self::Door(error) => error.subject(),
            Self::Registry { why }
            | Self::Configuration { why }
            | Self::TerminalUnusable { why } => Some(why.clone()),
            Self::NotBuilt { feature } => Some((*feature).to_owned()),
            Self::Reveal { known } | Self::LinkUnknown { known } => Some(known.clone()),
            Self::KeyMisread { field } => Some((*field).to_owned()),
            Self::KeyFormat
            | Self::KeyMissing
            | Self::PrintedFormat
            | Self::PersonaUnknown
            | Self::PortraitAbsent
            | Self::ImageFormat
            | Self::ImageTooLarge
            | Self::ImageMalformed
            | Self::ImageUnsupported
            | Self::Groups
            | Self::Challenge
            | Self::Seed
            | Self::Time
            | Self::NoRandomness => None,
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyFormat => "key.format",
            Self::KeyMissing => "key.missing",
            Self::KeyMisread { .. } => "key.misread",
            Self::PrintedFormat => "printed.format",
            Self::PrintedUnreadable { .. } => "printed.unreadable",
            Self::KeyUnreadable { .. } => "key.unreadable",
            Self::TrustPlace { .. } => "trust.place",
            Self::TrustFingerprint { .. } => "trust.fingerprint",
            Self::TrustAmbiguous { .. } => "trust.ambiguous",
            Self::TrustDiffers { .. } => "trust.differs",
            Self::Trust(error) => error.code(),
            Self::TerminalUnreadable { .. } => "terminal.unreadable",
            Self::TerminalUnusable { .. } => "terminal.unusable",
            Self::CaptureUnreadable { .. } => "capture.unreadable",
            Self::CaptureMalformed { .. } => "capture.malformed",
            Self::TraceUnreadable { .. } => "trace.unreadable",
            Self::TraceMalformed { .. } => "trace.malformed",
            Self::TraceUnlike { .. } => "trace.unlike",
            Self::TraceResidue { .. } => "trace.residue",
            Self::Seed => "seed.format",
            Self::Profile { .. } => "profile.malformed",
            Self::ProfileUnreadable { .. } => "profile.unreadable",
            Self::Policy { .. } | Self::PolicyUnreadable { .. } => "policy.malformed",
            Self::Registry { .. } => "registry.unusable",
            Self::Persona { .. } => "sim.persona_malformed",
            Self::PersonaUnreadable { .. } => "sim.persona_unreadable",
            Self::PersonaUnknown => "sim.persona_unknown",
            Self::SwitchUnknown { .. } => "sim.switch_unknown",
            Self::Usage { .. } => "usage.arguments",
            Self::CategoryUnknown { .. } => "sim.category_unknown",
            Self::CueMalformed { .. } => "sim.cue_malformed",
            Self::SwitchAround { .. } => "sim.switch_around",
            Self::LinkUnknown { .. } => "sim.link_unknown",
            Self::NoVirtualReader { .. } => "sim.no_reader",
            Self::KeyKindUnknown { .. } => "sim.kind_unknown",
            Self::CountryFormat { .. } => "sim.country",
            Self::PkiPlace { .. } => "sim.place_taken",
            Self::Bench(error) => error.code(),
            Self::Serve(error) => error.code(),
            Self::Door(error) => error.code(),
            Self::Groups => "groups.format",
            Self::Reveal { .. } => "reveal.unknown",
            Self::Challenge => "challenge.format",
            Self::Time => "time.format",
            Self::OutputUnwritable { .. } => "output.unwritable",
            Self::PortraitAbsent => "portrait.absent",
            Self::PortraitPlace { .. } => "portrait.place",
            Self::ImageFormat => "image.unknown_format",
            Self::ImageTooLarge => "image.too_large",
            Self::ImageMalformed => "image.malformed",
            Self::ImageUnsupported => "image.unsupported",
            Self::Attest(error) => error.code(),
            Self::Audit(error) => error.code(),
            Self::Snapshot(error) => error.code(),
            Self::Line(error) => error.code(),
            Self::Reconcile(error) => error.code(),
            Self::Load(error) => error.code(),
            Self::Configuration { .. } => "config.malformed",
            Self::NoRandomness => "system.no_randomness",
            Self::NotBuilt { .. } => "build.feature_missing",
        }
    }
}
