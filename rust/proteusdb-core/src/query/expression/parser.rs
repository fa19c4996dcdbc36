//! Tokens to a condition, by recursive descent; each function is one rule of the grammar.

use std::cmp::Ordering;

use super::super::condition::{Check, Comparison, Condition};
use super::super::literal::Literal;
use super::super::pattern::{Pattern, TextPattern, fault};
use super::super::suggest::did_you_mean;
use super::super::{Field, FieldType};
use super::token::{Kind, Token};
use super::{MAX_DEPTH, MAX_LIST, MAX_PATTERNS, literal};
use crate::error::{Error, Result};

const TESTS: &str = "== != < <= > >=, in [..], between .. and .., is null, is missing, exists, contains, glob, \
                     matches; for sequence also prosite";
/// The words that may follow a field.
const WORDS: [&str; 9] = ["in", "between", "is", "not", "exists", "contains", "glob", "matches", "prosite"];
/// What other languages call them.
const FOREIGN: [(&str, &str); 12] = [
    ("like", "glob, with * for % and ? for _"),
    ("ilike", "matches '(?i)...'"),
    ("regexp", "matches"),
    ("regex", "matches"),
    ("re", "matches"),
    ("startswith", "glob 'begin*'"),
    ("endswith", "glob '*end'"),
    ("has", "contains"),
    ("includes", "contains"),
    ("eq", "=="),
    ("equals", "=="),
    ("ne", "!="),
];

