//! Structures of every kind, for the property tests of the codec.

use std::sync::Arc;

use proptest::prelude::*;

use crate::record::{
    Atoms, Coded, Element, Entry, MAX_DECIMALS, Model, Numbers, PlddtScale, ResidueKind, Residues, Structure, Topology,
};

const NAMES: [&str; 6] = ["N", "CA", "C", "O", "1HB", "long-name"];

fn numbers(count: usize) -> impl Strategy<Value = Numbers> {
    prop_oneof![
        (0..=MAX_DECIMALS, prop::collection::vec(any::<i32>(), count))
            .prop_map(|(decimals, values)| Numbers::Fixed { decimals, values }),
        (0..4_u8, prop::collection::vec(-9999..9999_i32, count))
            .prop_map(|(decimals, values)| Numbers::Fixed { decimals, values }),
        prop::collection::vec((-1e6_f32..1e6).prop_filter("finite", |v| v.is_finite()), count).prop_map(Numbers::Float),
    ]
}

fn texts(count: usize) -> impl Strategy<Value = Coded> {
    prop::collection::vec(prop::sample::select(vec!["", "A", "B", "AA1", "ligand ß"]), count)
        .prop_map(|rows| rows.into_iter().collect())
}

pub(super) fn topology() -> impl Strategy<Value = Topology> {
    prop::collection::vec(1..6_usize, 1..12).prop_flat_map(|sizes| {
        let (residues, total) = (sizes.len(), sizes.iter().sum::<usize>());
        let columns = (texts(residues), texts(residues), texts(residues), texts(residues), texts(residues));
        let codes = prop::collection::vec((any::<i32>(), any::<i32>(), any::<u8>(), 0..4_u8, any::<bool>()), residues);
        let atoms = prop::collection::vec((0..NAMES.len(), 0..120_u8, any::<u8>(), any::<bool>(), any::<i8>()), total);
        (Just(sizes), columns, codes, atoms).prop_map(|(sizes, columns, codes, atoms)| {
            let ends = sizes.iter().scan(0, |end, size| {
                *end += *size as u32;
                Some(*end)
            });
            let residues = Residues {
                name: columns.0,
                chain_id: columns.1,
                segment_id: columns.2,
                label_asym_id: columns.3,
                label_entity_id: columns.4,
                number: codes.iter().map(|row| row.0).collect(),
                label_seq_id: codes.iter().map(|row| row.1).collect(),
                insertion_code: codes.iter().map(|row| row.2).collect(),
                kind: codes.iter().map(|row| ResidueKind::from_u8(row.3).unwrap()).collect(),
                ter: codes.iter().map(|row| row.4).collect(),
                atom_start: std::iter::once(0).chain(ends).collect(),
            };
            let atoms = Atoms {
                name: atoms.iter().map(|row| NAMES[row.0]).collect(),
                element: atoms.iter().map(|row| Element::from_u8(row.1).unwrap()).collect(),
                altloc: atoms.iter().map(|row| row.2).collect(),
                hetero: atoms.iter().map(|row| row.3).collect(),
                charge: atoms.iter().map(|row| row.4).collect(),
            };
            Topology { residues, atoms }
        })
    })
}

fn model(topology: Arc<Topology>) -> impl Strategy<Value = Model> {
    let atoms = topology.atoms.len();
    (any::<i32>(), numbers(3 * atoms), numbers(atoms), numbers(atoms)).prop_map(
        move |(number, coords, b_factor, occupancy)| Model {
            number,
            topology: topology.clone(),
            coords,
            b_factor,
            occupancy,
        },
    )
}

pub(super) fn structure() -> impl Strategy<Value = Structure> {
    let models = prop::collection::vec(topology(), 1..3).prop_flat_map(|topologies| {
        let topologies: Vec<_> = topologies.into_iter().map(Arc::new).collect();
        // Each topology twice, so that models share one and differ in one.
        topologies.iter().chain(&topologies).cloned().map(model).collect::<Vec<_>>()
    });
    (models, ".{0,8}", any::<bool>(), 0..4_u8).prop_map(|(models, text, declares_plddt, scale)| Structure {
        entry: Entry { id: text.clone(), title: text.clone(), software: vec![(text.clone(), text)], declares_plddt },
        models,
        plddt_scale: PlddtScale::from_u8(scale).unwrap(),
    })
}
