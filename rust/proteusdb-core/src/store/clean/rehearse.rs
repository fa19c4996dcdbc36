//! What a cleanup would take, without taking it.
//!
//! A blob is freed with the last version that refers to it. Versions of one prediction share blobs as a rule, and are
//! looked at together; blobs that several predictions share, which are few, are counted down here.

use std::collections::HashMap;

use super::super::retention::{self, Fate, Kind, Line, Rule};
use super::super::shared::Shared;
use super::super::snapshot::{newest, row_of};
use super::super::tables::Tables;
use super::super::{Txn, analyses, blobs, header, lmdb, tags};
use super::{Cleaned, Policy, REMOVED, each_row, is_change, size};
use crate::error::Result;
use crate::interrupt;

/// Tells what [`clean`](super::clean) would do.
pub(in crate::store) fn rehearse(shared: &Shared, policy: &Policy) -> Result<Cleaned> {
    let mut stage = Stage::default();
    let size = shared.read(|opened, txn| size(&opened.tables, txn))?;
    let rule = policy.rule();
    let mut next = rule.map(|_| 0);
    while let (Some(row), Some(rule)) = (next, &rule) {
        interrupt::check()?;
        next = shared.read(|opened, txn| stage.sweep(&opened.tables, txn, row, rule))?;
    }
    for chosen in policy.predictions.chunks(REMOVED) {
        interrupt::check()?;
        shared.read(|opened, txn| {
            let moments = tags::moments(&opened.tables, txn)?;
            for (id, version) in chosen {
                if policy.is_met(size, stage.done.bytes) {
                    break;
                }
                stage.remove(&opened.tables, txn, (id, *version), &rule, &moments)?;
            }
            Ok(())
        })?;
    }
    Ok(stage.done)
}

/// What would be gone by now.
#[derive(Default)]
struct Stage {
    done: Cleaned,
    /// References, gone by now, to blobs that other predictions refer to as well.
    gone: HashMap<u64, u64>,
}

impl Stage {
    fn sweep(&mut self, tables: &Tables, txn: &Txn<'_>, first: u64, rule: &Rule) -> Result<Option<u64>> {
        let moments = tags::moments(tables, txn)?;
        each_row(tables, txn, first, &mut |row, lines| {
            let fates = retention::fates(lines, &moments, rule);
            self.done.deletions += u64::from(fates.iter().all(|fate| *fate == Fate::Go));
            self.take(tables, txn, row, lines, &vec![Fate::Stay; lines.len()], &fates)?;
            Ok(true)
        })
    }

    fn remove(
        &mut self,
        tables: &Tables,
        txn: &Txn<'_>,
        (id, version): (&str, u32),
        rule: &Option<Rule>,
        moments: &[i64],
    ) -> Result<()> {
        let Some(row) = row_of(tables, txn, id)? else { return Ok(()) };
        let current = newest(tables, txn, row)?.is_some_and(|view| !view.deleted() && view.version == version);
        if !current {
            return Ok(());
        }
        let lines = retention::lines(tables, txn, row)?;
        let before = match rule {
            Some(rule) => retention::fates(&lines, moments, rule),
            None => vec![Fate::Stay; lines.len()],
        };
        let tagged = |number| retention::is_tagged(&lines, number, moments);
        let any = (0..lines.len()).any(tagged);
        let mut after = vec![Fate::Go; lines.len()];
        if any {
            // The deletion that is written behind them ends the last.
            for number in 0..lines.len() {
                let last = after.get(..number).and_then(|fates| fates.iter().rposition(|fate| *fate != Fate::Go));
                let follows = last.is_some_and(|last| after.get(last) == Some(&Fate::Stay));
                if let Some(fate) = after.get_mut(number) {
                    *fate = if tagged(number) {
                        Fate::Stay
                    } else if follows {
                        Fate::Trace
                    } else {
                        Fate::Go
                    };
                }
            }
        }
        let referring = analyses::list(tables, txn, Some(row))?.len() as u64;
        self.done.analyses += referring;
        self.done.referred.extend((referring > 0).then(|| id.to_owned()));
        self.done.predictions.push(id.to_owned());
        self.take(tables, txn, row, &lines, &before, &after)
    }

    /// Counts what goes between two fates of a row's versions.
    fn take(
        &mut self,
        tables: &Tables,
        txn: &Txn<'_>,
        row: u64,
        lines: &[Line],
        before: &[Fate],
        after: &[Fate],
    ) -> Result<()> {
        // For each blob: references of this row, those gone before, those gone after.
        let mut counts: HashMap<u64, [u64; 3]> = HashMap::new();
        for ((line, before), after) in lines.iter().zip(before).zip(after) {
            let gone = |fate: &Fate| *fate != Fate::Stay;
            for blob in &line.blobs {
                let count = counts.entry(*blob).or_default();
                let more = [1, u64::from(gone(before)), u64::from(gone(after))];
                count.iter_mut().zip(more).for_each(|(count, more)| *count += more);
            }
            if is_change(*after, line) && !gone(before) {
                self.done.versions += u64::from(line.kind != Kind::Trace);
            }
            let left = |fate: &Fate| left(tables, txn, row, line, *fate);
            self.done.bytes += left(before)?.saturating_sub(left(after)?);
        }
        for (blob, [total, before, after]) in counts {
            if after > before {
                self.done.bytes += self.freed(tables, txn, blob, [total, before, after])?;
            }
        }
        Ok(())
    }

    fn freed(&mut self, tables: &Tables, txn: &Txn<'_>, blob: u64, [total, before, after]: [u64; 3]) -> Result<u64> {
        let at = blobs::locate(tables, txn, blob)?;
        if at.references <= total {
            return Ok(if after >= at.references { at.length } else { 0 });
        }
        let gone = self.gone.entry(blob).or_default();
        *gone += after - before;
        Ok(if *gone >= at.references { at.length } else { 0 })
    }
}

/// Bytes of a header after its fate.
fn left(tables: &Tables, txn: &Txn<'_>, row: u64, line: &Line, fate: Fate) -> Result<u64> {
    match fate {
        Fate::Go => Ok(0),
        Fate::Trace if line.kind != Kind::Trace => {
            let key = header::key(row, line.version);
            let value = tables.headers.get(txn, key.as_bytes()).map_err(lmdb)?.unwrap_or_default();
            Ok(header::trace(key.as_bytes(), value)?.len() as u64)
        }
        _ => Ok(line.bytes),
    }
}
