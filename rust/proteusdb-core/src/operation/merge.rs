//! The version that follows an update: a pure function, so that every back end and Python's transactions agree on it.

use super::Change;
use crate::error::Result;
use crate::record::{Map, Part, PartKind, Prediction, Value};
use crate::validate::check_metadata;

impl Change {
    /// The current version with this change merged in; version, commit time and model are left for the caller to set.
    ///
    /// # Errors
    /// `Validation` where the merged metadata break their limits.
    pub fn apply(&self, current: &Prediction) -> Result<Prediction> {
        let mut next = current.clone();
        if let Some((sequence, chain_types)) = &self.sequence {
            next.sequence.clone_from(sequence);
            next.chain_types.clone_from(chain_types);
        }
        if let Some((parts, mean_plddt)) = &self.structure {
            next.parts.retain(|part| part.kind == PartKind::Array);
            next.parts.extend(parts.iter().cloned());
            next.mean_plddt = *mean_plddt;
        }
        for (name, array) in &self.arrays {
            next.parts.retain(|part| part.kind != PartKind::Array || part.name != *name);
            next.parts.extend(array.clone());
        }
        next.parts.sort_by(|a, b| part_order(a).cmp(&part_order(b)));
        merge(&mut next.metadata, &self.metadata);
        check_metadata("metadata", &next.metadata)?;
        set(&mut next.job, &self.job);
        set(&mut next.seed, &self.seed);
        set(&mut next.sample, &self.sample);
        set(&mut next.rank, &self.rank);
        if let Some(created_at) = self.created_at {
            next.created_at = created_at;
        }
        Ok(next)
    }
}

/// Shallow: a key given replaces the key stored, `Null` removes it, and keys that stay keep their places.
pub(crate) fn merge(into: &mut Map, changes: &Map) {
    for (key, value) in changes {
        match value {
            Value::Null => {
                into.shift_remove(key);
            }
            value => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

fn set<T: Clone>(field: &mut Option<T>, change: &Option<Option<T>>) {
    if let Some(value) = change {
        field.clone_from(value);
    }
}

fn part_order(part: &Part) -> (PartKind, &str) {
    (part.kind, &part.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_merge_shallowly_and_none_removes() {
        let map =
            |pairs: &[(&str, Value)]| -> Map { pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect() };
        let mut stored = map(&[("a", Value::Int(1)), ("b", Value::Int(2)), ("c", Value::Int(3))]);
        merge(&mut stored, &map(&[("b", Value::Null), ("a", Value::Text("x".into())), ("d", Value::Bool(true))]));
        assert_eq!(stored, map(&[("a", Value::Text("x".into())), ("c", Value::Int(3)), ("d", Value::Bool(true))]));
        assert_eq!(stored.keys().collect::<Vec<_>>(), ["a", "c", "d"]);
    }
}
