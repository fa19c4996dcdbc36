//! What a query asks, parsed from the names and values of `query_predictions`.
//!
//! ```text
//! {sequence_pattern: "MLS*", confidence_threshold: 0.8, order_by: "-confidence", limit: 10}
//!
//! conditions  confidence >= 0.8, sequence glob 'MLS*'      all must hold, the cheapest first
//! order       -confidence, id
//! limit       10                                           after `offset` rows were skipped
//! ```
//!
//! A value of `None` is a criterion that was not given. A range is a list of two, or a map `{"$range": [low, high]}`,
//! which is how the binding marks a tuple where a list would mean a list.

mod read;
#[cfg(test)]
mod tests;

use super::condition::{Check, Comparison, Condition};
use super::literal::Literal;
use super::source::Row;
use super::suggest::did_you_mean;
use super::view::View;
use super::{Field, Moments, Order, Pattern, expression};
use crate::error::{Error, Result};
use crate::record::{Map, Value};

/// The names of the criteria, as API and shell have them.
pub const NAMES: [&str; 15] = [
    "sequence_pattern",
    "confidence_threshold",
    "model_name",
    "model_version",
    "date_range",
    "job",
    "seed",
    "sample",
    "metadata",
    "length_range",
    "where",
    "order_by",
    "limit",
    "offset",
    "as_of",
];

/// A parsed query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Criteria {
    pub(super) conditions: Vec<Condition>,
    pub(super) order: Order,
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
    pub(super) as_of: Option<i64>,
}

impl Criteria {
    /// Parses criteria by name.
    ///
    /// # Errors
    /// `Query` for an unknown name, a value of a wrong type or out of bounds, a bad pattern, date or `where`.
    pub fn parse(given: &Map) -> Result<Self> {
        let mut criteria = Self::default();
        for (name, value) in given {
            if !NAMES.contains(&name.as_str()) {
                return Err(unknown(name));
            }
            if *value != Value::Null {
                criteria.add(name, value)?;
            }
        }
        criteria.conditions = match Condition::And(criteria.conditions).cheapest_first() {
            Condition::And(all) => all,
            other => vec![other],
        };
        Ok(criteria)
    }

    /// Whether a row meets every condition; `as_of`, order, limit and offset are not asked.
    ///
    /// # Errors
    /// `Corruption` where a column that is needed cannot be read.
    pub fn matches(&self, row: &dyn Row) -> Result<bool> {
        self.hold_but(&View::new(row), &[])
    }

    /// The conditions, all of which must hold, the cheapest first.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The order of the answer.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// At most how many rows.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// How many rows are skipped.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The commit time (µs) at which the rows are seen, or now.
    #[must_use]
    pub fn as_of(&self) -> Option<i64> {
        self.as_of
    }

    /// `offset` as a number of entries in memory.
    pub(super) fn skipped(&self) -> usize {
        usize::try_from(self.offset).unwrap_or(usize::MAX)
    }

    /// Whether a row meets the conditions, those with these numbers aside.
    pub(super) fn hold_but(&self, view: &View<'_>, answered: &[usize]) -> Result<bool> {
        for (number, condition) in self.conditions.iter().enumerate() {
            if !answered.contains(&number) && !condition.holds(view)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn add(&mut self, name: &str, value: &Value) -> Result<()> {
        match name {
            "limit" => self.limit = Some(read::count(name, value)?),
            "offset" => self.offset = read::count(name, value)?,
            "as_of" => self.as_of = Some(Moments::from_value(name, value)?.last),
            "order_by" => self.order = Order::parse(value).map_err(|error| error.context(name))?,
            "metadata" => self.conditions.extend(metadata(value)?),
            _ => self.conditions.extend(condition(name, value)?),
        }
        Ok(())
    }
}

/// The condition of one name; `None` for a range without bounds.
fn condition(name: &str, value: &Value) -> Result<Option<Condition>> {
    let equal = |field, literal: Literal| Condition::test(field, Check::Compare(Comparison::Equal, literal));
    let text = |field| Ok(Some(equal(field, Literal::exact(Value::Text(read::text(name, value)?.to_owned())))));
    let integer = |field| Ok(Some(equal(field, Literal::exact(Value::Int(read::integer(name, value)?)))));
    match name {
        "model_name" => text(Field::Model),
        "model_version" => text(Field::ModelVersion),
        "job" => text(Field::Job),
        "seed" => integer(Field::Seed),
        "sample" => integer(Field::Sample),
        "confidence_threshold" => {
            let least = Literal::exact(Value::Float(read::threshold(name, value)?));
            Ok(Some(Condition::test(Field::Confidence, Check::Compare(Comparison::AtLeast, least))))
        }
        "sequence_pattern" => {
            let pattern = Pattern::parse(read::text(name, value)?).map_err(|error| error.context(name))?;
            Ok(Some(Condition::test(Field::Sequence, Check::Matches(pattern))))
        }
        "date_range" => Ok(between(Field::CreatedAt, read::dates(name, value)?)),
        "length_range" => Ok(between(Field::Length, read::lengths(name, value)?)),
        "where" => expression::parse(read::text(name, value)?).map(Some).map_err(|error| error.context(name)),
        other => Err(unknown(other)),
    }
}

fn between(field: Field, bounds: (Option<Literal>, Option<Literal>)) -> Option<Condition> {
    match bounds {
        (None, None) => None,
        (low, high) => Some(Condition::test(field, Check::Between(low, high))),
    }
}

/// A condition for each path.
fn metadata(value: &Value) -> Result<Vec<Condition>> {
    let Value::Map(paths) = value else {
        let problem = format!("metadata: a value of type {} was given", value.type_name());
        return Err(Error::query(format!("{problem}; allowed is a dict of (dotted) keys to values or (low, high)")));
    };
    let mut conditions = Vec::new();
    for (path, value) in paths {
        let field = Field::metadata(path)?;
        match read::marked_range(value) {
            Some(bounds) => conditions.extend(between(field, read::metadata_bounds(path, bounds)?)),
            None => {
                read::check_metadata_value(path, value)?;
                let literal = Literal::exact(value.clone());
                conditions.push(Condition::test(field, Check::Compare(Comparison::Equal, literal)));
            }
        }
    }
    Ok(conditions)
}

fn unknown(name: &str) -> Error {
    let shown: String = name.chars().take(60).collect();
    let hint = did_you_mean(name, NAMES);
    Error::query(format!("unknown criterion {shown:?}{hint}; allowed are {}", NAMES.join(", ")))
}
