//! B-factors that are confidences, one a residue or one an atom, as what a trained regression does not expect.
//!
//! ```text
//! value -> expected from the value before, and those of what the atom hangs on (track)
//!       -> symbol of a trained table and raw bits (integer) -> bytes (rans)
//!
//! model   what was learned of each kind of column, one artefact      training   how it is learned
//! halves  columns that were half floats
//! ```
//!
//! ```text
//! u8: profile, plus 128 for half floats | highest value, varint zigzag | lane
//! ```
//!
//! ESMFold, Boltz and AlphaFold 3 give each atom a confidence of its own: neighbours in the chain of bonds say most
//! about it, and which ones depends on the kind of atom. The values are in file order, the walk in that of the bonds.

mod halves;
mod model;
mod track;
pub mod training;

use std::ops::Range;

use self::model::{MODEL, Profile};
use self::track::Track;
use super::coder::{Coder, Costing, Keeping, Reading};
use super::model::{self as kinds, Model};
use super::plan::Plans;
use super::rans;
use super::walk::Ground;
use crate::codec::residues::Layout;
use crate::codec::wire::{self, put_varint, unzigzag, zigzag};
use crate::record::Topology;

/// The residues that choose a profile.
const SAMPLE: usize = 96;

/// Added to the profile where the values are half floats.
const HALF: u8 = 128;

/// Values of a structure's atoms in file order, or one for each residue.
#[derive(Clone, Copy)]
pub(in crate::codec) struct Column<'a> {
    pub topology: &'a Topology,
    pub layout: &'a Layout,
    /// One value for each atom, not for each residue.
    pub by_atom: bool,
}

impl Column<'_> {
    fn count(&self) -> usize {
        if self.by_atom { self.topology.atoms.len() } else { self.topology.residues.len() }
    }
}

/// The bytes of a column's values; `hundredths` says that they have two decimals and may have been half floats. `None`
/// where the layout does not fit.
pub(in crate::codec) fn encode(column: Column<'_>, values: &[i32], hundredths: bool) -> Option<Vec<u8>> {
    encode_with(&kinds::MODEL, &MODEL, column, values, hundredths).map(|(bytes, _)| bytes)
}

/// With these profiles; the bytes and the profile that was chosen.
fn encode_with(
    atoms: &Model,
    model: &[Profile],
    column: Column<'_>,
    values: &[i32],
    hundredths: bool,
) -> Option<(Vec<u8>, usize)> {
    let half = hundredths && halves::fits(values);
    let mut values: Vec<i32> = if half { values.iter().copied().map(halves::index).collect() } else { values.to_vec() };
    let top = values.iter().copied().max().unwrap_or(0);
    let count = column.topology.residues.len();
    let first = count.saturating_sub(SAMPLE) / 2;
    let mut cheapest: Option<(u64, usize)> = None;
    for (number, profile) in model.iter().enumerate().filter(|(_, profile)| profile.by_atom == column.by_atom) {
        let mut costing = Costing { tables: [profile.tables()], costs: [0] };
        take_all(atoms, column, profile, top, first..count.min(first + SAMPLE), &mut costing, &mut values)?;
        let [cost] = costing.costs;
        if cheapest.is_none_or(|(least, _)| cost < least) {
            cheapest = Some((cost, number));
        }
    }
    let (_, number) = cheapest?;
    let profile = model.get(number)?;
    let mut keeping = Keeping(Vec::with_capacity(2 * values.len()));
    take_all(atoms, column, profile, top, 0..count, &mut keeping, &mut values)?;
    let mut out = vec![u8::try_from(number).ok()? | if half { HALF } else { 0 }];
    put_varint(&mut out, u64::from(zigzag(top)));
    out.extend(rans::write(&keeping.0, profile.tables())?);
    Some((out, number))
}

/// The values of these bytes; `None` where they are not those of such a column.
pub(in crate::codec) fn decode(column: Column<'_>, bytes: &[u8]) -> Option<Vec<i32>> {
    decode_with(&kinds::MODEL, &MODEL, column, bytes)
}

fn decode_with(atoms: &Model, model: &[Profile], column: Column<'_>, bytes: &[u8]) -> Option<Vec<i32>> {
    let mut reader = wire::Reader::new(bytes, "");
    let first = reader.u8().ok()?;
    let top = unzigzag(u32::try_from(reader.varint().ok()?).ok()?);
    let profile = model.get(usize::from(first & !HALF)).filter(|profile| profile.by_atom == column.by_atom)?;
    let mut coder = Reading::new(reader.rest(), profile.tables())?;
    let mut values = vec![0; column.count()];
    take_all(atoms, column, profile, top, 0..column.topology.residues.len(), &mut coder, &mut values)?;
    if !coder.finish() {
        return None;
    }
    if first & HALF != 0 {
        values.iter_mut().for_each(|value| *value = halves::value(*value));
    }
    Some(values)
}

/// Takes the values of some residues. `values` holds the truth for an encoder, and receives it from a decoder.
fn take_all(
    atoms: &Model,
    column: Column<'_>,
    profile: &Profile,
    top: i32,
    residues: Range<usize>,
    coder: &mut impl Coder,
    values: &mut [i32],
) -> Option<()> {
    walk(atoms, column, top, residues, values, |track, row, features, truth| {
        let Some(row) = profile.rows.get(row).or(profile.rows.last()) else { return 0 };
        track.take(coder, row, features, truth)
    })
}

/// Walks through some residues; `take` is given what is known of a value, and the truth, and returns it.
fn walk(
    atoms: &Model,
    column: Column<'_>,
    top: i32,
    residues: Range<usize>,
    values: &mut [i32],
    mut take: impl FnMut(&mut Track, usize, [f64; model::FEATURES], i32) -> i32,
) -> Option<()> {
    let mut track = Track::new(top);
    if !column.by_atom {
        for value in values.get_mut(residues)? {
            let features = track.before();
            *value = take(&mut track, 0, features, *value);
            track.push(f64::from(*value));
        }
        return Some(());
    }
    let plans = Plans::new(column.layout, atoms);
    let nothing = kinds::Profile::default();
    let ground = Ground::new(column.topology, column.layout, &plans, atoms, 1.0);
    let mut lane = ground.lane(&nothing, residues);
    while let Some(step) = lane.step() {
        let (atom, kind, from) = lane.look(step);
        let value = values.get_mut(atom)?;
        track.enter(atom - step.atom as usize);
        let features = match kind {
            Some(_) => track.around(from.map(|[value, ..]| value), lane.before().map(|[value, ..]| value)),
            None => track.before(),
        };
        *value = take(&mut track, kind.unwrap_or(usize::MAX), features, *value);
        let known = f64::from(*value);
        track.push(known);
        lane.hold(step, [known; 3]);
    }
    Some(())
}

#[cfg(test)]
mod tests;
