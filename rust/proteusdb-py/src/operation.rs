//! One validated, encoded step of a transaction.

use std::sync::Arc;

use proteusdb_core::operation::{OnConflict, Operation as Core};
use proteusdb_core::record::{Analysis, Prediction, id, time};
use proteusdb_core::validate::{check_metadata, check_name, check_results, encode_change};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::draft::change_from_python;
use crate::errors::raise;
use crate::settings::Settings;
use crate::stored::Stored;
use crate::values;

/// A step of a transaction; immutable, so it can be applied again after a failure.
#[pyclass(frozen, module = "proteusdb._core")]
#[derive(Clone)]
pub struct Operation(pub Arc<Core>);

impl From<Core> for Operation {
    fn from(operation: Core) -> Self {
        Self(Arc::new(operation))
    }
}

impl Operation {
    /// What is done, whatever is trimmed afterwards.
    fn plain(&self) -> &Core {
        match &*self.0 {
            Core::Bounded { operation, .. } => operation,
            plain => plain,
        }
    }
}

#[pymethods]
impl Operation {
    #[staticmethod]
    #[pyo3(signature = (prediction_id, version))]
    fn expect(prediction_id: String, version: Option<u32>) -> Self {
        Core::Expect { id: prediction_id, version }.into()
    }

    /// Stores a version of another store as it is: its parts are encoded already.
    #[staticmethod]
    #[pyo3(signature = (stored, *, model, on_conflict))]
    fn store(stored: &Stored, model: Option<String>, on_conflict: &str) -> Self {
        let prediction = Prediction { version: 0, model_id: None, deleted: false, ..(*stored.0).clone() };
        let on_conflict = match on_conflict {
            "skip" => OnConflict::Skip,
            "replace" => OnConflict::Replace,
            _ => OnConflict::Error,
        };
        Core::Store { prediction: Box::new(prediction), model, on_conflict }.into()
    }

    #[staticmethod]
    #[pyo3(signature = (prediction_id, changes, *, expected_version, settings))]
    fn update(
        py: Python<'_>,
        prediction_id: String,
        changes: &Bound<'_, PyAny>,
        expected_version: Option<u32>,
        settings: &Settings,
    ) -> PyResult<Self> {
        let mut draft = change_from_python(changes).map_err(raise)?;
        let encode = || {
            if let Some(Some((structure, originals))) = &mut draft.structure {
                structure.check()?;
                settings.settle(structure, originals)?;
            }
            encode_change(draft.with_error_step(settings.error_step, settings.keep_original), settings.encoding(None))
        };
        let change = py.detach(encode).map_err(raise)?;
        Ok(Core::Update { id: prediction_id, change: Box::new(change), expected_version }.into())
    }

    #[staticmethod]
    #[pyo3(signature = (prediction_id, *, cascade, purge))]
    fn delete(prediction_id: String, cascade: bool, purge: bool) -> Self {
        Core::Delete { id: prediction_id, cascade, purge }.into()
    }

    /// The same, after which at most so many versions of the prediction stay; what is no store, update or delete is itself.
    fn bounded(&self, keep_versions: u32) -> Self {
        match self.plain().prediction_id() {
            Some(_) => Core::Bounded { operation: Arc::clone(&self.0), keep_versions }.into(),
            None => self.clone(),
        }
    }

    #[getter]
    fn prediction_id(&self) -> &str {
        self.0.prediction_id().unwrap_or_default()
    }

    #[getter]
    fn keep_versions(&self) -> Option<u32> {
        match &*self.0 {
            Core::Bounded { keep_versions, .. } => Some(*keep_versions),
            _ => None,
        }
    }

    #[staticmethod]
    fn store_model(name: String, version: Option<String>, configuration: &Bound<'_, PyAny>) -> PyResult<Self> {
        let operation = || -> Result<Core> {
            check_name("model name", &name)?;
            version.as_deref().map_or(Ok(()), |version| check_name("model version", version))?;
            let configuration = values::map("configuration", configuration)?;
            check_metadata("configuration", &configuration)?;
            Ok(Core::StoreModel { name, version, configuration })
        };
        operation().map(Self::from).map_err(raise)
    }

    #[staticmethod]
    fn update_model(model_id: String, changes: &Bound<'_, PyDict>) -> PyResult<Self> {
        model_change(model_id, changes).map(Self::from).map_err(raise)
    }

    #[staticmethod]
    fn delete_model(model_id: String) -> Self {
        Core::DeleteModel { id: model_id }.into()
    }

    #[staticmethod]
    fn store_analysis(
        prediction_id: String,
        results: &Bound<'_, PyAny>,
        parameters: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let operation = || -> Result<Core> {
            let results = values::map("results", results)?;
            let parameters = values::map("parameters", parameters)?;
            check_results("results", &results)?;
            check_metadata("parameters", &parameters)?;
            let analysis = Analysis { id: id::fresh(), prediction_id, results, parameters, created_at: time::now() };
            Ok(Core::StoreAnalysis(Box::new(analysis)))
        };
        operation().map(Self::from).map_err(raise)
    }

    #[staticmethod]
    fn delete_analysis(analysis_id: String) -> Self {
        Core::DeleteAnalysis { id: analysis_id }.into()
    }

