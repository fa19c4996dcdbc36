//! Damaged files: readers answer with a structure or an error, never with a panic.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Format, decompress, read, to_mmcif, to_pdb};
use super::generated::{MMCIF, PDB, structures};

/// What happens to a file.
#[derive(Debug, Clone)]
enum Damage {
    Byte(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    SwapLines(prop::sample::Index, prop::sample::Index),
    DropLine(prop::sample::Index),
    DoubleLine(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        6 => (at(), prop_oneof![any::<u8>(), prop::sample::select(b" \n\r\t'\";#_.?-+e0".to_vec())])
            .prop_map(|(at, byte)| Damage::Byte(at, byte)),
        1 => at().prop_map(Damage::Cut),
        2 => (at(), at()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        1 => at().prop_map(Damage::DropLine),
        1 => at().prop_map(Damage::DoubleLine),
    ]
}

fn apply(bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    let mut lines: Vec<Vec<u8>> = bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    match damage {
        Damage::Byte(at, byte) => {
            let mut bytes = bytes;
            let at = at.index(bytes.len());
            bytes[at] = *byte;
            return bytes;
        }
        Damage::Cut(at) => return bytes[..at.index(bytes.len())].to_vec(),
        Damage::SwapLines(a, b) => lines.swap(a.index(count), b.index(count)),
        Damage::DropLine(at) => drop(lines.remove(at.index(count))),
        Damage::DoubleLine(at) => lines.insert(at.index(count), lines[at.index(count)].clone()),
    }
    lines.join(&b'\n')
}

fn survives(bytes: &[u8]) {
    for format in Format::ALL {
        if let Ok(structure) = read(bytes, Some(format)) {
            structure.check().unwrap();
        }
    }
    let plain = decompress(bytes).map(std::borrow::Cow::into_owned).unwrap_or_default();
    if let Err(error) = read(&plain, None) {
        assert!(!error.message().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn damaged_mmcif_never_panics(structure in structures(MMCIF), damages in vec(damage(), 1..8)) {
        survives(&damages.iter().fold(to_mmcif(&structure).unwrap().into_bytes(), apply));
    }

    #[test]
    fn damaged_pdb_never_panics(structure in structures(PDB), damages in vec(damage(), 1..8)) {
        survives(&damages.iter().fold(to_pdb(&structure).unwrap().into_bytes(), apply));
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }
}
