//! Which way to the rows.
//!
//! ```text
//! length between 100 and 120 and job == 'screen'      job 'screen': 3 rows      <- taken
//!                                                     length 100-120: 8,214 rows
//!                                                     every prediction: 10,000 rows or more
//! ```
//!
//! Every condition that must hold and has an access path offers one; the shortest is taken and the rest verified on
//! each row. Ways are counted no further than needed to tell the shortest: up to 10,000 rows, and on while all are
//! longer.
//!
//! The answer in id order with a limit has a second way: the scan of all predictions, which can stop as soon as the
//! answer is full. Nobody knows beforehand whether that is soon, so it is tried for as many rows as the shortest way
//! would cost; what was lost if it fails is never more than that.

mod narrow;

use super::condition::Condition;
use super::source::{Access, Source};
use super::{Criteria, moment};
use crate::error::Result;

/// Rows counted at first, and at most, to compare ways.
const FIRST_CAP: u64 = 10_000;
const LAST_CAP: u64 = 1_000_000;

/// The way taken, and the ones that were not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// `None` where the conditions contradict one another or no model has the name.
    pub(super) access: Option<Access>,
    /// How many rows it may lead to.
    pub(super) estimate: Estimate,
    /// Every way that was counted.
    pub(super) considered: Vec<(Access, Estimate)>,
    /// Rows to try in id order before, hoping that the answer is full by then.
    pub(super) trial: Option<u64>,
}

/// A count of rows that may have ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Estimate {
    /// The rows counted.
    pub(super) rows: u64,
    /// Whether there may be more.
    pub(super) or_more: bool,
}

impl Plan {
    /// Counts the ways and takes the shortest.
    pub(super) fn new(source: &dyn Source, criteria: &Criteria) -> Result<Self> {
        let found = match criteria.as_of {
            Some(moment) => Some(vec![Access::AsOf(moment)]),
            None => narrow::ways(source, &criteria.conditions)?,
        };
        let Some(ways) = found else {
            return Ok(Self { access: None, estimate: Estimate::default(), considered: Vec::new(), trial: None });
        };
        let considered = count(source, ways)?;
        let (access, estimate) = shortest(&considered);
        let full_scan = matches!(access, Access::All | Access::AsOf(_));
        let trial = (!full_scan && criteria.order.is_by_id() && criteria.limit.is_some()).then_some(estimate.rows);
        Ok(Self { access: Some(access), estimate, considered, trial })
    }
}

/// Counts every way, further and further until one is counted to its end.
fn count(source: &dyn Source, ways: Vec<Access>) -> Result<Vec<(Access, Estimate)>> {
    let mut cap = FIRST_CAP;
    loop {
        let mut counted = Vec::with_capacity(ways.len());
        for way in &ways {
            let rows = source.estimate(way, cap)?;
            // More than the cap was counted without walking, so it is the whole number.
            counted.push((way.clone(), Estimate { rows, or_more: rows == cap }));
        }
        // With one way there is nothing to tell apart.
        if ways.len() == 1 || cap >= LAST_CAP || counted.iter().any(|(_, estimate)| estimate.rows < cap) {
            return Ok(counted);
        }
        cap *= 10;
    }
}

/// The first of the ways with the fewest rows. A way of more than half the rows costs more than all of them in order.
fn shortest(counted: &[(Access, Estimate)]) -> (Access, Estimate) {
    let all = counted.iter().find(|(access, _)| *access == Access::All).map(|(_, estimate)| *estimate);
    let best = counted.iter().min_by_key(|(_, estimate)| estimate.rows);
    match (best, all) {
        (Some((_, best)), Some(all)) if !all.or_more && best.rows > all.rows / 2 => (Access::All, all),
        (Some((access, best)), _) => (access.clone(), *best),
        (None, _) => (Access::All, Estimate::default()),
    }
}

/// An access path in words.
pub(super) fn describe(access: &Access) -> String {
    let range = |from: &Option<i64>, to: &Option<i64>| {
        let show = |end: &Option<i64>| end.map_or_else(|| "..".to_owned(), moment::show);
        format!("{} to {}", show(from), show(to))
    };
    match access {
        Access::All => "every prediction in id order".into(),
        Access::AsOf(moment) => format!("every prediction as of {}", moment::show(*moment)),
        Access::Models { ids, from: None, to: None } => format!("{} model(s)", ids.len()),
        Access::Models { ids, from, to } => format!("{} model(s), created {}", ids.len(), range(from, to)),
        Access::Created { from, to } => format!("created {}", range(from, to)),
        Access::Confidence(least) => format!("confidence from {least}"),
        Access::Length { min, max: u32::MAX } => format!("length from {min}"),
        Access::Length { min, max } => format!("length {min} to {max}"),
        Access::SequencePrefix(prefix) if prefix.len() > 40 => {
            format!("chains that begin with {}…", prefix.get(..40).unwrap_or_default())
        }
        Access::SequencePrefix(prefix) => format!("chains that begin with {prefix}"),
        Access::Job(job) => format!("job {job:?}"),
    }
}

/// The conditions as an explanation lists them.
pub(super) fn describe_conditions(conditions: &[Condition]) -> Vec<String> {
    const MOST: usize = 200;
    let short = |text: String| match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    };
    conditions.iter().map(|condition| short(condition.to_string())).collect()
}
