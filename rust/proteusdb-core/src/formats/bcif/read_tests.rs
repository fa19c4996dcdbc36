use proptest::prelude::*;
use rmp::encode::{write_array_len, write_bin, write_map_len, write_sint, write_str};

use crate::formats::{Format, read, sniff};
use crate::record::Numbers;

/// msgpack under construction.
#[derive(Default)]
struct Pack(Vec<u8>);

impl Pack {
    fn map(&mut self, length: u32) -> &mut Self {
        write_map_len(&mut self.0, length).unwrap();
        self
    }

    fn list(&mut self, key: &str, length: u32) -> &mut Self {
        write_str(&mut self.0, key).unwrap();
        write_array_len(&mut self.0, length).unwrap();
        self
    }

    fn text(&mut self, key: &str, value: &str) -> &mut Self {
        write_str(&mut self.0, key).unwrap();
        write_str(&mut self.0, value).unwrap();
        self
    }

    fn int(&mut self, key: &str, value: i64) -> &mut Self {
        write_str(&mut self.0, key).unwrap();
        write_sint(&mut self.0, value).unwrap();
        self
    }

    fn bytes(&mut self, key: &str, value: &[u8]) -> &mut Self {
        write_str(&mut self.0, key).unwrap();
        write_bin(&mut self.0, value).unwrap();
        self
    }

    fn key(&mut self, key: &str) -> &mut Self {
        write_str(&mut self.0, key).unwrap();
        self
    }

    /// A column of fixed-point numbers, delta-coded in bytes.
    fn decimals(&mut self, name: &str, deltas: &[i8]) {
        let bytes: Vec<u8> = deltas.iter().map(|delta| delta.cast_unsigned()).collect();
        self.map(2).text("name", name).key("data").map(2).bytes("data", &bytes).list("encoding", 3);
        self.map(2).text("kind", "FixedPoint").int("factor", 100);
        self.map(2).text("kind", "Delta").int("origin", 0);
        self.map(2).text("kind", "ByteArray").int("type", 1);
    }

    /// A column of texts of one letter each; `mask` as in BinaryCIF.
    fn letters(&mut self, name: &str, letters: &str, mask: &[u8]) {
        let count = letters.len() as u8;
        let (rows, offsets): (Vec<u8>, Vec<u8>) = ((0..count).collect(), (0..=count).collect());
        self.map(3).text("name", name).key("data").map(2).bytes("data", &rows).list("encoding", 1);
        self.map(5).text("kind", "StringArray").text("stringData", letters).bytes("offsets", &offsets);
        for steps in ["dataEncoding", "offsetEncoding"] {
            self.list(steps, 1).map(2).text("kind", "ByteArray").int("type", 4);
        }
        self.key("mask").map(2).bytes("data", mask).list("encoding", 1);
        self.map(2).text("kind", "ByteArray").int("type", 4);
    }
}

fn file() -> Vec<u8> {
    let mut pack = Pack::default();
    pack.map(3).text("version", "0.3.0").text("encoder", "test").list("dataBlocks", 1);
    pack.map(2).text("header", "X").list("categories", 2);
    pack.map(2).text("name", "_cell").list("columns", 0);
    pack.map(2).text("name", "_atom_site").list("columns", 5);
    pack.decimals("Cartn_x", &[100, 25]);
    pack.decimals("Cartn_y", &[-1, 0]);
    pack.decimals("Cartn_z", &[0, 127]);
    pack.letters("type_symbol", "NC", &[0, 0]);
    pack.letters("label_alt_id", "AB", &[1, 0]);
    pack.0
}

#[test]
fn columns_are_decoded_with_their_decimals_and_masks() {
    let bytes = file();
    assert_eq!(sniff(&bytes), Some(Format::BinaryCif));
    let read = read(&bytes, None).unwrap();
    assert_eq!(read.first().coords, Numbers::Fixed { decimals: 2, values: vec![100, -1, 0, 125, -1, 127] });
    let atoms = &read.topology().atoms;
    assert_eq!(atoms.element.iter().map(|element| element.symbol()).collect::<Vec<_>>(), ["N", "C"]);
    assert_eq!(atoms.altloc, [0, b'B']);
}

#[test]
fn truncated_files_and_files_without_atoms_are_errors() {
    let bytes = file();
    for cut in 0..bytes.len() {
        assert!(read(&bytes[..cut], Some(Format::BinaryCif)).is_err(), "cut at {cut}");
    }
    let mut empty = Pack::default();
    empty.map(1).list("dataBlocks", 0);
    let message = read(&empty.0, Some(Format::BinaryCif)).unwrap_err().message().to_owned();
    assert!(message.contains("no _atom_site"), "{message}");
}

proptest! {
    #[test]
    fn damaged_binary_cif_never_panics(at in any::<prop::sample::Index>(), byte: u8, second: prop::sample::Index) {
        let mut bytes = file();
        let (at, second) = (at.index(bytes.len()), second.index(bytes.len()));
        bytes[at] = byte;
        bytes[second] = byte.wrapping_add(1);
        if let Ok(structure) = read(&bytes, Some(Format::BinaryCif)) {
            structure.check().unwrap();
        }
    }
}
