//! Sequences: each is found by its hash and by the beginning of each of its chains.

use super::Walk;
use crate::error::{Error, Result};
use crate::store::keys::last_u64;
use crate::store::lmdb;
use crate::store::sealed::shown;
use crate::store::sequences;
use crate::store::snapshot::Snapshot;

impl Walk<'_, '_> {
    pub(super) fn sequences(&mut self) -> Result<()> {
        let snapshot = self.snapshot;
        let Snapshot { tables, txn, .. } = snapshot;
        for entry in tables.sequences.iter(txn).map_err(lmdb)? {
            let (key, _) = entry.map_err(lmdb)?;
            let id = last_u64(key).unwrap_or(0);
            self.in_use("sequence", id);
            let Some(sequence) = self.note(sequences::get(tables, txn, id))? else { continue };
            self.expect("sequence_hashes", tables.sequence_hashes, sequences::hash_key(sequence, id).as_bytes())?;
            for key in sequences::prefix_keys(sequence, id) {
                self.expect("sequence_prefixes", tables.sequence_prefixes, key.as_bytes())?;
            }
        }
        let named = |key: &[u8]| -> Result<(u64, &str)> {
            let damaged = || Error::corruption(format!("key {}: it names no sequence", shown(key)));
            let id = last_u64(key).ok_or_else(damaged)?;
            sequences::get(tables, txn, id).map(|sequence| (id, sequence))
        };
        self.strays("sequence_hashes", tables.sequence_hashes, |key| {
            named(key).map(|(id, sequence)| sequences::hash_key(sequence, id).as_bytes() == key)
        })?;
        self.strays("sequence_prefixes", tables.sequence_prefixes, |key| {
            named(key)
                .map(|(id, sequence)| sequences::prefix_keys(sequence, id).iter().any(|own| own.as_bytes() == key))
        })
    }
}
