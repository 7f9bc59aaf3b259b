//! Proofs for whoever holds a checkpoint and not the log: that a record is in it (RFC 6962 §2.1.1),
//! that what an older checkpoint counts is still there unchanged (§2.1.2).
//!
//! A proof is made in one walk along the lines, with a few hashes in memory; it is looked at as
//! RFC 9162 §2.1.3.2 and §2.1.4.2 say.

use std::ops::Range;

use crate::audit::tree::Digest;
use crate::audit::tree::Frontier;
use crate::audit::tree::node;

/// What a proof shows.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    /// What it is for.
    Holds,
    /// Nothing.
    Fails,
}

/// A proof that is being made: the subtrees whose roots it consists of.
#[derive(Debug, Clone)]
pub struct Proving {
    /// In the order of the proof.
    spans: Vec<Span>,
    /// The spans in the order of their leaves; the last one comes next.
    left: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Span {
    leaves: Range<u64>,
    tree: Frontier,
}

impl Proving {
    /// That the record of that number is among the first `size`. None where it is not.
    pub fn inclusion(index: u64, size: u64) -> Option<Self> {
        (index < size).then_some(())?;
        let mut spans = Vec::new();
        let mut tree = 0..size;
        while tree.end - tree.start > 1 {
            let middle = tree.start + split(tree.end - tree.start);
            if index < middle {
                spans.push(middle..tree.end);
                tree.end = middle;
            } else {
                spans.push(tree.start..middle);
                tree.start = middle;
            }
        }
        spans.reverse();
        Some(Self::of(spans))
    }

    /// That the first `old` records are the beginning of the first `new`. None where there are not
    /// so many; a tree without leaves is the beginning of every tree, and needs no proof.
    pub fn consistency(old: u64, new: u64) -> Option<Self> {
        (old <= new).then_some(())?;
        let mut spans = Vec::new();
        let mut tree = 0..new;
        // Whether what is left of the old tree is a whole subtree that its holder has the root of.
        let mut whole = true;
        while old > 0 && tree.end > old {
            let middle = tree.start + split(tree.end - tree.start);
            if old <= middle {
                spans.push(middle..tree.end);
                tree.end = middle;
            } else {
                spans.push(tree.start..middle);
                tree.start = middle;
                whole = false;
            }
        }
        if !whole {
            spans.push(tree);
        }
        spans.reverse();
        Some(Self::of(spans))
    }

    fn of(spans: Vec<Range<u64>>) -> Self {
        let mut left: Vec<(u64, usize)> = spans
            .iter()
            .enumerate()
            .map(|(at, span)| (span.start, at))
            .collect();
        left.sort_unstable_by(|one, other| other.cmp(one));
        let tree = Frontier::default;
        let spans = spans.into_iter().map(|leaves| Span {
            leaves,
            tree: tree(),
        });
        Self {
            spans: spans.collect(),
            left: left.into_iter().map(|(_, at)| at).collect(),
        }
    }

    /// Takes the next leaf. They come in the order of their numbers, from 0.
    pub fn leaf(&mut self, index: u64, leaf: Digest) {
        let Some(span) = self.left.last().and_then(|at| self.spans.get_mut(*at)) else {
            return;
        };
        if span.leaves.contains(&index) {
            span.tree.push(leaf);
        }
        if index + 1 >= span.leaves.end {
            self.left.pop();
        }
    }

