//! Columns to mmCIF, everything a structure holds.
//!
//! ```text
//! data_ID  _entry  _struct  _software  _ma_qa_metric  _entity  _proteusdb  loop_ _atom_site ...
//! ```
//!
//! mmCIF has no item for some of what is kept, and viewers need items that PDB files do not have. So a category of our
//! own says which `label_*` values were made up for the viewers' sake (`label_ids synthetic`), which columns were float32
//! (`float32 coords,b_factor`), and the scale of pLDDT; and two columns of our own hold segment names and polymer ends
//! where they do not follow from `label_asym_id`. A reader that does not know them passes over them.
//!
//! Models whose numbers repeat are numbered anew from 1, because rows are told apart by that number.

use std::collections::HashSet;
use std::fmt::Write;

use indexmap::IndexMap;

use super::super::print;
use super::labels::{Labels, Rows};
use super::quote;
use super::tables::end_polymers;
use crate::error::{Error, Result};
use crate::record::polymer;
use crate::record::{Element, Entry, Model, NO_LABEL_SEQ, Numbers, PlddtScale, Structure, Topology};

/// Prints a structure as mmCIF text.
///
/// # Errors
/// `Validation` that names the field with a text no CIF value can hold (NUL, or a line that begins with `;`).
pub fn to_mmcif(structure: &Structure) -> Result<String> {
    let atoms: usize = structure.models.iter().map(|model| model.topology.atoms.len()).sum();
    let mut out = String::with_capacity(1024 + 100 * atoms);
    push_entry(&mut out, &structure.entry)?;
    let labels = Labels::new(structure);
    push_own(&mut out, structure, &labels);
    push_entities(&mut out, &labels)?;
    push_atoms(&mut out, structure, &labels)?;
    Ok(out)
}

fn push_value(out: &mut String, field: &str, text: &str) -> Result<()> {
    quote::push(out, text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Error::validation(format!(
            "{field} {shown:?}: mmCIF holds no text with NUL, a final carriage return, or a line that begins with ;"
        ))
    })
}

fn push_entry(out: &mut String, entry: &Entry) -> Result<()> {
    let name: String = entry.id.chars().filter(|c| c.is_ascii_graphic()).collect();
    let _ = writeln!(out, "data_{}", if name.is_empty() { "structure" } else { &name });
    out.push_str("#\n_entry.id ");
    push_value(out, "entry id", &entry.id)?;
    out.push_str("\n#\n_struct.entry_id ");
    push_value(out, "entry id", &entry.id)?;
    out.push_str("\n_struct.title ");
    push_value(out, "title", &entry.title)?;
    out.push_str("\n#\n");
    if !entry.software.is_empty() {
        out.push_str("loop_\n_software.pdbx_ordinal\n_software.name\n_software.version\n");
        for (index, (name, version)) in entry.software.iter().enumerate() {
            let _ = write!(out, "{} ", index + 1);
            // A name must be given to be read, even an empty one.
            if name.is_empty() {
                out.push_str("''")
            } else {
                push_value(out, "software name", name)?
            }
            out.push(' ');
            push_value(out, "software version", version)?;
            out.push('\n');
        }
        out.push_str("#\n");
    }
    if entry.declares_plddt {
        out.push_str(
            "_ma_qa_metric.id 1\n_ma_qa_metric.name pLDDT\n_ma_qa_metric.type pLDDT\n_ma_qa_metric.mode local\n#\n",
        );
    }
    Ok(())
}

