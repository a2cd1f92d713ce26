//! Everything that is written: stdout is for programs, stderr for people.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use rvenv::project::Project;
use rvenv::{Error, Hint};

use crate::cli::{ColorWhen, Output};
use crate::process::{self, CANNOT_EXECUTE, CannotRun, NOT_FOUND};

/// 1: the command failed, or `check` found a problem.
pub(crate) const FAILED: u8 = 1;
/// 2: wrong usage, as clap and stdlib have it.
pub(crate) const USAGE: u8 = 2;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// How much is said, and in which colours.
#[derive(Debug)]
pub(crate) struct Ui {
    /// -1 is quiet, 0 as usual, 1 and 2 tell more.
    verbosity: i8,
}

impl Ui {
    pub(crate) fn new(output: Output) -> Self {
        let choice = match output.color {
            None | Some(ColorWhen::Auto) => anstream::ColorChoice::Auto,
            Some(ColorWhen::Always) => anstream::ColorChoice::Always,
            Some(ColorWhen::Never) => anstream::ColorChoice::Never,
        };
        choice.write_global();
        let verbosity =
            if output.quiet { -1 } else { i8::try_from(output.verbose).unwrap_or(i8::MAX) };
        Self { verbosity }
    }

    /// Whether nothing but failures is to be said.
    pub(crate) fn is_quiet(&self) -> bool {
        self.verbosity < 0
    }

    /// What was done, for people; silent with `--quiet`.
    pub(crate) fn say(&self, text: impl Display) {
        if self.verbosity >= 0 {
            say(None, text);
        }
    }

    /// What was looked at: with `-v`.
    pub(crate) fn detail(&self, text: impl Display) {
        if self.verbosity >= 1 {
            say(None, text);
        }
    }

    /// Something that the user should know although it went on.
    pub(crate) fn warn(&self, text: impl Display) {
        if self.verbosity >= 0 {
            say(Some((WARNING, "warning")), text);
        }
    }

    /// A way out.
    pub(crate) fn hint(&self, text: impl Display) {
        say(Some((HINT, "hint")), text);
    }

    /// What was left out of a project, which may be the reason for a surprise.
    pub(crate) fn warn_of_project(&self, project: &Project) {
        if let Some(error) = &project.unreadable {
            self.warn(format_args!("{error}: it is left out"));
        }
    }

    /// Whether stderr is a terminal, where progress may be drawn.
    pub(crate) fn draws(&self) -> bool {
        self.verbosity >= 0 && io::stderr().is_terminal()
    }

    /// Tells of a failure: the error, its causes, the way out.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        let known = error.chain().find_map(|cause| cause.downcast_ref::<Error>());
        if let Some(Error::Interrupted { signal }) = known {
            return process::end_by(*signal);
        }
        say(Some((ERROR, "error")), error);
        for cause in error.chain().skip(1) {
            say(None, format_args!("  caused by: {cause}"));
        }
        if let Some(hint) = known.and_then(Error::hint) {
            self.hint(words(&hint));
        }
        ExitCode::from(code(error, known))
    }
}

/// The exit code of a failure: 1, or a shell's for a command that did not start.
fn code(error: &anyhow::Error, known: Option<&Error>) -> u8 {
    match known {
        Some(Error::NoCommand { .. }) => NOT_FOUND,
        Some(Error::NotExecutable { .. }) => CANNOT_EXECUTE,
        _ => error.downcast_ref::<CannotRun>().map_or(FAILED, |error| error.code),
    }
}

/// Writes data for another program; that it stopped reading is no error of ours.
pub(crate) fn print(data: impl AsRef<[u8]>) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(data.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Lets clap say what is wrong with the command line, or print the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // There is nobody left to tell when this cannot be written.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { USAGE } else { 0 })
}

fn say(label: Option<(Style, &str)>, text: impl Display) {
    let text = visible(&text.to_string());
    let mut stderr = anstream::stderr().lock();
    // There is nobody left to tell when this cannot be written.
    let _ = match label {
        Some((style, label)) => writeln!(stderr, "{style}{label}:{style:#} {text}"),
        None => writeln!(stderr, "{text}"),
    };
}

/// How wide a line of stdout may be: the terminal's width, and no limit elsewhere.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(usize::MAX, |(width, _)| width.0.into())
}

/// Control characters in names could move the cursor, change colours or hide what is said.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// A hint in words. A `match` without `_`: a new hint must be worded.
fn words(hint: &Hint) -> String {
    match hint {
        Hint::CreateEnvironment => "make one with `rvenv create`".into(),
        Hint::ChooseAnotherPath => "choose another place or name for the environment".into(),
        Hint::CheckEnvironment(env) => {
            format!("`rvenv check {}` tells what is wrong and how to mend it", env.display())
        }
        Hint::ClearOrUpgrade => {
            "`--clear` replaces it; `--upgrade` keeps its packages and gives it the other Python"
                .into()
        }
        Hint::NameTheShell => "name it with `--shell`".into(),
        Hint::DidYouMean(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
        Hint::ShowSettings => "`rvenv config` shows the settings that there are".into(),
        Hint::SetByUser(key) => format!(
            "give `--{key}`, or set it in your own file, which `rvenv config` names, if you want it"
        ),
        Hint::KeepOneConfiguration => "move all settings into one of the two".into(),
        Hint::InstallCommand(name) => {
            format!("`rvenv install {name}`, if a package of that name brings it")
        }
        _ => String::new(),
    }
}

/// Three digits and a unit, as `du -h` has it.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["B", "K", "M", "G", "T"];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut size = size as f64;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && size < 9.95);
    format!("{size:.digits$}{}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_at_most() {
        let shown: Vec<_> =
            [0, 999, 1000, 10 * 1024, 1024 * 1024 - 1, 9 << 30].into_iter().map(bytes).collect();
        assert_eq!(shown, ["0B", "999B", "1.0K", "10K", "1.0M", "9.0G"]);
    }
}
