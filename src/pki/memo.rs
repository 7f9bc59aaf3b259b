//! Signatures that were verified once, so that who sees many documents of one signer pays for the
//! signature on its certificate, and on the revocation list, once.
//!
//! Whether a signature is right follows from the signed bytes and the key's alone. What is kept is
//! therefore a pair of digests, of what was signed and of the issuer's certificate, each over every
//! byte: no time, no name, no rule of a path and nothing of a policy. Those are looked at again
//! every time, and so is every count and limit.
//!
//! A wrong signature is not kept. Only what an authority of the store has signed takes a place here,
//! so that nobody else can push such a pair out; and wrong signatures are rare but for somebody
//! who sends them on purpose, each another.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;

/// Most pairs kept, of 65 bytes each. All states together have some thousand document signers in
/// use at a time; one that was pushed out costs its signature again.
const MAX_PAIRS: usize = 8192;

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Signed {
    /// A certificate
    Certificate,
    /// A revocation list
    RevocationList,
}

/// Whose signature was right under whose key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    signed: Signed,
    /// SHA-256 of all that is signed, with the signature
    content: [u8; 32],
    /// SHA-256 of the certificate whose key made it
    issuer: [u8; 32],
}

/// The signatures that were right. A copy begins empty.
#[derive(Default)]
pub(in crate::pki) struct Memo {
    pairs: Mutex<Pairs>,
}

/// Two halves, each of half of [`MAX_PAIRS`] at most: when the newer is full, the older is given up. A
/// pair that is asked for moves to the newer, so what is in use stays.
#[derive(Default)]
struct Pairs {
    newer: HashSet<Pair>,
    older: HashSet<Pair>,
}

impl Memo {
    /// What `verify` says of the signature on a certificate under the issuer's key, without asking it
    /// where it is known to be right. `verify` may look at nothing but these two.
    pub(in crate::pki) fn certificate<E>(
        &self,
        child: &Certificate,
        issuer: &Certificate,
        verify: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let (content, issuer) = (child.fingerprint(), issuer.fingerprint());
        self.once(Signed::Certificate, content, issuer, verify)
    }

    /// The same of the signature on a revocation list.
    pub(in crate::pki) fn revocation_list<E>(
        &self,
        list: &Crl,
        issuer: &Certificate,
        verify: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let (content, issuer) = (list.sha256(), issuer.fingerprint());
        self.once(Signed::RevocationList, content, issuer, verify)
    }

    fn once<E>(
        &self,
        signed: Signed,
        content: &[u8; 32],
        issuer: &[u8; 32],
        verify: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let pair = Pair {
            signed,
            content: *content,
            issuer: *issuer,
        };
        // Not locked while a signature is verified.
        if !self.pairs().has(&pair) {
            verify()?;
            self.pairs().keep(pair);
        }
        Ok(())
    }

    /// Nothing can stop half way in here: what another thread left behind is whole.
    fn pairs(&self) -> MutexGuard<'_, Pairs> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pairs {
    fn has(&mut self, pair: &Pair) -> bool {
        if self.newer.contains(pair) {
            return true;
        }
        let old = self.older.remove(pair);
        if old {
            self.keep(*pair);
        }
        old
    }

    fn keep(&mut self, pair: Pair) {
        if self.newer.len() >= MAX_PAIRS / 2 {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(pair);
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memo(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::thread;

    use super::*;

    fn digest(number: usize) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        digest
    }

    /// Whether the memo asked.
    fn asked(memo: &Memo, content: usize, issuer: usize) -> bool {
        let asked = Cell::new(false);
        let (content, issuer) = (digest(content), digest(issuer));
        let answer: Result<(), ()> = memo.once(Signed::Certificate, &content, &issuer, || {
            asked.set(true);
            Ok(())
        });
        assert_eq!(answer, Ok(()));
        asked.get()
    }

    #[test]
    fn a_right_signature_is_verified_once() {
        let memo = Memo::default();
        assert!(asked(&memo, 1, 2));
        assert!(!asked(&memo, 1, 2));
        // Neither under another key, nor of another content, nor the other way round.
        assert!(asked(&memo, 1, 3));
        assert!(asked(&memo, 3, 2));
        assert!(asked(&memo, 2, 1));
        let list = memo.once(Signed::RevocationList, &digest(1), &digest(2), || Err("no"));
        assert_eq!(list, Err("no"));
        assert!(asked(&memo.clone(), 1, 2));
    }

    #[test]
    fn a_wrong_signature_is_verified_every_time() {
        let memo = Memo::default();
        let ask = || memo.once(Signed::Certificate, &digest(1), &digest(2), || Err("wrong"));
        assert_eq!(ask(), Err("wrong"));
        assert_eq!(ask(), Err("wrong"));
        assert!(asked(&memo, 1, 2));
        assert_eq!(ask(), Ok(()));
    }

    #[test]
    fn what_is_not_asked_for_is_given_up_in_time() {
        let memo = Memo::default();
        for content in 0..3 * MAX_PAIRS {
            assert!(asked(&memo, content, 0));
            assert!(!asked(&memo, 0, 0) || content == 0, "in use");
            let pairs = memo.pairs();
            assert!(pairs.newer.len() + pairs.older.len() <= MAX_PAIRS);
        }
        assert!(asked(&memo, 1, 0));
        assert!(!asked(&memo, 3 * MAX_PAIRS - 1, 0));
    }

    #[test]
    fn threads_share_one() {
        let memo = Memo::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for content in 0..1000 {
                        asked(&memo, content, 0);
                    }
                });
            }
        });
        assert!(!asked(&memo, 999, 0));
    }
}
