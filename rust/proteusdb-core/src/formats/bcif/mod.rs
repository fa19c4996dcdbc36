//! BinaryCIF: mmCIF's tables as msgpack, each column encoded by a chain of small reversible steps.
//!
//! ```text
//! {version, encoder, dataBlocks: [{header, categories: [{name: "_atom_site", rowCount, columns: [
//!     {name: "Cartn_x", data: {data: bytes, encoding: [FixedPoint, Delta, IntegerPacking, ByteArray]}, mask}]}]}]}
//! ```
//!
//! Columns are decoded and then read through the same rows as mmCIF text, so that both formats mean the same.

mod columns;
mod encoding;
mod msgpack;
pub(super) mod read;