/// The category of our own, where there is anything to say.
fn push_own(out: &mut String, structure: &Structure, labels: &Labels<'_>) {
    let mut items = String::new();
    if labels.synthetic {
        items.push_str("_proteusdb.label_ids synthetic\n");
    }
    let mut floats = Vec::new();
    for (name, column) in [
        ("coords", (|model| &model.coords) as fn(&Model) -> &Numbers),
        ("b_factor", |model| &model.b_factor),
        ("occupancy", |model| &model.occupancy),
    ] {
        if structure.models.iter().any(|model| matches!(column(model), Numbers::Float(_))) {
            floats.push(name);
        }
    }
    if !floats.is_empty() {
        let _ = writeln!(items, "_proteusdb.float32 {}", floats.join(","));
    }
    let scale = match structure.plddt_scale {
        PlddtScale::Auto => None,
        PlddtScale::Absent => Some("absent"),
        PlddtScale::One => Some("one"),
        PlddtScale::Hundred => Some("hundred"),
    };
    if let Some(scale) = scale {
        let _ = writeln!(items, "_proteusdb.plddt_scale {scale}");
    }
    if !items.is_empty() {
        out.push_str(&items);
        out.push_str("#\n");
    }
}

fn push_entities(out: &mut String, labels: &Labels<'_>) -> Result<()> {
    let entities = labels.entities();
    if !entities.is_empty() {
        out.push_str("loop_\n_entity.id\n_entity.type\n");
        for (id, kind) in entities {
            push_value(out, "label_entity_id", &id)?;
            let _ = writeln!(out, " {kind}");
        }
        out.push_str("#\n");
    }
    Ok(())
}

const COLUMNS: [&str; 21] = [
    "group_PDB",
    "id",
    "type_symbol",
    "label_atom_id",
    "label_alt_id",
    "label_comp_id",
    "label_asym_id",
    "label_entity_id",
    "label_seq_id",
    "pdbx_PDB_ins_code",
    "Cartn_x",
    "Cartn_y",
    "Cartn_z",
    "occupancy",
    "B_iso_or_equiv",
    "pdbx_formal_charge",
    "auth_seq_id",
    "auth_comp_id",
    "auth_asym_id",
    "auth_atom_id",
    "pdbx_PDB_model_num",
];

/// Which columns of our own are needed.
#[derive(Clone, Copy)]
struct Own {
    segments: bool,
    ter: bool,
}

fn push_atoms(out: &mut String, structure: &Structure, labels: &Labels<'_>) -> Result<()> {
    let topologies = || structure.models.iter().map(|model| model.topology.as_ref());
    let entities = labels.entities();
    let own = Own {
        segments: topologies().any(|topology| topology.residues.segment_id.values().any(|name| !name.is_empty())),
        ter: topologies().any(|topology| {
            labels.synthetic && topology.residues.ter.contains(&true) || !ter_follows(topology, &entities)
        }),
    };
    out.push_str("loop_\n");
    for column in COLUMNS {
        let _ = writeln!(out, "_atom_site.{column}");
    }
    for (name, needed) in [("proteusdb_segment_id", own.segments), ("proteusdb_ter", own.ter)] {
        if needed {
            let _ = writeln!(out, "_atom_site.{name}");
        }
    }
    let mut numbers = HashSet::new();
    let distinct = structure.models.iter().all(|model| numbers.insert(model.number));
    let mut id = 0;
    for (index, model) in structure.models.iter().enumerate() {
        let number = if distinct { model.number } else { index as i32 + 1 };
        push_model(out, model, number, labels, own, &mut id)?;
    }
    out.push_str("#\n");
    Ok(())
}

/// Whether a reader would find the same polymers and ends without being told the ends.
fn ter_follows(topology: &Topology, entities: &IndexMap<String, &'static str>) -> bool {
    let mut derived = topology.clone();
    derived.residues.ter.fill(false);
    polymer::classify_with(&mut derived, |entity| match entities.get(entity).copied() {
        None | Some("?") => None,
        Some(kind) => Some(kind == "polymer"),
    });
    end_polymers(&mut derived);
    derived.residues.ter == topology.residues.ter && derived.residues.kind == topology.residues.kind
}

