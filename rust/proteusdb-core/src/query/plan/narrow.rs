//! The access paths that conditions offer.
//!
//! Each condition that must hold narrows one column; a path visits at least the rows within. Bounds that leave nothing
//! (`length > 5 and length < 3`, a model nobody stored) say that no row can match, and no back end is asked for a
//! range that ends before it begins.

use super::super::Field;
use super::super::condition::{Check, Comparison, Condition};
use super::super::literal::Literal;
use super::super::source::{Access, Source};
use crate::error::Result;

/// What the conditions say of the columns that have an index.
#[derive(Debug, Default)]
struct Narrow {
    from: Option<i64>,
    to: Option<i64>,
    confidence: Option<f64>,
    shortest: Option<f64>,
    longest: Option<f64>,
    jobs: Vec<String>,
    models: Vec<Vec<String>>,
    model_versions: Vec<String>,
    prefix: String,
}

/// Every way to the rows that meet the conditions, best guess first; `None` where no row can.
pub(super) fn ways(source: &dyn Source, conditions: &[Condition]) -> Result<Option<Vec<Access>>> {
    let mut narrow = Narrow::default();
    for condition in conditions {
        if let Condition::Test { field, check } = condition {
            narrow.learn(field, check);
        }
    }
    let Some(length) = narrow.length() else { return Ok(None) };
    let backwards = matches!((narrow.from, narrow.to), (Some(from), Some(to)) if from > to);
    let models = narrow.models(source)?;
    if backwards || models.as_ref().is_some_and(Vec::is_empty) || narrow.jobs.windows(2).any(|jobs| jobs[0] != jobs[1])
    {
        return Ok(None);
    }
    let mut ways: Vec<Access> = narrow.jobs.first().cloned().map(Access::Job).into_iter().collect();
    if !narrow.prefix.is_empty() {
        ways.push(Access::SequencePrefix(narrow.prefix.clone()));
    }
    let (from, to) = (narrow.from, narrow.to);
    ways.extend(models.map(|ids| Access::Models { ids, from, to }));
    if from.is_some() || to.is_some() {
        ways.push(Access::Created { from, to });
    }
    ways.extend(length.map(|(min, max)| Access::Length { min, max }));
    ways.extend(narrow.confidence.map(Access::Confidence));
    ways.push(Access::All);
    Ok(Some(ways))
}

impl Narrow {
    fn learn(&mut self, field: &Field, check: &Check) {
        let (low, high) = ends(check);
        match field {
            Field::CreatedAt => {
                let first = low.and_then(Literal::moments).map(|moments| moments.first);
                let last = high.and_then(Literal::moments).map(|moments| moments.last);
                self.from = self.from.max(first);
                self.to = [self.to, last].into_iter().flatten().min();
            }
            Field::Confidence => self.confidence = greater(self.confidence, low.and_then(Literal::number)),
            Field::Length => {
                self.shortest = greater(self.shortest, low.and_then(Literal::number));
                let longest = high.and_then(Literal::number);
                self.longest = [self.longest, longest].into_iter().flatten().reduce(f64::min);
            }
            Field::Job => self.jobs.extend(one_text(check)),
            Field::ModelVersion => self.model_versions.extend(one_text(check)),
            Field::Model => self.models.extend(texts(check)),
            Field::Sequence => self.learn_prefix(check),
            _ => {}
        }
    }

    fn learn_prefix(&mut self, check: &Check) {
        let prefix = match check {
            Check::Matches(pattern) => pattern.literal_prefix(),
            _ => one_text(check).and_then(|text| text.split(':').next().map(str::to_owned)).unwrap_or_default(),
        };
        // A stored sequence is upper case; what is not has no place in an index.
        if prefix.len() > self.prefix.len() && prefix.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.prefix = prefix;
        }
    }

    /// The bounds of the length, if any; the outer `None` where no length is within.
    fn length(&self) -> Option<Option<(u32, u32)>> {
        if self.shortest.is_none() && self.longest.is_none() {
            return Some(None);
        }
        let shortest = self.shortest.unwrap_or(0.0).ceil().max(0.0);
        let longest = self.longest.unwrap_or(f64::from(u32::MAX)).floor().min(f64::from(u32::MAX));
        (shortest <= longest).then_some(Some((shortest as u32, longest as u32)))
    }

    /// The ids of the models that every condition on models allows; `None` without such a condition.
    fn models(&self, source: &dyn Source) -> Result<Option<Vec<String>>> {
        let mut allowed: Option<Vec<String>> = None;
        let mut keep = |ids: Vec<String>| match &mut allowed {
            Some(kept) => kept.retain(|id| ids.contains(id)),
            none => *none = Some(ids),
        };
        for names in &self.models {
            let mut ids = Vec::new();
            for name in names {
                ids.extend(source.models(Some(name), None)?);
            }
            ids.sort_unstable();
            ids.dedup();
            keep(ids);
        }
        for version in &self.model_versions {
            keep(source.models(None, Some(version))?);
        }
        Ok(allowed)
    }
}

/// Bounds that every row which passes the check lies within, ends included.
fn ends(check: &Check) -> (Option<&Literal>, Option<&Literal>) {
    match check {
        Check::Compare(Comparison::Equal, literal) => (Some(literal), Some(literal)),
        Check::Compare(Comparison::AtLeast | Comparison::Greater, literal) => (Some(literal), None),
        Check::Compare(Comparison::AtMost | Comparison::Less, literal) => (None, Some(literal)),
        Check::Between(low, high) => (low.as_ref(), high.as_ref()),
        _ => (None, None),
    }
}

fn one_text(check: &Check) -> Option<String> {
    match check {
        Check::Compare(Comparison::Equal, literal) => literal.text().map(str::to_owned),
        _ => None,
    }
}

/// The texts one of which the value must be.
fn texts(check: &Check) -> Option<Vec<String>> {
    match check {
        Check::In(literals) => literals.iter().map(|literal| literal.text().map(str::to_owned)).collect(),
        other => one_text(other).map(|text| vec![text]),
    }
}

fn greater(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    [a, b].into_iter().flatten().reduce(f64::max)
}
