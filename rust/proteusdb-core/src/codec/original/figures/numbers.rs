//! The numbers of a run: how they are printed, and where they are kept.
//!
//! ```text
//! source 0   here, as an integer column
//! source 1   an array beside the file; its index
//! source 2   the B-factors of the first model's atoms
//! source 3   the B-factor of each residue's first atom
//! ```
//!
//! A column on a decimal grid is kept with its decimals, and any other as float32.

use crate::codec::integers;
use crate::codec::original::Coder;
use crate::codec::original::beside::Beside;
use crate::codec::original::print::{self, Style};
use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;
use crate::formats::decimal::{self, Column};
use crate::record::{Array, Dtype, MAX_DECIMALS, Model, Numbers, Structure};

/// More numbers become an array of their own.
const INLINE: usize = 1024;
/// Up to here an integer over a power of ten is the nearest one to its float32.
const EXACT: u32 = 1 << 23;
/// In place of a number of decimals: float32.
const FLOAT: u8 = 0xff;

const HERE: u8 = 0;
const BESIDE: u8 = 1;
const ATOMS: u8 = 2;
const RESIDUES: u8 = 3;

/// Styles of JSON and tables; the first of the best wins.
const STYLES: [Style; 9] = [
    Style::Python,
    Style::Bare,
    Style::Decimals(1),
    Style::Decimals(2),
    Style::Decimals(3),
    Style::Decimals(4),
    Style::Decimals(6),
    Style::Widened,
    Style::Nine,
];

/// The tokens as a column; `None` where a number is none that a column holds.
pub(super) fn gather<'a>(tokens: impl Iterator<Item = &'a [u8]>) -> Option<Numbers> {
    let mut column = Column::default();
    for token in tokens {
        if !decimal::parse(token).is_some_and(|number| column.push(number)) {
            return None;
        }
    }
    Some(column.finish(1, None))
}

/// The style that prints most of `sample`, the first tokens; `None` where none prints half of them.
pub(super) fn style(numbers: &Numbers, sample: &[&[u8]]) -> Option<u8> {
    let hits = |style: Style| {
        let mut text = Vec::new();
        let hit = |(index, token): (usize, &&[u8])| {
            text.clear();
            print::number(&mut text, numbers, index, 0, style);
            usize::from(text == **token)
        };
        sample.iter().enumerate().map(hit).sum::<usize>()
    };
    let scored = STYLES.iter().enumerate().map(|(index, &style)| (hits(style), std::cmp::Reverse(index)));
    let (hits, index) = scored.max()?;
    (2 * hits >= sample.len()).then_some(index.0 as u8)
}

/// Appends number `index`.
pub(super) fn print(out: &mut Vec<u8>, numbers: &Numbers, index: usize, style: u8) {
    if let Some(&style) = STYLES.get(usize::from(style)) {
        print::number(out, numbers, index, 0, style);
    }
}

/// Appends style, decimals and source; a large column becomes an array of the file.
pub(super) fn put(out: &mut Vec<u8>, numbers: &Numbers, style: u8, shape: Vec<u64>, coder: &mut Coder<'_>) {
    out.push(style);
    out.push(match numbers {
        Numbers::Fixed { decimals, .. } => *decimals,
        Numbers::Float(_) => FLOAT,
    });
    let model = coder.structure.map(Structure::first);
    let known = |source: u8| model.and_then(|model| of_model(model, source)).is_some_and(|known| same(&known, numbers));
    if let Some(source) = [ATOMS, RESIDUES].into_iter().find(|&source| known(source)) {
        out.push(source);
    } else if numbers.len() > INLINE && survives(numbers) {
        out.push(BESIDE);
        put_varint(out, coder.arrays.len() as u64);
        let data = numbers.to_f32().iter().flat_map(|value| value.to_le_bytes()).collect();
        coder.arrays.push(Array { dtype: Dtype::Float(4), shape, data });
    } else {
        out.push(HERE);
        match numbers {
            Numbers::Fixed { values, .. } => integers::put(out, values, 1),
            Numbers::Float(values) => {
                let bits: Vec<i32> = values.iter().map(|value| value.to_bits() as i32).collect();
                integers::put(out, &bits, 1);
            }
        }
    }
}

