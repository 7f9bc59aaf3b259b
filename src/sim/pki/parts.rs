//! A structure with parts left out, replaced or doubled, and otherwise written as it should be: how
//! security objects and certificates are made that a verifier must refuse, or name.

/// Parts of a structure that are written otherwise than they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes<P>(Vec<(P, Change)>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// These bytes in its place, whole elements or not.
    Bytes(Vec<u8>),
    Twice,
}

impl<P: PartialEq> Changes<P> {
    /// Everything as it should be.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Leaves a part out.
    #[must_use]
    pub fn without(self, part: P) -> Self {
        self.with(part, &[])
    }

    /// Puts these bytes where the part should stand.
    #[must_use]
    pub fn with(mut self, part: P, bytes: &[u8]) -> Self {
        self.0.push((part, Change::Bytes(bytes.to_vec())));
        self
    }

    /// Writes a part twice in a row.
    #[must_use]
    pub fn twice(mut self, part: P) -> Self {
        self.0.push((part, Change::Twice));
        self
    }

    /// What stands in the place of a part that should be written so.
    pub(in crate::sim) fn of(&self, part: P, usual: Vec<u8>) -> Vec<u8> {
        match self.0.iter().find(|(changed, _)| *changed == part) {
            None => usual,
            Some((_, Change::Bytes(bytes))) => bytes.clone(),
            Some((_, Change::Twice)) => usual.repeat(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_that_is_named_changes() {
        let changes = Changes::none().without(1).with(2, &[9]).twice(3);
        let written: Vec<Vec<u8>> = (1..=4).map(|part| changes.of(part, vec![0])).collect();
        assert_eq!(written, [vec![], vec![9], vec![0, 0], vec![0]]);
    }
}
