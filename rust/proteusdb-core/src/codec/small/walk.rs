//! The walk through a record, written once for encoder and decoder: residue by residue, atom by atom.
//!
//! ```text
//! lane    a run of residues; all lanes share one stream, and take their steps together
//! step    frame of three known atoms -> bin of the torsion -> mean, covariance (atom)
//!         -> the first axis of every lane, the second given it, the third given both -> how much atoms scatter here
//! ```
//!
//! An atom is seen from those before it, so a lane waits for itself; lanes do not, and their arithmetic is that of one vector. A lane
//! begins like a chain, which costs some eight bytes. Where a lane's step is not like the others', each takes its own, in order.

#![allow(clippy::needless_range_loop, reason = "a loop over lanes or axes indexes several arrays of one length")]

use std::ops::Range;

use wide::{f64x2, f64x4};

use super::coder::Coder;
use super::geometry::Vector;
use super::model::{Model, NONE, Profile};
use super::plan::{LAST, Plan, Plans, SLOTS, Step};
use super::real::Real;
use super::torsions::Torsions;
use crate::codec::fast::residues::continues;
use crate::codec::residues::Layout;
use crate::record::{Residues, Topology};

/// The lanes of a record of so many residues.
pub(super) fn lanes(residues: usize) -> usize {
    match residues {
        0..128 => 1,
        128..384 => 2,
        _ => 4,
    }
}

/// What a walk goes through.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub residues: &'a Residues,
    pub layout: &'a Layout,
    pub plans: &'a Plans<'a>,
    pub model: &'a Model,
    /// One integer in thousandths of an Å.
    pub unit: f64,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        topology: &'a Topology,
        layout: &'a Layout,
        plans: &'a Plans<'a>,
        model: &'a Model,
        unit: f64,
    ) -> Self {
        Self { residues: &topology.residues, layout, plans, model, unit }
    }

    /// The lanes, each before its first residue.
    pub(super) fn lanes(&self, profile: &'a Profile) -> Vec<Lane<'a>> {
        let count = self.layout.shape_of.len();
        let of = lanes(count);
        (0..of).map(|lane| Lane::new(*self, profile, count * lane / of..count * (lane + 1) / of)).collect()
    }

    /// A lane of some residues.
    pub(super) fn lane(&self, profile: &'a Profile, residues: Range<usize>) -> Lane<'a> {
        Lane::new(*self, profile, residues)
    }
}

/// One lane of a walk.
pub(super) struct Lane<'a> {
    pub ground: Ground<'a>,
    pub profile: &'a Profile,
    ahead: Range<usize>,
    start: usize,
    plan: &'a Plan,
    steps: std::slice::Iter<'a, Step>,
    /// Whether slots 0 to 3 hold the backbone of the residue before.
    backbone: bool,
    slots: [Vector; SLOTS],
    /// By class: how much more than usual atoms scatter along r, p and t, as a factor of sigma.
    pub activity: [[f64; 3]; 8],
    pub torsions: Torsions,
}

static NOTHING: Plan = Plan { steps: Vec::new(), backbone: None, last: LAST };

impl<'a> Lane<'a> {
    fn new(ground: Ground<'a>, profile: &'a Profile, ahead: Range<usize>) -> Self {
        Self {
            ground,
            profile,
            ahead,
            start: 0,
            plan: &NOTHING,
            steps: [].iter(),
            backbone: false,
            slots: [Vector::default(); SLOTS],
            activity: [[1.0; 3]; 8],
            torsions: Torsions::default(),
        }
    }

