//! Structures with every oddity mixed, in the form readers give.
//!
//! Rows are fed to the builder that both readers use, so a residue that comes back is brought together as in a file.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::builder::{AtomRow, Floats, ModelBuilder, ResidueRow, structure};
use super::super::cif::end_polymers;
use super::super::decimal::Decimal;
use crate::record::{Element, Entry, NO_LABEL_SEQ, PlddtScale, Structure, polymer};

/// What a format can hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub chains: &'static [&'static str],
    pub residues: &'static [&'static str],
    pub atoms: &'static [&'static str],
    pub segments: &'static [&'static str],
    pub characters: &'static [u8],
    pub charges: (i8, i8),
    pub numbers: (i32, i32),
    /// Most decimals of coordinates and of the other two columns, and the largest number.
    pub decimals: (u8, u8),
    pub largest: (i32, i32),
    pub floats: bool,
    pub labels: bool,
    pub models: (i32, i32),
}

pub(super) const PDB: Limits = Limits {
    chains: &["A", "", "b", "AA", "9"],
    residues: &["ALA", "MSE", "GLY", "HOH", "CA", "ATP", "U", "DA", "A", "UNK", "ACE", "", "X Y"],
    atoms: &["N", "CA", "C", "O", "O5'", "P", "C1'", "O2'", "C2'", "1HB", "HG21", "H5''", "", "FE"],
    segments: &["", "", "", "SEGA", "B C"],
    characters: b"AB1z*?.'",
    charges: (-9, 9),
    numbers: (-999, 2_436_111),
    decimals: (3, 2),
    largest: (-99, 999),
    floats: false,
    labels: false,
    models: (-5, 9999),
};

pub(super) const MMCIF: Limits = Limits {
    chains: &["A", "", ".", "?", "chain one", "it's", "data_x", "\"", "é"],
    residues: &["ALA", "MSE", "GLY", "HOH", "CA", "ATP", "U", "DA", "A", "UNK", "ACE", "", "A1LU6", "loop_", "#"],
    atoms: &["N", "CA", "C", "O", "O5'", "P", "C1'", "O2'", "C2'", "H5''", "", ";x", "_a", "two\nlines", "' \" x"],
    segments: &["", "", "SEGA", "B C"],
    characters: b"AB1z*?.'\"; #_\xe9",
    charges: (i8::MIN, i8::MAX),
    numbers: (i32::MIN + 1, i32::MAX),
    decimals: (9, 9),
    largest: (i32::MIN, i32::MAX),
    floats: true,
    labels: true,
    models: (i32::MIN, i32::MAX),
};

#[derive(Debug, Clone)]
struct Residue {
    chain: &'static str,
    name: &'static str,
    number: i32,
    insertion_code: u8,
    segment: &'static str,
    labels: Option<(u8, u8, Option<i32>)>,
    ter: bool,
    hetero: bool,
    atoms: Vec<Atom>,
}

#[derive(Debug, Clone)]
struct Atom {
    name: &'static str,
    element: u8,
    altloc: u8,
    charge: i8,
    numbers: [i32; 5],
    reals: [f32; 5],
}

fn atom(limits: Limits) -> impl Strategy<Value = Atom> {
    let numbers = proptest::array::uniform5(limits.largest.0..=limits.largest.1);
    let reals = proptest::array::uniform5(prop_oneof![Just(-0.0_f32), -1e3_f32..1e3, proptest::num::f32::NORMAL]);
    let altloc = prop_oneof![3 => Just(0_u8), 1 => select(limits.characters)];
    let charge = prop_oneof![3 => Just(0_i8), 1 => limits.charges.0..=limits.charges.1];
    (select(limits.atoms), 0_u8..=119, altloc, charge, numbers, reals).prop_map(
        |(name, element, altloc, charge, numbers, reals)| Atom { name, element, altloc, charge, numbers, reals },
    )
}

