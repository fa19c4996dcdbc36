//! What a file is: the first record that is read of it.
//!
//! ```text
//! "proteusdb" | schema u32 | store UUID 16 bytes | generation u64 | from schema 2: text, the program that wrote it so
//! ```
//!
//! The generation counts up when a copy starts the transaction ids anew, or an earlier state takes the place of a later
//! one. The program's version is what a message can name where the schema is from the future.

use std::path::Path;

use super::options::Options;
use super::tables::TablesIn;
use super::{Txn, lmdb, probe, sealed, upgrade};
use crate::codec::wire::{Reader, put_bytes};
use crate::error::{Error, Result};

/// The table that holds the record.
pub(super) const TABLE: &str = "meta";
/// Its key there.
pub(super) const KEY: &[u8] = b"format";
const NAME: &[u8] = b"proteusdb";
/// The first schema whose record names a program.
const NAMED: u32 = 2;
/// The program that runs.
pub(super) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// The schema that FORMAT.md describes.
pub(super) const VERSION: u32 = upgrade::LATEST;

/// Reads the record of an open store; its schema.
///
/// # Errors
/// `Connection` for a schema this program does not open so, `Corruption` where the record is damaged.
pub(super) fn check(path: &Path, tables: &TablesIn<'_>, txn: &Txn<'_>, options: &Options) -> Result<u32> {
    let value = tables.meta.get(txn, KEY).map_err(lmdb)?;
    let value = value.ok_or_else(|| probe::refuse(path, "its format record is missing"))?;
    check_value(path, value, options)?;
    identity(tables, txn).map(|identity| identity.format)
}

/// Which store a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identity {
    /// Version of the schema.
    pub format: u32,
    /// Given once, when the store is made; copies keep it.
    pub uuid: uuid::Uuid,
    /// Counts the copies that started the transaction ids anew, and the returns to an earlier state.
    pub generation: u64,
}

/// The record, verified.
///
/// # Errors
/// `Corruption` where it is missing or damaged.
pub(super) fn identity(tables: &TablesIn<'_>, txn: &Txn<'_>) -> Result<Identity> {
    let value = tables.meta.get(txn, KEY).map_err(lmdb)?;
    let value = value.ok_or_else(|| Error::corruption("table meta, key \"format\": it is missing"))?;
    identity_in(value)
}

/// The record in a value of the table.
///
/// # Errors
/// `Corruption` where it is damaged.
pub(super) fn identity_in(value: &[u8]) -> Result<Identity> {
    let mut reader = Reader::new(sealed::open(TABLE, KEY, value)?, "format record");
    reader.take(NAME.len())?;
    let format = u32::from_le_bytes(reader.array()?);
    let identity = Identity { format, uuid: uuid::Uuid::from_bytes(reader.array()?), generation: reader.u64()? };
    if format >= NAMED {
        reader.text()?;
    }
    reader.finish().map(|()| identity)
}

/// Writes the record.
pub(super) fn write(tables: &TablesIn<'_>, txn: &mut heed::RwTxn<'_>, identity: Identity) -> Result<()> {
    let mut payload = NAME.to_vec();
    payload.extend(identity.format.to_le_bytes());
    payload.extend(identity.uuid.as_bytes());
    payload.extend(identity.generation.to_le_bytes());
    if identity.format >= NAMED {
        put_bytes(&mut payload, PROGRAM.as_bytes());
    }
    tables.meta.put(txn, KEY, &sealed::seal(TABLE, KEY, &payload)).map_err(lmdb)
}

/// The schema in the record as it lies on the page; `None` in a record of another program.
///
/// Whatever later versions change, they leave name, version and program where these lines find them.
fn version(value: &[u8]) -> Option<u32> {
    let version = value.get(sealed::HEAD..)?.strip_prefix(NAME)?.first_chunk()?;
    Some(u32::from_le_bytes(*version))
}

/// The program that the record names.
fn program(value: &[u8]) -> Option<&str> {
    let named = value.get(sealed::HEAD + NAME.len() + 4 + 16 + 8..)?;
    Reader::new(named, "format record").text().ok().filter(|text| text.len() < 40 && text.is_ascii())
}

/// Whether a transaction finds the store at another schema than it was opened at.
pub(super) fn has_moved(tables: &TablesIn<'_>, txn: &Txn<'_>, schema: u32) -> Result<bool> {
    Ok(tables.meta.get(txn, KEY).map_err(lmdb)?.and_then(version).is_some_and(|found| found != schema))
}

/// Whether these options open what a record says; false for no record of ours.
///
/// # Errors
/// `Connection` for a schema this program does not read, or does not write as it is.
pub(super) fn check_value(path: &Path, value: &[u8], options: &Options) -> Result<bool> {
    let Some(version) = version(value) else { return Ok(false) };
    if !(1..=VERSION).contains(&version) {
        let reader =
            program(value).map_or("the proteusdb that wrote it".to_owned(), |name| format!("proteusdb {name}"));
        let why = format!(
            "its schema is version {version} and this program, proteusdb {PROGRAM}, reads up to {VERSION}; open it with \
             {reader} or a later one"
        );
        return Err(probe::refuse(path, &why));
    }
    match version == VERSION || options.read_only || options.any_schema {
        true => Ok(true),
        false => Err(probe::refuse(path, &older(version))),
    }
}

/// Why a store of an older schema is not written, and what to do.
pub(super) fn older(version: u32) -> String {
    format!(
        "its schema is version {version} and this program writes {VERSION}; DatabaseMigrator(path).upgrade_schema() or \
         `proteusdb migrate` upgrades it, read_only=True reads it as it is"
    )
}

/// Writes the record of a new store; whether it was new.
pub(super) fn write_if_absent(tables: &TablesIn<'_>, txn: &mut heed::RwTxn<'_>) -> Result<bool> {
    if tables.meta.get(txn, KEY).map_err(lmdb)?.is_some() {
        return Ok(false);
    }
    write(tables, txn, Identity { format: VERSION, uuid: uuid::Uuid::now_v7(), generation: 0 }).map(|()| true)
}
