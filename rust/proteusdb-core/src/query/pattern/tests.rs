//! What patterns match, what they refuse, and that no pattern is slow.

use super::piece::steps;
use super::*;
use crate::error::Kind;

fn yes(pattern: &str, sequences: &[&str]) {
    let parsed = Pattern::parse(pattern).unwrap();
    sequences.iter().for_each(|sequence| assert!(parsed.matches(sequence), "{pattern} matches {sequence}"));
}

fn no(pattern: &str, sequences: &[&str]) {
    let parsed = Pattern::parse(pattern).unwrap();
    sequences.iter().for_each(|sequence| assert!(!parsed.matches(sequence), "{pattern} does not match {sequence}"));
}

fn refused(pattern: &str, character: usize, problem: &str) {
    let error = Pattern::parse(pattern).unwrap_err();
    assert_eq!(error.kind(), Kind::Query);
    let message = error.message();
    assert!(message.contains(problem), "{pattern}: {message}");
    assert!(message.contains(&format!("character {character}: ")), "{pattern}: {message}");
    assert!(message.contains("allowed"), "{pattern}: {message}");
}

#[test]
fn a_glob_without_colon_matches_one_whole_chain() {
    yes("MLS*", &["MLS", "MLSK", "AAA:MLSK", "MLS:G"]);
    no("MLS*", &["AMLS", "ML", "ML:S", "M:LS"]);
    yes("mls", &["MLS", "G:MLS"]);
    no("MLS", &["MLSK", "MLSMLS", ""]);
    yes("*K", &["K", "AAK", "AAK:G"]);
    yes("*", &["", "A", "A:C"]);
    yes("M?K", &["MXK", "MMK"]);
    no("M?K", &["MK", "M:K", "MAAK"]);
}

#[test]
fn a_glob_with_colon_matches_the_whole_sequence_chain_by_chain() {
    yes("M*:G*", &["MK:G", "M:GGG"]);
    no("M*:G*", &["MK", "MK:A", "MK:G:A", "A:MK:G", "MAG"]);
    yes("*:*", &["A:C"]);
    no("*:*", &["A", "A:C:D"]);
    no("[!P]:?", &["A", "P:A", "A:CC"]);
}

#[test]
fn no_wildcard_or_class_matches_the_break_between_chains() {
    no("A*C", &["A:C", "AA:CC"]);
    no("A?C", &["A:C"]);
    no("A[!P]C", &["A:C"]);
    no("re:A.C", &["A:C"]);
    no("re:A[^P]C", &["A:C"]);
    no("re:AC", &["A:C"]);
    no("prosite:A-x-C", &["A:C"]);
    no("prosite:A-{P}-C", &["A:C"]);
}

#[test]
fn pieces_between_stars_stand_in_order_without_overlap() {
    yes("*AB*BC*", &["ABBC", "XABXBCX"]);
    no("*AB*BC*", &["ABC", "BCAB"]);
    yes("A*A", &["AA", "AXA"]);
    no("A*A", &["A"]);
    yes("A**[ST]?*C", &["ASGC", "AAATTTC"]);
    no("A**[ST]?*C", &["ASC", "SGC"]);
}

#[test]
fn ambiguous_residues_match_only_themselves_wildcards_and_negated_classes() {
    no("A", &["X", "B", "Z"]);
    no("[DN]", &["B"]);
    no("[EQ]", &["Z"]);
    for pattern in ["?", "*", "[!P]", "prosite:x", "prosite:{P}", "re:."] {
        yes(pattern, &["X", "B", "Z"]);
    }
    yes("X", &["X"]);
    no("X", &["A"]);
    yes("[BX]", &["B", "X"]);
    no("prosite:[DN]", &["B"]);
    yes("prosite:[AX]", &["X"]);
    no("prosite:[AX]", &["C"]);
}

#[test]
fn a_regular_expression_matches_anywhere_within_one_chain() {
    yes("re:kk", &["AKKA", "A:KK"]);
    yes("re:^M.{2,3}K$", &["MAAK", "G:MAAAK"]);
    no("re:^M.{2,3}K$", &["MAK", "AMAAK", "MAAKA", "MA:AK"]);
    yes("re:(N[^P][ST]){2}", &["ANGSNGT"]);
}

#[test]
fn a_prosite_pattern_matches_anywhere_within_one_chain() {
    yes("prosite:N-{P}-[ST]-{P}", &["ANGSG", "K:NGTA"]);
    no("prosite:N-{P}-[ST]-{P}", &["NPSG", "NGSP", "NGS"]);
    yes("prosite:<A-x-[ST](2)-x(0,1)-V.", &["AGSTV", "AGSTGV", "K:AGTTV"]);
    no("prosite:<A-x-[ST](2)-x(0,1)-V.", &["GAGSTV", "AGSTGGV"]);
    yes("prosite:A(3)-x(2,4)-C>", &["AAAGGC", "AAAGGGGC"]);
    no("prosite:A(3)-x(2,4)-C>", &["AAAGGGGGC", "AAAGGCG", "AAGGC"]);
    yes("prosite:F-[GP>]", &["F", "AF", "FG", "FGA"]);
    no("prosite:F-[GP>]", &["FA"]);
    yes("prosite:[<M]-K", &["K", "AMK"]);
    no("prosite:[<M]-K", &["AK"]);
}

