//! `_core.Structure`: the columns of a structure as numpy arrays.
//!
//! ```text
//! bytes --read--> core Structure (shared by Arc) --coords(), atom_text("atom_name"), ...--> new numpy arrays
//! ```
//!
//! Every array is made here in its final dtype and handed to numpy without a copy. Residue columns are shown per atom.

mod columns;
mod text;

use std::sync::Arc;

use numpy::ndarray::{Array2, Array3};
use numpy::{
    Element as NumpyElement, IntoPyArray, PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2,
    PyReadonlyArray3,
};
use proteusdb_core::formats::{self, Format};
use proteusdb_core::record::{self, Entry, Model, PlddtScale, ResidueKind, Topology, polymer};
use proteusdb_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyDict;

use self::columns::Columns;
use crate::errors::raise;

/// The scales by the names Python uses.
const SCALES: [(PlddtScale, &str); 4] =
    [(PlddtScale::Auto, "auto"), (PlddtScale::One, "1"), (PlddtScale::Hundred, "100"), (PlddtScale::Absent, "none")];

/// The scale with this name.
pub fn parse_scale(name: &str) -> Result<PlddtScale> {
    let found = SCALES.iter().find(|(_, known)| *known == name);
    found.map(|(scale, _)| *scale).ok_or_else(|| {
        Error::validation(format!("plddt_scale {name:?}: allowed are auto, 1 (pLDDT on 0-1), 100 (on 0-100), none"))
    })
}

/// The structure in the bytes of a file, compressed or not.
pub fn read(bytes: &[u8], format: Option<&str>, scale: PlddtScale) -> Result<record::Structure> {
    let format = format.map(parse_format).transpose()?;
    let mut structure = formats::read(&formats::decompress(bytes)?, format)?;
    // A file of ours may say the scale itself.
    if scale != PlddtScale::Auto {
        structure.plddt_scale = scale;
    }
    Ok(structure)
}

/// The format with this name.
fn parse_format(name: &str) -> Result<Format> {
    Format::from_name(name).ok_or_else(|| {
        let known: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
        Error::validation(format!("format {name:?}: no such format; allowed are {}", known.join(", ")))
    })
}

#[pyclass(frozen, module = "proteusdb._core")]
pub struct Structure(Arc<record::Structure>);

impl Structure {
    /// The core's structure.
    pub fn inner(&self) -> &Arc<record::Structure> {
        &self.0
    }

    fn topology(&self) -> &Topology {
        self.0.topology()
    }

    /// A column of the first model, built with the GIL released.
    fn column<'py, T>(&self, py: Python<'py>, build: impl Fn(&Model) -> Vec<T> + Send + Sync) -> Bound<'py, PyArray1<T>>
    where
        T: NumpyElement + Send,
    {
        let structure = &self.0;
        py.detach(|| build(structure.first())).into_pyarray(py)
    }

    /// A residue column, shown per atom.
    fn per_atom<'py, T>(
        &self,
        py: Python<'py>,
        column: impl Fn(&Topology) -> &[T] + Send + Sync,
    ) -> Bound<'py, PyArray1<T>>
    where
        T: NumpyElement + Copy + Send,
    {
        self.column(py, |model| spread(&model.topology, column(&model.topology)))
    }

    /// The error where the models cannot stand in one array.
    fn refuse_different_atoms(&self) -> Result<()> {
        let first = self.topology().atoms.len();
        match self.0.models.iter().find(|model| !same_atoms(&model.topology, self.topology())) {
            None => Ok(()),
            Some(other) => Err(Error::validation(format!(
                "coords_all: the models have different atoms (model {} has {first}, model {} has {}); take one with model(i)",
                self.0.first().number,
                other.number,
                other.topology.atoms.len(),
            ))),
        }
    }
}

impl From<record::Structure> for Structure {
    fn from(structure: record::Structure) -> Self {
        Self(Arc::new(structure))
    }
}

impl From<Arc<record::Structure>> for Structure {
    fn from(structure: Arc<record::Structure>) -> Self {
        Self(structure)
    }
}

#[pymethods]
impl Structure {
    #[staticmethod]
    #[pyo3(signature = (data, *, name, format = None, plddt_scale = "auto"))]
    fn read(py: Python<'_>, data: &[u8], name: &str, format: Option<&str>, plddt_scale: &str) -> PyResult<Self> {
        let scale = parse_scale(plddt_scale).map_err(raise)?;
        let structure = py.detach(|| read(data, format, scale)).map_err(|error| raise(error.context(name)))?;
        Ok(structure.into())
    }

