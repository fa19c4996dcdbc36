//! What criteria refuse, and how they say so.

use super::super::tests::{map, range, text};
use super::*;
use crate::error::Kind;

fn refused(name: &str, value: Value, expected: &[&str]) {
    let error = Criteria::parse(&map([(name, value)])).unwrap_err();
    assert_eq!(error.kind(), Kind::Query);
    for part in expected {
        assert!(error.message().contains(part), "{name}: {error}");
    }
}

fn list<const N: usize>(values: [Value; N]) -> Value {
    Value::List(values.into())
}

#[test]
fn an_unknown_name_gets_the_closest_one_and_the_list() {
    refused("modle_name", text("x"), &["unknown criterion \"modle_name\"", "did you mean \"model_name\"", "as_of"]);
    refused("colour", Value::Null, &["allowed are sequence_pattern, confidence_threshold"]);
}

#[test]
fn a_threshold_on_the_wrong_scale_is_told_the_right_one() {
    refused("confidence_threshold", Value::Int(80), &["80 was given", "did you mean 0.8", "pLDDT/100"]);
    refused("confidence_threshold", Value::Float(f64::NAN), &["NaN", "a number from 0 to 1"]);
    refused("confidence_threshold", Value::Float(-0.1), &["-0.1 was given", "from 0 to 1"]);
    refused("confidence_threshold", Value::Bool(true), &["a value of type bool was given"]);
    refused("confidence_threshold", text("0.8"), &["\"0.8\" was given"]);
}

#[test]
fn wrong_types_name_the_criterion_and_what_is_allowed() {
    refused("model_name", Value::Int(1), &["model_name: 1 was given", "a text"]);
    refused("job", text(""), &["job: \"\" was given", "not empty"]);
    refused("seed", Value::Float(1.0), &["seed: 1 was given", "a whole number"]);
    refused("sample", Value::Bool(true), &["sample: a value of type bool was given"]);
    refused("limit", Value::Int(-1), &["limit: -1 was given", "from 0"]);
    refused("offset", Value::Float(0.5), &["offset: 0.5 was given"]);
    refused("sequence_pattern", Value::List(vec![]), &["sequence_pattern: a value of type list was given"]);
    refused("sequence_pattern", text("MK1"), &["sequence_pattern: character 3", "\n  MK1\n    ^\n"]);
    refused("order_by", text("lenght"), &["order_by: unknown field", "did you mean \"length\""]);
    refused("where", text("length >"), &["where: character 9: a value is needed"]);
    refused("as_of", text("soon"), &["as_of: \"soon\" is no date"]);
}

#[test]
fn reversed_or_malformed_ranges_are_refused() {
    refused("date_range", list([text("2024-03-01"), text("2024-01-01")]), &["the start is after the end"]);
    refused("date_range", text("2024-03-01"), &["(start, end)"]);
    refused("date_range", list([text("2024-02-30"), Value::Null]), &["\"2024-02-30\" is no date", "2024-01-01"]);
    refused("date_range", list([Value::Int(5), Value::Null]), &["type int is no date"]);
    refused("date_range", list([Value::Null]), &["(start, end)"]);
    refused("length_range", list([Value::Int(9), Value::Int(3)]), &["9 is above 3"]);
    refused("length_range", list([Value::Int(-1), Value::Null]), &["-1 was given", "from 0"]);
    refused("length_range", list([Value::Float(1.5), Value::Null]), &["1.5 was given"]);
    let meta = |value| Value::Map(map([("t", value)]));
    refused("metadata", meta(range(Value::Int(2), Value::Int(1))), &["metadata \"t\"", "lower bound is above"]);
    refused("metadata", meta(range(Value::Int(2), text("x"))), &["different types"]);
    refused("metadata", meta(range(Value::Bool(true), Value::Null)), &["a value of type bool was given"]);
    refused("metadata", meta(Value::Float(f64::NAN)), &["NaN"]);
    refused("metadata", meta(meta(range(Value::Int(1), Value::Int(2)))), &["a range within", "dotted path"]);
    refused("metadata", meta(Value::Map(map([("$or", Value::Int(1))]))), &["begins with '$'"]);
    refused("metadata", Value::Map(map([("a..b", Value::Int(1))])), &["empty step"]);
    refused("metadata", text("x"), &["metadata: a value of type str was given"]);
}

#[test]
fn a_marked_tuple_is_a_pair_wherever_a_pair_is_wanted() {
    let plain = Criteria::parse(&map([("length_range", list([Value::Int(1), Value::Int(2)]))])).unwrap();
    let marked = Criteria::parse(&map([("length_range", range(Value::Int(1), Value::Int(2)))])).unwrap();
    assert_eq!(plain, marked);
}
