//! Access paths as stretches of indexes, and as sets of rows.
//!
//! ```text
//! model esm, created in May      by_model             one stretch a model                 ranges
//! *WHATSVP*                      index of residues -> sequences that match -> their rows  rows
//! both                           one set and the other                                    rows
//! ```

use std::collections::HashSet;
use std::ops::ControlFlow;

use roaring::RoaringTreemap;

use super::counters::Counters;
use super::declared;
use super::keys::{Key, last_u64};
use super::kmers::{self, Candidates};
use super::lmdb;
use super::packed::{self, Index};
use super::sequences;
use super::snapshot::{Snapshot, newest, row_of};
use crate::error::{Error, Result};
use crate::index::kmers::of_literals;
use crate::query::{Access, Pattern};

/// From a key (inclusive) to a key (exclusive; `None` is the end of the index).
pub(super) type Range = (Key, Option<Key>);

/// Sequences whose rows are looked up one by one: with more, the whole index is read, as long as that is shorter.
const FEW: usize = 64;

/// What a sequence costs that is found by itself, in sequences of a block that is unpacked in a row.
const ALONE: u64 = 4;

/// The keys of a range.
pub(super) fn between((from, to): &Range) -> (&[u8], Option<&[u8]>) {
    (from.as_bytes(), to.as_ref().map(Key::as_bytes))
}

/// Everything that begins with a key.
fn beginning(key: Key) -> Range {
    let after = key.after();
    (key, after)
}

