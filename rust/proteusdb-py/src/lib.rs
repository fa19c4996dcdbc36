//! The Python module `proteusdb._core`: a list of what it holds, and nothing else.
#![allow(missing_docs, reason = "documented in python/proteusdb/_core.pyi, where users' tools look")]

mod errors;
mod sniff;
mod structure;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::sniff::sniff;
    #[pymodule_export]
    use crate::structure::Structure;
}
