//! The artefacts are whole; what is damaged is refused; a stored record decodes to the same on every machine.

use proptest::prelude::*;

use super::*;
use crate::record::{Numbers, Structure};

/// A chain from nothing: residues of real names on a crooked path of integers, with hydrogens, a ligand and a gap.
fn chain(residues: usize) -> Structure {
    const NAMES: [&str; 5] = ["ALA", "LEU", "SER", "PHE", "GLY"];
    const ATOMS: [&str; 7] = ["N", "CA", "C", "O", "CB", "CG", "HA"];
    let mut text = String::new();
    let (mut serial, mut at, mut seed) = (0, [1000_i32, -2000, 3000], 17_u32);
    for residue in 0..residues {
        let name = if residue + 1 == residues { "LIG" } else { NAMES[residue % 5] };
        let number = if residue > residues / 2 { residue + 9 } else { residue + 1 };
        for atom in ATOMS.iter().take(if name == "GLY" { 4 } else { 7 }) {
            for place in &mut at {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *place += (seed >> 16) as i32 % 1800 - 850;
            }
            serial += 1;
            let print = |value: i32| {
                format!("{}{}.{:03}", if value < 0 { "-" } else { "" }, value.abs() / 1000, value.abs() % 1000)
            };
            let [x, y, z] = at.map(print);
            let confidence = 60 + (seed >> 8) % 40;
            text +=
                &format!("ATOM  {serial:5}  {atom:3} {name} A{number:4}    {x:>8}{y:>8}{z:>8}  1.00 {confidence}.00\n");
        }
    }
    crate::formats::read(text.as_bytes(), None).unwrap()
}

fn coords(structure: &Structure) -> Vec<i32> {
    match &structure.first().coords {
        Numbers::Fixed { values, .. } => values.clone(),
        Numbers::Float(_) => Vec::new(),
    }
}

fn column<'a>(structure: &'a Structure, layout: &'a Layout, unit: f64) -> Column<'a> {
    Column { topology: structure.topology(), layout, unit }
}

/// The largest distance of an atom from where it was, in integers.
fn furthest(before: &[i32], after: &[i32]) -> f64 {
    let squared =
        |(a, b): (&[i32; 3], &[i32; 3])| (0..3).map(|axis| (f64::from(a[axis]) - f64::from(b[axis])).powi(2)).sum();
    before.as_chunks().0.iter().zip(after.as_chunks().0).map(squared).fold(0.0, f64::max).sqrt()
}

#[test]
fn the_artefact_is_whole() {
    assert!(MODEL.profiles.len() > 1, "profiles of coordinates");
    assert_eq!(MODEL.shared.len(), MODEL.bins() + bounded::CELLS as usize);
    let numbers = MODEL.profiles.iter().flat_map(|profile| &profile.known);
    assert!(numbers.flat_map(|known| known.mean.as_flattened()).all(|number| number.is_finite()));
}

#[test]
fn records_of_one_and_of_many_lanes_come_back() {
    for residues in [1, 3, 100, 200, 500] {
        let structure = chain(residues);
        let coords = coords(&structure);
        let layout = Layout::of(structure.topology());
        for unit in [1.0, 57.0, 1e-3] {
            let column = column(&structure, &layout, unit);
            let bytes = encode(column, &coords, false).unwrap();
            assert_eq!(decode(column, &bytes, false), Some(coords.clone()), "{residues} {unit}");
            assert_eq!(decode(column, &bytes[..bytes.len() - 2], false), None, "cut short");
        }
    }
}

#[test]
fn a_bounded_column_is_within_the_bound_and_comes_out_as_it_is() {
    for (residues, error) in [(1, 50.0), (60, 20.0), (200, 50.0), (500, 100.0)] {
        let structure = chain(residues);
        let coords = coords(&structure);
        let layout = Layout::of(structure.topology());
        let column = column(&structure, &layout, 1.0);
        let near = within(column, &coords, error).unwrap();
        assert!(furthest(&coords, &near) <= error, "{residues} residues, {error}");
        let bytes = encode_bounded(column, &near, error).unwrap();
        assert_eq!(decode_bounded(column, &bytes), Some(near), "{residues} residues, {error}");
        assert_eq!(
            encode_bounded(column, &coords, error).and_then(|bytes| decode_bounded(column, &bytes)),
            Some(coords)
        );
    }
    let (structure, wild) = (chain(3), [i32::MAX, i32::MIN, 0].repeat(21));
    let layout = Layout::of(structure.topology());
    let column = column(&structure, &layout, 1.0);
    let wild = &wild[..3 * structure.topology().atoms.len()];
    assert!(furthest(wild, &within(column, wild, 50.0).unwrap()) <= 50.0);
    assert_eq!(within(column, wild, 1.5), None, "the grid is too coarse");
}

/// `PROTEUSDB_GOLDEN=write` writes what it reads otherwise: after training anew, and for no other reason. A file holds the
/// coordinates, and then the bytes.
#[test]
fn stored_records_decode_to_what_they_were() {
    let structure = chain(150);
    let coords = coords(&structure);
    let layout = Layout::of(structure.topology());
    let column = column(&structure, &layout, 1.0);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/codec/small");
    let paths = ["golden.bin", "golden-bounded.bin"].map(|name| format!("{folder}/{name}"));
    if std::env::var("PROTEUSDB_GOLDEN").is_ok_and(|wish| wish == "write") {
        let near = within(column, &coords, 50.0).unwrap();
        let exact = (encode(column, &coords, false).unwrap(), &coords);
        let bounded = (encode_bounded(column, &near, 50.0).unwrap(), &near);
        for (path, (bytes, coords)) in paths.iter().zip([exact, bounded]) {
            let coords = coords.iter().flat_map(|value| value.to_le_bytes());
            std::fs::write(path, coords.chain(bytes).collect::<Vec<u8>>()).unwrap();
        }
    }
    for (path, bounded) in paths.iter().zip([false, true]) {
        let stored = std::fs::read(path).unwrap();
        let (stored, bytes) = stored.split_at(4 * coords.len());
        let stored: Vec<i32> = stored.as_chunks().0.iter().map(|&value| i32::from_le_bytes(value)).collect();
        let back = if bounded { decode_bounded(column, bytes) } else { decode(column, bytes, false) };
        assert_eq!(back, Some(stored), "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_is_refused_or_decodes(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        half: bool,
        bounded: bool,
        many: bool,
    ) {
        let structure = chain(if many { 130 } else { 40 });
        let coords = coords(&structure);
        let layout = Layout::of(structure.topology());
        let column = column(&structure, &layout, 1.0);
        let bytes = if bounded { encode_bounded(column, &coords, 50.0) } else { encode(column, &coords, false) };
        let mut bytes = bytes.unwrap();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let back = if bounded { decode_bounded(column, &bytes) } else { decode(column, &bytes, half) };
        prop_assert!(back.is_none_or(|back| back.len() == coords.len()));
    }

    #[test]
    fn no_atom_is_further_off_than_allowed(seed: u32, error in 3.0..200.0_f64) {
        let structure = chain(20);
        let mut coords = coords(&structure);
        let mut seed = seed;
        for value in &mut coords {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = (seed as i32) >> (seed % 29);
        }
        let layout = Layout::of(structure.topology());
        let column = column(&structure, &layout, 1.0);
        let near = within(column, &coords, error).unwrap();
        prop_assert!(furthest(&coords, &near) <= error);
        let bytes = encode_bounded(column, &near, error).unwrap();
        prop_assert_eq!(decode_bounded(column, &bytes), Some(near));
    }
}
