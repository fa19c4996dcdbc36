//! The residual of a query over a back end that scans by itself: rows come in, the answer goes out.
//!
//! ```text
//! rows, a superset of the matches ── conditions that were not answered ──┬─ in the order of the answer: until it is full
//!                                                                        ├─ in any order: the first kept in a heap
//!                                                                        └─ a contest: the best of each group
//! ```
//!
//! Invariants: memory is that of the answer and the skipped rows before it, never of all rows; whoever feeds rows is told
//! when no further row can matter.

use std::ops::ControlFlow;

use super::best::{Contest, Winners};
use super::condition::{Check, Condition};
use super::source::Row;
use super::top::{Hit, Top};
use super::view::View;
use super::{Criteria, Deadline, Field};
use crate::error::Result;

/// What becomes of the rows that match.
#[derive(Debug, Clone, PartialEq)]
pub enum Gather {
    /// They are counted.
    Count,
    /// They are kept in the order of the criteria, which is the order they come in.
    Ordered,
    /// They are kept in the order of the criteria; they come in any.
    Sorted,
    /// The best of each group is kept.
    Contest(Contest),
}

enum Kept {
    Count,
    Ordered(Vec<Hit>),
    Sorted(Top),
    Contest(Contest, Winners),
}

/// Rows of one query on their way.
pub struct Verifier {
    criteria: Criteria,
    answered: Vec<usize>,
    deadline: Deadline,
    kept: Kept,
    visited: u64,
    matched: u64,
}

impl Verifier {
    /// A verifier that saw no row; the conditions with these numbers hold of every row that will come.
    #[must_use]
    pub fn new(criteria: Criteria, answered: Vec<usize>, gather: Gather, deadline: Deadline) -> Self {
        let kept = match gather {
            Gather::Count => Kept::Count,
            Gather::Ordered => Kept::Ordered(Vec::new()),
            Gather::Sorted => Kept::Sorted(Top::of(&criteria)),
            Gather::Contest(contest) => Kept::Contest(contest, Winners::default()),
        };
        Self { criteria, answered, deadline, kept, visited: 0, matched: 0 }
    }

    /// Looks at one more row; `Break` when no further one can matter.
    ///
    /// # Errors
    /// `Timeout` after the deadline; `Corruption` where a column cannot be read.
    pub fn offer(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        if self.is_full() {
            return Ok(ControlFlow::Break(()));
        }
        self.deadline.check(self.visited)?;
        self.visited += 1;
        let view = View::new(row);
        if self.criteria.hold_but(&view, &self.answered)? {
            self.matched += 1;
            match &mut self.kept {
                Kept::Count => {}
                Kept::Ordered(hits) if self.matched > self.criteria.offset => hits.push(Hit::of(&view)),
                Kept::Ordered(_) => {}
                Kept::Sorted(top) => top.offer(&view)?,
                Kept::Contest(contest, winners) => winners.offer(contest, &self.criteria.order, &view)?,
            }
        }
        Ok(if self.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn is_full(&self) -> bool {
        let limit = self.criteria.limit;
        match &self.kept {
            Kept::Ordered(hits) => limit.is_some_and(|limit| hits.len() as u64 >= limit),
            Kept::Sorted(_) => limit == Some(0),
            _ => false,
        }
    }

    /// Rows looked at.
    #[must_use]
    pub fn visited(&self) -> u64 {
        self.visited
    }

    /// Rows that met the conditions, as far as was looked.
    #[must_use]
    pub fn matched(&self) -> u64 {
        self.matched
    }

    /// The answer.
    #[must_use]
    pub fn finish(self) -> Vec<Hit> {
        match self.kept {
            Kept::Count => Vec::new(),
            Kept::Ordered(hits) => hits,
            Kept::Sorted(top) => top.finish(self.criteria.skipped()),
            Kept::Contest(_, winners) => winners.finish(&self.criteria),
        }
    }
}

impl Criteria {
    /// The fields that are looked at where the conditions with these numbers are not asked, nor, if `sorted`, the order.
    #[must_use]
    pub fn fields(&self, answered: &[usize], sorted: bool) -> Vec<Field> {
        let mut fields = Vec::new();
        for (number, condition) in self.conditions.iter().enumerate() {
            if !answered.contains(&number) {
                condition.name_fields(&mut fields);
            }
        }
        if !sorted {
            fields.extend(self.order.fields().map(|(field, _)| field.clone()));
        }
        fields
    }
}

impl Condition {
    fn name_fields(&self, into: &mut Vec<Field>) {
        match self {
            Self::Test { check: Check::Matches(_), .. } => into.push(Field::Sequence),
            Self::Test { field, .. } => into.push(field.clone()),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.name_fields(into)),
            Self::Not(inner) => inner.name_fields(into),
        }
    }
}
