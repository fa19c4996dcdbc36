//! A version of a prediction as a row of plain values, which is how back ends outside the core keep it.
//!
//! ```text
//! Stored ──row(keys)──> (id, version, deleted, ..., metadata as JSON, parts as JSON) ──stored_from_row──> Stored
//! parts    [["structure", "", 8123, "3f0c..."], ["array", "pae", 40112, "9a1b..."]]
//! ```
//!
//! Invariant: the tuple has the columns of [`COLUMNS`] in this order; a part names its bytes by the key the back end keeps
//! them under.

use std::sync::Arc;

use proteusdb_core::formats::{read_document, write_document};
use proteusdb_core::record::{Map, Part, PartBody, PartKind, Prediction, ResidueKind, Value};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyString, PyTuple};

use crate::errors::raise;
use crate::stored::Stored;
use crate::values;

/// The columns of a row, in order.
pub const COLUMNS: [&str; 18] = [
    "prediction_id",
    "version",
    "deleted",
    "updated_at",
    "created_at",
    "sequence",
    "chain_types",
    "length",
    "model_id",
    "job",
    "seed",
    "sample",
    "rank",
    "ranking_score",
    "confidence",
    "mean_plddt",
    "metadata",
    "parts",
];

/// The row of a version; `keys` are those of its fresh parts, in order.
pub fn write<'py>(py: Python<'py>, p: &Prediction, keys: Vec<String>) -> PyResult<Bound<'py, PyTuple>> {
    let parts = write_document(&Value::List(part_values(p, keys).map_err(raise)?));
    // Two halves, since tuples convert up to twelve values.
    let kinds = p.chain_types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(":");
    let fixed = (&p.id, p.version, p.deleted, p.updated_at, p.created_at, &p.sequence, kinds, p.length(), &p.model_id);
    let metadata = write_document(&Value::Map(p.metadata.clone()));
    let (ranking, confidence) = (p.ranking_score(), p.confidence());
    let rest = (&p.job, p.seed, p.sample, p.rank, ranking, confidence, p.mean_plddt, metadata, parts);
    let (fixed, rest) = (fixed.into_pyobject(py)?, rest.into_pyobject(py)?);
    PyTuple::new(py, fixed.iter().chain(rest.iter()).collect::<Vec<_>>())
}

fn part_values(p: &Prediction, keys: Vec<String>) -> Result<Vec<Value>> {
    let mut keys = keys.into_iter();
    p.parts.iter().map(|part| part_value(&p.id, part, &mut keys)).collect()
}

fn part_value(id: &str, part: &Part, keys: &mut impl Iterator<Item = String>) -> Result<Value> {
    let key = match &part.body {
        PartBody::Kept(key) => Some(key.to_string()),
        PartBody::Fresh(_) => keys.next(),
        PartBody::Stored(_) => None,
    };
    let key = key.ok_or_else(|| Error::storage(format!("prediction {id:?}: part {:?} has no key", part.name)))?;
    let size = i64::try_from(part.size).unwrap_or(i64::MAX);
    let name = Value::Text(part.name.clone());
    Ok(Value::List(vec![Value::Text(part.kind.name().to_owned()), name, Value::Int(size), Value::Text(key)]))
}

/// The version a row is of.
#[pyfunction]
pub fn stored_from_row(row: &Bound<'_, PyTuple>) -> PyResult<Stored> {
    if row.len() != COLUMNS.len() {
        return Err(raise(Error::corruption(format!("a row has {} columns, not {}", row.len(), COLUMNS.len()))));
    }
    let id: String = column(row, 0)?;
    let within = |error: Error, name: &str| raise(error.context(format!("prediction {id:?}, column {name}")));
    let kinds = chain_types(&column::<String>(row, 6)?).map_err(|error| within(error, "chain_types"))?;
    let metadata = map(&column::<String>(row, 16)?).map_err(|error| within(error, "metadata"))?;
    let parts = parts(&column::<String>(row, 17)?).map_err(|error| within(error, "parts"))?;
    Ok(Stored::from(Prediction {
        version: column(row, 1)?,
        deleted: row.get_item(2)?.is_truthy()?,
        updated_at: column(row, 3)?,
        created_at: column(row, 4)?,
        sequence: column(row, 5)?,
        chain_types: kinds,
        model_id: column(row, 8)?,
        job: column(row, 9)?,
        seed: column(row, 10)?,
        sample: column(row, 11)?,
        rank: column(row, 12)?,
        mean_plddt: column(row, 15)?,
        metadata,
        parts,
        id,
    }))
}

/// A column of a row, where a value of another type is damage.
pub fn column<'py, T>(row: &Bound<'py, PyTuple>, at: usize) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    value(&row.get_item(at)?, COLUMNS.get(at).copied().unwrap_or("?"))
}

/// A value of a column called `name`.
pub fn value<'py, T>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    object.extract().map_err(|_| {
        let kind = object.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        raise(Error::corruption(format!("column {name} of a row holds a {kind}")))
    })
}

/// What each chain is, from its column.
pub fn chain_types(text: &str) -> Result<Vec<ResidueKind>> {
    let kinds = [ResidueKind::Protein, ResidueKind::Rna, ResidueKind::Dna];
    let named = |name: &str| kinds.into_iter().find(|kind| kind.name() == name);
    let names = text.split(':').filter(|name| !name.is_empty());
    names.map(|name| named(name).ok_or_else(|| Error::corruption(format!("{name:?} is no type of a chain")))).collect()
}

/// A document that is a map.
pub fn map(text: &str) -> Result<Map> {
    match read_document(text)? {
        Value::Map(map) => Ok(map),
        other => Err(Error::corruption(format!("it holds a {}, not a dict", other.type_name()))),
    }
}

/// The parts, from their column.
pub fn parts(text: &str) -> Result<Vec<Part>> {
    let Value::List(items) = read_document(text)? else { return Err(Error::corruption("it is no list of parts")) };
    items.into_iter().map(|item| part(item).ok_or_else(|| Error::corruption("an entry is no part"))).collect()
}

fn part(item: Value) -> Option<Part> {
    let Value::List(fields) = item else { return None };
    let fields: [Value; 4] = fields.try_into().ok()?;
    let [Value::Text(kind), Value::Text(name), Value::Int(size), Value::Text(key)] = fields else {
        return None;
    };
    let kind = PartKind::ALL.into_iter().find(|known| known.name() == kind)?;
    Some(Part { kind, name, size: u64::try_from(size).ok()?, body: PartBody::Kept(Arc::from(key)) })
}

/// A dict as JSON text that [`from_document`] reads.
#[pyfunction]
pub fn to_document<'py>(py: Python<'py>, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    let map = values::map("document", values).map_err(raise)?;
    Ok(PyString::new(py, &write_document(&Value::Map(map))))
}

/// The dict that a JSON text of [`to_document`] holds.
#[pyfunction]
pub fn from_document<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let map = map(text).map_err(raise)?;
    Ok(values::to_dict(py, &map)?.into_any())
}
