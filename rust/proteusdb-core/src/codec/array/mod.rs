//! A numpy array as a blob: a chain of small steps, each of which has an inverse.
//!
//! ```text
//! dtype | shape | view | coder | bytes
//!
//! elements ─ grid?  decimals to small whole numbers ─ upper?  half of a symmetric matrix ─┬─ matrix: predicted from neighbours
//!                                                                                         └─ coder: stored, zstd, planes, ...
//! ```
//!
//! A matrix may be coded beside another one that is stored (`reference`); it then needs that one to be decoded.
//!
//! Invariants: what comes back is equal to the bit, NaN payloads and -0.0 included; [`encode_array`] has decoded what it
//! returns. The same array and compression make the same bytes on every platform, so equal arrays are equal blobs.

mod coder;
mod grid;
mod matrix;
mod numbers;
mod planes;
mod reference;
mod rounding;
mod upper;

use std::ops::Range;

use self::grid::Grid;
use self::matrix::{Aside, Matrix, Plan, Wanted};
pub use self::reference::Reference;
pub use self::rounding::ErrorStep;
use super::Compression;
use super::envelope::{self, Codec};
use super::section::MAX_RAW;
use super::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};
use crate::record::{Array, Dtype};

const VERSION: u8 = 2;
const MAX_AXES: usize = 32;
/// Views: the elements are the numbers of a grid; they are the upper half of a symmetric matrix.
const GRID: u8 = 1;
const UPPER: u8 = 2;
/// The coder numbers of a matrix, and of one beside another; those below are of `coder`.
const MATRIX: u8 = 6;
const BESIDE: u8 = 7;

/// Encodes an array; exact to the bit, NaN payloads included.
///
/// # Errors
/// `Validation` where data and shape do not fit, or the array is over 4 GiB.
pub fn encode_array(array: &Array, compression: Compression) -> Result<Vec<u8>> {
    encode_array_beside(array, compression, None)
}

/// [`encode_array`], beside a stored matrix where that makes it shorter; see [`needs_reference`].
///
/// # Errors
/// As [`encode_array`].
pub fn encode_array_beside(array: &Array, compression: Compression, reference: Option<&Reference>) -> Result<Vec<u8>> {
    check(array)?;
    let mut body = Vec::new();
    put_bytes(&mut body, array.dtype.code().as_bytes());
    put_varint(&mut body, array.shape.len() as u64);
    array.shape.iter().for_each(|&axis| put_varint(&mut body, axis));
    let head = body.len();
    put_elements(&mut body, array, compression, reference);
    let blob = envelope::seal(Codec::Array, VERSION, &body);
    let beside = reference.map(|reference| &**reference.blob());
    if decode_array_beside(&blob, beside).is_ok_and(|decoded| decoded == *array) {
        return Ok(blob);
    }
    // Not known to happen; an array that a step did not give back is stored as it is.
    body.truncate(head);
    body.push(0);
    coder::put(&mut body, array.dtype, &array.data, Compression::None);
    Ok(envelope::seal(Codec::Array, VERSION, &body))
}

fn check(array: &Array) -> Result<()> {
    let fits = elements(&array.shape).and_then(|count| count.checked_mul(array.dtype.size())) == Some(array.data.len());
    if fits && array.data.len() <= MAX_RAW && array.shape.len() <= MAX_AXES {
        return Ok(());
    }
    Err(Error::validation(format!(
        "array of {} with shape {:?} and {} bytes cannot be stored: at most {MAX_AXES} axes and 4 GiB, and as many \
         bytes as the shape says",
        array.dtype.code(),
        array.shape,
        array.data.len()
    )))
}

fn put_elements(body: &mut Vec<u8>, array: &Array, compression: Compression, reference: Option<&Reference>) {
    let Array { dtype, shape, data } = array;
    let grid = if compression == Compression::None { None } else { grid::find(*dtype, data) };
    match grid {
        Some((grid, numbers)) => put_numbers(body, shape, &Numbers { grid, numbers }, compression, reference),
        None => {
            let symmetric = symmetric(shape, data, dtype.size(), compression);
            body.push(if symmetric.is_some() { UPPER } else { 0 });
            coder::put(body, *dtype, symmetric.as_deref().unwrap_or(data), compression);
        }
    }
}

