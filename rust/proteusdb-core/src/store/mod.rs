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
mod anew;
mod answers;
mod arrays;
mod blobs;
mod care;
mod changes;
mod check;
mod clean;
mod commits;
mod copy;
mod counters;
mod declared;
mod env;
mod files;
mod fork;
mod format;
mod group;
mod growth;
mod guest;
mod header;
mod import;
mod indexes;
mod keys;
mod kmers;
mod lock;
mod models;
mod network;
mod notes;
mod open;
mod options;
mod packed;
mod pages;
mod paths;
mod probe;
mod quarantine;
mod quota;
mod readers;
mod rebuild;
mod recompress;
mod registry;
mod replace;
mod retention;
mod salvage;
mod scan;
mod schema;
mod seal;
mod sealed;
mod sequences;
mod shared;
mod shrink;
mod snapshot;
mod stats;
mod structures;
mod tables;
mod tags;
mod turns;
pub mod upgrade;
mod walk;
mod write;

use std::borrow::Borrow;
use std::path::Path;
use std::sync::Arc;

pub use answers::Asked;
pub use changes::Difference;
pub use check::{Checked, Counts};
pub use clean::{Cleaned, Policy};
pub use commits::Batch;
pub use copy::{Copied, digest, digest_of, extract, look};
pub use fork::{after_fork, before_fork};
pub use format::Identity;
pub use growth::Sample;
pub use import::Item;
pub use network::network_file_system;
pub use notes::Exchange;
pub use options::{Durability, Options};
pub use quarantine::Item as Quarantined;
pub use quota::Quota;
pub use readers::Reader;
pub use rebuild::Rebuilt;
pub use recompress::Recompressed;
use registry::Handle;
pub use salvage::{Salvaged, salvage};
pub use seal::Seal;
pub use snapshot::{Snapshot, Version};
pub use stats::Stats;
pub use tags::Tag;
pub use walk::{Pages, look_into, look_through};
pub use write::Mode;

use crate::error::{Error, Result};
use crate::operation::{Operation, Outcome};
use crate::query::{Deadline, Field, Hit};
use crate::record::{Part, Prediction, Structure};
use crate::validate::Schema;
use crate::watch::Gauge;
use answers::Answers;
use structures::Structures;

/// A read transaction; a write transaction is one too.
type Txn<'t> = heed::RoTxn<'t>;

/// The message by which a full map travels from a table's `put` to the loop that grows the map.
const MAP_FULL: &str = "the map is full";

/// The message of a transaction that is larger than LMDB's list of changed pages.
const TXN_FULL: &str = "one transaction changed too many pages; write in smaller batches";

/// A store: a handle that is cheap to clone and usable from many threads.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Handle>,
    answers: Arc<Answers>,
    structures: Arc<Structures>,
    read_only: bool,
}

