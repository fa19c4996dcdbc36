//! One number an atom, B-factor or occupancy, as bytes.
//!
//! ```text
//! way  bytes after it                 for
//! -    none at all                    an occupancy of 1.00 everywhere
//! 0    section of a plain column      anything
//! 1    varint zigzag                  the same value everywhere
//! 2    predictor u8, Rice codes       one value a residue: pLDDT of most predictors
//! 3    predictor u8, Rice codes       one value an atom: pLDDT of ESMFold, AlphaFold 3
//! 4    of the small profile           one value a residue
//! 5    of the small profile           one value an atom
//! ```
//!
//! The first byte is the way, and the decimals times 16. Ways 2 and 3 predict a value from the two before it and code
//! the difference with a parameter that follows the mean of recent differences: confidence is smooth in the core and
//! jumps in loops.

use super::plain;
use crate::codec::bits::{Adaptive, BitReader, BitWriter, padded};
use crate::codec::residues::Layout;
use crate::codec::small::confidence;
use crate::codec::wire::{Reader, put_varint, unzigzag, zigzag};
use crate::codec::{Compression, section};
use crate::error::Result;
use crate::record::{MAX_DECIMALS, Numbers, Topology};

const PLAIN: u8 = 0;
const CONSTANT: u8 = 1;
const BY_RESIDUE: u8 = 2;
const BY_ATOM: u8 = 3;
const SMALL_BY_RESIDUE: u8 = 4;
const SMALL_BY_ATOM: u8 = 5;

/// The same as the value before, or on the line through the two before with half its slope.
const PREDICTORS: [fn(i32, i32) -> i32; 2] =
    [|last, _| last, |last, before| last.wrapping_add(last.wrapping_sub(before) >> 1)];

/// Which column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    BFactor,
    Occupancy,
}

impl Column {
    fn step(self) -> &'static str {
        match self {
            Self::BFactor => "structure B-factors",
            Self::Occupancy => "structure occupancies",
        }
    }

    /// What no bytes stand for.
    fn usual(self) -> Option<(u8, i32)> {
        (self == Self::Occupancy).then_some((2, 100))
    }
}

/// The column's bytes.
pub(super) fn encode(
    column: Column,
    topology: &Topology,
    layout: &Layout,
    numbers: &Numbers,
    compression: Compression,
) -> Vec<u8> {
    let Numbers::Fixed { decimals, values } = numbers else { return encode_plain(numbers, compression) };
    let decimals = *decimals;
    if let Some(&first) = values.first()
        && values.iter().fold(0, |all, value| all | (value ^ first)) == 0
    {
        if column.usual() == Some((decimals, first)) {
            return Vec::new();
        }
        let mut out = vec![CONSTANT | decimals << 4];
        put_varint(&mut out, u64::from(zigzag(first)));
        return out;
    }
    let shared = by_residue(topology, values);
    let by_atom = shared.is_none();
    let values = shared.as_ref().unwrap_or(values);
    let mut modelled = encode_rice(if by_atom { BY_ATOM } else { BY_RESIDUE } | decimals << 4, values);
    if compression == Compression::Small {
        let of = confidence::Column { topology, layout, by_atom };
        if let Some(bytes) = confidence::encode(of, values, decimals == 2)
            && bytes.len() + 1 < modelled.len()
        {
            modelled = vec![if by_atom { SMALL_BY_ATOM } else { SMALL_BY_RESIDUE } | decimals << 4];
            modelled.extend(bytes);
        }
    }
    // Repeats, as of copied chains, are what the plain way sees and this one does not. The quickest level tells where the
    // slowest is worth its time.
    if modelled.len() > 4096 {
        let plain = encode_plain(numbers, Compression::Fast);
        let close = 4 * plain.len() < 5 * modelled.len();
        let plain = if close && compression == Compression::Small { encode_plain(numbers, compression) } else { plain };
        if plain.len() < modelled.len() {
            return plain;
        }
    }
    modelled
}

