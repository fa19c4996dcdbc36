//! "Did you mean": the closest allowed name to a misspelled one.
//!
//! ```text
//! modle_name -> model_name        lenght -> length        colour -> (nothing)
//! ```
//!
//! A suggestion is made only where at most a third of the letters differ; a wrong guess helps less than the list.

/// `; did you mean "length"` where a name is close, else nothing.
pub(super) fn did_you_mean<'n>(given: &str, allowed: impl IntoIterator<Item = &'n str>) -> String {
    let most = (given.chars().count() / 3).clamp(1, 3);
    let closest = allowed.into_iter().map(|name| (distance(given, name), name)).min();
    match closest {
        Some((edits, name)) if edits <= most => format!("; did you mean {name:?}"),
        _ => String::new(),
    }
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    // Names are short; a long text is no misspelled name and must not cost a quadratic table.
    let from: Vec<char> = from.chars().take(64).collect();
    let to: Vec<char> = to.chars().take(64).collect();
    let mut before = vec![0; to.len() + 1];
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (i, &a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in to.iter().enumerate() {
            let replaced = above[j] + usize::from(a != b);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a == to[j - 1] && from[i - 1] == b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_suggested_and_far_ones_are_not() {
        let names = ["model_name", "model_version", "length_range"];
        assert_eq!(did_you_mean("modle_name", names), "; did you mean \"model_name\"");
        assert_eq!(did_you_mean("model", ["mode", "mould"]), "; did you mean \"mode\"");
        assert_eq!(did_you_mean("colour", names), "");
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(distance("lenght", "length"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
