//! Sequences: each is found by its hash, by the beginning of each of its chains, and by every run of its residues.

use std::collections::BTreeSet;

use super::Walk;
use crate::error::{Error, Result};
use crate::index::kmers::{COUNT, PARTS, Rows, numbers};
use crate::store::counters::Counters;
use crate::store::keys::last_u64;
use crate::store::kmers::{self, Chunk};
use crate::store::lmdb;
use crate::store::packed::Index;
use crate::store::sealed::shown;
use crate::store::sequences;
use crate::store::snapshot::Snapshot;

impl Walk<'_, '_> {
    pub(super) fn sequences(&mut self) -> Result<()> {
        let snapshot = self.snapshot;
        let Snapshot { tables, txn, .. } = snapshot;
        let mut next = 1;
        for entry in tables.sequences.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            let first = last_u64(key).unwrap_or(0);
            let Some(block) = self.note(sequences::block(key, value))? else { continue };
            if first != next {
                self.fault(format!("table sequences, key {}: sequence {next} should come next", shown(key)));
            }
            let mut texts = Vec::with_capacity(block.len());
            block.each(0..block.len(), |_, text| {
                texts.push(String::from_utf8_lossy(text).into_owned());
                Ok(true)
            })?;
            self.counts.sequences += block.len() as u64;
            for (number, text) in (first..).zip(&texts) {
                self.expect(Index::SequenceHashes, sequences::hash_key(text, number).as_bytes())?;
                for key in sequences::prefix_keys(text, number) {
                    self.expect(Index::SequencePrefixes, key.as_bytes())?;
                }
            }
            next = first.saturating_add(block.len() as u64);
            self.in_use("sequence", next.saturating_sub(1));
        }
        let named = |key: &[u8]| -> Result<(u64, String)> {
            let damaged = || Error::corruption(format!("key {}: it names no sequence", shown(key)));
            let number = last_u64(key).ok_or_else(damaged)?;
            sequences::get(tables, txn, number).map(|sequence| (number, sequence))
        };
        self.strays(Index::SequenceHashes, |key| {
            named(key).map(|(number, sequence)| sequences::hash_key(&sequence, number).as_bytes() == key)
        })?;
        self.strays(Index::SequencePrefixes, |key| {
            let own = |(number, sequence): (u64, String)| sequences::prefix_keys(&sequence, number);
            named(key).map(|named| own(named).iter().any(|own| own.as_bytes() == key))
        })?;
        self.residues()
    }

    /// The rows of every chunk are those that its sequences make, and there are no others.
    fn residues(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let Some(chunks) = self.note(kmers::chunks(tables, txn))? else { return Ok(()) };
        let mut before = 0;
        let mut keys = BTreeSet::new();
        for chunk in &chunks {
            keys.extend(chunk.keys().map(|key| key.as_bytes().to_vec()));
            if chunk.before != before {
                self.fault(format!("table kmers, sequence {}: it counts {} blocks before", chunk.first, chunk.before));
            }
            before += chunk.counts.len() as u64;
            let made = self.rows_of(chunk);
            let Some(rows) = self.note(made)? else { continue };
            for number in 0..COUNT {
                let row = self.note(chunk.row(tables, txn, number))?;
                if row.is_some_and(|row| row != rows.row(number)) {
                    self.fault(format!("table kmers, sequence {}: row {number} tells other sequences", chunk.first));
                }
            }
        }
        for entry in tables.kmers.iter(txn).map_err(lmdb)? {
            let (key, _) = entry.map_err(lmdb)?;
            if !keys.contains(key) {
                self.fault(format!("table kmers, key {}: it belongs to no chunk", shown(key)));
            }
        }
        let end = chunks.last().map_or(1, Chunk::end);
        let given = self.note(Counters::read(tables, txn))?.map_or(u64::MAX, |counters| counters.next_sequence);
        if end > given.saturating_add(1) {
            self.fault(format!("table kmers: it goes to sequence {end}, and {given} were given out"));
        }
        Ok(())
    }

    fn rows_of(&self, chunk: &Chunk) -> Result<Rows> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut rows = Rows::new(chunk.counts.len() * PARTS);
        let mut first = chunk.first;
        for (place, &count) in chunk.counts.iter().enumerate() {
            let missing = || Error::corruption(format!("table kmers: no block begins with sequence {first}"));
            let key = crate::store::keys::Key::new().u64(first);
            let value = tables.sequences.get(txn, key.as_bytes()).map_err(lmdb)?.ok_or_else(missing)?;
            let block = sequences::block(key.as_bytes(), value)?;
            if block.len() as u64 != count {
                return Err(Error::corruption(format!("table kmers: the block of sequence {first} has grown since")));
            }
            for part in 0..PARTS {
                block.each(numbers(part, block.len()), |_, text| {
                    rows.add(place * PARTS + part, text);
                    Ok(true)
                })?;
            }
            first = first.saturating_add(count);
        }
        Ok(rows)
    }
}
