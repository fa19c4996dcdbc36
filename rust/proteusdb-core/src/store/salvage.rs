//! What can be read of a damaged file, in a new one.
//!
//! ```text
//! damaged file ── pages, never through LMDB ──> NEW-pages      every entry that was found, as it was   (gather)
//! NEW-pages ── what decodes ──> NEW-salvaging ── proved ── rename ──> NEW                              (rebuild)
//! ```
//!
//! A sound entry proves by its checksum which table and key it belongs to, and a blob's bytes are proved by the entry that
//! names them. So pages that no tree leads to any more are looked through, and what they hold is not lost with the branch
//! above them. The damaged file is only read.

mod gather;
mod losses;

use std::fs::File;
use std::path::{Path, PathBuf};

use super::check::{self, Counts};
use super::copy::remove_lock;
use super::options::{Durability, Options};
use super::shared::Shared;
use super::walk::Pages;
use super::{Snapshot, files, probe, rebuild};
use crate::error::{Error, Result};
use crate::watch::{Gauge, Watch, watched};
use gather::Gather;

/// What a salvage brought back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// What is in the new store, every byte of it verified.
    pub saved: Counts,
    /// What was lost, and why. Bytes that were found are in the quarantine of the new store.
    pub lost: Vec<(String, String)>,
    /// What the walk through the damaged file found.
    pub pages: Pages,
    /// Pages that no tree leads to, and which held entries.
    pub stray_pages: u64,
}

/// Writes all that can be read of the file at `source` into a new store at `target`.
///
/// # Errors
/// `Storage` where `target` is there or cannot be written, `Corruption` where nothing of a store was found; what `watch`
/// fails with. There is no file at `target` then.
pub fn salvage(source: &Path, target: &Path, watch: &mut Watch<'_>) -> Result<Salvaged> {
    let source = source.canonicalize().and_then(File::open);
    let source = source.map_err(|error| Error::storage(format!("the damaged file cannot be read ({error})")))?;
    let target = probe::absolute(target)?;
    if target.exists() || files::lock_path(&target).exists() {
        return Err(Error::storage(format!("{} is there; name a file that is not", target.display())));
    }
    let [pages, new] = ["-pages", "-salvaging"].map(|suffix| beside(&target, suffix));
    [&pages, &new].into_iter().for_each(|path| remove(path));
    let done = watched(watch, |gauge| bring_back(&source, &pages, &new, gauge));
    remove(&pages);
    let done = done.and_then(|salvaged| {
        let named = std::fs::rename(&new, &target)
            .and_then(|()| File::open(target.parent().unwrap_or(Path::new("/"))).and_then(|folder| folder.sync_all()));
        named.map_err(|error| Error::storage(format!("{}: {error}", target.display()))).map(|()| salvaged)
    });
    remove(&new);
    done
}

fn bring_back(source: &File, pages: &Path, new: &Path, gauge: &Gauge) -> Result<Salvaged> {
    let options = Options { durability: Durability::Relaxed, allow_network_fs: true, ..Options::default() };
    let raw = Shared::open(pages, &options)?;
    let found = Gather::new(source, &raw, gauge).all().and_then(|gathered| {
        let mut lost = raw.read(|opened, txn| losses::of(&opened.tables, txn))?;
        let aside = raw.read(|opened, _| rebuild::fill(opened, new, gauge))?;
        lost.splice(0..0, aside.into_iter().map(|item| (item.what, item.why)));
        lost.extend(gathered.lost);
        Ok(Salvaged { lost, pages: gathered.pages, stray_pages: gathered.strays, saved: Counts::default() })
    });
    raw.close();
    let salvaged = found?;
    prove(new, &options, gauge).map(|saved| Salvaged { saved, ..salvaged })
}

/// Verifies the new store; what it holds.
fn prove(new: &Path, options: &Options, gauge: &Gauge) -> Result<Counts> {
    // In full: its bytes must be on the disk before it has its name.
    let store = Shared::open(new, &Options { durability: Durability::Full, ..options.clone() })?;
    let checked = store.read(|opened, txn| check::check(&Snapshot::new(&opened.tables, txn), gauge));
    store.close();
    remove_lock(new);
    let checked = checked?;
    match checked.faults.first() {
        None => File::open(new)
            .and_then(|file| file.sync_all())
            .map(|()| checked.counts)
            .map_err(|error| Error::storage(format!("{}: {error}", new.display()))),
        Some(fault) => {
            Err(Error::storage(format!("the new store does not hold together, please report this: {fault}")))
        }
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
    remove_lock(path);
}
