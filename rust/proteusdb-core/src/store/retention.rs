//! Which versions of a prediction may go: one rule, for cleanup, for its rehearsal and for what a write trims.
//!
//! ```text
//! versions      1 ── 2 ── 3 ── 4 ── 5 (current)        a tag between 2 and 3
//! keep 2        gone tagged trace     stay stay         2 was visible at the tag
//! ```
//!
//! Version 2 was current until 3 was written. Were 3 simply gone, `as_of` a moment between 3 and 4 would find version 2,
//! which is wrong; so of the first version that goes after one that stays, a *trace* is left: its commit time.
//!
//! Invariants: whatever goes, `as_of` any moment finds what it found before, or nothing; a tagged moment, and every
//! moment from `older_than` on, finds what it found before; the rule applied twice does nothing the second time.

use super::header::HeaderView;
use super::keys::Key;
use super::tables::Tables;
use super::{Txn, lmdb};
use crate::error::Result;
use crate::record::PartBody;

/// What a stored version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A prediction.
    Content,
    /// It says that the prediction was deleted.
    Deletion,
    /// It says that something was written then, and is gone.
    Trace,
}

/// A stored version, as far as the rule and what it frees need it.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) version: u32,
    /// Commit time, µs.
    pub(super) at: i64,
    pub(super) kind: Kind,
    /// The blobs it refers to.
    pub(super) blobs: Vec<u64>,
    /// Bytes of its header.
    pub(super) bytes: u64,
}

/// Which versions may go: those that every given limit allows to. Without a limit all but the newest may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// Those that were no longer current at this moment (µs).
    pub(super) older_than: Option<i64>,
    /// Those that are not among the newest so many.
    pub(super) keep_versions: Option<u32>,
    /// Whether a deletion may go with the last version before it, and the id with it.
    pub(super) to_the_last: bool,
}

/// What becomes of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays as it is.
    Stay,
    /// Its commit time stays.
    Trace,
    /// Nothing stays.
    Go,
}

/// Every stored version of a row, oldest first.
pub(super) fn lines(tables: &Tables, txn: &Txn<'_>, row: u64) -> Result<Vec<Line>> {
    let prefix = Key::new().u64(row);
    let entries = tables.headers.prefix_iter(txn, prefix.as_bytes()).map_err(lmdb)?;
    entries
        .map(|entry| entry.map_err(lmdb).and_then(|(key, value)| line(&HeaderView::open(key, value)?, value)))
        .collect()
}

/// A header as the rule sees it.
pub(super) fn line(view: &HeaderView<'_>, value: &[u8]) -> Result<Line> {
    let kind = match (view.is_trace(), view.deleted()) {
        (true, _) => Kind::Trace,
        (_, true) => Kind::Deletion,
        _ => Kind::Content,
    };
    let stored = |part: &crate::record::Part| match part.body {
        PartBody::Stored(blob) => Some(blob),
        PartBody::Fresh(_) | PartBody::Kept(_) => None,
    };
    let blobs = view.parts()?.iter().filter_map(stored).collect();
    Ok(Line { version: view.version, at: view.updated_at(), kind, blobs, bytes: value.len() as u64 })
}

/// Whether a version was visible at one of the moments, which ascend.
pub(super) fn is_tagged(lines: &[Line], number: usize, moments: &[i64]) -> bool {
    let Some(line) = lines.get(number) else { return false };
    let first = moments.partition_point(|&moment| moment < line.at);
    let end = lines.get(number + 1).map_or(i64::MAX, |next| next.at);
    line.kind == Kind::Content && moments.get(first).is_some_and(|&moment| moment < end)
}

/// What becomes of each version; `moments` are those of the tags, ascending.
pub(super) fn fates(lines: &[Line], moments: &[i64], rule: &Rule) -> Vec<Fate> {
    let mut fates = Vec::with_capacity(lines.len());
    let newest = lines.len().saturating_sub(1);
    let mut last = None;
    let mut newer = lines.iter().filter(|line| line.kind != Kind::Trace).count() as u64;
    for (number, line) in lines.iter().enumerate() {
        newer = newer.saturating_sub(u64::from(line.kind != Kind::Trace));
        let stays = match line.kind {
            Kind::Trace => false,
            _ if number == newest => !is_last_deletion(line, last, rule),
            _ => is_tagged(lines, number, moments) || !may_go(rule, lines.get(number + 1), newer),
        };
        let fate = match last {
            _ if stays => Fate::Stay,
            Some(Kind::Content) => Fate::Trace,
            _ => Fate::Go,
        };
        match fate {
            Fate::Stay => last = Some(line.kind),
            Fate::Trace => last = Some(Kind::Trace),
            Fate::Go => {}
        }
        fates.push(fate);
    }
    fates
}

/// Whether every limit allows a version to go that `next` follows, and after which `newer` were written.
fn may_go(rule: &Rule, next: Option<&Line>, newer: u64) -> bool {
    let superseded = next.map_or(i64::MAX, |next| next.at);
    rule.older_than.is_none_or(|moment| superseded <= moment)
        && rule.keep_versions.is_none_or(|keep| newer >= u64::from(keep))
}

/// Whether the newest version is a deletion of which nothing earlier stays, and may go itself.
fn is_last_deletion(line: &Line, before: Option<Kind>, rule: &Rule) -> bool {
    line.kind == Kind::Deletion
        && rule.to_the_last
        && before.is_none()
        && rule.older_than.is_none_or(|moment| line.at <= moment)
}

#[cfg(test)]
mod tests;
