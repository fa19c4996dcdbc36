//! The store against a model of it: whatever the operations, the same answers, and tables that agree.

mod arrays;
mod care;
mod crash;
mod damage;
mod declared;
mod opening;
mod pages;
mod past;
mod planned;
mod published;
mod replaced;
mod salvage;
mod together;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::codec::{Compression, Encoding, Exemplars, encode_original};
use crate::error::Kind;
use crate::operation::{Change, OnConflict};
use crate::query::ordered::{self, Span};
use crate::query::{Access, Source};
use crate::record::{
    Analysis, Map, Part, PartBody, PartKind, Prediction, PredictionModel, ResidueKind, UNSET_TIME, Value, id,
};
use crate::validate::{Draft, Record};

fn open(folder: &TempDir, options: Options) -> Store {
    Store::open(&folder.path().join("proteus.db"), &options).unwrap()
}

fn small_map() -> Options {
    Options { map_size: Some(1 << 20), ..Options::default() }
}

fn draft(id: &str, sequence: &str, confidence: f64, payload: usize) -> Operation {
    let metadata: Map = [("confidence".to_owned(), Value::Float(confidence))].into_iter().collect();
    let draft = Draft {
        prediction_id: Some(id.to_owned()),
        sequence: Some(sequence.to_owned()),
        metadata,
        model: Some("esm".to_owned()),
        ..Draft::default()
    };
    let mut operation = Record::new(draft)
        .unwrap()
        .encode(Encoding {
            compression: Compression::Fast,
            precision: None,
            exemplars: &Exemplars::default(),
            job: None,
        })
        .unwrap();
    if let (Operation::Store { prediction, .. }, 1..) = (&mut operation, payload) {
        let bytes: Vec<u8> = (0..payload).map(|i| (i * 31 + id.len()) as u8).collect();
        let known = Exemplars::default();
        let plain = Encoding { compression: Compression::None, precision: None, exemplars: &known, job: None };
        let blob = encode_original(&bytes, None, plain).unwrap().0;
        prediction.parts.push(Part {
            kind: PartKind::Original,
            name: "file".into(),
            size: blob.len() as u64,
            body: PartBody::Fresh(blob.into()),
        });
    }
    operation
}

fn one(store: &Store, operation: Operation) -> Result<Outcome> {
    store.apply(&[operation], Mode::AllOrNothing).map(|mut outcomes| outcomes.remove(0).unwrap())
}

fn conflict(operation: Operation, on_conflict: OnConflict) -> Operation {
    match operation {
        Operation::Store { prediction, model, .. } => Operation::Store { prediction, model, on_conflict },
        other => other,
    }
}

fn found(store: &Store, access: &Access) -> Vec<String> {
    let mut ids = Vec::new();
    let collect = |snapshot: &Snapshot<'_>| {
        snapshot.scan(access, &mut |row| {
            ids.push(row.id().to_owned());
            Ok(ControlFlow::Continue(()))
        })
    };
    store.read(collect).unwrap();
    ids.sort();
    ids
}

/// A query by an upper bound of the time alone failed with MDB_BAD_VALSIZE: its range began at the empty key, which LMDB
/// refuses to seek.
#[test]
fn a_range_may_lack_either_bound() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("a", "MKT", 0.9, 0)).unwrap();
    for (from, to) in [(None, Some(i64::MAX)), (Some(0), None), (None, None)] {
        assert_eq!(found(&store, &Access::Created { from, to }), ["a"], "{from:?} {to:?}");
    }
    assert_eq!(found(&store, &Access::Created { from: None, to: Some(0) }), Vec::<String>::new());
}

#[test]
fn a_stored_prediction_comes_back_and_outlives_the_handle() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    assert_eq!(one(&store, draft("a", "MKT", 0.9, 5000)).unwrap(), Outcome::Written { id: "a".into(), version: 1 });
    drop(store);
    let store = open(&folder, Options { read_only: true, ..Options::default() });
    let stored = store.read(|snapshot| snapshot.get("a", Version::Current)).unwrap().unwrap();
    assert_eq!((stored.sequence.as_str(), stored.version, stored.confidence()), ("MKT", 1, Some(0.9)));
    assert_eq!(stored.chain_types, [ResidueKind::Protein]);
    let size = store.read(|snapshot| snapshot.part(&stored.parts[0]).map(<[u8]>::len)).unwrap();
    assert_eq!(size as u64, stored.parts[0].size);
    assert_eq!(one(&store, draft("b", "MKT", 0.9, 0)).unwrap_err().kind(), Kind::Storage);
    assert!(stored.created_at != UNSET_TIME && stored.created_at == stored.updated_at);
}

