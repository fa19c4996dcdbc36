//! A matrix that is stored, and that others like it are coded beside: the errors of the next samples of a job.
//!
//! ```text
//! sample 0   pae   coded alone                      2.3 bits an entry
//! sample 1   pae   beside that of sample 0          1.5
//! ```
//!
//! A blob that was coded beside another names it by the hash of its bytes. Only one that was coded alone can be named, so
//! nothing ever needs more than one other blob.

use std::ops::Range;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::grid::Grid;
use super::matrix::{self, Aside, Rows};
use super::{Coded, MATRIX};
use crate::error::{Error, Result};
use crate::record::{Array, Dtype};

/// Shorter blobs are not worth a name, nor does a store look for equals of them.
const LEAST: usize = 512;
/// Values that are compared at a time: two arrays mostly differ in the first.
const CHUNK: usize = 1024;
/// Numbers of two grids that are further apart have nothing to tell each other.
const MAX_SHIFT: i64 = u16::MAX as i64;

/// A stored matrix, decoded.
#[derive(Debug)]
pub struct Reference {
    blob: Arc<[u8]>,
    dtype: Dtype,
    shape: Vec<u64>,
    grid: Grid,
    rows: Rows,
}

impl Reference {
    /// A blob to code others beside; `None` where it is none that could be.
    #[must_use]
    pub fn new(blob: Arc<[u8]>) -> Option<Self> {
        if blob.len() < LEAST {
            return None;
        }
        let stored = Stored::open(&blob).ok()?;
        let (dtype, grid, shape) = (stored.coded.dtype, stored.grid, stored.coded.shape.clone());
        let rows = stored.rows(None).ok()?;
        Some(Self { blob, dtype, shape, grid, rows })
    }

    /// Its bytes.
    #[must_use]
    pub fn blob(&self) -> &Arc<[u8]> {
        &self.blob
    }

    /// Whether this array is what it holds.
    #[must_use]
    pub fn holds(&self, array: &Array) -> bool {
        let size = self.dtype.size();
        let same = |(values, data): (&[u16], &[u8])| {
            self.grid.values(self.dtype, values.iter().map(|&value| value.into())).is_some_and(|found| found == data)
        };
        (self.dtype, &self.shape) == (array.dtype, &array.shape)
            && self.rows.values.chunks(CHUNK).zip(array.data.chunks(CHUNK * size)).all(same)
    }

    /// Its shape.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Bytes it takes in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.blob.len() + 2 * self.rows.values.len()
    }

    /// By what a blob names it.
    pub(super) fn hash(&self) -> u64 {
        hash(&self.blob)
    }

    /// Its values for a matrix of this shape on this grid.
    pub(super) fn aside(&self, shape: &[u64], grid: &Grid) -> Option<Aside<'_>> {
        let shift = shift(&self.grid, grid).filter(|_| self.shape == shape)?;
        Some(Aside { values: &self.rows.values, first: self.rows.first, shift })
    }
}

/// By what a blob is named.
fn hash(blob: &[u8]) -> u64 {
    xxh3_64(blob)
}

/// What is added to numbers of one grid to have them as numbers of another.
fn shift(from: &Grid, to: &Grid) -> Option<i32> {
    let apart = i64::from(from.least) - i64::from(to.least);
    let step = i64::from(to.step);
    let fits = (from.decimals, from.step) == (to.decimals, to.step) && step > 0 && apart % step == 0;
    let shift = fits.then(|| apart / step).filter(|shift| shift.abs() <= MAX_SHIFT)?;
    i32::try_from(shift).ok()
}

/// Rows of the matrix in `blob`, which must be the one that `named` names and have this shape; and their shift.
pub(super) fn read(
    blob: Option<&[u8]>,
    named: u64,
    like: (&[u64], &Grid),
    wanted: Range<usize>,
) -> Result<(Rows, i32)> {
    let blob = blob.ok_or_else(|| Error::corruption("array blob: it is coded beside another one, which is missing"))?;
    if hash(blob) != named {
        return Err(Error::corruption("array blob: it is coded beside another one than this"));
    }
    let stored = Stored::open(blob)?;
    let shift = shift(&stored.grid, like.1).filter(|_| stored.coded.shape == like.0);
    let shift = shift.ok_or_else(|| Error::corruption("array blob: it is coded beside one of another kind"))?;
    Ok((stored.rows(Some(wanted))?, shift))
}

/// A matrix that was coded alone.
struct Stored<'a> {
    coded: Coded<'a>,
    grid: Grid,
}

impl<'a> Stored<'a> {
    fn open(blob: &'a [u8]) -> Result<Self> {
        let mut coded = Coded::open(blob)?;
        match coded.view()? {
            Some(grid) if coded.rest.u8()? == MATRIX => Ok(Self { coded, grid }),
            _ => Err(coded.rest.broken()),
        }
    }

    /// Some rows, or all.
    fn rows(mut self, wanted: Option<Range<usize>>) -> Result<Rows> {
        let wanted = self.coded.wanted(&self.grid, wanted)?;
        let alone = None::<fn(Range<usize>) -> Result<(Rows, i32)>>;
        matrix::get(self.coded.rest.rest(), wanted, alone)
    }
}
