//! What a training of the small profile needs of it: what it sees of an atom, what it would write, its artefact.
//!
//! ```text
//! seen       kind, what it hangs on, where it is       -> means, scatters     (fit outside)
//! items      tables and symbols it would write         -> histograms          (counted outside)
//! artefact   -> bytes of priors/small.bin
//! ```

use super::bounded::Cells;
pub use super::bounded::{CELLS, CLASSES};
pub use super::geometry::{BINS, FEATURES};
use super::geometry::{Expected, Frame, Known, Turned, minus, turn};
use super::integer;
pub use super::integer::TABLES as INTEGER_TABLES;
use super::model::{self, Model, Profile};
pub use super::model::{CONTEXTS, GROUPS, INTEGERS, Kind, Widths};
use super::model::{GENERAL, NONE};
use super::plan::Plans;
pub use super::rans::{SYMBOLS, TOTAL_BITS};
use super::walk::Take;
use super::{Column, atom::Exact, coder::Keeping, encode_with};
use crate::codec::fast::{grid, scale::Scale, weights};
use crate::codec::residues::Layout;
use crate::record::{Numbers, Structure};

/// The kinds of atoms to begin with: those of the fast profile, then any hydrogen.
#[must_use]
pub fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (symbol, known) in (0..).zip(&weights::TABLES.known) {
        for known in known {
            let class = weights::TABLES.kinds.get(usize::from(known.kind)).map_or(0, |kind| kind.class);
            let (atom, hangs_on, free) = (known.atom, known.hangs_on, known.torsion > 0);
            kinds.push(Kind { symbol, atom, hangs_on, class, free });
        }
    }
    kinds.push(Kind { symbol: GENERAL, atom: 0, hangs_on: [0; 3], class: 3, free: true });
    kinds
}

/// The weights of a mean, and the scatter.
pub type Learned = ([[f64; FEATURES]; 3], [f64; 6]);

/// An atom and what it hangs on.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Number of the atom.
    pub atom: usize,
    /// Its kind.
    pub kind: usize,
    /// The bin of its torsion, 0 where it is not free.
    pub bin: usize,
    /// What its mean is made of.
    pub features: [f64; FEATURES],
    /// Where it is in the turned frame, thousandths of an Å.
    pub at: [f64; 3],
}

/// What is off from a mean.
#[derive(Debug, Clone, Copy)]
pub struct Off {
    /// Along r, p and t, the curvature taken off.
    pub along: [f64; 3],
    /// What curvature explains, in the turned frame.
    pub bent: [f64; 3],
}

impl Seen {
    /// What is off from the mean of these weights.
    #[must_use]
    pub fn off(&self, mean: &[[f64; FEATURES]; 3]) -> Off {
        let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let expected = Expected::new(&Turned { axes, features: self.features }, mean);
        let d = minus(self.at, expected.mean);
        let bent = expected.curved(d);
        let straight = minus(d, bent);
        Off { along: expected.directions.map(|axis| super::geometry::dot(axis, straight)), bent }
    }
}

/// What would be written of an atom.
#[derive(Debug, Clone)]
pub struct Written {
    /// Number of the atom.
    pub atom: usize,
    /// Its kind; none of the model's where it has none.
    pub kind: usize,
    /// Tables and symbols.
    pub items: Vec<(u32, u8)>,
    /// About the bits.
    pub bits: f64,
}

/// A structure's first model, ready for training.
pub struct Example {
    structure: Structure,
    layout: Layout,
    /// In units of so many thousandths of an Å.
    coords: Vec<i32>,
    unit: f64,
    half: bool,
}

impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Example").field("half", &self.half).finish_non_exhaustive()
    }
}

impl Example {
    /// `None` where the coordinates lie on no decimal grid.
    #[must_use]
    pub fn new(structure: Structure) -> Option<Self> {
        let Numbers::Fixed { decimals, values } = &structure.first().coords else { return None };
        let scale = Scale::of(*decimals, values);
        let half = *decimals == 3 && scale.step == 1 && grid::fits(values);
        let unit = f64::from(scale.thousandths());
        let coords = values.iter().map(|value| value / scale.step).collect();
        let layout = Layout::of(structure.topology());
        Some(Self { structure, layout, coords, unit, half })
    }

