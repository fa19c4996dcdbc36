//! Hybrid-36: numbers too large for their columns continue in base 36, first in upper case, then in lower case.
//!
//! ```text
//! width 4:  9999 -> "9999"   10000 -> "A000"   1223055 -> "ZZZZ"   1223056 -> "a000"   2436111 -> "zzzz"
//! ```

/// Numbers of `width` columns that begin with a letter of one case: 26 * 36^(width - 1).
const fn letters(width: u32) -> i64 {
    26 * 36_i64.pow(width - 1)
}

/// Reads a trimmed field of `width` columns; `None` for what is neither decimal nor hybrid-36.
pub(super) fn parse(text: &[u8], width: u32) -> Option<i32> {
    match text.first()? {
        letter if letter.is_ascii_alphabetic() => {
            let text = std::str::from_utf8(text).ok().filter(|text| text.len() == width as usize)?;
            let lower = letter.is_ascii_lowercase();
            let same_case =
                |c: char| c.is_ascii_digit() || (c.is_ascii_alphabetic() && c.is_ascii_lowercase() == lower);
            let digits = text.chars().all(same_case).then(|| i64::from_str_radix(text, 36).ok())??;
            let first = 10 * 36_i64.pow(width - 1);
            let number = digits - first + 10_i64.pow(width) + if lower { letters(width) } else { 0 };
            i32::try_from(number).ok()
        }
        _ => decimal(text),
    }
}

/// Reads a decimal integer with an optional sign.
pub(super) fn decimal(text: &[u8]) -> Option<i32> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 10 {
        return None;
    }
    let mut number = 0_i64;
    for &byte in digits {
        number = number * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    i32::try_from(if negative { -number } else { number }).ok()
}

/// Prints a number in `width` columns, right-aligned; `None` for one that does not fit.
pub(super) fn print(number: i64, width: u32) -> Option<String> {
    let columns = width as usize;
    let plain_end = 10_i64.pow(width);
    if number < plain_end {
        let text = number.to_string();
        return (text.len() <= columns).then(|| format!("{text:>columns$}"));
    }
    let beyond = number - plain_end;
    let (beyond, lower) = if beyond < letters(width) { (beyond, false) } else { (beyond - letters(width), true) };
    if beyond >= letters(width) {
        return None;
    }
    let mut rest = beyond + 10 * 36_i64.pow(width - 1);
    let mut digits = Vec::with_capacity(columns);
    while rest > 0 {
        digits.push(char::from_digit((rest % 36) as u32, 36)?);
        rest /= 36;
    }
    let text: String = digits.into_iter().rev().collect();
    Some(if lower { text } else { text.to_ascii_uppercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_round_trips() {
        for (number, text) in [
            (-999, "-999"),
            (7, "   7"),
            (9999, "9999"),
            (10_000, "A000"),
            (1_223_055, "ZZZZ"),
            (1_223_056, "a000"),
            (2_436_111, "zzzz"),
        ] {
            assert_eq!(print(number, 4).as_deref(), Some(text));
            assert_eq!(parse(text.trim().as_bytes(), 4), Some(number as i32));
        }
        assert_eq!(print(2_436_112, 4), None);
        assert_eq!(print(-1000, 4), None);
        assert_eq!(print(100_000, 5).as_deref(), Some("A0000"));
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in ["", "-", "A00", "Aa00", "12B4", "****", "1.5", "a-00"] {
            assert_eq!(parse(text.as_bytes(), 4), None, "{text:?}");
        }
    }
}
