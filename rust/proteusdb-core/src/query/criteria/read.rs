//! The values of criteria, each read as the one type its name allows.

use std::cmp::Ordering;

use super::super::Moments;
use super::super::literal::Literal;
use crate::error::{Error, Result};
use crate::record::Value;

/// The key of a map that stands for a tuple; no metadata key begins with `$`.
const RANGE: &str = "$range";
const MAX_DEPTH: usize = 32;

type Bounds = (Option<Literal>, Option<Literal>);

fn wrong(name: &str, value: &Value, allowed: &str) -> Error {
    let shown = match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => format!("{:?}", text.chars().take(60).collect::<String>()),
        other => format!("a value of type {}", other.type_name()),
    };
    Error::query(format!("{name}: {shown} was given; allowed is {allowed}"))
}

/// A text that is not empty.
pub(super) fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str> {
    match value {
        Value::Text(text) if !text.is_empty() => Ok(text),
        other => Err(wrong(name, other, "a text that is not empty")),
    }
}

/// A whole number.
pub(super) fn integer(name: &str, value: &Value) -> Result<i64> {
    match value {
        Value::Int(number) => Ok(*number),
        other => Err(wrong(name, other, "a whole number")),
    }
}

/// A whole number of rows.
pub(super) fn count(name: &str, value: &Value) -> Result<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
    .ok_or_else(|| wrong(name, value, "a whole number from 0"))
}

/// A confidence, 0-1.
pub(super) fn threshold(name: &str, value: &Value) -> Result<f64> {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        other => return Err(wrong(name, other, "a number from 0 to 1")),
    };
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    let hint = if number > 1.0 && number <= 100.0 {
        format!("; did you mean {}? confidence is pLDDT/100", number / 100.0)
    } else {
        String::new()
    };
    Err(wrong(name, value, &format!("a number from 0 to 1{hint}")))
}

/// A start and an end, both inclusive, either `None`.
pub(super) fn dates(name: &str, value: &Value) -> Result<Bounds> {
    let [start, end] = pair(name, value, "(start, end), either of them None")?;
    let read = |value: &Value| match value {
        Value::Null => Ok(None),
        given => Moments::from_value(name, given).map(Some),
    };
    let (start, end) = (read(start)?, read(end)?);
    if let (Some(start), Some(end)) = (start, end)
        && start.first > end.last
    {
        return Err(Error::query(format!(
            "{name}: the start is after the end; allowed is (start, end) with start <= end"
        )));
    }
    Ok((start.map(Literal::time), end.map(Literal::time)))
}

/// A smallest and a greatest number of residues, both inclusive, either `None`.
pub(super) fn lengths(name: &str, value: &Value) -> Result<Bounds> {
    const ALLOWED: &str = "(min, max) in residues, whole numbers from 0, min <= max, either of them None";
    let [low, high] = pair(name, value, ALLOWED)?;
    let read = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::Int(number) if *number >= 0 => Ok(Some(*number)),
        other => Err(wrong(name, other, ALLOWED)),
    };
    let (low, high) = (read(low)?, read(high)?);
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        return Err(Error::query(format!("{name}: {low} is above {high}; allowed is {ALLOWED}")));
    }
    let literal = |number: Option<i64>| number.map(|number| Literal::exact(Value::Int(number)));
    Ok((literal(low), literal(high)))
}

/// The bounds of a metadata range: numbers, texts or datetimes, both of one type, either `None`.
pub(super) fn metadata_bounds(path: &str, bounds: &Value) -> Result<Bounds> {
    const ALLOWED: &str = "(low, high) of numbers, texts or datetimes, low <= high, either of them None";
    let name = format!("metadata {path:?}");
    let [low, high] = pair(&name, bounds, ALLOWED)?;
    let read = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::Float(number) if !number.is_finite() => Err(wrong(&name, value, ALLOWED)),
        Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Time(_) => Ok(Some(value.clone())),
        other => Err(wrong(&name, other, ALLOWED)),
    };
    let (low, high) = (read(low)?, read(high)?);
    if let (Some(low), Some(high)) = (&low, &high) {
        let problem = match low.compare(high) {
            None => "the bounds are of different types",
            Some(Ordering::Greater) => "the lower bound is above the upper one",
            Some(_) => "",
        };
        if !problem.is_empty() {
            return Err(Error::query(format!("{name}: {problem}; allowed is {ALLOWED}")));
        }
    }
    Ok((low.map(Literal::exact), high.map(Literal::exact)))
}

/// What a map that stands for a tuple holds.
pub(super) fn marked_range(value: &Value) -> Option<&Value> {
    match value {
        Value::Map(map) if map.len() == 1 => map.get(RANGE),
        _ => None,
    }
}

/// Refuses values that no stored metadata can equal.
pub(super) fn check_metadata_value(path: &str, value: &Value) -> Result<()> {
    const ALLOWED: &str = "None, bool, int, finite float, str, datetime, list, dict, or (low, high) at a dotted path";
    fn problem(value: &Value, depth: usize) -> Option<&'static str> {
        match value {
            _ if depth > MAX_DEPTH => Some("nesting deeper than 32"),
            Value::Float(number) if !number.is_finite() => Some("NaN or infinity"),
            Value::Array(_) => Some("an array"),
            Value::List(values) => values.iter().find_map(|value| problem(value, depth + 1)),
            Value::Map(map) if map.contains_key(RANGE) => Some("a range within a list or dict"),
            Value::Map(map) if map.keys().any(|key| key.starts_with('$')) => Some("a key that begins with '$'"),
            Value::Map(map) => map.values().find_map(|value| problem(value, depth + 1)),
            _ => None,
        }
    }
    match problem(value, 1) {
        Some(problem) => Err(Error::query(format!("metadata {path:?}: {problem}; allowed is {ALLOWED}"))),
        None => Ok(()),
    }
}

/// The two values of a list, or of a map that stands for a tuple.
fn pair<'v>(name: &str, value: &'v Value, allowed: &str) -> Result<&'v [Value; 2]> {
    match marked_range(value).unwrap_or(value) {
        Value::List(values) => values.as_slice().try_into().ok(),
        _ => None,
    }
    .ok_or_else(|| wrong(name, value, allowed))
}
