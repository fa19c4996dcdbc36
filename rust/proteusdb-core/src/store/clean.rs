//! Cleanup: versions that may go, and predictions that are named, in bounded transactions.
//!
//! ```text
//! sweep    rows some at a time: a snapshot finds those with versions that may go, a transaction takes them away
//! remove   predictions some at a time, those that are still at the version they were chosen at
//! repack   what lives in segments that are mostly dead moves together, so that writes fill the room
//! ```
//!
//! Every transaction leaves a whole store, so a cleanup that was stopped is resumed by asking again. [`mod@rehearse`] tells
//! what one would do, to the byte, and writes nothing. The file itself gets smaller by
//! [`Store::shrink`](super::Store::shrink).

mod rehearse;

use std::ops::Bound;

use super::header::HeaderView;
use super::keys::Key;
use super::retention::{self, Fate, Line, Rule};
use super::shared::Shared;
use super::snapshot::Snapshot;
use super::tables::Tables;
use super::write::Writer;
use super::{Txn, blobs, commits, lmdb, quota, tags};
use crate::error::Result;
use crate::interrupt;

pub(super) use rehearse::rehearse;

/// Headers that one snapshot looks at.
const LOOKED: usize = 20_000;
/// Versions, at least, that end a transaction.
const TAKEN: usize = 2_000;
/// Predictions that one transaction removes.
const REMOVED: usize = 200;

/// What a cleanup may take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Versions that were no longer current at this moment, µs.
    pub older_than: Option<i64>,
    /// Versions that are not among the newest so many of their prediction.
    pub keep_versions: Option<u32>,
    /// Predictions to be removed, each at the version it was chosen at.
    pub predictions: Vec<(String, u32)>,
    /// Only so many of them, from the first, as it takes until this many bytes are in use.
    pub until: Option<u64>,
    /// Remove predictions that analyses refer to, and these analyses.
    pub cascade: bool,
}

impl Policy {
    /// The rule for versions, if there is one.
    fn rule(&self) -> Option<Rule> {
        let limited = self.older_than.is_some() || self.keep_versions.is_some();
        let rule = Rule { older_than: self.older_than, keep_versions: self.keep_versions, to_the_last: true };
        limited.then_some(rule)
    }

    /// Whether so few bytes are left that no more predictions need to go.
    fn is_met(&self, size: u64, freed: u64) -> bool {
        self.until.is_some_and(|until| size.saturating_sub(freed) <= until)
    }
}

/// What a cleanup took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Versions, deletions among them.
    pub versions: u64,
    /// Predictions of which nothing was left but that they were deleted.
    pub deletions: u64,
    /// Predictions that were current.
    pub predictions: Vec<String>,
    /// Analyses of them.
    pub analyses: u64,
    /// Predictions among those named that analyses refer to.
    pub referred: Vec<String>,
    /// Bytes of headers and blobs.
    pub bytes: u64,
}

impl Cleaned {
    fn add(&mut self, other: Self) {
        self.versions += other.versions;
        self.deletions += other.deletions;
        self.predictions.extend(other.predictions);
        self.analyses += other.analyses;
        self.referred.extend(other.referred);
        self.bytes += other.bytes;
    }
}

/// Cleans up.
pub(super) fn clean(shared: &Shared, policy: &Policy) -> Result<Cleaned> {
    let mut done = Cleaned::default();
    let size = shared.read(|opened, txn| size(&opened.tables, txn))?;
    if let Some(rule) = policy.rule() {
        let mut next = Some(0);
        while let Some(row) = next {
            interrupt::check()?;
            let (rows, reached) = shared.read(|opened, txn| due(&opened.tables, txn, row, &rule))?;
            if !rows.is_empty() {
                done.add(shared.write(|tables, txn| sweep(tables, txn, &rows, &rule))?);
            }
            next = reached;
        }
    }
    for chosen in policy.predictions.chunks(REMOVED) {
        interrupt::check()?;
        if policy.is_met(size, done.bytes) {
            break;
        }
        let before = done.bytes;
        done.add(shared.write(|tables, txn| remove(tables, txn, chosen, policy, (size, before)))?);
    }
    if done != Cleaned::default() {
        while shared.write(blobs::repack)? {
            interrupt::check()?;
        }
    }
    Ok(done)
}

