//! Rules for free-form metadata: string keys without NUL or a leading `$`, finite numbers, depth 32, 1 MiB.

use crate::error::{Error, Result};
use crate::record::{Map, Value};

const MAX_DEPTH: usize = 32;
const MAX_BYTES: usize = 1 << 20;

/// Checks metadata, a model's configuration or an analysis' parameters; `field` names it.
///
/// # Errors
/// `Validation` with the path of the value that breaks a rule.
pub fn check_metadata(field: &str, map: &Map) -> Result<()> {
    Walk { arrays: false }.map(field, map, 1)?;
    let bytes = map_size(map);
    if bytes > MAX_BYTES {
        return Err(Error::validation(format!(
            "{field}: {bytes} bytes; at most {MAX_BYTES} are allowed, large data belong in arrays="
        )));
    }
    Ok(())
}

/// Checks the results of an analysis, which may hold arrays and be larger.
///
/// # Errors
/// `Validation` with the path of the value that breaks a rule.
pub fn check_results(field: &str, map: &Map) -> Result<()> {
    Walk { arrays: true }.map(field, map, 1)
}

struct Walk {
    arrays: bool,
}

impl Walk {
    fn map(&self, path: &str, map: &Map, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::validation(format!("{path}: nested deeper than {MAX_DEPTH} levels")));
        }
        map.iter().try_for_each(|(key, value)| {
            if key.is_empty() || key.contains('\0') || key.starts_with('$') {
                return Err(Error::validation(format!(
                    "{path}: key {key:?} is not allowed; keys are not empty, hold no NUL and do not begin with $"
                )));
            }
            self.value(&format!("{path}.{key}"), value, depth)
        })
    }

    fn value(&self, path: &str, value: &Value, depth: usize) -> Result<()> {
        match value {
            Value::Float(number) if !number.is_finite() => {
                Err(Error::validation(format!("{path}: {number} is not allowed; numbers are finite, absent ones None")))
            }
            Value::Time(micros) => super::check_time(path, *micros),
            Value::Array(_) if !self.arrays => {
                Err(Error::validation(format!("{path}: an array does not belong in metadata; give it in arrays=")))
            }
            Value::Map(map) => self.map(path, map, depth + 1),
            Value::List(_) if depth >= MAX_DEPTH => {
                Err(Error::validation(format!("{path}: nested deeper than {MAX_DEPTH} levels")))
            }
            Value::List(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.value(&format!("{path}[{index}]"), item, depth + 1)),
            _ => Ok(()),
        }
    }
}

/// About the bytes of the map as msgpack.
fn map_size(map: &Map) -> usize {
    map.iter().map(|(key, value)| key.len() + 5 + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Int(_) | Value::Float(_) => 9,
        Value::Time(_) => 15,
        Value::Text(text) => 5 + text.len(),
        Value::List(items) => 5 + items.iter().map(value_size).sum::<usize>(),
        Value::Map(map) => 5 + map_size(map),
        Value::Array(array) => array.data.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(key: &str, value: Value) -> Map {
        [(key.to_owned(), value)].into_iter().collect()
    }

    #[test]
    fn each_rule_names_the_path() {
        let nested = map("outer", Value::Map(map("$where", Value::Null)));
        assert!(
            check_metadata("metadata", &nested).unwrap_err().message().starts_with("metadata.outer: key \"$where\"")
        );
        let listed = map("scores", Value::List(vec![Value::Int(1), Value::Float(f64::NAN)]));
        assert!(check_metadata("metadata", &listed).unwrap_err().message().starts_with("metadata.scores[1]: NaN"));
        let long = map("text", Value::Text("x".repeat(MAX_BYTES)));
        assert!(check_metadata("metadata", &long).is_err());
        assert!(check_results("results", &long).is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |levels: usize| (0..levels).fold(Value::Int(1), |inner, _| Value::Map(map("k", inner)));
        let as_map = |value| if let Value::Map(map) = value { map } else { Map::new() };
        assert!(check_metadata("metadata", &as_map(deep(32))).is_ok());
        assert!(check_metadata("metadata", &as_map(deep(33))).is_err());
    }
}
