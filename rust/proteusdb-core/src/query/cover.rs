//! Where in an index on a field the rows stand that meet a condition.
//!
//! ```text
//! metadata.t > 290 and metadata.t <= 310         (290, 310]                            exact
//! metadata.organism in ['E. coli', 'yeast']      two points                            exact
//! metadata.day >= '2024-01-01'                   texts from there, moments from there  exact
//! metadata.tags contains 'x'                     all texts, all lists                  to be looked at again
//! metadata.t != 1                                nothing an index can tell
//! ```
//!
//! Invariants: a row that has no entry, because its value is missing, meets no condition that has a cover; where a
//! cover is exact, every row within meets the condition.

use super::condition::{Check, Comparison, Condition};
use super::literal::Literal;
use super::ordered::{self, Span, Tag};
use super::{Field, Moments, TextPattern};
use crate::record::Value;

/// Stretches of an index, in order and apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cover {
    /// Where the rows stand.
    pub(super) spans: Vec<Span>,
    /// Whether every row there meets the condition.
    pub(super) exact: bool,
}

/// The cover of a condition in an index on a field; `None` where the index tells nothing.
pub(super) fn of(condition: &Condition, field: &Field) -> Option<Cover> {
    match condition {
        Condition::Test { field: asked, check } if asked == field => of_check(check, field),
        Condition::Test { .. } => None,
        Condition::Or(any) => any.iter().map(|part| of(part, field)).collect::<Option<Vec<_>>>().map(Cover::union),
        Condition::And(all) => {
            let covers: Vec<Cover> = all.iter().filter_map(|part| of(part, field)).collect();
            let whole = covers.len() == all.len();
            covers.into_iter().reduce(Cover::both).map(|cover| Cover { exact: cover.exact && whole, ..cover })
        }
        Condition::Not(inner) => match &**inner {
            Condition::Test { field: asked, check: Check::IsMissing } if asked == field => {
                Some(Cover::exact(Span::everything()))
            }
            _ => None,
        },
    }
}

impl Cover {
    fn exact(span: Span) -> Self {
        Self { spans: vec![span], exact: true }
    }

    fn nothing() -> Self {
        Self { spans: Vec::new(), exact: true }
    }

    fn union(covers: Vec<Self>) -> Self {
        let exact = covers.iter().all(|cover| cover.exact);
        Self { spans: ordered::union(covers.into_iter().flat_map(|cover| cover.spans).collect()), exact }
    }

    /// Where both hold.
    pub(super) fn both(self, other: Self) -> Self {
        Self { spans: ordered::intersection(&self.spans, &other.spans), exact: self.exact && other.exact }
    }
}

fn of_check(check: &Check, field: &Field) -> Option<Cover> {
    match check {
        Check::Compare(Comparison::Equal, literal) => equal(literal, field),
        Check::Compare(Comparison::Different, _) | Check::IsMissing | Check::Matches(_) => None,
        Check::Compare(Comparison::Less, literal) => Some(range(None, Some((literal, false)))),
        Check::Compare(Comparison::AtMost, literal) => Some(range(None, Some((literal, true)))),
        Check::Compare(Comparison::Greater, literal) => Some(range(Some((literal, false)), None)),
        Check::Compare(Comparison::AtLeast, literal) => Some(range(Some((literal, true)), None)),
        Check::In(literals) => {
            let covers: Option<Vec<Cover>> = literals.iter().map(|literal| equal(literal, field)).collect();
            covers.map(Cover::union)
        }
        Check::Between(None, None) => None,
        Check::Between(low, high) => {
            Some(range(low.as_ref().map(|low| (low, true)), high.as_ref().map(|high| (high, true))))
        }
        Check::Reads(pattern) => Some(reads(pattern)),
        Check::Contains(literal) => {
            let texts = literal.text().map(|_| Span::of(Tag::Text));
            Some(Cover {
                spans: ordered::union(texts.into_iter().chain([Span::of(Tag::Other)]).collect()),
                exact: false,
            })
        }
        Check::IsNull => has_null(field).then(|| Cover::exact(Span::of(Tag::Null))),
    }
}

