//! msgpack to borrowed values.
//!
//! Invariants: every value takes at least one byte of input, so memory is bounded by the input's size; nesting is
//! bounded by [`MAX_DEPTH`]; reading stops at the first malformed byte.

use rmp::Marker;

/// BinaryCIF nests about ten deep.
const MAX_DEPTH: u32 = 64;

/// One msgpack value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    List(Vec<Value<'a>>),
    Map(Vec<(Value<'a>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The value under a text key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().find(|(name, _)| matches!(name, Self::Text(text) if *text == key)).map(|(_, value)| value)
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Value<'a>]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(*number as i64),
            _ => None,
        }
    }

    pub(super) fn float(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }
}

/// Reads the one value of `bytes`; `None` where they are truncated or no msgpack.
pub(super) fn parse(bytes: &[u8]) -> Option<Value<'_>> {
    Parser { rest: bytes }.value(0)
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl<'a> Parser<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// An unsigned big-endian integer of `width` bytes.
    fn unsigned(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn signed(&mut self, width: usize) -> Option<Value<'a>> {
        let shift = 64 - 8 * width as u32;
        Some(Value::Int((self.unsigned(width)? << shift).cast_signed() >> shift))
    }

    fn length(&mut self, width: usize) -> Option<usize> {
        usize::try_from(self.unsigned(width)?).ok()
    }

    fn text(&mut self, length: usize) -> Option<Value<'a>> {
        std::str::from_utf8(self.take(length)?).ok().map(Value::Text)
    }

    fn value(&mut self, depth: u32) -> Option<Value<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let marker = Marker::from_u8(*self.take(1)?.first()?);
        match marker {
            Marker::Null => Some(Value::Nil),
            Marker::True => Some(Value::Bool(true)),
            Marker::False => Some(Value::Bool(false)),
            Marker::FixPos(number) => Some(Value::Int(i64::from(number))),
            Marker::FixNeg(number) => Some(Value::Int(i64::from(number))),
            Marker::U8 => self.unsigned(1).map(|number| Value::Int(number as i64)),
            Marker::U16 => self.unsigned(2).map(|number| Value::Int(number as i64)),
            Marker::U32 => self.unsigned(4).map(|number| Value::Int(number as i64)),
            Marker::U64 => self.unsigned(8).and_then(|number| i64::try_from(number).ok()).map(Value::Int),
            Marker::I8 => self.signed(1),
            Marker::I16 => self.signed(2),
            Marker::I32 => self.signed(4),
            Marker::I64 => self.signed(8),
            Marker::F32 => self.unsigned(4).map(|bits| Value::Float(f64::from(f32::from_bits(bits as u32)))),
            Marker::F64 => self.unsigned(8).map(|bits| Value::Float(f64::from_bits(bits))),
            other => self.sized(other, depth),
        }
    }

    fn sized(&mut self, marker: Marker, depth: u32) -> Option<Value<'a>> {
        match marker {
            Marker::FixStr(length) => self.text(usize::from(length)),
            Marker::Str8 => self.length(1).and_then(|length| self.text(length)),
            Marker::Str16 => self.length(2).and_then(|length| self.text(length)),
            Marker::Str32 => self.length(4).and_then(|length| self.text(length)),
            Marker::Bin8 => self.length(1).and_then(|length| self.take(length)).map(Value::Bytes),
            Marker::Bin16 => self.length(2).and_then(|length| self.take(length)).map(Value::Bytes),
            Marker::Bin32 => self.length(4).and_then(|length| self.take(length)).map(Value::Bytes),
            Marker::FixArray(length) => self.list(usize::from(length), depth),
            Marker::Array16 => self.length(2).and_then(|length| self.list(length, depth)),
            Marker::Array32 => self.length(4).and_then(|length| self.list(length, depth)),
            Marker::FixMap(length) => self.map(usize::from(length), depth),
            Marker::Map16 => self.length(2).and_then(|length| self.map(length, depth)),
            Marker::Map32 => self.length(4).and_then(|length| self.map(length, depth)),
            _ => None,
        }
    }

    fn list(&mut self, length: usize, depth: u32) -> Option<Value<'a>> {
        let mut values = Vec::new();
        for _ in 0..length {
            values.push(self.value(depth + 1)?);
        }
        Some(Value::List(values))
    }

    fn map(&mut self, length: usize, depth: u32) -> Option<Value<'a>> {
        let mut pairs = Vec::new();
        for _ in 0..length {
            pairs.push((self.value(depth + 1)?, self.value(depth + 1)?));
        }
        Some(Value::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_kind_are_read() {
        let mut bytes = Vec::new();
        rmp::encode::write_map_len(&mut bytes, 2).unwrap();
        rmp::encode::write_str(&mut bytes, "list").unwrap();
        rmp::encode::write_array_len(&mut bytes, 4).unwrap();
        rmp::encode::write_sint(&mut bytes, -70_000).unwrap();
        rmp::encode::write_uint(&mut bytes, 300).unwrap();
        rmp::encode::write_f32(&mut bytes, 1.5).unwrap();
        rmp::encode::write_nil(&mut bytes).unwrap();
        rmp::encode::write_str(&mut bytes, "bytes").unwrap();
        rmp::encode::write_bin(&mut bytes, &[1, 2]).unwrap();
        let value = parse(&bytes).unwrap();
        let list = [Value::Int(-70_000), Value::Int(300), Value::Float(1.5), Value::Nil];
        assert_eq!(value.get("list").and_then(Value::list), Some(list.as_slice()));
        assert_eq!(value.get("bytes").and_then(Value::bytes), Some([1, 2].as_slice()));
        for cut in 0..bytes.len() {
            assert_eq!(parse(&bytes[..cut]), None, "truncated at {cut}");
        }
    }

    #[test]
    fn nesting_and_claimed_lengths_are_bounded() {
        assert_eq!(parse(&[0x91; 100_000]), None, "lists in lists");
        assert_eq!(parse(&[0xDD, 0xFF, 0xFF, 0xFF, 0xFF]), None, "four billion values that are not there");
    }
}
