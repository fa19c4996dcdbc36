//! From a damaged store into a new one, entry by entry.
//!
//! ```text
//! models, versions, analyses ──decode──> a batch ──import──> the new store
//!                                └─ damaged ─> set aside   └─ refused ─> one by one; what is refused is set aside
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::{check_part, name_of, name_of_item};
use crate::error::{Error, Kind, Result};
use crate::record::{Map, Part, PartBody, Prediction, PredictionModel, time};
use crate::store::counters::Counters;
use crate::store::declared::{self, Declared};
use crate::store::header::HeaderView;
use crate::store::import::{self, Item};
use crate::store::keys::last_u64;
use crate::store::sealed::{self, shown};
use crate::store::shared::Shared;
use crate::store::tables::{Table, Tables};
use crate::store::{
    Snapshot, Txn, Version, analyses, blobs, commits, format, lmdb, models, quarantine, sequences, tags, upgrade, write,
};
use crate::watch::Gauge;

/// Bytes and items of one transaction.
const BATCH_BYTES: u64 = 16 << 20;
const BATCH_ITEMS: usize = 1_000;
/// Tables that are written anew from others, or read one entry at a time.
const KNOWN: &[&str] = &[
    "meta",
    "ids",
    "headers",
    "blobs",
    "segments",
    "dead",
    "loose",
    "sequences",
    "kmers",
    "index",
    "models",
    "model_ids",
    "analyses",
    "analyses_by_row",
    "changes",
    "quarantine",
];
/// Keys of `meta` that are written anew.
const KNOWN_META: &[&[u8]] = &[b"format", b"counters", b"indexes", b"removed", b"moves"];

/// What is read.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) tables: &'s Tables,
    pub(super) txn: &'s Txn<'s>,
}

/// A store on its way into another.
pub(super) struct Work<'s> {
    source: Source<'s>,
    target: &'s Shared,
    gauge: &'s Gauge,
    batch: Vec<(Item, Raw)>,
    bytes: u64,
    /// Blobs that some version names.
    named: BTreeSet<u64>,
    /// Models by number.
    models: BTreeMap<u32, String>,
    aside: Vec<quarantine::Item>,
}

