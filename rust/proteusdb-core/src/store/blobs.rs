//! Blobs: many to a segment, or loose until enough have gathered.
//!
//! ```text
//! blobs     blob id -> segment (0: loose), offset, length, references, checksum
//! segments  segment -> bytes of blob, blob, blob ...       at most 65,520 bytes, 16 pages less the header
//! ```
//!
//! A value above about 2 KB takes whole pages, so a compressed structure alone wastes half of what it takes; sixteen
//! pages waste little. A blob larger than a segment has one to itself. Headers name a blob by its id, so folding and
//! compaction rewrite one small entry a blob and no header.
//!
//! `segments` and `loose` hold bare bytes; the checksum of a blob stands in its entry and binds its id, so bytes of
//! another blob are found as surely as damaged ones.

use std::collections::BTreeSet;

use heed::RwTxn;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::counters::Counters;
use super::keys::Key;
use super::tables::{Tables, append};
use super::{Txn, lmdb, sealed};
use crate::codec::wire::{Reader, put_varint};
use crate::error::{Error, Result};

const TABLE: &str = "blobs";
/// The most bytes of a segment that holds several blobs.
const SEGMENT: usize = 65_520;
/// A transaction that brings this much packs its blobs at once.
pub(super) const PACK: u64 = 65_536;
/// Loose blobs are folded when this many, or this many bytes, have gathered.
const FOLD_BLOBS: u64 = 64;
const FOLD_BYTES: u64 = 262_144;

/// Shrinking packs a segment anew where one byte in so many is dead.
const DEAD: u64 = 20;
/// Living bytes that shrinking moves in one transaction.
const MOVED: u64 = 32 << 20;

/// Where a blob's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Locator {
    /// 0 for a loose blob.
    pub(super) segment: u64,
    pub(super) offset: u64,
    pub(super) length: u64,
    /// Versions that refer to it.
    pub(super) references: u64,
    /// Of the blob's bytes, see [`checksum`].
    checksum: u64,
}

impl Locator {
    pub(super) fn decode(key: &[u8], value: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(sealed::open(TABLE, key, value)?, "blob locator");
        let (segment, offset) = (reader.varint()?, reader.varint()?);
        let (length, references, checksum) = (reader.varint()?, reader.varint()?, reader.u64()?);
        reader.finish().map(|()| Self { segment, offset, length, references, checksum })
    }

    /// Which bytes the blob has.
    pub(super) fn origin(&self, blob: u64) -> (u64, u64, u64) {
        (blob, self.length, self.checksum)
    }

    /// Whether a segment, or a loose blob, holds the blob's bytes where it says.
    pub(super) fn is_in(&self, blob: u64, bytes: &[u8]) -> bool {
        let range = usize::try_from(self.offset).ok().zip(usize::try_from(self.length).ok());
        let found = range.and_then(|(start, length)| bytes.get(start..start.checked_add(length)?));
        found.is_some_and(|found| checksum(blob, found) == self.checksum)
    }

    fn write(&self, tables: &Tables, txn: &mut RwTxn<'_>, blob: u64) -> Result<()> {
        let key = Key::new().u64(blob);
        let mut payload = Vec::with_capacity(24);
        [self.segment, self.offset, self.length, self.references].into_iter().for_each(|n| put_varint(&mut payload, n));
        payload.extend(self.checksum.to_le_bytes());
        tables.blobs.put(txn, key.as_bytes(), &sealed::seal(TABLE, key.as_bytes(), &payload)).map_err(lmdb)
    }
}

/// Where a blob is.
pub(super) fn locate(tables: &Tables, txn: &Txn<'_>, blob: u64) -> Result<Locator> {
    let key = Key::new().u64(blob);
    match tables.blobs.get(txn, key.as_bytes()).map_err(lmdb)? {
        Some(value) => Locator::decode(key.as_bytes(), value),
        None => Err(Error::corruption(format!("blob {blob} is missing; it was purged, or the store is damaged"))),
    }
}

/// The bytes where a blob should be, right or wrong.
pub(super) fn bytes<'t>(tables: &Tables, txn: &'t Txn<'_>, blob: u64) -> Option<&'t [u8]> {
    slice(tables, txn, blob, &locate(tables, txn, blob).ok()?).ok().flatten()
}

fn slice<'t>(tables: &Tables, txn: &'t Txn<'_>, blob: u64, at: &Locator) -> Result<Option<&'t [u8]>> {
    let (table, key) = if at.segment == 0 { (tables.loose, blob) } else { (tables.segments, at.segment) };
    let bytes = table.get(txn, Key::new().u64(key).as_bytes()).map_err(lmdb)?;
    let range = usize::try_from(at.offset).ok().zip(usize::try_from(at.length).ok());
    Ok(bytes.zip(range).and_then(|(bytes, (start, length))| bytes.get(start..start.checked_add(length)?)))
}

