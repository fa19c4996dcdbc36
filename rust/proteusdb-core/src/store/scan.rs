//! A snapshot as a source of rows for queries: each access path is a range of one table.

use std::borrow::Cow;
use std::ops::{Bound, ControlFlow};

use super::header::HeaderView;
use super::keys::{Key, last_u64};
use super::snapshot::{Snapshot, newest, row_number};
use super::tables::Table;
use super::{lmdb, sequences};
use crate::error::{Error, Result};
use crate::query::{Access, Row, Source, Visit};
use crate::record::{Map, PredictionModel};

/// From a key (inclusive) to a key (exclusive; `None` is the end of the table).
type Range = (Key, Option<Key>);

/// One row of a scan.
struct StoredRow<'s, 't> {
    snapshot: &'s Snapshot<'t>,
    view: HeaderView<'s>,
    id: &'s str,
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
        self.id
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

    fn sequence(&self) -> Result<Cow<'_, str>> {
        sequences::get(self.snapshot.tables, self.snapshot.txn, self.view.sequence()).map(Cow::Borrowed)
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
            Access::SequencePrefix(prefix) => self.scan_prefix(prefix, visit),
            indexed => {
                for (table, range) in self.ranges(indexed)? {
                    if self.scan_range(table, &range, visit)?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    fn estimate(&self, access: &Access, cap: u64) -> Result<u64> {
        let ranges = match access {
            Access::All | Access::AsOf(_) => {
                return Ok(self.tables.ids.len(self.txn).map_err(lmdb)?.min(cap));
            }
            Access::SequencePrefix(prefix) => vec![(self.tables.sequence_prefixes, prefix_range(prefix))],
            indexed => self.ranges(indexed)?,
        };
        let mut count = 0;
        for (table, (from, to)) in ranges {
            for entry in table.range(self.txn, &bounds(&from, to.as_ref())).map_err(lmdb)? {
                entry.map_err(lmdb)?;
                count += 1;
                if count >= cap {
                    return Ok(count);
                }
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
}

impl Snapshot<'_> {
    /// Table and ranges of an access path that one index answers.
    fn ranges(&self, access: &Access) -> Result<Vec<(Table, Range)>> {
        let from_to = |key: Key, from: Option<i64>, to: Option<i64>| {
            let start = from.map_or_else(|| key.clone(), |from| key.clone().time(from));
            let end = to.map_or_else(|| key.after(), |to| key.clone().time(to).after());
            (start, end)
        };
        Ok(match access {
            Access::Models { ids, from, to } => {
                let numbers =
                    self.all_models()?.iter().filter(|(_, model)| ids.contains(&model.id)).map(|(number, _)| *number);
                numbers.map(|number| (self.tables.by_model, from_to(Key::new().u32(number), *from, *to))).collect()
            }
            Access::Created { from, to } => vec![(self.tables.by_created, from_to(Key::new(), *from, *to))],
            Access::Confidence(least) => vec![(self.tables.by_confidence, (Key::new().real(*least), None))],
            Access::Length { min, max } => {
                vec![(self.tables.by_length, (Key::new().u32(*min), Key::new().u32(*max).after()))]
            }
            Access::Job(job) => {
                let key = Key::new().text(job);
                vec![(self.tables.by_job, (key.clone(), key.after()))]
            }
            Access::All | Access::AsOf(_) | Access::SequencePrefix(_) => Vec::new(),
        })
    }

    fn scan_range(&self, table: Table, (from, to): &Range, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
        for entry in table.range(self.txn, &bounds(from, to.as_ref())).map_err(lmdb)? {
            let (key, _) = entry.map_err(lmdb)?;
            if self.visit_current(key, visit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
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

    /// A sequence of several chains may match by more than one, and is visited once.
    fn scan_prefix(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<()> {
        let (from, to) = prefix_range(prefix);
        let mut sequences = Vec::new();
        for entry in self.tables.sequence_prefixes.range(self.txn, &bounds(&from, to.as_ref())).map_err(lmdb)? {
            sequences.extend(last_u64(entry.map_err(lmdb)?.0));
        }
        sequences.sort_unstable();
        sequences.dedup();
        for sequence in sequences {
            let key = Key::new().u64(sequence);
            let range = (key.clone(), key.after());
            if self.scan_range(self.tables.rows_by_sequence, &range, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn visit_current(&self, key: &[u8], visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
        let row = last_u64(key).ok_or_else(|| Error::corruption("an index entry names no row"))?;
        match newest(self.tables, self.txn, row)? {
            Some(view) if !view.deleted() => self.visit(view, visit),
            _ => Err(Error::corruption(format!("an index entry names row {row}, which holds no current prediction"))),
        }
    }

    fn visit(&self, view: HeaderView<'_>, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
        let (id, job) = view.names()?;
        visit(&StoredRow { snapshot: self, view, id, job })
    }
}

fn prefix_range(prefix: &str) -> Range {
    let key = Key::new().raw(prefix.get(..sequences::PREFIX).unwrap_or(prefix).as_bytes());
    let after = key.after();
    (key, after)
}

/// LMDB seeks no empty key, so a range from the very beginning has no lower bound.
fn bounds<'k>(from: &'k Key, to: Option<&'k Key>) -> (Bound<&'k [u8]>, Bound<&'k [u8]>) {
    let start = Some(from.as_bytes()).filter(|from| !from.is_empty());
    (start.map_or(Bound::Unbounded, Bound::Included), to.map_or(Bound::Unbounded, |to| Bound::Excluded(to.as_bytes())))
}
