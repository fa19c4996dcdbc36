//! What a path holds, before LMDB is let near it: a wrong file is neither opened nor changed, and nothing is created
//! beside it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::options::Options;
use crate::error::{Error, Result};

/// The absolute path of a store.
///
/// # Errors
/// `Connection` where its folder does not exist.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| refuse(path, "the path names no file"))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match folder.canonicalize() {
        Ok(folder) => Ok(folder.join(name)),
        Err(error) => Err(refuse(path, &format!("its folder cannot be entered ({error})"))),
    }
}

/// Whether the file is there and has something in it.
///
/// # Errors
/// `Connection` where it is not something a store can be opened from, with the reason and the cure.
pub(super) fn existing(path: &Path, options: &Options) -> Result<bool> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !options.read_only => {
            network(path, options)?;
            return Ok(false);
        }
        Err(error) => return Err(refuse(path, &format!("it cannot be read ({error})"))),
    };
    if found.is_dir() {
        return Err(refuse(path, "it is a folder; name a file in it, as in folder/proteus.db"));
    }
    if !found.is_file() {
        return Err(refuse(path, "it is no ordinary file"));
    }
    network(path, options)?;
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut head));
    read.map_err(|error| refuse(path, &format!("it cannot be read ({error})")))?;
    if !options.read_only {
        let opened = File::options().read(true).write(true).open(path);
        opened.map_err(|error| {
            refuse(path, &format!("it cannot be written ({error}); read_only=True opens it to read"))
        })?;
    }
    match (head.is_empty(), options.read_only) {
        (true, false) => Ok(false),
        (true, true) => Err(refuse(path, "the file is empty and read_only=True creates no store")),
        (false, _) => lmdb_file(path, &head).map(|()| true),
    }
}

/// An LMDB file of the 0.9 line begins with a page header of 16 bytes, the magic number and data version 1.
fn lmdb_file(path: &Path, head: &[u8]) -> Result<()> {
    const MAGIC: u32 = 0xBEEF_C0DE;
    let word = |at: usize| head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    if head.starts_with(b"SQLite format 3\0") {
        return Err(refuse(path, "it is an SQLite file; backend=\"sqlite\" is for those"));
    }
    match (word(16), word(20)) {
        (Some(MAGIC), Some(1)) => Ok(()),
        (Some(MAGIC), Some(version)) => Err(refuse(path, &format!("its LMDB data version is {version}, 1 is needed"))),
        _ => Err(refuse(path, "it is no database of this program; nothing was changed")),
    }
}

/// Refuses to write on file systems whose locks LMDB cannot rely on.
fn network(path: &Path, options: &Options) -> Result<()> {
    if options.read_only || options.allow_network_fs {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    match rustix::fs::statfs(folder).ok().and_then(|found| network_name(found.f_type)) {
        None => Ok(()),
        Some(name) => Err(refuse(
            path,
            &format!(
                "it lies on {name}, where the locks that keep writers apart cannot be relied on; put it on a local disk, \
                 open it with read_only=True, or say allow_network_fs=True if only this host will ever open it"
            ),
        )),
    }
}

/// Names by the magic numbers of statfs(2).
fn network_name(magic: i64) -> Option<&'static str> {
    match magic & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => Some("SMB"),
        0x0bd0_0bd0 => Some("Lustre"),
        0x4750_4653 => Some("GPFS"),
        0x00c3_6400 => Some("CephFS"),
        0x1983_0326 => Some("BeeGFS"),
        0x7461_636f => Some("OCFS2"),
        0x0116_1970 => Some("GFS2"),
        0x5346_414f => Some("AFS"),
        _ => None,
    }
}

/// The error for a path that cannot be opened.
pub(super) fn refuse(path: &Path, why: &str) -> Error {
    Error::connection(format!("cannot open {}: {why}", path.display()))
}
