//! What metadata must be like: types of fields, and which must be there.
//!
//! ```text
//! organism      str              required
//! temperature   float, None      an int is a float too; None is what a key may hold, not that it is missing
//! scores.ptm    float            a path into nested maps
//! ```
//!
//! What is not declared is free.

use crate::error::{Error, Result};
use crate::query::Field;
use crate::record::{Map, Value};

/// The names of the types.
const TYPES: [&str; 8] = ["bool", "datetime", "dict", "float", "int", "list", "str", "None"];
/// The most fields of a schema; every write pays for each.
const MOST: usize = 256;

/// Declared fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    fields: Vec<Declared>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Declared {
    path: String,
    types: Vec<&'static str>,
    required: bool,
}

impl Schema {
    /// From fields (`metadata.` and a path) with the names of their types, and the fields that must be there.
    ///
    /// # Errors
    /// `Validation` naming the field, what is wrong with it and what is allowed.
    pub fn new(fields: &[(String, Vec<String>)], required: &[String]) -> Result<Self> {
        if fields.len() > MOST {
            return Err(Error::validation(format!("schema: {} fields; allowed are {MOST}", fields.len())));
        }
        let mut declared: Vec<Declared> = Vec::with_capacity(fields.len());
        for (name, types) in fields {
            let one =
                Declared { path: path(name)?, types: known_types(name, types)?, required: required.contains(name) };
            declared.push(one);
        }
        declared.sort_by(|a, b| a.path.cmp(&b.path));
        let schema = Self { fields: declared };
        schema.agrees(required)?;
        Ok(schema)
    }

    /// Every required field is declared, and what lies within another can be there.
    fn agrees(&self, required: &[String]) -> Result<()> {
        let known = |name: &String| self.fields.iter().any(|field| format!("metadata.{}", field.path) == *name);
        if let Some(name) = required.iter().find(|name| !known(name)) {
            return Err(Error::validation(format!(
                "required {name:?}: it is not among the fields; declare its type too"
            )));
        }
        for pair in self.fields.windows(2) {
            if let [a, b] = pair
                && a.path == b.path
            {
                return Err(Error::validation(format!("metadata.{}: declared twice", a.path)));
            }
        }
        for outer in self.fields.iter().filter(|field| !field.types.contains(&"dict")) {
            let within = format!("{}.", outer.path);
            if let Some(inner) = self.fields.iter().find(|field| field.path.starts_with(&within)) {
                return Err(Error::validation(format!(
                    "metadata.{}: it lies within metadata.{}, which must be a dict then",
                    inner.path, outer.path
                )));
            }
        }
        Ok(())
    }

