//! Tags, cleanup, trimming, quota and schema on a real file: what is freed is free, and the tables agree.

use super::*;
use crate::validate::Schema;

fn update(id: &str, note: i64) -> Operation {
    let metadata: Map = [("note".to_owned(), Value::Int(note))].into_iter().collect();
    let change = Change { metadata, ..Change::default() };
    Operation::Update { id: id.into(), change: Box::new(change), expected_version: None }
}

fn replace(id: &str, payload: usize) -> Operation {
    conflict(draft(id, "MKTAYIAKQR", 0.5, payload), OnConflict::Replace)
}

fn delete(id: &str) -> Operation {
    Operation::Delete { id: id.into(), cascade: false, purge: false }
}

fn versions(store: &Store, id: &str) -> Vec<u32> {
    let history = store.read(|snapshot| snapshot.history(id));
    history.map_or_else(|_| Vec::new(), |found| found.iter().map(|one| one.version).collect())
}

fn at(store: &Store, id: &str, moment: i64) -> Option<u32> {
    store.read(|snapshot| snapshot.get(id, Version::AsOf(moment))).unwrap().map(|found| found.version)
}

fn sound(store: &Store) {
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

fn keep(keep_versions: u32) -> Policy {
    Policy { keep_versions: Some(keep_versions), ..Policy::default() }
}

#[test]
fn an_update_of_metadata_writes_no_blob() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("a", "MKT", 0.9, 9_000)).unwrap();
    let before = store.stats().unwrap();
    for note in 0..10 {
        one(&store, update("a", note)).unwrap();
    }
    let after = store.stats().unwrap();
    assert_eq!((before.blobs, before.versions), (1, 1));
    assert_eq!((after.blobs, after.versions, after.parts), (1, 11, before.parts));
    assert_eq!(after.segment_bytes, before.segment_bytes);
    sound(&store);
}

#[test]
fn a_cleanup_does_what_its_rehearsal_said() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    for round in 0..4_i64 {
        for i in 0..30 {
            one(&store, replace(&format!("p{i:02}"), 500 + 400 * i)).unwrap();
            one(&store, update(&format!("p{i:02}"), round)).unwrap();
        }
        if round == 1 {
            store.tag("second", None).unwrap();
        }
    }
    (0..5).for_each(|i| drop(one(&store, delete(&format!("p{i:02}"))).unwrap()));
    let tagged = store.read(|snapshot| snapshot.tags()).unwrap().remove(0).moment;
    let current = store.read(|snapshot| snapshot.get("p29", Version::Current)).unwrap().unwrap().version;
    let predictions = vec![("p29".to_owned(), current), ("p28".to_owned(), current), ("p27".to_owned(), 1)];
    let policy = Policy { predictions, ..keep(2) };
    let said = store.clean(&policy, true).unwrap();
    let before = store.stats().unwrap();
    assert_eq!(store.clean(&policy, false).unwrap(), said);
    assert_eq!(said.predictions, ["p29", "p28"], "p27 has another version by now");
    assert!(said.versions > 120 && said.bytes > 300_000, "{said:?}");
    assert_eq!((versions(&store, "p10"), versions(&store, "p29")), (vec![4, 7, 8], vec![4, 9]));
    assert_eq!(
        (at(&store, "p10", tagged), at(&store, "p29", tagged), at(&store, "p00", tagged)),
        (Some(4), Some(4), Some(4))
    );
    assert_eq!(at(&store, "p10", tagged - 1), Some(4), "nothing was written in between");
    assert!(store.stats().unwrap().segment_bytes < before.segment_bytes, "what is dead was packed");
    sound(&store);
    assert_eq!(store.clean(&keep(2), true).unwrap(), Cleaned::default(), "once is enough");
    store.drop_tag("second").unwrap();
    assert!(store.clean(&keep(1), false).unwrap().deletions >= 5);
    assert_eq!((versions(&store, "p10"), versions(&store, "p00"), versions(&store, "p29")), (vec![8], vec![], vec![]));
    sound(&store);
}

#[test]
fn a_store_that_is_cleaned_again_and_again_stays_small() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let mut sizes = Vec::new();
    for round in 0..12 {
        let batch: Vec<_> = (0..40).map(|i| replace(&format!("p{i:02}"), 2_000 + 37 * (i + round))).collect();
        store.apply(&batch, Mode::AllOrNothing).unwrap();
        store.clean(&keep(1), false).unwrap();
        sizes.push(store.stats().unwrap().file_bytes);
    }
    assert!(sizes[11] < 2 * sizes[3], "{sizes:?}");
    sound(&store);
}

#[test]
fn only_as_many_predictions_go_as_it_takes() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    (0..40).for_each(|i| drop(one(&store, draft(&format!("p{i:02}"), "MKT", 0.5, 20_000)).unwrap()));
    let size = store.read(|snapshot| snapshot.size()).unwrap();
    let predictions = (0..40).map(|i| (format!("p{i:02}"), 1)).collect();
    let policy = Policy { predictions, until: Some(size / 2), ..Policy::default() };
    let said = store.clean(&policy, true).unwrap();
    assert_eq!(store.clean(&policy, false).unwrap(), said);
    assert!((18..30).contains(&said.predictions.len()), "{said:?}");
    assert!(store.read(|snapshot| snapshot.size()).unwrap() <= size / 2);
    assert_eq!(found(&store, &Access::All).len(), 40 - said.predictions.len());
    sound(&store);
}

