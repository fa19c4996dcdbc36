//! Models: few, so they are listed rather than indexed.

use heed::RwTxn;
use uuid::Uuid;

use super::commits::{self, Touched};
use super::counters::Counters;
use super::keys::Key;
use super::packed::{self, Index};
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::codec::msgpack;
use crate::error::{Error, Result};
use crate::operation::merge;
use crate::record::{Map, PredictionModel, Value, model_id};

const TABLE: &str = "models";

/// A model and its number.
pub(super) type Numbered = (u32, PredictionModel);

/// Every model, by number.
pub(super) fn all(tables: &Tables, txn: &Txn<'_>) -> Result<Vec<Numbered>> {
    let mut models = Vec::new();
    for entry in tables.models.iter(txn).map_err(lmdb)? {
        let (key, value) = entry.map_err(lmdb)?;
        models.push(decode(key, value)?);
    }
    Ok(models)
}

/// The model with this id.
pub(super) fn get(tables: &Tables, txn: &Txn<'_>, id: &str) -> Result<Option<Numbered>> {
    let Some(value) = tables.model_ids.get(txn, id.as_bytes()).map_err(lmdb)? else { return Ok(None) };
    let number = sealed::open("model_ids", id.as_bytes(), value)?;
    match tables.models.get(txn, number).map_err(lmdb)? {
        Some(value) => decode(number, value).map(Some),
        None => Err(Error::corruption(format!("model {id:?} is listed and missing"))),
    }
}

/// The model with this number; `None` where it was deleted.
pub(super) fn by_number(tables: &Tables, txn: &Txn<'_>, number: u32) -> Result<Option<PredictionModel>> {
    let key = Key::new().u32(number);
    let value = tables.models.get(txn, key.as_bytes()).map_err(lmdb)?;
    value.map(|value| Ok(decode(key.as_bytes(), value)?.1)).transpose()
}

/// Registers a model, or finds the one with the same name, version and configuration.
pub(super) fn register(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    counters: &mut Counters,
    now: i64,
    (name, version, configuration): (&str, Option<&str>, &Map),
) -> Result<Numbered> {
    let mut model = PredictionModel {
        id: model_id(name, version, configuration),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        configuration: configuration.clone(),
        created_at: now,
    };
    if let Some(found) = all(tables, txn)?.into_iter().find(|(_, known)| same(known, &model)) {
        return Ok(found);
    }
    if tables.model_ids.get(txn, model.id.as_bytes()).map_err(lmdb)?.is_some() {
        // A model that has since been changed was registered with this content.
        model.id = Uuid::now_v7().to_string();
    }
    let number = put(tables, txn, counters, None, &model)?;
    commits::note(tables, txn, now, Touched::Model(&model.id))?;
    Ok((number, model))
}

/// Writes a model under its number, or a new one; the number.
pub(super) fn put(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    counters: &mut Counters,
    number: Option<u32>,
    model: &PredictionModel,
) -> Result<u32> {
    let number = number.unwrap_or_else(|| Counters::take(&mut counters.next_model) as u32);
    let key = Key::new().u32(number);
    let value = sealed::seal("model_ids", model.id.as_bytes(), key.as_bytes());
    tables.model_ids.put(txn, model.id.as_bytes(), &value).map_err(lmdb)?;
    write(tables, txn, number, model).map(|()| number)
}

/// What a prediction's `model` text means: a model's id, else the name of one.
pub(super) fn resolve(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    counters: &mut Counters,
    now: i64,
    text: &str,
) -> Result<Numbered> {
    if let Some(found) = get(tables, txn, text)? {
        return Ok(found);
    }
    let mut named: Vec<_> = all(tables, txn)?.into_iter().filter(|(_, model)| model.name == text).collect();
    if named.len() > 1 {
        let plain = named.iter().position(|(_, model)| model.version.is_none() && model.configuration.is_empty());
        return plain.map(|at| named.swap_remove(at)).ok_or_else(|| {
            let ids: Vec<_> = named.iter().map(|(_, model)| model.id.as_str()).collect();
            Error::validation(format!("model {text:?} is the name of several; give a model_id: {}", ids.join(", ")))
        });
    }
    match named.pop() {
        Some(only) => Ok(only),
        None => register(tables, txn, counters, now, (text, None, &Map::new())),
    }
}

