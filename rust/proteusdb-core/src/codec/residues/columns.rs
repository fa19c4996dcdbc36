//! The residue columns besides the name: chains, numbers, labels.
//!
//! ```text
//! A A A A B B B     chain_id       runs of 4 and 3
//! 1 2 3 7 1 2 3     number         counts up from 1 in each run; at index 3 it jumps by 3
//! A A A A B B B     label_asym_id  as chain_id
//! 1 1 1 1 2 2 2     label_entity_id  by run
//! 1 2 3 7 1 2 3     label_seq_id   as number
//! . . . T . . T     ter            after the last polymer residue of a run
//! ```
//!
//! Two bytes say how each column follows from others; a column that follows from none is written out. A run is a
//! stretch of residues that are alike in all four text columns. An ordinary chain costs four bytes.

use crate::codec::integers;
use crate::codec::wire::{Reader, put_bytes, put_varint, unzigzag, zigzag};
use crate::error::Result;
use crate::record::polymer::monomer;
use crate::record::{Coded, NO_LABEL_SEQ, ResidueKind, Residues};

/// How a text column follows: nothing in it, the chain's name, or a text for each run.
const BLANK: u8 = 0;
const AS_CHAIN: u8 = 1;
const BY_RUN: u8 = 2;

/// Bits of the first byte, beside two for each of segment, asym and entity.
const INSERTIONS: u8 = 1 << 6;
const KINDS: u8 = 1 << 7;

/// Bits of the second byte, beside two for `ter` and two for `label_seq_id`.
const JUMPS: u8 = 1 << 4;
const RUNS: u8 = 1 << 5;

/// How `ter` follows: nowhere, after the last polymer residue or the last residue of each run, or a list.
const TER_NEVER: u8 = 0;
const TER_POLYMER: u8 = 1;
const TER_RUN: u8 = 2;
const TER_LIST: u8 = 3;

/// How `label_seq_id` follows: none, as the number, counted in each run over polymer residues, or a column.
const SEQ_NONE: u8 = 0;
const SEQ_NUMBER: u8 = 1;
const SEQ_COUNT: u8 = 2;
const SEQ_COLUMN: u8 = 3;

/// Appends the columns.
pub(super) fn put(out: &mut Vec<u8>, residues: &Residues) {
    let runs = runs(residues);
    let texts = [&residues.segment_id, &residues.label_asym_id, &residues.label_entity_id];
    let follow: Vec<u8> = texts.iter().map(|column| follows(column, &residues.chain_id)).collect();
    let kinds = kinds_by_name(&residues.name);
    let insertions = residues.insertion_code.iter().any(|&code| code != 0);
    let other_kinds = residues.kind != kinds;
    let jumps = jumps(&residues.number, &runs);
    let ter = ter_rule(residues, &runs);
    let seq = seq_rule(residues, &runs);
    let first = follow.iter().rev().fold(0, |bits, &how| bits << 2 | how);
    out.push(first | if insertions { INSERTIONS } else { 0 } | if other_kinds { KINDS } else { 0 });
    out.push(ter | seq << 2 | if jumps.is_empty() { 0 } else { JUMPS } | if runs.len() > 1 { RUNS } else { 0 });
    if runs.len() > 1 {
        put_varint(out, runs.len() as u64);
        runs.iter().skip(1).for_each(|run| put_varint(out, (run.end - run.start) as u64));
    }
    put_by_run(out, &residues.chain_id, &runs);
    for (column, &how) in texts.iter().zip(&follow) {
        if how == BY_RUN {
            put_by_run(out, column, &runs);
        }
    }
    if !jumps.is_empty() {
        put_jumps(out, &jumps);
    }
    if insertions {
        integers::put(out, &small(residues.insertion_code.iter().copied()), PLAIN);
    }
    if other_kinds {
        integers::put(out, &small(residues.kind.iter().map(|&kind| kind as u8)), PLAIN);
    }
    if ter == TER_LIST {
        integers::put(out, &small(residues.ter.iter().map(|&ter| u8::from(ter))), PLAIN);
    }
    if seq == SEQ_COLUMN {
        integers::put(out, &residues.label_seq_id, 1);
    }
}

/// A stride larger than any column: no differences.
const PLAIN: usize = usize::MAX;

type Run = std::ops::Range<usize>;

