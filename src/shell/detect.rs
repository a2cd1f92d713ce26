//! The detection of the calling shell.

use std::ffi::OsStr;
use std::path::Path;

use super::Shell;
use super::parents::{Process, parents};
use crate::support::host::Host;

/// The shell that called: the nearest parent that is one. What stands between it and this process, such as
/// `sudo`, `env` or a launcher, is passed over.
///
/// If the system shows no parents, the user's login shell (`SHELL`) is assumed.
pub fn detect(host: &Host) -> Option<Shell> {
    nearest(parents(), host)
}

fn nearest(parents: impl Iterator<Item = Process>, host: &Host) -> Option<Shell> {
    let mut parents = parents.peekable();
    if parents.peek().is_none() {
        return host.path_var("SHELL").and_then(Path::to_str)?.parse().ok();
    }
    parents.find_map(|process| recognise(&process))
}

/// The shell that a process is, by the file that it runs: `sh` may really be bash.
fn recognise(process: &Process) -> Option<Shell> {
    let executable =
        process.executable.as_deref().and_then(Path::file_name).and_then(OsStr::to_str);
    let executable = executable.map(|name| name.strip_suffix(".exe").unwrap_or(name));
    match executable {
        None => process.arguments.first().and_then(|name| shell_named(name)),
        // One file that is many programs: `ash`, or `busybox sh`, or its `env`.
        Some("busybox") => {
            let applets =
                process.arguments.iter().take(2).filter(|name| !name.ends_with(b"busybox"));
            applets.take(1).find_map(|name| shell_named(name))
        }
        // `/usr/bin/zsh (deleted)` after an upgrade.
        Some(name) => shell_named(name.trim_end_matches(" (deleted)").as_bytes())
            .or_else(|| scripted(name, process))
            .or_else(|| started(name, process)),
    }
}

/// A shell that is a program of an interpreter: xonsh is one of Python, and pwsh can be one of dotnet.
fn scripted(interpreter: &str, process: &Process) -> Option<Shell> {
    // macOS' frameworks run `Python.app/Contents/MacOS/Python`.
    let interpreter = interpreter.to_ascii_lowercase();
    let expected = if interpreter == "dotnet" {
        Shell::PowerShell
    } else if interpreter.starts_with("python") || interpreter.starts_with("pypy") {
        Shell::Xonsh
    } else {
        return None;
    };
    // `setproctitle` leaves the name of the program only.
    let renamed = process.arguments.first().and_then(|name| shell_named(name));
    if renamed == Some(expected) {
        return renamed;
    }
    let program = if expected == Shell::Xonsh {
        python_program(process)?
    } else {
        process.arguments.get(1)?.as_slice()
    };
    let shell = shell_named(program.strip_suffix(b".dll").unwrap_or(program))?;
    (shell == expected).then_some(shell)
}

/// The script or module that Python runs: see `python --help`.
fn python_program(process: &Process) -> Option<&[u8]> {
    let mut arguments = process.arguments.iter().skip(1).map(Vec::as_slice);
    loop {
        let argument = arguments.next()?;
        let Some(options) = argument.strip_prefix(b"-") else { return Some(argument) };
        if options == b"-check-hash-based-pycs" {
            arguments.next();
        }
        // `-Im xonsh` and `-mxonsh`: the value of an option is the rest of the word, or else the next word.
        let valued = options.iter().position(|option| b"cmXW".contains(option));
        let Some(at) = valued.filter(|_| !options.starts_with(b"-")) else { continue };
        let value = Some(&options[at + 1..]).filter(|rest| !rest.is_empty());
        let value = value.or_else(|| arguments.next())?;
        match options[at] {
            b'c' => return None,
            b'm' => return value.split(|&byte| byte == b'.').next(),
            _ => {}
        }
    }
}

/// Options of glibc's loader that take a value: see ld.so(8).
const LOADER_VALUES: [&[u8]; 7] = [
    b"--library-path",
    b"--inhibit-rpath",
    b"--audit",
    b"--preload",
    b"--argv0",
    b"--glibc-hwcaps-prepend",
    b"--glibc-hwcaps-mask",
];
/// Options of QEMU's user mode that take none: see its manual.
const EMULATOR_FLAGS: [&[u8]; 3] = [b"-strace", b"-singlestep", b"-one-insn-per-tb"];

/// A shell whose file has another name: the name that it was called by, or the program of a loader or an emulator.
fn started(name: &str, process: &Process) -> Option<Shell> {
    let mut words = process.arguments.iter().map(Vec::as_slice);
    if let Some(shell) = words.next().and_then(shell_named) {
        return Some(shell);
    }
    let is_emulator = name.starts_with("qemu-");
    if !is_emulator && !name.starts_with("ld-") && !name.starts_with("ld.so") {
        return None;
    }
    loop {
        let word = words.next()?;
        if !word.starts_with(b"-") {
            return shell_named(word);
        }
        let has_value = if is_emulator {
            !EMULATOR_FLAGS.contains(&word)
        } else {
            LOADER_VALUES.contains(&word)
        };
        if has_value {
            words.next();
        }
    }
}