/// Changes a model in place; predictions refer to it by number.
pub(super) fn update(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    id: &str,
    name: Option<&str>,
    version: Option<&Option<String>>,
    configuration: &Map,
) -> Result<()> {
    let (number, mut model) = get(tables, txn, id)?.ok_or_else(|| absent(id))?;
    if let Some(name) = name {
        name.clone_into(&mut model.name);
    }
    if let Some(version) = version {
        model.version.clone_from(version);
    }
    merge(&mut model.configuration, configuration);
    crate::validate::check_metadata("configuration", &model.configuration)?;
    write(tables, txn, number, &model)
}

/// Deletes a model that no current prediction uses.
pub(super) fn delete(tables: &Tables, txn: &mut RwTxn<'_>, id: &str) -> Result<()> {
    let (number, _) = get(tables, txn, id)?.ok_or_else(|| absent(id))?;
    let key = Key::new().u32(number);
    let after = key.after();
    let range = (key.as_bytes(), after.as_ref().map(Key::as_bytes));
    let used = packed::count(tables, txn, Index::ByModel, range, u64::MAX)?;
    if used > 0 {
        return Err(Error::validation(format!(
            "model {id:?} is used by {used} prediction(s); delete or change them first"
        )));
    }
    tables.models.delete(txn, key.as_bytes()).map_err(lmdb)?;
    tables.model_ids.delete(txn, id.as_bytes()).map_err(lmdb)?;
    Ok(())
}

fn absent(id: &str) -> Error {
    Error::validation(format!("no model has the id {id:?}; list_models() shows what there is"))
}

/// Whether two models have one name, version and configuration.
fn same(a: &PredictionModel, b: &PredictionModel) -> bool {
    let configuration = |model: &PredictionModel| Value::Map(model.configuration.clone());
    a.name == b.name && a.version == b.version && configuration(a).same(&configuration(b))
}

fn write(tables: &Tables, txn: &mut RwTxn<'_>, number: u32, model: &PredictionModel) -> Result<()> {
    let mut map = Map::new();
    map.insert("model_id".into(), Value::Text(model.id.clone()));
    map.insert("name".into(), Value::Text(model.name.clone()));
    map.insert("version".into(), model.version.clone().map_or(Value::Null, Value::Text));
    map.insert("configuration".into(), Value::Map(model.configuration.clone()));
    map.insert("created_at".into(), Value::Time(model.created_at));
    let key = Key::new().u32(number);
    let value = sealed::seal(TABLE, key.as_bytes(), &msgpack::encode_map(&map));
    tables.models.put(txn, key.as_bytes(), &value).map_err(lmdb)
}

/// An entry of the table.
pub(super) fn decode(key: &[u8], value: &[u8]) -> Result<Numbered> {
    let damaged = || Error::corruption(format!("table {TABLE}, key {}: it is no model", sealed::shown(key)));
    let number = key.try_into().map(u32::from_be_bytes).map_err(|_| damaged())?;
    let mut map = msgpack::decode_map(sealed::open(TABLE, key, value)?, "model")?;
    let mut take = |name: &str| map.swap_remove(name).unwrap_or(Value::Null);
    let (id, name, version) = (take("model_id"), take("name"), take("version"));
    match (id, name, take("configuration"), take("created_at")) {
        (Value::Text(id), Value::Text(name), Value::Map(configuration), Value::Time(created_at)) => {
            let version = if let Value::Text(version) = version { Some(version) } else { None };
            Ok((number, PredictionModel { id, name, version, configuration, created_at }))
        }
        _ => Err(damaged()),
    }
}
