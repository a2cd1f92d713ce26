//! Hostile names of directories that the scripts on disk are sourced from, and find themselves in.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rvenv::shell;
use rvenv::shell::Shell;

use super::names::has_xonsh_variable;
use super::{Fixture, Real, real};

/// Names that mean something to a shell, or to the code by which a script finds its own place.
const NAMES: [&[u8]; 36] = [
    b"plain",
    b"a'b",
    b"a\"b",
    b"'''",
    b"$(touch pwned)",
    b"`touch pwned`",
    b"';touch pwned;'",
    b"\";touch pwned;\"",
    b"$HOME",
    b"${HOME}",
    b"a!b",
    b"!!",
    b"%n",
    b"%PATH%",
    b"%{$(touch pwned)%}",
    b"\\",
    b"a\\",
    b"\\'",
    b"__RVENV_ROOT__",
    b"-n",
    b"~",
    b"*",
    b"[a]",
    b"{a,b}",
    b" a ",
    b"a\tb",
    b"a\nb",
    b"a\n",
    b"'##'#",
    b"(a)",
    b"a;b&c|d",
    b"=a^b",
    "é日本😀".as_bytes(),
    "\u{2018}a\u{2019}\u{201a}\u{201b}".as_bytes(),
    b"{RED}",
    b"a\xff'b",
];

/// Whether this shell has no way to write down or to source a directory of this name, or the file
/// system has none to hold it.
fn beyond(real: &Real, name: &[u8]) -> bool {
    if cfg!(target_os = "macos") && std::str::from_utf8(name).is_err() {
        return true;
    }
    match real.shell {
        Shell::Xonsh => has_xonsh_variable(name),
        Shell::Nushell | Shell::PowerShell | Shell::Yash => std::str::from_utf8(name).is_err(),
        _ => false,
    }
}

/// Reads the script of the environment that the variable `N{index}` names: no name is quoted by this test.
fn source(shell: Shell, index: usize, root: &Path) -> String {
    match shell {
        Shell::Fish => format!("source $N{index}/bin/activate.fish\n"),
        Shell::Csh | Shell::Tcsh => format!("source $N{index}:q/bin/activate.csh\n"),
        // It wants a constant.
        Shell::Nushell => {
            format!("overlay use r###'{}/bin/activate.nu'### as e{index}\n", root.display())
        }
        Shell::PowerShell => format!(". \"$env:N{index}/bin/Activate.ps1\"\n"),
        Shell::Elvish => format!("eval (slurp < $E:N{index}/bin/activate.elv)\n"),
        Shell::Xonsh => format!("source @(${{'N{index}'}} + '/bin/activate.xsh')\n"),
        _ => format!(". \"$N{index}/bin/activate\"\n"),
    }
}

fn way_back(fixture: &Fixture, shell: Shell) -> String {
    match shell {
        Shell::Elvish => {
            String::from_utf8(shell::deactivate(shell, &fixture.host(&[])).unwrap()).unwrap()
        }
        _ => "deactivate\n".to_owned(),
    }
}

/// Activates each environment from its script, which was written where `written` says, and looks at the variables.
fn sources(real: &Real, written: impl Fn(&Fixture, usize, &OsStr) -> PathBuf) {
    let (fixture, shell) = (Fixture::new(), real.shell);
    fs::create_dir(fixture.at("envs")).unwrap();
    let mut command = fixture.command(real);
    let (mut script, mut expected) = (String::new(), Vec::new());
    for (index, name) in NAMES.into_iter().enumerate().filter(|(_, name)| !beyond(real, name)) {
        let name = OsStr::from_bytes(name);
        let root = fixture.at("envs").join(name);
        let old = fixture.environment(written(&fixture, index, name), name);
        if old != root {
            fs::rename(old, &root).unwrap();
        }
        command.env(format!("N{index}"), &root);
        script += &source(shell, index, &root);
        script += "rvenv-show\n";
        script += &way_back(&fixture, shell);
        let mut path = root.join("bin").into_os_string();
        path.push(":");
        path.push(&fixture.path);
        expected.extend([root.into_os_string(), name.to_owned(), path]);
    }
    fixture.quietly(&mut command, real, script);
    let shown = fs::read(fixture.at("shown")).unwrap();
    let shown: Vec<_> = shown.split(|&byte| byte == 0).collect();
    let shown = shown[..shown.len() - 1].iter().map(|bytes| OsString::from_vec(bytes.to_vec()));
    for (index, (shown, expected)) in shown.clone().zip(&expected).enumerate() {
        assert_eq!(shown, *expected, "{}: value {index}", real.label);
    }
    assert_eq!(shown.len(), expected.len(), "{}", real.label);
}

macro_rules! every_shell {
    ($way:ident: $written:expr; $($test:ident $label:literal)*) => { mod $way {
        use super::*;

        $(#[test]
        fn $test() {
            if let Some(real) = real($label) {
                sources(&real, $written);
            }
        })*
    } };
}

every_shell! {
    in_place: |fixture, _, name| fixture.at("envs").join(name);
    bash "bash" bash_posix "bash-posix" zsh "zsh" zsh_sh "zsh-sh" dash "dash" busybox "busybox" ksh "ksh93" mksh "mksh" yash "yash"
    fish "fish" csh "csh" tcsh "tcsh" nushell "nu" powershell "pwsh" elvish "elvish" xonsh "xonsh" xonsh_current "xonsh-current"
}

// The shells whose scripts can tell where they are.
every_shell! {
    moved: |fixture, index, _| fixture.at(format!("old{index}"));
    bash "bash" bash_posix "bash-posix" zsh "zsh" ksh "ksh93" fish "fish" nushell "nu" powershell "pwsh" xonsh "xonsh"
    xonsh_current "xonsh-current"
}