    /// Whether the coordinates were half floats.
    #[must_use]
    pub fn half(&self) -> bool {
        self.half
    }

    /// The structure.
    #[must_use]
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// For comparison: the coordinates as zstd of level 3 packs their bytes.
    #[must_use]
    pub fn packed(&self) -> Vec<u8> {
        let raw: Vec<u8> = self.coords.iter().flat_map(|value| value.to_le_bytes()).collect();
        zstd::bulk::compress(&raw, 3).unwrap_or_default()
    }

    /// Whether that unpacks.
    #[must_use]
    pub fn unpacks(&self, packed: &[u8]) -> bool {
        zstd::bulk::decompress(packed, 4 * self.coords.len()).is_ok_and(|raw| raw.len() == 4 * self.coords.len())
    }

    fn column(&self) -> Column<'_> {
        Column { topology: self.structure.topology(), layout: &self.layout, unit: self.unit }
    }

    /// Every atom of a known kind.
    #[must_use]
    pub fn seen(&self, model: &Trained) -> Vec<Seen> {
        let model = &model.0;
        let plans = Plans::new(&self.layout, model);
        let profile = Profile::default();
        let mut seen = Vec::new();
        for mut lane in self.column().ground(&plans, model).lanes(&profile) {
            while let Some(step) = lane.step() {
                let (atom, kind, [c, b, a]) = lane.look(step);
                let Some(&at) = self.coords.get(3 * atom..).and_then(|at| at.first_chunk::<3>()) else { return seen };
                let at = at.map(|value| f64::from(value) * self.unit);
                if let Some(kind) = kind {
                    let d = minus(at, c);
                    let frame = Frame::new(c, b, a);
                    let free = step.torsion != NONE;
                    let bin = if free { frame.bin(d) } else { 0 };
                    let turned = frame.turned(if free { turn(bin) } else { [1.0, 0.0] });
                    let at = turned.axes.map(|axis| super::geometry::dot(axis, d));
                    seen.push(Seen { atom, kind, bin, features: turned.features, at });
                }
                lane.hold(step, at);
            }
        }
        seen
    }

    /// Table and symbol of everything that would be written with a profile, and about the bits.
    #[must_use]
    pub fn items(&self, model: &Trained, number: usize) -> (Vec<(u32, u8)>, f64) {
        let coords = &mut self.coords.clone();
        if self.half {
            self.all(model, number, &Exact::<true>, coords)
        } else {
            self.all(model, number, &Exact::<false>, coords)
        }
    }

    /// The same of coordinates within `error` Å.
    #[must_use]
    pub fn cells(&self, model: &Trained, number: usize, error: f64) -> (Vec<(u32, u8)>, f64) {
        let cells = Cells::within(error * 1000.0 / self.unit);
        cells.map_or((Vec::new(), 0.0), |(cells, _)| self.all(model, number, &cells, &mut self.coords.clone()))
    }

    fn all(&self, model: &Trained, number: usize, take: &impl Take, coords: &mut [i32]) -> (Vec<(u32, u8)>, f64) {
        let plans = Plans::new(&self.layout, &model.0);
        let kept = model.0.profiles.get(number).and_then(|profile| {
            let kept = super::keep(&self.column().ground(&plans, &model.0), number, take, coords)?;
            Some((kept, model.0.tables(profile)))
        });
        let Some((kept, tables)) = kept else { return (Vec::new(), f64::INFINITY) };
        let bits = kept.0.iter().map(|item| item.cost(tables)).sum::<u64>() as f64 / 256.0;
        (kept.0.iter().filter_map(|item| item.table()).collect(), bits)
    }

    /// What would be written of each atom.
    #[must_use]
    pub fn atoms(&self, model: &Trained, number: usize) -> Vec<Written> {
        if self.half { self.each(model, number, &Exact::<true>) } else { self.each(model, number, &Exact::<false>) }
    }

    /// Of each atom its kind, and how many cells along r, p and t it is off where it may be off by `error` Å.
    #[must_use]
    pub fn blurs(&self, model: &Trained, number: usize, error: f64) -> Vec<(usize, [f64; 3])> {
        let Some((cells, _)) = Cells::within(error * 1000.0 / self.unit) else { return Vec::new() };
        let of = |atom: Written| {
            let symbols = atom.items.iter().filter(|(table, _)| *table >= model.0.cells);
            let off: Vec<f64> = symbols.map(|&(_, symbol)| f64::from(symbol) - f64::from(integer::MIDDLE)).collect();
            Some((atom.kind, off.try_into().ok()?))
        };
        self.each(model, number, &cells).into_iter().filter_map(of).collect()
    }

    fn each(&self, model: &Trained, number: usize, take: &impl Take) -> Vec<Written> {
        let mut written = Vec::new();
        let Some(profile) = model.0.profiles.get(number) else { return written };
        let plans = Plans::new(&self.layout, &model.0);
        let mut coords = self.coords.clone();
        for mut lane in self.column().ground(&plans, &model.0).lanes(profile) {
            while let Some(step) = lane.step() {
                let mut keeping = Keeping::default();
                let atom = lane.atom(step);
                let one = std::array::from_mut(&mut lane);
                if take.take::<f64, 1, Keeping>(one, [step], &mut keeping, &mut coords).is_none() {
                    return written;
                }
                let cost = keeping.0.iter().map(|item| item.cost(model.0.tables(profile))).sum::<u64>();
                let items = keeping.0.iter().filter_map(|item| item.table()).collect();
                written.push(Written { atom, kind: usize::from(step.kind), items, bits: cost as f64 / 256.0 });
            }
        }
        written
    }

    /// The bytes of the coordinates, and the profile chosen.
    #[must_use]
    pub fn encode(&self, model: &Trained) -> Option<(Vec<u8>, usize)> {
        encode_with(&model.0, self.column(), &self.coords, self.half)
    }

    /// The bytes of coordinates within `error` Å.
    #[must_use]
    pub fn bounded(&self, model: &Trained, error: f64) -> Option<usize> {
        let error = error * 1000.0 / self.unit;
        let coords = super::within_with(&model.0, self.column(), &self.coords, error)?;
        Some(super::encode_bounded_with(&model.0, self.column(), &coords, error)?.len())
    }

    /// Whether bytes decode to the coordinates.
    #[must_use]
    pub fn decodes(&self, model: &Trained, bytes: &[u8]) -> bool {
        super::decode_with(&model.0, self.column(), bytes, self.half).is_some_and(|back| back == self.coords)
    }
}

