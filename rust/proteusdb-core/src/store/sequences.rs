//! Sequences, each stored once however many predictions share it.

use std::collections::BTreeSet;

use heed::RwTxn;
use xxhash_rust::xxh3::xxh3_64;

use super::counters::Counters;
use super::indexes::Pending;
use super::keys::{Key, last_u64};
use super::tables::{Tables, append};
use super::{Txn, lmdb, sealed};
use crate::error::{Error, Result};

const TABLE: &str = "sequences";
/// Residues of each chain in the prefix index.
pub(super) const PREFIX: usize = 64;

/// The sequence's id, after storing it if it is new.
pub(super) fn intern(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    counters: &mut Counters,
    pending: &mut Pending,
    sequence: &str,
) -> Result<u64> {
    if let Some(known) = find(tables, txn, &hash(sequence), sequence)? {
        return Ok(known);
    }
    let id = Counters::take(&mut counters.next_sequence);
    let key = Key::new().u64(id);
    let value = sealed::seal(TABLE, key.as_bytes(), sequence.as_bytes());
    append(tables.sequences, txn, key.as_bytes(), &value)?;
    tables.sequence_hashes.put(txn, hash_key(sequence, id).as_bytes(), &[]).map_err(lmdb)?;
    for key in prefix_keys(sequence, id) {
        pending.set(&("sequence_prefixes", tables.sequence_prefixes, key), true);
    }
    Ok(id)
}

fn find(tables: &Tables, txn: &Txn<'_>, hash: &Key, sequence: &str) -> Result<Option<u64>> {
    for entry in tables.sequence_hashes.prefix_iter(txn, hash.as_bytes()).map_err(lmdb)? {
        let (key, _) = entry.map_err(lmdb)?;
        if let Some(id) = last_u64(key)
            && get(tables, txn, id)? == sequence
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The text of a sequence.
pub(super) fn get<'t>(tables: &Tables, txn: &'t Txn<'_>, id: u64) -> Result<&'t str> {
    let key = Key::new().u64(id);
    let value = tables.sequences.get(txn, key.as_bytes()).map_err(lmdb)?;
    let value = value.ok_or_else(|| Error::corruption(format!("sequence {id} is missing")))?;
    std::str::from_utf8(sealed::open(TABLE, key.as_bytes(), value)?)
        .map_err(|_| Error::corruption(format!("sequence {id} is no text")))
}

fn hash(sequence: &str) -> Key {
    Key::new().u64(xxh3_64(sequence.as_bytes()))
}

/// The key of a sequence in the index of hashes.
pub(super) fn hash_key(sequence: &str, id: u64) -> Key {
    hash(sequence).u64(id)
}

/// The keys of a sequence in the prefix index: one for each chain that begins differently.
pub(super) fn prefix_keys(sequence: &str, id: u64) -> Vec<Key> {
    let beginnings: BTreeSet<&str> = sequence.split(':').map(|chain| chain.get(..PREFIX).unwrap_or(chain)).collect();
    beginnings.into_iter().map(|beginning| Key::new().text(beginning).u64(id)).collect()
}
