//! Criteria to rows.
//!
//! ```text
//! a dict of names      Criteria ─ conditions    every criterion and `where`, one meaning        criteria expression
//!                               ├ order         fields, then id
//!                               └ limit offset as_of
//! criteria to a way    Plan                     the shortest access path a Source has           plan
//! index on any field   Cover                    where its rows stand                                cover ordered
//! way to rows          Scan -> Top              verified row by row, the first kept             scan top run
//! questions to columns Push -> Verifier         for an engine that scans by itself              push verify
//! ```
//!
//! A back end implements [`Source`] and [`Row`]; [`run()`], [`count`] and [`best()`] do the rest. What a condition or a
//! pattern means is here alone: [`Criteria::matches`] and [`Pattern::matches`] serve a back end that scans by itself.

mod best;
mod condition;
mod cover;
mod criteria;
mod deadline;
mod explanation;
pub mod expression;
mod field;
mod literal;
mod moment;
mod order;
pub mod ordered;
mod patience;
pub mod pattern;
mod plan;
mod push;
mod run;
mod scan;
mod source;
mod suggest;
#[cfg(test)]
mod tests;
mod top;
mod verify;
mod view;

pub use best::{Contest, best};
pub use condition::{Check, Comparison, Condition};
pub use criteria::{Criteria, NAMES};
pub use deadline::Deadline;
pub use explanation::Explanation;
pub use field::{Field, FieldType};
pub use literal::Literal;
pub use moment::{Moments, show as show_moment};
pub use order::{Direction, Order};
pub use patience::interruptibly;
pub use pattern::{Pattern, TextPattern};
pub use push::{Ask, End, Push, START};
pub use run::{Answer, count, run};
pub use source::{Abilities, Access, Row, Source, Visit};
pub use top::Hit;
pub use verify::{Gather, Verifier};
