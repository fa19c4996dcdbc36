//! A published store: one file that is never written again, and proves itself.
//!
//! ```text
//! page 0   meta page | .. 512: seal |     page 1   meta page | .. 512: the same seal |     page 2 ..
//!
//! seal     0  "proteusdb sealed" | 16 u32 version | 20 u64 length of the file | 28 i64 time, µs
//!         36  XXH3-128 of pages 0 and 1, the seals as zeros | 52 XXH3-128 of what follows | 68 u64 xxh3-64 of the 68 before
//! ```
//!
//! LMDB uses the beginning of its meta pages only, and a sealed file is refused to whoever would write: so nobody needs a
//! lock, and a file system without locks, or without permission to write, will do. The file is made under another name by
//! plain writes and gets its own when it is complete and synced.
//!
//! Both meta pages count the time of publishing as their transaction, so that an answer which was remembered of one
//! publication is never taken for that of the next at the same path.

use std::fs::{File, Permissions};
use std::io::{Error as IoError, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::shared::Shared;
use super::{copy, files, pages};
use crate::error::{Error, Kind, Result};
use crate::record::time;
use crate::watch::Watch;

const MAGIC: &[u8; 16] = b"proteusdb sealed";
const VERSION: u32 = 1;
/// Where in a meta page the seal lies.
const PLACE: u64 = 512;
const BODY: usize = 68;
const LENGTH: usize = BODY + 8;

/// What a published file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Bytes of the file.
    pub length: u64,
    /// When it was published, µs.
    pub published_at: i64,
    /// XXH3-128 of the first two pages without the seals, and of the rest.
    pub digests: [u128; 2],
}

impl Seal {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.published_at.to_le_bytes());
        bytes.extend(self.digests.iter().flat_map(|digest| digest.to_be_bytes()));
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; LENGTH]) -> Option<Self> {
        let (body, sum) = bytes.split_first_chunk::<BODY>()?;
        let field = |at: usize| body.get(at..)?.first_chunk::<8>().copied();
        let digest = |at: usize| body.get(at..)?.first_chunk::<16>().copied().map(u128::from_be_bytes);
        let known = body.get(16..20)? == VERSION.to_le_bytes() && sum == xxh3_64(body).to_le_bytes();
        known.then_some(Self {
            length: u64::from_le_bytes(field(20)?),
            published_at: i64::from_le_bytes(field(28)?),
            digests: [digest(36)?, digest(52)?],
        })
    }

    /// What is wrong with the bytes of the file, if anything.
    ///
    /// # Errors
    /// `Storage` where it cannot be read; what `watch` fails with.
    pub(super) fn fault(&self, path: &Path, watch: &mut Watch<'_>) -> Result<Option<String>> {
        let damaged = || format!("{}: its bytes are not those that were published; copy it anew", path.display());
        let told = |error: IoError| Error::storage(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(told)?;
        if file.metadata().map_err(told)?.len() != self.length {
            return Ok(Some(damaged()));
        }
        let (page_size, first) = first_pages(&file).map_err(told)?;
        let rest = copy::digest(path, 2 * page_size, self.length, watch)?;
        Ok(([xxh3_128(&first), u128::from_be_bytes(rest)] != self.digests).then(damaged))
    }
}

/// The seal of a file that begins as a store; `None` where it was never published.
///
/// # Errors
/// Says what is wrong with a seal, or with the length of the file.
pub(super) fn read(file: &File, page_size: u64) -> std::io::Result<Result<Option<Seal>, String>> {
    let mut marked = false;
    for page in [0, page_size] {
        let mut bytes = [0; LENGTH];
        match file.read_exact_at(&mut bytes, page + PLACE) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => continue,
            told => told?,
        }
        marked |= bytes.starts_with(MAGIC);
        if let Some(seal) = Some(&bytes).filter(|bytes| bytes.starts_with(MAGIC)).and_then(Seal::decode) {
            let length = file.metadata()?.len();
            return Ok(match length == seal.length {
                true => Ok(Some(seal)),
                false => Err(format!("it was published with {} bytes and has {length}; copy it anew", seal.length)),
            });
        }
    }
    Ok(if marked { Err("it was published, and its seal is damaged; copy it anew".into()) } else { Ok(None) })
}

