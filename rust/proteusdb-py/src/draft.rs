//! The dicts that Python hands in as drafts and changes.

use std::sync::Arc;

use numpy::PyUntypedArray;
use proteusdb_core::operation::OnConflict;
use proteusdb_core::record::{Array, Map, PlddtScale, Structure, Value};
use proteusdb_core::validate::{ChangeDraft, Draft, Original};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyInt, PyString};

use crate::structure::{self, parse_scale};
use crate::{arrays, times, values};

/// A draft, and the file its structure is still to be read from.
pub struct Pending {
    draft: Draft,
    file: Option<File>,
}

struct File {
    /// A copy: Python's own would be let go without the GIL, and a fork in that moment would hang the child.
    bytes: Arc<[u8]>,
    name: String,
    format: Option<String>,
    scale: PlddtScale,
}

impl Pending {
    /// Converts a dict of the names in `_core.prepare`; only types are checked here.
    pub fn from_python(object: &Bound<'_, PyAny>) -> Result<Self> {
        if let Some(draft) = row(object)? {
            return Ok(Self { draft, file: None });
        }
        let fields = Fields::new(object)?;
        let draft = Draft {
            prediction_id: fields.text("prediction_id")?,
            sequence: fields.text("sequence")?,
            structure: fields.structure()?,
            originals: fields.originals()?,
            metadata: fields.map("metadata")?,
            model: fields.text("model")?,
            job: fields.text("job")?,
            seed: fields.integer("seed")?,
            sample: fields.integer("sample")?,
            rank: fields.integer("rank")?,
            arrays: fields.arrays()?,
            mean_plddt: fields.real("mean_plddt")?,
            created_at: fields.integer("created_at")?,
            on_conflict: fields.on_conflict()?,
            unchecked_sequence: fields.get("check_sequence").is_some_and(|check| !check.is_truthy().unwrap_or(true)),
            rounded: Vec::new(),
        };
        Ok(Self { draft, file: fields.file()? })
    }

    /// The job it is of.
    pub fn job(&self) -> Option<&str> {
        self.draft.job.as_deref()
    }

    /// Reads the file, if there is one, and keeps its bytes. Needs no GIL.
    pub fn read(self) -> Result<Draft> {
        let Self { mut draft, file } = self;
        if let Some(file) = file {
            let structure = structure::read(&file.bytes, file.format.as_deref(), file.scale)
                .map_err(|error| error.context(&file.name))?;
            draft.structure = Some(Arc::new(structure));
            draft.originals.push(Original { name: file.name, bytes: file.bytes });
        }
        Ok(draft)
    }
}

/// A draft of nothing but a sequence and plain values, read key by key; `None` where the dict holds more.
fn row(object: &Bound<'_, PyAny>) -> Result<Option<Draft>> {
    let Ok(dict) = object.cast::<PyDict>() else { return Ok(None) };
    let mut draft = Draft::default();
    let text = |name: &str, value: &Bound<'_, PyAny>| -> Result<Option<String>> {
        value.extract().map(Some).map_err(|_| wrong(name, value, "str"))
    };
    for (key, value) in dict {
        if value.is_none() {
            continue;
        }
        let Ok(key) = key.cast::<PyString>() else { return Ok(None) };
        match key.to_str().unwrap_or_default() {
            "prediction_id" => draft.prediction_id = text("prediction_id", &value)?,
            "sequence" => draft.sequence = text("sequence", &value)?,
            "model" => draft.model = text("model", &value)?,
            "job" => draft.job = text("job", &value)?,
            "seed" => draft.seed = Some(whole("seed", &value)?),
            "sample" => draft.sample = Some(whole("sample", &value)?),
            "rank" => draft.rank = Some(whole("rank", &value)?),
            "metadata" => draft.metadata = values::map("metadata", &value)?,
            "on_conflict" => draft.on_conflict = Fields(dict).on_conflict()?,
            "created_at" => draft.created_at = Some(moment(&value)?),
            _ => return Ok(None),
        }
    }
    Ok(Some(draft))
}

