//! From a path to an open environment with its tables.
//!
//! ```text
//! probe the path -> (create the files) -> LMDB -> tables, made where the file is new
//! ```
//!
//! A file that is refused is neither changed nor joined by a lock file; files made for an opening that fails are
//! removed again.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use heed::{CommitOrAbort, EnvFlags};

use super::counters::Counters;
use super::env::{self, Env};
use super::format::Identity;
use super::guest::{Guest, Visit};
use super::lock::Patience;
use super::options::{Durability, Options};
use super::probe::{self, Found};
use super::tables::{NAMES, Tables, TablesIn};
use super::{commits, files, format, lmdb, lock, pages};
use crate::error::{Error, Result};

/// An environment and its tables.
pub(super) struct Opened {
    pub(super) env: Env,
    pub(super) tables: Tables,
    /// The data file, to be locked by writers.
    pub(super) file: Arc<File>,
    /// Which store it is.
    pub(super) uuid: uuid::Uuid,
    /// The schema it had when it was opened.
    pub(super) schema: u32,
    pub(super) shelter: Shelter,
    process: u32,
    /// Device and inode of the data file.
    place: (u64, u64),
}

impl Opened {
    /// Itself, in the process that opened it.
    ///
    /// # Errors
    /// `Connection` in a child of a fork that called no hooks: reader slots and locks are the parent's.
    pub(super) fn here(&self, path: &Path) -> Result<&Self> {
        if self.process == std::process::id() {
            return Ok(self);
        }
        Err(Error::connection(format!(
            "{} was open when this process was forked by other means than os.fork(); start processes with the \"spawn\" \
             or \"forkserver\" method, or open the database after the fork",
            path.display()
        )))
    }

    /// Whether the path is no longer the file that is open.
    pub(super) fn is_replaced(&self, path: &Path) -> bool {
        match std::fs::metadata(path) {
            Ok(found) => self.place != (found.dev(), found.ino()),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }

    /// To be held by a read transaction; `None` where one has to wait for a writer.
    ///
    /// # Errors
    /// As [`Guest::try_enter`].
    pub(super) fn try_enter(&self, path: &Path) -> Result<Option<Sheltered<'_>>> {
        match &self.shelter {
            Shelter::Guest(guest) => Ok(guest.try_enter(path, &self.file)?.map(Some)),
            Shelter::Entered(_) | Shelter::Sealed => Ok(Some(None)),
        }
    }
}

/// What keeps writers from using pages again that this process reads.
pub(super) enum Shelter {
    /// Its places in the lock file, which is open to be read. It must be closed after the environment: see `readers`.
    Entered(File),
    /// A lock for each transaction, where it may not write the lock file.
    Guest(Guest),
    /// A published file has no writers.
    Sealed,
}

/// Held by a read transaction: the lock of a guest.
pub(super) type Sheltered<'o> = Option<Visit<'o>>;

impl Shelter {
    /// The lock file, where this process has its places in it.
    pub(super) fn lock_file(&self) -> Option<&File> {
        match self {
            Self::Entered(lock) => Some(lock),
            Self::Guest(_) | Self::Sealed => None,
        }
    }

    fn guest(&self) -> Option<&Guest> {
        match self {
            Self::Guest(guest) => Some(guest),
            Self::Entered(_) | Self::Sealed => None,
        }
    }
}

/// Closes what is open. What another process opened is left to it.
pub(super) fn close(opened: Option<Opened>) {
    match opened {
        Some(Opened { env, shelter, process, .. }) if process == std::process::id() => {
            env::close(env);
            drop(shelter);
        }
        inherited => std::mem::forget(inherited),
    }
}

/// Whether the path can be opened with these options, without opening it.
pub(super) fn allowed(path: &Path, options: &Options) -> Result<Found> {
    let found = probe::look(path, options)?;
    match (found, options.read_only) {
        (Found::Absent, true) => Err(probe::refuse(path, "there is no such file, and read_only=True creates none")),
        (Found::Empty, true) => Err(probe::refuse(path, "the file is empty and read_only=True makes no store of it")),
        (Found::Empty | Found::Store, false) if !files::lock_writable(path) => {
            let lock = files::lock_path(path);
            let why = format!(
                "its lock file {} cannot be written; it needs the permissions of the data file",
                lock.display()
            );
            Err(probe::refuse(path, &why))
        }
        _ => Ok(found),
    }
}

/// How often a path may lead to another file between two looks at it, as when it is compacted at this moment.
const TRIES: usize = 100;

/// Opens or creates a store.
///
/// # Errors
/// `Connection` with the reason and the cure.
pub(super) fn open(path: &Path, options: &Options) -> Result<Opened> {
    for _ in 0..TRIES {
        if let Some(opened) = try_open(path, options)? {
            return Ok(opened);
        }
    }
    Err(probe::refuse(path, "it is replaced again and again; open it again"))
}

/// What is open, unless the file was replaced meanwhile.
fn try_open(path: &Path, options: &Options) -> Result<Option<Opened>> {
    let found = allowed(path, options)?;
    if found == Found::Sealed {
        let unlocked = EnvFlags::NO_SUB_DIR | EnvFlags::READ_ONLY | EnvFlags::NO_LOCK;
        return open_files(path, options, unlocked, Some(Shelter::Sealed));
    }
    let made = files::make(path, found, options)?;
    if found == Found::Empty && !options.read_only {
        let whole = File::options().read(true).write(true).open(path).and_then(|file| pages::complete(&file));
        whole.map_err(|error| probe::refuse(path, &format!("it was never made whole, and cannot be ({error})")))?;
    }
    let flags = flags(path, options);
    let guest = flags.contains(EnvFlags::NO_LOCK).then(|| Shelter::Guest(Guest::default()));
    open_files(path, options, flags, guest).inspect_err(|_| files::remove_empty(&made))
}

