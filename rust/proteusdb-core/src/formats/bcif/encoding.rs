//! The encodings of BinaryCIF columns, undone from the last to the first.
//!
//! ```text
//! bytes -ByteArray-> [2, -5, 0] -IntegerPacking-> [..] -Delta-> [..] -FixedPoint(1000)-> 12.340, on three decimals
//! ```
//!
//! Invariant: no step yields more than `limit` values, which bounds what run lengths may claim.

use super::msgpack::Value;

/// A column between two steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data<'a> {
    Bytes(&'a [u8]),
    Ints(Vec<i32>),
    /// Integers over a power of ten.
    Decimals(Vec<i32>, u8),
    Floats32(Vec<f32>),
    Floats64(Vec<f64>),
    /// Texts by index; -1 is a missing one.
    Texts(&'a str, Vec<u32>, Vec<i32>),
}

/// Decodes `{data, encoding}`.
///
/// # Errors
/// A text that names the step and what is wrong with it.
pub(super) fn decode<'a>(column: &Value<'a>, limit: usize) -> Result<Data<'a>, String> {
    let bytes = column.get("data").and_then(Value::bytes).ok_or("column has no binary `data`")?;
    let steps = column.get("encoding").and_then(Value::list).ok_or("column has no `encoding` list")?;
    undo(bytes, steps, limit)
}

fn undo<'a>(bytes: &'a [u8], steps: &[Value<'a>], limit: usize) -> Result<Data<'a>, String> {
    let mut data = Data::Bytes(bytes);
    for step in steps.iter().rev() {
        let kind = step.get("kind").and_then(Value::text).unwrap_or_default();
        let undone = match (kind, data) {
            ("ByteArray", Data::Bytes(bytes)) => byte_array(bytes, int(step, "type")),
            ("StringArray", Data::Bytes(bytes)) => string_array(bytes, step, limit),
            ("FixedPoint", Data::Ints(values)) => fixed_point(values, step.get("factor").and_then(Value::float)),
            ("IntervalQuantization", Data::Ints(values)) => interval(&values, step),
            ("RunLength", Data::Ints(values)) => run_length(&values, limit),
            ("Delta", Data::Ints(values)) => Some(delta(values, int(step, "origin").unwrap_or(0))),
            ("IntegerPacking", Data::Ints(values)) => integer_packing(&values, step),
            _ => None,
        };
        data = undone.ok_or_else(|| format!("encoding step {kind:?} is unknown, out of place or damaged"))?;
    }
    Ok(data)
}

fn int(step: &Value<'_>, key: &str) -> Option<i64> {
    step.get(key).and_then(Value::int)
}

fn byte_array(bytes: &[u8], kind: Option<i64>) -> Option<Data<'static>> {
    fn each<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
        let (chunks, rest) = bytes.as_chunks::<N>();
        rest.is_empty().then(|| chunks.iter().map(|chunk| read(*chunk)).collect())
    }
    match kind? {
        1 => each(bytes, |b| i32::from(i8::from_le_bytes(b))).map(Data::Ints),
        2 => each(bytes, |b| i32::from(i16::from_le_bytes(b))).map(Data::Ints),
        3 => each(bytes, i32::from_le_bytes).map(Data::Ints),
        4 => each(bytes, |b| i32::from(u8::from_le_bytes(b))).map(Data::Ints),
        5 => each(bytes, |b| i32::from(u16::from_le_bytes(b))).map(Data::Ints),
        6 => each(bytes, |b| u32::from_le_bytes(b).cast_signed()).map(Data::Ints),
        32 => each(bytes, f32::from_le_bytes).map(Data::Floats32),
        33 => each(bytes, f64::from_le_bytes).map(Data::Floats64),
        _ => None,
    }
}

/// A factor that is a power of ten keeps the printed decimals exactly.
fn fixed_point(values: Vec<i32>, factor: Option<f64>) -> Option<Data<'static>> {
    let factor = factor.filter(|factor| factor.is_finite() && *factor != 0.0)?;
    match (0..=9_u8).find(|&decimals| 10_f64.powi(i32::from(decimals)) == factor) {
        Some(decimals) => Some(Data::Decimals(values, decimals)),
        None => Some(Data::Floats64(values.into_iter().map(|value| f64::from(value) / factor).collect())),
    }
}

