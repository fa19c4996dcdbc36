//! The index entries of a row: which there are follows from its current version alone.

use heed::RwTxn;

use super::keys::Key;
use super::lmdb;
use super::tables::{Table, Tables};
use crate::error::Result;
use crate::record::Prediction;

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
    pub(super) fn entries(&self, tables: &Tables) -> Vec<(&'static str, Table, Key)> {
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

    /// Makes the entries those of `after`; writes only what differs.
    pub(super) fn replace(
        tables: &Tables,
        txn: &mut RwTxn<'_>,
        before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<()> {
        if before == after {
            return Ok(());
        }
        let old = before.map_or_else(Vec::new, |indexed| indexed.entries(tables));
        let new = after.map_or_else(Vec::new, |indexed| indexed.entries(tables));
        let same = |a: &(&str, Table, Key), b: &(&str, Table, Key)| a.0 == b.0 && a.2.as_bytes() == b.2.as_bytes();
        for entry in old.iter().filter(|entry| !new.iter().any(|other| same(entry, other))) {
            entry.1.delete(txn, entry.2.as_bytes()).map_err(lmdb)?;
        }
        for entry in new.iter().filter(|entry| !old.iter().any(|other| same(entry, other))) {
            entry.1.put(txn, entry.2.as_bytes(), &[]).map_err(lmdb)?;
        }
        Ok(())
    }
}
