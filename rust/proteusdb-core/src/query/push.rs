//! What a back end may answer of a query by its own columns and indexes, in words that name no engine.
//!
//! ```text
//! confidence >= 0.9                 Range { confidence, from 0.9 }                         exact
//! length > 99.5                     Range { length, from 100 }                             exact: a whole number
//! created_at <= '2024-01-01'        Range { created_at, to the last µs of the day }        exact
//! sequence glob 'MLS*K[AG]T*'       Starts "MLS" and Holds ["K", "T"]                      a superset
//! job == 'a' or seed in [1, 2]      Or [In { job }, In { seed }]                           exact
//! metadata.t > 290                  nothing here; an index on the field has its spans      `Criteria::within`
//! ```
//!
//! Invariants: every row that meets the condition meets the ask; where it is exact, every row that meets the ask meets the
//! condition, and the verifier need not ask it again. A column without a value meets no `In` and no `Range`, also not one
//! without ends, and `Not` turns plain truth round: what is not there does not hold.

use super::condition::{Check, Comparison, Condition};
use super::cover;
use super::literal::Literal;
use super::{Criteria, Field, FieldType, Pattern, TextPattern, ordered};
use crate::record::Value;

/// How many residues of a chain an index on its beginning holds.
pub const START: usize = 64;

/// A question about columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// The column holds one of these; never empty.
    In(Field, Vec<Value>),
    /// The column holds a value between two, each of which may belong to it (`true`) or not.
    Range(Field, End, End),
    /// The column holds nothing.
    Null(Field),
    /// Some chain begins with these upper-case residues, at most [`START`].
    Starts(String),
    /// Each of these stands within the sequence.
    Holds(Vec<String>),
    /// All hold.
    And(Vec<Ask>),
    /// One holds.
    Or(Vec<Ask>),
    /// It does not hold.
    Not(Box<Ask>),
    /// No row.
    Never,
}

/// An end of a range, and whether it belongs to it.
pub type End = Option<(Value, bool)>;

/// A condition as a back end may ask it.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// The question.
    pub ask: Ask,
    /// Whether it says all that the condition says.
    pub exact: bool,
}

impl Criteria {
    /// For each condition by its number what a back end may ask in its place, if anything.
    #[must_use]
    pub fn pushes(&self) -> Vec<Option<Push>> {
        self.conditions.iter().map(push).collect()
    }

    /// The stretches of an index of [keys](ordered) on a field that every match lies in, and the conditions, by number,
    /// that hold of every row there; `None` where the conditions say nothing of the field.
    #[must_use]
    pub fn within(&self, field: &Field) -> Option<(Vec<ordered::Span>, Vec<usize>)> {
        let covers: Vec<_> = self.conditions.iter().map(|condition| cover::of(condition, field)).collect();
        let exact = |cover: &Option<cover::Cover>| cover.as_ref().is_some_and(|cover| cover.exact);
        let answered = covers.iter().enumerate().filter(|(_, cover)| exact(cover)).map(|(number, _)| number).collect();
        let spans = covers.into_iter().flatten().reduce(cover::Cover::both)?.spans;
        Some((spans, answered))
    }
}

impl Push {
    fn exact(ask: Ask) -> Self {
        Self { ask, exact: true }
    }
}

fn push(condition: &Condition) -> Option<Push> {
    match condition {
        Condition::Test { field, check } => test(field, check),
        Condition::And(all) => {
            let parts: Vec<Push> = all.iter().filter_map(push).collect();
            let exact = parts.len() == all.len() && parts.iter().all(|part| part.exact);
            (!parts.is_empty()).then(|| Push { ask: Ask::And(asks(parts)), exact })
        }
        Condition::Or(any) => {
            let parts: Vec<Push> = any.iter().map(push).collect::<Option<_>>()?;
            let exact = parts.iter().all(|part| part.exact);
            Some(Push { ask: Ask::Or(asks(parts)), exact })
        }
        Condition::Not(inner) => {
            push(inner).filter(|part| part.exact).map(|part| Push::exact(Ask::Not(Box::new(part.ask))))
        }
    }
}

fn asks(parts: Vec<Push>) -> Vec<Ask> {
    parts.into_iter().map(|part| part.ask).collect()
}

