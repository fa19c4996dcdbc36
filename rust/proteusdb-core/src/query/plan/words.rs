//! Access paths and conditions in words, for explanations.

use crate::query::condition::Condition;
use crate::query::moment;
use crate::query::source::Access;

/// An access path in words.
pub(in crate::query) fn describe(access: &Access) -> String {
    let range = |from: &Option<i64>, to: &Option<i64>| {
        let show = |end: &Option<i64>| end.map_or_else(|| "..".to_owned(), moment::show);
        format!("{} to {}", show(from), show(to))
    };
    match access {
        Access::All => "every prediction in id order".into(),
        Access::AsOf(moment) => format!("every prediction as of {}", moment::show(*moment)),
        Access::Models { ids, from: None, to: None } => format!("{} model(s)", ids.len()),
        Access::Models { ids, from, to } => format!("{} model(s), created {}", ids.len(), range(from, to)),
        Access::Created { from, to } => format!("created {}", range(from, to)),
        Access::Confidence(least) => format!("confidence from {least}"),
        Access::ModelConfidence { ids, least } => format!("{} model(s), confidence from {least}", ids.len()),
        Access::Matching(pattern) => {
            let shown = pattern.to_string();
            match shown.char_indices().nth(60) {
                Some((end, _)) => format!("sequences like {}…", shown.get(..end).unwrap_or_default()),
                None => format!("sequences like {shown}"),
            }
        }
        Access::Every(ways) => ways.iter().map(describe).collect::<Vec<_>>().join(" and "),
        Access::Length { min, max: u32::MAX } => format!("length from {min}"),
        Access::Length { min, max } => format!("length {min} to {max}"),
        Access::SequencePrefix(prefix) if prefix.len() > 40 => {
            format!("chains that begin with {}…", prefix.get(..40).unwrap_or_default())
        }
        Access::SequencePrefix(prefix) => format!("chains that begin with {prefix}"),
        Access::Job(job) => format!("job {job:?}"),
        Access::Ids(ids) => format!("{} id(s)", ids.len()),
        Access::Values { field, spans } => format!("index on {field}, {} range(s)", spans.len()),
    }
}

/// The conditions as an explanation lists them.
pub(in crate::query) fn describe_conditions(conditions: &[Condition]) -> Vec<String> {
    const MOST: usize = 200;
    let short = |text: String| match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    };
    conditions.iter().map(|condition| short(condition.to_string())).collect()
}
