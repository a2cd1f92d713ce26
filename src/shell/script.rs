//! The scripts: what `rvenv activate` prints, and what an environment has on disk.

use std::ffi::OsStr;
use std::path::Path;

use super::template::{self, Value};
use super::{Language, Shell, data, quote};
use crate::error::{Error, Result};
use crate::host::{Host, Platform};

/// What an activation is about.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    /// The environment's directory, absolute.
    pub root: &'a Path,
    /// Its directory of programs: `bin` or `Scripts`.
    pub scripts: &'a str,
    /// Its name in the prompt.
    pub prompt: &'a OsStr,
}

impl Language {
    /// What defines `deactivate`; it holds no placeholder.
    const fn deactivate(self) -> &'static str {
        match self {
            Self::Posix => include_str!("scripts/deactivate.sh"),
            Self::Fish => include_str!("scripts/deactivate.fish"),
            Self::Csh => include_str!("scripts/deactivate.csh"),
            _ => "",
        }
    }

    /// What activates, after [`Language::deactivate`].
    const fn activate(self) -> &'static str {
        match self {
            Self::Posix => include_str!("scripts/activate.sh"),
            Self::Fish => include_str!("scripts/activate.fish"),
            Self::Csh => include_str!("scripts/activate.csh"),
            _ => "",
        }
    }
}

/// What `rvenv activate` prints for `shell` to evaluate.
///
/// # Errors
/// [`Error::Unrepresentable`] when the shell has no way to write down a path or the prompt.
pub fn activate(shell: Shell, activation: &Activation, host: &Host) -> Result<Vec<u8>> {
    let language = shell.language();
    let script = match language {
        Language::Nushell => return data::json(shell, &data::activation(activation, host)),
        Language::Batch => return data::batch(shell, &data::activation(activation, host)),
        _ => render(shell, activation, "")?,
    };
    if language == Language::Csh { one_line(shell, activation, &script) } else { Ok(script) }
}

/// What `rvenv deactivate` prints for `shell` to evaluate: silent where nothing is active.
///
/// # Errors
/// [`Error::Unrepresentable`] when the shell has no way to write down what stays on PATH.
pub fn deactivate(shell: Shell, host: &Host) -> Result<Vec<u8>> {
    let language = shell.language();
    match language {
        Language::Nushell => data::json(shell, &data::deactivation(host)),
        Language::Batch => data::batch(shell, &data::deactivation(host)),
        // An alias can be called by its name only after the line that made it.
        Language::Csh => {
            Ok(joined(format!("{}eval deactivate\n", language.deactivate()).as_bytes()))
        }
        _ => Ok(format!("{}deactivate\n", language.deactivate()).into_bytes()),
    }
}

/// The scripts for the environment's directory of programs: file name and content.
///
/// A script that cannot carry the path or the prompt is left out: no environment is refused for a
/// shell that its user may never start.
///
/// # Errors
/// [`Error::Placeholder`]: a mistake in this crate.
pub fn files(activation: &Activation, platform: Platform) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let _ = platform;
    let scripts =
        [("activate", Shell::Sh), ("activate.fish", Shell::Fish), ("activate.csh", Shell::Csh)];
    let mut files = Vec::new();
    for (name, shell) in scripts {
        match render(shell, activation, name) {
            Ok(script) => files.push((name, script)),
            Err(Error::Unrepresentable { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

/// The script of a language; `file` is its name on disk, or nothing where it is evaluated.
fn render(shell: Shell, activation: &Activation, file: &str) -> Result<Vec<u8>> {
    let language = shell.language();
    let literal = |value: &[u8]| {
        quote::literal(language, value).ok_or_else(|| Error::Unrepresentable {
            shell,
            value: String::from_utf8_lossy(value).into_owned().into(),
        })
    };
    let prompt = activation.prompt.as_encoded_bytes();
    let mut values = vec![
        Value { name: "ROOT", literal: literal(activation.root.as_os_str().as_encoded_bytes())? },
        Value { name: "SCRIPTS", literal: literal(activation.scripts.as_bytes())? },
        Value { name: "PROMPT", literal: literal(prompt)? },
        Value { name: "FILE", literal: literal(file.as_bytes())? },
    ];
    if language == Language::Csh {
        values.push(Value { name: "CSH_PROMPT", literal: literal(&escaped(prompt, b"!", b'\\'))? });
        let tcsh = escaped(&escaped(prompt, b"\\^!", b'\\'), b"%", b'%');
        values.push(Value { name: "TCSH_PROMPT", literal: literal(&tcsh)? });
    }
    let template = [language.deactivate(), language.activate()].concat();
    template::render(&template, &values)
}

/// `text` with `escape` before each byte that is one of `special`.
fn escaped(text: &[u8], special: &[u8], escape: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if special.contains(&byte) {
            out.push(escape);
        }
        out.push(byte);
    }
    out
}

/// csh's backquotes make a space of each line end, so what is evaluated has to be one line.
fn one_line(shell: Shell, activation: &Activation, script: &[u8]) -> Result<Vec<u8>> {
    for value in [activation.root.as_os_str(), activation.prompt] {
        if value.as_encoded_bytes().contains(&b'\n') {
            return Err(Error::Unrepresentable { shell, value: value.to_owned() });
        }
    }
    Ok(joined(script))
}

/// The lines of `script` as one, without those that are empty or a comment.
fn joined(script: &[u8]) -> Vec<u8> {
    let commands = script
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let mut out = commands.collect::<Vec<_>>().join(&b"; "[..]);
    out.push(b'\n');
    out
}
