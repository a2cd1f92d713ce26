//! Output: stdout is for programs, stderr for people.

mod hint;
mod library_error;
mod progress;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use rvenv::fs::Leftover;
use rvenv::settings;
use rvenv::settings::project::Project;
use rvenv::settings::{Key, Settings};
use rvenv::{Hint, Host, Platform};

use self::progress::{Line, Progress};
use crate::cli::{ColorWhen, Output};
use crate::process;
use crate::process::{CannotRun, Exit};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// The verbosity and colours of the output.
#[derive(Debug)]
pub(crate) struct Ui {
    /// -1 with `--quiet`, 0 by default, 1 and 2 with `-v` and `-vv`.
    verbosity: i8,
    /// Whether `--color` was given.
    color_is_given: bool,
    /// The progress line, while one is drawn.
    line: RefCell<Option<Line>>,
}

impl Ui {
    pub(crate) fn new(output: Output) -> Self {
        if let Some(when) = output.color {
            set_color_choice(when);
        }
        let verbosity =
            if output.quiet { -1 } else { i8::try_from(output.verbose).unwrap_or(i8::MAX) };
        Self { verbosity, color_is_given: output.color.is_some(), line: RefCell::default() }
    }

    /// Applies the setting `color`, unless `--color` was given.
    pub(crate) fn set_color(&self, when: Option<&OsStr>) {
        let when =
            when.and_then(OsStr::to_str).and_then(|when| ColorWhen::from_str(when, false).ok());
        if let Some(when) = when.filter(|_| !self.color_is_given) {
            set_color_choice(when);
        }
    }

    /// Whether only failures are reported.
    pub(crate) fn is_quiet(&self) -> bool {
        self.verbosity < 0
    }

    /// Whether details are reported.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbosity >= 1
    }

    /// Reports an action; silent with `--quiet`.
    pub(crate) fn say(&self, text: impl Display) {
        if self.verbosity >= 0 {
            self.write(None, text);
        }
    }

    /// Reports a detail, with `-v`.
    pub(crate) fn detail(&self, text: impl Display) {
        if self.verbosity >= 1 {
            self.write(None, text);
        }
    }

    /// Does `work`, and reports its duration with `-v`.
    pub(crate) fn timed<T>(&self, what: impl Display, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.detail(format_args!("{what} ({})", duration(start.elapsed())));
        done
    }

    /// Reports settings that are ignored, with `-v` the files that were read, and with `-vv` the source of
    /// each setting.
    pub(crate) fn report_settings(&self, host: &Host, project: &Project, settings: &Settings) {
        if let Some(error) = &project.unreadable {
            self.warn(format_args!("{error}: it is left out"));
        }
        for (name, near) in settings::misspelt_variables(host) {
            self.warn(format_args!("`{name}` does not name a setting"));
            self.hint(hint::words(&Hint::DidYouMean(near)));
        }
        for file in [&project.settings, &project.manifest].into_iter().flatten() {
            self.detail(format_args!("read `{}`", file.path.display()));
        }
        let set = Key::ALL.into_iter().filter_map(|key| Some((key, settings.get(key)?)));
        for (key, set) in set.filter(|_| self.verbosity >= 2) {
            self.detail(format_args!("`{}` is set by {}", key.name(), set.source));
        }
    }

    /// The progress of work that may be slow.
    pub(crate) fn progress(&self) -> Progress<'_> {
        Progress(self)
    }

    /// Reports a problem that did not stop the work; silent with `--quiet`.
    pub(crate) fn warn(&self, text: impl Display) {
        if self.verbosity >= 0 {
            self.write(Some((WARNING, "warning")), text);
        }
    }

    /// Prints the next step for the user; silent with `--quiet`.
    pub(crate) fn hint(&self, text: impl Display) {
        if self.verbosity >= 0 {
            self.write(Some((HINT, "hint")), text);
        }
    }

    /// Whether progress is drawn: on a terminal, and not with `-v`, which prints a line per event.
    pub(crate) fn draws(&self) -> bool {
        self.verbosity == 0 && io::stderr().is_terminal()
    }

    /// Clears the progress line, so that the next output takes its place.
    fn clear_progress(&self) {
        drop(self.line.take());
    }

    fn write(&self, label: Option<(Style, &str)>, text: impl Display) {
        self.clear_progress();
        // Further lines are indented, so that a name with a newline cannot imitate a message of rvenv.
        let text = visible(&text.to_string()).replace('\n', "\n  ");
        let line = match label {
            Some((style, label)) => format!("{style}{label}:{style:#} {text}\n"),
            None => format!("{text}\n"),
        };
        // One write, because other processes share stderr; a failure cannot be reported anywhere.
        let _ = anstream::stderr().lock().write_all(line.as_bytes());
    }

    /// Warns of temporary files that could not be removed, and says how.
    pub(crate) fn report_leftovers(&self, leftovers: &[Leftover]) {
        for Leftover { path, reason, is_denied } in leftovers {
            self.warn(format_args!("cannot remove the leftover `{}`: {reason}", path.display()));
            let path = word(path);
            let hint = if *is_denied && cfg!(unix) {
                // The owner of the directory decides, or `chattr +i` on Linux, which stops root, too.
                format!(
                    "look at it, and remove it as root: `sudo rm -rf {path}`; `lsattr` shows what is immutable"
                )
            } else {
                format!("look at it, and remove it yourself: `rm -rf {path}`")
            };
            self.hint(hint);
        }
    }

    /// Prints a failure and gives its exit code.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        let known = library_error::find(error);
        if let Some(signal) = known.signal {
            return process::exit_by_signal(signal);
        }
        self.report_error(error);
        let not_started = || error.downcast_ref::<CannotRun>().map(|error| error.code);
        known.code.or_else(not_started).unwrap_or(Exit::Failure).into()
    }

    /// Prints a failure: the error, its causes, the next step.
    pub(crate) fn report_error(&self, error: &anyhow::Error) {
        self.write(Some((ERROR, "error")), error);
        let known = library_error::find(error);
        for cause in error.chain().skip(1) {
            let is_absence = cause
                .downcast_ref::<io::Error>()
                .is_some_and(|cause| cause.kind() == io::ErrorKind::NotFound);
            if !(known.states_absence && is_absence) {
                self.write(None, format_args!("  caused by: {cause}"));
            }
        }
        if let Some(hint) = known.hint {
            self.hint(hint::words(&hint));
        }
    }
}

