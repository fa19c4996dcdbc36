//! Declared indexes: built over what is stored, kept by every write, removed whole.

use super::*;
use crate::query::{Criteria, Deadline, count, run};

fn field(name: &str) -> Field {
    Field::declarable(name).unwrap()
}

fn with_metadata(id: &str, metadata: &[(&str, Value)]) -> Operation {
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let draft = Draft {
        prediction_id: Some(id.to_owned()),
        sequence: Some("MKT".into()),
        metadata,
        seed: Some(id.len() as i64),
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

/// Ids, in order, and the way they were found; with the count.
fn asked(store: &Store, text: &str) -> (Vec<String>, String) {
    let given: Map = [("where".to_owned(), Value::Text(text.to_owned()))].into_iter().collect();
    let criteria = Criteria::parse(&given).unwrap();
    let answer = store.read(|snapshot| run(snapshot, &criteria, Deadline::never())).unwrap();
    let ids: Vec<String> = answer.hits.into_iter().map(|hit| hit.id).collect();
    let counted = store.read(|snapshot| count(snapshot, &criteria, Deadline::never())).unwrap();
    assert_eq!(counted, ids.len() as u64, "{text}");
    (ids, answer.explanation.access)
}

fn listed(store: &Store) -> Vec<(String, u64)> {
    store.read(|snapshot| snapshot.list_indexes()).unwrap()
}

#[test]
fn an_index_over_what_is_stored_answers_by_type() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, small_map());
    let long = |end: &str| Value::Text("x".repeat(450) + end);
    let values = [
        ("null", Value::Null),
        ("int", Value::Int(1)),
        ("float", Value::Float(1.0)),
        ("half", Value::Float(0.5)),
        ("true", Value::Bool(true)),
        ("text", Value::Text("E. coli".into())),
        ("more", Value::Text("E. coli K12".into())),
        ("long1", long("1")),
        ("long2", long("2")),
        ("day", Value::Time(1_704_067_200_000_000)),
        ("list", Value::List(vec![Value::Int(1)])),
    ];
    let mut batch: Vec<Operation> =
        values.iter().map(|(id, value)| with_metadata(id, &[("k", value.clone())])).collect();
    batch.push(with_metadata("without", &[]));
    store.apply(&batch, Mode::AllOrNothing).unwrap();
    assert!(store.create_index(&field("metadata.k")).unwrap());
    assert!(!store.create_index(&field("metadata.k")).unwrap(), "declared twice");
    assert_eq!(listed(&store), [("metadata.k".to_owned(), 11)]);
    for (text, expected) in [
        ("metadata.k == 1", vec!["float", "int"]),
        ("metadata.k == true", vec!["true"]),
        ("metadata.k is null", vec!["null"]),
        ("metadata.k < 1", vec!["half"]),
        ("metadata.k == 'E. coli'", vec!["text"]),
        ("metadata.k glob 'E. coli*'", vec!["more", "text"]),
        ("metadata.k contains 'K12'", vec!["more"]),
        ("metadata.k contains 1", vec!["list"]),
        ("metadata.k >= '2024-01-01' and metadata.k < '2024-01-02'", vec!["day"]),
        ("metadata.k in [0.5, 'E. coli', true]", vec!["half", "text", "true"]),
        ("metadata.k > 'E. coli' and metadata.k < 'F'", vec!["more"]),
    ] {
        let (ids, access) = asked(&store, text);
        assert_eq!(ids, expected, "{text}: {access}");
        assert!(access.starts_with("index on metadata.k"), "{text}: {access}");
    }
    let Value::Text(first) = long("1") else { unreachable!("made above") };
    assert_eq!(asked(&store, &format!("metadata.k == '{first}'")).0, ["long1"], "beyond the cut it is verified");
    assert_eq!(asked(&store, &format!("metadata.k > '{first}'")).0, ["long2"]);
    assert_eq!(asked(&store, "metadata.k exists").0.len(), 11);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn every_write_keeps_it_and_dropping_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    store.create_index(&field("metadata.k")).unwrap();
    store.create_index(&field("seed")).unwrap();
    for id in ["a", "b", "c"] {
        one(&store, with_metadata(id, &[("k", Value::Int(1))])).unwrap();
    }
    let value =
        |value: Value| Change { metadata: [("k".to_owned(), value)].into_iter().collect(), ..Change::default() };
    let update = |id: &str, change: Change| {
        one(&store, Operation::Update { id: id.into(), change: Box::new(change), expected_version: None }).unwrap();
    };
    update("a", value(Value::Int(2)));
    update("b", value(Value::Null));
    assert_eq!(asked(&store, "metadata.k == 1").0, ["c"]);
    assert_eq!(asked(&store, "metadata.k exists").0, ["a", "c"], "an update to None removes the key");
    assert_eq!(listed(&store), [("metadata.k".to_owned(), 2), ("seed".to_owned(), 3)]);
    one(&store, Operation::Delete { id: "c".into(), cascade: false, purge: false }).unwrap();
    one(&store, Operation::Delete { id: "a".into(), cascade: false, purge: true }).unwrap();
    assert_eq!(listed(&store), [("metadata.k".to_owned(), 0), ("seed".to_owned(), 1)]);
    one(&store, with_metadata("c", &[("k", Value::Int(5))])).unwrap();
    assert_eq!(asked(&store, "metadata.k == 5 and seed == 1").0, ["c"], "stored again");
    assert_eq!(store.check().unwrap(), Vec::<String>::new());

    store.drop_index(&field("metadata.k")).unwrap();
    assert_eq!(listed(&store), [("seed".to_owned(), 2)]);
    assert!(!asked(&store, "metadata.k == 5").1.contains("index"));
    let error = store.drop_index(&field("metadata.k")).unwrap_err();
    assert!(error.kind() == Kind::Query && error.message().contains("declared are: seed"), "{error}");
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    drop(store);
    let read_only = open(&folder, Options { read_only: true, ..Options::default() });
    assert_eq!(listed(&read_only).len(), 1, "it outlives the handle");
    assert_eq!(read_only.create_index(&field("rank")).unwrap_err().kind(), Kind::Storage);
}

#[test]
fn the_past_is_not_asked_of_an_index() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, with_metadata("a", &[("k", Value::Int(1))])).unwrap();
    let then = store.stats().unwrap().last_commit;
    store.create_index(&field("metadata.k")).unwrap();
    one(&store, Operation::Delete { id: "a".into(), cascade: false, purge: false }).unwrap();
    let given: Map =
        [("where".to_owned(), Value::Text("metadata.k == 1".into())), ("as_of".to_owned(), Value::Time(then))]
            .into_iter()
            .collect();
    let criteria = Criteria::parse(&given).unwrap();
    let past = store.read(|snapshot| run(snapshot, &criteria, Deadline::never())).unwrap();
    assert_eq!(past.hits.len(), 1);
    assert_eq!(asked(&store, "metadata.k == 1").0, Vec::<String>::new());
}

#[test]
fn there_are_not_more_than_a_write_should_pay_for() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    for n in 0..64 {
        assert!(store.create_index(&field(&format!("metadata.k{n}"))).unwrap());
    }
    assert!(store.create_index(&field("seed")).unwrap_err().message().contains("64 indexes"));
    assert_eq!(listed(&store).len(), 64);
}