/// Reads the columns of residues with these names; `atom_start` is left empty.
pub(super) fn get(reader: &mut Reader<'_>, name: Coded) -> Result<Residues> {
    let count = name.len();
    let (first, second) = (reader.u8()?, reader.u8()?);
    let runs = if second & RUNS != 0 { get_runs(reader, count)? } else { std::iter::once(0..count).collect() };
    let chain_id = get_by_run(reader, &runs)?;
    let text = |how: u8, reader: &mut Reader<'_>| match how {
        BLANK => Ok(repeated("", count)),
        AS_CHAIN => Ok(chain_id.clone()),
        BY_RUN => get_by_run(reader, &runs),
        _ => Err(reader.broken()),
    };
    let segment_id = text(first & 3, reader)?;
    let label_asym_id = text(first >> 2 & 3, reader)?;
    let label_entity_id = text(first >> 4 & 3, reader)?;
    let jumps = if second & JUMPS != 0 { get_jumps(reader, count)? } else { Vec::new() };
    let number = numbers(&runs, &jumps);
    let insertion_code = if first & INSERTIONS != 0 { get_small(reader, count, Some)? } else { vec![0; count] };
    let kind = if first & KINDS != 0 { get_small(reader, count, ResidueKind::from_u8)? } else { kinds_by_name(&name) };
    let ter = match second & 3 {
        TER_LIST => get_small(reader, count, |byte| [false, true].get(usize::from(byte)).copied())?,
        rule => ter_by(rule, &kind, &runs),
    };
    let label_seq_id = match second >> 2 & 3 {
        SEQ_COLUMN => integers::get(reader, count, 1)?,
        rule => seq_by(rule, &kind, &number, &runs),
    };
    Ok(Residues {
        name,
        chain_id,
        number,
        insertion_code,
        segment_id,
        label_asym_id,
        label_entity_id,
        label_seq_id,
        kind,
        ter,
        atom_start: Vec::new(),
    })
}

fn runs(residues: &Residues) -> Vec<Run> {
    let columns = [&residues.chain_id, &residues.segment_id, &residues.label_asym_id, &residues.label_entity_id]
        .map(Coded::codes);
    let differs = |index: usize| columns.iter().any(|codes| codes.get(index) != codes.get(index - 1));
    let mut starts: Vec<usize> = (1..residues.len()).filter(|&index| differs(index)).collect();
    starts.push(residues.len());
    let mut start = 0;
    let mut runs = Vec::with_capacity(starts.len());
    for end in starts {
        runs.push(start..end);
        start = end;
    }
    runs
}

