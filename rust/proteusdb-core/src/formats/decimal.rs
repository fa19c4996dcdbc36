//! Printed numbers to columns, without a detour through floating point.
//!
//! ```text
//! "12.340" -parse-> Decimal { mantissa: 12340, decimals: 3 } -Column::push-> Fixed { decimals: 3, [.., 12340] }
//! "1e-3"   -parse-> Decimal { mantissa: 1, decimals: 3 }
//! ```
//!
//! A column keeps the most decimals printed in it. It falls back to float32, rounding each number from its float64,
//! only where a number does not fit an `i32` on that grid or prints more decimals than a grid may have.

use crate::record::{MAX_DECIMALS, Numbers};

const POWERS: [i64; 19] = {
    let mut powers = [1_i64; 19];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// A finite number as printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Decimal {
    /// `mantissa / 10^decimals`, `decimals` at most [`MAX_DECIMALS`]; `negative` tells `-0` from `0`.
    Grid { mantissa: i64, decimals: u8, negative: bool },
    /// A number with too many digits for a grid.
    Real(f64),
}

impl Decimal {
    /// The whole number `value`.
    pub(super) fn integer(value: i32) -> Self {
        Self::Grid { mantissa: i64::from(value), decimals: 0, negative: value < 0 }
    }

    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Real(value) => value,
            Self::Grid { mantissa, decimals, negative } => {
                let magnitude = mantissa.unsigned_abs() as f64 / POWERS[usize::from(decimals)] as f64;
                if negative { -magnitude } else { magnitude }
            }
        }
    }

    /// Whether a float32 can stand for the number: it prints it, or is exactly it.
    #[inline]
    pub(crate) fn fits_f32(self) -> bool {
        // A float32 of usual size gives back any number of six digits (`FLT_DIG`).
        const SURE: u64 = 1_000_000;
        match self {
            Self::Grid { mantissa, .. } if mantissa.unsigned_abs() < SURE => true,
            number => {
                let value = number.to_f64();
                f64::from(value as f32) == value || (value as f32).to_string().parse() == Ok(value)
            }
        }
    }
}

/// Reads a whole trimmed field as a number: sign, digits, point, exponent; `None` for anything else, NaN or infinity.
#[inline]
pub(crate) fn parse(text: &[u8]) -> Option<Decimal> {
    let mut field = [b' '; 8];
    match field.get_mut(8_usize.wrapping_sub(text.len())..) {
        Some(end) if !text.is_empty() => end.copy_from_slice(text),
        _ => return parse_digits(text),
    }
    parse_aligned(field).or_else(|| parse_digits(text))
}

/// Reads eight columns that hold spaces, a sign if negative, and digits with one point; `None` for other texts.
///
/// All eight bytes are worked on at once, because the length of a printed coordinate is what a branch predictor cannot
/// know:
///
/// ```text
/// "  -1.250"  ->  "0001.250"  ->  "00001250"  ->  pairs 00 00 12 50  ->  0000 1250  ->  1250, three decimals
/// ```
#[inline]
pub(super) fn parse_aligned(field: [u8; 8]) -> Option<Decimal> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const ZEROS: u64 = ONES * b'0' as u64;
    // The first column is the lowest byte, so leading columns are trailing bits.
    let mut word = u64::from_le_bytes(field);
    let spaces = (word ^ (ONES * u64::from(b' '))).trailing_zeros() & !7;
    let negative = spaces < 64 && (word >> spaces) & 0xFF == u64::from(b'-');
    let lead = spaces + if negative { 8 } else { 0 };
    if lead >= 64 {
        return None;
    }
    let blank = (1_u64 << lead) - 1;
    word = (word & !blank) | (ZEROS & blank);
    // The lowest byte that is a point; the borrow of the subtraction can only mislead above it.
    let points = word ^ (ONES * u64::from(b'.'));
    let point = (points.wrapping_sub(ONES) & !points & (ONES << 7)).trailing_zeros() & !7;
    if point >= 64 || (lead == point && point == 56) {
        return None;
    }
    let before = word & ((1_u64 << point) - 1);
    let after = word.checked_shr(point + 8).map_or(0, |rest| rest << point << 8);
    let digits = (before << 8) | u64::from(b'0') | after;
    let all_digits = ((digits & (ONES * 0xF0)) | ((digits.wrapping_add(ONES * 6) & (ONES * 0xF0)) >> 4)) == ONES * 0x33;
    if !all_digits {
        return None;
    }
    let ones = digits - ZEROS;
    let pairs = (ones * 10 + (ones >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    let magnitude = ((fours & 0xFFFF) * 10_000 + (fours >> 32)) as i64;
    let mantissa = if negative { -magnitude } else { magnitude };
    Some(Decimal::Grid { mantissa, decimals: (7 - point / 8) as u8, negative })
}

fn parse_digits(text: &[u8]) -> Option<Decimal> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mut mantissa, mut count, mut decimals, mut point) = (0_i64, 0_u32, 0_u8, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' if count < 18 => {
                mantissa = mantissa * 10 + i64::from(byte - b'0');
                count += 1;
                decimals += u8::from(point);
            }
            b'.' if !point => point = true,
            _ => return parse_slowly(text),
        }
    }
    if count == 0 {
        return None;
    }
    if decimals > MAX_DECIMALS {
        return parse_slowly(text);
    }
    Some(Decimal::Grid { mantissa: if negative { -mantissa } else { mantissa }, decimals, negative })
}

