//! Structure blobs with a checksum that fits: a sound structure that encodes again, or an error that names the step.

use proteusdb_core::Kind;
use proteusdb_core::codec::{Compression, decode_structure, encode_structure};

use super::{blob, sample};

pub fn seeds() -> Vec<Vec<u8>> {
    let made = |compression| encode_structure(&sample::structure(), compression).expect("the sample encodes");
    [Compression::None, Compression::Fast, Compression::Small].map(|how| blob::unsealed(&made(how))).to_vec()
}

pub fn run(data: &[u8]) {
    match decode_structure(&blob::sealed(data)) {
        Ok(structure) => {
            structure.check().expect("decoding returns sound structures");
            let again = encode_structure(&structure, Compression::Fast).expect("a structure encodes");
            assert_eq!(decode_structure(&again).ok().as_ref(), Some(&structure));
        }
        Err(error) => assert_eq!(error.kind(), Kind::Corruption, "{error}"),
    }
}
