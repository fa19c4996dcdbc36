//! What a transaction takes away: versions that may go, whole predictions, and the blobs that only they referred to.

use std::sync::Arc;

use super::super::retention::{self, Fate, Kind, Line, Rule};
use super::super::{analyses, blobs, commits, header, lmdb, snapshot, tags};
use super::{Current, Writer};
use crate::error::Result;
use crate::operation::{Operation, Outcome};

/// What was taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Freed {
    /// Versions whose content is gone, deletions among them.
    pub(in crate::store) versions: u64,
    /// Bytes of headers, and of blobs that no version refers to any more.
    pub(in crate::store) bytes: u64,
}

impl Writer<'_, '_> {
    /// Does an operation and trims the prediction it wrote.
    pub(super) fn bounded(&mut self, operation: &Operation, keep_versions: u32) -> Result<Outcome> {
        let outcome = self.operation(operation)?;
        let wrote = matches!(outcome, Outcome::Written { .. } | Outcome::Deleted);
        if wrote
            && let Some(id) = operation.prediction_id()
            && let Some(row) = snapshot::row_of(self.tables, self.txn, id)?
        {
            let rule = Rule { keep_versions: Some(keep_versions.max(1)), ..Rule::default() };
            self.trim(row, &rule)?;
        }
        Ok(outcome)
    }

    /// Takes away the versions of a row that may go, and whether that was the row.
    pub(in crate::store) fn trim(&mut self, row: u64, rule: &Rule) -> Result<(Freed, bool)> {
        let moments = self.moments()?;
        let lines = retention::lines(self.tables, self.txn, row)?;
        let fates = retention::fates(&lines, &moments, rule);
        let mut freed = Freed::default();
        let whole = fates.iter().all(|fate| *fate == Fate::Go);
        if whole {
            self.forget(row, &lines)?;
        }
        for (line, fate) in lines.iter().zip(&fates) {
            if *fate == Fate::Stay || (*fate, line.kind) == (Fate::Trace, Kind::Trace) {
                continue;
            }
            freed.versions += u64::from(line.kind != Kind::Trace);
            freed.bytes += self.strip(row, line, *fate)?;
        }
        if freed.versions > 0 {
            commits::set_removed(self.tables, self.txn, self.now)?;
        }
        Ok((freed, whole))
    }

    /// Removes a prediction that is current at this version: every version of it, but those that tags name, behind a
    /// deletion. `None` where it is not at this version, or analyses refer to it and are not to go with it.
    pub(in crate::store) fn remove(&mut self, id: &str, version: u32, cascade: bool) -> Result<Option<(Freed, u64)>> {
        let current = self.current(id)?.filter(|current| !current.prediction.deleted);
        let Some(current) = current.filter(|current| current.prediction.version == version) else { return Ok(None) };
        let row = current.indexed.row;
        let referring = analyses::list(self.tables, self.txn, Some(row))?;
        if !referring.is_empty() && !cascade {
            return Ok(None);
        }
        for analysis in &referring {
            self.delete_analysis(analysis)?;
        }
        commits::set_removed(self.tables, self.txn, self.now)?;
        let moments = self.moments()?;
        let lines = retention::lines(self.tables, self.txn, row)?;
        let freed = if (0..lines.len()).any(|number| retention::is_tagged(&lines, number, &moments)) {
            self.bury(current)?;
            self.trim(row, &Rule::default())?.0
        } else {
            self.purge(current)?
        };
        Ok(Some((freed, referring.len() as u64)))
    }

    /// Writes the version that says a prediction was deleted.
    pub(super) fn bury(&mut self, current: Current) -> Result<()> {
        let (row, number) = (current.indexed.row, current.indexed.model);
        let mut next = current.prediction.clone();
        next.deleted = true;
        next.parts.clear();
        self.write_version(row, Some(current), next, number).map(drop)
    }

    /// Removes every version of a prediction, and its id.
    pub(super) fn purge(&mut self, current: Current) -> Result<Freed> {
        let row = current.indexed.row;
        if !current.prediction.deleted {
            self.counters.count(&current.prediction, false);
            self.pending.replace(Some(&current.indexed), None);
        }
        commits::set_removed(self.tables, self.txn, self.now)?;
        let mut freed = Freed::default();
        for line in retention::lines(self.tables, self.txn, row)? {
            freed.versions += u64::from(line.kind != Kind::Trace);
            freed.bytes += self.strip(row, &line, Fate::Go)?;
        }
        self.tables.ids.delete(self.txn, current.prediction.id.as_bytes()).map_err(lmdb)?;
        Ok(freed)
    }

    /// Forgets the id of a row whose versions all go.
    fn forget(&mut self, row: u64, lines: &[Line]) -> Result<()> {
        let Some(newest) = lines.last() else { return Ok(()) };
        let key = header::key(row, newest.version);
        let value = self.tables.headers.get(self.txn, key.as_bytes()).map_err(lmdb)?.unwrap_or_default();
        let id = header::HeaderView::open(key.as_bytes(), value)?.id()?.into_owned();
        self.tables.ids.delete(self.txn, id.as_bytes()).map_err(lmdb)?;
        Ok(())
    }

    /// Takes away a version, or all of it but its commit time; the bytes that were freed.
    fn strip(&mut self, row: u64, line: &Line, fate: Fate) -> Result<u64> {
        let key = header::key(row, line.version);
        let mut bytes = line.bytes;
        for &blob in &line.blobs {
            bytes += self.release(blob)?;
        }
        let value = self.tables.headers.get(self.txn, key.as_bytes()).map_err(lmdb)?.unwrap_or_default().to_vec();
        if fate == Fate::Go {
            let commit = header::HeaderView::open(key.as_bytes(), &value)?.updated_at();
            self.tables.headers.delete(self.txn, key.as_bytes()).map_err(lmdb)?;
            commits::forget(self.tables, self.txn, commit, (row, line.version))?;
            return Ok(bytes);
        }
        let trace = header::trace(key.as_bytes(), &value)?;
        self.tables.headers.put(self.txn, key.as_bytes(), &trace).map_err(lmdb)?;
        Ok(bytes.saturating_sub(trace.len() as u64))
    }

    /// One version less refers to the blob; the bytes that no version refers to any more.
    fn release(&mut self, blob: u64) -> Result<u64> {
        if self.shared.is_fresh(blob) {
            // Its segment may be open still, and what is not written cannot be given up.
            self.packer.flush(self.tables, self.txn)?;
        }
        if blobs::locate(self.tables, self.txn, blob)?.references <= 1 {
            self.shared.forget(self.tables, self.txn, &mut self.pending, blob);
        }
        blobs::release(self.tables, self.txn, &mut self.counters, blob)
    }

    /// The moments of tags, ascending.
    fn moments(&mut self) -> Result<Arc<[i64]>> {
        if let Some(moments) = &self.moments {
            return Ok(Arc::clone(moments));
        }
        let moments: Arc<[i64]> = tags::moments(self.tables, self.txn)?.into();
        self.moments = Some(Arc::clone(&moments));
        Ok(moments)
    }
}
