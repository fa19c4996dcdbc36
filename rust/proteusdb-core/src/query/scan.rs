//! One pass over an access path: deadline, conditions, and whoever takes the rows that match.

use std::ops::ControlFlow;

use super::plan::{Ordered, Plan};
use super::source::{Access, Source, Visit};
use super::view::View;
use super::{Criteria, Deadline};
use crate::error::Result;

/// What is done with each row that matches.
pub(super) type Take<'t> = dyn FnMut(&View<'_>) -> Result<ControlFlow<()>> + 't;

/// Passes over access paths for one query, and what they met.
pub(super) struct Scan<'q> {
    source: &'q dyn Source,
    criteria: &'q Criteria,
    deadline: Deadline,
    /// The conditions, by number, that need not be asked along the planned way.
    answered: Vec<usize>,
    /// Rows looked at in all passes.
    pub(super) visited: u64,
    /// Rows that met the conditions in the last pass.
    pub(super) matched: u64,
}

/// Why a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The path did.
    Path,
    /// Whoever takes the rows wants no more.
    Full,
    /// It was to look at no more rows.
    Budget,
}

impl<'q> Scan<'q> {
    /// A scan that looked at nothing yet.
    pub(super) fn new(source: &'q dyn Source, criteria: &'q Criteria, plan: &Plan, deadline: Deadline) -> Self {
        Self { source, criteria, deadline, answered: plan.answered.clone(), visited: 0, matched: 0 }
    }

    /// Hands each row that matches to `take`, looking at no more than `budget` rows.
    pub(super) fn pass(&mut self, access: &Access, budget: u64, take: &mut Take<'_>) -> Result<End> {
        // Only the way that was planned answers conditions; a pass over everything asks all.
        let answered = if *access == Access::All { Vec::new() } else { self.answered.clone() };
        self.walk(&answered, budget, take, |source, visit| source.scan(access, visit))
    }

    /// The same along a path in the order of its index.
    pub(super) fn ordered(&mut self, ordered: &Ordered, budget: u64, take: &mut Take<'_>) -> Result<End> {
        let Ordered { access, descending, answered, .. } = ordered;
        self.walk(answered, budget, take, |source, visit| source.scan_ordered(access, *descending, visit))
    }

    fn walk(
        &mut self,
        answered: &[usize],
        budget: u64,
        take: &mut Take<'_>,
        scan: impl FnOnce(&dyn Source, &mut Visit<'_>) -> Result<()>,
    ) -> Result<End> {
        let (source, last) = (self.source, self.visited.saturating_add(budget));
        let mut end = End::Path;
        self.matched = 0;
        scan(source, &mut |row| {
            if self.visited >= last {
                end = End::Budget;
                return Ok(ControlFlow::Break(()));
            }
            self.deadline.check(self.visited)?;
            self.visited += 1;
            let view = View::new(row);
            if !self.criteria.hold_but(&view, answered)? {
                return Ok(ControlFlow::Continue(()));
            }
            self.matched += 1;
            let flow = take(&view)?;
            if flow.is_break() {
                end = End::Full;
            }
            Ok(flow)
        })?;
        Ok(end)
    }

    /// Hands every row that matches to `take`.
    pub(super) fn all(&mut self, access: &Access, take: &mut dyn FnMut(&View<'_>) -> Result<()>) -> Result<()> {
        self.pass(access, u64::MAX, &mut |view| take(view).map(ControlFlow::Continue)).map(|_| ())
    }
}
