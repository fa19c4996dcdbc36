//! Forks: what lets a child start clean.
//!
//! ```text
//! every call      enter() ── shared ──┐
//! before_fork     GATE ───── alone ───┴─> close every environment ─> fork ─> after_fork opens the gate, in both
//! ```
//!
//! A fork copies only the thread that forks. Whatever lock another thread held would stay held in the child for ever,
//! heed's own list of open files included; so nothing of the store may be half done at that moment, and nothing open.
//! Python calls the hooks (`os.register_at_fork`). A fork that calls none is noticed by the process id.

use std::cell::{Cell, RefCell};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::registry;

/// Held (shared) by every call, and (alone) by a thread that forks.
static GATE: RwLock<()> = RwLock::new(());

thread_local! {
    /// Calls of this thread within each other: only the outermost waits at the gate, so none waits for itself.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// The gate, while this thread forks.
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Held for the length of a call.
pub(super) struct Entered {
    _gate: Option<RwLockReadGuard<'static, ()>>,
}

/// Waits while the process forks.
pub(super) fn enter() -> Entered {
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    let outermost = depth == 0 && FORKING.with_borrow(Option::is_none);
    Entered { _gate: outermost.then(|| GATE.read().unwrap_or_else(PoisonError::into_inner)) }
}

impl Drop for Entered {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Before a fork: waits for the calls that run, closes every environment and lets no call begin until [`after_fork`],
/// so that parent and child each open their own. A thread calls it outside of any call.
pub fn before_fork() {
    let gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
    FORKING.with_borrow_mut(|forking| *forking = Some(gate));
    registry::close_all();
}

/// After a fork, in parent and child: calls may begin again, and the first opens the environment.
pub fn after_fork() {
    FORKING.with_borrow_mut(|forking| drop(forking.take()));
}
