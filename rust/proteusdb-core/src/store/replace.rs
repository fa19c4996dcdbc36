//! Another file in the place of a store's, under the processes that use it.
//!
//! ```text
//! writer's lock ── build proteus.db-new ── give it the old file's transaction number ── sync ── rename ── release
//! ```
//!
//! After each beginning of a transaction everybody looks whether the path still is the file he has open, and opens it
//! anew if not. The lock file stays: LMDB counts transactions there, and parity tells it which meta page is current. So
//! the new file goes on counting where the old one stopped, and whoever finds either file beside that lock file finds
//! them agreed. Where the new one has counted further, the old one is counted up first: pages that are free are kept by
//! the numbers of transactions, and one that came a second time would lose those of the first. That is why no moment needs a note in the old file, nor a lock file that vanishes: a crash leaves the old
//! store or the new one, and at worst a `-new` beside it that the next replacement overwrites.
//!
//! Readers of the old file go on with what they see; its pages are given back when the last of them closes it.

use std::fs::{File, Metadata, Permissions};
use std::io::{Error as IoError, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Uid, fchown};

use super::open::Opened;
use super::{counters, lmdb, pages};
use crate::error::{Error, Result};

/// Puts the file that `build` makes at the path it is given in the place of the store at `path`. The caller holds the
/// writer's lock, and closes the environment afterwards.
///
/// # Errors
/// `Storage` with the step; the store is as it was then.
pub(super) fn replace(opened: &Opened, path: &Path, build: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let new = successor(path);
    let built = match std::fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&new, &error)),
        _ => build(&new),
    };
    built.and_then(|()| adopt(opened, path, &new)).inspect_err(|_| {
        let _ = std::fs::remove_file(&new);
    })
}

/// Where the new file is built: in the same folder, so that it can be renamed.
fn successor(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-new");
    name.into()
}

fn adopt(opened: &Opened, path: &Path, new: &Path) -> Result<()> {
    let told = |error: IoError| failed(new, &error);
    let file = File::options().read(true).write(true).open(new).map_err(told)?;
    count_up(opened, pages::last_transaction(&file).map_err(told)?)?;
    pages::count_from(&file, opened.env.info().last_txn_id as u64).map_err(told)?;
    give_away(&file, &opened.file.metadata().map_err(told)?).map_err(told)?;
    file.sync_all().map_err(told)?;
    std::fs::rename(new, path).map_err(told)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| {
        let path = path.display();
        Error::storage(format!(
            "{path} has the new content, which may not survive a loss of power: its folder: {error}"
        ))
    })
}

/// Commits to the store until it has counted to `transaction`.
fn count_up(opened: &Opened, transaction: u64) -> Result<()> {
    while (opened.env.info().last_txn_id as u64) < transaction {
        let mut txn = opened.env.write_txn().map_err(lmdb)?;
        let same = opened.tables.meta.get(&txn, counters::KEY).map_err(lmdb)?.unwrap_or_default().to_vec();
        opened.tables.meta.put(&mut txn, counters::KEY, &same).map_err(lmdb)?;
        txn.commit().map_err(lmdb)?;
    }
    Ok(())
}

/// Owner, group and permissions of the old file, as far as the system allows.
fn give_away(file: &File, old: &Metadata) -> std::io::Result<()> {
    let made = file.metadata()?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        // Refused to who is not root; a group of which he is no member stays behind.
        let owner = |uid| fchown(file, uid, Some(Gid::from_raw(old.gid())));
        let _ = owner(Some(Uid::from_raw(old.uid()))).or_else(|_| owner(None));
    }
    file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))
}

fn failed(new: &Path, error: &IoError) -> Error {
    Error::storage(format!("{} cannot take the place of the store ({error}); nothing was changed", new.display()))
}
