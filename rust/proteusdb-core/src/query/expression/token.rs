//! The text of an expression as tokens, each with its place.

use super::super::pattern::fault;
use crate::error::Result;
use crate::record::Value;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name or a word of the grammar.
    Word(String),
    /// What stood between quotes.
    Text(String),
    /// A number.
    Number(Value),
    /// An operator or a bracket.
    Symbol(&'static str),
}

/// A token and the character it begins at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// Counted from 0.
    pub(super) at: usize,
    /// What it is.
    pub(super) kind: Kind,
}

/// Longer ones first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 12] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", "."];

/// What other languages write, and what it is here.
const FOREIGN: [(&str, &str, &str); 9] = [
    ("<>", "'<>'", "!= for different"),
    ("&&", "'&&'", "and"),
    ("||", "'||'", "or"),
    ("=~", "'=~'", "matches for a regular expression"),
    ("~", "'~'", "matches for a regular expression"),
    ("=", "a single '='", "== to compare"),
    ("!", "a single '!'", "not, != for different"),
    ("%", "'%'", "texts between quotes"),
    ("`", "a backquote", "names as they are, texts between ' or \""),
];

/// Cuts the text into tokens.
///
/// # Errors
/// `Query` at the character that begins no token.
pub(super) fn read(text: &str) -> Result<Vec<Token>> {
    let letters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(&letter) = letters.get(at) {
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let rest = letters.get(at..).unwrap_or_default();
        let (kind, length) = next(rest).map_err(|(problem, allowed)| fault(text, at, problem, allowed))?;
        tokens.push(Token { at, kind });
        at += length;
    }
    Ok(tokens)
}

type Fault = (&'static str, &'static str);

/// The token that begins here, and how many characters it has.
fn next(rest: &[char]) -> Result<(Kind, usize), Fault> {
    let first = rest.first().copied().unwrap_or(' ');
    if first == '\'' || first == '"' {
        return quoted(rest, first);
    }
    if first.is_ascii_digit() || first == '-' {
        return number(rest);
    }
    if first.is_alphabetic() || first == '_' {
        let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
        let length = word.chars().count();
        return Ok((Kind::Word(word), length));
    }
    let starts = |symbol: &str| symbol.chars().zip(rest).filter(|(a, b)| a == *b).count() == symbol.len();
    let foreign = FOREIGN.iter().find(|(symbol, ..)| starts(symbol));
    match (SYMBOLS.iter().find(|symbol| starts(symbol)), foreign) {
        (Some(symbol), foreign) if foreign.is_none_or(|(longer, ..)| longer.len() <= symbol.len()) => {
            Ok((Kind::Symbol(symbol), symbol.len()))
        }
        (_, Some((_, problem, allowed))) => Err((problem, allowed)),
        _ => Err(("a character that has no meaning here", "names, numbers, 'texts', == != < <= > >=, ( ), [ ]")),
    }
}

fn quoted(rest: &[char], quote: char) -> Result<(Kind, usize), Fault> {
    let (mut text, mut at) = (String::new(), 1);
    while let Some(&letter) = rest.get(at) {
        if letter == quote {
            if rest.get(at + 1) != Some(&quote) {
                return Ok((Kind::Text(text), at + 1));
            }
            at += 1;
        }
        text.push(letter);
        at += 1;
    }
    Err(("the text is not closed", "a text between quotes, with a quote inside doubled: 'it''s'"))
}

fn number(rest: &[char]) -> Result<(Kind, usize), Fault> {
    const ALLOWED: &str = "a number: 5, -0.5, 1e-3; a name that begins with a digit between quotes";
    let mut shown = String::new();
    for &letter in rest {
        let sign = (letter == '-' || letter == '+') && (shown.is_empty() || shown.ends_with(['e', 'E']));
        if !(letter.is_alphanumeric() || letter == '_' || letter == '.' || sign) {
            break;
        }
        shown.push(letter);
    }
    let digits = |text: &str| text.strip_prefix('-').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit());
    let value = match (shown.parse::<i64>(), shown.parse::<f64>()) {
        (Ok(whole), _) => Value::Int(whole),
        (_, Ok(broken)) if broken.is_finite() && digits(&shown) => Value::Float(broken),
        _ => return Err(("this is no number", ALLOWED)),
    };
    Ok((Kind::Number(value), shown.chars().count()))
}
