//! The best row of each group.

use super::*;
use crate::query::{Contest, best};

fn table() -> Table {
    let row = |id: &str, sequence: &str, job: Option<&str>, score: Option<f64>, ptm: Value| Entry {
        job: job.map(str::to_owned),
        ranking_score: score,
        metadata: map([("scores", Value::Map(map([("ptm", ptm)])))]),
        ..Entry::new(id, sequence)
    };
    Table::new(vec![
        row("a", "MA", Some("x"), Some(-90.0), Value::Float(0.5)),
        row("b", "MA", Some("x"), Some(0.7), Value::Int(1)),
        row("c", "MC", Some("x"), Some(0.7), text("high")),
        row("d", "MC", Some("y"), None, Value::Float(0.1)),
        row("e", "MC", None, Some(0.9), Value::Null),
    ])
}

fn winners<const N: usize>(by: &str, per: &str, items: [(&str, Value); N]) -> Vec<String> {
    let answer = best(&table(), &criteria(items), &Contest::parse(by, per).unwrap(), Deadline::never()).unwrap();
    answer.hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn the_highest_score_wins_and_ties_go_to_the_smallest_id() {
    assert_eq!(winners("ranking_score", "job", []), ["b"]);
    assert_eq!(winners("ranking_score", "sequence", []), ["b", "e"]);
    assert_eq!(winners("metadata.scores.ptm", "sequence", []), ["b", "d"]);
    assert_eq!(winners("scores.ptm", "job", []), ["b", "d"]);
    assert_eq!(winners("confidence", "job", []), [""; 0], "no score, no candidate");
}

#[test]
fn criteria_choose_candidates_and_order_the_winners() {
    assert_eq!(winners("ranking_score", "job", [("where", text("ranking_score < 0"))]), ["a"]);
    assert_eq!(winners("ranking_score", "sequence", [("order_by", text("-id")), ("limit", Value::Int(1))]), ["e"]);
    assert_eq!(winners("ranking_score", "sequence", [("offset", Value::Int(1))]), ["e"]);
}

#[test]
fn wrong_contests_say_what_is_allowed() {
    let refused = |by, per| Contest::parse(by, per).unwrap_err().message().to_owned();
    assert_eq!(refused("confidence", "jobs"), "per=\"jobs\": unknown; did you mean \"job\"; allowed are job, sequence");
    assert!(refused("", "job").contains("ranking_score, confidence or a path"));
    assert!(refused("metadata.", "job").contains("allowed"));
}