    /// The next step; at the end of a residue that of the next one. `None` at the end of the lane.
    #[inline]
    pub(super) fn step(&mut self) -> Option<&'a Step> {
        match self.steps.next() {
            Some(step) => Some(step),
            None => self.turn(),
        }
    }

    fn turn(&mut self) -> Option<&'a Step> {
        self.backbone = self.plan.backbone.is_some();
        if let Some(carried) = self.plan.backbone {
            let carried = carried.map(|slot| self.slot(slot));
            self.slots.iter_mut().zip(carried).for_each(|(slot, point)| *slot = point);
        }
        self.slots[usize::from(LAST)] = self.slot(self.plan.last);
        let residue = self.ahead.next()?;
        let linked = self.backbone && continues(self.ground.residues, residue);
        self.torsions.turn(linked);
        let shape = *self.ground.layout.shape_of.get(residue)?;
        self.plan = self.ground.plans.get(shape, linked)?;
        self.start = *self.ground.residues.atom_start.get(residue)? as usize;
        self.steps = self.plan.steps.iter();
        self.steps.next()
    }

    #[inline(always)]
    pub(super) fn slot(&self, slot: u16) -> Vector {
        self.slots[usize::from(slot) % SLOTS]
    }

    /// The number of a step's atom.
    #[inline(always)]
    pub(super) fn atom(&self, step: &Step) -> usize {
        self.start + step.atom as usize
    }

    /// The atom of a step, its kind and what it is seen from.
    pub(super) fn look(&self, step: &Step) -> (usize, Option<usize>, [Vector; 3]) {
        let kind = (step.kind != NONE).then_some(usize::from(step.kind));
        (self.atom(step), kind, step.from.map(|slot| self.slot(slot)))
    }

    /// The second atom of the backbone before, where this residue continues it.
    pub(super) fn before(&self) -> Option<Vector> {
        self.backbone.then(|| self.slot(1))
    }

    /// Keeps a position, or what a walk that codes something else keeps in its place, in the step's slot.
    #[inline(always)]
    pub(super) fn hold(&mut self, step: &Step, point: Vector) {
        self.slots[usize::from(step.slot) % SLOTS] = point;
    }
}

/// What is done in a step; the walk decides for how many lanes at once.
pub(super) trait Take {
    /// `coords` holds the truth for an encoder, and receives it from a decoder. Every step has a kind where `N` is not 1.
    fn take<R: Real<N>, const N: usize, C: Coder>(
        &self,
        lanes: &mut [Lane<'_>; N],
        steps: [&Step; N],
        coder: &mut C,
        coords: &mut [i32],
    ) -> Option<()>;
}

/// Takes all steps of all lanes.
pub(super) fn walk<C: Coder>(
    lanes: &mut [Lane<'_>],
    take: &impl Take,
    coder: &mut C,
    coords: &mut [i32],
) -> Option<()> {
    match lanes.len() {
        2 => together::<f64x2, 2, C>(lanes, take, coder, coords)?,
        4 => together::<f64x4, 4, C>(lanes, take, coder, coords)?,
        _ => {}
    }
    for lane in lanes {
        while let Some(step) = lane.step() {
            take.take::<f64, 1, C>(std::array::from_mut(lane), [step], coder, coords)?;
        }
    }
    Some(())
}

/// Takes steps in all lanes until one has none left.
pub(super) fn together<R: Real<N>, const N: usize, C: Coder>(
    lanes: &mut [Lane<'_>],
    take: &impl Take,
    coder: &mut C,
    coords: &mut [i32],
) -> Option<()> {
    let lanes: &mut [Lane<'_>; N] = lanes.try_into().ok()?;
    loop {
        let mut steps = [None; N];
        for lane in 0..N {
            steps[lane] = lanes[lane].step();
        }
        if let Some(steps) = whole(steps) {
            take.take::<R, N, C>(lanes, steps, coder, coords)?;
            continue;
        }
        for (lane, step) in lanes.iter_mut().zip(steps) {
            if let Some(step) = step {
                take.take::<f64, 1, C>(std::array::from_mut(lane), [step], coder, coords)?;
            }
        }
        if steps.iter().any(Option::is_none) {
            return Some(());
        }
    }
}

/// The steps, where all are there and of atoms of some kind.
#[inline(always)]
fn whole<const N: usize>(steps: [Option<&Step>; N]) -> Option<[&Step; N]> {
    let mut all = [steps[0]?; N];
    for (place, step) in all.iter_mut().zip(steps) {
        *place = step.filter(|step| step.kind != NONE)?;
    }
    Some(all)
}
