//! What a file is: the first record that is read of it.
//!
//! ```text
//! "proteusdb" | format version u32 | store UUID 16 bytes | generation u64        little-endian
//! ```
//!
//! The generation counts up when a compacting copy starts the transaction ids anew.

use std::path::Path;

use super::tables::TablesIn;
use super::{Txn, lmdb, probe, sealed};
use crate::codec::wire::Reader;
use crate::error::{Error, Result};

/// The table that holds the record.
pub(super) const TABLE: &str = "meta";
/// Its key there.
pub(super) const KEY: &[u8] = b"format";
const NAME: &[u8] = b"proteusdb";
/// The version of the layout that FORMAT.md describes.
pub(super) const VERSION: u32 = 1;

/// Reads the record of an open store.
///
/// # Errors
/// `Connection` for a version this program does not read, `Corruption` where the record is damaged.
pub(super) fn check(path: &Path, tables: &TablesIn<'_>, txn: &Txn<'_>) -> Result<()> {
    let value = tables.meta.get(txn, KEY).map_err(lmdb)?;
    let value = value.ok_or_else(|| probe::refuse(path, "its format record is missing"))?;
    let version = version(value).ok_or_else(|| probe::refuse(path, "its format record is not ours"))?;
    check_version(path, version)?;
    identity(tables, txn).map(drop)
}

/// Which store a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identity {
    /// Version of the format.
    pub format: u32,
    /// Given once, when the store is made; copies keep it.
    pub uuid: uuid::Uuid,
    /// Counts the compacting copies, each of which starts the transaction ids anew.
    pub generation: u64,
}

/// The record, verified.
///
/// # Errors
/// `Corruption` where it is missing or damaged.
pub(super) fn identity(tables: &TablesIn<'_>, txn: &Txn<'_>) -> Result<Identity> {
    let value = tables.meta.get(txn, KEY).map_err(lmdb)?;
    let value = value.ok_or_else(|| Error::corruption("table meta, key \"format\": it is missing"))?;
    let mut reader = Reader::new(sealed::open(TABLE, KEY, value)?, "format record");
    reader.take(NAME.len())?;
    let format = u32::from_le_bytes(reader.array()?);
    let identity = Identity { format, uuid: uuid::Uuid::from_bytes(reader.array()?), generation: reader.u64()? };
    reader.finish().map(|()| identity)
}

/// The format version in the record as it lies on the page; `None` in a record of another program.
///
/// Whatever later versions change, they leave name and version where these lines find them.
pub(super) fn version(value: &[u8]) -> Option<u32> {
    let version = value.get(sealed::HEAD..)?.strip_prefix(NAME)?.first_chunk()?;
    Some(u32::from_le_bytes(*version))
}

/// Refuses a version this program does not read.
pub(super) fn check_version(path: &Path, version: u32) -> Result<()> {
    if (1..=VERSION).contains(&version) {
        return Ok(());
    }
    let why = format!(
        "its format is version {version}, this program reads up to {VERSION}; upgrade to the proteusdb that wrote it"
    );
    Err(probe::refuse(path, &why))
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
    tables.meta.put(txn, KEY, &sealed::seal(TABLE, KEY, &payload)).map_err(lmdb)?;
    Ok(true)
}
