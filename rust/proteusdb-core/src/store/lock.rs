//! The writer's lock, waited for no longer than `timeout`.
//!
//! LMDB's own writer mutex cannot be waited for with a limit. So a writer first takes two locks that can, and then finds
//! LMDB's free:
//!
//! ```text
//! this process    a flag and a condition variable   among threads
//! all processes   flock on the data file, polled    among processes; the system releases it when a process dies
//! LMDB            its robust mutex                  contended only by a writer that is not proteusdb
//! ```
//!
//! LMDB takes no `flock`, and its own record locks are on the lock file, which is never opened here: closing any
//! descriptor of that file would drop them.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{Error, Result};

/// The longest pause between two tries for another process's lock.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);
/// How long to wait where no limit can be computed.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// When waiting ends.
pub(super) fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + FOR_EVER)
}

/// Whether a thread of this process writes.
#[derive(Debug, Default)]
pub(super) struct ThreadLock {
    taken: Mutex<bool>,
    freed: Condvar,
}

/// Held while a thread writes.
#[derive(Debug)]
pub(super) struct ThreadGuard<'l>(&'l ThreadLock);

impl ThreadLock {
    /// Waits until no other thread writes.
    ///
    /// # Errors
    /// `Timeout` when `deadline` passed.
    pub(super) fn take(&self, path: &Path, deadline: Instant) -> Result<ThreadGuard<'_>> {
        let mut taken = self.state();
        while *taken {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(passed(path, "another thread"));
            }
            taken = self.freed.wait_timeout(taken, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *taken = true;
        drop(taken);
        Ok(ThreadGuard(self))
    }

    /// A panic cannot leave a flag half set.
    fn state(&self) -> MutexGuard<'_, bool> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ThreadGuard<'_> {
    fn drop(&mut self) {
        *self.0.state() = false;
        self.0.freed.notify_one();
    }
}

/// Held while a process writes.
#[derive(Debug)]
pub(super) struct FileGuard(Option<Arc<File>>);

/// Waits until no other process writes.
///
/// # Errors
/// `Timeout` when `deadline` passed.
pub(super) fn take_file(path: &Path, file: &Arc<File>, deadline: Instant) -> Result<FileGuard> {
    let mut pause = Duration::from_micros(100);
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(FileGuard(Some(Arc::clone(file)))),
            Err(Errno::WOULDBLOCK | Errno::INTR) => {}
            // A file system without such locks: LMDB's mutex keeps writers apart, only the wait has no limit.
            Err(_) => return Ok(FileGuard(None)),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(passed(path, "another process"));
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

impl Drop for FileGuard {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            // Closing the descriptor would release it too; nothing can be done about a failure.
            let _ = flock(file, FlockOperation::Unlock);
        }
    }
}

fn passed(path: &Path, who: &str) -> Error {
    Error::timeout(format!(
        "{}: {who} is still writing; raise timeout= or write in smaller batches. Nothing of this write was kept",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_second_thread_waits_no_longer_than_told() {
        let (lock, path) = (ThreadLock::default(), Path::new("p"));
        let held = lock.take(path, Instant::now()).unwrap();
        let error = lock.take(path, deadline(Duration::from_millis(20))).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        assert!(error.message().contains("another thread"), "{error}");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| lock.take(path, deadline(Duration::MAX)).map(drop));
            drop(held);
            assert!(waiting.join().unwrap().is_ok(), "a released lock is passed on");
        });
    }

    #[test]
    fn another_open_file_waits_no_longer_than_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let open = || Arc::new(File::options().create(true).append(true).open(&path).unwrap());
        let (ours, theirs) = (open(), open());
        let held = take_file(&path, &theirs, Instant::now()).unwrap();
        let error = take_file(&path, &ours, deadline(Duration::from_millis(20))).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        drop(held);
        assert!(take_file(&path, &ours, Instant::now()).is_ok());
    }
}
