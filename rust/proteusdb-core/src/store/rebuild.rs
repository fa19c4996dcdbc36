//! A damaged store made anew from what can be read of it.
//!
//! ```text
//! writer's lock ── models, versions, analyses that decode ──> proteus.db-new ── rename ──> proteus.db
//!               └─ what does not ──> its quarantine, and the old file as proteus.db-damaged-TIME
//! ```
//!
//! Whatever is derived (indexes, counters, references, segments) is written anew by the code that always writes it, and
//! not trusted. Until the rename nothing has changed: a repair that is stopped or killed leaves the store as it was.

mod work;

use std::path::{Path, PathBuf};

use super::copy::remove_lock;
use super::header::{self, HeaderView};
use super::import::Item;
use super::lmdb;
use super::open::Opened;
use super::options::{Durability, Options};
use super::quarantine;
use super::replace;
use super::sealed::shown;
use super::shared::Shared;
use crate::codec;
use crate::error::{Error, Result};
use crate::record::{Part, PartKind, time};
use crate::watch::Gauge;
use work::{Source, Work};

/// What a repair did.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// What was set aside.
    pub quarantined: Vec<quarantine::Item>,
    /// The damaged file, where something was set aside.
    pub kept: Option<PathBuf>,
}

/// Makes the store anew.
///
/// # Errors
/// `Storage` with the step; the store is as it was then.
pub(super) fn rebuild(shared: &Shared, gauge: &Gauge) -> Result<Rebuilt> {
    let mut rebuilt = Rebuilt::default();
    shared.replace(|opened, path| {
        replace::replace(opened, path, |new| {
            rebuilt.quarantined = fill(opened, new, gauge)?;
            if !rebuilt.quarantined.is_empty() {
                let mut name = path.as_os_str().to_owned();
                name.push(format!("-damaged-{}", time::now() / 1_000_000));
                std::fs::hard_link(path, &name)
                    .map_err(|error| Error::storage(format!("the damaged file cannot be kept ({error})")))?;
                rebuilt.kept = Some(name.into());
            }
            Ok(())
        })
    })?;
    Ok(rebuilt)
}

/// Writes all that can be read of a store into a new one; what was set aside.
pub(super) fn fill(opened: &Opened, new: &Path, gauge: &Gauge) -> Result<Vec<quarantine::Item>> {
    remove_lock(new);
    let options = Options { durability: Durability::Relaxed, allow_network_fs: true, ..Options::default() };
    let target = Shared::open(new, &options)?;
    let done = opened.env.read_txn().map_err(lmdb).and_then(|txn| {
        let source = Source { tables: &opened.tables, txn: &txn };
        Work::new(source, &target, gauge).all()
    });
    target.close();
    remove_lock(new);
    done
}

/// Whether the bytes of one of a prediction's parts decode, given how its parts are read.
pub(super) fn check_part<'p>(
    parts: &'p [Part],
    part: &'p Part,
    read: impl Fn(&'p Part) -> Result<&'p [u8]>,
) -> Result<()> {
    let bytes = read(part)?;
    match part.kind {
        PartKind::Structure => codec::decode_structure(bytes).map(drop),
        PartKind::Array | PartKind::Source => {
            let beside = parts.iter().find(|other| other.is_reference_of(part)).map(read).transpose()?;
            codec::decode_array_beside(bytes, beside).map(drop)
        }
        PartKind::Reference => codec::decode_array(bytes).map(drop),
        // Its checksum; rebuilding it needs what is stored beside it.
        PartKind::Original => codec::check_original(bytes),
    }
}

/// How people know a version that may not decode.
fn name_of(key: &[u8], value: &[u8]) -> String {
    let Some((row, version)) = header::split_key(key) else { return format!("header {}", shown(key)) };
    match HeaderView::open(key, value).and_then(|view| view.id().map(std::borrow::Cow::into_owned)) {
        Ok(id) => version_name(&id, version),
        Err(_) => format!("a prediction, row {row}, version {version}"),
    }
}

/// How people know a version.
pub(super) fn version_name(id: &str, version: u32) -> String {
    format!("prediction {id:?}, version {version}")
}

fn name_of_item(item: &Item) -> String {
    match item {
        Item::Version(prediction) => version_name(&prediction.id, prediction.version),
        Item::Model(model) => format!("model {:?}", model.id),
        Item::Analysis(analysis) => format!("analysis {:?}", analysis.id),
        Item::NoModel(id) | Item::NoAnalysis(id) => format!("the deletion of {id:?}"),
    }
}
