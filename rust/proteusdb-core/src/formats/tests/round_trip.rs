//! Writing and reading back.

use proptest::prelude::*;

use super::super::{Format, read, sniff, to_mmcif, to_pdb};
use super::generated::{MMCIF, PDB, structures};
use crate::record::Structure;

/// Model by model, so that a failure shows which column differs.
fn assert_same(read: &Structure, written: &Structure, text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(read.models.len(), written.models.len(), "{}", text);
    for (a, b) in read.models.iter().zip(&written.models) {
        prop_assert_eq!(&a.topology.residues, &b.topology.residues, "{}", text);
        prop_assert_eq!(a, b, "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn mmcif_holds_every_structure(structure in structures(MMCIF)) {
        let text = to_mmcif(&structure).unwrap();
        prop_assert_eq!(sniff(text.as_bytes()), Some(Format::Mmcif));
        let back = read(text.as_bytes(), None).unwrap();
        assert_same(&back, &structure, &text)?;
        prop_assert_eq!(back, structure);
    }

    #[test]
    fn pdb_holds_every_structure_within_its_columns(structure in structures(PDB)) {
        let text = to_pdb(&structure).unwrap();
        prop_assert!(text.lines().all(|line| line.len() <= 80), "{}", text);
        let back = read(text.as_bytes(), Some(Format::Pdb)).unwrap();
        assert_same(&back, &structure, &text)?;
    }

    #[test]
    fn mmcif_holds_what_came_from_pdb(structure in structures(PDB)) {
        let text = to_mmcif(&structure).unwrap();
        assert_same(&read(text.as_bytes(), None).unwrap(), &structure, &text)?;
    }

    #[test]
    fn models_of_equal_atoms_share_their_topology(structure in structures(PDB)) {
        if let [first, second, ..] = structure.models.as_slice() {
            let back = read(to_pdb(&structure).unwrap().as_bytes(), None).unwrap();
            prop_assert!(std::sync::Arc::ptr_eq(&first.topology, &second.topology));
            prop_assert!(std::sync::Arc::ptr_eq(&back.models[0].topology, &back.models[1].topology));
        }
    }
}
