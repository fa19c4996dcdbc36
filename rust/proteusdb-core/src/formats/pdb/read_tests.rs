use crate::formats::{Format, read};
use crate::record::{Numbers, ResidueKind, Structure, polymer};

fn pdb(text: &str) -> Structure {
    read(text.as_bytes(), Some(Format::Pdb)).unwrap()
}

fn message(text: &str) -> String {
    read(text.as_bytes(), Some(Format::Pdb)).unwrap_err().message().to_owned()
}

fn names(structure: &Structure) -> Vec<&str> {
    structure.topology().atoms.name.iter().collect()
}

const CA: &str = "ATOM      2  CA  ALA A   1      11.104   6.134  -6.504  1.00 92.13           C  ";

#[test]
fn every_column_lands_in_its_place() {
    let read = pdb("HETATM*****  C1'BMSEAB -12C     11.104   6.134  -6.504  0.50 92.13      SEG ZN2+\n");
    let (residues, atoms) = (&read.topology().residues, &read.topology().atoms);
    assert_eq!((residues.name.get(0), residues.chain_id.get(0), residues.segment_id.get(0)), ("MSE", "AB", "SEG"));
    assert_eq!((residues.number[0], residues.insertion_code[0]), (-12, b'C'));
    assert_eq!((atoms.name.get(0), atoms.altloc[0], atoms.element[0].symbol()), ("C1'", b'B', "ZN"));
    assert_eq!((atoms.charge[0], atoms.hetero[0]), (2, true));
    assert_eq!(read.first().coords, Numbers::Fixed { decimals: 3, values: vec![11_104, 6134, -6504] });
    assert_eq!(read.first().b_factor, Numbers::Fixed { decimals: 2, values: vec![9213] });
    assert_eq!(read.first().occupancy, Numbers::Fixed { decimals: 2, values: vec![50] });
}

#[test]
fn line_ends_of_every_system_read_the_same() {
    let lines = format!("{CA}\nTER\n{}\nEND\n", CA.replace("A   1", "B   2"));
    let unix = pdb(&lines);
    assert_eq!(unix.topology().residues.ter, [true, false]);
    for other in
        [lines.replace('\n', "\r\n"), lines.replace('\n', "\r"), lines.to_lowercase().replace("ca  ala a", "CA  ALA A")]
    {
        assert_eq!(pdb(&other).first().coords, unix.first().coords, "{other:?}");
    }
    assert_eq!(
        pdb(&format!("\u{feff}{}\x1a", lines.trim_end())),
        unix,
        "byte order mark, no final newline, DOS end of file"
    );
}

#[test]
fn short_lines_have_defaults_and_blank_fields_are_zero() {
    let at = |columns: usize| pdb(&CA[..columns]).first().clone();
    let numbers = |columns: usize| (at(columns).occupancy.get(0), at(columns).b_factor.get(0));
    assert_eq!(numbers(54), (1.0, 20.0));
    assert_eq!(numbers(60), (1.0, 20.0));
    assert_eq!(numbers(66), (1.0, 92.13));
    let blank = pdb(&CA.replace("  1.00 92.13", "            "));
    assert_eq!((blank.first().occupancy.get(0), blank.first().b_factor.get(0)), (0.0, 0.0));
}

#[test]
fn atoms_of_a_residue_the_file_comes_back_to_stand_together() {
    let line = |name: &str, res: &str, altloc: char| {
        format!("ATOM      1  {name:<3}{altloc}{res} A  22      1.000   2.000   3.000  0.50 10.00           C\n")
            .replace("      1.000", "       1.000")
    };
    let read =
        pdb(&[line("N", "SER", 'A'), line("N", "THR", 'B'), line("CA", "SER", 'A'), line("CA", "THR", 'B')].concat());
    assert_eq!(read.topology().residues.name.iter().collect::<Vec<_>>(), ["SER", "THR"]);
    assert_eq!(names(&read), ["N", "CA", "N", "CA"]);
    assert_eq!(
        polymer::sequence(read.topology()),
        ("S".to_owned(), vec![ResidueKind::Protein]),
        "one place, one letter"
    );
}

#[test]
fn models_share_equal_topologies_and_end_ends_the_file() {
    let read = pdb(&format!(
        "MODEL        3\n{CA}\nENDMDL\nMODEL\nENDMDL\nMODEL        7\n{CA}\nENDMDL\nEND\nATOM  garbage\n"
    ));
    assert_eq!(read.models.iter().map(|model| model.number).collect::<Vec<_>>(), [3, 7]);
    assert!(std::sync::Arc::ptr_eq(&read.models[0].topology, &read.models[1].topology));
}

#[test]
fn frames_may_be_separated_by_endmdl_alone() {
    let read = pdb(&format!("{CA}\nENDMDL\n{CA}\nENDMDL\n"));
    assert_eq!(read.models.iter().map(|model| model.number).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn numbers_beyond_their_columns_are_hybrid_36() {
    let read = pdb(&format!("{}\n{}\n", CA.replace("A   1", "AA000"), CA.replace("A   1", "Aa000")));
    assert_eq!(read.topology().residues.number, [10_000, 1_223_056]);
}

#[test]
fn missing_elements_follow_from_padded_names() {
    let of = |name: &str| pdb(&CA[..66].replace(" CA ", name)).topology().atoms.element[0].symbol();
    assert_eq!([of(" CA "), of("CA  "), of("1HB "), of("HG21"), of("FE  ")], ["C", "CA", "H", "H", "FE"]);
}

#[test]
fn line_numbers_of_old_files_are_no_charges() {
    let old = format!("{}1GDR 109", &CA[..72]);
    assert_eq!(pdb(&old).topology().atoms.charge, [0]);
    assert_eq!(pdb(&format!("{}1-", &CA[..78])).topology().atoms.charge, [-1]);
    assert_eq!(pdb(&format!("{}+1", &CA[..78])).topology().atoms.charge, [1]);
    assert!(message(&format!("{}42", &CA[..78])).contains("charge \"42\""));
}

#[test]
fn errors_name_line_field_and_text() {
    let second = |line: &str| message(&format!("{CA}\n{line}\n"));
    assert_eq!(
        second(&CA.replace("  11.104", "  abc   ")),
        "line 2: x coordinate \"  abc   \": not a finite number (columns 31-38)"
    );
    assert!(second(&CA.replace(" -6.504", "    nan")).contains("z coordinate \"     nan\""));
    assert!(second(&CA.replace("  6.134", "       ")).contains("y coordinate"), "blank");
    assert!(second(&CA.replace("92.13", "*****")).contains("B-factor"));
    assert!(second(&CA.replace("A   1", "A 1x2")).contains("residue number \"1x2\""));
    assert!(second(&CA[..50]).contains("ends at column 50"));
    assert_eq!(message("REMARK nothing\nEND\n"), "no atoms: at least one ATOM or HETATM is needed");
}