/// Bytes in use, without those in segments that no blob refers to.
pub(super) fn size(tables: &Tables, txn: &Txn<'_>) -> Result<u64> {
    let mut dead = 0;
    for entry in tables.dead.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        dead += blobs::dead_bytes(key, value)?;
    }
    Ok(quota::used(tables, txn)?.saturating_sub(dead))
}

/// Takes away the versions of rows that may go.
fn sweep(tables: &Tables, txn: &mut heed::RwTxn<'_>, rows: &[u64], rule: &Rule) -> Result<Cleaned> {
    let mut done = Cleaned::default();
    let mut writer = Writer::begin(tables, txn, 0)?;
    commits::set_removed(tables, writer.txn, writer.now)?;
    for &row in rows {
        let (freed, whole) = writer.trim(row, rule)?;
        done.versions += freed.versions;
        done.bytes += freed.bytes;
        done.deletions += u64::from(whole);
    }
    writer.finish().map(|()| done)
}

/// Removes predictions, until enough bytes are free.
fn remove(
    tables: &Tables,
    txn: &mut heed::RwTxn<'_>,
    chosen: &[(String, u32)],
    policy: &Policy,
    (size, freed): (u64, u64),
) -> Result<Cleaned> {
    let mut done = Cleaned::default();
    let mut writer = Writer::begin(tables, txn, 0)?;
    for (id, version) in chosen {
        if policy.is_met(size, freed + done.bytes) {
            break;
        }
        let Some((removed, analyses)) = writer.remove(id, *version, policy.cascade)? else { continue };
        done.versions += removed.versions;
        done.bytes += removed.bytes;
        done.analyses += analyses;
        done.referred.extend((analyses > 0).then(|| id.clone()));
        done.predictions.push(id.clone());
    }
    writer.finish().map(|()| done)
}

/// Rows from `first` on with versions that may go, and the row to go on with.
fn due(tables: &Tables, txn: &Txn<'_>, first: u64, rule: &Rule) -> Result<(Vec<u64>, Option<u64>)> {
    let moments = tags::moments(tables, txn)?;
    let (mut rows, mut taken) = (Vec::new(), 0);
    let next = each_row(tables, txn, first, &mut |row, lines| {
        let going = retention::fates(lines, &moments, rule);
        let going = going.iter().zip(lines).filter(|(fate, line)| is_change(**fate, line)).count();
        if going > 0 {
            rows.push(row);
            taken += going;
        }
        Ok(taken < TAKEN)
    })?;
    Ok((rows, next))
}

/// Whether a fate changes a version.
fn is_change(fate: Fate, line: &Line) -> bool {
    match fate {
        Fate::Stay => false,
        Fate::Trace => line.kind != retention::Kind::Trace,
        Fate::Go => true,
    }
}

/// Visits rows from `first` on, until `visit` says that it is enough; the row to go on with.
fn each_row(
    tables: &Tables,
    txn: &Txn<'_>,
    first: u64,
    visit: &mut dyn FnMut(u64, &[Line]) -> Result<bool>,
) -> Result<Option<u64>> {
    let from = Key::new().u64(first);
    let range = (Bound::Included(from.as_bytes()), Bound::<&[u8]>::Unbounded);
    let (mut lines, mut row): (Vec<Line>, u64) = (Vec::new(), first);
    for (looked, entry) in tables.headers.range(txn, &range).map_err(lmdb)?.enumerate() {
        let (key, value) = entry.map_err(lmdb)?;
        let view = HeaderView::open(key, value)?;
        if view.row != row {
            let enough = !lines.is_empty() && !visit(row, &lines)?;
            lines.clear();
            row = view.row;
            if enough || looked >= LOOKED {
                return Ok(Some(row));
            }
        }
        lines.push(retention::line(&view, value)?);
    }
    if !lines.is_empty() {
        visit(row, &lines)?;
    }
    Ok(None)
}

impl Snapshot<'_> {
    /// Bytes that what is stored takes, without those that compaction gives back.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn size(&self) -> Result<u64> {
        size(self.tables, self.txn)
    }
}
