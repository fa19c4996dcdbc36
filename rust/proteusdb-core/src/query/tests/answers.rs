//! What each criterion means, over a handful of rows.

use super::*;
use crate::error::Kind;
use crate::query::{Moments, count};

fn moment(text: &str) -> i64 {
    Moments::read(text).unwrap().first
}

/// Four rows, one of which has nothing but a sequence.
fn table() -> Table {
    let a = Entry {
        model: Some(model("esm2", Some("1"))),
        job: Some("screen".into()),
        seed: Some(1),
        confidence: Some(0.9),
        ranking_score: Some(-3.5),
        created_at: moment("2024-01-01T00:00:00"),
        metadata: map([
            ("organism", text("E. coli")),
            ("t", Value::Int(290)),
            ("scores", Value::Map(map([("ptm", Value::Float(0.5))]))),
        ]),
        ..Entry::new("a", "MLSK:GG")
    };
    let b = Entry {
        model: Some(model("esm2", None)),
        job: Some("screen".into()),
        seed: Some(2),
        confidence: Some(0.8),
        created_at: moment("2024-01-01T23:59:59.999999"),
        metadata: map([
            ("organism", Value::Null),
            ("t", Value::Float(290.0)),
            ("list", Value::List(vec![Value::Int(1)])),
        ]),
        ..Entry::new("b", "MLS")
    };
    let c = Entry {
        model: Some(model("af3", Some("1"))),
        sample: Some(4),
        confidence: Some(0.8),
        created_at: moment("2024-03-01"),
        metadata: map([("t", text("warm")), ("run", Value::Time(moment("2024-02-02T12:00")))]),
        ..Entry::new("c", "GGXAA")
    };
    Table::new(vec![a, b, c, Entry::new("d", "A")])
}

#[test]
fn each_criterion_keeps_the_rows_it_names() {
    let table = table();
    let list = |a, b| Value::List(vec![a, b]);
    assert_eq!(ids(&table, []), ["a", "b", "c", "d"]);
    assert_eq!(ids(&table, [("sequence_pattern", text("mls*"))]), ["a", "b"]);
    assert_eq!(ids(&table, [("sequence_pattern", text("GG*"))]), ["a", "c"]);
    assert_eq!(ids(&table, [("confidence_threshold", Value::Float(0.8))]), ["a", "b", "c"]);
    assert_eq!(ids(&table, [("confidence_threshold", Value::Int(0))]), ["a", "b", "c"], "None meets no threshold");
    assert_eq!(ids(&table, [("model_name", text("esm2"))]), ["a", "b"]);
    assert_eq!(ids(&table, [("model_name", text("ESM2"))]), [""; 0], "exact");
    assert_eq!(ids(&table, [("model_version", text("1"))]), ["a", "c"]);
    assert_eq!(ids(&table, [("model_version", text("1")), ("model_name", text("af3"))]), ["c"]);
    assert_eq!(ids(&table, [("job", text("screen")), ("seed", Value::Int(2))]), ["b"]);
    assert_eq!(ids(&table, [("sample", Value::Int(4))]), ["c"]);
    assert_eq!(ids(&table, [("length_range", list(Value::Int(3), Value::Int(5)))]), ["b", "c"]);
    assert_eq!(ids(&table, [("length_range", list(Value::Null, Value::Int(3)))]), ["b", "d"]);
    assert_eq!(ids(&table, [("job", Value::Null), ("limit", Value::Null)]), ["a", "b", "c", "d"], "not given");
}

#[test]
fn a_date_range_includes_both_whole_days() {
    let table = table();
    let dates = |a, b| [("date_range", Value::List(vec![a, b]))];
    assert_eq!(ids(&table, dates(text("2024-01-01"), text("2024-01-01"))), ["a", "b"]);
    assert_eq!(ids(&table, dates(text("2024-01-01T00:00:01"), text("2024-03-01"))), ["b", "c"]);
    assert_eq!(ids(&table, dates(Value::Null, text("2024-02-29"))), ["a", "b", "d"]);
    assert_eq!(ids(&table, dates(Value::Time(moment("2024-03-01")), Value::Null)), ["c"]);
    assert_eq!(ids(&table, dates(Value::Null, Value::Null)).len(), 4);
}

#[test]
fn metadata_is_compared_by_value_or_range_at_a_path() {
    let table = table();
    let meta = |path: &str, value| [("metadata", Value::Map(map([(path, value)])))];
    assert_eq!(ids(&table, meta("organism", text("E. coli"))), ["a"]);
    assert_eq!(ids(&table, meta("organism", Value::Null)), ["b"], "None is not missing");
    assert_eq!(ids(&table, meta("t", Value::Float(290.0))), ["a", "b"], "290 == 290.0");
    assert_eq!(ids(&table, meta("t", range(Value::Int(280), Value::Float(290.0)))), ["a", "b"]);
    assert_eq!(ids(&table, meta("t", range(text("a"), Value::Null))), ["c"], "types do not mix");
    assert_eq!(ids(&table, meta("scores.ptm", range(Value::Null, Value::Float(0.5)))), ["a"]);
    assert_eq!(ids(&table, meta("scores", Value::Map(map([("ptm", Value::Float(0.5))])))), ["a"]);
    assert_eq!(ids(&table, meta("list", Value::List(vec![Value::Float(1.0)]))), ["b"]);
    assert_eq!(ids(&table, meta("run", Value::Time(moment("2024-02-02T12:00")))), ["c"]);
}

