//! Numbers that stand on a grid of decimals, as small whole numbers and back, bit for bit.
//!
//! ```text
//! 0.8  12.3  31.7  31.75      float32 or float64, integers, bool
//!  80  1230  3170   3175      times 10^decimals, the fewest that give every value back exactly
//!   0   ...   309    310      from the least value, in steps; the greatest may end a step early (`cut`)
//! ```
//!
//! `cut` is for values rounded to a step under a ceiling that is none: 0, 0.5, ... 31.5, 31.75.
//! NaN, infinities and -0.0 stand on no grid, nor does an array with one of them.

use half::f16;

use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;
use crate::record::Dtype;

/// Decimals that are tried.
pub(super) const MAX_DECIMALS: u8 = 4;
const POWERS: [f64; MAX_DECIMALS as usize + 1] = [1.0, 10.0, 100.0, 1e3, 1e4];

/// A grid: which value stands for which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) decimals: u8,
    pub(super) least: i32,
    pub(super) step: u32,
    /// The greatest number.
    pub(super) top: u32,
    /// By how much the value of `top` is below its step.
    cut: u32,
}

/// The grid of an array and its numbers, each at most `top`.
pub(super) fn find(dtype: Dtype, data: &[u8]) -> Option<(Grid, Vec<u32>)> {
    let (decimals, values) = decimal(dtype, data)?;
    let (least, most) = values.iter().fold((i32::MAX, i32::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    if values.is_empty() {
        return None;
    }
    let step = step(&values, least, most);
    let top = most.abs_diff(least).div_ceil(step);
    // It ends a step early by less than a step; a number is never above 2^32.
    let cut = (u64::from(top) * u64::from(step) - u64::from(most.abs_diff(least))) as u32;
    let grid = Grid { decimals, least, step, top, cut };
    let numbers = if step == 1 {
        values.into_iter().map(|value| value.abs_diff(least)).collect()
    } else {
        values.into_iter().map(|value| value.abs_diff(least).div_ceil(step)).collect()
    };
    Some((grid, numbers))
}

/// The values as whole numbers, times 10 to the decimals.
pub(super) fn decimal(dtype: Dtype, data: &[u8]) -> Option<(u8, Vec<i32>)> {
    let integers = |values: Option<Vec<i32>>| values.map(|values| (0, values));
    match dtype {
        Dtype::Bool | Dtype::Uint(1) => integers(Some(data.iter().map(|&byte| byte.into()).collect())),
        Dtype::Int(1) => integers(Some(data.iter().map(|&byte| (byte as i8).into()).collect())),
        Dtype::Int(2) => integers(each(data, |bytes| Some(i16::from_le_bytes(bytes).into()))),
        Dtype::Uint(2) => integers(each(data, |bytes| Some(u16::from_le_bytes(bytes).into()))),
        Dtype::Int(4) => integers(each(data, |bytes| Some(i32::from_le_bytes(bytes)))),
        Dtype::Uint(4) => integers(each(data, |bytes| u32::from_le_bytes(bytes).try_into().ok())),
        Dtype::Int(8) => integers(each(data, |bytes| i64::from_le_bytes(bytes).try_into().ok())),
        Dtype::Uint(8) => integers(each(data, |bytes| u64::from_le_bytes(bytes).try_into().ok())),
        Dtype::Float(2) => decimals(|power| {
            each(data, |bytes| {
                whole(f16::from_le_bytes(bytes).into(), power, |v| f16::from_f64(v).to_le_bytes() == bytes)
            })
        }),
        Dtype::Float(4) => decimals(|power| {
            each(data, |bytes| whole(f32::from_le_bytes(bytes).into(), power, |v| (v as f32).to_le_bytes() == bytes))
        }),
        Dtype::Float(8) => {
            decimals(|power| each(data, |bytes| whole(f64::from_le_bytes(bytes), power, |v| v.to_le_bytes() == bytes)))
        }
        _ => None,
    }
}

fn each<const N: usize>(data: &[u8], convert: impl Fn([u8; N]) -> Option<i32>) -> Option<Vec<i32>> {
    data.as_chunks::<N>().0.iter().map(|&bytes| convert(bytes)).collect()
}

fn decimals(values: impl Fn(f64) -> Option<Vec<i32>>) -> Option<(u8, Vec<i32>)> {
    (0..=MAX_DECIMALS).zip(POWERS).find_map(|(decimals, power)| values(power).map(|values| (decimals, values)))
}

/// The whole number that gives this value back, if one does.
#[inline]
fn whole(value: f64, power: f64, same: impl Fn(f64) -> bool) -> Option<i32> {
    let scaled = value * power;
    // Rounded half away from zero; a cast saturates, and NaN is 0, so what does not fit is not the same.
    let whole = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i32;
    same(f64::from(whole) / power).then_some(whole)
}

/// The largest step from the least value that meets every value, or every value but the greatest.
fn step(values: &[i32], least: i32, most: i32) -> u32 {
    let mut step = 0_u32;
    for &value in values {
        if value != most {
            step = divisor(step, value.abs_diff(least));
            if step == 1 {
                return 1;
            }
        }
    }
    if step == 0 { most.abs_diff(least).max(1) } else { step }
}

fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { divisor(b, a % b) }
}

impl Grid {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.push(self.decimals);
        // Zigzag: small numbers of either sign are short.
        put_varint(out, crate::codec::wire::zigzag(self.least).into());
        [self.step, self.top, self.cut].into_iter().for_each(|number| put_varint(out, number.into()));
    }

    pub(super) fn get(reader: &mut Reader<'_>) -> Result<Self> {
        let decimals = reader.u8()?;
        let mut number = || {
            let value = reader.varint()?;
            u32::try_from(value).map_err(|_| reader.broken())
        };
        let (least, step, top, cut) = (crate::codec::wire::unzigzag(number()?), number()?, number()?, number()?);
        let most = i64::from(least) + i64::from(top) * i64::from(step) - i64::from(cut);
        if decimals > MAX_DECIMALS || cut >= step || i32::try_from(most).is_err() || most < i64::from(least) {
            return Err(reader.broken());
        }
        Ok(Self { decimals, least, step, top, cut })
    }

    /// The values of numbers as the elements of an array; `None` where a number is above `top` or does not fit.
    pub(super) fn values(&self, dtype: Dtype, numbers: impl ExactSizeIterator<Item = u32>) -> Option<Vec<u8>> {
        // Many numbers, few of them distinct: each is converted once.
        const FEW: u32 = 1 << 16;
        if self.top < FEW && (self.top as usize) < numbers.len() {
            let every = self.convert(dtype, 0..self.top + 1)?;
            return match dtype.size() {
                1 => look_up::<1>(&every, numbers),
                2 => look_up::<2>(&every, numbers),
                4 => look_up::<4>(&every, numbers),
                _ => look_up::<8>(&every, numbers),
            };
        }
        self.convert(dtype, numbers)
    }

    fn convert(&self, dtype: Dtype, numbers: impl ExactSizeIterator<Item = u32>) -> Option<Vec<u8>> {
        let power = *POWERS.get(usize::from(self.decimals))?;
        let mut out = Vec::with_capacity(numbers.len() * dtype.size());
        for number in numbers {
            let value = self.value(number)?;
            let real = f64::from(value) / power;
            match dtype {
                Dtype::Bool | Dtype::Uint(1) => out.push(u8::try_from(value).ok()?),
                Dtype::Int(1) => out.extend(i8::try_from(value).ok()?.to_le_bytes()),
                Dtype::Int(2) => out.extend(i16::try_from(value).ok()?.to_le_bytes()),
                Dtype::Uint(2) => out.extend(u16::try_from(value).ok()?.to_le_bytes()),
                Dtype::Int(4) => out.extend(value.to_le_bytes()),
                Dtype::Uint(4) => out.extend(u32::try_from(value).ok()?.to_le_bytes()),
                Dtype::Int(8) => out.extend(i64::from(value).to_le_bytes()),
                Dtype::Uint(8) => out.extend(u64::try_from(value).ok()?.to_le_bytes()),
                Dtype::Float(2) => out.extend(f16::from_f64(real).to_le_bytes()),
                Dtype::Float(4) => out.extend((real as f32).to_le_bytes()),
                Dtype::Float(8) => out.extend(real.to_le_bytes()),
                _ => return None,
            }
        }
        Some(out)
    }

    fn value(&self, number: u32) -> Option<i32> {
        if number > self.top {
            return None;
        }
        let cut = if number == self.top { self.cut } else { 0 };
        i32::try_from(i64::from(self.least) + i64::from(number) * i64::from(self.step) - i64::from(cut)).ok()
    }
}

