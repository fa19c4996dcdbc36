//! When a query gives up.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Rows between two looks at the clock.
const EVERY: u64 = 128;

/// A moment after which a query fails, if there is one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// Never.
    #[must_use]
    pub fn never() -> Self {
        Self(None)
    }

    /// This long from now; a time beyond what the clock can say is never.
    #[must_use]
    pub fn after(timeout: Duration) -> Self {
        Self(Instant::now().checked_add(timeout).map(|at| (at, timeout)))
    }

    /// Called before each row with the rows visited so far; looks at the clock now and then.
    pub(super) fn check(self, visited: u64) -> Result<()> {
        match self.0 {
            Some((at, timeout)) if visited.is_multiple_of(EVERY) && Instant::now() >= at => {
                Err(Error::timeout(format!(
                    "the query looked at {visited} rows in its timeout of {} s; narrow the criteria or allow longer",
                    timeout.as_secs_f64()
                )))
            }
            _ => Ok(()),
        }
    }
}
