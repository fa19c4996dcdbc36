//! `_core.Keeper`, who looks after a store: verification, repair, copies, schemas; and the records of archives.
//!
//! `watch` is `None` or a callable `(done, total)`; it is called every 50 ms while the work runs without the GIL, and
//! what it raises ends the work. Signals are handled meanwhile.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use proteusdb_core::codec::msgpack;
use proteusdb_core::record::{
    Analysis, Map, Part, PartBody, PartKind, Prediction, PredictionModel, ResidueKind, Value,
};
use proteusdb_core::store::{self, Item, upgrade};
use proteusdb_core::{Error, Kind, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::errors::{self, raise};
use crate::store::Store;
use crate::stored::Stored;
use crate::values;

/// (what, why) of what was set aside, and where the damaged file was kept.
type Repaired = (Vec<(String, String)>, Option<PathBuf>);

/// Runs `work` without the GIL under the eyes of `watch`.
pub fn watched<R: Send>(
    py: Python<'_>,
    watch: Option<&Py<PyAny>>,
    work: impl FnOnce(&mut proteusdb_core::watch::Watch<'_>) -> Result<R> + Send,
) -> PyResult<R> {
    let told = py.detach(|| {
        let raised: RefCell<Option<PyErr>> = RefCell::new(None);
        let mut ask = |done: u64, total: u64| {
            if errors::interrupted() {
                return Err(Error::new(Kind::Interrupted, "a signal came"));
            }
            let Some(watch) = watch else { return Ok(()) };
            Python::attach(|py| watch.call1(py, (done, total)).map(drop)).map_err(|error| {
                *raised.borrow_mut() = Some(error);
                Error::new(Kind::Interrupted, "the watcher raised")
            })
        };
        let result = work(&mut ask);
        (result, raised.into_inner())
    });
    match told {
        (_, Some(raised)) => Err(raised),
        (result, None) => result.map_err(raise),
    }
}

/// An open store, as whoever looks after it sees it.
#[pyclass(frozen, module = "proteusdb._core")]
pub struct Keeper(Py<Store>);

impl Keeper {
    fn core(&self) -> Result<store::Store> {
        self.0.get().core()
    }
}

#[pymethods]
impl Keeper {
    #[new]
    fn new(store: Py<Store>) -> Self {
        Self(store)
    }

    /// {"faults": [..], "counts": {..}, "damaged_pages": [..]}
    #[pyo3(signature = (watch=None))]
    fn verify<'py>(&self, py: Python<'py>, watch: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyDict>> {
        let checked = watched(py, watch.as_ref(), |watch| self.core()?.verify(watch))?;
        let counts = PyDict::new(py);
        for (name, count) in [
            ("predictions", checked.counts.predictions),
            ("versions", checked.counts.versions),
            ("blobs", checked.counts.blobs),
            ("bytes", checked.counts.bytes),
            ("sequences", checked.counts.sequences),
            ("index_entries", checked.counts.index_entries),
            ("models", checked.counts.models),
            ("analyses", checked.counts.analyses),
            ("quarantined", checked.counts.quarantined),
            ("dead_bytes", checked.counts.dead_bytes),
            ("pages", checked.pages.total),
            ("free_pages", checked.pages.free),
        ] {
            counts.set_item(name, count)?;
        }
        let dict = PyDict::new(py);
        dict.set_item("faults", checked.faults)?;
        dict.set_item("counts", counts)?;
        dict.set_item("damaged_pages", checked.pages.damaged.iter().collect::<Vec<_>>())?;
        Ok(dict)
    }

    /// ([(what, why)], path of the damaged file where it was kept)
    #[pyo3(signature = (watch=None))]
    fn repair(&self, py: Python<'_>, watch: Option<Py<PyAny>>) -> PyResult<Repaired> {
        let rebuilt = watched(py, watch.as_ref(), |watch| self.core()?.repair(watch))?;
        Ok((rebuilt.quarantined.into_iter().map(|item| (item.what, item.why)).collect(), rebuilt.kept))
    }

    /// (process, transactions behind) of the readers of all processes, the oldest first.
    fn readers(&self, py: Python<'_>) -> PyResult<Vec<(u32, u64)>> {
        let stats = py.detach(|| self.core()?.stats()).map_err(raise)?;
        let behind = |reader: &store::Reader| stats.last_transaction.saturating_sub(reader.transaction);
        Ok(stats.readers.iter().map(|reader| (reader.process, behind(reader))).collect())
    }

    fn quarantined<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let items = py.detach(|| self.core()?.quarantined()).map_err(raise)?;
        let shown = |item: store::Quarantined| {
            let dict = PyDict::new(py);
            dict.set_item("what", item.what)?;
            dict.set_item("why", item.why)?;
            dict.set_item("at", item.at)?;
            dict.set_item("table", item.table)?;
            dict.set_item("key", PyBytes::new(py, &item.key))?;
            dict.set_item("value", PyBytes::new(py, &item.value))?;
            let parts = PyList::empty(py);
            for (name, bytes) in item.parts {
                parts.append((name, PyBytes::new(py, &bytes)))?;
            }
            dict.set_item("parts", parts)?;
            Ok(dict)
        };
        items.into_iter().map(shown).collect()
    }

    #[pyo3(signature = (target, offset, watch=None))]
    fn copy_into<'py>(
        &self,
        py: Python<'py>,
        target: PathBuf,
        offset: u64,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let copied = watched(py, watch.as_ref(), |watch| self.core()?.copy_into(&target, offset, watch))?;
        copied_dict(py, &copied)
    }

    #[pyo3(signature = (target, overwrite, watch=None))]
    fn publish<'py>(
        &self,
        py: Python<'py>,
        target: PathBuf,
        overwrite: bool,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let seal = watched(py, watch.as_ref(), |watch| self.core()?.publish(&target, overwrite, watch))?;
        let dict = PyDict::new(py);
        dict.set_item("length", seal.length)?;
        dict.set_item("published_at", seal.published_at)?;
        dict.set_item("digest", seal.digests.map(|digest| format!("{digest:032x}")).concat())?;
        Ok(dict)
    }

    fn adopt(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.core()?.adopt(&path)).map_err(raise)
    }

    fn last_blob(&self, py: Python<'_>) -> PyResult<u64> {
        py.detach(|| self.core()?.last_blob()).map_err(raise)
    }

    fn skip_blobs(&self, py: Python<'_>, last: u64) -> PyResult<()> {
        py.detach(|| self.core()?.skip_blobs(last)).map_err(raise)
    }

    /// (uuid, schema, last commit, last removal, generation)
    fn standing(&self, py: Python<'_>) -> PyResult<(String, u32, i64, i64, u64)> {
        let (commit, removed) = self.0.get().read(py, |snapshot| Ok((snapshot.last_commit()?, snapshot.removed()?)))?;
        let which = py.detach(|| self.core()?.identity()).map_err(raise)?;
        Ok((which.uuid.to_string(), which.format, commit, removed, which.generation))
    }

    #[pyo3(signature = (after, until, start, limit))]
    fn versions_after<'py>(
        &self,
        py: Python<'py>,
        after: Option<i64>,
        until: i64,
        start: Option<Vec<u8>>,
        limit: usize,
    ) -> PyResult<(Vec<Stored>, Option<Bound<'py, PyBytes>>)> {
        let after = after.unwrap_or(i64::MIN);
        let batch = self.0.get().read(py, |snapshot| snapshot.versions_after(after, until, start.as_deref(), limit))?;
        let next = batch.next.map(|key| PyBytes::new(py, &key));
        Ok((batch.versions.into_iter().map(Stored::from).collect(), next))
    }

    #[pyo3(signature = (after, until))]
    fn touched(&self, py: Python<'_>, after: Option<i64>, until: i64) -> PyResult<(Vec<String>, Vec<String>)> {
        let after = after.unwrap_or(i64::MIN);
        let [models, analyses] = self.0.get().read(py, |snapshot| snapshot.touched(after, until))?;
        Ok((models.into_iter().collect(), analyses.into_iter().collect()))
    }

    /// Items are (kind, value): ("model", dict), ("version", Stored), ("analysis", dict), ("no model", id),
    /// ("no analysis", id).
    #[pyo3(signature = (items, *, fresh))]
    fn import_items(&self, py: Python<'_>, items: Vec<(String, Bound<'_, PyAny>)>, fresh: bool) -> PyResult<Vec<bool>> {
        let items = items.iter().map(|(kind, value)| item(kind, value)).collect::<PyResult<Vec<Item>>>()?;
        py.detach(|| self.core()?.import(&items, fresh)).map_err(raise)
    }

    #[pyo3(signature = (target))]
    fn plan<'py>(&self, py: Python<'py>, target: u32) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let planned = py.detach(|| self.core()?.plan(target)).map_err(raise)?;
        let shown = |step: upgrade::Planned| {
            let dict = PyDict::new(py);
            dict.set_item("from", step.from)?;
            dict.set_item("to", step.to)?;
            dict.set_item("description", step.description)?;
            dict.set_item("cost", step.cost)?;
            dict.set_item("loses", step.loses)?;
            Ok(dict)
        };
        planned.into_iter().map(shown).collect()
    }

    fn moves<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let moves = py.detach(|| self.core()?.moves()).map_err(raise)?;
        moves.iter().map(|made| move_dict(py, made)).collect()
    }

    #[pyo3(signature = (target, *, allow_loss, by))]
    fn migrate<'py>(
        &self,
        py: Python<'py>,
        target: u32,
        allow_loss: bool,
        by: &str,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let moves = py.detach(|| self.core()?.migrate(target, allow_loss, by)).map_err(raise)?;
        moves.iter().map(|made| move_dict(py, made)).collect()
    }
}

