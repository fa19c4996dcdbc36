//! Integer columns as bytes that compress well.
//!
//! ```text
//! 27340 27341 27341 27338    values, `stride` apart those of the same axis
//! 27340     1     0    -3    difference to the value `stride` before
//! 54680     2     0     5    zigzag
//! D5.. 00.. 00.. 00..        byte planes: all high bytes, then all next bytes, ...
//! ```
//!
//! Layout: `width` (0-4, bytes the largest zigzag needs) and then `width` planes of `count` bytes, high byte first.
//! Width 0 is a column of zeros after the difference: a constant column costs its first value only where that is 0,
//! so a constant is coded as `CONSTANT` and the value.

use super::wire::{Reader, put_varint, unzigzag, zigzag};
use crate::error::Result;

const CONSTANT: u8 = 0xff;

/// Appends `values`, each as the difference to the value `stride` places before.
pub(super) fn put(out: &mut Vec<u8>, values: &[i32], stride: usize) {
    if let Some(&first) = values.first()
        && values.iter().all(|&value| value == first)
    {
        out.push(CONSTANT);
        put_varint(out, u64::from(zigzag(first)));
        return;
    }
    let before = |index: usize| if index < stride { 0 } else { values[index - stride] };
    let codes: Vec<u32> = (0..values.len()).map(|index| zigzag(values[index].wrapping_sub(before(index)))).collect();
    let bits = 32 - codes.iter().fold(0, |all, code| all | code).leading_zeros();
    let width = bits.div_ceil(8) as usize;
    out.push(width as u8);
    for plane in (0..width).rev() {
        out.extend(codes.iter().map(|code| (code >> (8 * plane)) as u8));
    }
}

/// Reads `count` values put with the same `stride`.
pub(super) fn get(reader: &mut Reader<'_>, count: usize, stride: usize) -> Result<Vec<i32>> {
    let width = usize::from(reader.u8()?);
    if width == usize::from(CONSTANT) {
        let code = u32::try_from(reader.varint()?).map_err(|_| reader.broken())?;
        return Ok(vec![unzigzag(code); count]);
    }
    if width > 4 {
        return Err(reader.broken());
    }
    let mut codes = vec![0_u32; count];
    for _ in 0..width {
        let plane = reader.take(count)?;
        codes.iter_mut().zip(plane).for_each(|(code, &byte)| *code = (*code << 8) | u32::from(byte));
    }
    Ok(undo_differences(&codes, stride))
}

fn undo_differences(codes: &[u32], stride: usize) -> Vec<i32> {
    let mut values: Vec<i32> = Vec::with_capacity(codes.len());
    for (index, &code) in codes.iter().enumerate() {
        let before = index.checked_sub(stride).and_then(|at| values.get(at)).copied().unwrap_or(0);
        values.push(before.wrapping_add(unzigzag(code)));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(values: &[i32], stride: usize) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, values, stride);
        let mut reader = Reader::new(&out, "test");
        assert_eq!(get(&mut reader, values.len(), stride).unwrap(), values);
        reader.finish().unwrap();
        out
    }

    proptest! {
        #[test]
        fn any_column_round_trips(values: Vec<i32>, stride in 1..4_usize) {
            round_trip(&values, stride);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, count in 0..100_usize) {
            let _ = get(&mut Reader::new(&bytes, "test"), count, 3);
        }
    }

    #[test]
    fn the_width_is_that_of_the_largest_difference() {
        assert_eq!(round_trip(&[5; 100], 1).len(), 2, "a constant");
        assert_eq!(round_trip(&(100..200).collect::<Vec<_>>(), 1).len(), 1 + 100, "one byte each");
        assert_eq!(round_trip(&[i32::MIN, i32::MAX, 0], 1).len(), 1 + 3 * 4);
        assert_eq!(round_trip(&[], 1).len(), 1);
    }
}
