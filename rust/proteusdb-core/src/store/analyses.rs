//! Analyses: results computed from a prediction, which must exist.

use heed::RwTxn;

use super::keys::Key;
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::codec::msgpack;
use crate::error::{Error, Result};
use crate::record::{Analysis, Map, Value};

const TABLE: &str = "analyses";

/// Stores an analysis of the prediction in `row`.
pub(super) fn store(tables: &Tables, txn: &mut RwTxn<'_>, row: u64, analysis: &Analysis) -> Result<()> {
    let mut map = Map::new();
    map.insert("prediction_id".into(), Value::Text(analysis.prediction_id.clone()));
    map.insert("created_at".into(), Value::Time(analysis.created_at));
    map.insert("parameters".into(), Value::Map(analysis.parameters.clone()));
    map.insert("results".into(), Value::Map(analysis.results.clone()));
    let mut payload = row.to_le_bytes().to_vec();
    payload.extend(msgpack::encode_map(&map));
    let id = analysis.id.as_bytes();
    tables.analyses.put(txn, id, &sealed::seal(TABLE, id, &payload)).map_err(lmdb)?;
    tables.analyses_by_row.put(txn, Key::new().u64(row).raw(id).as_bytes(), &[]).map_err(lmdb)
}

/// The analysis with this id.
pub(super) fn get(tables: &Tables, txn: &Txn<'_>, id: &str) -> Result<Option<Analysis>> {
    let Some(value) = tables.analyses.get(txn, id.as_bytes()).map_err(lmdb)? else { return Ok(None) };
    decode(id.as_bytes(), value).map(|(_, analysis)| Some(analysis))
}

/// Row and analysis of an entry of the table.
pub(super) fn decode(id: &[u8], value: &[u8]) -> Result<(u64, Analysis)> {
    let damaged = || Error::corruption(format!("table {TABLE}, key {}: it is no analysis", sealed::shown(id)));
    let payload = sealed::open(TABLE, id, value)?;
    let (row, payload) = payload.split_first_chunk::<8>().ok_or_else(damaged)?;
    let mut map = msgpack::decode_map(payload, "analysis")?;
    let mut take = |name: &str| map.swap_remove(name).unwrap_or(Value::Null);
    match (take("prediction_id"), take("created_at"), take("parameters"), take("results")) {
        (Value::Text(prediction_id), Value::Time(created_at), Value::Map(parameters), Value::Map(results)) => {
            let id = std::str::from_utf8(id).map_err(|_| damaged())?.to_owned();
            Ok((u64::from_le_bytes(*row), Analysis { id, prediction_id, results, parameters, created_at }))
        }
        _ => Err(damaged()),
    }
}

/// The ids of all analyses, or of those of one row, in order.
pub(super) fn list(tables: &Tables, txn: &Txn<'_>, row: Option<u64>) -> Result<Vec<String>> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
    let damaged = |_| Error::corruption(format!("table {TABLE}: an id is no text"));
    let mut ids = Vec::new();
    match row {
        None => {
            for entry in tables.analyses.iter(txn).map_err(lmdb)? {
                ids.push(text(entry.map_err(lmdb)?.0).map_err(damaged)?);
            }
        }
        Some(row) => {
            let prefix = Key::new().u64(row);
            for entry in tables.analyses_by_row.prefix_iter(txn, prefix.as_bytes()).map_err(lmdb)? {
                ids.push(text(entry.map_err(lmdb)?.0.get(8..).unwrap_or_default()).map_err(damaged)?);
            }
        }
    }
    Ok(ids)
}

/// Deletes an analysis; whether it was there.
pub(super) fn delete(tables: &Tables, txn: &mut RwTxn<'_>, id: &str) -> Result<bool> {
    let Some(value) = tables.analyses.get(txn, id.as_bytes()).map_err(lmdb)? else { return Ok(false) };
    let (row, _) = decode(id.as_bytes(), value)?;
    tables.analyses.delete(txn, id.as_bytes()).map_err(lmdb)?;
    tables.analyses_by_row.delete(txn, Key::new().u64(row).raw(id.as_bytes()).as_bytes()).map_err(lmdb)
}
