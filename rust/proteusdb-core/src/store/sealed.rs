//! Values that know where they belong.
//!
//! ```text
//! 0   u8    version of the value's layout, 1
//! 1   u64   xxh3-64 of the payload, seeded with that of table name, NUL, key and version; little-endian
//! 9   ...   payload
//! ```
//!
//! LMDB pages carry no checksums. Binding table and key into ours finds a value that was damaged and also one that
//! turns up under another key.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::error::{Error, Result};

const VERSION: u8 = 1;
/// Bytes in front of the payload.
pub(super) const HEAD: usize = 1 + 8;

/// A payload as the value of `key` in `table`.
pub(super) fn seal(table: &'static str, key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD + payload.len());
    value.push(VERSION);
    value.extend(checksum(table, key, payload).to_le_bytes());
    value.extend_from_slice(payload);
    value
}

/// The payload of a value.
///
/// # Errors
/// `Corruption` naming table and key.
pub(super) fn open<'a>(table: &'static str, key: &[u8], value: &'a [u8]) -> Result<&'a [u8]> {
    let damaged = |what: &str| Error::corruption(format!("table {table}, key {}: {what}", shown(key)));
    let (&version, rest) = value.split_first().ok_or_else(|| damaged("the value is empty"))?;
    let (sum, payload) = rest.split_first_chunk::<8>().ok_or_else(|| damaged("the value is cut short"))?;
    if version != VERSION {
        return Err(damaged(&format!("layout {version} is not known")));
    }
    if u64::from_le_bytes(*sum) != checksum(table, key, payload) {
        return Err(damaged("the checksum does not fit the value"));
    }
    Ok(payload)
}

/// The payload of a value whose bytes are not proven: for estimates, which change no answer.
pub(super) fn glance(value: &[u8]) -> &[u8] {
    value.get(HEAD..).unwrap_or_default()
}

/// A key for people: text where it is text, else hexadecimal.
pub(super) fn shown(key: &[u8]) -> String {
    match std::str::from_utf8(key) {
        Ok(text) if text.chars().all(|c| !c.is_control()) => format!("{text:?}"),
        _ => key.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// Two hashes of short texts cost a fraction of one that is fed piece by piece, and rows are opened by the million.
fn checksum(table: &str, key: &[u8], payload: &[u8]) -> u64 {
    const MOST: usize = 600;
    let mut place = [0; MOST];
    let parts = table.bytes().chain([0]).chain(key.iter().copied()).chain([VERSION]);
    let length = place.iter_mut().zip(parts).map(|(byte, part)| *byte = part).count();
    xxh3_64_with_seed(payload, xxh3_64(place.get(..length).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_where_it_belongs() {
        let value = seal("t", b"k", b"payload");
        assert_eq!(open("t", b"k", &value).unwrap(), b"payload");
        assert!(open("t", b"x", &value).is_err() && open("u", b"k", &value).is_err());
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open("t", b"k", &flipped).is_err(), "bit {bit}");
        }
        assert!(open("t", &[0, 1], b"").unwrap_err().message().contains("key 0001"));
    }
}
