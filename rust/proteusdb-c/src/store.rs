//! `proteusdb_store`: an open file.

use std::ffi::c_char;
use std::path::Path;

use proteusdb_core::store::{Options, Store};

use crate::call::{Fault, guard};
use crate::pointers::{free, give, shared, tell, text};

/// What `proteusdb_store` is.
pub type Handle = Store;

/// Opens a file to be read.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_open(path: *const c_char, out: *mut *mut Handle) -> i32 {
    guard(|| {
        // SAFETY: a text, by the header.
        let path = unsafe { text(path, "path") }?;
        // Structures are decoded into the caller's memory, so none is kept here.
        let options = Options { read_only: true, cache_bytes: 0, ..Options::default() };
        let store = Store::open(Path::new(path), &options)?;
        // SAFETY: room for a pointer, by the header.
        unsafe { give(out, store) }
    })
}

/// Closes it.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_close(store: *mut Handle) {
    guard(|| {
        // SAFETY: null, or from `proteusdb_open` and closed once, by the header.
        unsafe { free(store) };
        Ok::<(), Fault>(())
    });
}

/// How many predictions there are.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_count(store: *const Handle, out: *mut u64) -> i32 {
    guard(|| {
        // SAFETY: a live handle, by the header.
        let count = unsafe { shared(store, "store") }?.stats()?.predictions;
        // SAFETY: null, or room for one, by the header.
        unsafe { tell(out, count) };
        Ok(())
    })
}
