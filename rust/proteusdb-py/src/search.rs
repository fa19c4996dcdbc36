//! Queries on the embedded store: criteria in, pinned (id, version) pairs out.

use std::time::Duration;

use proteusdb_core::Result;
use proteusdb_core::query::{self, Answer, Contest, Criteria, Deadline};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::raise;
use crate::store::Store;
use crate::values;

/// Criteria from a dict.
pub fn parse(criteria: &Bound<'_, PyAny>) -> Result<Criteria> {
    Criteria::parse(&values::criteria(criteria)?)
}

pub fn query(
    store: &Store,
    py: Python<'_>,
    criteria: &Bound<'_, PyAny>,
    timeout: Option<f64>,
) -> PyResult<Vec<(String, u32)>> {
    answer(store, py, criteria, timeout).map(pinned)
}

pub fn count(store: &Store, py: Python<'_>, criteria: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<u64> {
    let criteria = parse(criteria).map_err(raise)?;
    store.read(py, |snapshot| query::count(snapshot, &criteria, deadline(timeout)))
}

pub fn explain<'py>(
    store: &Store,
    py: Python<'py>,
    criteria: &Bound<'py, PyAny>,
    timeout: Option<f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let answer = answer(store, py, criteria, timeout)?;
    values::to_dict(py, &answer.explanation.to_map())
}

pub fn best(
    store: &Store,
    py: Python<'_>,
    criteria: &Bound<'_, PyAny>,
    (by, per): (&str, &str),
    timeout: Option<f64>,
) -> PyResult<Vec<(String, u32)>> {
    let criteria = parse(criteria).map_err(raise)?;
    let contest = Contest::parse(by, per).map_err(raise)?;
    store.read(py, |snapshot| query::best(snapshot, &criteria, &contest, deadline(timeout))).map(pinned)
}

fn answer(store: &Store, py: Python<'_>, criteria: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<Answer> {
    let criteria = parse(criteria).map_err(raise)?;
    store.read(py, |snapshot| query::run(snapshot, &criteria, deadline(timeout)))
}

fn deadline(timeout: Option<f64>) -> Deadline {
    let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    timeout.map_or_else(Deadline::never, Deadline::after)
}

fn pinned(answer: Answer) -> Vec<(String, u32)> {
    answer.hits.into_iter().map(|hit| (hit.id, hit.version)).collect()
}
