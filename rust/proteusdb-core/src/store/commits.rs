//! What each commit touched, in the order of commits: what an incremental backup reads.
//!
//! ```text
//! changes   commit time | 1 | model id                 -> a seal
//!                       | 2 | row u64, version u32
//!                       | 3 | analysis id
//! ```
//!
//! A model or analysis that is no longer there was deleted by that commit or a later one. Versions that came from
//! elsewhere with the times of their own stand under the commit that brought them. What purging and cleaning took away is
//! not told one by one: `meta/removed` is the last time it happened, and whoever knows only what was before needs all. What
//! `keep_versions` trims does not count: who still has it has more of the past, and nothing wrong.

use std::collections::BTreeSet;
use std::ops::Bound;

use heed::RwTxn;

use super::counters::Counters;
use super::header::{self, HeaderView};
use super::keys::Key;
use super::snapshot::Snapshot;
use super::tables::{Tables, TablesIn};
use super::{Txn, analyses, format, lmdb, models, sealed};
use crate::codec::wire::Reader;
use crate::error::{Error, Result};
use crate::record::Prediction;

const TABLE: &str = "changes";
pub(super) const REMOVED: &[u8] = b"removed";
/// A time of removal in a store that nothing was taken from.
pub(super) const NEVER: i64 = i64::MIN;
const MODEL: u8 = 1;
const VERSION: u8 = 2;
const ANALYSIS: u8 = 3;
/// Bytes before what is named.
const HEAD: usize = 8 + 1;