#[test]
fn faults_are_shown_at_their_place() {
    refused("MK[AG", 3, "the class is not closed");
    refused("MK1", 3, "'1' is no residue or wildcard");
    refused("M K", 2, "' ' is no residue");
    refused("[]", 1, "the class is empty");
    refused("A[!]", 2, "the class is empty");
    refused("[A-D]", 3, "no ranges");
    refused("[^P]", 2, "negated by !");
    refused(":A", 1, "the chain before ':' is empty");
    refused("A::C", 3, "the chain before ':' is empty");
    refused("A:", 3, "the chain after ':' is empty");
    refused("MÄ", 2, "no residue");
    refused("prosite:N-{P", 3, "the class is not closed");
    refused("prosite:N--P", 3, "'-' begins no element");
    refused("prosite:N-", 3, "an element is missing");
    refused("prosite:NP", 2, "an element is followed by");
    refused("prosite:x(4,2)", 2, "the counts are not possible");
    refused("prosite:x(2", 4, "the repeat is not closed");
    refused("prosite:x(,2)", 3, "a count is needed");
    refused("prosite:x(99999999999)", 3, "a count is needed");
    refused("prosite:<A-[G>]-C", 4, "an end of the chain in the midst");
    refused("prosite:[G>](2)", 5, "no repeat");
    refused("prosite:{>}", 2, "'>' is no residue");
    assert!(Pattern::parse("").unwrap_err().message().contains("the pattern is empty"));
    assert!(Pattern::parse("re:").unwrap_err().message().contains("the pattern is empty"));
    assert!(Pattern::parse("re:[A").unwrap_err().message().contains("unclosed character class"));
    assert!(Pattern::parse("re:(?=A)").unwrap_err().message().contains("linear time"));
}

#[test]
fn patterns_that_would_cost_too_much_are_refused() {
    for pattern in ["re:(A{1000}){1000}", "re:((A{100}){100}){100}", &format!("re:{}", "(".repeat(5_000))] {
        assert_eq!(Pattern::parse(pattern).unwrap_err().kind(), Kind::Query);
    }
    assert!(Pattern::parse(&"A".repeat(MAX_PATTERN_BYTES + 1)).unwrap_err().message().contains("at most"));
    let gaps = format!("prosite:{}", vec!["x(0,1000)"; 200].join("-"));
    assert!(Pattern::parse(&gaps).unwrap_err().message().contains("grows too large"));
}

#[test]
fn a_glob_never_backtracks() {
    let sequence = "A".repeat(10_000);
    for (pattern, most) in [
        (format!("{}C", "*A".repeat(5_000)), 20_000),
        (format!("{}*C", "*[AG]".repeat(5_000)), 20_000),
        (format!("*{}C*", "?".repeat(63)), 20_000),
        (format!("*{}C*", "[AG]".repeat(2_000)), 10_000 * 32 + 100),
        (format!("{}C", "?".repeat(9_999)), 20_000),
    ] {
        let parsed = Pattern::parse(&pattern).unwrap();
        steps::taken();
        assert!(!parsed.matches(&sequence));
        let taken = steps::taken();
        assert!(taken <= most, "{taken} steps, at most {most} are linear");
    }
}

#[test]
fn long_pieces_are_found_across_machine_words() {
    let piece = format!("[AG]{}", "C".repeat(130));
    let chain = format!("{}G{}{}", "T".repeat(77), "C".repeat(130), "T".repeat(9));
    yes(&format!("*{piece}*"), &[&chain]);
    yes(&format!("*{piece}T*T"), &[&chain]);
    no(&format!("*{piece}C*"), &[&chain]);
    no(&format!("*{piece}*{piece}*"), &[&chain]);
}

#[test]
fn prefixes_and_literals_are_what_every_match_has() {
    let cases: [(&str, &str, &[&str]); 9] = [
        ("mls*K?LL", "MLS", &["MLS", "K", "LL"]),
        ("*MLS*", "", &["MLS"]),
        ("M?", "M", &["M"]),
        ("M*:GGG*", "GGG", &["M", "GGG"]),
        ("[A]C*", "AC", &["AC"]),
        ("prosite:<M-K(2)-x-C(1,2)-D", "MKK", &["MKK", "C", "D"]),
        ("prosite:M-K", "", &["MK"]),
        ("prosite:<M-[G>]", "M", &["M"]),
        ("re:^MK", "", &["MK"]),
    ];
    for (text, prefix, literals) in cases {
        let pattern = Pattern::parse(text).unwrap();
        assert_eq!(pattern.literal_prefix(), prefix, "{text}");
        assert_eq!(pattern.literals(), literals, "{text}");
        assert_eq!(pattern.to_string(), text);
    }
}

#[test]
fn an_optional_residue_is_no_literal() {
    let pattern = Pattern::parse("prosite:A-C(0,1)-D").unwrap();
    assert_eq!(pattern.literals(), ["A", "D"]);
    assert!(pattern.matches("AD") && pattern.matches("ACD"));
}
