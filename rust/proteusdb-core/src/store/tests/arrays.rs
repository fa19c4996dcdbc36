//! Arrays are stored once and counted as often as they are used.

use super::*;
use crate::codec::{Job, Samples, decode_array, decode_array_beside};
use crate::record::{Array, Dtype};

fn with_array(id: &str, seed: u64) -> Operation {
    // Noise, so that no coder makes it shorter than what is looked for.
    let noise = |at: u64| {
        let mixed = (at + seed * 4000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8
    };
    let data = (0..4000).map(noise).collect();
    let array = Array { dtype: Dtype::Uint(1), shape: vec![4000], data };
    let draft = Draft {
        prediction_id: Some(id.to_owned()),
        sequence: Some("MKV".to_owned()),
        arrays: vec![("x".to_owned(), array)],
        on_conflict: OnConflict::Replace,
        ..Draft::default()
    };
    Record::new(draft)
        .unwrap()
        .encode(Encoding {
            compression: Compression::Fast,
            precision: None,
            exemplars: &Exemplars::default(),
            job: None,
        })
        .unwrap()
}

fn purge(id: &str) -> Operation {
    Operation::Delete { id: id.to_owned(), cascade: false, purge: true }
}

fn sound(store: &Store) -> u64 {
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    store.stats().unwrap().blobs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn there_are_as_many_blobs_as_different_arrays(
        batches in prop::collection::vec(prop::collection::vec((0..6_u64, 0..4_u64), 1..12), 1..6),
    ) {
        let folder = TempDir::new().unwrap();
        let store = open(&folder, Options::default());
        let mut versions: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for batch in batches {
            let mut operations = Vec::new();
            for (id, seed) in batch {
                // Seed 0 purges what is there.
                if seed > 0 {
                    versions.entry(id).or_default().push(seed);
                    operations.push(with_array(&format!("p{id}"), seed));
                } else if versions.remove(&id).is_some() {
                    operations.push(purge(&format!("p{id}")));
                }
            }
            store.apply(&operations, Mode::AllOrNothing).unwrap();
            let different: std::collections::BTreeSet<u64> = versions.values().flatten().copied().collect();
            prop_assert_eq!(sound(&store), different.len() as u64);
        }
    }
}

/// Errors of a sample: those of all samples of a job are alike.
fn errors(job: u64, sample: u64) -> Array {
    let mixed =
        |number: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 59;
    let value = |at: u64| {
        ((at / 40).abs_diff(at % 40) * 3 + mixed(at + job * 5000) + mixed(at + sample * 99_991) / 16) as f32 / 10.0
    };
    let data = (0..40 * 40).flat_map(|at| value(at).to_le_bytes()).collect();
    Array { dtype: Dtype::Float(4), shape: vec![40, 40], data }
}

fn sample_id(job: u64, sample: u64) -> String {
    format!("{job}-{sample}")
}

fn sample(samples: &Samples, job: u64, sample: u64) -> Operation {
    let name = format!("job {job}");
    let draft = Draft {
        prediction_id: Some(sample_id(job, sample)),
        sequence: Some("MKV".to_owned()),
        job: Some(name.clone()),
        arrays: vec![("pae".to_owned(), errors(job, sample))],
        on_conflict: OnConflict::Replace,
        ..Draft::default()
    };
    let known = Exemplars::default();
    let job = Some(Job { samples, name: &name });
    Record::new(draft)
        .unwrap()
        .encode(Encoding { compression: Compression::Fast, precision: None, exemplars: &known, job })
        .unwrap()
}

/// The array of a stored sample, and whether it was coded beside another one.
fn read(store: &Store, job: u64, sample: u64) -> (Array, bool) {
    let read = |snapshot: &Snapshot<'_>| {
        let prediction = snapshot.get(&sample_id(job, sample), Version::Current)?.unwrap();
        let part = |kind| prediction.parts.iter().find(|part| part.kind == kind);
        let beside = part(PartKind::Reference).map(|part| snapshot.part(part)).transpose()?;
        let blob = snapshot.part(part(PartKind::Array).unwrap())?;
        assert_eq!(decode_array(blob).is_err(), beside.is_some());
        Ok((decode_array_beside(blob, beside)?, beside.is_some()))
    };
    store.read(read).unwrap()
}

#[test]
fn the_next_samples_outlive_the_first() {
    let (folder, samples) = (TempDir::new().unwrap(), Samples::default());
    let store = open(&folder, Options::default());
    let batch: Vec<_> = (0..4).map(|number| sample(&samples, 0, number)).collect();
    store.apply(&batch, Mode::AllOrNothing).unwrap();
    assert_eq!(sound(&store), 4, "one blob a sample, that of the first used four times");
    let beside: Vec<bool> = (0..4).map(|number| read(&store, 0, number).1).collect();
    assert_eq!(beside, [false, true, true, true]);
    one(&store, purge(&sample_id(0, 0))).unwrap();
    assert_eq!(sound(&store), 4, "the others need it");
    store.shrink().unwrap();
    for number in 1..4 {
        assert_eq!(read(&store, 0, number), (errors(0, number), true));
    }
    // What a writer still knows was given up by the store meanwhile: it comes again with the sample that needs it.
    (1..4).for_each(|number| drop(one(&store, purge(&sample_id(0, number))).unwrap()));
    assert_eq!(sound(&store), 0);
    one(&store, sample(&samples, 0, 7)).unwrap();
    assert_eq!((sound(&store), read(&store, 0, 7)), (2, (errors(0, 7), true)));
    one(&store, sample(&samples, 0, 0)).unwrap();
    assert_eq!((sound(&store), read(&store, 0, 0)), (2, (errors(0, 0), false)), "the first is what is there");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn references_are_counted_whatever_goes_first(
        batches in prop::collection::vec(prop::collection::vec((0..2_u64, 0..4_u64, 0..3_u8), 1..8), 1..6),
    ) {
        let (folder, mut samples) = (TempDir::new().unwrap(), Samples::default());
        let store = open(&folder, Options::default());
        let mut there = std::collections::BTreeSet::new();
        for batch in batches {
            let mut operations = Vec::new();
            for (job, number, what) in batch {
                if what > 0 {
                    there.insert((job, number));
                    operations.push(sample(&samples, job, number));
                } else if there.remove(&(job, number)) {
                    operations.push(purge(&sample_id(job, number)));
                } else {
                    // Another process writes, which knows nothing.
                    samples = Samples::default();
                }
            }
            store.apply(&operations, Mode::AllOrNothing).unwrap();
            sound(&store);
            for &(job, number) in &there {
                prop_assert_eq!(read(&store, job, number).0, errors(job, number));
            }
        }
        store.shrink().unwrap();
        sound(&store);
        for &(job, number) in &there {
            prop_assert_eq!(read(&store, job, number).0, errors(job, number));
        }
    }
}