    /// The proof. None where leaves are missing.
    pub fn finish(self) -> Option<Vec<Digest>> {
        let whole = |span: &Span| span.tree.size() == span.leaves.end - span.leaves.start;
        self.spans
            .iter()
            .map(|span| whole(span).then(|| span.tree.root()))
            .collect()
    }
}

/// The largest power of two below a size of two or more: where RFC 6962 §2.1 splits a tree.
fn split(size: u64) -> u64 {
    size.saturating_sub(1)
        .checked_ilog2()
        .map_or(0, |bits| 1 << bits)
}

/// Whether a proof shows that a leaf is the one of that number in a tree.
pub fn inclusion(index: u64, size: u64, leaf: &Digest, proof: &[Digest], root: &Digest) -> Proven {
    if index >= size {
        return Proven::Fails;
    }
    let (mut index, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Proven::Fails;
        }
        if index & 1 == 1 || index == last {
            hash = node(sibling, &hash);
            rise(&mut index, &mut last);
        } else {
            hash = node(&hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    proven(last == 0 && hash == *root)
}

/// Whether a proof shows that one tree is the beginning of another.
pub fn consistency(
    old: u64,
    new: u64,
    old_root: &Digest,
    new_root: &Digest,
    proof: &[Digest],
) -> Proven {
    if old == new {
        return proven(proof.is_empty() && old_root == new_root);
    }
    if old == 0 || old > new {
        // That a tree has the empty one as its beginning says nothing about it.
        return Proven::Fails;
    }
    // The root of an old tree that is a whole subtree is known, and not in the proof.
    let (begin, rest) = match proof {
        [] => return Proven::Fails,
        _ if old.is_power_of_two() => (*old_root, proof),
        [first, rest @ ..] => (*first, rest),
    };
    let (mut index, mut last) = (old - 1, new - 1);
    while index & 1 == 1 {
        index >>= 1;
        last >>= 1;
    }
    let (mut older, mut newer) = (begin, begin);
    for sibling in rest {
        if last == 0 {
            return Proven::Fails;
        }
        if index & 1 == 1 || index == last {
            older = node(sibling, &older);
            newer = node(sibling, &newer);
            rise(&mut index, &mut last);
        } else {
            newer = node(&newer, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    proven(last == 0 && older == *old_root && newer == *new_root)
}

/// Goes up past the levels on which the right edge has no sibling.
fn rise(index: &mut u64, last: &mut u64) {
    while *index & 1 == 0 && *index != 0 {
        *index >>= 1;
        *last >>= 1;
    }
}

const fn proven(holds: bool) -> Proven {
    if holds { Proven::Holds } else { Proven::Fails }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tree::leaf;

    fn digest(text: &str) -> Option<Digest> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).ok()?;
        Some(digest)
    }

    #[test]
    fn the_vectors_of_certificate_transparency() {
        let mut seen = 0;
        for line in include_str!("../../tests/vectors/merkle.txt")
            .lines()
            .skip(2)
        {
            let words: Vec<&str> = line.split(' ').collect();
            let [kind, one, other, first, second, proof, wanted] = words[..] else {
                panic!("{line}")
            };
            let digests = match proof {
                "none" => Some(Vec::new()),
                some => some.split(',').map(digest).collect(),
            };
            // Some have roots or sizes that are none, which cannot be asked about here.
            let parsed = digest(first).zip(digest(second)).zip(digests);
            let sizes = one.parse().ok().zip(other.parse().ok());
            let (Some(((first, second), proof)), Some((one, other))) = (parsed, sizes) else {
                continue;
            };
            let found = match kind {
                "inclusion" => inclusion(one, other, &first, &proof, &second),
                _ => consistency(one, other, &first, &second, &proof),
            };
            assert_eq!(found == Proven::Holds, wanted == "holds", "{line}");
            seen += 1;
        }
        assert_eq!(seen, 143);
    }

    /// The leaves of Certificate Transparency's own tests, and their roots for every size.
    #[test]
    fn roots_of_certificate_transparency() {
        let leaves = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Frontier::default();
        for (at, root) in roots.iter().enumerate() {
            assert_eq!(hex::encode(tree.root()), *root);
            let kept = Frontier::restore(tree.size(), tree.roots().to_vec());
            assert_eq!(kept, Some(tree.clone()));
            if let Some(next) = leaves.get(at) {
                tree.push(leaf(&hex::decode(next).unwrap()));
            }
        }
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_none_of_another() {
        let leaves: Vec<Digest> = (0..40_u8).map(|one| leaf(&[one])).collect();
        let root = |size: u64| {
            let mut tree = Frontier::default();
            for leaf in leaves.iter().take(usize::try_from(size).unwrap()) {
                tree.push(*leaf);
            }
            tree.root()
        };
        let made = |mut proving: Proving| {
            for (index, leaf) in (0..).zip(&leaves) {
                proving.leaf(index, *leaf);
            }
            proving.finish().unwrap()
        };
        for new in 0..=40 {
            for (old, leaf) in (0..new).zip(&leaves) {
                let proof = made(Proving::inclusion(old, new).unwrap());
                assert_eq!(inclusion(old, new, leaf, &proof, &root(new)), Proven::Holds);
                let other = root(new + 1);
                assert_eq!(
                    inclusion(old, new, leaf, &proof, &other) == Proven::Holds,
                    new == 40
                );
                let proof = made(Proving::consistency(old, new).unwrap());
                let held = consistency(old, new, &root(old), &root(new), &proof);
                assert_eq!(held == Proven::Holds, old > 0, "{old} {new}");
                assert!(proof.len() < 64 && (old > 0 || proof.is_empty()));
            }
            assert!(made(Proving::consistency(new, new).unwrap()).is_empty());
            assert!(Proving::inclusion(new, new).is_none());
            assert!(Proving::consistency(new + 1, new).is_none());
        }
    }
}
