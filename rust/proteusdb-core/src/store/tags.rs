//! Tags: names for moments of the whole store.
//!
//! ```text
//! tags    "paper-v1"  ->  the moment, when it was named
//! ```
//!
//! A tag without a moment of its own is a commit: its moment lies after everything that was written before it, and
//! before everything that is written after it. Cleanup and trimming leave what was visible at a tagged moment.

use heed::RwTxn;

use super::counters::Counters;
use super::snapshot::Snapshot;
use super::tables::Tables;
use super::{Txn, lmdb, sealed};
use crate::codec::wire::Reader;
use crate::error::{Error, Result};
use crate::query::Moments;
use crate::record::time;
use crate::validate::check_name;

const TABLE: &str = "tags";

/// A named moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// The commit time (µs) that it names.
    pub moment: i64,
    /// When it was named, µs.
    pub created_at: i64,
}

/// Names a moment that has passed, or this one; returns it.
///
/// # Errors
/// `Validation` for a name that is not allowed and for a moment to come; `Conflict` where the name is taken.
pub(super) fn create(tables: &Tables, txn: &mut RwTxn<'_>, name: &str, moment: Option<i64>) -> Result<i64> {
    check(name)?;
    let mut counters = Counters::read(tables, txn)?;
    let now = time::now().max(counters.last_commit as i64 + 1);
    let moment = moment.unwrap_or(now);
    if moment > now {
        return Err(Error::validation(format!(
            "tag {name:?}: its moment is still to come; allowed is one that has passed"
        )));
    }
    if let Some(value) = tables.tags.get(txn, name.as_bytes()).map_err(lmdb)? {
        let taken = crate::query::show_moment(decode(name.as_bytes(), value)?.moment);
        return Err(Error::conflict(format!(
            "tag {name:?} names {taken} already; drop_tag({name:?}) first, or choose another name"
        )));
    }
    let payload: Vec<u8> = [moment, now].into_iter().flat_map(i64::to_le_bytes).collect();
    let value = sealed::seal(TABLE, name.as_bytes(), &payload);
    tables.tags.put(txn, name.as_bytes(), &value).map_err(lmdb)?;
    counters.last_commit = now as u64;
    counters.write(tables, txn)?;
    Ok(moment)
}

/// Forgets a tag; what it alone kept may go with the next cleanup.
///
/// # Errors
/// `Query` where there is no such tag, naming those there are.
pub(super) fn remove(tables: &Tables, txn: &mut RwTxn<'_>, name: &str) -> Result<()> {
    if !name.is_empty() && name.len() <= 255 && tables.tags.delete(txn, name.as_bytes()).map_err(lmdb)? {
        return Ok(());
    }
    let names: Vec<String> = all(tables, txn)?.into_iter().take(20).map(|tag| tag.name).collect();
    let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let shown: String = name.chars().take(60).collect();
    Err(Error::query(format!("no tag has the name {shown:?}; there are: {listed}")))
}

/// Every tag, by moment and then by name.
pub(super) fn all(tables: &Tables, txn: &Txn<'_>) -> Result<Vec<Tag>> {
    let mut tags = Vec::new();
    for entry in tables.tags.iter(txn).map_err(lmdb)? {
        let (name, value) = entry.map_err(lmdb)?;
        tags.push(decode(name, value)?);
    }
    tags.sort_by(|a, b| (a.moment, &a.name).cmp(&(b.moment, &b.name)));
    Ok(tags)
}

/// The moments of all tags, ascending.
pub(super) fn moments(tables: &Tables, txn: &Txn<'_>) -> Result<Vec<i64>> {
    Ok(all(tables, txn)?.into_iter().map(|tag| tag.moment).collect())
}

/// A name that stands for no moment by itself, so that `as_of` can take either.
fn check(name: &str) -> Result<()> {
    check_name("tag", name)?;
    let problem = if Moments::read(name).is_some() {
        "it reads as a date or time"
    } else if name.trim() != name || name.chars().any(char::is_control) {
        "it begins or ends with a space, or holds a control character"
    } else {
        return Ok(());
    };
    Err(Error::validation(format!("tag {name:?}: {problem}; allowed are names such as 'paper-v1'")))
}

fn decode(name: &[u8], value: &[u8]) -> Result<Tag> {
    let mut reader = Reader::new(sealed::open(TABLE, name, value)?, "tag");
    let (moment, created_at) = (reader.u64()? as i64, reader.u64()? as i64);
    let name = std::str::from_utf8(name).map_err(|_| reader.broken())?.to_owned();
    reader.finish().map(|()| Tag { name, moment, created_at })
}

impl Snapshot<'_> {
    /// Every tag, by moment and then by name.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn tags(&self) -> Result<Vec<Tag>> {
        all(self.tables, self.txn)
    }
}
