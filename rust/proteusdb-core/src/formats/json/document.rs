//! Free-form values as JSON: how back ends outside the core keep metadata, and people read it there.
//!
//! ```text
//! {"organism": "E. coli", "run": {"$time": "2024-03-01T12:00:00Z"}, "embedding": {"$array": ["f4", [2], "AACAPwAAAEA="]}}
//! ```
//!
//! What JSON has no word for is a map of one key that begins with `$`, which no key of metadata does: a moment, to the
//! microsecond, and an array as numpy's code, shape, and its little-endian bytes in base64.
//!
//! [`write_plain`] is for those who read JSON and nothing more: a moment is its ISO text there, an array is null.
//!
//! Invariant: [`read_document`] gives back every value as it was, its type included: a float is written with a point or an
//! exponent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::scan::Scanner;
use crate::error::{Error, Result};
use crate::record::{Array, Dtype, Map, Value};

const TIME: &str = "$time";
const ARRAY: &str = "$array";
/// Metadata are at most 32 levels deep; the reader allows for the tags and then refuses.
const MAX_DEPTH: usize = 64;

/// A value as JSON, on one line.
#[must_use]
pub fn write_document(value: &Value) -> String {
    let mut out = String::new();
    put(&mut out, value);
    out
}

/// A map of metadata as JSON that holds no tags, on one line: what Python's `json.dumps` makes of it, moments as
/// `isoformat` has them.
#[must_use]
pub fn write_plain(map: &Map) -> String {
    let mut out = String::new();
    put_map(&mut out, map, put_plain);
    out
}

/// The inverse of [`write_document`].
///
/// # Errors
/// `Corruption` that says what is wrong.
pub fn read_document(text: &str) -> Result<Value> {
    let mut scanner = Scanner::new(text.as_bytes());
    let value = item(&mut scanner, 0).and_then(|value| match scanner.peek() {
        None => Ok(value),
        Some(_) => Err(scanner.wrong("nothing may follow the value")),
    });
    value.map_err(|error| Error::corruption(error.message().to_owned()))
}

fn put(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        // `{:?}` prints the shortest digits that read back the same, and always a point or an exponent.
        Value::Float(number) => out.push_str(&format!("{number:?}")),
        Value::Text(text) => put_text(out, text),
        Value::Time(micros) => {
            let shown =
                Timestamp::from_microsecond(*micros).map_or_else(|_| micros.to_string(), |time| time.to_string());
            tagged(out, TIME, |out| put_text(out, &shown));
        }
        Value::List(items) => put_list(out, items.iter(), put),
        Value::Map(map) => put_map(out, map, put),
        Value::Array(array) => tagged(out, ARRAY, |out| {
            out.push('[');
            put_text(out, &array.dtype.code());
            out.push_str(", ");
            put_list(out, array.shape.iter(), |out, axis| out.push_str(&axis.to_string()));
            out.push_str(", ");
            put_text(out, &STANDARD.encode(&array.data));
            out.push(']');
        }),
    }
}

fn put_plain(out: &mut String, value: &Value) {
    match value {
        Value::Time(micros) => put_text(out, &iso(*micros)),
        Value::Array(_) => out.push_str("null"),
        Value::List(items) => put_list(out, items.iter(), put_plain),
        Value::Map(map) => put_map(out, map, put_plain),
        other => put(out, other),
    }
}

/// A moment as Python's `isoformat` has it: six decimals, or none at all.
fn iso(micros: i64) -> String {
    let Ok(time) = Timestamp::from_microsecond(micros) else { return micros.to_string() };
    let shown = if micros % 1_000_000 == 0 { format!("{time:.0}") } else { format!("{time:.6}") };
    format!("{}+00:00", shown.trim_end_matches('Z'))
}

fn put_map(out: &mut String, map: &Map, put: impl Fn(&mut String, &Value)) {
    out.push('{');
    for (number, (key, value)) in map.iter().enumerate() {
        out.push_str(if number > 0 { ", " } else { "" });
        put_text(out, key);
        out.push_str(": ");
        put(out, value);
    }
    out.push('}');
}

fn tagged(out: &mut String, tag: &str, body: impl FnOnce(&mut String)) {
    out.push('{');
    put_text(out, tag);
    out.push_str(": ");
    body(out);
    out.push('}');
}

fn put_list<T>(out: &mut String, items: impl Iterator<Item = T>, put: impl Fn(&mut String, T)) {
    out.push('[');
    for (number, item) in items.enumerate() {
        out.push_str(if number > 0 { ", " } else { "" });
        put(out, item);
    }
    out.push(']');
}

fn put_text(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // NUL among them, which some engines' texts cannot hold.
            letter if letter < ' ' || letter == '\u{7f}' => out.push_str(&format!("\\u{:04x}", letter as u32)),
            letter => out.push(letter),
        }
    }
    out.push('"');
}

