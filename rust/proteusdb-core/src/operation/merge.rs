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
            next.parts.retain(|part| part.kind != PartKind::Structure && part.kind != PartKind::Original);
            drop_strays(&mut next.parts);
            next.parts.extend(parts.iter().cloned());
            next.mean_plddt = *mean_plddt;
        }
        for (name, array) in &self.arrays {
            next.parts.retain(|part| part.kind != PartKind::Array || part.name != *name);
            drop_strays(&mut next.parts);
            next.parts.extend(array.clone());
        }
        for file in self.originals.iter().filter(|part| part.kind == PartKind::Original) {
            next.parts.retain(|part| part.place_in(file).is_none());
            next.parts.retain(|part| part.kind != PartKind::Original || part.name != file.name);
        }
        drop_strays(&mut next.parts);
        next.parts.extend(self.originals.iter().cloned());
        next.mean_plddt = self.mean_plddt.or(next.mean_plddt);
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

/// Drops what belongs to a file or array that is there no more.
fn drop_strays(parts: &mut Vec<Part>) {
    for kind in [PartKind::Source, PartKind::Reference] {
        let owned: Vec<bool> = parts.iter().map(|part| part.kind != kind || has_owner(part, parts)).collect();
        let mut owned = owned.into_iter();
        parts.retain(|_| owned.next().unwrap_or(true));
    }
}

fn has_owner(part: &Part, parts: &[Part]) -> bool {
    parts.iter().any(|other| part.place_in(other).is_some() || part.is_reference_of(other))
}

fn part_order(part: &Part) -> (PartKind, &str) {
    (part.kind, &part.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::PartBody;

    #[test]
    fn metadata_merge_shallowly_and_none_removes() {
        let map =
            |pairs: &[(&str, Value)]| -> Map { pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect() };
        let mut stored = map(&[("a", Value::Int(1)), ("b", Value::Int(2)), ("c", Value::Int(3))]);
        merge(&mut stored, &map(&[("b", Value::Null), ("a", Value::Text("x".into())), ("d", Value::Bool(true))]));
        assert_eq!(stored, map(&[("a", Value::Text("x".into())), ("c", Value::Int(3)), ("d", Value::Bool(true))]));
        assert_eq!(stored.keys().collect::<Vec<_>>(), ["a", "c", "d"]);
    }

    fn prediction() -> Prediction {
        Prediction {
            id: "a".to_owned(),
            version: 1,
            updated_at: 0,
            created_at: 0,
            deleted: false,
            sequence: "MK".to_owned(),
            chain_types: Vec::new(),
            model_id: None,
            job: None,
            seed: None,
            sample: None,
            rank: None,
            mean_plddt: None,
            metadata: Map::new(),
            parts: Vec::new(),
        }
    }

    #[test]
    fn files_and_a_better_mean_are_added_to_what_is_there() {
        let part = |kind, name: &str, byte: u8| Part {
            kind,
            name: name.to_owned(),
            size: 1,
            body: PartBody::Fresh(vec![byte].into()),
        };
        let mut current = prediction();
        current.mean_plddt = Some(80.0);
        current.parts = vec![
            part(PartKind::Structure, "", 1),
            part(PartKind::Original, "a.pdb", 2),
            part(PartKind::Original, "b.json", 2),
            part(PartKind::Source, "a.pdb#0", 2),
            part(PartKind::Source, "b.json#0", 2),
            part(PartKind::Reference, "source a.pdb#0", 2),
            part(PartKind::Reference, "source b.json#0", 2),
        ];
        let change = Change {
            originals: vec![part(PartKind::Original, "a.json", 3), part(PartKind::Original, "a.pdb", 4)],
            mean_plddt: Some(80.5),
            ..Change::default()
        };
        let next = change.apply(&current).unwrap();
        let names: Vec<_> = next.parts.iter().map(|part| (part.kind, part.name.as_str())).collect();
        let wanted = [
            (PartKind::Structure, ""),
            (PartKind::Original, "a.json"),
            (PartKind::Original, "a.pdb"),
            (PartKind::Original, "b.json"),
            (PartKind::Source, "b.json#0"),
            (PartKind::Reference, "source b.json#0"),
        ];
        assert_eq!((names, next.mean_plddt), (wanted.to_vec(), Some(80.5)));
        assert_eq!(next.parts[2], change.originals[1]);
        assert_eq!(Change::default().apply(&current).unwrap(), current);
    }

    #[test]
    fn what_an_array_was_coded_beside_goes_with_it() {
        let part = |kind, name: &str| Part { kind, name: name.to_owned(), size: 1, body: PartBody::Stored(7) };
        let mut current = prediction();
        current.parts = vec![
            part(PartKind::Array, "pae"),
            part(PartKind::Array, "pde"),
            part(PartKind::Reference, "array pae"),
            part(PartKind::Reference, "array pde"),
        ];
        let change = Change { arrays: vec![("pae".to_owned(), None)], ..Change::default() };
        let next = change.apply(&current).unwrap();
        let names: Vec<_> = next.parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["pde", "array pde"]);
        let change = Change { arrays: vec![("pde".to_owned(), Some(part(PartKind::Array, "pde")))], ..change };
        assert_eq!(change.apply(&next).unwrap().parts, [part(PartKind::Array, "pde")]);
    }
}
