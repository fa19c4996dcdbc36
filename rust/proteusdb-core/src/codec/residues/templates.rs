//! The atoms of standard residues, in the orders that predictors write them.
//!
//! ```text
//! family        alanine                                    written by
//! 0 Pdb         N CA C O CB                                AlphaFold 3, Boltz, Chai, most others
//! 1 Protein37   N CA C CB O                                AlphaFold 2, ColabFold, ESMFold: the order of atom37
//! 2 Relaxed     N H CA HA C CB HB1 HB2 HB3 O               the same after OpenMM: hydrogens after their atom
//! 3 PdbHydrogen N CA C O CB H HA HB1 HB2 HB3               hydrogens after all
//! ```
//!
//! One table of residues says all four. Names are those of the wwPDB chemical component dictionary. The order of
//! [`NAMES`], [`RESIDUES`] and the families is part of the format.

use std::sync::LazyLock;

use crate::record::Element;

/// The number of standard residues; this symbol stands for any other.
pub(in crate::codec) const OTHER: u8 = 28;

/// The number of families.
pub(super) const FAMILIES: usize = 4;

/// Standard residues: name, length of its code in the sequence, heavy atoms in PDB order, hydrogens by their heavy atom.
pub(super) const RESIDUES: [(&str, u8, &str, &str); OTHER as usize] = [
    ("ALA", 4, "N CA C O CB", "H/N HA/CA HB1/CB HB2/CB HB3/CB"),
    (
        "ARG",
        4,
        "N CA C O CB CG CD NE CZ NH1 NH2",
        "H/N HA/CA HB2/CB HB3/CB HG2/CG HG3/CG HD2/CD HD3/CD HE/NE HH11/NH1 HH12/NH1 HH21/NH2 HH22/NH2",
    ),
    ("ASN", 5, "N CA C O CB CG OD1 ND2", "H/N HA/CA HB2/CB HB3/CB HD21/ND2 HD22/ND2"),
    ("ASP", 4, "N CA C O CB CG OD1 OD2", "H/N HA/CA HB2/CB HB3/CB"),
    ("CYS", 6, "N CA C O CB SG", "H/N HA/CA HB2/CB HB3/CB HG/SG"),
    ("GLN", 5, "N CA C O CB CG CD OE1 NE2", "H/N HA/CA HB2/CB HB3/CB HG2/CG HG3/CG HE21/NE2 HE22/NE2"),
    ("GLU", 4, "N CA C O CB CG CD OE1 OE2", "H/N HA/CA HB2/CB HB3/CB HG2/CG HG3/CG"),
    ("GLY", 4, "N CA C O", "H/N HA2/CA HA3/CA"),
    ("HIS", 6, "N CA C O CB CG ND1 CD2 CE1 NE2", "H/N HA/CA HB2/CB HB3/CB HD1/ND1 HD2/CD2 HE1/CE1"),
    (
        "ILE",
        4,
        "N CA C O CB CG1 CG2 CD1",
        "H/N HA/CA HB/CB HG12/CG1 HG13/CG1 HG21/CG2 HG22/CG2 HG23/CG2 HD11/CD1 HD12/CD1 HD13/CD1",
    ),
    (
        "LEU",
        3,
        "N CA C O CB CG CD1 CD2",
        "H/N HA/CA HB2/CB HB3/CB HG/CG HD11/CD1 HD12/CD1 HD13/CD1 HD21/CD2 HD22/CD2 HD23/CD2",
    ),
    (
        "LYS",
        4,
        "N CA C O CB CG CD CE NZ",
        "H/N HA/CA HB2/CB HB3/CB HG2/CG HG3/CG HD2/CD HD3/CD HE2/CE HE3/CE HZ1/NZ HZ2/NZ HZ3/NZ",
    ),
    ("MET", 5, "N CA C O CB CG SD CE", "H/N HA/CA HB2/CB HB3/CB HG2/CG HG3/CG HE1/CE HE2/CE HE3/CE"),
    ("PHE", 5, "N CA C O CB CG CD1 CD2 CE1 CE2 CZ", "H/N HA/CA HB2/CB HB3/CB HD1/CD1 HD2/CD2 HE1/CE1 HE2/CE2 HZ/CZ"),
    ("PRO", 5, "N CA C O CB CG CD", "HA/CA HB2/CB HB3/CB HG2/CG HG3/CG HD2/CD HD3/CD"),
    ("SER", 4, "N CA C O CB OG", "H/N HA/CA HB2/CB HB3/CB HG/OG"),
    ("THR", 4, "N CA C O CB OG1 CG2", "H/N HA/CA HB/CB HG1/OG1 HG21/CG2 HG22/CG2 HG23/CG2"),
    (
        "TRP",
        7,
        "N CA C O CB CG CD1 CD2 NE1 CE2 CE3 CZ2 CZ3 CH2",
        "H/N HA/CA HB2/CB HB3/CB HD1/CD1 HE1/NE1 HE3/CE3 HZ2/CZ2 HZ3/CZ3 HH2/CH2",
    ),
    ("TYR", 5, "N CA C O CB CG CD1 CD2 CE1 CE2 CZ OH", "H/N HA/CA HB2/CB HB3/CB HD1/CD1 HD2/CD2 HE1/CE1 HE2/CE2 HH/OH"),
    ("VAL", 4, "N CA C O CB CG1 CG2", "H/N HA/CA HB/CB HG11/CG1 HG12/CG1 HG13/CG1 HG21/CG2 HG22/CG2 HG23/CG2"),
    (
        "A",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' O2' C1' N9 C8 N7 C5 C6 N6 N1 C2 N3 C4",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' HO2'/O2' H1'/C1' H8/C8 H61/N6 H62/N6 H2/C2",
    ),
    (
        "C",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' O2' C1' N1 C2 O2 N3 C4 N4 C5 C6",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' HO2'/O2' H1'/C1' H41/N4 H42/N4 H5/C5 H6/C6",
    ),
    (
        "G",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' O2' C1' N9 C8 N7 C5 C6 O6 N1 C2 N2 N3 C4",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' HO2'/O2' H1'/C1' H8/C8 H1/N1 H21/N2 H22/N2",
    ),
    (
        "U",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' O2' C1' N1 C2 O2 N3 C4 O4 C5 C6",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' HO2'/O2' H1'/C1' H3/N3 H5/C5 H6/C6",
    ),
    (
        "DA",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' C1' N9 C8 N7 C5 C6 N6 N1 C2 N3 C4",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' H2''/C2' H1'/C1' H8/C8 H61/N6 H62/N6 H2/C2",
    ),
    (
        "DC",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' C1' N1 C2 O2 N3 C4 N4 C5 C6",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' H2''/C2' H1'/C1' H41/N4 H42/N4 H5/C5 H6/C6",
    ),
    (
        "DG",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' C1' N9 C8 N7 C5 C6 O6 N1 C2 N2 N3 C4",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' H2''/C2' H1'/C1' H8/C8 H1/N1 H21/N2 H22/N2",
    ),
    (
        "DT",
        9,
        "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' C1' N1 C2 O2 N3 C4 O4 C5 C7 C6",
        "H5'/C5' H5''/C5' H4'/C4' H3'/C3' H2'/C2' H2''/C2' H1'/C1' H3/N3 H71/C7 H72/C7 H73/C7 H6/C6",
    ),
];

