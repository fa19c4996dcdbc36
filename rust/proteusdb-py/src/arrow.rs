//! Predictions as an Arrow stream, handed over by the PyCapsule interface: no value of a row becomes a Python object.
//!
//! ```text
//! iterator of lists of Stored  --next, with the GIL-->  rows  --without it-->  record batch  -->  pyarrow, polars, DuckDB
//! ```
//!
//! The columns are those of `proteusdb.core.tables.COLUMNS`, in this order; metadata are JSON text. The interface is
//! that of <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>.
//!
//! Invariant: a batch ends at [`ROWS`] rows or [`BYTES`] of text, so memory is bounded and 32-bit offsets suffice.

use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use proteusdb_core::formats::write_plain;
use proteusdb_core::record::Prediction;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyIterator};

use crate::stored::Stored;

/// Names that consumers look for, fixed by the interface.
const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ROWS: usize = 8192;
const BYTES: usize = 64 << 20;
const ZONE: &str = "UTC";

/// The schema of the stream, as a capsule.
#[pyfunction]
pub fn schema_capsule(py: Python<'_>) -> PyResult<Bound<'_, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(&*schema()).map_err(|error| raise(&error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

/// The rows of all lists that `chunks` gives, as a capsule; `model` tells a model's record by its id.
#[pyfunction]
pub fn stream_capsule<'py>(
    py: Python<'py>,
    chunks: Bound<'py, PyIterator>,
    model: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let (chunks, model) = (chunks.unbind(), model.unbind());
    let stream = Stream { schema: schema(), chunks: Some(chunks), model, models: HashMap::new() };
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(stream)), STREAM)
}

fn raise(error: &ArrowError) -> PyErr {
    pyo3::exceptions::PyRuntimeError::new_err(error.to_string())
}

fn schema() -> SchemaRef {
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into()));
    let fields = [
        ("prediction_id", DataType::Utf8),
        ("version", DataType::Int64),
        ("sequence", DataType::Utf8),
        ("length", DataType::Int64),
        ("model", DataType::Utf8),
        ("model_version", DataType::Utf8),
        ("model_id", DataType::Utf8),
        ("job", DataType::Utf8),
        ("seed", DataType::Int64),
        ("sample", DataType::Int64),
        ("rank", DataType::Int64),
        ("ranking_score", DataType::Float64),
        ("confidence", DataType::Float64),
        ("created_at", time()),
        ("updated_at", time()),
        ("metadata", DataType::Utf8),
    ];
    Arc::new(Schema::new(fields.map(|(name, kind)| Field::new(name, kind, true)).to_vec()))
}

/// A model's name and version.
type Named = (Option<String>, Option<String>);

struct Stream {
    schema: SchemaRef,
    /// `None` once it ended or failed.
    chunks: Option<Py<PyIterator>>,
    model: Py<PyAny>,
    models: HashMap<String, Named>,
}

impl Stream {
    /// The next list of rows; `None` at the end. Names of models that were not met before are asked for.
    fn chunk(&mut self, py: Python<'_>) -> PyResult<Option<Vec<Arc<Prediction>>>> {
        let Some(chunks) = &self.chunks else { return Ok(None) };
        let Some(chunk) = chunks.bind(py).clone().next() else { return Ok(None) };
        let chunk: Vec<PyRef<'_, Stored>> = chunk?.extract()?;
        let rows: Vec<Arc<Prediction>> = chunk.iter().map(|stored| Arc::clone(&stored.0)).collect();
        for id in rows.iter().filter_map(|row| row.model_id.as_ref()) {
            if !self.models.contains_key(id) {
                let named = self.named(py, id)?;
                self.models.insert(id.clone(), named);
            }
        }
        Ok(Some(rows))
    }

    fn named(&self, py: Python<'_>, id: &str) -> PyResult<Named> {
        let record = self.model.bind(py).call1((id,))?;
        if record.is_none() {
            return Ok((None, None));
        }
        Ok((record.get_item("name")?.extract()?, record.get_item("version")?.extract()?))
    }

    fn batch(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let mut columns = Columns::default();
        while columns.rows < ROWS && columns.bytes < BYTES {
            let chunk = Python::attach(|py| self.chunk(py)).map_err(|error| external(&error))?;
            let Some(rows) = chunk else {
                self.chunks = None;
                break;
            };
            for row in &rows {
                columns.push(row, row.model_id.as_ref().and_then(|id| self.models.get(id)));
            }
        }
        if columns.rows == 0 {
            return Ok(None);
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns.finish()).map(Some)
    }
}

/// The interface has room for a text only; who asked for the stream in Python keeps the exception itself.
fn external(error: &PyErr) -> ArrowError {
    ArrowError::ExternalError(error.to_string().into())
}

impl Iterator for Stream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batch();
        if batch.is_err() {
            self.chunks = None;
        }
        batch.transpose()
    }
}

impl RecordBatchReader for Stream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[derive(Default)]
struct Columns {
    rows: usize,
    /// Of text, about.
    bytes: usize,
    prediction_id: StringBuilder,
    version: Int64Builder,
    sequence: StringBuilder,
    length: Int64Builder,
    model: StringBuilder,
    model_version: StringBuilder,
    model_id: StringBuilder,
    job: StringBuilder,
    seed: Int64Builder,
    sample: Int64Builder,
    rank: Int64Builder,
    ranking_score: Float64Builder,
    confidence: Float64Builder,
    created_at: TimestampMicrosecondBuilder,
    updated_at: TimestampMicrosecondBuilder,
    metadata: StringBuilder,
}

impl Columns {
    fn push(&mut self, row: &Prediction, named: Option<&Named>) {
        let metadata = write_plain(&row.metadata);
        self.rows += 1;
        self.bytes += row.id.len() + row.sequence.len() + metadata.len();
        self.prediction_id.append_value(&row.id);
        self.version.append_value(i64::from(row.version));
        self.sequence.append_value(&row.sequence);
        self.length.append_value(i64::try_from(row.length()).unwrap_or(i64::MAX));
        self.model.append_option(named.and_then(|(name, _)| name.as_deref()));
        self.model_version.append_option(named.and_then(|(_, version)| version.as_deref()));
        self.model_id.append_option(row.model_id.as_deref());
        self.job.append_option(row.job.as_deref());
        self.seed.append_option(row.seed);
        self.sample.append_option(row.sample);
        self.rank.append_option(row.rank);
        self.ranking_score.append_option(row.ranking_score());
        self.confidence.append_option(row.confidence());
        self.created_at.append_value(row.created_at);
        self.updated_at.append_value(row.updated_at);
        self.metadata.append_value(metadata);
    }

    /// The columns, in the order of the schema.
    fn finish(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.prediction_id.finish()),
            Arc::new(self.version.finish()),
            Arc::new(self.sequence.finish()),
            Arc::new(self.length.finish()),
            Arc::new(self.model.finish()),
            Arc::new(self.model_version.finish()),
            Arc::new(self.model_id.finish()),
            Arc::new(self.job.finish()),
            Arc::new(self.seed.finish()),
            Arc::new(self.sample.finish()),
            Arc::new(self.rank.finish()),
            Arc::new(self.ranking_score.finish()),
            Arc::new(self.confidence.finish()),
            Arc::new(self.created_at.finish().with_timezone(ZONE)),
            Arc::new(self.updated_at.finish().with_timezone(ZONE)),
            Arc::new(self.metadata.finish()),
        ]
    }
}
