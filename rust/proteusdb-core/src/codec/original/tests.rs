//! Whatever the file, its bytes come back; an ordinary PDB file comes back from next to nothing.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::record::{
    Atoms, Coded, Element, Entry, Model, NO_LABEL_SEQ, Numbers, PlddtScale, ResidueKind, Residues, Topology,
};

/// A chain of glycines, four atoms each, with coordinates that do not repeat.
fn glycines(count: usize) -> Structure {
    let atoms = 4 * count;
    let blank = || Coded::blank(count);
    let residues = Residues {
        name: (0..count).map(|_| "GLY").collect(),
        chain_id: (0..count).map(|_| "A").collect(),
        number: (1..=count as i32).collect(),
        insertion_code: vec![0; count],
        segment_id: blank(),
        label_asym_id: blank(),
        label_entity_id: blank(),
        label_seq_id: vec![NO_LABEL_SEQ; count],
        kind: vec![ResidueKind::Protein; count],
        ter: vec![false; count],
        atom_start: (0..=count as u32).map(|residue| 4 * residue).collect(),
    };
    let topology = Topology {
        residues,
        atoms: Atoms {
            name: ["N", "CA", "C", "O"].iter().cycle().take(atoms).collect(),
            element: [Element::N, Element::C, Element::C, Element::O].into_iter().cycle().take(atoms).collect(),
            altloc: vec![0; atoms],
            hetero: vec![false; atoms],
            charge: vec![0; atoms],
        },
    };
    let coords = (0..3 * atoms as i32).map(|i| (i * 7919) % 60_000 - 30_000).collect();
    let model = Model {
        number: 1,
        topology: Arc::new(topology),
        coords: Numbers::Fixed { decimals: 3, values: coords },
        b_factor: Numbers::Fixed { decimals: 2, values: vec![8851; atoms] },
        occupancy: Numbers::Fixed { decimals: 2, values: vec![100; atoms] },
    };
    Structure { entry: Entry::default(), models: vec![model], plddt_scale: PlddtScale::Auto }
}

/// The structure as a PDB file with this text after column 66 and this line end.
fn file(structure: &Structure, tail: impl Fn(&str) -> String, end: &str) -> Vec<u8> {
    let model = structure.first();
    let mut text = format!("HEADER    A TEST{end}");
    for atom in 0..model.topology.atoms.len() {
        let residue = atom / 4;
        let [x, y, z] = [0, 1, 2].map(|axis| model.coords.get(3 * atom + axis));
        let symbol = model.topology.atoms.element[atom].symbol();
        let name = model.topology.atoms.name.get(atom);
        text += &format!(
            "ATOM  {:>5}  {name:<3} GLY A{:>4}    {x:>8.3}{y:>8.3}{z:>8.3}  1.00 88.51{}{end}",
            atom + 1,
            residue + 1,
            tail(symbol)
        );
    }
    (text + "TER" + end + "END" + end).into_bytes()
}

fn round_trip(bytes: &[u8], structure: Option<&Structure>) -> usize {
    let mut last = 0;
    let known = Exemplars::default();
    for compression in [Compression::None, Compression::Small, Compression::Fast] {
        let (blob, arrays) =
            encode_original(bytes, structure, Encoding { compression, precision: None, exemplars: &known, job: None })
                .unwrap();
        assert_eq!(decode_original(&blob, &Given { structure, arrays: &arrays }).unwrap(), bytes);
        last = blob.len();
    }
    last
}

#[test]
fn bytes_of_any_kind_come_back() {
    let structure = glycines(2);
    for bytes in [b"".as_slice(), b"\r\n\0\xff", &[b'A'; 100_000], b"ATOM  ", b"ATOM  \nHETATM\nTER\n"] {
        round_trip(bytes, None);
        round_trip(bytes, Some(&structure));
    }
}

#[test]
fn every_dialect_of_tails_is_predicted() {
    let structure = glycines(100);
    let full = |symbol: &str| format!("          {symbol:>2}  ");
    let trimmed = |symbol: &str| format!("          {symbol:>2}");
    let bare = |_: &str| String::new();
    let segment = |symbol: &str| format!("      PROA{symbol:>2}");
    for end in ["\n", "\r\n"] {
        for tail in [&full as &dyn Fn(&str) -> String, &trimmed, &bare, &segment] {
            let bytes = file(&structure, tail, end);
            assert!(round_trip(&bytes, Some(&structure)) < 100, "{:?}", tail("C"));
        }
    }
}

