//! The tables: one field each, the later ones with the schema that brought them. All keys are built by
//! [`Key`](super::keys::Key), all values but empty ones by [`seal`](super::sealed::seal).

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
    (
        first { $($(#[$doc:meta])* $name:ident,)* }
        later { $($(#[$late_doc:meta])* $late:ident: $since:literal,)* }
    ) => {
        /// Every table of a store; within the transaction that opens them, or (`'static`) after its commit.
        #[derive(Clone, Copy)]
        pub(super) struct TablesIn<'e> {
            $($(#[$doc])* pub(super) $name: Database<'e, Bytes, Bytes>,)*
            $($(#[$late_doc])* pub(super) $late: Option<Database<'e, Bytes, Bytes>>,)*
        }

        /// Their names in the file.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)* $(stringify!($late),)*];

        impl<'e> TablesIn<'e> {
            /// Creates what is missing.
            pub(super) fn create(opener: &DatabaseOpener<'e, WithoutTls>, txn: &mut RwTxn<'e>) -> Result<Self> {
                Ok(Self {
                    $($name: opener.create_database(txn, Some(stringify!($name))).map_err(lmdb)?,)*
                    $($late: Some(opener.create_database(txn, Some(stringify!($late))).map_err(lmdb)?),)*
                })
            }

            /// Opens what must be there, and what later schemas added; `None` where a table of the first is missing.
            pub(super) fn open(opener: &DatabaseOpener<'e, WithoutTls>, txn: &RoTxn<'e>) -> Result<Option<Self>> {
                Ok(Some(Self {
                    $($name: match opener.open_database(txn, Some(stringify!($name))).map_err(lmdb)? {
                        Some(table) => table,
                        None => return Ok(None),
                    },)*
                    $($late: opener.open_database(txn, Some(stringify!($late))).map_err(lmdb)?,)*
                }))
            }

            /// The tables that a schema knows: one that an upgrade was about to fill when it was stopped is not there.
            /// Also the name of one that must be there and is not.
            pub(super) fn of_schema(mut self, version: u32) -> (Self, Option<&'static str>) {
                let mut missing = None;
                $(match version >= $since {
                    true if self.$late.is_none() => missing = Some(stringify!($late)),
                    true => {}
                    false => self.$late = None,
                })*
                (self, missing)
            }
        }

        impl OnCommit for TablesIn<'_> {
            type Committed = Tables;

            fn on_commit(self, token: &CommitToken) -> Tables {
                TablesIn {
                    $($name: self.$name.on_commit(token),)*
                    $($late: self.$late.map(|table| table.on_commit(token)),)*
                }
            }
        }

        impl Tables {
            /// Name and table, for whatever treats all alike.
            pub(super) fn all(&self) -> Vec<(&'static str, Table)> {
                let mut all = vec![$((stringify!($name), self.$name),)*];
                $(all.extend(self.$late.map(|table| (stringify!($late), table)));)*
                all
            }
        }
    };
}

schema! {
    first {
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
        /// Maps the first sequence id (u64) of a block to the block.
        sequences,
        /// Maps (first sequence id u64, group u8) of a chunk to [rows](super::kmers) of its index of residues.
        kmers,
        /// Maps (index u8, first entry) to a leaf: every [index](super::packed::Index).
        index,
        /// Maps a model number (u32) to the model.
        models,
        /// Maps a model id to its number (u32).
        model_ids,
        /// Maps an analysis id to the analysis.
        analyses,
        /// Maps (row, analysis id) to nothing.
        analyses_by_row,
        /// Maps a name to (moment, when it was named): moments that keep what was visible then.
        tags,
    }
    later {
        /// Maps (commit time, what, its key) to nothing but a seal: what each commit touched.
        changes: 2,
        /// Maps a number (u64) to what was damaged and set aside.
        quarantine: 3,
    }
}