/// A trained model.
#[derive(Debug, Default)]
pub struct Trained(pub(super) Model);

impl Trained {
    /// From an artefact.
    ///
    /// # Errors
    /// `Corruption` where it is none of this version.
    pub fn read(artefact: &[u8]) -> crate::Result<Self> {
        model::read(artefact).map(Self)
    }

    /// One of these kinds, of which nothing is learned.
    #[must_use]
    pub fn of(kinds: Vec<Kind>) -> Self {
        let blur = vec![[0.0; 3]; kinds.len()];
        Self(Model::new(kinds, blur))
    }

    /// The number of profiles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.profiles.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.profiles.is_empty()
    }

    /// The kinds of atoms.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.0.kinds
    }

    /// The number of tables that all profiles share: of torsions, and of torsions and cells.
    #[must_use]
    pub fn shared(&self) -> [usize; 2] {
        [self.0.bins(), self.0.bins() + CELLS as usize]
    }

    /// The first table of a kind's torsion, among those that are shared.
    #[must_use]
    pub fn torsion(&self, kind: usize) -> Option<usize> {
        let first = self.0.torsions.get(kind).copied().filter(|&table| table != NONE)?;
        usize::from(first).checked_sub(INTEGERS as usize)
    }
}

/// The artefact: kinds and how much cells blur them; widths of shared tables; of each profile what was learned of each kind, and
/// widths of its own tables. At a low `level` of zstd it is made quickly.
#[must_use]
pub fn artefact(
    kinds: &[(Kind, [f64; 3])],
    shared: &[Widths],
    profiles: &[(Vec<Learned>, Vec<Widths>)],
    level: i32,
) -> Vec<u8> {
    let known = |learned: &Vec<Learned>| learned.iter().map(|&(mean, scatter)| Known { mean, scatter }).collect();
    let profiles: Vec<_> = profiles.iter().map(|(learned, tables)| (known(learned), tables.clone())).collect();
    model::write(kinds, shared, &profiles, level)
}
