//! A NumPy file (`.npy`): literal header, and its elements as an array beside the file.
//!
//! ```text
//! \x93NUMPY 1 0  76 00  {'descr': '<f4', 'fortran_order': False, 'shape': (65, 65), }  \n  elements
//! ```
//!
//! Only arrays in C order and little-endian; others are kept whole.

use super::Coder;
use super::beside::Beside;
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;
use crate::record::{Array, Dtype};

/// Smaller arrays are kept with the file.
const SMALLEST: usize = 2048;

/// What does not follow of the file.
pub(super) fn encode(bytes: &[u8], coder: &mut Coder<'_>) -> Option<Vec<u8>> {
    let (header, array) = parse(bytes)?;
    let mut out = Vec::new();
    put_bytes(&mut out, header);
    put_varint(&mut out, coder.arrays.len() as u64);
    coder.arrays.push(array);
    Some(out)
}

/// The inverse of [`encode`].
pub(super) fn decode(raw: &[u8], beside: &dyn Beside) -> Result<Vec<u8>> {
    let mut reader = Reader::new(raw, "original file");
    let mut out = reader.bytes()?.to_vec();
    let index = reader.count(usize::MAX)?;
    reader.finish()?;
    out.extend_from_slice(&beside.array(index)?.data);
    Ok(out)
}

fn parse(bytes: &[u8]) -> Option<(&[u8], Array)> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (length, width) = match rest {
        [1, 0, low, high, ..] => (usize::from(u16::from_le_bytes([*low, *high])), 2),
        [2 | 3, 0, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 4),
        _ => return None,
    };
    let (header, data) = bytes.split_at_checked(8 + width + length)?;
    let text = std::str::from_utf8(header.get(8 + width..)?).ok()?;
    let value = |key: &str| Some(text.split_once(key)?.1.trim_start_matches([':', ' ']));
    let descr = value("'descr'")?.strip_prefix('\'')?.split_once('\'')?.0;
    let dtype = Dtype::parse(descr.strip_prefix(['<', '|'])?)?;
    let shape = value("'shape'")?.strip_prefix('(')?.split_once(')')?.0;
    let shape = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let shape = shape.map(|axis| axis.parse().ok()).collect::<Option<Vec<u64>>>()?;
    let size = shape.iter().try_fold(dtype.size() as u64, |size, &axis| size.checked_mul(axis))?;
    let whole = value("'fortran_order'")?.starts_with("False") && size == data.len() as u64 && data.len() >= SMALLEST;
    whole.then(|| (header, Array { dtype, shape, data: data.to_vec() }))
}