/// All lengths but the first are written.
fn get_runs(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Run>> {
    // A length costs a byte at least.
    let others = reader.count(reader.remaining())?.saturating_sub(1);
    let lengths = (0..others).map(|_| reader.count(count)).collect::<Result<Vec<_>>>()?;
    let total = lengths.iter().try_fold(0_usize, |sum, &length| sum.checked_add(length));
    let first = total.and_then(|total| count.checked_sub(total)).ok_or_else(|| reader.broken())?;
    let mut start = 0;
    let run = |length: usize| {
        start += length;
        start - length..start
    };
    Ok(std::iter::once(first).chain(lengths).map(run).collect())
}

fn follows(column: &Coded, chain: &Coded) -> u8 {
    let blank = column.values().len() <= 1 && column.get(0).is_empty();
    if blank {
        BLANK
    } else if column == chain {
        AS_CHAIN
    } else {
        BY_RUN
    }
}

fn put_by_run(out: &mut Vec<u8>, column: &Coded, runs: &[Run]) {
    runs.iter().for_each(|run| put_bytes(out, column.get(run.start).as_bytes()));
}

fn get_by_run(reader: &mut Reader<'_>, runs: &[Run]) -> Result<Coded> {
    let mut column = Coded::with_capacity(runs.last().map_or(0, |run| run.end));
    for run in runs {
        column.push_many(reader.text()?, run.len());
    }
    Ok(column)
}

fn repeated(text: &str, count: usize) -> Coded {
    let mut column = Coded::with_capacity(count);
    column.push_many(text, count);
    column
}

fn kinds_by_name(name: &Coded) -> Vec<ResidueKind> {
    let kind = |name: &str| monomer(name).map_or(ResidueKind::NonPolymer, |found| found.kind);
    let kinds: Vec<ResidueKind> = name.values().map(kind).collect();
    let of = |&code: &u32| kinds.get(code as usize).copied().unwrap_or(ResidueKind::NonPolymer);
    name.codes().iter().map(of).collect()
}

/// Where numbers do not count up from 1 in each run, and by how much they jump.
fn jumps(numbers: &[i32], runs: &[Run]) -> Vec<(usize, i32)> {
    let mut jumps = Vec::new();
    for run in runs {
        let mut expected = 1_i32;
        for (index, &number) in numbers.get(run.clone()).unwrap_or_default().iter().enumerate() {
            if number != expected {
                jumps.push((run.start + index, number.wrapping_sub(expected)));
            }
            expected = number.wrapping_add(1);
        }
    }
    jumps
}

fn put_jumps(out: &mut Vec<u8>, jumps: &[(usize, i32)]) {
    put_varint(out, jumps.len() as u64);
    let mut next = 0;
    for &(index, jump) in jumps {
        put_varint(out, (index - next) as u64);
        put_varint(out, u64::from(zigzag(jump)));
        next = index + 1;
    }
}

fn get_jumps(reader: &mut Reader<'_>, count: usize) -> Result<Vec<(usize, i32)>> {
    let jumps = reader.count(count)?;
    let mut next = 0;
    let mut jump = || {
        let index = next + reader.count(count)?;
        next = index + 1;
        let jump = u32::try_from(reader.varint()?).map_err(|_| reader.broken())?;
        if index < count { Ok((index, unzigzag(jump))) } else { Err(reader.broken()) }
    };
    (0..jumps).map(|_| jump()).collect()
}

fn numbers(runs: &[Run], jumps: &[(usize, i32)]) -> Vec<i32> {
    let mut numbers = Vec::with_capacity(runs.last().map_or(0, |run| run.end));
    let mut jumps = jumps.iter().copied().peekable();
    for run in runs {
        let mut next = 1_i32;
        for index in run.clone() {
            if let Some((_, jump)) = jumps.next_if(|(at, _)| *at == index) {
                next = next.wrapping_add(jump);
            }
            numbers.push(next);
            next = next.wrapping_add(1);
        }
    }
    numbers
}

fn ter_rule(residues: &Residues, runs: &[Run]) -> u8 {
    if residues.ter.iter().all(|&ter| !ter) {
        return TER_NEVER;
    }
    let fits = |rule: &u8| ter_by(*rule, &residues.kind, runs) == residues.ter;
    [TER_POLYMER, TER_RUN].into_iter().find(fits).unwrap_or(TER_LIST)
}

fn ter_by(rule: u8, kinds: &[ResidueKind], runs: &[Run]) -> Vec<bool> {
    let mut ter = vec![false; kinds.len()];
    let polymer = |index: &usize| kinds.get(*index).is_some_and(|&kind| kind != ResidueKind::NonPolymer);
    for run in runs {
        let last = match rule {
            TER_POLYMER => run.clone().rev().find(polymer),
            TER_RUN => run.clone().next_back(),
            _ => None,
        };
        last.and_then(|index| ter.get_mut(index)).into_iter().for_each(|slot| *slot = true);
    }
    ter
}

fn seq_rule(residues: &Residues, runs: &[Run]) -> u8 {
    let fits = |rule: &u8| seq_by(*rule, &residues.kind, &residues.number, runs) == residues.label_seq_id;
    [SEQ_NONE, SEQ_NUMBER, SEQ_COUNT].into_iter().find(fits).unwrap_or(SEQ_COLUMN)
}

fn seq_by(rule: u8, kinds: &[ResidueKind], numbers: &[i32], runs: &[Run]) -> Vec<i32> {
    match rule {
        SEQ_NUMBER => numbers.to_vec(),
        SEQ_COUNT => runs
            .iter()
            .flat_map(|run| {
                let mut next = 0;
                kinds.get(run.clone()).unwrap_or_default().iter().map(move |&kind| {
                    let polymer = kind != ResidueKind::NonPolymer;
                    next += i32::from(polymer);
                    if polymer { next } else { NO_LABEL_SEQ }
                })
            })
            .collect(),
        _ => vec![NO_LABEL_SEQ; numbers.len()],
    }
}

fn small(column: impl Iterator<Item = u8>) -> Vec<i32> {
    column.map(i32::from).collect()
}

fn get_small<T>(reader: &mut Reader<'_>, count: usize, convert: impl Fn(u8) -> Option<T>) -> Result<Vec<T>> {
    let values = integers::get(reader, count, PLAIN)?;
    let converted = values.into_iter().map(|value| u8::try_from(value).ok().and_then(&convert)).collect::<Option<_>>();
    converted.ok_or_else(|| reader.broken())
}