fn push_model(out: &mut String, model: &Model, number: i32, labels: &Labels<'_>, own: Own, id: &mut u64) -> Result<()> {
    let topology = model.topology.as_ref();
    let residues = &topology.residues;
    let names: Vec<String> =
        topology.atoms.name.values().map(|name| given("atom name", name)).collect::<Result<_>>()?;
    let atom_codes = topology.atoms.name.codes();
    let rows = labels.of(topology);
    for index in 0..residues.len() {
        let (before, after) = residue_values(topology, index, &rows)?;
        let segment = residues.segment_id.get(index);
        let atoms = residues.atoms(index);
        for atom in atoms.clone() {
            *id += 1;
            let name = atom_codes.get(atom).and_then(|&code| names.get(code as usize)).map_or("''", String::as_str);
            push_atom_start(out, topology, atom, *id, name)?;
            out.push_str(&before);
            push_numbers(out, model, atom);
            let _ = write!(out, "{after} {name} {number}");
            if own.segments {
                out.push(' ');
                push_value(out, "segment_id", segment)?;
            }
            if own.ter {
                let ends = atom + 1 == atoms.end && residues.ter.get(index) == Some(&true);
                out.push_str(if ends { " y" } else { " ." });
            }
            out.push('\n');
        }
    }
    Ok(())
}

/// An author value: an empty one is quoted, so that no `label_*` value stands in for it.
fn given(field: &str, text: &str) -> Result<String> {
    let mut out = String::new();
    if text.is_empty() {
        out.push_str("''");
    } else {
        push_value(&mut out, field, text)?;
    }
    Ok(out)
}

/// The values of a residue that stand before and after its atoms' numbers.
fn residue_values(topology: &Topology, index: usize, labels: &Rows<'_>) -> Result<(String, String)> {
    let residues = &topology.residues;
    let name = given("residue name", residues.name.get(index))?;
    let mut before = format!(" {name} ");
    push_value(&mut before, "label_asym_id", &labels.asym(index))?;
    before.push(' ');
    push_value(&mut before, "label_entity_id", &labels.entity(index))?;
    match labels.seq(index) {
        NO_LABEL_SEQ => before.push_str(" . "),
        number => {
            let _ = write!(before, " {number} ");
        }
    }
    push_character(&mut before, "insertion_code", residues.insertion_code.get(index).copied().unwrap_or(0), '?')?;
    let chain = given("chain_id", residues.chain_id.get(index))?;
    let after = format!(" {} {name} {chain}", residues.number.get(index).copied().unwrap_or(0));
    Ok((before, after))
}

fn push_character(out: &mut String, field: &str, byte: u8, none: char) -> Result<()> {
    if byte == 0 {
        out.push(none);
        return Ok(());
    }
    push_value(out, field, char::from(byte).encode_utf8(&mut [0; 4]))
}

/// `group_PDB` to `label_alt_id`.
fn push_atom_start(out: &mut String, topology: &Topology, atom: usize, id: u64, name: &str) -> Result<()> {
    let atoms = &topology.atoms;
    let group = if atoms.hetero.get(atom) == Some(&true) { "HETATM" } else { "ATOM" };
    let symbol = atoms.element.get(atom).copied().unwrap_or(Element::UNKNOWN).symbol();
    let _ = write!(out, "{group} {id} {symbol} {name} ");
    push_character(out, "altloc", atoms.altloc.get(atom).copied().unwrap_or(0), '.')
}

/// `Cartn_x` to `pdbx_formal_charge`.
fn push_numbers(out: &mut String, model: &Model, atom: usize) {
    for axis in 0..3 {
        out.push(' ');
        print::push(out, &model.coords, 3 * atom + axis);
    }
    out.push(' ');
    print::push(out, &model.occupancy, atom);
    out.push(' ');
    print::push(out, &model.b_factor, atom);
    match model.topology.atoms.charge.get(atom) {
        None | Some(0) => out.push_str(" ?"),
        Some(charge) => {
            let _ = write!(out, " {charge}");
        }
    }
}
