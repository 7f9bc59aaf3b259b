//! What the agent's cards are judged by: what is trusted, a policy, a registry, the time.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::SystemTime;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::agent::samples::Samples;
use crate::agent::samples::Watched;
use crate::error::SetupError;
use crate::pki::store::TrustStore;
use crate::registry;
use crate::registry::Answer;
use crate::registry::Context;
use crate::registry::FactKind;
use crate::registry::Query;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::RegistryOptions;
use crate::trust::folder;
use crate::verify::Policy;

/// Most files that are looked at to see whether a trust folder has changed; a folder with more is taken
/// for changed each time.
const MAX_FILES: usize = 10_000;

/// Age from which lists are old, where the policy names none: what the rules on lists allow at most.
const OLD: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Before this a clock is certainly wrong: this source was written later.
const WRITTEN: Date = jiff::civil::date(2026, 11, 1);

/// How far a clock may lag behind a signed time without doubt.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// What is trusted, in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Root certificates.
    pub anchors: usize,
    /// Of so many countries.
    pub countries: usize,
    /// The newest signed date of lists and CRLs, where any has one.
    pub newest: Option<Timestamp>,
    /// Age from which that is old.
    pub old: SignedDuration,
    /// Why it is what was trusted before: the folders have changed and cannot be loaded.
    pub unread: Option<&'static str>,
}

impl Summary {
    /// Whether nothing is trusted, or all of it is old.
    pub fn is_stale(&self, now: Option<Timestamp>) -> bool {
        let age = now
            .zip(self.newest)
            .map(|(now, newest)| now.duration_since(newest));
        self.anchors == 0 || age.is_some_and(|age| age > self.old)
    }
}

/// Whether test material counts that lies among what is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestMaterial {
    /// Whoever started the agent named the place for this very run.
    Owned,
    /// It does not.
    Foreign,
}

/// Where what cards are judged by comes from.
#[derive(Debug)]
pub struct Sources {
    /// Trust folders and stores.
    pub trust: Vec<PathBuf>,
    /// Whether test material in them counts.
    pub test_material: TestMaterial,
    /// What must pass.
    pub policy: Policy,
    /// Address of the registry; `none` for none.
    pub registry: String,
    /// How it is asked.
    pub registry_options: RegistryOptions,
    /// Who asks it and for what, where a read does not say.
    pub context: Context,
    /// What it is asked to tell beside, where a read does not say.
    pub disclose: Vec<FactKind>,
    /// The time that counts in place of the clock's, for tests.
    pub now: Option<SystemTime>,
}

/// What cards are judged by, shared by all reads.
pub struct Judge {
    sources: Sources,
    samples: Watched,
    /// Held for a moment at a time: whoever wants figures waits for nobody who loads.
    trust: Mutex<Loaded>,
    /// Held by the one who loads.
    loading: Mutex<()>,
    /// Who is told of a change that cannot be loaded.
    told: Option<Box<Told>>,
}

