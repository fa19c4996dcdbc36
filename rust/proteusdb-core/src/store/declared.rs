//! Indexes that users declare: which there are, and how one comes and goes.
//!
//! ```text
//! meta "indexes"    the last number given out; for each index its number and field
//! user_indexes      number, key of the value, row    ->  nothing          one for each current row that has a value
//! ```
//!
//! An index is built, or removed, in one write transaction together with its declaration: a crash leaves either none of
//! it or all, and no reader ever meets half of one. Other writers wait meanwhile, some seconds for a million rows.
//! Every write transaction reads the declarations first, so each writer of each process keeps every index.

use std::ops::Bound;

use heed::RwTxn;

use super::keys::Key;
use super::packed::{self, Index};
use super::sealed;
use super::snapshot::{newest, row_number};
use super::tables::Tables;
use super::{Txn, lmdb};
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};
use crate::query::{Field, ordered};
use crate::record::Prediction;

pub(super) const KEY: &[u8] = b"indexes";
/// The most indexes of a store; every write pays for each.
const MOST: usize = 64;
/// Rows whose entries are sorted at a time while an index is built, so that its pages are written in order.
const BATCH: usize = 200_000;

/// The declared indexes.
#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    last: u32,
    fields: Vec<(u32, Field)>,
}

impl Declared {
    /// Reads the declarations.
    ///
    /// # Errors
    /// `Corruption` where they are damaged.
    pub(super) fn read(tables: &Tables, txn: &Txn<'_>) -> Result<Self> {
        let Some(value) = tables.meta.get(txn, KEY).map_err(lmdb)? else { return Ok(Self::default()) };
        let mut reader = Reader::new(sealed::open("meta", KEY, value)?, "declared indexes");
        let mut declared = Self { last: number(&mut reader)?, fields: Vec::new() };
        for _ in 0..reader.count(reader.remaining())? {
            let number = number(&mut reader)?;
            let field = Field::parse(reader.text()?).map_err(|_| reader.broken())?;
            declared.fields.push((number, field));
        }
        reader.finish().map(|()| declared)
    }

    fn write(&self, tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
        let mut payload = Vec::new();
        put_varint(&mut payload, u64::from(self.last));
        put_varint(&mut payload, self.fields.len() as u64);
        for (number, field) in &self.fields {
            put_varint(&mut payload, u64::from(*number));
            put_bytes(&mut payload, field.name().as_bytes());
        }
        tables.meta.put(txn, KEY, &sealed::seal("meta", KEY, &payload)).map_err(lmdb)
    }

    /// The fields, in the order they were declared.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().map(|(_, field)| field)
    }

    /// The number of the index on a field.
    pub(super) fn number(&self, field: &Field) -> Option<u32> {
        self.fields.iter().find(|(_, known)| known == field).map(|(number, _)| *number)
    }

    /// What stands before the row in the entries of a prediction.
    pub(super) fn keys(&self, prediction: &Prediction) -> Vec<Key> {
        let entry = |(number, field): &(u32, Field)| ordered::of(prediction, field).map(|key| entry(*number, &key));
        self.fields.iter().filter_map(entry).collect()
    }
}

/// The beginning of an entry.
pub(super) fn entry(number: u32, value: &[u8]) -> Key {
    Key::new().u32(number).raw(value)
}

fn number(reader: &mut Reader<'_>) -> Result<u32> {
    u32::try_from(reader.varint()?).map_err(|_| reader.broken())
}

/// Declares an index and builds it; whether it was new.
///
/// # Errors
/// `Query` where there are too many; `Corruption` naming table and key.
pub(super) fn create(tables: &Tables, txn: &mut RwTxn<'_>, field: &Field) -> Result<bool> {
    let mut declared = Declared::read(tables, txn)?;
    if declared.number(field).is_some() {
        return Ok(false);
    }
    if declared.fields.len() >= MOST {
        return Err(Error::query(format!("{MOST} indexes are declared, which is the most; drop one of them first")));
    }
    declared.last += 1;
    let one = Declared { last: declared.last, fields: vec![(declared.last, field.clone())] };
    let mut after: Option<Vec<u8>> = None;
    loop {
        let (mut keys, last) = batch(tables, txn, &one, after.as_deref())?;
        keys.sort_unstable();
        let changes: Vec<_> = keys.into_iter().map(|key| (key, true)).collect();
        packed::change(tables, txn, Index::User, &changes)?;
        if last.is_none() {
            break;
        }
        after = last;
    }
    declared.fields.extend(one.fields);
    declared.write(tables, txn).map(|()| true)
}

/// Entries, and the id of the last row they are of; `None` where no rows follow.
type Batch = (Vec<Vec<u8>>, Option<Vec<u8>>);

/// The entries of the rows after an id.
fn batch(tables: &Tables, txn: &Txn<'_>, declared: &Declared, after: Option<&[u8]>) -> Result<Batch> {
    let mut keys = Vec::new();
    let range: (Bound<&[u8]>, Bound<&[u8]>) = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
    for (count, entry) in tables.ids.range(txn, &range).map_err(lmdb)?.enumerate() {
        let (id, value) = entry.map_err(lmdb)?;
        let row = row_number(id, value)?;
        if let Some(view) = newest(tables, txn, row)?.filter(|view| !view.deleted()) {
            let prediction = view.decode(String::new(), None)?;
            keys.extend(declared.keys(&prediction).into_iter().map(|key| key.u64(row).as_bytes().to_vec()));
        }
        if count + 1 == BATCH {
            return Ok((keys, Some(id.to_vec())));
        }
    }
    Ok((keys, None))
}

/// Removes an index.
///
/// # Errors
/// `Query` where there is no such index, naming those there are.
pub(super) fn remove(tables: &Tables, txn: &mut RwTxn<'_>, field: &Field) -> Result<()> {
    let mut declared = Declared::read(tables, txn)?;
    let Some(number) = declared.number(field) else {
        let names: Vec<String> = declared.fields().map(Field::name).collect();
        let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(Error::query(format!("no index is declared on {}; declared are: {listed}", field.name())));
    };
    let (from, to) = range(number);
    packed::clear(tables, txn, Index::User, (from.as_bytes(), to.as_ref().map(Key::as_bytes)))?;
    declared.fields.retain(|(other, _)| *other != number);
    declared.write(tables, txn)
}

/// Every entry of an index: from a key to the one after the last.
pub(super) fn range(number: u32) -> (Key, Option<Key>) {
    let from = Key::new().u32(number);
    let to = from.after();
    (from, to)
}
