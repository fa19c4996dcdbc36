//! Criteria to rows.

mod source;

pub use source::{Access, Row, Source, Visit};
