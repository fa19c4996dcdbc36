//! Models, analyses, and the numbers that are given out next.

use super::Walk;
use crate::error::Result;
use crate::store::counters::Counters;
use crate::store::keys::Key;
use crate::store::sealed::shown;
use crate::store::snapshot::{Snapshot, newest, row_of};
use crate::store::{analyses, growth, lmdb, models};

impl Walk<'_, '_> {
    /// Every model is found by its id, and every id leads to its model.
    pub(super) fn models(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        for entry in tables.models.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            self.counts.models += 1;
            let Some((number, model)) = self.note(models::decode(key, value))? else { continue };
            self.in_use("model", u64::from(number));
            let by_id = self.note(models::get(tables, txn, &model.id))?;
            if by_id.is_some_and(|found| found.is_none_or(|(found, _)| found != number)) {
                self.fault(format!("model {:?}: its id does not lead to number {number}", model.id));
            }
        }
        for entry in tables.model_ids.iter(txn).map_err(lmdb)? {
            let (id, _) = entry.map_err(lmdb)?;
            let model = models::get(tables, txn, &String::from_utf8_lossy(id));
            if let Some(model) = self.note(model)?
                && model.is_none_or(|(_, model)| model.id.as_bytes() != id)
            {
                self.fault(format!("table model_ids, key {}: it leads to another model", shown(id)));
            }
        }
        Ok(())
    }

    /// Every analysis belongs to a current prediction, and is listed under its row.
    pub(super) fn analyses(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        for entry in tables.analyses.iter(txn).map_err(lmdb)? {
            let (id, value) = entry.map_err(lmdb)?;
            self.counts.analyses += 1;
            let Some((row, analysis)) = self.note(analyses::decode(id, value))? else { continue };
            let alive = self.note(newest(tables, txn, row))?.flatten().is_some_and(|view| !view.deleted());
            let leads = self.note(row_of(tables, txn, &analysis.prediction_id))?.flatten();
            if !alive || leads != Some(row) {
                self.fault(format!("analysis {}: prediction {:?} is gone", shown(id), analysis.prediction_id));
            }
            let listed = Key::new().u64(row).raw(id);
            self.expect_in("analyses_by_row", tables.analyses_by_row, listed.as_bytes())?;
        }
        self.strays_in("analyses_by_row", tables.analyses_by_row, |key| {
            let Some((row, id)) = key.split_first_chunk::<8>() else { return Ok(false) };
            let Some(value) = tables.analyses.get(txn, id).map_err(lmdb)? else { return Ok(false) };
            Ok(analyses::decode(id, value)?.0 == u64::from_be_bytes(*row))
        })
    }

    /// Tags, quota and samples of the size can be read, and no tag names a moment to come.
    pub(super) fn settings(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let counters = self.note(Counters::read(tables, txn))?;
        let last = counters.as_ref().map_or(i64::MAX, |counters| counters.last_commit as i64);
        for tag in self.note(self.snapshot.tags())?.unwrap_or_default() {
            if tag.moment > last || tag.created_at > last {
                self.fault(format!("tag {:?}: its moment lies after the last commit", tag.name));
            }
        }
        self.note(self.snapshot.quota())?;
        let used = counters.is_some_and(|counters| counters.next_row > 0);
        if self.note(growth::read(tables, txn))?.is_some_and(|samples| samples.is_empty() && used) {
            self.fault("table meta, key \"growth\": every write begins with a sample, and there is none".to_owned());
        }
        Ok(())
    }

    /// No number that is in use will be given out again.
    pub(super) fn numbers(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let Some(counters) = self.note(Counters::read(tables, txn))? else { return Ok(()) };
        for (what, given) in [
            ("row", counters.next_row),
            ("blob", counters.next_blob),
            ("segment", counters.next_segment),
            ("sequence", counters.next_sequence),
            ("model", counters.next_model),
        ] {
            let greatest = self.greatest.get(what).copied().unwrap_or(0);
            if greatest > given {
                self.fault(format!(
                    "table meta, key \"counters\": {what} {greatest} is in use, numbers were given out up to {given}"
                ));
            }
        }
        Ok(())
    }
}
