//! What encoder and decoder do to four atoms alike; [`Exchange`] is the only difference between them.
//!
//! ```text
//! frame of c, b, a -> torsions <-> stream -> weights -> expected -> residuals <-> stream -> positions
//! ```

use wide::f32x4;

use super::predict::{Expected, Frame, Ints, Points, WIDTH, Weights};
use super::recipe::Kind;
use super::scale::Scale;
use super::weights::{Known, TABLES};

/// Atoms of the record, as many as there are and zeros.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Atoms {
    pub numbers: [u32; WIDTH],
    pub count: usize,
}

/// Where torsions and residuals come from or go to.
pub(super) trait Exchange {
    /// `count` atoms of a kind follow, a few at a time.
    fn begin(&mut self, kind: Kind, count: usize);

    /// Torsions of atoms.
    fn torsions(&mut self, frame: &Frame, c: Points, atoms: Atoms) -> [u32; WIDTH];

    /// Positions of atoms.
    fn positions(&mut self, c: Points, expected: &Expected, atoms: Atoms) -> Option<Points>;

    /// Where an atom is that was coded before.
    fn at(&self, atom: usize) -> Option<[i32; 3]>;
}

/// How a column's integers relate to Å.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    /// One of them in Å: what the weights of cross products are scaled by.
    cross: f32,
    /// Squared mA to squared units.
    squared: f32,
}

/// A row of the tables: weights of three directions, and the squared distance.
type Row = [f32; 4];

/// The weights of an atom, ready to be used.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prepared {
    Fixed(Weights),
    /// One row a torsion.
    Free(&'static [Row; TORSIONS]),
}

const TORSIONS: usize = 32;

impl Unit {
    /// The unit of a column on this grid.
    pub(super) fn new(scale: Scale) -> Self {
        let thousandths = scale.thousandths();
        Self { cross: thousandths / 1024.0, squared: 1.0 / (thousandths * thousandths) }
    }

    /// The weights at an index of the tables.
    #[inline]
    pub(super) fn prepare(self, weights: u32, free: bool) -> Option<Prepared> {
        let rows = TABLES.weights.get(weights as usize..)?;
        if free {
            return rows.first_chunk().map(Prepared::Free);
        }
        let [w0, w1, w2, squared] = *rows.first()?;
        let (w2, squared) = (w2 * self.cross, squared * self.squared);
        Some(Prepared::Fixed([f32x4::splat(w0), f32x4::splat(w1), f32x4::splat(w2), f32x4::splat(squared)]))
    }

    /// The weights of an atom of the tables.
    pub(super) fn prepare_known(self, known: &Known) -> Option<Prepared> {
        self.prepare(known.weights, known.torsion > 0)
    }

    #[inline(always)]
    fn gather(self, rows: &[Row; TORSIONS], torsions: [u32; WIDTH]) -> Weights {
        let row = |lane: usize| f32x4::new(rows[torsions[lane] as usize % TORSIONS]);
        let [w0, w1, w2, squared] = f32x4::transpose([row(0), row(1), row(2), row(3)]);
        [w0, w1, w2 * f32x4::splat(self.cross), squared * f32x4::splat(self.squared)]
    }
}

/// Codes atoms that hang on c, b and a.
#[inline(always)]
pub(super) fn exchange(
    stream: &mut impl Exchange,
    unit: Unit,
    prepared: &Prepared,
    [c, b, a]: [Points; 3],
    atoms: Atoms,
) -> Option<Points> {
    let frame = Frame::new(c, b, a);
    let expected = match prepared {
        Prepared::Fixed(weights) => frame.expect(weights),
        Prepared::Free(rows) => {
            let torsions = stream.torsions(&frame, c, atoms);
            frame.expect(&unit.gather(rows, torsions))
        }
    };
    stream.positions(c, &expected, atoms)
}

/// Points of four atoms by axis.
#[inline(always)]
pub(super) fn by_axis(points: [[i32; 3]; WIDTH]) -> Points {
    let axis = |axis: usize| Ints::new([points[0][axis], points[1][axis], points[2][axis], points[3][axis]]);
    [axis(0), axis(1), axis(2)]
}
