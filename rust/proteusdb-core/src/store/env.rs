//! The LMDB environment of a path: opened once a process, shared by every handle, closed round a fork.
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
//! - one environment a path and process: heed refuses a second, and two would break LMDB's own locks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{
    Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, Weak,
};
use std::time::Instant;

use heed::types::Bytes;
use heed::{CommitOrAbort, EnvFlags, EnvOpenOptions, RwTxn, WithoutTls};

use super::counters::Counters;
use super::options::{Durability, Options};
use super::tables::{NAMES, Tables, TablesIn};
use super::{Txn, format, lmdb, probe};
use crate::error::{Error, Result};

/// The environment type: read transactions are not bound to threads.
pub(super) type Env = heed::Env<WithoutTls>;

const FIRST_MAP: usize = 1 << 40;
const SMALLEST_MAP: usize = 1 << 20;
const MAX_READERS: u32 = 2048;

/// Every open path of this process.
static REGISTRY: LazyLock<Mutex<HashMap<PathBuf, Weak<Shared>>>> = LazyLock::new(Mutex::default);

/// Held (shared) by every call, and (alone) by a thread that forks: so a fork finds no call half done.
static GATE: RwLock<()> = RwLock::new(());

thread_local! {
    /// The gate, while this thread forks.
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

fn enter() -> RwLockReadGuard<'static, ()> {
    GATE.read().unwrap_or_else(PoisonError::into_inner)
}

/// An environment and its tables.
struct Opened {
    env: Env,
    tables: Tables,
}

/// What all handles of one path share.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    options: Mutex<Options>,
    slot: RwLock<Option<Opened>>,
    /// Held by the thread that writes; LMDB's own lock cannot be waited for with a limit.
    writer: Mutex<()>,
}

impl Shared {
    /// The shared state of a path, opened with these options or already open.
    pub(super) fn open(path: &Path, options: &Options) -> Result<Arc<Self>> {
        let _gate = enter();
        let path = probe::absolute(path)?;
        let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = registry.get(&path).and_then(Weak::upgrade) {
            shared.widen(options)?;
            return Ok(shared);
        }
        registry.retain(|_, shared| shared.strong_count() > 0);
        let opened = open_env(&path, options)?;
        let shared = Arc::new(Self {
            path: path.clone(),
            options: Mutex::new(options.clone()),
            slot: RwLock::new(Some(opened)),
            writer: Mutex::new(()),
        });
        registry.insert(path, Arc::downgrade(&shared));
        Ok(shared)
    }