fn interval(values: &[i32], step: &Value<'_>) -> Option<Data<'static>> {
    let (min, max) = (step.get("min")?.float()?, step.get("max")?.float()?);
    let steps = int(step, "numSteps").filter(|steps| *steps > 1)?;
    let delta = (max - min) / (steps - 1) as f64;
    Some(Data::Floats64(values.iter().map(|&value| min + delta * f64::from(value)).collect()))
}

fn run_length(values: &[i32], limit: usize) -> Option<Data<'static>> {
    let (pairs, rest) = values.as_chunks::<2>();
    let mut runs = Vec::new();
    for [value, count] in pairs {
        let count = usize::try_from(*count).ok().filter(|count| runs.len() + count <= limit)?;
        runs.resize(runs.len() + count, *value);
    }
    rest.is_empty().then_some(Data::Ints(runs))
}

fn delta(mut values: Vec<i32>, origin: i64) -> Data<'static> {
    let mut last = origin as i32;
    for value in &mut values {
        last = last.wrapping_add(*value);
        *value = last;
    }
    Data::Ints(values)
}

/// Values at the end of the small type's range are added to what follows them.
fn integer_packing(values: &[i32], step: &Value<'_>) -> Option<Data<'static>> {
    let unsigned = matches!(step.get("isUnsigned"), Some(Value::Bool(true)));
    let (low, high) = match (int(step, "byteCount")?, unsigned) {
        (1, false) => (i32::from(i8::MIN), i32::from(i8::MAX)),
        (2, false) => (i32::from(i16::MIN), i32::from(i16::MAX)),
        (1, true) => (-1, i32::from(u8::MAX)),
        (2, true) => (-1, i32::from(u16::MAX)),
        _ => return None,
    };
    let mut unpacked = Vec::with_capacity(values.len());
    let mut sum = 0_i32;
    for &value in values {
        sum = sum.wrapping_add(value);
        if value != high && value != low {
            unpacked.push(sum);
            sum = 0;
        }
    }
    Some(Data::Ints(unpacked))
}

fn string_array<'a>(bytes: &'a [u8], step: &Value<'a>, limit: usize) -> Option<Data<'a>> {
    let steps = |key: &str| step.get(key).and_then(Value::list);
    let text = step.get("stringData")?.text()?;
    let offsets = undo(step.get("offsets")?.bytes()?, steps("offsetEncoding")?, limit).ok()?;
    let indices = undo(bytes, steps("dataEncoding")?, limit).ok()?;
    let (Data::Ints(offsets), Data::Ints(indices)) = (offsets, indices) else { return None };
    let offsets: Option<Vec<u32>> = offsets.into_iter().map(|offset| u32::try_from(offset).ok()).collect();
    Some(Data::Texts(text, offsets?, indices))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(kind: &'static str, items: &[(&'static str, Value<'static>)]) -> Value<'static> {
        let mut pairs = vec![(Value::Text("kind"), Value::Text(kind))];
        pairs.extend(items.iter().map(|(key, value)| (Value::Text(key), value.clone())));
        Value::Map(pairs)
    }

    #[test]
    fn a_chain_of_steps_is_undone_in_reverse() {
        let steps = [
            step("FixedPoint", &[("factor", Value::Int(1000))]),
            step("Delta", &[("origin", Value::Int(12_340))]),
            step("IntegerPacking", &[("byteCount", Value::Int(1)), ("isUnsigned", Value::Bool(false))]),
            step("ByteArray", &[("type", Value::Int(1))]),
        ];
        let bytes = [0, 127, 127, 6, 0x80, 0xFF];
        assert_eq!(undo(&bytes, &steps, 100), Ok(Data::Decimals(vec![12_340, 12_600, 12_471], 3)));
    }

    #[test]
    fn run_lengths_are_bounded() {
        let steps = [step("RunLength", &[]), step("ByteArray", &[("type", Value::Int(4))])];
        assert_eq!(undo(&[7, 3, 8, 1], &steps, 4), Ok(Data::Ints(vec![7, 7, 7, 8])));
        assert!(undo(&[7, 3, 8, 2], &steps, 4).unwrap_err().contains("RunLength"));
    }

    #[test]
    fn steps_out_of_place_are_named() {
        let steps = [step("Delta", &[])];
        assert!(undo(&[1], &steps, 10).unwrap_err().contains("\"Delta\""));
    }
}