#[test]
fn failures_are_alone_or_undo_everything() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let batch = || [draft("a", "MKT", 0.9, 10), draft("a", "MKV", 0.1, 10), draft("b", "MKV", 0.1, 10)];
    let error = store.apply(&batch(), Mode::AllOrNothing).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(found(&store, &Access::All), Vec::<String>::new());
    let outcomes = store.apply(&batch(), Mode::EachAlone).unwrap();
    assert!(outcomes[0].is_ok() && outcomes[1].is_err() && outcomes[2].is_ok());
    assert_eq!(found(&store, &Access::All), ["a", "b"]);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn analyses_hold_their_prediction() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let analysis = |prediction: &str| {
        Operation::StoreAnalysis(Box::new(Analysis {
            id: id::fresh(),
            prediction_id: prediction.into(),
            results: Map::new(),
            parameters: Map::new(),
            created_at: 5,
        }))
    };
    assert_eq!(one(&store, analysis("a")).unwrap_err().kind(), Kind::Validation);
    one(&store, draft("a", "MKT", 0.9, 0)).unwrap();
    one(&store, analysis("a")).unwrap();
    let delete = |cascade| Operation::Delete { id: "a".into(), cascade, purge: false };
    assert!(one(&store, delete(false)).unwrap_err().message().contains("cascade=True"));
    one(&store, delete(true)).unwrap();
    assert!(store.read(|snapshot| snapshot.analyses(None)).unwrap().is_empty());
    assert_eq!(one(&store, delete(true)).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(one(&store, draft("a", "MKT", 0.9, 0)).unwrap(), Outcome::Written { id: "a".into(), version: 3 });
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn models_are_found_by_id_name_and_content() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let model = |version: Option<&str>| Operation::StoreModel {
        name: "esm".into(),
        version: version.map(Into::into),
        configuration: Map::new(),
    };
    let first = one(&store, model(Some("1"))).unwrap();
    assert_eq!(one(&store, model(Some("1"))).unwrap(), first);
    one(&store, draft("a", "MKT", 0.9, 0)).unwrap();
    let Outcome::Id(first) = first else { panic!("a model has an id") };
    let stored = store.read(|snapshot| snapshot.get("a", Version::Current)).unwrap().unwrap();
    assert_eq!(stored.model_id.as_deref(), Some(first.as_str()), "the only model of this name");
    one(&store, model(Some("2"))).unwrap();
    assert!(one(&store, draft("b", "MKT", 0.9, 0)).unwrap_err().message().contains("give a model_id"));
    let used = one(&store, Operation::DeleteModel { id: first.clone() }).unwrap_err();
    assert!(used.message().contains("used by 1 prediction"));
    one(&store, Operation::Delete { id: "a".into(), cascade: false, purge: false }).unwrap();
    assert_eq!(one(&store, Operation::DeleteModel { id: first }).unwrap(), Outcome::Deleted);
}

#[test]
fn the_map_grows_under_writers_and_readers() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, small_map());
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for i in 0..200 {
                one(&store, draft(&format!("p{i:03}"), "MKTAYIAKQR", 0.5, 50_000)).unwrap();
            }
        });
        while !writer.is_finished() {
            let ids = found(&store, &Access::Confidence(0.4));
            assert!(ids.iter().enumerate().all(|(i, id)| *id == format!("p{i:03}")), "a prefix of what is written");
        }
    });
    assert_eq!(found(&store, &Access::All).len(), 200);
    assert!(store.stats().unwrap().map_bytes > 1 << 20);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn loose_blobs_are_folded() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    for i in 0..130 {
        one(&store, draft(&format!("p{i:03}"), "MKT", 0.5, 300 + i)).unwrap();
    }
    let stats = store.stats().unwrap();
    assert_eq!((stats.blobs, stats.loose_blobs), (130, 2));
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    for i in 0..130 {
        one(&store, Operation::Delete { id: format!("p{i:03}"), cascade: false, purge: true }).unwrap();
    }
    let stats = store.stats().unwrap();
    assert_eq!((stats.blobs, stats.loose_blobs, stats.dead_bytes, stats.versions), (0, 0, 0, 0));
}

