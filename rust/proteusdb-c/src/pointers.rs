//! Pointers of a caller to references, and back: null is refused, everything else is the caller's promise.
//!
//! The promises are those of `proteusdb.h`: texts end with NUL, handles came from this library and were not freed, a
//! buffer has as many bytes as it says, and what is written to is not read or written meanwhile.

use std::ffi::{CStr, c_char, c_void};

use crate::call::{Code, Fault};

fn null(what: &str) -> Fault {
    Fault::new(Code::Validation, format!("{what} is null"))
}

/// A text of the caller.
///
/// # Safety
/// Null, or NUL-terminated and unchanged while the text is used.
pub unsafe fn text<'a>(pointer: *const c_char, what: &str) -> Result<&'a str, Fault> {
    if pointer.is_null() {
        return Err(null(what));
    }
    // SAFETY: not null, and NUL-terminated by the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map_err(|_| Fault::new(Code::Validation, format!("{what} is not UTF-8")))
}

/// What a handle stands for.
///
/// # Safety
/// Null, or from [`give`] and not yet given to [`free`] until the reference is let go.
pub unsafe fn shared<'a, T>(handle: *const T, what: &str) -> Result<&'a T, Fault> {
    // SAFETY: null, or a live handle by the caller's promise.
    unsafe { handle.as_ref() }.ok_or_else(|| null(what))
}

/// As [`shared`], for a handle that changes.
///
/// # Safety
/// As [`shared`], and nobody else uses the handle meanwhile.
pub unsafe fn unique<'a, T>(handle: *mut T, what: &str) -> Result<&'a mut T, Fault> {
    // SAFETY: null, or a live handle in one pair of hands by the caller's promise.
    unsafe { handle.as_mut() }.ok_or_else(|| null(what))
}

/// Writes an answer; where `out` is null nothing is written.
///
/// # Safety
/// Null, or valid for one `T`.
pub unsafe fn tell<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: not null, and room for one by the caller's promise.
        unsafe { out.write(value) };
    }
}

/// Hands out a new handle.
///
/// # Safety
/// Null, or valid for one pointer.
pub unsafe fn give<T>(out: *mut *mut T, value: T) -> Result<(), Fault> {
    if out.is_null() {
        return Err(null("out"));
    }
    // SAFETY: not null, and room for one pointer by the caller's promise.
    unsafe { out.write(Box::into_raw(Box::new(value))) };
    Ok(())
}

/// Takes a handle back; null does nothing.
///
/// # Safety
/// Null, or from [`give`], and given back once.
pub unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: made by `Box::into_raw` in `give`, and not freed before by the caller's promise.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// Copies bytes into a caller's buffer.
///
/// # Safety
/// Null, or valid for `capacity` bytes.
pub unsafe fn fill(out: *mut c_void, capacity: u64, bytes: &[u8]) -> Result<(), Fault> {
    if (bytes.len() as u64) > capacity {
        let needed = bytes.len();
        return Err(Fault::new(Code::Space, format!("a buffer of {needed} bytes is needed, this one has {capacity}")));
    }
    if out.is_null() {
        return if bytes.is_empty() { Ok(()) } else { Err(null("out")) };
    }
    // SAFETY: `out` has room for `capacity` bytes, which are enough, and `bytes` are this library's own.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast::<u8>(), bytes.len()) };
    Ok(())
}
