//! Functions of files that need not be open: their pages, digests and parts.

use std::path::PathBuf;

use proteusdb_core::store;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::keeper::watched;

#[pyfunction]
#[pyo3(signature = (path, start, stop, watch=None))]
pub fn digest_file(py: Python<'_>, path: PathBuf, start: u64, stop: u64, watch: Option<Py<PyAny>>) -> PyResult<String> {
    let digest = watched(py, watch.as_ref(), |watch| store::digest(&path, start, stop, watch))?;
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[pyfunction]
#[pyo3(signature = (path, start, stop, target, watch=None))]
pub fn extract_file(
    py: Python<'_>,
    path: PathBuf,
    start: u64,
    stop: u64,
    target: PathBuf,
    watch: Option<Py<PyAny>>,
) -> PyResult<()> {
    watched(py, watch.as_ref(), |watch| store::extract(&path, start, stop, &target, watch))
}

/// {"faults": [..], "damaged_pages": [..], "pages": .., "free_pages": .., "page_size": ..} of a file that need not open;
/// None where it is written too fast to tell.
#[pyfunction]
#[pyo3(signature = (path, watch=None))]
pub fn look_into(py: Python<'_>, path: PathBuf, watch: Option<Py<PyAny>>) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(pages) = watched(py, watch.as_ref(), |watch| store::look_into(&path, watch))? else { return Ok(None) };
    let dict = PyDict::new(py);
    dict.set_item("faults", pages.faults)?;
    dict.set_item("damaged_pages", pages.damaged.iter().collect::<Vec<_>>())?;
    dict.set_item("pages", pages.total)?;
    dict.set_item("free_pages", pages.free)?;
    dict.set_item("page_size", pages.size)?;
    Ok(Some(dict))
}

/// XXH3-128 of bytes, as 32 hexadecimal digits.
#[pyfunction]
pub fn digest(data: &[u8]) -> String {
    format!("{:032x}", store::digest_of(data))
}

/// The kind of file system that a path lies on, where other hosts share it; else None.
#[pyfunction]
pub fn network_file_system(path: PathBuf) -> Option<String> {
    store::network_file_system(&path)
}

/// Writes what can be read of the file at `source` into a new one; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (source, target, watch=None))]
pub fn salvage(
    py: Python<'_>,
    source: PathBuf,
    target: PathBuf,
    watch: Option<Py<PyAny>>,
) -> PyResult<Bound<'_, PyDict>> {
    let told = watched(py, watch.as_ref(), |watch| store::salvage(&source, &target, watch))?;
    let saved = PyDict::new(py);
    for (name, count) in [
        ("predictions", told.saved.predictions),
        ("versions", told.saved.versions),
        ("models", told.saved.models),
        ("analyses", told.saved.analyses),
        ("blobs", told.saved.blobs),
        ("bytes", told.saved.bytes),
        ("quarantined", told.saved.quarantined),
    ] {
        saved.set_item(name, count)?;
    }
    let dict = PyDict::new(py);
    dict.set_item("saved", saved)?;
    dict.set_item("lost", told.lost)?;
    dict.set_item("faults", told.pages.faults)?;
    dict.set_item("damaged_pages", told.pages.damaged.iter().collect::<Vec<_>>())?;
    dict.set_item("stray_pages", told.stray_pages)?;
    Ok(dict)
}