fn shell_named(name: &[u8]) -> Option<Shell> {
    std::str::from_utf8(name).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::cell::LazyCell;

    use super::*;

    fn process(executable: &str, arguments: &[&str]) -> Process {
        let arguments = arguments.iter().map(|argument| argument.as_bytes().to_vec()).collect();
        Process {
            executable: (!executable.is_empty()).then(|| executable.into()),
            arguments: LazyCell::new(Box::new(|| arguments)),
        }
    }

    #[test]
    fn a_shell_is_known_by_what_it_runs() {
        let cases = [
            ("/usr/bin/bash", &["sh"][..], Some(Shell::Bash)),
            ("/usr/bin/zsh", &["-zsh"], Some(Shell::Zsh)),
            ("", &["-fish"], Some(Shell::Fish)),
            ("/bin/busybox", &["ash"], Some(Shell::Sh)),
            ("/bin/busybox", &["busybox", "sh", "x"], Some(Shell::Sh)),
            ("/bin/busybox", &["env", "rvenv"], None),
            ("/usr/bin/python3.11", &["/usr/bin/python3", "/usr/bin/xonsh"], Some(Shell::Xonsh)),
            ("/usr/bin/python3.11", &["python", "-m", "xonsh"], Some(Shell::Xonsh)),
            ("/usr/bin/python3.11", &["python", "bash"], None),
            (
                "/F/Python.app/Contents/MacOS/Python",
                &["Python", "/F/bin/xonsh"],
                Some(Shell::Xonsh),
            ),
            ("/usr/bin/dotnet", &["dotnet", "/opt/pwsh.dll"], Some(Shell::PowerShell)),
            ("/c/dotnet/dotnet.exe", &["dotnet", "pwsh.dll"], Some(Shell::PowerShell)),
            ("/c/Windows/System32/cmd.exe", &["cmd"], Some(Shell::Cmd)),
            ("/usr/bin/sudo", &["sudo", "zsh"], None),
            ("/usr/bin/tmux", &["tmux"], None),
            ("/usr/bin/bash (deleted)", &["bash"], Some(Shell::Bash)),
            ("", &[], None),
            ("/usr/bin/bash-static", &["bash-static"], Some(Shell::Bash)),
            ("/nix/.zsh-wrapped", &["zsh"], Some(Shell::Zsh)),
            ("/copy/mybash", &["bash"], Some(Shell::Bash)),
            ("/usr/lib/ld-linux-x86-64.so.2", &["ld-linux", "/bin/bash"], Some(Shell::Bash)),
            (
                "/usr/lib/ld-linux-x86-64.so.2",
                &["ld-linux", "--argv0", "x", "--library-path", "/lib", "/bin/zsh"],
                Some(Shell::Zsh),
            ),
            ("/usr/lib/ld-linux-x86-64.so.2", &["ld-linux", "/bin/env", "bash"], None),
            (
                "/usr/bin/qemu-x86_64-static",
                &["qemu-x86_64", "-strace", "-cpu", "max", "-E", "SHELL=fish", "/bin/bash"],
                Some(Shell::Bash),
            ),
            ("/usr/bin/qemu-x86_64-static", &["qemu-x86_64", "/bin/make", "bash"], None),
            ("/usr/bin/python3", &["python", "-mxonsh"], Some(Shell::Xonsh)),
            ("/usr/bin/python3", &["python", "-Im", "xonsh"], Some(Shell::Xonsh)),
            ("/usr/bin/python3", &["python", "-Xutf8", "-m", "xonsh.main"], Some(Shell::Xonsh)),
            ("/usr/bin/python3", &["python", "-c", "xonsh"], None),
            ("/usr/bin/qemu-x86_64-static", &["qemu-x86_64", "/bin/dash"], Some(Shell::Dash)),
            ("/usr/bin/python3.13", &["xonsh"], Some(Shell::Xonsh)),
            ("/usr/bin/python3.13", &["python", "-X", "utf8", "-m", "xonsh"], Some(Shell::Xonsh)),
        ];
        for (executable, arguments, expected) in cases {
            assert_eq!(
                recognise(&process(executable, arguments)),
                expected,
                "{executable} {arguments:?}"
            );
        }
    }

    #[test]
    fn without_parents_the_login_shell_is_asked() {
        let host = Host::new([("SHELL", "/usr/local/bin/fish")], "/");
        assert_eq!(nearest(std::iter::empty(), &host), Some(Shell::Fish));
        let parents = [process("/usr/bin/env", &["env"]), process("/usr/bin/zsh", &["zsh"])];
        assert_eq!(nearest(parents.into_iter(), &host), Some(Shell::Zsh));
        assert_eq!(nearest([process("/usr/sbin/cron", &["cron"])].into_iter(), &host), None);
    }
}
