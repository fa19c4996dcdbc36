//! Predictions: ids, versions, and the indexes over their columns.

use super::Walk;
use crate::error::Result;
use crate::record::{Part, PartBody, Prediction};
use crate::store::counters::Counters;
use crate::store::header::{self, HeaderView};
use crate::store::indexes::Indexed;
use crate::store::keys::last_u64;
use crate::store::packed::Index;
use crate::store::sealed::shown;
use crate::store::snapshot::{Snapshot, newest, row_number, row_of};
use crate::store::{Txn, lmdb, rebuild};

impl Walk<'_, '_> {
    /// Ids to rows to newest versions, and what the indexes must hold for them.
    pub(super) fn rows(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut counted = Counters::default();
        let schema = self.note(self.snapshot.schema())?.unwrap_or_default();
        for entry in tables.ids.iter(txn).map_err(lmdb)? {
            let (id, value) = entry.map_err(lmdb)?;
            self.gauge.advance(1)?;
            self.counts.predictions += 1;
            let Some(row) = self.note(row_number(id, value))? else { continue };
            self.in_use("row", row);
            let Some(view) = self.note(newest(tables, txn, row))? else { continue };
            let Some(view) = view else {
                self.fault(format!("id {}: row {row} has no version", shown(id)));
                continue;
            };
            let Some(prediction) = self.note(self.snapshot.decode(&view))? else { continue };
            if prediction.id.as_bytes() != id {
                self.fault(format!("id {}: row {row} says it is {:?}", shown(id), prediction.id));
            }
            if view.is_trace() {
                self.fault(format!("prediction {:?}: of its newest version only a trace is left", prediction.id));
            }
            if !prediction.deleted {
                if let Err(error) = schema.check(&prediction.metadata) {
                    self.fault(format!("prediction {:?}: {}", prediction.id, error.message()));
                }
                counted.count(&prediction, true);
                self.row_indexes(&view, &prediction)?;
            }
        }
        if let Some(counters) = self.note(Counters::read(tables, txn))? {
            self.counts(&counters, &counted);
        }
        self.row_strays()
    }

    fn row_indexes(&mut self, view: &HeaderView<'_>, prediction: &Prediction) -> Result<()> {
        if view.model() != 0 && prediction.model_id.is_none() {
            self.fault(format!("prediction {:?}: model number {} is missing", prediction.id, view.model()));
        }
        let declared = self.snapshot.declared_indexes()?;
        let indexed = Indexed::new(view.row, prediction, view.model(), view.sequence(), declared);
        for (index, key) in indexed.entries() {
            self.expect(index, key.as_bytes())?;
        }
        Ok(())
    }

    fn counts(&mut self, counters: &Counters, counted: &Counters) {
        let figures = |counters: &Counters| (counters.predictions, counters.residues, counters.part_bytes());
        if figures(counters) != figures(counted) {
            self.fault(format!(
                "table meta, key \"counters\": (predictions, residues, bytes of structures, arrays, originals) are {:?}, \
                 the count is {:?}",
                figures(counters),
                figures(counted)
            ));
        }
    }

    fn row_strays(&mut self) -> Result<()> {
        let snapshot = self.snapshot;
        for index in [
            Index::RowsBySequence,
            Index::ByCreated,
            Index::ByModel,
            Index::ByConfidence,
            Index::ByModelConfidence,
            Index::ByLength,
            Index::ByJob,
            Index::User,
        ] {
            self.strays(index, |key| row_has(snapshot, index, key))?;
        }
        Ok(())
    }

    /// Every version decodes, and so does every blob it names.
    pub(super) fn versions(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut before = None;
        for entry in tables.headers.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            self.gauge.advance(1)?;
            self.counts.versions += 1;
            self.counts.bytes += value.len() as u64;
            let last = std::mem::replace(&mut before, header::split_key(key));
            let Some(view) = self.note(HeaderView::open(key, value))? else { continue };
            self.in_use("row", view.row);
            let Some(prediction) = self.note(self.snapshot.decode(&view))? else { continue };
            if self.note(row_of(tables, txn, &prediction.id))? != Some(Some(view.row)) {
                self.fault(format!("row {}: id {:?} leads elsewhere", view.row, prediction.id));
            }
            if let Some((_, last)) = last.filter(|(row, _)| *row == view.row) {
                self.version_gap(&prediction, last);
            }
            for part in &prediction.parts {
                self.part(&prediction, part)?;
            }
        }
        Ok(())
    }

    /// Versions count up; some may be gone.
    fn version_gap(&mut self, prediction: &Prediction, last: u32) {
        if prediction.version <= last {
            let version = prediction.version;
            self.fault(format!("prediction {:?}: version {version} follows version {last}", prediction.id));
        }
    }

    fn part(&mut self, prediction: &Prediction, part: &Part) -> Result<()> {
        let PartBody::Stored(blob) = part.body else { return Ok(()) };
        let seen = self.references.entry(blob).or_default();
        *seen += 1;
        if *seen > 1 {
            return Ok(());
        }
        let decoded = rebuild::check_part(&prediction.parts, part, |part| self.snapshot.part(part));
        let named = decoded.map_err(|error| error.context(format!("prediction {:?}, {:?}", prediction.id, part.name)));
        self.note(named).map(drop)
    }
}

/// Whether the newest version of the row that an entry names gives this entry.
fn row_has(snapshot: &Snapshot<'_>, index: Index, key: &[u8]) -> Result<bool> {
    let Some(row) = last_u64(key) else { return Ok(false) };
    let Some(view) = live(snapshot, row, snapshot.txn)? else { return Ok(false) };
    let prediction = snapshot.decode(&view)?;
    let declared = snapshot.declared_indexes()?;
    let indexed = Indexed::new(row, &prediction, view.model(), view.sequence(), declared);
    Ok(indexed.entries().iter().any(|(other, entry)| *other == index && entry.as_bytes() == key))
}

fn live<'t>(snapshot: &Snapshot<'_>, row: u64, txn: &'t Txn<'_>) -> Result<Option<HeaderView<'t>>> {
    Ok(newest(snapshot.tables, txn, row)?.filter(|view| !view.deleted()))
}
