//! Structures that were decoded lately, so that a second look costs no decoding.
//!
//! ```text
//! blob 812, 7,934 bytes, checksum 3f0c…   ->   young  { … }    new ones, and those that were asked for again
//!                                               old    { … }    what was young when the room was half full
//! ```
//!
//! What is remembered is known by what it was decoded from: a write gives other bytes, and so another checksum, and no
//! write has to be told of. When the young fill half the room the old are dropped and the young become old, so what is
//! asked for often stays, at the price of one look.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::blobs;
use super::snapshot::Snapshot;
use crate::codec;
use crate::error::Result;
use crate::record::{PartBody, PartKind, Prediction, Structure};

/// Bytes that an atom and a residue take in memory, and a structure besides.
const ATOM: usize = 28;
const RESIDUE: usize = 36;
const OVERHEAD: usize = 1_024;

/// What a structure was decoded from: blob, length and checksum.
type Origin = (u64, u64, u64);

/// What a transaction found of a structure.
pub(super) enum Found {
    /// The version has none.
    Nothing,
    /// It is remembered.
    Known(Arc<Structure>),
    /// Its encoded bytes; without an origin where they are not stored yet.
    Encoded(Option<Origin>, Vec<u8>),
}

#[derive(Default)]
struct Known {
    young: HashMap<Origin, Arc<Structure>>,
    old: HashMap<Origin, Arc<Structure>>,
    /// What the young take.
    bytes: usize,
}

/// Structures that are remembered.
pub(super) struct Structures {
    room: usize,
    known: Mutex<Known>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Structures {
    /// Room for so many bytes; none with 0.
    pub(super) fn new(room: usize) -> Self {
        Self { room, known: Mutex::default(), hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// How often a structure was remembered, and how often not.
    pub(super) fn rates(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// What there is of a version's structure.
    ///
    /// # Errors
    /// `Corruption` where its bytes are damaged.
    pub(super) fn fetch(&self, snapshot: &Snapshot<'_>, version: &Prediction) -> Result<Found> {
        let Some(part) = version.parts.iter().find(|part| part.kind == PartKind::Structure) else {
            return Ok(Found::Nothing);
        };
        let PartBody::Stored(blob) = part.body else {
            return Ok(Found::Encoded(None, snapshot.part(part)?.to_vec()));
        };
        let origin = blobs::locate(snapshot.tables, snapshot.txn, blob)?.origin(blob);
        match self.find(origin) {
            Some(structure) => Ok(Found::Known(structure)),
            None => Ok(Found::Encoded(Some(origin), snapshot.part(part)?.to_vec())),
        }
    }

    /// The structure in what was found; remembered with `keep`.
    ///
    /// # Errors
    /// `Corruption` where the bytes are none.
    pub(super) fn decode(&self, found: Found, keep: bool) -> Result<Option<Arc<Structure>>> {
        let (origin, bytes) = match found {
            Found::Nothing => return Ok(None),
            Found::Known(structure) => return Ok(Some(structure)),
            Found::Encoded(origin, bytes) => (origin, bytes),
        };
        let structure = Arc::new(codec::decode_structure(&bytes)?);
        if let Some(origin) = origin.filter(|_| keep) {
            self.keep(&mut self.known(), origin, &structure);
        }
        Ok(Some(structure))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, origin: Origin) -> Option<Arc<Structure>> {
        let mut known = self.known();
        let found = known.young.get(&origin).cloned().or_else(|| {
            let found = known.old.remove(&origin)?;
            self.keep(&mut known, origin, &found);
            Some(found)
        });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn keep(&self, known: &mut Known, origin: Origin, structure: &Arc<Structure>) {
        let (bytes, half) = (weight(structure), self.room / 2);
        if bytes > half {
            return;
        }
        if known.bytes + bytes > half {
            known.old = std::mem::take(&mut known.young);
            known.bytes = 0;
        }
        if known.young.insert(origin, Arc::clone(structure)).is_none() {
            known.bytes += bytes;
        }
    }
}

/// About how many bytes a structure takes in memory.
fn weight(structure: &Structure) -> usize {
    let model = |topology: &crate::record::Topology| ATOM * topology.atoms.len() + RESIDUE * topology.residues.len();
    OVERHEAD + structure.models.iter().map(|one| model(&one.topology)).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Compression, encode_structure};
    use crate::formats;

    fn encoded(origin: u64) -> (Origin, Vec<u8>, Structure) {
        let line = format!(
            "ATOM      1  CA  ALA A   1      {:6.3}   0.000   0.000  1.00 50.00           C  \n",
            origin as f64
        );
        let structure = formats::read(line.as_bytes(), None).unwrap();
        ((origin, 1, 1), encode_structure(&structure, Compression::Fast).unwrap(), structure)
    }

    fn decoded(structures: &Structures, origin: u64, keep: bool) -> Arc<Structure> {
        let (origin, bytes, _) = encoded(origin);
        structures.decode(Found::Encoded(Some(origin), bytes), keep).unwrap().unwrap()
    }

    #[test]
    fn what_is_asked_for_again_stays_and_the_room_is_kept() {
        let one = weight(&encoded(1).2);
        let structures = Structures::new(8 * one);
        for origin in 0..40 {
            assert_eq!(*decoded(&structures, origin, true), encoded(origin).2);
            assert!(structures.find((0, 1, 1)).is_some(), "after {origin}");
            let known = structures.known();
            assert!((known.young.len() + known.old.len()) * one <= structures.room, "after {origin}");
        }
        assert!(structures.find((20, 1, 1)).is_none());
        assert_eq!(structures.rates(), (40, 1));
    }

    #[test]
    fn other_bytes_under_the_same_number_are_another_structure() {
        let structures = Structures::new(1 << 20);
        decoded(&structures, 1, true);
        assert!(structures.find((1, 1, 1)).is_some());
        assert!(structures.find((1, 1, 2)).is_none() && structures.find((1, 2, 1)).is_none());
    }

    #[test]
    fn nothing_is_remembered_unasked_or_without_room() {
        let (some, none) = (Structures::new(1 << 20), Structures::new(0));
        decoded(&some, 1, false);
        decoded(&none, 1, true);
        assert!(some.find((1, 1, 1)).is_none() && none.find((1, 1, 1)).is_none());
    }
}
