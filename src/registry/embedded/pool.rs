//! The embedded registry for a server: as many connections as threads ask at once.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task;

use super::Embedded;
use super::Trouble;
use crate::error::SetupError;
use crate::registry::RegistryError;
use crate::registry::backend::Found;
use crate::registry::backend::Wanted;
use crate::registry::facts::FactKind;
use crate::registry::query::CardKey;
use crate::registry::query::Expiry;
use crate::registry::samples::Contents;

/// Most connections. A lookup takes microseconds of a core; more of them at once would only wait for
/// each other.
const CONNECTIONS: usize = 8;

/// Connections to one file. Readers do not wait for each other, nor for a writer.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    idle: Mutex<Vec<Embedded>>,
    free: Semaphore,
}

impl Pool {
    /// Opens the registry in a file, as [`Embedded::open`] does, and keeps writers out of the way of
    /// readers from then on.
    ///
    /// # Errors
    /// As [`Embedded::open`].
    pub fn open(path: &Path) -> Result<Self, SetupError> {
        let first = Embedded::open(path)?;
        first.write_ahead();
        Ok(Self(Arc::new(Shared {
            file: path.to_owned(),
            idle: Mutex::new(vec![first]),
            free: Semaphore::new(CONNECTIONS),
        })))
    }

    /// Looks a card up.
    ///
    /// # Errors
    /// As [`Embedded::find`].
    pub async fn find(&self, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        let own = Own::of(wanted);
        self.with(move |registry| registry.find(&own.wanted()))
            .await
    }

    /// Looks several cards up, on one connection and as of one moment.
    ///
    /// # Errors
    /// As [`Embedded::find`], for all of them.
    pub async fn find_all(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Found>, RegistryError> {
        let own: Vec<Own> = wanted.iter().map(Own::of).collect();
        let find = move |registry: &Embedded| {
            let moment = registry.connection.unchecked_transaction();
            let moment = moment.map_err(Trouble::from)?;
            let each = own.iter().map(|own| registry.find(&own.wanted()));
            let found = each.collect();
            moment.finish().map_err(Trouble::from)?;
            found
        };
        self.with(find).await
    }

    /// When the data was last known to be true.
    ///
    /// # Errors
    /// As [`Embedded::find`].
    pub async fn ready(&self) -> Result<Timestamp, RegistryError> {
        let nobody = CardKey {
            sod: None,
            number: None,
        };
        let found = self.with(move |registry| {
            registry.find(&Wanted {
                card: &nobody,
                expiry: None,
                facts: &[],
            })
        });
        Ok(found.await?.as_of)
    }

    /// Lets every connection go that is not in use.
    pub fn close(&self) {
        self.0.idle().clear();
    }

    /// Does something with a connection, on a thread that may wait for the disk.
    async fn with<T: Send + 'static>(
        &self,
        body: impl FnOnce(&Embedded) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let shared = Arc::clone(&self.0);
        let _permit = self.0.free.acquire().await;
        let done = task::spawn_blocking(move || {
            let idle = shared.idle().pop();
            let registry = match idle {
                Some(registry) => registry,
                None => Embedded::reopen(&shared.file)?,
            };
            let result = body(&registry);
            // One that has failed is not kept: another file may be in its place.
            if result.is_ok() {
                shared.idle().push(registry);
            }
            result
        });
        done.await.unwrap_or_else(|_| {
            Err(RegistryError::NotReached {
                why: "the lookup was broken off".to_owned(),
            })
        })
    }
}

/// What is looked up, to be taken to another thread.
struct Own {
    card: CardKey,
    expiry: Option<Expiry>,
    facts: Vec<FactKind>,
}

impl Own {
    fn of(wanted: &Wanted<'_>) -> Self {
        Self {
            card: wanted.card.clone(),
            expiry: wanted.expiry,
            facts: wanted.facts.to_vec(),
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            card: &self.card,
            expiry: self.expiry,
            facts: &self.facts,
        }
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Embedded>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Embedded {
    /// Opens a registry that was there before.
    fn reopen(path: &Path) -> Result<Self, RegistryError> {
        let file = std::path::absolute(path).map_err(Trouble::Io)?;
        let there = file.try_exists().map_err(Trouble::Io)?;
        if !there {
            return Err(RegistryError::NotReached {
                why: "the file of the registry is gone".to_owned(),
            });
        }
        Ok(Self::open_file(&file, Contents::Samples)?)
    }

    /// Has changes written to a log of their own from now on, so that who reads need not wait for who
    /// writes. Where that cannot be had (a file system that is read-only, or without shared memory),
    /// all goes on as before.
    fn write_ahead(&self) {
        let _ = self.connection.pragma_update(None, "journal_mode", "WAL");
    }
}
