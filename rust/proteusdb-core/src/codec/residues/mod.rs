//! Topology as bytes: the residues of a model and their atoms, without any number that was predicted.
//!
//! ```text
//! topology -> layout (sequence, shapes, exceptions) + columns (chains, numbers, labels) -> bytes
//!
//! way u8: 0 plain columns in a section | 1 as below | 2 as below, the rest as a zstd frame
//! varint residues | sequence | rest: layout, columns
//! ```
//!
//! An ordinary chain costs its sequence (4.3 bits a residue) and eight bytes. Whatever this cannot say goes the first
//! way, which can say everything.

mod columns;
mod expand;
mod layout;
mod sequence;
mod shape;
mod templates;

use super::topology::MAX_ATOMS;
use super::wire::{Reader, broken, put_varint};
use super::{Compression, section, topology};
use crate::error::Result;
use crate::record::Topology;

pub(super) use layout::{Layout, OWN, TEMPLATES};
pub(super) use shape::Shape;
pub(super) use templates::{OTHER, OXT, number_of as name_number};

const PLAIN: u8 = 0;
const SHAPED: u8 = 1;
const SHAPED_ZSTD: u8 = 2;

const STEP: &str = "structure topology";

/// The highest zstd level that is worth its time: columns of one record are short.
const LEVEL: i32 = 9;

/// The most bytes the rest may unpack to, and how many times its frame.
const MAX_REST: usize = 1 << 28;

/// A topology as bytes.
pub(super) fn encode(topology: &Topology, layout: &Layout, compression: Compression) -> Vec<u8> {
    let (mut sequence, mut rest) = (Vec::new(), Vec::new());
    layout.put(&mut sequence, &mut rest);
    columns::put(&mut rest, &topology.residues);
    let packed = if rest.len() > 48 {
        compression.level().and_then(|level| section::compress(&rest, level.min(LEVEL)))
    } else {
        None
    };
    let mut out = Vec::with_capacity(sequence.len() + rest.len() + 8);
    match packed {
        Some(packed) if packed.len() + 3 < rest.len() => {
            out.push(SHAPED_ZSTD);
            put_varint(&mut out, topology.residues.len() as u64);
            out.extend(sequence);
            put_varint(&mut out, rest.len() as u64);
            out.extend(packed);
        }
        _ => {
            out.push(SHAPED);
            put_varint(&mut out, topology.residues.len() as u64);
            out.extend(sequence);
            out.extend(rest);
        }
    }
    out
}

/// A topology as plain columns, for one that [`encode`] cannot carry.
pub(super) fn encode_plain(topology: &Topology, compression: Compression) -> Vec<u8> {
    let mut raw = Vec::new();
    topology::put(&mut raw, topology);
    let mut out = vec![PLAIN];
    section::put(&mut out, &raw, compression);
    out
}

/// The topology of these bytes, and its layout.
pub(super) fn decode(bytes: &[u8]) -> Result<(Topology, Layout)> {
    let mut reader = Reader::new(bytes, STEP);
    match reader.u8()? {
        PLAIN => {
            let raw = section::next(&mut reader, STEP)?.unpack()?;
            reader.finish()?;
            let mut columns = Reader::new(&raw, STEP);
            let topology = topology::get(&mut columns)?;
            columns.finish()?;
            let layout = Layout::of(&topology);
            Ok((topology, layout))
        }
        way @ (SHAPED | SHAPED_ZSTD) => {
            let count = reader.count(MAX_ATOMS)?;
            let bytes = reader.rest();
            let (symbols, used) = sequence::get(bytes, count).ok_or_else(|| broken(STEP))?;
            let rest = bytes.get(used..).unwrap_or_default();
            if way == SHAPED { shaped(&symbols, rest) } else { shaped(&symbols, &unpack(rest)?) }
        }
        _ => Err(reader.broken()),
    }
}

fn unpack(rest: &[u8]) -> Result<Vec<u8>> {
    let mut reader = Reader::new(rest, STEP);
    let length = reader.count(MAX_REST)?;
    section::unpack(reader.rest(), length).ok_or_else(|| broken(STEP))
}

fn shaped(symbols: &[u8], rest: &[u8]) -> Result<(Topology, Layout)> {
    let mut reader = Reader::new(rest, STEP);
    let layout = Layout::get(symbols, &mut reader)?;
    let total = layout.atoms().ok_or_else(|| reader.broken())?;
    let (name, atom_start, atoms) = expand::expand(&layout, total).ok_or_else(|| reader.broken())?;
    let mut residues = columns::get(&mut reader, name)?;
    residues.atom_start = atom_start;
    reader.finish()?;
    Ok((Topology { residues, atoms }, layout))
}

#[cfg(test)]
mod tests;
