//! `_core.Store`: the embedded store for Python. Every call is one transaction and runs without the GIL.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use proteusdb_core::operation::{Operation as CoreOperation, Outcome};
use proteusdb_core::query::Field;
use proteusdb_core::record::{Analysis, PartBody, Prediction, PredictionModel};
use proteusdb_core::store::{self, Durability, Mode, Options, Sample, Snapshot, Stats, Store as Core, Version};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyDict, PyList};

use crate::errors::raise;
use crate::operation::Operation;
use crate::search;
use crate::settings;
use crate::stored::Stored;
use crate::structure::Structure;
use crate::times;
use crate::values;

/// A handle of a store; `None` after `close`.
#[pyclass(frozen, module = "proteusdb._core")]
pub struct Store {
    core: RwLock<Option<Core>>,
    path: String,
}

impl Store {
    /// The core's handle, which outlives a `close` by another thread until the call returns.
    pub fn core(&self) -> Result<Core> {
        let core = self.core.read().unwrap_or_else(PoisonError::into_inner);
        core.clone().ok_or_else(|| Error::connection(format!("{} is closed; open it again", self.path)))
    }

    /// Runs `work` on a snapshot without the GIL.
    pub fn read<R: Send>(&self, py: Python<'_>, work: impl FnOnce(&Snapshot<'_>) -> Result<R> + Send) -> PyResult<R> {
        py.detach(|| self.core()?.read(work)).map_err(raise)
    }
}

