//! Whom a chip trusts with fingers and irises: its authorities, its date, and the certificates that
//! it takes under them (BSI TR-03110-3).

use jiff::civil::Date;

use crate::crypto::agreement::Public;
use crate::crypto::curve::Curve;
use crate::error::Malformed;
use crate::iso7816::Status;
use crate::sim::chip::TrustPoint;
use crate::sim::chip::card_verifiable::Authorization;
use crate::sim::chip::card_verifiable::Certificate;
use crate::sim::chip::card_verifiable::Key;
use crate::sim::chip::card_verifiable::Role;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::TerminalTrust;

/// Authorities that a chip keeps at most (TR-03110-3).
pub(super) const MAX_TRUST_POINTS: usize = 2;

/// A key that certificates are verified with, and what its holder may grant.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) reference: Vec<u8>,
    pub(super) key: Key,
    /// As its certificate says.
    role: Role,
    /// All that the chain up to here grants.
    pub(super) grants: Authorization,
    expires: Date,
    /// The certificate that brought it, where it is an authority's, and whether the curve stands in it.
    certificate: Certified,
}

/// A certificate as a chip remembers it.
#[derive(Clone)]
struct Certified {
    bytes: Vec<u8>,
    inherited: Option<Curve>,
}

/// What a chip knows of terminals: its trust points and its date, which outlive every session, and
/// how far the terminal of this session is.
pub(super) struct Terminals {
    /// The newest first.
    pub(super) points: Vec<Issuer>,
    pub(super) date: Date,
    pub(super) file: CvcaFile,
    pub(super) versions: Vec<u32>,
    /// Imported in this session: of a document verifier, of a terminal.
    verifier: Option<Issuer>,
    pub(super) terminal: Option<Issuer>,
    /// Comp() of the terminal's key in chip authentication version 1.
    pub(super) agreed: Option<Vec<u8>>,
    /// Comp() of the terminal's key in PACE with chip authentication mapping.
    pub(super) mapped: Option<Vec<u8>>,
    /// Comp() of the key that version 2 announced, and what was granted with it.
    pub(super) announced: Option<(Vec<u8>, Authorization)>,
    /// What holds now.
    pub(super) rights: Option<Authorization>,
    /// Whether a terminal has proved itself in this session.
    pub(super) proof: Proof,
}

/// Whether a terminal has proved itself: it may once in a session (Doc 9303-11 §7.1.3), and a session
/// goes on when chip authentication changes its keys (§9.8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Open,
    Given,
}

impl Terminals {
    /// Of a chip that knows these authorities; what cannot be read is left out.
    pub(super) fn new(trust: Option<&TerminalTrust>) -> Self {
        let points = trust.map(|trust| trust.authorities.as_slice());
        Self {
            points: points
                .unwrap_or_default()
                .iter()
                .filter_map(|bytes| Issuer::trusted(bytes, None).ok())
                .take(MAX_TRUST_POINTS)
                .collect(),
            date: trust.map_or(Date::MIN, |trust| trust.date),
            file: trust.map_or(CvcaFile::DEFAULT, |trust| trust.file),
            versions: trust.map_or_else(Vec::new, |trust| trust.versions.clone()),
            verifier: None,
            terminal: None,
            agreed: None,
            mapped: None,
            announced: None,
            rights: None,
            proof: Proof::Open,
        }
    }

    /// The session is over; trust points and date stay.
    pub(super) fn end_session(&mut self) {
        self.verifier = None;
        self.terminal = None;
        self.agreed = None;
        self.mapped = None;
        self.proof = Proof::Open;
        self.forget_rights();
    }

    /// Chip authentication version 1 was done with this key of the terminal.
    pub(super) fn agreed_with(&mut self, theirs: &Public) {
        self.agreed = Some(theirs.compressed());
    }

    /// The terminal's key that version 1 proves: the newest there is (Doc 9303-11 §7.1.2).
    pub(super) fn newest_key(&self) -> Option<&[u8]> {
        self.agreed.as_deref().or(self.mapped.as_deref())
    }

    pub(super) fn forget_rights(&mut self) {
        self.announced = None;
        self.rights = None;
    }

