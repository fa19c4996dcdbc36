//! Sequences, each stored once however many predictions share it, some twenty in a block.
//!
//! ```text
//! sequences   1    block of sequences 1 to 19         five bits a letter, a page a block
//!             20   block of sequences 20 to 31        the last one grows until it is full
//! ```
//!
//! Invariants: numbers go on without gaps, so a sequence's place in its block is its number less the first one's; only
//! the last block ever changes.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use heed::RwTxn;
use xxhash_rust::xxh3::xxh3_64;

use super::counters::Counters;
use super::indexes::Pending;
use super::keys::{Key, last_u64};
use super::packed::{self, Index};
use super::tables::Tables;
use super::{Txn, kmers, lmdb, sealed};
use crate::error::{Error, Result};
use crate::index::residues::{Block, Draft, code};

const TABLE: &str = "sequences";
/// What an LMDB page of 4,096 bytes holds of one value, without the seal; tests need few sequences for many blocks.
const ROOM: usize = if cfg!(test) { 48 } else { 4_080 - sealed::HEAD };
/// Residues of each chain in the prefix index: those that sixty bits hold.
pub(super) const PREFIX: usize = 12;
/// Bytes of a hash in the index of hashes.
const HASH: usize = 5;

/// What a transaction does to sequences.
#[derive(Default)]
pub(super) struct Interner {
    /// The last block and the number of its first sequence, once a sequence came.
    open: Option<(u64, Draft)>,
    /// Those it has stored, by hash.
    fresh: HashMap<u64, Vec<u64>>,
    /// Texts of the open block that this transaction brought, by number.
    texts: HashMap<u64, String>,
}

impl Interner {
    /// The sequence's number, after storing it if it is new.
    pub(super) fn intern(
        &mut self,
        tables: &Tables,
        txn: &mut RwTxn<'_>,
        counters: &mut Counters,
        pending: &mut Pending,
        sequence: &str,
    ) -> Result<u64> {
        let hash = xxh3_64(sequence.as_bytes());
        for &known in self.fresh.get(&hash).into_iter().flatten() {
            if self.get(tables, txn, known)? == sequence {
                return Ok(known);
            }
        }
        if let Some(known) = find(tables, txn, hash, sequence)? {
            return Ok(known);
        }
        let number = Counters::take(&mut counters.next_sequence);
        let (_, draft) = self.open(tables, txn, number, sequence)?;
        draft.push(sequence);
        self.texts.insert(number, sequence.to_owned());
        self.fresh.entry(hash).or_default().push(number);
        pending.set(Index::SequenceHashes, hash_key(sequence, number), true);
        for key in prefix_keys(sequence, number) {
            pending.set(Index::SequencePrefixes, key, true);
        }
        Ok(number)
    }

    /// The text of a sequence, be it written yet or not.
    pub(super) fn get(&self, tables: &Tables, txn: &Txn<'_>, number: u64) -> Result<String> {
        match self.texts.get(&number) {
            Some(text) => Ok(text.clone()),
            None => get(tables, txn, number),
        }
    }

    /// Writes what is open, and moves the horizon of the index of residues.
    pub(super) fn finish(mut self, tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
        match self.open.take() {
            Some((first, draft)) => {
                put(tables, txn, first, &draft)?;
                kmers::advance(tables, txn)
            }
            None => Ok(()),
        }
    }

    /// The block that has room for the sequence that comes next.
    fn open(&mut self, tables: &Tables, txn: &mut RwTxn<'_>, number: u64, sequence: &str) -> Result<&mut (u64, Draft)> {
        let open = match self.open.take() {
            Some(open) => open,
            None => match tables.sequences.last(txn).map_err(lmdb)? {
                Some((key, value)) => (last_u64(key).unwrap_or(0), block(key, value)?.to_draft()),
                None => (number, Draft::default()),
            },
        };
        let (first, draft) = open;
        if first + draft.len() as u64 != number {
            return Err(Error::corruption(format!(
                "table meta, key \"counters\": sequence {number} comes next, and the last block holds {} from {first} on",
                draft.len()
            )));
        }
        let next = match draft.len() == 0 || draft.has_room(sequence, ROOM) {
            true => (first, draft),
            false => {
                put(tables, txn, first, &draft)?;
                self.texts.retain(|_, _| false);
                (number, Draft::default())
            }
        };
        Ok(self.open.insert(next))
    }
}

