//! Widths of bins of torsions, in each context, from few examples.
//!
//! ```text
//! pooled   all kinds of a role: LEU CG, PHE CG, ...   context  ->  what the context says, whatever the kind
//! kind     all contexts                               ->  what the kind says, whatever the context
//! both     product of the two over what all say       ->  the prior of a kind's own counts in a context
//! ```

use std::collections::BTreeMap;

use proteusdb_core::codec::small::training::{SYMBOLS, Trained, Widths};

use crate::tables::{Counts, leaning, whole};

/// How many symbols a prior counts for.
const PRIOR: f64 = 12.0;

type Shares = [f64; SYMBOLS];

/// The tables of all kinds, in order.
pub fn widths(model: &Trained, counts: &Counts) -> Vec<Widths> {
    let even = [1.0 / SYMBOLS as f64; SYMBOLS];
    let spans: Vec<(usize, std::ops::Range<usize>)> = (model.kinds().iter().enumerate())
        .filter_map(|(number, kind)| Some((number, model.torsion(number)?..model.torsion(number)? + kind.tables())))
        .collect();
    // Kinds of as many contexts and of one place in the residue share what a context says.
    let place = |kind: usize| (model.kinds()[kind].tables(), model.kinds()[kind].class, first(model, kind));
    let mut pooled: BTreeMap<_, Vec<Shares>> = BTreeMap::new();
    for (kind, span) in &spans {
        let pool = pooled.entry(place(*kind)).or_insert_with(|| vec![[0.0; SYMBOLS]; span.len()]);
        for (sum, own) in pool.iter_mut().zip(&counts[span.clone()]) {
            sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
    }
    let mut out = Vec::with_capacity(counts.len());
    for (kind, span) in &spans {
        let Some(pool) = pooled.get(&place(*kind)) else { continue };
        let all = leaning(&total(pool), &even);
        let own = leaning(&total(&counts[span.clone()]), &even);
        for (context, counts) in counts[span.clone()].iter().enumerate() {
            let said = leaning(&pool[context], &all);
            let prior = product(&own, &said, &all);
            out.push(whole(&sum_to_one(&std::array::from_fn(|bin| counts[bin] + PRIOR * prior[bin]))));
        }
    }
    out
}

/// What tells kinds of a class apart that follow other torsions: the name of their atom for the backbone, whether it is seen from
/// the backbone alone for side chains.
fn first(model: &Trained, kind: usize) -> u8 {
    let kind = model.kinds()[kind];
    if kind.class == 2 { u8::from(kind.hangs_on.contains(&NITROGEN)) } else { kind.atom }
}

/// The number of N among atom names.
const NITROGEN: u8 = 7;

fn total(counts: &[Shares]) -> Shares {
    std::array::from_fn(|bin| counts.iter().map(|own| own[bin]).sum())
}

fn product(kind: &Shares, context: &Shares, all: &Shares) -> Shares {
    sum_to_one(&std::array::from_fn(|bin| kind[bin] * context[bin] / all[bin]))
}

fn sum_to_one(shares: &Shares) -> Shares {
    let sum: f64 = shares.iter().sum();
    shares.map(|share| share / sum)
}