/// The upper half, if this is a symmetric matrix.
fn symmetric(shape: &[u64], data: &[u8], size: usize, compression: Compression) -> Option<Vec<u8>> {
    let side = upper::side(shape).filter(|_| compression != Compression::None && size > 0)?;
    upper::is_symmetric(data, side, size).then(|| upper::take(data, side, size))
}

/// The elements of an array on a grid.
struct Numbers {
    grid: Grid,
    numbers: Vec<u32>,
}

/// Appends the numbers of a grid, the shortest way: as a matrix that neighbours predict, or by a coder.
fn put_numbers(
    body: &mut Vec<u8>,
    shape: &[u64],
    Numbers { grid, numbers }: &Numbers,
    compression: Compression,
    reference: Option<&Reference>,
) {
    let dtype = narrowest(grid.top);
    let data = narrow(numbers, dtype);
    let upper = symmetric(shape, &data, dtype.size(), compression);
    let half = upper.as_deref().unwrap_or(&data);
    let matrix = Matrix::new(shape, grid.top, numbers).map(|matrix| {
        let beside = reference.and_then(|other| Some((other, other.aside(shape, grid)?)));
        let (plan, beside) = shorter(&matrix, upper.is_some(), beside);
        (matrix, plan, beside)
    });
    let others = matrix.as_ref().is_none_or(|(_, plan, _)| coder::probe(half) < plan.bytes + plan.bytes / 8);
    let start = body.len();
    if let Some((matrix, plan, beside)) = &matrix {
        body.push(GRID);
        grid.put(body);
        match beside {
            None => body.push(MATRIX),
            Some(reference) => {
                body.push(BESIDE);
                body.extend(reference.hash().to_le_bytes());
            }
        }
        matrix.put(plan, body);
    }
    if !others {
        return;
    }
    let mut other = vec![if upper.is_some() { GRID | UPPER } else { GRID }];
    grid.put(&mut other);
    coder::put(&mut other, dtype, half, compression);
    if matrix.is_none() || other.len() < body.len() - start {
        body.truncate(start);
        body.extend(other);
    }
}

/// The plan for a matrix, alone or beside the reference that came with it.
fn shorter<'a>(
    matrix: &Matrix,
    symmetric: bool,
    beside: Option<(&'a Reference, Aside<'a>)>,
) -> (Plan<'a>, Option<&'a Reference>) {
    /// Bytes of the reference's name here and in its record.
    const NAME: usize = 24;
    let alone = matrix.plan(symmetric, None);
    let Some((reference, aside)) = beside else { return (alone, None) };
    let plan = matrix.plan(symmetric, Some(aside));
    // A reader needs both, so it must be worth it.
    if plan.bytes + plan.bytes / 32 + NAME < alone.bytes { (plan, Some(reference)) } else { (alone, None) }
}

/// The narrowest elements that hold numbers up to `top`.
fn narrowest(top: u32) -> Dtype {
    match top {
        0..=0xff => Dtype::Uint(1),
        0x100..=0xffff => Dtype::Uint(2),
        _ => Dtype::Uint(4),
    }
}

fn narrow(numbers: &[u32], dtype: Dtype) -> Vec<u8> {
    match dtype.size() {
        1 => numbers.iter().map(|&number| number as u8).collect(),
        2 => numbers.iter().flat_map(|&number| (number as u16).to_le_bytes()).collect(),
        _ => numbers.iter().flat_map(|&number| number.to_le_bytes()).collect(),
    }
}

