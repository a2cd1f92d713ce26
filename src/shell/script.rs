//! The table of the scripts and their contents.

use Placeholder::{CmdPrompt, CshPrompt, File, Prompt, Root, Scripts, TcshPrompt, XonshRoot};

use super::integrity::sealed;
use super::template;
use super::template::Value;
use super::{Activation, Language, Shell, quote};
use crate::shell::{Error, Result};
use crate::support::host::Platform;

/// A script: the file that serves both the disk and `rvenv activate`.
pub struct Script {
    /// Its name on disk.
    pub file: &'static str,
    /// Its language.
    pub(super) shell: Shell,
    /// The definition of `deactivate`, if it is a separate command, without placeholders.
    pub(super) deactivate: &'static str,
    /// The code that activates.
    activate: &'static str,
    /// The placeholders in [`Script::activate`].
    placeholders: &'static [Placeholder],
}

/// A value that a script holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    /// [`Activation::root`].
    Root,
    /// The same for xonsh, which expands variables in PATH whenever it reads it: `$name` cannot be carried.
    XonshRoot,
    /// [`Activation::scripts`].
    Scripts,
    /// [`Activation::prompt`].
    Prompt,
    /// The script's own name; nothing where it is evaluated and no file.
    File,
    /// The prompt as csh draws it: `!` is the number of the command.
    CshPrompt,
    /// The prompt as tcsh draws it: `%`, `^` and `\` mean something, too.
    TcshPrompt,
    /// The prompt as cmd.exe draws it: `$` means something.
    CmdPrompt,
}

impl Placeholder {
    const fn name(self) -> &'static str {
        match self {
            Self::Root | Self::XonshRoot => "ROOT",
            Self::Scripts => "SCRIPTS",
            Self::Prompt => "PROMPT",
            Self::File => "FILE",
            Self::CshPrompt => "CSH_PROMPT",
            Self::TcshPrompt => "TCSH_PROMPT",
            Self::CmdPrompt => "CMD_PROMPT",
        }
    }

    fn value(self, activation: &Activation, file: &str) -> Vec<u8> {
        let prompt = activation.prompt.as_encoded_bytes();
        match self {
            Self::Root | Self::XonshRoot => activation.root.as_os_str().as_encoded_bytes().to_vec(),
            Self::Scripts => activation.scripts.into(),
            Self::Prompt => prompt.to_vec(),
            Self::File => file.into(),
            Self::CshPrompt => escaped(prompt, b"!", b'\\'),
            Self::TcshPrompt => escaped(&escaped(prompt, b"\\^!", b'\\'), b"%", b'%'),
            Self::CmdPrompt => escaped(prompt, b"$", b'$'),
        }
    }
}

const POSIX: Script = Script {
    file: "activate",
    shell: Shell::Sh,
    deactivate: include_str!("scripts/deactivate.sh"),
    activate: include_str!("scripts/activate.sh"),
    placeholders: &[Root, Scripts, Prompt, File],
};
const FISH: Script = Script {
    file: "activate.fish",
    shell: Shell::Fish,
    deactivate: include_str!("scripts/deactivate.fish"),
    activate: include_str!("scripts/activate.fish"),
    placeholders: &[Root, Scripts, Prompt, File],
};
const CSH: Script = Script {
    file: "activate.csh",
    shell: Shell::Csh,
    deactivate: include_str!("scripts/deactivate.csh"),
    activate: include_str!("scripts/activate.csh"),
    placeholders: &[Root, Scripts, Prompt, File, CshPrompt, TcshPrompt],
};
const POWERSHELL: Script = Script {
    file: "Activate.ps1",
    shell: Shell::PowerShell,
    deactivate: include_str!("scripts/deactivate.ps1"),
    activate: include_str!("scripts/Activate.ps1"),
    placeholders: &[Root, Scripts, Prompt, File],
};
const NUSHELL: Script = Script {
    file: "activate.nu",
    shell: Shell::Nushell,
    deactivate: "",
    activate: include_str!("scripts/activate.nu"),
    placeholders: &[Root, Scripts, Prompt],
};
const BATCH: Script = Script {
    file: "activate.bat",
    shell: Shell::Cmd,
    deactivate: include_str!("scripts/deactivate.bat"),
    activate: include_str!("scripts/activate.bat"),
    placeholders: &[Prompt, CmdPrompt],
};
const ELVISH: Script = Script {
    file: "activate.elv",
    shell: Shell::Elvish,
    deactivate: include_str!("scripts/deactivate.elv"),
    activate: include_str!("scripts/activate.elv"),
    placeholders: &[Root, Scripts, Prompt, File],
};
const XONSH: Script = Script {
    file: "activate.xsh",
    shell: Shell::Xonsh,
    deactivate: include_str!("scripts/deactivate.xsh"),
    activate: include_str!("scripts/activate.xsh"),
    placeholders: &[XonshRoot, Scripts, Prompt, File],
};
const BATCH_BACK: Script = Script {
    file: "deactivate.bat",
    shell: Shell::Cmd,
    deactivate: BATCH.deactivate,
    activate: "",
    placeholders: &[],
};
/// No shell's script, but what a running Python executes.
const PYTHON: Script = Script {
    file: "activate_this.py",
    shell: Shell::Xonsh,
    deactivate: "",
    activate: include_str!("scripts/activate_this.py"),
    placeholders: &[Scripts, Prompt],
};

