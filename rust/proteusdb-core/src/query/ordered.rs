//! Values as bytes whose order is theirs, and stretches of them: what an index on any value is made of.
//!
//! ```text
//! None     1
//! bool     2, 0 or 1
//! number   3, its nearest float64 (8 bytes), what that is off by (i16)           1 == 1.0, no int64 is rounded
//! text     4, UTF-8 with each NUL as 00 FF, then 00 00                           at most 400 bytes, else cut: 00 01
//! moment   5, µs (8 bytes)
//! others   6                                                                     lists and dicts, all alike
//! ```
//!
//! Numbers are big-endian and order-preserving. No key is the beginning of another, so a stretch of keys is a stretch of
//! values. Two texts that agree in what is left by the cut have one key: whoever asks for one of them looks again.

use super::Field;
use crate::record::{Prediction, Value};

/// Bytes of a text in a key, escaped.
const MAX_TEXT: usize = 400;

/// The types, by the first byte of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Tag {
    Null = 1,
    Bool = 2,
    Number = 3,
    Text = 4,
    Time = 5,
    Other = 6,
}

impl Tag {
    /// The type of a value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) | Value::Float(_) => Self::Number,
            Value::Text(_) => Self::Text,
            Value::Time(_) => Self::Time,
            Value::List(_) | Value::Map(_) | Value::Array(_) => Self::Other,
        }
    }
}

/// The key of a value.
#[must_use]
pub fn key(value: &Value) -> Vec<u8> {
    exact_key(value).0
}

/// The key of what a field of a prediction holds; `None` where it holds nothing or is none of
/// [`Field::declarable`](super::Field::declarable).
#[must_use]
pub fn of(prediction: &Prediction, field: &Field) -> Option<Vec<u8>> {
    let value = match field {
        Field::Metadata(path) => return Value::at(&prediction.metadata, path).map(key),
        Field::RankingScore => prediction.ranking_score().map(Value::Float),
        Field::Seed => prediction.seed.map(Value::Int),
        Field::Sample => prediction.sample.map(Value::Int),
        Field::Rank => prediction.rank.map(Value::Int),
        _ => None,
    };
    value.as_ref().map(key)
}

/// The key, and whether no other value has it.
pub(super) fn exact_key(value: &Value) -> (Vec<u8>, bool) {
    let mut key = vec![Tag::of(value) as u8];
    let mut exact = true;
    match value {
        Value::Null => {}
        Value::Bool(flag) => key.push(u8::from(*flag)),
        Value::Int(integer) => {
            let nearest = *integer as f64;
            // Both are whole and differ by at most half a step between float64s, 512.
            put_number(&mut key, nearest, (i128::from(*integer) - nearest as i128) as i16);
        }
        Value::Float(real) => put_number(&mut key, *real, 0),
        Value::Text(text) => {
            exact = put_text(&mut key, text);
            key.extend(if exact { [0, 0] } else { [0, 1] });
        }
        Value::Time(micros) => key.extend(((*micros as u64) ^ (1 << 63)).to_be_bytes()),
        Value::List(_) | Value::Map(_) | Value::Array(_) => exact = false,
    }
    (key, exact)
}

/// The beginning of the keys of all texts that begin so, and whether no other text has such a key.
pub(super) fn prefix_key(prefix: &str) -> (Vec<u8>, bool) {
    let mut key = vec![Tag::Text as u8];
    let exact = put_text(&mut key, prefix);
    (key, exact)
}

fn put_number(key: &mut Vec<u8>, nearest: f64, off: i16) {
    // -0.0 and 0.0 are equal and need one key.
    let bits = (nearest + 0.0).to_bits();
    let ordered = if bits >> 63 == 0 { bits | (1 << 63) } else { !bits };
    key.extend(ordered.to_be_bytes());
    key.extend((off as u16 ^ (1 << 15)).to_be_bytes());
}

/// Whether all of it found room.
fn put_text(key: &mut Vec<u8>, text: &str) -> bool {
    let most = key.len() + MAX_TEXT;
    for byte in text.bytes() {
        let escaped: &[u8] = if byte == 0 { &[0, 0xff] } else { &[byte] };
        if key.len() + escaped.len() > most {
            return false;
        }
        key.extend(escaped);
    }
    true
}

/// A stretch of keys: from one (inclusive) to another (exclusive), never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The first key.
    pub from: Vec<u8>,
    /// The key after the last.
    pub to: Vec<u8>,
}

impl Span {
    /// Every key that begins so.
    pub(super) fn beginning(prefix: Vec<u8>) -> Self {
        let to = after(&prefix);
        Self { from: prefix, to }
    }

    /// Every key of a type.
    pub(super) fn of(tag: Tag) -> Self {
        Self::beginning(vec![tag as u8])
    }