fn whole(name: &str, value: &Bound<'_, PyAny>) -> Result<i64> {
    let index = value.call_method0("__index__").map_err(|_| wrong(name, value, "int"))?;
    let integer = index.cast::<PyInt>().map_err(|_| wrong(name, value, "int"))?;
    integer.extract().map_err(|_| wrong(name, value, "int of 64 bits"))
}

/// Microseconds, as they are or of a `datetime`.
fn moment(value: &Bound<'_, PyAny>) -> Result<i64> {
    match times::from_python(value) {
        Ok(Some(Value::Time(micros))) => Ok(micros),
        _ => whole("created_at", value),
    }
}

/// Converts the changes of `update_prediction`.
pub fn change_from_python(object: &Bound<'_, PyAny>) -> Result<ChangeDraft> {
    const NAMES: [&str; 14] = [
        "sequence",
        "structure",
        "metadata",
        "model",
        "job",
        "seed",
        "sample",
        "rank",
        "arrays",
        "created_at",
        "originals",
        "mean_plddt",
        "current_sequence",
        "current_structure",
    ];
    let fields = Fields::new(object)?;
    fields.refuse_unknown(&[&NAMES[..], &["check_sequence"]].concat())?;
    let structure = match fields.given("structure") {
        false => None,
        true => Some(fields.structure()?.map(|structure| (structure, fields.originals().unwrap_or_default()))),
    };
    let mut draft = ChangeDraft {
        sequence: fields.text("sequence")?,
        structure,
        metadata: fields.map("metadata")?,
        model: fields.optional("model", Fields::text)?,
        job: fields.optional("job", Fields::text)?,
        seed: fields.optional("seed", Fields::integer)?,
        sample: fields.optional("sample", Fields::integer)?,
        rank: fields.optional("rank", Fields::integer)?,
        arrays: fields.array_changes()?,
        // Those that come with a structure replace the files of the one before.
        originals: if fields.given("structure") { Vec::new() } else { fields.originals()? },
        mean_plddt: fields.real("mean_plddt")?,
        created_at: fields.integer("created_at")?,
        unchecked_sequence: fields.get("check_sequence").is_some_and(|check| !check.is_truthy().unwrap_or(true)),
        ..ChangeDraft::default()
    };
    draft.current.sequence = fields.text("current_sequence")?;
    draft.current.structure = fields.structure_named("current_structure")?;
    Ok(draft)
}

/// A dict whose missing keys and `None`s are the same.
struct Fields<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'a, 'py> Fields<'a, 'py> {
    fn new(object: &'a Bound<'py, PyAny>) -> Result<Self> {
        object
            .cast::<PyDict>()
            .map(Self)
            .map_err(|_| Error::validation("a record is a dict of the names of store_prediction"))
    }

