//! How records are encoded.

use std::sync::Arc;

use proteusdb_core::codec::{self, Compression, Encoding, ErrorStep, Exemplars, Job, Samples};
use proteusdb_core::record::Structure;
use proteusdb_core::validate::Original;
use proteusdb_core::{Error, Result, formats};
use pyo3::prelude::*;

use crate::errors::raise;

/// The encoder's settings, checked once when a database is opened.
#[pyclass(frozen, module = "proteusdb._core")]
pub struct Settings {
    pub compression: Compression,
    /// What errors are rounded to; `None` keeps them exactly.
    pub error_step: Option<ErrorStep>,
    /// The largest error of coordinates in Å, if they may have one.
    precision: Option<f64>,
    pub keep_original: bool,
    exemplars: Exemplars,
    samples: Samples,
}

#[pymethods]
impl Settings {
    #[new]
    #[pyo3(signature = (*, compression, precision, pae_precision, keep_original=false))]
    fn new(
        compression: &str,
        precision: Option<f64>,
        pae_precision: Option<f64>,
        keep_original: bool,
    ) -> PyResult<Self> {
        let compression = parse(compression).map_err(raise)?;
        let error_step = pae_precision.map(|step| {
            ErrorStep::new(step).ok_or_else(|| {
                raise(Error::validation(format!("pae_precision {step}: allowed are \"exact\", 0.1, 0.5, 1.0")))
            })
        });
        Ok(Self {
            compression,
            error_step: error_step.transpose()?,
            precision,
            keep_original,
            exemplars: Exemplars::default(),
            samples: Samples::default(),
        })
    }

    fn know_file(&self, py: Python<'_>, original: &[u8], last: &[u8]) {
        py.detach(|| self.exemplars.know(original, last));
    }

    fn meet_job(&self, job: &str) -> bool {
        self.samples.meet(job)
    }

    fn know_array(&self, py: Python<'_>, job: &str, name: &str, blob: &[u8]) {
        // A copy: Python's own would be let go without the GIL.
        let blob = Arc::from(blob);
        py.detach(|| self.samples.know(job, name, blob));
    }
}

impl Settings {
    /// How records of a job are encoded.
    pub fn encoding<'a>(&'a self, job: Option<&'a str>) -> Encoding<'a> {
        let job = job.map(|name| Job { samples: &self.samples, name });
        Encoding { compression: self.compression, precision: self.precision, exemplars: &self.exemplars, job }
    }

    /// A structure and the files that come with it, as they are to be stored: within the precision, and then without the
    /// file it was read from, which would say it exactly, unless that is wanted.
    pub fn settle(&self, structure: &mut Arc<Structure>, originals: &mut Vec<Original>) -> Result<()> {
        let Some(precision) = self.precision else { return Ok(()) };
        let bounded = codec::within(structure, precision, self.compression)?;
        *structure = Arc::new(bounded);
        if !self.keep_original {
            originals.retain(|file| !is_structure(&file.bytes));
        }
        Ok(())
    }
}

fn is_structure(bytes: &[u8]) -> bool {
    formats::decompress(bytes).is_ok_and(|plain| formats::sniff(&plain).is_some())
}

/// The profile with this name.
pub fn parse(compression: &str) -> Result<Compression> {
    match compression {
        "fast" => Ok(Compression::Fast),
        "small" => Ok(Compression::Small),
        "none" => Ok(Compression::None),
        other => Err(Error::validation(format!("compression {other:?}: allowed are True, \"fast\", \"small\", False"))),
    }
}
