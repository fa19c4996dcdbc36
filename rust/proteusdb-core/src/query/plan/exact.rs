//! Which conditions hold of every row that an access path leads to, so that they need not be asked.
//!
//! ```text
//! confidence from 0.8      answers confidence >= 0.8 and confidence > 0.5; not confidence > 0.8
//! created 2024-01-01 to …  answers created_at >= '2024-01-01'; not created_at > '2024-01-01'
//! ```
//!
//! A path that is narrower than a condition answers it too. Where this is in doubt the condition is asked.

use crate::query::Field;
use crate::query::condition::{Check, Comparison, Condition};
use crate::query::cover;
use crate::query::literal::Literal;
use crate::query::source::Access;

/// The conditions, by number, that hold of every row an access path leads to.
pub(super) fn answered(access: &Access, conditions: &[Condition]) -> Vec<usize> {
    let numbered = conditions.iter().enumerate();
    numbered.filter(|(_, condition)| answers(access, condition)).map(|(number, _)| number).collect()
}

fn answers(access: &Access, condition: &Condition) -> bool {
    match access {
        Access::Every(ways) => return ways.iter().any(|way| answers(way, condition)),
        Access::Values { field, .. } => return cover::of(condition, field).is_some_and(|cover| cover.exact),
        _ => {}
    }
    let Condition::Test { field, check } = condition else { return false };
    match (access, field) {
        (Access::Matching(pattern), Field::Sequence) => matches!(check, Check::Matches(asked) if asked == pattern),
        (Access::Confidence(least) | Access::ModelConfidence { least, .. }, Field::Confidence) => {
            at_least(check, *least)
        }
        // What was learned of models, jobs and ids is a set of names, and every condition on them narrowed it.
        (Access::Models { .. } | Access::ModelConfidence { .. }, Field::Model) => names(check),
        (Access::Models { .. } | Access::ModelConfidence { .. }, Field::ModelVersion) => is_text(check),
        (Access::Models { from, to, .. } | Access::Created { from, to }, Field::CreatedAt) => {
            let first = |literal: &Literal| literal.moments().zip(*from).is_some_and(|(m, from)| m.first <= from);
            let last = |literal: &Literal| literal.moments().zip(*to).is_some_and(|(m, to)| to <= m.last);
            within(check, first, last)
        }
        (Access::Length { min, max }, Field::Length) => {
            let low = |literal: &Literal| literal.number().is_some_and(|low| low <= f64::from(*min));
            let high = |literal: &Literal| literal.number().is_some_and(|high| f64::from(*max) <= high);
            within(check, low, high)
        }
        (Access::Job(_), Field::Job) => is_text(check),
        (Access::Ids(_), Field::Id) => names(check),
        _ => false,
    }
}

fn at_least(check: &Check, least: f64) -> bool {
    match check {
        Check::Compare(Comparison::AtLeast, literal) | Check::Between(Some(literal), None) => {
            literal.number().is_some_and(|number| number <= least)
        }
        Check::Compare(Comparison::Greater, literal) => literal.number().is_some_and(|number| number < least),
        _ => false,
    }
}

/// Whether a check asks for no more than bounds, ends included, that the path lies within.
fn within(check: &Check, low: impl Fn(&Literal) -> bool, high: impl Fn(&Literal) -> bool) -> bool {
    match check {
        Check::Compare(Comparison::Equal, literal) => low(literal) && high(literal),
        Check::Compare(Comparison::AtLeast, literal) => low(literal),
        Check::Compare(Comparison::AtMost, literal) => high(literal),
        Check::Between(from, to) => from.as_ref().is_none_or(low) && to.as_ref().is_none_or(high),
        _ => false,
    }
}

fn is_text(check: &Check) -> bool {
    matches!(check, Check::Compare(Comparison::Equal, literal) if literal.text().is_some())
}

fn names(check: &Check) -> bool {
    match check {
        Check::In(literals) => literals.iter().all(|literal| literal.text().is_some()),
        _ => is_text(check),
    }
}
