//! PDB files: a sound structure or an error that says something; a structure survives the codec.

use proteusdb_core::codec::{Compression, decode_structure, encode_structure};
use proteusdb_core::formats::{Format, read, to_mmcif, to_pdb};
use proteusdb_core::record::Structure;

use super::sample;

pub fn seeds() -> Vec<Vec<u8>> {
    vec![sample::PDB.as_bytes().to_vec(), to_pdb(&sample::structure()).expect("it fits the format").into_bytes()]
}

pub fn run(data: &[u8]) {
    match read(data, Some(Format::Pdb)) {
        Ok(structure) => holds(&structure),
        Err(error) => assert!(!error.message().is_empty()),
    }
}

/// What must hold of every structure that was read.
pub fn holds(structure: &Structure) {
    structure.check().expect("a reader returns sound structures");
    let blob = encode_structure(structure, Compression::Fast).expect("a structure encodes");
    assert_eq!(&decode_structure(&blob).expect("a blob decodes"), structure);
    if let Ok(text) = to_mmcif(structure) {
        read(text.as_bytes(), Some(Format::Mmcif)).expect("what was written is read");
    }
    if let Ok(text) = to_pdb(structure) {
        read(text.as_bytes(), Some(Format::Pdb)).expect("what was written is read");
    }
}
