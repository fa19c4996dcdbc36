//! A snapshot as a source of rows for queries: each access path is a range of one table.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::counters::Counters;
use super::header::HeaderView;
use super::packed::{self, Flow};
use super::paths::between;
use super::snapshot::{Snapshot, newest, row_number, row_of};
use super::{lmdb, sequences};
use crate::error::{Error, Result};
use crate::query::{Abilities, Access, Deadline, Field, Row, Source, Visit};
use crate::record::{Map, PartKind, PredictionModel, ResidueKind};

/// One row of a scan.
struct StoredRow<'s, 't> {
    snapshot: &'s Snapshot<'t>,
    view: HeaderView<'s>,
    id: OnceCell<Cow<'s, str>>,
    job: Option<&'s str>,
}

impl Row for StoredRow<'_, '_> {
    fn number(&self) -> u64 {
        self.view.row
    }

    fn version(&self) -> u32 {
        self.view.version
    }

    fn id(&self) -> &str {
        // That it can be read was seen when the row was opened.
        self.id.get_or_init(|| self.view.id().unwrap_or_default())
    }

    fn model(&self) -> Option<&PredictionModel> {
        self.snapshot.loaded_model(self.view.model())
    }

    fn job(&self) -> Option<&str> {
        self.job
    }

    fn seed(&self) -> Option<i64> {
        self.view.seed()
    }

    fn sample(&self) -> Option<i64> {
        self.view.sample()
    }

    fn rank(&self) -> Option<i64> {
        self.view.rank()
    }

    fn ranking_score(&self) -> Option<f64> {
        self.view.ranking_score()
    }

    fn confidence(&self) -> Option<f64> {
        self.view.confidence()
    }

    fn created_at(&self) -> i64 {
        self.view.created_at()
    }

    fn updated_at(&self) -> i64 {
        self.view.updated_at()
    }

    fn length(&self) -> u32 {
        self.view.length()
    }

    fn chain_types(&self) -> Result<Vec<ResidueKind>> {
        self.view.chain_types()
    }

    fn parts(&self) -> Result<Vec<(PartKind, String)>> {
        self.view.part_names()
    }

    fn sequence(&self) -> Result<Cow<'_, str>> {
        sequences::get(self.snapshot.tables, self.snapshot.txn, self.view.sequence()).map(Cow::Owned)
    }

    fn metadata(&self) -> Result<Map> {
        self.view.metadata()
    }
}

