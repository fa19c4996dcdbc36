//! What was damaged and set aside by a repair: bytes as they were, with what they were and why.
//!
//! ```text
//! quarantine   number u64 -> text what | text why | time | text table | bytes key | bytes value | parts: text name, bytes
//! ```
//!
//! Nothing reads from here but people and programs that try to mend a record by hand; a repair never deletes.

use heed::RwTxn;

use super::keys::{Key, last_u64};
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};

const TABLE: &str = "quarantine";

/// Something that was set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// What it was, for people: `prediction "x", version 3`.
    pub what: String,
    /// Why it was set aside.
    pub why: String,
    /// When, µs.
    pub at: i64,
    /// The table it lay in.
    pub table: String,
    /// Its key there.
    pub key: Vec<u8>,
    /// Its value, as it was found.
    pub value: Vec<u8>,
    /// Bytes of the blobs it named, by name; damaged or not.
    pub parts: Vec<(String, Vec<u8>)>,
}

/// Sets things aside.
pub(super) fn put(tables: &Tables, txn: &mut RwTxn<'_>, items: &[Item]) -> Result<()> {
    let Some(table) = tables.quarantine else { return Err(Error::storage("this schema has no quarantine")) };
    let last = table.last(txn).map_err(lmdb)?.and_then(|(key, _)| last_u64(key)).unwrap_or(0);
    for (number, item) in (last + 1..).zip(items) {
        let mut payload = Vec::new();
        put_bytes(&mut payload, item.what.as_bytes());
        put_bytes(&mut payload, item.why.as_bytes());
        payload.extend(item.at.to_le_bytes());
        put_bytes(&mut payload, item.table.as_bytes());
        put_bytes(&mut payload, &item.key);
        put_bytes(&mut payload, &item.value);
        put_varint(&mut payload, item.parts.len() as u64);
        for (name, bytes) in &item.parts {
            put_bytes(&mut payload, name.as_bytes());
            put_bytes(&mut payload, bytes);
        }
        let key = Key::new().u64(number);
        table.put(txn, key.as_bytes(), &sealed::seal(TABLE, key.as_bytes(), &payload)).map_err(lmdb)?;
    }
    Ok(())
}

/// An entry of the table.
pub(super) fn decode(key: &[u8], value: &[u8]) -> Result<Item> {
    let mut reader = Reader::new(sealed::open(TABLE, key, value)?, "quarantined item");
    let mut item = Item {
        what: reader.text()?.to_owned(),
        why: reader.text()?.to_owned(),
        at: reader.u64()? as i64,
        table: reader.text()?.to_owned(),
        key: reader.bytes()?.to_vec(),
        value: reader.bytes()?.to_vec(),
        parts: Vec::new(),
    };
    for _ in 0..reader.count(reader.remaining())? {
        item.parts.push((reader.text()?.to_owned(), reader.bytes()?.to_vec()));
    }
    reader.finish().map(|()| item)
}

/// Everything that was set aside, in order.
pub(super) fn all(tables: &Tables, txn: &Txn<'_>) -> Result<Vec<Item>> {
    let Some(table) = tables.quarantine else { return Ok(Vec::new()) };
    let mut items = Vec::new();
    for entry in table.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        items.push(decode(key, value)?);
    }
    Ok(items)
}
