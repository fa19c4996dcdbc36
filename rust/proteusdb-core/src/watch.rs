//! Long work under the eyes of who asked for it.
//!
//! ```text
//! caller   watch(done, total)? ── every 50 ms ──> shows progress, lets signals be handled, may end it all
//! worker   gauge.advance(1)?   ── at each step ─> Interrupted, once the caller wants no more
//! ```
//!
//! The work runs on a thread of its own and may hold locks and transactions; the caller holds none while it watches, so
//! `watch` may run anything.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};

use crate::error::{Error, Kind, Result};
use crate::interrupt;

/// Called with what is done and what there is to do (0: not known); an error ends the work.
pub type Watch<'w> = dyn FnMut(u64, u64) -> Result<()> + 'w;

/// How far a work is.
#[derive(Debug, Default)]
pub struct Gauge {
    done: AtomicU64,
    total: AtomicU64,
    stop: AtomicBool,
}

impl Gauge {
    /// Adds to what there is to do.
    pub fn expect(&self, more: u64) {
        self.total.fetch_add(more, Ordering::Relaxed);
    }

    /// Notes that so much more is done.
    ///
    /// # Errors
    /// `Interrupted` where the caller wants no more.
    pub fn advance(&self, by: u64) -> Result<()> {
        self.done.fetch_add(by, Ordering::Relaxed);
        match self.stop.load(Ordering::Relaxed) {
            true => Err(Error::new(Kind::Interrupted, "stopped by the caller; nothing was changed")),
            false => Ok(()),
        }
    }
}

/// Runs `work` on another thread while `watch` is asked.
///
/// # Errors
/// What `watch` or else `work` fails with.
pub fn watched<R: Send>(watch: &mut Watch<'_>, work: impl FnOnce(&Gauge) -> Result<R> + Send) -> Result<R> {
    watched_until(watch, work, |_| {})
}

/// As [`watched`]; `cut` ends a work that asks no gauge.
///
/// # Errors
/// What `watch` or else `work` fails with.
pub(crate) fn watched_until<R: Send>(
    watch: &mut Watch<'_>,
    work: impl FnOnce(&Gauge) -> Result<R> + Send,
    cut: impl Fn(&Gauge),
) -> Result<R> {
    let gauge = Gauge::default();
    let (sender, receiver) = mpsc::channel();
    let (gauge, cut) = (&gauge, &cut);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let result = work(gauge);
            let _ = sender.send(result);
        });
        let mut stopped: Option<Error> = None;
        loop {
            let result = match receiver.recv_timeout(interrupt::EVERY) {
                Ok(result) => result,
                Err(RecvTimeoutError::Disconnected) => Err(Error::storage("the work ended without a result")),
                Err(RecvTimeoutError::Timeout) => {
                    let told = (gauge.done.load(Ordering::Relaxed), gauge.total.load(Ordering::Relaxed));
                    if stopped.is_none()
                        && let Err(error) = watch(told.0, told.1)
                    {
                        gauge.stop.store(true, Ordering::Relaxed);
                        stopped = Some(error);
                        cut(gauge);
                    }
                    continue;
                }
            };
            return match stopped {
                Some(error) => Err(error),
                None => {
                    watch(gauge.done.load(Ordering::Relaxed), gauge.total.load(Ordering::Relaxed))?;
                    result
                }
            };
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_is_no_longer_wanted_ends() {
        let mut seen = Vec::new();
        let mut watch = |done: u64, total: u64| {
            seen.push((done > 0, total));
            Err(Error::new(Kind::Interrupted, "enough"))
        };
        let endless = watched(&mut watch, |gauge: &Gauge| -> Result<()> {
            gauge.expect(7);
            loop {
                std::thread::sleep(std::time::Duration::from_millis(1));
                gauge.advance(1)?;
            }
        });
        assert_eq!(endless.unwrap_err().message(), "enough");
        assert_eq!(seen, [(true, 7)]);
    }

    #[test]
    fn the_last_word_is_what_was_done() {
        let mut last = (0, 0);
        let mut watch = |done: u64, total: u64| {
            last = (done, total);
            Ok(())
        };
        let sum = watched(&mut watch, |gauge| {
            gauge.expect(3);
            (0..3).try_for_each(|_| gauge.advance(1)).map(|()| 5)
        });
        assert_eq!((sum.unwrap(), last), (5, (3, 3)));
    }
}