/// A blob's bytes, in the map.
pub(super) fn read<'t>(tables: &Tables, txn: &'t Txn<'_>, blob: u64) -> Result<&'t [u8]> {
    let at = locate(tables, txn, blob)?;
    let slice = slice(tables, txn, blob, &at)?
        .ok_or_else(|| Error::corruption(format!("blob {blob}: segment {} does not hold it", at.segment)))?;
    if checksum(blob, slice) == at.checksum {
        return Ok(slice);
    }
    Err(Error::corruption(format!("blob {blob}: segment {} holds other bytes at {}", at.segment, at.offset)))
}

/// XXH3-64 of the bytes, seeded with the blob's id.
fn checksum(blob: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, blob)
}

/// Packs blobs into segments within one transaction; [`Packer::finish`] writes the last.
#[derive(Default)]
pub(super) struct Packer {
    bytes: Vec<u8>,
    segment: u64,
}

impl Packer {
    /// Writes a blob, packed or loose, with one reference; returns its id.
    pub(super) fn put(
        &mut self,
        tables: &Tables,
        txn: &mut RwTxn<'_>,
        counters: &mut Counters,
        bytes: &[u8],
        packed: bool,
    ) -> Result<u64> {
        let blob = Counters::take(&mut counters.next_blob);
        let length = bytes.len() as u64;
        let at = Locator { segment: 0, offset: 0, length, references: 1, checksum: checksum(blob, bytes) };
        if packed {
            self.append(tables, txn, counters, bytes, at)?.write(tables, txn, blob)?;
        } else {
            append(tables.loose, txn, Key::new().u64(blob).as_bytes(), bytes)?;
            at.write(tables, txn, blob)?;
            counters.loose_blobs += 1;
            counters.loose_bytes += length;
        }
        Ok(blob)
    }

    /// Gives a blob other bytes; its number and references stay.
    pub(super) fn replace(
        &mut self,
        tables: &Tables,
        txn: &mut RwTxn<'_>,
        counters: &mut Counters,
        blob: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let at = locate(tables, txn, blob)?;
        forget(tables, txn, counters, blob, &at)?;
        let at = Locator { length: bytes.len() as u64, checksum: checksum(blob, bytes), ..at };
        self.append(tables, txn, counters, bytes, at)?.write(tables, txn, blob)
    }

    /// Puts a blob's bytes into the open segment; returns where they are now.
    fn append(
        &mut self,
        tables: &Tables,
        txn: &mut RwTxn<'_>,
        counters: &mut Counters,
        bytes: &[u8],
        at: Locator,
    ) -> Result<Locator> {
        if !self.bytes.is_empty() && self.bytes.len() + bytes.len() > SEGMENT {
            self.flush(tables, txn)?;
        }
        if self.bytes.is_empty() {
            self.segment = Counters::take(&mut counters.next_segment);
        }
        let offset = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        Ok(Locator { segment: self.segment, offset, ..at })
    }