    /// Every key.
    pub(super) fn everything() -> Self {
        Self { from: vec![Tag::Null as u8], to: after(&[Tag::Other as u8]) }
    }

    /// Whether a key lies within.
    #[must_use]
    pub fn has(&self, key: &[u8]) -> bool {
        self.from.as_slice() <= key && key < self.to.as_slice()
    }
}

/// The smallest key above all that begin so. A first byte is a tag, so there always is one.
pub(super) fn after(prefix: &[u8]) -> Vec<u8> {
    let kept = prefix.iter().rposition(|&byte| byte < u8::MAX).map_or(0, |last| last + 1);
    let mut key = prefix.get(..kept).unwrap_or_default().to_vec();
    if let Some(last) = key.last_mut() {
        *last += 1;
    }
    key
}

/// Stretches in order and apart from one another: all that lies in any of these.
pub(super) fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| a.from.cmp(&b.from));
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = span.to.max(std::mem::take(&mut last.to)),
            _ => joined.push(span),
        }
    }
    joined
}

/// What lies in both; each in order and apart.
pub(super) fn intersection(a: &[Span], b: &[Span]) -> Vec<Span> {
    let (mut both, mut i, mut j) = (Vec::new(), 0, 0);
    while let (Some(left), Some(right)) = (a.get(i), b.get(j)) {
        let (from, to) = (left.from.clone().max(right.from.clone()), left.to.clone().min(right.to.clone()));
        if from < to {
            both.push(Span { from, to });
        }
        if left.to < right.to { i += 1 } else { j += 1 }
    }
    both
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        const LARGE: i64 = 1 << 53;
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-3..3_i64).prop_map(Value::Int),
            (-6..6_i64).prop_map(|n| Value::Float(n as f64 / 2.0)),
            (-4..4_i64).prop_map(|n| Value::Int(LARGE + n)),
            (-4..4_i64).prop_map(|n| Value::Float((LARGE + n) as f64)),
            (0..2_000_i64).prop_map(|n| Value::Int(i64::MAX - n)),
            any::<i64>().prop_map(Value::Int),
            (-1e300..1e300_f64).prop_map(Value::Float),
            Just(Value::Float(-0.0)),
            "[a\0\u{1}é]{0,4}".prop_map(Value::Text),
            ("[ab\0]{0,2}", 396..402_usize).prop_map(|(end, n)| Value::Text("x".repeat(n) + &end)),
            (-3..3_i64).prop_map(Value::Time),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn keys_sort_as_values_do(a in values(), b in values()) {
            let ((ka, exact_a), (kb, exact_b)) = (exact_key(&a), exact_key(&b));
            match a.compare(&b) {
                Some(order) if exact_a || exact_b => prop_assert_eq!(ka.cmp(&kb), order),
                Some(order) => prop_assert!(ka.cmp(&kb) == order || ka == kb),
                None => prop_assert_eq!(ka.cmp(&kb), Tag::of(&a).cmp(&Tag::of(&b))),
            }
            if ka != kb {
                prop_assert!(!kb.starts_with(&ka));
            }
            prop_assert!(ka.len() <= MAX_TEXT + 3);
        }

        #[test]
        fn a_prefix_is_a_stretch(prefix in "[a\0]{0,3}", text in "[a\0]{0,5}", long in any::<bool>()) {
            let text = if long { text + &"a".repeat(500) } else { text };
            let (key_of_prefix, exact) = prefix_key(&prefix);
            prop_assert!(exact);
            prop_assert_eq!(Span::beginning(key_of_prefix).has(&key(&Value::Text(text.clone()))), text.starts_with(&prefix));
        }

        #[test]
        fn unions_and_intersections_hold_what_they_should(
            a in proptest::collection::vec((0..9_u8, 1..4_u8), 0..5),
            b in proptest::collection::vec((0..9_u8, 1..4_u8), 0..5),
        ) {
            let spans = |drawn: &[(u8, u8)]| -> Vec<Span> {
                drawn.iter().map(|&(from, length)| Span { from: vec![from], to: vec![from + length] }).collect()
            };
            let within = |spans: &[Span], key: u8| spans.iter().any(|span| span.has(&[key]));
            let (joined_a, joined_b) = (union(spans(&a)), union(spans(&b)));
            let both = intersection(&joined_a, &joined_b);
            prop_assert!(joined_a.windows(2).all(|pair| pair[0].to < pair[1].from));
            for key in 0..14 {
                prop_assert_eq!(within(&joined_a, key), within(&spans(&a), key));
                prop_assert_eq!(within(&both, key), within(&joined_a, key) && within(&joined_b, key));
            }
        }
    }
}