/// The length of the sequence code of [`OTHER`].
pub(super) const OTHER_LENGTH: u8 = 7;

/// Heavy atoms of amino acids in the order of atom37.
const ATOM37: &str = "N CA C CB O CG CG1 CG2 OG OG1 SG CD CD1 CD2 ND1 ND2 OD1 OD2 SD CE CE1 CE2 CE3 NE NE1 NE2 OE1 OE2 \
                      CH2 NH1 NH2 OH CZ CZ2 CZ3 NZ OXT";

/// Atom names with a number of their own, which is their index: those of [`RESIDUES`], and chain ends.
pub(super) static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<&'static str> = ["OXT", "OP3", "H1", "H2", "H3", "HO5'", "HO3'"].to_vec();
    for (_, _, heavy, hydrogens) in RESIDUES {
        let hydrogens = hydrogens.split(' ').filter_map(|pair| pair.split('/').next());
        for name in heavy.split(' ').chain(hydrogens) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
});

/// The number of the terminal oxygen in [`NAMES`].
pub(in crate::codec) const OXT: u8 = 0;

/// The number of an atom name, if it has one.
pub(in crate::codec) fn number_of(name: &str) -> Option<u8> {
    static BY_NAME: LazyLock<std::collections::HashMap<&'static str, u8>> =
        LazyLock::new(|| NAMES.iter().enumerate().map(|(number, &name)| (name, number as u8)).collect());
    BY_NAME.get(name).copied()
}

