//! The small profile: coordinates as what a trained model does not expect, in arithmetic codes.
//!
//! ```text
//! position -> expected from three atoms, a torsion (geometry) -> each axis given those before (atom)
//!          -> symbol of a trained table and raw bits (integer) -> bytes (rans)
//!
//! model      what was learned of each kind of predictor, one artefact      plan       in which order atoms are coded
//! walk       through a record, several lanes at once (real)                torsions   what they say of one another
//! coder      what encoder and decoder differ in                            training   how all is learned
//! bounded    positions within a largest error                              confidence the same for B-factors
//! ```
//!
//! ```text
//! exact      profile u8 | bytes            bounded    profile u8 | edge of a cell, varint | bytes
//! ```

mod atom;
mod bounded;
mod coder;
pub mod confidence;
mod geometry;
mod integer;
mod model;
mod plan;
mod rans;
mod real;
mod torsions;
pub mod training;
mod walk;

use wide::{f64x2, f64x4};

use self::atom::Exact;
use self::bounded::Cells;
use self::coder::{Costing, Keeping, Reading};
use self::model::{MODEL, Model, Profile};
use self::plan::Plans;
use self::rans::Tables;
use self::real::Real;
use self::walk::{Ground, Lane, Take, together};
use super::residues::Layout;
use super::wire::{self, put_varint};
use crate::record::Topology;

/// The residues that leave two profiles, and those that choose between them.
const SAMPLES: [usize; 2] = [6, 20];

/// A column of coordinates: one integer is `unit` thousandths of an Å.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    pub topology: &'a Topology,
    pub layout: &'a Layout,
    pub unit: f64,
}

/// The bytes of coordinates; `half` codes by half floats. `None` where the layout does not fit.
pub(super) fn encode(column: Column<'_>, coords: &[i32], half: bool) -> Option<Vec<u8>> {
    encode_with(&MODEL, column, coords, half).map(|(bytes, _)| bytes)
}

/// The coordinates within `error` integers that [`encode_bounded`] says shortly; `None` where the grid is too coarse for that.
pub(super) fn within(column: Column<'_>, coords: &[i32], error: f64) -> Option<Vec<i32>> {
    within_with(&MODEL, column, coords, error)
}

/// The bytes of coordinates that came from [`within`] with the same error, exactly.
pub(super) fn encode_bounded(column: Column<'_>, coords: &[i32], error: f64) -> Option<Vec<u8>> {
    encode_bounded_with(&MODEL, column, coords, error)
}

/// The coordinates of [`encode`]'s bytes; `None` where they are not those of such a topology.
pub(super) fn decode(column: Column<'_>, bytes: &[u8], half: bool) -> Option<Vec<i32>> {
    decode_with(&MODEL, column, bytes, half)
}

/// The coordinates of [`encode_bounded`]'s bytes.
pub(super) fn decode_bounded(column: Column<'_>, bytes: &[u8]) -> Option<Vec<i32>> {
    decode_bounded_with(&MODEL, column, bytes)
}

/// With this model; the bytes and the profile that was chosen.
fn encode_with(model: &Model, column: Column<'_>, coords: &[i32], half: bool) -> Option<(Vec<u8>, usize)> {
    let plans = Plans::new(column.layout, model);
    let ground = column.ground(&plans, model);
    let mut coords = coords.to_vec();
    let (number, items) = if half {
        let number = choose(&ground, &Exact::<true>, &mut coords)?;
        (number, keep(&ground, number, &Exact::<true>, &mut coords)?)
    } else {
        let number = choose(&ground, &Exact::<false>, &mut coords)?;
        (number, keep(&ground, number, &Exact::<false>, &mut coords)?)
    };
    let mut out = vec![u8::try_from(number).ok()?];
    out.extend(rans::write(&items.0, model.tables(model.profiles.get(number)?))?);
    Some((out, number))
}

fn within_with(model: &Model, column: Column<'_>, coords: &[i32], error: f64) -> Option<Vec<i32>> {
    let (cells, _) = Cells::within(error)?;
    let plans = Plans::new(column.layout, model);
    let ground = column.ground(&plans, model);
    let number = choose(&ground, &cells, &mut coords.to_vec())?;
    let mut coords = coords.to_vec();
    keep(&ground, number, &cells, &mut coords)?;
    Some(coords)
}

