//! In which order the atoms of a residue are coded, and which three atoms each is seen from.
//!
//! ```text
//! slots   0 1 2 3    4      8 9 10 11 12
//!         N CA C O   last   N CA C  O  CB        of the residue before | of this one, in file order
//! steps   N <- (2, 3, 1)    CA <- (8, 2, 3)    C <- (9, 8, 2)    O <- (10, 9, 8)    CB <- (9, 10, 8)
//! H..     c: the atom that its name says, b and a: what that one was seen from
//! ```
//!
//! Atoms of known kinds come in the order of the artefact, whatever their order in the file. Of what is left hydrogens are of a
//! general kind, all else (ligands, nucleotides) is the difference to the atom before. There are two plans for a shape: of a
//! residue that continues a chain, and of one that does not.

use std::cell::OnceCell;

use super::model::{BEFORE, Kind, Model, NONE};
use crate::codec::residues::{Layout, OTHER, OWN, Shape, TEMPLATES, name_number};
use crate::record::Element;

/// The number of slots; a power of two, so that a masked index is in bounds.
pub(super) const SLOTS: usize = 128;

/// The slot of the last atom of the residue before.
pub(super) const LAST: u16 = 4;

/// The slot of the first atom of a residue.
const FIRST: usize = 8;

/// Classes of atoms that have no kind: near the atom before, and anywhere.
pub(super) const NEAR: u8 = 5;
pub(super) const FAR: u8 = 6;

/// What a torsion says of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Phi,
    Psi,
    Side,
    Other,
}

/// How an atom is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Slots of c, b, a.
    pub from: [u16; 3],
    /// Its own slot.
    pub slot: u16,
    /// Its place in the residue.
    pub atom: u32,
    /// Its kind, or [`NONE`].
    pub kind: u16,
    /// The first table of its torsion, or [`NONE`].
    pub torsion: u16,
    /// How atoms scatter is followed for each class.
    pub class: u8,
    /// What its torsion is.
    pub role: Role,
}

/// The plan of a shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// One step for each atom.
    pub steps: Vec<Step>,
    /// Slots of N, CA, C, O, where all are there.
    pub backbone: Option<[u16; 4]>,
    /// The slot of the last atom.
    pub last: u16,
}

/// Of a residue that does not continue a chain, and of one that does.
pub(super) type Both = [Plan; 2];

/// The plans of all families' shapes.
pub(super) fn families(model: &Model) -> Vec<Vec<Both>> {
    let both = |shape: &Shape| [false, true].map(|linked| Plan::new(shape, linked, model));
    TEMPLATES.iter().map(|family| family.iter().map(both).collect()).collect()
}

/// The plans of a record's shapes.
pub(super) struct Plans<'a> {
    model: &'a Model,
    family: &'a [Both],
    own: Vec<(&'a Shape, [OnceCell<Plan>; 2])>,
}

impl<'a> Plans<'a> {
    /// The plans for a layout.
    pub(super) fn new(layout: &'a Layout, model: &'a Model) -> Self {
        let family = model.families.get(layout.family).map_or(&[][..], Vec::as_slice);
        Self { model, family, own: layout.own.iter().map(|shape| (shape, Default::default())).collect() }
    }

    /// The plan of shape `number` for a residue that is linked or not.
    #[inline]
    pub(super) fn get(&self, number: u32, linked: bool) -> Option<&Plan> {
        match number.checked_sub(OWN) {
            None => self.family.get(number as usize)?.get(usize::from(linked)),
            Some(own) => {
                let (shape, plans) = self.own.get(own as usize)?;
                let plan = plans.get(usize::from(linked))?;
                Some(plan.get_or_init(|| Plan::new(shape, linked, self.model)))
            }
        }
    }
}

fn slot(atom: usize) -> u16 {
    (FIRST + atom % (SLOTS - FIRST)) as u16
}

const BACKBONE: [&str; 4] = ["N", "CA", "C", "O"];

