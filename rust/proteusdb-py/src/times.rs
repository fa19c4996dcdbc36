//! `datetime` to microseconds and back. A naive moment is UTC; a bare `date` stays text, because in a range it means a
//! whole day.

use proteusdb_core::record::Value;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

/// `datetime.datetime`, `datetime.date`, `datetime.timedelta`, `datetime.timezone.utc` and the epoch.
struct Types {
    datetime: Py<PyType>,
    date: Py<PyType>,
    timedelta: Py<PyType>,
    utc: Py<PyAny>,
    epoch: Py<PyAny>,
}

fn types(py: Python<'_>) -> PyResult<&Types> {
    static TYPES: PyOnceLock<Types> = PyOnceLock::new();
    TYPES.get_or_try_init(py, || {
        let module = py.import("datetime")?;
        let class = |name: &str| -> PyResult<Py<PyType>> { Ok(module.getattr(name)?.cast_into::<PyType>()?.unbind()) };
        let utc = module.getattr("timezone")?.getattr("utc")?;
        let epoch = module.getattr("datetime")?.call_method1("fromtimestamp", (0, &utc))?;
        Ok(Types {
            datetime: class("datetime")?,
            date: class("date")?,
            timedelta: class("timedelta")?,
            utc: utc.unbind(),
            epoch: epoch.unbind(),
        })
    })
}

/// A `datetime` as [`Value::Time`], a `date` as [`Value::Text`], `None` for anything else.
pub fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    let py = object.py();
    let types = types(py)?;
    if object.is_instance(types.datetime.bind(py))? {
        return micros(object, types).map(|micros| Some(Value::Time(micros)));
    }
    if object.is_instance(types.date.bind(py))? {
        return Ok(Some(Value::Text(object.call_method0("isoformat")?.extract()?)));
    }
    Ok(None)
}

fn micros(moment: &Bound<'_, PyAny>, types: &Types) -> PyResult<i64> {
    let py = moment.py();
    let moment = if moment.getattr("tzinfo")?.is_none() {
        let utc = PyDict::new(py);
        utc.set_item("tzinfo", types.utc.bind(py))?;
        moment.call_method("replace", (), Some(&utc))?
    } else {
        moment.clone()
    };
    let since = moment.sub(types.epoch.bind(py))?;
    let part = |name: &str| -> PyResult<i64> { since.getattr(name)?.extract() };
    Ok((part("days")? * 86_400 + part("seconds")?) * 1_000_000 + part("microseconds")?)
}

/// Microseconds as an aware UTC `datetime`.
pub fn to_python(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    let types = types(py)?;
    types.epoch.bind(py).add(types.timedelta.bind(py).call1((0, 0, micros))?)
}
