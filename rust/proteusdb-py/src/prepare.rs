//! Drafts to operations, on many threads without the GIL.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use proteusdb_core::Result;
use proteusdb_core::operation::Operation as CoreOperation;
use proteusdb_core::validate::Record;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::draft::Pending;
use crate::errors::raise;
use crate::operation::Operation;
use crate::settings::Settings;

/// Parses, validates and encodes drafts; one operation or one error for each, in order.
#[pyfunction]
#[pyo3(signature = (drafts, settings, workers))]
pub fn prepare<'py>(
    py: Python<'py>,
    drafts: Vec<Bound<'py, PyAny>>,
    settings: &Settings,
    workers: usize,
) -> PyResult<Bound<'py, PyList>> {
    let pending: Vec<Result<Pending>> = drafts.iter().map(Pending::from_python).collect();
    let work = |pending| map_on_threads(pending, workers, |pending: Result<Pending>| encode(pending?, settings));
    let prepared = py.detach(|| in_turns(pending, work));
    let list = PyList::empty(py);
    for result in prepared {
        match result {
            Ok(operation) => list.append(Operation::from(operation))?,
            Err(error) => list.append(raise(error).into_value(py))?,
        }
    }
    Ok(list)
}

type Encoded = Result<CoreOperation>;

fn encode(pending: Pending, settings: &Settings) -> Encoded {
    let mut draft = pending.read()?;
    if let Some(structure) = &mut draft.structure {
        structure.check()?;
        settings.settle(structure, &mut draft.originals)?;
    }
    let job = draft.job.clone();
    Record::new(draft.with_error_step(settings.error_step, settings.keep_original))?
        .encode(settings.encoding(job.as_deref()))
}

/// The first draft of each job, and all without one, come before the others: what these have in common with the first is
/// then known, however many threads there are.
fn in_turns(pending: Vec<Result<Pending>>, work: impl Fn(Vec<Result<Pending>>) -> Vec<Encoded>) -> Vec<Encoded> {
    let mut jobs = HashSet::new();
    let first: Vec<bool> = pending
        .iter()
        .map(|pending| match pending.as_ref().map(Pending::job) {
            Ok(Some(job)) => jobs.insert(job.to_owned()),
            _ => true,
        })
        .collect();
    let (mut firsts, mut others) = (Vec::new(), Vec::new());
    for (pending, &first) in pending.into_iter().zip(&first) {
        if first { firsts.push(pending) } else { others.push(pending) }
    }
    let (mut firsts, mut others) = (work(firsts).into_iter(), work(others).into_iter());
    first.into_iter().filter_map(|first| if first { firsts.next() } else { others.next() }).collect()
}

/// Maps `work` over `items` on at most `workers` threads that live no longer than the call, so a fork finds none.
fn map_on_threads<T: Send, R: Send>(items: Vec<T>, workers: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let workers = workers.clamp(1, items.len().max(1));
    if workers == 1 {
        return items.into_iter().map(work).collect();
    }
    let slots: Vec<Mutex<(Option<T>, Option<R>)>> =
        items.into_iter().map(|item| Mutex::new((Some(item), None))).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(item) = slot.0.take() {
                        slot.1 = Some(work(item));
                    }
                }
            });
        }
    });
    slots.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner).1).collect()
}
