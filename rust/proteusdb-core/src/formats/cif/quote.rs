//! Texts as CIF values that read back as themselves.
//!
//! ```text
//! CA -> CA     "" -> .     "." -> '.'     O5' -> "O5'"     loop_ -> 'loop_'     two lines -> ;two lines\n;
//! ```

/// Appends a value; `None` for a text that no CIF quoting can hold (a line of it begins with `;`, or a NUL).
#[must_use]
pub(super) fn push(out: &mut String, text: &str) -> Option<()> {
    if text.contains('\0') {
        return None;
    }
    if text.is_empty() {
        out.push('.');
    } else if is_plain(text) {
        out.push_str(text);
    } else if let Some(quote) = ['\'', '"'].into_iter().find(|&quote| fits_in(text, quote)) {
        out.extend([quote]);
        out.push_str(text);
        out.extend([quote]);
    } else {
        // A carriage return before the closing line would be taken for a part of the line's end.
        if text.contains("\n;") || text.contains("\r;") || text.ends_with('\r') {
            return None;
        }
        out.push_str("\n;");
        out.push_str(text);
        out.push_str("\n;\n");
    }
    Some(())
}

fn is_plain(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let special = text.starts_with(['_', '#', '$', '\'', '"', '[', ']', ';'])
        || matches!(lower.as_str(), "." | "?" | "loop_" | "stop_" | "global_")
        || lower.starts_with("data_")
        || lower.starts_with("save_");
    !special && !text.bytes().any(|byte| byte <= b' ' || byte == 0x7F) && !text.contains(['\'', '"'])
}

fn fits_in(text: &str, quote: char) -> bool {
    let closes = |at: usize| text[at + 1..].starts_with([' ', '\t', '\x0B', '\x0C']);
    !text.contains(['\n', '\r']) && !text.match_indices(quote).any(|(at, _)| closes(at))
}

#[cfg(test)]
mod tests {
    use super::super::lexer::{Lexer, Token};
    use super::*;

    #[test]
    fn values_read_back_as_they_were() {
        let texts = [
            "CA",
            "",
            ".",
            "?",
            "O5'",
            "a b",
            "it's \"x\" y' z",
            "loop_",
            "Data_x",
            "_tag",
            "#",
            ";",
            "two\nlines",
            "$f",
            "' \" ",
            "tab\there",
            "é",
            "'",
            "\"",
            "'\" x",
        ];
        for text in texts {
            let mut out = String::from("x ");
            push(&mut out, text).unwrap();
            out.push_str(" next");
            let mut lexer = Lexer::new(out.as_bytes());
            lexer.next().unwrap();
            let Some(Token::Value(value)) = lexer.next().unwrap() else { panic!("{out:?} holds no value") };
            assert_eq!(value.given().unwrap_or_default(), text.as_bytes(), "{out:?}");
            assert!(matches!(lexer.next().unwrap(), Some(Token::Value(next)) if next.text == b"next"), "{out:?}");
        }
    }

    #[test]
    fn what_cif_cannot_hold_is_refused() {
        for text in ["a\n;b", "\0", "x\n\r"] {
            assert_eq!(push(&mut String::new(), text), None, "{text:?}");
        }
    }
}
