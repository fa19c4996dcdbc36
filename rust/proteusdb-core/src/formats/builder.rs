//! Atom rows in file order to models: the one place where readers turn rows into columns.
//!
//! ```text
//! row: chain A, 12 SER, CB, ...  ->  same residue as the row before?         append the atom
//!                                    a residue of this chain seen before?    append, and reorder at the end
//!                                    else                                    open a residue
//! ```
//!
//! A residue is told by number, insertion code, segment and name within a stretch of rows of one chain name. Files
//! that interleave the residues of alternate locations come back to a residue; numbers that wrap do too.

use std::collections::HashMap;
use std::sync::Arc;

use super::decimal::{Column, Decimal};
use super::intern::Interner;
use crate::error::{Error, Result};
use crate::record::{Atoms, Element, Entry, Model, PlddtScale, ResidueKind, Residues, Structure, Topology};

/// What a row says about its residue. Texts are trimmed bytes of the file.
pub(super) struct ResidueRow<'a> {
    pub chain: &'a [u8],
    pub name: &'a [u8],
    pub number: i32,
    /// 0 where there is none.
    pub insertion_code: u8,
    pub segment: &'a [u8],
    pub label_asym: &'a [u8],
    pub label_entity: &'a [u8],
    pub label_seq: i32,
}

/// What a row says about its atom.
pub(super) struct AtomRow<'a> {
    pub name: &'a [u8],
    pub element: Element,
    /// 0 where there is none.
    pub altloc: u8,
    pub hetero: bool,
    pub charge: i8,
    pub position: [Decimal; 3],
    pub occupancy: Decimal,
    pub b_factor: Decimal,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ResidueKey {
    number: i32,
    insertion_code: u8,
    segment: u32,
    name: u32,
}

/// Which columns are float32 whatever their numbers look like, because the file says so.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Floats {
    pub coords: bool,
    pub b_factor: bool,
    pub occupancy: bool,
}

/// One model under construction.
pub(super) struct ModelBuilder {
    number: i32,
    residues: ResidueColumns,
    atoms: AtomColumns,
    /// The residue of each atom, and whether these numbers ever step back.
    residue_of: Vec<u32>,
    steps_back: bool,
    coords: Column,
    b_factor: Column,
    occupancy: Column,
}

impl ModelBuilder {
    pub(super) fn new(number: i32, floats: Floats) -> Self {
        Self {
            number,
            residues: ResidueColumns::new(),
            atoms: AtomColumns::new(),
            residue_of: Vec::new(),
            steps_back: false,
            coords: Column::new(floats.coords),
            b_factor: Column::new(floats.b_factor),
            occupancy: Column::new(floats.occupancy),
        }
    }

    /// Whether no atom came yet.
    pub(super) fn is_empty(&self) -> bool {
        self.residue_of.is_empty()
    }

    /// The residue that a row is of, opened if no row named it before.
    pub(super) fn residue(&mut self, row: &ResidueRow<'_>) -> u32 {
        self.residues.find_or_open(row)
    }

