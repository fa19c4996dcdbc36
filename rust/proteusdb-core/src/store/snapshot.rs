//! One consistent state of the store, for the length of one call.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use super::blobs;
use super::declared::{self, Declared};
use super::header::{self, HeaderView};
use super::keys::Key;
use super::kmers::Candidates;
use super::models;
use super::packed::{self, Index};
use super::sequences;
use super::tables::Tables;
use super::{Txn, analyses, lmdb, not_found, sealed};
use crate::error::{Error, Result};
use crate::query::{Deadline, Pattern};
use crate::record::{Analysis, Part, PartBody, Prediction, PredictionModel};

/// Which version of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The newest, unless it is a deletion.
    Current,
    /// The one with this number, a deletion included.
    Number(u32),
    /// The newest that was committed at this time (µs) or before, unless it is a deletion.
    AsOf(i64),
}

/// A read transaction with what is looked up often.
pub struct Snapshot<'t> {
    pub(super) tables: &'t Tables,
    pub(super) txn: &'t Txn<'t>,
    /// All models by number, once something asked for all; a single prediction looks up its own.
    models: OnceCell<BTreeMap<u32, PredictionModel>>,
    declared: OnceCell<Declared>,
    /// What a query that is being answered has to heed.
    pub(super) deadline: RefCell<Deadline>,
    /// The pattern that the index of residues was asked about last, and what it said.
    pub(super) residues: RefCell<Option<(Pattern, Candidates)>>,
}

impl<'t> Snapshot<'t> {
    pub(super) fn new(tables: &'t Tables, txn: &'t Txn<'t>) -> Self {
        let (deadline, residues) = (RefCell::default(), RefCell::default());
        Self { tables, txn, models: OnceCell::new(), declared: OnceCell::new(), deadline, residues }
    }

