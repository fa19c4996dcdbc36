//! The two files of a store, and who may use them.
//!
//! ```text
//! proteus.db         the mode asked for
//! proteus.db-lock    the mode and the group of the data file: whoever may write the one must be able to write the other
//! ```
//!
//! LMDB would make both 0600 less the umask, and a second user of a group could not open what the first had made.

use std::fs::{File, Permissions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, Gid, access, fchown};

use super::options::Options;
use super::probe::{self, Found};
use crate::error::Result;

/// Makes the files that are not there; returns those it made.
///
/// # Errors
/// `Connection` with the reason; nothing is left behind then.
pub(super) fn make(path: &Path, found: Found, options: &Options) -> Result<Vec<PathBuf>> {
    let mut made = Vec::new();
    let outcome = make_each(path, found, options, &mut made);
    outcome.map_err(|error| {
        remove_empty(&made);
        probe::refuse(path, &format!("it cannot be created ({error})"))
    })?;
    Ok(made)
}

fn make_each(path: &Path, found: Found, options: &Options, made: &mut Vec<PathBuf>) -> Result<(), Error> {
    if found == Found::Absent {
        make_one(path.to_owned(), options.mode, None, made)?;
    }
    let lock = lock_path(path);
    if lock.exists() || options.read_only && !lock_writable(path) {
        return Ok(());
    }
    let data = std::fs::metadata(path)?;
    // The owner must be able to enter himself, even in a store he made read-only.
    make_one(lock, data.mode() & 0o777 | 0o600, Some(data.gid()), made)
}

fn make_one(name: PathBuf, mode: u32, group: Option<u32>, made: &mut Vec<PathBuf>) -> Result<(), Error> {
    let file = match File::options().read(true).write(true).create_new(true).open(&name) {
        Ok(file) => file,
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    };
    made.push(name);
    if let Some(group) = group.filter(|&group| file.metadata().is_ok_and(|made| made.gid() != group)) {
        // Refused to who is not of that group; then the file stays in his own.
        let _ = fchown(&file, None, Some(Gid::from_raw(group)));
    }
    file.set_permissions(Permissions::from_mode(mode))
}

/// Removes files of an opening that failed. Another process may have found one and begun to fill it: then it is no
/// longer ours to remove.
pub(super) fn remove_empty(made: &[PathBuf]) {
    for file in made.iter().filter(|file| std::fs::metadata(file).is_ok_and(|found| found.len() == 0)) {
        let _ = std::fs::remove_file(file);
    }
}

/// The lock file of a store.
pub(super) fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}

/// Whether this process can enter itself in the lock file, which it makes where there is none.
pub(super) fn lock_writable(path: &Path) -> bool {
    let lock = lock_path(path);
    if lock.exists() {
        return access(&lock, Access::READ_OK | Access::WRITE_OK).is_ok();
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}
