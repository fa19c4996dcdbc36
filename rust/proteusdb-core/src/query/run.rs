//! The road of a query: plan, scan, verify, order.
//!
//! ```text
//! criteria -> Plan -> pass over an access path -> conditions, cheapest first -> Top, or in order as they come -> hits
//! ```
//!
//! Invariant: the answer depends on the rows and the criteria alone, never on the way that was taken.

use std::ops::ControlFlow;
use std::time::Instant;

use super::plan::{Ordered, Plan};
use super::scan::{End, Scan};
use super::source::{Access, Source};
use super::top::{Hit, Top};
use super::{Criteria, Deadline, Explanation};
use crate::error::Result;

/// The rows that match, in order, and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The rows after `offset`, at most `limit`.
    pub hits: Vec<Hit>,
    /// How they were found.
    pub explanation: Explanation,
}

/// Finds the rows that meet the criteria.
///
/// # Errors
/// `Timeout` after the deadline; whatever the back end fails with.
pub fn run(source: &dyn Source, criteria: &Criteria, deadline: Deadline) -> Result<Answer> {
    answer(source, criteria, deadline, |scan, plan, access, explanation| {
        if criteria.limit == Some(0) {
            return Ok(Vec::new());
        }
        if let Some(ordered) = &plan.ordered
            && let Some(hits) = along(scan, criteria, ordered, plan.estimate.rows)?
        {
            explanation.took_order(ordered, criteria);
            return Ok(hits);
        }
        let budget = if *access == Access::All { u64::MAX } else { plan.trial.unwrap_or(0) };
        if criteria.order.is_by_id() && budget > 0 {
            let (hits, end) = in_id_order(scan, criteria, budget)?;
            if end != End::Budget {
                explanation.took_everything();
                explanation.stopped_early = end == End::Full;
                return Ok(hits);
            }
        }
        let mut top = Top::of(criteria);
        scan.all(access, &mut |view| top.offer(view))?;
        Ok(top.finish(criteria.skipped()))
    })
}

/// How many rows meet the criteria; order, limit and offset are not asked.
///
/// # Errors
/// As [`run`].
pub fn count(source: &dyn Source, criteria: &Criteria, deadline: Deadline) -> Result<u64> {
    source.heed(&deadline);
    if criteria.conditions.is_empty()
        && criteria.as_of.is_none()
        && let Some(total) = source.total()?
    {
        return Ok(total);
    }
    let plan = Plan::of_count(source, criteria)?;
    let mut scan = Scan::new(source, criteria, &plan, deadline);
    match &plan.access {
        None => {}
        Some(access) if plan.is_exact(criteria) => return source.estimate(access, u64::MAX),
        Some(access) => scan.all(access, &mut |_| Ok(()))?,
    }
    Ok(scan.matched)
}

/// Plans, lets `find` take the rows, and notes what it met.
pub(super) fn answer(
    source: &dyn Source,
    criteria: &Criteria,
    deadline: Deadline,
    find: impl FnOnce(&mut Scan<'_>, &Plan, &Access, &mut Explanation) -> Result<Vec<Hit>>,
) -> Result<Answer> {
    let started = Instant::now();
    source.heed(&deadline);
    let plan = Plan::new(source, criteria)?;
    let mut explanation = Explanation::new(&plan, criteria);
    let mut scan = Scan::new(source, criteria, &plan, deadline);
    let hits = match &plan.access {
        Some(access) => find(&mut scan, &plan, access, &mut explanation)?,
        None => Vec::new(),
    };
    explanation.visited = scan.visited;
    explanation.matched = scan.matched;
    explanation.returned = hits.len() as u64;
    explanation.time = started.elapsed();
    Ok(Answer { hits, explanation })
}

/// The answer as it comes along an index that has its order; `None` where that takes more than `budget` rows, or where
/// the index ends before the answer is full and rows without a value may follow.
fn along(scan: &mut Scan<'_>, criteria: &Criteria, ordered: &Ordered, budget: u64) -> Result<Option<Vec<Hit>>> {
    let mut top = Top::of(criteria);
    let end = scan.ordered(ordered, budget, &mut |view| top.next(view))?;
    let whole = end == End::Full || end == End::Path && (ordered.complete || top.is_full());
    Ok(whole.then(|| top.finish(criteria.skipped())))
}

/// The answer as it comes along the scan of everything, which is in id order; it may end for want of budget.
fn in_id_order(scan: &mut Scan<'_>, criteria: &Criteria, budget: u64) -> Result<(Vec<Hit>, End)> {
    let (mut hits, mut skip, room) = (Vec::new(), criteria.offset, criteria.limit.unwrap_or(u64::MAX));
    let end = scan.pass(&Access::All, budget, &mut |view| {
        if skip > 0 {
            skip -= 1;
        } else {
            hits.push(Hit::of(view));
        }
        let full = hits.len() as u64 >= room;
        Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok((hits, end))
}
