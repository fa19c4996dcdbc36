//! A matrix of small whole numbers that its neighbourhoods predict: errors at their printed precision, distances.
//!
//! ```text
//! matrix -> weights, scales (fit) -> walk -> prediction, energy -> symbol of the error -> rANS     a band of rows each
//! ```
//!
//! ```text
//! flags (1 symmetric) | bytes: weights and scales, as bits | bands: all but the last with their length
//! ```
//!
//! Up to 512 rows are one band; of more, each 256 rows are one that decodes alone (of a symmetric matrix: after those
//! above it). A matrix that is walked beside another has the same bands as that, so that a band needs one of each.

mod band;
mod bits;
mod fit;
mod levels;
mod rans;
mod shape;
pub(super) mod train;
mod walk;
mod weights;

use std::ops::Range;

use self::bits::{BitReader, BitWriter};
use self::levels::Map;
pub(super) use self::walk::Aside;
use self::walk::Walk;
use self::weights::{Choice, Terms, USUAL};
use crate::codec::wire::{Reader, broken, put_bytes};
use crate::error::Result;

const STEP: &str = "matrix of an array blob";
const SYMMETRIC: u8 = 1;
/// Rows and columns that a matrix has at least.
const LEAST: usize = 8;
/// Rows of a matrix that is one band.
const WHOLE: usize = 512;
/// Rows of a band of a larger one.
const BAND: usize = 256;
/// A symbol costs a thousandth of a byte at least, see the test of `shape`.
const PLACES_PER_BYTE: usize = 1_500;

/// A matrix of values from 0 to `top`.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    values: Vec<u16>,
    rows: usize,
    columns: usize,
    top: u16,
}

/// The rows and columns that an array is coded as: all axes but the last are rows.
pub(super) fn layout(shape: &[u64]) -> Option<(usize, usize)> {
    let (columns, rows) = shape.split_last().filter(|(_, rows)| !rows.is_empty())?;
    let rows = rows.iter().try_fold(1_usize, |product, &axis| product.checked_mul(usize::try_from(axis).ok()?))?;
    Some((rows, usize::try_from(*columns).ok()?))
}

/// What suits a matrix, and about how many bytes it will take.
pub(super) struct Plan<'a> {
    walk: Walk<'a>,
    choice: Choice,
    map: Map,
    pub(super) bytes: usize,
}

impl Matrix {
    /// The numbers of a grid as a matrix, if they are one that this codec is for.
    pub(super) fn new(shape: &[u64], top: u32, numbers: &[u32]) -> Option<Self> {
        let (rows, columns) = layout(shape).filter(|&(rows, columns)| rows >= LEAST && columns >= LEAST)?;
        let top = u16::try_from(top).ok().filter(|&top| top > 0)?;
        Some(Self { values: numbers.iter().map(|&number| number as u16).collect(), rows, columns, top })
    }

    /// Looks at a sample of the matrix, beside another one of its shape if there is one.
    pub(super) fn plan<'a>(&self, symmetric: bool, aside: Option<Aside<'a>>) -> Plan<'a> {
        let mut walk = Walk { aside, ..walk(self.rows, self.columns, self.top, symmetric) };
        let choice = fit::weights(&walk, &self.values, self.rows);
        (walk.far, walk.near) = (choice.far, choice.near);
        let (map, bytes) = fit::map(&walk, &self.values, self.rows);
        Plan { walk, choice, map, bytes }
    }

    /// Appends the matrix.
    pub(super) fn put(&self, plan: &Plan<'_>, out: &mut Vec<u8>) {
        out.push(if plan.walk.symmetric { SYMMETRIC } else { 0 });
        let mut bits = BitWriter::default();
        plan.choice.write(&mut bits);
        plan.map.write(&mut bits);
        put_bytes(out, &bits.finish());
        let scales = plan.map.scales();
        for rows in bands(self.rows) {
            let last = rows.end == self.rows;
            let bytes = band::encode(&plan.walk, &scales, &self.values, rows);
            if !last {
                put_bytes(out, &bytes);
            } else {
                out.extend(bytes);
            }
        }
    }
}

/// Rows of a matrix, and which they are.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) first: usize,
    pub(super) values: Vec<u16>,
}

/// What a stored matrix is, and what is wanted of it.
pub(super) struct Wanted {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) top: u16,
    pub(super) span: Range<usize>,
}

/// Decodes the bands that hold the wanted rows; `beside` gives those of the matrix beside, and how far they are shifted.
///
/// # Errors
/// `Corruption` where the bytes are not what was written; what `beside` fails with.
pub(super) fn get(
    body: &[u8],
    Wanted { rows, columns, top, span: wanted }: Wanted,
    beside: Option<impl FnOnce(Range<usize>) -> Result<(Rows, i32)>>,
) -> Result<Rows> {
    let mut reader = Reader::new(body, STEP);
    let symmetric = match reader.u8()? {
        0 => false,
        SYMMETRIC if rows == columns => true,
        _ => return Err(reader.broken()),
    };
    let before = if symmetric { 0 } else { wanted.start };
    let other = beside.map(|read| read(before..wanted.end)).transpose()?;
    let aside = other.as_ref().map(|(rows, shift)| Aside { values: &rows.values, first: rows.first, shift: *shift });
    let mut walk = Walk { aside, ..walk(rows, columns, top, symmetric) };
    let scales = head(reader.bytes()?, &mut walk)?;
    let (mut first, mut values) = (0, Vec::new());
    for band in bands(rows) {
        let bytes = if band.end < rows { reader.bytes()? } else { reader.rest() };
        let places = band.len().checked_mul(columns).filter(|&places| places / PLACES_PER_BYTE <= bytes.len());
        let places = places.ok_or_else(|| broken(STEP))?;
        if band.start >= wanted.end || (band.end <= wanted.start && !symmetric) {
            continue;
        }
        if values.is_empty() {
            first = band.start;
        }
        values.resize(values.len() + places, 0);
        band::decode(&walk, &scales, bytes, band, first, &mut values)?;
    }
    Ok(Rows { first, values })
}

fn head(bytes: &[u8], walk: &mut Walk<'_>) -> Result<[shape::Scale; levels::LEVELS]> {
    let mut bits = BitReader::new(bytes);
    let terms = Terms { square: walk.square, aside: walk.aside.is_some() };
    let choice = Choice::read(&mut bits, terms).ok_or_else(|| broken(STEP))?;
    let map = Map::read(&mut bits).filter(|_| bits.clone().finish()).ok_or_else(|| broken(STEP))?;
    (walk.far, walk.near) = (choice.far, choice.near);
    Ok(map.scales())
}

fn walk(rows: usize, columns: usize, top: u16, symmetric: bool) -> Walk<'static> {
    let (far, near) = USUAL[0];
    Walk { columns, top, square: rows == columns, symmetric, far, near, aside: None }
}

fn bands(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let band = if rows <= WHOLE { WHOLE } else { BAND };
    (0..rows).step_by(band).map(move |start| start..rows.min(start.saturating_add(band)))
}

#[cfg(test)]
mod tests;
