//! Keys whose byte order is the order of what they stand for.
//!
//! ```text
//! u32, u64          big-endian
//! i64 (time)        big-endian with the sign bit flipped
//! f64 (confidence)  bits with the sign bit flipped, all bits flipped where negative
//! text              its bytes and a NUL, which no text holds
//! ```

/// Builds a key from parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(32))
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn time(self, micros: i64) -> Self {
        self.u64((micros as u64) ^ (1 << 63))
    }

    pub(super) fn real(self, value: f64) -> Self {
        // -0.0 and 0.0 are equal and need one key.
        let bits = (value + 0.0).to_bits();
        self.u64(if bits >> 63 == 0 { bits | (1 << 63) } else { !bits })
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.extend(text.bytes());
        self.0.push(0);
        self
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The smallest key above every key that begins with this one; `None` where there is none.
    pub(super) fn after(&self) -> Option<Self> {
        let mut bytes = self.0.clone();
        while let Some(last) = bytes.pop() {
            if last < u8::MAX {
                bytes.push(last + 1);
                return Some(Self(bytes));
            }
        }
        None
    }
}

/// The u64 in the last eight bytes of a key: the row of an index entry.
pub(super) fn last_u64(key: &[u8]) -> Option<u64> {
    let tail = key.len().checked_sub(8).and_then(|start| key.get(start..))?;
    tail.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_as_values_do(a: i64, b: i64, x in -1e3..1e3_f64, y in -1e3..1e3_f64, s in "[a-c]{0,4}", t in "[a-c]{0,4}") {
            prop_assert_eq!(Key::new().time(a).0.cmp(&Key::new().time(b).0), a.cmp(&b));
            prop_assert_eq!(Key::new().real(x).0.cmp(&Key::new().real(y).0), x.total_cmp(&y));
            prop_assert_eq!(Key::new().text(&s).u64(9).0.cmp(&Key::new().text(&t).u64(9).0), s.cmp(&t));
        }
    }

    #[test]
    fn after_is_above_every_continuation() {
        assert_eq!(Key::new().raw(&[1, 255]).after().unwrap().as_bytes(), [2]);
        assert!(Key::new().raw(&[255, 255]).after().is_none());
        assert_eq!(Key::new().real(-0.0).as_bytes(), Key::new().real(0.0).as_bytes());
        assert_eq!(last_u64(Key::new().text("x").u64(7).as_bytes()), Some(7));
        assert_eq!(last_u64(&[1, 2]), None);
    }
}
