//! The index of residues: which blocks of sequences may hold a literal.
//!
//! ```text
//! sequences 1 ........................... 21,004 .......... 21,655 ....... 21,901
//!           chunk of 1,024 blocks          chunk of 32       no chunk yet: all are looked through
//!                                                           └ the horizon
//! kmers     1, 0 … 31   250 rows each: the bits of the chunk's stretches, xxh3 of them      index::kmers
//!           1, 255      blocks before the chunk, sequences of each of its blocks
//! ```
//!
//! A write that fills enough blocks adds a chunk, and enough small ones become a large one, so the work of a write is
//! bounded, and so is what a query looks through: some hundreds of sequences behind the horizon. A query reads some rows
//! of each chunk: tens of microseconds for a million sequences.
//!
//! Invariants: chunks follow one another from the first sequence on without gaps; a row tells all of its run (a block
//! never changes once it is in a chunk), so what it rules out cannot match.

use std::ops::Bound;

use heed::RwTxn;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::keys::{Key, last_u64};
use super::tables::Tables;
use super::{Txn, lmdb, sealed, sequences};
use crate::codec::wire::{Reader, put_varint};
use crate::error::{Error, Result};
use crate::index::kmers::{COUNT, PARTS, Rows, numbers};

const TABLE: &str = "kmers";
/// Blocks of a small chunk, a multiple of four, and small chunks of a large one; tests need few sequences for both.
const SMALL: usize = if cfg!(test) { 4 } else { 32 };
const FACTOR: usize = if cfg!(test) { 2 } else { 32 };
/// Rows of a value, and values of a chunk.
const ROWS: usize = 250;
const GROUPS: usize = COUNT / ROWS;
/// In the place of a group: the value that tells what the chunk holds.
const DIRECTORY: u8 = u8::MAX;
/// Bytes of a row's checksum.
const CHECK: usize = 4;

/// What a chunk covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Its first sequence.
    pub(super) first: u64,
    /// Blocks in the chunks before.
    pub(super) before: u64,
    /// Sequences of each of its blocks.
    pub(super) counts: Vec<u64>,
}

impl Chunk {
    fn open(key: &[u8], value: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(sealed::open(TABLE, key, value)?, "chunk of the index of residues");
        let first = key.first_chunk::<8>().map(|first| u64::from_be_bytes(*first)).ok_or_else(|| reader.broken())?;
        let before = reader.varint()?;
        let count = reader.count(reader.remaining())?;
        let counts = (0..count).map(|_| reader.varint()).collect::<Result<_>>()?;
        reader.finish().map(|()| Self { first, before, counts })
    }

    /// The sequence after its last.
    pub(super) fn end(&self) -> u64 {
        self.counts.iter().fold(self.first, |sum, &count| sum.saturating_add(count))
    }