#[pymethods]
impl Store {
    #[staticmethod]
    #[pyo3(signature = (
        path, *, read_only, durability, mode, timeout, allow_network_fs, map_size, any_schema=false,
        cache_bytes=67_108_864
    ))]
    #[expect(clippy::too_many_arguments, reason = "the options of a store, by name")]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        read_only: bool,
        durability: &str,
        mode: u32,
        timeout: f64,
        allow_network_fs: bool,
        map_size: Option<usize>,
        any_schema: bool,
        cache_bytes: usize,
    ) -> PyResult<Self> {
        let durability = if durability == "relaxed" { Durability::Relaxed } else { Durability::Full };
        let timeout = Duration::try_from_secs_f64(timeout).unwrap_or(Duration::MAX);
        let options =
            Options { read_only, durability, mode, timeout, allow_network_fs, any_schema, map_size, cache_bytes };
        let core = py.detach(|| Core::open(&path, &options)).map_err(raise)?;
        let path = core.path().display().to_string();
        Ok(Self { core: RwLock::new(Some(core)), path })
    }

    #[getter]
    fn path(&self) -> &str {
        &self.path
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| drop(self.core.write().unwrap_or_else(PoisonError::into_inner).take()));
    }

    #[pyo3(signature = (operations, *, each_alone))]
    fn apply<'py>(
        &self,
        py: Python<'py>,
        operations: Vec<PyRef<'py, Operation>>,
        each_alone: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let operations: Vec<Arc<CoreOperation>> = operations.iter().map(|operation| Arc::clone(&operation.0)).collect();
        let mode = if each_alone { Mode::EachAlone } else { Mode::AllOrNothing };
        let outcomes = py.detach(|| self.core()?.apply(&operations, mode)).map_err(raise)?;
        let list = PyList::empty(py);
        for outcome in outcomes {
            match outcome {
                Ok(outcome) => list.append(told(outcome))?,
                Err(error) => list.append(raise(error).into_value(py))?,
            }
        }
        Ok(list)
    }

    #[pyo3(signature = (prediction_id, *, version=None, as_of=None))]
    fn get(
        &self,
        py: Python<'_>,
        prediction_id: &str,
        version: Option<u32>,
        as_of: Option<i64>,
    ) -> PyResult<Option<Stored>> {
        let version = match (version, as_of) {
            (Some(number), _) => Version::Number(number),
            (None, Some(time)) => Version::AsOf(time),
            (None, None) => Version::Current,
        };
        let found = self.read(py, |snapshot| snapshot.get(prediction_id, version))?;
        Ok(found.map(Stored::from))
    }

    fn get_many(&self, py: Python<'_>, keys: Vec<(String, Option<u32>)>) -> PyResult<Vec<Option<Stored>>> {
        let get = |snapshot: &Snapshot<'_>, (id, version): &(String, Option<u32>)| {
            snapshot.get(id, version.map_or(Version::Current, Version::Number))
        };
        let found: Vec<Option<Prediction>> =
            self.read(py, |snapshot| keys.iter().map(|key| get(snapshot, key)).collect())?;
        Ok(found.into_iter().map(|prediction| prediction.map(Stored::from)).collect())
    }

    fn history(&self, py: Python<'_>, prediction_id: &str) -> PyResult<Vec<Stored>> {
        let versions = self.read(py, |snapshot| snapshot.history(prediction_id))?;
        Ok(versions.into_iter().map(Stored::from).collect())
    }

    fn part<'py>(&self, py: Python<'py>, stored: &Stored, kind: &str, name: &str) -> PyResult<Bound<'py, PyBytes>> {
        let missing = || Error::not_found(format!("prediction {:?} has no {kind} {name:?}", stored.0.id));
        let body = stored.body(kind, name).ok_or_else(missing).map_err(raise)?;
        self.body(py, body)
    }

    /// The structure of each, decoded on this thread; `None` where there is none.
    fn structures(
        &self,
        py: Python<'_>,
        stored: Vec<PyRef<'_, Stored>>,
        keep: bool,
    ) -> PyResult<Vec<Option<Structure>>> {
        let versions: Vec<Arc<Prediction>> = stored.iter().map(|one| Arc::clone(&one.0)).collect();
        let decode = || {
            let versions: Vec<&Prediction> = versions.iter().map(|one| &**one).collect();
            self.core()?.structures(&versions, keep)
        };
        let found = py.detach(decode).map_err(raise)?;
        Ok(found.into_iter().map(|one| one.map(Structure::from)).collect())
    }

    fn parts<'py>(
        &self,
        py: Python<'py>,
        stored: Vec<PyRef<'py, Stored>>,
        kind: &str,
        name: &str,
    ) -> PyResult<Vec<Option<Bound<'py, PyBytes>>>> {
        stored.iter().map(|one| one.body(kind, name).map(|body| self.body(py, body)).transpose()).collect()
    }

    #[pyo3(signature = (after, limit))]
    fn ids(&self, py: Python<'_>, after: Option<&str>, limit: usize) -> PyResult<Vec<String>> {
        self.read(py, |snapshot| snapshot.ids(after, limit))
    }

    #[pyo3(signature = (criteria, timeout))]
    fn query(&self, py: Python<'_>, criteria: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<Vec<(String, u32)>> {
        search::query(self, py, criteria, timeout)
    }

    #[pyo3(signature = (criteria, timeout))]
    fn count(&self, py: Python<'_>, criteria: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<u64> {
        search::count(self, py, criteria, timeout)
    }

    #[pyo3(signature = (criteria, timeout))]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        criteria: &Bound<'py, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        search::explain(self, py, criteria, timeout)
    }

    #[pyo3(signature = (criteria, by, per, timeout))]
    fn best(
        &self,
        py: Python<'_>,
        criteria: &Bound<'_, PyAny>,
        by: &str,
        per: &str,
        timeout: Option<f64>,
    ) -> PyResult<Vec<(String, u32)>> {
        search::best(self, py, criteria, (by, per), timeout)
    }

    fn get_model<'py>(&self, py: Python<'py>, model_id: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let model = self.read(py, |snapshot| snapshot.model(model_id))?;
        model.map(|model| model_dict(py, &model)).transpose()
    }

    fn list_models<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let models: Vec<PredictionModel> =
            self.read(py, |snapshot| Ok(snapshot.list_models()?.into_iter().cloned().collect()))?;
        models.iter().map(|model| model_dict(py, model)).collect()
    }

    fn get_analysis<'py>(&self, py: Python<'py>, analysis_id: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let analysis = self.read(py, |snapshot| snapshot.analysis(analysis_id))?;
        analysis.map(|analysis| analysis_dict(py, &analysis)).transpose()
    }

    #[pyo3(signature = (prediction_id))]
    fn list_analyses(&self, py: Python<'_>, prediction_id: Option<&str>) -> PyResult<Vec<String>> {
        self.read(py, |snapshot| snapshot.analyses(prediction_id))
    }

    fn create_index(&self, py: Python<'_>, field: &str) -> PyResult<bool> {
        let field = Field::declarable(field).map_err(raise)?;
        py.detach(|| self.core()?.create_index(&field)).map_err(raise)
    }

    fn drop_index(&self, py: Python<'_>, field: &str) -> PyResult<()> {
        let field = Field::declarable(field).map_err(raise)?;
        py.detach(|| self.core()?.drop_index(&field)).map_err(raise)
    }

    fn list_indexes(&self, py: Python<'_>) -> PyResult<Vec<(String, u64)>> {
        self.read(py, |snapshot| snapshot.list_indexes())
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let core = self.core().map_err(raise)?;
        let stats = py.detach(|| core.stats()).map_err(raise)?;
        let dict = stats_dict(py, &stats)?;
        let (hits, misses) = core.answer_rates();
        dict.set_item("query_cache", [("hits", hits), ("misses", misses)].into_py_dict(py)?)?;
        let (hits, misses) = core.structure_rates();
        dict.set_item("structure_cache", [("hits", hits), ("misses", misses)].into_py_dict(py)?)?;
        Ok(dict)
    }

    fn shrink(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.core()?.shrink()).map_err(raise)
    }

    /// (structures, bytes before, bytes after)
    fn recompress(&self, py: Python<'_>, compression: &str) -> PyResult<(u64, u64, u64)> {
        let done = py.detach(|| self.core()?.recompress(settings::parse(compression)?)).map_err(raise)?;
        Ok((done.structures, done.before, done.after))
    }

    fn check(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        py.detach(|| self.core()?.check()).map_err(raise)
    }
}

