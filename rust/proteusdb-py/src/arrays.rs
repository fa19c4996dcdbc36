//! numpy arrays to stored arrays and back.

use numpy::{PyArray1, PyUntypedArray, PyUntypedArrayMethods};
use proteusdb_core::record::{Array, Dtype};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A numpy array as little-endian C-order bytes; `field` is named in errors.
pub fn from_python(field: &str, array: &Bound<'_, PyUntypedArray>) -> Result<Array> {
    let refuse = |what: &str| {
        Error::validation(format!(
            "{field}: arrays of {what} cannot be stored; allowed are bool, integers, floats of 16, 32 and 64 bits, complex \
             numbers of these, and fixed-length text"
        ))
    };
    let described = array.dtype();
    // dtype.str is byte order, kind and size, as in "<f4"; object and structured arrays have kinds of their own.
    let name: String =
        described.getattr("str").and_then(|text| text.extract()).map_err(|_| refuse("an unknown type"))?;
    let dtype = name.get(1..).and_then(Dtype::parse).ok_or_else(|| refuse(&name))?;
    let bytes = little_endian(array, &name).map_err(|error| refuse(&format!("{name} ({error})")))?;
    Ok(Array { dtype, shape: array.shape().iter().map(|&axis| axis as u64).collect(), data: bytes })
}

fn little_endian(array: &Bound<'_, PyUntypedArray>, name: &str) -> PyResult<Vec<u8>> {
    let native: Bound<'_, PyAny> = if name.starts_with('>') {
        array.call_method1("astype", (array.dtype().call_method1("newbyteorder", ("<",))?,))?
    } else {
        array.as_any().clone()
    };
    let bytes = native.call_method1("tobytes", ("C",))?.cast_into::<PyBytes>()?;
    Ok(bytes.as_bytes().to_vec())
}

/// A stored array as a new, writable numpy array over the decoded bytes.
pub fn to_python<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyAny>> {
    let code = array.dtype.code();
    let name = if array.dtype.size() == 1 || code.starts_with('S') { format!("|{code}") } else { format!("<{code}") };
    let shape: Vec<u64> = array.shape.clone();
    if array.data.is_empty() {
        return py.import("numpy")?.call_method1("zeros", (shape, name));
    }
    PyArray1::from_slice(py, &array.data).call_method1("view", (name,))?.call_method1("reshape", (shape,))
}
