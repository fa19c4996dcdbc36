//! What coding asks of each residue: where its spine is, what it is bound to, and which residues are coded together.
//!
//! ```text
//! residues  M K V K L      bound to the one before  . t t t t
//! groups    M: 0    K: 1 3    V: 2    L: 4         by shape and what a residue is bound to
//! ```
//!
//! Groups stand in the order of their first residues: the numbers of shapes may differ between encoder and decoder.

use super::predict::each;
use super::recipe::{Recipes, TO_AFTER, TO_BEFORE};
use crate::codec::residues::Layout;
use crate::record::{Residues, Topology};

/// Flags of a residue: has N, CA and C; goes on from the one before; both, and so has that one.
const PEPTIDE: u8 = 1;
const FOLLOWS: u8 = 2;
const BOUND: u8 = 4;

/// One residue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Residue {
    /// Its first atom.
    pub start: u32,
    /// Its shape.
    pub shape: u32,
    /// N, CA and C; three times the first atom where it has none.
    spine: [u32; 3],
    flags: u8,
}

impl Residue {
    /// Numbers of its spine's atoms.
    #[inline]
    pub(super) fn spine(&self) -> [u32; 3] {
        self.spine
    }

    /// Whether it has N, CA and C.
    #[inline]
    pub(super) fn is_peptide(&self) -> bool {
        self.flags & PEPTIDE != 0
    }

    /// Whether it goes on from the one before: the same chain, the next number.
    #[inline]
    pub(super) fn follows(&self) -> bool {
        self.flags & FOLLOWS != 0
    }

    /// Whether it is an amino acid that follows one.
    #[inline]
    pub(super) fn is_bound(&self) -> bool {
        self.flags & BOUND != 0
    }
}

/// What says whether a residue is bound to the next.
#[derive(Debug, Clone, Copy)]
struct Link {
    number: i32,
    ter: bool,
    chain: u32,
    asym: u32,
    peptide: u8,
}

impl Link {
    /// As [`continues`].
    #[inline(always)]
    fn goes_on(&self, next: &Self) -> bool {
        !self.ter
            && (0..=1).contains(&next.number.wrapping_sub(self.number))
            && self.chain == next.chain
            && self.asym == next.asym
    }
}

/// The residues of a record; `None` where the layout is not its own.
pub(super) fn residues(topology: &Topology, layout: &Layout, recipes: &Recipes<'_>) -> Option<Vec<Residue>> {
    let columns = &topology.residues;
    let mut all = Vec::with_capacity(layout.shape_of.len());
    let mut last: Option<Link> = None;
    let places =
        columns.number.iter().zip(&columns.ter).zip(columns.chain_id.codes()).zip(columns.label_asym_id.codes());
    for ((&shape, &start), place) in layout.shape_of.iter().zip(&columns.atom_start).zip(places) {
        let (((&number, &ter), &chain), &asym) = place;
        let (spine, peptide) = match recipes.spine(shape)? {
            Some(spine) => (each(spine, |atom| start.wrapping_add(atom)), PEPTIDE),
            None => ([start; 3], 0),
        };
        let link = Link { number, ter, chain, asym, peptide };
        let follows = last.is_some_and(|last| last.goes_on(&link));
        let bound = follows && last.is_some_and(|last| last.peptide & peptide != 0);
        let flags = peptide | if follows { FOLLOWS } else { 0 } | if bound { BOUND } else { 0 };
        all.push(Residue { start, shape, spine, flags });
        last = Some(link);
    }
    (all.len() == layout.shape_of.len()).then_some(all)
}

/// Residues that are coded together.
pub(super) struct Groups {
    /// Residues by group.
    order: Vec<u32>,
    /// Shape, what they are bound to, and the end in `order`.
    ends: Vec<(u32, usize, usize)>,
}

impl Groups {
    pub(super) fn new(residues: &[Residue], recipes: &Recipes<'_>) -> Option<Self> {
        const NONE: u32 = u32::MAX;
        let mut groups = vec![NONE; 4 * recipes.len()];
        let mut ends = Vec::with_capacity(32);
        let mut group_of = Vec::with_capacity(residues.len());
        let after = residues.iter().skip(1).map(Residue::is_bound).chain([false]);
        for (residue, after) in residues.iter().zip(after) {
            let bound = usize::from(residue.is_bound()) * TO_BEFORE + usize::from(after) * TO_AFTER;
            let bound = bound & recipes.looks(residue.shape);
            let group = groups.get_mut(4 * residue.shape as usize + bound)?;
            if *group == NONE {
                *group = ends.len() as u32;
                ends.push((residue.shape, bound, 0));
            }
            group_of.push(*group);
            ends.get_mut(*group as usize)?.2 += 1;
        }
        // Counts to starts, which become ends as groups are filled.
        let mut total = 0;
        for (_, _, end) in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut order = vec![0; residues.len()];
        for (row, &group) in (0..).zip(&group_of) {
            let (_, _, next) = ends.get_mut(group as usize)?;
            *order.get_mut(*next)? = row;
            *next += 1;
        }
        Some(Self { order, ends })
    }

    /// Shape, what they are bound to, and residues of each group.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, usize, &[u32])> {
        let mut start = 0;
        self.ends.iter().map(move |&(shape, bound, end)| {
            let rows = self.order.get(start..end).unwrap_or_default();
            start = end;
            (shape, bound, rows)
        })
    }
}

/// Whether a residue is bound to the one before: the same chain, the next number.
#[inline]
pub(in crate::codec) fn continues(residues: &Residues, index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else { return false };
    let same = |codes: &[u32]| codes.get(index) == codes.get(before);
    let (Some(number), Some(last)) = (residues.number.get(index), residues.number.get(before)) else { return false };
    residues.ter.get(before) == Some(&false)
        && (0..=1).contains(&number.wrapping_sub(*last))
        && same(residues.chain_id.codes())
        && same(residues.label_asym_id.codes())
}
