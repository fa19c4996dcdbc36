//! Rules for the small fields: texts, moments, metadata keys with a meaning of their own.

use crate::error::{Error, Result};
use crate::record::{Map, Value};

/// The longest job, model or array name in bytes.
const MAX_NAME_BYTES: usize = 255;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, what Python's `datetime` can hold.
const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// A job, model, array or file name: 1-255 bytes without NUL.
///
/// # Errors
/// `Validation` naming `field`.
pub fn check_name(field: &str, name: &str) -> Result<()> {
    let problem = match name.len() {
        0 => "it is empty",
        length if length > MAX_NAME_BYTES => "it is too long",
        _ if name.contains('\0') => "it contains NUL",
        _ => return Ok(()),
    };
    let shown: String = name.chars().take(40).collect();
    Err(Error::validation(format!("{field} {shown:?}: {problem}; allowed are 1 to {MAX_NAME_BYTES} bytes without NUL")))
}

/// A moment within the years 1 to 9999.
///
/// # Errors
/// `Validation` naming `field`.
pub fn check_time(field: &str, micros: i64) -> Result<()> {
    if TIMES.contains(&micros) {
        return Ok(());
    }
    Err(Error::validation(format!("{field} {micros} µs: allowed are moments from the year 1 to the year 9999")))
}

/// A mean pLDDT on 0-100, where one is given.
pub(super) fn check_mean_plddt(mean: Option<f64>) -> Result<()> {
    match mean {
        Some(mean) if !(0.0..=100.0).contains(&mean) => {
            Err(Error::validation(format!("mean_plddt {mean}: allowed are 0 to 100")))
        }
        _ => Ok(()),
    }
}

/// Checks the metadata keys the store reads itself: `confidence` and `ranking_score`.
pub(super) fn check_scores(metadata: &Map) -> Result<()> {
    if let Some(confidence) = number(metadata, "confidence")?
        && !(0.0..=1.0).contains(&confidence)
    {
        let hint = if confidence > 1.0 && confidence <= 100.0 {
            format!("; a pLDDT of {confidence} is a confidence of {}", confidence / 100.0)
        } else {
            String::new()
        };
        return Err(Error::validation(format!("metadata.confidence {confidence}: allowed are 0 to 1{hint}")));
    }
    number(metadata, "ranking_score").map(|_| ())
}

/// `metadata["model"]`, which names the model where `model=` does not.
pub(super) fn model_name(metadata: &Map) -> Result<Option<&str>> {
    match metadata.get("model") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(name)) => check_name("metadata.model", name).map(|()| Some(name.as_str())),
        Some(other) => Err(Error::validation(format!("metadata.model: a str is needed, not {}", other.type_name()))),
    }
}

fn number(metadata: &Map, key: &str) -> Result<Option<f64>> {
    match metadata.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Int(number)) => Ok(Some(*number as f64)),
        Some(Value::Float(number)) => Ok(Some(*number)),
        Some(other) => Err(Error::validation(format!("metadata.{key}: a number is needed, not {}", other.type_name()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plddt_given_as_confidence_is_refused_with_the_cure() {
        let metadata: Map = [("confidence".to_owned(), Value::Float(87.5))].into_iter().collect();
        assert!(check_scores(&metadata).unwrap_err().message().contains("is a confidence of 0.875"));
        let metadata: Map = [("confidence".to_owned(), Value::Bool(true))].into_iter().collect();
        assert!(check_scores(&metadata).unwrap_err().message().contains("not bool"));
    }

    #[test]
    fn names_have_bounds() {
        assert!(check_name("job", "run 7").is_ok());
        for wrong in ["", "a\0b", &"x".repeat(256)] {
            assert!(check_name("job", wrong).is_err(), "{wrong:?}");
        }
    }
}