impl Plan {
    fn new(shape: &Shape, linked: bool, model: &Model) -> Self {
        let find = |number: u8| shape.names.iter().position(|&name| name == number);
        // A slot is one atom's alone only in a shape of fewer atoms than slots.
        let modelled = shape.len() <= SLOTS - FIRST;
        let steps = Vec::with_capacity(shape.len());
        let mut plan = Self { steps, backbone: None, last: slot(shape.len().max(1) - 1) };
        let mut done = vec![false; shape.len()];
        for number in if modelled { known(shape.symbol, &model.kinds) } else { Vec::new() } {
            let Some(kind) = model.kinds.get(usize::from(number)) else { continue };
            let Some(atom) = find(kind.atom).filter(|&atom| done.get(atom) == Some(&false)) else { continue };
            let place = |number: u8| match number.checked_sub(BEFORE) {
                Some(before) => linked.then_some(u16::from(before)),
                None => find(number).filter(|&atom| done.get(atom) == Some(&true)).map(slot),
            };
            match kind.hangs_on.map(place) {
                [Some(c), Some(b), Some(a)] => plan.push(atom, number, model, [c, b, a]),
                _ => plan.push_other(shape, atom, linked, model),
            }
            done.iter_mut().skip(atom).take(1).for_each(|done| *done = true);
        }
        for (atom, _) in done.iter().enumerate().filter(|(_, done)| !**done) {
            if modelled { plan.push_other(shape, atom, linked, model) } else { plan.push_apart(atom, linked) }
        }
        if let [Some(n), Some(ca), Some(c), Some(o)] = BACKBONE.map(|name| name_number(name).and_then(find))
            && modelled
        {
            plan.backbone = Some([n, ca, c, o].map(slot));
        }
        plan
    }

    fn push(&mut self, atom: usize, number: u16, model: &Model, from: [u16; 3]) {
        let Some(kind) = model.kinds.get(usize::from(number)) else { return };
        let torsion = model.torsions.get(usize::from(number)).copied().unwrap_or(NONE);
        self.steps.push(Step {
            from,
            slot: slot(atom),
            atom: atom as u32,
            kind: number,
            torsion,
            class: kind.class,
            role: kind.role(),
        });
    }

    /// An atom of no known kind: a hydrogen is of a general one where two atoms were coded before it. Heavy atoms are not:
    /// names do not tell what they are bound to, and the one before is often far.
    fn push_other(&mut self, shape: &Shape, atom: usize, linked: bool, model: &Model) {
        let general = model.general();
        let seen_from = is_hydrogen(shape, atom).then(|| self.seen_from(shape, atom)).flatten();
        match seen_from.filter(|_| general != NONE) {
            Some(from) => self.push(atom, general, model, from),
            None => self.push_apart(atom, linked),
        }
    }

    /// An atom that is coded as the difference to the one coded before it.
    fn push_apart(&mut self, atom: usize, linked: bool) {
        let before = self.steps.last().map(|step| step.slot);
        let class = if before.is_none() && !linked { FAR } else { NEAR };
        let from = [before.unwrap_or(LAST); 3];
        let (kind, torsion) = (NONE, NONE);
        self.steps.push(Step { from, slot: slot(atom), atom: atom as u32, kind, torsion, class, role: Role::Other });
    }

    /// The atom that it is bound to as far as names tell, and two that this one was seen from.
    fn seen_from(&self, shape: &Shape, atom: usize) -> Option<[u16; 3]> {
        let heavy = |step: &&Step| !is_hydrogen(shape, step.atom as usize);
        let parent = self.parent(shape, atom).or_else(|| self.steps.iter().rev().find(heavy))?;
        let mut from = vec![parent.slot];
        let others = self.steps.iter().rev().map(|step| step.slot).chain([LAST]);
        let own = parent.from.into_iter().take(if parent.kind == NONE { 0 } else { 2 });
        for slot in own.chain(others) {
            if !from.contains(&slot) {
                from.push(slot);
            }
        }
        // The angle at c needs an atom of this residue, the torsion any.
        let near = self.steps.len() > 1 || parent.kind != NONE;
        from.first_chunk().copied().filter(|_| near)
    }

