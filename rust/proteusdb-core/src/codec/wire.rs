//! Bytes to numbers and back, with every read checked.
//!
//! Integers of variable length are LEB128: seven bits a byte, low bits first, at most ten bytes.

use crate::error::{Error, Result};

/// The error of every failed read; `step` says which part of which codec met it.
pub(crate) fn broken(step: &str) -> Error {
    Error::corruption(format!("{step}: the stored bytes are damaged"))
}

/// Appends a variable-length integer.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a length and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Small magnitudes of either sign to small unsigned numbers: 0, -1, 1, -2 -> 0, 1, 2, 3.
#[inline]
pub(crate) fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

/// The inverse of [`zigzag`].
#[inline]
pub(crate) fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// A cursor over stored bytes; `step` names what is being read in every error.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    step: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], step: &'static str) -> Self {
        Self { rest: bytes, step }
    }

    /// The error for this step.
    pub(crate) fn broken(&self) -> Error {
        broken(self.step)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.broken())?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let step = self.step;
        self.take(N)?.try_into().map_err(|_| broken(step))
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn varint(&mut self) -> Result<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.broken())
    }

    /// A count of things, refused above `limit` before anything is allocated for it.
    pub(crate) fn count(&mut self, limit: usize) -> Result<usize> {
        let count = self.varint()?;
        usize::try_from(count).ok().filter(|&count| count <= limit).ok_or_else(|| self.broken())
    }

    /// A length and that many bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.count(self.rest.len())?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        let step = self.step;
        std::str::from_utf8(self.bytes()?).map_err(|_| broken(step))
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.broken()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn integers_round_trip(value: u64, signed: i32) {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            let mut reader = Reader::new(&out, "test");
            prop_assert_eq!(reader.varint().unwrap(), value);
            prop_assert!(reader.finish().is_ok());
            prop_assert_eq!(unzigzag(zigzag(signed)), signed);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes, "test");
            while reader.text().is_ok() && reader.remaining() > 0 {}
            let _ = reader.varint();
        }
    }

    #[test]
    fn an_overlong_integer_is_refused() {
        assert!(Reader::new(&[0xff; 10], "test").varint().is_err());
        assert!(Reader::new(&[0x80], "test").varint().is_err(), "cut short");
    }
}
