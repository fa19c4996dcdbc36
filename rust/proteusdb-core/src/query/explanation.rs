//! What a query did, for people and programs.
//!
//! ```text
//! access      job "screen" (3 rows)
//! instead of  length 100 to 120 (8214 rows), every prediction in id order (10000 rows or more)
//! conditions  length between 100 and 120 and job == 'screen'
//! by index    metadata.organism == 'E. coli'
//! order       -confidence, id: the first 10 of all matches
//! rows        3 visited, 2 matched, 2 returned
//! time        0.2 ms
//! ```

use std::fmt;
use std::time::Duration;

use super::Criteria;
use super::plan::{Estimate, Ordered, Plan, describe, describe_conditions};
use super::source::Access;
use crate::record::{Map, Value};

/// The way a query took and what it met.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The access path in words.
    pub access: String,
    /// How many rows it was thought to lead to at most.
    pub estimated: u64,
    /// Whether the estimate was cut off: there may have been more.
    pub estimated_or_more: bool,
    /// The access paths that were longer, with their estimates in words.
    pub rejected: Vec<String>,
    /// The conditions verified on each row, in the order they are asked.
    pub conditions: Vec<String>,
    /// The conditions that the index answers, so that no row need be asked.
    pub answered: Vec<String>,
    /// The order of the answer, and how it came about.
    pub order: String,
    /// Rows looked at.
    pub visited: u64,
    /// Rows that met all conditions, as far as was looked.
    pub matched: u64,
    /// Rows of the answer.
    pub returned: u64,
    /// Whether the scan ended before the path did, the answer being full.
    pub stopped_early: bool,
    /// How long it took.
    pub time: Duration,
}

impl Explanation {
    pub(super) fn new(plan: &Plan, criteria: &Criteria) -> Self {
        let (access, rejected) = match &plan.access {
            None => ("nothing: no row can meet the conditions".to_owned(), Vec::new()),
            Some(taken) => {
                let others = plan.considered.iter().filter(|(access, _)| access != taken);
                let words = |(access, estimate): &(_, Estimate)| format!("{} ({estimate})", describe(access));
                (describe(taken), others.map(words).collect())
            }
        };
        let (answered, conditions) = asked(criteria, &plan.answered);
        Self {
            access,
            estimated: plan.estimate.rows,
            estimated_or_more: plan.estimate.or_more,
            rejected,
            conditions,
            answered,
            order: criteria.order.to_string(),
            visited: 0,
            matched: 0,
            returned: 0,
            stopped_early: false,
            time: Duration::ZERO,
        }
    }

    /// Notes that the rows came in the order asked for, along an index.
    pub(super) fn took_order(&mut self, ordered: &Ordered, criteria: &Criteria) {
        self.access = format!("{}, in order", describe(&ordered.access));
        (self.answered, self.conditions) = asked(criteria, &ordered.answered);
        self.stopped_early = true;
    }

    /// Notes that the rows were found along all of them, where every condition was asked.
    pub(super) fn took_everything(&mut self) {
        self.access = describe(&Access::All);
        self.conditions.append(&mut self.answered);
    }

    /// The same as plain values; `seconds` is the time.
    #[must_use]
    pub fn to_map(&self) -> Map {
        let texts = |texts: &[String]| Value::List(texts.iter().cloned().map(Value::Text).collect());
        let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        [
            ("access", Value::Text(self.access.clone())),
            ("estimated", number(self.estimated)),
            ("estimated_or_more", Value::Bool(self.estimated_or_more)),
            ("rejected", texts(&self.rejected)),
            ("conditions", texts(&self.conditions)),
            ("answered", texts(&self.answered)),
            ("order", Value::Text(self.order.clone())),
            ("visited", number(self.visited)),
            ("matched", number(self.matched)),
            ("returned", number(self.returned)),
            ("stopped_early", Value::Bool(self.stopped_early)),
            ("seconds", Value::Float(self.time.as_secs_f64())),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

/// The conditions that the index answers, and those that are verified.
fn asked(criteria: &Criteria, answered: &[usize]) -> (Vec<String>, Vec<String>) {
    let texts = |numbered: Vec<(usize, String)>| numbered.into_iter().map(|(_, text)| text).collect();
    let all = describe_conditions(&criteria.conditions).into_iter().enumerate();
    let (answered, asked) = all.partition(|(number, _)| answered.contains(number));
    (texts(answered), texts(asked))
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows{}", self.rows, if self.or_more { " or more" } else { "" })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let estimate = Estimate { rows: self.estimated, or_more: self.estimated_or_more };
        writeln!(f, "access      {} ({estimate})", self.access)?;
        if !self.rejected.is_empty() {
            writeln!(f, "instead of  {}", self.rejected.join(", "))?;
        }
        let conditions = if self.conditions.is_empty() { "none".to_owned() } else { self.conditions.join(" and ") };
        writeln!(f, "conditions  {conditions}")?;
        if !self.answered.is_empty() {
            writeln!(f, "by index    {}", self.answered.join(" and "))?;
        }
        writeln!(f, "order       {}", self.order)?;
        let stopped = if self.stopped_early { ", stopped early" } else { "" };
        writeln!(
            f,
            "rows        {} visited, {} matched, {} returned{stopped}",
            self.visited, self.matched, self.returned
        )?;
        write!(f, "time        {:.1} ms", self.time.as_secs_f64() * 1e3)
    }
}
