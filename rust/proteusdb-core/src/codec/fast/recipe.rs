//! In which order the atoms of a residue are coded, and what each is predicted from.
//!
//! ```text
//! spine   N CA C of an amino acid, in `spine`; of any other residue its first atom
//! slots   0 1 2    3  4   5    6     7 8 9 ...
//!         N CA C   -N -CA -C   +N    the others, in the order of coding      - of the residue before, + of the next
//! steps   O <- (2, 1, 6)    CB <- (1, 0, 2)    CG <- (8, 1, 0)
//! ```
//!
//! Atoms come in the order of the tables, whatever their order in the file, then those that the tables do not know: they are
//! coded as the difference to the atom before. When this is coded, the spine of the whole record is known, so a residue
//! depends on no other's side chain. Whether it is bound to its neighbours makes up to four recipes of a shape.

use std::cell::OnceCell;
use std::sync::LazyLock;

use super::weights::{AFTER, BEFORE, Known, NONE, TABLES};
use crate::codec::residues::{Layout, OTHER, OWN, OXT, Shape, TEMPLATES, name_number};

/// Slots before those of a recipe's own steps.
const FIRST: usize = 7;
const MINUS_N: usize = 3;
const PLUS_N: u16 = 6;

/// The most atoms of a residue that is predicted. A larger one is a chain of differences, which two slots are enough for.
const MOST: usize = 64;

/// A residue is bound to the one before it; to the one after it.
pub(super) const TO_BEFORE: usize = 1;
pub(super) const TO_AFTER: usize = 2;

/// How atoms scatter that are coded with the same parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// The class, for the record's own parameters.
    pub class: u8,
    /// Rice parameters of the first two axes and of the third, at a thousandth of an Å.
    pub k: [u8; 2],
}

/// Classes: N, CA, C, O; side chain, fixed and turning; hydrogen, fixed and turning; unknown; jump.
pub(super) const CLASSES: usize = 10;

/// The kind of an atom that the tables do not know, and of one that begins anew.
pub(super) const UNKNOWN: Kind = Kind { class: 8, k: [11, 11] };
pub(super) const JUMP: Kind = Kind { class: 9, k: [14, 14] };

/// How an atom is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Slots of c, b, a.
    pub from: [u16; 3],
    /// Its own slot, above all of these.
    pub slot: u16,
    /// Its place in the residue.
    pub atom: u32,
    /// Index of its weights, for torsion 0.
    pub weights: u32,
    /// Whether it turns freely.
    pub free: bool,
    pub kind: Kind,
}

/// The recipe of a shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The atoms that are not of the spine.
    pub steps: Vec<Step>,
    /// Whether steps look at the residue before, and at the next.
    pub looks: [bool; 2],
    /// The slots that it takes.
    pub slots: usize,
    /// Whether each step's atom goes back to the slot that the next one looks at.
    pub rolls: bool,
}

/// The places of N, CA and C in a residue that has all three.
pub(super) type Spine = Option<[u32; 3]>;

/// A shape's spine, and its recipes by what it is bound to.
#[derive(Debug, Default)]
struct Entry {
    spine: Spine,
    recipes: [OnceCell<Recipe>; 4],
}

/// The recipes of a record's shapes.
pub(super) struct Recipes<'a> {
    family: &'static [[Recipe; 4]],
    spines: &'static [Spine],
    own: Vec<Own<'a>>,
}

