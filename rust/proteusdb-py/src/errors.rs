//! The one map from the core's errors to the classes of `proteusdb.errors`.
//!
//! ```text
//! core::Error { Validation, "..." }  --?-->  Raised::Core  --pyo3-->  proteusdb.errors.ValidationError("...")
//! PyErr (a wrong argument type)      --?-->  Raised::Python ------->  as it is
//! ```
//!
//! A function of the binding returns [`Raises<T>`] and uses `?` on both kinds.

use proteusdb_core::{Error, Kind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// What a function of the binding returns.
pub type Raises<T> = Result<T, Raised>;

/// An error on its way to Python.
pub enum Raised {
    /// From the core; becomes a class of `proteusdb.errors`.
    Core(Error),
    /// From Python itself.
    Python(PyErr),
}

impl From<Error> for Raised {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Raised {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Raised> for PyErr {
    fn from(raised: Raised) -> Self {
        match raised {
            Raised::Core(error) => Python::attach(|py| to_python(py, &error)),
            Raised::Python(error) => error,
        }
    }
}

/// The Python exception for an error of the core, raised or put into a list of outcomes.
pub fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    match class(py, error.kind()) {
        Ok(class) => PyErr::from_type(class.clone(), error.message().to_owned()),
        Err(import) => import,
    }
}

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