fn encode_bounded_with(model: &Model, column: Column<'_>, coords: &[i32], error: f64) -> Option<Vec<u8>> {
    let (cells, parts) = Cells::within(error)?;
    let cells = cells.again();
    let plans = Plans::new(column.layout, model);
    let ground = column.ground(&plans, model);
    let mut coords = coords.to_vec();
    let number = choose(&ground, &cells, &mut coords)?;
    let items = keep(&ground, number, &cells, &mut coords)?;
    let mut out = vec![u8::try_from(number).ok()?];
    put_varint(&mut out, u64::from(parts));
    out.extend(rans::write(&items.0, model.tables(model.profiles.get(number)?))?);
    Some(out)
}

fn decode_with(model: &Model, column: Column<'_>, bytes: &[u8], half: bool) -> Option<Vec<i32>> {
    let (&number, rest) = bytes.split_first()?;
    if half {
        read(model, column, number, &Exact::<true>, rest)
    } else {
        read(model, column, number, &Exact::<false>, rest)
    }
}

fn decode_bounded_with(model: &Model, column: Column<'_>, bytes: &[u8]) -> Option<Vec<i32>> {
    let (&number, rest) = bytes.split_first()?;
    let mut reader = wire::Reader::new(rest, "");
    let parts = u32::try_from(reader.varint().ok()?).ok()?;
    read(model, column, number, &Cells::of(parts), reader.rest())
}

impl<'a> Column<'a> {
    fn ground(&self, plans: &'a Plans<'a>, model: &'a Model) -> Ground<'a> {
        Ground::new(self.topology, self.layout, plans, model, self.unit)
    }
}

/// What would be written with a profile.
fn keep(ground: &Ground<'_>, number: usize, take: &impl Take, coords: &mut [i32]) -> Option<Keeping> {
    let profile = ground.model.profiles.get(number)?;
    let mut keeping = Keeping(Vec::with_capacity(2 * coords.len()));
    walk::walk(&mut ground.lanes(profile), take, &mut keeping, coords)?;
    Some(keeping)
}

fn read(model: &Model, column: Column<'_>, number: u8, take: &impl Take, bytes: &[u8]) -> Option<Vec<i32>> {
    let profile = model.profiles.get(usize::from(number))?;
    let plans = Plans::new(column.layout, model);
    let mut coder = Reading::new(bytes, model.tables(profile))?;
    let mut coords = vec![0; 3 * column.topology.atoms.len()];
    walk::walk(&mut column.ground(&plans, model).lanes(profile), take, &mut coder, &mut coords)?;
    coder.finish().then_some(coords)
}

/// The profile that codes some residues from the middle in the fewest bits.
fn choose(ground: &Ground<'_>, take: &impl Take, coords: &mut [i32]) -> Option<usize> {
    let mut left: Vec<usize> = (0..ground.model.profiles.len()).collect();
    for sample in SAMPLES {
        if left.len() < 2 {
            break;
        }
        let mut costs = Vec::with_capacity(left.len());
        let (fours, rest) = left.as_chunks::<4>();
        for &four in fours {
            costs.extend(costs_of::<f64x4, 4>(ground, four, sample, take, coords)?);
        }
        let (twos, rest) = rest.as_chunks::<2>();
        for &two in twos {
            costs.extend(costs_of::<f64x2, 2>(ground, two, sample, take, coords)?);
        }
        for &one in rest {
            costs.extend(costs_of::<f64, 1>(ground, [one], sample, take, coords)?);
        }
        costs.sort_unstable();
        left = costs.into_iter().take(2).map(|(_, number)| number).collect();
    }
    left.first().copied()
}

/// What `sample` residues cost with each of some profiles: every lane walks through the same ones.
fn costs_of<R: Real<N>, const N: usize>(
    ground: &Ground<'_>,
    numbers: [usize; N],
    sample: usize,
    take: &impl Take,
    coords: &mut [i32],
) -> Option<[(u64, usize); N]> {
    let count = ground.layout.shape_of.len();
    let first = count.saturating_sub(sample) / 2;
    let profiles: Vec<&Profile> =
        numbers.iter().map(|&number| ground.model.profiles.get(number)).collect::<Option<_>>()?;
    let mut lanes: Vec<Lane<'_>> =
        profiles.iter().map(|profile| ground.lane(profile, first..count.min(first + sample))).collect();
    let tables: Vec<Tables<'_>> = profiles.iter().map(|profile| ground.model.tables(profile)).collect();
    let mut coder = Costing { tables: tables.try_into().ok()?, costs: [0; N] };
    together::<R, N, Costing<'_, N>>(&mut lanes, take, &mut coder, coords)?;
    let costs: [u64; N] = coder.costs;
    Some(std::array::from_fn(|lane| (costs[lane], numbers[lane])))
}

#[cfg(test)]
mod tests;
