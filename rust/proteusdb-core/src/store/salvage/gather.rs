//! Every entry of a damaged file, into a sound LMDB file as it was.
//!
//! ```text
//! trees as far as they lead   entries, sound or not: a record that is damaged is told from one that is gone
//! pages nothing leads to      entries that prove their table                       strays
//!                             segments and loose blobs that a locator vouches for  bare
//! ```

use std::collections::BTreeMap;
use std::fs::File;

use roaring::RoaringTreemap;

use crate::error::{Error, Result};
use crate::store::blobs::Locator;
use crate::store::keys::{Key, last_u64};
use crate::store::shared::Shared;
use crate::store::tables::{NAMES, Table};
use crate::store::walk::{self, Bytes, Pages};
use crate::store::{format, lmdb, sealed};
use crate::watch::Gauge;

/// Bytes of one transaction.
const BATCH: usize = 16 << 20;
/// Tables that are written anew from the others.
const DERIVED: &[&str] = &["index", "kmers", "dead"];
/// Tables whose values are no sealed ones.
const BARE: &[&str] = &["segments", "loose", "analyses_by_row"];

type Entry = (&'static str, Vec<u8>, Vec<u8>);

/// What was gathered.
pub(super) struct Gathered {
    pub(super) pages: Pages,
    pub(super) strays: u64,
    pub(super) lost: Vec<(String, String)>,
}

/// From pages to a file of entries.
pub(super) struct Gather<'g> {
    file: &'g File,
    raw: &'g Shared,
    gauge: &'g Gauge,
    batch: Vec<Entry>,
    bytes: usize,
    entries: u64,
}

/// The blobs that a segment (or, as 0, a loose blob) must hold and that are not there.
type Missing = BTreeMap<(bool, u64), Vec<(u64, Locator)>>;

impl<'g> Gather<'g> {
    pub(super) fn new(file: &'g File, raw: &'g Shared, gauge: &'g Gauge) -> Self {
        Self { file, raw, gauge, batch: Vec::new(), bytes: 0, entries: 0 }
    }

    pub(super) fn all(mut self) -> Result<Gathered> {
        // What a new store has of itself is not of this one.
        self.raw.write(|tables, txn| tables.meta.clear(txn).map_err(lmdb))?;
        let file = self.file;
        let walked = walk::walk(file, None, self.gauge, Some(&mut |table, key, value| self.offer(table, key, value)))?;
        self.flush()?;
        let mut pages = walked.pages;
        if pages.size == 0 {
            pages.size = walk::likely_page_size(file) as u64;
        }
        let mut lost = Vec::new();
        let mut strays = 0;
        if !pages.faults.is_empty() {
            let suspects = suspects(file, &pages, &walked.used, walked.free.as_ref());
            strays = self.strays(&pages, &suspects)?;
            self.bare(&pages, &suspects)?;
        }
        if self.entries == 0 {
            return Err(Error::corruption("no page of it holds anything of a store of this program"));
        }
        lost.extend(self.identity()?);
        if walked.free.is_none() && strays > 0 {
            let why = "which pages are free could not be read; what was purged or changed before may have come back";
            lost.push(("the list of free pages".to_owned(), why.to_owned()));
        }
        Ok(Gathered { pages, strays, lost })
    }

