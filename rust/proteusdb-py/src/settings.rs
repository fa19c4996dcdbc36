//! How records are encoded.

use proteusdb_core::Error;
use proteusdb_core::codec::Compression;
use pyo3::prelude::*;

use crate::errors::raise;

/// The encoder's settings, checked once when a database is opened.
#[pyclass(frozen, module = "proteusdb._core")]
#[derive(Clone, Copy)]
pub struct Settings {
    pub compression: Compression,
}

#[pymethods]
impl Settings {
    #[new]
    #[pyo3(signature = (*, compression, precision, pae_precision))]
    fn new(compression: &str, precision: Option<f64>, pae_precision: Option<f64>) -> PyResult<Self> {
        let compression = match compression {
            "fast" => Compression::Fast,
            "small" => Compression::Small,
            "none" => Compression::None,
            other => {
                return Err(raise(Error::validation(format!(
                    "compression {other:?}: allowed are True, \"fast\", \"small\", False"
                ))));
            }
        };
        for (name, value) in [("precision", precision), ("pae_precision", pae_precision)] {
            if let Some(value) = value {
                return Err(raise(Error::validation(format!(
                    "{name} {value}: this version stores exactly; allowed is \"exact\""
                ))));
            }
        }
        Ok(Self { compression })
    }
}
