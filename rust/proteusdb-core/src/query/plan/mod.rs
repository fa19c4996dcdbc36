//! Which way to the rows.
//!
//! ```text
//! length between 100 and 120 and job == 'screen'      job 'screen': 3 rows      <- taken
//!                                                     length 100-120: 8,214 rows
//!                                                     every prediction: 10,000 rows or more
//! ```
//!
//! Every condition that must hold and has an access path offers one; the one that costs least is taken, with others
//! whose rows are worth reading to visit fewer (`choose`), and the rest is verified on each row. Ways are counted no
//! further than needed to tell the shortest: up to 10,000 rows, and on while all are longer.
//!
//! The answer in an order that an index has, with a limit, is read off that index (`order`). The answer in id order with
//! a limit has a second way: the scan of all predictions, which can stop as soon as the answer is full. Nobody knows
//! beforehand whether that is soon, so both are tried for as many rows as the shortest way would cost; what was lost if
//! they fail is never more than that.

mod choose;
mod exact;
mod narrow;
mod order;
mod words;

use super::Criteria;
use super::source::{Access, Source};
use crate::error::Result;

pub(super) use order::Ordered;
pub(super) use words::{describe, describe_conditions};

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
    /// An index that has the order of the answer, to be tried before for as many rows as the way costs.
    pub(super) ordered: Option<Ordered>,
    /// The conditions, by number, that hold of every row the way leads to.
    pub(super) answered: Vec<usize>,
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
    /// The cheapest way to the rows.
    pub(super) fn new(source: &dyn Source, criteria: &Criteria) -> Result<Self> {
        Self::make(source, criteria, false)
    }

    /// The cheapest way to their number: rows need not be visited where indexes answer all conditions.
    pub(super) fn of_count(source: &dyn Source, criteria: &Criteria) -> Result<Self> {
        Self::make(source, criteria, true)
    }

    fn make(source: &dyn Source, criteria: &Criteria, counting: bool) -> Result<Self> {
        let narrowed = match criteria.as_of {
            Some(moment) => Some((vec![Access::AsOf(moment)], None)),
            None => narrow::ways(source, criteria)?,
        };
        let Some((ways, ordered)) = narrowed else {
            return Ok(Self::nothing());
        };
        if counting && let Some(plan) = Self::of_one_index(&ways, criteria) {
            return Ok(plan);
        }
        let considered = count(source, ways)?;
        let (access, estimate) = choose::cheapest(source, criteria, &considered, counting)?;
        let full_scan = matches!(access, Access::All | Access::AsOf(_));
        let trial = (!full_scan && criteria.order.is_by_id() && criteria.limit.is_some()).then_some(estimate.rows);
        let answered = exact::answered(&access, &criteria.conditions);
        Ok(Self { access: Some(access), estimate, considered, trial, ordered, answered })
    }

    /// An index that answers all conditions knows their number, however many it is.
    fn of_one_index(ways: &[Access], criteria: &Criteria) -> Option<Self> {
        let answered = |way: &&Access| exact::answered(way, &criteria.conditions).len() == criteria.conditions.len();
        let access = ways.iter().filter(|way| !matches!(way, Access::All | Access::Ids(_))).find(answered)?;
        let answered = exact::answered(access, &criteria.conditions);
        Some(Self { access: Some(access.clone()), answered, ..Self::nothing() })
    }

    fn nothing() -> Self {
        let (estimate, considered, answered) = (Estimate::default(), Vec::new(), Vec::new());
        Self { access: None, estimate, considered, trial: None, ordered: None, answered }
    }

    /// Whether the way leads to nothing but rows that meet all conditions.
    pub(super) fn is_exact(&self, criteria: &Criteria) -> bool {
        // Ids are those that were asked for, whether anything has them or not.
        let counted = !matches!(self.access, Some(Access::All | Access::AsOf(_) | Access::Ids(_)));
        counted && self.answered.len() == criteria.conditions.len()
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
