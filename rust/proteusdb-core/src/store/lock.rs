//! The writer's lock among processes, waited for no longer than `timeout`.
//!
//! LMDB's own writer mutex cannot be waited for with a limit. So a writer first takes two locks that can, and then finds
//! LMDB's free:
//!
//! ```text
//! this process    a turn in the line of threads     see `turns`
//! all processes   flock on the data file, polled    the system releases it when a process dies
//! LMDB            its robust mutex                  contended only by a writer that is not proteusdb
//! ```
//!
//! A reader that is not in LMDB's lock file holds the second lock too, shared with others of its kind: see `guest`.
//! LMDB takes no `flock`, and its own record locks are on the lock file: closing any descriptor of that file would drop
//! them, so ours is on the data file. It is taken and released within one call, so that no child of a fork inherits it.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::interrupt;

/// The first and the longest pause between two tries for another process's lock.
const FIRST_PAUSE: Duration = Duration::from_micros(100);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(10);
/// The longest of a guest: who writes one record after the other leaves gaps that are no longer.
const LONGEST_PAUSE_OF_GUEST: Duration = Duration::from_micros(200);
/// How long to wait where no limit can be computed.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// Characters of a command that a message shows.
const SHOWN: usize = 80;

/// What helps who waited in vain.
const TO_WRITE: &str = "raise timeout= or write in smaller batches. Nothing of this write was kept";
const TO_READ: &str = "raise timeout=, give this process permission to write the lock file, or read a file that publish() \
                       wrote: who may not write the lock file reads while nobody writes";

/// How long a call may wait for its turn.
pub(super) struct Patience {
    deadline: Instant,
    asked: Instant,
    next: Duration,
    longest: Duration,
    cure: &'static str,
}

impl Patience {
    /// Of one who writes.
    pub(super) fn new(timeout: Duration) -> Self {
        Self::of(timeout, LONGEST_PAUSE, TO_WRITE)
    }

    /// Of one who reads without a place in the lock file.
    pub(super) fn of_guest(timeout: Duration) -> Self {
        Self::of(timeout, LONGEST_PAUSE_OF_GUEST, TO_READ)
    }

    fn of(timeout: Duration, longest: Duration, cure: &'static str) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or_else(|| now + FOR_EVER);
        Self { deadline, asked: now, next: FIRST_PAUSE, longest, cure }
    }

    /// How long the next pause may be.
    pub(super) fn pause(&self, longest: Duration) -> Duration {
        self.left().clamp(Duration::from_millis(1), longest)
    }

    /// Whether to go on waiting while somebody does what `busy` says.
    ///
    /// # Errors
    /// `Timeout` when the time is over, `Interrupted` where the caller was asked to stop.
    pub(super) fn check(&mut self, path: &Path, busy: impl FnOnce() -> String) -> Result<()> {
        if self.left().is_zero() {
            return Err(Error::timeout(format!("{}: {}; {}", path.display(), busy(), self.cure)));
        }
        if self.asked.elapsed() < interrupt::EVERY {
            return Ok(());
        }
        self.asked = Instant::now();
        interrupt::check()
    }

    /// Sleeps between two tries for what another process holds, longer each time.
    ///
    /// # Errors
    /// As [`Patience::check`].
    pub(super) fn sleep(&mut self, path: &Path, busy: impl FnOnce() -> String) -> Result<()> {
        self.check(path, busy)?;
        std::thread::sleep(self.next.min(self.left()));
        self.next = (self.next * 2).min(self.longest);
        Ok(())
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// Held while a process writes.
#[derive(Debug)]
pub(super) struct FileGuard(Option<Arc<File>>);

/// The lock, unless another process writes.
pub(super) fn try_file(file: &Arc<File>) -> Option<FileGuard> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Some(FileGuard(Some(Arc::clone(file)))),
        Err(Errno::WOULDBLOCK | Errno::INTR) => None,
        // A file system without such locks: LMDB's mutex keeps writers apart, only the wait has no limit.
        Err(_) => Some(FileGuard(None)),
    }
}

