//! What the fit is worth on examples it did not see: bytes a residue by what made them, and bits by atom.
//!
//! ```text
//! all = xyz + B + rest     rest: envelope, sequence, names, numbers, occupancies as the small profile writes them
//! ```
//!
//! Each record alone and everything counted. Speeds are of coordinates in one thread; compare them with zstd's within a run.

use std::collections::BTreeMap;
use std::time::Instant;

use proteusdb_core::codec::small::confidence::training as confidences;
use proteusdb_core::codec::small::training::{Example, Trained};
use proteusdb_core::codec::{Compression, encode_structure, structure_sizes};

#[derive(Default)]
struct Row {
    files: usize,
    residues: usize,
    atoms: usize,
    coordinates: usize,
    b_factor: usize,
    rest: usize,
    /// Seconds.
    encoding: f64,
    decoding: f64,
    unpacking: f64,
    /// Bytes of coordinates within 0.05 Å.
    bounded: usize,
    profiles: BTreeMap<usize, usize>,
    /// Atoms and bits by place: N CA C O CB, side chain, hydrogens, others.
    places: BTreeMap<String, (usize, f64)>,
}

/// What is reported of: an example, its B-factors where they are a column, what made it.
pub type Kept<'a> = (&'a Example, Option<&'a confidences::Example>, &'a String);

/// The least seconds of a few runs.
fn quickest(run: impl Fn() -> bool) -> f64 {
    let once = || {
        let start = Instant::now();
        std::hint::black_box(run());
        start.elapsed().as_secs_f64()
    };
    (0..3).map(|_| once()).fold(f64::INFINITY, f64::min)
}

/// Prints the report.
pub fn print<'a>(kept: impl Iterator<Item = Kept<'a>>, atoms: &Trained, confidence: &[u8]) -> Result<(), String> {
    let confidence = confidences::Trained::read(confidence).map_err(|error| error.to_string())?;
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for (example, column, maker) in kept {
        let one = measure(example, column, atoms, &confidence)?;
        for name in [maker.as_str(), "~ all"] {
            rows.entry(name).or_default().add(&one);
        }
    }
    print_sizes(&rows);
    print_places(&rows);
    Ok(())
}

fn measure(
    example: &Example,
    column: Option<&confidences::Example>,
    atoms: &Trained,
    confidence: &confidences::Trained,
) -> Result<Row, String> {
    let (bytes, profile) = example.encode(atoms).ok_or("a structure could not be encoded")?;
    if !example.decodes(atoms, &bytes) {
        return Err("a structure did not decode to what it was".to_owned());
    }
    let mut first = example.structure().clone();
    first.models.truncate(1);
    let blob = encode_structure(&first, Compression::Small).map_err(|error| error.to_string())?;
    let parts = structure_sizes(&blob).map_err(|error| error.to_string())?;
    let (coordinates, b_factor) = (parts.coordinates as usize, parts.b_factor as usize);
    let packed = example.packed();
    let topology = first.topology();
    let mut row = Row {
        files: 1,
        residues: topology.residues.len(),
        atoms: topology.atoms.len(),
        coordinates: bytes.len() + 1,
        b_factor: match column {
            Some(column) => column.size(atoms, confidence).ok_or("B-factors did not decode to what they were")?.0 + 1,
            None => b_factor,
        },
        rest: blob.len() - coordinates - b_factor,
        encoding: quickest(|| example.encode(atoms).is_some()),
        decoding: quickest(|| example.decodes(atoms, &bytes)),
        unpacking: quickest(|| example.unpacks(&packed)),
        bounded: example.bounded(atoms, 0.05).map_or(bytes.len(), |bytes| bytes + 1),
        profiles: BTreeMap::from([(profile, 1)]),
        places: BTreeMap::new(),
    };
    for atom in example.atoms(atoms, profile) {
        let place = place(example, atom.atom);
        let sum = row.places.entry(place).or_default();
        *sum = (sum.0 + 1, sum.1 + atom.bits);
    }
    Ok(row)
}

/// The place of an atom: one of the backbone, the side chain's by the order in the residue, hydrogens, whatever else.
fn place(example: &Example, atom: usize) -> String {
    let topology = example.structure().topology();
    let residue = topology.residues.atom_start.partition_point(|&start| start as usize <= atom) - 1;
    let name = topology.atoms.name.get(atom);
    let side = |atom: &usize| {
        !["N", "CA", "C", "O", "CB", "OXT"].contains(&topology.atoms.name.get(*atom)) && heavy(example, *atom)
    };
    let standard = topology.residues.atoms(residue).any(|atom| topology.atoms.name.get(atom) == "CA");
    match name {
        "N" | "CA" | "C" | "O" | "CB" if standard => format!("{} {name}", "N CA C O CB".find(name).unwrap_or(0)),
        _ if !heavy(example, atom) => "H".to_owned(),
        _ if standard && side(&atom) => {
            format!(
                "side {:2}",
                1 + topology.residues.atoms(residue).filter(|&other| other < atom).filter(side).count()
            )
        }
        _ => "other".to_owned(),
    }
}

fn heavy(example: &Example, atom: usize) -> bool {
    example.structure().topology().atoms.element.get(atom).is_none_or(|element| element.symbol() != "H")
}

impl Row {
    fn add(&mut self, one: &Self) {
        self.files += one.files;
        self.residues += one.residues;
        self.atoms += one.atoms;
        self.coordinates += one.coordinates;
        self.b_factor += one.b_factor;
        self.rest += one.rest;
        self.encoding += one.encoding;
        self.decoding += one.decoding;
        self.unpacking += one.unpacking;
        self.bounded += one.bounded;
        one.profiles.iter().for_each(|(&profile, count)| *self.profiles.entry(profile).or_default() += count);
        for (place, (count, bits)) in &one.places {
            let sum = self.places.entry(place.clone()).or_default();
            *sum = (sum.0 + count, sum.1 + bits);
        }
    }
}

fn print_sizes(rows: &BTreeMap<&str, Row>) {
    println!(
        "{:36} files residues | bytes/residue:  all    xyz      B   rest | bits/atom | within 0.05 Å: all  xyz | M residues/s of xyz in  out (zstd out) | profiles",
        "made by"
    );
    for (name, row) in rows {
        let per_second = |seconds: f64| row.residues as f64 / seconds / 1e6;
        let per = |bytes: usize| bytes as f64 / row.residues as f64;
        println!(
            "{name:36} {:5} {:8} |              {:6.2} {:6.2} {:6.2} {:6.2} | {:9.2} | {:12.2} {:9.2} | {:16.2} {:10.2} ({:5.2}) | {:?}",
            row.files,
            row.residues,
            per(row.coordinates + row.b_factor + row.rest),
            per(row.coordinates),
            per(row.b_factor),
            per(row.rest),
            8.0 * row.coordinates as f64 / row.atoms as f64,
            per(row.bounded + row.b_factor + row.rest),
            per(row.bounded),
            per_second(row.encoding),
            per_second(row.decoding),
            per_second(row.unpacking),
            row.profiles
        );
    }
}

fn print_places(rows: &BTreeMap<&str, Row>) {
    println!("\nbits an atom (atoms)");
    for (name, row) in rows {
        let bits = |(place, (count, bits)): (&String, &(usize, f64))| {
            format!(
                "{} {:.1} ({count})",
                place.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim(),
                bits / *count as f64
            )
        };
        println!("{name:36} {}", row.places.iter().map(bits).collect::<Vec<_>>().join("  "));
    }
}
