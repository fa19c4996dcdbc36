//! A numpy array as a blob.
//!
//! ```text
//! dtype code | number of axes | lengths | byte planes of the elements (section)
//! ```
//!
//! Elements of several bytes are stored plane by plane (all first bytes, then all second bytes): exponents of floats
//! and high bytes of integers are alike and compress, mantissas do not and are left to themselves.

use super::Compression;
use super::envelope::{self, Codec};
use super::section::{self, MAX_RAW};
use super::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};
use crate::record::{Array, Dtype};

const VERSION: u8 = 1;
const MAX_AXES: usize = 32;

/// Encodes an array; exact to the bit, NaN payloads included.
///
/// # Errors
/// `Validation` where data and shape do not fit, or the array is over 4 GiB.
pub fn encode_array(array: &Array, compression: Compression) -> Result<Vec<u8>> {
    let elements =
        elements(&array.shape).filter(|count| count.checked_mul(array.dtype.size()) == Some(array.data.len()));
    let Some(elements) = elements.filter(|_| array.data.len() <= MAX_RAW && array.shape.len() <= MAX_AXES) else {
        return Err(Error::validation(format!(
            "array of {} with shape {:?} and {} bytes cannot be stored: at most {MAX_AXES} axes and 4 GiB, and as many \
             bytes as the shape says",
            array.dtype.code(),
            array.shape,
            array.data.len()
        )));
    };
    let mut body = Vec::new();
    put_bytes(&mut body, array.dtype.code().as_bytes());
    put_varint(&mut body, array.shape.len() as u64);
    array.shape.iter().for_each(|&axis| put_varint(&mut body, axis));
    section::put(&mut body, &planes(&array.data, array.dtype.size(), elements), compression);
    Ok(envelope::seal(Codec::Array, VERSION, &body))
}

/// Decodes an array.
///
/// # Errors
/// `Corruption` naming the step.
pub fn decode_array(blob: &[u8]) -> Result<Array> {
    let (version, body) = envelope::open(Codec::Array, blob)?;
    if version != VERSION {
        return Err(envelope::unknown_version(Codec::Array, version));
    }
    let mut reader = Reader::new(body, "array blob");
    let dtype = Dtype::parse(reader.text()?).ok_or_else(|| reader.broken())?;
    let axes = reader.count(MAX_AXES)?;
    let shape = (0..axes).map(|_| reader.varint()).collect::<Result<Vec<u64>>>()?;
    let raw = section::next(&mut reader, "array elements")?.unpack()?;
    let count = elements(&shape).filter(|count| count.checked_mul(dtype.size()) == Some(raw.len()));
    let count = count.ok_or_else(|| reader.broken())?;
    reader.finish()?;
    Ok(Array { dtype, shape, data: planes(&raw, count, dtype.size()) })
}

fn elements(shape: &[u64]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &axis| product.checked_mul(usize::try_from(axis).ok()?))
}

/// Transposes a (rows, columns) table of bytes of which `columns` bytes are one row.
fn planes(bytes: &[u8], columns: usize, rows: usize) -> Vec<u8> {
    if columns <= 1 || rows <= 1 {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len());
    for column in 0..columns {
        out.extend(bytes.iter().skip(column).step_by(columns));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_array_round_trips(code in prop::sample::select(vec!["b1", "i2", "u4", "f4", "f8", "U3", "S5"]),
                                 shape in prop::collection::vec(0..6_u64, 0..4), seed: u64) {
            let dtype = Dtype::parse(code).unwrap();
            let bytes = elements(&shape).unwrap() * dtype.size();
            let data = (0..bytes as u64).map(|i| (seed.wrapping_mul(i + 1) >> 32) as u8).collect();
            let array = Array { dtype, shape, data };
            for compression in [Compression::None, Compression::Fast] {
                prop_assert_eq!(&decode_array(&encode_array(&array, compression).unwrap()).unwrap(), &array);
            }
        }
    }

    #[test]
    fn planes_gather_bytes_of_equal_weight() {
        assert_eq!(planes(b"aAbBcC", 2, 3), b"abcABC");
        assert_eq!(planes(b"abcABC", 3, 2), b"aAbBcC");
    }

    #[test]
    fn data_that_do_not_fill_the_shape_are_refused() {
        let array = Array { dtype: Dtype::Float(4), shape: vec![2, 2], data: vec![0; 15] };
        assert!(encode_array(&array, Compression::Fast).unwrap_err().message().contains("15 bytes"));
    }
}