/// Where an item came from.
type Raw = (&'static str, Vec<u8>, Vec<u8>);

impl<'s> Work<'s> {
    pub(super) fn new(source: Source<'s>, target: &'s Shared, gauge: &'s Gauge) -> Self {
        Self {
            source,
            target,
            gauge,
            batch: Vec::new(),
            bytes: 0,
            named: BTreeSet::new(),
            models: BTreeMap::new(),
            aside: Vec::new(),
        }
    }

    /// Everything, and what was set aside.
    pub(super) fn all(mut self) -> Result<Vec<quarantine::Item>> {
        let Source { tables, txn } = self.source;
        self.gauge.expect(tables.headers.len(txn).map_err(lmdb)?);
        // Who holds a version of the damaged store must not find other bytes under its numbers.
        let blobs = Counters::read(tables, txn).map_or(0, |counters| counters.next_blob);
        self.target.write(|tables, txn| import::skip_blobs(tables, txn, blobs))?;
        self.models()?;
        self.versions()?;
        self.analyses()?;
        self.flush()?;
        self.orphans()?;
        self.indexes()?;
        self.carry()?;
        self.finish()
    }

    /// Sets an entry aside; anything but damage ends the repair.
    fn set_aside(&mut self, what: String, error: &Error, (table, key, value): Raw) -> Result<()> {
        self.set_aside_with(what, error, (table, key, value), Vec::new())
    }

    fn set_aside_with(
        &mut self,
        what: String,
        error: &Error,
        (table, key, value): Raw,
        parts: Vec<(String, Vec<u8>)>,
    ) -> Result<()> {
        if !matches!(error.kind(), Kind::Corruption | Kind::Conflict | Kind::Validation | Kind::NotFound) {
            return Err(error.clone());
        }
        let (why, table) = (error.message().to_owned(), table.to_owned());
        self.aside.push(quarantine::Item { what, why, at: time::now(), table, key, value, parts });
        Ok(())
    }

    fn models(&mut self) -> Result<()> {
        let Source { tables, txn } = self.source;
        for entry in tables.models.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let model = match models::decode(key, value) {
                Ok((number, model)) => {
                    self.models.insert(number, model.id.clone());
                    model
                }
                Err(error) => {
                    let Some(number) = key.try_into().ok().map(u32::from_be_bytes) else { continue };
                    self.set_aside(format!("model {number}"), &error, ("models", key.to_vec(), value.to_vec()))?;
                    self.stand_in(number)?
                }
            };
            self.add(Item::Model(model), ("models", key.to_vec(), value.to_vec()))?;
        }
        for number in self.missing_models()? {
            let error = Error::corruption("it is missing, and predictions refer to it");
            let raw = || ("models", number.to_be_bytes().to_vec(), Vec::new());
            self.set_aside(format!("model {number}"), &error, raw())?;
            let model = self.stand_in(number)?;
            self.add(Item::Model(model), raw())?;
        }
        self.flush()
    }

    /// Models of current predictions, which cannot have been deleted, that are not there.
    fn missing_models(&self) -> Result<BTreeSet<u32>> {
        let Source { tables, txn } = self.source;
        let mut newest = BTreeMap::new();
        for entry in tables.headers.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            if let Ok(view) = HeaderView::open(key, value) {
                newest.insert(view.row, if view.deleted() { 0 } else { view.model() });
            }
        }
        Ok(newest.into_values().filter(|number| *number != 0 && !self.models.contains_key(number)).collect())
    }

    /// A model that keeps the predictions of a damaged one together, under its id if that is known.
    fn stand_in(&mut self, number: u32) -> Result<PredictionModel> {
        let Source { tables, txn } = self.source;
        let mut id = uuid::Uuid::now_v7().to_string();
        for entry in tables.model_ids.iter(txn).map_err(lmdb)? {
            let (known, value) = entry.map_err(lmdb)?;
            let leads = sealed::open("model_ids", known, value).is_ok_and(|found| found == number.to_be_bytes());
            if let (true, Ok(known)) = (leads, std::str::from_utf8(known)) {
                known.clone_into(&mut id);
            }
        }
        self.models.insert(number, id.clone());
        let name = format!("damaged model {number}");
        Ok(PredictionModel { id, name, version: None, configuration: Map::new(), created_at: time::now() })
    }

    fn versions(&mut self) -> Result<()> {
        let Source { tables, txn } = self.source;
        for entry in tables.headers.iter(txn).map_err(lmdb)? {
            self.gauge.advance(1)?;
            let (key, value) = entry.map_err(lmdb)?;
            if HeaderView::open(key, value).is_ok_and(|view| view.is_trace()) {
                // Its content is gone already; that there was one is told by the numbers of those that are left.
                continue;
            }
            let raw = ("headers", key.to_vec(), value.to_vec());
            match self.version(key, value) {
                Ok(prediction) => self.add(Item::Version(Box::new(prediction)), raw)?,
                Err(error) => {
                    let parts = self.remains(key, value);
                    self.set_aside_with(name_of(key, value), &error, raw, parts)?;
                }
            }
        }
        self.flush()
    }

    /// A version with its parts, every byte of which is sound.
    fn version(&mut self, key: &[u8], value: &[u8]) -> Result<Prediction> {
        let Source { tables, txn } = self.source;
        let view = HeaderView::open(key, value)?;
        let sequence = sequences::get(tables, txn, view.sequence())?;
        let mut prediction = view.decode(sequence, self.models.get(&view.model()).cloned())?;
        let stored = |part: &Part| match part.body {
            PartBody::Stored(blob) => blobs::read(tables, txn, blob),
            _ => Err(Error::corruption("a part names no blob")),
        };
        for part in &prediction.parts {
            let PartBody::Stored(blob) = part.body else { continue };
            self.named.insert(blob);
            check_part(&prediction.parts, part, stored).map_err(|error| error.context(format!("{:?}", part.name)))?;
        }
        for part in &mut prediction.parts {
            let PartBody::Stored(blob) = part.body else { continue };
            part.body = PartBody::Fresh(blobs::read(tables, txn, blob)?.into());
        }
        Ok(prediction)
    }

    /// What can be read of the blobs of a damaged version.
    fn remains(&mut self, key: &[u8], value: &[u8]) -> Vec<(String, Vec<u8>)> {
        let Source { tables, txn } = self.source;
        let parts: Vec<Part> = HeaderView::open(key, value).and_then(|view| view.parts()).unwrap_or_default();
        let mut remains = Vec::new();
        for part in parts {
            let PartBody::Stored(blob) = part.body else { continue };
            self.named.insert(blob);
            if let Some(bytes) = blobs::bytes(tables, txn, blob) {
                remains.push((part.name, bytes.to_vec()));
            }
        }
        remains
    }

    fn analyses(&mut self) -> Result<()> {
        let Source { tables, txn } = self.source;
        for entry in tables.analyses.iter(txn).map_err(lmdb)? {
            let (id, value) = entry.map_err(lmdb)?;
            let raw = ("analyses", id.to_vec(), value.to_vec());
            match analyses::decode(id, value) {
                Ok((_, analysis)) => self.add(Item::Analysis(Box::new(analysis)), raw)?,
                Err(error) => self.set_aside(format!("analysis {}", shown(id)), &error, raw)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, item: Item, raw: Raw) -> Result<()> {
        self.bytes += raw.2.len() as u64 + item.fresh_bytes();
        self.batch.push((item, raw));
        match self.bytes >= BATCH_BYTES || self.batch.len() >= BATCH_ITEMS {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Writes the batch; where one of it is refused, each alone, and what is refused is set aside.
    fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        let items: Vec<Item> = batch.iter().map(|(item, _)| item.clone()).collect();
        match self.target.write(|tables, txn| import::import(tables, txn, &items, true)) {
            Ok(new) if new.iter().all(|new| *new) => return Ok(()),
            Ok(_) => {}
            Err(error) if write::is_callers(error.kind()) => {}
            Err(error) => return Err(error),
        }
        for (item, raw) in batch {
            let one = std::slice::from_ref(&item);
            let told = self.target.write(|tables, txn| import::import(tables, txn, one, true));
            let twice = || Error::conflict("another entry says the same of itself");
            if let Some(error) = told.map_or_else(Some, |_| (!self.is_there(&item)).then(twice)) {
                self.set_aside(name_of_item(&item), &error, raw)?;
            }
        }
        Ok(())
    }

    /// Whether the target holds just this item.
    fn is_there(&self, item: &Item) -> bool {
        let Item::Version(prediction) = item else { return true };
        let found = self.target.read(|opened, txn| {
            let snapshot = Snapshot::new(&opened.tables, txn);
            snapshot.get(&prediction.id, Version::Number(prediction.version))
        });
        found
            .ok()
            .flatten()
            .is_some_and(|found| found.updated_at == prediction.updated_at && found.metadata == prediction.metadata)
    }

    /// Blobs that no version names.
    fn orphans(&mut self) -> Result<()> {
        let Source { tables, txn } = self.source;
        for entry in tables.blobs.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let blob = last_u64(key).unwrap_or(0);
            if self.named.contains(&blob) {
                continue;
            }
            let parts = blobs::bytes(tables, txn, blob).map(|bytes| (String::new(), bytes.to_vec()));
            let error = Error::corruption("no version names it");
            let raw = ("blobs", key.to_vec(), value.to_vec());
            self.set_aside_with(format!("blob {blob}"), &error, raw, parts.into_iter().collect())?;
        }
        Ok(())
    }

    fn indexes(&mut self) -> Result<()> {
        let Source { tables, txn } = self.source;
        match Declared::read(tables, txn) {
            Ok(known) => {
                for field in known.fields() {
                    self.target.write(|tables, txn| declared::create(tables, txn, field))?;
                }
                Ok(())
            }
            Err(error) => {
                let value = tables.meta.get(txn, declared::KEY).map_err(lmdb)?.unwrap_or_default().to_vec();
                self.set_aside("declared indexes".into(), &error, ("meta", declared::KEY.to_vec(), value))
            }
        }
    }

    /// Everything else, entry by entry as it is: what knows no row of this file.
    fn carry(&mut self) -> Result<()> {
        let Source { tables, txn } = self.source;
        let mut carried: Vec<Raw> = Vec::new();
        for (name, table) in tables.all().into_iter().filter(|(name, _)| *name == "meta" || !KNOWN.contains(name)) {
            for entry in table.iter(txn).map_err(lmdb)? {
                let (key, value) = entry.map_err(lmdb)?;
                if name == "meta" && KNOWN_META.contains(&key) {
                    continue;
                }
                let raw = (name, key.to_vec(), value.to_vec());
                match sealed::open(name, key, value) {
                    Ok(_) => carried.push(raw),
                    Err(error) => self.set_aside(format!("table {name}, key {}", shown(key)), &error, raw)?,
                }
            }
        }
        self.target.write(|tables, txn| {
            let all: BTreeMap<&str, Table> = tables.all().into_iter().collect();
            for (name, key, value) in &carried {
                if let Some(table) = all.get(name) {
                    table.put(txn, key, value).map_err(lmdb)?;
                }
            }
            Ok(())
        })
    }

    /// What was set aside, before and now, and which store this is.
    fn finish(mut self) -> Result<Vec<quarantine::Item>> {
        let Source { tables, txn } = self.source;
        let mut before = Vec::new();
        for (key, value) in entries(tables.quarantine, txn)? {
            match quarantine::decode(&key, &value) {
                Ok(item) => before.push(item),
                Err(error) => {
                    self.set_aside(format!("quarantined item {}", shown(&key)), &error, ("quarantine", key, value))?;
                }
            }
        }
        let identity = format::identity(tables, txn)?;
        let moves = upgrade::history(tables, txn).unwrap_or_default();
        let last = Counters::read(tables, txn).map_or(0, |counters| counters.last_commit);
        // Naming a moment is a commit without a version.
        let tagged = tags::all(tables, txn).unwrap_or_default().iter().map(|tag| tag.created_at.max(tag.moment)).max();
        let last = last.max(tagged.unwrap_or(0) as u64);
        let aside = &self.aside;
        self.target.write(|tables, txn| {
            quarantine::put(tables, txn, &before)?;
            quarantine::put(tables, txn, aside)?;
            let generation = identity.generation + 1;
            format::write(tables, txn, format::Identity { format: format::VERSION, generation, ..identity })?;
            upgrade::write_history(tables, txn, &moves)?;
            let mut counters = Counters::read(tables, txn)?;
            counters.last_commit = counters.last_commit.max(last) + 1;
            // Rows have other numbers now: what an earlier backup knows of commits is no longer to be told from here.
            commits::set_removed(tables, txn, counters.last_commit as i64)?;
            counters.write(tables, txn)
        })?;
        Ok(self.aside)
    }
}

fn entries(table: Option<Table>, txn: &Txn<'_>) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let Some(table) = table else { return Ok(Vec::new()) };
    let owned = |entry: heed::Result<(&[u8], &[u8])>| entry.map(|(key, value)| (key.to_vec(), value.to_vec()));
    table.iter(txn).map_err(lmdb)?.map(|entry| owned(entry).map_err(lmdb)).collect()
}
