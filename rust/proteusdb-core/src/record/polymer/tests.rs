use super::*;
use crate::formats::{Format, read};

/// One line a residue: record, name, chain, number, atoms; or TER.
fn topology(lines: &str) -> Topology {
    let mut text = String::new();
    for line in lines.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [record, name, chain, number, atoms @ ..] => {
                for atom in atoms {
                    text.push_str(&format!(
                        "{record:<6}    1  {atom:<3} {name:>3} {chain}{number:>4}       0.000   0.000   0.000\n"
                    ));
                }
            }
            _ => text.push_str("TER\n"),
        }
    }
    read(text.as_bytes(), Some(Format::Pdb)).unwrap().topology().clone()
}

fn spelled(lines: &str) -> (String, Vec<ResidueKind>) {
    sequence(&topology(lines))
}

#[test]
fn modified_residues_before_ter_are_spelled_and_ligands_are_not() {
    let lines = "ATOM MET A 1 N CA C\nHETATM MSE A 2 N CA C\nHETATM XYZ A 3 N CA C\nTER\nHETATM ATP A 4 P C1'\n\
                 HETATM GLY A 5 N CA C\nHETATM HOH A 6 O\nHETATM CA A 7 CA\nATOM ALA B 1 CA\nATOM GLY B 2 CA";
    assert_eq!(spelled(lines), ("MMX:AG".to_owned(), vec![ResidueKind::Protein; 2]));
}

#[test]
fn without_ter_a_hetero_monomer_must_continue_its_chain() {
    let lines = "ATOM GLY A 1 CA\nHETATM MSE A 2 CA\nHETATM GLY A 301 CA\nHETATM AMP A 302 P C1' C3' C4' C5' O3' O2'";
    assert_eq!(spelled(lines).0, "GM");
    assert_eq!(spelled("HETATM AMP A 1 P C1' C3' C4' C5' O3' O2'").0, "", "a free nucleotide");
}

#[test]
fn the_sugar_tells_rna_from_dna() {
    let rna = "ATOM A A 1 C1' C2' O2'\nATOM U A 2 C1' C2' O2'\nATOM PSU A 3 C1' C2' O2'";
    assert_eq!(spelled(rna), ("AUU".to_owned(), vec![ResidueKind::Rna]));
    let old_dna = "ATOM A A 1 C1* C2*\nATOM ADE A 2 C1* C2*\nATOM T A 3 P\nATOM DC A 4 P";
    assert_eq!(spelled(old_dna), ("AATC".to_owned(), vec![ResidueKind::Dna]));
    assert_eq!(spelled("ATOM RA5 A 1 P\nATOM RU3 A 2 P").1, [ResidueKind::Rna]);
}

#[test]
fn a_mixed_chain_takes_the_majority() {
    let lines = "ATOM DA A 1 P\nATOM DG A 2 P\nATOM U A 3 C2' O2'";
    assert_eq!(spelled(lines), ("AGU".to_owned(), vec![ResidueKind::Dna]));
}

#[test]
fn ligands_between_do_not_break_a_chain_but_ter_does() {
    assert_eq!(spelled("ATOM GLY A 1 CA\nHETATM ZN A 2 ZN\nATOM ALA A 3 CA").0, "GA");
    assert_eq!(spelled("ATOM GLY A 1 CA\nTER\nATOM ALA A 3 CA").0, "G:A");
    assert_eq!(spelled("ATOM GLY A 1 CA\nATOM ALA B 1 CA\nATOM SER A 2 CA").0, "G:A:S");
}

#[test]
fn caps_carry_no_letter() {
    assert_eq!(spelled("HETATM ACE A 0 C O CH3\nATOM GLY A 1 CA\nHETATM NH2 A 2 N\nTER").0, "G");
}

#[test]
fn many_unknown_residues_take_linear_time() {
    let lines: String = (0..20_000).map(|n| format!("HETATM QQQ A {} C\n", n % 9999)).collect();
    let mut many = topology(&lines);
    let entities: crate::record::Coded = (0..many.residues.len()).map(|_| "1").collect();
    many.residues.label_entity_id = entities;
    classify_with(&mut many, |_| Some(true));
    assert!(many.residues.kind.iter().all(|kind| *kind == ResidueKind::Protein));
}