/// Opens a store that was open before: the same, be it in another file.
///
/// # Errors
/// `Connection` where it is no longer there, or another store is.
pub(super) fn again(path: &Path, options: &Options, uuid: uuid::Uuid) -> Result<Opened> {
    if !matches!(probe::look(path, options)?, Found::Store | Found::Sealed) {
        return Err(probe::refuse(
            path,
            "it was removed or renamed while it was open; what was read before is all there is",
        ));
    }
    let opened = open(path, options)?;
    if opened.uuid == uuid {
        return Ok(opened);
    }
    close(Some(opened));
    Err(probe::refuse(
        path,
        "another store was put in its place while it was open; make a new DatabaseManager for that",
    ))
}

fn open_files(path: &Path, options: &Options, flags: EnvFlags, unlocked: Option<Shelter>) -> Result<Option<Opened>> {
    let env = env::open(path, options.map_size.unwrap_or(env::FIRST_MAP), NAMES.len(), flags)?;
    let process = std::process::id();
    let opened = data_file(path, options, &env).and_then(|placed| {
        let Some((file, place)) = placed else { return Ok(None) };
        let guest = unlocked.as_ref().and_then(Shelter::guest);
        let (tables, which) = prepare(path, options, &env, &file, guest)?;
        let shelter = unlocked.map_or_else(|| entered(path), Ok)?;
        Ok(Some((tables, which, file, place, shelter)))
    });
    match opened {
        Ok(Some((tables, which, file, place, shelter))) => {
            Ok(Some(Opened { env, tables, file, uuid: which.uuid, schema: which.format, shelter, process, place }))
        }
        closed => {
            env::close(env);
            closed.map(|_| None)
        }
    }
}

/// The last step of an opening: were this descriptor closed before the environment, the locks of both would be gone.
fn entered(path: &Path) -> Result<Shelter> {
    match File::open(files::lock_path(path)) {
        Ok(lock) => Ok(Shelter::Entered(lock)),
        Err(error) => Err(probe::refuse(path, &format!("its lock file cannot be read ({error})"))),
    }
}

/// A file, and its device and inode.
type Placed = (Arc<File>, (u64, u64));

/// The file that the environment has mapped, unless the path was given to another between two openings of it.
fn data_file(path: &Path, options: &Options, env: &Env) -> Result<Option<Placed>> {
    let file = File::options().read(true).write(!options.read_only).open(path);
    let file = file.map_err(|error| probe::refuse(path, &format!("it cannot be opened ({error})")))?;
    let place = |file: std::io::Result<std::fs::Metadata>| file.map(|file| (file.dev(), file.ino())).ok();
    let mapped = env.try_clone_inner_file().map_err(lmdb)?;
    let same = place(file.metadata()).filter(|ours| place(mapped.metadata()) == Some(*ours));
    Ok(same.map(|place| (Arc::new(file), place)))
}

fn prepare(
    path: &Path,
    options: &Options,
    env: &Env,
    file: &Arc<File>,
    guest: Option<&Guest>,
) -> Result<(Tables, Identity)> {
    let _visit = guest.map(|guest| guest.enter(path, file, options.timeout)).transpose()?;
    let present = open_tables(env, path, options)?;
    if !options.read_only {
        // Readers of processes that died keep old pages from being used again.
        env.clear_stale_readers().map_err(lmdb)?;
    }
    let tables = match present {
        Some(tables) => tables,
        None if options.read_only => {
            return Err(probe::refuse(path, "tables are missing; open it once for writing with this version"));
        }
        None => {
            let _process = lock::take_file(path, file, Patience::new(options.timeout))?;
            create_tables(env)?
        }
    };
    let txn = env.read_txn().map_err(lmdb)?;
    let which = format::identity(&tables, &txn)?;
    let (tables, missing) = tables.of_schema(which.format);
    match missing {
        Some(name) => Err(Error::corruption(format!("{}: table {name} is missing", path.display()))),
        None => Ok((tables, which)),
    }
}

pub(super) fn flags(path: &Path, options: &Options) -> EnvFlags {
    let mut flags = EnvFlags::NO_SUB_DIR;
    if options.durability == Durability::Relaxed {
        flags |= EnvFlags::NO_META_SYNC;
    }
    if options.read_only {
        flags |= EnvFlags::READ_ONLY;
        // Without permission, or on a read-only disk: see [`Shelter::Guest`].
        if !files::lock_writable(path) {
            flags |= EnvFlags::NO_LOCK;
        }
    }
    flags
}

/// The tables, if the file has them all; `None` in a new file.
fn open_tables(env: &Env, path: &Path, options: &Options) -> Result<Option<Tables>> {
    let txn = env.read_txn().map_err(lmdb)?;
    let opened = env.open_databases_and_commit(txn, |opener, txn| {
        let Some(tables) = TablesIn::open(opener, txn)? else { return Ok(CommitOrAbort::Abort(())) };
        format::check(path, &tables, txn, options)?;
        Ok::<_, Error>(CommitOrAbort::Commit(tables))
    })?;
    Ok(opened.commit())
}

pub(super) fn create_tables(env: &Env) -> Result<Tables> {
    let txn = env.write_txn().map_err(lmdb)?;
    let created = env.create_databases_and_commit(txn, |opener, txn| {
        let tables = TablesIn::create(opener, txn)?;
        if format::write_if_absent(&tables, txn)? {
            Counters::default().write(&tables, txn)?;
            commits::set_removed(&tables, txn, commits::NEVER)?;
        }
        Ok::<_, Error>(CommitOrAbort::<_, ()>::Commit(tables))
    })?;
    created.commit().ok_or_else(|| Error::storage("the tables were not created"))
}