    #[getter]
    fn kind(&self) -> &'static str {
        match self.plain() {
            Core::Expect { .. } => "expect",
            Core::Store { .. } => "store",
            Core::Update { .. } => "update",
            Core::Delete { .. } => "delete",
            Core::StoreModel { .. } => "store_model",
            Core::UpdateModel { .. } => "update_model",
            Core::DeleteModel { .. } => "delete_model",
            Core::StoreAnalysis(_) => "store_analysis",
            Core::DeleteAnalysis { .. } => "delete_analysis",
            Core::Bounded { .. } => "bounded",
        }
    }

    #[getter]
    fn target(&self) -> &str {
        match self.plain() {
            Core::Store { prediction, .. } => &prediction.id,
            Core::StoreAnalysis(analysis) => &analysis.id,
            Core::StoreModel { .. } => "",
            Core::Expect { id, .. }
            | Core::Update { id, .. }
            | Core::Delete { id, .. }
            | Core::UpdateModel { id, .. }
            | Core::DeleteModel { id }
            | Core::DeleteAnalysis { id } => id,
            Core::Bounded { .. } => "",
        }
    }

    #[getter]
    fn size(&self) -> u64 {
        let sequence = match self.plain() {
            Core::Store { prediction, .. } => prediction.sequence.len() as u64,
            _ => 0,
        };
        sequence + self.0.fresh_bytes()
    }

    #[getter]
    fn residues(&self) -> u64 {
        match &*self.0 {
            Core::Store { prediction, .. } => prediction.length() as u64,
            _ => 0,
        }
    }

    #[getter]
    fn model(&self) -> Option<&str> {
        match self.plain() {
            Core::Store { model, .. } => model.as_deref(),
            Core::Update { change, .. } => change.model.as_ref().and_then(|model| model.as_deref()),
            _ => None,
        }
    }

    #[getter]
    fn on_conflict(&self) -> &'static str {
        match self.plain() {
            Core::Store { on_conflict: OnConflict::Skip, .. } => "skip",
            Core::Store { on_conflict: OnConflict::Replace, .. } => "replace",
            _ => "error",
        }
    }

    #[getter]
    fn expected_version(&self) -> Option<u32> {
        match self.plain() {
            Core::Update { expected_version, .. } => *expected_version,
            Core::Expect { version, .. } => *version,
            _ => None,
        }
    }

    #[getter]
    fn cascade(&self) -> bool {
        matches!(self.plain(), Core::Delete { cascade: true, .. })
    }

    #[getter]
    fn purge(&self) -> bool {
        matches!(self.plain(), Core::Delete { purge: true, .. })
    }

    #[getter]
    fn prediction(&self) -> Option<Stored> {
        match self.plain() {
            Core::Store { prediction, .. } => Some(Stored::from((**prediction).clone())),
            _ => None,
        }
    }

    #[getter]
    fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        match self.plain() {
            Core::StoreModel { name, version, configuration } => {
                dict.set_item("name", name)?;
                dict.set_item("version", version)?;
                dict.set_item("configuration", values::to_dict(py, configuration)?)?;
            }
            Core::UpdateModel { name, version, configuration, .. } => {
                name.as_ref().map_or(Ok(()), |name| dict.set_item("name", name))?;
                version.as_ref().map_or(Ok(()), |version| dict.set_item("version", version))?;
                dict.set_item("configuration", values::to_dict(py, configuration)?)?;
            }
            Core::StoreAnalysis(analysis) => {
                dict.set_item("prediction_id", &analysis.prediction_id)?;
                dict.set_item("results", values::to_dict(py, &analysis.results)?)?;
                dict.set_item("parameters", values::to_dict(py, &analysis.parameters)?)?;
                dict.set_item("created_at", analysis.created_at)?;
            }
            _ => {}
        }
        Ok(dict)
    }

    fn merged(&self, current: &Stored, model_id: Option<String>) -> PyResult<Stored> {
        let Core::Update { change, .. } = self.plain() else {
            return Err(raise(Error::validation(format!("a {} changes no prediction", self.kind()))));
        };
        let mut next = change.apply(&current.0).map_err(raise)?;
        if change.model.is_some() {
            next.model_id = model_id;
        }
        Ok(next.into())
    }

    fn __repr__(&self) -> String {
        format!("Operation({}, {:?})", self.kind(), self.target())
    }
}

fn model_change(id: String, changes: &Bound<'_, PyDict>) -> Result<Core> {
    let (mut name, mut version, mut configuration) = (None, None, proteusdb_core::record::Map::new());
    for (key, value) in changes {
        let text = |value: &Bound<'_, PyAny>| -> Result<String> {
            value.extract().map_err(|_| Error::validation(format!("model {key}: a str is needed")))
        };
        match key.to_string().as_str() {
            "name" => name = Some(text(&value)?),
            "version" if value.is_none() => version = Some(None),
            "version" => version = Some(Some(text(&value)?)),
            "configuration" => configuration = values::map("configuration", &value)?,
            other => {
                return Err(Error::validation(format!(
                    "{other}: no such field of a model; allowed are name, version, configuration"
                )));
            }
        }
    }
    name.as_deref().map_or(Ok(()), |name| check_name("model name", name))?;
    version.iter().flatten().try_for_each(|version| check_name("model version", version))?;
    check_metadata("configuration", &configuration)?;
    Ok(Core::UpdateModel { id, name, version, configuration })
}
