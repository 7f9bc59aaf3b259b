//! Object identifiers by their content octets (X.690 §8.19).

use std::fmt;

/// An object identifier, held as the content octets of its encoding.
///
/// ```
/// use cancuoc::bytes::oid::Oid;
/// let sha256 = Oid::new(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]);
/// assert_eq!(sha256.to_string(), "2.16.840.1.101.3.4.2.1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid<'a>(&'a [u8]);

impl<'a> Oid<'a> {
    /// Takes content octets: what stands after `06 len`.
    pub const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The content octets.
    pub const fn octets(&self) -> &'a [u8] {
        self.0
    }

    /// The part after a prefix, if the identifier begins with it.
    pub fn below(&self, prefix: Oid<'_>) -> Option<&'a [u8]> {
        self.0.strip_prefix(prefix.0)
    }
}

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arc = 0_u128;
        let mut first = true;
        for octet in self.0 {
            let Some(shifted) = arc.checked_mul(128) else {
                return f.write_str("…");
            };
            arc = shifted | u128::from(octet & 0x7F);
            if octet & 0x80 != 0 {
                continue;
            }
            if first {
                // X.690 §8.19.4: the first two arcs share one subidentifier.
                let top = (arc / 40).min(2);
                write!(f, "{top}.{}", arc - top * 40)?;
                first = false;
            } else {
                write!(f, ".{arc}")?;
            }
            arc = 0;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}
