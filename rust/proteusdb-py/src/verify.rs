//! `_core.Search` and `_core.Verifier`: a query over a back end that lives in Python.
//!
//! ```text
//! Search(criteria)  .pushes   what the back end may ask of its own columns
//!                   .within   where in an index of keys the matches stand
//!                   .columns  what the rest needs to see
//!                   .verify   -> Verifier   .feed(rows) until it wants no more, .finish() -> [(id, version)]
//! ```

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use proteusdb_core::query::{Ask, Contest, Criteria, Direction, Field, Gather, Row, Verifier as Core};
use proteusdb_core::record::{Map, PartKind, PredictionModel, ResidueKind};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::errors::raise;
use crate::row::{self, value};
use crate::search::{deadline, parse, pinned};
use crate::values;

/// Parsed criteria, and a contest among the matches if there is one.
#[pyclass(frozen, module = "proteusdb._core")]
pub struct Search {
    criteria: Criteria,
    contest: Option<Contest>,
}

#[pymethods]
impl Search {
    #[new]
    #[pyo3(signature = (criteria, contest=None))]
    fn new(criteria: &Bound<'_, PyAny>, contest: Option<(String, String)>) -> PyResult<Self> {
        let criteria = parse(criteria).map_err(raise)?;
        let contest = contest.map(|(by, per)| Contest::parse(&by, &per)).transpose().map_err(raise)?;
        Ok(Self { criteria, contest })
    }

    /// Every condition as `where` would have it.
    #[getter]
    fn conditions(&self) -> Vec<String> {
        self.criteria.conditions().iter().map(ToString::to_string).collect()
    }

    /// (number of the condition, ask, whether it says all of it).
    #[getter]
    fn pushes<'py>(&self, py: Python<'py>) -> PyResult<Vec<(usize, Bound<'py, PyTuple>, bool)>> {
        let pushes = self.criteria.pushes();
        let there = pushes.iter().enumerate().filter_map(|(number, push)| Some((number, push.as_ref()?)));
        there.map(|(number, push)| Ok((number, ask(py, &push.ask)?, push.exact))).collect()
    }

    /// ([(first key, key after the last)], numbers of the conditions it answers), or None.
    fn within<'py>(&self, py: Python<'py>, field: &str) -> PyResult<Option<(Spans<'py>, Vec<usize>)>> {
        let field = Field::declarable(field).map_err(raise)?;
        let bytes = |key: &[u8]| PyBytes::new(py, key);
        Ok(self
            .criteria
            .within(&field)
            .map(|(spans, numbers)| (spans.iter().map(|span| (bytes(&span.from), bytes(&span.to))).collect(), numbers)))
    }

    /// (field, descending) of the order, before the id.
    #[getter]
    fn order(&self) -> Vec<(String, bool)> {
        let key = |(field, direction): (&Field, _)| (field.name(), direction == Direction::Descending);
        self.criteria.order().fields().map(key).collect()
    }

    /// The order in words.
    #[getter]
    fn order_text(&self) -> String {
        self.criteria.order().to_string()
    }

    #[getter]
    fn limit(&self) -> Option<u64> {
        self.criteria.limit()
    }

    #[getter]
    fn offset(&self) -> u64 {
        self.criteria.offset()
    }

    #[getter]
    fn as_of(&self) -> Option<i64> {
        self.criteria.as_of()
    }

    /// The columns a row needs beside id and version, in the order of this list.
    #[pyo3(signature = (answered, *, count, ordered))]
    fn columns(&self, answered: Vec<usize>, count: bool, ordered: bool) -> Vec<&'static str> {
        let contest = self.contest.iter().flat_map(Contest::fields).cloned();
        let fields = self.criteria.fields(&answered, count || ordered).into_iter().chain(contest);
        let mut columns: Vec<&'static str> = fields.filter_map(|field| column_of(&field)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// A verifier of rows (id, version, *columns).
    #[pyo3(signature = (columns, answered, *, count, ordered, timeout))]
    fn verify(
        &self,
        columns: Vec<String>,
        answered: Vec<usize>,
        count: bool,
        ordered: bool,
        timeout: Option<f64>,
    ) -> PyResult<Verifier> {
        let columns = columns.iter().map(|name| Column::parse(name)).collect::<Result<_>>().map_err(raise)?;
        let gather = match &self.contest {
            Some(contest) => Gather::Contest(contest.clone()),
            None if count => Gather::Count,
            None if ordered => Gather::Ordered,
            None => Gather::Sorted,
        };
        let core = Core::new(self.criteria.clone(), answered, gather, deadline(timeout));
        Ok(Verifier { columns, core: Mutex::new(Some(core)) })
    }
}

