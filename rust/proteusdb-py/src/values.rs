//! Python values to metadata and back.
//!
//! ```text
//! None bool int float str datetime list/tuple dict   <->   record::Value
//! numpy.ndarray                                      <->   Value::Array   (results of analyses only)
//! numpy scalars                                       ->   what .item() gives
//! ```

use numpy::PyUntypedArray;
use proteusdb_core::record::{Map, Value};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::arrays;
use crate::times;

/// The key that marks a range in criteria; metadata keys never begin with `$`.
const RANGE: &str = "$range";
/// Deeper values fail validation anyway; this bound keeps a self-referring list from ending the process.
const MAX_DEPTH: usize = 64;

/// A dict as a metadata map; `field` is named in errors.
pub fn map(field: &str, object: &Bound<'_, PyAny>) -> Result<Map> {
    if object.is_none() {
        return Ok(Map::new());
    }
    Walk { ranges: false }.map(field, object, 0)
}

/// Query criteria: `metadata` may hold 2-tuples, which are ranges there.
pub fn criteria(object: &Bound<'_, PyAny>) -> Result<Map> {
    let outer = object.cast::<PyDict>().map_err(|_| wrong("criteria", object, "a dict is needed"))?;
    let mut map = Map::new();
    for (key, value) in outer {
        let name = key.extract::<String>().map_err(|_| wrong("criteria", &key, "names are str"))?;
        let ranges = name == "metadata";
        map.insert(name.clone(), Walk { ranges }.value(&name, &value, 0)?);
    }
    Ok(map)
}

struct Walk {
    ranges: bool,
}

impl Walk {
    fn map(&self, path: &str, object: &Bound<'_, PyAny>, depth: usize) -> Result<Map> {
        let Ok(dict) = object.cast::<PyDict>() else {
            // Any mapping will do: os.environ, MappingProxyType, a library's own.
            let as_dict = object.py().get_type::<PyDict>().call1((object,));
            return match as_dict {
                Ok(dict) if object.hasattr("keys").unwrap_or(false) => self.map(path, &dict, depth),
                _ => Err(wrong(path, object, "a dict is needed")),
            };
        };
        let mut map = Map::with_capacity(dict.len());
        for (key, value) in dict {
            let Ok(key) = key.extract::<String>() else { return Err(wrong(path, &key, "keys are str")) };
            let value = self.value(&format!("{path}.{key}"), &value, depth + 1)?;
            map.insert(key, value);
        }
        Ok(map)
    }

    fn value(&self, path: &str, object: &Bound<'_, PyAny>, depth: usize) -> Result<Value> {
        if depth > MAX_DEPTH {
            return Err(Error::validation(format!("{path}: nested deeper than 32 levels")));
        }
        if object.is_none() {
            Ok(Value::Null)
        } else if let Ok(flag) = object.cast::<PyBool>() {
            Ok(Value::Bool(flag.is_true()))
        } else if object.is_instance_of::<PyInt>() {
            let integer = object.extract().map_err(|_| wrong(path, object, "integers have 64 bits"))?;
            Ok(Value::Int(integer))
        } else if let Ok(float) = object.cast::<PyFloat>() {
            Ok(Value::Float(float.value()))
        } else if object.is_instance_of::<PyString>() {
            object.extract().map(Value::Text).map_err(|_| wrong(path, object, "text is valid Unicode"))
        } else if object.is_instance_of::<PyDict>() {
            self.map(path, object, depth).map(Value::Map)
        } else if let Ok(tuple) = object.cast::<PyTuple>() {
            self.tuple(path, tuple, depth)
        } else if let Ok(list) = object.cast::<PyList>() {
            self.items(path, list.iter(), depth).map(Value::List)
        } else {
            self.other(path, object, depth)
        }
    }

    fn tuple(&self, path: &str, tuple: &Bound<'_, PyTuple>, depth: usize) -> Result<Value> {
        let items = Value::List(self.items(path, tuple.iter(), depth)?);
        if self.ranges && tuple.len() == 2 {
            return Ok(Value::Map([(RANGE.to_owned(), items)].into_iter().collect()));
        }
        Ok(items)
    }

    fn items<'py>(
        &self,
        path: &str,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        depth: usize,
    ) -> Result<Vec<Value>> {
        items.enumerate().map(|(index, item)| self.value(&format!("{path}[{index}]"), &item, depth + 1)).collect()
    }

    /// Moments, arrays, numpy scalars and mappings: what no fast check knows.
    fn other(&self, path: &str, object: &Bound<'_, PyAny>, depth: usize) -> Result<Value> {
        if let Some(moment) =
            times::from_python(object).map_err(|_| wrong(path, object, "moments have a year 1-9999"))?
        {
            return Ok(moment);
        }
        if let Ok(array) = object.cast::<PyUntypedArray>() {
            return arrays::from_python(path, array).map(Value::Array);
        }
        if object.hasattr("keys").unwrap_or(false) {
            return self.map(path, object, depth).map(Value::Map);
        }
        match object.call_method0("item") {
            Ok(item) if !item.get_type().is(object.get_type()) => self.value(path, &item, depth + 1),
            _ => Err(wrong(path, object, "allowed are None, bool, int, float, str, datetime, list and dict")),
        }
    }
}

fn wrong(path: &str, object: &Bound<'_, PyAny>, allowed: &str) -> Error {
    let type_name = object.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    Error::validation(format!("{path}: {type_name} is not allowed here; {allowed}"))
}

/// A metadata map as a new dict.
pub fn to_dict<'py>(py: Python<'py>, map: &Map) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in map {
        dict.set_item(key, to_python(py, value)?)?;
    }
    Ok(dict)
}

/// A metadata value as a Python object.
pub fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Int(integer) => integer.into_pyobject(py)?.into_any(),
        Value::Float(float) => PyFloat::new(py, *float).into_any(),
        Value::Text(text) => PyString::new(py, text).into_any(),
        Value::Time(micros) => times::to_python(py, *micros)?,
        Value::List(items) => {
            let items = items.iter().map(|item| to_python(py, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::Map(map) => to_dict(py, map)?.into_any(),
        Value::Array(array) => arrays::to_python(py, array)?,
    })
}
