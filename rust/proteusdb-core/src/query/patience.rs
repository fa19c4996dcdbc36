//! A query that can be interrupted by the person at the keyboard.
//!
//! ```text
//! at once, by the thread that asks      50 ms       nearly every query ends here
//! again, by a thread of its own         ...         the one that asks looks for signals meanwhile
//! ```
//!
//! A signal's handler may run anything, so it runs while the thread that asks holds nothing of the store. What is begun
//! twice loses no more than the first 50 ms.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::Deadline;
use crate::error::{Error, Kind, Result};
use crate::interrupt;

/// What a query may take before it gets a thread.
const QUICK: Duration = Duration::from_millis(50);

/// Runs a query with a timeout; ends it where the person at the keyboard wants it to end.
///
/// # Errors
/// `Timeout`, `Interrupted`, and whatever the query fails with.
pub fn interruptibly<R: Send>(timeout: Option<Duration>, query: impl Fn(Deadline) -> Result<R> + Sync) -> Result<R> {
    let deadline = || timeout.map_or_else(Deadline::never, Deadline::after);
    if timeout.is_some_and(|timeout| timeout <= QUICK) {
        return query(deadline());
    }
    match query(Deadline::after(QUICK)) {
        Err(error) if error.kind() == Kind::Timeout => {}
        quick => return quick,
    }
    let cancelled = Arc::new(AtomicBool::new(false));
    let deadline = deadline().or_when(Arc::clone(&cancelled));
    thread::scope(|scope| {
        let (sender, answer) = mpsc::channel();
        let query = &query;
        scope.spawn(move || sender.send(query(deadline)));
        let mut asked = Ok(());
        loop {
            match answer.recv_timeout(interrupt::EVERY) {
                Ok(result) => return asked.and(result),
                Err(RecvTimeoutError::Timeout) if asked.is_ok() => {
                    asked = interrupt::check();
                    cancelled.store(asked.is_err(), Ordering::Relaxed);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Error::storage("the query's thread ended early")),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_long_query_is_begun_again_and_keeps_its_own_deadline() {
        let steps = |deadline: Deadline| -> Result<u64> {
            loop {
                deadline.check(0)?;
                thread::sleep(Duration::from_millis(1));
            }
        };
        let started = Instant::now();
        let error = interruptibly(Some(Duration::from_millis(120)), steps).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        assert!(error.message().contains("0.12 s"), "{error}");
        assert!(started.elapsed() >= Duration::from_millis(120));
        assert_eq!(interruptibly(None, |_| Ok(7)).unwrap(), 7);
    }

    #[test]
    fn a_cancelled_query_ends() {
        let flag = Arc::new(AtomicBool::new(true));
        let error = Deadline::never().or_when(flag).check(16).unwrap_err();
        assert_eq!(error.kind(), Kind::Interrupted);
    }
}
