//! Single bits to bytes and back, high bit first.

/// Gathers bits.
#[derive(Debug, Clone, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits used of the last byte, 0 where it is full.
    used: u32,
}

impl BitWriter {
    /// The low `count` bits of a value.
    pub(super) fn put(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit) as u8 & 1) << (7 - self.used);
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// Rice: the quotient by 2^`low` as ones and a zero, then the low bits.
    pub(super) fn put_rice(&mut self, value: u32, low: u32) {
        (0..value >> low).for_each(|_| self.put(1, 1));
        self.put(0, 1);
        self.put(value, low);
    }

    /// The bytes, the last filled up with zeros.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Bits a value takes in [`BitWriter::put_rice`].
pub(super) fn rice_bits(value: u32, low: u32) -> u32 {
    (value >> low) + 1 + low
}

/// Takes bits off.
#[derive(Debug, Clone)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// `count` bits, at most 32.
    pub(super) fn get(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = (value << 1) | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// A value of [`BitWriter::put_rice`].
    pub(super) fn get_rice(&mut self, low: u32) -> Option<u32> {
        let mut quotient = 0_u32;
        while self.get(1)? == 1 {
            quotient += 1;
        }
        let high = quotient.checked_mul(1_u32.checked_shl(low)?)?;
        Some(high | self.get(low)?)
    }

    /// Whether all that is left are the zeros that fill the last byte.
    pub(super) fn finish(mut self) -> bool {
        self.bytes.len() == self.at.div_ceil(8) && (self.at..self.bytes.len() * 8).all(|_| self.get(1) == Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_come_back(values in prop::collection::vec((0..5_000_u32, 4..12_u32), 0..50)) {
            let mut out = BitWriter::default();
            for &(value, low) in &values {
                out.put(value, 13);
                out.put_rice(value, low);
            }
            let bytes = out.finish();
            let count: u32 = values.iter().map(|&(value, low)| 13 + rice_bits(value, low)).sum();
            prop_assert_eq!(bytes.len(), count.div_ceil(8) as usize);
            let mut bits = BitReader::new(&bytes);
            for (value, low) in values {
                prop_assert_eq!((bits.get(13), bits.get_rice(low)), (Some(value), Some(value)));
            }
            prop_assert!(bits.finish());
        }
    }

    #[test]
    fn what_is_not_there_is_none() {
        assert_eq!(BitReader::new(&[0xff]).get_rice(3), None, "ones without an end");
        assert_eq!(BitReader::new(&[]).get(1), None);
        assert!(!BitReader::new(&[1]).finish());
    }
}
