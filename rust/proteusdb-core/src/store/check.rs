//! Proves that all tables agree: every index entry points both ways, every reference is counted.
//!
//! Each fault is one line that names table and key; the walk goes on, so one damaged value does not hide another.

use std::collections::{BTreeMap, BTreeSet};

use super::analyses;
use super::blobs::{self, Locator};
use super::counters::Counters;
use super::header::HeaderView;
use super::indexes::Indexed;
use super::keys::last_u64;
use super::sealed::shown;
use super::snapshot::{Snapshot, newest, row_number, row_of};
use super::{lmdb, sequences};
use crate::codec;
use crate::error::Result;
use crate::record::{PartBody, PartKind};

/// Faults reported before the walk gives up naming them one by one.
const MOST: usize = 1_000;

/// Walks every table; one line a fault.
pub(super) fn check(snapshot: &Snapshot<'_>) -> Result<Vec<String>> {
    let mut walk = Walk { snapshot, faults: Vec::new(), references: BTreeMap::new(), expected: BTreeSet::new() };
    walk.rows()?;
    walk.versions()?;
    walk.indexes()?;
    walk.blobs()?;
    walk.analyses()?;
    Ok(walk.faults)
}

struct Walk<'s, 't> {
    snapshot: &'s Snapshot<'t>,
    faults: Vec<String>,
    /// How many versions refer to each blob.
    references: BTreeMap<u64, u64>,
    /// Every index entry that must be there.
    expected: BTreeSet<(&'static str, Vec<u8>)>,
}

impl Walk<'_, '_> {
    fn fault(&mut self, what: String) {
        if self.faults.len() < MOST {
            self.faults.push(what);
        }
    }

    /// Takes note of a failure; damage is a fault, anything else ends the walk.
    fn note<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == crate::Kind::Corruption => {
                self.fault(error.message().to_owned());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Ids to rows to current versions, and what the indexes must hold for them.
    fn rows(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let (mut predictions, mut residues) = (0, 0);
        for entry in tables.ids.iter(txn).map_err(lmdb)? {
            let (id, value) = entry.map_err(lmdb)?;
            let Some(row) = self.note(row_number(id, value))? else { continue };
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
                predictions += 1;
                residues += prediction.length() as u64;
                let indexed = Indexed::new(row, &prediction, view.model(), view.sequence());
                let entries = indexed.entries(tables).into_iter();
                self.expected.extend(entries.map(|(name, _, key)| (name, key.as_bytes().to_vec())));
            }
        }
        let counters = Counters::read(tables, txn)?;
        if (counters.predictions, counters.residues) != (predictions, residues) {
            self.fault(format!(
                "counters say {} predictions of {} residues, there are {predictions} of {residues}",
                counters.predictions, counters.residues
            ));
        }
        Ok(())
    }

    /// Every version decodes, and so does every blob it names.
    fn versions(&mut self) -> Result<()> {
        let Snapshot { tables, txn, models, .. } = self.snapshot;
        for entry in tables.headers.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let Some(view) = self.note(HeaderView::open(key, value))? else { continue };
            let Some(prediction) = self.note(self.snapshot.decode(&view))? else { continue };
            if row_of(tables, txn, &prediction.id)? != Some(view.row) {
                self.fault(format!("row {}: id {:?} leads elsewhere", view.row, prediction.id));
            }
            if view.model() != 0
                && !prediction.deleted
                && !models.contains_key(&view.model())
                && self.is_current(&view)?
            {
                self.fault(format!("prediction {:?}: model number {} is missing", prediction.id, view.model()));
            }
            for part in &prediction.parts {
                let PartBody::Stored(blob) = part.body else { continue };
                let seen = self.references.entry(blob).or_default();
                *seen += 1;
                if *seen > 1 {
                    continue;
                }
                let decoded = self.snapshot.part(part).and_then(|bytes| match part.kind {
                    PartKind::Structure => codec::decode_structure(bytes).map(drop),
                    PartKind::Array => codec::decode_array(bytes).map(drop),
                    // Its checksum; rebuilding it needs the structure beside it.
                    PartKind::Original => codec::check_original(bytes),
                });
                let named =
                    decoded.map_err(|error| error.context(format!("prediction {:?}, {:?}", prediction.id, part.name)));
                self.note(named)?;
            }
        }
        Ok(())
    }

    fn is_current(&self, view: &HeaderView<'_>) -> Result<bool> {
        let current = newest(self.snapshot.tables, self.snapshot.txn, view.row)?;
        Ok(current.is_some_and(|current| current.version == view.version))
    }

    /// The indexes hold what they must and nothing else.
    fn indexes(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut expected = std::mem::take(&mut self.expected);
        let indexes = ["rows_by_sequence", "by_created", "by_model", "by_confidence", "by_length", "by_job"];
        for (name, table) in tables.all().into_iter().filter(|(name, _)| indexes.contains(name)) {
            for entry in table.iter(txn).map_err(lmdb)? {
                let (key, _) = entry.map_err(lmdb)?;
                if !expected.remove(&(name, key.to_vec())) {
                    self.fault(format!("table {name}, key {}: no current prediction has this entry", shown(key)));
                }
            }
        }
        for (name, key) in expected {
            self.fault(format!("table {name}, key {}: the entry is missing", shown(&key)));
        }
        for entry in tables.sequence_prefixes.iter(txn).map_err(lmdb)? {
            let (key, _) = entry.map_err(lmdb)?;
            let sequence = last_u64(key).map(|id| (id, sequences::get(tables, txn, id)));
            let fits = |id, sequence: &str| {
                sequence.split(':').any(|chain| sequences::prefix_key(chain, id).as_bytes() == key)
            };
            if !sequence.is_some_and(|(id, sequence)| sequence.is_ok_and(|sequence| fits(id, sequence))) {
                self.fault(format!("table sequence_prefixes, key {}: no sequence has this chain", shown(key)));
            }
        }
        Ok(())
    }

    /// Every blob is referred to as often as it says.
    fn blobs(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut references = std::mem::take(&mut self.references);
        for entry in tables.blobs.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let blob = last_u64(key).unwrap_or(0);
            let counted = references.remove(&blob).unwrap_or(0);
            if let Some(locator) = self.note(Locator::decode(key, value))? {
                if locator.references != counted {
                    self.fault(format!(
                        "blob {blob}: it counts {} references, there are {counted}",
                        locator.references
                    ));
                }
                self.note(blobs::read(tables, txn, blob).map(drop))?;
            }
        }
        for blob in references.keys() {
            self.fault(format!("blob {blob}: a version refers to it and it is missing"));
        }
        Ok(())
    }

    /// Every analysis belongs to a current prediction.
    fn analyses(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        for entry in tables.analyses.iter(txn).map_err(lmdb)? {
            let (id, value) = entry.map_err(lmdb)?;
            let Some((row, analysis)) = self.note(analyses::decode(id, value))? else { continue };
            let alive = newest(tables, txn, row)?.is_some_and(|view| !view.deleted());
            if !alive || row_of(tables, txn, &analysis.prediction_id)? != Some(row) {
                self.fault(format!("analysis {}: prediction {:?} is gone", shown(id), analysis.prediction_id));
            }
        }
        Ok(())
    }
}
