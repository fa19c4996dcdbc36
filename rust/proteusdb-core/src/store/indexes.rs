//! The index entries of a row: which there are follows from its current version alone.

use std::collections::BTreeMap;

use heed::RwTxn;

use super::declared::Declared;
use super::keys::Key;
use super::packed::{self, Index};
use super::tables::Tables;
use crate::error::Result;
use crate::index::leaf::Change;
use crate::record::Prediction;

/// An index entry.
pub(super) type Entry = (Index, Key);

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
    /// Number and value in each declared index that has an entry.
    pub(super) declared: Vec<Key>,
}

impl Indexed {
    pub(super) fn new(row: u64, prediction: &Prediction, model: u32, sequence: u64, declared: &Declared) -> Self {
        Self {
            row,
            model,
            sequence,
            length: prediction.length() as u32,
            created_at: prediction.created_at,
            confidence: prediction.confidence(),
            job: prediction.job.clone(),
            declared: declared.keys(prediction),
        }
    }

    /// Every entry this row must have, and no other.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let row = |key: Key| key.u64(self.row);
        let mut entries = vec![
            (Index::RowsBySequence, row(Key::new().u64(self.sequence))),
            (Index::ByCreated, row(Key::new().time(self.created_at))),
            (Index::ByLength, row(Key::new().u32(self.length))),
        ];
        if self.model != 0 {
            entries.push((Index::ByModel, row(Key::new().u32(self.model).time(self.created_at))));
        }
        if let Some(confidence) = self.confidence {
            entries.push((Index::ByConfidence, row(Key::new().real(confidence))));
            // A row without a model stands under 0: what asks for one never meets it.
            entries.push((Index::ByModelConfidence, row(Key::new().u32(self.model).real(confidence))));
        }
        if let Some(job) = &self.job {
            entries.push((Index::ByJob, row(Key::new().text(job))));
        }
        entries.extend(self.declared.iter().map(|key| (Index::User, row(key.clone()))));
        entries
    }
}

/// Index entries a transaction will write, so that it writes them in the order of their keys: a batch that arrives in
/// any order touches each leaf once.
#[derive(Default)]
pub(super) struct Pending {
    entries: BTreeMap<Index, Vec<Change>>,
}

impl Pending {
    /// Makes the entries of a row those of `after`; only what differs is written.
    pub(super) fn replace(&mut self, before: Option<&Indexed>, after: Option<&Indexed>) {
        if before == after {
            return;
        }
        let old = before.map_or_else(Vec::new, Indexed::entries);
        let new = after.map_or_else(Vec::new, Indexed::entries);
        for (index, key) in old.iter().filter(|entry| !new.contains(entry)) {
            self.set(*index, key.clone(), false);
        }
        for (index, key) in new.into_iter().filter(|entry| !old.contains(entry)) {
            self.set(index, key, true);
        }
    }

    /// An entry that comes or goes; the last word on a key holds.
    pub(super) fn set(&mut self, index: Index, key: Key, comes: bool) {
        self.entries.entry(index).or_default().push((key.into_bytes(), comes));
    }

    /// Writes what is pending.
    pub(super) fn flush(&mut self, tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
        for (index, mut changes) in std::mem::take(&mut self.entries) {
            // Stable, so that of one key the last word stands last.
            changes.sort_by(|(a, _), (b, _)| a.cmp(b));
            changes.dedup_by(|later, kept| {
                later.0 == kept.0 && {
                    kept.1 = later.1;
                    true
                }
            });
            packed::change(tables, txn, index, &changes)?;
        }
        Ok(())
    }
}
