//! Prediction ids: 1-255 bytes of UTF-8 without NUL, ordered bytewise on every back end.

use crate::error::{Error, Result};

/// The longest id in bytes.
pub const MAX_ID_BYTES: usize = 255;

/// A new UUIDv7: ids made later sort later, so inserts append.
#[must_use]
pub fn fresh() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Checks an id that the caller chose; `field` names it in the message.
///
/// # Errors
/// `Validation` for an empty or too long id, or one with a NUL.
pub fn check(field: &str, id: &str) -> Result<()> {
    let problem = if id.is_empty() {
        "it is empty".to_owned()
    } else if id.len() > MAX_ID_BYTES {
        format!("it has {} bytes", id.len())
    } else if id.contains('\0') {
        "it contains NUL".to_owned()
    } else {
        return Ok(());
    };
    let shown: String = id.chars().take(40).collect();
    Err(Error::validation(format!("{field} {shown:?}: {problem}; allowed are 1 to 255 bytes of UTF-8 without NUL")))
}
