//! What a file is, before anybody reads it.

use proteusdb_core::formats;
use pyo3::prelude::*;

/// The format of plain bytes.
#[pyfunction]
pub fn sniff(data: &[u8]) -> Option<&'static str> {
    formats::sniff(data).map(formats::Format::name)
}
