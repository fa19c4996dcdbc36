//! The C interface: a store, read from C, C++, Julia, R and whatever else calls C.
//!
//! ```text
//! proteusdb_open ─> store ─┬ proteusdb_get ─> prediction ─┬ info, text             columns of the header
//!                          │                              ├ column                 a column of the structure
//!                          │                              └ array                  an array by name
//!                          └ proteusdb_ids ─> ids ── next ── next ── ... END
//! ```
//!
//! What a function does stands in `python/proteusdb/capi/include/proteusdb.h`, where users look; a test holds the two against
//! each other.
//!
//! Invariants: every entry catches panics (`call::guard`), answers a code of `call::Code` and keeps the message of a
//! failure for its thread; what is handed out by pointer is freed by the function of its own and by no other; null is an
//! error, never a crash. `unsafe` is what pointers need, in `pointers`, and nothing else.

mod arrays;
mod call;
mod columns;
mod ids;
mod pointers;
mod prediction;
mod store;
