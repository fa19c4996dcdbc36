//! What a file is before its structure is read: its bytes without compression, its format, its JSON.

use std::borrow::Cow;

use proteusdb_core::formats;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;
use crate::values;

/// The plain bytes; the same object where nothing was compressed.
#[pyfunction]
#[pyo3(signature = (data, *, name))]
pub fn decompress<'py>(py: Python<'py>, data: Bound<'py, PyBytes>, name: &str) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = data.as_bytes();
    match py.detach(|| formats::decompress(bytes)).map_err(|error| raise(error.context(name)))? {
        Cow::Borrowed(_) => Ok(data.clone()),
        Cow::Owned(plain) => Ok(PyBytes::new(py, &plain)),
    }
}

/// The format of plain bytes.
#[pyfunction]
pub fn sniff(data: &[u8]) -> Option<&'static str> {
    formats::sniff(data).map(formats::Format::name)
}

/// What JSON holds; lists of numbers become arrays.
#[pyfunction]
#[pyo3(signature = (data, *, name))]
pub fn read_json<'py>(py: Python<'py>, data: &[u8], name: &str) -> PyResult<Bound<'py, PyAny>> {
    let value = py.detach(|| formats::read_json(data)).map_err(|error| raise(error.context(name)))?;
    values::to_python(py, &value)
}
