//! The whole file, copied while others write; and a file put in the place of the one that is open.
//!
//! ```text
//! backup    [ 512 bytes of others | LMDB's compacting copy of one snapshot | .. ]     what it holds is read from it again
//! restore   proteus.db-restoring ── generation + 1 ── sync ── rename ──> proteus.db   see `replace`
//! ```

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::path::Path;

use heed::CompactionOption;

use super::counters::{self, Counters};
use super::format::{self, Identity};
use super::open::Opened;
use super::options::Options;
use super::pages::{self, Head};
use super::shared::Shared;
use super::{env, files, lmdb, open, probe, replace};
use crate::error::{Error, Kind, Result};
use crate::watch::{Watch, watched_until};

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Bytes of the copy.
    pub length: u64,
    /// Commit time of the last transaction in it, µs.
    pub last_commit: i64,
    /// Which store it is of.
    pub identity: Identity,
}

/// Writes a compact copy of the store into a file, from `offset` on.
///
/// # Errors
/// `Storage` where the disk is full; what `watch` fails with.
pub(super) fn copy(shared: &Shared, target: &Path, offset: u64, watch: &mut Watch<'_>) -> Result<Copied> {
    let failed = |error: std::io::Error| Error::storage(format!("{}: {error}", target.display()));
    let mut file = File::options().read(true).write(true).open(target).map_err(failed)?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let watched = file.try_clone().map_err(failed)?;
    let descriptor = file.as_raw_fd();
    let written = || watched.metadata().map_or(0, |found| found.len().saturating_sub(offset));
    let total = shared.read(|opened, _| Ok(in_use(opened)))?;
    let copied = watched_until(
        &mut |_, _| watch(written().min(total), total),
        |_| {
            shared.read_outside(|opened| {
                let told = opened.env.copy_to_file(&mut file, CompactionOption::Enabled).map_err(lmdb);
                told.map_err(|error| error.context(format!("copying to {}", target.display())))
            })
        },
        // LMDB's copy asks nobody; it ends where it can write no more.
        |_| drop(env::cut(descriptor)),
    );
    copied?;
    let length = file.metadata().map_err(failed)?.len().saturating_sub(offset);
    look(&mut file, offset, length)
}

/// Bytes that a copy may take.
fn in_use(opened: &Opened) -> u64 {
    let page = u64::from(opened.env.unnamed_database_stat().page_size);
    (opened.env.info().last_page_number as u64 + 1).saturating_mul(page)
}

/// What the copy that begins at `offset` holds.
///
/// # Errors
/// `Corruption` where no store begins there.
pub fn look(file: &mut File, offset: u64, length: u64) -> Result<Copied> {
    let damaged = || Error::corruption("the copy does not begin with a store");
    let Ok(Head::Current(meta)) = pages::head_at(file, offset) else { return Err(damaged()) };
    let mut find = |key: &[u8]| pages::look_up(file, &meta, format::TABLE.as_bytes(), key).ok_or_else(damaged);
    let identity = format::identity_in(&find(format::KEY)?)?;
    let last_commit = Counters::decode(&find(counters::KEY)?)?.last_commit as i64;
    Ok(Copied { length, last_commit, identity })
}

/// Puts a complete store in the place of the one that is open; the file at `new` lies in the same folder.
///
/// # Errors
/// `Connection` where it is no store this program reads; `Storage` with the step; nothing was changed then.
pub(super) fn adopt(shared: &Shared, new: &Path) -> Result<()> {
    let options = Options { any_schema: true, ..Options::default() };
    if probe::look(new, &options)? != probe::Found::Store {
        return Err(Error::corruption(format!("{} holds nothing", new.display())));
    }
    let mut identity = Identity::default();
    shared.replace(|opened, path| {
        identity = succeed(new, &before(opened))?;
        replace::replace(opened, path, |successor| {
            std::fs::rename(new, successor).map_err(|error| Error::storage(format!("{}: {error}", new.display())))
        })
    })?;
    shared.set_uuid(identity.uuid);
    Ok(())
}

