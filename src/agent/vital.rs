//! Threads and tasks without which the agent is of no use. Where one of them is broken off by a fault of
//! this program, the rest would go on and refuse everything: whoever runs the agent is told instead, so
//! that it ends and is started anew.

use std::fmt;
use std::sync::Arc;
use std::thread;

/// Whom to tell.
type Tell = dyn Fn(&'static str) + Send + Sync;

/// Who is told when something vital was broken off; by default nobody.
#[derive(Clone, Default)]
pub struct Vital(Option<Arc<Tell>>);

impl Vital {
    /// Tells this, with the name of what was broken off.
    pub fn new(tell: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Kept by a thread or task as long as it works.
    pub fn guard(&self, name: &'static str) -> Guard {
        Guard {
            vital: self.clone(),
            name,
        }
    }
}

impl fmt::Debug for Vital {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vital(..)")
    }
}

/// Dropped by a panic, it tells.
#[derive(Debug)]
pub struct Guard {
    vital: Vital,
    name: &'static str,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let (true, Some(tell)) = (thread::panicking(), &self.vital.0) {
            tell(self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn an_end_that_was_meant_is_not_told() {
        let (say, said) = mpsc::channel();
        let vital = Vital::new(move |name| say.send(name).unwrap());
        let (well, ill) = (vital.guard("well"), vital.guard("ill"));
        thread::spawn(move || drop(well)).join().unwrap();
        let broken = thread::spawn(move || {
            let _ill = ill;
            panic!("as it should");
        });
        assert!(broken.join().is_err());
        drop(vital);
        assert_eq!(said.iter().collect::<Vec<_>>(), ["ill"]);
    }
}
