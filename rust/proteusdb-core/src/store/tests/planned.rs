//! Whatever is asked of a store, in whatever state it is: the planned answer is that of a scan of everything.
//!
//! Sequences are short and blocks, leaves and chunks of tests small, so that some dozen rows fill many of each.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::query::{Criteria, Deadline, Pattern, Row, count, run};

#[derive(Debug, Clone)]
enum Step {
    Store(Vec<(u8, String, u8, u8)>),
    Confidence(u8, u8),
    Sequence(u8, String),
    Delete(u8, bool),
    Shrink,
}

fn sequences() -> impl Strategy<Value = String> {
    "[ACX]{1,9}(:[ACW]{1,5})?|ACWACW[ACW]{1,30}"
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rows = proptest::collection::vec((0..40_u8, sequences(), 0..5_u8, 0..3_u8), 1..25);
    let step = prop_oneof![
        6 => rows.prop_map(Step::Store),
        2 => (0..40_u8, 0..5_u8).prop_map(|(id, tenths)| Step::Confidence(id, tenths)),
        2 => (0..40_u8, sequences()).prop_map(|(id, sequence)| Step::Sequence(id, sequence)),
        2 => (0..40_u8, any::<bool>()).prop_map(|(id, purge)| Step::Delete(id, purge)),
        1 => Just(Step::Shrink),
    ];
    proptest::collection::vec(step, 1..8)
}

fn take(store: &Store, step: &Step) {
    let id = |number: &u8| format!("p{number:02}");
    let operation = match step {
        Step::Store(rows) => {
            let row = |(number, sequence, tenths, model): &(u8, String, u8, u8)| {
                let Operation::Store { prediction, .. } = draft(&id(number), sequence, f64::from(*tenths) / 4.0, 0)
                else {
                    unreachable!()
                };
                let model = (*model > 0).then(|| format!("m{model}"));
                Operation::Store { prediction, model, on_conflict: OnConflict::Replace }
            };
            store.apply(&rows.iter().map(row).collect::<Vec<_>>(), Mode::AllOrNothing).unwrap();
            return;
        }
        Step::Shrink => return store.shrink().unwrap(),
        Step::Delete(number, purge) => Operation::Delete { id: id(number), cascade: true, purge: *purge },
        Step::Confidence(number, tenths) => {
            let metadata = [("confidence".to_owned(), Value::Float(f64::from(*tenths) / 4.0))].into_iter().collect();
            let change = Change { metadata, ..Change::default() };
            Operation::Update { id: id(number), change: Box::new(change), expected_version: None }
        }
        Step::Sequence(number, sequence) => {
            let types = vec![crate::record::ResidueKind::Protein; sequence.split(':').count()];
            let change = Change { sequence: Some((sequence.clone(), types)), ..Change::default() };
            Operation::Update { id: id(number), change: Box::new(change), expected_version: None }
        }
    };
    // A prediction that is not there is no fault of the test.
    let _ = store.apply(&[operation], Mode::AllOrNothing);
}

fn asks() -> impl Strategy<Value = Map> {
    let patterns = select(vec![
        "*ACW*",
        "ACW*",
        "*WAC",
        "A?C*",
        "*A*A*A*",
        "*[AC]X*",
        "*CWA*W",
        "re:ACW?A",
        "re:(AC|XX)W",
        "prosite:A-C-W-x-C",
        "*:ACW*",
        "*AC*:*W*",
        "ACWACWACW*",
        "*ACWACWA*",
        "A*",
    ]);
    let text = |value: &str| Value::Text(value.to_owned());
    (
        proptest::option::of(patterns),
        proptest::option::of(0..5_u8),
        proptest::option::of(select(vec!["m1", "m2", "m3"])),
        proptest::option::of((0..9_i64, 3..40_i64)),
        proptest::option::of(select(vec![
            "confidence",
            "-confidence",
            "length",
            "-length",
            "-created_at",
            "id",
            "-id",
        ])),
        proptest::option::of(0..6_i64),
        0..3_i64,
    )
        .prop_map(move |(pattern, tenths, model, lengths, order, limit, offset)| {
            let mut asked = Map::new();
            let mut add = |name: &str, value: Option<Value>| {
                asked.extend(value.map(|value| (name.to_owned(), value)));
            };
            add("sequence_pattern", pattern.map(text));
            add("confidence_threshold", tenths.map(|tenths| Value::Float(f64::from(tenths) / 4.0)));
            add("model_name", model.map(text));
            add("length_range", lengths.map(|(low, more)| Value::List(vec![Value::Int(low), Value::Int(low + more)])));
            add("order_by", order.map(text));
            add("limit", limit.map(Value::Int));
            add("offset", Some(Value::Int(offset)));
            asked
        })
}

