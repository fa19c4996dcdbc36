//! The one map from the core's errors to the classes of `proteusdb.errors`.
//!
//! ```text
//! core::Error { Validation, "..." }  --map_err(raise)-->  proteusdb.errors.ValidationError("...")
//! core::Error { Interrupted, .. }    --map_err(raise)-->  what the signal's handler raised, as KeyboardInterrupt
//! ```

use std::cell::RefCell;

use proteusdb_core::{Error, Kind};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The Python exception for an error of the core, to be raised or to stand in a list of outcomes.
pub fn raise(error: Error) -> PyErr {
    if error.kind() == Kind::Interrupted {
        return RAISED.take().unwrap_or_else(|| PyKeyboardInterrupt::new_err(()));
    }
    Python::attach(|py| match class(py, error.kind()) {
        Ok(class) => PyErr::from_type(class.clone(), error.message().to_owned()),
        Err(import) => import,
    })
}

thread_local! {
    /// What a signal's handler raised while this thread waited in the core.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Lets handlers of signals run, which Python does in its main thread only; whether one raised.
pub fn interrupted() -> bool {
    let raised = Python::try_attach(|py| py.check_signals().err()).flatten();
    let stop = raised.is_some();
    if stop {
        RAISED.set(raised);
    }
    stop
}

/// The class of an error, imported once.
fn class(py: Python<'_>, kind: Kind) -> PyResult<&Bound<'_, PyType>> {
    macro_rules! classes {
        ($($kind:ident => $name:literal,)*) => {
            match kind {
                $(Kind::$kind => {
                    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
                    CLASS.import(py, "proteusdb.errors", $name)
                })*
            }
        };
    }
    classes! {
        Connection => "ConnectionError",
        Timeout => "TimeoutError",
        Validation => "ValidationError",
        Storage => "StorageError",
        Corruption => "CorruptionError",
        Conflict => "ConflictError",
        Query => "QueryError",
        NotFound => "PredictionNotFoundError",
        Interrupted => "ProteusError",
    }
}