/// The element that an atom with a number has: the first letter of its name.
pub(super) fn element_of(number: u8) -> Element {
    let name = NAMES.get(usize::from(number)).copied().unwrap_or_default();
    name.get(..1).and_then(Element::from_symbol).unwrap_or(Element::UNKNOWN)
}

/// The symbol of a residue name; [`OTHER`] where it is not standard.
pub(super) fn symbol_of(name: &str) -> u8 {
    RESIDUES.iter().position(|(known, ..)| *known == name).map_or(OTHER, |index| index as u8)
}

/// The numbers of the atoms of standard residue `symbol` in the order of `family`.
pub(super) fn atoms(family: usize, symbol: u8) -> Vec<u8> {
    let Some((_, _, heavy, hydrogens)) = RESIDUES.get(usize::from(symbol)) else { return Vec::new() };
    let mut heavy: Vec<&'static str> = heavy.split(' ').collect();
    if matches!(family, 1 | 2) {
        let rank = |name: &&str| ATOM37.split(' ').position(|known| known == *name);
        heavy.sort_by_key(rank);
    }
    let pairs: Vec<(&'static str, &'static str)> =
        hydrogens.split(' ').filter_map(|pair| pair.split_once('/')).collect();
    let bound = |atom: &'static str| pairs.iter().filter(move |(_, to)| *to == atom).map(|(hydrogen, _)| *hydrogen);
    let names: Vec<&str> = match family {
        0 | 1 => heavy,
        2 => heavy.iter().copied().flat_map(|atom| std::iter::once(atom).chain(bound(atom))).collect(),
        _ => heavy.iter().copied().chain(pairs.iter().map(|(hydrogen, _)| *hydrogen)).collect(),
    };
    names.into_iter().filter_map(number_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(family: usize, name: &str) -> String {
        let names: Vec<&str> =
            atoms(family, symbol_of(name)).iter().map(|&number| NAMES[usize::from(number)]).collect();
        names.join(" ")
    }

    #[test]
    fn families_order_the_same_atoms() {
        assert_eq!(text(0, "THR"), "N CA C O CB OG1 CG2");
        assert_eq!(text(1, "THR"), "N CA C CB O CG2 OG1");
        assert_eq!(text(2, "SER"), "N H CA HA C CB HB2 HB3 O OG HG");
        assert_eq!(text(3, "GLY"), "N CA C O H HA2 HA3");
        assert_eq!(text(2, "TRP").split(' ').count(), 24);
        assert_eq!(text(0, "DT"), text(1, "DT"));
    }

    #[test]
    fn the_sequence_code_is_complete_and_every_atom_has_its_number() {
        let kraft: f64 = RESIDUES.iter().map(|row| row.1).chain([OTHER_LENGTH]).map(|l| 0.5_f64.powi(l.into())).sum();
        assert_eq!(kraft, 1.0);
        assert!(NAMES.len() < 200, "a byte holds a number and a few more");
        assert_eq!(NAMES[usize::from(OXT)], "OXT");
        for (number, name) in NAMES.iter().enumerate() {
            assert_eq!(number_of(name), Some(number as u8));
            assert_ne!(element_of(number as u8), Element::UNKNOWN, "{name}");
        }
        assert_eq!(element_of(255), Element::UNKNOWN);
        assert_eq!(symbol_of("MSE"), OTHER);
    }
}
