//! Proves that all tables agree: every index entry points both ways, every reference is counted.
//!
//! ```text
//! rows       ids -> newest version -> its index entries, counts          (rows)
//! versions   every header decodes, and every blob it names               (rows)
//! blobs      references counted, segments filled by live and dead bytes  (blobs)
//! sequences  found by hash and by the beginning of each chain            (sequences)
//! the rest   models, analyses, counters                                  (others)
//! ```
//!
//! Each fault is one line that names table and key; the walk goes on, so one damaged value does not hide another.
//! An index is proved without keeping it in memory: each row's entries are looked up and counted, and only where the
//! index holds more than was counted is it walked for entries that belong to nothing.

mod blobs;
mod others;
mod rows;
mod sequences;

use std::collections::BTreeMap;

use super::format;
use super::lmdb;
use super::sealed::shown;
use super::snapshot::Snapshot;
use super::tables::Table;
use crate::error::{Kind, Result};

/// Faults reported before the walk gives up naming them one by one.
const MOST: usize = 1_000;

/// Walks every table; one line a fault.
pub(super) fn check(snapshot: &Snapshot<'_>) -> Result<Vec<String>> {
    let mut walk = Walk {
        snapshot,
        faults: Vec::new(),
        references: BTreeMap::new(),
        entries: BTreeMap::new(),
        greatest: BTreeMap::new(),
    };
    walk.note(format::identity(snapshot.tables, snapshot.txn))?;
    walk.rows()?;
    walk.versions()?;
    walk.blobs()?;
    walk.sequences()?;
    walk.models()?;
    walk.analyses()?;
    walk.numbers()?;
    Ok(walk.faults)
}

struct Walk<'s, 't> {
    snapshot: &'s Snapshot<'t>,
    faults: Vec<String>,
    /// How many versions refer to each blob.
    references: BTreeMap<u64, u64>,
    /// How many entries each index must hold.
    entries: BTreeMap<&'static str, u64>,
    /// The greatest number in use, by what is numbered.
    greatest: BTreeMap<&'static str, u64>,
}

impl Walk<'_, '_> {
    fn fault(&mut self, what: String) {
        if self.faults.len() < MOST {
            self.faults.push(what);
        }
    }

    /// Takes note of a failure; damage is a fault, anything else ends the walk.
    fn note<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == Kind::Corruption => {
                self.fault(error.message().to_owned());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Counts an entry that an index must hold, and looks it up.
    fn expect(&mut self, name: &'static str, table: Table, key: &[u8]) -> Result<()> {
        *self.entries.entry(name).or_default() += 1;
        match table.get(self.snapshot.txn, key).map_err(lmdb)? {
            Some([]) => {}
            Some(_) => self.fault(format!("table {name}, key {}: an index entry holds a value", shown(key))),
            None => self.fault(format!("table {name}, key {}: the entry is missing", shown(key))),
        }
        Ok(())
    }

    /// Walks an index that holds other entries than were expected; `belongs` knows which of them are right.
    fn strays(&mut self, name: &'static str, table: Table, belongs: impl Fn(&[u8]) -> Result<bool>) -> Result<()> {
        let expected = self.entries.get(name).copied().unwrap_or(0);
        if table.len(self.snapshot.txn).map_err(lmdb)? == expected {
            return Ok(());
        }
        for entry in table.iter(self.snapshot.txn).map_err(lmdb)? {
            let (key, _) = entry.map_err(lmdb)?;
            if self.note(belongs(key))? == Some(false) {
                self.fault(format!("table {name}, key {}: the entry belongs to nothing", shown(key)));
            }
        }
        Ok(())
    }

    /// Notes a number that is in use.
    fn in_use(&mut self, what: &'static str, number: u64) {
        let greatest = self.greatest.entry(what).or_default();
        *greatest = number.max(*greatest);
    }
}