fn look_up<const N: usize>(every: &[u8], numbers: impl ExactSizeIterator<Item = u32>) -> Option<Vec<u8>> {
    let every = every.as_chunks::<N>().0;
    let mut out = vec![0; numbers.len() * N];
    for (element, number) in out.as_chunks_mut::<N>().0.iter_mut().zip(numbers) {
        *element = *every.get(number as usize)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(dtype: Dtype, data: &[u8]) -> Option<Grid> {
        let (grid, numbers) = find(dtype, data)?;
        let mut out = Vec::new();
        grid.put(&mut out);
        let mut reader = Reader::new(&out, "test");
        let read = Grid::get(&mut reader).unwrap();
        assert_eq!(read, grid);
        assert_eq!(read.values(dtype, numbers.iter().copied()).unwrap(), data);
        assert!(numbers.iter().all(|&number| number <= grid.top));
        Some(grid)
    }

    fn f32s(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    proptest! {
        #[test]
        fn printed_decimals_are_found(values in prop::collection::vec(-99_999..99_999_i32, 1..200), decimals in 0..4_u32) {
            let power = 10_f64.powi(decimals as i32);
            let doubles: Vec<u8> = values.iter().flat_map(|&v| (f64::from(v) / power).to_le_bytes()).collect();
            let singles: Vec<f32> = values.iter().map(|&v| format!("{}", f64::from(v) / power).parse().unwrap()).collect();
            for (dtype, data) in [(Dtype::Float(8), doubles), (Dtype::Float(4), f32s(&singles))] {
                let grid = round_trip(dtype, &data).unwrap();
                prop_assert!(u32::from(grid.decimals) <= decimals);
            }
        }

        #[test]
        fn any_bytes_stand_on_a_grid_exactly_or_not_at_all(
            code in prop::sample::select(vec!["b1", "i1", "u1", "i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8"]),
            bytes in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..200),
        ) {
            let dtype = Dtype::parse(code).unwrap();
            round_trip(dtype, &bytes[..bytes.len() / dtype.size() * dtype.size()]);
        }

        #[test]
        fn any_grid_is_read_or_refused(bytes: Vec<u8>, numbers: Vec<u32>) {
            if let Ok(grid) = Grid::get(&mut Reader::new(&bytes, "test")) {
                for code in ["b1", "i1", "f2", "f4", "u8", "U3"] {
                    let _ = grid.values(Dtype::parse(code).unwrap(), numbers.iter().copied());
                }
            }
        }
    }

    #[test]
    fn steps_and_a_ceiling_that_ends_one_early_are_seen() {
        let grid = round_trip(Dtype::Float(4), &f32s(&[0.5, 3.0, 31.5, 31.75, 1.5])).unwrap();
        assert_eq!((grid.step, grid.top, grid.cut), (50, 63, 25));
        let grid = round_trip(Dtype::Int(8), &[i64::to_le_bytes(-300), i64::to_le_bytes(600)].concat()).unwrap();
        assert_eq!((grid.least, grid.step, grid.top, grid.cut), (-300, 900, 1, 0));
    }

    #[test]
    fn what_is_no_decimal_stands_on_no_grid() {
        for value in [f32::NAN, f32::INFINITY, -0.0, std::f32::consts::PI, 1e30] {
            assert!(find(Dtype::Float(4), &f32s(&[1.0, value])).is_none(), "{value}");
        }
        assert!(find(Dtype::Uint(8), &u64::MAX.to_le_bytes()).is_none());
        assert!(find(Dtype::Text(1), b"abcd").is_none());
        assert!(find(Dtype::Float(4), &[]).is_none());
    }
}
