//! What all handles of one path share: the environment while it is open, and how a transaction is run in it.
//!
//! ```text
//! Shared --slot (RwLock)--> Opened { env, tables }     read lock: a transaction runs
//!                                                      write lock: open, grow, close
//! ```
//!
//! Invariants:
//! - a transaction begins and ends inside one call that holds the slot's read lock, so whoever holds the write lock
//!   knows that none is alive: growing the map and closing are sound;
//! - a write transaction is begun and committed by one thread, because it never leaves [`Shared::write`];
//! - locks are taken in this order: fork gate, registry, writer, slot, options.
//!
//! A call within a call on the same store would wait for itself once another thread wants to grow the map: `work` does
//! not call back.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use heed::{MdbError, RwTxn};

use super::env::{self, Env};
use super::lock::{self, FileGuard, ThreadLock};
use super::open::{self, Opened};
use super::options::{Durability, Options};
use super::tables::Tables;
use super::{Txn, fork, lmdb};
use crate::error::{Error, Result};

/// What all handles of one path share.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    options: Mutex<Options>,
    slot: RwLock<Option<Opened>>,
    writer: ThreadLock,
}

/// Why a transaction did not take place yet.
enum Pause {
    /// The environment is closed, as after a fork.
    Closed,
    /// The map has no room for another page.
    Full,
    /// Another process made the map larger.
    Resized,
    /// Every reader slot is taken, perhaps by processes that died.
    ReadersFull,
    /// A commit failed: LMDB refuses this environment, the file is as before the commit.
    Failed(Error),
}

impl Shared {
    /// Opens the environment of a path that the registry does not know.
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            options: Mutex::new(options.clone()),
            slot: RwLock::new(Some(open::open(path, options)?)),
            writer: ThreadLock::default(),
        })
    }

    /// Runs `work` in a read transaction.
    pub(super) fn read<R>(&self, work: impl FnOnce(&Env, &Tables, &Txn<'_>) -> Result<R>) -> Result<R> {
        let _call = fork::enter();
        let mut cleared = false;
        loop {
            let pause = {
                let slot = self.slot();
                match slot.as_ref() {
                    None => Pause::Closed,
                    Some(opened) => match opened.here(&self.path)?.env.read_txn() {
                        Ok(txn) => return work(&opened.env, &opened.tables, &txn),
                        Err(heed::Error::Mdb(MdbError::ReadersFull)) if !cleared => Pause::ReadersFull,
                        Err(error) => pause(error)?,
                    },
                }
            };
            cleared |= matches!(pause, Pause::ReadersFull);
            self.settle(pause)?;
        }
    }

    /// Runs `work` in a write transaction and commits it; grows the map and runs it again where it was too small.
    pub(super) fn write<R>(&self, mut work: impl FnMut(&Tables, &mut RwTxn<'_>) -> Result<R>) -> Result<R> {
        let _call = fork::enter();
        let deadline = lock::deadline(self.options().timeout);
        let _thread = self.writer.take(&self.path, deadline)?;
        let _process = self.lock_file(deadline)?;
        loop {
            let outcome = match self.slot().as_ref() {
                None => Err(Pause::Closed),
                Some(opened) => attempt(opened.here(&self.path)?, &mut work),
            };
            match outcome {
                Ok(result) => return result,
                Err(pause) => self.settle(pause)?,
            }
        }
    }

    /// The lock against other processes. It is waited for without the slot, so that readers can meanwhile adopt a map
    /// that the other process grew.
    fn lock_file(&self, deadline: std::time::Instant) -> Result<Option<FileGuard>> {
        loop {
            let file = match self.slot().as_ref() {
                None => None,
                Some(opened) => match &opened.here(&self.path)?.file {
                    None => return Ok(None),
                    Some(file) => Some(file.clone()),
                },
            };
            match file {
                Some(file) => return lock::take_file(&self.path, &file, deadline).map(Some),
                None => self.reopen()?,
            }
        }
    }

    /// Removes what a transaction waited for.
    fn settle(&self, pause: Pause) -> Result<()> {
        match pause {
            Pause::Closed => self.reopen(),
            Pause::Full => self.resize(|now| now.saturating_mul(2)),
            Pause::Resized => self.resize(|_| 0),
            Pause::ReadersFull => match self.slot().as_ref() {
                Some(opened) => opened.env.clear_stale_readers().map(drop).map_err(lmdb),
                None => Ok(()),
            },
            Pause::Failed(error) => {
                self.close();
                Err(error)
            }
        }
    }

    fn resize(&self, size: impl Fn(usize) -> usize) -> Result<()> {
        let mut slot = self.exclusive();
        let Some(opened) = slot.as_ref() else { return Ok(()) };
        let resized = env::resize(&opened.env, size(opened.env.info().map_size), &slot);
        if resized.is_err() {
            // Without its map the environment must not be touched again; the next call opens a new one.
            open::close(slot.take());
        }
        resized
    }

    fn reopen(&self) -> Result<()> {
        let mut slot = self.exclusive();
        if slot.is_none() {
            let options = self.options().clone();
            *slot = Some(open::open(&self.path, &options)?);
        }
        Ok(())
    }

    /// A second handle may ask for more than the first: writing, or full durability.
    pub(super) fn widen(&self, wanted: &Options) -> Result<()> {
        let mut slot = self.exclusive();
        let mut options = self.options();
        let full = [options.durability, wanted.durability].contains(&Durability::Full);
        let merged = Options {
            read_only: options.read_only && wanted.read_only,
            durability: if full { Durability::Full } else { Durability::Relaxed },
            ..if options.read_only { wanted.clone() } else { options.clone() }
        };
        if (merged.read_only, merged.durability) != (options.read_only, options.durability) {
            open::allowed(&self.path, &merged)?;
            open::close(slot.take());
            *slot = Some(open::open(&self.path, &merged)?);
            *options = merged;
        }
        Ok(())
    }

    /// Closes the environment; the next call opens it again.
    pub(super) fn close(&self) {
        open::close(self.exclusive().take());
    }

    fn slot(&self) -> RwLockReadGuard<'_, Option<Opened>> {
        self.slot.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, Option<Opened>> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn options(&self) -> MutexGuard<'_, Options> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _call = fork::enter();
        open::close(self.slot.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// What a transaction that did not begin waits for.
fn pause(error: heed::Error) -> Result<Pause> {
    match error {
        heed::Error::Mdb(MdbError::MapResized) => Ok(Pause::Resized),
        heed::Error::Mdb(MdbError::Panic) => Ok(Pause::Failed(Error::storage(
            "an earlier commit failed to reach the disk; the file was closed and the next call opens it again",
        ))),
        other => Err(lmdb(other)),
    }
}

fn attempt<R>(
    opened: &Opened,
    work: &mut impl FnMut(&Tables, &mut RwTxn<'_>) -> Result<R>,
) -> Result<Result<R>, Pause> {
    let mut txn = match opened.env.write_txn() {
        Ok(txn) => txn,
        Err(error) => return pause(error).map_or_else(|error| Ok(Err(error)), Err),
    };
    match work(&opened.tables, &mut txn) {
        Ok(result) => match txn.commit() {
            Ok(()) => Ok(Ok(result)),
            Err(heed::Error::Mdb(MdbError::MapFull)) => Err(Pause::Full),
            Err(error) => Err(Pause::Failed(lmdb(error).context("the commit failed, nothing of it was kept"))),
        },
        Err(error) if error.message() == super::MAP_FULL => Err(Pause::Full),
        Err(error) => Ok(Err(error)),
    }
}