#[test]
fn figures_say_what_a_store_is_and_takes() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let batch: Vec<_> = (0..20).map(|i| draft(&format!("p{i:02}"), "MKT", 0.5, 10_000)).collect();
    store.apply(&batch, Mode::AllOrNothing).unwrap();
    let before = store.stats().unwrap();
    assert!(before.segment_bytes > 20 * 10_000 && before.dead_bytes == 0);
    assert!(before.file_bytes >= before.tables.iter().map(|(_, bytes)| bytes).sum::<u64>() + before.free_bytes);
    let purge = |i: usize| Operation::Delete { id: format!("p{i:02}"), cascade: false, purge: true };
    store.apply(&(0..20).map(purge).collect::<Vec<_>>(), Mode::AllOrNothing).unwrap();
    let after = store.stats().unwrap();
    assert_eq!((after.segment_bytes, after.dead_bytes, after.predictions), (0, 0, 0));
    assert!(after.free_bytes > before.segment_bytes, "the pages wait to be used again");
    assert_eq!((after.identity, after.last_transaction), (before.identity, before.last_transaction + 1));
    assert!(!after.identity.uuid.is_nil());
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let refuse = |name: &str, bytes: Option<&[u8]>, words: &str| {
        let path = folder.path().join(name);
        bytes.map_or_else(|| std::fs::create_dir(&path).unwrap(), |bytes| std::fs::write(&path, bytes).unwrap());
        let error = Store::open(&path, &Options::default()).err().expect(name);
        assert_eq!(error.kind(), Kind::Connection);
        assert!(error.message().contains(words), "{name}: {error}");
        assert!(bytes.is_none_or(|bytes| std::fs::read(&path).unwrap() == bytes));
        assert!(!folder.path().join(format!("{name}-lock")).exists());
    };
    refuse("folder", None, "it is a folder");
    refuse("text", Some(b"hello, this is a text"), "no database of this program");
    refuse("sqlite", Some(b"SQLite format 3\0 and so on"), "backend=\"sqlite\"");
    let missing = Store::open(&folder.path().join("no/proteus.db"), &Options::default()).err().unwrap();
    assert!(missing.message().contains("folder cannot be entered"));
    let absent = Options { read_only: true, ..Options::default() };
    assert!(Store::open(&folder.path().join("absent"), &absent).is_err());
    assert!(!folder.path().join("absent").exists());
}

#[test]
fn a_fork_finds_everything_closed_and_both_sides_open_again() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("a", "MKT", 0.9, 0)).unwrap();
    before_fork();
    after_fork();
    one(&store, draft("b", "MKT", 0.9, 0)).unwrap();
    assert_eq!(found(&store, &Access::All), ["a", "b"]);
}

