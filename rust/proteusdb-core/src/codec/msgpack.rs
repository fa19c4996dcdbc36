//! Metadata as msgpack, readable with any msgpack library.
//!
//! ```text
//! None bool int float str list dict   the msgpack types of these names; integers in their shortest form, floats as float64
//! datetime                            ext type -1, the standard timestamp (12 bytes: u32 nanoseconds, i64 seconds)
//! array                               ext type 1: a msgpack array of dtype code, shape and little-endian data
//! ```
//!
//! Decoding is bounded by depth and by the bytes there are.

use rmp::encode;

use super::wire::Reader;
use crate::error::Result;
use crate::record::{Array, Dtype, Map, Value};

/// Metadata are at most 32 levels deep; the reader allows a little more and then refuses.
const MAX_DEPTH: usize = 64;
const TIMESTAMP: i8 = -1;
const ARRAY: i8 = 1;
const MICROS: i64 = 1_000_000;

/// A map as msgpack.
#[must_use]
pub fn encode_map(map: &Map) -> Vec<u8> {
    let mut out = Vec::new();
    put_map(&mut out, map);
    out
}

/// The inverse of [`encode_map`].
///
/// # Errors
/// `Corruption` naming `step`.
pub fn decode_map(bytes: &[u8], step: &'static str) -> Result<Map> {
    let mut reader = Reader::new(bytes, step);
    match get(&mut reader, 0)? {
        Value::Map(map) => reader.finish().map(|()| map),
        _ => Err(reader.broken()),
    }
}

/// Maps that stand one after the other.
///
/// # Errors
/// `Corruption` naming `step`.
pub fn decode_maps(bytes: &[u8], step: &'static str) -> Result<Vec<Map>> {
    let mut reader = Reader::new(bytes, step);
    let mut maps = Vec::new();
    while reader.remaining() > 0 {
        match get(&mut reader, 0)? {
            Value::Map(map) => maps.push(map),
            _ => return Err(reader.broken()),
        }
    }
    Ok(maps)
}

fn put_map(out: &mut Vec<u8>, map: &Map) {
    // Writing to a Vec cannot fail.
    let _ = encode::write_map_len(out, map.len() as u32);
    for (key, value) in map {
        let _ = encode::write_str(out, key);
        put(out, value);
    }
}

fn put(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => {
            let _ = encode::write_nil(out);
        }
        Value::Bool(flag) => {
            let _ = encode::write_bool(out, *flag);
        }
        Value::Int(integer) => {
            let _ = encode::write_sint(out, *integer);
        }
        Value::Float(float) => {
            let _ = encode::write_f64(out, *float);
        }
        Value::Text(text) => {
            let _ = encode::write_str(out, text);
        }
        Value::Time(micros) => {
            let _ = encode::write_ext_meta(out, 12, TIMESTAMP);
            out.extend(((micros.rem_euclid(MICROS) * 1000) as u32).to_be_bytes());
            out.extend(micros.div_euclid(MICROS).to_be_bytes());
        }
        Value::List(items) => {
            let _ = encode::write_array_len(out, items.len() as u32);
            items.iter().for_each(|item| put(out, item));
        }
        Value::Map(map) => put_map(out, map),
        Value::Array(array) => {
            let mut inner = Vec::with_capacity(array.data.len() + 32);
            let _ = encode::write_array_len(&mut inner, 3);
            let _ = encode::write_str(&mut inner, &array.dtype.code());
            let _ = encode::write_array_len(&mut inner, array.shape.len() as u32);
            array.shape.iter().for_each(|&axis| {
                let _ = encode::write_uint(&mut inner, axis);
            });
            let _ = encode::write_bin(&mut inner, &array.data);
            let _ = encode::write_ext_meta(out, inner.len() as u32, ARRAY);
            out.extend(inner);
        }
    }
}

fn get(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    if depth > MAX_DEPTH {
        return Err(reader.broken());
    }
    let marker = reader.u8()?;
    Ok(match marker {
        0x00..=0x7f => Value::Int(i64::from(marker)),
        0xe0..=0xff => Value::Int(i64::from(marker as i8)),
        0x80..=0x8f => map(reader, usize::from(marker & 0x0f), depth)?,
        0x90..=0x9f => list(reader, usize::from(marker & 0x0f), depth)?,
        0xa0..=0xbf => text(reader, usize::from(marker & 0x1f))?,
        0xc0 => Value::Null,
        0xc2 | 0xc3 => Value::Bool(marker == 0xc3),
        0xcb => Value::Float(f64::from_be_bytes(reader.array()?)),
        0xcc => Value::Int(i64::from(reader.u8()?)),
        0xcd => Value::Int(i64::from(u16::from_be_bytes(reader.array()?))),
        0xce => Value::Int(i64::from(u32::from_be_bytes(reader.array()?))),
        0xcf => {
            let wide = u64::from_be_bytes(reader.array()?);
            Value::Int(i64::try_from(wide).map_err(|_| reader.broken())?)
        }
        0xd0 => Value::Int(i64::from(reader.u8()? as i8)),
        0xd1 => Value::Int(i64::from(i16::from_be_bytes(reader.array()?))),
        0xd2 => Value::Int(i64::from(i32::from_be_bytes(reader.array()?))),
        0xd3 => Value::Int(i64::from_be_bytes(reader.array()?)),
        0xd9..=0xdb => {
            let length = length(reader, 1 << (marker - 0xd9))?;
            text(reader, length)?
        }
        0xdc | 0xdd => {
            let count = length(reader, 2 << (marker - 0xdc))?;
            list(reader, count, depth)?
        }
        0xde | 0xdf => {
            let count = length(reader, 2 << (marker - 0xde))?;
            map(reader, count, depth)?
        }
        0xd4..=0xd8 => extension(reader, 1 << (marker - 0xd4))?,
        0xc7..=0xc9 => {
            let length = length(reader, 1 << (marker - 0xc7))?;
            extension(reader, length)?
        }
        _ => return Err(reader.broken()),
    })
}