fn copied_dict<'py>(py: Python<'py>, copied: &store::Copied) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("length", copied.length)?;
    dict.set_item("commit", copied.last_commit)?;
    dict.set_item("uuid", copied.identity.uuid.to_string())?;
    dict.set_item("schema", copied.identity.format)?;
    dict.set_item("generation", copied.identity.generation)?;
    Ok(dict)
}

fn move_dict<'py>(py: Python<'py>, made: &upgrade::Move) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("from", made.from)?;
    dict.set_item("to", made.to)?;
    dict.set_item("at", made.at)?;
    dict.set_item("by", &made.by)?;
    dict.set_item("program", &made.program)?;
    Ok(dict)
}

fn item(kind: &str, value: &Bound<'_, PyAny>) -> PyResult<Item> {
    match kind {
        "version" => Ok(Item::Version(Box::new((*value.cast::<Stored>()?.get().0).clone()))),
        "no model" => Ok(Item::NoModel(value.extract::<String>()?)),
        "no analysis" => Ok(Item::NoAnalysis(value.extract::<String>()?)),
        "model" => values::map("model", value).and_then(|map| model(&map)).map(Item::Model).map_err(raise),
        "analysis" => values::map("analysis", value)
            .and_then(|map| analysis(&map))
            .map(|found| Item::Analysis(Box::new(found)))
            .map_err(raise),
        other => Err(raise(Error::validation(format!("{other:?}: no such kind of item")))),
    }
}

