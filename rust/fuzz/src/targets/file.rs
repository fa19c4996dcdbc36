//! Any file as an original: whatever it is, its bytes come back.

use proteusdb_core::codec::{Compression, Encoding, Exemplars, Given, decode_original, encode_original};
use proteusdb_core::formats::to_mmcif;

use super::original::{gzip, scores};
use super::sample;

pub fn seeds() -> Vec<Vec<u8>> {
    let mut npy = b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".to_vec();
    npy.resize(79, b' ');
    npy.push(b'\n');
    (0..6_u8).for_each(|n| npy.extend(f32::from(n).to_le_bytes()));
    let cif = to_mmcif(&sample::structure()).expect("it fits the format");
    vec![gzip(&npy), npy, sample::PDB.into(), cif.into_bytes(), scores(), b"1,2.50,-3e5\n".to_vec()]
}

pub fn run(data: &[u8]) {
    let structure = sample::structure();
    let known = Exemplars::default();
    // Twice, as the second time what is left of the first is an exemplar.
    for compression in [Compression::None, Compression::Fast, Compression::Fast] {
        let encoding = Encoding { compression, precision: None, exemplars: &known, job: None };
        let (blob, arrays) = encode_original(data, Some(&structure), encoding).expect("a file encodes");
        let given = Given { structure: Some(&structure), arrays: &arrays };
        let back = decode_original(&blob, &given).expect("what was encoded decodes");
        assert!(back == data, "{compression:?}");
    }
}
