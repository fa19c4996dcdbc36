//! Numbers as files print them. Frozen: stored files are rebuilt with these.

use crate::record::Numbers;

/// How a file prints a column of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `12.340`: this many decimals at least, the column's own where it has more.
    Decimals(u8),
    /// `12.34`, `12.0`: zeros at the end left out, one decimal kept.
    Trimmed,
    /// `12.34`, `12`: zeros at the end left out, and the point.
    Bare,
    /// `12.3400002`: nine significant digits of a float32, as C's `%.9g`.
    Nine,
    /// `12.34`: the shortest decimal that is this float32, one decimal at least.
    Shortest,
    /// `12.34`, `12.0`, `1e-05`: the shortest decimal, as Python's `repr` sets it.
    Python,
    /// `0.30000001192092896`: a float32 as Python prints the float64 it equals.
    Widened,
}

/// The styles of mmCIF files, in the order in which they are tried.
pub(super) const STYLES: [Style; 9] = [
    Style::Decimals(3),
    Style::Decimals(2),
    Style::Decimals(1),
    Style::Decimals(0),
    Style::Trimmed,
    Style::Bare,
    Style::Nine,
    Style::Shortest,
    Style::Decimals(5),
];

/// Appends value `index`, right-aligned in `width`; nothing where the style does not suit the column.
pub(super) fn number(out: &mut Vec<u8>, numbers: &Numbers, index: usize, width: usize, style: Style) {
    match (numbers, style) {
        (Numbers::Fixed { decimals, values }, Style::Python) if small(values.get(index), *decimals) => {
            right(out, python(&format!("{:e}", numbers.get(index))).as_bytes(), width);
        }
        (Numbers::Fixed { decimals, values }, _) => {
            let Some(&value) = values.get(index) else { return };
            let mut digits = Digits::default();
            digits.fixed(value, *decimals, style);
            right(out, digits.text(), width);
        }
        (Numbers::Float(values), _) => {
            let Some(&value) = values.get(index) else { return };
            let text = match style {
                Style::Nine => nine_digits(value),
                Style::Shortest => shortest(value),
                Style::Python => python(&format!("{value:e}")),
                Style::Widened => python(&format!("{:e}", f64::from(value))),
                Style::Decimals(_) | Style::Trimmed | Style::Bare => return,
            };
            right(out, text.as_bytes(), width);
        }
    }
}

fn right(out: &mut Vec<u8>, text: &[u8], width: usize) {
    out.extend(std::iter::repeat_n(b' ', width.saturating_sub(text.len())));
    out.extend_from_slice(text);
}

/// The longest text of an i32 with up to nine decimals: sign, ten digits, nine zeros, the point.
const LONGEST: usize = 24;

/// A number written from its last digit to its first.
struct Digits {
    bytes: [u8; LONGEST],
    start: usize,
}

impl Default for Digits {
    fn default() -> Self {
        Self { bytes: [b' '; LONGEST], start: LONGEST }
    }
}

