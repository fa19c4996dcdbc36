//! The walk through everything but the spine: residues of one shape together, atom by atom.
//!
//! ```text
//! group      K 1, K 3, K 8, K 21, K 40           all lysines that are bound alike
//! gathered   N CA C, and N of the next           slots, each a column of positions
//! step CB    four residues at once, then the rest; next step CG; ...
//! ```
//!
//! A step is the same for all residues of a group, so its weights and parameters are looked up once, and no prediction waits
//! for that of another residue.

use super::exchange::{Atoms, Exchange, Unit, by_axis, exchange};
use super::predict::{Ints, Points, WIDTH, each, lanes};
use super::recipe::{Recipe, Recipes, Step, TO_AFTER, TO_BEFORE};
use super::residues::{Groups, Residue};

/// Codes all atoms that are not of the spine.
pub(super) fn walk(residues: &[Residue], recipes: &Recipes<'_>, unit: Unit, stream: &mut impl Exchange) -> Option<()> {
    let groups = Groups::new(residues, recipes)?;
    let mut columns = Columns::default();
    for (shape, bound, rows) in groups.iter() {
        let recipe = recipes.get(shape, bound)?;
        if recipe.steps.is_empty() {
            continue;
        }
        columns.gather(residues, recipe, bound, rows, stream)?;
        for step in &recipe.steps {
            columns.take(step, rows.len(), unit, stream)?;
            if recipe.rolls {
                columns.roll(step);
            }
        }
    }
    Some(())
}

/// Positions of a group, slot by slot, four residues in each.
#[derive(Default)]
struct Columns {
    points: Vec<Points>,
    /// First atoms of the residues.
    starts: Vec<[u32; WIDTH]>,
}

impl Columns {
    /// Fills the slots of what is known.
    fn gather(
        &mut self,
        residues: &[Residue],
        recipe: &Recipe,
        bound: usize,
        rows: &[u32],
        stream: &impl Exchange,
    ) -> Option<()> {
        let blocks = rows.len().div_ceil(WIDTH);
        // What an earlier group left there is not looked at.
        if self.points.len() < recipe.slots * blocks {
            self.points.resize(recipe.slots * blocks, [Ints::splat(0); 3]);
        }
        self.starts.clear();
        let before = recipe.looks[0] && bound & TO_BEFORE != 0;
        let after = recipe.looks[1] && bound & TO_AFTER != 0;
        for (block, rows) in rows.chunks(WIDTH).enumerate() {
            let mut starts = [0; WIDTH];
            let mut spines = [[[0; 3]; WIDTH]; 7];
            for (lane, (&row, start)) in rows.iter().zip(&mut starts).enumerate() {
                let row = row as usize;
                let residue = residues.get(row)?;
                *start = residue.start;
                let mut fill = |first: usize, residue: &Residue, count: usize| {
                    for (slot, atom) in spines.iter_mut().skip(first).zip(residue.spine()).take(count) {
                        slot[lane % WIDTH] = stream.at(atom as usize)?;
                    }
                    Some(())
                };
                fill(0, residue, 3)?;
                if before {
                    fill(3, residues.get(row.checked_sub(1)?)?, 3)?;
                }
                if after {
                    fill(6, residues.get(row + 1)?, 1)?;
                }
            }
            self.starts.push(starts);
            for (slot, points) in spines.into_iter().enumerate() {
                if slot < 3 || (slot == 6 && after) || before {
                    *self.points.get_mut(slot * blocks + block)? = by_axis(points);
                }
            }
        }
        Some(())
    }

    /// Codes an atom of every residue.
    fn take(&mut self, step: &Step, residues: usize, unit: Unit, stream: &mut impl Exchange) -> Option<()> {
        let blocks = self.starts.len();
        let first = |slot: u16| usize::from(slot) * blocks;
        let (known, out) = self.points.split_at_mut_checked(first(step.slot))?;
        let [c, b, a] = each(step.from, |slot| known.get(first(slot)..).and_then(|column| column.get(..blocks)));
        let (c, b, a, out) = (c?, b?, a?, out.get_mut(..blocks)?);
        let prepared = unit.prepare(step.weights, step.free)?;
        stream.begin(step.kind, residues);
        let mut left = residues;
        for (block, out) in out.iter_mut().enumerate() {
            let starts = *self.starts.get(block)?;
            let atoms = Atoms { numbers: lanes(starts, |start| start.wrapping_add(step.atom)), count: left.min(WIDTH) };
            let from = [*c.get(block)?, *b.get(block)?, *a.get(block)?];
            *out = exchange(stream, unit, &prepared, from, atoms)?;
            left -= atoms.count;
        }
        Some(())
    }

    /// Moves what a step coded to the slot below it.
    fn roll(&mut self, step: &Step) {
        let blocks = self.starts.len();
        let from = usize::from(step.slot) * blocks;
        self.points.copy_within(from..from + blocks, from - blocks);
    }
}
