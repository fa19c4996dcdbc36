//! Matching and ordering in the plainest way, to hold the quick ways against.

use std::cmp::Ordering;

use crate::record::Value;

/// By trying everything.
pub(super) fn glob_matches(glob: &str, sequence: &str) -> bool {
    fn chain(glob: &[u8], text: &[u8]) -> bool {
        match (glob.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((b'*', after)), rest) => chain(after, text) || rest.is_some_and(|(_, rest)| chain(glob, rest)),
            (Some((b'[', _)), Some((residue, rest))) => {
                let close = glob.iter().position(|byte| *byte == b']').unwrap();
                let (class, after) = (&glob[1..close], &glob[close + 1..]);
                let negated = class.contains(&b'!');
                (class.contains(residue) != negated) && chain(after, rest)
            }
            (Some((wanted, after)), Some((residue, rest))) => {
                (*wanted == b'?' || wanted == residue) && chain(after, rest)
            }
            (Some(_), None) => false,
        }
    }
    let chains: Vec<&[u8]> = sequence.split(':').map(str::as_bytes).collect();
    let globs: Vec<&[u8]> = glob.split(':').map(str::as_bytes).collect();
    match globs.as_slice() {
        [any] => chains.iter().any(|text| chain(any, text)),
        each => each.len() == chains.len() && each.iter().zip(chains).all(|(glob, text)| chain(glob, text)),
    }
}

/// Booleans, numbers, texts, moments.
pub(super) fn plain_order(a: &Value, b: &Value) -> Ordering {
    let key = |value: &Value| match value {
        Value::Bool(flag) => (0, f64::from(u8::from(*flag)), String::new()),
        Value::Int(n) => (1, *n as f64, String::new()),
        Value::Float(x) => (1, *x, String::new()),
        Value::Text(text) => (2, 0.0, text.clone()),
        Value::Time(moment) => (3, *moment as f64, String::new()),
        other => panic!("{other:?} is not drawn"),
    };
    key(a).partial_cmp(&key(b)).unwrap()
}
