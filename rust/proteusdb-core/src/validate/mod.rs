//! What may enter: a [`Draft`] is what the caller gave, a [`Record`] is what passed every rule, and only a record can be
//! encoded.
//!
//! ```text
//! Draft --Record::new--> Record --encode--> Operation::Store
//! ```
//!
//! Every back end's writes pass here, so a rule is stated once and a bad record fails before any store sees it.

mod change;
mod fields;
mod metadata;
mod record;
mod schema;
mod sequence;

pub use change::{ChangeDraft, encode_change};
pub use fields::{check_name, check_time};
pub use metadata::{check_metadata, check_results};
pub use record::{Draft, Original, Record};
pub use schema::Schema;
pub use sequence::normalise as check_sequence;
