//! One LMDB file: the only module that knows LMDB.
//!
//! ```text
//! Store ── apply(operations) ──> one write transaction        write, models, analyses, blobs, sequences, indexes
//!       └─ read(|snapshot| ..) ─> one read transaction         snapshot, scan, stats, check
//! ```
//!
//! No transaction leaves a call: see `shared` for why. The bytes are described in FORMAT.md.
//!
#![doc = include_str!("../../FORMAT.md")]

mod analyses;
mod blobs;
mod check;
mod counters;
mod env;
mod fork;
mod format;
mod header;
mod indexes;
mod keys;
mod lock;
mod models;
mod network;
mod open;
mod options;
mod pages;
mod probe;
mod registry;
mod scan;
mod sealed;
mod sequences;
mod shared;
mod snapshot;
mod stats;
mod tables;
mod write;

use std::borrow::Borrow;
use std::path::Path;
use std::sync::Arc;

pub use fork::{after_fork, before_fork};
pub use format::Identity;
pub use options::{Durability, Options};
use shared::Shared;
pub use snapshot::{Snapshot, Version};
pub use stats::Stats;
pub use write::Mode;

use crate::error::{Error, Result};
use crate::operation::{Operation, Outcome};

/// A read transaction; a write transaction is one too.
type Txn<'t> = heed::RoTxn<'t>;

/// The message by which a full map travels from a table's `put` to the loop that grows the map.
const MAP_FULL: &str = "the map is full";

/// A store: a handle that is cheap to clone and usable from many threads.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    read_only: bool,
}

impl Store {
    /// Opens or creates the store at `path`.
    ///
    /// # Errors
    /// `Connection` with the reason and the cure; a file that is refused is not changed.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        Ok(Self { shared: registry::open(path, options)?, read_only: options.read_only })
    }

    /// The absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Applies operations in one transaction; returns when it is committed.
    ///
    /// # Errors
    /// With [`Mode::AllOrNothing`] the first failure; with [`Mode::EachAlone`] only what fails the whole transaction,
    /// each operation's own failure being in the list. On an error nothing was written.
    pub fn apply(&self, operations: &[impl Borrow<Operation>], mode: Mode) -> Result<Vec<Result<Outcome>>> {
        if self.read_only {
            return Err(Error::storage(format!("{} was opened with read_only=True", self.path().display())));
        }
        self.shared.write(|tables, txn| write::apply(tables, txn, operations, mode))
    }

    /// Runs `work` on one consistent state.
    ///
    /// # Errors
    /// Whatever `work` or LMDB fails with.
    pub fn read<R>(&self, work: impl FnOnce(&Snapshot<'_>) -> Result<R>) -> Result<R> {
        self.shared.read(|_, tables, txn| work(&Snapshot::new(tables, txn)))
    }

    /// Counts and sizes.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn stats(&self) -> Result<Stats> {
        self.shared.read(stats::gather)
    }

    /// Walks every table and decodes every blob; one line a fault, none where all is well.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read.
    pub fn check(&self) -> Result<Vec<String>> {
        self.read(check::check)
    }
}

/// So that heed hands on our errors from inside its own calls.
impl From<heed::Error> for Error {
    fn from(error: heed::Error) -> Self {
        lmdb(error)
    }
}

/// LMDB's errors as ours.
fn lmdb(error: heed::Error) -> Error {
    use heed::MdbError;
    match error {
        heed::Error::Mdb(MdbError::MapFull) => Error::storage(MAP_FULL),
        heed::Error::Mdb(MdbError::TxnFull) => {
            Error::storage("one transaction changed too many pages; write in smaller batches")
        }
        heed::Error::Mdb(MdbError::ReadersFull) => {
            Error::storage("all reader slots are taken; close readers of other processes")
        }
        heed::Error::Mdb(MdbError::Corrupted | MdbError::PageNotFound | MdbError::Panic | MdbError::Invalid) => {
            Error::corruption(format!("LMDB found a damaged page: {error}"))
        }
        heed::Error::Io(error) => Error::storage(format!("the file system refused: {error}")),
        other => Error::storage(format!("LMDB: {other}")),
    }
}

fn not_found(id: &str) -> Error {
    let shown: String = id.chars().take(80).collect();
    Error::not_found(format!("no prediction has the id {shown:?}"))
}

#[cfg(test)]
mod tests;
