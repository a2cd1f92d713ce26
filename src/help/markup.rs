//! The subset of Markdown of the help pages.
//!
//! Headings (`## Name`), paragraphs, lists (`- item`, continued lines indented by two spaces),
//! tables (`| a | b |`, the second line `|---|---|`, `\|` for a bar in a cell), code (indented by
//! four spaces), and names between backticks, or between two if they contain one. Lines of a paragraph are joined and wrapped again.

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Heading(String),
    Paragraph(String),
    Item(String),
    /// Lines that are never wrapped.
    Code(Vec<String>),
    /// Rows of cells, the head first.
    Table(Vec<Vec<String>>),
}

/// Reads a page.
pub(crate) fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut is_continued = false;
    for line in text.lines() {
        let was_continued = std::mem::replace(&mut is_continued, !line.is_empty());
        if let Some(code) = line.strip_prefix("    ") {
            add_code(&mut blocks, code, was_continued);
        } else if let Some(heading) = line.strip_prefix("## ") {
            blocks.push(Block::Heading(heading.to_owned()));
        } else if let Some(item) = line.strip_prefix("- ") {
            blocks.push(Block::Item(item.to_owned()));
        } else if line.starts_with('|') {
            add_row(&mut blocks, line, was_continued);
        } else if !line.is_empty() {
            add_text(&mut blocks, line.trim_start(), was_continued);
        }
    }
    blocks
}

/// A line of code; an empty line between two of them belongs to the code.
fn add_code(blocks: &mut Vec<Block>, line: &str, is_continued: bool) {
    match blocks.last_mut() {
        Some(Block::Code(lines)) => {
            if !is_continued {
                lines.push(String::new());
            }
            lines.push(line.to_owned());
        }
        _ => blocks.push(Block::Code(vec![line.to_owned()])),
    }
}

fn add_row(blocks: &mut Vec<Block>, line: &str, is_continued: bool) {
    if line.trim_matches(['|', '-', ':', ' ']).is_empty() {
        return;
    }
    let row = cells(line);
    match blocks.last_mut() {
        Some(Block::Table(rows)) if is_continued => rows.push(row),
        _ => blocks.push(Block::Table(vec![row])),
    }
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    // A character that no page contains replaces the bar of a cell meanwhile.
    let cells = inner.replace(r"\|", "\u{0}");
    cells.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

fn add_text(blocks: &mut Vec<Block>, line: &str, is_continued: bool) {
    match blocks.last_mut() {
        Some(Block::Paragraph(text) | Block::Item(text)) if is_continued => {
            text.push(' ');
            text.push_str(line);
        }
        _ => blocks.push(Block::Paragraph(line.to_owned())),
    }
}

/// The parts of a text, and for each whether it is between backticks.
pub(super) fn spans(text: &str) -> Vec<(bool, &str)> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let fence = if rest[start..].starts_with("``") { "``" } else { "`" };
        let inner = &rest[start + fence.len()..];
        let Some(end) = inner.find(fence) else { break };
        spans.push((false, &rest[..start]));
        spans.push((true, &inner[..end]));
        rest = &inner[end + fence.len()..];
    }
    spans.push((false, rest));
    spans.retain(|(_, part)| !part.is_empty());
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_may_contain_backticks() {
        assert_eq!(
            spans("a `b` ``c `d` e``"),
            [(false, "a "), (true, "b"), (false, " "), (true, "c `d` e"),]
        );
        assert_eq!(spans("it`s"), [(false, "it`s")]);
    }

    #[test]
    fn each_kind_of_block_is_read() {
        let text = "One\ntwo.\n\n## Head\n- a\n  b\n- c\n\n    x  y\n\n    z\n\n| a | b |\n|---|---|\n| `c \\| d` | e |\n";
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            parse(text),
            [
                Block::Paragraph("One two.".into()),
                Block::Heading("Head".into()),
                Block::Item("a b".into()),
                Block::Item("c".into()),
                Block::Code(words(&["x  y", "", "z"])),
                Block::Table(vec![words(&["a", "b"]), words(&["`c | d`", "e"])]),
            ]
        );
    }
}
