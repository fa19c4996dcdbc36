//! Any rows, any criteria: the planned answer is the one of a full scan that is written here, in the plainest way.
//!
//! Nothing of the conditions, orders or patterns of the crate is used for the expected answer: each drawn [`Ask`] is
//! both rendered as criteria and judged by [`Ask::holds`]. Domains are small, so that values meet.

use std::cmp::Ordering;

use proptest::prelude::*;
use proptest::sample::select;

use super::plain::{glob_matches, plain_order};
use super::*;
use crate::query::{Pattern, count};

/// A drawn question.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    tests: Vec<Ask1>,
    tree: Option<Tree>,
    order: Option<(&'static str, bool)>,
    limit: Option<usize>,
    offset: usize,
}

/// One criterion.
#[derive(Debug, Clone)]
enum Ask1 {
    Glob(String),
    Confidence(i64),
    Model(&'static str),
    ModelVersion(&'static str),
    Days(Option<i64>, Option<i64>),
    Job(&'static str),
    Seed(i64),
    Meta(Value),
    MetaRange(Option<i64>, Option<i64>),
    Lengths(Option<i64>, Option<i64>),
}

/// A `where`.
#[derive(Debug, Clone)]
enum Tree {
    Number(&'static str, &'static str, i64),
    Text(&'static str, &'static str, &'static str),
    Among(&'static str, Vec<i64>),
    Between(&'static str, i64, i64),
    Starts(&'static str, &'static str),
    Glob(String),
    Missing(&'static str),
    Null(&'static str),
    Day(&'static str, i64),
    Not(Box<Tree>),
    Both(bool, Box<Tree>, Box<Tree>),
}

const DAY: i64 = 86_400_000_000;

fn date(day: i64) -> String {
    format!("1970-01-{:02}", day + 1)
}

impl Ask1 {
    fn render(&self) -> (&'static str, Value) {
        let whole = |n: &Option<i64>| n.map_or(Value::Null, Value::Int);
        let day = |n: &Option<i64>| n.map_or(Value::Null, |n| Value::Text(date(n)));
        let meta = |value| Value::Map(map([("k", value)]));
        match self {
            Self::Glob(glob) => ("sequence_pattern", text(glob)),
            Self::Confidence(tenths) => ("confidence_threshold", Value::Float(*tenths as f64 / 10.0)),
            Self::Model(name) => ("model_name", text(name)),
            Self::ModelVersion(version) => ("model_version", text(version)),
            Self::Days(from, to) => ("date_range", Value::List(vec![day(from), day(to)])),
            Self::Job(job) => ("job", text(job)),
            Self::Seed(seed) => ("seed", Value::Int(*seed)),
            Self::Meta(value) => ("metadata", meta(value.clone())),
            Self::MetaRange(low, high) => ("metadata", meta(range(whole(low), whole(high)))),
            Self::Lengths(low, high) => ("length_range", Value::List(vec![whole(low), whole(high)])),
        }
    }

    fn holds(&self, row: &Entry) -> bool {
        let within =
            |low: &Option<i64>, n: i64, high: &Option<i64>| low.is_none_or(|l| n >= l) && high.is_none_or(|h| n <= h);
        match self {
            Self::Glob(glob) => glob_matches(glob, &row.sequence),
            Self::Confidence(tenths) => row.confidence.is_some_and(|c| c >= *tenths as f64 / 10.0),
            Self::Model(name) => row.model.as_ref().is_some_and(|model| model.name == *name),
            Self::ModelVersion(version) => {
                row.model.as_ref().is_some_and(|model| model.version.as_deref() == Some(version))
            }
            Self::Days(from, to) => within(from, row.created_at / DAY, to),
            Self::Job(job) => row.job.as_deref() == Some(job),
            Self::Seed(seed) => row.seed == Some(*seed),
            Self::Meta(value) => row.metadata.get("k").is_some_and(|found| match (found, value) {
                (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => *a as f64 == *b,
                (found, value) => found == value,
            }),
            Self::MetaRange(None, None) => true,
            Self::MetaRange(low, high) => match row.metadata.get("k") {
                Some(Value::Int(n)) => within(low, *n, high),
                Some(Value::Float(x)) => low.is_none_or(|l| *x >= l as f64) && high.is_none_or(|h| *x <= h as f64),
                _ => false,
            },
            Self::Lengths(low, high) => within(low, i64::from(row.length()), high),
        }
    }
}

impl Tree {
    fn render(&self) -> String {
        match self {
            Self::Number(field, operator, n) => format!("{field} {operator} {n}"),
            Self::Text(field, operator, t) => format!("{field} {operator} '{t}'"),
            Self::Among(field, numbers) => format!("{field} in {numbers:?}"),
            Self::Between(field, low, high) => format!("{field} between {low} and {high}"),
            Self::Starts(field, start) => format!("{field} glob '{start}*'"),
            Self::Glob(glob) => format!("sequence glob '{glob}'"),
            Self::Missing(field) => format!("{field} is missing"),
            Self::Null(field) => format!("{field} is null"),
            Self::Day(operator, day) => format!("created_at {operator} '{}'", date(*day)),
            Self::Not(inner) => format!("not ({})", inner.render()),
            Self::Both(true, a, b) => format!("({}) and ({})", a.render(), b.render()),
            Self::Both(false, a, b) => format!("({}) or ({})", a.render(), b.render()),
        }
    }

    fn holds(&self, row: &Entry) -> bool {
        match self {
            Self::Number(field, operator, n) => match field_of(row, field) {
                Some(Value::Int(x)) => holds(operator, x.partial_cmp(n)),
                Some(Value::Float(x)) => holds(operator, x.partial_cmp(&(*n as f64))),
                Some(_) => *operator == "!=",
                None => false,
            },
            Self::Text(field, operator, t) => match field_of(row, field) {
                Some(Value::Text(found)) => holds(operator, found.as_str().partial_cmp(*t)),
                Some(_) => *operator == "!=",
                None => false,
            },
            Self::Among(field, numbers) => numbers.iter().any(|n| Self::Number(field, "==", *n).holds(row)),
            Self::Between(field, low, high) => {
                Self::Number(field, ">=", *low).holds(row) && Self::Number(field, "<=", *high).holds(row)
            }
            Self::Starts(field, start) => {
                matches!(field_of(row, field), Some(Value::Text(text)) if text.starts_with(start))
            }
            Self::Glob(glob) => glob_matches(glob, &row.sequence),
            Self::Missing(field) => field_of(row, field).is_none(),
            Self::Null("metadata.k") => row.metadata.get("k") == Some(&Value::Null),
            Self::Null(field) => field_of(row, field).is_none(),
            Self::Day(operator, day) => holds(operator, (row.created_at / DAY).partial_cmp(day)),
            Self::Not(inner) => !inner.holds(row),
            Self::Both(true, a, b) => a.holds(row) && b.holds(row),
            Self::Both(false, a, b) => a.holds(row) || b.holds(row),
        }
    }
}

fn holds(operator: &str, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return false };
    match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn field_of(row: &Entry, field: &str) -> Option<Value> {
    match field {
        "id" => Some(text(&row.id)),
        "length" => Some(Value::Int(i64::from(row.length()))),
        "confidence" => row.confidence.map(Value::Float),
        "model" => row.model.as_ref().map(|model| text(&model.name)),
        "model_version" => row.model.as_ref().and_then(|model| model.version.as_deref()).map(text),
        "job" => row.job.as_deref().map(text),
        "seed" => row.seed.map(Value::Int),
        "created_at" => Some(Value::Time(row.created_at)),
        _ => row.metadata.get("k").cloned(),
    }
}

impl Ask {
    pub(super) fn render(&self) -> Map {
        let mut given = Map::new();
        for test in &self.tests {
            let (name, value) = test.render();
            given.insert(name.to_owned(), value);
        }
        given.extend(self.tree.iter().map(|tree| ("where".to_owned(), Value::Text(tree.render()))));
        given.extend(self.order.iter().map(|(field, down)| {
            ("order_by".to_owned(), Value::Text(format!("{}{field}", if *down { "-" } else { "" })))
        }));
        given.extend(self.limit.iter().map(|limit| ("limit".to_owned(), Value::Int(*limit as i64))));
        given.insert("offset".into(), Value::Int(self.offset as i64));
        given
    }

    pub(super) fn expected(&self, rows: &[Entry]) -> (usize, Vec<String>) {
        // A later criterion of the same name replaces the earlier one, as in the rendered map.
        let last = |test: &&Ask1| self.tests.iter().rfind(|other| other.render().0 == test.render().0);
        let kept: Vec<&Ask1> = self.tests.iter().filter_map(|test| last(&test)).collect();
        let meets = |row: &&Entry| {
            kept.iter().all(|test| test.holds(row)) && self.tree.as_ref().is_none_or(|tree| tree.holds(row))
        };
        let mut found: Vec<&Entry> = rows.iter().filter(meets).collect();
        if let Some((field, down)) = self.order {
            found.sort_by(|a, b| {
                let value = |row: &Entry| field_of(row, field).filter(|value| *value != Value::Null);
                match (value(a), value(b)) {
                    (None, None) => Ordering::Equal,
                    (None, _) => Ordering::Greater,
                    (_, None) => Ordering::Less,
                    (Some(a), Some(b)) if down => plain_order(&b, &a),
                    (Some(a), Some(b)) => plain_order(&a, &b),
                }
            });
        }
        let page = found.iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX));
        (found.len(), page.map(|row| row.id.clone()).collect())
    }
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0..4_i64).prop_map(Value::Int),
        (0..8_i64).prop_map(|n| Value::Float(n as f64 / 2.0)),
        select(vec!["u", "v"]).prop_map(text),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ]
}

pub(super) fn rows() -> impl Strategy<Value = Vec<Entry>> {
    let scalars = (
        proptest::option::of(select(vec!["m1", "m2"])),
        proptest::option::of(select(vec!["1", "2"])),
        proptest::option::of(select(vec!["x", "y"])),
        proptest::option::of(0..3_i64),
        proptest::option::of(0..=10_i64),
        0..4 * DAY,
        proptest::option::of(values()),
    );
    proptest::collection::vec(("[ACX]{1,4}(:[ACX]{1,3})?", scalars), 0..60).prop_map(|drawn| {
        let row =
            |(n, (sequence, (name, version, job, seed, tenths, created_at, value))): (usize, (String, _))| Entry {
                model: Option::map(name, |name| model(name, version)),
                job: Option::map(job, str::to_owned),
                seed,
                confidence: Option::map(tenths, |tenths: i64| tenths as f64 / 10.0),
                created_at,
                metadata: Option::map(value, |value| map([("k", value)])).unwrap_or_default(),
                // Ids in no order of the draw.
                ..Entry::new(&format!("p{:03}", n * 37 % 101), &sequence)
            };
        drawn.into_iter().enumerate().map(row).collect()
    })
}

fn globs() -> impl Strategy<Value = String> {
    "([ACX?*]|\\[A\\]|\\[!C\\]|\\[AX\\]){1,5}(:([ACX?*]|\\[!C\\]){1,3})?"
}

fn bounds(most: i64) -> impl Strategy<Value = (Option<i64>, Option<i64>)> {
    (proptest::option::of(0..most), proptest::option::of(0..most)).prop_map(|(low, high)| match (low, high) {
        (Some(low), Some(high)) if low > high => (Some(high), Some(low)),
        bounds => bounds,
    })
}

fn tests() -> impl Strategy<Value = Ask1> {
    prop_oneof![
        globs().prop_map(Ask1::Glob),
        (0..=10_i64).prop_map(Ask1::Confidence),
        select(vec!["m1", "m2", "m3"]).prop_map(Ask1::Model),
        select(vec!["1", "3"]).prop_map(Ask1::ModelVersion),
        bounds(5).prop_map(|(from, to)| Ask1::Days(from, to)),
        select(vec!["x", "z"]).prop_map(Ask1::Job),
        (0..4_i64).prop_map(Ask1::Seed),
        values().prop_map(Ask1::Meta),
        bounds(4).prop_map(|(low, high)| Ask1::MetaRange(low, high)),
        bounds(8).prop_map(|(low, high)| Ask1::Lengths(low, high)),
    ]
}

fn trees() -> impl Strategy<Value = Tree> {
    let operators = || select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let fields = || select(vec!["length", "confidence", "model", "model_version", "job", "seed", "metadata.k"]);
    let leaf = prop_oneof![
        (select(vec!["length", "confidence", "seed", "metadata.k"]), operators(), 0..6_i64)
            .prop_map(|(field, operator, n)| Tree::Number(field, operator, n)),
        (select(vec!["model", "job", "metadata.k", "model_version"]), operators(), select(vec!["m1", "x", "u", "2"]))
            .prop_map(|(field, operator, t)| Tree::Text(field, operator, t)),
        globs().prop_map(Tree::Glob),
        (select(vec!["seed", "metadata.k"]), proptest::collection::vec(0..4_i64, 1..4))
            .prop_map(|(field, numbers)| Tree::Among(field, numbers)),
        (select(vec!["length", "seed", "metadata.k"]), 0..4_i64, 0..3_i64)
            .prop_map(|(field, low, more)| Tree::Between(field, low, low + more)),
        (select(vec!["job", "metadata.k"]), select(vec!["", "u", "x"]))
            .prop_map(|(field, start)| Tree::Starts(field, start)),
        fields().prop_map(Tree::Missing),
        fields().prop_map(Tree::Null),
        (operators(), 0..5_i64).prop_map(|(operator, day)| Tree::Day(operator, day)),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
            (any::<bool>(), inner.clone(), inner).prop_map(|(and, a, b)| Tree::Both(and, Box::new(a), Box::new(b))),
        ]
    })
}

pub(super) fn asks() -> impl Strategy<Value = Ask> {
    let fields =
        vec!["id", "length", "confidence", "model", "model_version", "job", "seed", "created_at", "metadata.k"];
    let order = proptest::option::of((select(fields), any::<bool>()));
    let parts = (
        proptest::collection::vec(tests(), 0..3),
        proptest::option::of(trees()),
        order,
        proptest::option::of(0..12_usize),
        0..5_usize,
    );
    parts.prop_map(|(tests, tree, order, limit, offset)| Ask { tests, tree, order, limit, offset })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn the_planned_answer_is_that_of_a_full_scan(rows in rows(), ask in asks(), able: bool) {
        let mut table = Table::new(rows);
        table.able = able;
        let criteria = Criteria::parse(&ask.render()).unwrap();
        let (total, expected) = ask.expected(&table.rows);
        let answer = run(&table, &criteria, Deadline::never()).unwrap();
        let found: Vec<String> = answer.hits.iter().map(|hit| hit.id.clone()).collect();
        prop_assert_eq!(found, expected, "{}\n{:?}", answer.explanation, ask.render());
        prop_assert_eq!(count(&table, &criteria, Deadline::never()).unwrap(), total as u64);
    }

    #[test]
    fn declared_indexes_change_no_answer(rows in rows(), ask in asks(), able: bool) {
        let mut table = Table::new(rows);
        table.able = able;
        table.declared = vec![Field::Metadata("k".into()), Field::Seed];
        let criteria = Criteria::parse(&ask.render()).unwrap();
        let (total, expected) = ask.expected(&table.rows);
        let answer = run(&table, &criteria, Deadline::never()).unwrap();
        let found: Vec<String> = answer.hits.iter().map(|hit| hit.id.clone()).collect();
        prop_assert_eq!(found, expected, "{}\n{:?}", answer.explanation, ask.render());
        prop_assert_eq!(count(&table, &criteria, Deadline::never()).unwrap(), total as u64, "{}", answer.explanation);
    }

    #[test]
    fn prefixes_and_literals_stand_in_every_match(glob in globs(), sequence in "[ACX]{1,6}(:[ACX]{1,4})?") {
        let pattern = Pattern::parse(&glob).unwrap();
        prop_assert_eq!(pattern.matches(&sequence), glob_matches(&glob, &sequence));
        if pattern.matches(&sequence) {
            prop_assert!(sequence.split(':').any(|chain| chain.starts_with(&pattern.literal_prefix())));
            for literal in pattern.literals() {
                prop_assert!(sequence.split(':').any(|chain| chain.contains(&literal)), "{}", literal);
            }
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,40}", code in "[\\[\\]{}()<>,.:x*?!A-D0-9 '=andotrinismg-]{0,40}") {
        for text in [text, code] {
            let _ = Pattern::parse(&text);
            let _ = Pattern::prosite(&text);
            let _ = Pattern::regular(&text);
            let _ = crate::query::expression::parse(&text);
            let _ = crate::query::Moments::read(&text);
        }
    }
}
