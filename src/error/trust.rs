//! What the trust store does not take, and what is wrong with it.

use thiserror::Error;

/// Why something is not taken into the trust store, or the store cannot be used. Each names what
/// is meant: a file and the place in it, a subject, a fingerprint.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrustError {
    /// A folder or file cannot be read.
    #[error("{what} cannot be read")]
    Unreadable {
        /// What is meant.
        what: String,
    },
    /// The store cannot be written.
    #[error("{what} cannot be written")]
    Unwritable {
        /// What is meant.
        what: String,
    },
    /// A file is no certificate, list or CRL, or part of one; says where.
    #[error("{what} is no certificate, list or CRL")]
    Malformed {
        /// What is meant.
        what: String,
    },
    /// A file is longer than any that is known.
    #[error("{what} is too large")]
    TooLarge {
        /// What is meant.
        what: String,
    },
    /// A plain folder of files was given where a store is to be changed.
    #[error("{what} is a plain folder")]
    NotKept {
        /// What is meant.
        what: String,
    },
    /// Another process is changing the store.
    #[error("{what} is being changed by another process")]
    Locked {
        /// What is meant.
        what: String,
    },
    /// The store changed between the proposal and its execution.
    #[error("{what} was changed in the meantime")]
    Changed {
        /// What is meant.
        what: String,
    },
    /// The store's index or an object is not what was written.
    #[error("{what} is damaged")]
    Corrupt {
        /// What is meant.
        what: String,
    },
    /// The store was written by a newer version of this program.
    #[error("the store has the form {what}")]
    Schema {
        /// What is meant.
        what: String,
    },
    /// The store would hold more than it may.
    #[error("there are too many {what}")]
    TooMany {
        /// What is meant.
        what: String,
    },
    /// Nothing in the store has that fingerprint.
    #[error("nothing has the fingerprint {what}")]
    NotFound {
        /// What is meant.
        what: String,
    },
    /// Of a directory's entries none could be taken.
    #[error("nothing of {what} could be taken")]
    Nothing {
        /// What is meant.
        what: String,
    },
    /// An anchor is neither signed for nor confirmed by its fingerprint.
    #[error("nobody vouches for {what}")]
    Unconfirmed {
        /// What is meant.
        what: String,
    },
    /// The signature of a certificate that says it signed itself is wrong.
    #[error("{what} did not sign itself")]
    SelfSignature {
        /// What is meant.
        what: String,
    },
    /// An algorithm is unknown, so that a signature cannot be judged.
    #[error("{what} cannot be judged")]
    Unsupported {
        /// What is meant.
        what: String,
    },
    /// An anchor of that name with another key is there, and no link between the two.
    #[error("another anchor has the name of {what}")]
    SameName {
        /// What is meant.
        what: String,
    },
    /// A certificate of that issuer and serial number with other content is there.
    #[error("another certificate has the issuer and serial number of {what}")]
    SameSerial {
        /// What is meant.
        what: String,
    },
    /// No anchor of the store signed a link certificate.
    #[error("nobody known signed the link {what}")]
    LinkUnknown {
        /// What is meant.
        what: String,
    },
    /// No anchor of the store signed a document signer's certificate.
    #[error("nobody known signed {what}")]
    SignerUnknown {
        /// What is meant.
        what: String,
    },
    /// A list carries no signature.
    #[error("nobody signed {what}")]
    ListUnsigned {
        /// What is meant.
        what: String,
    },
    /// The signature of a list is wrong.
    #[error("the signature of {what} is wrong")]
    ListSignature {
        /// What is meant.
        what: String,
    },
    /// The signer of a list leads to no anchor of the store, and was not named.
    #[error("nobody known signed {what}")]
    ListSignerUnknown {
        /// What is meant.
        what: String,
    },
    /// The signer of a list leads only to an anchor that another list brought, and the operator has
    /// not chosen its state as a publisher.
    #[error("nobody chose the publisher of {what}")]
    ListPublisher {
        /// What is meant.
        what: String,
    },
    /// The signer of a list is known and may not sign it: another purpose, revoked, or out of date.
    #[error("the signer of {what} may not sign it")]
    ListSigner {
        /// What is meant.
        what: String,
    },
    /// A list does not say when it was signed, and there is another to compare it with.
    #[error("{what} does not say when it was signed")]
    ListUndated {
        /// What is meant.
        what: String,
    },
    /// A list or CRL is older than one that was accepted before.
    #[error("{what} is older than the one accepted before")]
    Older {
        /// What is meant.
        what: String,
    },
    /// A list or CRL is dated in the future.
    #[error("{what} is dated in the future")]
    NotYet {
        /// What is meant.
        what: String,
    },
    /// The authority of that name did not sign a CRL.
    #[error("the signature of {what} is wrong")]
    CrlUnsigned {
        /// What is meant.
        what: String,
    },
    /// No authority of the store has the name of a CRL's issuer.
    #[error("no authority issued {what}")]
    CrlForeign {
        /// What is meant.
        what: String,
    },
    /// A CRL covers a part only, or says what this program does not know.
    #[error("{what} is no whole CRL")]
    CrlPartial {
        /// What is meant.
        what: String,
    },
}