/// Trains the constants of the matrix codec on arrays of some kinds; returns them as Rust, see
/// `examples/train_matrices.rs`. Arrays that are no matrices of decimals are left out.
#[must_use]
pub fn train_matrices(kinds: &[Vec<Array>]) -> String {
    let matrix = |array: &Array| {
        let (grid, numbers) = grid::find(array.dtype, &array.data)?;
        Matrix::new(&array.shape, grid.top, &numbers)
    };
    let kinds: Vec<Vec<Matrix>> = kinds.iter().map(|arrays| arrays.iter().filter_map(matrix).collect()).collect();
    matrix::train::train(&kinds)
}

/// Decodes an array that was coded alone.
///
/// # Errors
/// `Corruption` naming the step.
pub fn decode_array(blob: &[u8]) -> Result<Array> {
    decode_array_beside(blob, None)
}

/// Decodes an array; `beside` is the blob it was coded beside, if there is one.
///
/// # Errors
/// `Corruption` naming the step.
pub fn decode_array_beside(blob: &[u8], beside: Option<&[u8]>) -> Result<Array> {
    Coded::open(blob)?.decode(None, beside)
}

/// Decodes some of the rows of an array, that is, of its first axis; of a matrix only the bands they lie in.
///
/// # Errors
/// `Validation` where there are no such rows, `Corruption` naming the step.
pub fn decode_array_rows(blob: &[u8], rows: Range<u64>, beside: Option<&[u8]>) -> Result<Array> {
    let coded = Coded::open(blob)?;
    match coded.shape.first() {
        Some(&there) if rows.start <= rows.end && rows.end <= there => coded.decode(Some(rows), beside),
        _ => Err(Error::validation(format!(
            "rows {rows:?} of an array of shape {:?}: there are no such rows",
            coded.shape
        ))),
    }
}

/// Whether an array was coded beside another one.
///
/// # Errors
/// `Corruption` naming the step.
pub fn needs_reference(blob: &[u8]) -> Result<bool> {
    let mut coded = Coded::open(blob)?;
    Ok(coded.view()?.is_some() && coded.rest.u8()? == BESIDE)
}

/// The dtype and shape of a stored array.
///
/// # Errors
/// `Corruption` naming the step.
pub fn array_layout(blob: &[u8]) -> Result<(Dtype, Vec<u64>)> {
    Coded::open(blob).map(|coded| (coded.dtype, coded.shape))
}

/// A blob that was opened and whose elements are not decoded.
struct Coded<'a> {
    dtype: Dtype,
    shape: Vec<u64>,
    count: usize,
    /// Whether only half of a symmetric matrix is there, once the view was read.
    upper: bool,
    /// From the view on.
    rest: Reader<'a>,
}

impl<'a> Coded<'a> {
    fn open(blob: &'a [u8]) -> Result<Self> {
        let (version, body) = envelope::open(Codec::Array, blob)?;
        if version != VERSION {
            return Err(envelope::unknown_version(Codec::Array, version));
        }
        let mut rest = Reader::new(body, "array blob");
        let dtype = Dtype::parse(rest.text()?).ok_or_else(|| rest.broken())?;
        let axes = rest.count(MAX_AXES)?;
        let shape = (0..axes).map(|_| rest.varint()).collect::<Result<Vec<u64>>>()?;
        let count =
            elements(&shape).filter(|count| count.checked_mul(dtype.size()).is_some_and(|size| size <= MAX_RAW));
        let count = count.ok_or_else(|| rest.broken())?;
        Ok(Self { dtype, shape, count, upper: false, rest })
    }

    /// The grid, if there is one; then comes the coder.
    fn view(&mut self) -> Result<Option<Grid>> {
        let view = self.rest.u8()?;
        if view & !(GRID | UPPER) != 0 {
            return Err(self.rest.broken());
        }
        self.upper = view & UPPER != 0;
        if view & GRID == 0 { Ok(None) } else { Grid::get(&mut self.rest).map(Some) }
    }