fn test(field: &Field, check: &Check) -> Option<Push> {
    let kind = Kind::of(field)?;
    match check {
        Check::Compare(Comparison::Equal, literal) => {
            Some(Push::exact(one_of(field, kind, std::slice::from_ref(literal))))
        }
        Check::In(literals) => Some(Push::exact(one_of(field, kind, literals))),
        Check::Compare(Comparison::Less, literal) => Some(range(field, kind, None, Some((literal, false)))),
        Check::Compare(Comparison::AtMost, literal) => Some(range(field, kind, None, Some((literal, true)))),
        Check::Compare(Comparison::Greater, literal) => Some(range(field, kind, Some((literal, false)), None)),
        Check::Compare(Comparison::AtLeast, literal) => Some(range(field, kind, Some((literal, true)), None)),
        Check::Compare(Comparison::Different, _) => None,
        Check::Between(low, high) => {
            let end = |end: &'_ Option<Literal>| end.clone();
            let (low, high) = (end(low), end(high));
            Some(range(field, kind, low.as_ref().map(|low| (low, true)), high.as_ref().map(|high| (high, true))))
        }
        Check::Matches(pattern) if *field == Field::Sequence => matches(pattern),
        Check::Matches(_) => None,
        Check::Reads(pattern) if kind == Kind::Text => reads(field, pattern),
        Check::Reads(_) => Some(Push::exact(Ask::Never)),
        Check::Contains(_) => None,
        Check::IsNull | Check::IsMissing if may_be_null(field) => Some(Push::exact(Ask::Null(field.clone()))),
        Check::IsNull | Check::IsMissing => Some(Push::exact(Ask::Never)),
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Real,
    Time,
}

impl Kind {
    /// `None` for what is no plain column.
    fn of(field: &Field) -> Option<Self> {
        match field {
            Field::Chains | Field::ChainTypes | Field::Structure | Field::Arrays | Field::Metadata(_) => None,
            Field::Confidence | Field::RankingScore => Some(Self::Real),
            other => Some(match other.value_type() {
                FieldType::Number => Self::Integer,
                FieldType::Time => Self::Time,
                _ => Self::Text,
            }),
        }
    }
}

fn may_be_null(field: &Field) -> bool {
    matches!(
        field,
        Field::Confidence
            | Field::RankingScore
            | Field::Model
            | Field::ModelVersion
            | Field::Job
            | Field::Seed
            | Field::Sample
            | Field::Rank
    )
}

fn one_of(field: &Field, kind: Kind, literals: &[Literal]) -> Ask {
    let mut any = Vec::new();
    let mut values = Vec::new();
    for literal in literals {
        match (kind, literal.value()) {
            (_, Value::Null) if may_be_null(field) => any.push(Ask::Null(field.clone())),
            (Kind::Time, _) => any.extend(literal.moments().map(|moments| {
                Ask::Range(
                    field.clone(),
                    Some((Value::Int(moments.first), true)),
                    Some((Value::Int(moments.last), true)),
                )
            })),
            (Kind::Text, Value::Text(text)) => values.push(Value::Text(text.clone())),
            (Kind::Integer, Value::Int(number)) => values.push(Value::Int(*number)),
            (Kind::Integer, Value::Float(number)) => values.extend(whole(*number).map(Value::Int)),
            (Kind::Real, Value::Float(number)) => values.push(Value::Float(*number)),
            (Kind::Real, Value::Int(number)) => values.extend(real(*number).map(Value::Float)),
            // Values of other types are never equal.
            _ => {}
        }
    }
    if !values.is_empty() {
        any.push(Ask::In(field.clone(), values));
    }
    match (any.pop(), any.is_empty()) {
        (None, _) => Ask::Never,
        (Some(only), true) => only,
        (Some(last), false) => {
            any.push(last);
            Ask::Or(any)
        }
    }
}

/// The integer that equals a float, if there is one.
fn whole(number: f64) -> Option<i64> {
    let within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    (within && number.fract() == 0.0).then_some(number as i64)
}

/// The float that equals an integer, if there is one.
fn real(number: i64) -> Option<f64> {
    let nearest = number as f64;
    (nearest as i128 == i128::from(number)).then_some(nearest)
}

/// An end of a range as a condition has it.
type Given<'l> = Option<(&'l Literal, bool)>;