    fn offer(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<()> {
        let Some(&name) = NAMES.iter().find(|&&name| name == table && !DERIVED.contains(&name)) else { return Ok(()) };
        self.entries += 1;
        self.bytes += key.len() + value.len() + 64;
        self.batch.push((name, key.to_vec(), value.to_vec()));
        if self.bytes >= BATCH { self.flush() } else { self.gauge.advance(0) }
    }

    /// Writes what was gathered; of two entries with one key the better.
    fn flush(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        self.raw.write(|tables, txn| {
            let all: BTreeMap<&str, Table> = tables.all().into_iter().collect();
            for (name, key, value) in &batch {
                let Some(table) = all.get(name) else { continue };
                let known = table.get(txn, key).map_err(lmdb)?;
                if known.is_none_or(|known| is_better(name, key, value, known)) {
                    table.put(txn, key, value).map_err(lmdb)?;
                }
            }
            Ok(())
        })
    }

    /// Takes from pages that no tree leads to what proves where it belongs; how many pages held some.
    fn strays(&mut self, pages: &Pages, suspects: &RoaringTreemap) -> Result<u64> {
        let mut held = 0;
        for page in suspects {
            let before = self.entries;
            let (file, size) = (self.file, pages.size as usize);
            walk::rummage(file, size, page, &mut |key, value| match table_of(key, value) {
                Some(table) => self.offer(table, key, value),
                None => Ok(()),
            })?;
            held += u64::from(self.entries > before);
        }
        self.flush().map(|()| held)
    }

    /// Takes from them the bytes of blobs that are missing.
    fn bare(&mut self, pages: &Pages, suspects: &RoaringTreemap) -> Result<()> {
        let mut missing = self.missing()?;
        if missing.is_empty() {
            return Ok(());
        }
        for page in suspects {
            let mut found: Vec<Entry> = Vec::new();
            walk::rummage(self.file, pages.size as usize, page, &mut |key, value| {
                let number = last_u64(key).filter(|_| key.len() == 8);
                for (table, loose) in [("segments", false), ("loose", true)] {
                    let Some(place) = number.map(|number| (loose, number)) else { continue };
                    let holds = |blobs: &Vec<(u64, Locator)>| blobs.iter().any(|(blob, at)| at.is_in(*blob, value));
                    if missing.get(&place).is_some_and(holds) {
                        missing.remove(&place);
                        found.push((table, key.to_vec(), value.to_vec()));
                    }
                }
                Ok(())
            })?;
            for (table, key, value) in found {
                self.offer(table, &key, &value)?;
            }
        }
        self.flush()
    }

    fn missing(&self) -> Result<Missing> {
        self.raw.read(|opened, txn| {
            let tables = &opened.tables;
            let mut missing = Missing::new();
            for entry in tables.blobs.iter(txn).map_err(lmdb)? {
                let (key, value) = entry.map_err(lmdb)?;
                let (Some(blob), Ok(at)) = (last_u64(key), Locator::decode(key, value)) else { continue };
                let (table, place) = match at.segment {
                    0 => (tables.loose, (true, blob)),
                    segment => (tables.segments, (false, segment)),
                };
                if table.get(txn, Key::new().u64(place.1).as_bytes()).map_err(lmdb)?.is_none() {
                    missing.entry(place).or_default().push((blob, at));
                }
            }
            Ok(missing)
        })
    }

    /// Which store it is; one that cannot say becomes another.
    fn identity(&self) -> Result<Option<(String, String)>> {
        self.raw.write(|tables, txn| {
            if format::identity(tables, txn).is_ok() {
                return Ok(None);
            }
            tables.meta.delete(txn, format::KEY).map_err(lmdb)?;
            format::write_if_absent(tables, txn)?;
            let why = "its record could not be read; the new store is another, which earlier backups do not know";
            Ok(Some(("the identity of the store".to_owned(), why.to_owned())))
        })
    }
}

/// Pages to be looked through: damaged ones, and those that no tree leads to and that are not free.
fn suspects(file: &File, pages: &Pages, used: &RoaringTreemap, free: Option<&RoaringTreemap>) -> RoaringTreemap {
    let there = file.length().div_ceil(pages.size.max(1));
    let mut suspects = RoaringTreemap::new();
    suspects.insert_range(2..there.max(2));
    suspects -= used;
    if let Some(free) = free {
        suspects -= free;
    }
    suspects.extend(pages.damaged.iter().copied());
    suspects
}

/// The table that an entry proves it belongs to.
fn table_of(key: &[u8], value: &[u8]) -> Option<&'static str> {
    NAMES.iter().copied().find(|&name| !BARE.contains(&name) && sealed::open(name, key, value).is_ok())
}

/// Whether a value is to be believed rather than another under its key.
fn is_better(table: &'static str, key: &[u8], value: &[u8], known: &[u8]) -> bool {
    if BARE.contains(&table) {
        return false;
    }
    match (sealed::open(table, key, value).is_ok(), sealed::open(table, key, known).is_ok()) {
        (true, false) => true,
        // A block of sequences grows until it is full.
        (true, true) => table == "sequences" && value.len() > known.len(),
        (false, _) => false,
    }
}
