//! Sorted keys in few bytes: each is told by what differs from the one before.
//!
//! ```text
//! by_confidence   0.93…7 row 12      the whole head, row 12
//!                 0.93…9 row 3       5 bytes of the head are the same, 3 new ones, row -9
//!                 0.93…9 row 4       8 are the same, none new, row +1
//! ```
//!
//! A key is a *head* and, in its last eight bytes, a *tail*: the number of a row or sequence. A leaf is
//!
//! | bytes | what |
//! |---|---|
//! | u8 | length of every head, or 255 where they differ |
//! | varint | keys |
//! | for each | varint bytes of the head that are those of the one before; varint length of the head, where they differ; the rest of the head; varint zigzag of the tail's difference to the one before |
//!
//! Invariant: keys ascend and none is twice in a leaf.

use std::ops::Range;

use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;

/// Bytes of a tail.
const TAIL: usize = 8;
/// The most keys of a leaf, which bounds the work of finding one.
const MOST: usize = 400;
/// Heads of no common length.
const DIFFER: u8 = u8::MAX;
const STEP: &str = "index leaf";

/// Keys one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Keys {
    /// Adds a key above all others.
    pub(crate) fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len() as u32);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The key with this number; empty where there is none.
    pub(crate) fn get(&self, number: usize) -> &[u8] {
        let end = |number: usize| self.ends.get(number).map_or(0, |&end| end as usize);
        let start = number.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(number)).unwrap_or_default()
    }

    /// About how many bytes all of them take packed.
    fn size(&self) -> usize {
        let (mut size, mut next) = (0, 0);
        while next < self.len() {
            let (leaf, end) = self.pack(next..self.len(), 1 << 20);
            size += leaf.len();
            next = end;
        }
        size
    }

    /// Bytes a leaf when all are about alike and none has more than `room`.
    pub(crate) fn even(&self, room: usize) -> usize {
        let size = self.size();
        let leaves = size.div_ceil(room).max(self.len().div_ceil(MOST)).max(1);
        room.min(size / leaves + 64)
    }

    /// Packs keys of a range until the next one would make more than `room` bytes, at least one; what follows.
    pub(crate) fn pack(&self, range: Range<usize>, room: usize) -> (Vec<u8>, usize) {
        let first = self.get(range.start).len();
        let alike = first < usize::from(DIFFER) + TAIL && range.clone().all(|number| self.get(number).len() == first);
        let mut body = Vec::with_capacity(room.min(1 << 12));
        let (mut head, mut tail): (&[u8], u64) = (&[], 0);
        let mut next = range.start;
        let last = range.end.min(range.start + MOST);
        // Length and count take four bytes at most.
        while next < last {
            let before = body.len();
            let (new_head, new_tail) = split(self.get(next));
            let shared = head.iter().zip(new_head).take_while(|(a, b)| a == b).count();
            put_varint(&mut body, shared as u64);
            if !alike {
                put_varint(&mut body, new_head.len() as u64);
            }
            body.extend_from_slice(new_head.get(shared..).unwrap_or_default());
            put_varint(&mut body, zigzag(new_tail.wrapping_sub(tail)));
            if body.len() + 4 > room && next > range.start {
                body.truncate(before);
                break;
            }
            (head, tail) = (new_head, new_tail);
            next += 1;
        }
        let width = if alike { (first.saturating_sub(TAIL)) as u8 } else { DIFFER };
        let mut leaf = vec![width];
        put_varint(&mut leaf, (next - range.start) as u64);
        leaf.extend(body);
        (leaf, next)
    }
}

fn split(key: &[u8]) -> (&[u8], u64) {
    match key.split_last_chunk::<TAIL>() {
        Some((head, tail)) => (head, u64::from_be_bytes(*tail)),
        None => (&[], 0),
    }
}

fn zigzag(difference: u64) -> u64 {
    (difference << 1) ^ ((difference as i64 >> 63) as u64)
}

fn unzigzag(value: u64) -> u64 {
    (value >> 1) ^ (value & 1).wrapping_neg()
}

/// Reads a leaf key by key.
pub(crate) struct Cursor<'a> {
    reader: Reader<'a>,
    width: u8,
    left: u64,
    head: usize,
    tail: u64,
    key: Vec<u8>,
}

impl<'a> Cursor<'a> {
    /// Stands before the first key of a leaf.
    ///
    /// # Errors
    /// `Corruption` where it is none.
    pub(crate) fn new(leaf: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(leaf, STEP);
        let (width, left) = (reader.u8()?, reader.varint()?);
        Ok(Self { reader, width, left, head: 0, tail: 0, key: Vec::with_capacity(32) })
    }

    /// Stands before no key.
    pub(crate) fn empty() -> Self {
        Self { reader: Reader::new(&[], STEP), width: 0, left: 0, head: 0, tail: 0, key: Vec::new() }
    }

