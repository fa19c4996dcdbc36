//! Reading without a place in the lock file, as who may not write it, or on a disk that is mounted to be read only.
//!
//! Writers spare the pages of readers that are in the lock file, and of no others. So a guest reads while nobody writes:
//! each of its transactions lies within a shared `flock` on the data file, which writers hold alone (see `lock`).
//!
//! ```text
//! writer    ──[ alone ]──────────────────[ alone ]───────
//! guest     ─────────────[ shared ]─[ shared ]───────────
//! clock     |--------- PERIOD ---------|-- ...                 its beginning is left to writers
//! ```
//!
//! Guests that come one after the other would keep a writer out for good. So all of them, in every process, stay away at
//! the beginning of each period of the clock, for longer than a writer pauses between two tries.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::lock::Patience;
use super::{files, lock};
use crate::error::{Error, Result};

const PERIOD: Duration = Duration::from_millis(100);
const LEFT_TO_WRITERS: Duration = lock::LONGEST_PAUSE.saturating_add(Duration::from_millis(5));

/// The transactions of this process, which share one lock.
#[derive(Debug, Default)]
pub(super) struct Guest {
    inside: Mutex<usize>,
}

/// Held for the length of a transaction.
#[derive(Debug)]
pub(super) struct Visit<'g> {
    guest: &'g Guest,
    file: &'g File,
}

impl Guest {
    /// The lock, unless somebody writes or should have the chance to.
    ///
    /// # Errors
    /// `Connection` where the file system has no such locks.
    pub(super) fn try_enter<'g>(&'g self, path: &Path, file: &'g File) -> Result<Option<Visit<'g>>> {
        if !left_to_writers().is_zero() {
            return Ok(None);
        }
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if *inside == 0 {
            match flock(file, FlockOperation::NonBlockingLockShared) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
                Err(error) => return Err(refused(path, error)),
            }
        }
        *inside += 1;
        Ok(Some(Visit { guest: self, file }))
    }

    /// Waits until nobody writes.
    ///
    /// # Errors
    /// As [`Guest::try_enter`] and [`Patience::check`](lock::Patience::check).
    pub(super) fn enter<'g>(&'g self, path: &Path, file: &'g File, timeout: Duration) -> Result<Visit<'g>> {
        let mut wait = None;
        loop {
            match self.try_enter(path, file)? {
                Some(visit) => return Ok(visit),
                None => pause(path, &mut wait, timeout)?,
            }
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut inside = self.guest.inside.lock().unwrap_or_else(PoisonError::into_inner);
        *inside -= 1;
        if *inside == 0 {
            // Closing the descriptor would release it too; nothing can be done about a failure.
            let _ = flock(self.file, FlockOperation::Unlock);
        }
    }
}

/// Sleeps between two tries to enter; the time that is left to writers does not count.
///
/// # Errors
/// As [`Patience::check`](lock::Patience::check).
pub(super) fn pause(path: &Path, wait: &mut Option<Patience>, timeout: Duration) -> Result<()> {
    let left = left_to_writers();
    if left.is_zero() {
        return wait.get_or_insert_with(|| Patience::of_guest(timeout)).sleep(path, || lock::holder(path));
    }
    std::thread::sleep(left);
    Ok(())
}

/// What of this period is still left to writers.
fn left_to_writers() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    LEFT_TO_WRITERS.saturating_sub(Duration::from_millis((now.as_millis() % PERIOD.as_millis()) as u64))
}

fn refused(path: &Path, error: Errno) -> Error {
    Error::connection(format!(
        "{}: this process may not write {}, where readers enter themselves, and the file system has no locks that would \
         keep writers off meanwhile ({error}); give it that permission, or read a file that publish() wrote",
        path.display(),
        files::lock_path(path).display()
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::Kind;

    #[test]
    fn guests_read_together_and_never_beside_a_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let writer = Arc::new(File::options().create(true).append(true).open(&path).unwrap());
        let (ours, theirs) = (File::open(&path).unwrap(), File::open(&path).unwrap());
        let (here, there) = (Guest::default(), Guest::default());
        let writing = lock::try_file(&writer).unwrap();
        let error = here.enter(&path, &ours, Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        assert!(error.message().contains("is still writing; raise timeout=, give this process permission"), "{error}");
        drop(writing);
        let visits = [(&here, &ours), (&here, &ours), (&there, &theirs)]
            .map(|(guest, file)| guest.enter(&path, file, Duration::from_secs(60)).unwrap());
        for visit in visits {
            assert!(lock::try_file(&writer).is_none(), "a guest is inside");
            drop(visit);
        }
        assert!(lock::try_file(&writer).is_some());
    }

    #[test]
    fn the_beginning_of_each_period_is_left_to_writers() {
        let file = tempfile::tempfile().unwrap();
        let kept_away = (0..400).filter(|_| {
            std::thread::sleep(Duration::from_millis(1));
            Guest::default().try_enter(Path::new("f"), &file).unwrap().is_none()
        });
        assert!(kept_away.count() > 0);
        assert!(LEFT_TO_WRITERS > lock::LONGEST_PAUSE);
    }
}