/// Waits until no other process writes.
///
/// # Errors
/// As [`Patience::check`].
pub(super) fn take_file(path: &Path, file: &Arc<File>, mut patience: Patience) -> Result<FileGuard> {
    loop {
        match try_file(file) {
            Some(guard) => return Ok(guard),
            None => patience.sleep(path, || holder(path))?,
        }
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

/// What the process that holds the lock of a file does, in words; by number and command where the system tells.
pub(super) fn holder(path: &Path) -> String {
    let told = std::fs::metadata(path).ok().zip(std::fs::read_to_string("/proc/locks").ok());
    match told.and_then(|(file, locks)| locks.lines().find_map(|line| locker(line, file.ino()))) {
        Some((process, does)) => format!("{} {does}", named(process)),
        None => "another process is still writing".to_owned(),
    }
}

/// How people find a process.
pub(super) fn named(process: u32) -> String {
    match command(process) {
        Some(command) => format!("process {process} ({command})"),
        None => format!("process {process}"),
    }
}

/// The process of a line of `/proc/locks`, where it holds `flock` on this inode, and what it does:
/// `1: FLOCK  ADVISORY  WRITE 14752 fe:00:5448740 0 EOF`.
fn locker(line: &str, inode: u64) -> Option<(u32, &'static str)> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let (kind, _, access) = (words.next()?, words.next()?, words.next()?);
    let process = words.next()?.parse().ok().filter(|&process| process != 0)?;
    let place = words.next()?.rsplit(':').next()?;
    let does = match access {
        "WRITE" => "is still writing",
        "READ" => "is still reading and has no place in the lock file",
        _ => return None,
    };
    (kind == "FLOCK" && place.parse() == Ok(inode)).then_some((process, does))
}

/// Program and first argument, as in `python load.py`; what follows may be nobody else's business.
fn command(process: u32) -> Option<String> {
    let bytes = std::fs::read(format!("/proc/{process}/cmdline")).ok()?;
    let words = bytes.split(|byte| *byte == 0).take(2).map(String::from_utf8_lossy);
    let names: Vec<_> = words.filter_map(|word| word.rsplit('/').next().map(str::to_owned)).collect();
    let line: String = names.join(" ").trim().chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn another_open_file_waits_no_longer_than_told_and_names_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let open = || Arc::new(File::options().create(true).append(true).open(&path).unwrap());
        let (ours, theirs) = (open(), open());
        let held = take_file(&path, &theirs, Patience::new(Duration::ZERO)).unwrap();
        let error = take_file(&path, &ours, Patience::new(Duration::from_millis(20))).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        if Path::new("/proc/locks").exists() {
            assert!(error.message().contains(&format!("process {}", std::process::id())), "{error}");
        }
        drop(held);
        assert!(take_file(&path, &ours, Patience::new(Duration::ZERO)).is_ok());
    }

    #[test]
    fn the_holder_is_read_from_the_table_of_locks() {
        let line = "1: FLOCK  ADVISORY  WRITE 14752 fe:00:5448740 0 EOF";
        assert_eq!(locker(line, 5_448_740), Some((14752, "is still writing")));
        let guest = locker("1: FLOCK  ADVISORY  READ 7 fe:00:5 0 EOF", 5).unwrap();
        assert!(guest.0 == 7 && guest.1.contains("reading"), "{guest:?}");
        assert_eq!(locker(line, 8740), None, "another file");
        assert_eq!(locker("2: POSIX  ADVISORY  READ 14752 fe:00:5448740 0 EOF", 5_448_740), None, "no flock");
        assert_eq!(locker("2: -> FLOCK ADVISORY WRITE 1 fe:00:5 0 EOF", 5), None, "one who waits");
        assert_eq!(locker("1: FLOCK  ADVISORY  WRITE 0 fe:00:5 0 EOF", 5), None, "a process that cannot be named here");
    }
}
