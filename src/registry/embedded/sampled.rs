//! Whether a register holds the sample citizens: whoever serves people must be told.

use std::collections::BTreeSet;
use std::path;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::OptionalExtension as _;

use crate::registry::embedded::Trouble;
use crate::registry::number_key;
use crate::registry::number_key::NumberKey;
use crate::registry::number_key::PersonKey;
use crate::registry::samples;

/// More citizens than there are samples.
const MORE: usize = 64;

/// How many of a register's citizens are samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampled {
    /// None.
    No,
    /// Some.
    Among,
    /// All of them.
    Only,
}

impl Sampled {
    /// Looks into a file, and changes nothing: neither it nor what lies beside it. What another program is
    /// about to write there is not seen. None where that cannot be found out.
    pub fn look(file: &Path) -> Option<Self> {
        let file = path::absolute(file).ok()?;
        let mut address = "file:".to_owned();
        for one in file.to_str()?.chars() {
            match one {
                '%' => address.push_str("%25"),
                '?' => address.push_str("%3f"),
                '#' => address.push_str("%23"),
                other => address.push(other),
            }
        }
        address.push_str("?immutable=1");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(address, flags).ok()?;
        let key = NumberKey::read(&number_key::beside(&file)).ok()?;
        Self::of(&connection, &key).ok()
    }

    fn of(connection: &Connection, key: &NumberKey) -> Result<Self, Trouble> {
        if Self::only(connection, key)? == Self::Only {
            return Ok(Self::Only);
        }
        let mut known = connection.prepare("SELECT 1 FROM person WHERE person = ?")?;
        for person in persons(key)? {
            let found = known.query_row([person.as_bytes()], |_| Ok(()));
            if found.optional()?.is_some() {
                return Ok(Self::Among);
            }
        }
        Ok(Self::No)
    }

    /// Whether the samples are all there is. Of a register with more citizens, no more is looked at than
    /// there could be samples.
    pub(super) fn only(connection: &Connection, key: &NumberKey) -> Result<Self, Trouble> {
        let text = format!("SELECT person FROM person LIMIT {MORE}");
        let mut first = connection.prepare(&text)?;
        let mut rows = first.query([])?;
        let mut there = Vec::new();
        while let Some(row) = rows.next()? {
            let person: Vec<u8> = row.get(0)?;
            there.push(PersonKey::from_slice(&person));
        }
        if there.is_empty() || there.len() >= MORE {
            return Ok(Self::No);
        }
        let samples = persons(key)?;
        let all =
            |person: &Option<PersonKey>| person.is_some_and(|person| samples.contains(&person));
        Ok(match there.iter().all(all) {
            true => Self::Only,
            false => Self::No,
        })
    }
}

/// The sample citizens under this key.
fn persons(key: &NumberKey) -> Result<BTreeSet<PersonKey>, Trouble> {
    let mut persons = BTreeSet::new();
    for citizen in samples::citizens()? {
        persons.insert(citizen.keys(key)?.0);
    }
    Ok(persons)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::process;

    use super::*;
    use crate::registry::embedded::Embedded;
    use crate::registry::samples::Contents;

    #[test]
    fn who_is_in_a_register_is_seen_without_a_trace() {
        let folder = env::temp_dir().join(format!("cancuoc-sampled-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        assert!(samples::citizens().unwrap().len() < MORE);
        let file = folder.join("a?b#c%20.sqlite");
        assert_eq!(Sampled::look(&file), None);
        let registry = Embedded::open(&file).unwrap();
        assert_eq!(registry.sampled, Sampled::Only);
        let there = || fs::read_dir(&folder).unwrap().count();
        let before = there();
        assert_eq!(Sampled::look(&file), Some(Sampled::Only));
        assert_eq!(there(), before);
        // A citizen of a true register beside them.
        let other = registry
            .key
            .person(&crate::registry::CitizenNumber::new("001099000999").unwrap());
        let text = "INSERT INTO person (person, status) VALUES (?, 'in_force')";
        registry
            .connection
            .execute(text, [other.as_bytes()])
            .unwrap();
        assert_eq!(Sampled::look(&file), Some(Sampled::Among));
        registry
            .connection
            .execute("DELETE FROM person WHERE person <> ?", [other.as_bytes()])
            .unwrap();
        assert_eq!(Sampled::look(&file), Some(Sampled::No));
        let empty = folder.join("empty.sqlite");
        let nobody = Embedded::open_with(&empty, Contents::Nobody).unwrap();
        assert_eq!(nobody.sampled, Sampled::No);
        assert_eq!(Sampled::look(&empty), Some(Sampled::No));
        let _ = fs::remove_dir_all(&folder);
    }
}
