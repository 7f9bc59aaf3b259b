//! Public keys of card-verifiable certificates (TR-03110-3 §D.3): RSA, or a point whose curve stands
//! in full in the authority's certificate alone.

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::curve::Curve;
use crate::crypto::curve::Parameters;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;

/// id-TA, 0.4.0.127.0.7.2.2.2. Two arcs follow: RSA or ECDSA, and padding with hash.
pub const ID_TA: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 2]);

/// Longest encoded point, in bytes: P-521, uncompressed.
const MAX_POINT: usize = 133;

/// The key, and the algorithm that its holder signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyData {
    oid: Vec<u8>,
    scheme: Scheme,
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa(rsa::PublicKey),
    Ec {
        /// Where the domain parameters stand beside the point.
        curve: Option<Curve>,
        point: Vec<u8>,
    },
}

/// The algorithm that an identifier below id-TA names; `None` for one that this build does not know.
pub fn scheme(oid: Oid<'_>) -> Option<Scheme> {
    // The salt of PSS is as long as the hash, which is MGF1's hash, too.
    let pss = |hash: Hash| Scheme::RsaPss {
        hash,
        mgf: hash,
        salt_len: hash.len(),
    };
    Some(match *oid.below(ID_TA)? {
        [1, 1] => Scheme::RsaPkcs1(Hash::Sha1),
        [1, 2] => Scheme::RsaPkcs1(Hash::Sha256),
        [1, 3] => pss(Hash::Sha1),
        [1, 4] => pss(Hash::Sha256),
        [1, 5] => Scheme::RsaPkcs1(Hash::Sha512),
        [1, 6] => pss(Hash::Sha512),
        [2, 1] => Scheme::EcdsaPlain(Hash::Sha1),
        [2, 2] => Scheme::EcdsaPlain(Hash::Sha224),
        [2, 3] => Scheme::EcdsaPlain(Hash::Sha256),
        [2, 4] => Scheme::EcdsaPlain(Hash::Sha384),
        [2, 5] => Scheme::EcdsaPlain(Hash::Sha512),
        _ => return None,
    })
}

impl KeyData {
    pub(super) fn read(element: &Element<'_>) -> Result<Self, KeyFault> {
        let mut inside = element.inside()?;
        let oid = Oid::new(inside.expect(tag::OID, "key algorithm")?.value);
        let scheme = scheme(oid)
            .ok_or_else(|| KeyFault::Unsupported(format!("terminal authentication {oid}")))?;
        let material = match scheme {
            Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. } => rsa_key(&mut inside)?,
            Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_) => ec_key(&mut inside, element.offset)?,
            // No protocol of terminal authentication is DSA's.
            Scheme::Dsa(_) => return Err(KeyFault::Unsupported(scheme.name())),
        };
        inside.finish("certificate public key")?;
        Ok(Self {
            oid: oid.octets().to_vec(),
            scheme,
            material,
        })
    }

    /// Content octets of the algorithm's identifier.
    pub fn oid(&self) -> &[u8] {
        &self.oid
    }

    /// How the holder signs.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The curve, where it stands beside the point.
    pub const fn curve(&self) -> Option<Curve> {
        match self.material {
            Material::Rsa(_) => None,
            Material::Ec { curve, .. } => curve,
        }
    }

    /// The key. A point without domain parameters lies on the curve of its issuer.
    ///
    /// # Errors
    /// [`Malformed`] when there is no curve at all or the point is not on it.
    pub fn under(&self, inherited: Option<Curve>) -> Result<PublicKey, Malformed> {
        match &self.material {
            Material::Rsa(key) => Ok(PublicKey::Rsa(key.clone())),
            Material::Ec { curve, point } => {
                let curve = curve
                    .or(inherited)
                    .ok_or(Malformed::new("domain parameters", 0))?;
                Ok(PublicKey::Ec(curve.point(point)?))
            }
        }
    }
}

fn rsa_key(inside: &mut Reader<'_>) -> Result<Material, KeyFault> {
    let modulus = inside.expect(0x81, "RSA modulus")?;
    let exponent = inside.expect(0x82, "RSA exponent")?;
    Ok(Material::Rsa(
        rsa::PublicKey::new(modulus.value, exponent.value)
            .map_err(|fault| Malformed::new(fault.what, modulus.offset))?,
    ))
}

/// Domain parameters are there in full or not at all; only a known curve counts.
fn ec_key(inside: &mut Reader<'_>, offset: usize) -> Result<Material, KeyFault> {
    let parameters = match inside.optional(0x81, "prime")? {
        None => None,
        Some(p) => Some((
            p.value,
            inside.expect(0x82, "Curve a")?.value,
            inside.expect(0x83, "Curve b")?.value,
            inside.expect(0x84, "base point")?.value,
            inside.expect(0x85, "order")?.value,
        )),
    };
    let point = inside.expect(0x86, "public point")?;
    let h = inside
        .optional(0x87, "cofactor")?
        .map(|element| element.value);
    if point.value.len() > MAX_POINT {
        return Err(Malformed::new("public point", point.offset).into());
    }
    let curve = match parameters {
        None if h.is_some() => return Err(Malformed::new("domain parameters", offset).into()),
        None => None,
        Some((p, a, b, g, n)) => Some(
            Curve::from_parameters(&Parameters { p, a, b, g, n, h }).ok_or_else(|| {
                KeyFault::Unsupported("curve given in full and unknown".to_owned())
            })?,
        ),
    };
    if let Some(curve) = curve {
        curve
            .point(point.value)
            .map_err(|fault| Malformed::new(fault.what, point.offset))?;
    }
    Ok(Material::Ec {
        curve,
        point: point.value.to_vec(),
    })
}