#[test]
fn odd_lines_cost_themselves_only() {
    let structure = glycines(100);
    let text = String::from_utf8(file(&structure, |symbol| format!("          {symbol:>2}"), "\n")).unwrap();
    let odd = text.replace("  CA  GLY A  50", " CA   GLY A  50").replace("ATOM    300", "ATOM  *****");
    assert_ne!(odd, text);
    assert!(round_trip(odd.as_bytes(), Some(&structure)) < 300);
}

proptest! {
    #[test]
    fn any_damage_to_a_file_is_kept(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let structure = glycines(10);
        let mut bytes = file(&structure, |symbol| format!("          {symbol:>2}"), "\n");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        round_trip(&bytes, Some(&structure));
    }
}

/// A gzip file as Python writes it.
fn gzip(plain: &[u8], level: u32) -> Vec<u8> {
    use std::io::Write;
    let mut writer =
        flate2::GzBuilder::new().filename("x.pdb").mtime(7).write(Vec::new(), flate2::Compression::new(level));
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

#[test]
fn compressed_files_cost_what_plain_ones_do() {
    let structure = glycines(100);
    let plain = file(&structure, |symbol| format!("          {symbol:>2}"), "\n");
    for level in [1, 6, 9] {
        assert!(round_trip(&gzip(&plain, level), Some(&structure)) < 130);
    }
    let twice = gzip(&gzip(&plain, 6), 6);
    round_trip(&twice, Some(&structure));
    let mut damaged = gzip(&plain, 6);
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    round_trip(&damaged, Some(&structure));
    round_trip(&damaged[..last - 20], Some(&structure));
}

/// The structure as an mmCIF file with a table by residue, one of another sequence, and one that repeats it.
fn cif(structure: &Structure, padded: bool) -> Vec<u8> {
    let model = structure.first();
    let count = model.topology.residues.len();
    let mut text = "data_x\nloop_\n_ma_qa_metric_local.ordinal_id\n_ma_qa_metric_local.label_comp_id\n".to_owned();
    let wide = |n: usize| if padded { format!("{n:<4}") } else { n.to_string() };
    for residue in 0..count {
        text += &format!("{} GLY A {} 88.51 1\n", wide(residue + 1), wide(residue + 1));
    }
    let names = ["ALA", "TRP", "LYS", "SER", "ARG"];
    for table in 0..2 {
        text += "#\nloop_\n_entity_poly_seq.entity_id\n";
        for row in 0..2 * count {
            text += &format!("{table} {} {} n\n", wide(row), names[row * row * 7 % 31 % 5]);
        }
    }
    text += "#\nloop_\n_atom_site.group_PDB\n";
    for atom in 0..model.topology.atoms.len() {
        let [x, y, z] = [0, 1, 2].map(|axis| model.coords.get(3 * atom + axis));
        let name = model.topology.atoms.name.get(atom);
        text += &format!("ATOM {} {name} GLY A {} {x:.3} {y:.3} {z:.3} 1.00 88.51\n", atom + 1, atom / 4 + 1);
    }
    (text + "#\n").into_bytes()
}

#[test]
fn tables_beside_the_atoms_are_told_by_residues_or_columns() {
    let structure = glycines(150);
    for padded in [false, true] {
        let bytes = cif(&structure, padded);
        let left = round_trip(&bytes, Some(&structure));
        assert!(left < 1200, "{left} of {}", bytes.len());
    }
}

proptest! {
    #[test]
    fn any_damage_to_tables_is_kept(at: prop::sample::Index, byte: u8, cut: prop::sample::Index, padded: bool) {
        let structure = glycines(12);
        let mut bytes = cif(&structure, padded);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        round_trip(&bytes, Some(&structure));
    }
}

#[test]
fn damaged_residuals_are_errors_or_other_texts_but_never_panics() {
    let structure = glycines(30);
    for bytes in [cif(&structure, true), cif(&structure, false), gzip(&cif(&structure, false), 6)] {
        let mut coder = Coder { structure: Some(&structure), arrays: Vec::new() };
        let (method, raw) = coder.predict(&bytes).unwrap();
        let beside = Given { structure: Some(&structure), arrays: &coder.arrays };
        assert_eq!(rebuild(method, &raw, &beside).unwrap(), bytes);
        for at in 0..raw.len() {
            for bit in 0..8 {
                let mut bad = raw.clone();
                bad[at] ^= 1 << bit;
                let _ = rebuild(method, &bad, &beside).map(|text| assert!(text.len() < 1 << 26));
            }
            let _ = rebuild(method, &raw[..at], &beside);
        }
    }
}