    /// Writes the open segment, so that its blobs can be read.
    pub(super) fn flush(&mut self, tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
        if !self.bytes.is_empty() {
            append(tables.segments, txn, Key::new().u64(self.segment).as_bytes(), &self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Folds the loose blobs if enough have gathered, and writes the last segment.
    pub(super) fn finish(mut self, tables: &Tables, txn: &mut RwTxn<'_>, counters: &mut Counters) -> Result<()> {
        if counters.loose_blobs >= FOLD_BLOBS || counters.loose_bytes >= FOLD_BYTES {
            self.fold(tables, txn, counters)?;
        }
        self.flush(tables, txn)
    }

    fn fold(&mut self, tables: &Tables, txn: &mut RwTxn<'_>, counters: &mut Counters) -> Result<()> {
        let mut gathered = Vec::new();
        for entry in tables.loose.iter(txn).map_err(lmdb)? {
            let (key, bytes) = entry.map_err(lmdb)?;
            gathered.push((super::keys::last_u64(key).unwrap_or(0), bytes.to_vec()));
        }
        for (blob, bytes) in gathered {
            let at = locate(tables, txn, blob)?;
            self.append(tables, txn, counters, &bytes, at)?.write(tables, txn, blob)?;
        }
        tables.loose.clear(txn).map_err(lmdb)?;
        (counters.loose_blobs, counters.loose_bytes) = (0, 0);
        Ok(())
    }
}

/// One more version refers to the blob.
pub(super) fn retain(tables: &Tables, txn: &mut RwTxn<'_>, blob: u64) -> Result<()> {
    let mut at = locate(tables, txn, blob)?;
    at.references += 1;
    at.write(tables, txn, blob)
}

/// One version less refers to the blob; the last takes it away. The bytes that no version refers to any more.
pub(super) fn release(tables: &Tables, txn: &mut RwTxn<'_>, counters: &mut Counters, blob: u64) -> Result<u64> {
    let mut at = locate(tables, txn, blob)?;
    at.references = at.references.saturating_sub(1);
    if at.references > 0 {
        return at.write(tables, txn, blob).map(|()| 0);
    }
    let key = Key::new().u64(blob);
    tables.blobs.delete(txn, key.as_bytes()).map_err(lmdb)?;
    forget(tables, txn, counters, blob, &at).map(|()| at.length)
}

/// Gives up the bytes of a blob.
fn forget(tables: &Tables, txn: &mut RwTxn<'_>, counters: &mut Counters, blob: u64, at: &Locator) -> Result<()> {
    if at.segment != 0 {
        return bury(tables, txn, at);
    }
    tables.loose.delete(txn, Key::new().u64(blob).as_bytes()).map_err(lmdb)?;
    counters.loose_blobs = counters.loose_blobs.saturating_sub(1);
    counters.loose_bytes = counters.loose_bytes.saturating_sub(at.length);
    Ok(())
}

/// Counts a blob's bytes as dead, and drops the segment when nothing in it lives.
fn bury(tables: &Tables, txn: &mut RwTxn<'_>, at: &Locator) -> Result<()> {
    let key = Key::new().u64(at.segment);
    let before = tables.dead.get(txn, key.as_bytes()).map_err(lmdb)?;
    let before = before.map_or(Ok(0), |value| dead_bytes(key.as_bytes(), value))?;
    let size = tables.segments.get(txn, key.as_bytes()).map_err(lmdb)?.map_or(0, |bytes| bytes.len() as u64);
    let dead = before + at.length;
    if dead >= size {
        tables.segments.delete(txn, key.as_bytes()).map_err(lmdb)?;
        tables.dead.delete(txn, key.as_bytes()).map_err(lmdb)?;
        return Ok(());
    }
    let value = sealed::seal("dead", key.as_bytes(), &dead.to_le_bytes());
    tables.dead.put(txn, key.as_bytes(), &value).map_err(lmdb)
}

/// Folds the loose blobs, however few there are.
pub(super) fn fold(tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
    let mut counters = Counters::read(tables, txn)?;
    let mut packer = Packer::default();
    packer.fold(tables, txn, &mut counters)?;
    packer.flush(tables, txn)?;
    counters.write(tables, txn)
}

/// Packs what lives in segments that are dead to a twentieth or more into new ones, as much as a transaction should move;
/// whether some are left.
pub(super) fn repack(tables: &Tables, txn: &mut RwTxn<'_>) -> Result<bool> {
    let (worst, left) = worst(tables, txn)?;
    let mut counters = Counters::read(tables, txn)?;
    let mut moving = Vec::new();
    for entry in tables.blobs.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let at = Locator::decode(key, value)?;
        if worst.contains(&at.segment) {
            moving.push((super::keys::last_u64(key).unwrap_or(0), at));
        }
    }
    moving.sort_by_key(|(_, at)| (at.segment, at.offset));
    let mut packer = Packer::default();
    for (blob, at) in moving {
        let bytes = read(tables, txn, blob)?.to_vec();
        packer.append(tables, txn, &mut counters, &bytes, at)?.write(tables, txn, blob)?;
    }
    packer.flush(tables, txn)?;
    for segment in worst {
        let key = Key::new().u64(segment);
        tables.segments.delete(txn, key.as_bytes()).map_err(lmdb)?;
        tables.dead.delete(txn, key.as_bytes()).map_err(lmdb)?;
    }
    counters.write(tables, txn)?;
    Ok(left)
}

/// Segments that are dead to a twentieth or more, until what lives in them is [`MOVED`]; whether there are others.
fn worst(tables: &Tables, txn: &Txn<'_>) -> Result<(BTreeSet<u64>, bool)> {
    let (mut worst, mut living) = (BTreeSet::new(), 0);
    for entry in tables.dead.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let dead = dead_bytes(key, value)?;
        let size = tables.segments.get(txn, key).map_err(lmdb)?.map_or(0, |bytes| bytes.len() as u64);
        if dead.saturating_mul(DEAD) < size {
            continue;
        }
        if living >= MOVED {
            return Ok((worst, true));
        }
        living += size.saturating_sub(dead);
        worst.extend(super::keys::last_u64(key));
    }
    Ok((worst, false))
}

/// A value of the table `dead`.
pub(super) fn dead_bytes(key: &[u8], value: &[u8]) -> Result<u64> {
    Reader::new(sealed::open("dead", key, value)?, "dead bytes").u64()
}
