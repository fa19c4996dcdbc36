//! The indexes: sorted keys in packed leaves, one LMDB value each.
//!
//! ```text
//! table index     3                 leaf of rows_by_sequence: its first keys
//!                 3, 0…41, 0…7      the next one: its keys are from (sequence 41, row 7) on
//!                 4                 leaf of by_created ...
//! ```
//!
//! An entry of an index is a key with nothing behind it, whose last eight bytes name a row or a sequence. Packed so,
//! ten to thirty bytes of page upkeep an entry are three to nine in all, and a count reads how many a leaf holds.
//!
//! Invariants: the key of a leaf is at most its first entry and above every entry of the leaf before; a leaf fills one
//! page at most, unless it holds one entry; entries come in the order of their bytes.

use std::ops::{Bound, ControlFlow};

use heed::RwTxn;

use super::keys::Key;
use super::tables::{Table, Tables};
use super::{Txn, lmdb, sealed};
use crate::error::{Error, Result};
use crate::index::leaf::{Change, Cursor, Keys, merge};

pub(super) const TABLE: &str = "index";
/// What an LMDB page of 4,096 bytes holds of one value, without the seal; tests need few entries for many leaves.
const ROOM: usize = if cfg!(test) { 80 } else { 4_080 - sealed::HEAD };
/// Keys that are looked at together when leaves are made full.
const GATHERED: usize = 2_000;
/// A leaf with less is joined with the next one.
const LEAST: usize = ROOM / 4;

/// The indexes, by the first byte of their leaves' keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Index {
    /// Hash of a sequence, sequence.
    SequenceHashes = 1,
    /// First residues of a chain, sequence.
    SequencePrefixes = 2,
    /// Sequence, row: current rows only, as in all that follow.
    RowsBySequence = 3,
    /// `created_at`, row.
    ByCreated = 4,
    /// Model number, `created_at`, row.
    ByModel = 5,
    /// Confidence, row.
    ByConfidence = 6,
    /// Model number, confidence, row.
    ByModelConfidence = 7,
    /// Length, row.
    ByLength = 8,
    /// Job, row.
    ByJob = 9,
    /// Number of a declared index, value, row.
    User = 10,
    /// Hash of an array's blob, blob.
    ArrayHashes = 11,
}

impl Index {
    /// Every index, in the order of their numbers.
    pub(super) const ALL: [Self; 11] = [
        Self::SequenceHashes,
        Self::SequencePrefixes,
        Self::RowsBySequence,
        Self::ByCreated,
        Self::ByModel,
        Self::ByConfidence,
        Self::ByModelConfidence,
        Self::ByLength,
        Self::ByJob,
        Self::User,
        Self::ArrayHashes,
    ];

    /// The name in messages and in FORMAT.md.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SequenceHashes => "sequence_hashes",
            Self::SequencePrefixes => "sequence_prefixes",
            Self::RowsBySequence => "rows_by_sequence",
            Self::ByCreated => "by_created",
            Self::ByModel => "by_model",
            Self::ByConfidence => "by_confidence",
            Self::ByModelConfidence => "by_model_confidence",
            Self::ByLength => "by_length",
            Self::ByJob => "by_job",
            Self::User => "user_indexes",
            Self::ArrayHashes => "array_hashes",
        }
    }

    fn at(self, key: &[u8]) -> Vec<u8> {
        [&[self as u8], key].concat()
    }

    /// The key of a leaf without the index's number; `None` for a leaf of another.
    fn own(self, leaf: &[u8]) -> Option<&[u8]> {
        leaf.strip_prefix(&[self as u8])
    }
}

/// Whether a walk goes on after an entry.
pub(super) type Flow = Result<ControlFlow<()>>;

/// Makes sorted entries come or go.
pub(super) fn change(tables: &Tables, txn: &mut RwTxn<'_>, index: Index, changes: &[Change]) -> Result<()> {
    let table = tables.index;
    let mut rest = changes;
    while let Some((first, _)) = rest.first() {
        let wanted = index.at(first);
        let found = table.get_lower_than_or_equal_to(txn, &wanted).map_err(lmdb)?;
        let (at, leaf) = match found.filter(|(key, _)| index.own(key).is_some()) {
            Some((key, value)) => (key.to_vec(), Cursor::new(sealed::open(TABLE, key, value)?)?),
            None => (index.at(&[]), Cursor::empty()),
        };
        let next = next_leaf(table, txn, index, &at)?;
        let end = match &next {
            Some(next) => rest.partition_point(|(key, _)| index.at(key) < *next),
            None => rest.len(),
        };
        let (now, later) = rest.split_at(end);
        let (keys, fresh) = merge(leaf, now)?;
        write(table, txn, index, &at, keys, fresh.map(|fresh| fresh.end), next)?;
        rest = later;
    }
    Ok(())
}

