//! What a back end is told to ask of its columns finds every match, and the verifier of the rest gives the right answer.

use std::ops::ControlFlow;

use proptest::prelude::*;

use super::property::{asks, rows};
use super::*;
use crate::query::{Ask, Contest, End, Gather, Verifier};

/// What a column holds.
fn column(row: &Entry, field: &Field) -> Option<Value> {
    match field {
        Field::Id => Some(text(&row.id)),
        Field::Sequence => Some(text(&row.sequence)),
        Field::Length => Some(Value::Int(i64::from(row.length()))),
        Field::Confidence => row.confidence.map(Value::Float),
        Field::RankingScore => row.ranking_score.map(Value::Float),
        Field::Model => row.model.as_ref().map(|model| text(&model.name)),
        Field::ModelVersion => row.model.as_ref().and_then(|model| model.version.as_deref().map(text)),
        Field::Job => row.job.as_deref().map(text),
        Field::Seed => row.seed.map(Value::Int),
        Field::CreatedAt => Some(Value::Int(row.created_at)),
        Field::Version => Some(Value::Int(i64::from(row.version))),
        other => panic!("{other} is no column of these tests"),
    }
}

/// The question as an engine answers it, in the plainest way.
fn meets(row: &Entry, ask: &Ask) -> bool {
    match ask {
        Ask::In(field, values) => column(row, field).is_some_and(|found| values.contains(&found)),
        Ask::Range(field, low, high) => column(row, field).is_some_and(|found| {
            let beyond = |end: &End, outside| {
                end.as_ref().is_some_and(|(end, inside)| {
                    let order = found.compare(end).expect("values of the column's type");
                    order == outside || (!inside && order.is_eq())
                })
            };
            !beyond(low, std::cmp::Ordering::Less) && !beyond(high, std::cmp::Ordering::Greater)
        }),
        Ask::Null(field) => column(row, field).is_none(),
        Ask::Starts(start) => row.sequence.split(':').any(|chain| chain.starts_with(start.as_str())),
        Ask::Holds(texts) => texts.iter().all(|text| row.sequence.contains(text.as_str())),
        Ask::And(all) => all.iter().all(|ask| meets(row, ask)),
        Ask::Or(any) => any.iter().any(|ask| meets(row, ask)),
        Ask::Not(inner) => !meets(row, inner),
        Ask::Never => false,
    }
}

fn pushed(where_text: &str) -> (Ask, bool) {
    let push = criteria([("where", text(where_text))]).pushes().remove(0).expect("something to ask");
    (push.ask, push.exact)
}

fn at(value: Value, inside: bool) -> End {
    Some((value, inside))
}

#[test]
fn ends_are_those_of_the_column_s_type() {
    let length = |low, high| (Ask::Range(Field::Length, low, high), true);
    assert_eq!(pushed("length > 99.5"), length(at(Value::Int(100), true), None));
    assert_eq!(pushed("length > 99"), length(at(Value::Int(99), false), None));
    assert_eq!(pushed("length <= 99.5"), length(None, at(Value::Int(99), true)));
    assert_eq!(pushed("length < 1e300"), length(None, None));
    assert_eq!(pushed("length > 1e300"), (Ask::Never, true));
    assert_eq!(pushed("seed == 2.5"), (Ask::Never, true));
    assert_eq!(pushed("seed == 2.0"), (Ask::In(Field::Seed, vec![Value::Int(2)]), true));
    assert_eq!(pushed("confidence >= 1"), (Ask::Range(Field::Confidence, at(Value::Float(1.0), true), None), true));
    let (ask, exact) = pushed("ranking_score >= 9007199254740993");
    assert!(!exact, "no float is that number: {ask:?}");
    let day = 86_400_000_000;
    let created = |low, high| (Ask::Range(Field::CreatedAt, low, high), true);
    assert_eq!(pushed("created_at > '1970-01-01'"), created(at(Value::Int(day - 1), false), None));
    assert_eq!(pushed("created_at <= '1970-01-01'"), created(None, at(Value::Int(day - 1), true)));
    assert_eq!(pushed("created_at < '1970-01-02'"), created(None, at(Value::Int(day), false)));
}

