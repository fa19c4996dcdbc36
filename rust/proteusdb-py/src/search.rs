//! Queries on the embedded store.

use proteusdb_core::Error;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::raise;
use crate::store::Store;

pub fn query(_: &Store, _: Python<'_>, _: &Bound<'_, PyAny>, _: Option<f64>) -> PyResult<Vec<(String, u32)>> {
    Err(raise(Error::query("not yet")))
}
pub fn count(_: &Store, _: Python<'_>, _: &Bound<'_, PyAny>, _: Option<f64>) -> PyResult<u64> {
    Err(raise(Error::query("not yet")))
}
pub fn explain<'py>(_: &Store, _: Python<'py>, _: &Bound<'_, PyAny>, _: Option<f64>) -> PyResult<Bound<'py, PyDict>> {
    Err(raise(Error::query("not yet")))
}
pub fn best(
    _: &Store,
    _: Python<'_>,
    _: &Bound<'_, PyAny>,
    _: (&str, &str),
    _: Option<f64>,
) -> PyResult<Vec<(String, u32)>> {
    Err(raise(Error::query("not yet")))
}
