//! Versions, models and analyses as another store had them, with their numbers and times.
//!
//! ```text
//! archive, incremental backup, another back end ── items ──> one transaction ──> the same history here
//! ```
//!
//! An item that is here already is passed over, so what was stopped is begun again. A version that would have to stand
//! between others, or in the place of another, is a conflict. In a store that is being filled (`fresh`) each version
//! stands under its own commit; in one that goes on, under the commit that brought it, so that no backup misses it.

use heed::RwTxn;

use super::commits::{self, Touched};
use super::counters::Counters;
use super::snapshot;
use super::tables::Tables;
use super::write::Writer;
use super::{analyses, blobs, header, lmdb, models};
use crate::error::{Error, Result};
use crate::record::{Analysis, Part, PartBody, Prediction, PredictionModel};

/// Something to be imported as it is.
#[derive(Debug, Clone)]
pub enum Item {
    /// A model, under its id.
    Model(PredictionModel),
    /// A version, under its number and commit time; its parts in memory.
    Version(Box<Prediction>),
    /// An analysis, under its id.
    Analysis(Box<Analysis>),
    /// A model that is no more.
    NoModel(String),
    /// An analysis that is no more.
    NoAnalysis(String),
}

impl Item {
    /// Bytes of the parts it brings.
    pub(super) fn fresh_bytes(&self) -> u64 {
        let fresh = |part: &&Part| matches!(part.body, PartBody::Fresh(_));
        match self {
            Self::Version(prediction) => prediction.parts.iter().filter(fresh).map(|part| part.size).sum(),
            _ => 0,
        }
    }
}

/// Imports items in one transaction; whether each was new.
///
/// # Errors
/// `Conflict` naming a version that is here with another content, `Validation` naming what an item refers to and is not
/// here; nothing was written then.
pub(super) fn import(tables: &Tables, txn: &mut RwTxn<'_>, items: &[Item], fresh: bool) -> Result<Vec<bool>> {
    let mut writer = Writer::begin(tables, txn, items.iter().map(Item::fresh_bytes).sum())?;
    let mut last = writer.now;
    if fresh {
        last = writer.counters.last_commit as i64;
        writer.now = last;
    }
    let mut new = Vec::with_capacity(items.len());
    for item in items {
        new.push(match item {
            Item::Model(model) => writer.import_model(model)?,
            Item::Version(prediction) => {
                last = last.max(prediction.updated_at);
                writer.import_version(prediction, fresh)?
            }
            Item::Analysis(analysis) => writer.import_analysis(analysis)?,
            Item::NoModel(id) => writer.drop_model(id)?,
            Item::NoAnalysis(id) => writer.delete_analysis(id)?,
        });
    }
    writer.now = last;
    writer.finish().map(|()| new)
}

/// Gives out numbers of blobs above this one only.
pub(super) fn skip_blobs(tables: &Tables, txn: &mut RwTxn<'_>, last: u64) -> Result<()> {
    let mut counters = Counters::read(tables, txn)?;
    counters.next_blob = counters.next_blob.max(last);
    counters.write(tables, txn)
}

impl Writer<'_, '_> {
    fn import_model(&mut self, model: &PredictionModel) -> Result<bool> {
        self.resolved.clear();
        let known = models::get(self.tables, self.txn, &model.id)?;
        if known.as_ref().is_some_and(|(_, known)| known == model) {
            return Ok(false);
        }
        models::put(self.tables, self.txn, &mut self.counters, known.map(|(number, _)| number), model)?;
        commits::note(self.tables, self.txn, self.now, Touched::Model(&model.id)).map(|()| true)
    }

    fn import_version(&mut self, prediction: &Prediction, fresh: bool) -> Result<bool> {
        let current = self.current(&prediction.id)?;
        if let Some(current) = current.as_ref().map(|current| &current.prediction)
            && (prediction.version <= current.version || prediction.updated_at < current.updated_at)
        {
            return self.passed(prediction, current.version);
        }
        let number = match &prediction.model_id {
            None => 0,
            Some(id) => models::get(self.tables, self.txn, id)?.map(|(number, _)| number).ok_or_else(|| {
                Error::validation(format!("prediction {:?}: its model {id:?} is not here", prediction.id))
            })?,
        };
        let row = match &current {
            Some(current) => current.indexed.row,
            None => self.new_row(&prediction.id)?,
        };
        if fresh {
            self.now = prediction.updated_at;
        }
        let mut next = prediction.clone();
        if let Some(current) = &current {
            self.share(&mut next.parts, &current.prediction.parts)?;
        }
        if next.deleted {
            for analysis in analyses::list(self.tables, self.txn, Some(row))? {
                self.delete_analysis(&analysis)?;
            }
        }
        self.put_version(row, current, next, number).map(|_| true)
    }

    /// Parts that are those of the version before are stored once.
    fn share(&mut self, parts: &mut [Part], before: &[Part]) -> Result<()> {
        for part in parts {
            let same = |other: &&Part| (other.kind, &other.name, other.size) == (part.kind, &part.name, part.size);
            let (PartBody::Fresh(bytes), Some(PartBody::Stored(blob))) =
                (&part.body, before.iter().find(same).map(|other| &other.body))
            else {
                continue;
            };
            if blobs::read(self.tables, self.txn, *blob).is_err() {
                // It may wait for its segment to be full.
                self.packer.flush(self.tables, self.txn)?;
            }
            if blobs::read(self.tables, self.txn, *blob)? == &**bytes {
                part.body = PartBody::Stored(*blob);
            }
        }
        Ok(())
    }

    /// A version that the history here has gone past: it is the same, or was cleaned up, or this is another history.
    fn passed(&mut self, prediction: &Prediction, newest: u32) -> Result<bool> {
        let row = snapshot::row_of(self.tables, self.txn, &prediction.id)?.unwrap_or(0);
        let key = header::key(row, prediction.version);
        let here = self.tables.headers.get(self.txn, key.as_bytes()).map_err(lmdb)?;
        let here = here.map(|value| header::HeaderView::open(key.as_bytes(), value)).transpose()?;
        let cleaned = here.is_none() && prediction.version < newest;
        match cleaned || here.is_some_and(|here| here.updated_at() == prediction.updated_at) {
            true => Ok(false),
            false => Err(Error::conflict(format!(
                "prediction {:?}: version {} has another history here, whose newest version is {newest}; import it into \
                 a store of its own",
                prediction.id, prediction.version
            ))),
        }
    }

    fn import_analysis(&mut self, analysis: &Analysis) -> Result<bool> {
        let known = analyses::get(self.tables, self.txn, &analysis.id)?;
        if known.as_ref() == Some(analysis) {
            return Ok(false);
        }
        if known.is_some() {
            analyses::delete(self.tables, self.txn, &analysis.id)?;
        }
        self.store_analysis(analysis).map(|_| true)
    }

    fn drop_model(&mut self, id: &str) -> Result<bool> {
        self.resolved.clear();
        if models::get(self.tables, self.txn, id)?.is_none() {
            return Ok(false);
        }
        self.pending.flush(self.tables, self.txn)?;
        models::delete(self.tables, self.txn, id)?;
        commits::note(self.tables, self.txn, self.now, Touched::Model(id)).map(|()| true)
    }
}
