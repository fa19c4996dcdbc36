//! The engine of proteusdb: everything that must be one truth on every back end.
//!
//! ```text
//! write   record -> validate -> encode -> index -> commit
//! read    criteria -> parse -> plan -> scan -> verify -> decode
//! ```
//!
//! [`record`] holds the nouns, [`formats`] reads and writes files, [`validate`] lets records in, [`codec`] turns them
//! into bytes, [`store`] keeps the bytes in one LMDB file, [`query`] asks. No module but [`store`] knows LMDB.

pub mod codec;
pub mod error;
pub mod formats;
mod index;
pub mod interrupt;
pub mod operation;
pub mod query;
pub mod record;
pub mod store;
pub mod validate;
pub mod watch;

pub use error::{Error, Kind, Result};
