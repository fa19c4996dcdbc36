//! A source in memory, and what queries answer over it.
//!
//! [`Table`] is as unhelpful as a [`Source`] may be: every path but `All` comes in reverse order of the ids and leads
//! to rows that do not match, so an answer that is right over it owes nothing to the way.

mod answers;
mod best;
mod plain;
mod plans;
mod property;
mod pushes;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use super::{Abilities, Access, Criteria, Deadline, Field, Row, Source, Visit, ordered, run};
use crate::error::Result;
use crate::record::{Map, PartKind, PredictionModel, ResidueKind, Value};

/// A row that holds everything.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) version: u32,
    pub(super) id: String,
    pub(super) model: Option<PredictionModel>,
    pub(super) job: Option<String>,
    pub(super) seed: Option<i64>,
    pub(super) sample: Option<i64>,
    pub(super) rank: Option<i64>,
    pub(super) ranking_score: Option<f64>,
    pub(super) confidence: Option<f64>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) sequence: String,
    pub(super) metadata: Map,
    pub(super) arrays: Vec<&'static str>,
    /// How often sequence and metadata were read.
    pub(super) reads: Cell<(u32, u32)>,
}

impl Entry {
    /// A row with this id and sequence and nothing else.
    pub(super) fn new(id: &str, sequence: &str) -> Self {
        Self {
            number: 0,
            version: 1,
            id: id.to_owned(),
            model: None,
            job: None,
            seed: None,
            sample: None,
            rank: None,
            ranking_score: None,
            confidence: None,
            created_at: 0,
            updated_at: 0,
            sequence: sequence.to_owned(),
            metadata: Map::new(),
            arrays: Vec::new(),
            reads: Cell::default(),
        }
    }
}

impl Row for Entry {
    fn number(&self) -> u64 {
        self.number
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
        self.sequence.bytes().filter(|byte| *byte != b':').count() as u32
    }
    fn chain_types(&self) -> Result<Vec<ResidueKind>> {
        Ok(vec![ResidueKind::Protein; self.sequence.split(':').count()])
    }
    fn parts(&self) -> Result<Vec<(PartKind, String)>> {
        Ok(self.arrays.iter().map(|name| (PartKind::Array, (*name).to_owned())).collect())
    }
    fn sequence(&self) -> Result<Cow<'_, str>> {
        let (sequences, metadata) = self.reads.get();
        self.reads.set((sequences + 1, metadata));
        Ok(Cow::Borrowed(&self.sequence))
    }
    fn metadata(&self) -> Result<Map> {
        let (sequences, metadata) = self.reads.get();
        self.reads.set((sequences, metadata + 1));
        Ok(self.metadata.clone())
    }
}

/// Rows by id, and the paths that were scanned.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Entry>,
    pub(super) scanned: RefCell<Vec<Access>>,
    pub(super) declared: Vec<Field>,
    /// Whether it can do all that a source can.
    pub(super) able: bool,
}

impl Table {
    pub(super) fn new(mut rows: Vec<Entry>) -> Self {
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows.iter_mut().enumerate().for_each(|(number, row)| row.number = number as u64);
        Self { rows, scanned: RefCell::default(), declared: Vec::new(), able: false }
    }

    fn on_path(&self, access: &Access, row: &Entry) -> bool {
        let within = |from: &Option<i64>, to: &Option<i64>| {
            from.is_none_or(|t| row.created_at >= t) && to.is_none_or(|t| row.created_at <= t)
        };
        match access {
            Access::All | Access::AsOf(_) => true,
            Access::Models { ids, from, to } => {
                within(from, to) && row.model.as_ref().is_some_and(|model| ids.contains(&model.id))
            }
            Access::Created { from, to } => within(from, to),
            Access::Confidence(least) => row.confidence.is_some_and(|confidence| confidence >= *least),
            Access::ModelConfidence { ids, least } => {
                row.model.as_ref().is_some_and(|model| ids.contains(&model.id))
                    && row.confidence.is_some_and(|confidence| confidence >= *least)
            }
            Access::Matching(pattern) => pattern.matches(&row.sequence),
            Access::Every(ways) => ways.iter().all(|way| self.on_path(way, row)),
            Access::Length { min, max } => {
                assert!(min <= max, "a range that ends before it begins");
                (*min..=*max).contains(&row.length())
            }
            Access::SequencePrefix(prefix) => row.sequence.split(':').any(|chain| chain.starts_with(prefix)),
            Access::Job(job) => row.job.as_ref() == Some(job),
            Access::Ids(ids) => ids.contains(&row.id),
            Access::Values { field, spans } => {
                let key = value_of(row, field).as_ref().map(ordered::key);
                key.is_some_and(|key| spans.iter().any(|span| span.has(&key)))
            }
        }
    }
}