    #[staticmethod]
    #[pyo3(signature = (*, coords, atom_name, element, residue_name, chain_id, residue_number, insertion_code, altloc,
        hetero, charge, b_factor, occupancy, segment_id, label_asym_id, label_seq_id, label_entity_id, ter,
        model_numbers, entry_id, title,
        software, plddt_scale))]
    #[expect(clippy::too_many_arguments, reason = "keywords, one a column")]
    fn from_columns(
        py: Python<'_>,
        coords: PyReadonlyArray3<'_, f32>,
        atom_name: Vec<PyBackedStr>,
        element: Vec<PyBackedStr>,
        residue_name: Vec<PyBackedStr>,
        chain_id: Vec<PyBackedStr>,
        residue_number: PyReadonlyArray1<'_, i32>,
        insertion_code: Vec<PyBackedStr>,
        altloc: Vec<PyBackedStr>,
        hetero: PyReadonlyArray1<'_, bool>,
        charge: PyReadonlyArray1<'_, i8>,
        b_factor: PyReadonlyArray2<'_, f32>,
        occupancy: PyReadonlyArray2<'_, f32>,
        segment_id: Vec<PyBackedStr>,
        label_asym_id: Vec<PyBackedStr>,
        label_seq_id: PyReadonlyArray1<'_, i32>,
        label_entity_id: Vec<PyBackedStr>,
        ter: PyReadonlyArray1<'_, bool>,
        model_numbers: Vec<i32>,
        entry_id: String,
        title: String,
        software: Vec<(String, String)>,
        plddt_scale: &str,
    ) -> PyResult<Self> {
        let mut columns = Columns {
            coords: coords.as_array(),
            b_factor: b_factor.as_array(),
            occupancy: occupancy.as_array(),
            atom_name,
            element,
            residue_name,
            chain_id,
            residue_number: residue_number.as_array().to_vec(),
            insertion_code,
            altloc,
            hetero: hetero.as_array().to_vec(),
            charge: charge.as_array().to_vec(),
            segment_id,
            label_asym_id,
            label_seq_id: label_seq_id.as_array().to_vec(),
            label_entity_id,
            ter: ter.as_array().to_vec(),
            model_numbers,
            entry: Entry { id: entry_id, title, software, declares_plddt: false },
            plddt_scale: parse_scale(plddt_scale).map_err(raise)?,
        };
        py.detach(|| columns.build()).map(Self::from).map_err(raise)
    }

    #[staticmethod]
    fn join(py: Python<'_>, structures: Vec<Py<Self>>) -> PyResult<Self> {
        let shared: Vec<_> = structures.iter().map(|structure| Arc::clone(structure.get().inner())).collect();
        py.detach(|| columns::join(&shared)).map(Self::from).map_err(raise)
    }

    #[getter]
    fn n_atoms(&self) -> usize {
        self.topology().atoms.len()
    }

    #[getter]
    fn n_residues(&self) -> usize {
        self.topology().residues.len()
    }

    #[getter]
    fn n_models(&self) -> usize {
        self.0.models.len()
    }

    #[getter]
    fn model_numbers(&self) -> Vec<i32> {
        self.0.models.iter().map(|model| model.number).collect()
    }

    #[getter]
    fn entry<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let entry = &self.0.entry;
        let dict = PyDict::new(py);
        dict.set_item("id", &entry.id)?;
        dict.set_item("title", &entry.title)?;
        dict.set_item("software", &entry.software)?;
        dict.set_item("declares_plddt", entry.declares_plddt)?;
        Ok(dict)
    }

    #[getter]
    fn plddt_scale(&self) -> &'static str {
        SCALES.iter().find(|(scale, _)| *scale == self.0.plddt_scale).map_or("auto", |(_, name)| name)
    }

    #[getter]
    fn sequence(&self) -> String {
        polymer::sequence(self.topology()).0
    }

    #[getter]
    fn chain_types(&self) -> Vec<&'static str> {
        polymer::sequence(self.topology()).1.into_iter().map(ResidueKind::name).collect()
    }

    fn sequence_residues<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        self.column(py, |model| {
            polymer::chains(&model.topology).concat().into_iter().map(|index| index as u32).collect()
        })
    }

    fn model(&self, index: usize) -> PyResult<Self> {
        let model = self.0.models.get(index).ok_or_else(|| {
            let last = self.0.models.len() - 1;
            raise(Error::validation(format!("model({index}): the structure has models 0 to {last}")))
        })?;
        let structure = record::Structure {
            entry: self.0.entry.clone(),
            models: vec![model.clone()],
            plddt_scale: self.0.plddt_scale,
        };
        Ok(structure.into())
    }

    fn with_plddt_scale(&self, plddt_scale: &str) -> PyResult<Self> {
        let plddt_scale = parse_scale(plddt_scale).map_err(raise)?;
        Ok(record::Structure { plddt_scale, ..(*self.0).clone() }.into())
    }

    fn same_atoms(&self) -> bool {
        self.refuse_different_atoms().is_ok()
    }

    fn coords<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let values = py.detach(|| self.0.first().coords.to_f32());
        let shaped = Array2::from_shape_vec((self.n_atoms(), 3), values).map_err(misshapen)?;
        Ok(shaped.into_pyarray(py))
    }

    fn coords_all<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f32>>> {
        self.refuse_different_atoms().map_err(raise)?;
        let values = py.detach(|| {
            let mut values = Vec::with_capacity(3 * self.n_models() * self.n_atoms());
            self.0.models.iter().for_each(|model| values.extend(model.coords.to_f32()));
            values
        });
        let shaped = Array3::from_shape_vec((self.n_models(), self.n_atoms(), 3), values).map_err(misshapen)?;
        Ok(shaped.into_pyarray(py))
    }

    fn b_factor<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        self.column(py, |model| model.b_factor.to_f32())
    }

    fn occupancy<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        self.column(py, |model| model.occupancy.to_f32())
    }

    fn charge<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i8>> {
        self.column(py, |model| model.topology.atoms.charge.clone())
    }

    fn hetero<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        self.column(py, |model| model.topology.atoms.hetero.clone())
    }

    fn atom_text<'py>(&self, py: Python<'py>, column: &str) -> PyResult<Bound<'py, PyAny>> {
        text::column(py, self.topology(), column)
    }

    fn residue_number<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        self.per_atom(py, |topology| &topology.residues.number)
    }

    fn label_seq_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        self.per_atom(py, |topology| &topology.residues.label_seq_id)
    }

    fn ter<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        self.per_atom(py, |topology| &topology.residues.ter)
    }

    fn residue_starts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        self.column(py, |model| model.topology.residues.atom_start.clone())
    }

    fn residue_kinds(&self) -> Vec<&'static str> {
        self.topology().residues.kind.iter().map(|kind| kind.name()).collect()
    }

    fn plddt<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f32>>> {
        py.detach(|| self.0.plddt()).map(|values| values.into_pyarray(py))
    }

    fn plddt_atom<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f32>>> {
        py.detach(|| self.0.plddt_atom()).map(|values| values.into_pyarray(py))
    }

    fn to_pdb(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| formats::to_pdb(&self.0)).map_err(raise)
    }

    fn to_mmcif(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| formats::to_mmcif(&self.0)).map_err(raise)
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> bool {
        py.detach(|| same(&self.0, &other.0))
    }
}

