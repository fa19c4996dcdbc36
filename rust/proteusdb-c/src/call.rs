//! What every entry does: panics become codes, and errors leave their message for the thread that called.

use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use proteusdb_core::{Error, Kind};

/// What an entry answers; the numbers are those of `proteusdb.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// It did what it was asked.
    Ok = 0,
    /// The file cannot be reached or opened.
    Connection = 1,
    /// It took too long to get a turn.
    Timeout = 2,
    /// What the caller gave is wrong.
    Validation = 3,
    /// The disk, or a limit.
    Storage = 4,
    /// Stored bytes are not what was written.
    Corruption = 5,
    /// No use of this interface meets it; it is here so that codes are those of the core.
    Conflict = 6,
    /// A name is none of those allowed.
    Query = 7,
    /// There is no such prediction, column or array.
    NotFound = 8,
    /// The caller's buffer is too small; the layout says what is needed.
    Space = 9,
    /// There is no further id.
    End = 10,
    /// A fault of the library itself.
    Panic = 11,
}

/// A failure, or an answer that is none.
pub struct Fault {
    code: Code,
    message: String,
}

impl Fault {
    /// With a message for people.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            Kind::Connection => Code::Connection,
            Kind::Timeout | Kind::Interrupted => Code::Timeout,
            Kind::Validation => Code::Validation,
            Kind::Storage => Code::Storage,
            Kind::Corruption => Code::Corruption,
            Kind::Conflict => Code::Conflict,
            Kind::Query => Code::Query,
            Kind::NotFound => Code::NotFound,
        };
        Self::new(code, error.message())
    }
}

thread_local! {
    /// The message of this thread's last failure.
    static MESSAGE: RefCell<CString> = RefCell::default();
}

/// Runs the body of an entry.
pub fn guard(body: impl FnOnce() -> Result<(), Fault>) -> i32 {
    // What a body changes is made by it and handed out at its end, so a panic leaves nothing half-changed behind.
    let fault = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return Code::Ok as i32,
        Ok(Err(fault)) => fault,
        Err(panic) => {
            let told = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let told = told.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Fault::new(Code::Panic, format!("a fault of proteusdb itself: {told}"))
        }
    };
    // A name that was asked for may hold NUL, and a message may not.
    let message = CString::new(fault.message.replace('\0', "\u{fffd}")).unwrap_or_default();
    MESSAGE.with(|last| *last.borrow_mut() = message);
    fault.code as i32
}

/// Why this thread's last call failed; valid until it calls again.
#[unsafe(no_mangle)]
pub extern "C" fn proteusdb_message() -> *const c_char {
    MESSAGE.with(|last| last.borrow().as_ptr())
}

/// The version of the interface: a caller compiled against another must not go on.
#[unsafe(no_mangle)]
pub extern "C" fn proteusdb_abi() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    fn message() -> String {
        // SAFETY: the pointer is of this thread's message, which nothing changes meanwhile.
        unsafe { CStr::from_ptr(proteusdb_message()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn failures_and_panics_become_codes_with_messages() {
        assert_eq!(guard(|| Ok(())), 0);
        assert_eq!(guard(|| Err(Error::corruption("blob 3\0: gone").into())), Code::Corruption as i32);
        assert_eq!(message(), "blob 3\u{fffd}: gone");
        assert_eq!(guard(|| panic!("at {}", 7)), Code::Panic as i32);
        assert_eq!(message(), "a fault of proteusdb itself: at 7");
        let other = std::thread::spawn(message).join().unwrap();
        assert_eq!(other, "");
    }
}