impl Snapshot<'_> {
    /// Stretches of an index that an access path is; none for one that is more than that.
    pub(super) fn ranges(&self, access: &Access) -> Result<Vec<(Index, Range)>> {
        let from_to = |key: Key, from: Option<i64>, to: Option<i64>| {
            let start = from.map_or_else(|| key.clone(), |from| key.clone().time(from));
            let end = to.map_or_else(|| key.after(), |to| key.clone().time(to).after());
            (start, end)
        };
        Ok(match access {
            Access::Models { ids, from, to } => {
                let numbers = self.model_numbers(ids)?;
                numbers.map(|number| (Index::ByModel, from_to(Key::new().u32(number), *from, *to))).collect()
            }
            Access::ModelConfidence { ids, least } => {
                let range = |number| (Key::new().u32(number).real(*least), Key::new().u32(number).after());
                self.model_numbers(ids)?.map(|number| (Index::ByModelConfidence, range(number))).collect()
            }
            Access::Created { from, to } => vec![(Index::ByCreated, from_to(Key::new(), *from, *to))],
            Access::Confidence(least) => vec![(Index::ByConfidence, (Key::new().real(*least), None))],
            Access::Length { min, max } => {
                vec![(Index::ByLength, (Key::new().u32(*min), Key::new().u32(*max).after()))]
            }
            Access::Job(job) => vec![(Index::ByJob, beginning(Key::new().text(job)))],
            Access::Values { field, spans } => {
                let number = self.declared_indexes()?.number(field);
                let number = number.ok_or_else(|| Error::query(format!("no index is declared on {field}")))?;
                let key = |value: &[u8]| declared::entry(number, value);
                spans.iter().map(|span| (Index::User, (key(&span.from), Some(key(&span.to))))).collect()
            }
            _ => Vec::new(),
        })
    }

    fn model_numbers(&self, ids: &[String]) -> Result<impl Iterator<Item = u32>> {
        Ok(self.all_models()?.iter().filter(|(_, model)| ids.contains(&model.id)).map(|(number, _)| *number))
    }

    /// The rows an access path leads to.
    pub(super) fn rows(&self, access: &Access) -> Result<RoaringTreemap> {
        let mut rows = Vec::new();
        match access {
            Access::Every(ways) => {
                let mut all: Option<RoaringTreemap> = None;
                for way in ways {
                    let rows = self.rows(way)?;
                    all = Some(all.map_or_else(|| rows.clone(), |all| all & &rows));
                }
                return Ok(all.unwrap_or_default());
            }
            Access::Matching(pattern) => self.rows_of(&self.matching(pattern)?, &mut rows)?,
            Access::SequencePrefix(prefix) => {
                let mut found = self.with_prefix(prefix)?;
                found.sort_unstable();
                found.dedup();
                self.rows_of(&found, &mut rows)?;
            }
            Access::Ids(ids) => {
                for id in ids {
                    let Some(row) = row_of(self.tables, self.txn, id)? else { continue };
                    let current = newest(self.tables, self.txn, row)?.filter(|view| !view.deleted());
                    rows.extend(current.map(|view| view.row));
                }
            }
            indexed => {
                for (index, range) in self.ranges(indexed)? {
                    self.tails(index, &range, &mut rows)?;
                }
            }
        }
        rows.sort_unstable();
        rows.dedup();
        Ok(RoaringTreemap::from_sorted_iter(rows).unwrap_or_default())
    }

    /// The numbers at the end of entries.
    fn tails(&self, index: Index, range: &Range, into: &mut Vec<u64>) -> Result<()> {
        let mut steps = 0;
        packed::each(self.tables, self.txn, index, between(range), |key| {
            self.deadline.borrow().check(steps)?;
            steps += 1;
            into.extend(last_u64(key));
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)
    }

    /// The rows of sequences in ascending order.
    fn rows_of(&self, sequences: &[u64], into: &mut Vec<u64>) -> Result<()> {
        let total = Counters::read(self.tables, self.txn)?.next_sequence;
        if sequences.len() > FEW && sequences.len() as u64 > total / 64 {
            let wanted: HashSet<u64, foldhash::fast::FixedState> = sequences.iter().copied().collect();
            return packed::each(self.tables, self.txn, Index::RowsBySequence, (&[], None), |key| {
                let sequence = key.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first));
                into.extend(last_u64(key).filter(|_| wanted.contains(&sequence)));
                Ok(ControlFlow::Continue(()))
            })
            .map(drop);
        }
        for &sequence in sequences {
            self.tails(Index::RowsBySequence, &beginning(Key::new().u64(sequence)), into)?;
        }
        Ok(())
    }

    /// Sequences some chain of which begins so, or as far so as the index tells.
    fn with_prefix(&self, prefix: &str) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        self.tails(Index::SequencePrefixes, &sequences::prefix_range(prefix), &mut found)?;
        Ok(found)
    }

    /// About how many rows have a sequence that begins so.
    pub(super) fn likely_prefix(&self, prefix: &str, cap: u64) -> Result<u64> {
        self.sharing(Some(prefix), self.that_begin(prefix, cap)?, cap)
    }

    /// About how many rows have a sequence that has to be looked at to tell whether it matches.
    pub(super) fn likely(&self, pattern: &Pattern, cap: u64) -> Result<u64> {
        let prefix = pattern.literal_prefix();
        let by_prefix = if prefix.is_empty() { u64::MAX } else { self.that_begin(&prefix, cap)? };
        if by_prefix <= FEW as u64 {
            return self.sharing(Some(&prefix), by_prefix, cap);
        }
        let by_residues = self.likely_residues(pattern)?;
        self.sharing(Some(&*prefix).filter(|_| by_prefix <= by_residues), by_prefix.min(by_residues), cap)
    }

    /// At most how many sequences begin so.
    fn that_begin(&self, prefix: &str, cap: u64) -> Result<u64> {
        packed::count(self.tables, self.txn, Index::SequencePrefixes, between(&sequences::prefix_range(prefix)), cap)
    }

    /// The rows of so many sequences: those of a few that begin so are counted, of others each is taken to be shared by as
    /// many as any other.
    fn sharing(&self, prefix: Option<&str>, sequences: u64, cap: u64) -> Result<u64> {
        let Some(prefix) = prefix.filter(|_| sequences <= FEW as u64) else {
            let counters = Counters::read(self.tables, self.txn)?;
            let rows = counters.predictions.div_ceil(counters.next_sequence.max(1)).max(1);
            return Ok(sequences.saturating_mul(rows).min(cap));
        };
        let mut rows = 0;
        for sequence in self.with_prefix(prefix)? {
            let range = beginning(Key::new().u64(sequence));
            rows += packed::count(self.tables, self.txn, Index::RowsBySequence, between(&range), cap - rows)?;
            if rows >= cap {
                return Ok(cap);
            }
        }
        Ok(rows)
    }

    /// At most how many sequences have the residues that a match has.
    fn likely_residues(&self, pattern: &Pattern) -> Result<u64> {
        let given = Counters::read(self.tables, self.txn)?.next_sequence;
        self.candidates(pattern, |found| {
            found.sequences().saturating_add(given.saturating_add(1).saturating_sub(found.horizon))
        })
    }

    /// What the index of residues says of a pattern, remembered while the snapshot lives.
    fn candidates<R>(&self, pattern: &Pattern, work: impl FnOnce(&Candidates) -> R) -> Result<R> {
        let mut known = self.residues.borrow_mut();
        if let Some((asked, found)) = known.as_ref()
            && asked == pattern
        {
            return Ok(work(found));
        }
        let literals = pattern.literals();
        let found = kmers::candidates(self.tables, self.txn, &of_literals(literals.iter().map(String::as_str)))?;
        let result = work(&found);
        *known = Some((pattern.clone(), found));
        Ok(result)
    }

    /// The sequences that match, in order: those that may by prefix or residues, looked at one by one.
    fn matching(&self, pattern: &Pattern) -> Result<Vec<u64>> {
        let deadline = self.deadline.borrow();
        let (mut matched, mut steps) = (Vec::new(), 0);
        let mut look = |number: u64, text: &[u8]| {
            deadline.check(steps)?;
            steps += 1;
            if pattern.matches_bytes(text) {
                matched.push(number);
            }
            Ok(true)
        };
        let prefix = pattern.literal_prefix();
        let by_prefix = if prefix.is_empty() { u64::MAX } else { self.that_begin(&prefix, u64::MAX)? };
        // One by one they cost as much as several that lie together.
        if by_prefix <= FEW as u64 || by_prefix.saturating_mul(ALONE) <= self.likely_residues(pattern)? {
            let mut likely = self.with_prefix(&prefix)?;
            likely.sort_unstable();
            likely.dedup();
            for number in likely {
                look(number, sequences::get(self.tables, self.txn, number)?.as_bytes())?;
            }
            return Ok(matched);
        }
        let found = self.candidates(pattern, Candidates::clone)?;
        for (first, numbers) in &found.stretches {
            let key = Key::new().u64(*first);
            let missing = || Error::corruption(format!("table kmers: no block begins with sequence {first}"));
            let value = self.tables.sequences.get(self.txn, key.as_bytes()).map_err(lmdb)?.ok_or_else(missing)?;
            let block = sequences::block(key.as_bytes(), value)?;
            block.each(numbers.clone(), |place, text| look(first + place as u64, text))?;
        }
        sequences::each_from(self.tables, self.txn, found.horizon, look)?;
        Ok(matched)
    }
}
