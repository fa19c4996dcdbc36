//! What is known to have been there and was not found: named by what refers to it.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::store::commits::Touched;
use crate::store::header::{self, HeaderView};
use crate::store::snapshot::row_number;
use crate::store::tables::Tables;
use crate::store::{Txn, lmdb, rebuild};

type Lost = Vec<(String, String)>;

/// What entries that were found name, and what was not found.
pub(super) fn of(tables: &Tables, txn: &Txn<'_>) -> Result<Lost> {
    let mut names = BTreeMap::new();
    let mut lost = Lost::new();
    for entry in tables.ids.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        if let (Ok(id), Ok(row)) = (std::str::from_utf8(key), row_number(key, value)) {
            names.insert(row, id.to_owned());
        }
    }
    let newest = newest(tables, txn)?;
    for (row, id) in names.iter().filter(|(row, _)| !newest.contains_key(row)) {
        lost.push((format!("prediction {id:?}, row {row}"), "none of its versions was found".to_owned()));
    }
    later(tables, txn, &newest, &names, &mut lost)?;
    analyses(tables, txn, &mut lost)?;
    Ok(lost)
}

/// The newest version that was found of each row.
fn newest(tables: &Tables, txn: &Txn<'_>) -> Result<BTreeMap<u64, u32>> {
    let mut newest = BTreeMap::new();
    for entry in tables.headers.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        if let (Some((row, version)), true) = (header::split_key(key), HeaderView::open(key, value).is_ok()) {
            newest.insert(row, version);
        }
    }
    Ok(newest)
}

/// Versions in the log of commits that are newer than what was found: no cleanup takes the newest away.
fn later(
    tables: &Tables,
    txn: &Txn<'_>,
    newest: &BTreeMap<u64, u32>,
    names: &BTreeMap<u64, String>,
    lost: &mut Lost,
) -> Result<()> {
    let Some(table) = tables.changes else { return Ok(()) };
    for entry in table.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        let Ok(Touched::Version(row, version)) = Touched::decode(key, value) else { continue };
        let (Some(&found), Some(id)) = (newest.get(&row), names.get(&row)) else { continue };
        let known = tables.headers.get(txn, header::key(row, version).as_bytes()).map_err(lmdb)?;
        if version > found && known.is_none() {
            let why = format!("it was not found; the newest that was is version {found}");
            lost.push((rebuild::version_name(id, version), why));
        }
    }
    Ok(())
}

fn analyses(tables: &Tables, txn: &Txn<'_>, lost: &mut Lost) -> Result<()> {
    for entry in tables.analyses_by_row.iter(txn).map_err(lmdb)? {
        let (key, _) = entry.map_err(lmdb)?;
        let Some(id) = key.get(8..) else { continue };
        if tables.analyses.get(txn, id).map_err(lmdb)?.is_none() {
            let id = String::from_utf8_lossy(id);
            lost.push((format!("analysis {id:?}"), "it was not found".to_owned()));
        }
    }
    Ok(())
}
