//! The Python module `proteusdb._core`: a list of what it holds, and nothing else.
#![allow(missing_docs, reason = "documented in python/proteusdb/_core.pyi, where users' tools look")]

mod arrays;
mod arrow;
mod care;
mod decode;
mod dense;
mod draft;
mod errors;
mod files;
mod keeper;
mod operation;
mod prepare;
mod row;
mod search;
mod settings;
mod sniff;
mod store;
mod stored;
mod structure;
mod times;
mod values;
mod verify;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::arrow::{schema_capsule, stream_capsule};
    #[pymodule_export]
    use crate::care::{Care, check_schema, obey_schema};
    #[pymodule_export]
    use crate::decode::{
        array_shape, check_metadata, check_sequence, decode_array, decode_array_rows, decode_original, decode_plddt,
        decode_structure, encode_array, encode_structure, fresh_id, model_id, now, parse_contest, parse_criteria,
        parse_index, read_moment,
    };
    #[pymodule_export]
    use crate::dense::fill_rows;
    #[pymodule_export]
    use crate::files::{digest, digest_file, extract_file, look_into, network_file_system, salvage};
    #[pymodule_export]
    use crate::keeper::{Keeper, pack, stored_from, unpack};
    #[pymodule_export]
    use crate::operation::Operation;
    #[pymodule_export]
    use crate::prepare::prepare;
    #[pymodule_export]
    use crate::row::{from_document, stored_from_row, to_document};
    #[pymodule_export]
    use crate::settings::Settings;
    #[pymodule_export]
    use crate::sniff::{decompress, read_json, sniff};
    #[pymodule_export]
    use crate::store::{Store, after_fork_in_child, after_fork_in_parent, before_fork};
    #[pymodule_export]
    use crate::stored::Stored;
    #[pymodule_export]
    use crate::structure::Structure;
    #[pymodule_export]
    use crate::verify::{Search, Verifier};

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        proteusdb_core::interrupt::on_wait(crate::errors::interrupted);
        let columns = pyo3::types::PyTuple::new(module.py(), crate::row::COLUMNS)?;
        pyo3::types::PyModuleMethods::add(module, "ROW_COLUMNS", columns)
    }

    /// The schema that this program writes.
    #[pymodule_export]
    const LATEST_SCHEMA: u32 = proteusdb_core::store::upgrade::LATEST;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
