use crate::formats::{Format, read, to_pdb};
use crate::record::{Coded, Numbers, Structure};

const LINE: &str = "ATOM      1  CA AMSE A  12C     11.104   6.134  -6.504  0.50 92.13      SEG SE2+";

fn one() -> Structure {
    read(LINE.as_bytes(), Some(Format::Pdb)).unwrap()
}

fn edited(edit: impl FnOnce(&mut Structure)) -> String {
    let mut structure = one();
    edit(&mut structure);
    to_pdb(&structure).unwrap_err().message().to_owned()
}

#[test]
fn lines_are_printed_as_they_were_read() {
    assert_eq!(to_pdb(&one()).unwrap(), format!("{LINE}\nEND\n"));
}

#[test]
fn what_pdb_cannot_hold_is_named() {
    fn topology(structure: &mut Structure) -> &mut crate::record::Topology {
        std::sync::Arc::make_mut(&mut structure.models[0].topology)
    }
    let chain = edited(|s| topology(s).residues.chain_id = ["LONG"].into_iter().collect());
    assert_eq!(
        chain,
        "model 1: chain \"LONG\" residue \"MSE\" 12: chain name \"LONG\": PDB holds up to 2 printable ASCII characters \
         without space around them; write mmCIF instead"
    );
    assert!(edited(|s| topology(s).residues.name = Coded::from_iter(["A1LU6"])).contains("residue name \"A1LU6\""));
    assert!(edited(|s| topology(s).residues.number = vec![-1000]).contains("residue number -1000"));
    assert!(edited(|s| topology(s).atoms.charge = vec![10]).contains("charge 10"));
    assert!(edited(|s| topology(s).atoms.altloc = vec![0xE9]).contains("altloc 'é'"));
    let far = Numbers::Fixed { decimals: 3, values: vec![0, 0, 10_000_000] };
    assert!(edited(|s| s.models[0].coords = far).contains("coordinate 10000: PDB holds 8 columns"));
}

#[test]
fn more_decimals_than_fit_are_rounded_and_others_kept() {
    let printed = |values: Vec<i32>, decimals| {
        let mut structure = one();
        structure.models[0].coords = Numbers::Fixed { decimals, values };
        to_pdb(&structure).unwrap()[30..54].to_owned()
    };
    assert_eq!(printed(vec![11_104, -6504, 5], 1), "  1110.4  -650.4     0.5");
    assert_eq!(printed(vec![123_456, -65_045, 5], 4), " 12.3456 -6.5045  0.0005", "they fit");
    assert_eq!(printed(vec![1_234_567, -1_234_567, 15], 4), " 123.457-123.457   0.002", "half away from zero");
}

#[test]
fn title_and_programs_survive() {
    let mut structure = one();
    structure.entry.id = "1ABC".to_owned();
    structure.entry.title =
        "ALPHAFOLD MONOMER V2.0 PREDICTION FOR A PROTEIN WITH A NAME THAT IS LONGER THAN ONE LINE".to_owned();
    structure.entry.software =
        vec![("OPENMM".to_owned(), "7.7".to_owned()), ("ALPHAFOLD".to_owned(), "2.0".to_owned())];
    let text = to_pdb(&structure).unwrap();
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert_eq!(read(text.as_bytes(), None).unwrap(), structure);
}