/// Whether the field tells null from missing, so that what is null has an entry.
fn has_null(field: &Field) -> bool {
    matches!(field, Field::Metadata(_))
}

fn equal(literal: &Literal, field: &Field) -> Option<Cover> {
    if *literal.value() == Value::Null && !has_null(field) {
        return None;
    }
    let (key, exact) = ordered::exact_key(literal.value());
    let mut covers = vec![Cover { spans: vec![Span::beginning(key)], exact }];
    covers.extend(literal.moments().map(|moments| time(Some(moments.first), Some(moments.last))));
    Some(Cover::union(covers))
}

fn reads(pattern: &TextPattern) -> Cover {
    if let Some(only) = pattern.only() {
        let (key, exact) = ordered::exact_key(&Value::Text(only.to_owned()));
        return Cover { spans: vec![Span::beginning(key)], exact };
    }
    let (prefix, all) = pattern.prefix();
    let (key, exact) = ordered::prefix_key(prefix);
    Cover { spans: vec![Span::beginning(key)], exact: exact && all }
}

/// An end of a range, and whether it belongs to it.
type End<'l> = Option<(&'l Literal, bool)>;

/// Values of the type of the ends, and the moments that the ends name.
fn range(low: End<'_>, high: End<'_>) -> Cover {
    let mut covers: Vec<Cover> = [Tag::Bool, Tag::Number, Tag::Text].map(|tag| of_type(tag, low, high)).into();
    let (named, ends) = ([low, high].into_iter().flatten().map(|(end, _)| end.moments()), [low, high]);
    if named.clone().all(|moments| moments.is_some()) && ends.iter().any(Option::is_some) {
        let moments = |end: End<'_>| end.and_then(|(literal, inside)| literal.moments().map(|named| (named, inside)));
        let first =
            |(named, inside): (Moments, bool)| if inside { Some(named.first) } else { named.last.checked_add(1) };
        let last =
            |(named, inside): (Moments, bool)| if inside { Some(named.last) } else { named.first.checked_sub(1) };
        let (from, to) = (moments(low).map(first), moments(high).map(last));
        // An end beyond the last moment there is leaves nothing.
        if from != Some(None) && to != Some(None) {
            covers.push(time(from.flatten(), to.flatten()));
        }
    }
    Cover::union(covers)
}

/// Values of one type between two ends of that type.
fn of_type(tag: Tag, low: End<'_>, high: End<'_>) -> Cover {
    if [low, high].into_iter().flatten().any(|(end, _)| Tag::of(end.value()) != tag) {
        return Cover::nothing();
    }
    let Span { mut from, mut to } = Span::of(tag);
    let mut all_exact = true;
    if let Some((literal, inside)) = low {
        let (key, exact) = ordered::exact_key(literal.value());
        from = if inside || !exact { key } else { ordered::after(&key) };
        all_exact &= exact;
    }
    if let Some((literal, inside)) = high {
        let (key, exact) = ordered::exact_key(literal.value());
        to = if inside || !exact { ordered::after(&key) } else { key };
        all_exact &= exact;
    }
    let spans = if from < to { vec![Span { from, to }] } else { Vec::new() };
    Cover { spans, exact: all_exact }
}

/// Moments between two, both inclusive.
fn time(first: Option<i64>, last: Option<i64>) -> Cover {
    let Span { mut from, mut to } = Span::of(Tag::Time);
    if let Some(first) = first {
        from = ordered::key(&Value::Time(first));
    }
    if let Some(last) = last {
        to = ordered::after(&ordered::key(&Value::Time(last)));
    }
    let spans = if from < to { vec![Span { from, to }] } else { Vec::new() };
    Cover { spans, exact: true }
}
