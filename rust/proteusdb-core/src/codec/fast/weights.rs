//! What the fast profile knows of chemistry: for atoms of standard residues, three atoms they hang on and how.
//!
//! ```text
//! LEU CG   hangs on CB, CA, N; 32 torsions; 1530 mA from CB; for each torsion three weights
//! ANY C    the same for the backbone of a residue that is not standard
//! ```
//!
//! The artefact `priors/fast.bin` is made by `make train-fast`: u16 number of atoms; for each: symbol u8 (28: any residue), atom,
//! c, b, a u8 (numbers of names; 250 to 253: N, CA, C, O of the residue before; 249: N of the next), class, parameters k of
//! the first two axes and of the third u8, bits of the torsion u8, distance u16 in mA; for each torsion three i16, 4096 to
//! one. Then four more atoms: N, CA and C of the spine and O before a next residue, as the fast profile has them.

use std::sync::LazyLock;

use crate::codec::residues::OTHER;
use crate::codec::wire::Reader;
use crate::error::Result;

static ARTEFACT: &[u8] = include_bytes!("../priors/fast.bin");

/// Numbers of atom names from here on stand for N, CA, C, O of the residue before.
pub(in crate::codec) const BEFORE: u8 = 250;

/// The number that stands for N of the next residue.
pub(in crate::codec) const AFTER: u8 = 249;

/// The most bits of a torsion.
const MAX_TORSION: u8 = 5;

/// How atoms scatter that are coded with the same parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec) struct Kind {
    /// Class, for the record's own parameters.
    pub class: u8,
    /// Rice parameters of the first two axes and of the third, at a thousandth of an Å.
    pub k: [u8; 2],
}

/// An atom that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec) struct Known {
    /// Number of its name.
    pub atom: u8,
    /// Numbers of c, b and a.
    pub hangs_on: [u8; 3],
    /// Index of its kind.
    pub kind: u16,
    /// Bits of the torsion.
    pub torsion: u8,
    /// Index of its first weights.
    pub weights: u32,
}

/// Everything the artefact says.
#[derive(Debug)]
pub(in crate::codec) struct Tables {
    /// Every kind there is.
    pub kinds: Vec<Kind>,
    /// Known atoms by symbol, in the order they are coded.
    pub known: Vec<Vec<Known>>,
    /// N, CA and C of any residue that is bound to the one before, O of any that is bound to the next.
    pub spine: Vec<Known>,
    /// For each torsion: weights of c-b, a-c and their cross product in Å, and the squared distance from c in mA².
    pub weights: Vec<[f32; 4]>,
}

/// The tables; weights 0 are those of an atom that is not known.
pub(in crate::codec) static TABLES: LazyLock<Tables> = LazyLock::new(|| read(ARTEFACT).unwrap_or_else(|_| empty()));

/// How many atoms of the artefact are of the spine.
const SPINE: usize = 4;

/// The weights of an atom that is not known: it lies where the atom before lies, at no distance.
pub(in crate::codec) const NONE: u32 = 0;

fn empty() -> Tables {
    Tables {
        kinds: Vec::new(),
        known: vec![Vec::new(); usize::from(OTHER) + 1],
        spine: Vec::new(),
        weights: vec![[0.0, 0.0, 0.0, -1.0]],
    }
}

fn read(bytes: &[u8]) -> Result<Tables> {
    let mut reader = Reader::new(bytes, "weights of the fast profile");
    let mut tables = empty();
    let count = u16::from_le_bytes(reader.array()?);
    for _ in 0..count {
        let (symbol, known) = atom(&mut reader, &mut tables)?;
        tables.known.get_mut(usize::from(symbol)).ok_or_else(|| reader.broken())?.push(known);
    }
    for _ in 0..SPINE {
        let (_, known) = atom(&mut reader, &mut tables)?;
        tables.spine.push(known);
    }
    reader.finish()?;
    Ok(tables)
}

/// One atom and the symbol of its residue; its weights and its kind go into the tables.
fn atom(reader: &mut Reader<'_>, tables: &mut Tables) -> Result<(u8, Known)> {
    let [symbol, atom, c, b, a, class, k, third, torsion] = reader.array()?;
    let distance = f32::from(u16::from_le_bytes(reader.array()?));
    if torsion > MAX_TORSION {
        return Err(reader.broken());
    }
    let weights = tables.weights.len() as u32;
    for _ in 0..1 << torsion {
        let mut weight = || -> Result<f32> { Ok(f32::from(i16::from_le_bytes(reader.array()?)) / 4096.0) };
        tables.weights.push([weight()?, weight()?, weight()?, distance * distance]);
    }
    let kind = Kind { class, k: [k, third] };
    let known = tables.kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
        tables.kinds.push(kind);
        tables.kinds.len() - 1
    });
    Ok((symbol, Known { atom, hangs_on: [c, b, a], kind: known as u16, torsion, weights }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artefact_is_whole() {
        let tables = read(ARTEFACT).unwrap();
        let atoms = |symbol: usize| {
            tables.known[symbol].iter().filter(|known| tables.kinds[usize::from(known.kind)].class < 3).count()
        };
        assert_eq!(atoms(7), 4, "glycine");
        assert!(atoms(17) >= 14, "tryptophan");
        assert!(tables.known[usize::from(OTHER)].len() >= 5, "the backbone of any residue");
        assert_eq!(tables.spine.len(), SPINE);
        assert!(tables.weights.iter().flatten().all(|weight| weight.is_finite()));
    }
}