    /// Appends an atom of residue `index`; the error names the field whose number is too large for any column.
    pub(super) fn push(&mut self, index: u32, atom: &AtomRow<'_>) -> Result<(), &'static str> {
        self.steps_back |= self.residue_of.last().is_some_and(|&last| last > index);
        self.residue_of.push(index);
        self.atoms.push(atom);
        let [x, y, z] = atom.position;
        let fits = self.coords.push(x) && self.coords.push(y) && self.coords.push(z);
        fits.then_some(()).ok_or("coordinates")?;
        self.b_factor.push(atom.b_factor).then_some(()).ok_or("B-factor")?;
        self.occupancy.push(atom.occupancy).then_some(()).ok_or("occupancy")
    }

    /// Ends a polymer after the residue opened last.
    pub(super) fn end_polymer(&mut self) {
        if let Some(ter) = self.residues.ter.last_mut() {
            *ter = true;
        }
    }

    /// Makes the next row open a new stretch of its chain, whatever its name.
    pub(super) fn end_chain(&mut self) {
        self.residues.chain_open = None;
    }

    fn finish(self) -> Model {
        let order = self.steps_back.then(|| {
            let mut order: Vec<u32> = (0..self.residue_of.len() as u32).collect();
            order.sort_by_key(|&atom| self.residue_of.get(atom as usize).copied());
            order
        });
        let order = order.as_deref();
        let mut atom_start = vec![0_u32; self.residues.number.len() + 1];
        for &residue in &self.residue_of {
            if let Some(count) = atom_start.get_mut(residue as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut atom_start {
            total += *start;
            *start = total;
        }
        let topology = Topology { residues: self.residues.finish(atom_start), atoms: self.atoms.finish(order) };
        Model {
            number: self.number,
            topology: Arc::new(topology),
            coords: self.coords.finish(3, order),
            b_factor: self.b_factor.finish(1, order),
            occupancy: self.occupancy.finish(1, order),
        }
    }
}

/// Residue columns in the order in which residues were opened.
struct ResidueColumns {
    chains: Interner,
    names: Interner,
    segments: Interner,
    asyms: Interner,
    entities: Interner,
    chain: Vec<u32>,
    name: Vec<u32>,
    segment: Vec<u32>,
    asym: Vec<u32>,
    entity: Vec<u32>,
    number: Vec<i32>,
    insertion_code: Vec<u8>,
    label_seq: Vec<i32>,
    ter: Vec<bool>,
    /// The chain being read and the residue the last row belonged to.
    chain_open: Option<u32>,
    last: Option<(ResidueKey, u32)>,
    /// Residues of the open chain, entered only once a number fails to ascend; `indexed` is the first not entered.
    seen: HashMap<ResidueKey, u32>,
    indexed: usize,
    highest: i32,
}

impl ResidueColumns {
    fn new() -> Self {
        Self {
            chains: Interner::new(),
            names: Interner::new(),
            segments: Interner::new(),
            asyms: Interner::new(),
            entities: Interner::new(),
            chain: Vec::new(),
            name: Vec::new(),
            segment: Vec::new(),
            asym: Vec::new(),
            entity: Vec::new(),
            number: Vec::new(),
            insertion_code: Vec::new(),
            label_seq: Vec::new(),
            ter: Vec::new(),
            chain_open: None,
            last: None,
            seen: HashMap::new(),
            indexed: 0,
            highest: i32::MIN,
        }
    }

    fn find_or_open(&mut self, row: &ResidueRow<'_>) -> u32 {
        let chain = self.chains.code(row.chain);
        let key = ResidueKey {
            number: row.number,
            // Case does not tell insertion codes apart, as in gemmi.
            insertion_code: row.insertion_code.to_ascii_uppercase(),
            segment: self.segments.code(row.segment),
            name: self.names.code(row.name),
        };
        if self.chain_open != Some(chain) {
            self.chain_open = Some(chain);
            self.last = None;
            self.seen.clear();
            self.indexed = self.number.len();
            self.highest = i32::MIN;
        }
        match self.last {
            Some((last, index)) if last == key => return index,
            _ => {}
        }
        let index = self.revisited(&key).unwrap_or_else(|| self.open(row, chain, &key));
        self.last = Some((key, index));
        index
    }

    /// The residue of the open chain with this key, if a row named it before.
    fn revisited(&mut self, key: &ResidueKey) -> Option<u32> {
        if key.number > self.highest {
            return None;
        }
        for index in self.indexed..self.number.len() {
            if let Some(key) = self.key(index) {
                self.seen.entry(key).or_insert(index as u32);
            }
        }
        self.indexed = self.number.len();
        self.seen.get(key).copied()
    }

    fn key(&self, index: usize) -> Option<ResidueKey> {
        Some(ResidueKey {
            number: *self.number.get(index)?,
            insertion_code: self.insertion_code.get(index)?.to_ascii_uppercase(),
            segment: *self.segment.get(index)?,
            name: *self.name.get(index)?,
        })
    }

    fn open(&mut self, row: &ResidueRow<'_>, chain: u32, key: &ResidueKey) -> u32 {
        self.chain.push(chain);
        self.name.push(key.name);
        self.segment.push(key.segment);
        self.asym.push(self.asyms.code(row.label_asym));
        self.entity.push(self.entities.code(row.label_entity));
        self.number.push(row.number);
        self.insertion_code.push(row.insertion_code);
        self.label_seq.push(row.label_seq);
        self.ter.push(false);
        self.highest = self.highest.max(row.number);
        self.number.len() as u32 - 1
    }

    fn finish(self, atom_start: Vec<u32>) -> Residues {
        Residues {
            kind: vec![ResidueKind::NonPolymer; self.number.len()],
            name: self.names.column(self.name),
            chain_id: self.chains.column(self.chain),
            segment_id: self.segments.column(self.segment),
            label_asym_id: self.asyms.column(self.asym),
            label_entity_id: self.entities.column(self.entity),
            number: self.number,
            insertion_code: self.insertion_code,
            label_seq_id: self.label_seq,
            ter: self.ter,
            atom_start,
        }
    }
}

/// Atom columns in file order.
struct AtomColumns {
    names: Interner,
    name: Vec<u32>,
    element: Vec<Element>,
    altloc: Vec<u8>,
    hetero: Vec<bool>,
    charge: Vec<i8>,
}

impl AtomColumns {
    fn new() -> Self {
        Self {
            names: Interner::new(),
            name: Vec::new(),
            element: Vec::new(),
            altloc: Vec::new(),
            hetero: Vec::new(),
            charge: Vec::new(),
        }
    }

    fn push(&mut self, row: &AtomRow<'_>) {
        self.name.push(self.names.code(row.name));
        self.element.push(row.element);
        self.altloc.push(row.altloc);
        self.hetero.push(row.hetero);
        self.charge.push(row.charge);
    }

    fn finish(self, order: Option<&[u32]>) -> Atoms {
        Atoms {
            name: self.names.column(sorted(self.name, order)),
            element: sorted(self.element, order),
            altloc: sorted(self.altloc, order),
            hetero: sorted(self.hetero, order),
            charge: sorted(self.charge, order),
        }
    }
}

fn sorted<T: Copy>(values: Vec<T>, order: Option<&[u32]>) -> Vec<T> {
    match order {
        Some(order) => order.iter().filter_map(|&row| values.get(row as usize).copied()).collect(),
        None => values,
    }
}

/// Models in the order their first row came, each with at least one atom, sharing equal topologies.
///
/// `classify` sees each distinct topology once.
pub(super) fn structure(
    builders: Vec<ModelBuilder>,
    entry: Entry,
    mut classify: impl FnMut(&mut Topology),
) -> Result<Structure> {
    let mut models: Vec<Model> = Vec::with_capacity(builders.len());
    for builder in builders.into_iter().filter(|builder| !builder.is_empty()) {
        let mut model = builder.finish();
        classify(Arc::make_mut(&mut model.topology));
        if let Some(same) = models.iter().rev().take(2).find(|known| known.topology == model.topology) {
            model.topology = Arc::clone(&same.topology);
        }
        models.push(model);
    }
    if models.is_empty() {
        return Err(Error::validation("no atoms: at least one ATOM or HETATM is needed"));
    }
    Ok(Structure { entry, models, plddt_scale: PlddtScale::default() })
}
