//! Blobs to what they hold, and small questions to the core that need no store.

use numpy::{IntoPyArray, PyArray1, PyUntypedArray};
use proteusdb_core::query::{Contest, Field, Moments};
use proteusdb_core::record::{self, id, time};
use proteusdb_core::{codec, validate};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};

use crate::errors::raise;
use crate::settings::Settings;
use crate::structure::Structure;
use crate::{arrays, search, settings, values};

#[pyfunction]
pub fn decode_structure(py: Python<'_>, data: &[u8]) -> PyResult<Structure> {
    py.detach(|| codec::decode_structure(data)).map(Structure::from).map_err(raise)
}

#[pyfunction]
#[pyo3(signature = (structure, *, compression="fast", precision=None))]
pub fn encode_structure<'py>(
    py: Python<'py>,
    structure: &Structure,
    compression: &str,
    precision: Option<f64>,
) -> PyResult<Bound<'py, PyBytes>> {
    let inner = structure.inner().clone();
    let encode = || {
        let compression = settings::parse(compression)?;
        match precision {
            Some(own) => {
                codec::encode_structure_within(&codec::within(&inner, own, compression)?, compression, precision)
            }
            None => codec::encode_structure(&inner, compression),
        }
    };
    let blob = py.detach(encode).map_err(raise)?;
    Ok(PyBytes::new(py, &blob))
}

/// pLDDT of each residue and of each atom, without the coordinates.
#[pyfunction]
pub fn decode_plddt<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Option<(Floats<'py>, Floats<'py>)>> {
    let plddt = || codec::decode_outline(data).map(|outline| outline.plddt().zip(outline.plddt_atom()));
    let found = py.detach(plddt).map_err(raise)?;
    Ok(found.map(|(residues, atoms)| (residues.into_pyarray(py), atoms.into_pyarray(py))))
}

type Floats<'py> = Bound<'py, PyArray1<f32>>;

#[pyfunction]
#[pyo3(signature = (data, beside=None))]
pub fn decode_array<'py>(py: Python<'py>, data: &[u8], beside: Option<&[u8]>) -> PyResult<Bound<'py, PyAny>> {
    let array = py.detach(|| codec::decode_array_beside(data, beside)).map_err(raise)?;
    arrays::to_python(py, &array)
}

#[pyfunction]
#[pyo3(signature = (data, start, stop, beside=None))]
pub fn decode_array_rows<'py>(
    py: Python<'py>,
    data: &[u8],
    start: u64,
    stop: u64,
    beside: Option<&[u8]>,
) -> PyResult<Bound<'py, PyAny>> {
    let array = py.detach(|| codec::decode_array_rows(data, start..stop, beside)).map_err(raise)?;
    arrays::to_python(py, &array)
}

#[pyfunction]
pub fn array_shape<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyTuple>> {
    let (_, shape) = codec::array_layout(data).map_err(raise)?;
    PyTuple::new(py, shape)
}

#[pyfunction]
#[pyo3(signature = (array, settings, beside=None))]
pub fn encode_array<'py>(
    py: Python<'py>,
    array: &Bound<'py, PyUntypedArray>,
    settings: &Settings,
    beside: Option<&[u8]>,
) -> PyResult<Bound<'py, PyBytes>> {
    let compression = settings.compression;
    let array = arrays::from_python("array", array).map_err(raise)?;
    let encode = || {
        let reference = beside.and_then(|blob| codec::Reference::new(blob.into()));
        codec::encode_array_beside(&array, compression, reference.as_ref())
    };
    let blob = py.detach(encode).map_err(raise)?;
    Ok(PyBytes::new(py, &blob))
}

#[pyfunction]
#[pyo3(signature = (data, structure, sources))]
pub fn decode_original<'py>(
    py: Python<'py>,
    data: &[u8],
    structure: Option<&[u8]>,
    sources: Vec<(PyBackedBytes, Option<PyBackedBytes>)>,
) -> PyResult<Bound<'py, PyBytes>> {
    let decode = || {
        let sources = sources.iter().map(|(blob, beside)| (&blob[..], beside.as_deref()));
        codec::decode_original(data, &codec::Blobs::new(structure, sources))
    };
    let bytes = py.detach(decode).map_err(raise)?;
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
pub fn read_moment(text: &str) -> Option<(i64, i64)> {
    Moments::read(text).map(|moments| (moments.first, moments.last))
}

#[pyfunction]
pub fn parse_contest(by: &str, per: &str) -> PyResult<()> {
    Contest::parse(by, per).map(|_| ()).map_err(raise)
}

#[pyfunction]
pub fn parse_index(field: &str) -> PyResult<String> {
    Field::declarable(field).map(|field| field.name()).map_err(raise)
}

#[pyfunction]
#[pyo3(signature = (name, version, configuration))]
pub fn model_id(name: &str, version: Option<&str>, configuration: &Bound<'_, PyAny>) -> PyResult<String> {
    let configuration = values::map("configuration", configuration).map_err(raise)?;
    Ok(record::model_id(name, version, &configuration))
}

#[pyfunction]
pub fn check_metadata(field: &str, metadata: &Bound<'_, PyAny>) -> PyResult<()> {
    values::map(field, metadata).and_then(|map| validate::check_metadata(field, &map)).map_err(raise)
}

#[pyfunction]
pub fn fresh_id() -> String {
    id::fresh()
}

#[pyfunction]
pub fn now() -> i64 {
    time::now()
}
