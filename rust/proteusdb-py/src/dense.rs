//! Structures into padded arrays of the caller's, without the interpreter's lock.

use numpy::{Element, PyReadwriteArray, PyReadwriteArray2, PyReadwriteArray3, PyReadwriteArray4};
use proteusdb_core::record::dense::Rows;
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::errors::raise;
use crate::structure::Structure;

/// Fills one row of each array with each structure; how many residues each has.
#[pyfunction]
#[pyo3(signature = (structures, ids, *, coords=None, mask=None, plddt=None, aatype=None, residue_index=None,
    chain_index=None))]
#[expect(clippy::too_many_arguments, reason = "keywords, one a column")]
pub fn fill_rows(
    py: Python<'_>,
    structures: Vec<Option<PyRef<'_, Structure>>>,
    ids: Vec<PyBackedStr>,
    mut coords: Option<PyReadwriteArray4<'_, f32>>,
    mut mask: Option<PyReadwriteArray3<'_, bool>>,
    mut plddt: Option<PyReadwriteArray2<'_, f32>>,
    mut aatype: Option<PyReadwriteArray2<'_, i64>>,
    mut residue_index: Option<PyReadwriteArray2<'_, i64>>,
    mut chain_index: Option<PyReadwriteArray2<'_, i64>>,
) -> PyResult<Vec<usize>> {
    let count = structures.len();
    let mut coords = parts(coords.as_mut(), count).map_err(raise)?;
    let mut mask = parts(mask.as_mut(), count).map_err(raise)?;
    let mut plddt = parts(plddt.as_mut(), count).map_err(raise)?;
    let mut aatype = parts(aatype.as_mut(), count).map_err(raise)?;
    let mut residue_index = parts(residue_index.as_mut(), count).map_err(raise)?;
    let mut chain_index = parts(chain_index.as_mut(), count).map_err(raise)?;
    let structures: Vec<_> = structures.iter().map(|one| one.as_ref().map(|one| one.inner().clone())).collect();
    let mut fill = || {
        structures
            .iter()
            .enumerate()
            .map(|(number, structure)| {
                let mut rows = Rows {
                    coords: coords.next(),
                    mask: mask.next(),
                    plddt: plddt.next(),
                    aatype: aatype.next(),
                    residue_index: residue_index.next(),
                    chain_index: chain_index.next(),
                };
                match structure {
                    Some(structure) => {
                        structure.fill_rows(&mut rows).map_err(|error| error.context(name(&ids, number)))
                    }
                    None => {
                        rows.clear();
                        Ok(0)
                    }
                }
            })
            .collect::<Result<Vec<usize>>>()
    };
    py.detach(&mut fill).map_err(raise)
}

/// The prediction, for messages.
fn name(ids: &[PyBackedStr], number: usize) -> String {
    ids.get(number).map_or_else(|| format!("structure {number}"), |id| format!("prediction {id:?}"))
}

/// What belongs to each structure of an array whose first axis is theirs; nothing where there is no array.
fn parts<'a, T: Element + Send, D: numpy::ndarray::Dimension>(
    array: Option<&'a mut PyReadwriteArray<'_, T, D>>,
    count: usize,
) -> Result<std::vec::IntoIter<&'a mut [T]>> {
    let Some(array) = array else { return Ok(Vec::new().into_iter()) };
    let slice = array.as_slice_mut().map_err(|_| Error::validation("out: an array is not contiguous in C order"))?;
    let width = slice.len().checked_div(count).unwrap_or(0);
    if width * count != slice.len() {
        return Err(Error::validation(format!("out: an array's first axis is not {count} long")));
    }
    let parts: Vec<&mut [T]> = if width == 0 { Vec::new() } else { slice.chunks_exact_mut(width).collect() };
    Ok(parts.into_iter())
}
