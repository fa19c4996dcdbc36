//! What whoever looks after a store asks of it: verification, repair, copies, schemas, and histories from elsewhere.

use std::path::Path;
use std::sync::Arc;

use super::check::{self, Checked};
use super::copy::{self, Copied};
use super::counters::Counters;
use super::format::{self, Identity};
use super::import::{self, Item};
use super::readers::{self, Reader};
use super::rebuild::{self, Rebuilt};
use super::upgrade::{self, Move, Planned};
use super::{Seal, Store, lock, pages, quarantine, seal};
use crate::error::{Error, Result};
use crate::watch::{Watch, watched};

impl Store {
    /// Walks every page; then, unless one is damaged, every table through LMDB, and decodes every blob.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read; what `watch` fails with.
    pub fn verify(&self, watch: &mut Watch<'_>) -> Result<Checked> {
        // Damage to a published file is told by its checksum, before LMDB walks the pages.
        if let Some(fault) = self.seal()?.map(|seal| seal.fault(self.path(), watch)).transpose()?.flatten() {
            return Ok(Checked { faults: vec![fault], ..Checked::default() });
        }
        watched(watch, |gauge| self.shared.read(|opened, txn| check::all(opened, txn, gauge)))
    }

    /// Writes one consistent state into a file that is sealed: it opens to be read without a lock file and without
    /// permission to write, on any file system.
    ///
    /// # Errors
    /// `Storage` where the path is taken or cannot be written; what `watch` fails with. Nothing is left then.
    pub fn publish(&self, target: &Path, overwrite: bool, watch: &mut Watch<'_>) -> Result<Seal> {
        seal::publish(&self.shared, target, overwrite, watch)
    }

    /// What the file says of its publication, if it was published.
    ///
    /// # Errors
    /// `Storage` where it cannot be read.
    pub fn seal(&self) -> Result<Option<Seal>> {
        let file = self.shared.read(|opened, _| Ok(Arc::clone(&opened.file)))?;
        let told = pages::page_size(&file).and_then(|page_size| seal::read(&file, page_size));
        let told = told.map_err(|error| Error::storage(format!("{}: {error}", self.path().display())))?;
        told.map_err(|why| Error::corruption(format!("{}: {why}", self.path().display())))
    }

    /// Makes the store anew from all that can be read of it, and sets the rest aside.
    ///
    /// # Errors
    /// `Storage` with the step that failed; what `watch` fails with. The store is as it was then.
    pub fn repair(&self, watch: &mut Watch<'_>) -> Result<Rebuilt> {
        self.writable()?;
        watched(watch, |gauge| rebuild::rebuild(&self.shared, gauge))
    }

    /// What repairs have set aside.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn quarantined(&self) -> Result<Vec<quarantine::Item>> {
        self.shared.read(|opened, txn| quarantine::all(&opened.tables, txn))
    }

    /// Writes a compact copy of one consistent state into a file that is there, from `offset` on; others write meanwhile.
    ///
    /// # Errors
    /// `Storage` where the disk is full; what `watch` fails with.
    pub fn copy_into(&self, target: &Path, offset: u64, watch: &mut Watch<'_>) -> Result<Copied> {
        copy::copy(&self.shared, target, offset, watch)
    }

    /// Puts a store that nobody has open in the place of this one, for all processes; `new` lies in the same folder.
    ///
    /// # Errors
    /// `Connection` where it is no store this program reads; `Storage` with the step; nothing was changed then.
    pub fn adopt(&self, new: &Path) -> Result<()> {
        self.writable()?;
        copy::adopt(&self.shared, new)
    }

    /// Imports items in one transaction, with numbers and times of their own; whether each was new. `fresh` for a store
    /// that is being filled.
    ///
    /// # Errors
    /// `Conflict` or `Validation` naming the item; nothing was written then.
    pub fn import(&self, items: &[Item], fresh: bool) -> Result<Vec<bool>> {
        self.writable()?;
        self.shared.write(|tables, txn| import::import(tables, txn, items, fresh))
    }

    /// The reader, but for this call, who reads the oldest state, and how people find his process. While he reads, no
    /// page that was given up since is used again.
    ///
    /// # Errors
    /// `Storage` where the lock file cannot be read.
    pub fn oldest_reader(&self) -> Result<Option<(Reader, String)>> {
        let readers = self.shared.read(|opened, txn| readers::others(&opened.env, opened.shelter.lock_file(), txn))?;
        Ok(readers.first().map(|&reader| (reader, lock::named(reader.process))))
    }

    /// The last number that was given to a blob.
    ///
    /// # Errors
    /// `Corruption` where the counters are damaged.
    pub fn last_blob(&self) -> Result<u64> {
        self.read(|snapshot| Ok(Counters::read(snapshot.tables, snapshot.txn)?.next_blob))
    }

    /// Gives out numbers of blobs above this one only, so that a store which takes the place of another repeats none.
    ///
    /// # Errors
    /// Whatever the write fails with.
    pub fn skip_blobs(&self, last: u64) -> Result<()> {
        self.writable()?;
        self.shared.write(|tables, txn| import::skip_blobs(tables, txn, last))
    }

    /// Which store it is, and its schema.
    ///
    /// # Errors
    /// `Corruption` where the record is damaged.
    pub fn identity(&self) -> Result<Identity> {
        self.read(|snapshot| format::identity(snapshot.tables, snapshot.txn))
    }

    /// What moving to a schema would do.
    ///
    /// # Errors
    /// `Validation` for a schema there is not.
    pub fn plan(&self, target: u32) -> Result<Vec<Planned>> {
        self.read(|snapshot| upgrade::plan(snapshot.tables, snapshot.txn, target))
    }

    /// Every move between schemas that was made.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn moves(&self) -> Result<Vec<Move>> {
        self.read(|snapshot| upgrade::history(snapshot.tables, snapshot.txn))
    }

    /// Moves the store to a schema, step by step; what was done. A process that is killed leaves a whole step.
    ///
    /// # Errors
    /// `Validation` for a schema there is not; `Conflict` with what would be lost, unless that is allowed; `Storage` with
    /// the step that failed.
    pub fn migrate(&self, target: u32, allow_loss: bool, by: &str) -> Result<Vec<Move>> {
        self.writable()?;
        upgrade::go(&self.shared, target, allow_loss, by)
    }
}