/// The inverse of [`put`]: `count` numbers, and their style.
pub(super) fn get(reader: &mut Reader<'_>, count: usize, beside: &dyn Beside) -> Result<(Numbers, u8)> {
    let (style, decimals, source) = (reader.u8()?, reader.u8()?, reader.u8()?);
    if usize::from(style) >= STYLES.len() || (decimals > MAX_DECIMALS && decimals != FLOAT) {
        return Err(reader.broken());
    }
    let numbers = match source {
        HERE => {
            // A constant column takes no bytes, so its length is bounded here.
            if count > INLINE.max(reader.remaining()) {
                return Err(reader.broken());
            }
            let values = integers::get(reader, count, 1)?;
            match decimals {
                FLOAT => Numbers::Float(values.into_iter().map(|bits| f32::from_bits(bits as u32)).collect()),
                _ => Numbers::Fixed { decimals, values },
            }
        }
        BESIDE => {
            let array = beside.array(reader.count(usize::MAX)?)?;
            if array.dtype != Dtype::Float(4) {
                return Err(reader.broken());
            }
            from_f32(array, decimals)
        }
        _ => {
            let known = of_model(beside.structure()?.first(), source).ok_or_else(|| reader.broken())?;
            on(&known, decimals).ok_or_else(|| reader.broken())?
        }
    };
    if numbers.len() == count { Ok((numbers, style)) } else { Err(reader.broken()) }
}

/// What a model knows: the B-factors of its atoms, or of its residues' first atoms.
fn of_model(model: &Model, source: u8) -> Option<Numbers> {
    let firsts = model.topology.residues.atom_start.iter().take(model.topology.residues.len());
    match (source, &model.b_factor) {
        (ATOMS, numbers) => Some(numbers.clone()),
        (RESIDUES, Numbers::Fixed { decimals, values }) => {
            let values = firsts.map(|&atom| values.get(atom as usize).copied()).collect::<Option<_>>()?;
            Some(Numbers::Fixed { decimals: *decimals, values })
        }
        (RESIDUES, Numbers::Float(values)) => {
            Some(Numbers::Float(firsts.map(|&atom| values.get(atom as usize).copied()).collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// Whether `known`, on the decimals of `numbers`, is `numbers`.
fn same(known: &Numbers, numbers: &Numbers) -> bool {
    let decimals = match numbers {
        Numbers::Fixed { decimals, .. } => *decimals,
        Numbers::Float(_) => FLOAT,
    };
    known.len() == numbers.len() && on(known, decimals).as_ref() == Some(numbers)
}

/// A column on these decimals; `None` where it does not lie on them.
fn on(numbers: &Numbers, decimals: u8) -> Option<Numbers> {
    match numbers {
        Numbers::Fixed { decimals: own, values } if decimals <= MAX_DECIMALS => {
            let scale = 10_i64.pow(u32::from(own.abs_diff(decimals)));
            let scaled = |&value: &i32| match decimals >= *own {
                true => i32::try_from(i64::from(value) * scale).ok(),
                false => (i64::from(value) % scale == 0).then_some((i64::from(value) / scale) as i32),
            };
            Some(Numbers::Fixed { decimals, values: values.iter().map(scaled).collect::<Option<_>>()? })
        }
        Numbers::Float(_) if decimals == FLOAT => Some(numbers.clone()),
        _ => None,
    }
}

/// Whether the column comes back from its float32.
fn survives(numbers: &Numbers) -> bool {
    match numbers {
        Numbers::Fixed { values, .. } => values.iter().all(|value| value.unsigned_abs() < EXACT),
        Numbers::Float(_) => true,
    }
}

fn from_f32(array: &Array, decimals: u8) -> Numbers {
    let values = array.data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
    if decimals == FLOAT {
        return Numbers::Float(values.collect());
    }
    let power = 10_i64.pow(u32::from(decimals)) as f64;
    // `as` saturates, and gives 0 for a NaN that no encoder wrote.
    Numbers::Fixed { decimals, values: values.map(|value| round(f64::from(value) * power) as i32).collect() }
}

/// To the nearest integer, by adding and subtracting what leaves no room for a fraction.
fn round(value: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    (value + SHIFT) - SHIFT
}