/// What an index on the field holds of a row.
fn value_of(row: &Entry, field: &Field) -> Option<Value> {
    match field {
        Field::Metadata(path) => Value::at(&row.metadata, path).cloned(),
        Field::Seed => row.seed.map(Value::Int),
        other => panic!("no test declares {other}"),
    }
}

impl Source for Table {
    fn declared(&self) -> Result<Vec<Field>> {
        Ok(self.declared.clone())
    }

    fn abilities(&self) -> Abilities {
        Abilities { intersects: self.able, residues: self.able, orders: self.able }
    }

    fn total(&self) -> Result<Option<u64>> {
        Ok(self.able.then_some(self.rows.len() as u64))
    }

    fn scan_ordered(&self, access: &Access, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        let mut rows: Vec<&Entry> = self.rows.iter().filter(|row| self.on_path(access, row)).collect();
        rows.sort_by(|a, b| match access {
            Access::Confidence(_) | Access::ModelConfidence { .. } => a.confidence.partial_cmp(&b.confidence).unwrap(),
            Access::Length { .. } => a.length().cmp(&b.length()),
            _ => a.created_at.cmp(&b.created_at),
        });
        if descending {
            rows.reverse();
        }
        for row in rows {
            if visit(row)? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn scan(&self, access: &Access, visit: &mut Visit<'_>) -> Result<()> {
        self.scanned.borrow_mut().push(access.clone());
        if *access == Access::All {
            for row in &self.rows {
                if visit(row)? == ControlFlow::Break(()) {
                    break;
                }
            }
            return Ok(());
        }
        // Every fifth row is on the path that may be wrong, though nothing put it there.
        let inexact = matches!(access, Access::SequencePrefix(_));
        let led_to = |row: &&Entry| (inexact && row.number % 5 == 4) || self.on_path(access, row);
        for row in self.rows.iter().rev().filter(led_to) {
            if visit(row)? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn estimate(&self, access: &Access, cap: u64) -> Result<u64> {
        Ok(cap.min(self.rows.iter().filter(|row| self.on_path(access, row)).count() as u64))
    }

    fn models(&self, name: Option<&str>, version: Option<&str>) -> Result<Vec<String>> {
        let models = self.rows.iter().filter_map(|row| row.model.as_ref());
        let fits = models.filter(|model| {
            name.is_none_or(|name| model.name == name) && version.is_none_or(|v| model.version.as_deref() == Some(v))
        });
        let mut ids: Vec<String> = fits.map(|model| model.id.clone()).collect();
        ids.sort();
        ids.dedup();
        Ok(ids)
    }
}

/// A registered model.
pub(super) fn model(name: &str, version: Option<&str>) -> PredictionModel {
    PredictionModel {
        id: format!("{name}-{}", version.unwrap_or("none")),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        configuration: Map::new(),
        created_at: 0,
    }
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn map<const N: usize>(items: [(&str, Value); N]) -> Map {
    items.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn range(low: Value, high: Value) -> Value {
    Value::Map(map([("$range", Value::List(vec![low, high]))]))
}

pub(super) fn criteria<const N: usize>(items: [(&str, Value); N]) -> Criteria {
    Criteria::parse(&map(items)).unwrap()
}

/// The ids of the answer.
pub(super) fn ids<const N: usize>(table: &Table, items: [(&str, Value); N]) -> Vec<String> {
    let answer = run(table, &criteria(items), Deadline::never()).unwrap();
    answer.hits.into_iter().map(|hit| hit.id).collect()
}
