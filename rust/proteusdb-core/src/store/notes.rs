//! Notes: texts by name that lie in the store beside the predictions, exchanged as a whole.
//!
//! ```text
//! meta    "note ledger default 0"  ->  text
//!
//! exchange([(name, what is expected there, what takes its place)])    all of it, or nothing
//! ```
//!
//! What a note says is no business of the store; the ledger of work that is to be done is made of them. A note is absent
//! until it is written, and gone when nothing takes its place.

use heed::RwTxn;

use super::snapshot::Snapshot;
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::error::{Error, Result};

const PREFIX: &str = "note ";
/// The longest name, in bytes: with the prefix well below what LMDB takes as a key.
const LONGEST: usize = 400;

/// A note that is to be exchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// What must stand there; `None` for nothing.
    pub expected: Option<String>,
    /// What takes its place; `None` for nothing.
    pub text: Option<String>,
}

/// Exchanges notes where all stand as expected; whether they did.
pub(super) fn exchange(tables: &Tables, txn: &mut RwTxn<'_>, changes: &[Exchange]) -> Result<bool> {
    for change in changes {
        if read(tables, txn, &change.name)? != change.expected.as_deref() {
            return Ok(false);
        }
    }
    for change in changes {
        let key = key(&change.name)?;
        match &change.text {
            Some(text) => {
                let value = sealed::seal("meta", key.as_bytes(), text.as_bytes());
                tables.meta.put(txn, key.as_bytes(), &value).map_err(lmdb)?;
            }
            None => drop(tables.meta.delete(txn, key.as_bytes()).map_err(lmdb)?),
        }
    }
    Ok(true)
}

fn read<'t>(tables: &Tables, txn: &'t Txn<'_>, name: &str) -> Result<Option<&'t str>> {
    let key = key(name)?;
    let Some(value) = tables.meta.get(txn, key.as_bytes()).map_err(lmdb)? else { return Ok(None) };
    let text = std::str::from_utf8(sealed::open("meta", key.as_bytes(), value)?);
    text.map(Some).map_err(|_| Error::corruption(format!("table meta, key {key:?}: it is no text")))
}

fn key(name: &str) -> Result<String> {
    match name.len() {
        1..=LONGEST => Ok(format!("{PREFIX}{name}")),
        length => Err(Error::validation(format!("note: its name has {length} bytes; allowed are 1 to {LONGEST}"))),
    }
}

impl Snapshot<'_> {
    /// What stands in each note, of one state of the store.
    ///
    /// # Errors
    /// `Corruption` naming table and key; `Validation` for a name that is too long.
    pub fn notes(&self, names: &[String]) -> Result<Vec<Option<String>>> {
        names.iter().map(|name| Ok(read(self.tables, self.txn, name)?.map(str::to_owned))).collect()
    }
}