    /// The keys of its values.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        (0..GROUPS as u8).chain([DIRECTORY]).map(|group| key(self.first, group))
    }

    fn width(&self) -> usize {
        (self.counts.len() * PARTS).div_ceil(8)
    }

    fn blocks(&self) -> u64 {
        self.before.saturating_add(self.counts.len() as u64)
    }

    fn put_directory(&self, tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
        let mut payload = Vec::new();
        put_varint(&mut payload, self.before);
        put_varint(&mut payload, self.counts.len() as u64);
        self.counts.iter().for_each(|&count| put_varint(&mut payload, count));
        let key = key(self.first, DIRECTORY);
        tables.kmers.put(txn, key.as_bytes(), &sealed::seal(TABLE, key.as_bytes(), &payload)).map_err(lmdb)
    }

    /// Writes the rows of a group.
    fn put_group<'r>(
        &self,
        tables: &Tables,
        txn: &mut RwTxn<'_>,
        group: usize,
        rows: impl Fn(usize) -> std::borrow::Cow<'r, [u8]>,
    ) -> Result<()> {
        let mut value = Vec::with_capacity(ROWS * (self.width() + CHECK));
        for number in group * ROWS..(group + 1) * ROWS {
            let row = rows(number);
            value.extend_from_slice(&row);
            value.extend(check(self.first, number, &row));
        }
        tables.kmers.put(txn, key(self.first, group as u8).as_bytes(), &value).map_err(lmdb)
    }

    /// The bits of a run of residues, one for each stretch.
    pub(super) fn row<'t>(&self, tables: &Tables, txn: &'t Txn<'_>, number: usize) -> Result<&'t [u8]> {
        let damaged = || Error::corruption(format!("table {TABLE}, sequence {}: row {number} is damaged", self.first));
        let key = key(self.first, (number / ROWS) as u8);
        let value = tables.kmers.get(txn, key.as_bytes()).map_err(lmdb)?.ok_or_else(damaged)?;
        let size = self.width() + CHECK;
        let at = (number % ROWS) * size;
        let (row, sum) =
            value.get(at..at + size).and_then(|row| row.split_last_chunk::<CHECK>()).ok_or_else(damaged)?;
        if value.len() == ROWS * size && *sum == check(self.first, number, row) { Ok(row) } else { Err(damaged()) }
    }
}

fn key(first: u64, group: u8) -> Key {
    Key::new().u64(first).raw(&[group])
}

fn check(first: u64, number: usize, row: &[u8]) -> [u8; CHECK] {
    let sum = xxh3_64_with_seed(row, first << 13 | number as u64);
    (sum as u32).to_le_bytes()
}

/// Every chunk, in order.
pub(super) fn chunks(tables: &Tables, txn: &Txn<'_>) -> Result<Vec<Chunk>> {
    let mut found = Vec::new();
    let mut next = 1;
    loop {
        let key = key(next, DIRECTORY);
        let Some(value) = tables.kmers.get(txn, key.as_bytes()).map_err(lmdb)? else { return Ok(found) };
        let chunk = Chunk::open(key.as_bytes(), value)?;
        if chunk.end() <= next {
            return Err(Error::corruption(format!("table {TABLE}, sequence {next}: the chunk covers nothing")));
        }
        next = chunk.end();
        found.push(chunk);
    }
}

/// The chunks at the end, from the last one on, as many as are asked for.
fn last(tables: &Tables, txn: &Txn<'_>, most: usize) -> Result<Vec<Chunk>> {
    let mut found: Vec<Chunk> = Vec::new();
    while found.len() < most {
        let before = found.last().map_or(key(u64::MAX, DIRECTORY), |chunk| key(chunk.first, 0));
        match tables.kmers.get_lower_than(txn, before.as_bytes()).map_err(lmdb)? {
            Some((key, value)) => found.push(Chunk::open(key, value)?),
            None => break,
        }
    }
    Ok(found)
}

/// Takes blocks into chunks while enough of them wait; the last block still grows.
pub(super) fn advance(tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
    loop {
        let last = last(tables, txn, 1)?.pop();
        // Large chunks are made of small ones once there are any, so that these do not stay behind.
        let at_large = last.as_ref().is_none_or(|chunk| chunk.counts.len() != SMALL);
        let (first, before) = last.map_or((1, 0), |chunk| (chunk.end(), chunk.blocks()));
        let waiting = tables.sequences.len(txn).map_err(lmdb)?.saturating_sub(before);
        let size = if at_large && waiting > (SMALL * FACTOR) as u64 { SMALL * FACTOR } else { SMALL };
        if waiting <= size as u64 {
            return Ok(());
        }
        build(tables, txn, first, before, size)?;
        fold(tables, txn)?;
    }
}

