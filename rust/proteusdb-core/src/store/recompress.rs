//! Structures in another profile, where they are.
//!
//! ```text
//! blob 7 fast, 8.1 KB   ->   blob 7 small, 5.6 KB      the same number, new bytes; the old ones are dead in their segment
//! header: part size 8.1 KB -> 5.6 KB                   of every version that has the blob
//! ```
//!
//! A transaction takes rows until it has read [`BATCH`] bytes of structures, all versions of a row at once, so a store
//! that was stopped between two is whole, and a second call goes on where the first one ended: blobs that are in the
//! profile already are passed over.

use std::collections::HashMap;
use std::ops::Bound;

use heed::RwTxn;

use super::blobs::{self, Packer};
use super::counters::Counters;
use super::header::{self, HeaderView};
use super::keys::Key;
use super::lmdb;
use super::shared::Shared;
use super::tables::Tables;
use crate::codec::{self, Compression};
use crate::error::Result;
use crate::record::{Part, PartBody, PartKind};

/// Bytes of structures that one transaction reads.
const BATCH: u64 = 4 << 20;

/// What was rewritten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recompressed {
    /// Structures.
    pub structures: u64,
    /// Their bytes before.
    pub before: u64,
    /// Their bytes now.
    pub after: u64,
}

/// Rewrites every structure of every version in `compression`.
pub(super) fn recompress(shared: &Shared, compression: Compression) -> Result<Recompressed> {
    let mut done = Recompressed::default();
    let mut next = Some(0);
    while let Some(row) = next {
        let (reached, step) = shared.write(|tables, txn| some(tables, txn, row, compression))?;
        done.structures += step.structures;
        done.before += step.before;
        done.after += step.after;
        next = reached;
    }
    Ok(done)
}

/// Rewrites rows from `first` on until the batch is full; the row to go on with.
fn some(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    first: u64,
    compression: Compression,
) -> Result<(Option<u64>, Recompressed)> {
    let (rows, next) = gather(tables, txn, first)?;
    let mut work = Work {
        counters: Counters::read(tables, txn)?,
        packer: Packer::default(),
        sizes: HashMap::new(),
        done: Recompressed::default(),
        compression,
    };
    for (key, parts) in rows {
        work.version(tables, txn, &key, &parts)?;
    }
    let Work { mut counters, packer, done, .. } = work;
    if done.structures > 0 {
        packer.finish(tables, txn, &mut counters)?;
        counters.write(tables, txn)?;
    }
    Ok((next, done))
}

type Version = (Vec<u8>, Vec<Part>);

/// Keys and structures of versions, whole rows of them.
fn gather(tables: &Tables, txn: &RwTxn<'_>, first: u64) -> Result<(Vec<Version>, Option<u64>)> {
    let mut found = Vec::new();
    let (mut bytes, mut last) = (0, None);
    let from = Key::new().u64(first);
    let range = (Bound::Included(from.as_bytes()), Bound::<&[u8]>::Unbounded);
    for entry in tables.headers.range(txn, &range).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let view = HeaderView::open(key, value)?;
        if bytes >= BATCH && last != Some(view.row) {
            return Ok((found, Some(view.row)));
        }
        last = Some(view.row);
        let parts = view.parts()?;
        let structures = || parts.iter().filter(|part| part.kind == PartKind::Structure);
        bytes += structures().map(|part| part.size).sum::<u64>();
        if structures().next().is_some() {
            found.push((key.to_vec(), parts));
        }
    }
    Ok((found, None))
}

struct Work {
    counters: Counters,
    packer: Packer,
    /// New sizes of blobs that were rewritten.
    sizes: HashMap<u64, u64>,
    done: Recompressed,
    compression: Compression,
}

impl Work {
    fn version(&mut self, tables: &Tables, txn: &mut RwTxn<'_>, key: &[u8], parts: &[Part]) -> Result<()> {
        let mut changed = Vec::new();
        for part in parts.iter().filter(|part| part.kind == PartKind::Structure) {
            let PartBody::Stored(blob) = part.body else { continue };
            if let Some(size) = self.blob(tables, txn, blob)? {
                changed.push((blob, size));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let value = tables.headers.get(txn, key).map_err(lmdb)?.map(<[u8]>::to_vec).unwrap_or_default();
        let resized = header::resized(key, &value, &changed)?;
        tables.headers.put(txn, key, &resized).map_err(lmdb)?;
        if is_current(tables, txn, key)? {
            let before = parts.iter().filter(|part| part.kind == PartKind::Structure).map(|part| part.size).sum();
            let after = changed.iter().map(|(_, size)| size).sum::<u64>();
            self.counters.structure_bytes = self.counters.structure_bytes.saturating_sub(before).saturating_add(after);
        }
        Ok(())
    }

    /// The new size of a blob, where it is not in the profile.
    fn blob(&mut self, tables: &Tables, txn: &mut RwTxn<'_>, blob: u64) -> Result<Option<u64>> {
        if let Some(&size) = self.sizes.get(&blob) {
            return Ok(Some(size));
        }
        let bytes = blobs::read(tables, txn, blob)?.to_vec();
        if codec::is_encoded_as(&bytes, self.compression)? {
            return Ok(None);
        }
        let encoded = codec::encode_structure(&codec::decode_structure(&bytes)?, self.compression)?;
        if encoded == bytes {
            return Ok(None);
        }
        self.packer.replace(tables, txn, &mut self.counters, blob, &encoded)?;
        let size = encoded.len() as u64;
        self.sizes.insert(blob, size);
        self.done.structures += 1;
        self.done.before += bytes.len() as u64;
        self.done.after += size;
        Ok(Some(size))
    }
}

/// Whether a header is that of its row's newest version, and no deletion.
fn is_current(tables: &Tables, txn: &RwTxn<'_>, key: &[u8]) -> Result<bool> {
    let Some((row, version)) = header::split_key(key) else { return Ok(false) };
    let last = header::key(row, u32::MAX);
    let newest = tables.headers.get_lower_than_or_equal_to(txn, last.as_bytes()).map_err(lmdb)?;
    let Some((key, value)) = newest else { return Ok(false) };
    let view = HeaderView::open(key, value)?;
    Ok(view.row == row && view.version == version && !view.deleted())
}