impl Source for Snapshot<'_> {
    fn scan(&self, access: &Access, visit: &mut Visit<'_>) -> Result<()> {
        // So that each row finds its model at hand.
        self.all_models()?;
        match access {
            Access::All => self.scan_ids(visit),
            Access::AsOf(time) => self.scan_as_of(*time, visit),
            Access::Ids(ids) => self.scan_named(ids, visit),
            Access::SequencePrefix(_) | Access::Matching(_) | Access::Every(_) => {
                for row in self.rows(access)? {
                    if self.visit_current(row, visit)?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
            indexed => self.scan_ranges(indexed, false, visit),
        }
    }

    fn scan_ordered(&self, access: &Access, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        self.all_models()?;
        self.scan_ranges(access, descending, visit)
    }

    fn abilities(&self) -> Abilities {
        Abilities { intersects: true, residues: true, orders: true }
    }

    fn heed(&self, deadline: &Deadline) {
        self.deadline.replace(deadline.clone());
    }

    fn total(&self) -> Result<Option<u64>> {
        Counters::read(self.tables, self.txn).map(|counters| Some(counters.predictions))
    }

    fn estimate(&self, access: &Access, cap: u64) -> Result<u64> {
        let ranges = match access {
            Access::All => return Ok(self.total()?.unwrap_or(0).min(cap)),
            Access::AsOf(_) => return Ok(self.tables.ids.len(self.txn).map_err(lmdb)?.min(cap)),
            Access::Ids(ids) => return Ok((ids.len() as u64).min(cap)),
            Access::Matching(_) | Access::Every(_) if cap == u64::MAX => return Ok(self.rows(access)?.len()),
            Access::SequencePrefix(prefix) => return self.likely_prefix(prefix, cap),
            Access::Matching(pattern) => return self.likely(pattern, cap),
            Access::Every(ways) => {
                let rows = ways.iter().map(|way| self.estimate(way, cap)).collect::<Result<Vec<_>>>()?;
                return Ok(rows.into_iter().min().unwrap_or(0));
            }
            indexed => self.ranges(indexed)?,
        };
        let mut count = 0;
        for (index, range) in ranges {
            count += packed::count(self.tables, self.txn, index, between(&range), cap - count)?;
            if count >= cap {
                return Ok(cap);
            }
        }
        Ok(count)
    }

    fn models(&self, name: Option<&str>, version: Option<&str>) -> Result<Vec<String>> {
        let fits = |model: &&PredictionModel| {
            name.is_none_or(|name| model.name == name) && version.is_none_or(|v| model.version.as_deref() == Some(v))
        };
        Ok(self.list_models()?.into_iter().filter(fits).map(|model| model.id.clone()).collect())
    }

    fn declared(&self) -> Result<Vec<Field>> {
        Ok(self.declared_indexes()?.fields().cloned().collect())
    }
}

impl Snapshot<'_> {
    fn scan_ranges(&self, access: &Access, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        let mut ranges = self.ranges(access)?;
        if descending {
            ranges.reverse();
        }
        for (index, range) in ranges {
            let visit = |key: &[u8]| self.visit_current(packed::tail(index, key)?, visit);
            let walk: fn(&_, &_, _, _, _) -> Flow = if descending { packed::each_back } else { packed::each };
            if walk(self.tables, self.txn, index, between(&range), visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn scan_ids(&self, visit: &mut Visit<'_>) -> Result<()> {
        for entry in self.tables.ids.iter(self.txn).map_err(lmdb)? {
            let (id, value) = entry.map_err(lmdb)?;
            let view = newest(self.tables, self.txn, row_number(id, value)?)?;
            if let Some(view) = view.filter(|view| !view.deleted())
                && self.visit(view, visit)?.is_break()
            {
                break;
            }
        }
        Ok(())
    }

    fn scan_named(&self, ids: &[String], visit: &mut Visit<'_>) -> Result<()> {
        for id in ids {
            let Some(row) = row_of(self.tables, self.txn, id)? else { continue };
            let view = newest(self.tables, self.txn, row)?;
            if let Some(view) = view.filter(|view| !view.deleted())
                && self.visit(view, visit)?.is_break()
            {
                break;
            }
        }
        Ok(())
    }

    /// Headers lie in the order of row and version: the last of a row that is old enough is the one that was visible.
    fn scan_as_of(&self, time: i64, visit: &mut Visit<'_>) -> Result<()> {
        let mut visible: Option<HeaderView<'_>> = None;
        for entry in self.tables.headers.iter(self.txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let view = HeaderView::open(key, value)?;
            let finished = visible.filter(|before| before.row != view.row);
            if finished.is_some() {
                visible = None;
            }
            if let Some(done) = finished.filter(|done| !done.deleted())
                && self.visit(done, visit)?.is_break()
            {
                return Ok(());
            }
            if view.updated_at() <= time {
                visible = Some(view);
            }
        }
        match visible.filter(|last| !last.deleted()) {
            Some(last) => self.visit(last, visit).map(|_| ()),
            None => Ok(()),
        }
    }

    fn visit_current(&self, row: u64, visit: &mut Visit<'_>) -> Flow {
        match newest(self.tables, self.txn, row)? {
            Some(view) if !view.deleted() => self.visit(view, visit),
            _ => Err(Error::corruption(format!("an index entry names row {row}, which holds no current prediction"))),
        }
    }

    fn visit(&self, view: HeaderView<'_>, visit: &mut Visit<'_>) -> Flow {
        let job = view.job()?;
        visit(&StoredRow { snapshot: self, view, id: OnceCell::new(), job })
    }
}
