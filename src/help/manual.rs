//! Man pages: `rvenv-COMMAND(1)` and `rvenv-TOPIC(7)`.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::markup::{self, Block};
use super::roff::{escape, line, render};
use super::{COMMON, Page};

/// The section of commands (man(1)).
const COMMANDS: u8 = 1;
/// The section of conventions and formats that belong to no command (man(1)).
const TOPICS: u8 = 7;

/// A man page and the name of its file.
pub(crate) struct Manual {
    /// `rvenv-create`.
    name: String,
    section: u8,
    /// In the language of man(7).
    pub(crate) text: String,
}

impl Manual {
    /// The page of a command, which is built: its names and options are complete.
    pub(crate) fn of_command(command: &Command) -> Self {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let page = Page::find(name.strip_prefix("rvenv-").unwrap_or(&name));
        let body = page.map(Page::body).unwrap_or_default();
        let (description, sections) = split(markup::parse(&body));
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let mut text = head(&name, COMMANDS, &about);
        let _ = writeln!(text, ".SH SYNOPSIS\n{}", synopsis(command));
        let _ = writeln!(text, ".SH DESCRIPTION\n{}.", line(&about));
        text.push_str(&render(&description));
        text.push_str(&options(command));
        text.push_str(&subcommands(command));
        text.push_str(&render(&sections));
        text.push_str(&render(&common(&sections)));
        Self { name, section: COMMANDS, text }
    }

    /// The page of a topic.
    pub(crate) fn of_topic(page: &Page) -> Self {
        let name = format!("rvenv-{}", page.name);
        let mut text = head(&name, TOPICS, page.title().unwrap_or_default());
        text.push_str(".SH DESCRIPTION\n");
        text.push_str(&render(&markup::parse(&page.body())));
        text.push_str(".SH SEE ALSO\n\\fBrvenv\\fR(1)\n");
        Self { name, section: TOPICS, text }
    }

    /// Its path below a directory of MANPATH: `man1/rvenv-create.1`.
    pub(crate) fn path(&self) -> String {
        let Self { name, section, .. } = self;
        format!("man{section}/{name}.{section}")
    }
}

/// The blocks before the first heading, and the others.
fn split(mut blocks: Vec<Block>) -> (Vec<Block>, Vec<Block>) {
    let is_heading = |block: &Block| matches!(block, Block::Heading(_));
    let sections = blocks.split_off(blocks.iter().position(is_heading).unwrap_or(blocks.len()));
    (blocks, sections)
}

/// Title and NAME; `about` begins with a small letter there.
fn head(name: &str, section: u8, about: &str) -> String {
    let release = env!("CARGO_PKG_VERSION");
    let mut letters = about.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    let about = line(&(first + letters.as_str()));
    let title = format!(".TH {name} {section} \"\" \"rvenv {release}\" \"rvenv\"");
    // Names are not hyphenated, so that they can be copied.
    format!("{title}\n.nh\n.ad l\n.SH NAME\n{} \\- {about}\n", escape(name))
}

/// The common sections that `own` lacks.
fn common(own: &[Block]) -> Vec<Block> {
    let mut is_missing = false;
    let mut blocks = markup::parse(COMMON);
    blocks.retain(|block| {
        if matches!(block, Block::Heading(_)) {
            is_missing = !own.contains(block);
        }
        is_missing
    });
    blocks
}

fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_hide_set())
}

/// `rvenv create [-p|--python PYTHON] [DIR]...`
fn synopsis(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut words = vec![format!("\\fB{}\\fR", escape(name))];
    let (positionals, flags): (Vec<_>, Vec<_>) =
        shown(command).partition(|arg| arg.is_positional());
    for arg in flags.into_iter().chain(positionals) {
        let word = if arg.is_positional() {
            value(arg)
        } else {
            format!("{}{}", names(arg, "|"), value(arg))
        };
        let word = if arg.is_required_set() { word } else { format!("[{word}]") };
        let is_repeated = arg.get_num_args().is_some_and(|range| range.max_values() > 1)
            || matches!(arg.get_action(), ArgAction::Count | ArgAction::Append);
        words.push(if is_repeated { format!("{word}...") } else { word });
    }
    if command.has_subcommands() {
        words.push("\\fICOMMAND\\fR".into());
    }
    words.join(" ")
}

/// `-p, --python`
fn names(arg: &Arg, separator: &str) -> String {
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let names = short.into_iter().chain(long).map(|name| format!("\\fB{}\\fR", escape(&name)));
    names.collect::<Vec<_>>().join(separator)
}

/// The name of an argument's value, after a space where a flag precedes it.
fn value(arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let names = arg.get_value_names().unwrap_or_default();
    let name = names.iter().map(|name| escape(name)).collect::<Vec<_>>().join(" ");
    format!("{}\\fI{name}\\fR", if arg.is_positional() { "" } else { " " })
}

fn options(command: &Command) -> String {
    let mut out = String::new();
    let mut heading = None;
    // As in `--help`: arguments without a heading first, then each heading once.
    let mut args: Vec<&Arg> = shown(command).collect();
    let headings: Vec<_> = args.iter().map(|arg| arg.get_help_heading()).collect();
    let place = |arg: &Arg| {
        let own = arg.get_help_heading();
        own.map_or(0, |_| 1 + headings.iter().position(|other| *other == own).unwrap_or_default())
    };
    args.sort_by_key(|arg| place(arg));
    for arg in args {
        let own = arg.get_help_heading().unwrap_or("Options");
        if heading != Some(own) {
            heading = Some(own);
            let _ = writeln!(out, ".SH {}", own.to_uppercase());
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(out, ".TP\n{}{}\n{}", names(arg, ", "), value(arg), line(&help));
        let defaults: Vec<_> =
            arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if arg.get_action().takes_values() && !defaults.is_empty() {
            let _ = writeln!(out, "[default: {}]", escape(&defaults.join(" ")));
        }
        let values: Vec<_> =
            arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if arg.get_action().takes_values() && !values.is_empty() {
            let _ = writeln!(out, "[values: {}]", escape(&values.join(", ")));
        }
    }
    out
}

fn subcommands(command: &Command) -> String {
    let mut out = String::new();
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        if out.is_empty() {
            out.push_str(".SH COMMANDS\n");
        }
        let name = escape(sub.get_display_name().unwrap_or(sub.get_name()));
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(out, ".TP\n\\fB{name}\\fR(1)\n{}", line(&about));
    }
    out
}
