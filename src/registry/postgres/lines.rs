//! The connections to a database, made when they are needed.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tokio_postgres::Client;
use tokio_postgres::Statement;

use crate::registry::number_key::PersonKey;
use crate::registry::tables;
use crate::registry::tables::BY_SODS;
use crate::registry::tables::LOOKUP;
use crate::registry::tables::LOOKUP_ALL;
use crate::registry::tables::LOOKUP_ALL_WITH_FACTS;
use crate::registry::tables::LOOKUP_WITH_FACTS;
use crate::registry::tables::REGISTER;
use crate::registry::tables::Row;

use super::TRY;
use super::connect;
use super::connect::Hosts;
use super::trouble::Trouble;

/// How long the register's own row is believed. Rows that are read after it are at least as new.
const KNOWN: Duration = Duration::from_secs(1);

/// Connections, each in its place.
#[derive(Debug)]
pub(super) struct Lines {
    hosts: Hosts,
    slots: Vec<Slot>,
    next: AtomicUsize,
    /// What the number key gives for nobody.
    pub(super) check: PersonKey,
}

/// Place of a connection.
#[derive(Debug, Default)]
struct Slot {
    link: RwLock<Option<Arc<Link>>>,
    /// Held while connecting, so that one does and the others wait.
    connecting: tokio::sync::Mutex<()>,
}

/// A connection with what was prepared on it.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) lookup: Statement,
    pub(super) with_facts: Statement,
    pub(super) lookup_all: Statement,
    pub(super) all_with_facts: Statement,
    by_sods: Statement,
    register: Statement,
    /// The register's own row, and when it was read.
    known: Mutex<Option<(Instant, Arc<Row>)>>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(..)")
    }
}

impl Slot {
    /// The connection, if it is of use.
    fn current(&self) -> Option<Arc<Link>> {
        let link = self.link.read().unwrap_or_else(PoisonError::into_inner);
        link.as_ref()
            .filter(|link| !link.client.is_closed())
            .map(Arc::clone)
    }

    fn put(&self, link: Option<Arc<Link>>) {
        *self.link.write().unwrap_or_else(PoisonError::into_inner) = link;
    }

    /// Lets a connection go, unless another is in its place by now.
    fn forget(&self, broken: &Arc<Link>) {
        let mut link = self.link.write().unwrap_or_else(PoisonError::into_inner);
        if link.as_ref().is_some_and(|link| Arc::ptr_eq(link, broken)) {
            *link = None;
        }
    }
}

impl Link {
    /// The cards of these security objects, and the register's own row.
    pub(super) async fn by_sods(&self, sods: &[&[u8]]) -> Result<(Vec<Row>, Arc<Row>), Trouble> {
        let register = self.register().await?;
        let rows = self.client.query(&self.by_sods, &[&sods]).await?;
        let rows: Result<Vec<Row>, Trouble> = rows.iter().map(read).collect();
        Ok((rows?, register))
    }

    /// The register's own row, if it was read a moment ago.
    fn known(&self) -> Option<Arc<Row>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|(at, _)| at.elapsed() < KNOWN);
        known.map(|(_, row)| Arc::clone(row))
    }

    /// The register's own row, as [`tables::LOOKUP`] has it.
    async fn register(&self) -> Result<Arc<Row>, Trouble> {
        if let Some(row) = self.known() {
            return Ok(row);
        }
        let at = Instant::now();
        let row = self.client.query_opt(&self.register, &[]).await?;
        let row = row.ok_or(Trouble::Content("register's own row"))?;
        let row = Arc::new(Row {
            person: row.try_get("number_check")?,
            status: row.try_get("as_of")?,
            ..Row::default()
        });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((at, Arc::clone(&row)));
        Ok(row)
    }
}

impl Lines {
    pub(super) fn new(hosts: Hosts, check: PersonKey) -> Self {
        let mut slots = Vec::new();
        slots.resize_with(hosts.address.connections, Slot::default);
        Self {
            hosts,
            slots,
            next: AtomicUsize::new(0),
            check,
        }
    }

    /// How many there may be.
    pub(super) const fn count(&self) -> usize {
        self.slots.len()
    }

    /// The place whose turn it is.
    pub(super) fn next(&self) -> usize {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        place.checked_rem(self.slots.len()).unwrap_or(0)
    }

    /// The connection of a place: made, where there is none.
    pub(super) async fn link(&self, place: usize) -> Result<Arc<Link>, Trouble> {
        let slot = self.slots.get(place).ok_or(Trouble::Late)?;
        if let Some(link) = slot.current() {
            return Ok(link);
        }
        let _one = slot.connecting.lock().await;
        if let Some(link) = slot.current() {
            return Ok(link);
        }
        let client = self.hosts.connect(self.hosts.address.target).await?;
        connect::limit_statements(&client, TRY).await?;
        connect::plan_once(&client).await;
        check(&client, self.check).await?;
        let link = Arc::new(Link {
            lookup: client.prepare(LOOKUP).await?,
            with_facts: client.prepare(LOOKUP_WITH_FACTS).await?,
            lookup_all: client.prepare(LOOKUP_ALL).await?,
            all_with_facts: client.prepare(LOOKUP_ALL_WITH_FACTS).await?,
            by_sods: client.prepare(BY_SODS).await?,
            register: client.prepare(REGISTER).await?,
            client,
            known: Mutex::default(),
        });
        slot.put(Some(Arc::clone(&link)));
        Ok(link)
    }

    /// Lets a connection go, if it is of no more use after this.
    pub(super) fn forget(&self, place: usize, link: &Arc<Link>, trouble: &Trouble) {
        if let (true, Some(slot)) = (trouble.is_broken(), self.slots.get(place)) {
            slot.forget(link);
        }
    }

    /// Lets every connection go.
    pub(super) fn close(&self) {
        for slot in &self.slots {
            slot.put(None);
        }
    }
}

/// Whether the database holds a register of this version, filled with this key.
pub(super) async fn check(client: &Client, key: PersonKey) -> Result<(), Trouble> {
    let row = client.query_opt(REGISTER, &[]).await?;
    let row = row.ok_or(Trouble::Content("register's own row"))?;
    let version: i32 = row.try_get("version")?;
    if version != tables::VERSION {
        return Err(Trouble::Version(version));
    }
    let known: Vec<u8> = row.try_get("number_check")?;
    if known == key.as_bytes() {
        Ok(())
    } else {
        Err(Trouble::WrongKey)
    }
}

/// Reads a row of the lookup.
pub(super) fn read(row: &tokio_postgres::Row) -> Result<Row, Trouble> {
    let octets = |place| row.try_get(place).map_err(|_| Trouble::Content("octets"));
    let text = |place| row.try_get(place).map_err(|_| Trouble::Content("text"));
    Ok(Row {
        part: row.try_get(0).map_err(|_| Trouble::Content("part"))?,
        person: octets(1)?,
        old_person: octets(2)?,
        status: text(3)?,
        name: text(4)?,
        birth: text(5)?,
        sex: text(6)?,
        nationality: text(7)?,
        sod: octets(8)?,
        card_status: text(9)?,
        document_number: text(10)?,
        issued: text(11)?,
        expiry: text(12)?,
    })
}