type Spans<'py> = Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)>;

/// A question as nested tuples: ("in", field, [values]), ("range", field, low, high), ("and", [asks]), ...
fn ask<'py>(py: Python<'py>, question: &Ask) -> PyResult<Bound<'py, PyTuple>> {
    let list = |parts: &[Ask]| {
        let parts = parts.iter().map(|part| ask(py, part)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, parts)
    };
    match question {
        Ask::In(field, values) => {
            let values = values.iter().map(|value| values::to_python(py, value)).collect::<PyResult<Vec<_>>>()?;
            ("in", field.name(), values).into_pyobject(py)
        }
        Ask::Range(field, low, high) => {
            let end = |end: &proteusdb_core::query::End| {
                end.as_ref().map(|(value, inside)| Ok((values::to_python(py, value)?, *inside))).transpose()
            };
            let (low, high): (PyResult<_>, PyResult<_>) = (end(low), end(high));
            ("range", field.name(), low?, high?).into_pyobject(py)
        }
        Ask::Null(field) => ("null", field.name()).into_pyobject(py),
        Ask::Starts(text) => ("starts", text).into_pyobject(py),
        Ask::Holds(texts) => ("holds", texts).into_pyobject(py),
        Ask::And(parts) => ("and", list(parts)?).into_pyobject(py),
        Ask::Or(parts) => ("or", list(parts)?).into_pyobject(py),
        Ask::Not(inner) => ("not", ask(py, inner)?).into_pyobject(py),
        Ask::Never => ("never",).into_pyobject(py),
    }
}

/// A column a row may have beside id and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    ChainTypes,
    Confidence,
    CreatedAt,
    Job,
    Length,
    Metadata,
    Model,
    ModelVersion,
    Parts,
    Rank,
    RankingScore,
    Sample,
    Seed,
    Sequence,
    UpdatedAt,
}

const NAMED: [(&str, Column); 15] = [
    ("chain_types", Column::ChainTypes),
    ("confidence", Column::Confidence),
    ("created_at", Column::CreatedAt),
    ("job", Column::Job),
    ("length", Column::Length),
    ("metadata", Column::Metadata),
    ("model", Column::Model),
    ("model_version", Column::ModelVersion),
    ("parts", Column::Parts),
    ("rank", Column::Rank),
    ("ranking_score", Column::RankingScore),
    ("sample", Column::Sample),
    ("seed", Column::Seed),
    ("sequence", Column::Sequence),
    ("updated_at", Column::UpdatedAt),
];

impl Column {
    fn parse(name: &str) -> Result<Self> {
        let found = NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, column)| *column).ok_or_else(|| Error::query(format!("{name:?} is no column of a row")))
    }
}

/// The column a field is read from; `None` for id and version, which every row has.
fn column_of(field: &Field) -> Option<&'static str> {
    let wanted = match field {
        Field::Id | Field::Version => return None,
        Field::Chains | Field::ChainTypes => "chain_types".to_owned(),
        Field::Structure | Field::Arrays => "parts".to_owned(),
        Field::Metadata(_) => "metadata".to_owned(),
        other => other.name(),
    };
    NAMED.iter().find(|(name, _)| *name == wanted).map(|(name, _)| *name)
}

/// Rows of one query, on their way to its answer.
#[pyclass(frozen, module = "proteusdb._core")]
pub struct Verifier {
    columns: Vec<Column>,
    core: Mutex<Option<Core>>,
}

#[pymethods]
impl Verifier {
    /// Looks at rows (id, version, *columns); whether more can matter.
    fn feed(&self, py: Python<'_>, rows: Vec<Bound<'_, PyTuple>>) -> PyResult<bool> {
        let candidates = rows.iter().map(|row| self.candidate(row)).collect::<PyResult<Vec<_>>>()?;
        drop(rows);
        py.detach(|| self.offer(&candidates)).map_err(raise)
    }

    #[getter]
    fn visited(&self) -> u64 {
        self.with(|core| core.visited())
    }

    #[getter]
    fn matched(&self) -> u64 {
        self.with(|core| core.matched())
    }

    /// The answer; a second call gives none.
    fn finish(&self, py: Python<'_>) -> Vec<(String, u32)> {
        let core = self.core.lock().unwrap_or_else(PoisonError::into_inner).take();
        core.map_or_else(Vec::new, |core| py.detach(|| pinned(core.finish())))
    }
}

impl Verifier {
    fn with<R: Default>(&self, look: impl FnOnce(&Core) -> R) -> R {
        self.core.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(look).unwrap_or_default()
    }

