//! The schema: one field a table. All keys are built by [`Key`](super::keys::Key), all values but empty ones by
//! [`seal`](super::sealed::seal).

use heed::types::Bytes;
use heed::{CommitToken, Database, DatabaseOpener, MdbError, OnCommit, PutFlags, RoTxn, RwTxn, WithoutTls};

use super::{lmdb, sealed};
use crate::error::{Error, Result};

/// A table from bytes to bytes.
pub(super) type Table = Database<'static, Bytes, Bytes>;

/// The tables of an open store.
pub(super) type Tables = TablesIn<'static>;

/// Writes a key above all others of its table, which fills pages to the brim.
pub(super) fn append(table: Table, txn: &mut RwTxn<'_>, key: &[u8], value: &[u8]) -> Result<()> {
    table.put_with_flags(txn, PutFlags::APPEND, key, value).map_err(|error| match error {
        heed::Error::Mdb(MdbError::KeyExist) => Error::corruption(format!(
            "table meta, key \"counters\": number {} is in use and was given out again",
            sealed::shown(key)
        )),
        other => lmdb(other),
    })
}

macro_rules! schema {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Every table of a store; within the transaction that opens them, or (`'static`) after its commit.
        #[derive(Clone, Copy)]
        pub(super) struct TablesIn<'e> {
            $($(#[$doc])* pub(super) $name: Database<'e, Bytes, Bytes>,)*
        }

        /// Their names in the file.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)*];

        impl<'e> TablesIn<'e> {
            /// Creates what is missing.
            pub(super) fn create(opener: &DatabaseOpener<'e, WithoutTls>, txn: &mut RwTxn<'e>) -> Result<Self> {
                Ok(Self { $($name: opener.create_database(txn, Some(stringify!($name))).map_err(lmdb)?,)* })
            }

            /// Opens what must be there; `None` where a table is missing.
            pub(super) fn open(opener: &DatabaseOpener<'e, WithoutTls>, txn: &RoTxn<'e>) -> Result<Option<Self>> {
                Ok(Some(Self {
                    $($name: match opener.open_database(txn, Some(stringify!($name))).map_err(lmdb)? {
                        Some(table) => table,
                        None => return Ok(None),
                    },)*
                }))
            }
        }

        impl OnCommit for TablesIn<'_> {
            type Committed = Tables;

            fn on_commit(self, token: &CommitToken) -> Tables {
                TablesIn { $($name: self.$name.on_commit(token),)* }
            }
        }

        impl Tables {
            /// Name and table, for whatever treats all alike.
            pub(super) fn all(&self) -> Vec<(&'static str, Table)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

schema! {
    /// Maps `format` to what the file is, and `counters` to [`Counters`](super::counters::Counters).
    meta,
    /// Maps a prediction id to its row (u64).
    ids,
    /// Maps (row u64, version u32) to a header: every version of every prediction.
    headers,
    /// Maps a blob id (u64) to where its bytes are and how many versions refer to it.
    blobs,
    /// Maps a segment (u64) to the bytes of many blobs, one after the other.
    segments,
    /// Maps a segment (u64) to how many of its bytes no blob refers to any more.
    dead,
    /// Maps a blob id (u64) to its bytes, until enough have gathered for a segment.
    loose,
    /// Maps a sequence id (u64) to the sequence.
    sequences,
    /// Maps (xxh3-64 of the sequence, sequence id) to nothing: finds a sequence that is stored already.
    sequence_hashes,
    /// Maps (first residues of a chain, NUL, sequence id) to nothing.
    sequence_prefixes,
    /// Maps (sequence id, row) to nothing: current rows only, as in all that follow.
    rows_by_sequence,
    /// Maps (created_at, row) to nothing.
    by_created,
    /// Maps (model number u32, created_at, row) to nothing.
    by_model,
    /// Maps (confidence, row) to nothing.
    by_confidence,
    /// Maps (length u32, row) to nothing.
    by_length,
    /// Maps (job, NUL, row) to nothing.
    by_job,
    /// Maps a model number (u32) to the model.
    models,
    /// Maps a model id to its number (u32).
    model_ids,
    /// Maps an analysis id to the analysis.
    analyses,
    /// Maps (row, analysis id) to nothing.
    analyses_by_row,
    /// Maps (index id u32, value, row) to nothing: indexes that users declare.
    user_indexes,
}
