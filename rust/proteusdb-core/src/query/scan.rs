//! One pass over an access path: deadline, conditions, and whoever takes the rows that match.

use std::ops::ControlFlow;

use super::source::{Access, Source};
use super::view::View;
use super::{Criteria, Deadline};
use crate::error::Result;

/// Passes over access paths for one query, and what they met.
pub(super) struct Scan<'q> {
    source: &'q dyn Source,
    criteria: &'q Criteria,
    deadline: Deadline,
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
    pub(super) fn new(source: &'q dyn Source, criteria: &'q Criteria, deadline: Deadline) -> Self {
        Self { source, criteria, deadline, visited: 0, matched: 0 }
    }

    /// Hands each row that matches to `take`, looking at no more than `budget` rows.
    pub(super) fn pass(
        &mut self,
        access: &Access,
        budget: u64,
        take: &mut dyn FnMut(&View<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<End> {
        let (source, last) = (self.source, self.visited.saturating_add(budget));
        let mut end = End::Path;
        self.matched = 0;
        source.scan(access, &mut |row| {
            if self.visited >= last {
                end = End::Budget;
                return Ok(ControlFlow::Break(()));
            }
            self.deadline.check(self.visited)?;
            self.visited += 1;
            let view = View::new(row);
            if !self.criteria.hold(&view)? {
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
