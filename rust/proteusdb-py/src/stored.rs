//! One version of a prediction, as Python sees it before anything is decoded.

use std::sync::Arc;

use proteusdb_core::Error;
use proteusdb_core::query::{Field, ordered};
use proteusdb_core::record::{Part, PartBody, PartKind, Prediction, UNSET_TIME};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::errors::raise;
use crate::row;
use crate::values;

/// A version of a prediction: columns, metadata and references to its parts.
#[pyclass(frozen, module = "proteusdb._core")]
#[derive(Clone)]
pub struct Stored(pub Arc<Prediction>);

impl From<Prediction> for Stored {
    fn from(prediction: Prediction) -> Self {
        Self(Arc::new(prediction))
    }
}

impl Stored {
    /// Where the bytes of a part are.
    pub fn body(&self, kind: &str, name: &str) -> Option<&PartBody> {
        self.0.parts.iter().find(|part| part.kind.name() == kind && part.name == name).map(|part| &part.body)
    }
}

#[pymethods]
impl Stored {
    #[getter]
    fn prediction_id(&self) -> &str {
        &self.0.id
    }

    #[getter]
    fn version(&self) -> u32 {
        self.0.version
    }

    #[getter]
    fn updated_at(&self) -> i64 {
        self.0.updated_at
    }

    #[getter]
    fn created_at(&self) -> i64 {
        // Not given yet: the transaction fills it in.
        if self.0.created_at == UNSET_TIME { 0 } else { self.0.created_at }
    }

    #[getter]
    fn deleted(&self) -> bool {
        self.0.deleted
    }

    #[getter]
    fn sequence(&self) -> &str {
        &self.0.sequence
    }

    #[getter]
    fn chain_types(&self) -> Vec<&'static str> {
        self.0.chain_types.iter().map(|kind| kind.name()).collect()
    }

    #[getter]
    fn length(&self) -> usize {
        self.0.length()
    }

    #[getter]
    fn model_id(&self) -> Option<&str> {
        self.0.model_id.as_deref()
    }

    #[getter]
    fn job(&self) -> Option<&str> {
        self.0.job.as_deref()
    }

    #[getter]
    fn seed(&self) -> Option<i64> {
        self.0.seed
    }

    #[getter]
    fn sample(&self) -> Option<i64> {
        self.0.sample
    }

    #[getter]
    fn rank(&self) -> Option<i64> {
        self.0.rank
    }

    #[getter]
    fn ranking_score(&self) -> Option<f64> {
        self.0.ranking_score()
    }

    #[getter]
    fn confidence(&self) -> Option<f64> {
        self.0.confidence()
    }

    #[getter]
    fn mean_plddt(&self) -> Option<f64> {
        self.0.mean_plddt
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        values::to_dict(py, &self.0.metadata)
    }

    #[getter]
    fn parts(&self) -> Vec<(&'static str, &str, u64)> {
        self.0.parts.iter().map(|part| (part.kind.name(), part.name.as_str(), part.size)).collect()
    }

    fn fresh<'py>(&self, py: Python<'py>, kind: &str, name: &str) -> Option<Bound<'py, PyBytes>> {
        match self.body(kind, name)? {
            PartBody::Fresh(bytes) => Some(PyBytes::new(py, bytes)),
            PartBody::Stored(_) | PartBody::Kept(_) => None,
        }
    }

    /// The key under which a back end outside the core keeps a part.
    fn key(&self, kind: &str, name: &str) -> Option<&str> {
        match self.body(kind, name)? {
            PartBody::Kept(key) => Some(key),
            PartBody::Stored(_) | PartBody::Fresh(_) => None,
        }
    }

    /// The bytes of every part that is still in memory, in the order of `parts`.
    fn fresh_parts<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        let fresh = self.0.parts.iter().filter_map(|part| match &part.body {
            PartBody::Fresh(bytes) => Some(PyBytes::new(py, bytes)),
            PartBody::Stored(_) | PartBody::Kept(_) => None,
        });
        fresh.collect()
    }

    /// The same version with these bytes for its parts, in their order.
    fn with_bytes(&self, parts: Vec<PyBackedBytes>) -> PyResult<Self> {
        if parts.len() != self.0.parts.len() {
            let problem = format!("prediction {:?} has {} parts, not {}", self.0.id, self.0.parts.len(), parts.len());
            return Err(raise(Error::storage(problem)));
        }
        let fresh = |(part, bytes): (&Part, &PyBackedBytes)| Part {
            size: bytes.len() as u64,
            body: PartBody::Fresh(Arc::from(&bytes[..])),
            ..part.clone()
        };
        let parts = self.0.parts.iter().zip(&parts).map(fresh).collect();
        Ok(Prediction { parts, ..(*self.0).clone() }.into())
    }

    /// The same version with these bytes for its structure.
    fn with_structure(&self, data: PyBackedBytes) -> Self {
        let mut next = (*self.0).clone();
        for part in next.parts.iter_mut().filter(|part| part.kind == PartKind::Structure) {
            part.size = data.len() as u64;
            part.body = PartBody::Fresh(Arc::from(&data[..]));
        }
        next.into()
    }

    /// The version as a row of plain values; `keys` name its fresh parts.
    fn row<'py>(&self, py: Python<'py>, keys: Vec<String>) -> PyResult<Bound<'py, PyTuple>> {
        row::write(py, &self.0, keys)
    }

    /// The key of what a field holds in an index on any value; None where it holds nothing.
    fn index_key<'py>(&self, py: Python<'py>, field: &str) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let field = Field::declarable(field).map_err(raise)?;
        Ok(ordered::of(&self.0, &field).map(|key| PyBytes::new(py, &key)))
    }

    #[pyo3(signature = (version, *, updated_at, created_at, model_id))]
    fn with_version(&self, version: u32, updated_at: i64, created_at: i64, model_id: Option<String>) -> Self {
        // A time that was given stays, 1970-01-01T00:00:00Z too.
        let created_at = if self.0.created_at == UNSET_TIME { created_at } else { self.0.created_at };
        Prediction { version, updated_at, created_at, model_id, ..(*self.0).clone() }.into()
    }

    #[pyo3(signature = (*, updated_at))]
    fn tombstone(&self, updated_at: i64) -> Self {
        let gone = &*self.0;
        Prediction { version: gone.version + 1, updated_at, deleted: true, parts: Vec::new(), ..gone.clone() }.into()
    }

    fn __repr__(&self) -> String {
        format!("Stored({:?}, version={})", self.0.id, self.0.version)
    }
}
