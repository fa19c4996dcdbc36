//! Proves that all tables agree: every index entry points both ways, every reference is counted.
//!
//! ```text
//! rows       ids -> newest version -> its index entries, counts          (rows)
//! versions   every header decodes, and every blob it names               (rows)
//! blobs      references counted, segments filled by live and dead bytes  (blobs)
//! sequences  found by hash, by the beginning of each chain, by residues  (sequences)
//! commits    every version in the log of commits                         (changes)
//! the rest   models, analyses, tags, schema, quota, counters             (others)
//! pages      before all of it, each page and the list of free ones       (walk)
//! ```
//!
//! Each fault is one line that names table and key; the walk goes on, so one damaged value does not hide another.
//! An index is proved without keeping it in memory: each row's entries are looked up and counted, and only where the
//! index holds more than was counted is it walked for entries that belong to nothing.

mod blobs;
mod commits;
mod others;
mod rows;
mod sequences;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::format;
use super::open::Opened;
use super::packed::{self, Index};
use super::sealed::shown;
use super::snapshot::Snapshot;
use super::tables::Table;
use super::walk::{self, Pages};
use super::{Txn, lmdb};
use crate::error::{Kind, Result};
use crate::watch::Gauge;

/// Faults reported before the walk gives up naming them one by one.
const MOST: usize = 1_000;

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Predictions, deleted ones included.
    pub predictions: u64,
    /// Their versions.
    pub versions: u64,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of headers and blobs.
    pub bytes: u64,
    /// Distinct sequences.
    pub sequences: u64,
    /// Entries of indexes and of the log of commits.
    pub index_entries: u64,
    /// Models.
    pub models: u64,
    /// Analyses.
    pub analyses: u64,
    /// Things that a repair has set aside.
    pub quarantined: u64,
    /// Bytes of segments that no blob refers to any more.
    pub dead_bytes: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// One line a fault.
    pub faults: Vec<String>,
    /// How much was looked at.
    pub counts: Counts,
    /// What the walk through the pages found; its faults are among the faults.
    pub pages: Pages,
}

/// Walks every page, and every table where no page is damaged: LMDB believes what a page says of itself.
pub(super) fn all(opened: &Opened, txn: &Txn<'_>, gauge: &Gauge) -> Result<Checked> {
    let mut pages = walk::walk(&*opened.file, Some(txn.id() as u64), gauge, None)?.pages;
    if !pages.faults.is_empty() {
        let faults = std::mem::take(&mut pages.faults);
        return Ok(Checked { faults, pages, ..Checked::default() });
    }
    Ok(Checked { pages, ..check(&Snapshot::new(&opened.tables, txn), gauge)? })
}

/// Walks every table.
pub(super) fn check(snapshot: &Snapshot<'_>, gauge: &Gauge) -> Result<Checked> {
    let tables = snapshot.tables;
    for table in [tables.ids, tables.headers, tables.blobs] {
        gauge.expect(table.len(snapshot.txn).map_err(lmdb)?);
    }
    let mut walk = Walk {
        snapshot,
        gauge,
        counts: Counts::default(),
        aside: BTreeSet::new(),
        faults: Vec::new(),
        references: BTreeMap::new(),
        entries: BTreeMap::new(),
        greatest: BTreeMap::new(),
    };
    walk.note(format::identity(snapshot.tables, snapshot.txn))?;
    if walk.note(snapshot.declared_indexes().map(drop))?.is_none() {
        // Without them no entry of an index can be told from a stray one.
        return Ok(walk.done());
    }
    walk.leaves()?;
    walk.set_aside()?;
    walk.rows()?;
    walk.versions()?;
    walk.blobs()?;
    walk.sequences()?;
    walk.models()?;
    walk.analyses()?;
    walk.commits()?;
    walk.settings()?;
    walk.numbers()?;
    walk.counts.index_entries += walk.entries.values().sum::<u64>();
    Ok(walk.done())
}

struct Walk<'s, 't> {
    snapshot: &'s Snapshot<'t>,
    gauge: &'s Gauge,
    counts: Counts,
    /// What a repair has set aside, by name.
    aside: BTreeSet<String>,
    faults: Vec<String>,
    /// How many versions refer to each blob.
    references: BTreeMap<u64, u64>,
    /// How many entries each index must hold.
    entries: BTreeMap<&'static str, u64>,
    /// The greatest number in use, by what is numbered.
    greatest: BTreeMap<&'static str, u64>,
}

impl Walk<'_, '_> {
    fn done(self) -> Checked {
        Checked { faults: self.faults, counts: self.counts, pages: Pages::default() }
    }

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
    fn expect(&mut self, index: Index, key: &[u8]) -> Result<()> {
        *self.entries.entry(index.name()).or_default() += 1;
        let Snapshot { tables, txn, .. } = self.snapshot;
        if self.note(packed::has(tables, txn, index, key))? == Some(false) {
            self.fault(format!("index {}, key {}: the entry is missing", index.name(), shown(key)));
        }
        Ok(())
    }

    /// Walks an index that holds other entries than were expected; `belongs` knows which of them are right.
    fn strays(&mut self, index: Index, belongs: impl Fn(&[u8]) -> Result<bool>) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let expected = self.entries.get(index.name()).copied().unwrap_or(0);
        if self.note(packed::count(tables, txn, index, (&[], None), u64::MAX))?.is_none_or(|count| count == expected) {
            return Ok(());
        }
        let walked = packed::each(tables, txn, index, (&[], None), |key| {
            if self.note(belongs(key))? == Some(false) {
                self.fault(format!("index {}, key {}: the entry belongs to nothing", index.name(), shown(key)));
            }
            Ok(ControlFlow::Continue(()))
        });
        self.note(walked).map(drop)
    }

    /// The same of a table whose keys are its entries.
    fn expect_in(&mut self, name: &'static str, table: Table, key: &[u8]) -> Result<()> {
        *self.entries.entry(name).or_default() += 1;
        match table.get(self.snapshot.txn, key).map_err(lmdb)? {
            Some([]) => {}
            Some(_) => self.fault(format!("table {name}, key {}: an index entry holds a value", shown(key))),
            None => self.fault(format!("table {name}, key {}: the entry is missing", shown(key))),
        }
        Ok(())
    }

    /// The same of a table whose keys are its entries.
    fn strays_in(&mut self, name: &'static str, table: Table, belongs: impl Fn(&[u8]) -> Result<bool>) -> Result<()> {
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

    /// Every leaf of every index opens, and its entries ascend.
    fn leaves(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        for index in Index::ALL {
            let mut before: Vec<u8> = Vec::new();
            let mut ascend = true;
            let walked = packed::each(tables, txn, index, (&[], None), |key| {
                ascend &= before.as_slice() < key;
                before.clear();
                before.extend_from_slice(key);
                Ok(ControlFlow::Continue(()))
            });
            self.note(walked)?;
            if !ascend {
                self.fault(format!("index {}: its entries are out of order", index.name()));
            }
        }
        for entry in tables.index.iter(txn).map_err(lmdb)? {
            let (key, _) = entry.map_err(lmdb)?;
            if key.first().is_none_or(|&number| !Index::ALL.iter().any(|index| *index as u8 == number)) {
                self.fault(format!("table index, key {}: it belongs to no index", shown(key)));
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
