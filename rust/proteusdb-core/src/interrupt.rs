//! Whether a wait should end because the person at the keyboard wants it to.
//!
//! ```text
//! binding   on_wait(ask)                       once, when it is loaded
//! a wait    check()? between two tries         Interrupted, where ask() says so
//! ```
//!
//! The core knows nothing of signals; whoever embeds it does. `ask` may run anything, so a wait asks only while it holds
//! no lock and no transaction.

use std::sync::OnceLock;
use std::time::Duration;

use crate::error::{Error, Kind, Result};

/// How long a wait may go on before it asks again.
pub(crate) const EVERY: Duration = Duration::from_millis(50);

static ASK: OnceLock<fn() -> bool> = OnceLock::new();

/// Sets what waits ask: whether they should end. The first call counts.
pub fn on_wait(ask: fn() -> bool) {
    let _ = ASK.set(ask);
}

/// Asks.
///
/// # Errors
/// [`Kind::Interrupted`] where the wait should end.
pub(crate) fn check() -> Result<()> {
    match ASK.get() {
        Some(ask) if ask() => Err(Error::new(Kind::Interrupted, "interrupted")),
        _ => Ok(()),
    }
}