impl Store {
    /// Opens or creates the store at `path`.
    ///
    /// # Errors
    /// `Connection` with the reason and the cure; a file that is refused is not changed.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        // A structure takes as much as hundreds of answers.
        let answers = Arc::new(Answers::new(options.cache_bytes / 4));
        let structures = Arc::new(Structures::new(options.cache_bytes - options.cache_bytes / 4));
        let shared = Arc::new(registry::open(path, options)?);
        Ok(Self { shared, answers, structures, read_only: options.read_only })
    }

    /// The absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Applies operations in one transaction; returns when it is committed. One operation shares the transaction of
    /// other threads that wait to write one.
    ///
    /// # Errors
    /// With [`Mode::AllOrNothing`] the first failure; with [`Mode::EachAlone`] only what fails every operation, each one's
    /// own failure being in the list. On an error nothing was written.
    pub fn apply<O>(&self, operations: &[O], mode: Mode) -> Result<Vec<Result<Outcome>>>
    where
        O: Borrow<Operation> + Clone + Into<Arc<Operation>>,
    {
        self.writable()?;
        match (operations, mode) {
            ([operation], Mode::AllOrNothing) => Ok(vec![Ok(self.shared.write_together(operation.clone().into())?)]),
            ([operation], Mode::EachAlone) => group::whole(vec![self.shared.write_together(operation.clone().into())]),
            (_, Mode::AllOrNothing) => self.shared.write(|tables, txn| write::apply(tables, txn, operations, mode)),
            (_, Mode::EachAlone) => self.shared.write_each(operations).and_then(group::whole),
        }
    }

    /// Declares an index on a field and builds it; whether it was new. All at once: nobody ever meets half of it.
    ///
    /// # Errors
    /// `Query` where too many are declared; whatever the write fails with.
    pub fn create_index(&self, field: &Field) -> Result<bool> {
        self.writable()?;
        self.shared.write(|tables, txn| declared::create(tables, txn, field))
    }

    /// Removes a declared index.
    ///
    /// # Errors
    /// `Query` where it is not declared; whatever the write fails with.
    pub fn drop_index(&self, field: &Field) -> Result<()> {
        self.writable()?;
        self.shared.write(|tables, txn| declared::remove(tables, txn, field))
    }

    /// Runs `work` on one consistent state.
    ///
    /// # Errors
    /// Whatever `work` or LMDB fails with.
    pub fn read<R>(&self, work: impl FnOnce(&Snapshot<'_>) -> Result<R>) -> Result<R> {
        self.shared.read(|opened, txn| work(&Snapshot::new(&opened.tables, txn)))
    }

    /// The rows that meet criteria, at one consistent state; remembered until the next write.
    ///
    /// # Errors
    /// As [`run`](crate::query::run()).
    pub fn query(&self, asked: &Asked, deadline: Deadline) -> Result<Vec<Hit>> {
        self.read(|snapshot| self.answers.query(snapshot, asked, deadline))
    }

    /// How many rows meet criteria; remembered until the next write.
    ///
    /// # Errors
    /// As [`count`](crate::query::count).
    pub fn count(&self, asked: &Asked, deadline: Deadline) -> Result<u64> {
        self.read(|snapshot| self.answers.count(snapshot, asked, deadline))
    }

    /// The structure of each version, decoded; `None` where it has none. With `keep` they are remembered for a second
    /// look, within bounds. They are decoded by this thread, after the transaction that fetched their bytes has ended.
    ///
    /// # Errors
    /// `Corruption` naming the prediction.
    pub fn structures(&self, versions: &[&Prediction], keep: bool) -> Result<Vec<Option<Arc<Structure>>>> {
        let found = self.read(|snapshot| versions.iter().map(|one| self.structures.fetch(snapshot, one)).collect())?;
        let found: Vec<structures::Found> = found;
        let named = |one: &Prediction, error: Error| error.context(format!("prediction {:?}", one.id));
        let decode = |(one, found): (&&Prediction, _)| self.structures.decode(found, keep).map_err(|e| named(one, e));
        versions.iter().zip(found).map(decode).collect()
    }

    /// How often a structure was remembered, and how often not.
    #[must_use]
    pub fn structure_rates(&self) -> (u64, u64) {
        self.structures.rates()
    }

    /// How often [`query`](Self::query) and [`count`](Self::count) remembered the answer, and how often not.
    #[must_use]
    pub fn answer_rates(&self) -> (u64, u64) {
        self.answers.rates()
    }

    /// Gives room back: packs segments that are dead to a twentieth or more, and writes the file anew with full pages.
    /// Other processes go on, and writers among them wait meanwhile. It takes as much free disk as what is stored.
    ///
    /// # Errors
    /// `Storage` with the step that failed; nothing is lost then.
    pub fn shrink(&self) -> Result<()> {
        self.writable()?;
        shrink::shrink(&self.shared)
    }

    /// Rewrites every structure of every version in another profile, some at a time: a store that was stopped meanwhile
    /// is whole, and the next call goes on. What it frees is filled again; [`Self::shrink`] gives it back.
    ///
    /// # Errors
    /// `Corruption` of a structure that is damaged; whatever the write fails with.
    pub fn recompress(&self, compression: crate::codec::Compression) -> Result<Recompressed> {
        self.writable()?;
        recompress::recompress(&self.shared, compression)
    }

    /// Names the state of now, or that of a moment (µs) that has passed; returns the moment.
    ///
    /// # Errors
    /// `Validation` for a name or moment that is not allowed; `Conflict` where the name is taken.
    pub fn tag(&self, name: &str, moment: Option<i64>) -> Result<i64> {
        self.writable()?;
        self.shared.write(|tables, txn| tags::create(tables, txn, name, moment))
    }

    /// Forgets a tag.
    ///
    /// # Errors
    /// `Query` where there is none of this name.
    pub fn drop_tag(&self, name: &str) -> Result<()> {
        self.writable()?;
        self.shared.write(|tables, txn| tags::remove(tables, txn, name))
    }

    /// Takes away what a policy names, some at a time; or tells what it would take.
    ///
    /// # Errors
    /// `Corruption` naming table and key; whatever a write fails with. What was taken before stays taken.
    pub fn clean(&self, policy: &Policy, rehearse: bool) -> Result<Cleaned> {
        if rehearse {
            return clean::rehearse(&self.shared, policy);
        }
        self.writable()?;
        clean::clean(&self.shared, policy)
    }

    /// Limits the size of the store, for every process.
    ///
    /// # Errors
    /// Whatever the write fails with.
    pub fn set_quota(&self, quota: Quota) -> Result<()> {
        self.writable()?;
        self.shared.write(|tables, txn| quota.write(tables, txn))
    }

    /// Defines what metadata must be like, in the place of what was defined.
    ///
    /// # Errors
    /// `Validation` where predictions that are stored break it, unless they are not to be looked at.
    pub fn define_schema(&self, schema: &Schema, check_existing: bool) -> Result<()> {
        self.writable()?;
        self.shared.write(|tables, txn| schema::define(tables, txn, schema, check_existing))
    }

    /// Exchanges notes where all stand as expected; whether they did. Nothing is changed where one does not.
    ///
    /// # Errors
    /// `Validation` for a name that is too long; whatever the write fails with.
    pub fn exchange_notes(&self, changes: &[Exchange]) -> Result<bool> {
        self.writable()?;
        self.shared.write(|tables, txn| notes::exchange(tables, txn, changes))
    }

    fn writable(&self) -> Result<()> {
        match self.read_only {
            true => Err(Error::storage(format!("{} was opened with read_only=True", self.path().display()))),
            false => Ok(()),
        }
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
        self.read(|snapshot| check::check(snapshot, &Gauge::default())).map(|checked| checked.faults)
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
        heed::Error::Mdb(MdbError::TxnFull) => Error::storage(TXN_FULL),
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

/// The error for a part whose bytes another back end keeps.
fn foreign(part: &Part, key: &str) -> Error {
    Error::storage(format!(
        "part {:?} is kept by another back end, as {key}; it cannot be read or written here",
        part.name
    ))
}

#[cfg(test)]
mod tests;