impl TrustError {
    /// What exactly is meant. The same in every language.
    pub fn subject(&self) -> &str {
        match self {
            Self::Unreadable { what }
            | Self::Unwritable { what }
            | Self::Malformed { what }
            | Self::TooLarge { what }
            | Self::NotKept { what }
            | Self::Locked { what }
            | Self::Changed { what }
            | Self::Corrupt { what }
            | Self::Schema { what }
            | Self::TooMany { what }
            | Self::NotFound { what }
            | Self::Nothing { what }
            | Self::Unconfirmed { what }
            | Self::SelfSignature { what }
            | Self::Unsupported { what }
            | Self::SameName { what }
            | Self::SameSerial { what }
            | Self::LinkUnknown { what }
            | Self::SignerUnknown { what }
            | Self::ListUnsigned { what }
            | Self::ListSignature { what }
            | Self::ListSignerUnknown { what }
            | Self::ListPublisher { what }
            | Self::ListSigner { what }
            | Self::ListUndated { what }
            | Self::Older { what }
            | Self::NotYet { what }
            | Self::CrlUnsigned { what }
            | Self::CrlForeign { what }
            | Self::CrlPartial { what } => what,
        }
    }

    /// Whether the same call may succeed when made again.
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Changed { .. })
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "trust.unreadable",
            Self::Unwritable { .. } => "trust.unwritable",
            Self::Malformed { .. } => "trust.malformed",
            Self::TooLarge { .. } => "trust.too_large",
            Self::NotKept { .. } => "trust.not_kept",
            Self::Locked { .. } => "trust.locked",
            Self::Changed { .. } => "trust.changed",
            Self::Corrupt { .. } => "trust.corrupt",
            Self::Schema { .. } => "trust.schema",
            Self::TooMany { .. } => "trust.too_many",
            Self::NotFound { .. } => "trust.not_found",
            Self::Nothing { .. } => "trust.nothing",
            Self::Unconfirmed { .. } => "trust.unconfirmed",
            Self::SelfSignature { .. } => "trust.self_signature",
            Self::Unsupported { .. } => "trust.unsupported",
            Self::SameName { .. } => "trust.same_name",
            Self::SameSerial { .. } => "trust.same_serial",
            Self::LinkUnknown { .. } => "trust.link_unknown",
            Self::SignerUnknown { .. } => "trust.signer_unknown",
            Self::ListUnsigned { .. } => "trust.list_unsigned",
            Self::ListSignature { .. } => "trust.list_signature",
            Self::ListSignerUnknown { .. } => "trust.list_signer_unknown",
            Self::ListPublisher { .. } => "trust.list_publisher",
            Self::ListSigner { .. } => "trust.list_signer",
            Self::ListUndated { .. } => "trust.list_undated",
            Self::Older { .. } => "trust.older",
            Self::NotYet { .. } => "trust.not_yet",
            Self::CrlUnsigned { .. } => "trust.crl_unsigned",
            Self::CrlForeign { .. } => "trust.crl_foreign",
            Self::CrlPartial { .. } => "trust.crl_partial",
        }
    }
}
