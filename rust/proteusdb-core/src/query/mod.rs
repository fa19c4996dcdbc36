//! Criteria to rows.

mod field;
mod moment;
pub mod pattern;
mod source;
mod suggest;

pub use field::{Field, FieldType};
pub use moment::Moments;
pub use pattern::Pattern;
pub use source::{Access, Row, Source, Visit};
