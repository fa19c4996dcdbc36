use crate::formats::{Format, read};
use crate::record::{Numbers, ResidueKind, Structure, polymer};

fn cif(text: &str) -> Structure {
    read(text.as_bytes(), Some(Format::Mmcif)).unwrap()
}

fn message(text: &str) -> String {
    read(text.as_bytes(), Some(Format::Mmcif)).unwrap_err().message().to_owned()
}

/// A table of atoms with these columns and rows.
fn table(columns: &str, rows: &str) -> String {
    let tags: String = columns.split(' ').map(|column| format!("_atom_site.{column}\n")).collect();
    format!("data_x\nloop_\n{tags}{rows}\n")
}

const FULL: &str = "group_PDB type_symbol label_atom_id label_alt_id label_comp_id label_asym_id label_entity_id label_seq_id \
                    pdbx_PDB_ins_code Cartn_x Cartn_y Cartn_z occupancy B_iso_or_equiv pdbx_formal_charge auth_seq_id \
                    auth_asym_id pdbx_PDB_model_num";

#[test]
fn every_column_lands_in_its_place() {
    let read = cif(&table(FULL, "HETATM ZN \"C1'\" B MSE AA 3 7 C 1.5 -2.250 1e-3 0.50(2) 92.13 -2 12 A 1"));
    let (residues, atoms) = (&read.topology().residues, &read.topology().atoms);
    assert_eq!((residues.name.get(0), residues.chain_id.get(0), residues.label_asym_id.get(0)), ("MSE", "A", "AA"));
    assert_eq!((residues.number[0], residues.insertion_code[0], residues.label_seq_id[0]), (12, b'C', 7));
    assert_eq!(residues.label_entity_id.get(0), "3");
    assert_eq!((atoms.name.get(0), atoms.altloc[0], atoms.element[0].symbol()), ("C1'", b'B', "ZN"));
    assert_eq!((atoms.charge[0], atoms.hetero[0]), (-2, true));
    assert_eq!(read.first().coords, Numbers::Fixed { decimals: 3, values: vec![1500, -2250, 1] });
    assert_eq!(read.first().occupancy, Numbers::Fixed { decimals: 2, values: vec![50] });
}

#[test]
fn labels_stand_in_for_missing_author_values_row_by_row() {
    let columns = "type_symbol label_atom_id label_comp_id label_asym_id label_seq_id Cartn_x Cartn_y Cartn_z auth_asym_id auth_seq_id";
    let read = cif(&table(columns, "C CA ALA L 5 1 2 3 . ?\nC CA GLY L 6 1 2 3 A 16B"));
    let residues = &read.topology().residues;
    assert_eq!(residues.chain_id.iter().collect::<Vec<_>>(), ["L", "A"]);
    assert_eq!((residues.number.as_slice(), residues.insertion_code[1]), ([5, 16].as_slice(), b'B'));
    assert_eq!(read.first().occupancy.get(0), 1.0);
    assert_eq!(read.first().b_factor.get(0), 20.0);
}

#[test]
fn an_atom_site_of_one_row_may_be_pairs() {
    let read = cif(
        "data_x\n_atom_site.label_atom_id CA\n_atom_site.Cartn_x 1.0\n_atom_site.Cartn_y 2\n_atom_site.Cartn_z 3\n_entry.id X\n",
    );
    assert_eq!(read.topology().atoms.len(), 1);
    assert_eq!(read.entry.id, "X");
}

#[test]
fn the_first_block_with_atoms_counts_and_save_frames_do_not() {
    let atoms = table("label_atom_id Cartn_x Cartn_y Cartn_z", "CA 1 2 3");
    let text = format!(
        "data_header\n_entry.id WRONG\nsave_frame\n_atom_site.Cartn_x 9\nsave_\n{}\n_entry.id RIGHT\ndata_y\n_entry.id LATER\n",
        atoms
    );
    let read = cif(&text);
    assert_eq!((read.entry.id.as_str(), read.first().coords.get(0)), ("RIGHT", 1.0));
}

