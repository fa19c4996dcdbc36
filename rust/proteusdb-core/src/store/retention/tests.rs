//! The rule against its invariants, on histories of every shape.

use proptest::prelude::*;

use super::*;

/// Versions one after the other; `true` is a deletion, which never follows another.
fn history() -> impl Strategy<Value = Vec<Line>> {
    proptest::collection::vec((any::<bool>(), 1..4_i64), 1..9).prop_map(|steps| {
        let mut lines: Vec<Line> = Vec::new();
        let mut at = 0;
        for (number, (deletes, pause)) in steps.into_iter().enumerate() {
            at += pause;
            let alive = lines.last().is_some_and(|line| line.kind == Kind::Content);
            let kind = if deletes && alive { Kind::Deletion } else { Kind::Content };
            lines.push(Line { version: number as u32 + 1, at, kind, blobs: Vec::new(), bytes: 0 });
        }
        lines
    })
}

fn visible(lines: &[Line], moment: i64) -> Option<u32> {
    let line = lines.iter().rev().find(|line| line.at <= moment)?;
    (line.kind == Kind::Content).then_some(line.version)
}

fn applied(lines: &[Line], fates: &[Fate]) -> Vec<Line> {
    let kept = lines.iter().zip(fates).filter(|(_, fate)| **fate != Fate::Go);
    kept.map(|(line, fate)| match fate {
        Fate::Trace => Line { kind: Kind::Trace, ..line.clone() },
        _ => line.clone(),
    })
    .collect()
}

proptest! {
    #[test]
    fn the_past_is_as_it_was_or_gone(
        lines in history(),
        tags in proptest::collection::btree_set(0..30_i64, 0..4),
        older_than in proptest::option::of(0..30_i64),
        keep_versions in proptest::option::of(1..4_u32),
        to_the_last: bool,
    ) {
        let moments: Vec<i64> = tags.into_iter().collect();
        let rule = Rule { older_than, keep_versions, to_the_last };
        let after = applied(&lines, &fates(&lines, &moments, &rule));
        for moment in 0..32 {
            let (before, now) = (visible(&lines, moment), visible(&after, moment));
            prop_assert!(now.is_none() || now == before, "{moment}: {before:?} became {now:?}");
            let promised = moments.contains(&moment) || moment >= 31 || older_than.is_some_and(|from| moment >= from);
            if promised {
                prop_assert_eq!(before, now, "moment {}", moment);
            }
        }
        let newest = lines.last().unwrap();
        prop_assert!(to_the_last || after.last().is_some_and(|line| line.version == newest.version));
        prop_assert_eq!(after.is_empty(), after.iter().all(|line| line.kind == Kind::Trace));
        let again = fates(&after, &moments, &rule);
        prop_assert!(!again.contains(&Fate::Go), "{after:?} {again:?}");
        if let (Some(keep), [], None) = (keep_versions, &moments[..], older_than) {
            prop_assert!(after.len() <= keep as usize, "{after:?}");
        }
    }
}

#[test]
fn a_trace_keeps_an_older_version_from_being_found() {
    let line = |version: u32, at: i64| Line { version, at, kind: Kind::Content, blobs: Vec::new(), bytes: 0 };
    let lines: Vec<Line> =
        [(1, 10), (2, 20), (3, 30), (4, 40), (5, 50)].map(|(version, at)| line(version, at)).to_vec();
    let rule = Rule { keep_versions: Some(2), ..Rule::default() };
    let found = fates(&lines, &[25], &rule);
    assert_eq!(found, [Fate::Go, Fate::Stay, Fate::Trace, Fate::Stay, Fate::Stay]);
    let after = applied(&lines, &found);
    assert_eq!([15, 25, 35, 45].map(|moment| visible(&after, moment)), [None, Some(2), None, Some(4)]);
    // Without the tag the second goes, and the trace with it.
    assert_eq!(fates(&after, &[], &rule), [Fate::Go, Fate::Go, Fate::Stay, Fate::Stay]);
}

#[test]
fn a_deletion_goes_with_the_last_version_before_it() {
    let lines = [(1, 10, Kind::Content), (2, 20, Kind::Deletion)].map(|(version, at, kind)| Line {
        version,
        at,
        kind,
        blobs: Vec::new(),
        bytes: 0,
    });
    let rule = |older_than| Rule { older_than: Some(older_than), keep_versions: None, to_the_last: true };
    assert_eq!(fates(&lines, &[], &rule(20)), [Fate::Go, Fate::Go]);
    assert_eq!(fates(&lines, &[], &rule(19)), [Fate::Stay, Fate::Stay]);
    assert_eq!(fates(&lines, &[10], &rule(20)), [Fate::Stay, Fate::Stay]);
    assert_eq!(fates(&lines, &[], &Rule { to_the_last: false, ..rule(20) }), [Fate::Go, Fate::Stay]);
}
