//! BinaryCIF files: a sound structure or an error that says something; a structure survives the codec.

use proteusdb_core::formats::{Format, read};
use rmp::encode::{write_array_len, write_bin, write_map_len, write_sint, write_str};

use super::pdb;

/// msgpack under construction; writing into memory cannot fail.
#[derive(Default)]
struct Pack(Vec<u8>);

impl Pack {
    fn map(&mut self, length: u32) -> &mut Self {
        write_map_len(&mut self.0, length).expect("memory");
        self
    }

    fn key(&mut self, key: &str) -> &mut Self {
        write_str(&mut self.0, key).expect("memory");
        self
    }

    fn list(&mut self, key: &str, length: u32) -> &mut Self {
        write_array_len(&mut self.key(key).0, length).expect("memory");
        self
    }

    fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key).key(value)
    }

    fn int(&mut self, key: &str, value: i64) -> &mut Self {
        write_sint(&mut self.key(key).0, value).expect("memory");
        self
    }

    fn bytes(&mut self, key: &str, value: &[u8]) -> &mut Self {
        write_bin(&mut self.key(key).0, value).expect("memory");
        self
    }

    fn column(&mut self, name: &str) -> &mut Self {
        self.map(3).text("name", name).key("mask").map(2).bytes("data", &[0, 0]).list("encoding", 1);
        self.map(2).text("kind", "ByteArray").int("type", 4).key("data").map(2)
    }

    /// Fixed-point numbers, delta-coded in bytes.
    fn decimals(&mut self, name: &str, deltas: &[u8]) {
        self.column(name).bytes("data", deltas).list("encoding", 3);
        self.map(2).text("kind", "FixedPoint").int("factor", 100);
        self.map(2).text("kind", "Delta").int("origin", 0);
        self.map(2).text("kind", "ByteArray").int("type", 1);
    }

    /// One number in all rows, as a run.
    fn run(&mut self, name: &str, value: u8) {
        self.column(name).bytes("data", &[value, 2]).list("encoding", 2);
        self.map(3).text("kind", "RunLength").int("srcType", 3).int("srcSize", 2);
        self.map(2).text("kind", "ByteArray").int("type", 4);
    }

    /// Texts of one letter.
    fn letters(&mut self, name: &str, letters: &str) {
        self.column(name).bytes("data", &[0, 1]).list("encoding", 1);
        self.map(5).text("kind", "StringArray").text("stringData", letters).bytes("offsets", &[0, 1, 2]);
        for steps in ["dataEncoding", "offsetEncoding"] {
            self.list(steps, 1).map(2).text("kind", "ByteArray").int("type", 4);
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut pack = Pack::default();
    pack.map(3).text("version", "0.3.0").text("encoder", "by hand").list("dataBlocks", 1);
    pack.map(2).text("header", "MADE").list("categories", 1).map(3).text("name", "_atom_site").int("rowCount", 2);
    pack.list("columns", 9);
    for (name, letters) in
        [("label_atom_id", "NC"), ("type_symbol", "NC"), ("label_comp_id", "AA"), ("auth_asym_id", "AA")]
    {
        pack.letters(name, letters);
    }
    for (name, deltas) in [("Cartn_x", [100, 50]), ("Cartn_y", [1, 255]), ("Cartn_z", [0, 7])] {
        pack.decimals(name, &deltas);
    }
    pack.run("auth_seq_id", 1);
    pack.run("pdbx_PDB_model_num", 1);
    vec![pack.0]
}

pub fn run(data: &[u8]) {
    match read(data, Some(Format::BinaryCif)) {
        Ok(structure) => pdb::holds(&structure),
        Err(error) => assert!(!error.message().is_empty()),
    }
}
