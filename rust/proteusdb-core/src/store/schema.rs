//! The schema that users define for metadata, kept in the store so that every process obeys it.
//!
//! ```text
//! meta "schema"    a msgpack map: fields (path -> names of types), required (paths)
//! ```

use heed::RwTxn;

use super::snapshot::{Snapshot, newest, row_number};
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::codec::msgpack;
use crate::error::{Error, Result};
use crate::validate::Schema;

const KEY: &[u8] = b"schema";
/// Ids that a refusal names.
const NAMED: usize = 5;

/// Reads the schema; one that allows everything where none is defined.
pub(super) fn read(tables: &Tables, txn: &Txn<'_>) -> Result<Schema> {
    let Some(value) = tables.meta.get(txn, KEY).map_err(lmdb)? else { return Ok(Schema::default()) };
    let map = msgpack::decode_map(sealed::open("meta", KEY, value)?, "schema")?;
    Schema::from_map(&map)
        .map_err(|error| Error::corruption(format!("table meta, key \"schema\": {}", error.message())))
}

/// Defines the schema in the place of the one there is.
///
/// # Errors
/// `Validation` where predictions that are stored break it, unless they are not to be looked at.
pub(super) fn define(tables: &Tables, txn: &mut RwTxn<'_>, schema: &Schema, check_existing: bool) -> Result<()> {
    if check_existing {
        refuse_broken(tables, txn, schema)?;
    }
    if *schema == Schema::default() {
        return tables.meta.delete(txn, KEY).map(drop).map_err(lmdb);
    }
    let payload = msgpack::encode_map(&schema.to_map());
    tables.meta.put(txn, KEY, &sealed::seal("meta", KEY, &payload)).map_err(lmdb)
}

fn refuse_broken(tables: &Tables, txn: &Txn<'_>, schema: &Schema) -> Result<()> {
    let (mut count, mut named) = (0_u64, Vec::new());
    for entry in tables.ids.iter(txn).map_err(lmdb)? {
        let (id, value) = entry.map_err(lmdb)?;
        let Some(view) = newest(tables, txn, row_number(id, value)?)?.filter(|view| !view.deleted()) else { continue };
        let Err(error) = schema.check(&view.metadata()?) else { continue };
        count += 1;
        if named.len() < NAMED {
            named.push(format!("{:?}: {}", String::from_utf8_lossy(id), error.message()));
        }
    }
    match count {
        0 => Ok(()),
        _ => Err(Error::validation(format!(
            "schema: {count} stored prediction(s) break it; {}; put them right first, or define it with \
             check_existing=False and put them right afterwards",
            named.join("; ")
        ))),
    }
}

impl Snapshot<'_> {
    /// The schema of metadata; one that allows everything where none is defined.
    ///
    /// # Errors
    /// `Corruption` where it is damaged.
    pub fn schema(&self) -> Result<Schema> {
        read(self.tables, self.txn)
    }
}
