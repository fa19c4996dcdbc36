//! The id of a model: made of its content, so that every process and every back end gives one model one id.

use uuid::Uuid;

use super::{Map, Value};
use crate::codec::msgpack;

/// Made for this project; the name of a model under it is its content.
const NAMESPACE: Uuid = Uuid::from_u128(0x6b1f_0d5e_7a0c_4d3b_9c7e_51a2_c0de_7001);

/// A UUIDv5 of the content: the same for the same name, version and configuration, whatever the order of the keys.
#[must_use]
pub fn model_id(name: &str, version: Option<&str>, configuration: &Map) -> String {
    let mut content = Map::new();
    content.insert("name".into(), Value::Text(name.into()));
    content.insert("version".into(), version.map_or(Value::Null, |version| Value::Text(version.into())));
    content.insert("configuration".into(), sorted(&Value::Map(configuration.clone())));
    Uuid::new_v5(&NAMESPACE, &msgpack::encode_map(&content)).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let mut map: Map = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            map.sort_keys();
            Value::Map(map)
        }
        Value::List(items) => Value::List(items.iter().map(sorted).collect()),
        // 1 == 1.0 must give one id.
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::Int(*float as i64),
        other => other.clone(),
    }
}
