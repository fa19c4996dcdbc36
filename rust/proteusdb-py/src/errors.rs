//! The one map from the core's errors to the classes of `proteusdb.errors`.
//!
//! ```text
//! core::Error { Validation, "..." }  --map_err(raise)-->  proteusdb.errors.ValidationError("...")
//! ```

use proteusdb_core::{Error, Kind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The Python exception for an error of the core, to be raised or to stand in a list of outcomes.
pub fn raise(error: Error) -> PyErr {
    Python::attach(|py| match class(py, error.kind()) {
        Ok(class) => PyErr::from_type(class.clone(), error.message().to_owned()),
        Err(import) => import,
    })
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
    }
}
