//! mmCIF files: a sound structure or an error that says something; a structure survives the codec.

use proteusdb_core::formats::{Format, read, to_mmcif};

use super::{pdb, sample};

const BY_HAND: &str = "\
data_made
# a comment
_entry.id made
_struct.title 'a ''title'
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_entity_id
_atom_site.label_seq_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.occupancy
_atom_site.B_iso_or_equiv
_atom_site.auth_seq_id
_atom_site.auth_asym_id
_atom_site.pdbx_PDB_model_num
ATOM 1 N N . MET A 1 1 1.0 2.50 -3.125 1.00 91.2 1 A 1
ATOM 2 C \"C1'\" . MET A 1 1 1.5 2.50 -3.125 1.00 91.2 1 A 1
HETATM 3 ZN ZN . ZN B 2 . 0 0 0 1 0 101 A 1
_citation.title
;a text
of lines
;
";

pub fn seeds() -> Vec<Vec<u8>> {
    vec![BY_HAND.as_bytes().to_vec(), to_mmcif(&sample::structure()).expect("it fits the format").into_bytes()]
}

pub fn run(data: &[u8]) {
    match read(data, Some(Format::Mmcif)) {
        Ok(structure) => pdb::holds(&structure),
        Err(error) => assert!(!error.message().is_empty()),
    }
}
