//! The next free numbers and what is counted as it changes; one value, written once a transaction.

use super::keys::Key;
use super::sealed;
use super::tables::{Tables, TablesIn};
use super::{Txn, lmdb};
use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;
use crate::record::{PartKind, Prediction};

pub(super) const KEY: &[u8] = b"counters";

/// The next free numbers and running counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) next_row: u64,
    pub(super) next_blob: u64,
    pub(super) next_segment: u64,
    pub(super) next_sequence: u64,
    pub(super) next_model: u64,
    /// Blobs and bytes in `loose`.
    pub(super) loose_blobs: u64,
    pub(super) loose_bytes: u64,
    /// Predictions that are not deleted.
    pub(super) predictions: u64,
    /// Residues in them.
    pub(super) residues: u64,
    /// Bytes of their parts, by kind.
    pub(super) structure_bytes: u64,
    pub(super) array_bytes: u64,
    pub(super) original_bytes: u64,
    /// Commit time of the last transaction, µs; never goes back.
    pub(super) last_commit: u64,
}

impl Counters {
    pub(super) fn read(tables: &Tables, txn: &Txn<'_>) -> Result<Self> {
        tables.meta.get(txn, KEY).map_err(lmdb)?.map_or_else(|| Ok(Self::default()), Self::decode)
    }

    /// The counters in a value of the table.
    pub(super) fn decode(value: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(sealed::open("meta", KEY, value)?, "counters");
        let mut counters = Self::default();
        for field in counters.fields() {
            *field = reader.varint()?;
        }
        reader.finish().map(|()| counters)
    }

    pub(super) fn write(&mut self, tables: &TablesIn<'_>, txn: &mut heed::RwTxn<'_>) -> Result<()> {
        let mut payload = Vec::new();
        self.fields().into_iter().for_each(|field| put_varint(&mut payload, *field));
        let key = Key::new().raw(KEY);
        tables.meta.put(txn, key.as_bytes(), &sealed::seal("meta", KEY, &payload)).map_err(lmdb)
    }

    /// A number that no one had, and the next call's number after it.
    pub(super) fn take(number: &mut u64) -> u64 {
        *number += 1;
        *number
    }

    /// Bytes of structures, arrays and originals of current predictions.
    pub(super) fn part_bytes(&self) -> [u64; 3] {
        [self.structure_bytes, self.array_bytes, self.original_bytes]
    }

    /// Counts a current prediction in, or out again.
    pub(super) fn count(&mut self, prediction: &Prediction, comes: bool) {
        let change = |number: &mut u64, by: u64| {
            *number = if comes { number.saturating_add(by) } else { number.saturating_sub(by) };
        };
        change(&mut self.predictions, 1);
        change(&mut self.residues, prediction.length() as u64);
        for part in &prediction.parts {
            let number = match part.kind {
                PartKind::Structure => &mut self.structure_bytes,
                PartKind::Array => &mut self.array_bytes,
                PartKind::Original | PartKind::Source => &mut self.original_bytes,
                // It counts where it is an array of its own.
                PartKind::Reference => continue,
            };
            change(number, part.size);
        }
    }

    fn fields(&mut self) -> [&mut u64; 13] {
        [
            &mut self.next_row,
            &mut self.next_blob,
            &mut self.next_segment,
            &mut self.next_sequence,
            &mut self.next_model,
            &mut self.loose_blobs,
            &mut self.loose_bytes,
            &mut self.predictions,
            &mut self.residues,
            &mut self.structure_bytes,
            &mut self.array_bytes,
            &mut self.original_bytes,
            &mut self.last_commit,
        ]
    }
}