    fn get(&self, name: &str) -> Option<Bound<'py, PyAny>> {
        self.0.get_item(name).ok().flatten().filter(|value| !value.is_none())
    }

    fn given(&self, name: &str) -> bool {
        self.0.contains(name).unwrap_or(false)
    }

    fn refuse_unknown(&self, names: &[&str]) -> Result<()> {
        for key in self.0.keys() {
            let key = key.to_string();
            if !names.contains(&key.as_str()) {
                let allowed: Vec<_> = names.iter().filter(|name| !name.starts_with("current")).copied().collect();
                return Err(Error::validation(format!("{key}: no such field; allowed are {}", allowed.join(", "))));
            }
        }
        Ok(())
    }

    /// `Some` where the key is given, be it `None`.
    fn optional<T>(&self, name: &str, read: impl Fn(&Self, &str) -> Result<Option<T>>) -> Result<Option<Option<T>>> {
        if self.given(name) { read(self, name).map(Some) } else { Ok(None) }
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        self.get(name).map(|value| value.extract().map_err(|_| wrong(name, &value, "str"))).transpose()
    }

    fn integer(&self, name: &str) -> Result<Option<i64>> {
        self.get(name).map(|value| whole(name, &value)).transpose()
    }

    fn real(&self, name: &str) -> Result<Option<f64>> {
        self.get(name).map(|value| value.extract().map_err(|_| wrong(name, &value, "float"))).transpose()
    }

    fn map(&self, name: &str) -> Result<Map> {
        self.get(name).map_or_else(|| Ok(Map::new()), |value| values::map(name, &value))
    }

    fn structure(&self) -> Result<Option<Arc<Structure>>> {
        self.structure_named("structure")
    }

    fn structure_named(&self, name: &str) -> Result<Option<Arc<Structure>>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let structure = value.cast::<structure::Structure>().map_err(|_| wrong(name, &value, "Structure"))?;
        Ok(Some(structure.get().inner().clone()))
    }

    fn on_conflict(&self) -> Result<OnConflict> {
        match self.text("on_conflict")?.as_deref() {
            None | Some("error") => Ok(OnConflict::Error),
            Some("skip") => Ok(OnConflict::Skip),
            Some("replace") => Ok(OnConflict::Replace),
            Some(other) => Err(Error::validation(format!("on_conflict {other:?}: allowed are error, skip, replace"))),
        }
    }

    fn originals(&self) -> Result<Vec<Original>> {
        self.items("originals", |name, value| {
            let bytes: PyBackedBytes =
                value.extract().map_err(|_| wrong(&format!("originals[{name:?}]"), value, "bytes"))?;
            Ok(Original { name, bytes: Arc::from(&*bytes) })
        })
    }

    fn arrays(&self) -> Result<Vec<(String, Array)>> {
        self.items("arrays", |name, value| array(&name, value).map(|array| (name, array)))
    }

    fn array_changes(&self) -> Result<Vec<(String, Option<Array>)>> {
        self.items("arrays", |name, value| match value.is_none() {
            true => Ok((name, None)),
            false => array(&name, value).map(|array| (name, Some(array))),
        })
    }

    fn items<T>(&self, field: &str, convert: impl Fn(String, &Bound<'py, PyAny>) -> Result<T>) -> Result<Vec<T>> {
        let Some(value) = self.get(field) else { return Ok(Vec::new()) };
        let dict = value.cast::<PyDict>().map_err(|_| wrong(field, &value, "dict of name to value"))?;
        dict.iter()
            .map(|(name, value)| {
                let name = name.extract().map_err(|_| wrong(field, &name, "str as names"))?;
                convert(name, &value)
            })
            .collect()
    }

    fn file(&self) -> Result<Option<File>> {
        let Some(value) = self.get("file") else { return Ok(None) };
        let scale = self.text("plddt_scale")?.map_or(Ok(PlddtScale::Auto), |scale| parse_scale(&scale))?;
        let bytes: PyBackedBytes = value.extract().map_err(|_| wrong("file", &value, "bytes"))?;
        Ok(Some(File {
            bytes: Arc::from(&*bytes),
            name: self.text("file_name")?.unwrap_or_else(|| "structure".to_owned()),
            format: self.text("format")?,
            scale,
        }))
    }
}

fn array(name: &str, value: &Bound<'_, PyAny>) -> Result<Array> {
    let field = format!("arrays[{name:?}]");
    if let Ok(array) = value.cast::<PyUntypedArray>() {
        return arrays::from_python(&field, array);
    }
    let converted = value.py().import("numpy").and_then(|numpy| numpy.call_method1("asarray", (value,)));
    let converted = converted.map_err(|_| wrong(&field, value, "numpy array"))?;
    converted
        .cast::<PyUntypedArray>()
        .map_err(|_| wrong(&field, value, "numpy array"))
        .and_then(|array| arrays::from_python(&field, array))
}

fn wrong(field: &str, value: &Bound<'_, PyAny>, needed: &str) -> Error {
    let found = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    Error::validation(format!("{field}: {needed} is needed, not {found}"))
}
