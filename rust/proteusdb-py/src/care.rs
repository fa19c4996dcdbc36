//! `_core.Care`: tags, differences, cleanup, quota and schema of the embedded store.

use proteusdb_core::store::{Cleaned, Exchange, Policy, Quota, Snapshot, Tag};
use proteusdb_core::validate::Schema;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::raise;
use crate::store::Store;
use crate::stored::Stored;

/// (id, version at the first moment, version at the second)
type Difference = (String, Option<u32>, Option<u32>);
/// (field, names of types, whether it is required)
type Declared = (String, Vec<String>, bool);

/// (name, what is expected there, what takes its place)
type Exchanged = (String, Option<String>, Option<String>);

/// What looks after a store that is open.
#[pyclass(frozen, module = "proteusdb._core")]
pub struct Care {
    store: Py<Store>,
}

#[pymethods]
impl Care {
    #[new]
    fn new(store: Py<Store>) -> Self {
        Self { store }
    }

    #[pyo3(signature = (name, moment))]
    fn create_tag(&self, py: Python<'_>, name: &str, moment: Option<i64>) -> PyResult<i64> {
        let store = self.store.get();
        py.detach(|| store.core()?.tag(name, moment)).map_err(raise)
    }

    fn drop_tag(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let store = self.store.get();
        py.detach(|| store.core()?.drop_tag(name)).map_err(raise)
    }

    /// (name, moment, when it was named)
    fn tags(&self, py: Python<'_>) -> PyResult<Vec<(String, i64, i64)>> {
        let tags = self.store.get().read(py, |snapshot| snapshot.tags())?;
        Ok(tags.into_iter().map(|Tag { name, moment, created_at }| (name, moment, created_at)).collect())
    }

    #[pyo3(signature = (first, second, after, limit))]
    fn changes(
        &self,
        py: Python<'_>,
        first: Option<i64>,
        second: Option<i64>,
        after: Option<&str>,
        limit: usize,
    ) -> PyResult<(Vec<Difference>, Option<String>)> {
        let step = |snapshot: &Snapshot<'_>| snapshot.changes((first, second), after, limit);
        let (found, next) = self.store.get().read(py, step)?;
        Ok((found.into_iter().map(|one| (one.id, one.before, one.after)).collect(), next))
    }

    #[pyo3(signature = (*, older_than, keep_versions, predictions, until, cascade, rehearse))]
    #[expect(clippy::too_many_arguments, reason = "the rules of a policy, by name")]
    fn clean<'py>(
        &self,
        py: Python<'py>,
        older_than: Option<i64>,
        keep_versions: Option<u32>,
        predictions: Vec<(String, u32)>,
        until: Option<u64>,
        cascade: bool,
        rehearse: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let store = self.store.get();
        let policy = Policy { older_than, keep_versions, predictions, until, cascade };
        let cleaned = py.detach(|| store.core()?.clean(&policy, rehearse)).map_err(raise)?;
        cleaned_dict(py, cleaned)
    }

    fn size(&self, py: Python<'_>) -> PyResult<u64> {
        self.store.get().read(py, |snapshot| snapshot.size())
    }

    #[pyo3(signature = (max_bytes, warn_at))]
    fn set_quota(&self, py: Python<'_>, max_bytes: Option<u64>, warn_at: Option<u64>) -> PyResult<()> {
        let store = self.store.get();
        py.detach(|| store.core()?.set_quota(Quota { max_bytes, warn_at })).map_err(raise)
    }

    /// (most bytes, bytes from where on to warn, bytes in use)
    fn quota(&self, py: Python<'_>) -> PyResult<(Option<u64>, Option<u64>, u64)> {
        let (quota, used) = self.store.get().read(py, |snapshot| snapshot.quota())?;
        Ok((quota.max_bytes, quota.warn_at, used))
    }

    fn pressure(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        self.store.get().read(py, |snapshot| snapshot.pressure())
    }

    #[pyo3(signature = (fields, required, check_existing))]
    fn define_schema(
        &self,
        py: Python<'_>,
        fields: Vec<(String, Vec<String>)>,
        required: Vec<String>,
        check_existing: bool,
    ) -> PyResult<()> {
        let store = self.store.get();
        let define = || store.core()?.define_schema(&Schema::new(&fields, &required)?, check_existing);
        py.detach(define).map_err(raise)
    }

    fn schema(&self, py: Python<'_>) -> PyResult<Vec<Declared>> {
        Ok(declared(&self.store.get().read(py, |snapshot| snapshot.schema())?))
    }

    /// what stands in each note
    fn notes(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Vec<Option<String>>> {
        self.store.get().read(py, |snapshot| snapshot.notes(&names))
    }

    /// [(name, what is expected there, what takes its place)]
    fn exchange_notes(&self, py: Python<'_>, changes: Vec<Exchanged>) -> PyResult<bool> {
        let store = self.store.get();
        let changes: Vec<Exchange> =
            changes.into_iter().map(|(name, expected, text)| Exchange { name, expected, text }).collect();
        py.detach(|| store.core()?.exchange_notes(&changes)).map_err(raise)
    }
}

/// A schema in the form it is kept in, or what is wrong with it.
#[pyfunction]
pub fn check_schema(fields: Vec<(String, Vec<String>)>, required: Vec<String>) -> PyResult<Vec<Declared>> {
    Schema::new(&fields, &required).map(|schema| declared(&schema)).map_err(raise)
}

/// Holds metadata against a schema.
#[pyfunction]
pub fn obey_schema(schema: Vec<Declared>, stored: &Stored) -> PyResult<()> {
    let required: Vec<String> = schema.iter().filter(|field| field.2).map(|field| field.0.clone()).collect();
    let fields: Vec<(String, Vec<String>)> = schema.into_iter().map(|(name, types, _)| (name, types)).collect();
    Schema::new(&fields, &required).and_then(|schema| schema.check(&stored.0.metadata)).map_err(raise)
}

fn declared(schema: &Schema) -> Vec<Declared> {
    let owned = |types: &[&str]| types.iter().map(|name| (*name).to_owned()).collect();
    schema.fields().map(|(name, types, required)| (name, owned(types), required)).collect()
}

fn cleaned_dict(py: Python<'_>, cleaned: Cleaned) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("versions", cleaned.versions)?;
    dict.set_item("deletions", cleaned.deletions)?;
    dict.set_item("predictions", cleaned.predictions)?;
    dict.set_item("analyses", cleaned.analyses)?;
    dict.set_item("referred", cleaned.referred)?;
    dict.set_item("bytes", cleaned.bytes)?;
    Ok(dict)
}