    /// The heavy atom that a hydrogen is named after.
    fn parent(&self, shape: &Shape, atom: usize) -> Option<&Step> {
        let name = shape.name(atom);
        let rest = name.trim_start_matches(|letter: char| letter.is_ascii_digit()).get(1..)?;
        let fits = |step: &&Step| {
            let heavy = shape.name(step.atom as usize);
            !is_hydrogen(shape, step.atom as usize)
                && (rest == heavy || heavy.get(1..).is_some_and(|end| rest.starts_with(end)))
        };
        let rank = |step: &&Step| {
            let heavy = shape.name(step.atom as usize);
            (rest == heavy, heavy.len(), heavy.starts_with('C'))
        };
        self.steps.iter().filter(fits).max_by_key(rank)
    }
}

fn is_hydrogen(shape: &Shape, atom: usize) -> bool {
    shape.elements.get(atom).is_some_and(|&element| element == Element::H || element.symbol() == "D")
}

/// The kinds of a standard residue, and of any residue those that it does not know itself.
fn known(symbol: u8, kinds: &[Kind]) -> Vec<u16> {
    let of = |symbol: u8| (0..).zip(kinds).filter(move |(_, kind)| kind.symbol == symbol);
    let own: Vec<(u16, &Kind)> = of(symbol).collect();
    let others = of(OTHER).filter(|(_, any)| own.iter().all(|(_, kind)| kind.atom != any.atom));
    own.iter().copied().chain(others).map(|(number, _)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::MODEL;
    use super::*;

    fn plan(family: usize, name: &str, linked: bool) -> Plan {
        let shape = TEMPLATES[family].iter().find(|shape| shape.residue == name).unwrap();
        Plan::new(shape, linked, &MODEL)
    }

    #[test]
    fn every_atom_is_coded_once_after_what_it_is_seen_from() {
        for shape in TEMPLATES.iter().flatten() {
            for linked in [false, true] {
                let plan = Plan::new(shape, linked, &MODEL);
                let mut known: Vec<u16> = if linked { vec![0, 1, 2, 3, LAST] } else { vec![LAST] };
                for step in &plan.steps {
                    assert!(step.from.iter().all(|slot| known.contains(slot)), "{} {step:?}", shape.residue);
                    known.push(step.slot);
                }
                let mut atoms: Vec<u32> = plan.steps.iter().map(|step| step.atom).collect();
                atoms.sort_unstable();
                assert_eq!(atoms, (0..shape.len() as u32).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_order_in_the_file_does_not_change_what_an_atom_is_seen_from() {
        let known = |plan: &Plan| plan.steps.iter().filter(|step| step.kind != NONE).count();
        assert_eq!((known(&plan(0, "LEU", true)), known(&plan(1, "LEU", true))), (8, 8));
        assert_eq!(known(&plan(0, "LEU", false)), 5, "N, CA and C need the residue before");
        assert!(plan(0, "LEU", true).backbone.is_some() && plan(0, "DA", true).backbone.is_none());
    }

    #[test]
    fn a_hydrogen_is_seen_from_the_atom_it_is_named_after() {
        let shape = TEMPLATES[3].iter().find(|shape| shape.residue == "A").unwrap();
        let plan = Plan::new(shape, false, &MODEL);
        for (hydrogen, heavy) in [("H5''", "C5'"), ("HO2'", "O2'"), ("H8", "C8")] {
            let of = |name: &str| plan.steps.iter().find(|step| shape.name(step.atom as usize) == name).unwrap();
            assert_eq!(of(hydrogen).from[0], of(heavy).slot, "{hydrogen}");
        }
    }

    #[test]
    fn a_shape_with_more_atoms_than_slots_is_coded_atom_by_atom() {
        let shape = Shape { names: vec![0; 2000], ..Shape::default() };
        let plan = Plan::new(&shape, true, &MODEL);
        assert_eq!(plan.steps.len(), 2000);
        assert!(plan.steps.iter().all(|step| usize::from(step.slot) < SLOTS && step.kind == NONE));
    }
}
