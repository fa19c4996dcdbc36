//! Topologies come back whole, ordinary ones from few bytes, and damage is refused.

use proptest::prelude::*;

use super::layout::OWN;
use super::shape::Shape;
use super::*;
use crate::codec::strategies::topology;
use crate::record::{Coded, NO_LABEL_SEQ, ResidueKind, Residues};

fn round_trip(topology: &Topology) -> Vec<u8> {
    let layout = Layout::of(topology);
    let bytes = encode(topology, &layout, Compression::Fast);
    let (found, read) = decode(&bytes).unwrap();
    assert_eq!(&found, topology);
    for (a, b) in layout.shape_of.iter().zip(&read.shape_of) {
        assert_eq!(layout.shape(*a), read.shape(*b));
    }
    let plain = encode_plain(topology, Compression::Fast);
    assert_eq!(&decode(&plain).unwrap().0, topology);
    bytes
}

/// A chain of standard residues numbered from 1, as a PDB file gives it.
fn chain(names: &[&str], family: usize) -> Topology {
    let shapes: Vec<Shape> = names
        .iter()
        .map(|name| Shape::plain(templates::symbol_of(name), templates::atoms(family, templates::symbol_of(name))))
        .collect();
    let mut layout = Layout { family, own: shapes, shape_of: (OWN..OWN + names.len() as u32).collect() };
    let total = layout.atoms().unwrap();
    let (name, atom_start, atoms) = expand::expand(&layout, total).unwrap();
    layout.own.clear();
    let count = names.len();
    let residues = Residues {
        name,
        chain_id: std::iter::repeat_n("A", count).collect(),
        number: (1..=count as i32).collect(),
        insertion_code: vec![0; count],
        segment_id: Coded::blank(count),
        label_asym_id: Coded::blank(count),
        label_entity_id: Coded::blank(count),
        label_seq_id: vec![NO_LABEL_SEQ; count],
        kind: vec![ResidueKind::Protein; count],
        ter: (1..=count).map(|index| index == count).collect(),
        atom_start,
    };
    Topology { residues, atoms }
}

#[test]
fn an_ordinary_chain_costs_its_sequence_and_eight_bytes() {
    let names: Vec<&str> = ["MET", "LEU", "LYS", "VAL", "GLY", "SER", "TRP", "PRO"].repeat(25);
    for family in 0..4 {
        let bytes = round_trip(&chain(&names, family));
        assert!(bytes.len() <= 120 + 11, "{} bytes in family {family}", bytes.len());
    }
}

#[test]
fn labels_that_follow_cost_nothing_more() {
    let mut topology = chain(&["ALA"; 100], 0);
    let without = round_trip(&topology).len();
    topology.residues.label_asym_id = topology.residues.chain_id.clone();
    topology.residues.label_seq_id = topology.residues.number.clone();
    assert_eq!(round_trip(&topology).len(), without);
    topology.residues.number.iter_mut().skip(40).for_each(|number| *number += 7);
    assert!(round_trip(&topology).len() <= without + 3, "one jump");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_topology_round_trips(topology in topology()) {
        round_trip(&topology);
    }

    #[test]
    fn damage_is_refused_or_decodes(topology in topology(), at: prop::sample::Index, bit in 0..8_u32) {
        let mut bytes = encode(&topology, &Layout::of(&topology), Compression::Fast);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let _ = decode(&bytes);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        for way in [PLAIN, SHAPED, SHAPED_ZSTD] {
            let _ = decode(&[&[way], bytes.as_slice()].concat());
        }
    }
}