    /// Chip authentication version 2 was done with the key that was announced.
    pub(super) fn open_rights(&mut self) {
        self.rights = self.announced.take().map(|(_, rights)| rights);
    }

    /// References of the authorities that the chip takes certificates of, the newest first.
    pub(super) fn references(&self) -> impl Iterator<Item = &[u8]> {
        self.points.iter().map(|point| point.reference.as_slice())
    }

    /// The key of this name, if it may verify certificates.
    pub(super) fn issuer(&self, reference: &[u8]) -> Option<&Issuer> {
        self.points
            .iter()
            .chain(&self.verifier)
            .find(|issuer| issuer.reference == reference)
    }

    /// Verifies a certificate and takes over its key (TR-03110-3, certificate validation).
    pub(super) fn import(
        &mut self,
        certificate: &Certificate,
        issuer: &Issuer,
    ) -> Result<(), Status> {
        if certificate.authority != issuer.reference {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        if !certificate.is_signed_by(&issuer.key) {
            return Err(Status::VERIFICATION_FAILED);
        }
        let role = certificate.authorization.role();
        let may_follow = matches!(
            (issuer.role, role),
            (
                Role::Authority,
                Role::Authority | Role::DomesticVerifier | Role::ForeignVerifier
            ) | (
                Role::DomesticVerifier | Role::ForeignVerifier,
                Role::Terminal
            )
        );
        if !may_follow || certificate.effective > certificate.expires {
            return Err(Status::REFERENCE_UNUSABLE);
        }
        // A link certificate is taken after its time, and so is an authority that signs one.
        let linked = role == Role::Authority;
        if !linked && (certificate.expires < self.date || issuer.expires < self.date) {
            return Err(Status::REFERENCE_UNUSABLE);
        }
        if !linked && !certificate.fits_below(&issuer.key) {
            return Err(Status::INCORRECT_DATA);
        }
        let both = issuer.grants.and(&certificate.authorization);
        let grants = if linked {
            // A new authority grants what its own certificate says.
            both.map(|_| certificate.authorization.clone())
        } else {
            both
        };
        let grants = grants.ok_or(Status::REFERENCE_UNUSABLE)?;
        let key = certificate
            .key(issuer.key.curve())
            .map_err(|_| Status::INCORRECT_DATA)?;
        let imported = Issuer::new(certificate, key, grants);
        // Only those whom the chip's own country vouches for may advance its date.
        let accurate = match role {
            Role::Authority | Role::DomesticVerifier => true,
            Role::ForeignVerifier => false,
            Role::Terminal => issuer.role == Role::DomesticVerifier,
        };
        if accurate {
            self.date = self.date.max(certificate.effective);
        }
        match role {
            Role::Authority => {
                if self.issuer(&imported.reference).is_none() {
                    self.points.insert(0, imported);
                    self.points.truncate(MAX_TRUST_POINTS);
                }
            }
            Role::DomesticVerifier | Role::ForeignVerifier => self.verifier = Some(imported),
            Role::Terminal => self.terminal = Some(imported),
        }
        Ok(())
    }
}

impl Issuer {
    fn new(certificate: &Certificate, key: Key, grants: Authorization) -> Self {
        Self {
            reference: certificate.holder.clone(),
            role: certificate.authorization.role(),
            grants,
            expires: certificate.expires,
            certificate: Certified {
                bytes: certificate.whole(),
                inherited: certificate.inherited_curve(&key),
            },
            key,
        }
    }

    /// An authority that is trusted as this certificate says, with the curve that it may leave out.
    pub(super) fn trusted(bytes: &[u8], curve: Option<Curve>) -> Result<Self, Malformed> {
        let certificate = Certificate::read(bytes)?;
        if certificate.authorization.role() != Role::Authority {
            return Err(Malformed::new("certificate of an authority", 0));
        }
        let key = certificate.key(curve)?;
        let grants = certificate.authorization.clone();
        Ok(Self::new(&certificate, key, grants))
    }

    /// What a chip remembers of it.
    pub(super) fn point(&self) -> TrustPoint {
        TrustPoint {
            certificate: self.certificate.bytes.clone(),
            curve: self.certificate.inherited,
        }
    }
}
