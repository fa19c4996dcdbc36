//! Moments as int64 microseconds since 1970-01-01T00:00:00Z.

use std::time::{SystemTime, UNIX_EPOCH};

/// The clock's time in µs; 0 on a clock set before 1970.
#[must_use]
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}