/// A warning, the first time that it is given.
pub(crate) fn warn_once(text: &str) {
    if is_first(text) {
        Ui { verbosity: 0, color_is_given: false, line: RefCell::default() }.warn(text);
    }
}

/// A detail, the first time that it is given.
pub(crate) fn tell_once(text: &str) {
    if is_first(text) {
        Ui { verbosity: 1, color_is_given: false, line: RefCell::default() }.detail(text);
    }
}

/// Whether `text` was not given before.
fn is_first(text: &str) -> bool {
    static GIVEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    GIVEN.lock().is_ok_and(|mut given| given.insert(text.to_owned()))
}

/// A number of things: `1 package`, `2 packages`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Writes data for another program, byte for byte.
pub(crate) fn print(data: impl AsRef<[u8]>) -> io::Result<()> {
    write(io::stdout().lock(), data.as_ref())
}

/// Writes a path and a newline for another program, byte for byte; on a terminal with deceptive
/// characters escaped.
pub(crate) fn print_path(path: &Path) -> io::Result<()> {
    if io::stdout().is_terminal() {
        return print(visible_line(&path.to_string_lossy()) + "\n");
    }
    print([path.as_os_str().as_encoded_bytes(), b"\n"].concat())
}

/// Writes an answer for programs in JSON; on a terminal with deceptive characters escaped.
pub(crate) fn print_json(answer: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(answer)? + "\n";
    let text = if io::stdout().is_terminal() { visible_json(&text) } else { text };
    Ok(print(text)?)
}

/// Writes a page for people, with colours if they are enabled.
pub(crate) fn show(page: impl AsRef<str>) -> io::Result<()> {
    write(anstream::stdout().lock(), page.as_ref().as_bytes())
}

/// A closed pipe is not an error.
fn write(mut out: impl Write, data: &[u8]) -> io::Result<()> {
    match out.write_all(data).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints the error for a command that other tools have, and the one that does the same here.
pub(crate) fn unknown_command(name: &str, command: &str) -> ExitCode {
    let ui = Ui { verbosity: 0, color_is_given: false, line: RefCell::default() };
    ui.write(Some((ERROR, "error")), format_args!("there is no command `{name}`"));
    ui.hint(format_args!("`{command}`"));
    Exit::Usage.into()
}

/// Prints the usage error of clap.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // A failure cannot be reported anywhere.
    let text = error.to_string();
    let shown = visible(&text);
    if shown == text {
        let _ = error.print();
    } else {
        // An argument is repeated in it.
        let _ = io::stderr().write_all(shown.as_bytes());
    }
    if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS }
}