impl Store {
    fn body<'py>(&self, py: Python<'py>, body: &PartBody) -> PyResult<Bound<'py, PyBytes>> {
        match body {
            PartBody::Fresh(bytes) => Ok(PyBytes::new(py, bytes)),
            PartBody::Stored(blob) => {
                let bytes = self.read(py, |snapshot| snapshot.blob(*blob).map(<[u8]>::to_vec))?;
                Ok(PyBytes::new(py, &bytes))
            }
            PartBody::Kept(key) => {
                Err(raise(Error::storage(format!("the part is kept by another back end, as {key}; ask that one"))))
            }
        }
    }
}

/// Outcomes as Python has them: (what, id, version).
fn told(outcome: Outcome) -> (&'static str, String, u32) {
    match outcome {
        Outcome::Written { id, version } => ("written", id, version),
        Outcome::Skipped { id, version } => ("skipped", id, version),
        Outcome::Deleted => ("deleted", String::new(), 0),
        Outcome::Id(id) => ("id", id, 0),
        Outcome::AsExpected => ("as expected", String::new(), 0),
    }
}

fn model_dict<'py>(py: Python<'py>, model: &PredictionModel) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("model_id", &model.id)?;
    dict.set_item("name", &model.name)?;
    dict.set_item("version", &model.version)?;
    dict.set_item("configuration", values::to_dict(py, &model.configuration)?)?;
    dict.set_item("created_at", model.created_at)?;
    Ok(dict)
}

fn analysis_dict<'py>(py: Python<'py>, analysis: &Analysis) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("analysis_id", &analysis.id)?;
    dict.set_item("prediction_id", &analysis.prediction_id)?;
    dict.set_item("results", values::to_dict(py, &analysis.results)?)?;
    dict.set_item("parameters", values::to_dict(py, &analysis.parameters)?)?;
    dict.set_item("created_at", analysis.created_at)?;
    Ok(dict)
}

fn stats_dict<'py>(py: Python<'py>, stats: &Stats) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in [
        ("predictions", stats.predictions),
        ("residues", stats.residues),
        ("versions", stats.versions),
        ("sequences", stats.sequences),
        ("models", stats.models),
        ("analyses", stats.analyses),
        ("blobs", stats.blobs),
        ("loose_blobs", stats.loose_blobs),
        ("dead_bytes", stats.dead_bytes),
        ("segment_bytes", stats.segment_bytes),
        ("file_bytes", stats.file_bytes),
        ("free_bytes", stats.free_bytes),
        ("map_bytes", stats.map_bytes),
        ("last_transaction", stats.last_transaction),
        ("readers", stats.readers.len() as u64),
        ("max_readers", stats.max_readers),
        ("format", u64::from(stats.identity.format)),
        ("generation", stats.identity.generation),
    ] {
        dict.set_item(name, value)?;
    }
    dict.set_item("uuid", stats.identity.uuid.to_string())?;
    let committed = (stats.last_commit != 0).then(|| times::to_python(py, stats.last_commit)).transpose()?;
    dict.set_item("last_commit", committed)?;
    let sample = |one: &Sample| (one.time, one.used_bytes, one.predictions, one.versions);
    dict.set_item("samples", stats.growth.iter().map(sample).collect::<Vec<_>>())?;
    dict.set_item("oldest_reader", oldest_reader(py, stats)?)?;
    let parts = PyDict::new(py);
    for (kind, bytes) in &stats.parts {
        parts.set_item(kind.name(), bytes)?;
    }
    dict.set_item("parts", parts)?;
    let structure = PyDict::new(py);
    for (name, bytes) in [
        ("head", stats.structure.head),
        ("topology", stats.structure.topology),
        ("b_factor", stats.structure.b_factor),
        ("occupancy", stats.structure.occupancy),
        ("coordinates", stats.structure.coordinates),
    ] {
        structure.set_item(name, bytes)?;
    }
    dict.set_item("structure_sample", structure)?;
    let tables = PyDict::new(py);
    for (name, bytes) in &stats.tables {
        tables.set_item(name, bytes)?;
    }
    dict.set_item("tables", tables)?;
    Ok(dict)
}

/// Whose end would let most pages be used again.
fn oldest_reader<'py>(py: Python<'py>, stats: &Stats) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(oldest) = stats.readers.first() else { return Ok(None) };
    let dict = PyDict::new(py);
    dict.set_item("pid", oldest.process)?;
    dict.set_item("transactions_behind", stats.last_transaction.saturating_sub(oldest.transaction))?;
    Ok(Some(dict))
}

/// Closes every store of this process, so that a fork inherits none.
#[pyfunction]
pub fn before_fork(py: Python<'_>) {
    py.detach(store::before_fork);
}

#[pyfunction]
pub fn after_fork_in_child() {
    store::after_fork();
}

#[pyfunction]
pub fn after_fork_in_parent() {
    store::after_fork();
}
