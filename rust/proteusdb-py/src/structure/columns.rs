//! Per-atom columns from Python to a structure.
//!
//! ```text
//! atom      N   CA  C   N   CA
//! residue   ALA ALA ALA GLY GLY      a residue is a maximal run of atoms with equal residue columns
//! number    1   1   1   2   2   ->   residues ALA 1, GLY 2   atom_start [0, 3, 5]
//! ```
//!
//! Invariants: every column is as long as `coords`, every number is finite, every text is without control characters
//! and at most [`MAX_TEXT`] bytes long. A message names the column and the atom, counted from 0.

use std::sync::Arc;

use numpy::ndarray::{ArrayView2, ArrayView3, Axis};
use proteusdb_core::record::{
    Atoms, Coded, Element, Entry, Model, Numbers, PlddtScale, ResidueKind, Residues, Structure, Topology, polymer,
};
use proteusdb_core::{Error, Result};
use pyo3::pybacked::PyBackedStr;

/// The longest name of an atom, residue, chain, segment or entity.
const MAX_TEXT: usize = 255;

/// Predictors print coordinates, B-factors and occupancies with at most this many decimals; what lies on no such grid
/// stays float32, bit for bit.
const DECIMALS: u8 = 3;

/// The columns as Python gives them, one row an atom.
pub struct Columns<'a> {
    pub coords: ArrayView3<'a, f32>,
    pub b_factor: ArrayView2<'a, f32>,
    pub occupancy: ArrayView2<'a, f32>,
    pub atom_name: Vec<PyBackedStr>,
    pub element: Vec<PyBackedStr>,
    pub residue_name: Vec<PyBackedStr>,
    pub chain_id: Vec<PyBackedStr>,
    pub residue_number: Vec<i32>,
    pub insertion_code: Vec<PyBackedStr>,
    pub altloc: Vec<PyBackedStr>,
    pub hetero: Vec<bool>,
    pub charge: Vec<i8>,
    pub segment_id: Vec<PyBackedStr>,
    pub label_asym_id: Vec<PyBackedStr>,
    pub label_seq_id: Vec<i32>,
    pub label_entity_id: Vec<PyBackedStr>,
    pub ter: Vec<bool>,
    pub model_numbers: Vec<i32>,
    pub entry: Entry,
    pub plddt_scale: PlddtScale,
}

impl Columns<'_> {
    /// The structure with these columns. They stay, so that Python's own are let go by a thread with the GIL: PyO3 keeps a
    /// list of those let go without it, under a lock that a fork in that moment would leave taken in the child for ever.
    pub fn build(&mut self) -> Result<Structure> {
        self.check_lengths()?;
        let topology = Arc::new(self.topology()?);
        let models = self.model_numbers.iter().enumerate();
        let models = models.map(|(index, &number)| self.model(index, number, &topology)).collect::<Result<Vec<_>>>()?;
        let structure = Structure { entry: std::mem::take(&mut self.entry), models, plddt_scale: self.plddt_scale };
        structure.check()?;
        Ok(structure)
    }

    fn check_lengths(&self) -> Result<()> {
        let (models, atoms, axes) = self.coords.dim();
        if models == 0 || atoms == 0 || axes != 3 {
            return Err(Error::validation(format!(
                "coords has the shape ({models}, {atoms}, {axes}); needed is (models, atoms, 3) with at least one of each"
            )));
        }
        let rows = [
            ("atom_name", self.atom_name.len()),
            ("element", self.element.len()),
            ("residue_name", self.residue_name.len()),
            ("chain_id", self.chain_id.len()),
            ("residue_number", self.residue_number.len()),
            ("insertion_code", self.insertion_code.len()),
            ("altloc", self.altloc.len()),
            ("hetero", self.hetero.len()),
            ("charge", self.charge.len()),
            ("segment_id", self.segment_id.len()),
            ("label_asym_id", self.label_asym_id.len()),
            ("label_seq_id", self.label_seq_id.len()),
            ("label_entity_id", self.label_entity_id.len()),
            ("ter", self.ter.len()),
            ("b_factor", self.b_factor.dim().1),
            ("occupancy", self.occupancy.dim().1),
        ];
        let sheets = [
            ("b_factor", self.b_factor.dim().0),
            ("occupancy", self.occupancy.dim().0),
            ("model_numbers", self.model_numbers.len()),
        ];
        agree(&rows, "rows", atoms, "atoms")?;
        agree(&sheets, "models", models, "models")
    }

    fn model(&self, index: usize, number: i32, topology: &Arc<Topology>) -> Result<Model> {
        let column = |name: &str, values: Vec<f32>, per_atom: usize| {
            let wrong = values.iter().position(|value| !value.is_finite());
            wrong.map_or(Ok(Numbers::from_f32(&values, if per_atom == 3 { 3 } else { 2 }, DECIMALS)), |at| {
                let (atom, value) = (at / per_atom, values.get(at).copied().unwrap_or(f32::NAN));
                Err(Error::validation(format!(
                    "{name} of atom {atom} (counted from 0) in model {number} is {value}; every value must be finite"
                )))
            })
        };
        Ok(Model {
            number,
            topology: Arc::clone(topology),
            coords: column("coords", self.coords.index_axis(Axis(0), index).iter().copied().collect(), 3)?,
            b_factor: column("b_factor", self.b_factor.row(index).to_vec(), 1)?,
            occupancy: column("occupancy", self.occupancy.row(index).to_vec(), 1)?,
        })
    }

    fn topology(&self) -> Result<Topology> {
        let atoms = Atoms {
            name: texts("atom_name", &self.atom_name)?,
            element: elements(&self.element)?,
            altloc: characters("altloc", &self.altloc)?,
            hetero: self.hetero.clone(),
            charge: self.charge.clone(),
        };
        let mut topology = Topology { residues: self.residues()?, atoms };
        polymer::classify(&mut topology);
        Ok(topology)
    }

    fn residues(&self) -> Result<Residues> {
        let name = texts("residue_name", &self.residue_name)?;
        let chain_id = texts("chain_id", &self.chain_id)?;
        let segment_id = texts("segment_id", &self.segment_id)?;
        let label_asym_id = texts("label_asym_id", &self.label_asym_id)?;
        let label_entity_id = texts("label_entity_id", &self.label_entity_id)?;
        let insertion_code = characters("insertion_code", &self.insertion_code)?;
        let words = [&name, &chain_id, &segment_id, &label_asym_id, &label_entity_id];
        let (numbers, labels) = (&self.residue_number, &self.label_seq_id);
        let key = |atom: usize| {
            let codes = words.map(|column| column.codes().get(atom));
            (codes, numbers.get(atom), insertion_code.get(atom), labels.get(atom))
        };
        let starts: Vec<usize> = (0..name.len()).filter(|&atom| atom == 0 || key(atom) != key(atom - 1)).collect();
        let ends = starts.iter().skip(1).copied().chain([name.len()]);
        let ter = |(&start, end)| self.ter.get(start..end).unwrap_or_default().contains(&true);
        let text = |column: &Coded| starts.iter().map(|&atom| column.get(atom)).collect::<Coded>();
        Ok(Residues {
            name: text(&name),
            chain_id: text(&chain_id),
            number: pick(numbers, &starts),
            insertion_code: pick(&insertion_code, &starts),
            segment_id: text(&segment_id),
            label_asym_id: text(&label_asym_id),
            label_entity_id: text(&label_entity_id),
            label_seq_id: pick(labels, &starts),
            kind: vec![ResidueKind::NonPolymer; starts.len()],
            ter: starts.iter().zip(ends).map(ter).collect(),
            atom_start: starts.iter().chain([&name.len()]).map(|&atom| atom as u32).collect(),
        })
    }
}