/// A record's fields, each named in the error where it is missing or of another type.
struct Fields<'m>(&'m Map, &'static str);

impl Fields<'_> {
    fn wrong(&self, name: &str) -> Error {
        Error::corruption(format!("{} in an archive: field {name:?} is missing or of another type", self.1))
    }

    fn text(&self, name: &str) -> Result<String> {
        self.maybe_text(name)?.ok_or_else(|| self.wrong(name))
    }

    fn maybe_text(&self, name: &str) -> Result<Option<String>> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(self.wrong(name)),
        }
    }

    fn int(&self, name: &str) -> Result<i64> {
        self.maybe_int(name)?.ok_or_else(|| self.wrong(name))
    }

    fn maybe_int(&self, name: &str) -> Result<Option<i64>> {
        match self.0.get(name) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.wrong(name)),
        }
    }

    fn maybe_real(&self, name: &str) -> Result<Option<f64>> {
        match self.0.get(name) {
            Some(Value::Float(number)) => Ok(Some(*number)),
            Some(Value::Int(number)) => Ok(Some(*number as f64)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.wrong(name)),
        }
    }

    fn map(&self, name: &str) -> Result<Map> {
        match self.0.get(name) {
            Some(Value::Map(map)) => Ok(map.clone()),
            _ => Err(self.wrong(name)),
        }
    }
}

