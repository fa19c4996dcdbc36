//! Blobs: every reference counted, every byte of a segment alive in one blob or counted dead.

use std::collections::BTreeMap;

use super::Walk;
use crate::error::Result;
use crate::store::arrays;
use crate::store::blobs::{self, Locator};
use crate::store::counters::Counters;
use crate::store::keys::last_u64;
use crate::store::lmdb;
use crate::store::packed::Index;
use crate::store::sealed::shown;
use crate::store::snapshot::Snapshot;

/// Live bytes by segment, and how many blobs and bytes are loose.
#[derive(Default)]
struct Places {
    segments: BTreeMap<u64, u64>,
    loose: (u64, u64),
}

impl Walk<'_, '_> {
    /// Every blob is referred to as often as it says, and is where it says.
    pub(super) fn blobs(&mut self) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut references = std::mem::take(&mut self.references);
        let mut places = Places::default();
        for entry in tables.blobs.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            self.gauge.advance(1)?;
            self.counts.blobs += 1;
            let blob = last_u64(key).unwrap_or(0);
            self.in_use("blob", blob);
            let counted = references.remove(&blob).unwrap_or(0);
            let Some(locator) = self.note(Locator::decode(key, value))? else { continue };
            self.counts.bytes += locator.length;
            if locator.references != counted {
                let says = locator.references;
                self.fault(format!("blob {blob}: it counts {says} references, there are {counted}"));
            }
            if locator.segment == 0 {
                places.loose = (places.loose.0 + 1, places.loose.1 + locator.length);
            } else {
                *places.segments.entry(locator.segment).or_default() += locator.length;
            }
            let Some(bytes) = self.note(blobs::read(tables, txn, blob))? else { continue };
            if let Some((index, key)) = arrays::entry(blob, bytes) {
                self.expect(index, key.as_bytes())?;
            }
        }
        for blob in references.keys() {
            self.fault(format!("blob {blob}: a version refers to it and it is missing"));
        }
        self.strays(Index::ArrayHashes, |key| {
            let blob = last_u64(key).unwrap_or(0);
            let entry = arrays::entry(blob, blobs::read(tables, txn, blob)?);
            Ok(entry.is_some_and(|(_, own)| own.as_bytes() == key))
        })?;
        self.segments(&mut places)?;
        self.loose(&places)
    }

    fn segments(&mut self, places: &mut Places) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        let mut dead = BTreeMap::new();
        for entry in tables.dead.iter(txn).map_err(lmdb)? {
            let (key, value) = entry.map_err(lmdb)?;
            if let Some(bytes) = self.note(blobs::dead_bytes(key, value))? {
                self.counts.dead_bytes += bytes;
                dead.insert(last_u64(key).unwrap_or(0), bytes);
            }
        }
        for entry in tables.segments.iter(txn).map_err(lmdb)? {
            let (key, bytes) = entry.map_err(lmdb)?;
            let segment = last_u64(key).unwrap_or(0);
            self.in_use("segment", segment);
            let (live, dead) = (places.segments.remove(&segment).unwrap_or(0), dead.remove(&segment).unwrap_or(0));
            if live + dead != bytes.len() as u64 {
                let length = bytes.len();
                self.fault(format!("segment {segment}: {live} live and {dead} dead bytes, it has {length}"));
            }
        }
        for segment in dead.keys() {
            self.fault(format!("table dead, key {segment}: there is no such segment"));
        }
        Ok(())
    }

    fn loose(&mut self, places: &Places) -> Result<()> {
        let Snapshot { tables, txn, .. } = self.snapshot;
        for entry in tables.loose.iter(txn).map_err(lmdb)? {
            let (key, _) = entry.map_err(lmdb)?;
            let locator = blobs::locate(tables, txn, last_u64(key).unwrap_or(0));
            if !locator.is_ok_and(|locator| locator.segment == 0) {
                self.fault(format!("table loose, key {}: no blob is here", shown(key)));
            }
        }
        let Some(counters) = self.note(Counters::read(tables, txn))? else { return Ok(()) };
        if (counters.loose_blobs, counters.loose_bytes) != places.loose {
            self.fault(format!(
                "table meta, key \"counters\": {} loose blobs of {} bytes, there are {} of {}",
                counters.loose_blobs, counters.loose_bytes, places.loose.0, places.loose.1
            ));
        }
        Ok(())
    }
}
