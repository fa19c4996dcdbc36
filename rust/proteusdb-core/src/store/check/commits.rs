//! The log of commits: every version stands in it once, and nothing in it is from the future.

use std::collections::BTreeSet;

use super::Walk;
use crate::error::Result;
use crate::store::commits::Touched;
use crate::store::counters::Counters;
use crate::store::header::{self, HeaderView};
use crate::store::keys::Key;
use crate::store::sealed::shown;
use crate::store::snapshot::Snapshot;
use crate::store::{commits, lmdb, quarantine, upgrade};

impl Walk<'_, '_> {
    /// Entries that name what is no more are right: a model that was deleted, a version that was purged.
    pub(super) fn commits(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let Some(table) = tables.changes else { return Ok(()) };
        let Some(counters) = self.note(Counters::read(tables, txn))? else { return Ok(()) };
        let end = Key::new().time((counters.last_commit as i64).saturating_add(1));
        let (mut logged, mut models, mut analyses) = (0, BTreeSet::new(), BTreeSet::new());
        self.note(commits::removed(tables, txn))?;
        self.note(upgrade::history(tables, txn))?;
        for entry in table.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            self.counts.index_entries += 1;
            if key >= end.as_bytes() {
                self.fault(format!("table changes, key {}: it is from after the last commit", shown(key)));
            }
            match self.note(Touched::decode(key, value))? {
                Some(Touched::Model(id)) => drop(models.insert(id.to_owned())),
                Some(Touched::Analysis(id)) => drop(analyses.insert(id.to_owned())),
                Some(Touched::Version(row, version)) => {
                    let named = header::key(row, version);
                    logged += u64::from(tables.headers.get(txn, named.as_bytes()).map_err(lmdb)?.is_some());
                }
                None => {}
            }
        }
        for (what, table, known) in [("model", tables.model_ids, models), ("analysis", tables.analyses, analyses)] {
            for entry in table.iter(txn).map_err(lmdb)? {
                let (id, _) = entry.map_err(lmdb)?;
                if !std::str::from_utf8(id).is_ok_and(|id| known.contains(id)) {
                    self.fault(format!("table changes: {what} {}: the entry is missing", shown(id)));
                }
            }
        }
        match logged == tables.headers.len(txn).map_err(lmdb)? {
            true => Ok(()),
            false => self.unlogged(),
        }
    }

    /// Names the versions that stand nowhere in the log.
    fn unlogged(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let Some(table) = tables.changes else { return Ok(()) };
        let mut missing = BTreeSet::new();
        for entry in tables.headers.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let Ok(view) = HeaderView::open(key, value) else { continue };
            let named = Key::new().time(view.updated_at()).raw(&[2]).raw(key);
            if table.get(txn, named.as_bytes()).map_err(lmdb)?.is_none() {
                missing.insert((view.row, view.version));
            }
        }
        for entry in table.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            if let Ok(Touched::Version(row, version)) = Touched::decode(key, value) {
                missing.remove(&(row, version));
            }
        }
        for (row, version) in missing {
            self.fault(format!("table changes: row {row}, version {version}: the entry is missing"));
        }
        Ok(())
    }

    /// What was set aside can be read, and is no fault.
    pub(super) fn set_aside(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let Some(table) = tables.quarantine else { return Ok(()) };
        for entry in table.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            if let Some(item) = self.note(quarantine::decode(key, value))? {
                self.counts.quarantined += 1;
                self.aside.insert(item.what);
            }
        }
        Ok(())
    }
}
