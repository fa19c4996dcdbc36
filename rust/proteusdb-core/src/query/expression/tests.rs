//! What `where` reads, how it groups, and what it refuses.

use super::*;
use crate::error::Kind;

/// The expression as it was understood.
fn read(text: &str) -> String {
    parse(text).unwrap().to_string()
}

fn refused(text: &str, character: usize, problem: &str) {
    let error = parse(text).unwrap_err();
    assert_eq!(error.kind(), Kind::Query);
    let message = error.message();
    assert!(message.contains(&format!("character {character}: ")), "{text}: {message}");
    assert!(message.contains(problem), "{text}: {message}");
    assert!(message.contains("allowed"), "{text}: {message}");
}

#[test]
fn and_binds_closer_than_or_and_not_closer_than_both() {
    assert_eq!(read("seed == 1 or seed == 2 and rank == 3"), "seed == 1 or (seed == 2 and rank == 3)");
    assert_eq!(read("(seed == 1 or seed == 2) and rank == 3"), "(seed == 1 or seed == 2) and rank == 3");
    assert_eq!(read("not seed == 1 and rank == 3"), "not seed == 1 and rank == 3");
    assert_eq!(read("not (seed == 1 and rank == 3)"), "not (seed == 1 and rank == 3)");
}

#[test]
fn what_is_shown_reads_as_the_same_again() {
    for text in [
        "length > 100 and metadata.organism == 'E. coli' and not sequence glob 'M*K'",
        "job in ['a', 'it''s', 'c'] or metadata.'my key'.ptm between -0.5 and 1e3",
        "created_at >= '2024-01-01' and metadata.flag == true",
        "job is null or not job is missing or metadata.x != null",
        "sequence prosite '<M-x(2,4)' or sequence matches '^M'",
        "not not (length == 1)",
    ] {
        let shown = read(text);
        assert_eq!(read(&shown), shown, "{text}");
    }
}

#[test]
fn words_are_read_in_either_case_and_quotes_of_both_kinds() {
    assert_eq!(read("job IN [\"a\"] AND NOT seed IS MISSING"), "job in ['a'] and not seed is missing");
    assert_eq!(read("job not in ['a'] and seed is not null"), "not job in ['a'] and not seed is null");
    assert_eq!(read("prediction_id=='a'and length<=-2"), "id == 'a' and length <= -2");
}

#[test]
fn faults_are_shown_at_their_place() {
    refused("", 1, "a field is needed");
    refused("length", 7, "a test of length is needed");
    refused("lenght > 1", 1, "did you mean \"length\"");
    refused("length = 1", 8, "a single '='");
    refused("length > 'a'", 10, "length cannot be compared with 'a' so");
    refused("job == 5", 8, "job cannot be compared with 5 so");
    refused("job == screen", 8, "a value is needed");
    refused("created_at > 'soon'", 14, "cannot be compared");
    refused("seed > null", 8, "null has no order");
    refused("metadata.x > true", 14, "cannot be compared");
    refused("(seed == 1", 11, "')' is needed");
    refused("seed == 1)", 10, "should end here");
    refused("seed == 1 rank == 2", 11, "should end here");
    refused("job in []", 9, "a value is needed");
    refused("job in ['a'", 12, "']' is needed");
    refused("job == 'a", 8, "the text is not closed");
    refused("seed between 2 and 1", 14, "the lower bound is above");
    refused("metadata.x between 1 and 'a'", 20, "of different types");
    refused("seed between 1", 15, "'and' and the upper bound");
    refused("metadata == 1", 1, "unknown field");
    refused("metadata. == 1", 1, "the path is not complete");
    refused("seed == 12abc", 9, "this is no number");
    refused("seed == -", 9, "this is no number");
    refused("seed == 1e999", 9, "this is no number");
    refused("seed ; 1", 6, "no meaning here");
    refused("job glob 'A'", 5, "job has no patterns");
    refused("sequence glob A", 15, "a pattern is needed");
    refused("sequence glob 'A1'", 2, "pattern at character 15: character 2: '1'");
    refused("job is 5", 8, "'is' asks for null or missing");
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = |levels: usize| format!("{}seed == 1{}", "(".repeat(levels), ")".repeat(levels));
    assert!(parse(&deep(MAX_DEPTH - 1)).is_ok());
    refused(&deep(MAX_DEPTH), MAX_DEPTH + 1, "too deep");
    refused(&format!("{}seed == 1", "not ".repeat(MAX_DEPTH)), 4 * MAX_DEPTH + 1, "too deep");
    let long = "x".repeat(MAX_BYTES + 1);
    assert!(parse(&long).unwrap_err().message().contains("at most 65536"));
    let wide = vec!["seed == 1"; 4_000].join(" or ");
    assert!(parse(&wide).is_ok());
}