/// Exponents and long digit strings: on a grid if the digits that count fit one.
fn parse_slowly(text: &[u8]) -> Option<Decimal> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    Some(on_grid(text).unwrap_or(Decimal::Real(value)))
}

fn on_grid(text: &str) -> Option<Decimal> {
    let (body, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let negative = body.starts_with('-');
    let body = body.trim_start_matches(['-', '+']);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    if whole.len() + fraction.len() > 64 {
        return None;
    }
    let mut digits = format!("{whole}{fraction}");
    let mut decimals = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    while decimals > i32::from(MAX_DECIMALS) && digits.ends_with('0') {
        digits.pop();
        decimals -= 1;
    }
    let significant = digits.trim_start_matches('0');
    let zeros = (-decimals).max(0);
    if significant.len() + zeros as usize > 18 || decimals > i32::from(MAX_DECIMALS) {
        return None;
    }
    let mantissa = if significant.is_empty() { 0 } else { significant.parse::<i64>().ok()? * POWERS[zeros as usize] };
    let mantissa = if negative { -mantissa } else { mantissa };
    Some(Decimal::Grid { mantissa, decimals: decimals.max(0) as u8, negative })
}

/// A growing column of printed numbers.
#[derive(Debug, Default)]
pub(crate) struct Column(Numbers);

impl Column {
    /// An empty column, on no grid from the start where `float`.
    pub(super) fn new(float: bool) -> Self {
        Self(if float { Numbers::Float(Vec::new()) } else { Numbers::default() })
    }

    /// Appends a number; `false`, with the column as it was, for one that no float32 can hold.
    #[must_use]
    #[inline]
    pub(crate) fn push(&mut self, number: Decimal) -> bool {
        if let (Numbers::Fixed { decimals, values }, Decimal::Grid { mantissa, decimals: printed, .. }) =
            (&mut self.0, number)
            && printed == *decimals
            && let Ok(value) = i32::try_from(mantissa)
        {
            values.push(value);
            return true;
        }
        self.push_unlike(number)
    }

    /// A number with other decimals than the column's, or too large for them.
    fn push_unlike(&mut self, number: Decimal) -> bool {
        if let (Numbers::Fixed { decimals, values }, Decimal::Grid { mantissa, decimals: printed, .. }) =
            (&mut self.0, number)
        {
            let scaled = if printed <= *decimals || rescale(values, decimals, printed) {
                mantissa.checked_mul(POWERS[usize::from(*decimals - printed)]).and_then(|v| i32::try_from(v).ok())
            } else {
                None
            };
            if let Some(value) = scaled {
                values.push(value);
                return true;
            }
        }
        self.push_float(number.to_f64() as f32)
    }

    fn push_float(&mut self, value: f32) -> bool {
        if !value.is_finite() {
            return false;
        }
        if let Numbers::Fixed { .. } = self.0 {
            self.0 = Numbers::Float(self.0.to_f32());
        }
        if let Numbers::Float(values) = &mut self.0 {
            values.push(value);
        }
        true
    }

    /// The column, with the rows in the order of `order` where one is given.
    pub(crate) fn finish(self, width: usize, order: Option<&[u32]>) -> Numbers {
        let Some(order) = order else { return self.0 };
        match self.0 {
            Numbers::Fixed { decimals, values } => Numbers::Fixed { decimals, values: reorder(&values, width, order) },
            Numbers::Float(values) => Numbers::Float(reorder(&values, width, order)),
        }
    }
}

/// Puts a column on `printed` decimals; `false`, with nothing changed, where a value does not fit.
fn rescale(values: &mut [i32], decimals: &mut u8, printed: u8) -> bool {
    let factor = POWERS[usize::from(printed - *decimals)];
    let fits = |value: &i32| i32::try_from(i64::from(*value) * factor).is_ok();
    if !values.iter().all(fits) {
        return false;
    }
    values.iter_mut().for_each(|value| *value = (i64::from(*value) * factor) as i32);
    *decimals = printed;
    true
}

fn reorder<T: Copy>(values: &[T], width: usize, order: &[u32]) -> Vec<T> {
    let rows = order.iter().filter_map(|&row| values.get(row as usize * width..(row as usize + 1) * width));
    rows.flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(mantissa: i64, decimals: u8) -> Option<Decimal> {
        Some(Decimal::Grid { mantissa, decimals, negative: mantissa < 0 })
    }

    #[test]
    fn decimals_are_kept_as_printed() {
        assert_eq!(parse(b"12.340"), grid(12340, 3));
        assert_eq!(parse(b"-.5"), grid(-5, 1));
        assert_eq!(parse(b"+7."), grid(7, 0));
        assert_eq!(parse(b"1e-3"), grid(1, 3));
        assert_eq!(parse(b"-1.25E2"), grid(-125, 0));
        assert_eq!(parse(b"2.5e3"), grid(2500, 0));
        assert_eq!(parse(b"1.50000000000"), grid(1_500_000_000, 9));
        assert_eq!(parse(b"00000000000000000000012.5"), grid(125, 1));
        assert_eq!(parse(b"0.1234567891234"), Some(Decimal::Real(0.123_456_789_123_4)));
        assert_eq!(parse(b"1e-400"), Some(Decimal::Real(0.0)));
    }

    #[test]
    fn what_is_no_finite_number_is_refused() {
        for text in ["", "-", ".", "nan", "inf", "-Infinity", "1.2.3", "1e", "1e999", "0x10", "12a", "1 2", "--1"] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn aligned_and_digit_by_digit_reading_agree() {
        let texts = [
            "  -1.250",
            "9999.999",
            "-999.999",
            "   0.000",
            "  -0.000",
            "       .",
            "      -.",
            "     .5 ",
            "    5.  ",
            "1.2.3.45",
            "     1.5",
            "    -.25",
            "      2.",
            "  - 1.25",
            "12345678",
            "        ",
            "-",
            " 1e-3",
            "1.234567",
            "\0\0\0\0 1.2",
            "  1:.500",
            "  1/.500",
            "-.......",
            "  --1.50",
            ".1234567",
            "12345.6\u{7f}",
        ];
        for text in texts {
            let mut field = [b' '; 8];
            field[8 - text.len().min(8)..].copy_from_slice(&text.as_bytes()[..text.len().min(8)]);
            let expected = parse_digits(text.as_bytes().get(..8).unwrap_or(text.as_bytes()).trim_ascii());
            match parse_aligned(field) {
                Some(found) => assert_eq!(Some(found), expected, "{text:?}"),
                None => assert_eq!(parse(text.trim().as_bytes()), parse_digits(text.trim().as_bytes()), "{text:?}"),
            }
        }
        for field in ["  -1.250", "9999.999", "   0.000", ".1234567", "1.234567"] {
            assert!(parse_aligned(field.as_bytes().try_into().unwrap()).is_some(), "{field:?} takes the short way");
        }
    }

    #[test]
    fn a_column_takes_the_most_decimals_printed_in_it() {
        let mut column = Column::default();
        for text in ["1", "2.50", "-0.125"] {
            assert!(column.push(parse(text.as_bytes()).unwrap()));
        }
        assert_eq!(column.finish(1, None), Numbers::Fixed { decimals: 3, values: vec![1000, 2500, -125] });
    }

    #[test]
    fn a_column_that_leaves_the_grid_becomes_float32() {
        for odd in ["3000000000", "0.1234567891234", "1e20"] {
            let mut column = Column::default();
            for text in ["1.5", odd, "-0.0"] {
                assert!(column.push(parse(text.as_bytes()).unwrap()));
            }
            let Numbers::Float(values) = column.finish(1, None) else { panic!("{odd} is on no grid") };
            assert_eq!(values[..2], [1.5, odd.parse::<f32>().unwrap()]);
            assert!(values[2].is_sign_negative());
        }
        assert!(!Column::default().push(parse(b"1e300").unwrap()), "no float32 holds it");
    }
}