#[test]
fn models_may_be_mixed() {
    let read = cif(&table(
        "label_atom_id Cartn_x Cartn_y Cartn_z pdbx_PDB_model_num",
        "N 1 0 0 2\nN 5 0 0 1\nCA 2 0 0 2\nCA 6 0 0 1",
    ));
    assert_eq!(read.models.iter().map(|model| model.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(read.models[0].coords.to_f32(), [1.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
    assert_eq!(read.models[1].coords.to_f32(), [5.0, 0.0, 0.0, 6.0, 0.0, 0.0]);
}

#[test]
fn entities_and_labels_decide_what_a_polymer_is() {
    let columns = "group_PDB label_atom_id label_comp_id label_asym_id label_entity_id label_seq_id Cartn_x Cartn_y Cartn_z auth_seq_id auth_asym_id";
    let rows = "ATOM CA GLY A 1 1 0 0 0 1 A\nATOM CB QQQ A 1 2 0 0 0 2 A\nHETATM CA GLY B 2 . 0 0 0 301 A\nATOM CA ALA C 1 1 0 0 0 1 A";
    let text = format!("{}\nloop_\n_entity.id\n_entity.type\n1 polymer\n2 non-polymer\n", table(columns, rows));
    let read = cif(&text);
    let kinds = &read.topology().residues.kind;
    assert_eq!(kinds[2], ResidueKind::NonPolymer, "free glycine");
    assert_eq!(read.topology().residues.ter, [false, true, false, true]);
    assert_eq!(polymer::sequence(read.topology()).0, "GX:A");
}

#[test]
fn software_title_and_plddt_metric_are_found() {
    let text = format!(
        "{}\n_struct.title 'A title'\nloop_\n_software.name\n_software.version\nAlphaFold 3\nOpenMM ?\n\
         loop_\n_ma_qa_metric.id\n_ma_qa_metric.mode\n_ma_qa_metric.name\n_ma_qa_metric.type\n1 global pLDDT pLDDT\n2 local pLDDT pLDDT\n",
        table("label_atom_id Cartn_x Cartn_y Cartn_z", "CA 1 2 3")
    );
    let entry = cif(&text).entry;
    assert_eq!(entry.title, "A title");
    assert_eq!(entry.software, [("AlphaFold".to_owned(), "3".to_owned()), ("OpenMM".to_owned(), String::new())]);
    assert!(entry.declares_plddt);
    assert!(!cif(&text.replace("2 local pLDDT pLDDT\n", "")).entry.declares_plddt, "global only");
}

#[test]
fn errors_name_line_column_and_text() {
    let columns = "label_atom_id Cartn_x Cartn_y Cartn_z";
    let of = |row: &str| message(&table(columns, row));
    assert_eq!(of("CA 1 2 3\nCA 1 ? 3"), "line 8: y coordinate (Cartn_y) \"?\": missing; a finite number is needed");
    assert_eq!(of("CA nan 2 3"), "line 7: x coordinate (Cartn_x) \"nan\": not a finite number");
    assert!(of("CA 1 2 1e300").contains("too large for a float32"));
    assert!(of("CA 1 2").contains("ends after value 3 of a row"));
    assert!(message(&table("label_atom_id Cartn_x Cartn_y", "CA 1 2")).contains("Cartn_z is missing"));
    assert!(message(&table("Cartn_x Cartn_x Cartn_y Cartn_z", "1 1 2 3")).contains("stands twice"));
    assert!(message("data_x\n_cell.length_a 10\n").contains("no _atom_site"));
    assert!(message("data_x\nstray\n").contains("value \"stray\" has no tag"));
    let with_altloc = table("label_atom_id label_alt_id Cartn_x Cartn_y Cartn_z", "CA AB 1 2 3");
    assert!(message(&with_altloc).contains("label_alt_id \"AB\": not a single character"));
}