impl Digits {
    fn text(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn put(&mut self, byte: u8) {
        self.start = self.start.saturating_sub(1);
        self.bytes[self.start] = byte;
    }

    fn fixed(&mut self, value: i32, decimals: u8, style: Style) {
        let (mut rest, mut decimals) = (u64::from(value.unsigned_abs()), decimals.min(9));
        let (fewest, trims) = match style {
            Style::Decimals(wanted) => (wanted.min(9), false),
            Style::Bare => (0, true),
            Style::Trimmed | Style::Nine | Style::Shortest | Style::Python | Style::Widened => (1, true),
        };
        while trims && decimals > fewest && rest.is_multiple_of(10) {
            rest /= 10;
            decimals -= 1;
        }
        while decimals < fewest {
            rest *= 10;
            decimals += 1;
        }
        for _ in 0..decimals {
            self.put(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        if decimals > 0 {
            self.put(b'.');
        }
        loop {
            self.put(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.put(b'-');
        }
    }
}

fn nine_digits(value: f32) -> String {
    // Nine digits of the exact value, as d.dddddddde±x; only the exponent is of use, plain notation follows.
    let scientific = format!("{:.8e}", f64::from(value));
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    match exponent {
        Some(exponent @ -4..9) => {
            let places = usize::try_from(8 - exponent).unwrap_or(0);
            let plain = format!("{:.places$}", f64::from(value));
            if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.').to_owned() } else { plain }
        }
        _ => scientific,
    }
}

fn shortest(value: f32) -> String {
    let text = format!("{value}");
    if text.contains('.') { text } else { text + ".0" }
}

/// Whether Python's `repr` takes an exponent for this value.
fn small(value: Option<&i32>, decimals: u8) -> bool {
    value.is_some_and(|&value| {
        value != 0 && u64::from(value.unsigned_abs()) * 10_000 < 10_u64.pow(u32::from(decimals.min(9)))
    })
}

/// The shortest digits as Python's `repr` sets them, from Rust's `d.ddde±x`.
fn python(scientific: &str) -> String {
    let (body, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, body) = body.strip_prefix('-').map_or(("", body), |body| ("-", body));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = body.replace('.', "");
    match usize::try_from(exponent) {
        Ok(point) if point < 16 => {
            let zeros = (point + 1).saturating_sub(digits.len());
            let digits = digits + &"0".repeat(zeros);
            let (whole, fraction) = digits.split_at_checked(point + 1).unwrap_or((&digits, ""));
            format!("{sign}{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
        }
        Err(_) if exponent >= -4 => format!("{sign}0.{}{digits}", "0".repeat((-1 - exponent) as usize)),
        _ => format!("{sign}{body}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(numbers: &Numbers, style: Style) -> String {
        let mut out = Vec::new();
        number(&mut out, numbers, 0, 0, style);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fixed_numbers_in_every_style() {
        let case = |decimals, value, style| print(&Numbers::Fixed { decimals, values: vec![value] }, style);
        assert_eq!(case(3, 11_104, Style::Decimals(3)), "11.104");
        assert_eq!(case(3, -4, Style::Decimals(3)), "-0.004");
        assert_eq!(case(1, -1205, Style::Decimals(3)), "-120.500");
        assert_eq!(case(0, 7, Style::Decimals(0)), "7");
        assert_eq!(case(5, 123_456, Style::Decimals(3)), "1.23456");
        assert_eq!(case(9, i32::MIN, Style::Decimals(3)), "-2.147483648");
        assert_eq!(case(3, 2500, Style::Trimmed), "2.5");
        assert_eq!(case(3, 2000, Style::Trimmed), "2.0");
        assert_eq!(case(3, 2000, Style::Bare), "2");
        assert_eq!(case(3, -20, Style::Bare), "-0.02");
        assert_eq!(case(2, 0, Style::Bare), "0");
    }

    #[test]
    fn floats_in_every_style() {
        let case = |value, style| print(&Numbers::Float(vec![value]), style);
        assert_eq!(case(2.669_705, Style::Nine), "2.66970491");
        assert_eq!(case(19.477_665, Style::Nine), "19.4776649");
        assert_eq!(case(0.626_384_44, Style::Nine), "0.626384437");
        assert_eq!(case(17.183_197, Style::Nine), "17.183197");
        assert_eq!(case(100.0, Style::Nine), "100");
        assert_eq!(case(5.217_969_4, Style::Shortest), "5.2179694");
        assert_eq!(case(3.0, Style::Shortest), "3.0");
        assert_eq!(case(3.0, Style::Decimals(3)), "", "float32 columns have no decimals");
        assert_eq!(case(0.3, Style::Widened), "0.30000001192092896");
        assert_eq!(case(0.3, Style::Python), "0.3");
    }

    #[test]
    fn python_prints_what_its_repr_does() {
        let case = |value: f64| python(&format!("{value:e}"));
        let expected = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (23.5, "23.5"),
            (-120.0, "-120.0"),
            (0.0001, "0.0001"),
            (0.000_123, "0.000123"),
            (1e-5, "1e-05"),
            (-1.5e-7, "-1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1.5e15, "1500000000000000.0"),
            (1e16, "1e+16"),
            (1.25e100, "1.25e+100"),
            (5e-324, "5e-324"),
        ];
        expected.into_iter().for_each(|(value, text)| assert_eq!(case(value), text));
        let fixed = |decimals, value| print(&Numbers::Fixed { decimals, values: vec![value] }, Style::Python);
        assert_eq!((fixed(5, 1).as_str(), fixed(6, -15).as_str()), ("1e-05", "-1.5e-05"));
        assert_eq!((fixed(5, 10).as_str(), fixed(2, 2300).as_str(), fixed(2, 0).as_str()), ("0.0001", "23.0", "0.0"));
    }
}