    /// Every model by its number, in the order of registration.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub(super) fn all_models(&self) -> Result<&BTreeMap<u32, PredictionModel>> {
        if let Some(models) = self.models.get() {
            return Ok(models);
        }
        let models = models::all(self.tables, self.txn)?.into_iter().collect();
        Ok(self.models.get_or_init(|| models))
    }

    /// The declared indexes.
    pub(super) fn declared_indexes(&self) -> Result<&Declared> {
        if let Some(declared) = self.declared.get() {
            return Ok(declared);
        }
        let declared = Declared::read(self.tables, self.txn)?;
        Ok(self.declared.get_or_init(|| declared))
    }

    /// The fields of the declared indexes in order, each with the number of its entries.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn list_indexes(&self) -> Result<Vec<(String, u64)>> {
        let declared = self.declared_indexes()?;
        let mut listed = Vec::new();
        for field in declared.fields() {
            let number = declared.number(field).unwrap_or(0);
            let prefix = declared::entry(number, &[]);
            let after = prefix.after();
            let range = (prefix.as_bytes(), after.as_ref().map(Key::as_bytes));
            listed.push((field.name(), packed::count(self.tables, self.txn, Index::User, range, u64::MAX)?));
        }
        Ok(listed)
    }

    /// The model with this number, among those that are at hand.
    pub(super) fn loaded_model(&self, number: u32) -> Option<&PredictionModel> {
        self.models.get()?.get(&number)
    }

    /// A version of a prediction; `None` where there is none.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn get(&self, id: &str, version: Version) -> Result<Option<Prediction>> {
        let Some(row) = row_of(self.tables, self.txn, id)? else { return Ok(None) };
        let view = match version {
            Version::Current => newest(self.tables, self.txn, row)?.filter(|view| !view.deleted()),
            Version::Number(number) => self.numbered(row, number)?.filter(|view| !view.is_trace()),
            Version::AsOf(time) => self.as_of(row, time)?,
        };
        view.map(|view| self.decode(&view)).transpose()
    }

    /// Every version of a prediction that is left, oldest first, deletions included.
    ///
    /// # Errors
    /// `NotFound` where the id was never stored; `Corruption` naming table and key.
    pub fn history(&self, id: &str) -> Result<Vec<Prediction>> {
        let row = row_of(self.tables, self.txn, id)?.ok_or_else(|| not_found(id))?;
        let prefix = Key::new().u64(row);
        let entries = self.tables.headers.prefix_iter(self.txn, prefix.as_bytes()).map_err(lmdb)?;
        let mut versions = Vec::new();
        for entry in entries {
            let (key, value) = entry.map_err(lmdb)?;
            let view = HeaderView::open(key, value)?;
            if !view.is_trace() {
                versions.push(self.decode(&view)?);
            }
        }
        Ok(versions)
    }

    /// The bytes of a part.
    ///
    /// # Errors
    /// `Corruption` where the blob is not there.
    pub fn part<'p>(&'p self, part: &'p Part) -> Result<&'p [u8]> {
        match &part.body {
            PartBody::Fresh(bytes) => Ok(bytes),
            PartBody::Stored(blob) => blobs::read(self.tables, self.txn, *blob),
            PartBody::Kept(key) => Err(super::foreign(part, key)),
        }
    }

    /// The bytes of a stored blob.
    ///
    /// # Errors
    /// `Corruption` where the blob is not there.
    pub fn blob(&self, blob: u64) -> Result<&[u8]> {
        blobs::read(self.tables, self.txn, blob)
    }

    /// Up to `limit` ids of current predictions, in order, from the one after `after`.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn ids(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
        use std::ops::Bound;
        let from = after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.as_bytes()));
        let mut ids = Vec::new();
        let range: (Bound<&[u8]>, Bound<&[u8]>) = (from, Bound::Unbounded);
        for entry in self.tables.ids.range(self.txn, &range).map_err(lmdb)? {
            if ids.len() == limit {
                break;
            }
            let (id, value) = entry.map_err(lmdb)?;
            if newest(self.tables, self.txn, row_number(id, value)?)?.is_some_and(|view| !view.deleted()) {
                let id = std::str::from_utf8(id).map_err(|_| Error::corruption("table ids: an id is no text"))?;
                ids.push(id.to_owned());
            }
        }
        Ok(ids)
    }

    /// The model with this id.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn model(&self, id: &str) -> Result<Option<PredictionModel>> {
        Ok(models::get(self.tables, self.txn, id)?.map(|(_, model)| model))
    }

    /// Every model, in the order of registration.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn list_models(&self) -> Result<Vec<&PredictionModel>> {
        Ok(self.all_models()?.values().collect())
    }

    /// The analysis with this id.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn analysis(&self, id: &str) -> Result<Option<Analysis>> {
        analyses::get(self.tables, self.txn, id)
    }

    /// Ids of analyses, all or those of a prediction, in order.
    ///
    /// # Errors
    /// `NotFound` for a prediction that was never stored; `Corruption` naming table and key.
    pub fn analyses(&self, prediction_id: Option<&str>) -> Result<Vec<String>> {
        let row = match prediction_id {
            None => None,
            Some(id) => Some(row_of(self.tables, self.txn, id)?.ok_or_else(|| not_found(id))?),
        };
        analyses::list(self.tables, self.txn, row)
    }

    pub(super) fn decode(&self, view: &HeaderView<'_>) -> Result<Prediction> {
        let sequence = sequences::get(self.tables, self.txn, view.sequence())?;
        view.decode(sequence, self.model_id(view.model())?)
    }

    fn model_id(&self, number: u32) -> Result<Option<String>> {
        match self.models.get() {
            _ if number == 0 => Ok(None),
            Some(models) => Ok(models.get(&number).map(|model| model.id.clone())),
            None => Ok(models::by_number(self.tables, self.txn, number)?.map(|model| model.id)),
        }
    }

    fn numbered(&self, row: u64, version: u32) -> Result<Option<HeaderView<'t>>> {
        let key = header::key(row, version);
        let value = self.tables.headers.get(self.txn, key.as_bytes()).map_err(lmdb)?;
        value.map(|value| HeaderView::open(key.as_bytes(), value)).transpose()
    }

    /// The version that was visible at a commit time.
    pub(super) fn as_of(&self, row: u64, time: i64) -> Result<Option<HeaderView<'t>>> {
        let prefix = Key::new().u64(row);
        let mut visible = None;
        for entry in self.tables.headers.prefix_iter(self.txn, prefix.as_bytes()).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let view = HeaderView::open(key, value)?;
            if view.updated_at() > time {
                break;
            }
            visible = Some(view);
        }
        Ok(visible.filter(|view| !view.deleted()))
    }
}

/// The row of an id, be the prediction deleted or not.
pub(super) fn row_of(tables: &Tables, txn: &Txn<'_>, id: &str) -> Result<Option<u64>> {
    if id.is_empty() || id.len() > crate::record::id::MAX_ID_BYTES {
        return Ok(None);
    }
    let value = tables.ids.get(txn, id.as_bytes()).map_err(lmdb)?;
    value.map(|value| row_number(id.as_bytes(), value)).transpose()
}

/// A value of the table `ids`.
pub(super) fn row_number(id: &[u8], value: &[u8]) -> Result<u64> {
    let payload = sealed::open("ids", id, value)?;
    let bytes = payload.try_into().map_err(|_| Error::corruption(format!("table ids, key {}", sealed::shown(id))))?;
    Ok(u64::from_le_bytes(bytes))
}

/// The newest version of a row, a deletion included.
pub(super) fn newest<'t>(tables: &Tables, txn: &'t Txn<'_>, row: u64) -> Result<Option<HeaderView<'t>>> {
    let last = header::key(row, u32::MAX);
    match tables.headers.get_lower_than_or_equal_to(txn, last.as_bytes()).map_err(lmdb)? {
        Some((key, value)) if header::split_key(key).is_some_and(|(found, _)| found == row) => {
            HeaderView::open(key, value).map(Some)
        }
        _ => Ok(None),
    }
}
