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
        "0.5 <= confidence < 0.9 and not 5 != length",
        "metadata.tags contains 'x' or 'y' not in metadata.tags and metadata.n not exists",
        "job glob 'screen-[a-c]*' and metadata.note matches '(?i)run [0-9]+' and id in ('a', 'b')",
        "chain_types contains 'rna' and chains >= 2 and structure is missing and 'pae' in arrays",
        "created_at > '7 days ago' and metadata.x is none",
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
    refused("structure == true", 14, "structure cannot be compared");
    refused("arrays == 'pae'", 11, "allowed: contains 'name', exists");
    refused("arrays contains 1", 17, "arrays cannot contain 1");
    refused("chain_types glob 'r*'", 13, "chain_types has no patterns");
    refused("seed glob 'A'", 6, "seed has no patterns");
    refused("job prosite 'A'", 5, "prosite is for the sequence");
    refused("job glob 'a[b'", 2, "pattern at character 10: character 2: the class is not closed");
    refused("length contains 5", 17, "length cannot contain 5");
    refused("sequence contains 'GAG'", 19, "sequence cannot contain 'GAG'");
    refused("'a' job", 5, "a comparison must follow a value");
    refused("5 < job", 1, "job cannot be compared with 5 so");
    refused("length > 5 < 9", 12, "should end here");
    refused("sequence glob A", 15, "a pattern is needed");
    refused("sequence glob 'A1'", 2, "pattern at character 15: character 2: '1'");
    refused("job is 5", 8, "'is' asks for null or missing");
}

#[test]
fn what_other_languages_write_is_told_what_it_is_here() {
    for (text, meant) in [
        ("job like 'a%'", "did you mean glob"),
        ("job startswith 'a'", "did you mean glob 'begin*'"),
        ("job regexp 'a'", "did you mean matches"),
        ("job contians 'a'", "did you mean \"contains\""),
        ("seed beetween 1 and 2", "did you mean \"between\""),
        ("seed <> 1", "!= for different"),
        ("seed == 1 && rank == 1", "allowed: and"),
        ("seed == 1 || rank == 1", "allowed: or"),
        ("job =~ 'a'", "matches for a regular expression"),
        ("!seed == 1", "allowed: not"),
        ("organism == 'a'", "a key of the metadata is metadata.organism"),
        ("job == screen", "did you mean 'screen'"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.message().contains(meant), "{text}: {error}");
        assert!(error.message().contains("\n  "), "{text}: {error}");
    }
}

#[test]
fn a_literal_may_stand_first() {
    assert_eq!(read("5 < length"), "length > 5");
    assert_eq!(read("not 5 < length <= 9"), "not (length > 5 and length <= 9)");
    assert_eq!(read("'a' == job and true != metadata.x"), "job == 'a' and metadata.x != true");
    assert_eq!(read("'x' in metadata.tags"), "metadata.tags contains 'x'");
    assert_eq!(read("metadata.x exists or job not exists"), "not metadata.x is missing or job is missing");
    assert_eq!(read("seed in (1, 2)"), "seed in [1, 2]");
}

#[test]
fn lists_and_patterns_are_bounded() {
    let list = |n: usize| format!("seed in [{}]", vec!["1"; n].join(","));
    assert!(parse(&list(MAX_LIST)).is_ok());
    refused(&list(MAX_LIST + 1), 10 + 2 * MAX_LIST, "the list is too long");
    let many = |n: usize| vec!["job glob 'a*'"; n].join(" or ");
    assert!(parse(&many(MAX_PATTERNS)).is_ok());
    assert!(parse(&many(MAX_PATTERNS + 1)).unwrap_err().message().contains("too many patterns"));
    let large = format!("sequence matches '{}'", "(A{900}){900}");
    assert!(parse(&large).unwrap_err().message().contains("too large"));
    assert!(parse(&format!("sequence prosite 'A({})'", 1_001)).unwrap_err().message().contains("counts"));
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
