//! Sequences, each stored once however many predictions share it.

use heed::RwTxn;
use xxhash_rust::xxh3::xxh3_64;

use super::counters::Counters;
use super::keys::{Key, last_u64};
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::error::{Error, Result};

const TABLE: &str = "sequences";
/// Residues of each chain in the prefix index.
pub(super) const PREFIX: usize = 64;

/// The sequence's id, after storing it if it is new.
pub(super) fn intern(tables: &Tables, txn: &mut RwTxn<'_>, counters: &mut Counters, sequence: &str) -> Result<u64> {
    let hash = Key::new().u64(xxh3_64(sequence.as_bytes()));
    if let Some(known) = find(tables, txn, &hash, sequence)? {
        return Ok(known);
    }
    let id = Counters::take(&mut counters.next_sequence);
    let key = Key::new().u64(id);
    let value = sealed::seal(TABLE, key.as_bytes(), sequence.as_bytes());
    tables.sequences.put(txn, key.as_bytes(), &value).map_err(lmdb)?;
    tables.sequence_hashes.put(txn, hash.u64(id).as_bytes(), &[]).map_err(lmdb)?;
    for chain in sequence.split(':') {
        tables.sequence_prefixes.put(txn, prefix_key(chain, id).as_bytes(), &[]).map_err(lmdb)?;
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

/// The key of a chain in the prefix index.
pub(super) fn prefix_key(chain: &str, id: u64) -> Key {
    Key::new().text(chain.get(..PREFIX).unwrap_or(chain)).u64(id)
}