    /// Keys that were not read yet.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// The next key.
    ///
    /// # Errors
    /// `Corruption` where the bytes end too early or too late.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>> {
        if self.left == 0 {
            return if self.reader.remaining() == 0 { Ok(None) } else { Err(self.reader.broken()) };
        }
        self.left -= 1;
        let shared = self.reader.count(self.head)?;
        let length = match self.width {
            DIFFER => self.reader.count(1 << 16)?,
            width => usize::from(width),
        };
        let fresh = length.checked_sub(shared).ok_or_else(|| self.reader.broken())?;
        self.key.truncate(shared);
        self.key.extend_from_slice(self.reader.take(fresh)?);
        self.head = length;
        self.tail = self.tail.wrapping_add(unzigzag(self.reader.varint()?));
        self.key.extend_from_slice(&self.tail.to_be_bytes());
        Ok(Some(&self.key))
    }

    /// All keys that were not read yet.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(crate) fn rest(mut self) -> Result<Keys> {
        let mut keys = Keys::default();
        while let Some(key) = self.next()? {
            keys.push(key);
        }
        Ok(keys)
    }
}

/// A key that comes (or goes).
pub(crate) type Change = (Vec<u8>, bool);

/// What a leaf holds after sorted changes, and where the new keys stand, if they stand together.
///
/// # Errors
/// `Corruption` where the leaf is none.
pub(crate) fn merge(mut leaf: Cursor<'_>, changes: &[Change]) -> Result<(Keys, Option<Range<usize>>)> {
    let mut keys = Keys::default();
    let (mut new, mut together) = (0..0, true);
    let mut changes = changes.iter().peekable();
    let mut old = leaf.next()?;
    loop {
        match (old, changes.peek()) {
            (Some(key), Some((change, _))) if key == change.as_slice() => old = leaf.next()?,
            (Some(key), change) if change.is_none_or(|(change, _)| key < change.as_slice()) => {
                keys.push(key);
                old = leaf.next()?;
            }
            (_, Some((change, comes))) => {
                if *comes {
                    let at = keys.len();
                    together &= new.is_empty() || new.end == at;
                    new = if new.is_empty() { at..at + 1 } else { new.start..at + 1 };
                    keys.push(change);
                }
                changes.next();
            }
            (_, None) => return Ok((keys, Some(new).filter(|new| together && !new.is_empty()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn keys() -> impl Strategy<Value = BTreeSet<Vec<u8>>> {
        let key = ("[ab\0]{0,3}", prop_oneof![0..9_u64, any::<u64>()])
            .prop_map(|(head, tail)| [head.as_bytes(), &tail.to_be_bytes()].concat());
        proptest::collection::btree_set(key, 0..40)
    }

    fn packed(set: &BTreeSet<Vec<u8>>) -> Keys {
        let mut keys = Keys::default();
        set.iter().for_each(|key| keys.push(key));
        keys
    }

    proptest! {
        #[test]
        fn what_is_packed_is_read_again(set in keys(), room in 1..300_usize) {
            let keys = packed(&set);
            let (mut next, mut found) = (0, Vec::new());
            while next < keys.len() {
                let (leaf, after) = keys.pack(next..keys.len(), room);
                prop_assert!(after > next && (after == next + 1 || leaf.len() <= room));
                let read = Cursor::new(&leaf).unwrap().rest().unwrap();
                found.extend((0..read.len()).map(|number| read.get(number).to_vec()));
                next = after;
            }
            prop_assert_eq!(found, set.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_merge_is_that_of_sets(old in keys(), mut new in keys(), drop in any::<u64>()) {
            new.extend(old.iter().take(3).cloned());
            let changes: Vec<Change> =
                new.iter().enumerate().map(|(at, key)| (key.clone(), drop >> (at % 64) & 1 == 0)).collect();
            let (leaf, _) = packed(&old).pack(0..old.len(), 1 << 20);
            let (merged, _) = merge(Cursor::new(&leaf).unwrap(), &changes).unwrap();
            let mut expected = old;
            for (key, comes) in changes {
                if comes { expected.insert(key); } else { expected.remove(&key); }
            }
            prop_assert_eq!(merged, packed(&expected));
        }

        #[test]
        fn damage_is_an_error_or_other_keys(set in keys(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let keys = packed(&set);
            let (mut leaf, _) = keys.pack(0..keys.len(), 1 << 20);
            let at = at.index(leaf.len());
            leaf[at] ^= 1_u8 << bit;
            if let Ok(cursor) = Cursor::new(&leaf) {
                let _ = cursor.rest();
            }
        }
    }

    #[test]
    fn keys_alike_take_few_bytes() {
        let mut keys = Keys::default();
        (0..1_000_u64).for_each(|row| keys.push(&[&300_u32.to_be_bytes()[..], &(row * 3).to_be_bytes()].concat()));
        let (leaf, packed) = keys.pack(0..1_000, 4_000);
        assert_eq!(packed, MOST);
        assert!(leaf.len() < 2 * MOST + 20, "{}", leaf.len());
    }
}
