//! Tokens to a condition, by recursive descent; each function is one rule of the grammar.

use std::cmp::Ordering;

use super::super::condition::{Check, Comparison, Condition};
use super::super::literal::Literal;
use super::super::moment;
use super::super::pattern::{Pattern, fault};
use super::super::{Field, FieldType};
use super::MAX_DEPTH;
use super::token::{Kind, Token};
use crate::error::{Error, Result};
use crate::record::Value;

const TESTS: &str = "== != < <= > >=, in [..], between .. and .., is null, is missing; for sequence also glob, \
                     matches, prosite";

/// Parses a whole expression.
///
/// # Errors
/// `Query` with the place of the fault.
pub(super) fn parse(text: &str, tokens: Vec<Token>) -> Result<Condition> {
    let mut parser = Parser { text, tokens, next: 0, depth: 0 };
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
                () if self.word("null") => Check::IsNull,
                () if self.word("missing") => Check::IsMissing,
                () => return Err(self.fault("'is' asks for null or missing", "is null, is not null, is missing")),
            };
            return Ok(negate(negated, Condition::test(field, check)));
        }
        if let Some(comparison) = self.comparison() {
            let ordered = !matches!(comparison, Comparison::Equal | Comparison::Different);
            let literal = self.literal(&field, ordered)?;
            return Ok(Condition::test(field, Check::Compare(comparison, literal)));
        }
        let negated = self.word("not");
        let check = self.word_test(&field)?;
        Ok(negate(negated, Condition::test(field, check)))
    }

    /// `in`, `between`, and the patterns.
    fn word_test(&mut self, field: &Field) -> Result<Check> {
        if self.word("in") {
            return self.list(field).map(Check::In);
        }
        if self.word("between") {
            return self.between(field);
        }
        let at = self.at();
        let parse = match () {
            () if self.word("glob") => Pattern::glob,
            () if self.word("matches") => Pattern::regular,
            () if self.word("prosite") => Pattern::prosite,
            () => return Err(self.fault(&format!("a test of {field} is needed"), TESTS)),
        };
        if *field != Field::Sequence {
            return Err(fault(self.text, at, &format!("{field} has no patterns"), "sequence glob 'M*K'"));
        }
        let at = self.at();
        match self.take() {
            Some(Kind::Text(text)) => parse(&text)
                .map(Check::Matches)
                .map_err(|error| error.context(format!("pattern at character {}", at + 1))),
            _ => Err(fault(self.text, at, "a pattern is needed", "a pattern between quotes: 'M*K'")),
        }
    }

    fn list(&mut self, field: &Field) -> Result<Vec<Literal>> {
        const ALLOWED: &str = "a list in brackets: ['a', 'b']";
        self.expect("[", ALLOWED)?;
        let mut literals = vec![self.literal(field, false)?];
        while self.symbol(",") {
            literals.push(self.literal(field, false)?);
        }
        self.expect("]", ALLOWED)?;
        Ok(literals)
    }

    fn between(&mut self, field: &Field) -> Result<Check> {
        const ALLOWED: &str = "between a and b, of one type, a not above b";
        let at = self.at();
        let low = self.literal(field, true)?;
        if !self.word("and") {
            return Err(self.fault("'and' and the upper bound are needed", ALLOWED));
        }
        let high = self.literal(field, true)?;
        match order(&low, &high) {
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

    /// A value that the field can be compared with; `ordered` asks for one that has an order.
    fn literal(&mut self, field: &Field, ordered: bool) -> Result<Literal> {
        let at = self.at();
        let value = match self.take() {
            Some(Kind::Number(value)) => value,
            Some(Kind::Text(text)) => Value::Text(text),
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("true") => Value::Bool(true),
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("false") => Value::Bool(false),
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("null") => Value::Null,
            Some(Kind::Word(_)) => {
                return Err(fault(
                    self.text,
                    at,
                    "a value is needed",
                    "a text between quotes, a number, true, false, null",
                ));
            }
            _ => return Err(fault(self.text, at, "a value is needed", "a number, 'text', true, false, null")),
        };
        let literal = Literal::written(value);
        fits(field, &literal, ordered).map_err(|allowed| {
            fault(self.text, at, &format!("{field} cannot be compared with {literal} so"), allowed)
        })?;
        Ok(literal)
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

/// What would have been allowed, where a value is no match for a field.
fn fits(field: &Field, literal: &Literal, ordered: bool) -> Result<(), &'static str> {
    if *literal.value() == Value::Null {
        return if ordered { Err("== null, != null, is null; null has no order") } else { Ok(()) };
    }
    match field.value_type() {
        FieldType::Text if literal.text().is_none() => Err("a text between quotes"),
        FieldType::Number if literal.number().is_none() => Err("a number"),
        FieldType::Time if literal.moments().is_none() => Err(moment::ALLOWED),
        FieldType::Any if ordered && matches!(literal.value(), Value::Bool(_)) => Err("numbers, texts and dates"),
        _ => Ok(()),
    }
}

/// The order of two bounds; dates by the first moment of each.
fn order(low: &Literal, high: &Literal) -> Option<Ordering> {
    match (low.moments(), high.moments()) {
        (Some(low), Some(high)) => Some(low.first.cmp(&high.last)),
        _ => low.value().compare(high.value()),
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