/// A residue column repeated for the atoms of each residue.
fn spread<T: Copy>(topology: &Topology, column: &[T]) -> Vec<T> {
    let mut rows = Vec::with_capacity(topology.atoms.len());
    for (index, &value) in column.iter().enumerate() {
        rows.resize(topology.residues.atoms(index).end, value);
    }
    rows
}

fn same_atoms(a: &Arc<Topology>, b: &Topology) -> bool {
    std::ptr::eq(Arc::as_ptr(a), b) || a.atoms == b.atoms && shown(a) == shown(b)
}

/// What of a topology's residues a user can see; `ter` shows in the sequence alone.
fn shown(topology: &Topology) -> impl PartialEq + '_ {
    let r = &topology.residues;
    let names = (&r.name, &r.chain_id, &r.segment_id, &r.label_asym_id, &r.label_entity_id);
    (names, (&r.number, &r.insertion_code, &r.label_seq_id, &r.kind, &r.atom_start))
}

/// Equality of what Python shows: every column of every model, the sequence and the pLDDT. A column of 50 and one of
/// 50.00 are equal, and so are structures whose title differs.
fn same(a: &record::Structure, b: &record::Structure) -> bool {
    a.models.len() == b.models.len()
        && a.resolve_plddt(None) == b.resolve_plddt(None)
        && a.models.iter().zip(&b.models).all(|(x, y)| {
            x.number == y.number
                && same_atoms(&x.topology, &y.topology)
                && (Arc::ptr_eq(&x.topology, &y.topology)
                    || polymer::sequence(&x.topology) == polymer::sequence(&y.topology))
                && [(&x.coords, &y.coords), (&x.b_factor, &y.b_factor), (&x.occupancy, &y.occupancy)]
                    .iter()
                    .all(|(x, y)| x == y || x.to_f32() == y.to_f32())
        })
}

/// Columns that passed `Structure::check` have these lengths, so this is a bug of the core.
fn misshapen(error: numpy::ndarray::ShapeError) -> PyErr {
    raise(Error::corruption(format!("structure: a column does not have the length of its structure: {error}")))
}
