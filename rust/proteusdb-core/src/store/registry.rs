//! One shared state for every path that is open in this process.
//!
//! LMDB forbids two environments of one file in a process: closing either would drop the locks of both. Paths are
//! compared after every symbolic link is followed, as the lock file lies beside the file that a link leads to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use super::options::Options;
use super::shared::Shared;
use super::{fork, probe};
use crate::error::Result;

static REGISTRY: LazyLock<Mutex<HashMap<PathBuf, Weak<Shared>>>> = LazyLock::new(Mutex::default);

/// The shared state of a path, opened with these options or already open.
pub(super) fn open(path: &Path, options: &Options) -> Result<Arc<Shared>> {
    let _call = fork::enter();
    let path = probe::absolute(path)?;
    let mut registry = lock();
    if let Some(shared) = registry.get(&path).and_then(Weak::upgrade) {
        shared.widen(options)?;
        return Ok(shared);
    }
    registry.retain(|_, shared| shared.strong_count() > 0);
    let shared = Arc::new(Shared::open(&path, options)?);
    registry.insert(path, Arc::downgrade(&shared));
    Ok(shared)
}

/// Closes every environment; their handles open them again when they are used.
pub(super) fn close_all() {
    let open: Vec<_> = lock().values().filter_map(Weak::upgrade).collect();
    open.iter().for_each(|shared| shared.close());
}

fn lock() -> MutexGuard<'static, HashMap<PathBuf, Weak<Shared>>> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}
