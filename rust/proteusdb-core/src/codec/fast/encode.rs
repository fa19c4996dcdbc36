//! Residuals of a record to bits, in two passes: the first finds them, the second writes them.

use super::exchange::{Atoms, Exchange, Unit, by_axis};
use super::grid;
use super::parameters::{Parameters, Survey};
use super::predict::{Expected, Frame, Ints, Points, WIDTH, each, lanes, minus};
use super::recipe::{Kind, Recipes, UNKNOWN};
use super::residues::residues;
use super::scale::Scale;
use super::streams::Writing;
use super::{groups, spine};
use crate::codec::residues::Layout;
use crate::record::Topology;

/// The record's parameters and the bits; `None` where the layout does not fit. `half` codes by half floats.
pub(super) fn encode(
    topology: &Topology,
    layout: &Layout,
    scale: Scale,
    coords: &[i32],
    half: bool,
) -> Option<Vec<u8>> {
    if half {
        encode_on::<true>(topology, layout, scale, coords)
    } else {
        encode_on::<false>(topology, layout, scale, coords)
    }
}

fn encode_on<const HALF: bool>(topology: &Topology, layout: &Layout, scale: Scale, coords: &[i32]) -> Option<Vec<u8>> {
    let recipes = Recipes::new(layout)?;
    let residues = residues(topology, layout, &recipes)?;
    let (points, _) = coords.as_chunks();
    let unit = Unit::new(scale);
    let mut encoder = Encoder::<HALF> {
        points,
        kind: UNKNOWN,
        runs: Vec::new(),
        codes: Vec::with_capacity(points.len()),
        octaves: Vec::new(),
        survey: Survey::new(scale),
        writing: Writing::with_capacity(points.len()),
    };
    spine::walk(&residues, unit, &mut encoder)?;
    groups::walk(&residues, &recipes, unit, &mut encoder)?;
    Some(encoder.finish(scale))
}

/// The first pass.
struct Encoder<'a, const HALF: bool> {
    points: &'a [[i32; 3]],
    /// Of the atoms that come, and how many of each follow each other.
    kind: Kind,
    runs: Vec<(Kind, u32)>,
    /// In the order of coding.
    codes: Vec<[u32; 3]>,
    /// By how much the grid is coarser, for half floats.
    octaves: Vec<[i32; 3]>,
    survey: Survey,
    writing: Writing,
}

impl<const HALF: bool> Encoder<'_, HALF> {
    /// The second pass.
    fn finish(mut self, scale: Scale) -> Vec<u8> {
        let mut out = self.survey.bytes().to_vec();
        let parameters = Parameters::read(self.survey.bytes(), scale);
        let (mut codes, mut octaves) = (self.codes.iter(), self.octaves.iter());
        for (kind, count) in self.runs {
            let k = parameters.of(kind);
            for codes in codes.by_ref().take(count as usize) {
                let k = match octaves.next() {
                    Some(octaves) => grid::less(k, *octaves),
                    None => k,
                };
                self.writing.code(*codes, k);
            }
        }
        out.reserve(4 * self.points.len());
        self.writing.finish(&mut out);
        out
    }

    #[inline(always)]
    fn truth(&self, atoms: Atoms) -> Option<Points> {
        let mut points = [[0; 3]; WIDTH];
        for (point, &atom) in points.iter_mut().zip(&atoms.numbers).take(atoms.count) {
            *point = *self.points.get(atom as usize)?;
        }
        Some(by_axis(points))
    }
}

impl<const HALF: bool> Exchange for Encoder<'_, HALF> {
    #[inline(always)]
    fn begin(&mut self, kind: Kind, count: usize) {
        self.kind = kind;
        self.runs.push((kind, count as u32));
    }

    #[inline(always)]
    fn torsions(&mut self, frame: &Frame, c: Points, atoms: Atoms) -> [u32; WIDTH] {
        let truth = self.truth(atoms).unwrap_or(c);
        let torsions = lanes(frame.torsions(minus(truth, c)).to_array(), i32::cast_unsigned);
        torsions.iter().take(atoms.count).for_each(|&torsion| self.writing.torsion(torsion));
        torsions
    }

    #[inline(always)]
    fn positions(&mut self, c: Points, expected: &Expected, atoms: Atoms) -> Option<Points> {
        let truth = self.truth(atoms)?;
        let (c, ordered) = (expected.order.of(c), expected.order.of(truth));
        let near = each([0, 1, 2], |axis| c[axis] + expected.alone(axis));
        let third = c[2] + expected.third(ordered[0] - c[0], ordered[1] - c[1]);
        let code = |expected: Ints, truth: Ints| {
            zigzagged(if HALF { grid::indices(truth) - grid::indices(expected) } else { truth - expected }).to_array()
        };
        let (first, second) = (code(near[0], ordered[0]), code(near[1], ordered[1]));
        let third = code(third, ordered[2]);
        let codes = lanes([0, 1, 2, 3], |lane| each([first[lane], second[lane], third[lane]], i32::cast_unsigned));
        let codes = codes.get(..atoms.count)?;
        self.codes.extend_from_slice(codes);
        if HALF {
            let octaves = each(near, |axis| grid::octaves(axis).to_array());
            for (lane, &codes) in codes.iter().enumerate() {
                let octaves = each(octaves, |axis| axis[lane % WIDTH]);
                self.survey.see(self.kind, codes, octaves);
                self.octaves.push(octaves);
            }
        } else {
            codes.iter().for_each(|&codes| self.survey.see(self.kind, codes, [0; 3]));
        }
        Some(truth)
    }

    #[inline(always)]
    fn at(&self, atom: usize) -> Option<[i32; 3]> {
        self.points.get(atom).copied()
    }
}

/// [`zigzag`](crate::codec::wire::zigzag) of each lane.
#[inline(always)]
fn zigzagged(values: Ints) -> Ints {
    (values << 1) ^ (values >> 31)
}
