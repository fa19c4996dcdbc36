//! One shared state for every path that is open in this process.
//!
//! ```text
//! path ─> (Shared, handles)      opened by the first handle, closed by the last, both under the registry's lock
//! ```
//!
//! LMDB forbids two environments of one file in a process: closing either would drop the locks of both, and so would
//! closing any descriptor of the lock file. So an opening never overlaps the closing before it. Paths are compared after
//! every symbolic link is followed, as the lock file lies beside the file that a link leads to.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::options::Options;
use super::shared::Shared;
use super::{fork, probe};
use crate::error::Result;

type Registry = HashMap<PathBuf, (Arc<Shared>, usize)>;

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

/// Keeps a path open.
pub(super) struct Handle(Arc<Shared>);

impl Deref for Handle {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _call = fork::enter();
        let mut registry = lock();
        let Some((shared, handles)) = registry.get_mut(&self.0.path) else { return };
        *handles -= 1;
        if *handles == 0 {
            shared.close();
            registry.remove(&self.0.path);
        }
    }
}

/// A handle of a path, opened with these options or open already.
pub(super) fn open(path: &Path, options: &Options) -> Result<Handle> {
    let _call = fork::enter();
    let path = probe::absolute(path)?;
    let mut registry = lock();
    if let Some((shared, handles)) = registry.get_mut(&path) {
        shared.widen(options)?;
        *handles += 1;
        return Ok(Handle(Arc::clone(shared)));
    }
    let shared = Arc::new(Shared::open(&path, options)?);
    registry.insert(path, (Arc::clone(&shared), 1));
    Ok(Handle(shared))
}

/// Closes every environment; their handles open them again when they are used.
pub(super) fn close_all() {
    lock().values().for_each(|(shared, _)| shared.close());
}

fn lock() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}
