//! Columns and arrays into a caller's buffer, with their layout: an element's code, the axes, the bytes.

use std::ffi::{c_char, c_void};

use proteusdb_core::Error;
use proteusdb_core::codec;
use proteusdb_core::record::{Array, Dtype, PartKind};

use crate::call::{Code, Fault, guard};
use crate::columns::{Column, NAMES, column};
use crate::pointers::{fill, shared, tell, text};
use crate::prediction::Held;

/// `PROTEUSDB_AXES` of the header.
const AXES: usize = 8;
/// Room for the code of an element and its NUL.
const CODE: usize = 16;

/// `proteusdb_layout` of the header.
#[repr(C)]
pub struct Layout {
    bytes: u64,
    shape: [u64; AXES],
    axes: u32,
    size: u32,
    dtype: [u8; CODE],
}

impl Layout {
    fn new(dtype: Dtype, axes: &[u64]) -> Result<Self, Fault> {
        let too_many = || Fault::new(Code::Validation, format!("an array of {} axes, {AXES} at most", axes.len()));
        let mut shape = [0; AXES];
        shape.get_mut(..axes.len()).ok_or_else(too_many)?.copy_from_slice(axes);
        let mut code = [0; CODE];
        code.iter_mut().take(CODE - 1).zip(dtype.code().bytes()).for_each(|(to, from)| *to = from);
        let size = dtype.size() as u64;
        let bytes = axes.iter().try_fold(size, |bytes, axis| bytes.checked_mul(*axis));
        let bytes = bytes.ok_or_else(|| Error::corruption(format!("an array of the shape {axes:?}")))?;
        Ok(Self { bytes, shape, axes: axes.len() as u32, size: size as u32, dtype: code })
    }

    fn of(array: &Array) -> Result<Self, Fault> {
        Self::new(array.dtype, &array.shape)
    }
}

/// A column of the structure.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_column(
    prediction: *const Held,
    name: *const c_char,
    out: *mut c_void,
    capacity: u64,
    layout: *mut Layout,
) -> i32 {
    guard(|| {
        // SAFETY: a live handle and a text, by the header.
        let (held, name) = unsafe { (shared(prediction, "prediction")?, text(name, "name")?) };
        let array = match column(held.structure()?, name) {
            Column::Found(array) => array,
            Column::Absent(why) => {
                let id = &held.version.id;
                return Err(Fault::new(Code::NotFound, format!("prediction {id:?} has no {name}: {why}")));
            }
            Column::Unknown => return Err(Error::query(format!("column {name:?}: allowed are {NAMES}")).into()),
        };
        // SAFETY: null or room for one, and null or room for `capacity` bytes, by the header.
        unsafe {
            tell(layout, Layout::of(&array)?);
            if out.is_null() { Ok(()) } else { fill(out, capacity, &array.data) }
        }
    })
}

/// An array of the prediction.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_array(
    prediction: *const Held,
    name: *const c_char,
    out: *mut c_void,
    capacity: u64,
    layout: *mut Layout,
) -> i32 {
    guard(|| {
        // SAFETY: a live handle and a text, by the header.
        let (held, name) = unsafe { (shared(prediction, "prediction")?, text(name, "name")?) };
        let parts = &held.version.parts;
        let part = parts.iter().find(|part| part.kind == PartKind::Array && part.name == name);
        let id = &held.version.id;
        let missing = || Fault::new(Code::NotFound, format!("prediction {id:?} has no array {name:?}"));
        let part = part.ok_or_else(missing)?;
        let beside = parts.iter().find(|other| other.is_reference_of(part));
        let within = |error: Error| error.context(format!("prediction {id:?}, array {name:?}"));
        let read = held.store.read(|snapshot| {
            let beside = beside.map(|part| snapshot.part(part).map(<[u8]>::to_vec)).transpose()?;
            Ok((snapshot.part(part)?.to_vec(), beside))
        });
        let (blob, beside) = read.map_err(within)?;
        let (dtype, shape) = codec::array_layout(&blob).map_err(within)?;
        let found = Layout::new(dtype, &shape)?;
        let bytes = found.bytes;
        // SAFETY: null, or room for one, by the header.
        unsafe { tell(layout, found) };
        if out.is_null() {
            return Ok(());
        }
        if bytes > capacity {
            // Before it is decoded, which may take longer than to ask again.
            let problem = format!("a buffer of {bytes} bytes is needed, this one has {capacity}");
            return Err(Fault::new(Code::Space, problem));
        }
        let array = codec::decode_array_beside(&blob, beside.as_deref()).map_err(within)?;
        // SAFETY: room for `capacity` bytes, by the header.
        unsafe { fill(out, capacity, &array.data) }
    })
}