fn residue(limits: Limits) -> impl Strategy<Value = Residue> {
    let number = prop_oneof![4 => -3..=12, 1 => limits.numbers.0..=limits.numbers.1];
    let insertion_code = prop_oneof![4 => Just(0_u8), 1 => select(limits.characters)];
    let labels = (0_u8..3, 0_u8..4, proptest::option::of(1..50_i32));
    let place = (select(limits.chains), select(limits.residues), number, insertion_code, select(limits.segments));
    let flags = (labels, proptest::bool::weighted(0.2), any::<bool>());
    (place, flags, vec(atom(limits), 1..5)).prop_map(
        |((chain, name, number, insertion_code, segment), (labels, ter, hetero), atoms)| Residue {
            chain,
            name,
            number,
            insertion_code,
            segment,
            labels: Some(labels),
            ter,
            hetero,
            atoms,
        },
    )
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    decimals: (u8, u8),
    floats: Floats,
    labels: bool,
    own_ter: bool,
}

fn shape(limits: Limits) -> impl Strategy<Value = Shape> {
    let floats = any::<(bool, bool, bool)>();
    (0..=limits.decimals.0, 0..=limits.decimals.1, floats, any::<bool>(), any::<bool>()).prop_map(
        move |(coords, other, floats, labels, own_ter)| Shape {
            decimals: (coords, other),
            floats: Floats {
                coords: limits.floats && floats.0,
                b_factor: limits.floats && floats.1,
                occupancy: limits.floats && floats.2,
            },
            labels: limits.labels && labels,
            own_ter: own_ter || !limits.labels,
        },
    )
}

/// Structures that a format can hold.
pub(super) fn structures(limits: Limits) -> impl Strategy<Value = Structure> {
    let models = prop_oneof![
        3 => (vec(residue(limits), 1..12), Just(1_usize)),
        1 => (vec(residue(limits), 1..6), 2..4_usize)
    ];
    let numbers = proptest::collection::hash_set(limits.models.0..=limits.models.1, 3);
    (models, numbers, shape(limits), proptest::sample::select(vec![0_u8, 1, 2, 3])).prop_map(
        |((residues, count), numbers, shape, scale)| {
            let numbers: Vec<i32> = if count == 1 { vec![1] } else { numbers.into_iter().take(count).collect() };
            // A later model may have fewer residues than the first.
            let builders = numbers.iter().enumerate().map(|(index, &number)| {
                let kept = if index == 2 { residues.len().div_ceil(2) } else { residues.len() };
                build(number, &residues[..kept], shape)
            });
            let mut built = structure(builders.collect(), Entry::default(), |topology| {
                polymer::classify(topology);
                if !shape.own_ter {
                    end_polymers(topology);
                }
            })
            .unwrap();
            built.plddt_scale = PlddtScale::from_u8(scale).unwrap();
            built
        },
    )
}

fn build(number: i32, residues: &[Residue], shape: Shape) -> ModelBuilder {
    let mut model = ModelBuilder::new(number, shape.floats);
    for residue in residues {
        let (asym, entity, seq) = residue.labels.filter(|_| shape.labels).unwrap_or((0, 0, None));
        let (asym, entity) = (["", "A", "B c"][usize::from(asym)], ["", "1", "2", "x y"][usize::from(entity)]);
        let row = ResidueRow {
            chain: residue.chain.as_bytes(),
            name: residue.name.as_bytes(),
            number: residue.number,
            insertion_code: residue.insertion_code,
            segment: residue.segment.as_bytes(),
            label_asym: asym.as_bytes(),
            label_entity: entity.as_bytes(),
            label_seq: seq.unwrap_or(NO_LABEL_SEQ),
        };
        let index = model.residue(&row);
        for atom in &residue.atoms {
            model.push(index, &atom_row(atom, residue.hetero, shape)).unwrap();
        }
        if residue.ter && shape.own_ter {
            model.end_polymer();
        }
    }
    model
}

fn atom_row(atom: &Atom, hetero: bool, shape: Shape) -> AtomRow<'static> {
    let number = |index: usize, float: bool, decimals: u8| match float {
        true => Decimal::Real(f64::from(atom.reals[index])),
        false => {
            let mantissa = i64::from(atom.numbers[index]);
            Decimal::Grid { mantissa, decimals, negative: mantissa < 0 }
        }
    };
    let (coords, other) = shape.decimals;
    AtomRow {
        name: atom.name.as_bytes(),
        element: Element::from_u8(atom.element).unwrap(),
        altloc: atom.altloc,
        hetero,
        charge: atom.charge,
        position: [0, 1, 2].map(|axis| number(axis, shape.floats.coords, coords)),
        occupancy: number(3, shape.floats.occupancy, other),
        b_factor: number(4, shape.floats.b_factor, other),
    }
}
