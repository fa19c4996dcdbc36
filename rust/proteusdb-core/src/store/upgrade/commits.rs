//! Schema 2: the table `changes`, from which an incremental backup knows what to read.
//!
//! Up, every version is entered under its commit, and every model and analysis under the time of the step: their own
//! commits are not known, and a backup of the time before holds them all. Down, the table goes; it is derived.

use heed::RwTxn;

use super::{Step, table};
use crate::error::Result;
use crate::record::time;
use crate::store::commits::{self, Touched};
use crate::store::counters::Counters;
use crate::store::header::HeaderView;
use crate::store::tables::Tables;
use crate::store::{analyses, lmdb, models};

pub(super) const STEP: Step = Step {
    to: 2,
    description: "a table of what each commit touched; incremental backups need it",
    cost: "one transaction that reads every header and writes about 50 bytes a version",
    up,
    down,
    loses: |_, _| Ok(Vec::new()),
};

/// Entries that are sorted at a time.
const BATCH: usize = 100_000;

fn up(tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
    table(tables.changes, "changes")?.clear(txn).map_err(lmdb)?;
    let mut from = None;
    loop {
        let (mut versions, next) = some(tables, txn, from.as_deref())?;
        versions.sort_unstable();
        for (commit, row, version) in versions {
            commits::note(tables, txn, commit, Touched::Version(row, version))?;
        }
        match next {
            Some(key) => from = Some(key),
            None => break,
        }
    }
    if tables.meta.get(txn, commits::REMOVED).map_err(lmdb)?.is_none() {
        commits::set_removed(tables, txn, commits::NEVER)?;
    }
    let mut counters = Counters::read(tables, txn)?;
    let now = time::now().max(counters.last_commit as i64 + 1);
    for (_, model) in models::all(tables, txn)? {
        commits::note(tables, txn, now, Touched::Model(&model.id))?;
    }
    for id in analyses::list(tables, txn, None)? {
        commits::note(tables, txn, now, Touched::Analysis(&id))?;
    }
    counters.last_commit = now as u64;
    counters.write(tables, txn)
}

/// Commit, row and version of headers after a key, and the key of the last; `None` where no more follow.
type Some = (Vec<(i64, u64, u32)>, Option<Vec<u8>>);

fn some(tables: &Tables, txn: &RwTxn<'_>, from: Option<&[u8]>) -> Result<Some> {
    use std::ops::Bound;
    let range: (Bound<&[u8]>, Bound<&[u8]>) = (from.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
    let mut versions = Vec::new();
    for entry in tables.headers.range(txn, &range).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let view = HeaderView::open(key, value)?;
        versions.push((view.updated_at(), view.row, view.version));
        if versions.len() == BATCH {
            return Ok((versions, Some(key.to_vec())));
        }
    }
    Ok((versions, None))
}

/// What an incremental backup was built on is gone with the table: the next one must be a full one.
fn down(tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
    table(tables.changes, "changes")?.clear(txn).map_err(lmdb)?;
    let last = Counters::read(tables, txn)?.last_commit as i64;
    commits::set_removed(tables, txn, last + 1)
}
