//! What a path holds, before LMDB is let near it: a wrong file is neither opened nor changed, and nothing is created
//! beside it.
//!
//! ```text
//! absent | empty | a store of a format version we read | anything else: refused, with the reason and the cure
//! ```

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::options::Options;
use super::pages::{self, Head, Meta};
use super::{format, network, seal};
use crate::error::{Error, Result};

/// What a path holds, as far as a store can be opened or made there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// There is no file.
    Absent,
    /// A file without content, or an LMDB file nothing was ever written to.
    Empty,
    /// A store.
    Store,
    /// A store that was published, to be read only.
    Sealed,
}

/// A page that is being rewritten at this moment reads wrong; a later look sees it whole.
const LOOKS: u64 = 6;

/// The absolute path of a store, symbolic links followed.
///
/// # Errors
/// `Connection` where its folder does not exist.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    if let Ok(found) = path.canonicalize() {
        return Ok(found);
    }
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

/// Looks at a path.
///
/// # Errors
/// `Connection` where a store can be neither opened nor made there, with the reason and the cure.
pub(super) fn look(path: &Path, options: &Options) -> Result<Found> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return network::check(path, options).map(|()| Found::Absent);
        }
        Err(error) => return Err(refuse(path, &format!("it cannot be looked at ({error})"))),
    };
    if found.is_dir() {
        return Err(refuse(path, "it is a folder; name a file in it, as in folder/proteus.db"));
    }
    if !found.is_file() {
        return Err(refuse(path, "it is no ordinary file"));
    }
    network::check(path, options)?;
    let unreadable = |error| refuse(path, &format!("it cannot be read ({error})"));
    let mut file = File::open(path).map_err(unreadable)?;
    let verdict = patiently(path, &mut file, options)?;
    if !options.read_only {
        File::options().read(true).write(true).open(path).map_err(|error| {
            refuse(path, &format!("it cannot be written ({error}); read_only=True opens it to read"))
        })?;
    }
    Ok(verdict)
}

/// Whether another look may see something else.
enum Doubt {
    Surely(Error),
    Perhaps(Error),
}

fn patiently(path: &Path, file: &mut File, options: &Options) -> Result<Found> {
    let mut verdict = inside(path, file, options);
    for look in 1..LOOKS {
        if !matches!(verdict, Err(Doubt::Perhaps(_))) {
            break;
        }
        std::thread::sleep(Duration::from_millis(look));
        verdict = inside(path, file, options);
    }
    verdict.map_err(|(Doubt::Surely(error) | Doubt::Perhaps(error))| error)
}

fn inside(path: &Path, file: &mut File, options: &Options) -> Result<Found, Doubt> {
    let head = pages::head(file);
    let meta = match head.map_err(|error| Doubt::Surely(refuse(path, &format!("it cannot be read ({error})"))))? {
        Head::Nothing => return Ok(Found::Empty),
        Head::Current(meta) if meta.is_empty() => return Ok(Found::Empty),
        Head::Current(meta) => meta,
        Head::Foreign => {
            let why = "it is an LMDB file of another data format (LMDB 1.0 or later, or another byte order); proteusdb \
                       reads and writes that of LMDB 0.9";
            return Err(Doubt::Surely(refuse(path, why)));
        }
        Head::Unknown => return Err(Doubt::Perhaps(stranger(path, file))),
    };
    let record = pages::look_up(file, &meta, format::TABLE.as_bytes(), format::KEY);
    match record.map(|record| format::check_value(path, &record, options)).transpose().map_err(Doubt::Surely)? {
        Some(true) => kind(path, file, &meta, options).map_err(Doubt::Surely),
        _ => Err(Doubt::Perhaps(refuse(path, "it is an LMDB file of another program; nothing was changed"))),
    }
}

/// A store, or one that was published.
fn kind(path: &Path, file: &File, meta: &Meta, options: &Options) -> Result<Found> {
    let seal =
        seal::read(file, meta.page_size()).map_err(|error| refuse(path, &format!("it cannot be read ({error})")))?;
    match seal.map_err(|why| refuse(path, &why))? {
        None => Ok(Found::Store),
        Some(_) if options.read_only => Ok(Found::Sealed),
        Some(_) => Err(refuse(
            path,
            "it was published, which seals it; read_only=True opens it, and copying it to another path (`proteusdb copy`) \
             makes a database that can be written",
        )),
    }
}

fn stranger(path: &Path, file: &mut File) -> Error {
    let mut start = Vec::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(16).read_to_end(&mut start));
    if read.is_ok() && start == b"SQLite format 3\0" {
        return refuse(path, "it is an SQLite file; backend=\"sqlite\" is for those");
    }
    refuse(path, "it is no database of this program; nothing was changed")
}

/// The error for a path that cannot be opened.
pub(super) fn refuse(path: &Path, why: &str) -> Error {
    Error::connection(format!("cannot open {}: {why}", path.display()))
}