impl Shell {
    pub(super) const fn script(self) -> &'static Script {
        match self {
            Self::Sh
            | Self::Bash
            | Self::Zsh
            | Self::Dash
            | Self::Ksh
            | Self::Mksh
            | Self::Yash => &POSIX,
            Self::Fish => &FISH,
            Self::Csh | Self::Tcsh => &CSH,
            Self::Nushell => &NUSHELL,
            Self::PowerShell => &POWERSHELL,
            Self::Cmd => &BATCH,
            Self::Elvish => &ELVISH,
            Self::Xonsh => &XONSH,
        }
    }
}

impl Script {
    /// Every one, in the order in which they are written.
    const ALL: [&'static Self; 10] =
        [&POSIX, &FISH, &CSH, &POWERSHELL, &NUSHELL, &XONSH, &ELVISH, &PYTHON, &BATCH, &BATCH_BACK];

    /// The one with this file name.
    pub(crate) fn named(file: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|script| script.file.eq_ignore_ascii_case(file))
    }

    pub(crate) const fn language(&self) -> Language {
        self.shell.language()
    }

    /// Those in an environment's directory of programs.
    pub fn on_disk(platform: Platform) -> impl Iterator<Item = &'static Self> {
        let is_for = move |script: &&Self| !script.is_batch() || platform == Platform::Windows;
        Self::ALL.into_iter().filter(is_for)
    }

    /// The whole file; nothing where its language cannot carry the path or the prompt: no environment is
    /// refused for a shell that its user may never start.
    ///
    /// # Errors
    /// [`Error::Placeholder`]: a mistake in this crate.
    pub fn text(&self, activation: &Activation) -> Result<Option<Vec<u8>>> {
        let text = match self.render(activation, self.file) {
            Err(Error::Unrepresentable { .. }) => return Ok(None),
            text => text?,
        };
        Ok(Some(if self.is_batch() {
            sealed(crlf(&in_utf8(text)), "@rem", "\r\n")
        } else {
            sealed(text, "#", "\n")
        }))
    }

    fn is_batch(&self) -> bool {
        self.language() == Language::Batch
    }

    /// The script; `file` is its name on disk, or nothing where it is evaluated.
    ///
    /// # Errors
    /// [`Error::Unrepresentable`], or [`Error::Placeholder`] for a mistake in this crate.
    pub(super) fn render(&self, activation: &Activation, file: &str) -> Result<Vec<u8>> {
        let values = self.placeholders.iter().map(|placeholder| {
            let value = placeholder.value(activation, file);
            let carried = *placeholder != XonshRoot || !has_xonsh_variable(&value);
            let literal = carried
                .then(|| quote::literal(self.language(), &value))
                .flatten()
                .ok_or_else(|| Error::Unrepresentable {
                    shell: self.shell,
                    value: String::from_utf8_lossy(&value).into_owned().into(),
                })?;
            Ok(Value { name: placeholder.name(), literal })
        });
        let values = values.collect::<Result<Vec<_>>>()?;
        // Room for the values, too, and for the seal.
        let mut out = Vec::with_capacity(self.deactivate.len() + self.activate.len() + 512);
        out.extend_from_slice(self.deactivate.as_bytes());
        template::render(self.activate, &values, out)
    }
}

