//! PDBx/mmCIF text.
//!
//! ```text
//! data_1ABC                       a block
//! _entry.id 1ABC                  a pair: tag and value
//! loop_                           a table: tags, then rows
//! _atom_site.id
//! _atom_site.label_atom_id
//! 1 CA
//! 2 "O5'"
//! ```

mod atom_site;
mod labels;
mod lexer;
mod metadata;
mod quote;
pub(super) mod read;
mod tables;
pub(super) mod write;

pub(super) use atom_site::Layout;
pub(super) use lexer::Value;
#[cfg(test)]
pub(super) use tables::end_polymers;
pub(super) use tables::{Tables, is_atom_site};
