//! Blobs to what they hold, and small questions to the core that need no store.

use proteusdb_core::record::{id, time};
use proteusdb_core::{Error, codec, validate};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;
use crate::structure::Structure;
use crate::{arrays, search};

#[pyfunction]
pub fn decode_structure(py: Python<'_>, data: &[u8]) -> PyResult<Structure> {
    py.detach(|| codec::decode_structure(data)).map(Structure::from).map_err(raise)
}

#[pyfunction]
pub fn encode_structure<'py>(py: Python<'py>, structure: &Structure) -> PyResult<Bound<'py, PyBytes>> {
    let inner = structure.inner().clone();
    let blob = py.detach(|| codec::encode_structure(&inner, codec::Compression::Fast)).map_err(raise)?;
    Ok(PyBytes::new(py, &blob))
}

#[pyfunction]
pub fn decode_array<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let array = py.detach(|| codec::decode_array(data)).map_err(raise)?;
    arrays::to_python(py, &array)
}

#[pyfunction]
#[pyo3(signature = (data, structure))]
pub fn decode_original<'py>(py: Python<'py>, data: &[u8], structure: Option<&[u8]>) -> PyResult<Bound<'py, PyBytes>> {
    let missing = || Error::corruption("original file blob: the structure it was predicted from is missing");
    let predicted_from = || codec::decode_structure(structure.ok_or_else(missing)?);
    let bytes = py.detach(|| codec::decode_original(data, predicted_from)).map_err(raise)?;
    Ok(PyBytes::new(py, &bytes))
}

#[pyfunction]
pub fn check_sequence(sequence: &str) -> PyResult<String> {
    validate::check_sequence(sequence).map_err(raise)
}

#[pyfunction]
pub fn parse_criteria(criteria: &Bound<'_, PyAny>) -> PyResult<()> {
    search::parse(criteria).map(|_| ()).map_err(raise)
}

#[pyfunction]
pub fn fresh_id() -> String {
    id::fresh()
}

#[pyfunction]
pub fn now() -> i64 {
    time::now()
}