    fn offer(&self, rows: &[Candidate]) -> Result<bool> {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(core) = core.as_mut() else { return Ok(false) };
        for row in rows {
            if core.offer(row)? == ControlFlow::Break(()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn candidate(&self, row: &Bound<'_, PyTuple>) -> PyResult<Candidate> {
        let mut candidate = Candidate {
            id: value(&row.get_item(0)?, "id")?,
            version: value(&row.get_item(1)?, "version")?,
            ..Candidate::default()
        };
        for (column, object) in self.columns.iter().zip(row.iter().skip(2)) {
            candidate.set(*column, &object)?;
        }
        Ok(candidate)
    }
}

/// One row; columns that were not asked for are empty.
#[derive(Default)]
struct Candidate {
    id: String,
    version: u32,
    model: Option<PredictionModel>,
    job: Option<String>,
    seed: Option<i64>,
    sample: Option<i64>,
    rank: Option<i64>,
    ranking_score: Option<f64>,
    confidence: Option<f64>,
    created_at: i64,
    updated_at: i64,
    length: u32,
    chain_types: String,
    parts: String,
    sequence: String,
    metadata: String,
}

impl Candidate {
    fn set(&mut self, column: Column, object: &Bound<'_, PyAny>) -> PyResult<()> {
        match column {
            Column::ChainTypes => self.chain_types = value(object, "chain_types")?,
            Column::Confidence => self.confidence = value(object, "confidence")?,
            Column::CreatedAt => self.created_at = value(object, "created_at")?,
            Column::Job => self.job = value(object, "job")?,
            Column::Length => self.length = value(object, "length")?,
            Column::Metadata => self.metadata = value(object, "metadata")?,
            Column::Model => {
                let name: Option<String> = value(object, "model")?;
                name.into_iter().for_each(|name| self.model_mut().name = name);
            }
            Column::ModelVersion => {
                let version: Option<String> = value(object, "model_version")?;
                version.into_iter().for_each(|version| self.model_mut().version = Some(version));
            }
            Column::Parts => self.parts = value(object, "parts")?,
            Column::Rank => self.rank = value(object, "rank")?,
            Column::RankingScore => self.ranking_score = value(object, "ranking_score")?,
            Column::Sample => self.sample = value(object, "sample")?,
            Column::Seed => self.seed = value(object, "seed")?,
            Column::Sequence => self.sequence = value(object, "sequence")?,
            Column::UpdatedAt => self.updated_at = value(object, "updated_at")?,
        }
        Ok(())
    }

    /// A model of which only what was asked for is known.
    fn model_mut(&mut self) -> &mut PredictionModel {
        self.model.get_or_insert_with(|| PredictionModel {
            id: String::new(),
            name: String::new(),
            version: None,
            configuration: Map::new(),
            created_at: 0,
        })
    }

    fn damaged(&self, error: Error, column: &str) -> Error {
        error.context(format!("prediction {:?}, column {column}", self.id))
    }
}

impl Row for Candidate {
    fn number(&self) -> u64 {
        0
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn model(&self) -> Option<&PredictionModel> {
        self.model.as_ref()
    }

    fn job(&self) -> Option<&str> {
        self.job.as_deref()
    }

    fn seed(&self) -> Option<i64> {
        self.seed
    }

    fn sample(&self) -> Option<i64> {
        self.sample
    }

    fn rank(&self) -> Option<i64> {
        self.rank
    }

    fn ranking_score(&self) -> Option<f64> {
        self.ranking_score
    }

    fn confidence(&self) -> Option<f64> {
        self.confidence
    }

    fn created_at(&self) -> i64 {
        self.created_at
    }

    fn updated_at(&self) -> i64 {
        self.updated_at
    }

    fn length(&self) -> u32 {
        self.length
    }

    fn chain_types(&self) -> Result<Vec<ResidueKind>> {
        row::chain_types(&self.chain_types).map_err(|error| self.damaged(error, "chain_types"))
    }

    fn parts(&self) -> Result<Vec<(PartKind, String)>> {
        let parts = row::parts(&self.parts).map_err(|error| self.damaged(error, "parts"))?;
        Ok(parts.into_iter().map(|part| (part.kind, part.name)).collect())
    }

    fn sequence(&self) -> Result<Cow<'_, str>> {
        Ok(Cow::Borrowed(&self.sequence))
    }

    fn metadata(&self) -> Result<Map> {
        row::map(&self.metadata).map_err(|error| self.damaged(error, "metadata"))
    }
}
