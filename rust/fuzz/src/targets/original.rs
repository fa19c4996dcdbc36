//! Blobs of original files with a checksum that fits, rebuilt from a structure and arrays they may not belong to.

use std::io::Write;
use std::sync::LazyLock;

use proteusdb_core::Kind;
use proteusdb_core::codec::{
    Compression, Encoding, Exemplars, Given, check_original, decode_original, encode_original,
};
use proteusdb_core::formats::to_mmcif;
use proteusdb_core::record::{Array, Structure};

use super::{blob, sample};

static STRUCTURE: LazyLock<Structure> = LazyLock::new(sample::structure);
static ARRAYS: LazyLock<Vec<Array>> = LazyLock::new(|| encoded(&scores()).1);

/// What the blobs are rebuilt from.
pub fn beside() -> Given<'static> {
    Given { structure: Some(&STRUCTURE), arrays: &ARRAYS }
}

/// A file of scores whose matrix is large enough to become an array.
pub fn scores() -> Vec<u8> {
    let row =
        |i: usize| (0..40).map(|j| format!("{:.2}", ((i * 40 + j) * 7919 % 3175) as f64 / 100.0)).collect::<Vec<_>>();
    let rows = (0..40).map(|i| row(i).join(", ")).collect::<Vec<_>>().join("], [");
    format!("{{\"pae\": [[{rows}]], \"plddt\": [90.5, 91, 92, 93, 94, 95, 96, 97.25], \"ptm\": 0.8}}").into_bytes()
}

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    writer.write_all(plain).expect("memory takes it");
    writer.finish().expect("memory takes it")
}

fn encoded(bytes: &[u8]) -> (Vec<u8>, Vec<Array>) {
    let known = Exemplars::none();
    let encoding = Encoding { compression: Compression::Fast, precision: None, exemplars: &known, job: None };
    encode_original(bytes, Some(&STRUCTURE), encoding).expect("a file encodes")
}

pub fn seeds() -> Vec<Vec<u8>> {
    let cif = to_mmcif(&STRUCTURE).expect("it fits the format").into_bytes();
    let pdb = sample::PDB.as_bytes().to_vec();
    let files = [gzip(&pdb), pdb, cif, scores(), b"any other file".to_vec()];
    files.iter().map(|bytes| blob::unsealed(&encoded(bytes).0)).collect()
}

pub fn run(data: &[u8]) {
    let sealed = blob::sealed(data);
    let _ = check_original(&sealed);
    match decode_original(&sealed, &beside()) {
        Ok(file) => {
            let (again, arrays) = encoded(&file);
            let given = Given { structure: Some(&STRUCTURE), arrays: &arrays };
            assert_eq!(decode_original(&again, &given).ok(), Some(file));
        }
        Err(error) => assert_eq!(error.kind(), Kind::Corruption, "{error}"),
    }
}