fn range(field: &Field, kind: Kind, low: Given<'_>, high: Given<'_>) -> Push {
    let (mut exact, mut never) = (true, false);
    let mut end = |given: Given<'_>, is_low: bool| -> End {
        let (literal, inside) = given?;
        match bound(kind, literal, inside, is_low) {
            Bound::At(value, inside) => Some((value, inside)),
            Bound::About(value) => {
                exact = false;
                Some((value, true))
            }
            Bound::Open => None,
            Bound::Nothing => {
                never = true;
                None
            }
        }
    };
    let (low, high) = (end(low, true), end(high, false));
    match never {
        true => Push::exact(Ask::Never),
        false => Push { ask: Ask::Range(field.clone(), low, high), exact },
    }
}

/// Where a range ends.
enum Bound {
    /// There; whether it belongs to it.
    At(Value, bool),
    /// There or further in; what lies between is to be looked at again.
    About(Value),
    /// Beyond every value a column can hold.
    Open,
    /// So that nothing is within.
    Nothing,
}

fn bound(kind: Kind, literal: &Literal, inside: bool, is_low: bool) -> Bound {
    match (kind, literal.value()) {
        (Kind::Time, _) => match literal.moments() {
            // `<` ends before the first of a day and `<=` with its last.
            Some(moments) => Bound::At(Value::Int(if inside == is_low { moments.first } else { moments.last }), inside),
            None => Bound::Nothing,
        },
        (Kind::Text, Value::Text(text)) => Bound::At(Value::Text(text.clone()), inside),
        (Kind::Integer, Value::Int(number)) => Bound::At(Value::Int(*number), inside),
        (Kind::Integer, Value::Float(number)) => match (whole(*number), is_low) {
            (Some(number), _) => Bound::At(Value::Int(number), inside),
            (None, true) => rounded(number.ceil(), is_low),
            (None, false) => rounded(number.floor(), is_low),
        },
        (Kind::Real, Value::Float(number)) => Bound::At(Value::Float(*number), inside),
        (Kind::Real, Value::Int(number)) => match real(*number) {
            Some(number) => Bound::At(Value::Float(number), inside),
            None => Bound::About(Value::Float(*number as f64)),
        },
        _ => Bound::Nothing,
    }
}

/// A whole number as an end that belongs to its range, or what it means to lie beyond all integers.
fn rounded(number: f64, is_low: bool) -> Bound {
    match whole(number) {
        Some(number) => Bound::At(Value::Int(number), true),
        None if (number > 0.0) == is_low => Bound::Nothing,
        None => Bound::Open,
    }
}

fn reads(field: &Field, pattern: &TextPattern) -> Option<Push> {
    if let Some(only) = pattern.only() {
        return Some(Push::exact(Ask::In(field.clone(), vec![Value::Text(only.to_owned())])));
    }
    let (prefix, exact) = pattern.prefix();
    if prefix.is_empty() && !exact {
        return None;
    }
    let low = Some((Value::Text(prefix.to_owned()), true)).filter(|_| !prefix.is_empty());
    let high = after(prefix).map(|text| (Value::Text(text), false));
    Some(Push { ask: Ask::Range(field.clone(), low, high), exact })
}

/// The first text, in the order of bytes, above all that begin so.
fn after(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(other as u32 + 1),
        };
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

fn matches(pattern: &Pattern) -> Option<Push> {
    let upper = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let prefix = pattern.literal_prefix();
    let mut runs: Vec<String> = pattern.literals().into_iter().filter(|run| upper(run)).collect();
    let written = pattern.text().to_ascii_uppercase();
    let whole =
        pattern.is_glob() && (written == format!("{prefix}*") || runs.iter().any(|run| written == format!("*{run}*")));
    let mut all = Vec::new();
    if upper(&prefix) {
        runs.retain(|run| *run != prefix);
        all.push(Ask::Starts(prefix.get(..START).unwrap_or(&prefix).to_owned()));
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    runs.dedup();
    if !runs.is_empty() {
        all.push(Ask::Holds(runs));
    }
    let ask = if all.len() == 1 { all.pop()? } else { Ask::And(all) };
    match ask {
        Ask::And(parts) if parts.is_empty() => None,
        ask => Some(Push { ask, exact: whole && prefix.len() <= START }),
    }
}
