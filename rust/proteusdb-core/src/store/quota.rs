//! How large a store may become: a limit that lies in the store, so that every process obeys it.
//!
//! ```text
//! meta "quota"    most bytes, bytes from which on to warn       0: none
//! used            pages that tables use                         file - free pages
//! ```
//!
//! Free pages are filled before a file grows, so a file stays about as large as its store ever was. A write that would
//! take the store above its quota is refused before it commits; what only takes away always goes through.

use heed::RwTxn;

use super::snapshot::Snapshot;
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::codec::wire::{Reader, put_varint};
use crate::error::{Error, Result};

const KEY: &[u8] = b"quota";
/// How a message of a refusal begins.
const REFUSED: &str = "quota: ";
/// Two meta pages and the root of the tables.
const FIXED_PAGES: u64 = 3;

/// Limits in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// The most that may be used.
    pub max_bytes: Option<u64>,
    /// From where on to warn.
    pub warn_at: Option<u64>,
}

impl Quota {
    /// Reads the limits.
    pub(super) fn read(tables: &Tables, txn: &Txn<'_>) -> Result<Self> {
        let Some(value) = tables.meta.get(txn, KEY).map_err(lmdb)? else { return Ok(Self::default()) };
        let mut reader = Reader::new(sealed::open("meta", KEY, value)?, "quota");
        let mut limit = || reader.varint().map(|bytes| Some(bytes).filter(|bytes| *bytes > 0));
        let quota = Self { max_bytes: limit()?, warn_at: limit()? };
        reader.finish().map(|()| quota)
    }

    /// Sets the limits.
    pub(super) fn write(self, tables: &Tables, txn: &mut RwTxn<'_>) -> Result<()> {
        if self == Self::default() {
            return tables.meta.delete(txn, KEY).map(drop).map_err(lmdb);
        }
        let mut payload = Vec::new();
        [self.max_bytes, self.warn_at].iter().for_each(|limit| put_varint(&mut payload, limit.unwrap_or(0)));
        tables.meta.put(txn, KEY, &sealed::seal("meta", KEY, &payload)).map_err(lmdb)
    }

    /// Bytes in use, where there is a limit to hold them against; else 0.
    pub(super) fn used(self, tables: &Tables, txn: &Txn<'_>) -> Result<u64> {
        if self.max_bytes.is_some() { used(tables, txn) } else { Ok(0) }
    }

    /// Whether a transaction that found `before` bytes in use may leave `after`.
    ///
    /// # Errors
    /// `Storage` where it grew the store above its quota.
    pub(super) fn check(self, before: u64, after: u64) -> Result<()> {
        match self.max_bytes {
            Some(most) if after > most && after > before => Err(Error::storage(format!(
                "{REFUSED}this write would take the store to {after} bytes, and its quota is {most}; nothing was stored; \
                 delete_prediction and cleanup make room, compact gives back what lies between, set_quota allows more"
            ))),
            _ => Ok(()),
        }
    }
}

/// Whether a write was refused by the quota.
pub(super) fn is_refusal(error: &Error) -> bool {
    error.message().starts_with(REFUSED)
}

/// Bytes of the pages that tables use, in the state of a transaction.
pub(super) fn used(tables: &Tables, txn: &Txn<'_>) -> Result<u64> {
    let (mut pages, mut size) = (FIXED_PAGES, 0);
    for (_, table) in tables.all() {
        let stat = table.stat(txn).map_err(lmdb)?;
        pages += (stat.branch_pages + stat.leaf_pages + stat.overflow_pages) as u64;
        size = u64::from(stat.page_size);
    }
    Ok(pages * size)
}

impl Snapshot<'_> {
    /// The limits, and the bytes in use.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn quota(&self) -> Result<(Quota, u64)> {
        Ok((Quota::read(self.tables, self.txn)?, used(self.tables, self.txn)?))
    }

    /// Bytes in use, if they are so many that a warning is due.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn pressure(&self) -> Result<Option<u64>> {
        let Some(warn_at) = Quota::read(self.tables, self.txn)?.warn_at else { return Ok(None) };
        let used = used(self.tables, self.txn)?;
        Ok(Some(used).filter(|used| *used >= warn_at))
    }
}