/// The key of the leaf after one.
fn next_leaf(table: Table, txn: &Txn<'_>, index: Index, at: &[u8]) -> Result<Option<Vec<u8>>> {
    let next = table.get_greater_than(txn, at).map_err(lmdb)?;
    Ok(next.filter(|(key, _)| index.own(key).is_some()).map(|(key, _)| key.to_vec()))
}

/// Writes what a leaf holds now: as one, or as several. Where new keys stand together the cut is behind them, since
/// more of their kind are likely to follow there; else all parts are of one size.
fn write(
    table: Table,
    txn: &mut RwTxn<'_>,
    index: Index,
    at: &[u8],
    mut keys: Keys,
    fresh: Option<usize>,
    next: Option<Vec<u8>>,
) -> Result<()> {
    let (leaf, packed) = keys.pack(0..keys.len(), ROOM);
    if packed == keys.len() && (leaf.len() >= LEAST || next.is_none()) {
        return match keys.len() {
            0 => table.delete(txn, at).map(drop).map_err(lmdb),
            _ => put(table, txn, at, &leaf),
        };
    }
    let mut cut = fresh;
    if let Some(next) = next.filter(|_| packed == keys.len()) {
        let value = table.get(txn, &next).map_err(lmdb)?.unwrap_or_default();
        let mut cursor = Cursor::new(sealed::open(TABLE, &next, value)?)?;
        while let Some(key) = cursor.next()? {
            keys.push(key);
        }
        table.delete(txn, &next).map_err(lmdb)?;
        cut = None;
    }
    let (room, first) = match cut {
        Some(end) => (ROOM, end),
        None => (keys.even(ROOM), keys.len()),
    };
    for part in [0..first, first..keys.len()] {
        let mut begin = part.start;
        while begin < part.end {
            let (leaf, end) = keys.pack(begin..part.end, room);
            let key = if begin == 0 { at.to_vec() } else { index.at(keys.get(begin)) };
            put(table, txn, &key, &leaf)?;
            begin = end;
        }
    }
    Ok(())
}

/// Takes the key and the value of a leaf.
type Put<'p> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 'p;

/// Hands out the leaves of every index as they are when each is full.
pub(super) fn copy(table: Table, txn: &Txn<'_>, put: &mut Put<'_>) -> Result<()> {
    let (mut at, mut keys) = (Vec::new(), Keys::default());
    for entry in table.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        if at.first() != key.first() {
            refill(&mut at, &mut keys, 0, put)?;
            at = key.to_vec();
        }
        let mut leaf = Cursor::new(sealed::open(TABLE, key, value)?)?;
        while let Some(key) = leaf.next()? {
            keys.push(key);
        }
        refill(&mut at, &mut keys, GATHERED, put)?;
    }
    refill(&mut at, &mut keys, 0, put)
}

/// Hands out full leaves as long as more keys are left than `least`.
fn refill(at: &mut Vec<u8>, keys: &mut Keys, least: usize, put: &mut Put<'_>) -> Result<()> {
    let mut begin = 0;
    while keys.len() - begin > least {
        let (leaf, end) = keys.pack(begin..keys.len(), ROOM);
        put(at, &sealed::seal(TABLE, at, &leaf))?;
        begin = end;
        at.truncate(1);
        at.extend_from_slice(keys.get(begin));
    }
    if begin > 0 {
        let mut left = Keys::default();
        (begin..keys.len()).for_each(|number| left.push(keys.get(number)));
        *keys = left;
    }
    Ok(())
}

fn put(table: Table, txn: &mut RwTxn<'_>, key: &[u8], leaf: &[u8]) -> Result<()> {
    table.put(txn, key, &sealed::seal(TABLE, key, leaf)).map_err(lmdb)
}

