//! Trains the usual weights and scales of the matrix codec.
//!
//! ```sh
//! cargo run --release --example train_matrices -- FOLDER...       # a folder of .npy files for each kind of prediction
//! ```
//!
//! Prints the constants `USUAL` of `codec/array/matrix/weights.rs` and `levels.rs`.

use std::path::Path;
use std::{env, fs, io};

use proteusdb_core::codec::train_matrices;
use proteusdb_core::record::{Array, Dtype};

fn main() -> io::Result<()> {
    let kinds = env::args().skip(1).map(|folder| folder_arrays(Path::new(&folder))).collect::<io::Result<Vec<_>>>()?;
    print!("{}", train_matrices(&kinds));
    Ok(())
}

fn folder_arrays(folder: &Path) -> io::Result<Vec<Array>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    let arrays = paths.iter().filter(|path| path.extension().is_some_and(|suffix| suffix == "npy"));
    arrays
        .map(|path| {
            npy(&fs::read(path)?)
                .ok_or_else(|| io::Error::other(format!("{}: no .npy file of numbers", path.display())))
        })
        .collect()
}

/// A little-endian, C-order .npy file of version 1.
fn npy(bytes: &[u8]) -> Option<Array> {
    let length = usize::from(u16::from_le_bytes(*bytes.get(8..)?.first_chunk()?));
    let header = std::str::from_utf8(bytes.get(10..10 + length)?).ok()?;
    let dtype = Dtype::parse(header.split("'descr': '").nth(1)?.split('\'').next()?.get(1..)?)?;
    let shape = header.split('(').nth(1)?.split(')').next()?;
    let shape = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty()).map(|axis| axis.parse().ok());
    Some(Array { dtype, shape: shape.collect::<Option<Vec<u64>>>()?, data: bytes.get(10 + length..)?.to_vec() })
}
