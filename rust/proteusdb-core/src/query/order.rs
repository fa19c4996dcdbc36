//! The order of an answer.
//!
//! ```text
//! order_by="-confidence"                     best first, then by id
//! order_by=["model", "-metadata.scores.ptm"]
//! ```
//!
//! Invariants: the order is total, since ties break by id ascending; a value that is missing or `None` stands last in
//! both directions. Across types: booleans, numbers, texts, moments, lists (item by item), maps (all alike).

use std::cmp::Ordering;
use std::fmt;

use super::Field;
use super::view::{Datum, View};
use crate::error::{Error, Result};
use crate::record::Value;

/// By which fields, and which way round. Without any it is the order of ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Order {
    keys: Vec<(Field, Direction)>,
}

/// Which way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

const ALLOWED: &str = "a field or a list of fields, each with '-' before it for descending";

impl Order {
    /// Reads a text or a list of texts.
    ///
    /// # Errors
    /// `Query` for another type or an unknown field.
    pub fn parse(value: &Value) -> Result<Self> {
        let names = match value {
            Value::List(names) => names.as_slice(),
            one => std::slice::from_ref(one),
        };
        let keys = names.iter().map(|name| match name {
            Value::Text(name) => match name.strip_prefix('-') {
                Some(name) => Ok((Field::parse(name)?, Direction::Descending)),
                None => Ok((Field::parse(name)?, Direction::Ascending)),
            },
            other => {
                Err(Error::query(format!("a value of type {} is no field; allowed is {ALLOWED}", other.type_name())))
            }
        });
        Ok(Self { keys: keys.collect::<Result<_>>()? })
    }

    /// Whether it is the order of ids, ascending.
    #[must_use]
    pub fn is_by_id(&self) -> bool {
        matches!(self.keys.as_slice(), [] | [(Field::Id, Direction::Ascending), ..])
    }

    /// By which fields, and which way round.
    pub fn fields(&self) -> impl Iterator<Item = (&Field, Direction)> {
        self.keys.iter().map(|(field, direction)| (field, *direction))
    }

    /// What decides where a row stands, before its id does.
    pub(super) fn keys(&self, view: &View<'_>) -> Result<Vec<SortKey>> {
        let key = |(field, direction): &(Field, Direction)| Ok(SortKey::new(view.get(field)?, *direction));
        self.keys.iter().map(key).collect()
    }
}

/// `-confidence, id`
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (field, direction) in &self.keys {
            let sign = if *direction == Direction::Descending { "-" } else { "" };
            write!(f, "{sign}{field}, ")?;
        }
        f.write_str("id")
    }
}

/// The value of one field as it sorts.
#[derive(Debug, Clone)]
pub(super) enum SortKey {
    /// Smaller values first.
    Ascending(Value),
    /// Greater values first.
    Descending(Value),
    /// No value: after every other, either way round.
    Last,
}

impl SortKey {
    fn new(datum: Datum<'_>, direction: Direction) -> Self {
        let value = match datum {
            Datum::Missing | Datum::Unset => Value::Null,
            Datum::Text(text) => Value::Text(text.to_owned()),
            Datum::Value(value) => value.into_owned(),
        };
        match (value, direction) {
            (Value::Null, _) => Self::Last,
            (value, Direction::Ascending) => Self::Ascending(value),
            (value, Direction::Descending) => Self::Descending(value),
        }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Last, Self::Last) => Ordering::Equal,
            (Self::Last, _) => Ordering::Greater,
            (_, Self::Last) => Ordering::Less,
            (Self::Ascending(a), Self::Ascending(b)) => total(a, b),
            (Self::Descending(a), Self::Descending(b)) => total(b, a),
            // Keys of one field all run one way; mixed ones are never compared.
            (Self::Ascending(_), Self::Descending(_)) => Ordering::Less,
            (Self::Descending(_), Self::Ascending(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SortKey {}

/// The order of all values of all types.
fn total(a: &Value, b: &Value) -> Ordering {
    if let (Value::List(a), Value::List(b)) = (a, b) {
        let differs = a.iter().zip(b).map(|(x, y)| total(x, y)).find(|order| order.is_ne());
        return differs.unwrap_or_else(|| a.len().cmp(&b.len()));
    }
    a.compare(b).unwrap_or_else(|| rank(a).cmp(&rank(b)))
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Int(_) | Value::Float(_) => 1,
        Value::Text(_) => 2,
        Value::Time(_) => 3,
        Value::List(_) => 4,
        Value::Map(_) => 5,
        Value::Array(_) => 6,
        Value::Null => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_types_have_one_order() {
        let list = |values: &[i64]| Value::List(values.iter().map(|n| Value::Int(*n)).collect());
        let ascending = [
            Value::Bool(false),
            Value::Bool(true),
            Value::Float(-1.5),
            Value::Int(2),
            Value::Text("A".into()),
            Value::Text("a".into()),
            Value::Time(0),
            list(&[1]),
            list(&[1, 2]),
            list(&[2]),
            Value::Map([].into()),
            Value::Null,
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(total(a, b), i.cmp(&j), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn no_value_stands_last_in_both_directions() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let some = SortKey::new(Datum::Text("a"), direction);
            assert!(some < SortKey::new(Datum::Missing, direction));
            assert!(some < SortKey::new(Datum::Unset, direction));
        }
        let key = |text, direction| SortKey::new(Datum::Text(text), direction);
        assert!(key("a", Direction::Ascending) < key("b", Direction::Ascending));
        assert!(key("b", Direction::Descending) < key("a", Direction::Descending));
    }

    #[test]
    fn texts_and_lists_of_texts_are_read_and_all_else_is_refused() {
        let order = Order::parse(&Value::List(vec![Value::Text("-confidence".into()), Value::Text("job".into())]));
        assert_eq!(order.unwrap().to_string(), "-confidence, job, id");
        assert!(Order::parse(&Value::List(vec![])).unwrap().is_by_id());
        assert!(Order::parse(&Value::Text("prediction_id".into())).unwrap().is_by_id());
        assert!(!Order::parse(&Value::Text("-id".into())).unwrap().is_by_id());
        assert!(Order::parse(&Value::Int(1)).unwrap_err().message().contains("a value of type int is no field"));
        assert!(Order::parse(&Value::Text("confidance".into())).unwrap_err().message().contains("\"confidence\""));
    }
}
