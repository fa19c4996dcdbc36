//! The Python module `proteusdb._core`: a list of what it holds, and nothing else.
#![allow(missing_docs, reason = "documented in python/proteusdb/_core.pyi, where users' tools look")]

mod arrays;
mod decode;
mod draft;
mod errors;
mod operation;
mod prepare;
mod search;
mod settings;
mod sniff;
mod store;
mod stored;
mod structure;
mod times;
mod values;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::decode::{
        check_sequence, decode_array, decode_original, decode_structure, encode_structure, fresh_id, now,
        parse_criteria,
    };
    #[pymodule_export]
    use crate::operation::Operation;
    #[pymodule_export]
    use crate::prepare::prepare;
    #[pymodule_export]
    use crate::settings::Settings;
    #[pymodule_export]
    use crate::sniff::{decompress, sniff};
    #[pymodule_export]
    use crate::store::{Store, after_fork_in_child, after_fork_in_parent, before_fork};
    #[pymodule_export]
    use crate::stored::Stored;
    #[pymodule_export]
    use crate::structure::Structure;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
