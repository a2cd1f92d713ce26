//! The frame around the code that a command prints: evaluated as documented it runs the code, and
//! without the quotes it fails and runs nothing.
//!
//! An unquoted command substitution is split into words, and POSIX shells replace each word that has
//! a glob character (`*`, `?`, `[`) by the names of files that match it, whose owner could so add
//! commands. The frame has none of these characters, so its words are what is written here.

use super::{Language, Shell, quote};

/// The command that fails where `eval` was given the words instead of the text.
const UNQUOTED: &str = "rvenv: the command substitution needs double quotes, as in:";

/// The output of a command that failed: code that makes the evaluating shell fail, too. The reason is on stderr.
pub fn failure(shell: Shell) -> &'static str {
    match shell.language() {
        Language::Posix | Language::Fish | Language::Csh => "false\n",
        Language::PowerShell => "Write-Error 'rvenv failed'\n",
        Language::Elvish => "fail 'rvenv failed'\n",
        // SystemExit would end the shell.
        Language::Python => "raise RuntimeError('rvenv failed')\n",
        Language::Batch => "(call)\r\n",
        // `from json` rejects it.
        Language::Nushell => "rvenv failed\n",
    }
}

/// `code` in its frame.
pub(super) fn guarded(shell: Shell, code: &[u8], command: &str) -> Vec<u8> {
    let line = shell.evaluate_line().replace("rvenv activate", &format!("rvenv {command}"));
    match shell.language() {
        Language::Posix if shell == Shell::Zsh => zsh(code, &line),
        Language::Posix => posix(shell, code, &line),
        Language::Fish => {
            let body = quote::literal(Language::Fish, code).unwrap_or_default();
            let start =
                format!("if test 'x\n' = 'x '\n; echo '{UNQUOTED} {line}' >&2; false; else; eval ");
            [start.as_bytes(), &body, b"; end\n"].concat()
        }
        Language::PowerShell => {
            let line = line.replace('\'', "''");
            let start = format!("if ('x\n' -eq 'x ') {{ Write-Error '{UNQUOTED} {line}' }}\n");
            [start.as_bytes(), code].concat()
        }
        _ => code.to_vec(),
    }
}

/// `:` is the other separator that start-up files set IFS to.
fn posix(shell: Shell, code: &[u8], line: &str) -> Vec<u8> {
    // Dash, yash and what is called `sh` lack `$'…'`.
    let glob = |octal: &str| match shell {
        Shell::Sh | Shell::Dash | Shell::Yash => format!("\"$(printf '\\{octal}')\""),
        _ => format!("$'\\{octal}'"),
    };
    let mut out = format!(
        "if test 'x\n' = 'x ' || test 'x:x' = 'x x'; then echo '{UNQUOTED} {line}' >&2; false; else \
         _rvenv_star={} _rvenv_mark={} _rvenv_open={};\n",
        glob("052"),
        glob("077"),
        glob("133"),
    )
    .into_bytes();
    out.extend_from_slice(b"eval 'unset _rvenv_star _rvenv_mark _rvenv_open\n");
    for &byte in code {
        match byte {
            b'\'' => out.extend_from_slice(br"'\''"),
            b'*' => out.extend_from_slice(b"'\"$_rvenv_star\"'"),
            b'?' => out.extend_from_slice(b"'\"$_rvenv_mark\"'"),
            b'[' => out.extend_from_slice(b"'\"$_rvenv_open\"'"),
            byte => out.push(byte),
        }
    }
    out.extend_from_slice(b"';\nfi\n");
    out
}

/// zsh's option `csh_junkie_quotes` permits no newline in quotes, unless a backslash precedes it.
fn zsh(code: &[u8], line: &str) -> Vec<u8> {
    let mut out = format!(
        "if test 'x\\\n' = 'x\\ ' || test 'x:x' = 'x x'; then echo '{UNQUOTED} {line}' >&2; false; else eval "
    )
    .into_bytes();
    let off = "[[ ! -o csh_junkie_quotes ]] || { unsetopt csh_junkie_quotes; typeset -g _RVENV_QUOTES=; }";
    out.extend(zsh_word(off.as_bytes()));
    out.extend_from_slice(b"; { eval ");
    out.extend(zsh_word(code));
    out.extend_from_slice(b"; } always { eval ");
    out.extend(zsh_word(
        b"[[ -z ${_RVENV_QUOTES+x} ]] || { unset _RVENV_QUOTES; setopt csh_junkie_quotes; }",
    ));
    out.extend_from_slice(b"; }; fi\n");
    out
}

/// One line without a glob character.
fn zsh_word(text: &[u8]) -> Vec<u8> {
    let mut out = b"$'".to_vec();
    for &byte in text {
        match byte {
            b'\n' => out.extend_from_slice(br"\n"),
            b'\'' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'*' | b'?' | b'[' => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            byte => out.push(byte),
        }
    }
    out.push(b'\'');
    out
}