    /// Runs `work` in a read transaction.
    pub(super) fn read<R>(&self, work: impl FnOnce(&Env, &Tables, &Txn<'_>) -> Result<R>) -> Result<R> {
        let _gate = enter();
        loop {
            let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
            let outcome = match slot.as_ref() {
                None => Begun::Closed,
                Some(opened) => match opened.env.read_txn() {
                    Ok(txn) => return work(&opened.env, &opened.tables, &txn),
                    Err(heed::Error::Mdb(heed::MdbError::MapResized)) => Begun::Resized,
                    Err(error) => return Err(lmdb(error)),
                },
            };
            drop(slot);
            match outcome {
                Begun::Closed => self.reopen()?,
                Begun::Resized => self.resize(|_| 0)?,
            }
        }
    }

    /// Runs `work` in a write transaction and commits it; grows the map and runs it again where it was too small.
    pub(super) fn write<R>(&self, mut work: impl FnMut(&Tables, &mut RwTxn<'_>) -> Result<R>) -> Result<R> {
        let _gate = enter();
        let _alone = self.lock_writer()?;
        loop {
            let outcome = {
                let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
                match slot.as_ref() {
                    None => Attempt::Closed,
                    Some(opened) => attempt(opened, &mut work),
                }
            };
            match outcome {
                Attempt::Done(result) => return result,
                Attempt::Closed => self.reopen()?,
                Attempt::Full => self.resize(|now| now.saturating_mul(2))?,
                Attempt::Resized => self.resize(|_| 0)?,
            }
        }
    }

    fn lock_writer(&self) -> Result<MutexGuard<'_, ()>> {
        let timeout = self.options.lock().unwrap_or_else(PoisonError::into_inner).timeout;
        let start = Instant::now();
        loop {
            match self.writer.try_lock() {
                Ok(guard) => return Ok(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if start.elapsed() >= timeout => {
                    return Err(Error::timeout(format!(
                        "{}: another thread has been writing for {:.1} s; raise timeout= or write in smaller batches",
                        self.path.display(),
                        timeout.as_secs_f64()
                    )));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_micros(200)),
            }
        }
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, Option<Opened>> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the map another size; 0 takes the size another process gave it.
    fn resize(&self, size: impl Fn(usize) -> usize) -> Result<()> {
        let slot = self.exclusive();
        let Some(opened) = slot.as_ref() else { return Ok(()) };
        let now = opened.env.info().map_size;
        // SAFETY: the slot's write lock is held, and every transaction of this process lives under its read lock.
        #[expect(unsafe_code, reason = "growing the map is sound only without live transactions, see SAFETY")]
        unsafe { opened.env.resize(size(now)) }.map_err(lmdb)
    }

    fn reopen(&self) -> Result<()> {
        let mut slot = self.exclusive();
        if slot.is_none() {
            let options = self.options.lock().unwrap_or_else(PoisonError::into_inner).clone();
            *slot = Some(open_env(&self.path, &options)?);
        }
        Ok(())
    }

    /// A second handle may ask for more than the first: writing, or full durability.
    fn widen(&self, wanted: &Options) -> Result<()> {
        let merged = {
            let current = self.options.lock().unwrap_or_else(PoisonError::into_inner);
            let full = [current.durability, wanted.durability].contains(&Durability::Full);
            Options {
                read_only: current.read_only && wanted.read_only,
                durability: if full { Durability::Full } else { Durability::Relaxed },
                ..if current.read_only { wanted.clone() } else { current.clone() }
            }
        };
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        if (merged.read_only, merged.durability) != (options.read_only, options.durability) {
            let mut slot = self.exclusive();
            probe::existing(&self.path, &merged)?;
            close(slot.take());
            *slot = Some(open_env(&self.path, &merged)?);
            *options = merged;
        }
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        close(self.exclusive().take());
    }
}

/// Why a read could not begin yet.
enum Begun {
    Closed,
    Resized,
}

/// What one try at a write came to.
enum Attempt<R> {
    Done(Result<R>),
    Closed,
    Full,
    Resized,
}

fn attempt<R>(opened: &Opened, work: &mut impl FnMut(&Tables, &mut RwTxn<'_>) -> Result<R>) -> Attempt<R> {
    let mut txn = match opened.env.write_txn() {
        Ok(txn) => txn,
        Err(heed::Error::Mdb(heed::MdbError::MapResized)) => return Attempt::Resized,
        Err(error) => return Attempt::Done(Err(lmdb(error))),
    };
    match work(&opened.tables, &mut txn) {
        Ok(result) => match txn.commit() {
            Ok(()) => Attempt::Done(Ok(result)),
            Err(heed::Error::Mdb(heed::MdbError::MapFull)) => Attempt::Full,
            Err(error) => Attempt::Done(Err(lmdb(error))),
        },
        Err(error) if error.message() == super::MAP_FULL => Attempt::Full,
        Err(error) => Attempt::Done(Err(error)),
    }
}

/// Closes an environment and waits until its files are released.
fn close(opened: Option<Opened>) {
    if let Some(opened) = opened {
        opened.env.prepare_for_closing().wait();
    }
}

fn open_env(path: &Path, options: &Options) -> Result<Opened> {
    let existing = probe::existing(path, options)?;
    if existing {
        check_ours(path)?;
    } else {
        create_file(path, options)?;
    }
    let env = match raw_open(path, options, flags(path, options)) {
        Err(error) if !existing => {
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        opened => opened?,
    };
    if !options.read_only {
        // Readers of processes that died keep old pages from being used again.
        env.clear_stale_readers().map_err(lmdb)?;
    }
    let tables = if options.read_only { open_tables(&env, path)? } else { create_tables(&env)? };
    Ok(Opened { env, tables })
}

fn flags(path: &Path, options: &Options) -> EnvFlags {
    let mut flags = EnvFlags::NO_SUB_DIR;
    if options.durability == Durability::Relaxed {
        flags |= EnvFlags::NO_META_SYNC;
    }
    if options.read_only {
        flags |= EnvFlags::READ_ONLY;
        if !lock_writable(path) {
            flags |= EnvFlags::NO_LOCK;
        }
    }
    flags
}

/// Readers enter themselves in the lock file; without one they may only read a file that nobody writes.
fn lock_writable(path: &Path) -> bool {
    let mut lock = path.as_os_str().to_owned();
    lock.push("-lock");
    std::fs::File::options().read(true).write(true).create(true).truncate(false).open(lock).is_ok()
}

/// Makes data and lock file with the mode asked for, whatever the umask; LMDB itself would make them 0600.
fn create_file(path: &Path, options: &Options) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut lock = path.as_os_str().to_owned();
    lock.push("-lock");
    for name in [path.as_os_str(), lock.as_os_str()] {
        let made = std::fs::File::options().read(true).write(true).create(true).truncate(false).open(name);
        let mode = std::fs::Permissions::from_mode(options.mode);
        made.and_then(|file| file.set_permissions(mode))
            .map_err(|error| probe::refuse(path, &format!("it cannot be created ({error})")))?;
    }
    Ok(())
}

fn raw_open(path: &Path, options: &Options, flags: EnvFlags) -> Result<Env> {
    let mut size = options.map_size.unwrap_or(FIRST_MAP).max(SMALLEST_MAP);
    loop {
        let mut builder = EnvOpenOptions::new().read_txn_without_tls();
        builder.map_size(size).max_dbs(NAMES.len() as u32).max_readers(MAX_READERS);
        // SAFETY: the registry opens a path once a process, and none of the flags that can corrupt (NO_SYNC, WRITE_MAP)
        // is ever set. The file may still be changed by other processes, which go through LMDB's locks as we do.
        #[expect(unsafe_code, reason = "LMDB maps a file; why that is sound here stands in SAFETY")]
        let opened = unsafe { builder.flags(flags).open(path) };
        match opened {
            Ok(env) => return Ok(env),
            // ENOMEM: the address space asked for is too large for this machine or its limits.
            Err(heed::Error::Io(error)) if error.raw_os_error() == Some(12) && size > SMALLEST_MAP => size /= 2,
            Err(error) => return Err(probe::refuse(path, &error.to_string())),
        }
    }
}

/// Reads the format record before anything may be written, without a lock file.
fn check_ours(path: &Path) -> Result<()> {
    let options = Options { read_only: true, map_size: None, ..Options::default() };
    let env = raw_open(path, &options, EnvFlags::NO_SUB_DIR | EnvFlags::READ_ONLY | EnvFlags::NO_LOCK)?;
    let checked = env.read_txn().map_err(lmdb).and_then(|txn| {
        let entries = env.unnamed_database_stat().entries;
        let checked = env.open_databases_and_commit(txn, |opener, txn| {
            let meta = opener.open_database::<Bytes, Bytes>(txn, Some("meta")).ok().flatten();
            format::check(path, meta, txn, entries).map(CommitOrAbort::<(), ()>::Abort)
        });
        checked.map(drop)
    });
    env.prepare_for_closing().wait();
    checked
}

fn open_tables(env: &Env, path: &Path) -> Result<Tables> {
    let txn = env.read_txn().map_err(lmdb)?;
    let opened = env.open_databases_and_commit(txn, |opener, txn| {
        let tables = TablesIn::open(opener, txn)?;
        Ok::<_, Error>(tables.map_or(CommitOrAbort::Abort(()), CommitOrAbort::Commit))
    })?;
    opened.commit().ok_or_else(|| probe::refuse(path, "tables are missing; open it once for writing with this version"))
}

fn create_tables(env: &Env) -> Result<Tables> {
    let txn = env.write_txn().map_err(lmdb)?;
    let created = env.create_databases_and_commit(txn, |opener, txn| {
        let tables = TablesIn::create(opener, txn)?;
        if format::write_if_absent(&tables, txn)? {
            Counters::default().write(&tables, txn)?;
        }
        Ok::<_, Error>(CommitOrAbort::<_, ()>::Commit(tables))
    })?;
    created.commit().ok_or_else(|| Error::storage("the tables were not created"))
}

/// Before a fork: waits for the calls that run, closes every environment and lets no call begin until [`after_fork`], so
/// that parent and child each open their own.
pub fn before_fork() {
    let gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
    let registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    for shared in registry.values().filter_map(Weak::upgrade) {
        close(shared.exclusive().take());
    }
    FORKING.with_borrow_mut(|forking| *forking = Some(gate));
}

/// After a fork, in parent and child: calls may begin again, and the first opens the environment.
pub fn after_fork() {
    FORKING.with_borrow_mut(|forking| drop(forking.take()));
}