/// One structure with the models of all; the entry and the scale are those of the first.
pub fn join(structures: &[Arc<Structure>]) -> Result<Structure> {
    let Some(first) = structures.first() else {
        return Err(Error::validation("no models: a structure has at least one"));
    };
    let mut joined = Structure { entry: first.entry.clone(), models: Vec::new(), plddt_scale: first.plddt_scale };
    for model in structures.iter().flat_map(|structure| &structure.models) {
        let mut model = model.clone();
        if let Some(same) = joined.models.iter().find(|known| known.topology == model.topology) {
            model.topology = Arc::clone(&same.topology);
        }
        joined.models.push(model);
    }
    Ok(joined)
}

fn agree(columns: &[(&str, usize)], unit: &str, expected: usize, of: &str) -> Result<()> {
    match columns.iter().find(|(_, count)| *count != expected) {
        None => Ok(()),
        Some((name, count)) => Err(Error::validation(format!(
            "{name} has {count} {unit}, but coords has {expected} {of}; they must agree"
        ))),
    }
}

fn pick<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().filter_map(|&row| column.get(row).copied()).collect()
}

/// A text column without the padding that fixed-width formats leave.
fn texts(column: &str, rows: &[PyBackedStr]) -> Result<Coded> {
    let mut coded = Coded::with_capacity(rows.len());
    for (atom, row) in rows.iter().enumerate() {
        let text = row.trim();
        let problem = match text {
            _ if text.len() > MAX_TEXT => "it is too long",
            _ if text.chars().any(char::is_control) => "it holds a control character",
            _ => {
                coded.push(text);
                continue;
            }
        };
        let allowed = format!("allowed are at most {MAX_TEXT} bytes without control characters");
        return Err(refuse(column, atom, text, &format!("{problem}; {allowed}")));
    }
    Ok(coded)
}

fn elements(rows: &[PyBackedStr]) -> Result<Vec<Element>> {
    let element = |(atom, row): (usize, &PyBackedStr)| match row.trim() {
        "" => Ok(Element::UNKNOWN),
        symbol => Element::from_symbol(symbol).ok_or_else(|| {
            refuse("element", atom, symbol, "not a chemical symbol; allowed are H to Og, D, and X for an unknown one")
        }),
    };
    rows.iter().enumerate().map(element).collect()
}

/// Single characters up to U+00FF; blank is 0.
fn characters(column: &str, rows: &[PyBackedStr]) -> Result<Vec<u8>> {
    let character = |(atom, row): (usize, &PyBackedStr)| {
        let mut characters = row.trim().chars();
        match (characters.next(), characters.next()) {
            (None, _) => Ok(0),
            (Some(one), None) if !one.is_control() && u32::from(one) <= 0xff => Ok(u32::from(one) as u8),
            _ => Err(refuse(column, atom, row, "not a single character; allowed are one character or none")),
        }
    };
    rows.iter().enumerate().map(character).collect()
}

fn refuse(column: &str, atom: usize, text: &str, problem: &str) -> Error {
    let shown: String = text.chars().take(40).collect();
    Error::validation(format!("{column} {shown:?} of atom {atom} (counted from 0): {problem}"))
}
