//! An index that has the order of the answer.
//!
//! ```text
//! model_name="esm", order_by="-confidence", limit=20      (model, confidence) from its end: some twenty rows
//! ```

use super::exact;
use super::narrow::Narrow;
use crate::query::source::Access;
use crate::query::{Criteria, Direction, Field};

/// A path whose rows come in the order asked for, but for ties.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::query) struct Ordered {
    /// The path.
    pub(in crate::query) access: Access,
    /// Whether it is followed backwards.
    pub(in crate::query) descending: bool,
    /// Whether no row that meets the conditions is missing on it.
    pub(in crate::query) complete: bool,
    /// The conditions, by number, that hold of every row on it.
    pub(in crate::query) answered: Vec<usize>,
}

/// The path with the order of the answer, where there is one and a limit makes it worth following.
pub(super) fn of(criteria: &Criteria, narrow: &Narrow, models: Option<&Vec<String>>) -> Option<Ordered> {
    criteria.limit.filter(|limit| *limit > 0)?;
    let mut fields = criteria.order.fields();
    let (field, direction) = fields.next().filter(|_| fields.next().is_none())?;
    let one_model = models.filter(|ids| ids.len() == 1).cloned();
    let mut complete = true;
    let access = match (field, one_model) {
        (Field::Confidence, model) => {
            complete = narrow.confidence.is_some();
            let least = narrow.confidence.unwrap_or(f64::NEG_INFINITY);
            model.map_or(Access::Confidence(least), |ids| Access::ModelConfidence { ids, least })
        }
        (Field::CreatedAt, Some(ids)) => Access::Models { ids, from: narrow.from, to: narrow.to },
        (Field::CreatedAt, None) => Access::Created { from: narrow.from, to: narrow.to },
        (Field::Length, _) => {
            let (min, max) = narrow.length().flatten().unwrap_or((0, u32::MAX));
            Access::Length { min, max }
        }
        _ => return None,
    };
    let answered = exact::answered(&access, &criteria.conditions);
    Some(Ordered { access, descending: direction == Direction::Descending, complete, answered })
}