/// Is told the code of why what is trusted now cannot be loaded.
type Told = dyn Fn(&'static str) + Send + Sync;

/// What is trusted, and how the folders looked when it was loaded.
struct Loaded {
    store: Arc<TrustStore>,
    looked: Look,
    /// How the folders look that cannot be loaded, and why.
    unread: Option<(Look, &'static str)>,
}

/// What tells that a folder has changed: names, sizes and times of its files.
type Look = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Judge {
    /// Loads what is trusted.
    ///
    /// # Errors
    /// What [`folder::load`] gives.
    pub fn open(sources: Sources) -> Result<Self, SetupError> {
        let looked = look(&sources.trust);
        let store = load(&sources)?;
        Ok(Self {
            samples: Watched::at(&sources.registry),
            sources,
            trust: Mutex::new(Loaded {
                store: Arc::new(store),
                looked,
                unread: None,
            }),
            loading: Mutex::default(),
            told: None,
        })
    }

    /// Has this told once for every change of what is trusted that cannot be loaded, with the code of why.
    #[must_use]
    pub fn telling(self, told: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self {
            told: Some(Box::new(told)),
            ..self
        }
    }

    /// What is trusted now: loaded anew where the folders have changed. A change that cannot be loaded
    /// leaves what was trusted before.
    pub fn trust(&self) -> Arc<TrustStore> {
        self.trust_by(load)
    }

    fn trust_by(
        &self,
        load: impl FnOnce(&Sources) -> Result<TrustStore, SetupError>,
    ) -> Arc<TrustStore> {
        let known = |looked: &Look| {
            let mut loaded = self.loaded();
            let same = loaded.looked == *looked;
            if same {
                // Whoever broke it has put it back.
                loaded.unread = None;
            }
            same.then(|| Arc::clone(&loaded.store))
        };
        if let Some(store) = known(&look(&self.sources.trust)) {
            return store;
        }
        let _one = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever loaded meanwhile may have seen the same change.
        let looked = look(&self.sources.trust);
        if let Some(store) = known(&looked) {
            return store;
        }
        match load(&self.sources) {
            Ok(store) => {
                let store = Arc::new(store);
                *self.loaded() = Loaded {
                    store: Arc::clone(&store),
                    looked,
                    unread: None,
                };
                store
            }
            Err(error) => {
                let unread = Some((looked, error.code()));
                let mut loaded = self.loaded();
                let known = loaded.unread == unread;
                loaded.unread = unread;
                let store = Arc::clone(&loaded.store);
                drop(loaded);
                if let (false, Some(told)) = (known, &self.told) {
                    told(error.code());
                }
                store
            }
        }
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.trust.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was trusted when it was last looked at, in figures.
    pub fn summary(&self) -> Summary {
        let loaded = self.loaded();
        let (store, unread) = (
            Arc::clone(&loaded.store),
            loaded.unread.as_ref().map(|one| one.1),
        );
        drop(loaded);
        let countries: BTreeSet<&str> = store.countries().collect();
        let policy = self.policy();
        let old = policy.list_age().into_iter().chain(policy.crl_age()).min();
        Summary {
            anchors: store.anchors().len(),
            countries: countries.len(),
            newest: store.newest_signed(),
            old: old.unwrap_or(OLD),
            unread,
        }
    }

    /// Whether a clock that says this cannot be right.
    pub fn doubts(&self, now: Timestamp) -> bool {
        let late = self
            .summary()
            .newest
            .is_some_and(|newest| newest.duration_since(now) > TOLERANCE);
        late || TimeZone::UTC.to_datetime(now).date() < WRITTEN
    }

    /// What must pass.
    pub const fn policy(&self) -> &Policy {
        &self.sources.policy
    }

    /// The time that counts.
    pub fn now(&self) -> SystemTime {
        self.sources.now.unwrap_or_else(SystemTime::now)
    }

    /// The same as a moment of the calendar; none where the machine's clock is outside of all of them.
    pub fn timestamp(&self) -> Option<Timestamp> {
        Timestamp::try_from(self.now()).ok()
    }

    /// Opens the registry, for one read. One that cannot be opened is one that does not answer.
    pub fn registry(&self) -> Option<Box<dyn Registry>> {
        registry::open_with(&self.sources.registry, &self.sources.registry_options).unwrap_or_else(
            |error| {
                let why = error.code().to_owned();
                Some(Box::new(Shut { why }))
            },
        )
    }

    /// What kind of registry is asked: `sqlite`, `postgres`, `https`, `snapshot`, `none`.
    pub fn registry_kind(&self) -> &'static str {
        match self.sources.registry.split_once(':') {
            Some(("sqlite", _)) => "sqlite",
            Some(("postgres" | "postgresql", _)) => "postgres",
            Some(("https", _)) => "https",
            Some(("snapshot", _)) => "snapshot",
            _ => "none",
        }
    }

    /// Finds out anew whether sample citizens are answered for, which takes a disk's time.
    pub fn look_for_samples(&self) {
        self.samples.look();
    }

    /// The sample citizens in the register, as they were found last; none in one that is not on this
    /// machine.
    pub fn samples(&self) -> Option<Samples> {
        self.samples.samples()
    }

    /// Who asks the registry and for what, where a read does not say.
    pub const fn context(&self) -> &Context {
        &self.sources.context
    }

    /// What the registry is asked to tell beside, where a read does not say.
    pub fn disclose(&self) -> &[FactKind] {
        &self.sources.disclose
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge").finish_non_exhaustive()
    }
}

fn load(sources: &Sources) -> Result<TrustStore, SetupError> {
    let mut store = TrustStore::empty();
    for place in &sources.trust {
        folder::load(&mut store, place)?;
    }
    if sources.test_material == TestMaterial::Owned {
        store.own_test_material();
    }
    Ok(store)
}

fn look(places: &[PathBuf]) -> Look {
    let mut looked = Vec::new();
    for place in places {
        note(&mut looked, place);
        let Ok(entries) = std::fs::read_dir(place) else {
            continue;
        };
        for entry in entries.flatten().take(MAX_FILES) {
            note(&mut looked, &entry.path());
        }
    }
    looked.sort();
    looked
}

fn note(looked: &mut Look, path: &Path) {
    if let Ok(data) = std::fs::metadata(path) {
        looked.push((path.to_owned(), data.len(), data.modified().ok()));
    }
}

/// A registry that could not be opened.
struct Shut {
    why: String,
}

impl Registry for Shut {
    fn check(&self, _query: &Query) -> Result<Answer, RegistryError> {
        Err(RegistryError::NotReached {
            why: self.why.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::process;
    use std::sync::mpsc;
    use std::thread;

    use jiff::ToSpan as _;

    use super::*;
    use crate::pki::store::Anchor;
    use crate::pki::store::Provenance;
    use crate::sim::pki::test_root;

    fn judge(trust: Vec<PathBuf>, test_material: TestMaterial) -> Judge {
        Judge::open(Sources {
            trust,
            test_material,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now: None,
        })
        .unwrap()
    }

    #[test]
    fn what_is_trusted_follows_the_folder_and_stays_where_that_is_broken() {
        let folder = env::temp_dir().join(format!("cancuoc-judge-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let anchors = |judge: &Judge| {
            let trust = judge.trust();
            let owned = |anchor: &Anchor| anchor.provenance == Provenance::TestCard;
            trust.anchors().iter().map(owned).collect::<Vec<bool>>()
        };
        let told = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&told);
        let foreign = judge(vec![folder.clone()], TestMaterial::Foreign)
            .telling(move |code| theirs.lock().unwrap().push(code));
        assert!(anchors(&foreign).is_empty());
        fs::write(folder.join("root.cer"), test_root()).unwrap();
        assert_eq!(anchors(&foreign), [false]);
        let owned = judge(vec![folder.clone()], TestMaterial::Owned);
        assert_eq!(anchors(&owned), [true]);
        fs::write(folder.join("other.cer"), b"no certificate").unwrap();
        assert_eq!(anchors(&foreign), [false]);
        // It is told once, and seen as long as it is so.
        assert_eq!(anchors(&foreign), [false]);
        let code = foreign.summary().unread.unwrap();
        assert_eq!(*told.lock().unwrap(), [code]);
        fs::remove_file(folder.join("other.cer")).unwrap();
        assert_eq!(anchors(&foreign), [false]);
        assert_eq!(foreign.summary().unread, None);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_old_and_a_clock_that_cannot_be_right_are_seen() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let day = 24;
        let summary = |anchors, newest| Summary {
            anchors,
            countries: 1,
            newest,
            old: SignedDuration::from_hours(90 * day),
            unread: None,
        };
        let before = |days: i64| Some(now - (days * day).hours());
        assert!(!summary(1, before(90)).is_stale(Some(now)));
        assert!(summary(1, before(91)).is_stale(Some(now)));
        assert!(summary(0, before(1)).is_stale(Some(now)));
        assert!(!summary(1, None).is_stale(Some(now)));
        let judge = judge(Vec::new(), TestMaterial::Foreign);
        assert!(!judge.doubts(now));
        assert!(judge.doubts("2026-10-31T23:59:59Z".parse().unwrap()));
    }

    #[test]
    fn who_wants_figures_waits_for_nobody_who_loads() {
        let folder = env::temp_dir().join(format!("cancuoc-loading-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let judge = judge(vec![folder.clone()], TestMaterial::Foreign);
        // Whatever changes a folder is looked at.
        fs::write(folder.join("README"), "new").unwrap();
        let (begin, begun) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let judge = &judge;
        thread::scope(|scope| {
            let loads = scope.spawn(move || {
                judge.trust_by(|sources| {
                    begin.send(()).unwrap();
                    let _ = ended.recv();
                    load(sources)
                })
            });
            begun.recv().unwrap();
            // The desk asks for these, and with it every reader.
            assert_eq!(judge.summary().anchors, 0);
            assert!(!judge.doubts(Timestamp::now()));
            drop(end);
            let store = loads.join().unwrap();
            assert!(Arc::ptr_eq(&store, &judge.trust()));
        });
        let _ = fs::remove_dir_all(&folder);
    }
}
