//! `proteusdb_ids`: the ids of a store in order, a page at a time.

use std::ffi::{CString, c_char};

use proteusdb_core::Error;
use proteusdb_core::store::Store;

use crate::call::{Code, Fault, guard};
use crate::pointers::{free, give, shared, tell, unique};
use crate::store;

const PAGE: usize = 1024;

/// What `proteusdb_ids` is.
pub struct Ids {
    store: Store,
    /// What is left of the page, last first.
    page: Vec<String>,
    last: Option<String>,
    /// What was handed out last.
    shown: CString,
}

impl Ids {
    fn next(&mut self) -> Result<Option<*const c_char>, Fault> {
        if self.page.is_empty() {
            self.page = self.store.read(|snapshot| snapshot.ids(self.last.as_deref(), PAGE))?;
            self.page.reverse();
        }
        let Some(id) = self.page.pop() else { return Ok(None) };
        self.shown = CString::new(id.as_str()).map_err(|_| Error::corruption(format!("id {id:?} holds NUL")))?;
        self.last = Some(id);
        Ok(Some(self.shown.as_ptr()))
    }
}

/// Begins at the first id.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_ids_begin(store: *const store::Handle, out: *mut *mut Ids) -> i32 {
    guard(|| {
        // SAFETY: a live handle, by the header.
        let store = unsafe { shared(store, "store") }?.clone();
        // SAFETY: room for a pointer, by the header.
        unsafe { give(out, Ids { store, page: Vec::new(), last: None, shown: CString::default() }) }
    })
}

/// The next id.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_ids_next(ids: *mut Ids, out: *mut *const c_char) -> i32 {
    guard(|| {
        // SAFETY: a live handle that one thread uses, by the header.
        let ids = unsafe { unique(ids, "ids") }?;
        match ids.next()? {
            // SAFETY: null, or room for a pointer, by the header.
            Some(id) => unsafe { tell(out, id) },
            None => return Err(Fault::new(Code::End, "there is no further id")),
        }
        Ok(())
    })
}

/// Lets go of it.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_ids_free(ids: *mut Ids) {
    guard(|| {
        // SAFETY: null, or from `proteusdb_ids_begin` and freed once, by the header.
        unsafe { free(ids) };
        Ok(())
    });
}
