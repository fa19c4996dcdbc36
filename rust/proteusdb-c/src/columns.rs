//! The columns of a structure as arrays: of its first model, one row an atom unless their name says otherwise.

use proteusdb_core::record::{Array, Coded, Dtype, Element, Structure, Topology};

/// The columns there are, as messages list them.
pub const NAMES: &str = "coords, b_factor, occupancy, plddt, plddt_atom, atom_name, element, altloc, hetero, charge, \
                         residue_name, chain_id, residue_number, insertion_code, segment_id, label_asym_id, \
                         label_entity_id, label_seq_id, residue_starts, model_coords";

/// A column.
pub enum Column {
    Found(Array),
    /// The structure has no pLDDT, or its models have different atoms.
    Absent(&'static str),
    Unknown,
}

/// The column with this name.
pub fn column(structure: &Structure, name: &str) -> Column {
    let model = structure.first();
    let topology = &*model.topology;
    let (residues, atoms) = (&topology.residues, &topology.atoms);
    let found = match name {
        "coords" => floats(&model.coords.to_f32(), vec![atoms.len() as u64, 3]),
        "model_coords" => return all_models(structure),
        "b_factor" => line(&model.b_factor.to_f32()),
        "occupancy" => line(&model.occupancy.to_f32()),
        "plddt" | "plddt_atom" => {
            let plddt = if name == "plddt" { structure.plddt() } else { structure.plddt_atom() };
            return plddt.map_or(Column::Absent("its B-factors are no pLDDT"), |plddt| Column::Found(line(&plddt)));
        }
        "atom_name" => texts(&atoms.name.iter().collect::<Vec<_>>()),
        "element" => texts(&atoms.element.iter().map(|element| Element::symbol(*element)).collect::<Vec<_>>()),
        "altloc" => letters(&atoms.altloc),
        "hetero" => bytes(Dtype::Bool, atoms.hetero.iter().map(|&flag| u8::from(flag)).collect()),
        "charge" => bytes(Dtype::Int(1), atoms.charge.iter().map(|&charge| charge.to_le_bytes()[0]).collect()),
        "residue_name" => names(topology, &residues.name),
        "chain_id" => names(topology, &residues.chain_id),
        "segment_id" => names(topology, &residues.segment_id),
        "label_asym_id" => names(topology, &residues.label_asym_id),
        "label_entity_id" => names(topology, &residues.label_entity_id),
        "residue_number" => integers(&spread(topology, residues.number.iter().copied())),
        "label_seq_id" => integers(&spread(topology, residues.label_seq_id.iter().copied())),
        "insertion_code" => letters(&spread(topology, residues.insertion_code.iter().copied())),
        "residue_starts" => {
            let data = residues.atom_start.iter().flat_map(|start| start.to_le_bytes()).collect();
            Array { dtype: Dtype::Uint(4), shape: vec![residues.atom_start.len() as u64], data }
        }
        _ => return Column::Unknown,
    };
    Column::Found(found)
}

fn all_models(structure: &Structure) -> Column {
    let atoms = structure.topology().atoms.len();
    if structure.models.iter().any(|model| model.topology.atoms.len() != atoms) {
        return Column::Absent("its models have different atoms");
    }
    let values: Vec<f32> = structure.models.iter().flat_map(|model| model.coords.to_f32()).collect();
    Column::Found(floats(&values, vec![structure.models.len() as u64, atoms as u64, 3]))
}

/// A residue column, repeated for the atoms of each residue.
fn spread<T: Clone>(topology: &Topology, column: impl Iterator<Item = T>) -> Vec<T> {
    let mut rows = Vec::with_capacity(topology.atoms.len());
    for (index, value) in column.enumerate() {
        rows.resize(topology.residues.atoms(index).end, value);
    }
    rows
}

fn names(topology: &Topology, column: &Coded) -> Array {
    texts(&spread(topology, column.iter()))
}

/// Single characters up to U+00FF; 0 is the empty text.
fn letters(codes: &[u8]) -> Array {
    let shown = |&code: &u8| if code == 0 { String::new() } else { char::from(code).to_string() };
    let shown: Vec<String> = codes.iter().map(shown).collect();
    texts(&shown.iter().map(String::as_str).collect::<Vec<_>>())
}

/// UTF-8, each row padded with NUL to the longest; at least one byte a row.
fn texts(rows: &[&str]) -> Array {
    let width = rows.iter().map(|row| row.len()).max().unwrap_or(0).max(1);
    let mut data = Vec::with_capacity(width * rows.len());
    for (number, row) in rows.iter().enumerate() {
        data.extend_from_slice(row.as_bytes());
        data.resize(width * (number + 1), 0);
    }
    Array { dtype: Dtype::Bytes(width as u32), shape: vec![rows.len() as u64], data }
}

fn bytes(dtype: Dtype, data: Vec<u8>) -> Array {
    Array { dtype, shape: vec![data.len() as u64], data }
}

fn integers(values: &[i32]) -> Array {
    let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Array { dtype: Dtype::Int(4), shape: vec![values.len() as u64], data }
}

fn line(values: &[f32]) -> Array {
    floats(values, vec![values.len() as u64])
}

fn floats(values: &[f32], shape: Vec<u64>) -> Array {
    let mut data = Vec::with_capacity(4 * values.len());
    values.iter().for_each(|value| data.extend_from_slice(&value.to_le_bytes()));
    Array { dtype: Dtype::Float(4), shape, data }
}
