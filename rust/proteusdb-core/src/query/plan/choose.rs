//! What a way costs, and which ways together cost least.
//!
//! ```text
//! model and month    31,000 rows        visiting one costs as much as reading a hundred from an index,
//! confidence >= 0.95 50,000 rows        so both are read, and 1,550 rows visited
//! ```

use super::{Estimate, exact};
use crate::error::Result;
use crate::query::Criteria;
use crate::query::source::{Access, Source};

/// What looking at things costs, in nanoseconds of some machine; only the ratios matter.
const VISIT: u64 = 600;
const READ: u64 = 10;
const MATCH: u64 = 150;

/// What it costs to read which rows a way leads to.
fn reading(access: &Access, rows: u64) -> u64 {
    rows.saturating_mul(if matches!(access, Access::Matching(_)) { MATCH } else { READ })
}

/// What it costs to visit them. A pattern leaves few of the sequences that are looked through.
fn visiting(access: &Access, rows: u64) -> u64 {
    rows.saturating_mul(if matches!(access, Access::Matching(_)) { MATCH } else { VISIT })
}

/// The cheapest way, or ways together.
pub(super) fn cheapest(
    source: &dyn Source,
    criteria: &Criteria,
    counted: &[(Access, Estimate)],
    counting: bool,
) -> Result<(Access, Estimate)> {
    let (access, estimate) = shortest(counted);
    let one_costs_all = matches!(access, Access::All | Access::AsOf(_) | Access::Ids(_));
    if !source.abilities().intersects || one_costs_all && !counting || criteria.as_of.is_some() {
        return Ok((access, estimate));
    }
    let total = source.total()?.unwrap_or(u64::MAX).max(1);
    let mut others: Vec<&(Access, Estimate)> = counted.iter().filter(|(other, _)| can_join(other)).collect();
    others.sort_by_key(|(_, estimate)| estimate.rows);
    if counting && let Some(all) = all_answered(criteria, &others, (&access, estimate)) {
        return Ok((joined(all), estimate));
    }
    if one_costs_all {
        return Ok((access, estimate));
    }
    let (mut taken, mut left) = (vec![access.clone()], estimate.rows);
    for (other, Estimate { rows, or_more }) in others {
        if *other == access || *or_more || is_within(&access, other) {
            continue;
        }
        let after = (u128::from(left) * u128::from(*rows) / u128::from(total)) as u64;
        let begun = if taken.len() == 1 { reading(&access, estimate.rows) } else { 0 };
        if begun + reading(other, *rows) < VISIT * left.saturating_sub(after) {
            taken.push(other.clone());
            left = after;
        }
    }
    Ok((joined(taken), Estimate { rows: left, or_more: false }.or(estimate)))
}

impl Estimate {
    /// Joined ways lead to no more than one of them does, and how many is a guess: at least one is told.
    fn or(self, one: Self) -> Self {
        if self.rows == one.rows { one } else { Self { rows: self.rows.max(1), or_more: false } }
    }
}

fn joined(mut ways: Vec<Access>) -> Access {
    match (ways.len(), ways.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            ways.extend(last);
            Access::Every(ways)
        }
    }
}

fn can_join(access: &Access) -> bool {
    !matches!(access, Access::All | Access::AsOf(_) | Access::Ids(_))
}

/// Whether the second way leads to all that the first one leads to, so that it adds nothing.
fn is_within(access: &Access, other: &Access) -> bool {
    match (access, other) {
        (Access::ModelConfidence { .. }, Access::Confidence(_)) => true,
        (Access::ModelConfidence { .. }, Access::Models { from: None, to: None, .. }) => true,
        (Access::Models { from, to, .. }, Access::Created { .. }) => from.is_some() || to.is_some(),
        _ => false,
    }
}

/// The fewest ways that answer every condition, where reading them costs less than to visit the rows of the shortest.
fn all_answered(
    criteria: &Criteria,
    ways: &[&(Access, Estimate)],
    (shortest, estimate): (&Access, Estimate),
) -> Option<Vec<Access>> {
    let (mut taken, mut answered, mut cost) = (Vec::new(), Vec::new(), 0_u64);
    // A way that answers two conditions comes before those that answer one of them.
    let mut order: Vec<_> = ways.iter().map(|way| (exact::answered(&way.0, &criteria.conditions), way)).collect();
    order.sort_by_key(|(answers, (_, estimate))| (usize::MAX - answers.len(), estimate.rows));
    for (answers, (way, estimate)) in order {
        if answers.iter().any(|number| !answered.contains(number)) {
            cost = cost.saturating_add(reading(way, estimate.rows));
            answered.extend(answers);
            taken.push(way.clone());
        }
    }
    answered.sort_unstable();
    answered.dedup();
    let whole = !taken.is_empty() && answered.len() == criteria.conditions.len();
    (whole && (taken.len() == 1 || cost < visiting(shortest, estimate.rows))).then_some(taken)
}

/// The first of the ways that cost least. A way of more than half the rows costs more than all of them in order.
fn shortest(counted: &[(Access, Estimate)]) -> (Access, Estimate) {
    let all = counted.iter().find(|(access, _)| *access == Access::All).map(|(_, estimate)| *estimate);
    let best = counted.iter().min_by_key(|(access, estimate)| visiting(access, estimate.rows));
    match (best, all) {
        (Some((access, best)), Some(all))
            if !all.or_more && best.rows > all.rows / 2 && !matches!(access, Access::Matching(_)) =>
        {
            (Access::All, all)
        }
        (Some((access, best)), _) => (access.clone(), *best),
        (None, _) => (Access::All, Estimate::default()),
    }
}
