//! Which way a query takes, what it reads on it, and what it tells of it.

use super::*;
use crate::query::Explanation;

/// 1,000 rows: ten jobs, every hundredth row of model `rare`, half of them confident.
fn table() -> Table {
    let row = |n: usize| Entry {
        model: Some(model(if n.is_multiple_of(100) { "rare" } else { "common" }, None)),
        job: Some(format!("job{}", n % 10)),
        confidence: Some(if n.is_multiple_of(2) { 0.9 } else { 0.1 }),
        created_at: n as i64,
        metadata: map([("n", Value::Int(n as i64))]),
        ..Entry::new(&format!("p{n:04}"), &"M".repeat(1 + n % 50))
    };
    Table::new((0..1_000).map(row).collect())
}

fn explain<const N: usize>(table: &Table, items: [(&str, Value); N]) -> Explanation {
    run(table, &criteria(items), Deadline::never()).unwrap().explanation
}

#[test]
fn the_shortest_way_is_taken_and_the_others_are_named() {
    let told = explain(
        &table(),
        [("model_name", text("rare")), ("job", text("job0")), ("confidence_threshold", Value::Float(0.5))],
    );
    assert_eq!((told.access.as_str(), told.estimated), ("1 model(s)", 10));
    assert_eq!(
        told.rejected,
        ["job \"job0\" (100 rows)", "confidence from 0.5 (500 rows)", "every prediction in id order (1000 rows)"]
    );
    assert_eq!((told.matched, told.returned), (10, 10));
    assert!(told.visited < 250, "{}", told.visited);
}

#[test]
fn a_where_narrows_as_its_criteria_do() {
    for (expression, access) in [
        ("job == 'job1' and metadata.n > 3", "job \"job1\""),
        ("length <= 2.5", "length 0 to 2"),
        ("length between 49 and 90 and confidence > 0.2", "length 49 to 90"),
        ("created_at < '1970-01-01' and model in ['rare', 'none']", "created .. to 1970-01-01T23:59:59.999999Z"),
        ("sequence == 'MM'", "every prediction in id order"),
        ("job == 'job1' or job == 'job2'", "every prediction in id order"),
        ("not job == 'job1'", "every prediction in id order"),
    ] {
        let table = table();
        let told = explain(&table, [("where", text(expression))]);
        let ways = [vec![told.access], told.rejected].concat().join(" | ");
        assert!(ways.contains(access), "{expression}: {ways}");
    }
}

#[test]
fn ids_are_looked_up() {
    let table = table();
    let told = explain(&table, [("where", text("id in ['p0001', 'p0777', 'nobody'] and job != 'x'"))]);
    assert_eq!((told.access.as_str(), told.estimated, told.matched), ("3 id(s)", 2, 2));
    assert_eq!(explain(&table, [("where", text("id == 'p0001' and id == 'p0002'"))]).visited, 0);
}

#[test]
fn a_declared_index_narrows_and_answers() {
    let mut table = table();
    table.declared = vec![Field::Metadata("n".into())];
    for (expression, estimated, asked, answered) in [
        ("metadata.n == 5", 1, 0, 1),
        ("metadata.n in [5, 7.0, 5, 'x']", 2, 0, 1),
        ("metadata.n > 5 and metadata.n <= 9", 4, 0, 2),
        ("3 < metadata.n < 6 and job == 'job4'", 2, 1, 2),
        ("metadata.n == 1 or metadata.n between 3 and 5", 4, 0, 1),
        ("metadata.n == 1 and not metadata.n == 2", 1, 1, 1),
    ] {
        let told = explain(&table, [("where", text(expression))]);
        assert!(told.access.starts_with("index on metadata.n, "), "{expression}: {}", told.access);
        assert_eq!((told.estimated, told.visited), (estimated, estimated), "{expression}");
        assert_eq!((told.conditions.len(), told.answered.len()), (asked, answered), "{expression}");
        assert!(table.rows.iter().all(|row| asked > 0 || row.reads.get() == (0, 0)), "{expression}: a row was read");
        table.rows.iter().for_each(|row| row.reads.set((0, 0)));
    }
    for expression in ["metadata.n != 5", "metadata.n == 1 or job == 'job1'", "metadata.n is missing"] {
        let told = explain(&table, [("where", text(expression))]);
        assert_eq!((told.answered.len(), told.access.as_str()), (0, "every prediction in id order"), "{expression}");
    }
    let nothing = explain(&table, [("where", text("metadata.n > 5 and metadata.n < 5"))]);
    assert!(nothing.access.contains("no row can meet"), "{nothing}");
    let told = explain(&table, [("where", text("metadata.n < 900")), ("limit", Value::Int(3))]);
    assert_eq!(
        (told.stopped_early, told.visited, told.conditions.len()),
        (true, 3, 1),
        "in id order all is asked: {told}"
    );
}

