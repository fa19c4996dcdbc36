//! Structures and a row to begin with, made by hand.

use std::borrow::Cow;

use proteusdb_core::Result;
use proteusdb_core::formats::{Format, read};
use proteusdb_core::query::Row;
use proteusdb_core::record::{Map, PartKind, PredictionModel, ResidueKind, Structure, Value};

/// Two chains, a ligand, an alternative location, an insertion code, two models' worth of records.
pub const PDB: &str = "\
HEADER    MADE BY HAND                            01-JAN-24   XXXX
TITLE     A DIPEPTIDE AND A WATER
MODEL        1
ATOM      1  N   MET A   1      11.104   6.134  -6.504  1.00 91.20           N
ATOM      2  CA  MET A   1      11.639   6.071  -5.147  1.00 91.20           C
ATOM      3  C   MET A   1      10.504   5.897  -4.140  1.00 91.20           C
ATOM      4  O   MET A   1       9.398   6.380  -4.355  1.00 91.20           O
ATOM      5  CA AGLY A   2A      9.857   5.024  -2.001  0.60 70.05           C
ATOM      6  CA BGLY A   2A      9.859   5.044  -2.101  0.40 70.05           C
TER       7      GLY A   2A
ATOM      8  P    DA B   1       1.000  -2.500   3.250  1.00 55.00           P
TER       9       DA B   1
HETATM   10 ZN    ZN A 101      -0.001   0.000 999.999  1.00  0.00          ZN2+
HETATM   11  O   HOH A 201     -12.345  67.890   0.120  1.00 20.00           O
ENDMDL
END
";

/// The structure of [`PDB`].
pub fn structure() -> Structure {
    read(PDB.as_bytes(), Some(Format::Pdb)).expect("the sample is a structure")
}

/// A row with something in most fields.
pub struct Sample {
    model: PredictionModel,
    metadata: Map,
    sequence: &'static str,
}

impl Sample {
    /// The row, with a sequence.
    pub fn new(sequence: &'static str) -> Self {
        let scores: Map = [("ptm".to_owned(), Value::Float(0.5))].into_iter().collect();
        let metadata: Map = [
            ("organism", Value::Text("E. coli".into())),
            ("n", Value::Int(1)),
            ("none", Value::Null),
            ("tags", Value::List(vec![Value::Int(1), Value::Text("x".into())])),
            ("day", Value::Time(1_704_067_200_000_000)),
            ("flag", Value::Bool(true)),
            ("scores", Value::Map(scores)),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        let model = PredictionModel {
            id: "model".into(),
            name: "esm2".into(),
            version: None,
            configuration: Map::new(),
            created_at: 0,
        };
        Self { model, metadata, sequence }
    }
}

impl Row for Sample {
    fn number(&self) -> u64 {
        7
    }
    fn version(&self) -> u32 {
        2
    }
    fn id(&self) -> &str {
        "a"
    }
    fn model(&self) -> Option<&PredictionModel> {
        Some(&self.model)
    }
    fn job(&self) -> Option<&str> {
        Some("job-1")
    }
    fn seed(&self) -> Option<i64> {
        Some(1)
    }
    fn sample(&self) -> Option<i64> {
        None
    }
    fn rank(&self) -> Option<i64> {
        Some(-3)
    }
    fn ranking_score(&self) -> Option<f64> {
        Some(-99.5)
    }
    fn confidence(&self) -> Option<f64> {
        Some(0.75)
    }
    fn created_at(&self) -> i64 {
        1_704_067_200_000_001
    }
    fn updated_at(&self) -> i64 {
        1_704_153_600_000_000
    }
    fn length(&self) -> u32 {
        self.sequence.bytes().filter(|byte| *byte != b':').count() as u32
    }
    fn chain_types(&self) -> Result<Vec<ResidueKind>> {
        Ok(vec![ResidueKind::Rna])
    }
    fn parts(&self) -> Result<Vec<(PartKind, String)>> {
        Ok(vec![(PartKind::Structure, String::new()), (PartKind::Array, "pae".into())])
    }
    fn sequence(&self) -> Result<Cow<'_, str>> {
        Ok(Cow::Borrowed(self.sequence))
    }
    fn metadata(&self) -> Result<Map> {
        Ok(self.metadata.clone())
    }
}

/// A pattern and a sequence out of an input: two lines, the second turned into chains of letters.
pub fn pattern_and_sequence(data: &[u8]) -> Option<(&str, String)> {
    let (pattern, rest) = std::str::from_utf8(data).ok()?.split_once('\n')?;
    let letters: String =
        rest.chars().filter(|c| c.is_ascii_alphabetic() || *c == ':').map(|c| c.to_ascii_uppercase()).collect();
    let chains: Vec<&str> = letters.split(':').filter(|chain| !chain.is_empty()).collect();
    Some((pattern, chains.join(":")))
}
