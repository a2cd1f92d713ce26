//! The statements of the scenarios in the language of each shell. All paths are plain words.

use std::path::Path;

use rvenv::shell::Shell;

/// Sets and exports a variable.
pub(crate) fn set(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Fish => format!("set -gx {name} '{value}'\n"),
        Shell::Csh | Shell::Tcsh => format!("setenv {name} '{value}'\n"),
        Shell::Nushell | Shell::Xonsh => {
            format!("${}{name} = '{value}'\n", if shell == Shell::Nushell { "env." } else { "" })
        }
        Shell::PowerShell => format!("$env:{name} = '{value}'\n"),
        Shell::Elvish => format!("set-env {name} '{value}'\n"),
        Shell::Cmd => format!("set \"{name}={value}\"\n"),
        _ => format!("export {name}='{value}'\n"),
    }
}

/// Puts a directory first on PATH.
pub(crate) fn prepend(shell: Shell, dir: &str) -> String {
    match shell {
        Shell::Fish => format!("set -gx PATH '{dir}' $PATH\n"),
        Shell::Csh | Shell::Tcsh => format!("setenv PATH \"{dir}:$PATH\"\n"),
        Shell::Nushell => format!("$env.PATH = ($env.PATH | prepend '{dir}')\n"),
        Shell::Xonsh => format!("$PATH.insert(0, '{dir}')\n"),
        Shell::PowerShell => format!("$env:PATH = '{dir}:' + $env:PATH\n"),
        Shell::Elvish => format!("set paths = ['{dir}' $@paths]\n"),
        Shell::Cmd => format!("set \"PATH={dir};%PATH%\"\n"),
        _ => format!("PATH=\"{dir}:$PATH\"\n"),
    }
}

/// Reads the environment's script on disk.
pub(crate) fn source(shell: Shell, root: &Path) -> String {
    let bin = root.join("bin").display().to_string();
    match shell {
        Shell::Fish => format!("source '{bin}/activate.fish'\n"),
        Shell::Csh | Shell::Tcsh => format!("source '{bin}/activate.csh'\n"),
        Shell::Nushell => format!("overlay use '{bin}/activate.nu'\n"),
        Shell::Xonsh => format!("source '{bin}/activate.xsh'\n"),
        Shell::PowerShell => format!(". '{bin}/Activate.ps1'\n"),
        Shell::Elvish => format!("eval (slurp < '{bin}/activate.elv')\n"),
        Shell::Cmd => format!("call \"{bin}\\activate.bat\"\n"),
        _ => format!(". '{bin}/activate'\n"),
    }
}

/// Evaluates `code` in the way that rvenv documents.
pub(crate) fn evaluate(shell: Shell, code: &Path) -> String {
    format!("{}{}\n", set(shell, "RVENV_CODE", &code.display().to_string()), shell.evaluate_line())
}

/// Has `python` note what it sees.
pub(crate) fn note(name: &str) -> String {
    format!("python {name}\n")
}

/// Evaluates `code` as the documented line does, with the file in the place of rvenv.
pub(crate) fn read_code(shell: Shell, code: &Path) -> String {
    let file = code.display();
    match shell {
        Shell::Nushell => format!("open --raw '{file}' | from json | load-env\n"),
        Shell::Elvish => format!("eval (slurp < '{file}')\n"),
        Shell::Xonsh => format!("execx(open('{file}').read())\n"),
        Shell::PowerShell => {
            format!("[System.IO.File]::ReadAllText('{file}') | Out-String | Invoke-Expression\n")
        }
        Shell::Csh | Shell::Tcsh => format!("eval \"`/bin/cat '{file}'`\"\n"),
        Shell::Fish => format!("source '{file}'\n"),
        _ => format!("eval \"$(/bin/cat '{file}')\"\n"),
    }
}

/// Removes a variable.
pub(crate) fn unset(shell: Shell, name: &str) -> String {
    match shell {
        Shell::Fish => format!("set -e {name}\n"),
        Shell::Csh | Shell::Tcsh => format!("unsetenv {name}\n"),
        Shell::Nushell => format!("hide-env {name}\n"),
        Shell::Xonsh => format!("del ${name}\n"),
        Shell::PowerShell => format!("$env:{name} = $null\n"),
        Shell::Elvish => format!("unset-env {name}\n"),
        Shell::Cmd => format!("set \"{name}=\"\n"),
        _ => format!("unset {name}\n"),
    }
}
