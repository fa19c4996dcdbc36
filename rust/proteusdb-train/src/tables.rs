//! Widths of symbols from how often they were seen, leaning on a logistic where that was seldom.
//!
//! The layout of tables is that of the coder: `axis × group × class`.

use proteusdb_core::codec::small::training::{INTEGER_TABLES, SYMBOLS, TOTAL_BITS};

/// Symbols seen, by table.
pub type Counts = Vec<[f64; SYMBOLS]>;

/// How many symbols a prior counts for.
const PRIOR: f64 = 24.0;

const TOTAL: f64 = (1 << TOTAL_BITS) as f64;

const FINE: u32 = 14;
const PARTS: u32 = 8;

/// The tables of a profile, from its counts and those of all profiles together.
pub fn widths(own: &Counts, all: &Counts) -> Vec<[u16; SYMBOLS]> {
    let tables = (0_u32..).zip(own.iter().zip(all));
    tables.map(|(table, (own, all))| whole(&leaning(own, &leaning(all, &logistic(table % INTEGER_TABLES))))).collect()
}

/// The counts of all profiles together.
pub fn sum(counts: &[Counts]) -> Counts {
    let table = |table: usize| std::array::from_fn(|symbol| counts.iter().map(|counts| counts[table][symbol]).sum());
    (0..counts.first().map_or(0, Vec::len)).map(table).collect()
}

/// Shares of symbols that lean on a prior.
pub fn leaning(counts: &[f64; SYMBOLS], prior: &[f64; SYMBOLS]) -> [f64; SYMBOLS] {
    let total: f64 = counts.iter().sum::<f64>() + PRIOR;
    std::array::from_fn(|symbol| (counts[symbol] + PRIOR * prior[symbol]) / total)
}

/// What a table of integers is before anything is seen.
fn logistic(table: u32) -> [f64; SYMBOLS] {
    let fine = table < FINE * PARTS;
    let (class, mean) = if fine {
        (table / PARTS, (f64::from(table % PARTS) + 0.5) / f64::from(PARTS))
    } else {
        (table - FINE * PARTS + FINE, 0.0)
    };
    let bucket = if fine { 1.0 } else { f64::from(1_u32 << ((class - FINE) / 4)) };
    spread(0.0625 * 2_f64.powf((f64::from(class) + 0.5) / 2.0), mean, bucket)
}

/// A logistic of a variance and a mean in buckets.
pub fn spread(variance: f64, mean: f64, bucket: f64) -> [f64; SYMBOLS] {
    let sigma = variance.sqrt();
    let below = |value: f64| 1.0 / (1.0 + (-(value - 0.5 - mean) * 1.8138 / sigma).exp());
    let mut widths: [f64; SYMBOLS] = std::array::from_fn(|symbol| {
        let near = symbol as f64 - 31.0;
        below((near + 1.0) * bucket) - below(near * bucket)
    });
    widths[SYMBOLS - 1] = 1e-3;
    let total: f64 = widths.iter().sum();
    widths.map(|width| width / total)
}

/// Whole numbers, each one at least, that sum to the total.
pub fn whole(widths: &[f64; SYMBOLS]) -> [u16; SYMBOLS] {
    let spare = TOTAL - SYMBOLS as f64;
    let mut out = widths.map(|width| 1 + (width * spare) as u16);
    let sum: u32 = out.iter().map(|&width| u32::from(width)).sum();
    let largest = (0..SYMBOLS).max_by(|&a, &b| widths[a].total_cmp(&widths[b])).unwrap_or(0);
    out[largest] += ((1_u32 << TOTAL_BITS) - sum) as u16;
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_sums_to_the_total() {
        let mut seen = [0.0; SYMBOLS];
        seen[31] = 1e6;
        for table in 0..INTEGER_TABLES {
            for counts in [[0.0; SYMBOLS], seen] {
                let widths = whole(&leaning(&counts, &logistic(table)));
                assert_eq!(widths.iter().map(|&width| u32::from(width)).sum::<u32>(), 1 << TOTAL_BITS);
                assert!(widths.iter().all(|&width| width > 0));
            }
        }
    }
}