/// Whether xonsh may find a variable in a text: its `expandvars` matches `$name`, `${'name'}` and `${"name"}`,
/// where a name has letters of any script.
fn has_xonsh_variable(text: &[u8]) -> bool {
    let starts_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_{".contains(byte);
    text.windows(2).any(|pair| pair[0] == b'$' && starts_name(&pair[1]))
}

/// cmd.exe takes a file for text in the console's code page, which knows ASCII as UTF-8 does.
fn in_utf8(text: Vec<u8>) -> Vec<u8> {
    if text.is_ascii() {
        return text;
    }
    let (before, after) = (include_str!("scripts/utf8.bat"), include_str!("scripts/codepage.bat"));
    [before.as_bytes(), &text, after.as_bytes()].concat()
}

/// cmd.exe wants the line ends of Windows, whichever the source was checked out with.
fn crlf(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    lines.flat_map(|line| [line.trim_ascii_end(), b"\r\n"].concat()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A placeholder is a whole literal: quotes around it would be closed by its own.
    #[test]
    fn no_placeholder_stands_in_quotes() {
        for script in Script::ALL {
            assert!(!script.deactivate.contains("__RVENV_"), "{}", script.file);
            for (at, _) in script.activate.match_indices("__RVENV_") {
                let before = &script.activate[..at];
                let line = before.rsplit('\n').next().unwrap();
                for quote in ['\'', '"', '`'] {
                    assert_eq!(line.matches(quote).count() % 2, 0, "{}: {line}", script.file);
                }
                let after = script.activate[at..]
                    .chars()
                    .find(|&char| !(char.is_ascii_uppercase() || char == '_'));
                assert!(before.ends_with(['\n', ' ', '(']), "{}: {line}", script.file);
                assert!(
                    matches!(after, Some(' ' | ',' | ')' | '\n' | '\r')),
                    "{}: {line}",
                    script.file
                );
            }
        }
    }

    /// The templates and the placeholders that they are said to hold agree, or rendering fails.
    #[test]
    fn every_script_renders() {
        let activation = Activation {
            root: "/__RVENV_PROMPT__".as_ref(),
            scripts: "bin",
            prompt: "{{ROOT}}".as_ref(),
        };
        for script in Script::ALL {
            let rendered = script.render(&activation, script.file).unwrap();
            let rendered = String::from_utf8(rendered).unwrap();
            assert!(script.activate.is_empty() || rendered.contains("{{ROOT}}"), "{}", script.file);
            assert!(
                !script.activate.contains("__RVENV_ROOT__")
                    || rendered.contains("/__RVENV_PROMPT__"),
                "{}",
                script.file
            );
        }
    }

    #[test]
    fn a_batch_file_asks_for_utf_8_where_it_needs_it() {
        let text = |prompt: &str| {
            let root = r"C:\shop\.venv".as_ref();
            let activation = Activation { root, scripts: "Scripts", prompt: prompt.as_ref() };
            String::from_utf8(BATCH.text(&activation).unwrap().unwrap()).unwrap()
        };
        assert!(!text("shop").contains("chcp"));
        let german = text("prüfung");
        let at = |part: &str| german.find(part).unwrap_or_else(|| panic!("{part}: {german}"));
        assert!(at("chcp.com\" 65001") < at("prüfung"));
        assert!(at(":rvenv_activated\r\n") < at("chcp.com\" %_rvenv_code_page%"));
        assert!(german.lines().all(|line| line.starts_with(['@', ':'])), "{german}");
    }
}