#[test]
fn texts_that_begin_so_are_a_range_that_ends_before_the_next() {
    let job = |low: &str, high: Option<&str>, exact| {
        (Ask::Range(Field::Job, at(text(low), true), high.and_then(|high| at(text(high), false))), exact)
    };
    assert_eq!(pushed("job glob 'ab*'"), job("ab", Some("ac"), true));
    assert_eq!(pushed("job glob 'ab?'"), job("ab", Some("ac"), false));
    assert_eq!(pushed("job glob 'a\u{10ffff}*'"), job("a\u{10ffff}", Some("b"), true));
    assert_eq!(pushed("job glob '\u{d7ff}*'"), job("\u{d7ff}", Some("\u{e000}"), true));
    assert_eq!(pushed("job glob 'ab'"), (Ask::In(Field::Job, vec![text("ab")]), true));
}

#[test]
fn patterns_give_their_beginning_and_what_they_hold() {
    assert_eq!(pushed("sequence glob 'mls*'"), (Ask::Starts("MLS".into()), true));
    assert_eq!(pushed("sequence glob '*MLS*'"), (Ask::Holds(vec!["MLS".into()]), true));
    let both = Ask::And(vec![Ask::Starts("MLS".into()), Ask::Holds(vec!["KT".into()])]);
    assert_eq!(pushed("sequence glob 'MLS*KT?'"), (both, false));
    let long = "M".repeat(100);
    assert_eq!(pushed(&format!("sequence glob '{long}*'")), (Ask::Starts("M".repeat(64)), false));
    assert_eq!(pushed("sequence matches 'K.T'"), (Ask::Holds(vec!["K".into(), "T".into()]), false));
    assert_eq!(criteria([("where", text("sequence matches '[KT].'"))]).pushes(), [None]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn a_push_finds_every_match_and_an_exact_one_no_other(rows in rows(), ask in asks()) {
        let criteria = Criteria::parse(&ask.render()).unwrap();
        for (condition, push) in criteria.conditions().iter().zip(criteria.pushes()) {
            let Some(push) = push else { continue };
            for row in &rows {
                let (holds, met) = (condition.matches(row).unwrap(), meets(row, &push.ask));
                prop_assert!(met || !holds, "{condition} holds of {row:?}, and not {:?}", push.ask);
                prop_assert!(!push.exact || met == holds, "{condition} of {row:?}: {:?} is not exact", push.ask);
            }
        }
    }

    #[test]
    fn a_verifier_answers_as_a_full_scan(rows in rows(), ask in asks(), ordered in any::<bool>()) {
        let table = Table::new(rows);
        let criteria = Criteria::parse(&ask.render()).unwrap();
        let (total, expected) = ask.expected(&table.rows);
        let pushes: Vec<_> = criteria.pushes().into_iter().enumerate().filter_map(|(n, push)| Some((n, push?))).collect();
        let answered: Vec<usize> = pushes.iter().filter(|(_, push)| push.exact).map(|(n, _)| *n).collect();
        let mut led_to: Vec<&Entry> =
            table.rows.iter().filter(|row| pushes.iter().all(|(_, push)| meets(row, &push.ask))).collect();
        let ordered = ordered && criteria.order().is_by_id();
        if !ordered {
            led_to.reverse();
        }
        let feed = |gather| {
            let mut verifier = Verifier::new(criteria.clone(), answered.clone(), gather, Deadline::never());
            for row in &led_to {
                if verifier.offer(*row).unwrap() == ControlFlow::Break(()) {
                    break;
                }
            }
            verifier
        };
        let hits = feed(if ordered { Gather::Ordered } else { Gather::Sorted }).finish();
        prop_assert_eq!(hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>(), expected);
        prop_assert_eq!(feed(Gather::Count).matched(), total as u64);
        let contest = Contest::parse("confidence", "job").unwrap();
        let best = crate::query::best(&table, &criteria, &contest, Deadline::never()).unwrap().hits;
        let found = feed(Gather::Contest(contest)).finish();
        prop_assert_eq!(found, best);
    }
}
