//! Arrays, each stored once however many versions and predictions share it.
//!
//! ```text
//! array_hashes   xxh3-128 of the blob, blob id -> nothing
//! ```
//!
//! The five samples of a job have one matrix of contact probabilities, and a score file is rebuilt from the very array that
//! was read from it. The same array makes the same bytes, so blobs are compared, not what they decode to; a hash only
//! says where to look. Each use is a reference that the blob counts.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use heed::RwTxn;
use xxhash_rust::xxh3::xxh3_128;

use super::blobs;
use super::counters::Counters;
use super::indexes::{Entry, Pending};
use super::keys::{Key, last_u64};
use super::packed::{self, Index};
use super::tables::Tables;
use crate::codec;
use crate::error::Result;

/// Bytes from which on an array is looked for: below, the entry would take more than it saves.
const LEAST: usize = 512;

/// The hash of a blob, if it is one that is stored once.
fn hash(blob: &[u8]) -> Option<u128> {
    (blob.len() >= LEAST && codec::is_array(blob)).then(|| xxh3_128(blob))
}

/// The entry a stored blob must have, if it is one that is stored once.
pub(super) fn entry(blob: u64, bytes: &[u8]) -> Option<Entry> {
    hash(bytes).map(|hash| (Index::ArrayHashes, Key::new().raw(&hash.to_be_bytes()).u64(blob)))
}

/// What a transaction knows of arrays.
pub(super) struct Shared {
    /// Those it has written; their bytes may still wait for their segment to be full.
    fresh: HashMap<u128, (u64, Arc<[u8]>)>,
    /// Blobs up to this number were there before.
    before: u64,
}

impl Shared {
    pub(super) fn new(counters: &Counters) -> Self {
        Self { fresh: HashMap::new(), before: counters.next_blob }
    }

    /// Whether this transaction wrote the blob.
    pub(super) fn is_fresh(&self, blob: u64) -> bool {
        blob > self.before
    }

    /// The blob that holds these bytes already.
    pub(super) fn find(&self, tables: &Tables, txn: &RwTxn<'_>, bytes: &[u8]) -> Result<Option<u64>> {
        let Some(hash) = hash(bytes) else { return Ok(None) };
        if let Some((blob, fresh)) = self.fresh.get(&hash)
            && **fresh == *bytes
        {
            return Ok(Some(*blob));
        }
        let from = Key::new().raw(&hash.to_be_bytes());
        let (to, mut found) = (from.after(), None);
        packed::each(tables, txn, Index::ArrayHashes, (from.as_bytes(), to.as_ref().map(Key::as_bytes)), |key| {
            // A damaged blob is not shared; whoever reads it is told, and verification tells too.
            let same = |&blob: &u64| blobs::read(tables, txn, blob).is_ok_and(|stored| stored == bytes);
            found = last_u64(key).filter(|&blob| blob <= self.before).filter(same);
            Ok(if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })
        .map(drop)?;
        Ok(found)
    }

    /// A blob was written.
    pub(super) fn add(&mut self, pending: &mut Pending, blob: u64, bytes: &Arc<[u8]>) {
        if let (Some(hash), Some((index, key))) = (hash(bytes), entry(blob, bytes)) {
            pending.set(index, key, true);
            self.fresh.insert(hash, (blob, Arc::clone(bytes)));
        }
    }

    /// A blob is about to lose its last reference.
    pub(super) fn forget(&mut self, tables: &Tables, txn: &RwTxn<'_>, pending: &mut Pending, blob: u64) {
        let Ok(bytes) = blobs::read(tables, txn, blob) else { return };
        if let (Some(hash), Some((index, key))) = (hash(bytes), entry(blob, bytes)) {
            pending.set(index, key, false);
            self.fresh.remove(&hash);
        }
    }
}