/// What the next store must not repeat: its generation, for caches, and the last number of a blob, for versions that
/// somebody still holds.
#[derive(Default)]
struct Before {
    generation: u64,
    blob: u64,
}

/// A store that is too damaged to say has nothing that would be believed.
fn before(opened: &Opened) -> Before {
    let Ok(txn) = opened.env.read_txn() else { return Before::default() };
    Before {
        generation: format::identity(&opened.tables, &txn).map_or(0, |identity| identity.generation),
        blob: Counters::read(&opened.tables, &txn).map_or(0, |counters| counters.next_blob),
    }
}

/// Makes a store that nobody has open one that can follow another.
fn succeed(path: &Path, before: &Before) -> Result<Identity> {
    let options = Options { any_schema: true, ..Options::default() };
    let opened = open::open(path, &options)?;
    let raised = || -> Result<Identity> {
        let mut txn = opened.env.write_txn().map_err(lmdb)?;
        let mut identity = format::identity(&opened.tables, &txn)?;
        identity.generation = identity.generation.max(before.generation) + 1;
        format::write(&opened.tables, &mut txn, identity)?;
        let mut counters = Counters::read(&opened.tables, &txn)?;
        counters.next_blob = counters.next_blob.max(before.blob);
        counters.write(&opened.tables, &mut txn)?;
        txn.commit().map_err(lmdb).map(|()| identity)
    };
    let identity = raised();
    open::close(Some(opened));
    remove_lock(path);
    identity
}

/// Removes the lock file of a store that nobody has open.
pub(super) fn remove_lock(path: &Path) {
    let _ = std::fs::remove_file(files::lock_path(path));
}

/// XXH3-128 of bytes `from` to `to` of a file, big-endian.
///
/// # Errors
/// `Storage` where it cannot be read or is shorter; what `watch` fails with.
pub fn digest(path: &Path, from: u64, to: u64, watch: &mut Watch<'_>) -> Result<[u8; 16]> {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    pump(path, from, to, watch, |bytes| {
        hasher.update(bytes);
        Ok(())
    })?;
    Ok(hasher.digest128().to_be_bytes())
}

/// Writes bytes `from` to `to` of a file into a new one, and syncs it.
///
/// # Errors
/// As [`digest`]; `Storage` where the new file is there or cannot be written.
pub fn extract(path: &Path, from: u64, to: u64, target: &Path, watch: &mut Watch<'_>) -> Result<()> {
    let failed = |error: std::io::Error| Error::storage(format!("{}: {error}", target.display()));
    let mut out = File::options().write(true).create_new(true).open(target).map_err(failed)?;
    pump(path, from, to, watch, |bytes| std::io::Write::write_all(&mut out, bytes).map_err(failed))?;
    out.sync_all().map_err(failed)
}

/// XXH3-128 of bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(bytes)
}

const CHUNK: usize = 1 << 20;

fn pump(
    path: &Path,
    from: u64,
    to: u64,
    watch: &mut Watch<'_>,
    mut take: impl FnMut(&[u8]) -> Result<()> + Send,
) -> Result<()> {
    let failed = |error: std::io::Error| Error::storage(format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(from)).map_err(failed)?;
    crate::watch::watched(watch, |gauge| {
        gauge.expect(to.saturating_sub(from));
        let mut left = to.saturating_sub(from);
        let mut buffer = vec![0; CHUNK];
        while left > 0 {
            let wanted = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
            let chunk = buffer.get_mut(..wanted).unwrap_or_default();
            std::io::Read::read_exact(&mut file, chunk).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    Error::new(Kind::Corruption, format!("{}: it is cut short", path.display()))
                }
                _ => failed(error),
            })?;
            take(chunk)?;
            left -= wanted as u64;
            gauge.advance(wanted as u64)?;
        }
        Ok(())
    })
}
