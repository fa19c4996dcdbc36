//! Free-form metadata: a tree of plain values, the same on every back end.
//!
//! ```text
//! {"organism": "E. coli", "temperature": 298, "scores": {"ptm": 0.81}, "run": 2024-03-01T12:00:00Z}
//! ```
//!
//! Limits: string keys without NUL or a leading `$`; int64, finite float; depth 32; 1 MiB encoded.
//! `1 == 1.0`, and a key that is missing is not a key that is `None`.

use std::cmp::Ordering;

use indexmap::IndexMap;

use super::Array;

/// A map of metadata, in the order the keys were given.
pub type Map = IndexMap<String, Value>;

/// One metadata value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// A finite float64.
    Float(f64),
    /// Text.
    Text(String),
    /// A moment, µs since 1970-01-01T00:00:00Z.
    Time(i64),
    /// A list.
    List(Vec<Value>),
    /// A nested map.
    Map(Map),
    /// A numpy array; only the results of an analysis may hold one.
    Array(Array),
}

impl Value {
    /// The type as Python names it, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
            Self::Time(_) => "datetime",
            Self::List(_) => "list",
            Self::Map(_) => "dict",
            Self::Array(_) => "array",
        }
    }

    /// The value at a dotted path, or `None` where a step is missing or no map.
    #[must_use]
    pub fn at<'a>(map: &'a Map, path: &str) -> Option<&'a Value> {
        // A key that holds a dot itself is found before the dot is read as a step.
        if let Some(found) = map.get(path) {
            return Some(found);
        }
        path.match_indices('.').find_map(|(dot, _)| match map.get(&path[..dot]) {
            Some(Self::Map(inner)) => Self::at(inner, &path[dot + 1..]),
            _ => None,
        })
    }

    /// Equality as queries mean it: numbers by value, everything else by type and value.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.same(y)),
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, x)| b.get(key).is_some_and(|y| x.same(y)))
            }
            _ => match self.compare(other) {
                Some(order) => order == Ordering::Equal,
                None => self == other,
            },
        }
    }

    /// Order within one comparable type (numbers, texts, moments, booleans); `None` across types.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Float(b)) => compare_mixed(*a, *b),
            (Self::Float(a), Self::Int(b)) => compare_mixed(*b, *a).map(Ordering::reverse),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Text(a), Self::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Compares exactly: an i64 above 2^53 is not rounded to the nearest float64 first.
fn compare_mixed(integer: i64, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= LIMIT {
        Some(Ordering::Less)
    } else if float < -LIMIT {
        Some(Ordering::Greater)
    } else {
        let whole = float.trunc();
        Some(integer.cmp(&(whole as i64)).then(0.0_f64.partial_cmp(&(float - whole))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_across_types() {
        assert!(Value::Int(1).same(&Value::Float(1.0)));
        assert!(!Value::Bool(true).same(&Value::Int(1)));
        assert!(!Value::Text("1".into()).same(&Value::Int(1)));
        let big = (1_i64 << 53) + 1;
        assert!(!Value::Int(big).same(&Value::Float(9_007_199_254_740_992.0)), "not rounded before comparing");
        assert_eq!(Value::Int(-2).compare(&Value::Float(-1.5)), Some(Ordering::Less));
        assert_eq!(Value::Float(-1.5).compare(&Value::Int(-2)), Some(Ordering::Greater));
        assert_eq!(Value::Int(0).compare(&Value::Float(-0.5)), Some(Ordering::Greater));
        assert_eq!(Value::Int(i64::MAX).compare(&Value::Float(1e19)), Some(Ordering::Less));
    }

    #[test]
    fn paths_reach_into_maps_and_dotted_keys_win() {
        let inner: Map = [("ptm".to_owned(), Value::Float(0.8))].into_iter().collect();
        let map: Map =
            [("scores".to_owned(), Value::Map(inner)), ("a.b".to_owned(), Value::Int(1))].into_iter().collect();
        assert_eq!(Value::at(&map, "scores.ptm"), Some(&Value::Float(0.8)));
        assert_eq!(Value::at(&map, "a.b"), Some(&Value::Int(1)));
        assert_eq!(Value::at(&map, "scores.iptm"), None);
        assert_eq!(Value::at(&map, "a.b.c"), None);
    }
}
