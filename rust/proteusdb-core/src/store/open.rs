//! From a path to an open environment with its tables.
//!
//! ```text
//! probe the path -> (create the files) -> LMDB -> tables, made where the file is new
//! ```
//!
//! A file that is refused is neither changed nor joined by a lock file; files made for an opening that fails are
//! removed again.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use heed::{CommitOrAbort, EnvFlags};

use super::counters::Counters;
use super::env::{self, Env};
use super::options::{Durability, Options};
use super::probe::{self, Found};
use super::tables::{NAMES, Tables, TablesIn};
use super::{format, lmdb, lock};
use crate::error::{Error, Result};

/// An environment and its tables.
pub(super) struct Opened {
    pub(super) env: Env,
    pub(super) tables: Tables,
    /// The data file, to be locked by writers.
    pub(super) file: Option<Arc<File>>,
    process: u32,
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
}

/// Closes what is open. What another process opened is left to it.
pub(super) fn close(opened: Option<Opened>) {
    match opened {
        Some(opened) if opened.process == std::process::id() => env::close(opened.env),
        inherited => std::mem::forget(inherited),
    }
}

/// Whether the path can be opened with these options, without opening it.
pub(super) fn allowed(path: &Path, options: &Options) -> Result<Found> {
    let found = probe::look(path, options)?;
    match (found, options.read_only) {
        (Found::Absent, true) => Err(probe::refuse(path, "there is no such file, and read_only=True creates none")),
        (Found::Empty, true) => Err(probe::refuse(path, "the file is empty and read_only=True makes no store of it")),
        _ => Ok(found),
    }
}

/// Opens or creates a store.
///
/// # Errors
/// `Connection` with the reason and the cure.
pub(super) fn open(path: &Path, options: &Options) -> Result<Opened> {
    let found = allowed(path, options)?;
    let made = if found == Found::Absent { create_files(path, options)? } else { Vec::new() };
    let opened = open_files(path, options);
    if opened.is_err() {
        // Another process may have found our new file and begun to fill it: then it is no longer ours to remove.
        for file in made.iter().filter(|file| std::fs::metadata(file).is_ok_and(|found| found.len() == 0)) {
            let _ = std::fs::remove_file(file);
        }
    }
    opened
}

fn open_files(path: &Path, options: &Options) -> Result<Opened> {
    let env = env::open(path, options.map_size.unwrap_or(env::FIRST_MAP), NAMES.len(), flags(path, options))?;
    let opened = prepare(path, options, &env);
    match opened {
        Ok((tables, file)) => Ok(Opened { env, tables, file, process: std::process::id() }),
        Err(error) => {
            env::close(env);
            Err(error)
        }
    }
}

fn prepare(path: &Path, options: &Options, env: &Env) -> Result<(Tables, Option<Arc<File>>)> {
    let present = open_tables(env, path)?;
    if options.read_only {
        let missing = || probe::refuse(path, "tables are missing; open it once for writing with this version");
        return present.ok_or_else(missing).map(|tables| (tables, None));
    }
    // Readers of processes that died keep old pages from being used again.
    env.clear_stale_readers().map_err(lmdb)?;
    let file = File::options().read(true).write(true).open(path);
    let file = Arc::new(file.map_err(|error| probe::refuse(path, &format!("it cannot be written ({error})")))?);
    let tables = match present {
        Some(tables) => tables,
        None => {
            let _process = lock::take_file(path, &file, lock::deadline(options.timeout))?;
            create_tables(env)?
        }
    };
    Ok((tables, Some(file)))
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

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}

/// Readers enter themselves in the lock file. Where they cannot (no permission, a read-only disk), they may only read a
/// file that nobody writes meanwhile, as a published one.
fn lock_writable(path: &Path) -> bool {
    let lock = lock_path(path);
    if lock.exists() {
        return rustix::fs::access(&lock, rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK).is_ok();
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// Makes data and lock file with the mode asked for, whatever the umask; LMDB itself would make them 0600. Returns those
/// that were not there.
fn create_files(path: &Path, options: &Options) -> Result<Vec<PathBuf>> {
    let mut made = Vec::new();
    for name in [path.to_owned(), lock_path(path)] {
        match File::options().read(true).write(true).create_new(true).open(&name) {
            Ok(file) => {
                made.push(name);
                file.set_permissions(Permissions::from_mode(options.mode))
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
        .map_err(|error| {
            made.iter().for_each(|name| drop(std::fs::remove_file(name)));
            probe::refuse(path, &format!("it cannot be created ({error})"))
        })?;
    }
    Ok(made)
}

/// The tables, if the file has them all; `None` in a new file.
fn open_tables(env: &Env, path: &Path) -> Result<Option<Tables>> {
    let txn = env.read_txn().map_err(lmdb)?;
    let opened = env.open_databases_and_commit(txn, |opener, txn| {
        let Some(tables) = TablesIn::open(opener, txn)? else { return Ok(CommitOrAbort::Abort(())) };
        format::check(path, &tables, txn)?;
        Ok::<_, Error>(CommitOrAbort::Commit(tables))
    })?;
    Ok(opened.commit())
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