enum Own<'a> {
    /// The template of a symbol and OXT.
    WithOxt(&'static [Recipe; 4], Spine),
    Other(&'a Shape, Entry),
}

/// What is made once for the templates of a family: recipes and spines, without OXT and with it.
struct Family {
    recipes: Vec<[Recipe; 4]>,
    with_oxt: Vec<[Recipe; 4]>,
    spines: Vec<Spine>,
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| {
    let all = |shape: &Shape| std::array::from_fn(|bound| Recipe::new(shape, bound));
    let family = |templates: &Vec<Shape>| Family {
        recipes: templates.iter().map(all).collect(),
        with_oxt: templates.iter().map(|shape| all(&ended(shape))).collect(),
        spines: templates.iter().map(spine_of).collect(),
    };
    TEMPLATES.iter().map(family).collect()
});

/// A template and OXT, as far as names go.
fn ended(template: &Shape) -> Shape {
    let mut shape = Shape { symbol: template.symbol, names: template.names.clone(), ..Shape::default() };
    shape.names.push(OXT);
    shape
}

/// The numbers of the names of the spine.
static NAMES: LazyLock<[Option<u8>; 3]> = LazyLock::new(|| ["N", "CA", "C"].map(name_number));

fn spine_of(shape: &Shape) -> Spine {
    let find = |name| shape.names.iter().position(|&number| Some(number) == name).map(|at| at as u32);
    let [n, ca, c] = NAMES.map(find);
    (shape.len() <= MOST).then_some([n?, ca?, c?])
}

impl<'a> Recipes<'a> {
    /// The recipes for a layout.
    pub(super) fn new(layout: &'a Layout) -> Option<Self> {
        let family = FAMILIES.get(layout.family)?;
        let templates = TEMPLATES.get(layout.family)?;
        let own = |shape: &'a Shape| {
            let symbol = usize::from(shape.symbol);
            let template = templates.get(symbol).map_or(&[][..], |template| &template.names);
            match (shape.names.split_last(), family.with_oxt.get(symbol), family.spines.get(symbol)) {
                (Some((&OXT, rest)), Some(recipes), Some(spine)) if rest == template => Own::WithOxt(recipes, *spine),
                _ => Own::Other(shape, Entry { spine: spine_of(shape), recipes: Default::default() }),
            }
        };
        let own = layout.own.iter().map(own).collect();
        Some(Self { family: &family.recipes, spines: &family.spines, own })
    }

    /// The number of shapes.
    pub(super) fn len(&self) -> usize {
        OWN as usize + self.own.len()
    }

    /// The spine of shape `number`.
    #[inline]
    pub(super) fn spine(&self, number: u32) -> Option<Spine> {
        match number.checked_sub(OWN) {
            None => self.spines.get(number as usize).copied(),
            Some(own) => self.own.get(own as usize).map(|own| match own {
                Own::WithOxt(_, spine) => *spine,
                Own::Other(_, entry) => entry.spine,
            }),
        }
    }

    /// Which neighbours tell recipes of shape `number` apart.
    #[inline]
    pub(super) fn looks(&self, number: u32) -> usize {
        let recipes = match number.checked_sub(OWN) {
            None => self.family.get(number as usize),
            Some(own) => match self.own.get(own as usize) {
                Some(Own::WithOxt(recipes, _)) => Some(*recipes),
                _ => None,
            },
        };
        // One that looks at both finds all that it can look at.
        recipes.and_then(|recipes| recipes.get(TO_BEFORE | TO_AFTER)).map_or(TO_BEFORE | TO_AFTER, |recipe| {
            usize::from(recipe.looks[0]) * TO_BEFORE + usize::from(recipe.looks[1]) * TO_AFTER
        })
    }

    /// The recipe of shape `number` for a residue that is `bound` so.
    pub(super) fn get(&self, number: u32, bound: usize) -> Option<&Recipe> {
        match number.checked_sub(OWN) {
            None => self.family.get(number as usize)?.get(bound),
            Some(own) => match self.own.get(own as usize)? {
                Own::WithOxt(recipes, _) => recipes.get(bound),
                Own::Other(shape, entry) => Some(entry.recipes.get(bound)?.get_or_init(|| Recipe::new(shape, bound))),
            },
        }
    }
}

impl Recipe {
    fn new(shape: &Shape, bound: usize) -> Self {
        let mut recipe = Self { slots: FIRST, ..Self::default() };
        let mut slots: Vec<Option<u16>> = vec![None; shape.len()];
        let spine = spine_of(shape);
        let spine_atoms = spine.map_or(vec![0], |spine| spine.to_vec());
        for (slot, &atom) in (0..).zip(&spine_atoms) {
            slots.iter_mut().skip(atom as usize).take(1).for_each(|place| *place = Some(slot));
        }
        if shape.len() > MOST {
            recipe.roll(shape.len());
            return recipe;
        }
        for known in known_atoms(shape.symbol) {
            recipe.push_known(shape, known, &mut slots, bound);
        }
        // Where nothing is known an atom lies near the one before it, the first one near CA.
        let mut before = recipe.steps.last().map_or(u16::from(spine.is_some()), |step| step.slot);
        for atom in 0..shape.len() {
            if slots.get(atom) == Some(&None) {
                before = recipe.push([before; 3], atom, NONE, false, UNKNOWN);
            }
        }
        recipe
    }

    fn push_known(&mut self, shape: &Shape, known: &Known, slots: &mut [Option<u16>], bound: usize) {
        let find = |number: u8| shape.names.iter().position(|&name| name == number);
        let Some(atom) = find(known.atom).filter(|&atom| slots.get(atom) == Some(&None)) else { return };
        let place = |number: u8| match number.checked_sub(BEFORE) {
            Some(before @ 0..3) => (bound & TO_BEFORE != 0).then_some((MINUS_N + usize::from(before)) as u16),
            Some(_) => None,
            None if number == AFTER => (bound & TO_AFTER != 0).then_some(PLUS_N),
            None => find(number).and_then(|atom| *slots.get(atom)?),
        };
        let [Some(c), Some(b), Some(a)] = known.hangs_on.map(place) else { return };
        let class = TABLES.kinds.get(usize::from(known.kind)).copied();
        let free = known.torsion > 0;
        let Some(kind) = class.map(|kind| Kind { class: class_of(kind.class, free), k: kind.k }) else { return };
        let slot = self.push([c, b, a], atom, known.weights, free, kind);
        slots.iter_mut().skip(atom).take(1).for_each(|place| *place = Some(slot));
        let [before, after] = &mut self.looks;
        *before |= known.hangs_on.iter().any(|&number| number >= BEFORE);
        *after |= known.hangs_on.contains(&AFTER);
    }

