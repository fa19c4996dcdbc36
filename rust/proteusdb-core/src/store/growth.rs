//! How a store grew: a few samples of its size, taken as it is written.
//!
//! ```text
//! meta "growth"    (time, bytes in use, predictions, versions), ...      oldest first, an hour apart or more
//! ```
//!
//! The sample of a write is the state it found. Above [`MOST`] samples every second one of the older half goes, so the
//! last days are told by the hour and the first year by a few points.

use heed::RwTxn;

use super::counters::Counters;
use super::quota;
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;

const KEY: &[u8] = b"growth";
/// Between two samples, µs.
const EVERY: u64 = 3_600_000_000;
/// The most samples that are kept.
const MOST: usize = 64;

/// What a store held at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// Commit time of the write that found this, µs.
    pub time: u64,
    /// Bytes in use.
    pub used_bytes: u64,
    /// Predictions that were not deleted.
    pub predictions: u64,
    /// Versions of predictions.
    pub versions: u64,
}

/// The samples, oldest first.
pub(super) fn read(tables: &Tables, txn: &Txn<'_>) -> Result<Vec<Sample>> {
    let Some(value) = tables.meta.get(txn, KEY).map_err(lmdb)? else { return Ok(Vec::new()) };
    let mut reader = Reader::new(sealed::open("meta", KEY, value)?, "growth");
    let mut samples = Vec::new();
    for _ in 0..reader.count(reader.remaining())? {
        let (time, used_bytes) = (reader.varint()?, reader.varint()?);
        samples.push(Sample { time, used_bytes, predictions: reader.varint()?, versions: reader.varint()? });
    }
    reader.finish().map(|()| samples)
}

/// Takes a sample at the beginning of a write transaction, unless the last is too young.
pub(super) fn sample(tables: &Tables, txn: &mut RwTxn<'_>, counters: &Counters, now: i64) -> Result<()> {
    let mut samples = read(tables, txn)?;
    let time = now as u64;
    if samples.last().is_some_and(|last| time < last.time.saturating_add(EVERY)) {
        return Ok(());
    }
    samples.push(Sample {
        time,
        used_bytes: quota::used(tables, txn)?,
        predictions: counters.predictions,
        versions: tables.headers.len(txn).map_err(lmdb)?,
    });
    write(tables, txn, &thinned(samples))
}

fn write(tables: &Tables, txn: &mut RwTxn<'_>, samples: &[Sample]) -> Result<()> {
    let mut payload = Vec::new();
    put_varint(&mut payload, samples.len() as u64);
    for sample in samples {
        for figure in [sample.time, sample.used_bytes, sample.predictions, sample.versions] {
            put_varint(&mut payload, figure);
        }
    }
    tables.meta.put(txn, KEY, &sealed::seal("meta", KEY, &payload)).map_err(lmdb)
}

fn thinned(samples: Vec<Sample>) -> Vec<Sample> {
    if samples.len() <= MOST {
        return samples;
    }
    let kept = samples.into_iter().enumerate().filter(|(number, _)| *number >= MOST / 2 || number % 2 == 0);
    kept.map(|(_, sample)| sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_samples_stay_when_others_go() {
        let mut samples = Vec::new();
        for time in 0..1_000 {
            samples.push(Sample { time, ..Sample::default() });
            samples = thinned(samples);
            assert!(samples.len() <= MOST);
        }
        assert_eq!(samples.first().map(|sample| sample.time), Some(0));
        let last: Vec<u64> = samples.iter().rev().take(30).map(|sample| sample.time).collect();
        assert_eq!(last, (970..1_000).rev().collect::<Vec<_>>());
    }
}
