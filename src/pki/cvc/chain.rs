//! From one certificate to the next: signature, role, time and rights (TR-03110-3).

use jiff::civil::Date;

use crate::crypto::curve::Curve;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::pki::cvc::CvCertificate;
use crate::pki::cvc::Reference;
use crate::pki::cvc::chat::Rights;
use crate::pki::cvc::chat::Role;

/// Why a certificate does not follow from its issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It names another authority.
    Reference,
    /// Who signed it may not sign such certificates: a terminal signs none, and so on.
    Role,
    /// Its key has no domain parameters or lies beside its curve.
    Key,
    /// The signature is not the issuer's.
    Signature,
    /// Its last day is past.
    Expired,
    /// Its first day is still to come.
    NotYetValid,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 6] = [
        Self::Reference,
        Self::Role,
        Self::Key,
        Self::Signature,
        Self::Expired,
        Self::NotYetValid,
    ];

    /// What is said of the chain.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reference => "misnamed",
            Self::Role => "out of order",
            Self::Key => "without a usable key",
            Self::Signature => "wrongly signed",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
        }
    }
}

/// A holder whose certificate was verified, and what it may do.
#[derive(Debug, Clone)]
pub struct Holder {
    reference: Reference,
    role: Role,
    key: PublicKey,
    oid: Vec<u8>,
    scheme: Scheme,
    curve: Option<Curve>,
    rights: Rights,
}

impl Holder {
    /// An authority that vouches for itself. That it may be trusted is for the chip to say; here it
    /// only must not be broken.
    ///
    /// # Errors
    /// [`Fault`], but never for its dates: a chip keeps an authority's key past them.
    pub fn authority(certificate: &CvCertificate) -> Result<Self, Fault> {
        if !certificate.is_self_signed() {
            return Err(Fault::Role);
        }
        let holder = Self::of(certificate, None, certificate.chat.rights().clone())?;
        holder.verify(certificate)?;
        Ok(holder)
    }

    /// The holder of a certificate that this one issued.
    ///
    /// # Errors
    /// [`Fault`]. A link between an authority's keys may be past its last day: a chip that has not
    /// seen a terminal for long must still be able to follow.
    pub fn issued(&self, certificate: &CvCertificate, today: Date) -> Result<Self, Fault> {
        if certificate.authority != self.reference {
            return Err(Fault::Reference);
        }
        match (self.role, certificate.chat.role()) {
            (Role::Cvca, Role::Cvca | Role::DomesticVerifier | Role::ForeignVerifier)
            | (Role::DomesticVerifier | Role::ForeignVerifier, Role::Terminal) => {}
            _ => return Err(Fault::Role),
        }
        self.verify(certificate)?;
        if certificate.effective > today {
            return Err(Fault::NotYetValid);
        }
        if certificate.expiration < today && !certificate.is_link() {
            return Err(Fault::Expired);
        }
        // The effective authorization is the intersection along the chain.
        let rights = self.rights.and(certificate.chat.rights());
        Self::of(certificate, self.curve, rights)
    }

    fn of(
        certificate: &CvCertificate,
        inherited: Option<Curve>,
        rights: Rights,
    ) -> Result<Self, Fault> {
        let key = certificate.key.under(inherited).map_err(|_| Fault::Key)?;
        Ok(Self {
            reference: certificate.holder.clone(),
            role: certificate.chat.role(),
            curve: match &key {
                PublicKey::Ec(point) => Some(point.curve()),
                PublicKey::Rsa(_) | PublicKey::Dsa(_) => None,
            },
            oid: certificate.key.oid().to_vec(),
            scheme: certificate.key.scheme(),
            key,
            rights,
        })
    }

    fn verify(&self, certificate: &CvCertificate) -> Result<(), Fault> {
        self.key
            .verify(self.scheme, &[certificate.body()], certificate.signature())
            .map_err(|_| Fault::Signature)
    }

    /// Name of the key.
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Place in the chain.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The key, complete with its curve.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Content octets of the identifier of the algorithm that the holder signs with.
    pub fn algorithm(&self) -> &[u8] {
        &self.oid
    }

    /// How the holder signs.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What the holder may do, as far as the whole chain allows it.
    pub const fn rights(&self) -> &Rights {
        &self.rights
    }
}