fn put(tables: &Tables, txn: &mut RwTxn<'_>, first: u64, draft: &Draft) -> Result<()> {
    let key = Key::new().u64(first);
    let value = sealed::seal(TABLE, key.as_bytes(), &draft.encode());
    tables.sequences.put(txn, key.as_bytes(), &value).map_err(lmdb)
}

fn find(tables: &Tables, txn: &Txn<'_>, hash: u64, sequence: &str) -> Result<Option<u64>> {
    let from = hash_head(hash);
    let to = from.after();
    let mut likely = Vec::new();
    packed::each(tables, txn, Index::SequenceHashes, (from.as_bytes(), to.as_ref().map(Key::as_bytes)), |key| {
        likely.extend(last_u64(key));
        Ok(std::ops::ControlFlow::Continue(()))
    })
    .map(drop)?;
    for number in likely {
        if get(tables, txn, number)? == sequence {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// A value of the table.
pub(super) fn block<'t>(key: &[u8], value: &'t [u8]) -> Result<Block<'t>> {
    Block::open(sealed::open(TABLE, key, value)?)
}

/// The text of a sequence.
pub(super) fn get(tables: &Tables, txn: &Txn<'_>, number: u64) -> Result<String> {
    let missing = || Error::corruption(format!("sequence {number} is missing"));
    let wanted = Key::new().u64(number);
    let found = tables.sequences.get_lower_than_or_equal_to(txn, wanted.as_bytes()).map_err(lmdb)?;
    let (key, value) = found.ok_or_else(missing)?;
    let place = number.saturating_sub(last_u64(key).unwrap_or(0));
    block(key, value)?.get(usize::try_from(place).unwrap_or(usize::MAX)).ok_or_else(missing)
}

/// Calls `visit` with number and text of every sequence from one on, until it says no.
pub(super) fn each_from(
    tables: &Tables,
    txn: &Txn<'_>,
    number: u64,
    mut visit: impl FnMut(u64, &[u8]) -> Result<bool>,
) -> Result<()> {
    let from = Key::new().u64(number);
    let range = (Bound::Included(from.as_bytes()), Bound::<&[u8]>::Unbounded);
    for entry in tables.sequences.range(txn, &range).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let (first, block) = (last_u64(key).unwrap_or(0), block(key, value)?);
        if !block.each(0..block.len(), |place, text| visit(first + place as u64, text))? {
            break;
        }
    }
    Ok(())
}

fn hash_head(hash: u64) -> Key {
    Key::new().raw(hash.to_be_bytes().get(..HASH).unwrap_or_default())
}

/// The key of a sequence in the index of hashes.
pub(super) fn hash_key(sequence: &str, number: u64) -> Key {
    hash_head(xxh3_64(sequence.as_bytes())).u64(number)
}

/// The keys of a sequence in the prefix index: one for each chain that begins differently.
pub(super) fn prefix_keys(sequence: &str, number: u64) -> Vec<Key> {
    let beginnings: BTreeSet<u64> = sequence.split(':').map(beginning).collect();
    beginnings.into_iter().map(|beginning| Key::new().u64(beginning).u64(number)).collect()
}

/// Where chains stand in the prefix index that begin with a text: from (inclusive) and to (exclusive).
pub(super) fn prefix_range(prefix: &str) -> (Key, Option<Key>) {
    let letters = prefix.len().min(PREFIX);
    let first = beginning(prefix);
    let step = 1_u64 << (u64::BITS - 5 * letters as u32).min(u64::BITS - 1);
    let after = if letters == 0 { None } else { first.checked_add(step) };
    (Key::new().u64(first), after.map(|after| Key::new().u64(after)))
}

/// The first letters in five bits each from the high end on.
fn beginning(chain: &str) -> u64 {
    let letters = chain.bytes().take(PREFIX);
    letters.zip(1..).fold(0, |bits, (letter, place)| bits | u64::from(code(letter)) << (u64::BITS - 5 * place))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_prefix_is_a_stretch_of_the_index(prefix in "[A-CZ]{0,13}", chain in "[A-CZ]{1,15}", follow in any::<bool>()) {
            let chain = if follow { format!("{prefix}{chain}") } else { chain };
            let (from, to) = prefix_range(&prefix);
            let key = prefix_keys(&chain, 7).remove(0);
            let within = from.as_bytes() <= key.as_bytes() && to.is_none_or(|to| key.as_bytes() < to.as_bytes());
            let shown = prefix.get(..PREFIX).unwrap_or(&prefix);
            prop_assert_eq!(within, chain.starts_with(shown));
        }
    }
}