/// What a commit touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched<'a> {
    Model(&'a str),
    Version(u64, u32),
    Analysis(&'a str),
}

impl<'a> Touched<'a> {
    fn key(self, commit: i64) -> Key {
        let at = Key::new().time(commit);
        match self {
            Self::Model(id) => at.raw(&[MODEL]).raw(id.as_bytes()),
            Self::Version(row, version) => at.raw(&[VERSION]).raw(header::key(row, version).as_bytes()),
            Self::Analysis(id) => at.raw(&[ANALYSIS]).raw(id.as_bytes()),
        }
    }

    /// An entry of the table.
    pub(super) fn decode(key: &'a [u8], value: &[u8]) -> Result<Self> {
        let damaged = || Error::corruption(format!("table {TABLE}, key {}: it names nothing", sealed::shown(key)));
        sealed::open(TABLE, key, value)?;
        let (what, named) = key.get(HEAD - 1..).and_then(<[u8]>::split_first).ok_or_else(damaged)?;
        let text = || std::str::from_utf8(named).map_err(|_| damaged());
        match *what {
            MODEL => text().map(Self::Model),
            VERSION => header::split_key(named).map(|(row, version)| Self::Version(row, version)).ok_or_else(damaged),
            ANALYSIS => text().map(Self::Analysis),
            _ => Err(damaged()),
        }
    }
}

/// Notes what the commit at this time touches.
pub(super) fn note(tables: &Tables, txn: &mut RwTxn<'_>, commit: i64, touched: Touched<'_>) -> Result<()> {
    let Some(table) = tables.changes else { return Ok(()) };
    let key = touched.key(commit);
    table.put(txn, key.as_bytes(), &sealed::seal(TABLE, key.as_bytes(), &[])).map_err(lmdb)
}

/// A version that the commit at this time wrote is taken away for good.
pub(super) fn forget(tables: &Tables, txn: &mut RwTxn<'_>, commit: i64, (row, version): (u64, u32)) -> Result<()> {
    let Some(table) = tables.changes else { return Ok(()) };
    table.delete(txn, Touched::Version(row, version).key(commit).as_bytes()).map(drop).map_err(lmdb)
}

/// Whatever was known before this time is no longer enough to tell what changed.
pub(super) fn set_removed(tables: &TablesIn<'_>, txn: &mut RwTxn<'_>, now: i64) -> Result<()> {
    tables.meta.put(txn, REMOVED, &sealed::seal("meta", REMOVED, &now.to_le_bytes())).map_err(lmdb)
}

/// The last time versions were taken away; [`NEVER`] for never.
pub(super) fn removed(tables: &Tables, txn: &Txn<'_>) -> Result<i64> {
    match tables.meta.get(txn, REMOVED).map_err(lmdb)? {
        Some(value) => Ok(Reader::new(sealed::open("meta", REMOVED, value)?, "time of removal").u64()? as i64),
        None if tables.changes.is_none() => Ok(NEVER),
        None => Err(Error::corruption("table meta, key \"removed\": it is missing")),
    }
}

/// Versions in the order of their commits, and the key to go on with.
#[derive(Debug, Default)]
pub struct Batch {
    /// The versions.
    pub versions: Vec<Prediction>,
    /// What [`Snapshot::versions_after`] goes on with; `None` at the end.
    pub next: Option<Vec<u8>>,
}

impl Snapshot<'_> {
    /// Commit time of the last transaction, µs; 0 in a store nothing was written to.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn last_commit(&self) -> Result<i64> {
        Ok(Counters::read(self.tables, self.txn)?.last_commit as i64)
    }

    /// The last time versions were purged or cleaned up; `i64::MIN` for never.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn removed(&self) -> Result<i64> {
        removed(self.tables, self.txn)
    }

    /// Up to `limit` versions that commits after `after` and up to `until` wrote, in their order, from where the batch
    /// before ended. With `after` at `i64::MIN` all of them, from a store of any schema.
    ///
    /// # Errors
    /// `Storage` where the schema does not know commits; `Corruption` naming table and key.
    pub fn versions_after(&self, after: i64, until: i64, from: Option<&[u8]>, limit: usize) -> Result<Batch> {
        let Some(table) = self.tables.changes else { return self.versions_by_row(after, from, limit) };
        let (low, high) = bounds(after, until);
        let start = from.map_or(Bound::Included(low.as_bytes()), Bound::Excluded);
        let range: (Bound<&[u8]>, Bound<&[u8]>) =
            (start, high.as_ref().map_or(Bound::Unbounded, |high| Bound::Excluded(high.as_bytes())));
        let mut batch = Batch::default();
        for entry in table.range(self.txn, &range).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let Touched::Version(row, version) = Touched::decode(key, value)? else { continue };
            let named = header::key(row, version);
            // Purged since; that it was is told by `removed`.
            let Some(value) = self.tables.headers.get(self.txn, named.as_bytes()).map_err(lmdb)? else { continue };
            let view = HeaderView::open(named.as_bytes(), value)?;
            if view.is_trace() {
                continue;
            }
            batch.versions.push(self.decode(&view)?);
            if batch.versions.len() >= limit {
                batch.next = Some(key.to_vec());
                break;
            }
        }
        Ok(batch)
    }

    fn versions_by_row(&self, after: i64, from: Option<&[u8]>, limit: usize) -> Result<Batch> {
        if after != i64::MIN {
            return Err(Error::storage(format!(
                "what changed since a backup is known from schema 2 on; {}",
                format::older(format::identity(self.tables, self.txn)?.format)
            )));
        }
        let range: (Bound<&[u8]>, Bound<&[u8]>) = (from.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let mut batch = Batch::default();
        for entry in self.tables.headers.range(self.txn, &range).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let view = HeaderView::open(key, value)?;
            if view.is_trace() {
                continue;
            }
            batch.versions.push(self.decode(&view)?);
            if batch.versions.len() >= limit {
                batch.next = Some(key.to_vec());
                break;
            }
        }
        Ok(batch)
    }

    /// The ids of models and of analyses that commits after `after` and up to `until` stored, changed or deleted. With
    /// `after` at `i64::MIN` all of them, from a store of any schema.
    ///
    /// # Errors
    /// `Storage` where the schema does not know commits; `Corruption` naming table and key.
    pub fn touched(&self, after: i64, until: i64) -> Result<[BTreeSet<String>; 2]> {
        let Some(table) = self.tables.changes else {
            self.versions_by_row(after, None, 0)?;
            let models = models::all(self.tables, self.txn)?.into_iter().map(|(_, model)| model.id).collect();
            return Ok([models, analyses::list(self.tables, self.txn, None)?.into_iter().collect()]);
        };
        let (low, high) = bounds(after, until);
        let range: (Bound<&[u8]>, Bound<&[u8]>) = (
            Bound::Included(low.as_bytes()),
            high.as_ref().map_or(Bound::Unbounded, |high| Bound::Excluded(high.as_bytes())),
        );
        let mut touched = [BTreeSet::new(), BTreeSet::new()];
        for entry in table.range(self.txn, &range).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let [models, analyses] = &mut touched;
            match Touched::decode(key, value)? {
                Touched::Model(id) => models.insert(id.to_owned()),
                Touched::Analysis(id) => analyses.insert(id.to_owned()),
                Touched::Version(..) => false,
            };
        }
        Ok(touched)
    }
}

/// From the first key after a commit to the first after another.
fn bounds(after: i64, until: i64) -> (Key, Option<Key>) {
    let low = Key::new().time(if after == i64::MIN { after } else { after.saturating_add(1) });
    (low, (until != i64::MAX).then(|| Key::new().time(until.saturating_add(1))))
}