/// Visits the entries from one (inclusive) to another (exclusive; `None` is the end), in order.
pub(super) fn each(
    tables: &Tables,
    txn: &Txn<'_>,
    index: Index,
    (from, to): (&[u8], Option<&[u8]>),
    mut visit: impl FnMut(&[u8]) -> Flow,
) -> Flow {
    let (begin, end) = bounds(tables, txn, index, from, to)?;
    let range = (Bound::Included(begin.as_slice()), Bound::Excluded(end.as_slice()));
    for entry in tables.index.range(txn, &range).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let mut leaf = Cursor::new(sealed::open(TABLE, key, value)?)?;
        while let Some(key) = leaf.next()? {
            if to.is_some_and(|to| key >= to) {
                return Ok(ControlFlow::Continue(()));
            }
            if key >= from && visit(key)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Visits the same entries from the last to the first.
pub(super) fn each_back(
    tables: &Tables,
    txn: &Txn<'_>,
    index: Index,
    (from, to): (&[u8], Option<&[u8]>),
    mut visit: impl FnMut(&[u8]) -> Flow,
) -> Flow {
    let (begin, end) = bounds(tables, txn, index, from, to)?;
    let range = (Bound::Included(begin.as_slice()), Bound::Excluded(end.as_slice()));
    for entry in tables.index.rev_range(txn, &range).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let keys = Cursor::new(sealed::open(TABLE, key, value)?)?.rest()?;
        for key in (0..keys.len()).rev().map(|number| keys.get(number)) {
            if key < from {
                return Ok(ControlFlow::Continue(()));
            }
            if to.is_none_or(|to| key < to) && visit(key)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// How many entries there are within, counted no further than to `cap` and the end of a leaf. With a cap it is an
/// estimate, which takes the word of leaves that it does not read.
pub(super) fn count(
    tables: &Tables,
    txn: &Txn<'_>,
    index: Index,
    (from, to): (&[u8], Option<&[u8]>),
    cap: u64,
) -> Result<u64> {
    let (begin, end) = bounds(tables, txn, index, from, to)?;
    let range = (Bound::Included(begin.as_slice()), Bound::Excluded(end.as_slice()));
    let within = |key: &[u8]| key >= from && to.is_none_or(|to| key < to);
    let mut counted = 0;
    let mut leaves = tables.index.range(txn, &range).map_err(lmdb)?.peekable();
    while let Some(entry) = leaves.next() {
        let (key, value) = entry.map_err(lmdb)?;
        // All of a leaf lies within where its own key does and the next leaf begins before the end.
        let whole = match leaves.peek() {
            Some(Ok((next, _))) => index.own(next).is_some_and(|next| to.is_none_or(|to| next <= to)),
            Some(Err(_)) => false,
            None => to.is_none(),
        };
        let whole = whole && index.own(key).is_some_and(|key| key >= from && !key.is_empty() || from.is_empty());
        if whole && cap != u64::MAX {
            counted += Cursor::new(sealed::glance(value)).map_or(0, |leaf| leaf.left());
        } else if whole {
            counted += Cursor::new(sealed::open(TABLE, key, value)?)?.left();
        } else {
            let mut leaf = Cursor::new(sealed::open(TABLE, key, value)?)?;
            while let Some(key) = leaf.next()? {
                counted += u64::from(within(key));
            }
        }
        if counted >= cap {
            return Ok(cap);
        }
    }
    Ok(counted)
}

/// Whether an index has an entry.
pub(super) fn has(tables: &Tables, txn: &Txn<'_>, index: Index, wanted: &[u8]) -> Result<bool> {
    let after = Key::new().raw(wanted).after();
    let to = after.as_ref().map(Key::as_bytes);
    Ok(each(tables, txn, index, (wanted, to), |_| Ok(ControlFlow::Break(())))?.is_break())
}

/// Removes the entries from one to another, some at a time.
pub(super) fn clear(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    index: Index,
    (from, to): (&[u8], Option<&[u8]>),
) -> Result<()> {
    const BATCH: usize = 100_000;
    loop {
        let mut gone: Vec<Change> = Vec::new();
        let more = each(tables, txn, index, (from, to), |key| {
            gone.push((key.to_vec(), false));
            Ok(if gone.len() == BATCH { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        change(tables, txn, index, &gone)?;
        if more.is_continue() {
            return Ok(());
        }
    }
}

/// The keys of the leaves that may hold entries from one to another: from the first (inclusive) to the last (exclusive).
fn bounds(tables: &Tables, txn: &Txn<'_>, index: Index, from: &[u8], to: Option<&[u8]>) -> Result<(Vec<u8>, Vec<u8>)> {
    let wanted = index.at(from);
    let holding = tables.index.get_lower_than_or_equal_to(txn, &wanted).map_err(lmdb)?;
    let begin = holding.map(|(key, _)| key).filter(|key| index.own(key).is_some()).map_or(wanted, <[u8]>::to_vec);
    let end = to.map_or_else(|| vec![index as u8 + 1], |to| index.at(to));
    Ok((begin.min(end.clone()), end))
}

/// The number at the end of an entry.
pub(super) fn tail(index: Index, key: &[u8]) -> Result<u64> {
    super::keys::last_u64(key).ok_or_else(|| Error::corruption(format!("an entry of {} names nothing", index.name())))
}