    fn push(&mut self, from: [u16; 3], atom: usize, weights: u32, free: bool, kind: Kind) -> u16 {
        let slot = self.slots as u16;
        self.steps.push(Step { from, slot, atom: atom as u32, weights, free, kind });
        self.slots += 1;
        slot
    }

    /// A chain of differences from the first atom.
    fn roll(&mut self, atoms: usize) {
        let step = |atom| Step {
            from: [if atom == 1 { 0 } else { FIRST as u16 }; 3],
            slot: FIRST as u16 + 1,
            atom: atom as u32,
            weights: NONE,
            free: false,
            kind: UNKNOWN,
        };
        self.steps = (1..atoms).map(step).collect();
        (self.slots, self.rolls) = (FIRST + 2, true);
    }
}

/// The class of an atom of the spine, in order, and of others by what the artefact says.
pub(super) fn class_of(said: u8, free: bool) -> u8 {
    match said {
        0 | 1 => 3,
        2 => 4 + u8::from(free),
        _ => 6 + u8::from(free),
    }
}

/// How atoms of a residue may be coded, the best first: those that look at the next residue, those of the residue itself,
/// those of any residue.
fn known_atoms(symbol: u8) -> impl Iterator<Item = &'static Known> {
    let of = |symbol: u8| TABLES.known.get(usize::from(symbol)).into_iter().flatten();
    TABLES.spine.iter().skip(3).chain(of(symbol)).chain(of(OTHER).filter(move |_| symbol != OTHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(family: usize, name: &str, bound: usize) -> Recipe {
        let shape = TEMPLATES[family].iter().find(|shape| shape.residue == name).unwrap();
        Recipe::new(shape, bound)
    }

    #[test]
    fn every_atom_is_coded_once_after_what_it_hangs_on() {
        for shape in TEMPLATES.iter().flatten() {
            for bound in 0..4 {
                let recipe = Recipe::new(shape, bound);
                let mut atoms = spine_of(shape).map_or(vec![0], |spine| spine.to_vec());
                let mut known: Vec<u16> = if spine_of(shape).is_some() { vec![0, 1, 2] } else { vec![0] };
                known.extend(if bound & TO_BEFORE != 0 { 3..6 } else { 0..0 });
                known.extend(if bound & TO_AFTER != 0 { 6..7 } else { 0..0 });
                for step in &recipe.steps {
                    assert!(step.from.iter().all(|slot| known.contains(slot)), "{} {step:?}", shape.residue);
                    assert!(step.from.iter().all(|slot| *slot < step.slot) && usize::from(step.slot) < recipe.slots);
                    known.push(step.slot);
                    atoms.push(step.atom);
                }
                atoms.sort_unstable();
                assert_eq!(atoms, (0..shape.len() as u32).collect::<Vec<_>>(), "{}", shape.residue);
            }
        }
    }

    #[test]
    fn the_order_in_the_file_does_not_change_what_an_atom_hangs_on() {
        let known = |recipe: &Recipe| recipe.steps.iter().filter(|step| step.weights != NONE).count();
        assert_eq!([0, 1].map(|family| known(&recipe(family, "LEU", 3))), [5, 5]);
        assert_eq!(known(&recipe(0, "LEU", 0)), 5, "a side chain needs no neighbour");
        assert_eq!(recipe(0, "LEU", 3).looks, [false, true], "O lies where the next N says");
        assert_ne!(recipe(0, "LEU", 3), recipe(0, "LEU", 0));
    }

    #[test]
    fn a_template_and_oxt_is_made_once() {
        let mut shape = TEMPLATES[0][0].clone();
        shape.names.push(OXT);
        let layout = Layout { family: 0, own: vec![shape.clone()], shape_of: Vec::new() };
        let recipes = Recipes::new(&layout).unwrap();
        assert!(matches!(recipes.own[..], [Own::WithOxt(..)]));
        assert_eq!(recipes.get(OWN, 1), Some(&Recipe::new(&shape, 1)));
        assert_eq!(recipes.spine(OWN), Some(Some([0, 1, 2])));
    }

    #[test]
    fn a_shape_of_many_atoms_is_a_chain_of_differences() {
        let recipe = Recipe::new(&Shape { names: vec![0; 2000], ..Shape::default() }, 0);
        assert_eq!((recipe.steps.len(), recipe.slots, recipe.rolls), (1999, 9, true));
    }
}
