//! What the lines before the atoms say about the file: id, title, programs.
//!
//! ```text
//! HEADER    HYDROLASE                               01-JUL-21   1ABC       -> id "1ABC"
//! TITLE     ALPHAFOLD MONOMER V2.0 PREDICTION FOR LYSOZYME C               -> software ("ALPHAFOLD", "2.0")
//! REMARK   1 CREATED WITH OPENMM 7.7, 2022-06-01                           -> software ("OPENMM", "7.7")
//! REMARK   3   PROGRAM     : PHENIX 1.19                                   -> software ("PHENIX", "1.19")
//! ```

use super::super::intern::decode;
use crate::record::Entry;

/// Takes one HEADER, TITLE or REMARK line; other lines leave the entry alone.
pub(super) fn read_line(entry: &mut Entry, line: &[u8]) {
    let rest = |from: usize| decode(line.get(from..).unwrap_or_default());
    let starts = |record: &[u8]| line.get(..record.len()).is_some_and(|head| head.eq_ignore_ascii_case(record));
    if starts(b"HEADER") {
        let id = decode(line.get(62..66).unwrap_or_default());
        if !id.trim().is_empty() {
            entry.id = id.trim().to_owned();
        }
    } else if starts(b"TITLE") {
        // A continuation begins with its own space after the columns of its number.
        entry.title.push_str(rest(10).trim_end());
    } else if starts(b"REMARK") {
        let text = rest(10);
        if let Some(made) = after(&text, "CREATED WITH ") {
            push_software(entry, made);
        } else if let Some(program) = line.get(7..10).filter(|n| n.trim_ascii() == b"3").and(after(&text, "PROGRAM")) {
            push_software(entry, program.trim_start_matches([' ', ':']));
        }
    }
}

/// Done with the header: the title is whole.
pub(super) fn finish(entry: &mut Entry) {
    entry.title = entry.title.trim().to_owned();
    let mut words = entry.title.split_ascii_whitespace();
    let first = words.next().unwrap_or_default().to_owned();
    let lead: Vec<&str> = words.take(4).collect();
    if lead.iter().any(|word| word.eq_ignore_ascii_case("PREDICTION")) {
        let version = lead.iter().find_map(|word| {
            let number = word.strip_prefix(['V', 'v'])?;
            number.starts_with(|c: char| c.is_ascii_digit()).then(|| number.to_owned())
        });
        entry.software.push((first, version.unwrap_or_default()));
    }
}

fn after<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    text.trim_start().strip_prefix(marker)
}

/// `NAME VERSION, anything`; a name alone has an empty version.
fn push_software(entry: &mut Entry, text: &str) {
    let text = text.split(',').next().unwrap_or_default().trim();
    let (name, version) = text.split_once(' ').unwrap_or((text, ""));
    if !name.is_empty() && name != "NULL" {
        entry.software.push((name.to_owned(), version.trim().to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_id_and_continued_title_are_found() {
        let mut entry = Entry::default();
        for line in [
            "HEADER                                            01-JUL-21   1ABC",
            "TITLE     ALPHAFOLD MONOMER V2.0 PREDICTION FOR LYSOZYME",
            "TITLE    2 C (P61626)                     ",
            "REMARK   1 CREATED WITH OPENMM 7.7, 2022-06-01",
            "REMARK   3   PROGRAM     : PHENIX 1.19",
            "REMARK   3   PROGRAM     : NULL",
            "REMARK   2 PROGRAM IS NOT NAMED HERE",
        ] {
            read_line(&mut entry, line.as_bytes());
        }
        finish(&mut entry);
        assert_eq!(entry.id, "1ABC");
        assert_eq!(entry.title, "ALPHAFOLD MONOMER V2.0 PREDICTION FOR LYSOZYME C (P61626)");
        let software: Vec<(&str, &str)> = entry.software.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(software, [("OPENMM", "7.7"), ("PHENIX", "1.19"), ("ALPHAFOLD", "2.0")]);
    }

    #[test]
    fn a_title_that_only_mentions_a_program_names_none() {
        let mut entry = Entry::default();
        read_line(&mut entry, b"TITLE     CRYSTAL STRUCTURE OF X SOLVED WITH AN ALPHAFOLD MODEL");
        finish(&mut entry);
        assert_eq!(entry.software, []);
    }
}
