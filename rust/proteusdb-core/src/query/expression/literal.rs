//! The literals of an expression, and which of them a field can be compared with.
//!
//! ```text
//! 'E. coli'  -0.5  1e3  true  null        a word without quotes is none: job == screen
//! ```

use std::cmp::Ordering;

use super::super::literal::Literal;
use super::super::{Field, FieldType, moment};
use super::token::Kind;
use crate::record::Value;

/// What a message offers where a literal should stand.
pub(super) const ALLOWED: &str = "a text between quotes, a number, true, false, null";

/// The literal that a token is, or what is wrong with it.
pub(super) fn read(token: Option<Kind>) -> Result<Literal, String> {
    let value = match token {
        Some(Kind::Number(value)) => value,
        Some(Kind::Text(text)) => Value::Text(text),
        Some(Kind::Word(word)) => match constant(&word) {
            Some(value) => value,
            None => {
                let shown: String = word.chars().take(60).collect();
                return Err(format!("a value is needed; did you mean '{shown}', between quotes"));
            }
        },
        _ => return Err("a value is needed".into()),
    };
    Ok(Literal::written(value))
}

/// Whether a literal begins with this token.
pub(super) fn begins(token: Option<&Kind>) -> bool {
    match token {
        Some(Kind::Number(_) | Kind::Text(_)) => true,
        Some(Kind::Word(word)) => constant(word).is_some(),
        _ => false,
    }
}

fn constant(word: &str) -> Option<Value> {
    let named = |name: &str| word.eq_ignore_ascii_case(name);
    match () {
        () if named("true") => Some(Value::Bool(true)),
        () if named("false") => Some(Value::Bool(false)),
        () if named("null") || named("none") => Some(Value::Null),
        () => None,
    }
}

/// What would have been allowed, where a value is no match for a field.
pub(super) fn fits(field: &Field, literal: &Literal, ordered: bool) -> Result<(), &'static str> {
    match field.value_type() {
        FieldType::List => return Err("contains 'name', exists"),
        FieldType::Presence => return Err("exists, is missing"),
        _ => {}
    }
    if *literal.value() == Value::Null {
        return if ordered { Err("== null, != null, is null; null has no order") } else { Ok(()) };
    }
    match field.value_type() {
        FieldType::Text if literal.text().is_none() => Err("a text between quotes"),
        FieldType::Number if literal.number().is_none() => Err("a number"),
        FieldType::Time if literal.moments().is_none() => Err(moment::ALLOWED),
        FieldType::Any if ordered && matches!(literal.value(), Value::Bool(_)) => Err("numbers, texts and dates"),
        _ => Ok(()),
    }
}

/// What would have been allowed, where a field cannot contain a value.
pub(super) fn can_contain(field: &Field, literal: &Literal) -> Result<(), &'static str> {
    match field.value_type() {
        _ if *field == Field::Sequence => Err("sequence glob '*GAG*' for residues within a chain"),
        FieldType::Text | FieldType::List if literal.text().is_some() => Ok(()),
        FieldType::Text | FieldType::List => Err("a text between quotes"),
        FieldType::Any => Ok(()),
        FieldType::Presence => Err("exists, is missing"),
        FieldType::Number | FieldType::Time => Err("contains with a text or with metadata; else ==, <, between"),
    }
}

/// The order of two bounds; dates by the first moment of each.
pub(super) fn order(low: &Literal, high: &Literal) -> Option<Ordering> {
    match (low.moments(), high.moments()) {
        (Some(low), Some(high)) => Some(low.first.cmp(&high.last)),
        _ => low.value().compare(high.value()),
    }
}
