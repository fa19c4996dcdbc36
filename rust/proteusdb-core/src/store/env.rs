//! LMDB environments: the only `unsafe` of the store, and why it is sound.
//!
//! Mapping a file is unsafe because whoever changes the file changes memory. Here every process that writes goes
//! through LMDB's locks, the flags that give up consistency (`NO_SYNC`, `WRITE_MAP`) are never set, and a file is looked
//! into by [`probe`] before it is mapped.

use std::path::Path;

use heed::{EnvFlags, EnvOpenOptions, WithoutTls};

use super::{lmdb, probe};
use crate::error::Result;

/// The environment type: read transactions are not bound to threads.
pub(super) type Env = heed::Env<WithoutTls>;

/// Address space that makes growing rare; none of it is used before the file is that long.
pub(super) const FIRST_MAP: usize = 1 << 40;
const SMALLEST_MAP: usize = 1 << 20;
const MAX_READERS: u32 = 2048;

/// Opens an environment of at most `tables` tables; asks for half the address space where there is not enough.
pub(super) fn open(path: &Path, map_size: usize, tables: usize, flags: EnvFlags) -> Result<Env> {
    let mut size = map_size.max(SMALLEST_MAP);
    loop {
        let mut builder = EnvOpenOptions::new().read_txn_without_tls();
        builder.map_size(size).max_dbs(tables as u32).max_readers(MAX_READERS);
        // SAFETY: the registry opens a path once a process, and `flags` never holds NO_SYNC or WRITE_MAP. Other
        // processes change the file only through LMDB's locks.
        #[expect(unsafe_code, reason = "LMDB maps a file; why that is sound here stands in SAFETY")]
        let opened = unsafe { builder.flags(flags).open(path) };
        match opened {
            Ok(env) => return Ok(env),
            Err(heed::Error::Io(error)) if is_no_memory(&error) && size > SMALLEST_MAP => size /= 2,
            Err(error) => return Err(probe::refuse(path, &error.to_string())),
        }
    }
}

/// The address space asked for is too large for this machine or its limits.
fn is_no_memory(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NOMEM.raw_os_error())
}

/// Gives the map another size; 0 takes the size another process gave it. After a failure the environment has no map
/// and must be closed.
///
/// The caller proves by `_alone` that it holds the lock under which every transaction of this process lives.
pub(super) fn resize<T>(env: &Env, size: usize, _alone: &std::sync::RwLockWriteGuard<'_, T>) -> Result<()> {
    // SAFETY: no transaction of this process is alive, see above; those of others have maps of their own.
    #[expect(unsafe_code, reason = "growing the map is sound only without live transactions, see SAFETY")]
    unsafe { env.resize(size) }.map_err(lmdb)
}

/// Closes an environment and waits until its files are released.
pub(super) fn close(env: Env) {
    env.prepare_for_closing().wait();
}

/// Takes a table out of the file.
pub(super) fn remove(table: super::tables::Table, txn: &mut heed::RwTxn<'_>) -> Result<()> {
    // SAFETY: the environment that the handle belongs to is closed after this transaction, and no copy of it is used.
    #[expect(unsafe_code, reason = "a handle must not be used after its table is gone, see SAFETY")]
    unsafe { table.remove(txn) }.map_err(lmdb)
}

/// Makes every further write through a descriptor fail: what ends a copy that LMDB makes. Whoever owns the descriptor
/// keeps it open meanwhile.
pub(super) fn cut(descriptor: std::os::fd::RawFd) -> std::io::Result<()> {
    use std::os::fd::{FromRawFd, OwnedFd};
    let nowhere = std::fs::File::open("/dev/null")?;
    // SAFETY: the descriptor is open, and it is not closed here.
    #[expect(unsafe_code, reason = "LMDB writes to the descriptor on another thread, see SAFETY")]
    let mut owned = std::mem::ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(descriptor) });
    Ok(rustix::io::dup2(&nowhere, &mut owned)?)
}