#[test]
fn a_where_says_what_criteria_say_and_more() {
    let table = table();
    let asked = |expression: &str| ids(&table, [("where", text(expression))]);
    assert_eq!(asked("length > 3 and metadata.organism == 'E. coli' and not sequence glob 'M*K:A'"), ["a"]);
    assert_eq!(asked("job is missing"), ["c", "d"]);
    assert_eq!(asked("job is null"), ["c", "d"], "an unset column shows as None");
    assert_eq!(asked("job != 'screen'"), [""; 0], "a comparison with a missing value is false");
    assert_eq!(asked("not job == 'screen'"), ["c", "d"], "and not turns it round");
    assert_eq!(asked("metadata.organism is null"), ["b"]);
    assert_eq!(asked("metadata.organism is missing"), ["c", "d"]);
    assert_eq!(asked("metadata.organism != 'E. coli'"), ["b"], "None is there, and different");
    assert_eq!(asked("metadata.organism != null"), ["a"]);
    assert_eq!(asked("metadata.t > 1"), ["a", "b"]);
    assert_eq!(asked("metadata.t in [290, 'warm'] and id not in ['a']"), ["b", "c"]);
    assert_eq!(asked("created_at == '2024-01-01'"), ["a", "b"], "on that day");
    assert_eq!(asked("created_at > '2024-01-01'"), ["c"], "after that day");
    assert_eq!(asked("created_at < '2024-01-01'"), ["d"]);
    assert_eq!(asked("created_at != '2024-01-01'"), ["c", "d"]);
    assert_eq!(asked("metadata.run between '2024-02-01' and '2024-02-02'"), ["c"]);
    assert_eq!(asked("ranking_score <= -3.5 or sequence prosite 'G-x-A' or sequence matches '^A$'"), ["a", "c", "d"]);
    assert_eq!(asked("confidence between 0.8 and 0.85 and model != 'af3'"), ["b"]);
    assert_eq!(asked("version == 1 and model in ['af3', 'nobody']"), ["c"]);
}

#[test]
fn answers_are_ordered_with_ties_by_id_and_none_last() {
    let table = table();
    assert_eq!(ids(&table, [("order_by", text("-confidence"))]), ["a", "b", "c", "d"]);
    assert_eq!(ids(&table, [("order_by", text("confidence"))]), ["b", "c", "a", "d"]);
    assert_eq!(ids(&table, [("order_by", text("-id"))]), ["d", "c", "b", "a"]);
    assert_eq!(ids(&table, [("order_by", text("-metadata.t"))]), ["c", "a", "b", "d"], "text above numbers");
    assert_eq!(ids(&table, [("order_by", text("metadata.organism"))]), ["a", "b", "c", "d"]);
    let two = Value::List(vec![text("model"), text("-seed")]);
    assert_eq!(ids(&table, [("order_by", two)]), ["c", "b", "a", "d"]);
    assert_eq!(ids(&table, [("order_by", text("sequence")), ("job", text("screen"))]), ["b", "a"]);
}

#[test]
fn pages_follow_one_another() {
    let table = table();
    let page = |offset, limit| {
        ids(&table, [("order_by", text("-confidence")), ("offset", Value::Int(offset)), ("limit", Value::Int(limit))])
    };
    assert_eq!([page(0, 2), page(2, 2)].concat(), ["a", "b", "c", "d"]);
    assert_eq!(page(1, 0), [""; 0]);
    assert_eq!(page(9, 2), [""; 0]);
    assert_eq!(page(1, i64::MAX), ["b", "c", "d"]);
    assert_eq!(ids(&table, [("offset", Value::Int(3))]), ["d"]);
    assert_eq!(ids(&table, [("offset", Value::Int(1)), ("limit", Value::Int(2))]), ["b", "c"]);
}

#[test]
fn a_count_knows_no_limit() {
    let asked = criteria([("job", text("screen")), ("limit", Value::Int(1)), ("offset", Value::Int(1))]);
    assert_eq!(count(&table(), &asked, Deadline::never()).unwrap(), 2);
    let nobody = criteria([("model_name", text("nobody"))]);
    assert_eq!(count(&table(), &nobody, Deadline::never()).unwrap(), 0);
}

#[test]
fn a_query_that_passes_its_deadline_fails() {
    let error = run(&table(), &Criteria::default(), Deadline::after(std::time::Duration::ZERO)).unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.message().contains("timeout of 0 s"), "{error}");
}

#[test]
fn an_error_of_the_back_end_reaches_the_caller() {
    struct Broken;
    impl Source for Broken {
        fn scan(&self, _: &Access, _: &mut Visit<'_>) -> Result<()> {
            Err(crate::Error::corruption("row 7: checksum"))
        }
        fn estimate(&self, _: &Access, cap: u64) -> Result<u64> {
            Ok(cap)
        }
        fn models(&self, _: Option<&str>, _: Option<&str>) -> Result<Vec<String>> {
            Ok(Vec::new())
        }
    }
    let error = run(&Broken, &Criteria::default(), Deadline::never()).unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Corruption, "row 7: checksum"));
}
