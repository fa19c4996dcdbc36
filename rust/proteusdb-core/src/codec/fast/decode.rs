//! Bits to coordinates.

use super::exchange::{Atoms, Exchange, Unit};
use super::grid;
use super::parameters::Parameters;
use super::predict::{Expected, Frame, Ints, Points, WIDTH, each};
use super::recipe::{CLASSES, Kind, Recipes};
use super::residues::residues;
use super::scale::Scale;
use super::streams::{Parameters3, Reading, padded};
use super::{groups, spine};
use crate::codec::residues::Layout;
use crate::record::Topology;

/// The coordinates; `None` where the bytes are not those of such a topology.
pub(super) fn decode(topology: &Topology, layout: &Layout, scale: Scale, bytes: &[u8], half: bool) -> Option<Vec<i32>> {
    if half {
        decode_on::<true>(topology, layout, scale, bytes)
    } else {
        decode_on::<false>(topology, layout, scale, bytes)
    }
}

fn decode_on<const HALF: bool>(topology: &Topology, layout: &Layout, scale: Scale, bytes: &[u8]) -> Option<Vec<i32>> {
    let (parameters, rest) = bytes.split_first_chunk::<CLASSES>()?;
    let atoms = topology.atoms.len();
    let padded = padded(rest);
    let reading = Reading::new(&padded, atoms)?;
    let recipes = Recipes::new(layout)?;
    let residues = residues(topology, layout, &recipes)?;
    let parameters = Parameters::read(*parameters, scale);
    let unit = Unit::new(scale);
    let mut coords = vec![0; 3 * atoms];
    let (points, _) = coords.as_chunks_mut();
    let mut decoder = Decoder::<HALF> { reading, parameters, k: [0; 3], points };
    spine::walk(&residues, unit, &mut decoder)?;
    groups::walk(&residues, &recipes, unit, &mut decoder)?;
    decoder.reading.finish().then_some(coords)
}

struct Decoder<'a, const HALF: bool> {
    reading: Reading<'a>,
    parameters: Parameters,
    /// Parameters of the atoms that come.
    k: Parameters3,
    points: &'a mut [[i32; 3]],
}

impl<const HALF: bool> Exchange for Decoder<'_, HALF> {
    #[inline(always)]
    fn begin(&mut self, kind: Kind, _: usize) {
        self.k = self.parameters.of(kind);
    }

    #[inline(always)]
    fn torsions(&mut self, _: &Frame, _: Points, atoms: Atoms) -> [u32; WIDTH] {
        self.reading.torsions(atoms.count)
    }

    #[inline(always)]
    fn positions(&mut self, c: Points, expected: &Expected, atoms: Atoms) -> Option<Points> {
        let c = expected.order.of(c);
        let near = each([0, 1, 2], |axis| c[axis] + expected.alone(axis));
        let residuals = if HALF {
            let k = grid::coarser(self.k, near);
            self.reading.codes_each(k, atoms.count)
        } else {
            self.reading.codes(self.k, atoms.count)
        };
        let [r0, r1, r2] = each(residuals, unzigzagged);
        let (first, second) = (resolve::<HALF>(near[0], r0), resolve::<HALF>(near[1], r1));
        let third = resolve::<HALF>(c[2] + expected.third(first - c[0], second - c[1]), r2);
        let points = expected.order.of([first, second, third]);
        let [x, y, z] = each(points, Ints::to_array);
        let mut put = |lane: usize| {
            let point = self.points.get_mut(atoms.numbers[lane] as usize);
            point.map(|point| *point = [x[lane], y[lane], z[lane]])
        };
        for lane in 0..WIDTH {
            if lane == atoms.count {
                break;
            }
            put(lane)?;
        }
        Some(points)
    }

    #[inline(always)]
    fn at(&self, atom: usize) -> Option<[i32; 3]> {
        self.points.get(atom).copied()
    }
}

/// What is expected and a residual, on the decimal grid or on that of half floats.
#[inline(always)]
fn resolve<const HALF: bool>(expected: Ints, residual: Ints) -> Ints {
    if HALF { grid::values(grid::indices(expected) + residual) } else { expected + residual }
}

/// [`unzigzag`](crate::codec::wire::unzigzag) of each lane.
#[inline(always)]
fn unzigzagged(codes: Ints) -> Ints {
    // The shift of a lane is arithmetic; its sign is masked away.
    ((codes >> 1) & Ints::splat(i32::MAX)) ^ (Ints::splat(0) - (codes & Ints::splat(1)))
}
