//! Criteria to rows.
//!
//! ```text
//! a dict of names      Criteria ─ conditions    every criterion and `where`, one meaning        criteria expression
//!                               ├ order         fields, then id
//!                               └ limit offset as_of
//! criteria to a way    Plan                     the shortest access path a Source has           plan
//! way to rows          Scan -> Top              verified row by row, the first kept             scan top run
//! ```
//!
//! A back end implements [`Source`] and [`Row`]; [`run()`], [`count`] and [`best()`] do the rest. What a condition or a
//! pattern means is here alone: [`Criteria::matches`] and [`Pattern::matches`] serve a back end that scans by itself.

mod best;
mod condition;
mod criteria;
mod deadline;
mod explanation;
pub mod expression;
mod field;
mod literal;
mod moment;
mod order;
pub mod pattern;
mod plan;
mod run;
mod scan;
mod source;
mod suggest;
#[cfg(test)]
mod tests;
mod top;
mod view;

pub use best::{Contest, best};
pub use condition::{Check, Comparison, Condition};
pub use criteria::{Criteria, NAMES};
pub use deadline::Deadline;
pub use explanation::Explanation;
pub use field::{Field, FieldType};
pub use literal::Literal;
pub use moment::Moments;
pub use order::{Direction, Order};
pub use pattern::Pattern;
pub use run::{Answer, count, run};
pub use source::{Access, Row, Source, Visit};
pub use top::Hit;