fn set_color_choice(when: ColorWhen) {
    let choice = match when {
        // Reads NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
        ColorWhen::Auto => anstream::ColorChoice::Auto,
        ColorWhen::Always => anstream::ColorChoice::Always,
        ColorWhen::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// A duration: `2.2 ms`, and seconds from 1,000 ms on.
pub(crate) fn duration(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 999.95 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// The width of the terminal in columns; unlimited if stdout is not a terminal.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(usize::MAX, |(width, _)| width.0.into())
}

/// Whether a character can change what a terminal shows of the text around it, or is itself not seen:
/// control characters, marks of the direction of writing (Unicode Standard Annex 9), characters without
/// width, separators of lines, and tags.
fn is_deceptive(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text from files and variables, for people: deceptive characters are escaped.
pub(crate) fn visible(text: &str) -> String {
    escaped(text, |out, c| out.extend(c.escape_default()))
}

/// The same in one line.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', r"\n")
}

/// JSON as a terminal may show it: deceptive characters become escapes that mean the same.
fn visible_json(text: &str) -> String {
    escaped(text, |out, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

/// A TOML string as a terminal may show it.
pub(crate) fn visible_toml(text: &str) -> String {
    escaped(text, |out, c| {
        let _ = write!(out, "\\U{:08X}", u32::from(c));
    })
}

fn escaped(text: &str, escape: impl Fn(&mut String, char)) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) {
            escape(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// A word quoted for the shell, for commands that the user copies.
pub(crate) fn word(word: impl AsRef<OsStr>) -> String {
    quoted(&word.as_ref().to_string_lossy(), Platform::current())
}

/// A path as an argument of a command: `./-x` for `-x`, which would be a flag.
pub(crate) fn path_word(path: &Path) -> String {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        word(Path::new(".").join(path))
    } else {
        word(path)
    }
}

fn quoted(word: &str, platform: Platform) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,~".contains(c);
    // The shell expands `~name`.
    if !word.is_empty() && !word.starts_with('~') && word.chars().all(is_plain) {
        word.to_owned()
    } else if platform == Platform::Windows && !word.contains(['$', '`', '"']) {
        // cmd.exe, PowerShell and Git Bash read this form alike.
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A size of at most three digits with its unit, as in `du -h`.
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

    #[test]
    fn durations_are_in_seconds_from_a_thousand_milliseconds_on() {
        let shown =
            [Duration::ZERO, Duration::from_micros(999_940), Duration::from_micros(999_960)];
        assert_eq!(shown.map(duration), ["0.0 ms", "999.9 ms", "1.0 s"]);
        assert_eq!(duration(Duration::from_millis(60_601)), "60.6 s");
    }

    #[test]
    fn words_are_quoted_as_the_systems_shells_have_it() {
        for (word, posix, windows) in [
            (".venv", ".venv", ".venv"),
            ("my env", "'my env'", "\"my env\""),
            (r"envs\web", r"'envs\web'", r#""envs\web""#),
            ("~user", "'~user'", "\"~user\""),
            ("it's", r"'it'\''s'", "\"it's\""),
            ("$(x)", "'$(x)'", "'$(x)'"),
            ("", "''", "\"\""),
        ] {
            assert_eq!(quoted(word, Platform::Linux), posix);
            assert_eq!(quoted(word, Platform::Windows), windows);
        }
    }

    #[test]
    fn deceptive_characters_are_escaped() {
        assert_eq!(visible("a\u{1b}[2Jb\r\u{202e}c\u{7}"), r"a\u{1b}[2Jb\r\u{202e}c\u{7}");
        assert_eq!(visible("é 日本 ✓"), "é 日本 ✓");
        for c in [
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{2028}',
            '\u{2060}',
            '\u{feff}',
            '\u{e0041}',
            '\u{9b}',
        ] {
            let text = format!("a{c}b");
            assert_eq!(visible(&text), format!("a{}b", c.escape_unicode()));
            let json = serde_json::to_string(&text).unwrap();
            let shown = visible_json(&json);
            assert!(shown.is_ascii(), "{shown}");
            assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
            let toml =
                format!("x = {}", visible_toml(&toml::Value::String(text.clone()).to_string()));
            assert!(toml.is_ascii(), "{toml}");
            assert_eq!(toml.parse::<toml::Table>().unwrap()["x"].as_str(), Some(&*text));
        }
    }
}
