//! What a file is: the first record that is read of it.
//!
//! ```text
//! "proteusdb" | format version u32 | store UUID 16 bytes | generation u64        little-endian
//! ```
//!
//! The generation counts up when a compacting copy starts the transaction ids anew.

use std::path::Path;

use heed::{Database, types::Bytes};

use super::tables::TablesIn;
use super::{Txn, lmdb, probe, sealed};
use crate::codec::wire::Reader;
use crate::error::Result;

const KEY: &[u8] = b"format";
const NAME: &[u8] = b"proteusdb";
/// The version of the layout that FORMAT.md describes.
pub(super) const VERSION: u32 = 1;

/// Refuses a file of another program or of a newer version.
pub(super) fn check(
    path: &Path,
    meta: Option<Database<'_, Bytes, Bytes>>,
    txn: &Txn<'_>,
    entries: usize,
) -> Result<()> {
    if entries == 0 {
        return Ok(());
    }
    let foreign = || probe::refuse(path, "it is an LMDB file of another program; nothing was changed");
    let meta = meta.ok_or_else(foreign)?;
    let value = meta.get(txn, KEY).map_err(lmdb)?.ok_or_else(foreign)?;
    let mut reader = Reader::new(sealed::open("meta", KEY, value)?, "format record");
    if reader.take(NAME.len())? != NAME {
        return Err(foreign());
    }
    let version = u32::from_le_bytes(reader.array()?);
    if version > VERSION {
        return Err(probe::refuse(
            path,
            &format!("its format is version {version}, this program reads up to {VERSION}; a newer proteusdb opens it"),
        ));
    }
    Ok(())
}

/// Writes the record of a new store; whether it was new.
pub(super) fn write_if_absent(tables: &TablesIn<'_>, txn: &mut heed::RwTxn<'_>) -> Result<bool> {
    if tables.meta.get(txn, KEY).map_err(lmdb)?.is_some() {
        return Ok(false);
    }
    let mut payload = NAME.to_vec();
    payload.extend(VERSION.to_le_bytes());
    payload.extend(uuid::Uuid::now_v7().as_bytes());
    payload.extend(0_u64.to_le_bytes());
    tables.meta.put(txn, KEY, &sealed::seal("meta", KEY, &payload)).map_err(lmdb)?;
    Ok(true)
}
