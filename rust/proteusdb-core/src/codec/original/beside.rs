//! What is stored beside a file, and predicts it.

use std::cell::OnceCell;

use crate::codec::{decode_array_beside, decode_structure};
use crate::error::{Error, Result};
use crate::record::{Array, Structure};

/// The rest of the record that a file belongs to; asked only for what a file was predicted from.
pub trait Beside {
    /// The structure of the record.
    ///
    /// # Errors
    /// `Corruption` where there is none, or what decoding it fails with.
    fn structure(&self) -> Result<&Structure>;

    /// An array that encoding the file gave, by its place among them.
    ///
    /// # Errors
    /// As [`Beside::structure`].
    fn array(&self, index: usize) -> Result<&Array>;
}

/// What is in memory already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// The structure of the record.
    pub structure: Option<&'a Structure>,
    /// The arrays that encoding the file gave, in their order.
    pub arrays: &'a [Array],
}

impl Beside for Given<'_> {
    fn structure(&self) -> Result<&Structure> {
        self.structure.ok_or_else(no_structure)
    }

    fn array(&self, index: usize) -> Result<&Array> {
        self.arrays.get(index).ok_or_else(|| no_array(index))
    }
}

/// The stored blobs, decoded when they are asked for.
#[derive(Debug, Default)]
pub struct Blobs<'a> {
    structure: Option<&'a [u8]>,
    decoded: OnceCell<Structure>,
    arrays: Vec<(StoredArray<'a>, OnceCell<Array>)>,
}

/// The blob of an array, and that of the one it was coded beside, if it was.
pub type StoredArray<'a> = (&'a [u8], Option<&'a [u8]>);

impl<'a> Blobs<'a> {
    /// The blob of the record's structure, and those of the file's arrays in their order.
    #[must_use]
    pub fn new(structure: Option<&'a [u8]>, arrays: impl IntoIterator<Item = StoredArray<'a>>) -> Self {
        let arrays = arrays.into_iter().map(|blob| (blob, OnceCell::new())).collect();
        Self { structure, decoded: OnceCell::new(), arrays }
    }
}

impl Beside for Blobs<'_> {
    fn structure(&self) -> Result<&Structure> {
        let blob = self.structure.ok_or_else(no_structure)?;
        once(&self.decoded, || decode_structure(blob))
    }

    fn array(&self, index: usize) -> Result<&Array> {
        let ((blob, beside), cell) = self.arrays.get(index).ok_or_else(|| no_array(index))?;
        once(cell, || decode_array_beside(blob, *beside))
    }
}

fn once<T>(cell: &OnceCell<T>, decode: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        // Set by nobody else: a cell is not shared between threads.
        let _ = cell.set(decode()?);
    }
    cell.get().ok_or_else(no_structure)
}

fn no_structure() -> Error {
    Error::corruption("original file: it is predicted from a structure, and its record has none")
}

fn no_array(index: usize) -> Error {
    Error::corruption(format!("original file: array {index} that it is predicted from is missing"))
}