    /// Everything, or some rows.
    fn decode(mut self, rows: Option<Range<u64>>, beside: Option<&[u8]>) -> Result<Array> {
        let grid = self.view()?;
        if let (Some(grid), MATRIX | BESIDE) = (&grid, self.rest.clone().u8()?) {
            return self.decode_matrix(grid, rows, beside);
        }
        let coded = grid.as_ref().map_or(self.dtype, |grid| narrowest(grid.top));
        let data = if !self.upper {
            coder::get(&mut self.rest, coded, self.count)?
        } else {
            let side = upper::side(&self.shape).filter(|_| coded.size() > 0).ok_or_else(|| self.rest.broken())?;
            let half = coder::get(&mut self.rest, coded, upper::places(side))?;
            upper::mirror(&half, side, coded.size())
        };
        let data = match &grid {
            None => data,
            Some(grid) => widened(grid, self.dtype, coded, &data).ok_or_else(|| self.rest.broken())?,
        };
        self.rest.clone().finish()?;
        self.cut(data, 0, rows)
    }

    fn decode_matrix(mut self, grid: &Grid, rows: Option<Range<u64>>, beside: Option<&[u8]>) -> Result<Array> {
        let named = if self.rest.u8()? == BESIDE { Some(self.rest.u64()?) } else { None };
        let mut wanted = self.wanted(grid, None)?;
        // Rows of the matrix; of an array of more than two axes several to a row of the array.
        let each = self.shape.first().map_or(1, |&first| wanted.rows as u64 / first.max(1)) as usize;
        if let Some(rows) = &rows {
            wanted.span = rows.start as usize * each..rows.end as usize * each;
        }
        let width = wanted.columns;
        let read = |named| {
            let like = (&self.shape[..], grid);
            move |span: Range<usize>| reference::read(beside, named, like, span)
        };
        let found = matrix::get(self.rest.clone().rest(), wanted, named.map(read))?;
        let data = grid.values(self.dtype, found.values.iter().map(|&value| value.into()));
        let data = data.ok_or_else(|| self.rest.broken())?;
        let skipped = found.first * width * self.dtype.size();
        self.cut(data, skipped, rows)
    }

    /// The matrix that this is, and some of its rows or all.
    fn wanted(&self, grid: &Grid, span: Option<Range<usize>>) -> Result<Wanted> {
        let layout = matrix::layout(&self.shape).zip(u16::try_from(grid.top).ok());
        let ((rows, columns), top) = layout.ok_or_else(|| self.rest.broken())?;
        Ok(Wanted { rows, columns, top, span: span.unwrap_or(0..rows) })
    }

    /// The array, or some rows of it; of the data this many bytes at the beginning were left out.
    fn cut(self, data: Vec<u8>, skipped: usize, rows: Option<Range<u64>>) -> Result<Array> {
        let Self { dtype, mut shape, .. } = self;
        let Some(rows) = rows else { return Ok(Array { dtype, shape, data }) };
        let row = elements(shape.get(1..).unwrap_or_default()).unwrap_or(0) * dtype.size();
        let place = |at: u64| (at as usize * row).saturating_sub(skipped);
        let (from, to) = (place(rows.start), place(rows.end));
        let data = if from < to { data.get(from..to).ok_or_else(|| self.rest.broken())?.to_vec() } else { Vec::new() };
        if let Some(height) = shape.first_mut() {
            *height = rows.end - rows.start;
        }
        Ok(Array { dtype, shape, data })
    }
}

fn widened(grid: &Grid, dtype: Dtype, coded: Dtype, data: &[u8]) -> Option<Vec<u8>> {
    match coded.size() {
        1 => grid.values(dtype, data.iter().map(|&byte| byte.into())),
        2 => grid.values(dtype, data.as_chunks::<2>().0.iter().map(|&bytes| u16::from_le_bytes(bytes).into())),
        _ => grid.values(dtype, data.as_chunks::<4>().0.iter().map(|&bytes| u32::from_le_bytes(bytes))),
    }
}

fn elements(shape: &[u64]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &axis| product.checked_mul(usize::try_from(axis).ok()?))
}

#[cfg(test)]
mod tests;
