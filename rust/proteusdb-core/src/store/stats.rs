//! Counts and sizes, for `stats()`.

use super::counters::Counters;
use super::format::{self, Identity};
use super::growth::{self, Sample};
use super::keys::{self, Key};
use super::open::Opened;
use super::readers::{self, Reader};
use super::tables::Tables;
use super::{Txn, blobs, lmdb};
use crate::codec::{PartSizes, structure_sizes};
use crate::error::Result;
use crate::record::PartKind;

const PART_KINDS: [PartKind; 3] = [PartKind::Structure, PartKind::Array, PartKind::Original];

/// The blobs that are looked at.
const SAMPLE: u64 = 512;

/// LMDB begins every file with two of them.
const META_PAGES: u64 = 2;

/// What a store holds and takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Predictions that are not deleted.
    pub predictions: u64,
    /// Residues in them.
    pub residues: u64,
    /// Versions of predictions, deletions and the traces of what was cleaned up included.
    pub versions: u64,
    /// Distinct sequences.
    pub sequences: u64,
    /// Registered models.
    pub models: u64,
    /// Stored analyses.
    pub analyses: u64,
    /// Blobs, in segments and loose.
    pub blobs: u64,
    /// Bytes in segments that no blob refers to any more; `shrink` gives them back.
    pub dead_bytes: u64,
    /// Blobs that wait to be folded into a segment.
    pub loose_blobs: u64,
    /// Bytes of all segments, the dead ones included.
    pub segment_bytes: u64,
    /// Length of the file.
    pub file_bytes: u64,
    /// Bytes of pages that no table uses: they are filled before the file grows.
    pub free_bytes: u64,
    /// Address space the file may grow to before it is mapped anew.
    pub map_bytes: u64,
    /// Id of the last committed transaction.
    pub last_transaction: u64,
    /// Commit time of the last transaction, µs.
    pub last_commit: i64,
    /// Read transactions of all processes but the one that gathered this, the oldest first. Pages that were given up
    /// since cannot be used again before it ends.
    pub readers: Vec<Reader>,
    /// How many there may be.
    pub max_readers: u64,
    /// Which store it is.
    pub identity: Identity,
    /// Bytes of the parts of current predictions, by kind.
    pub parts: Vec<(PartKind, u64)>,
    /// How the bytes of structures are spread over their parts, from a sample of blobs.
    pub structure: PartSizes,
    /// Earlier sizes, oldest first.
    pub growth: Vec<Sample>,
    /// Bytes of pages by table.
    pub tables: Vec<(&'static str, u64)>,
}

/// Gathers the figures of a snapshot.
pub(super) fn gather(opened: &Opened, txn: &Txn<'_>) -> Result<Stats> {
    let Opened { env, tables, .. } = opened;
    let counters = Counters::read(tables, txn)?;
    let info = env.info();
    let root = env.unnamed_database_stat();
    let mut sizes = Vec::new();
    for (name, table) in tables.all() {
        sizes.push((name, page_bytes(&table.stat(txn).map_err(lmdb)?)));
    }
    let in_use =
        META_PAGES * u64::from(root.page_size) + page_bytes(&root) + sizes.iter().map(|(_, size)| size).sum::<u64>();
    let reached = (info.last_page_number as u64 + 1) * u64::from(root.page_size);
    let (segment_bytes, dead_bytes) = segment_bytes(tables, txn)?;
    Ok(Stats {
        predictions: counters.predictions,
        residues: counters.residues,
        versions: tables.headers.len(txn).map_err(lmdb)?,
        sequences: counters.next_sequence,
        models: tables.models.len(txn).map_err(lmdb)?,
        analyses: tables.analyses.len(txn).map_err(lmdb)?,
        blobs: tables.blobs.len(txn).map_err(lmdb)?,
        dead_bytes,
        segment_bytes,
        free_bytes: reached.saturating_sub(in_use),
        loose_blobs: counters.loose_blobs,
        file_bytes: env.real_disk_size().map_err(lmdb)?,
        map_bytes: info.map_size as u64,
        last_transaction: info.last_txn_id as u64,
        last_commit: counters.last_commit as i64,
        readers: readers::others(env, opened.shelter.lock_file(), txn)?,
        max_readers: u64::from(info.maximum_number_of_readers),
        identity: format::identity(tables, txn)?,
        parts: PART_KINDS.into_iter().zip(counters.part_bytes()).collect(),
        structure: sampled(tables, txn, counters.next_blob)?,
        growth: growth::read(tables, txn)?,
        tables: sizes,
    })
}

/// The parts of up to [`SAMPLE`] structures, evenly over the store. Only heads are read.
fn sampled(tables: &Tables, txn: &Txn<'_>, blobs: u64) -> Result<PartSizes> {
    let step = (blobs / SAMPLE).max(1);
    let mut sum = PartSizes::default();
    for number in (0..=blobs).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
        let from = Key::new().u64(number);
        let Some((key, _)) = tables.blobs.get_greater_than_or_equal_to(txn, from.as_bytes()).map_err(lmdb)? else {
            break;
        };
        let blob = keys::last_u64(key).unwrap_or(0);
        if blob < number + step
            && let Ok(sizes) = structure_sizes(blobs::read(tables, txn, blob)?)
        {
            sum += sizes;
        }
    }
    Ok(sum)
}

fn page_bytes(stat: &heed::DatabaseStat) -> u64 {
    let pages = stat.branch_pages + stat.leaf_pages + stat.overflow_pages;
    pages as u64 * u64::from(stat.page_size)
}

/// Bytes of all segments, and those of them that are dead.
fn segment_bytes(tables: &Tables, txn: &Txn<'_>) -> Result<(u64, u64)> {
    let (mut all, mut dead) = (0, 0);
    for entry in tables.segments.iter(txn).map_err(lmdb)? {
        all += entry.map_err(lmdb)?.1.len() as u64;
    }
    for entry in tables.dead.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        dead += blobs::dead_bytes(key, value)?;
    }
    Ok((all, dead))
}
