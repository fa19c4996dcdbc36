//! Predictions: ids, versions, and the indexes over their columns.

use super::Walk;
use crate::codec;
use crate::error::Result;
use crate::record::{Part, PartBody, PartKind, Prediction};
use crate::store::counters::Counters;
use crate::store::header::HeaderView;
use crate::store::indexes::Indexed;
use crate::store::keys::last_u64;
use crate::store::sealed::shown;
use crate::store::snapshot::{Snapshot, newest, row_number, row_of};
use crate::store::{Txn, lmdb};

impl Walk<'_, '_> {
    /// Ids to rows to newest versions, and what the indexes must hold for them.
    pub(super) fn rows(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut counted = Counters::default();
        for entry in tables.ids.iter(txn).map_err(lmdb)? {
            let (id, value) = entry.map_err(lmdb)?;
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
            if !prediction.deleted {
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
        let indexed = Indexed::new(view.row, prediction, view.model(), view.sequence());
        for (name, table, key) in indexed.entries(self.snapshot.tables) {
            self.expect(name, table, key.as_bytes())?;
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
        let tables = snapshot.tables;
        for (name, table) in [
            ("rows_by_sequence", tables.rows_by_sequence),
            ("by_created", tables.by_created),
            ("by_model", tables.by_model),
            ("by_confidence", tables.by_confidence),
            ("by_length", tables.by_length),
            ("by_job", tables.by_job),
            ("user_indexes", tables.user_indexes),
        ] {
            self.strays(name, table, |key| row_has(snapshot, name, key))?;
        }
        Ok(())
    }

    /// Every version decodes, and so does every blob it names.
    pub(super) fn versions(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        for entry in tables.headers.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let Some(view) = self.note(HeaderView::open(key, value))? else { continue };
            self.in_use("row", view.row);
            let Some(prediction) = self.note(self.snapshot.decode(&view))? else { continue };
            if self.note(row_of(tables, txn, &prediction.id))? != Some(Some(view.row)) {
                self.fault(format!("row {}: id {:?} leads elsewhere", view.row, prediction.id));
            }
            for part in &prediction.parts {
                self.part(&prediction.id, part)?;
            }
        }
        self.version_gaps(tables.headers.iter(txn).map_err(lmdb)?.map(|entry| Ok(entry.map_err(lmdb)?.0)))
    }

    /// Versions count up by one; the oldest may be gone.
    fn version_gaps<'k>(&mut self, keys: impl Iterator<Item = Result<&'k [u8]>>) -> Result<()> {
        let mut before = None;
        for key in keys {
            let at = crate::store::header::split_key(key?);
            if let (Some((row, version)), Some((last_row, last))) = (at, before)
                && row == last_row
                && version != last + 1
            {
                self.fault(format!("row {row}: version {version} follows version {last}"));
            }
            before = at;
        }
        Ok(())
    }

    fn part(&mut self, id: &str, part: &Part) -> Result<()> {
        let PartBody::Stored(blob) = part.body else { return Ok(()) };
        let seen = self.references.entry(blob).or_default();
        *seen += 1;
        if *seen > 1 {
            return Ok(());
        }
        let decoded = self.snapshot.part(part).and_then(|bytes| match part.kind {
            PartKind::Structure => codec::decode_structure(bytes).map(drop),
            PartKind::Array => codec::decode_array(bytes).map(drop),
            // Its checksum; rebuilding it needs the structure beside it.
            PartKind::Original => codec::check_original(bytes),
        });
        let named = decoded.map_err(|error| error.context(format!("prediction {id:?}, {:?}", part.name)));
        self.note(named).map(drop)
    }
}

/// Whether the newest version of the row that an entry names gives this entry.
fn row_has(snapshot: &Snapshot<'_>, name: &str, key: &[u8]) -> Result<bool> {
    let Some(row) = last_u64(key) else { return Ok(false) };
    let Some(view) = live(snapshot, row, snapshot.txn)? else { return Ok(false) };
    let prediction = snapshot.decode(&view)?;
    let indexed = Indexed::new(row, &prediction, view.model(), view.sequence());
    Ok(indexed.entries(snapshot.tables).iter().any(|(other, _, entry)| *other == name && entry.as_bytes() == key))
}

fn live<'t>(snapshot: &Snapshot<'_>, row: u64, txn: &'t Txn<'_>) -> Result<Option<HeaderView<'t>>> {
    Ok(newest(snapshot.tables, txn, row)?.filter(|view| !view.deleted()))
}