/// A big-endian length of `width` bytes.
fn length(reader: &mut Reader<'_>, width: usize) -> Result<usize> {
    Ok(reader.take(width)?.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte)))
}

fn text(reader: &mut Reader<'_>, length: usize) -> Result<Value> {
    let bytes = reader.take(length)?;
    std::str::from_utf8(bytes).map(|text| Value::Text(text.to_owned())).map_err(|_| reader.broken())
}

fn list(reader: &mut Reader<'_>, count: usize, depth: usize) -> Result<Value> {
    // Each item takes a byte at least, so a false count ends at the end of the bytes.
    let mut items = Vec::with_capacity(count.min(reader.remaining()));
    for _ in 0..count {
        items.push(get(reader, depth + 1)?);
    }
    Ok(Value::List(items))
}

fn map(reader: &mut Reader<'_>, count: usize, depth: usize) -> Result<Value> {
    let mut map = Map::with_capacity(count.min(reader.remaining()));
    for _ in 0..count {
        let Value::Text(key) = get(reader, depth + 1)? else { return Err(reader.broken()) };
        let value = get(reader, depth + 1)?;
        map.insert(key, value);
    }
    Ok(Value::Map(map))
}

fn extension(reader: &mut Reader<'_>, length: usize) -> Result<Value> {
    let kind = reader.u8()? as i8;
    match (kind, length) {
        (TIMESTAMP, 12) => {
            let nanos = u32::from_be_bytes(reader.array()?);
            let seconds = i64::from_be_bytes(reader.array()?);
            let micros = seconds.checked_mul(MICROS).and_then(|whole| whole.checked_add(i64::from(nanos / 1000)));
            micros.map(Value::Time).ok_or_else(|| reader.broken())
        }
        (ARRAY, _) => array(reader, length).map(Value::Array),
        _ => Err(reader.broken()),
    }
}

fn array(outer: &mut Reader<'_>, length: usize) -> Result<Array> {
    let mut reader = Reader::new(outer.take(length)?, "array in results");
    if reader.u8()? != 0x93 {
        return Err(reader.broken());
    }
    let Value::Text(code) = get(&mut reader, MAX_DEPTH)? else { return Err(reader.broken()) };
    let Value::List(axes) = get(&mut reader, MAX_DEPTH - 1)? else { return Err(reader.broken()) };
    let width = match reader.u8()? {
        0xc4 => 1,
        0xc5 => 2,
        0xc6 => 4,
        _ => return Err(reader.broken()),
    };
    let bytes = self::length(&mut reader, width)?;
    let data = reader.take(bytes)?.to_vec();
    let axis = |value: &Value| if let Value::Int(axis) = value { u64::try_from(*axis).ok() } else { None };
    let shape: Option<Vec<u64>> = axes.iter().map(axis).collect();
    match (Dtype::parse(&code), shape) {
        (Some(dtype), Some(shape)) => reader.finish().map(|()| Array { dtype, shape, data }),
        _ => Err(reader.broken()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-300..300_i64).prop_map(Value::Int),
            any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Value::Float),
            ".{0,40}".prop_map(Value::Text),
            (-62_135_596_800_000_000..253_402_300_799_999_999_i64).prop_map(Value::Time),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|data| {
                Value::Array(Array { dtype: Dtype::Uint(1), shape: vec![data.len() as u64], data })
            }),
        ];
        leaf.prop_recursive(4, 40, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..20).prop_map(Value::List),
                prop::collection::vec((".{1,8}", inner), 0..20)
                    .prop_map(|pairs| Value::Map(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_map_round_trips(pairs in prop::collection::vec((".{1,40}", value()), 0..20)) {
            let map: Map = pairs.into_iter().collect();
            prop_assert_eq!(decode_map(&encode_map(&map), "test").unwrap(), map);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = decode_map(&bytes, "test");
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        assert!(decode_map(&[0x91; 100_000], "test").is_err());
    }
}
