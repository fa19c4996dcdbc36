//! The structure codec gives back what it was given, whatever it was given, and refuses damage.

use proptest::prelude::*;

use super::*;
use crate::codec::strategies::structure;
use crate::error::Kind;
use crate::record::{Entry, PlddtScale};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_structure_round_trips(structure in structure()) {
        for compression in [Compression::None, Compression::Fast, Compression::Small] {
            let blob = encode_structure(&structure, compression).unwrap();
            prop_assert_eq!(&decode_structure(&blob).unwrap(), &structure);
            let version = if compression == Compression::None { PLAIN } else { MODELLED };
            prop_assert_eq!(blob[1], version, "no structure of this kind needs the plain columns");
        }
    }

    #[test]
    fn damage_under_a_right_checksum_is_refused_or_decodes(structure in structure(), at: prop::sample::Index, bit in 0..8_u32) {
        for (version, mut raw) in [
            (PLAIN, plain::encode(&structure, Compression::None)),
            (MODELLED, container::encode(&structure, Compression::Fast, None)),
            (MODELLED, container::encode(&structure, Compression::Small, None)),
        ] {
            let at = at.index(raw.len());
            raw[at] ^= 1 << bit;
            let blob = envelope::seal(Codec::Structure, version, &raw);
            if let Err(error) = decode_structure(&blob) {
                prop_assert_eq!(error.kind(), Kind::Corruption);
            }
        }
    }
}

#[test]
fn a_newer_version_says_so() {
    let blob = envelope::seal(Codec::Structure, MODELLED + 1, b"");
    assert!(decode_structure(&blob).unwrap_err().message().contains("newer proteusdb"));
}

#[test]
fn a_structure_that_breaks_its_invariants_is_not_encoded() {
    let empty = Structure { entry: Entry::default(), models: vec![], plddt_scale: PlddtScale::Auto };
    assert_eq!(encode_structure(&empty, Compression::Fast).unwrap_err().kind(), Kind::Validation);
}