/// Size of a page, and the first two of them without the seals.
fn first_pages(file: &File) -> std::io::Result<(u64, Vec<u8>)> {
    let page_size = pages::page_size(file)?;
    let mut first = vec![0; 2 * page_size as usize];
    file.read_exact_at(&mut first, 0)?;
    for page in first.chunks_mut(page_size as usize) {
        if let Some(seal) = page.get_mut(PLACE as usize..PLACE as usize + LENGTH) {
            seal.fill(0);
        }
    }
    Ok((page_size, first))
}

/// Writes one consistent state into a file that is sealed.
///
/// # Errors
/// `Storage` where the path is taken or cannot be written; what `watch` fails with. Nothing is left then.
pub(super) fn publish(shared: &Shared, target: &Path, overwrite: bool, watch: &mut Watch<'_>) -> Result<Seal> {
    let target = super::probe::absolute(target).map_err(|error| Error::storage(error.message()))?;
    may_be_made(shared, &target, overwrite)?;
    let partial = partial(&target);
    let told = |error: IoError| Error::storage(format!("{}: {error}", partial.display()));
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false).open(&partial).map_err(told)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(rustix::io::Errno::WOULDBLOCK) {
        return Err(Error::storage(format!("{}: it is being published by another process", target.display())));
    }
    let made = file.set_len(0).map_err(told).and_then(|()| {
        copy::copy(shared, &partial, 0, watch)?;
        let seal = stamp(&file, &partial, watch)?;
        may_be_made(shared, &target, overwrite)?;
        name(&file, &partial, &target).map_err(told)?;
        Ok(seal)
    });
    made.inspect_err(|_| {
        let _ = std::fs::remove_file(&partial);
    })
}

/// The name it has until it is complete.
fn partial(target: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".partial");
    target.with_file_name(name)
}

/// Only another publication is replaced: whoever has a store open for writing would write on in what is no more there.
fn may_be_made(shared: &Shared, target: &Path, overwrite: bool) -> Result<()> {
    let refuse = |why: &str| Err(Error::storage(format!("{}: {why}", target.display())));
    let Ok(found) = std::fs::metadata(target) else { return Ok(()) };
    let own = [shared.path.clone(), files::lock_path(&shared.path)];
    let same =
        |path: &PathBuf| std::fs::metadata(path).is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()));
    if own.iter().any(same) {
        return refuse("that is the store itself; publish to another name");
    }
    if !overwrite {
        return refuse("it exists; choose another name, or overwrite=True replaces it");
    }
    let sealed = File::open(target).and_then(|file| read(&file, pages::page_size(&file)?));
    match sealed {
        Ok(Ok(Some(_)) | Err(_)) => Ok(()),
        _ => refuse("it is no published file, and overwrite=True replaces only those; choose another name"),
    }
}

fn stamp(file: &File, path: &Path, watch: &mut Watch<'_>) -> Result<Seal> {
    let told = |error: IoError| Error::storage(format!("{}: {error}", path.display()));
    let published_at = time::now();
    pages::count_from(file, published_at as u64).map_err(told)?;
    let length = file.metadata().map_err(told)?.len();
    let (page_size, first) = first_pages(file).map_err(told)?;
    if page_size < PLACE + LENGTH as u64 {
        return Err(Error::new(Kind::Storage, format!("{}: pages of {page_size} bytes hold no seal", path.display())));
    }
    let rest = copy::digest(path, 2 * page_size, length, watch)?;
    let seal = Seal { length, published_at, digests: [xxh3_128(&first), u128::from_be_bytes(rest)] };
    for page in [0, page_size] {
        file.write_all_at(&seal.encode(), page + PLACE).map_err(told)?;
    }
    Ok(seal)
}

fn name(file: &File, partial: &Path, target: &Path) -> std::io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o444))?;
    file.sync_all()?;
    std::fs::rename(partial, target)?;
    File::open(target.parent().unwrap_or(Path::new("/")))?.sync_all()
}
