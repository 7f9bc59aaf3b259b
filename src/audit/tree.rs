//! The Merkle tree over the lines of a log (RFC 6962 §2.1), grown leaf by leaf.

use sha2::Digest as _;
use sha2::Sha256;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// SHA-256 over the parts in a row.
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The hash of a leaf: SHA-256(0x00 || entry).
pub fn leaf(entry: &[u8]) -> Digest {
    sha256(&[&[0], entry])
}

/// The hash of an inner node: SHA-256(0x01 || left || right).
pub fn node(left: &Digest, right: &Digest) -> Digest {
    sha256(&[&[1], left, right])
}

/// The root of a tree without leaves: SHA-256 of nothing.
pub fn empty() -> Digest {
    sha256(&[])
}

/// A tree of which only the right edge is kept: the roots of the whole subtrees that its size has,
/// the largest first. That is enough to add leaves and to know the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Digest>,
}

impl Frontier {
    /// A frontier that was kept; none if it does not have a root for each bit of the size.
    pub fn restore(size: u64, roots: Vec<Digest>) -> Option<Self> {
        let wanted = usize::try_from(size.count_ones()).ok()?;
        (roots.len() == wanted).then_some(Self { size, roots })
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        // Each low bit that is set is a whole subtree as large as the one that was just made.
        let mut rest = self.size;
        while rest & 1 == 1 {
            if let Some(left) = self.roots.pop() {
                hash = node(&left, &hash);
            }
            rest >>= 1;
        }
        self.roots.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the whole subtrees, the largest first.
    pub fn roots(&self) -> &[Digest] {
        &self.roots
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        let mut from_the_right = self.roots.iter().rev();
        let Some(last) = from_the_right.next() else {
            return empty();
        };
        from_the_right.fold(*last, |right, left| node(left, &right))
    }
}
