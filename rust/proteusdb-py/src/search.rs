//! Queries on the embedded store: criteria in, pinned (id, version) pairs out.

use std::time::Duration;

use proteusdb_core::Result;
use proteusdb_core::query::{self, Answer, Contest, Criteria, Deadline, Hit, interruptibly};
use proteusdb_core::store::{Asked, Store as Core};
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
    let asked = asked(criteria).map_err(raise)?;
    ask(store, py, timeout, |core, deadline| core.query(&asked, deadline)).map(pinned)
}

pub fn count(store: &Store, py: Python<'_>, criteria: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<u64> {
    let asked = asked(criteria).map_err(raise)?;
    ask(store, py, timeout, |core, deadline| core.count(&asked, deadline))
}

pub fn explain<'py>(
    store: &Store,
    py: Python<'py>,
    criteria: &Bound<'py, PyAny>,
    timeout: Option<f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let criteria = parse(criteria).map_err(raise)?;
    let run = |core: &Core, deadline| core.read(|snapshot| query::run(snapshot, &criteria, deadline));
    let answer: Answer = ask(store, py, timeout, run)?;
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
    let run = |core: &Core, deadline| core.read(|snapshot| query::best(snapshot, &criteria, &contest, deadline));
    ask(store, py, timeout, run).map(|answer| pinned(answer.hits))
}

fn asked(criteria: &Bound<'_, PyAny>) -> Result<Asked> {
    Asked::parse(&values::criteria(criteria)?)
}

/// What a timeout in seconds comes to.
pub fn deadline(timeout: Option<f64>) -> Deadline {
    patience(timeout).map_or_else(Deadline::never, Deadline::after)
}

fn patience(timeout: Option<f64>) -> Option<Duration> {
    timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

/// Asks without the GIL, in a way that a signal ends.
fn ask<R: Send>(
    store: &Store,
    py: Python<'_>,
    timeout: Option<f64>,
    query: impl Fn(&Core, Deadline) -> Result<R> + Sync + Send,
) -> PyResult<R> {
    let timeout = patience(timeout);
    let run = || {
        let core = store.core()?;
        interruptibly(timeout, |deadline| query(&core, deadline))
    };
    py.detach(run).map_err(raise)
}

pub fn pinned(hits: Vec<Hit>) -> Vec<(String, u32)> {
    hits.into_iter().map(|hit| (hit.id, hit.version)).collect()
}
