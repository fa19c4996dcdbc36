//! `proteusdb_prediction`: one version of a prediction, its structure decoded when a column is first asked for.

use std::ffi::{c_char, c_void};
use std::sync::{Arc, OnceLock};

use proteusdb_core::Error;
use proteusdb_core::formats::write_plain;
use proteusdb_core::record::{PartKind, Prediction, Structure};
use proteusdb_core::store::{Store, Version};

use crate::call::{Code, Fault, guard};
use crate::pointers::{fill, free, give, shared, tell, text};
use crate::store::Handle;

/// What `proteusdb_prediction` is.
pub struct Held {
    pub store: Store,
    pub version: Prediction,
    structure: OnceLock<Option<Arc<Structure>>>,
}

impl Held {
    /// The structure; `NotFound` where it has none.
    pub fn structure(&self) -> Result<&Structure, Fault> {
        let structure = match self.structure.get() {
            Some(known) => known,
            None => {
                let decoded = self.store.structures(&[&self.version], false)?.pop().flatten();
                self.structure.get_or_init(|| decoded)
            }
        };
        let missing = || Fault::new(Code::NotFound, format!("prediction {:?} has no structure", self.version.id));
        structure.as_deref().ok_or_else(missing)
    }

    fn text(&self, name: &str) -> Result<String, Fault> {
        let version = &self.version;
        let model = |field: fn(&proteusdb_core::record::PredictionModel) -> Option<String>| {
            let Some(id) = &version.model_id else { return Ok(None) };
            self.store.read(|snapshot| Ok(snapshot.model(id)?.and_then(|model| field(&model))))
        };
        let names = |kind: PartKind| {
            let parts = version.parts.iter().filter(|part| part.kind == kind);
            parts.map(|part| part.name.as_str()).collect::<Vec<_>>().join("\n")
        };
        let found = match name {
            "prediction_id" => Some(version.id.clone()),
            "sequence" => Some(version.sequence.clone()),
            "chain_types" => Some(version.chain_types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(":")),
            "metadata" => Some(write_plain(&version.metadata)),
            "job" => version.job.clone(),
            "model_id" => version.model_id.clone(),
            "model" => model(|model| Some(model.name.clone()))?,
            "model_version" => model(|model| model.version.clone())?,
            "arrays" => Some(names(PartKind::Array)),
            _ => {
                let allowed =
                    "prediction_id, sequence, chain_types, metadata, job, model_id, model, model_version, arrays";
                return Err(Error::query(format!("text {name:?}: allowed are {allowed}")).into());
            }
        };
        found.ok_or_else(|| Fault::new(Code::NotFound, format!("prediction {:?} has no {name}", version.id)))
    }
}

/// `proteusdb_info` of the header.
#[repr(C)]
pub struct Info {
    version: u32,
    present: u32,
    length: u64,
    created_at: i64,
    updated_at: i64,
    seed: i64,
    sample: i64,
    rank: i64,
    confidence: f64,
    ranking_score: f64,
}

impl Info {
    fn of(version: &Prediction) -> Self {
        let there = [version.seed.is_some(), version.sample.is_some(), version.rank.is_some()];
        let structure = version.parts.iter().any(|part| part.kind == PartKind::Structure);
        let flags = there.into_iter().chain([structure]).enumerate();
        Self {
            version: version.version,
            present: flags.map(|(bit, there)| u32::from(there) << bit).sum(),
            length: version.length() as u64,
            created_at: version.created_at,
            updated_at: version.updated_at,
            seed: version.seed.unwrap_or(0),
            sample: version.sample.unwrap_or(0),
            rank: version.rank.unwrap_or(0),
            confidence: version.confidence().unwrap_or(f64::NAN),
            ranking_score: version.ranking_score().unwrap_or(f64::NAN),
        }
    }
}

/// The current version of a prediction, or version `version` where it is not 0.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_get(
    store: *const Handle,
    prediction_id: *const c_char,
    version: u32,
    out: *mut *mut Held,
) -> i32 {
    guard(|| {
        // SAFETY: a live handle and a text, by the header.
        let (store, id) = unsafe { (shared(store, "store")?, text(prediction_id, "prediction_id")?) };
        let wanted = if version == 0 { Version::Current } else { Version::Number(version) };
        let found = store.read(|snapshot| snapshot.get(id, wanted))?.filter(|found| !found.deleted);
        let of = if version == 0 { String::new() } else { format!(" in version {version}") };
        let found = found.ok_or_else(|| Error::not_found(format!("no prediction has the id {id:?}{of}")))?;
        // SAFETY: room for a pointer, by the header.
        unsafe { give(out, Held { store: store.clone(), version: found, structure: OnceLock::new() }) }
    })
}

/// Lets go of it.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_free(prediction: *mut Held) {
    guard(|| {
        // SAFETY: null, or from `proteusdb_get` and freed once, by the header.
        unsafe { free(prediction) };
        Ok(())
    });
}

/// The numbers of the header.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_get_info(prediction: *const Held, out: *mut Info) -> i32 {
    guard(|| {
        // SAFETY: a live handle, by the header.
        let info = Info::of(&unsafe { shared(prediction, "prediction") }?.version);
        // SAFETY: null, or room for one, by the header.
        unsafe { tell(out, info) };
        Ok(())
    })
}

/// A text of the header, NUL-terminated.
///
/// # Safety
/// As `proteusdb.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proteusdb_text(
    prediction: *const Held,
    name: *const c_char,
    out: *mut c_char,
    capacity: u64,
    needed: *mut u64,
) -> i32 {
    guard(|| {
        // SAFETY: a live handle and a text, by the header.
        let (held, name) = unsafe { (shared(prediction, "prediction")?, text(name, "name")?) };
        let mut bytes = held.text(name)?.into_bytes();
        bytes.push(0);
        // SAFETY: null, or room for one, by the header.
        unsafe { tell(needed, bytes.len() as u64) };
        if out.is_null() {
            return Ok(());
        }
        // SAFETY: room for `capacity` bytes, by the header.
        unsafe { fill(out.cast::<c_void>(), capacity, &bytes) }
    })
}
