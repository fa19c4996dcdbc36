//! Who reads at this moment, in every process: LMDB's reader table, as it lies in the lock file.
//!
//! ```text
//! header    magic, format, last transaction, slots ever used, two mutexes      its size depends on the machine
//! slot × n  64 bytes: transaction u64 | process i32 | ...                      process 0: free
//! ```
//!
//! LMDB tells the table only as a text, through a handle that heed keeps to itself; so the file is read, by a descriptor
//! that stays open as long as the environment: closing any descriptor of the lock file drops the locks this process has
//! on it. The slots are the end of the file, which is how the header's size is known.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::Txn;
use super::env::Env;
use crate::error::{Error, Result};

const SLOT: u64 = 64;
/// A slot that a thread keeps between transactions.
const IDLE: u64 = u64::MAX;

/// A read transaction of some process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// Its process.
    pub process: u32,
    /// The transaction whose state it reads; pages that were given up later cannot be used again meanwhile.
    pub transaction: u64,
}

/// Every read transaction but the caller's own, the oldest first.
pub(super) fn others(env: &Env, lock: Option<&File>, own: &Txn<'_>) -> Result<Vec<Reader>> {
    let Some(lock) = lock else { return Ok(Vec::new()) };
    let info = env.info();
    let mut readers = table(lock, u64::from(info.maximum_number_of_readers), u64::from(info.number_of_readers))
        .map_err(|error| Error::storage(format!("the lock file cannot be read ({error})")))?;
    readers.sort_by_key(|reader| reader.transaction);
    let own = Reader { process: std::process::id(), transaction: own.id() as u64 };
    if let Some(place) = readers.iter().position(|reader| *reader == own) {
        readers.remove(place);
    }
    Ok(readers)
}

fn table(lock: &File, slots: u64, used: u64) -> std::io::Result<Vec<Reader>> {
    let header = lock.metadata()?.len().saturating_sub(slots.saturating_mul(SLOT));
    let mut bytes = vec![0; (used.min(slots) * SLOT) as usize];
    lock.read_exact_at(&mut bytes, header)?;
    let native = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let reader = |slot: &[u8]| {
        let (transaction, rest) = slot.split_at_checked(8)?;
        let process = u32::try_from(native(rest.get(..4)?)).ok()?;
        let transaction = native(transaction);
        (process != 0 && transaction != IDLE).then_some(Reader { process, transaction })
    };
    Ok(bytes.chunks_exact(SLOT as usize).filter_map(reader).collect())
}
