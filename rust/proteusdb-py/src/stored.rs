//! One version of a prediction, as Python sees it before anything is decoded.

use std::sync::Arc;

use proteusdb_core::record::{PartBody, PartKind, Prediction, UNSET_TIME};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

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

/// The name of a kind of part.
pub fn kind_name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Structure => "structure",
        PartKind::Array => "array",
        PartKind::Original => "original",
    }
}

impl Stored {
    /// Where the bytes of a part are.
    pub fn body(&self, kind: &str, name: &str) -> Option<&PartBody> {
        self.0.parts.iter().find(|part| kind_name(part.kind) == kind && part.name == name).map(|part| &part.body)
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
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        values::to_dict(py, &self.0.metadata)
    }

    #[getter]
    fn parts(&self) -> Vec<(&'static str, &str, u64)> {
        self.0.parts.iter().map(|part| (kind_name(part.kind), part.name.as_str(), part.size)).collect()
    }

    fn fresh<'py>(&self, py: Python<'py>, kind: &str, name: &str) -> Option<Bound<'py, PyBytes>> {
        match self.body(kind, name)? {
            PartBody::Fresh(bytes) => Some(PyBytes::new(py, bytes)),
            PartBody::Stored(_) => None,
        }
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
