//! Help pages: one source text per command and per topic, shown in the terminal and as a man page.
//!
//! A page is a file of `pages/` in the subset of Markdown that [`markup`] reads. The page of a
//! command has its name (`python-list.md` for `rvenv python list`) and follows the list of options
//! that clap prints. Any other page is a topic: its first line is its title, `# What it explains`.

pub(crate) mod manual;
pub(crate) mod markup;
mod roff;
pub(crate) mod terminal;

use std::borrow::Cow;
use std::fmt::Write as _;

use rvenv::check::{Code, ON_PURPOSE, SEVERITY_RULE};
use rvenv::settings::{Key, Kind};

/// A help text.
#[derive(Debug)]
pub(crate) struct Page {
    /// The command or the topic that it explains; `-` joins the words of a nested command.
    pub(crate) name: &'static str,
    text: &'static str,
}

macro_rules! pages {
    ($($name:literal),+ $(,)?) => {
        /// Every page, in the order in which lists show the topics.
        const PAGES: &[Page] =
            &[$(Page { name: $name, text: include_str!(concat!("pages/", $name, ".md")) }),+];
    };
}

pages![
    "activate",
    "allow",
    "cache",
    "cache-clean",
    "cache-dir",
    "cache-prune",
    "check",
    "completions",
    "config",
    "create",
    "deactivate",
    "deny",
    "freeze",
    "help",
    "hook",
    "install",
    "list",
    "man",
    "pack",
    "python",
    "python-find",
    "python-list",
    "remove",
    "run",
    "rvenv",
    "shell",
    "uninstall",
    "unpack",
    "configuration",
    "findings",
    "guarantees",
    "json",
    "limits",
    "store",
    "trust",
];

/// The sections of every man page of a command that does not have its own.
const COMMON: &str = include_str!("common.md");

/// The delimiter of a page's name in clap's help; [`fill`] inserts the page there.
const MARK: char = '\u{1}';

/// The value of `after_long_help` for a command: the place of its page.
macro_rules! place {
    ($name:literal) => {
        concat!("\u{1}", $name, "\u{1}")
    };
}
pub(crate) use place;

impl Page {
    /// The page of a command or topic.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        PAGES.iter().find(|page| page.name == name)
    }

    /// The topics, which are the pages that belong to no command.
    pub(crate) fn topics() -> impl Iterator<Item = &'static Self> {
        PAGES.iter().filter(|page| page.title().is_some())
    }

    /// The title of a topic; `None` for the page of a command.
    pub(crate) fn title(&self) -> Option<&'static str> {
        self.text.strip_prefix("# ")?.lines().next()
    }

    /// The text below the title, with generated tables in their places.
    pub(crate) fn body(&self) -> Cow<'static, str> {
        let body = match self.title() {
            Some(title) => &self.text["# ".len() + title.len()..],
            None => self.text,
        };
        let mut body = Cow::Borrowed(body);
        for (place, table) in GENERATED {
            if body.contains(place) {
                body = body.replace(place, &table()).into();
            }
        }
        body
    }
}

type Table = fn() -> String;

/// The lines of a page that stand for a generated table.
const GENERATED: &[(&str, Table)] = &[
    ("{topics}", topics),
    ("{settings}", settings),
    ("{findings}", findings),
    ("{on-purpose}", on_purpose),
];

fn topics() -> String {
    let mut table = "| topic | explains |\n|---|---|\n".to_owned();
    for page in Page::topics() {
        let _ = writeln!(table, "| `{}` | {} |", page.name, page.title().unwrap_or_default());
    }
    table
}

fn settings() -> String {
    let mut table = "| key | value | variable |\n|---|---|---|\n".to_owned();
    for key in Key::ALL {
        let value = match key.kind() {
            Kind::Switch => "true, false".to_owned(),
            Kind::Text => "text".to_owned(),
            Kind::Choice(values) => values.join(", "),
            Kind::Names => "an array of names".to_owned(),
        };
        let _ = writeln!(table, "| `{}` | {value} | `{}` |", key.name(), key.variable());
    }
    table
}

/// A section for each family of codes, after the rule of their severities.
fn findings() -> String {
    let (mut text, mut family) = (format!("{SEVERITY_RULE}\n"), "");
    for code in Code::ALL {
        if code.family() != family {
            family = code.family();
            let (first, rest) = family.split_at(1);
            let heading = first.to_uppercase() + rest;
            let _ =
                writeln!(text, "\n## {heading}\n\n| code | severity | meaning |\n|---|---|---|");
        }
        let (name, severity, meaning) = (code.name(), code.severity().name(), code.meaning());
        let _ = writeln!(text, "| `{name}` | {severity} | {meaning} |");
    }
    text
}

fn on_purpose() -> String {
    let mut table = "| done on purpose | what `check` makes of it |\n|---|---|\n".to_owned();
    for (case, treatment) in ON_PURPOSE {
        let _ = writeln!(table, "| {case} | {treatment} |");
    }
    table
}

/// Inserts the pages at the places that [`place`] left in clap's help.
pub(crate) fn fill(help: &str, width: usize) -> String {
    let mut parts = help.split(MARK);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    while let (Some(name), Some(rest)) = (parts.next(), parts.next()) {
        let body = Page::find(name).map(Page::body).unwrap_or_default();
        filled.push_str(terminal::render(&markup::parse(&body), width).trim_end_matches('\n'));
        filled.push_str(rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_in_the_table_and_has_text() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/help/pages");
        for entry in std::fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            let page = Page::find(path.file_stem().unwrap().to_str().unwrap());
            assert!(page.is_some_and(|page| page.body().trim().len() > 20), "{}", path.display());
        }
    }

    #[test]
    fn no_line_of_code_is_wider_than_a_terminal_unless_it_is_one_to_copy() {
        for page in PAGES {
            for block in markup::parse(&page.body()) {
                let markup::Block::Code(lines) = block else { continue };
                for line in lines {
                    let is_wide = line.chars().count() > 76;
                    assert!(!is_wide || line.contains(" | "), "{}: {line}", page.name);
                }
            }
        }
    }

    #[test]
    fn the_rows_of_a_table_have_the_cells_of_its_head() {
        for page in PAGES {
            for block in markup::parse(&page.body()) {
                let markup::Block::Table(rows) = block else { continue };
                for row in &rows {
                    assert_eq!(row.len(), rows[0].len(), "{}: {row:?}", page.name);
                }
            }
        }
    }
}