/// The column of these bytes.
pub(super) fn decode(column: Column, topology: &Topology, layout: &Layout, bytes: &[u8]) -> Result<Numbers> {
    let count = topology.atoms.len();
    let mut reader = Reader::new(bytes, column.step());
    if bytes.is_empty()
        && let Some((decimals, value)) = column.usual()
    {
        return Ok(Numbers::Fixed { decimals, values: vec![value; count] });
    }
    let first = reader.u8()?;
    let (way, decimals) = (first & 15, first >> 4);
    if decimals > MAX_DECIMALS {
        return Err(reader.broken());
    }
    let values = match way {
        PLAIN => {
            let section = section::next(&mut reader, column.step())?;
            reader.finish()?;
            return plain::unpack_numbers(section, column.step(), count, 1);
        }
        CONSTANT => {
            let code = u32::try_from(reader.varint()?).map_err(|_| reader.broken())?;
            reader.finish()?;
            vec![unzigzag(code); count]
        }
        BY_RESIDUE => {
            let values = decode_rice(&mut reader, topology.residues.len())?;
            spread(topology, &values)
        }
        BY_ATOM => decode_rice(&mut reader, count)?,
        SMALL_BY_RESIDUE | SMALL_BY_ATOM => {
            let by_atom = way == SMALL_BY_ATOM;
            let of = confidence::Column { topology, layout, by_atom };
            let values = confidence::decode(of, reader.rest()).ok_or_else(|| reader.broken())?;
            if by_atom { values } else { spread(topology, &values) }
        }
        _ => return Err(reader.broken()),
    };
    Ok(Numbers::Fixed { decimals, values })
}

fn encode_plain(numbers: &Numbers, compression: Compression) -> Vec<u8> {
    let mut out = vec![PLAIN];
    section::put(&mut out, &plain::pack_numbers(numbers, 1), compression);
    out
}

/// The value of each residue, where its atoms share one.
pub(in crate::codec) fn by_residue(topology: &Topology, values: &[i32]) -> Option<Vec<i32>> {
    let starts = &topology.residues.atom_start;
    let mut shared = Vec::with_capacity(topology.residues.len());
    for pair in starts.windows(2) {
        let span = values.get(*pair.first()? as usize..*pair.last()? as usize)?;
        let first = *span.first()?;
        if span.iter().fold(0, |all, value| all | (value ^ first)) != 0 {
            return None;
        }
        shared.push(first);
    }
    Some(shared)
}

/// The inverse of [`by_residue`]. Rows are written a few at a time, as residues are short.
fn spread(topology: &Topology, values: &[i32]) -> Vec<i32> {
    const LANES: usize = 16;
    let count = topology.atoms.len();
    let mut out = vec![0; count + LANES];
    for (pair, &value) in topology.residues.atom_start.windows(2).zip(values) {
        let [start, end] = [pair.first(), pair.last()].map(|at| at.map_or(0, |&at| at as usize));
        match out.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<LANES>()) {
            Some(lanes) if end - start <= LANES => *lanes = [value; LANES],
            _ => out.get_mut(start..end).into_iter().for_each(|rows| rows.fill(value)),
        }
    }
    out.truncate(count);
    out
}

fn encode_rice(first: u8, values: &[i32]) -> Vec<u8> {
    let code = |predictor: usize| {
        let mut writer = BitWriter::with_capacity(values.len() + 16);
        let (mut last, mut before, mut adaptive) = (0, 0, Adaptive::new());
        for &value in values {
            let code = zigzag(value.wrapping_sub(PREDICTORS[predictor](last, before)));
            writer.rice(code, adaptive.parameter());
            adaptive.see(code);
            (last, before) = (value, last);
        }
        writer.finish()
    };
    let cost = |predictor: usize| {
        let pairs = values.iter().zip(values.iter().skip(1)).zip(values.iter().skip(2));
        let miss = |((before, last), value): ((&i32, &i32), &i32)| {
            u64::from(value.wrapping_sub(PREDICTORS[predictor](*last, *before)).unsigned_abs())
        };
        pairs.map(miss).sum::<u64>()
    };
    let predictor = usize::from(cost(1) < cost(0));
    let mut out = vec![first, predictor as u8];
    out.extend(code(predictor));
    out
}

fn decode_rice(reader: &mut Reader<'_>, count: usize) -> Result<Vec<i32>> {
    let predictor = reader.u8()?;
    let bytes = padded(reader.rest());
    // A code has a bit at least.
    if count > 8 * bytes.len() {
        return Err(reader.broken());
    }
    let mut bits = BitReader::new(&bytes);
    // Known in the loop, a predictor is part of it.
    let [flat, sloped] = PREDICTORS;
    let values = match predictor {
        0 => decode_column(&mut bits, count, flat),
        1 => decode_column(&mut bits, count, sloped),
        _ => return Err(reader.broken()),
    };
    if bits.finish() { Ok(values) } else { Err(reader.broken()) }
}

#[inline(always)]
fn decode_column(bits: &mut BitReader<'_>, count: usize, predictor: impl Fn(i32, i32) -> i32) -> Vec<i32> {
    let (mut last, mut before, mut adaptive) = (0, 0, Adaptive::new());
    let mut values = vec![0; count];
    for slot in &mut values {
        let code = bits.rice(adaptive.parameter());
        adaptive.see(code);
        *slot = predictor(last, before).wrapping_add(unzigzag(code));
        (last, before) = (*slot, last);
    }
    values
}
