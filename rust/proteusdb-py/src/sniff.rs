//! What a file is, before anybody reads it: its bytes without compression, and its format.

use std::borrow::Cow;

use proteusdb_core::formats;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;

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