fn build(tables: &Tables, txn: &mut RwTxn<'_>, first: u64, before: u64, size: usize) -> Result<()> {
    let mut rows = Rows::new(size * PARTS);
    let mut chunk = Chunk { first, before, counts: Vec::with_capacity(size) };
    let from = Key::new().u64(first);
    let range = (Bound::Included(from.as_bytes()), Bound::<&[u8]>::Unbounded);
    for (place, entry) in tables.sequences.range(txn, &range).map_err(lmdb)?.take(size).enumerate() {
        let (key, value) = entry.map_err(lmdb)?;
        if last_u64(key) != Some(chunk.end()) {
            return Err(Error::corruption(format!(
                "table sequences: the block of sequence {} is missing",
                chunk.end()
            )));
        }
        let block = sequences::block(key, value)?;
        for part in 0..PARTS {
            block.each(numbers(part, block.len()), |_, text| {
                rows.add(place * PARTS + part, text);
                Ok(true)
            })?;
        }
        chunk.counts.push(block.len() as u64);
    }
    for group in 0..GROUPS {
        chunk.put_group(tables, txn, group, |number| rows.row(number).into())?;
    }
    chunk.put_directory(tables, txn)
}

/// Makes a large chunk of small ones, where enough of these are at the end.
fn fold(tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
    let mut small = last(tables, txn, FACTOR)?;
    if small.len() < FACTOR || small.iter().any(|chunk| chunk.counts.len() != SMALL) {
        return Ok(());
    }
    small.reverse();
    let Some(head) = small.first() else { return Ok(()) };
    let counts = small.iter().flat_map(|chunk| chunk.counts.iter().copied()).collect();
    let large = Chunk { first: head.first, before: head.before, counts };
    for group in 0..GROUPS {
        let mut rows: Vec<Vec<u8>> = Vec::with_capacity(ROWS);
        for number in group * ROWS..(group + 1) * ROWS {
            let mut row = Vec::with_capacity(large.width());
            for chunk in &small {
                row.extend_from_slice(chunk.row(tables, txn, number)?);
            }
            rows.push(row);
        }
        for chunk in &small {
            tables.kmers.delete(txn, key(chunk.first, group as u8).as_bytes()).map_err(lmdb)?;
        }
        large.put_group(tables, txn, group, |number| rows.get(number % ROWS).cloned().unwrap_or_default().into())?;
    }
    for chunk in &small {
        tables.kmers.delete(txn, key(chunk.first, DIRECTORY).as_bytes()).map_err(lmdb)?;
    }
    large.put_directory(tables, txn)
}

/// Where sequences stand that may hold every one of some runs of residues.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Candidates {
    /// First sequence of a block, and the numbers within that block.
    pub(super) stretches: Vec<(u64, std::ops::Range<usize>)>,
    /// From here on every sequence is one.
    pub(super) horizon: u64,
}

impl Candidates {
    /// How many sequences there are before the horizon.
    pub(super) fn sequences(&self) -> u64 {
        self.stretches.iter().map(|(_, numbers)| numbers.len() as u64).sum()
    }
}

/// The candidates for some runs; without any, those are all sequences.
pub(super) fn candidates(tables: &Tables, txn: &Txn<'_>, runs: &[usize]) -> Result<Candidates> {
    let mut found = Candidates { stretches: Vec::new(), horizon: 1 };
    if runs.is_empty() {
        return Ok(found);
    }
    for chunk in chunks(tables, txn)? {
        let mut bits = vec![u8::MAX; chunk.width()];
        for &run in runs {
            let row = chunk.row(tables, txn, run)?;
            bits.iter_mut().zip(row).for_each(|(all, bits)| *all &= bits);
            if bits.iter().all(|&bits| bits == 0) {
                break;
            }
        }
        let mut first = chunk.first;
        for (place, &count) in chunk.counts.iter().enumerate() {
            for part in 0..PARTS {
                let bit = place * PARTS + part;
                if bits.get(bit / 8).is_some_and(|bits| bits >> (bit % 8) & 1 == 1) {
                    found.stretches.push((first, numbers(part, usize::try_from(count).unwrap_or(0))));
                }
            }
            first += count;
        }
        found.horizon = chunk.end();
    }
    Ok(found)
}
