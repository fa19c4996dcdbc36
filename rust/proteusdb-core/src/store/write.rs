//! What happens inside a write transaction: each operation is checked first and writes only then, so one that fails
//! leaves nothing of itself behind.

mod trim;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::Arc;

use heed::RwTxn;

use super::arrays::Shared;
use super::blobs::{self, Packer};
use super::commits::{self, Touched};
use super::counters::Counters;
use super::declared::Declared;
use super::header;
use super::indexes::{Indexed, Pending};
use super::models::Numbered;
use super::quota::Quota;
use super::sequences::Interner;
use super::tables::{Tables, append};
use super::{analyses, growth, lmdb, models, schema, sealed};
use crate::error::{Error, Kind, Result};
use crate::operation::{Change, OnConflict, Operation, Outcome};
use crate::record::{Analysis, PartBody, Prediction, UNSET_TIME, time};
use crate::validate::Schema;

/// What becomes of the other operations when one fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The first failure undoes everything.
    AllOrNothing,
    /// An operation that fails its checks fails alone.
    EachAlone,
}

/// Applies operations in one transaction.
pub(super) fn apply(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    operations: &[impl Borrow<Operation>],
    mode: Mode,
) -> Result<Vec<Result<Outcome>>> {
    let brought: u64 = operations.iter().map(|operation| operation.borrow().fresh_bytes()).sum();
    let adds = operations.iter().any(|operation| operation.borrow().adds());
    let quota = if adds { Quota::read(tables, txn)? } else { Quota::default() };
    let before = quota.used(tables, txn)?;
    let mut writer = Writer::begin(tables, txn, brought)?;
    let mut outcomes = Vec::with_capacity(operations.len());
    for operation in operations {
        match writer.operation(operation.borrow()) {
            // Only what the caller got wrong fails alone; a failing disk or a full map fails the transaction.
            Err(error) if mode == Mode::AllOrNothing || !is_callers(error.kind()) => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    writer.finish()?;
    quota.check(before, quota.used(tables, txn)?)?;
    Ok(outcomes)
}

/// Whether a failure is the caller's, and leaves the transaction sound.
pub(super) fn is_callers(kind: Kind) -> bool {
    matches!(kind, Kind::Validation | Kind::Conflict | Kind::NotFound | Kind::Query)
}

/// The newest version of a row, with the numbers this store knows it by.
pub(super) struct Current {
    pub(super) prediction: Prediction,
    pub(super) indexed: Indexed,
}

/// A write transaction, with what its operations share.
pub(super) struct Writer<'a, 't> {
    pub(super) tables: &'a Tables,
    pub(super) txn: &'a mut RwTxn<'t>,
    pub(super) counters: Counters,
    pub(super) packer: Packer,
    shared: Shared,
    packed: bool,
    sequences: Interner,
    /// Index entries to be written at the end.
    pub(super) pending: Pending,
    declared: Declared,
    /// What metadata must be like.
    schema: Schema,
    /// The moments of tags, once something asked for them.
    moments: Option<Arc<[i64]>>,
    /// The commit time.
    pub(super) now: i64,
    /// Model texts that this transaction has resolved.
    pub(super) resolved: HashMap<String, Numbered>,
}

impl<'a, 't> Writer<'a, 't> {
    /// For a transaction that brings so many bytes of parts.
    pub(super) fn begin(tables: &'a Tables, txn: &'a mut RwTxn<'t>, brought: u64) -> Result<Self> {
        let counters = Counters::read(tables, txn)?;
        let now = time::now().max(counters.last_commit as i64 + 1);
        growth::sample(tables, txn, &counters, now)?;
        Ok(Self {
            declared: Declared::read(tables, txn)?,
            schema: schema::read(tables, txn)?,
            moments: None,
            shared: Shared::new(&counters),
            packer: Packer::default(),
            packed: brought >= blobs::PACK,
            sequences: Interner::default(),
            pending: Pending::default(),
            now,
            resolved: HashMap::new(),
            counters,
            tables,
            txn,
        })
    }

    fn operation(&mut self, operation: &Operation) -> Result<Outcome> {
        match operation {
            Operation::Bounded { operation, keep_versions } => self.bounded(operation, *keep_versions),
            Operation::Expect { id, version } => self.expect(id, *version),
            Operation::Store { prediction, model, on_conflict } => {
                self.store(prediction, model.as_deref(), *on_conflict)
            }
            Operation::Update { id, change, expected_version } => self.update(id, change, *expected_version),
            Operation::Delete { id, cascade, purge } => self.delete(id, *cascade, *purge),
            Operation::StoreModel { name, version, configuration } => {
                let model = (name.as_str(), version.as_deref(), configuration);
                let (_, model) = models::register(self.tables, self.txn, &mut self.counters, self.now, model)?;
                self.resolved.clear();
                Ok(Outcome::Id(model.id))
            }
            Operation::UpdateModel { id, name, version, configuration } => {
                self.resolved.clear();
                models::update(self.tables, self.txn, id, name.as_deref(), version.as_ref(), configuration)?;
                commits::note(self.tables, self.txn, self.now, Touched::Model(id))?;
                Ok(Outcome::Id(id.clone()))
            }
            Operation::DeleteModel { id } => {
                self.resolved.clear();
                // Whether a model is used stands in an index.
                self.pending.flush(self.tables, self.txn)?;
                models::delete(self.tables, self.txn, id)?;
                commits::note(self.tables, self.txn, self.now, Touched::Model(id)).map(|()| Outcome::Deleted)
            }
            Operation::StoreAnalysis(analysis) => self.store_analysis(analysis),
            Operation::DeleteAnalysis { id } => match self.delete_analysis(id)? {
                true => Ok(Outcome::Deleted),
                false => Err(Error::validation(format!("no analysis has the id {id:?}"))),
            },
        }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.sequences.finish(self.tables, self.txn)?;
        self.pending.flush(self.tables, self.txn)?;
        self.packer.finish(self.tables, self.txn, &mut self.counters)?;
        self.counters.last_commit = self.now as u64;
        self.counters.write(self.tables, self.txn)
    }

    fn expect(&self, id: &str, expected: Option<u32>) -> Result<Outcome> {
        let shown =
            |version: Option<u32>| version.map_or_else(|| "absent".to_owned(), |version| format!("version {version}"));
        let current = self.current(id)?.filter(|current| !current.prediction.deleted);
        let version = current.map(|current| current.prediction.version);
        if version == expected {
            return Ok(Outcome::AsExpected);
        }
        Err(Error::conflict(format!(
            "prediction {id:?} was {} when this transaction first saw it and is {} now; nothing was applied, run the \
             transaction again",
            shown(expected),
            shown(version)
        )))
    }

    fn store(&mut self, prediction: &Prediction, model: Option<&str>, on_conflict: OnConflict) -> Result<Outcome> {
        let current = self.current(&prediction.id)?;
        let live = current.as_ref().filter(|current| !current.prediction.deleted);
        match (live, on_conflict) {
            (Some(current), OnConflict::Error) => {
                return Err(Error::conflict(format!(
                    "prediction_id {:?} is taken (version {}); on_conflict=\"skip\" leaves what is stored, \"replace\" \
                     makes a new version",
                    prediction.id, current.prediction.version
                )));
            }
            (Some(current), OnConflict::Skip) => {
                let version = current.prediction.version;
                return Ok(Outcome::Skipped { id: prediction.id.clone(), version });
            }
            _ => {}
        }
        self.schema.check(&prediction.metadata)?;
        let mut next = prediction.clone();
        if next.created_at == UNSET_TIME {
            next.created_at = live.map_or(self.now, |current| current.prediction.created_at);
        }
        let number = self.resolve(model, &mut next)?;
        let row = match &current {
            Some(current) => current.indexed.row,
            None => self.new_row(&prediction.id)?,
        };
        self.write_version(row, current, next, number)
    }

    fn update(&mut self, id: &str, change: &Change, expected: Option<u32>) -> Result<Outcome> {
        let current = self.live(id)?;
        if let Some(expected) = expected.filter(|&expected| expected != current.prediction.version) {
            return Err(Error::conflict(format!(
                "prediction {id:?} is at version {}, version {expected} was expected; read it again and repeat the change",
                current.prediction.version
            )));
        }
        let mut next = change.apply(&current.prediction)?;
        self.schema.check(&next.metadata)?;
        let number = match &change.model {
            None => current.indexed.model,
            Some(model) => self.resolve(model.as_deref(), &mut next)?,
        };
        self.write_version(current.indexed.row, Some(current), next, number)
    }

    fn delete(&mut self, id: &str, cascade: bool, purge: bool) -> Result<Outcome> {
        let current = match purge {
            // A deleted prediction's history can still be purged.
            true => self.current(id)?.ok_or_else(|| super::not_found(id))?,
            false => self.live(id)?,
        };
        let row = current.indexed.row;
        let referring = analyses::list(self.tables, self.txn, Some(row))?;
        if !referring.is_empty() && !cascade {
            return Err(Error::validation(format!(
                "prediction {id:?} has {} analysis(es), {} among them; cascade=True deletes them too",
                referring.len(),
                referring[0]
            )));
        }
        for analysis in &referring {
            self.delete_analysis(analysis)?;
        }
        if purge {
            return self.purge(current).map(|_| Outcome::Deleted);
        }
        self.bury(current).map(|()| Outcome::Deleted)
    }

    pub(super) fn delete_analysis(&mut self, id: &str) -> Result<bool> {
        let deleted = analyses::delete(self.tables, self.txn, id)?;
        if deleted {
            commits::note(self.tables, self.txn, self.now, Touched::Analysis(id))?;
        }
        Ok(deleted)
    }

    pub(super) fn store_analysis(&mut self, analysis: &Analysis) -> Result<Outcome> {
        let current = self.live(&analysis.prediction_id).map_err(|error| match error.kind() {
            Kind::NotFound => Error::validation(format!(
                "analysis of prediction {:?}: no such prediction is stored",
                analysis.prediction_id
            )),
            _ => error,
        })?;
        analyses::store(self.tables, self.txn, current.indexed.row, analysis)?;
        commits::note(self.tables, self.txn, self.now, Touched::Analysis(&analysis.id))?;
        Ok(Outcome::Id(analysis.id.clone()))
    }

    /// Resolves a model text and sets the prediction's model id; returns the model's number, 0 for none.
    fn resolve(&mut self, model: Option<&str>, next: &mut Prediction) -> Result<u32> {
        let Some(text) = model else {
            next.model_id = None;
            return Ok(0);
        };
        if !self.resolved.contains_key(text) {
            let found = models::resolve(self.tables, self.txn, &mut self.counters, self.now, text)?;
            self.resolved.insert(text.to_owned(), found);
        }
        let Some((number, model)) = self.resolved.get(text) else { return Ok(0) };
        next.model_id = Some(model.id.clone());
        Ok(*number)
    }

    pub(super) fn new_row(&mut self, id: &str) -> Result<u64> {
        let row = Counters::take(&mut self.counters.next_row);
        let value = sealed::seal("ids", id.as_bytes(), &row.to_le_bytes());
        self.tables.ids.put(self.txn, id.as_bytes(), &value).map_err(lmdb)?;
        Ok(row)
    }

    /// Writes the version that follows `current`.
    fn write_version(
        &mut self,
        row: u64,
        current: Option<Current>,
        mut next: Prediction,
        model: u32,
    ) -> Result<Outcome> {
        next.version = current.as_ref().map_or(0, |current| current.prediction.version) + 1;
        next.updated_at = self.now;
        self.put_version(row, current, next, model)
    }

    /// Writes a version above `current`, with its blobs and index entries.
    pub(super) fn put_version(
        &mut self,
        row: u64,
        current: Option<Current>,
        mut next: Prediction,
        model: u32,
    ) -> Result<Outcome> {
        for part in &mut next.parts {
            match &part.body {
                PartBody::Stored(blob) => blobs::retain(self.tables, self.txn, *blob)?,
                PartBody::Fresh(bytes) => {
                    let bytes = bytes.clone();
                    part.body = PartBody::Stored(self.blob(&bytes)?);
                }
                PartBody::Kept(key) => return Err(super::foreign(part, key)),
            }
        }
        let sequence = match &current {
            Some(current) if current.prediction.sequence == next.sequence => current.indexed.sequence,
            _ => {
                let (counters, pending) = (&mut self.counters, &mut self.pending);
                self.sequences.intern(self.tables, self.txn, counters, pending, &next.sequence)?
            }
        };
        let value = header::encode(row, &next, model, sequence)?;
        let key = header::key(row, next.version);
        match current {
            // A new row is above all others: its header is appended, which fills pages to the brim.
            None => append(self.tables.headers, self.txn, key.as_bytes(), &value)?,
            Some(_) => self.tables.headers.put(self.txn, key.as_bytes(), &value).map_err(lmdb)?,
        }
        commits::note(self.tables, self.txn, self.now, Touched::Version(row, next.version))?;
        let before = current.filter(|current| !current.prediction.deleted);
        if let Some(before) = &before {
            self.counters.count(&before.prediction, false);
        }
        if !next.deleted {
            self.counters.count(&next, true);
        }
        let after = (!next.deleted).then(|| Indexed::new(row, &next, model, sequence, &self.declared));
        self.pending.replace(before.as_ref().map(|current| &current.indexed), after.as_ref());
        Ok(Outcome::Written { id: next.id, version: next.version })
    }

    /// Stores a blob, or finds it; one more version refers to it.
    fn blob(&mut self, bytes: &Arc<[u8]>) -> Result<u64> {
        if let Some(blob) = self.shared.find(self.tables, self.txn, bytes)? {
            blobs::retain(self.tables, self.txn, blob)?;
            return Ok(blob);
        }
        let blob = self.packer.put(self.tables, self.txn, &mut self.counters, bytes, self.packed)?;
        self.shared.add(&mut self.pending, blob, bytes);
        Ok(blob)
    }

    /// The newest version of an id, a deletion included.
    pub(super) fn current(&self, id: &str) -> Result<Option<Current>> {
        let Some(row) = super::snapshot::row_of(self.tables, self.txn, id)? else { return Ok(None) };
        let Some(view) = super::snapshot::newest(self.tables, self.txn, row)? else {
            return Err(Error::corruption(format!("prediction {id:?}: row {row} has no version")));
        };
        let sequence = self.sequences.get(self.tables, self.txn, view.sequence())?;
        let prediction = view.decode(sequence, None)?;
        let indexed = Indexed::new(row, &prediction, view.model(), view.sequence(), &self.declared);
        Ok(Some(Current { prediction, indexed }))
    }

    fn live(&self, id: &str) -> Result<Current> {
        self.current(id)?.filter(|current| !current.prediction.deleted).ok_or_else(|| super::not_found(id))
    }
}
