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
//! - a write transaction is begun and committed by one thread, because it never leaves [`Shared::transact`];
//! - who waits for a turn or for another process holds no lock, and stands outside the fork gate;
//! - locks are taken in this order: fork gate, registry, line of writers, slot, options.
//!
//! A call within a call on the same store would wait for itself once another thread wants to grow the map: `work` does
//! not call back.

use std::borrow::Borrow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use heed::{MdbError, RwTxn};
use uuid::Uuid;

use super::env::{self, Env};
use super::lock::{self, FileGuard, Patience};
use super::open::{self, Opened};
use super::options::{Durability, Options};
use super::tables::Tables;
use super::turns::{Turn, Turns};
use super::write::{self, Mode};
use super::{Txn, fork, format, group, guest, lmdb};
use crate::error::{Error, Result};
use crate::operation::{Operation, Outcome};

/// How often a writer looks for readers that died without leaving.
const CLEAR_READERS: Duration = Duration::from_secs(1);

/// What all handles of one path share.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    uuid: Mutex<Uuid>,
    options: Mutex<Options>,
    slot: RwLock<Option<Opened>>,
    pub(super) turns: Turns,
    /// When readers that died were last looked for.
    pub(super) cleared: Mutex<Instant>,
}

/// Why a transaction did not take place yet.
enum Pause {
    /// The environment is closed, as after a fork.
    Closed,
    /// Another file was put in the place of the one that is open.
    Replaced,
    /// The map has no room for another page.
    Full,
    /// Another process made the map larger.
    Resized,
    /// Every reader slot is taken, perhaps by processes that died.
    ReadersFull,
    /// Another process writes, and this one has no place in the lock file.
    Written,
    /// A commit failed: LMDB refuses this environment, the file is as before the commit.
    Failed(Error),
}

impl Shared {
    /// Opens the environment of a path that the registry does not know.
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self> {
        let opened = open::open(path, options)?;
        Ok(Self {
            path: path.to_owned(),
            uuid: Mutex::new(opened.uuid),
            options: Mutex::new(options.clone()),
            slot: RwLock::new(Some(opened)),
            turns: Turns::default(),
            cleared: Mutex::new(Instant::now()),
        })
    }

