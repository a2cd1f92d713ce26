//! Help pages in the language of man pages (man(7)).

use std::fmt::Write as _;

use super::markup::{Block, spans};

/// The blocks as sections and paragraphs.
pub(super) fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(text) => {
                let _ = writeln!(out, ".SH {}", text.to_uppercase());
            }
            Block::Paragraph(text) => {
                let _ = writeln!(out, ".PP\n{}", line(text));
            }
            Block::Item(text) => {
                let _ = writeln!(out, ".IP \\(bu 2\n{}", line(text));
            }
            Block::Code(lines) => {
                out.push_str(".PP\n.RS 4\n.nf\n");
                for text in lines {
                    let _ = writeln!(out, "{}", protect(&escape(text)));
                }
                out.push_str(".fi\n.RE\n");
            }
            Block::Table(rows) => {
                for row in rows.iter().skip(1) {
                    let lines: Vec<_> = row.iter().map(|cell| cell_line(cell)).collect();
                    let (first, rest) = lines.split_at(lines.len().min(1));
                    let _ = writeln!(out, ".TP\n{}\n{}", first.concat(), rest.join("\n.br\n"));
                }
            }
        }
    }
    out
}

/// A text on one line, names between backticks in bold; the formatter fills lines.
pub(super) fn line(text: &str) -> String {
    let mut out = String::new();
    for (is_code, part) in spans(text) {
        let part = escape(part);
        if is_code {
            let _ = write!(out, "\\fB{part}\\fR");
        } else {
            out.push_str(&part);
        }
    }
    protect(&out)
}

/// A cell on one line; the formatter does not break a command, so that it can be copied.
fn cell_line(cell: &str) -> String {
    match spans(cell).as_slice() {
        [(true, _)] => line(cell).replace(' ', "\\ "),
        _ => line(cell),
    }
}

/// Characters that the formatter would replace, so that commands can be copied (`man 7 groff_char`).
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            _ => out.push(c),
        }
    }
    out
}

/// A dot at the beginning of a line would be a request.
fn protect(line: &str) -> String {
    if line.starts_with('.') { format!("\\&{line}") } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_the_formatter_interprets_are_escaped() {
        assert_eq!(line(".venv is `--x 'y'`"), "\\&.venv is \\fB\\-\\-x \\(aqy\\(aq\\fR");
        let code = Block::Code(vec![r"a\b `c`".into()]);
        assert_eq!(render(&[code]), ".PP\n.RS 4\n.nf\na\\eb \\(gac\\(ga\n.fi\n.RE\n");
    }
}
