//! A value that a condition compares with.
//!
//! A date is written as text, so a text that reads as a date is both: compared with a text it is text, compared with a
//! moment it is the stretch of time it names.
//!
//! ```text
//! created_at <= '2024-01-01'      the whole day is included
//! job == '2024-01-01'             a job with that name
//! ```

use std::fmt;

use super::moment::{self, Moments};
use crate::record::Value;

/// A value, and the time it names if it is or reads as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    value: Value,
    moments: Option<Moments>,
}

impl Literal {
    /// The value as it is; a text is never read as a date.
    #[must_use]
    pub fn exact(value: Value) -> Self {
        let moments = match value {
            Value::Time(moment) => Some(Moments::at(moment)),
            _ => None,
        };
        Self { value, moments }
    }

    /// The value; a text that reads as a date is one too.
    #[must_use]
    pub fn written(value: Value) -> Self {
        match &value {
            Value::Text(text) => Self { moments: Moments::read(text), value },
            _ => Self::exact(value),
        }
    }

    /// A stretch of time.
    #[must_use]
    pub fn time(moments: Moments) -> Self {
        Self { value: Value::Time(moments.first), moments: Some(moments) }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The time, where it names one.
    #[must_use]
    pub fn moments(&self) -> Option<Moments> {
        self.moments
    }

    /// The number, where it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Value::Int(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            _ => None,
        }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// As `where` would have it.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.value, self.moments, f)
    }
}

/// A text between quotes, each quote within it doubled.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn show(value: &Value, moments: Option<Moments>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(flag) => write!(f, "{flag}"),
        Value::Int(number) => write!(f, "{number}"),
        Value::Float(number) => write!(f, "{number:?}"),
        Value::Text(text) => f.write_str(&quote(text)),
        Value::Time(moment) => match moments.filter(|moments| moments.first != moments.last) {
            // Only a bare date names more than a moment.
            Some(day) => f.write_str(&quote(moment::show(day.first).split('T').next().unwrap_or_default())),
            None => f.write_str(&quote(&moment::show(*moment))),
        },
        Value::List(values) => {
            f.write_str("[")?;
            for (index, value) in values.iter().enumerate() {
                f.write_str(if index > 0 { ", " } else { "" })?;
                show(value, None, f)?;
            }
            f.write_str("]")
        }
        Value::Map(map) => {
            f.write_str("{")?;
            for (index, (key, value)) in map.iter().enumerate() {
                write!(f, "{}{}: ", if index > 0 { ", " } else { "" }, quote(key))?;
                show(value, None, f)?;
            }
            f.write_str("}")
        }
        Value::Array(_) => f.write_str("an array"),
    }
}
