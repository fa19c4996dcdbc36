//! Tokens to a value.

use super::numbers::Numbers;
use super::scan::{Number, Scanner};
use crate::error::Result;
use crate::record::{Map, Value};

/// No predictor nests deeper than five; the bound keeps a hostile file from ending the process.
const MAX_DEPTH: usize = 64;

/// Reads JSON. A list, or a list of lists and so on, that is rectangular and holds numbers alone (`null` and `NaN` are
/// NaN among them) is an [`Array`](crate::record::Array): int64, else float32 where that carries what is printed, else
/// float64. Floats elsewhere may be NaN or infinite.
///
/// # Errors
/// `Validation` that names line and column, or says that the file is cut short.
pub fn read_json(bytes: &[u8]) -> Result<Value> {
    let mut scanner = Scanner::new(bytes);
    let value = item(&mut scanner, 0)?.into_value();
    match scanner.peek() {
        None => Ok(value),
        Some(_) => Err(scanner.wrong("nothing may follow the value")),
    }
}

/// What was read: lists of numbers are kept open, as an outer list may take them in.
enum Item {
    Number(Number),
    Odd(f64),
    Null,
    Numbers(Numbers),
    Value(Value),
}

impl Item {
    fn into_value(self) -> Value {
        match self {
            Self::Number(Number::Whole(value)) => Value::Int(value),
            Self::Number(Number::Real(value)) => Value::Float(value.to_f64()),
            Self::Odd(value) => Value::Float(value),
            Self::Null => Value::Null,
            Self::Numbers(numbers) => numbers.into_value(),
            Self::Value(value) => value,
        }
    }
}

fn item(scanner: &mut Scanner<'_>, depth: usize) -> Result<Item> {
    Ok(match scanner.peek() {
        Some(b'{' | b'[') if depth == MAX_DEPTH => {
            return Err(scanner.wrong("nested deeper than 64 levels"));
        }
        Some(b'{') => Item::Value(Value::Map(map(scanner, depth)?)),
        Some(b'[') => list(scanner, depth)?,
        Some(b'"') => Item::Value(Value::Text(scanner.string()?)),
        Some(b'-') if scanner.word("-Infinity") => Item::Odd(f64::NEG_INFINITY),
        Some(b'-' | b'0'..=b'9') => Item::Number(scanner.number()?),
        _ if scanner.word("null") => Item::Null,
        _ if scanner.word("true") => Item::Value(Value::Bool(true)),
        _ if scanner.word("false") => Item::Value(Value::Bool(false)),
        _ if scanner.word("NaN") => Item::Odd(f64::NAN),
        _ if scanner.word("Infinity") => Item::Odd(f64::INFINITY),
        _ => return Err(scanner.wrong("a JSON value is needed")),
    })
}

fn map(scanner: &mut Scanner<'_>, depth: usize) -> Result<Map> {
    let mut map = Map::new();
    scanner.take(b'{');
    if scanner.take(b'}') {
        return Ok(map);
    }
    loop {
        if scanner.peek() != Some(b'"') {
            return Err(scanner.wrong("a key in double quotes is needed"));
        }
        let key = scanner.string()?;
        if !scanner.take(b':') {
            return Err(scanner.wrong("a colon is needed after a key"));
        }
        map.insert(key, item(scanner, depth + 1)?.into_value());
        if !more(scanner, b'}')? {
            return Ok(map);
        }
    }
}

fn list(scanner: &mut Scanner<'_>, depth: usize) -> Result<Item> {
    scanner.take(b'[');
    if scanner.take(b']') {
        return Ok(Item::Value(Value::List(Vec::new())));
    }
    let mut numbers = Numbers::plain();
    loop {
        let item = item(scanner, depth + 1)?;
        if let Some(item) = gather(&mut numbers, item) {
            return others(scanner, depth, numbers.into_items(), item);
        }
        if !more(scanner, b']')? {
            return Ok(Item::Numbers(numbers));
        }
    }
}

/// Adds an item to a list of numbers; gives back one that does not fit it.
#[inline]
fn gather(numbers: &mut Numbers, item: Item) -> Option<Item> {
    let fits = match &item {
        Item::Number(number) => numbers.is_plain() && numbers.push(*number),
        Item::Odd(value) if numbers.is_plain() => {
            numbers.push_odd(*value);
            true
        }
        Item::Null if numbers.is_plain() => {
            numbers.push_odd(f64::NAN);
            true
        }
        Item::Numbers(list) => {
            if numbers.is_empty() {
                *numbers = Numbers::of_lists(list);
            }
            numbers.extend(list)
        }
        Item::Odd(_) | Item::Null | Item::Value(_) => false,
    };
    (!fits).then_some(item)
}

/// The rest of a list that is not of numbers alone.
fn others(scanner: &mut Scanner<'_>, depth: usize, mut items: Vec<Value>, first: Item) -> Result<Item> {
    items.push(first.into_value());
    while more(scanner, b']')? {
        items.push(item(scanner, depth + 1)?.into_value());
    }
    Ok(Item::Value(Value::List(items)))
}

/// Whether another member follows: takes a comma, or `end`.
#[inline]
fn more(scanner: &mut Scanner<'_>, end: u8) -> Result<bool> {
    if scanner.take(b',') {
        Ok(true)
    } else if scanner.take(end) {
        Ok(false)
    } else {
        Err(scanner.wrong(&format!("a comma or {} is needed", char::from(end))))
    }
}