fn item(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value> {
    if depth > MAX_DEPTH {
        return Err(scanner.wrong("nested deeper than 64 levels"));
    }
    Ok(match scanner.peek() {
        Some(b'{') => map(scanner, depth)?,
        Some(b'[') => list(scanner, depth)?,
        Some(b'"') => Value::Text(scanner.string()?),
        Some(b'-' | b'0'..=b'9') => scanner.number_as(number)?,
        _ if scanner.word("null") => Value::Null,
        _ if scanner.word("true") => Value::Bool(true),
        _ if scanner.word("false") => Value::Bool(false),
        _ => return Err(scanner.wrong("a JSON value is needed")),
    })
}

/// An integer has neither point nor exponent.
fn number(token: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(token).ok()?;
    if token.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-')) {
        return text.parse().ok().map(Value::Int);
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

fn list(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value> {
    scanner.take(b'[');
    let mut items = Vec::new();
    while !scanner.take(b']') {
        if !items.is_empty() && !scanner.take(b',') {
            return Err(scanner.wrong("a comma or ] is needed"));
        }
        items.push(item(scanner, depth + 1)?);
    }
    Ok(Value::List(items))
}

fn map(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value> {
    scanner.take(b'{');
    let mut map = Map::new();
    while !scanner.take(b'}') {
        if !map.is_empty() && !scanner.take(b',') {
            return Err(scanner.wrong("a comma or } is needed"));
        }
        if scanner.peek() != Some(b'"') {
            return Err(scanner.wrong("a key in double quotes is needed"));
        }
        let key = scanner.string()?;
        if !scanner.take(b':') {
            return Err(scanner.wrong("a colon is needed after a key"));
        }
        map.insert(key, item(scanner, depth + 1)?);
    }
    match (map.get(TIME), map.get(ARRAY)) {
        (None, None) => Ok(Value::Map(map)),
        (Some(Value::Text(text)), _) => time(text).ok_or_else(|| scanner.wrong("a moment is needed in $time")),
        (_, Some(Value::List(parts))) => array(parts).ok_or_else(|| scanner.wrong("an array is needed in $array")),
        _ => Err(scanner.wrong("a known tag is needed")),
    }
}

fn time(text: &str) -> Option<Value> {
    text.parse::<Timestamp>().ok().map(|time| Value::Time(time.as_microsecond()))
}

fn array(parts: &[Value]) -> Option<Value> {
    let [Value::Text(code), Value::List(axes), Value::Text(data)] = parts else { return None };
    let axis = |axis: &Value| if let Value::Int(length) = axis { u64::try_from(*length).ok() } else { None };
    let (dtype, shape) = (Dtype::parse(code)?, axes.iter().map(axis).collect::<Option<Vec<u64>>>()?);
    let data = STANDARD.decode(data).ok()?;
    let bytes = shape.iter().try_fold(dtype.size() as u64, |bytes, axis| bytes.checked_mul(*axis))?;
    (bytes == data.len() as u64).then_some(Value::Array(Array { dtype, shape, data }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::Float),
            (-1e3..1e3_f64).prop_map(|number| Value::Float(number.trunc())),
            any::<String>().prop_map(Value::Text),
            (-62_135_596_800_000_000..253_402_300_799_999_999_i64).prop_map(Value::Time),
            proptest::collection::vec(any::<u8>(), 0..5).prop_map(|data| {
                Value::Array(Array { dtype: Dtype::Uint(1), shape: vec![data.len() as u64], data })
            }),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                proptest::collection::vec(("[^$]{1,4}", inner), 0..4)
                    .prop_map(|pairs| Value::Map(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn every_value_comes_back_with_its_type(value in values()) {
            let text = write_document(&value);
            let back = read_document(&text).unwrap();
            prop_assert_eq!(&back, &value, "{}", text);
            // -0.0 equals 0.0; printed they differ.
            prop_assert_eq!(format!("{back:?}"), format!("{value:?}"));
        }
    }

    #[test]
    fn plain_json_has_no_tags() {
        let array = Value::Array(Array { dtype: Dtype::Uint(1), shape: vec![1], data: vec![7] });
        let map: Map = [
            ("run".to_owned(), Value::List(vec![Value::Time(1_709_294_400_000_000), Value::Time(-1)])),
            ("a \"b\"".to_owned(), Value::Map([("x".to_owned(), array)].into_iter().collect())),
        ]
        .into_iter()
        .collect();
        let run = r#"["2024-03-01T12:00:00+00:00", "1969-12-31T23:59:59.999999+00:00"]"#;
        assert_eq!(write_plain(&map), format!(r#"{{"run": {run}, "a \"b\"": {{"x": null}}}}"#));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in [
            "",
            "{",
            "[1",
            "[1 2]",
            "{\"a\" 1}",
            "nul",
            "1 2",
            "{\"$time\": 1}",
            "{\"$array\": [\"f4\", [2], \"AA==\"]}",
        ] {
            assert!(read_document(text).is_err(), "{text}");
        }
        assert!(read_document(&"[".repeat(100)).unwrap_err().message().contains("deeper"));
    }
}