/// Every current row that meets the criteria, by the plainest scan, as (id, confidence, length, created_at).
fn scanned(snapshot: &Snapshot<'_>, criteria: &Criteria) -> Vec<(String, Option<f64>, u32, i64)> {
    let mut rows = Vec::new();
    let all = snapshot.scan(&Access::All, &mut |row: &dyn Row| {
        if criteria.matches(row)? {
            rows.push((row.id().to_owned(), row.confidence(), row.length(), row.created_at()));
        }
        Ok(ControlFlow::Continue(()))
    });
    all.unwrap();
    rows
}

fn expected(snapshot: &Snapshot<'_>, asked: &Map, criteria: &Criteria) -> (usize, Vec<String>) {
    let mut rows = scanned(snapshot, criteria);
    let text = |name: &str| match asked.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    rows.sort_by(|a, b| match text("order_by").as_str() {
        "confidence" => a.1.partial_cmp(&b.1).unwrap(),
        "-confidence" => b.1.partial_cmp(&a.1).unwrap(),
        "length" => a.2.cmp(&b.2),
        "-length" => b.2.cmp(&a.2),
        "-created_at" => b.3.cmp(&a.3),
        "-id" => b.0.cmp(&a.0),
        _ => a.0.cmp(&b.0),
    });
    let number = |name: &str| match asked.get(name) {
        Some(Value::Int(number)) => Some(*number as usize),
        _ => None,
    };
    let page = rows.iter().skip(number("offset").unwrap_or(0)).take(number("limit").unwrap_or(usize::MAX));
    (rows.len(), page.map(|row| row.0.clone()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_planned_answer_is_that_of_a_scan(steps in steps(), asks in proptest::collection::vec(asks(), 12)) {
        let folder = TempDir::new().unwrap();
        let store = open(&folder, Options { durability: Durability::Relaxed, ..Options::default() });
        for step in &steps {
            take(&store, step);
            store.read(|snapshot| {
                for asked in &asks {
                    let criteria = Criteria::parse(asked).unwrap();
                    let (total, ids) = expected(snapshot, asked, &criteria);
                    let answer = run(snapshot, &criteria, Deadline::never()).unwrap();
                    let found: Vec<String> = answer.hits.into_iter().map(|hit| hit.id).collect();
                    assert_eq!(found, ids, "{asked:?}\n{}", answer.explanation);
                    assert_eq!(count(snapshot, &criteria, Deadline::never()).unwrap(), total as u64, "{asked:?}");
                }
                Ok(())
            }).unwrap();
        }
        prop_assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }
}

/// Every prediction of one sequence: the index of sequences knew of one, so the plan took its rows for one, and visited
/// them all for the first five.
#[test]
fn rows_that_share_a_sequence_are_counted_as_rows() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options { durability: Durability::Relaxed, ..Options::default() });
    let stored: Vec<Operation> = (0..400).map(|i| draft(&format!("p{i:03}"), "MKTAYIAKQR", 0.5, 0)).collect();
    store.apply(&stored, Mode::AllOrNothing).unwrap();
    for pattern in ["*", "M*", "MKTAYIAKQR", "*AYIA*", "re:Y.A", "?KT*"] {
        let asked = [("sequence_pattern", Value::Text(pattern.to_owned())), ("limit", Value::Int(5))];
        let asked: Map = asked.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let criteria = Criteria::parse(&asked).unwrap();
        let answer = store.read(|snapshot| run(snapshot, &criteria, Deadline::never())).unwrap();
        assert_eq!((answer.hits.len(), answer.explanation.visited), (5, 5), "{pattern}");
        let rows = Access::Matching(Pattern::parse(pattern).unwrap());
        assert_eq!(store.read(|snapshot| snapshot.estimate(&rows, 10_000)).unwrap(), 400, "{pattern}");
    }
}