    /// Whether metadata are as they must be.
    ///
    /// # Errors
    /// `Validation` naming the first field that is not, and what is allowed.
    pub fn check(&self, metadata: &Map) -> Result<()> {
        for field in &self.fields {
            let allowed = || field.types.join(", ");
            match Value::at(metadata, &field.path) {
                None if field.required => {
                    return Err(Error::validation(format!(
                        "metadata.{}: it is missing, and the schema of this store requires it ({})",
                        field.path,
                        allowed()
                    )));
                }
                Some(value) if !field.types.iter().any(|name| is_a(value, name)) => {
                    return Err(Error::validation(format!(
                        "metadata.{}: the schema of this store does not allow {} here; allowed: {}",
                        field.path,
                        value.type_name(),
                        allowed()
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Field, names of its types, and whether it is required, in order.
    pub fn fields(&self) -> impl Iterator<Item = (String, &[&'static str], bool)> {
        self.fields.iter().map(|field| (format!("metadata.{}", field.path), &field.types[..], field.required))
    }

    /// As a map, to be stored.
    #[must_use]
    pub fn to_map(&self) -> Map {
        let text = |name: &&str| Value::Text((*name).to_owned());
        let fields = self.fields().map(|(name, types, _)| (name, Value::List(types.iter().map(text).collect())));
        let fields = Value::Map(fields.collect());
        let required = self.fields().filter(|(_, _, required)| *required).map(|(name, ..)| Value::Text(name)).collect();
        [("fields".to_owned(), fields), ("required".to_owned(), Value::List(required))].into_iter().collect()
    }

    /// From what [`Self::to_map`] made.
    ///
    /// # Errors
    /// `Validation` where it is something else.
    pub fn from_map(map: &Map) -> Result<Self> {
        let (Some(Value::Map(fields)), Some(required)) = (map.get("fields"), map.get("required")) else {
            return Err(Error::validation("schema: fields and required are needed"));
        };
        let texts = |value: &Value| match value {
            Value::List(items) => items.iter().map(text).collect::<Result<Vec<String>>>(),
            _ => Err(Error::validation("schema: a list of names is needed")),
        };
        let fields: Result<Vec<_>> = fields.iter().map(|(name, types)| Ok((name.clone(), texts(types)?))).collect();
        Self::new(&fields?, &texts(required)?)
    }
}

fn text(value: &Value) -> Result<String> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        other => Err(Error::validation(format!("schema: a name is needed, not {}", other.type_name()))),
    }
}

fn path(name: &str) -> Result<String> {
    match Field::parse(name) {
        Ok(Field::Metadata(path)) => Ok(path),
        _ => {
            let shown: String = name.chars().take(60).collect();
            Err(Error::validation(format!("field {shown:?}: allowed are metadata.<key> and metadata.<key>.<key>")))
        }
    }
}

fn known_types(name: &str, types: &[String]) -> Result<Vec<&'static str>> {
    let known = |given: &String| {
        TYPES.iter().copied().find(|known| known == given).ok_or_else(|| {
            Error::validation(format!("field {name:?}: {given:?} is no type; allowed are {}", TYPES.join(", ")))
        })
    };
    let mut known: Vec<&'static str> = types.iter().map(known).collect::<Result<_>>()?;
    known.sort_unstable_by_key(|name| TYPES.iter().position(|other| other == name));
    known.dedup();
    match known.is_empty() {
        true => Err(Error::validation(format!("field {name:?}: no type is given; allowed are {}", TYPES.join(", ")))),
        false => Ok(known),
    }
}

/// An integer is a float too, as everywhere here 1 == 1.0; a boolean is no number.
fn is_a(value: &Value, name: &str) -> bool {
    value.type_name() == name || (name == "float" && matches!(value, Value::Int(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(fields: &[(&str, &[&str])], required: &[&str]) -> Result<Schema> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let fields: Vec<_> = fields.iter().map(|(name, types)| ((*name).to_owned(), owned(types))).collect();
        Schema::new(&fields, &owned(required))
    }

    #[test]
    fn a_schema_is_kept_as_it_was_given() {
        let made = schema(&[("metadata.b.c", &["None", "str"]), ("metadata.a", &["float"])], &["metadata.a"]).unwrap();
        assert_eq!(Schema::from_map(&made.to_map()).unwrap(), made);
        let fields: Vec<_> = made.fields().map(|(name, types, required)| (name, types.join("|"), required)).collect();
        let wanted = [("metadata.a", "float", true), ("metadata.b.c", "str|None", false)];
        assert_eq!(fields, wanted.map(|(name, types, required)| (name.to_owned(), types.to_owned(), required)));
    }

    #[test]
    fn metadata_are_held_against_it() {
        let made = schema(&[("metadata.n", &["float"]), ("metadata.s.t", &["str", "None"])], &["metadata.n"]).unwrap();
        let map =
            |pairs: &[(&str, Value)]| -> Map { pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect() };
        let inner = |value: Value| Value::Map(map(&[("t", value)]));
        for good in [
            map(&[("n", Value::Int(1))]),
            map(&[("n", Value::Float(1.5)), ("s", inner(Value::Null)), ("free", Value::Bool(true))]),
        ] {
            assert_eq!(made.check(&good), Ok(()), "{good:?}");
        }
        for (bad, why) in [
            (map(&[]), "metadata.n: it is missing"),
            (map(&[("n", Value::Bool(true))]), "does not allow bool here; allowed: float"),
            (map(&[("n", Value::Int(1)), ("s", inner(Value::Int(1)))]), "metadata.s.t"),
        ] {
            let error = made.check(&bad).unwrap_err();
            assert!(error.message().contains(why), "{error}");
        }
    }

    #[test]
    fn a_wrong_schema_is_refused_with_what_is_allowed() {
        for (fields, required, why) in [
            (&[("length", &["int"][..])][..], &[][..], "metadata.<key>"),
            (&[("metadata.a", &["text"][..])], &[], "allowed are bool, datetime"),
            (&[("metadata.a", &[][..])], &[], "no type is given"),
            (&[("metadata.a", &["int"][..])], &["metadata.b"], "declare its type too"),
            (&[("metadata.a", &["int"][..]), ("metadata.a.b", &["int"][..])], &[], "must be a dict"),
        ] {
            let error = schema(fields, required).unwrap_err();
            assert!(error.message().contains(why), "{error}");
        }
    }
}