#[test]
fn conditions_that_contradict_one_another_scan_nothing() {
    for expression in [
        "length > 5 and length < 3",
        "length < -1",
        "model == 'nobody'",
        "job == 'a' and job == 'b'",
        "length > 1e300",
        "created_at > '2024-01-01' and created_at < '2023-01-01'",
        "model == 'rare' and model == 'common'",
    ] {
        let table = table();
        let told = explain(&table, [("where", text(expression))]);
        assert!(told.access.starts_with("nothing"), "{expression}: {}", told.access);
        assert!(table.scanned.borrow().is_empty(), "{expression}");
    }
}

#[test]
fn a_full_page_in_id_order_ends_the_scan() {
    let told = explain(&table(), [("limit", Value::Int(5)), ("offset", Value::Int(5))]);
    assert_eq!((told.visited, told.matched, told.returned, told.stopped_early), (10, 10, 5, true));
    let told = explain(&table(), [("limit", Value::Int(5)), ("confidence_threshold", Value::Float(0.5))]);
    assert_eq!((told.visited, told.stopped_early), (9, true));
    assert_eq!(told.access, "every prediction in id order");
}

#[test]
fn a_trial_in_id_order_costs_no_more_than_the_way_it_replaces() {
    let table = table();
    let told = explain(&table, [("limit", Value::Int(50)), ("job", text("job9")), ("where", text("metadata.n > 500"))]);
    assert_eq!(told.access, "job \"job9\"");
    assert_eq!(table.scanned.borrow().as_slice(), [Access::All, Access::Job("job9".into())]);
    assert!(told.visited <= 100 + 300, "{}", told.visited);
    assert_eq!(told.returned, 50);
}

#[test]
fn cheap_conditions_come_first_and_spare_the_dear_ones() {
    let table = table();
    let told = explain(
        &table,
        [
            ("metadata", Value::Map(map([("n", Value::Int(4))]))),
            ("sequence_pattern", text("re:M+")),
            ("where", text("sequence glob 'M*' and rank is missing and job != 'x'")),
            ("confidence_threshold", Value::Float(0.5)),
        ],
    );
    assert_eq!(
        told.conditions,
        ["rank is missing", "job != 'x'", "sequence glob 'M*'", "metadata.n == 4", "sequence matches 'M+'",]
    );
    assert_eq!(told.answered, ["confidence >= 0.5"]);
    for row in &table.rows {
        let wanted = u32::from(row.confidence > Some(0.5));
        assert_eq!(row.reads.get(), (wanted, wanted), "{}: read once, and only if needed", row.id);
    }
}

#[test]
fn an_as_of_reads_the_past_only() {
    let table = table();
    let told = explain(&table, [("as_of", text("1970-01-01")), ("job", text("job1"))]);
    assert_eq!(table.scanned.borrow().as_slice(), [Access::AsOf(86_399_999_999)], "to the end of that day");
    assert_eq!(told.returned, 100);
}

#[test]
fn an_explanation_is_plain_values_and_plain_text() {
    let told = explain(&table(), [("job", text("job3")), ("order_by", text("-confidence")), ("limit", Value::Int(2))]);
    let values = told.to_map();
    assert_eq!(values.get("access"), Some(&text("job \"job3\"")));
    assert_eq!(values.get("matched"), Some(&Value::Int(100)));
    assert_eq!(values.get("answered"), Some(&Value::List(vec![text("job == 'job3'")])));
    let shown = told.to_string();
    assert!(shown.contains("access      job \"job3\" (100 rows)\n"), "{shown}");
    assert!(shown.contains("order       -confidence, id\n"), "{shown}");
}

/// A source that only counts: 5,000,000 predictions, counted for nothing, and two long indexes.
struct Sizes;

impl Source for Sizes {
    fn scan(&self, _: &Access, _: &mut Visit<'_>) -> Result<()> {
        Ok(())
    }
    fn estimate(&self, access: &Access, cap: u64) -> Result<u64> {
        Ok(match access {
            Access::Job(_) => 200_000.min(cap),
            Access::Confidence(_) => 4_000_000.min(cap),
            _ => 5_000_000,
        })
    }
    fn models(&self, _: Option<&str>, _: Option<&str>) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

#[test]
fn long_ways_are_counted_on_until_one_is_the_shortest() {
    let asked = criteria([("job", text("x")), ("confidence_threshold", Value::Float(0.5))]);
    let told = run(&Sizes, &asked, Deadline::never()).unwrap().explanation;
    assert_eq!((told.access.as_str(), told.estimated, told.estimated_or_more), ("job \"x\"", 200_000, false));
    assert_eq!(
        told.rejected,
        ["confidence from 0.5 (1000000 rows or more)", "every prediction in id order (5000000 rows)"]
    );
}
