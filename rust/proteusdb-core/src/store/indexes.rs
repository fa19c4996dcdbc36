//! The index entries of a row: which there are follows from its current version alone.

use std::collections::BTreeMap;

use heed::RwTxn;

use super::keys::Key;
use super::lmdb;
use super::tables::{Table, Tables};
use crate::error::Result;
use crate::record::Prediction;

/// An index entry: the table's name, the table, the key.
pub(super) type Entry = (&'static str, Table, Key);

/// The indexed columns of a row's current version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Indexed {
    pub(super) row: u64,
    pub(super) model: u32,
    pub(super) sequence: u64,
    pub(super) length: u32,
    pub(super) created_at: i64,
    pub(super) confidence: Option<f64>,
    pub(super) job: Option<String>,
}

impl Indexed {
    pub(super) fn new(row: u64, prediction: &Prediction, model: u32, sequence: u64) -> Self {
        Self {
            row,
            model,
            sequence,
            length: prediction.length() as u32,
            created_at: prediction.created_at,
            confidence: prediction.confidence(),
            job: prediction.job.clone(),
        }
    }

    /// Every entry this row must have, and no other.
    pub(super) fn entries(&self, tables: &Tables) -> Vec<Entry> {
        let mut entries = vec![
            ("rows_by_sequence", tables.rows_by_sequence, Key::new().u64(self.sequence).u64(self.row)),
            ("by_created", tables.by_created, Key::new().time(self.created_at).u64(self.row)),
            ("by_length", tables.by_length, Key::new().u32(self.length).u64(self.row)),
        ];
        if self.model != 0 {
            entries.push(("by_model", tables.by_model, Key::new().u32(self.model).time(self.created_at).u64(self.row)));
        }
        if let Some(confidence) = self.confidence {
            entries.push(("by_confidence", tables.by_confidence, Key::new().real(confidence).u64(self.row)));
        }
        if let Some(job) = &self.job {
            entries.push(("by_job", tables.by_job, Key::new().text(job).u64(self.row)));
        }
        entries
    }
}

/// Index entries a transaction will write, so that it writes them in the order of their keys: a batch that arrives in
/// any order touches each page once.
#[derive(Default)]
pub(super) struct Pending {
    /// Table and key, to whether the entry comes (or goes).
    entries: BTreeMap<(&'static str, Vec<u8>), (Table, bool)>,
}

impl Pending {
    /// Makes the entries of a row those of `after`; only what differs is written.
    pub(super) fn replace(&mut self, tables: &Tables, before: Option<&Indexed>, after: Option<&Indexed>) {
        if before == after {
            return;
        }
        let old = before.map_or_else(Vec::new, |indexed| indexed.entries(tables));
        let new = after.map_or_else(Vec::new, |indexed| indexed.entries(tables));
        let same = |a: &Entry, b: &Entry| a.0 == b.0 && a.2.as_bytes() == b.2.as_bytes();
        for entry in old.iter().filter(|entry| !new.iter().any(|other| same(entry, other))) {
            self.set(entry, false);
        }
        for entry in new.iter().filter(|entry| !old.iter().any(|other| same(entry, other))) {
            self.set(entry, true);
        }
    }

    /// An entry that comes or goes; the last word on a key holds.
    pub(super) fn set(&mut self, (name, table, key): &Entry, comes: bool) {
        self.entries.insert((name, key.as_bytes().to_vec()), (*table, comes));
    }

    /// Writes what is pending.
    pub(super) fn flush(&mut self, txn: &mut RwTxn<'_>) -> Result<()> {
        for ((_, key), (table, comes)) in std::mem::take(&mut self.entries) {
            if comes {
                table.put(txn, &key, &[]).map_err(lmdb)?;
            } else {
                table.delete(txn, &key).map_err(lmdb)?;
            }
        }
        Ok(())
    }
}