fn model(map: &Map) -> Result<PredictionModel> {
    let fields = Fields(map, "a model");
    Ok(PredictionModel {
        id: fields.text("model_id")?,
        name: fields.text("name")?,
        version: fields.maybe_text("version")?,
        configuration: fields.map("configuration")?,
        created_at: fields.int("created_at")?,
    })
}

fn analysis(map: &Map) -> Result<Analysis> {
    let fields = Fields(map, "an analysis");
    Ok(Analysis {
        id: fields.text("analysis_id")?,
        prediction_id: fields.text("prediction_id")?,
        results: fields.map("results")?,
        parameters: fields.map("parameters")?,
        created_at: fields.int("created_at")?,
    })
}

/// A version of a prediction from its record and the bytes of its parts.
fn prediction(map: &Map, parts: Vec<(String, String, Vec<u8>)>) -> Result<Prediction> {
    let fields = Fields(map, "a version");
    let kind = |name: &Value| match name {
        Value::Text(name) => (1..4).filter_map(ResidueKind::from_u8).find(|kind| kind.name() == name),
        _ => None,
    };
    let chain_types = match map.get("chain_types") {
        Some(Value::List(names)) => names.iter().map(kind).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let part = |(kind, name, bytes): (String, String, Vec<u8>)| -> Result<Part> {
        let kind = PartKind::ALL.into_iter().find(|known| known.name() == kind);
        let kind = kind.ok_or_else(|| fields.wrong("parts"))?;
        Ok(Part { kind, name, size: bytes.len() as u64, body: PartBody::Fresh(bytes.into()) })
    };
    Ok(Prediction {
        id: fields.text("prediction_id")?,
        version: u32::try_from(fields.int("version")?).map_err(|_| fields.wrong("version"))?,
        updated_at: fields.int("updated_at")?,
        created_at: fields.int("created_at")?,
        deleted: map.get("deleted") == Some(&Value::Bool(true)),
        sequence: fields.text("sequence")?,
        chain_types: chain_types.ok_or_else(|| fields.wrong("chain_types"))?,
        model_id: fields.maybe_text("model_id")?,
        job: fields.maybe_text("job")?,
        seed: fields.maybe_int("seed")?,
        sample: fields.maybe_int("sample")?,
        rank: fields.maybe_int("rank")?,
        mean_plddt: fields.maybe_real("mean_plddt")?,
        metadata: fields.map("metadata")?,
        parts: parts.into_iter().map(part).collect::<Result<_>>()?,
    })
}

/// A version of a prediction from its record and the bytes of its parts, each (kind, name, bytes).
#[pyfunction]
pub fn stored_from(record: &Bound<'_, PyAny>, parts: Vec<(String, String, Vec<u8>)>) -> PyResult<Stored> {
    let made = values::map("record", record).and_then(|map| prediction(&map, parts));
    made.map(|prediction| Stored(Arc::new(prediction))).map_err(raise)
}

/// A dict of plain values as msgpack.
#[pyfunction]
pub fn pack<'py>(py: Python<'py>, record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let map = values::map("record", record).map_err(raise)?;
    Ok(PyBytes::new(py, &msgpack::encode_map(&map)))
}

/// Msgpack maps, one after the other, as dicts.
#[pyfunction]
pub fn unpack<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let maps = msgpack::decode_maps(data, "archive record").map_err(raise)?;
    maps.iter().map(|map| values::to_dict(py, map)).collect()
}
