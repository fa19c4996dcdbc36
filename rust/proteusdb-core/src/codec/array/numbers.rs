//! Numbers of any width by pcodec: bins of the distribution, and the place within a bin in plain bits.
//!
//! Chunks of 262,144 numbers, each with its own bins, so memory is taken as numbers come out.

use half::f16;
use pco::ChunkConfig;
use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};

use crate::codec::wire::broken;
use crate::error::Result;
use crate::record::Dtype;

const CHUNK: usize = 1 << 18;

/// The numbers packed, where the elements are numbers of two bytes or more.
pub(super) fn pack(dtype: Dtype, data: &[u8], level: usize) -> Option<Vec<u8>> {
    match dtype {
        Dtype::Uint(2) => packed(data, u16::from_le_bytes, level),
        Dtype::Int(2) => packed(data, i16::from_le_bytes, level),
        Dtype::Float(2) => packed(data, f16::from_le_bytes, level),
        Dtype::Uint(4) => packed(data, u32::from_le_bytes, level),
        Dtype::Int(4) => packed(data, i32::from_le_bytes, level),
        Dtype::Float(4) | Dtype::Complex(8) => packed(data, f32::from_le_bytes, level),
        Dtype::Uint(8) => packed(data, u64::from_le_bytes, level),
        Dtype::Int(8) => packed(data, i64::from_le_bytes, level),
        Dtype::Float(8) | Dtype::Complex(16) => packed(data, f64::from_le_bytes, level),
        _ => None,
    }
}

/// The bytes of `count` elements.
pub(super) fn unpack(dtype: Dtype, bytes: &[u8], count: usize) -> Result<Vec<u8>> {
    let unpacked = match dtype {
        Dtype::Uint(2) => unpacked(bytes, count, u16::to_le_bytes),
        Dtype::Int(2) => unpacked(bytes, count, i16::to_le_bytes),
        Dtype::Float(2) => unpacked(bytes, count, f16::to_le_bytes),
        Dtype::Uint(4) => unpacked(bytes, count, u32::to_le_bytes),
        Dtype::Int(4) => unpacked(bytes, count, i32::to_le_bytes),
        Dtype::Float(4) => unpacked(bytes, count, f32::to_le_bytes),
        Dtype::Complex(8) => unpacked(bytes, count.saturating_mul(2), f32::to_le_bytes),
        Dtype::Uint(8) => unpacked(bytes, count, u64::to_le_bytes),
        Dtype::Int(8) => unpacked(bytes, count, i64::to_le_bytes),
        Dtype::Float(8) => unpacked(bytes, count, f64::to_le_bytes),
        Dtype::Complex(16) => unpacked(bytes, count.saturating_mul(2), f64::to_le_bytes),
        _ => None,
    };
    unpacked.ok_or_else(|| broken("numbers of an array blob"))
}

fn packed<T: Number, const N: usize>(data: &[u8], read: fn([u8; N]) -> T, level: usize) -> Option<Vec<u8>> {
    let config = ChunkConfig::default().with_compression_level(level);
    let file = FileCompressor::default();
    let mut out = file.write_header(Vec::new()).ok()?;
    for chunk in data.as_chunks::<N>().0.chunks(CHUNK) {
        let numbers: Vec<T> = chunk.iter().map(|&bytes| read(bytes)).collect();
        let mut compressor = file.chunk_compressor(&numbers, &config).ok()?;
        out = compressor.write_meta(out).ok()?;
        for page in 0..compressor.n_per_page().len() {
            out = compressor.write_page(page, out).ok()?;
        }
    }
    Some(out)
}

fn unpacked<T: Number + Default, const N: usize>(
    bytes: &[u8],
    count: usize,
    write: fn(T) -> [u8; N],
) -> Option<Vec<u8>> {
    let (file, mut rest) = FileDecompressor::new(bytes).ok()?;
    let mut out = Vec::new();
    let mut left = count;
    while left > 0 {
        let mut numbers = vec![T::default(); left.min(CHUNK)];
        let (mut chunk, page) = file.chunk_decompressor::<T, _>(rest).ok()?;
        let mut page = chunk.page_decompressor(page, numbers.len()).ok()?;
        let progress = page.read(&mut numbers).ok()?;
        if progress.n_processed != numbers.len() {
            return None;
        }
        rest = page.into_src();
        left -= numbers.len();
        out.reserve(numbers.len() * N);
        numbers.into_iter().for_each(|number| out.extend(write(number)));
    }
    rest.is_empty().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODES: [&str; 11] = ["i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8", "c8", "c16"];

    proptest! {
        #[test]
        fn numbers_come_back_bit_for_bit(code in prop::sample::select(CODES.to_vec()), mut data: Vec<u8>) {
            let dtype = Dtype::parse(code).unwrap();
            data.truncate(data.len() / dtype.size() * dtype.size());
            let packed = pack(dtype, &data, 8).unwrap();
            prop_assert_eq!(unpack(dtype, &packed, data.len() / dtype.size()).unwrap(), data);
        }

        #[test]
        fn damage_is_an_error_or_other_numbers(code in prop::sample::select(CODES.to_vec()), seed: u64,
                                               count in 1..600_usize, flips in prop::collection::vec(any::<(usize, u8)>(), 1..6)) {
            let dtype = Dtype::parse(code).unwrap();
            let data: Vec<u8> = (0..(count * dtype.size()) as u64).map(|i| (seed.wrapping_mul(i / 7 + 1) >> 40) as u8).collect();
            let mut packed = pack(dtype, &data, 8).unwrap();
            for (at, value) in flips {
                let at = at % packed.len();
                packed[at] ^= value;
            }
            if let Ok(bytes) = unpack(dtype, &packed, count) {
                prop_assert_eq!(bytes.len(), data.len());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(code in prop::sample::select(CODES.to_vec()), bytes: Vec<u8>, count in 0..9_000_usize) {
            let _ = unpack(Dtype::parse(code).unwrap(), &bytes, count);
        }
    }

    #[test]
    fn several_chunks_follow_each_other() {
        let data: Vec<u8> = (0..CHUNK as u32 + 1000).flat_map(|i| (i % 1009).to_le_bytes()).collect();
        let packed = pack(Dtype::Uint(4), &data, 8).unwrap();
        assert_eq!(unpack(Dtype::Uint(4), &packed, data.len() / 4).unwrap(), data);
        assert!(unpack(Dtype::Uint(4), &packed, CHUNK).is_err(), "a chunk is left");
        assert!(unpack(Dtype::Uint(4), &packed, data.len() / 4 + 1).is_err(), "too few");
    }
}
