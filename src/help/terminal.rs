//! Help pages as text for a terminal.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::markup::{Block, spans};

/// The style of clap's headings.
const HEADING: Style = Style::new().bold().underline();
const TABLE_HEAD: Style = Style::new().bold();

/// Columns before a line of code.
const CODE_INDENT: usize = 4;
/// Columns before the text below a heading, as clap indents options.
const TEXT_INDENT: usize = 2;
/// Columns between the cells of a table.
const GAP: usize = 2;
/// The minimum width of a table's last column; a narrower terminal shows a list instead.
const NARROW: usize = 24;

/// The page for a terminal of `width` columns.
pub(crate) fn render(blocks: &[Block], width: usize) -> String {
    let mut out = String::new();
    let mut indent = 0;
    let mut previous: Option<&Block> = None;
    for block in blocks {
        let is_list = matches!((previous, block), (Some(Block::Item(_)), Block::Item(_)));
        let is_below_heading = matches!(previous, Some(Block::Heading(_)));
        if previous.is_some() && !is_list && !is_below_heading {
            out.push('\n');
        }
        match block {
            Block::Heading(text) => {
                indent = TEXT_INDENT;
                let _ = writeln!(out, "{HEADING}{text}:{HEADING:#}");
            }
            Block::Paragraph(text) => wrap(&mut out, "", indent, width, text),
            Block::Item(text) => wrap(&mut out, "- ", indent, width, text),
            Block::Code(lines) => {
                let indent = if is_below_heading { TEXT_INDENT } else { CODE_INDENT };
                for line in lines {
                    let indent = if line.is_empty() { 0 } else { indent };
                    let _ = writeln!(out, "{:indent$}{line}", "");
                }
            }
            Block::Table(rows) => table(&mut out, indent, width, rows),
        }
        previous = Some(block);
    }
    out
}

/// Writes `text` after `first`, wrapped at spaces outside of code; further lines are indented like it.
fn wrap(out: &mut String, first: &str, indent: usize, width: usize, text: &str) {
    let body = indent + first.width();
    let _ = write!(out, "{:indent$}{first}", "");
    wrap_from(out, body, body, width, &words(text));
}

/// Writes words from column `at` on; further lines begin in column `body`.
fn wrap_from(out: &mut String, at: usize, body: usize, width: usize, words: &[String]) {
    let mut column = at;
    let mut is_first = true;
    for word in words {
        let length = word.width();
        if !is_first && column + 1 + length > width {
            let _ = write!(out, "\n{:body$}", "");
            column = body;
        } else if !is_first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
        is_first = false;
    }
    out.push('\n');
}

/// The words of a text; a command between backticks belongs to one word, so that it can be copied.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for (is_code, part) in spans(text) {
        if is_code {
            let _ = write!(word, "`{part}`");
            continue;
        }
        for (index, next) in part.split(' ').enumerate() {
            if index > 0 {
                words.push(std::mem::take(&mut word));
            }
            word.push_str(next);
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// A table whose last column is wrapped; a list of its rows where the terminal is too narrow.
fn table(out: &mut String, indent: usize, width: usize, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let wide = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| bare(cell).width()).max().unwrap_or_default()
    };
    let last = columns.saturating_sub(1);
    let widths: Vec<usize> = (0..last).map(wide).collect();
    let start = indent + widths.iter().map(|width| width + GAP).sum::<usize>();
    // A command is not wrapped, so that it can be copied.
    let longest = rows.iter().filter_map(|row| row.get(last)).flat_map(|cell| cell_words(cell));
    let longest = longest.map(|word| word.width()).max().unwrap_or_default();
    if start + longest.max(NARROW.min(wide(last))) > width {
        return list(out, indent, width, rows);
    }
    for (index, row) in rows.iter().enumerate() {
        let (first, rest) = row.split_at(row.len().min(last));
        let style = if index == 0 { TABLE_HEAD } else { Style::new() };
        let _ = write!(out, "{:indent$}{style}", "");
        for (cell, column) in first.iter().zip(&widths) {
            let space = column - bare(cell).width() + GAP;
            let _ = write!(out, "{}{:space$}", bare(cell), "");
        }
        let words: Vec<_> = rest.iter().flat_map(|cell| cell_words(cell)).collect();
        wrap_from(out, start, start, width, &words);
        if index == 0 {
            // Before the end of the line, which `wrap_from` wrote.
            out.pop();
            let _ = writeln!(out, "{style:#}");
        }
    }
}

/// The rows of a table without its head, each cell after the first on lines of its own.
fn list(out: &mut String, indent: usize, width: usize, rows: &[Vec<String>]) {
    let body = indent + CODE_INDENT;
    for row in rows.iter().skip(1) {
        for (index, cell) in row.iter().enumerate() {
            let column = if index == 0 { indent } else { body };
            let _ = write!(out, "{:column$}", "");
            wrap_from(out, column, body, width, &cell_words(cell));
        }
    }
}

/// The words of a cell; one that is a command is one word.
fn cell_words(cell: &str) -> Vec<String> {
    let code = bare(cell);
    if code.len() < cell.len() { vec![code.to_owned()] } else { words(cell) }
}

/// A cell without the backticks around all of it.
fn bare(cell: &str) -> &str {
    match spans(cell).as_slice() {
        [(true, code)] => code,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::markup;

    fn shown(text: &str, width: usize) -> String {
        render(&markup::parse(text), width)
    }

    #[test]
    fn text_is_wrapped_and_code_is_not() {
        let text = "one two three\n\n- four five six\n\n    a long line of code\n";
        assert_eq!(
            shown(text, 10),
            "one two\nthree\n\n- four\n  five six\n\n    a long line of code\n"
        );
        assert_eq!(shown("type `a b c` now", 9), "type\n`a b c`\nnow\n");
    }

    #[test]
    fn a_table_becomes_a_list_on_a_narrow_terminal() {
        let text = "| a | b |\n|---|---|\n| `name` | what it means, in words of some length |\n";
        let plain = |width| anstream::adapter::strip_str(&shown(text, width)).to_string();
        assert_eq!(plain(40), "a     b\nname  what it means, in words of some\n      length\n");
        assert_eq!(plain(24), "name\n    what it means, in\n    words of some length\n");
        let text = "| a | b | c |\n|---|---|---|\n| x | in y | `a command to copy` |\n";
        let plain = |width| anstream::adapter::strip_str(&shown(text, width)).to_string();
        assert_eq!(plain(26), "a  b     c\nx  in y  a command to copy\n");
        assert_eq!(plain(25), "x\n    in y\n    a command to copy\n");
    }
}
