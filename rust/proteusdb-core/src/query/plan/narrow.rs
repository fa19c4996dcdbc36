//! The access paths that conditions offer.
//!
//! Each condition that must hold narrows one column; a path visits at least the rows within. Bounds that leave nothing
//! (`length > 5 and length < 3`, a model nobody stored) say that no row can match, and no back end is asked for a
//! range that ends before it begins.

use super::super::condition::{Check, Comparison, Condition};
use super::super::cover::{self, Cover};
use super::super::literal::Literal;
use super::super::source::{Access, Source};
use super::super::{Criteria, Field, Pattern};
use super::order::{self, Ordered};
use crate::error::Result;

/// What the conditions say of the columns that have an index.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    pub(super) confidence: Option<f64>,
    /// Whether the source finds residues, so that a pattern is a path of its own.
    residues: bool,
    patterns: Vec<Pattern>,
    shortest: Option<f64>,
    longest: Option<f64>,
    jobs: Vec<String>,
    ids: Option<Vec<String>>,
    models: Vec<Vec<String>>,
    model_versions: Vec<String>,
    prefix: String,
}

/// Ways to the rows, and an index with the order of the answer.
type Ways = (Vec<Access>, Option<Ordered>);

/// Every way to the rows that meet the conditions, best guess first; `None` where no row can.
pub(super) fn ways(source: &dyn Source, criteria: &Criteria) -> Result<Option<Ways>> {
    let (conditions, able) = (&criteria.conditions, source.abilities());
    let mut narrow = Narrow { residues: able.residues, ..Narrow::default() };
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
    let Some(values) = values(source, conditions)? else { return Ok(None) };
    if narrow.ids.as_ref().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    let ordered = able.orders.then(|| order::of(criteria, &narrow, models.as_ref())).flatten();
    let mut ways: Vec<Access> = narrow.ids.take().map(Access::Ids).into_iter().chain(values).collect();
    ways.extend(narrow.jobs.first().cloned().map(Access::Job));
    if !narrow.prefix.is_empty() {
        ways.push(Access::SequencePrefix(narrow.prefix.clone()));
    }
    ways.extend(narrow.patterns.drain(..).map(Access::Matching));
    if let (Some(ids), Some(least), true) = (&models, narrow.confidence, able.orders) {
        ways.push(Access::ModelConfidence { ids: ids.clone(), least });
    }
    let (from, to) = (narrow.from, narrow.to);
    ways.extend(models.map(|ids| Access::Models { ids, from, to }));
    if from.is_some() || to.is_some() {
        ways.push(Access::Created { from, to });
    }
    ways.extend(length.map(|(min, max)| Access::Length { min, max }));
    ways.extend(narrow.confidence.map(Access::Confidence));
    ways.push(Access::All);
    Ok(Some((ways, ordered)))
}

/// A way for each declared index that the conditions narrow; `None` where one of them leaves nothing.
fn values(source: &dyn Source, conditions: &[Condition]) -> Result<Option<Vec<Access>>> {
    let mut ways = Vec::new();
    for field in source.declared()? {
        let covers = conditions.iter().filter_map(|condition| cover::of(condition, &field));
        let Some(Cover { spans, .. }) = covers.reduce(Cover::both) else { continue };
        if spans.is_empty() {
            return Ok(None);
        }
        ways.push(Access::Values { field, spans });
    }
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
            Field::Id => self.learn_ids(check),
            Field::Sequence => self.learn_prefix(check),
            _ => {}
        }
    }

    fn learn_ids(&mut self, check: &Check) {
        let Some(mut ids) = texts(check) else { return };
        ids.sort_unstable();
        ids.dedup();
        match &mut self.ids {
            Some(known) => known.retain(|id| ids.binary_search(id).is_ok()),
            none => *none = Some(ids),
        }
    }

    fn learn_prefix(&mut self, check: &Check) {
        let prefix = match check {
            Check::Matches(pattern) if self.residues => return self.patterns.push(pattern.clone()),
            Check::Matches(pattern) => pattern.literal_prefix(),
            _ => one_text(check).and_then(|text| text.split(':').next().map(str::to_owned)).unwrap_or_default(),
        };
        // A stored sequence is upper case; what is not has no place in an index.
        if prefix.len() > self.prefix.len() && prefix.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.prefix = prefix;
        }
    }

    /// The bounds of the length, if any; the outer `None` where no length is within.
    pub(super) fn length(&self) -> Option<Option<(u32, u32)>> {
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
