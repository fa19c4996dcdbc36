//! Every parser and decoder of the core, as a function from bytes to nothing; see README.md.

pub mod targets;