#[derive(Debug, Clone)]
enum Step {
    Store { id: u8, length: usize, confidence: f64, payload: usize, on_conflict: u8 },
    Update { id: u8, confidence: Option<f64>, job: Option<u8> },
    Delete { id: u8, purge: bool },
    Index { declare: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let confidence = (0..=4_u8).prop_map(|quarter| f64::from(quarter) / 4.0);
    prop_oneof![
        3 => (0..8_u8, 1..5_usize, confidence.clone(), prop_oneof![Just(0), 1..200_usize, Just(70_000)], 0..3_u8)
            .prop_map(|(id, length, confidence, payload, on_conflict)| Step::Store { id, length, confidence, payload, on_conflict }),
        2 => (0..8_u8, prop::option::of(confidence), prop::option::of(0..3_u8))
            .prop_map(|(id, confidence, job)| Step::Update { id, confidence, job }),
        1 => (0..8_u8, any::<bool>()).prop_map(|(id, purge)| Step::Delete { id, purge }),
        1 => any::<bool>().prop_map(|declare| Step::Index { declare }),
    ]
}

/// The field that steps declare an index on.
fn indexed() -> Field {
    Field::Metadata("confidence".into())
}

/// What the model knows of a current prediction: length, confidence, job.
type Known = (usize, Option<f64>, Option<String>);

fn perform(store: &Store, model: &mut BTreeMap<String, Known>, step: &Step) {
    match step {
        Step::Store { id, length, confidence, payload, on_conflict } => {
            let id = format!("p{id}");
            let choice = [OnConflict::Error, OnConflict::Skip, OnConflict::Replace][usize::from(*on_conflict)];
            let operation = draft(&id, &"MKTAY"[..*length], *confidence, *payload);
            let outcome = one(store, conflict(operation, choice));
            match (model.contains_key(&id), choice) {
                (true, OnConflict::Error) => assert_eq!(outcome.unwrap_err().kind(), Kind::Conflict),
                (true, OnConflict::Skip) => assert!(matches!(outcome, Ok(Outcome::Skipped { .. }))),
                _ => {
                    assert!(matches!(outcome, Ok(Outcome::Written { .. })));
                    model.insert(id, (*length, Some(*confidence), None));
                }
            }
        }
        Step::Update { id, confidence, job } => {
            let id = format!("p{id}");
            let value = confidence.map_or(Value::Null, Value::Float);
            let change = Change {
                metadata: [("confidence".to_owned(), value)].into_iter().collect(),
                job: Some(job.map(|job| job.to_string())),
                ..Change::default()
            };
            let outcome =
                one(store, Operation::Update { id: id.clone(), change: Box::new(change), expected_version: None });
            match model.get_mut(&id) {
                None => assert_eq!(outcome.unwrap_err().kind(), Kind::NotFound),
                Some(known) => (known.1, known.2) = (*confidence, job.map(|job| job.to_string())),
            }
        }
        Step::Delete { id, purge } => {
            let id = format!("p{id}");
            let outcome = one(store, Operation::Delete { id: id.clone(), cascade: false, purge: *purge });
            let known = model.remove(&id).is_some();
            assert!(if known { outcome.is_ok() } else { *purge || outcome.is_err() });
        }
        Step::Index { declare: true } => drop(store.create_index(&indexed()).unwrap()),
        // It may not be there.
        Step::Index { declare: false } => drop(store.drop_index(&indexed())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_steps_leave_the_store_as_the_model(steps in prop::collection::vec(step(), 1..40)) {
        let folder = TempDir::new().unwrap();
        let store = open(&folder, small_map());
        let mut model = BTreeMap::new();
        steps.iter().for_each(|step| perform(&store, &mut model, step));
        let matching = |keep: &dyn Fn(&Known) -> bool| -> Vec<String> {
            model.iter().filter(|(_, known)| keep(known)).map(|(id, _)| id.clone()).collect()
        };
        prop_assert_eq!(found(&store, &Access::All), matching(&|_| true));
        prop_assert_eq!(found(&store, &Access::AsOf(i64::MAX)), matching(&|_| true));
        prop_assert_eq!(found(&store, &Access::Confidence(0.5)), matching(&|known| known.1.is_some_and(|c| c >= 0.5)));
        prop_assert_eq!(found(&store, &Access::Length { min: 2, max: 3 }), matching(&|known| (2..=3).contains(&known.0)));
        prop_assert_eq!(found(&store, &Access::Job("1".into())), matching(&|known| known.2.as_deref() == Some("1")));
        prop_assert_eq!(found(&store, &Access::SequencePrefix("MKT".into())), matching(&|known| known.0 >= 3));
        let models = store.read(|snapshot| snapshot.models(Some("esm"), None)).unwrap();
        let of_model = Access::Models { ids: models, from: Some(0), to: None };
        prop_assert_eq!(found(&store, &of_model), matching(&|_| true));
        prop_assert_eq!(store.check().unwrap(), Vec::<String>::new());
        store.create_index(&indexed()).unwrap();
        let high = Span { from: ordered::key(&Value::Float(0.5)), to: ordered::key(&Value::Text(String::new())) };
        let values = Access::Values { field: indexed(), spans: vec![high] };
        prop_assert_eq!(found(&store, &values), matching(&|known| known.1.is_some_and(|c| c >= 0.5)));
        let listed = store.read(|snapshot| snapshot.ids(None, 100)).unwrap();
        prop_assert_eq!(listed, matching(&|_| true));
        let _: Vec<Prediction> = model.keys().flat_map(|id| store.read(|s| s.history(id)).unwrap()).collect();
    }
}