/// Parses a whole expression.
///
/// # Errors
/// `Query` with the place of the fault.
pub(super) fn parse(text: &str, tokens: Vec<Token>) -> Result<Condition> {
    let mut parser = Parser { text, tokens, next: 0, depth: 0, patterns: 0 };
    let condition = parser.or()?;
    match parser.peek() {
        None => Ok(condition),
        Some(_) => Err(parser.fault("the expression should end here", "and, or, or nothing more")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    patterns: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Condition> {
        let mut any = vec![self.and()?];
        while self.word("or") {
            any.push(self.and()?);
        }
        Ok(single(any, Condition::Or))
    }

    fn and(&mut self) -> Result<Condition> {
        let mut all = vec![self.not()?];
        while self.word("and") {
            all.push(self.not()?);
        }
        Ok(single(all, Condition::And))
    }

    fn not(&mut self) -> Result<Condition> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("too deep", &format!("{MAX_DEPTH} levels of not and parentheses")));
        }
        let condition = if self.word("not") {
            Condition::Not(Box::new(self.not()?))
        } else if self.symbol("(") {
            let inner = self.or()?;
            self.expect(")", "and, or, or ')' to close")?;
            inner
        } else if literal::begins(self.peek()) {
            self.turned()?
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn test(&mut self) -> Result<Condition> {
        let field = self.field()?;
        if self.word("is") {
            let negated = self.word("not");
            let check = match () {
                () if self.word("null") || self.word("none") => Check::IsNull,
                () if self.word("missing") => Check::IsMissing,
                () => return Err(self.fault("'is' asks for null or missing", "is null, is not null, is missing")),
            };
            return Ok(negate(negated, Condition::test(field, check)));
        }
        if let Some(comparison) = self.comparison() {
            return self.compared(field, comparison);
        }
        let negated = self.word("not");
        if self.word("exists") {
            return Ok(negate(!negated, Condition::test(field, Check::IsMissing)));
        }
        let check = self.word_test(&field)?;
        Ok(negate(negated, Condition::test(field, check)))
    }

    /// What follows `field compare`.
    fn compared(&mut self, field: Field, comparison: Comparison) -> Result<Condition> {
        let at = self.at();
        let literal = self.value()?;
        self.check_fit(at, &field, &literal, comparison.is_ordered())?;
        Ok(Condition::test(field, Check::Compare(comparison, literal)))
    }

    /// A test that begins with its literal: `5 < length <= 9`, `'x' in metadata.tags`.
    fn turned(&mut self) -> Result<Condition> {
        let at = self.at();
        let literal = self.value()?;
        if let Some(comparison) = self.comparison() {
            let field = self.field()?;
            self.check_fit(at, &field, &literal, comparison.is_ordered())?;
            let first = Condition::test(field.clone(), Check::Compare(comparison.turned(), literal));
            return match self.comparison() {
                Some(second) => Ok(Condition::And(vec![first, self.compared(field, second)?])),
                None => Ok(first),
            };
        }
        let negated = self.word("not");
        if !self.word("in") {
            return Err(self.fault("a comparison must follow a value", "== != < <= > >= or in, and then a field"));
        }
        let field = self.field()?;
        let check = self.contains(at, &field, literal)?;
        Ok(negate(negated, Condition::test(field, check)))
    }

    /// `in`, `between`, `contains`, and the patterns.
    fn word_test(&mut self, field: &Field) -> Result<Check> {
        let at = self.at();
        match () {
            () if self.word("in") => self.list(field).map(Check::In),
            () if self.word("between") => self.between(field),
            () if self.word("contains") => {
                let at = self.at();
                let literal = self.value()?;
                self.contains(at, field, literal)
            }
            () if self.word("glob") => self.pattern(field, at, Pattern::glob, TextPattern::glob),
            () if self.word("matches") => self.pattern(field, at, Pattern::regular, TextPattern::regular),
            () if self.word("prosite") && *field == Field::Sequence => {
                self.pattern(field, at, Pattern::prosite, TextPattern::regular)
            }
            () => Err(self.no_test(at, field)),
        }
    }

    /// That no test of the field stands at `at`, with what it may have been meant for.
    fn no_test(&self, at: usize, field: &Field) -> Error {
        let hint = match self.tokens.iter().find(|token| token.at == at).map(|token| &token.kind) {
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("prosite") => {
                "; prosite is for the sequence".to_owned()
            }
            Some(Kind::Word(word)) => {
                let word = word.to_ascii_lowercase();
                let foreign = FOREIGN.iter().find(|(name, _)| *name == word);
                foreign.map_or_else(|| did_you_mean(&word, WORDS), |(_, here)| format!("; did you mean {here}"))
            }
            _ => String::new(),
        };
        fault(self.text, at, &format!("a test of {field} is needed{hint}"), TESTS)
    }

    fn contains(&self, at: usize, field: &Field, literal: Literal) -> Result<Check> {
        match literal::can_contain(field, &literal) {
            Ok(()) => Ok(Check::Contains(literal)),
            Err(allowed) => Err(fault(self.text, at, &format!("{field} cannot contain {literal}"), allowed)),
        }
    }

    /// The pattern after an operator that stood at `at`.
    fn pattern(
        &mut self,
        field: &Field,
        at: usize,
        of_residues: fn(&str) -> Result<Pattern>,
        of_text: fn(&str) -> Result<TextPattern>,
    ) -> Result<Check> {
        if !matches!(field.value_type(), FieldType::Text | FieldType::Any) {
            let allowed = "glob and matches for texts; for numbers and dates ==, <, between";
            return Err(fault(self.text, at, &format!("{field} has no patterns"), allowed));
        }
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            let allowed = format!("{MAX_PATTERNS} patterns; a regular expression may hold many: 'a|b|c'");
            return Err(fault(self.text, at, "too many patterns", &allowed));
        }
        let at = self.at();
        let Some(Kind::Text(text)) = self.take() else {
            return Err(fault(self.text, at, "a pattern is needed", "a pattern between quotes: 'M*K'"));
        };
        let check = match field {
            Field::Sequence => of_residues(&text).map(Check::Matches),
            _ => of_text(&text).map(Check::Reads),
        };
        check.map_err(|error| error.context(format!("pattern at character {}", at + 1)))
    }

    fn list(&mut self, field: &Field) -> Result<Vec<Literal>> {
        const ALLOWED: &str = "a list in brackets: ['a', 'b']";
        let close = if self.symbol("(") { ")" } else { "]" };
        if close == "]" {
            self.expect("[", ALLOWED)?;
        }
        let mut literals = Vec::new();
        loop {
            let at = self.at();
            if literals.len() == MAX_LIST {
                return Err(fault(self.text, at, "the list is too long", &format!("{MAX_LIST} values in one list")));
            }
            let literal = self.value()?;
            self.check_fit(at, field, &literal, false)?;
            literals.push(literal);
            if !self.symbol(",") {
                break;
            }
        }
        self.expect(close, ALLOWED)?;
        Ok(literals)
    }

    fn between(&mut self, field: &Field) -> Result<Check> {
        const ALLOWED: &str = "between a and b, of one type, a not above b";
        let at = self.at();
        let low = self.value()?;
        self.check_fit(at, field, &low, true)?;
        if !self.word("and") {
            return Err(self.fault("'and' and the upper bound are needed", ALLOWED));
        }
        let second = self.at();
        let high = self.value()?;
        self.check_fit(second, field, &high, true)?;
        match literal::order(&low, &high) {
            Some(Ordering::Greater) => Err(fault(self.text, at, "the lower bound is above the upper one", ALLOWED)),
            None => Err(fault(self.text, at, "the bounds are of different types", ALLOWED)),
            Some(_) => Ok(Check::Between(Some(low), Some(high))),
        }
    }

    fn field(&mut self) -> Result<Field> {
        let at = self.at();
        let problem = |problem: &str| fault(self.text, at, problem, &Field::allowed());
        let Some(Kind::Word(mut name)) = self.peek().cloned() else {
            return Err(problem("a field is needed"));
        };
        self.next += 1;
        while self.symbol(".") {
            match self.take() {
                Some(Kind::Word(step) | Kind::Text(step)) => name = format!("{name}.{step}"),
                _ => {
                    return Err(fault(self.text, at, "the path is not complete", "metadata.name, metadata.'any name'"));
                }
            }
        }
        Field::find(&name).map_err(|problem| fault(self.text, at, &problem, &Field::allowed()))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        use Comparison::{AtLeast, AtMost, Different, Equal, Greater, Less};
        [Equal, Different, Less, AtMost, Greater, AtLeast].into_iter().find(|known| self.symbol(known.symbol()))
    }

    /// A literal.
    fn value(&mut self) -> Result<Literal> {
        let at = self.at();
        literal::read(self.take()).map_err(|problem| fault(self.text, at, &problem, literal::ALLOWED))
    }

    /// That a literal can be compared with the field; `ordered` asks for one that has an order.
    fn check_fit(&self, at: usize, field: &Field, literal: &Literal, ordered: bool) -> Result<()> {
        literal::fits(field, literal, ordered)
            .map_err(|allowed| fault(self.text, at, &format!("{field} cannot be compared with {literal} so"), allowed))
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn take(&mut self) -> Option<Kind> {
        let kind = self.peek().cloned();
        self.next += 1;
        kind
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Kind::Word(given)) if given.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Kind::Symbol(given)) if *given == symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str, allowed: &str) -> Result<()> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.fault(&format!("'{symbol}' is needed"), allowed)) }
    }

    /// The character the next token begins at, or the end.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or_else(|| self.text.chars().count(), |token| token.at)
    }

    fn fault(&self, problem: &str, allowed: &str) -> Error {
        fault(self.text, self.at(), problem, allowed)
    }
}

fn single(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn negate(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}
