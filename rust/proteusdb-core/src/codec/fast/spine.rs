//! The walk along the backbone: N, CA and C of each amino acid, and the first atom of anything else.
//!
//! ```text
//! residues  | lane 0 ............ | lane 1 ............ | lane 2 ............ | lane 3 ............ |
//! turn i    residue i of each lane; where all are bound to the one before:
//!           N <- -C -CA -N, four at once    CA <- N -C -CA    C <- CA N -C
//!           else lane by lane: what is bound as above, what is not as differences
//! ```
//!
//! An atom hangs on the one before it, so this walk is one long chain of predictions; four lanes of it go side by side. A
//! lane begins like a chain, which costs some fifteen bytes.

use super::exchange::{Atoms, Exchange, Prepared, Unit, exchange};
use super::predict::{Ints, Points, WIDTH, lanes};
use super::recipe::{JUMP, Kind, UNKNOWN};
use super::residues::Residue;
use super::weights::{NONE, TABLES};

/// The lanes of a record of so many residues.
fn lanes_of(residues: usize) -> usize {
    match residues {
        0..32 => 1,
        32..96 => 2,
        _ => WIDTH,
    }
}

/// N, CA and C, one in each lane; of another residue three times its first atom.
type Backbone = [Points; 3];

struct Walk<'a> {
    residues: &'a [Residue],
    unit: Unit,
    /// How N, CA and C are predicted, and an atom about which nothing is known.
    prepared: [Prepared; 3],
    kinds: [Kind; 3],
    none: Prepared,
    lanes: usize,
}

/// Codes the spine of a record.
pub(super) fn walk(residues: &[Residue], unit: Unit, stream: &mut impl Exchange) -> Option<()> {
    let [n, ca, c, ..] = TABLES.spine.as_slice() else { return None };
    let known = [n, ca, c];
    let mut kinds = [UNKNOWN; 3];
    for ((kind, known), class) in kinds.iter_mut().zip(known).zip(0..) {
        *kind = Kind { class, k: TABLES.kinds.get(usize::from(known.kind))?.k };
    }
    let prepared = [unit.prepare_known(n)?, unit.prepare_known(ca)?, unit.prepare_known(c)?];
    let none = unit.prepare(NONE, false)?;
    let walk = Walk { residues, unit, prepared, kinds, none, lanes: lanes_of(residues.len()) };
    walk.run(stream)
}

impl Walk<'_> {
    fn run(&self, stream: &mut impl Exchange) -> Option<()> {
        let mut spans = [&self.residues[..0]; WIDTH];
        for (lane, span) in spans.iter_mut().enumerate().take(self.lanes) {
            let start = |lane: usize| self.residues.len() * lane / self.lanes;
            *span = self.residues.get(start(lane)..start(lane + 1))?;
        }
        let longest = spans.iter().map(|span| span.len()).max().unwrap_or(0);
        let mut before = [[Ints::splat(0); 3]; 3];
        for turn in 0..longest {
            let here = lanes(spans, |span| span.get(turn));
            if turn > 0 && here.iter().take(self.lanes).all(|residue| residue.is_some_and(Residue::is_bound)) {
                let spines = lanes(here, |residue| residue.map_or([0; 3], Residue::spine));
                before = self.bound(before, spines, self.lanes, stream)?;
                continue;
            }
            for (lane, residue) in here.iter().enumerate() {
                if let Some(residue) = residue {
                    let now = self.alone(residue, turn > 0, only(before, lane), stream)?;
                    before = put(before, lane, now);
                }
            }
        }
        Some(())
    }

    /// Residues that are bound to those before.
    #[inline(always)]
    fn bound(
        &self,
        [n_, ca_, c_]: Backbone,
        spines: [[u32; 3]; WIDTH],
        count: usize,
        stream: &mut impl Exchange,
    ) -> Option<Backbone> {
        let mut place = |which: usize, on: [Points; 3]| {
            stream.begin(self.kinds[which], count);
            let atoms = Atoms { numbers: lanes(spines, |spine| spine[which]), count };
            exchange(stream, self.unit, &self.prepared[which], on, atoms)
        };
        let n = place(0, [c_, ca_, n_])?;
        let ca = place(1, [n, c_, ca_])?;
        let c = place(2, [ca, n, c_])?;
        Some([n, ca, c])
    }

    /// One residue, in lane 0.
    fn alone(&self, residue: &Residue, inside: bool, before: Backbone, stream: &mut impl Exchange) -> Option<Backbone> {
        if inside && residue.is_bound() {
            return self.bound(before, [residue.spine(), [0; 3], [0; 3], [0; 3]], 1, stream);
        }
        let mut place = |kind: Kind, atom: u32, from: Points| {
            stream.begin(kind, 1);
            exchange(stream, self.unit, &self.none, [from; 3], Atoms { numbers: [atom, 0, 0, 0], count: 1 })
        };
        let near = if inside && residue.follows() { UNKNOWN } else { JUMP };
        let [n, ca, c] = residue.spine();
        let n = place(near, n, before[2])?;
        if !residue.is_peptide() {
            return Some([n; 3]);
        }
        let ca = place(UNKNOWN, ca, n)?;
        Some([n, ca, place(UNKNOWN, c, ca)?])
    }
}

/// What one lane holds, in lane 0.
fn only(all: Backbone, lane: usize) -> Backbone {
    all.map(|points| points.map(|axis| Ints::new([axis.to_array()[lane % WIDTH], 0, 0, 0])))
}

/// `all` with lane 0 of `one` in a lane.
fn put(all: Backbone, lane: usize, one: Backbone) -> Backbone {
    let set = |axis: Ints, value: Ints| {
        let mut values = axis.to_array();
        values[lane % WIDTH] = value.to_array()[0];
        Ints::new(values)
    };
    let mut out = all;
    for (out, one) in out.iter_mut().flatten().zip(one.iter().flatten()) {
        *out = set(*out, *one);
    }
    out
}