    /// Runs `work` in a read transaction.
    pub(super) fn read<R>(&self, work: impl FnOnce(&Opened, &Txn<'_>) -> Result<R>) -> Result<R> {
        let mut waited = None;
        let mut cleared = false;
        loop {
            let call = fork::enter();
            let pause = {
                let slot = self.slot();
                match slot.as_ref() {
                    None => Pause::Closed,
                    Some(opened) => match opened.here(&self.path)?.try_enter(&self.path)? {
                        None => Pause::Written,
                        Some(_sheltered) => match opened.env.read_txn() {
                            // Looked at in the transaction: whatever replaces the file now, this was its state.
                            Ok(_) if opened.is_replaced(&self.path) => Pause::Replaced,
                            Ok(txn) => return work(opened, &txn),
                            Err(heed::Error::Mdb(MdbError::ReadersFull)) if !cleared => Pause::ReadersFull,
                            Err(error) => pause(error)?,
                        },
                    },
                }
            };
            cleared |= matches!(pause, Pause::ReadersFull);
            match pause {
                Pause::Written => {
                    drop(call);
                    self.wait_as_guest(&mut waited)?;
                }
                other => self.settle(other)?,
            }
        }
    }

    /// Waits for a writer, holding neither gate nor slot.
    fn wait_as_guest(&self, waited: &mut Option<Patience>) -> Result<()> {
        let timeout = self.options().timeout;
        guest::pause(&self.path, waited, timeout)
    }

    /// Runs `work` in a write transaction of its own and commits it; grows the map and runs it again where it was too
    /// small.
    pub(super) fn write<R>(&self, work: impl FnMut(&Tables, &mut RwTxn<'_>) -> Result<R>) -> Result<R> {
        self.in_turn(|| self.transact(work))
    }

    /// Writes operations that may each fail alone, in one transaction if it holds them.
    pub(super) fn write_each<O: Borrow<Operation>>(&self, operations: &[O]) -> Result<Vec<Result<Outcome>>> {
        self.in_turn(|| Ok(self.in_parts(operations)))
    }

    /// Runs `work`, which puts another file in the place of the one that is open, while nobody writes.
    pub(super) fn replace(&self, work: impl FnOnce(&Opened, &Path) -> Result<()>) -> Result<()> {
        self.in_turn(|| {
            let replaced = match self.slot().as_ref() {
                Some(opened) => work(opened, &self.path),
                None => Err(Error::storage("the store was closed at this moment; nothing was changed")),
            };
            self.close();
            replaced
        })
    }

    /// Runs `work` on the open environment without a transaction of ours, as LMDB's copy begins its own.
    pub(super) fn read_outside<R>(&self, work: impl FnOnce(&Opened) -> Result<R>) -> Result<R> {
        self.read(|_, _| Ok(()))?;
        let mut waited = None;
        loop {
            {
                let _call = fork::enter();
                let slot = self.slot();
                let Some(opened) = slot.as_ref() else {
                    return Err(Error::storage("the store was closed at this moment; try again"));
                };
                if let Some(_sheltered) = opened.here(&self.path)?.try_enter(&self.path)? {
                    return work(opened);
                }
            }
            self.wait_as_guest(&mut waited)?;
        }
    }

    /// Runs `work` on the file while nobody writes and this process has it closed.
    pub(super) fn reshape<R>(&self, work: impl FnOnce(&Path, &Options) -> Result<R>) -> Result<R> {
        self.in_turn(|| {
            let mut slot = self.exclusive();
            open::close(slot.take());
            let options = self.options().clone();
            work(&self.path, &options)
        })
    }

    /// Another store was put in the place of this one on purpose.
    pub(super) fn set_uuid(&self, uuid: Uuid) {
        *self.uuid.lock().unwrap_or_else(PoisonError::into_inner) = uuid;
    }

    fn uuid(&self) -> Uuid {
        *self.uuid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` while no other thread and no other process writes.
    fn in_turn<R>(&self, work: impl FnOnce() -> Result<R>) -> Result<R> {
        let mut patience = Patience::new(self.options().timeout);
        let place = self.turns.join(None);
        let turn = self.turns.wait(&place, &self.path, &mut patience)?;
        let result = self.alone(&mut patience, work);
        drop(turn);
        result
    }

    /// Writes one operation, in a transaction together with what other threads wait to write.
    pub(super) fn write_together(&self, operation: Arc<Operation>) -> Result<Outcome> {
        let mut patience = Patience::new(self.options().timeout);
        let place = self.turns.join(Some(operation));
        if let Some(mut turn) = self.turns.wait(&place, &self.path, &mut patience)? {
            self.alone(&mut patience, || {
                self.serve(&mut turn);
                Ok(())
            })?;
        }
        place.outcome().unwrap_or_else(|| Err(Error::storage("the write was given up before it began")))
    }

    fn serve(&self, turn: &mut Turn<'_>) {
        let operations = turn.gather();
        turn.serve(self.in_parts(&operations));
    }

    fn in_parts<O: Borrow<Operation>>(&self, operations: &[O]) -> Vec<Result<Outcome>> {
        group::apply(operations, &mut |part: &[O]| {
            self.transact(|tables, txn| write::apply(tables, txn, part, Mode::EachAlone))
        })
    }

    /// Runs `work` while no other process writes. The lock is waited for without the fork gate and the slot, so that
    /// forks go on, and readers can adopt a map that the other process grew.
    fn alone<R>(&self, patience: &mut Patience, work: impl FnOnce() -> Result<R>) -> Result<R> {
        loop {
            {
                let _call = fork::enter();
                if let Some(_process) = self.lock_file()? {
                    return work();
                }
            }
            patience.sleep(&self.path, || lock::holder(&self.path))?;
        }
    }

    /// The lock against other processes, unless one of them has it. While it is held nobody replaces the file.
    fn lock_file(&self) -> Result<Option<FileGuard>> {
        loop {
            let pause = match self.slot().as_ref() {
                None => Pause::Closed,
                Some(opened) => {
                    let guard = lock::try_file(&opened.here(&self.path)?.file);
                    match opened.is_replaced(&self.path) {
                        true => Pause::Replaced,
                        false => return Ok(guard),
                    }
                }
            };
            self.settle(pause)?;
        }
    }

    /// Runs `work` in a transaction and commits it, by the thread that has the turn and the file's lock.
    fn transact<R>(&self, mut work: impl FnMut(&Tables, &mut RwTxn<'_>) -> Result<R>) -> Result<R> {
        loop {
            let outcome = match self.slot().as_ref() {
                None => Err(Pause::Closed),
                Some(opened) => {
                    self.clear_readers(&opened.env)?;
                    attempt(opened.here(&self.path)?, &mut work)
                }
            };
            match outcome {
                Ok(result) => return result,
                Err(pause) => self.settle(pause)?,
            }
        }
    }

    /// Takes readers that died out of the table now and then: pages they might read are never used again, so the file
    /// would grow for as long as somebody writes.
    fn clear_readers(&self, env: &Env) -> Result<()> {
        let mut cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner);
        if cleared.elapsed() >= CLEAR_READERS {
            *cleared = Instant::now();
            env.clear_stale_readers().map_err(lmdb)?;
        }
        Ok(())
    }

    /// Removes what a transaction waited for.
    fn settle(&self, pause: Pause) -> Result<()> {
        match pause {
            Pause::Closed => self.reopen(),
            Pause::Replaced => {
                self.close();
                Ok(())
            }
            Pause::Full => self.resize(|now| now.saturating_mul(2)),
            Pause::Resized => self.resize(|_| 0),
            Pause::ReadersFull => match self.slot().as_ref() {
                Some(opened) => opened.env.clear_stale_readers().map(drop).map_err(lmdb),
                None => Ok(()),
            },
            Pause::Written => Ok(()),
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
            *slot = Some(open::again(&self.path, &options, self.uuid())?);
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
            any_schema: options.any_schema || wanted.any_schema,
            durability: if full { Durability::Full } else { Durability::Relaxed },
            ..if options.read_only { wanted.clone() } else { options.clone() }
        };
        let how = |options: &Options| (options.read_only, options.durability, options.any_schema);
        if how(&merged) != how(&options) {
            open::allowed(&self.path, &merged)?;
            open::close(slot.take());
            *slot = Some(open::again(&self.path, &merged, self.uuid())?);
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
    // LMDB takes the number of the last transaction from the lock file, not from the data.
    if txn.id() != opened.env.info().last_txn_id + 1 {
        return Ok(Err(Error::connection(
            "another file was put in the place of the store while processes had it open, and its lock file counts other \
             transactions; close the store in every process and open it again",
        )));
    }
    match format::has_moved(&opened.tables, &txn, opened.schema) {
        Ok(false) => {}
        Ok(true) => return Err(Pause::Replaced),
        Err(error) => return Ok(Err(error)),
    }
    if opened.schema != format::VERSION {
        return Ok(Err(Error::storage(format!("nothing was written: {}", format::older(opened.schema)))));
    }
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
