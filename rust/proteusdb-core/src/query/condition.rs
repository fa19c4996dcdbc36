//! What must hold of a row. Every criterion and every `where` becomes one of these, so there is one meaning.
//!
//! ```text
//! confidence_threshold=0.8                  confidence >= 0.8
//! length_range=(100, 300)                   length between 100 and 300
//! metadata={"organism": "E. coli"}          metadata.organism == 'E. coli'
//! where="not (seed in [1, 2] or job is missing)"
//! ```
//!
//! Meaning of a value that is not there: a comparison with it is false, `!=` included; `is missing` asks for it, and
//! `not` turns any answer round. A key that holds `None` is there: `is null`, `== null`, and different from all else.
//! A column without a value (job, seed, confidence ...) is both missing and null, since Python shows it as `None`.
//! Values of different types are never equal and have no order; `1 == 1.0`.

use std::cmp::Ordering;
use std::fmt;

use super::literal::{Literal, quote};
use super::pattern::TextPattern;
use super::source::Row;
use super::view::View;
use super::{Field, Pattern};
use crate::error::Result;

/// Something that holds of a row or does not.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// One question about one field.
    Test {
        /// The field.
        field: Field,
        /// The question.
        check: Check,
    },
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// A question about a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// Compared with one value.
    Compare(Comparison, Literal),
    /// Equal to one of these.
    In(Vec<Literal>),
    /// Within these bounds, inclusive; at least one is given.
    Between(Option<Literal>, Option<Literal>),
    /// A sequence that matches.
    Matches(Pattern),
    /// A text that matches.
    Reads(TextPattern),
    /// A text with this within, or a list with this among its items.
    Contains(Literal),
    /// `None`.
    IsNull,
    /// Not there.
    IsMissing,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Different,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Different => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether it asks for an order, not for equality.
    pub(super) fn is_ordered(self) -> bool {
        !matches!(self, Self::Equal | Self::Different)
    }

    /// The same with its sides exchanged.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }
}

impl Condition {
    /// One question about one field.
    #[must_use]
    pub fn test(field: Field, check: Check) -> Self {
        Self::Test { field, check }
    }

    /// Whether it holds of a row.
    ///
    /// # Errors
    /// `Corruption` where a column that is needed cannot be read.
    pub fn matches(&self, row: &dyn Row) -> Result<bool> {
        self.holds(&View::new(row))
    }

    /// Whether it holds of a row that is being looked at.
    pub(super) fn holds(&self, view: &View<'_>) -> Result<bool> {
        match self {
            Self::Test { field, check } => check.holds(field, view),
            Self::And(all) => {
                for condition in all {
                    if !condition.holds(view)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(any) => {
                for condition in any {
                    if condition.holds(view)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(inner) => Ok(!inner.holds(view)?),
        }
    }

    /// The same with the cheapest question first everywhere, and `and` within `and` made flat.
    #[must_use]
    pub fn cheapest_first(self) -> Self {
        let sorted = |parts: Vec<Self>| {
            let mut parts: Vec<Self> = parts.into_iter().map(Self::cheapest_first).collect();
            parts.sort_by_key(Self::cost);
            parts
        };
        match self {
            Self::And(all) => Self::And(sorted(all.into_iter().flat_map(Self::conjuncts).collect())),
            Self::Or(any) => Self::Or(sorted(any)),
            Self::Not(inner) => Self::Not(Box::new(inner.cheapest_first())),
            test => test,
        }
    }

    /// The conditions that all must hold for this one to hold.
    pub(super) fn conjuncts(self) -> Vec<Self> {
        match self {
            Self::And(all) => all.into_iter().flat_map(Self::conjuncts).collect(),
            other => vec![other],
        }
    }

    /// How dear the dearest question is: numbers, then texts, a glob, a decode of the metadata, an expression.
    fn cost(&self) -> u8 {
        match self {
            Self::Test { check: Check::Matches(pattern), .. } if !pattern.is_glob() => 4,
            Self::Test { field: Field::Metadata(_), .. } => 3,
            Self::Test { field: Field::Sequence, .. } => 2,
            Self::Test { field: Field::ChainTypes | Field::Chains | Field::Structure | Field::Arrays, .. } => 1,
            Self::Test { field: Field::Id | Field::Job | Field::Model | Field::ModelVersion, .. } => 1,
            Self::Test { .. } => 0,
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::cost).max().unwrap_or(0),
            Self::Not(inner) => inner.cost(),
        }
    }
}

impl Check {
    fn holds(&self, field: &Field, view: &View<'_>) -> Result<bool> {
        if let Self::Matches(pattern) = self {
            return Ok(pattern.matches(view.sequence()?));
        }
        let datum = view.get(field)?;
        Ok(match self {
            Self::Compare(Comparison::Equal, literal) => datum.equals(literal),
            Self::Compare(Comparison::Different, literal) => !datum.is_missing() && !datum.equals(literal),
            Self::Compare(comparison, literal) => match (comparison, datum.compare(literal)) {
                (_, None) => false,
                (Comparison::Less, Some(order)) => order == Ordering::Less,
                (Comparison::AtMost, Some(order)) => order != Ordering::Greater,
                (Comparison::Greater, Some(order)) => order == Ordering::Greater,
                (_, Some(order)) => order != Ordering::Less,
            },
            Self::In(literals) => literals.iter().any(|literal| datum.equals(literal)),
            Self::Between(low, high) => {
                let bound = |end: &Option<Literal>, outside| {
                    end.as_ref().is_none_or(|end| datum.compare(end).is_some_and(|order| order != outside))
                };
                bound(low, Ordering::Less) && bound(high, Ordering::Greater)
            }
            Self::Reads(pattern) => datum.as_text().is_some_and(|text| pattern.matches(text)),
            Self::Contains(literal) => datum.contains(literal),
            Self::IsNull => datum.is_null(),
            Self::IsMissing => datum.is_missing(),
            Self::Matches(_) => false,
        })
    }
}

/// In the grammar of `where`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                f.write_str(if index > 0 { word } else { "" })?;
                match part {
                    Self::And(_) | Self::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Test { field, check } => check.write(field, f),
            Self::And(all) => join(f, all, " and "),
            Self::Or(any) => join(f, any, " or "),
            Self::Not(inner) => match **inner {
                Self::Test { .. } => write!(f, "not {inner}"),
                _ => write!(f, "not ({inner})"),
            },
        }
    }
}

impl Check {
    fn write(&self, field: &Field, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(comparison, literal) => write!(f, "{field} {} {literal}", comparison.symbol()),
            Self::In(literals) => {
                let shown: Vec<String> = literals.iter().map(Literal::to_string).collect();
                write!(f, "{field} in [{}]", shown.join(", "))
            }
            Self::Between(Some(low), Some(high)) => write!(f, "{field} between {low} and {high}"),
            Self::Between(Some(low), None) => write!(f, "{field} >= {low}"),
            Self::Between(None, Some(high)) => write!(f, "{field} <= {high}"),
            Self::Between(None, None) => write!(f, "not {field} is missing"),
            Self::Matches(pattern) => write!(f, "{field} {} {}", pattern.operator(), quote(pattern.text())),
            Self::Reads(pattern) => write!(f, "{field} {} {}", pattern.operator(), quote(pattern.text())),
            Self::Contains(literal) => write!(f, "{field} contains {literal}"),
            Self::IsNull => write!(f, "{field} is null"),
            Self::IsMissing => write!(f, "{field} is missing"),
        }
    }
}
