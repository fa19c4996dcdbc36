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
    let bytes = reader.take(count.checked_mul(width).ok_or_else(|| reader.broken())?)?;
    let (first, rest) = bytes.split_at_checked(count).unwrap_or_default();
    let (second, rest) = rest.split_at_checked(count).unwrap_or_default();
    let mut codes: Vec<i32> = match width {
        0 => vec![0; count],
        1 => first.iter().map(|&byte| unzigzag(u32::from(byte))).collect(),
        2 => first.iter().zip(second).map(|(&high, &low)| unzigzag(u32::from(high) << 8 | u32::from(low))).collect(),
        _ => {
            let mut codes: Vec<u32> =
                first.iter().zip(second).map(|(&high, &low)| u32::from(high) << 8 | u32::from(low)).collect();
            for plane in rest.chunks_exact(count.max(1)) {
                codes.iter_mut().zip(plane).for_each(|(code, &byte)| *code = (*code << 8) | u32::from(byte));
            }
            codes.into_iter().map(unzigzag).collect()
        }
    };
    undo_differences(&mut codes, stride);
    Ok(codes)
}

/// Differences to the value `stride` before become values.
fn undo_differences(values: &mut [i32], stride: usize) {
    match stride {
        1 => {
            let mut before = 0_i32;
            for value in values {
                before = before.wrapping_add(*value);
                *value = before;
            }
        }
        3 => {
            let mut before = [0_i32; 3];
            let (points, rest) = values.as_chunks_mut::<3>();
            for point in points {
                point.iter_mut().zip(&mut before).for_each(|(value, before)| {
                    *before = value.wrapping_add(*before);
                    *value = *before;
                });
            }
            rest.iter_mut().zip(before).for_each(|(value, before)| *value = value.wrapping_add(before));
        }
        _ => {
            for index in stride..values.len() {
                let before = values.get(index - stride).copied().unwrap_or(0);
                values.iter_mut().skip(index).take(1).for_each(|value| *value = value.wrapping_add(before));
            }
        }
    }
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
        fn any_column_round_trips(values: Vec<i32>, size in 0..32_u32, stride in 1..6_usize) {
            // Of every width.
            let values: Vec<i32> = values.into_iter().map(|value| value >> size).collect();
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