#[test]
fn a_bounded_write_trims_what_it_wrote_and_spares_tags() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let bounded = |operation| Operation::Bounded { operation: std::sync::Arc::new(operation), keep_versions: 2 };
    let batch: Vec<_> = (0..5).map(|i| bounded(replace("a", 70_000 + i))).collect();
    store.apply(&batch, Mode::AllOrNothing).unwrap();
    assert_eq!((versions(&store, "a"), store.stats().unwrap().blobs), (vec![4, 5], 2));
    store.tag("kept", None).unwrap();
    for note in 0..4 {
        one(&store, bounded(update("a", note))).unwrap();
    }
    assert_eq!(versions(&store, "a"), [5, 8, 9]);
    one(&store, bounded(delete("a"))).unwrap();
    assert_eq!(versions(&store, "a"), [5, 9, 10]);
    sound(&store);
}

#[test]
fn a_quota_refuses_what_adds_and_lets_go_what_takes_away() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("first", "MKT", 0.5, 300_000)).unwrap();
    store.set_quota(Quota { max_bytes: Some(1_000_000), warn_at: Some(500_000) }).unwrap();
    let again = open(&folder, Options::default());
    let batch: Vec<_> = (0..10).map(|i| draft(&format!("p{i}"), "MKT", 0.5, 150_000)).collect();
    let outcomes = again.apply(&batch, Mode::EachAlone).unwrap();
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!((2..6).contains(&stored), "{outcomes:?}");
    let refused = outcomes.into_iter().find_map(Result::err).unwrap();
    assert!(refused.kind() == Kind::Storage && refused.message().starts_with("quota: "), "{refused}");
    assert!(again.apply(&batch, Mode::AllOrNothing).is_err());
    assert_eq!(found(&store, &Access::All).len(), stored + 1, "nothing was lost");
    assert!(store.read(|snapshot| snapshot.pressure()).unwrap().is_some_and(|used| used <= 1_000_000));
    one(&store, Operation::Delete { id: "first".into(), cascade: false, purge: true }).unwrap();
    one(&store, draft("last", "MKT", 0.5, 250_000)).unwrap();
    store.set_quota(Quota::default()).unwrap();
    assert_eq!(store.read(|snapshot| snapshot.pressure()).unwrap(), None);
    store.apply(&batch[stored..], Mode::AllOrNothing).unwrap();
    sound(&store);
}

#[test]
fn a_schema_is_kept_and_obeyed() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("a", "MKT", 0.5, 0)).unwrap();
    let fields = [("metadata.note".to_owned(), vec!["int".to_owned()])];
    let schema = Schema::new(&fields, &["metadata.note".to_owned()]).unwrap();
    let refused = store.define_schema(&schema, true).unwrap_err();
    assert!(refused.message().contains("1 stored prediction(s) break it; \"a\": metadata.note"), "{refused}");
    store.define_schema(&schema, false).unwrap();
    assert!(store.check().unwrap()[0].contains("\"a\": metadata.note: it is missing"));
    drop(store);
    let store = open(&folder, Options::default());
    let outcomes = store.apply(&[draft("b", "MKT", 0.5, 0), update("a", 1)], Mode::EachAlone).unwrap();
    assert!(outcomes[0].as_ref().is_err_and(|error| error.kind() == Kind::Validation) && outcomes[1].is_ok());
    sound(&store);
    store.define_schema(&Schema::default(), true).unwrap();
    one(&store, draft("b", "MKT", 0.5, 0)).unwrap();
    sound(&store);
}

#[test]
fn tags_are_moments_between_commits() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    store.tag("empty", None).unwrap();
    one(&store, draft("a", "MKT", 0.5, 0)).unwrap();
    let first = store.tag("first", None).unwrap();
    one(&store, update("a", 1)).unwrap();
    one(&store, draft("b", "MKT", 0.5, 0)).unwrap();
    assert_eq!((at(&store, "a", first), at(&store, "b", first)), (Some(1), None));
    let (found, next) = store.read(|snapshot| snapshot.changes((Some(first), None), None, 1)).unwrap();
    let difference = |id: &str, before, after| Difference { id: id.into(), before, after };
    assert_eq!((found, next.as_deref()), (vec![difference("a", Some(1), Some(2))], Some("a")));
    let (found, _) = store.read(|snapshot| snapshot.changes((None, Some(first)), next.as_deref(), 9)).unwrap();
    assert_eq!(found, [difference("b", Some(1), None)]);
    for (name, moment, kind) in [
        ("first", None, Kind::Conflict),
        ("2024-01-01", None, Kind::Validation),
        (" x", None, Kind::Validation),
        ("", None, Kind::Validation),
        ("later", Some(i64::MAX), Kind::Validation),
    ] {
        assert_eq!(store.tag(name, moment).unwrap_err().kind(), kind, "{name:?}");
    }
    let absent = store.drop_tag("absent").unwrap_err();
    assert!(absent.message().contains("there are: empty, first"), "{absent}");
    store.drop_tag("first").unwrap();
    assert_eq!(store.read(|snapshot| snapshot.tags()).unwrap().len(), 1);
    sound(&store);
}
