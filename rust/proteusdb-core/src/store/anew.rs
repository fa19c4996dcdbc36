//! A store copied into a new file entry by entry, in the order of the keys, so that every page is full.
//!
//! ```text
//! table  key, value, key, value ...  ──appended──> full pages
//! index  leaf, leaf, leaf ...        ──its keys──> full leaves ──appended──> full pages
//! ```
//!
//! LMDB's own compact copy leaves out free pages and keeps half-empty ones as they are.

use std::path::Path;

use heed::RwTxn;

use super::copy::remove_lock;
use super::open::{self, Opened};
use super::options::{Durability, Options};
use super::tables::{Table, append};
use super::{Txn, lmdb, packed};
use crate::error::Result;

/// Bytes of one transaction.
const BATCH: usize = 32 << 20;

/// Writes a copy of an open store, which nobody writes meanwhile.
///
/// # Errors
/// `Storage` where the disk is full; `Corruption` where a table cannot be walked.
pub(super) fn copy(opened: &Opened, new: &Path) -> Result<()> {
    remove_lock(new);
    // Nothing of it counts before the caller syncs all of it.
    let options = Options { durability: Durability::Relaxed, allow_network_fs: true, ..Options::default() };
    let target = open::open(new, &options)?;
    let filled = opened.env.read_txn().map_err(lmdb).and_then(|txn| fill(opened, &txn, &target));
    open::close(Some(target));
    remove_lock(new);
    filled
}

fn fill(opened: &Opened, txn: &Txn<'_>, target: &Opened) -> Result<()> {
    let mut filler = Filler { target, txn: Some(target.env.write_txn().map_err(lmdb)?), held: 0 };
    for ((name, from), (_, to)) in opened.tables.all().into_iter().zip(target.tables.all()) {
        filler.clear(to)?;
        if name == packed::TABLE {
            packed::copy(from, txn, &mut |key, leaf| filler.put(to, key, leaf))?;
            continue;
        }
        for entry in from.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            filler.put(to, key, value)?;
        }
    }
    filler.commit()
}

/// Appends to the tables of a new store, some megabytes a transaction.
struct Filler<'t> {
    target: &'t Opened,
    txn: Option<RwTxn<'t>>,
    held: usize,
}

impl<'t> Filler<'t> {
    fn open(&mut self) -> Result<&mut RwTxn<'t>> {
        if self.txn.is_none() {
            self.txn = Some(self.target.env.write_txn().map_err(lmdb)?);
            self.held = 0;
        }
        self.txn.as_mut().ok_or_else(|| crate::error::Error::storage("no transaction was begun"))
    }

    /// A new store describes itself; here it is to be told by what it is a copy of.
    fn clear(&mut self, table: Table) -> Result<()> {
        table.clear(self.open()?).map_err(lmdb)
    }

    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        append(table, self.open()?, key, value)?;
        self.held += key.len() + value.len();
        if self.held >= BATCH { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<()> {
        self.txn.take().map_or(Ok(()), |txn| txn.commit().map_err(lmdb))
    }
}
