//! One row as conditions and sort keys see it: every column read at most once.
//!
//! Numbers are at hand; the sequence costs a look-up and the metadata a decode, so both are remembered for as long as
//! the row is looked at.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;

use super::Field;
use super::literal::Literal;
use super::source::Row;
use crate::error::Result;
use crate::record::{Map, PartKind, Value};

/// A row with what was already read of it.
pub(super) struct View<'r> {
    row: &'r dyn Row,
    sequence: OnceCell<Cow<'r, str>>,
    metadata: OnceCell<Map>,
}

impl<'r> View<'r> {
    /// A view of which nothing was read yet.
    pub(super) fn new(row: &'r dyn Row) -> Self {
        Self { row, sequence: OnceCell::new(), metadata: OnceCell::new() }
    }

    /// The row itself.
    pub(super) fn row(&self) -> &'r dyn Row {
        self.row
    }

    /// The sequence.
    pub(super) fn sequence(&self) -> Result<&str> {
        match self.sequence.get() {
            Some(sequence) => Ok(sequence),
            None => {
                let sequence = self.row.sequence()?;
                Ok(self.sequence.get_or_init(|| sequence))
            }
        }
    }

    /// What a field holds.
    pub(super) fn get(&self, field: &Field) -> Result<Datum<'_>> {
        let row = self.row;
        Ok(match field {
            Field::Id => Datum::Text(row.id()),
            Field::Sequence => Datum::Text(self.sequence()?),
            Field::Length => Datum::integer(Some(i64::from(row.length()))),
            Field::Chains => Datum::integer(Some(row.chain_types()?.len() as i64)),
            Field::ChainTypes => Datum::texts(row.chain_types()?.into_iter().map(|kind| kind.name().to_owned())),
            Field::Structure => {
                let there = row.parts()?.iter().any(|(kind, _)| *kind == PartKind::Structure);
                if there { Datum::Value(Cow::Owned(Value::Bool(true))) } else { Datum::Unset }
            }
            Field::Arrays => {
                let arrays = row.parts()?.into_iter().filter(|(kind, _)| *kind == PartKind::Array);
                Datum::texts(arrays.map(|(_, name)| name))
            }
            Field::Confidence => Datum::float(row.confidence()),
            Field::RankingScore => Datum::float(row.ranking_score()),
            Field::Model => Datum::text(row.model().map(|model| model.name.as_str())),
            Field::ModelVersion => Datum::text(row.model().and_then(|model| model.version.as_deref())),
            Field::Job => Datum::text(row.job()),
            Field::Seed => Datum::integer(row.seed()),
            Field::Sample => Datum::integer(row.sample()),
            Field::Rank => Datum::integer(row.rank()),
            Field::CreatedAt => Datum::Value(Cow::Owned(Value::Time(row.created_at()))),
            Field::UpdatedAt => Datum::Value(Cow::Owned(Value::Time(row.updated_at()))),
            Field::Version => Datum::integer(Some(i64::from(row.version()))),
            Field::Metadata(path) => {
                Value::at(self.metadata()?, path).map_or(Datum::Missing, |value| Datum::Value(Cow::Borrowed(value)))
            }
        })
    }

    fn metadata(&self) -> Result<&Map> {
        match self.metadata.get() {
            Some(metadata) => Ok(metadata),
            None => {
                let metadata = self.row.metadata()?;
                Ok(self.metadata.get_or_init(|| metadata))
            }
        }
    }
}

/// What a field of one row holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum<'v> {
    /// The metadata have no such key.
    Missing,
    /// A column without a value: missing and null at once, since Python shows it as `None`.
    Unset,
    /// Text of a column.
    Text(&'v str),
    /// Any other value.
    Value(Cow<'v, Value>),
}

impl<'v> Datum<'v> {
    fn text(text: Option<&'v str>) -> Self {
        text.map_or(Self::Unset, Self::Text)
    }

    fn texts(texts: impl Iterator<Item = String>) -> Self {
        Self::Value(Cow::Owned(Value::List(texts.map(Value::Text).collect())))
    }

    fn integer(number: Option<i64>) -> Self {
        number.map_or(Self::Unset, |number| Self::Value(Cow::Owned(Value::Int(number))))
    }

    fn float(number: Option<f64>) -> Self {
        number.map_or(Self::Unset, |number| Self::Value(Cow::Owned(Value::Float(number))))
    }

    /// Whether there is no value, not even null.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing | Self::Unset)
    }

    /// Whether Python would show `None`.
    pub(super) fn is_null(&self) -> bool {
        match self {
            Self::Unset => true,
            Self::Value(value) => **value == Value::Null,
            _ => false,
        }
    }

    /// The text, where it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Value(value) => match &**value {
                Value::Text(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a literal is a part of the text, or equal to an item of the list.
    pub(super) fn contains(&self, literal: &Literal) -> bool {
        match self {
            Self::Value(value) => match &**value {
                Value::List(items) => items.iter().any(|item| Datum::Value(Cow::Borrowed(item)).equals(literal)),
                Value::Text(text) => literal.text().is_some_and(|part| text.contains(part)),
                _ => false,
            },
            Self::Text(text) => literal.text().is_some_and(|part| text.contains(part)),
            Self::Missing | Self::Unset => false,
        }
    }

    /// Equality with a literal: numbers by value, a moment by lying on the literal's day.
    pub(super) fn equals(&self, literal: &Literal) -> bool {
        match (self, literal.moments()) {
            (Self::Missing, _) => false,
            (Self::Unset, _) => *literal.value() == Value::Null,
            (Self::Text(text), _) => matches!(literal.value(), Value::Text(other) if other == text),
            (Self::Value(value), Some(moments)) if matches!(**value, Value::Time(_)) => match **value {
                Value::Time(moment) => moments.place(moment) == Ordering::Equal,
                _ => false,
            },
            (Self::Value(value), _) => value.same(literal.value()),
        }
    }

    /// Where the value stands relative to a literal; `None` across types and without a value.
    pub(super) fn compare(&self, literal: &Literal) -> Option<Ordering> {
        match (self, literal.value(), literal.moments()) {
            (Self::Text(text), Value::Text(other), _) => Some(text.as_bytes().cmp(other.as_bytes())),
            (Self::Value(value), other, moments) => match (&**value, moments) {
                (Value::Time(moment), Some(moments)) => Some(moments.place(*moment)),
                (value, _) => value.compare(other),
            },
            _ => None,
        }
    }
}
