//! Fits the small profile's priors to predictions: the same files in the same order give the same bytes.
//!
//! ```text
//! proteusdb-train LIST OUT     LIST: a path a line, and after a tab what made it; OUT: the artefact; `confidence.bin` goes beside it
//!
//! files -> examples -> split by sequence -> fit to three quarters, report on the rest -> fit to all -> OUT
//! ```

mod cells;
mod confidence;
mod fit;
mod kinds;
mod profiles;
mod report;
mod split;
mod tables;
mod torsions;

use std::process::ExitCode;

use proteusdb_core::codec::small::confidence::training as confidences;
use proteusdb_core::codec::small::training::{Example, Trained};
use proteusdb_core::formats;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [list, out] => run(list, out),
        _ => Err("usage: proteusdb-train LIST OUT".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(list: &str, out: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(list).map_err(|error| format!("{list}: {error}"))?;
    let (mut examples, mut makers) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (path, maker) = line.split_once('\t').unwrap_or((line, "all"));
        let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        match formats::read(&bytes, None).ok().and_then(Example::new) {
            Some(example) => {
                examples.push(example);
                makers.push(maker.to_owned());
            }
            None => eprintln!("{path}: left out, no structure on a decimal grid"),
        }
    }
    let columns: Vec<Option<confidences::Example>> =
        examples.iter().map(|example| confidences::Example::new(example.structure())).collect();
    let aside = split::aside(&examples);
    let (atoms, confidence) = fitted(&examples, &columns, |example| !aside[example])?;
    let kept = (0..examples.len()).filter(|&example| aside[example]);
    let kept = kept.map(|example| (&examples[example], columns[example].as_ref(), &makers[example]));
    report::print(kept, &Trained::read(&atoms).map_err(|error| error.to_string())?, &confidence)?;
    let (atoms, confidence) = fitted(&examples, &columns, |_| true)?;
    let beside = std::path::Path::new(out).with_file_name("confidence.bin");
    std::fs::write(out, atoms).map_err(|error| format!("{out}: {error}"))?;
    std::fs::write(&beside, confidence).map_err(|error| format!("{}: {error}", beside.display()))
}

/// Both artefacts, fitted to some examples.
fn fitted(
    examples: &[Example],
    columns: &[Option<confidences::Example>],
    wanted: impl Fn(usize) -> bool,
) -> Result<(Vec<u8>, Vec<u8>), String> {
    let own: Vec<&Example> = (0..).zip(examples).filter(|(number, _)| wanted(*number)).map(|(_, own)| own).collect();
    let atoms = profiles::train(&own)?;
    let trained = Trained::read(&atoms).map_err(|error| error.to_string())?;
    let own: Vec<&confidences::Example> =
        (0..).zip(columns).filter(|(number, _)| wanted(*number)).filter_map(|(_, own)| own.as_ref()).collect();
    Ok((atoms, confidence::train(&own, &trained)?))
}
