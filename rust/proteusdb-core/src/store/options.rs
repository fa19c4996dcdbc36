//! How a store is opened.

use std::time::Duration;

/// What survives what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// An acknowledged write survives the loss of power.
    #[default]
    Full,
    /// A crash of the machine may lose the last commits; it corrupts nothing. A crash of the process loses nothing.
    Relaxed,
}

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Refuse every write, and create nothing.
    pub read_only: bool,
    /// What survives what.
    pub durability: Durability,
    /// Permission bits of files that are created.
    pub mode: u32,
    /// How long a write waits for another thread's transaction.
    pub timeout: Duration,
    /// Open for writing even on a network file system.
    pub allow_network_fs: bool,
    /// Open a store of an older schema as it is, to be moved to another.
    pub any_schema: bool,
    /// Address space to begin with; a large one, so that it seldom grows, unless given.
    pub map_size: Option<usize>,
    /// Memory for structures and answers that are remembered.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            read_only: false,
            durability: Durability::Full,
            mode: 0o664,
            timeout: Duration::from_secs(30),
            allow_network_fs: false,
            any_schema: false,
            map_size: None,
            cache_bytes: 64 << 20,
        }
    }
}
