//! The one binary of libFuzzer; the environment variable `PROTEUSDB_FUZZ` names the target.
//!
//! It writes the target's seeds into `corpus/NAME` first, where libFuzzer looks for them next.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use proteusdb_fuzz::targets::{ALL, Target};

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("PROTEUSDB_FUZZ").unwrap_or_default();
        ALL.iter().find(|target| target.name == name).unwrap_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|target| target.name).collect();
            panic!("PROTEUSDB_FUZZ={name:?} names no target; there are {}", names.join(", "))
        })
    })
}

fn write_seeds() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(chosen().name);
    std::fs::create_dir_all(&folder)?;
    for (number, seed) in (chosen().seeds)().iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}

fuzz_target!(
    init: write_seeds().expect("the folder of the corpus can be written"),
    |data: &[u8]| (chosen().run)(data)
);
