//! When a query gives up: its time is over, or somebody wants it to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};

/// Steps between two looks at the clock. Few, since one may cost a large pattern a tenth of a second.
const EVERY: u64 = 16;

/// A moment after which a query fails, if there is one, and a flag that ends it before.
#[derive(Debug, Clone, Default)]
pub struct Deadline {
    at: Option<(Instant, Duration)>,
    cancelled: Option<Arc<AtomicBool>>,
}

impl Deadline {
    /// Never.
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// This long from now; a time beyond what the clock can say is never.
    #[must_use]
    pub fn after(timeout: Duration) -> Self {
        Self { at: Instant::now().checked_add(timeout).map(|at| (at, timeout)), cancelled: None }
    }

    /// The same, and as soon as another thread sets the flag.
    #[must_use]
    pub fn or_when(self, cancelled: Arc<AtomicBool>) -> Self {
        Self { cancelled: Some(cancelled), ..self }
    }

    /// Called before each step, a row or a sequence, with the number of those before; looks at the clock now and then.
    ///
    /// # Errors
    /// `Timeout` and `Interrupted`.
    pub(crate) fn check(&self, steps: u64) -> Result<()> {
        if !steps.is_multiple_of(EVERY) {
            return Ok(());
        }
        if self.cancelled.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(Error::new(Kind::Interrupted, "the query was interrupted"));
        }
        match self.at {
            Some((at, timeout)) if Instant::now() >= at => Err(Error::timeout(format!(
                "the query looked at {steps} rows in its timeout of {} s; narrow the criteria or allow longer",
                timeout.as_secs_f64()
            ))),
            _ => Ok(()),
        }
    }
}
