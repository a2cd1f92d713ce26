//! No name of a directory or a prompt runs code, and every shell carries each exactly.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use rvenv::shell;
use rvenv::shell::{Activation, Shell};

use super::dialect::read_code;
use super::{Fixture, Real, real};
use crate::sandbox::runs_long_variants;

/// Names that broke an activation script somewhere, and their relatives.
const TEXTS: [&str; 93] = [
    "plain",
    "a'b",
    "a\"b",
    "a`b",
    "'",
    "\"",
    "a'''b",
    "$(touch pwned)",
    "`touch pwned`",
    "';touch pwned;'",
    "\";touch pwned;\"",
    "$HOME",
    "${HOME}",
    "$HOME'$HOME",
    "a!b",
    "!!",
    "!$",
    "%n",
    "100%",
    "%PATH%",
    "%%",
    "%{$(touch pwned)%}",
    "\\",
    "a\\",
    "\\\\",
    "a\\'b",
    "\\n",
    "\\u0041",
    "{{ROOT}}",
    "@@ROOT@@",
    "__RVENV_ROOT__",
    "__VENV_DIR__",
    "-",
    "-n",
    "--help",
    "~",
    "~root",
    "*",
    "?",
    "[a]",
    "{a,b}",
    " ",
    "a b",
    " a ",
    "a\tb",
    "a\nb",
    "\n",
    "a\n",
    "#",
    "#a",
    "a#b",
    "'#",
    "'##'#",
    "a;b",
    "a&b",
    "a|b",
    "a<b",
    "a>b",
    "(a)",
    "a)b",
    "a(b",
    "^a",
    "a^b",
    "=a",
    "a=b",
    "@a",
    "$",
    "$$",
    "$a",
    "a$",
    "é",
    "日本",
    "𝒳😀",
    "\u{2018}a\u{2019}",
    "\u{201a}\u{201b}",
    "\u{202e}a",
    "a\rb",
    "\u{1b}[31m",
    "a\u{7f}b",
    "'+(touch pwned)+'",
    "\"+\"",
    "r#'a'#",
    "\u{fe0f}",
    "{RED}",
    "{x}",
    "a{",
    "a}",
    "true",
    "null",
    "0",
    "a,b",
    "\u{1}",
    "\u{85}\u{a0}\u{2028}",
];

/// [`TEXTS`], and names that are not UTF-8.
fn hostile() -> Vec<Vec<u8>> {
    let mut names: Vec<_> = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    names.extend([
        b"\xff".to_vec(),
        b"a\xfe\x80'b".to_vec(),
        b"\xe2\x80".to_vec(),
        b"\xc3'".to_vec(),
    ]);
    names
}

/// Text that has a meaning in some shell.
const PIECES: [&[u8]; 56] = [
    b"'",
    b"\"",
    b"`",
    b"\\",
    b"$",
    b"!",
    b"%",
    b"#",
    b"(",
    b")",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b">",
    b"|",
    b"&",
    b";",
    b"*",
    b"?",
    b"~",
    b"^",
    b"=",
    b"@",
    b",",
    b".",
    b"-",
    b"+",
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b"a",
    b"Z",
    b"0",
    b"n",
    b"$(touch pwned)",
    b"`touch pwned`",
    b"${IFS}",
    b"$'",
    b"$\"",
    b"__RVENV_ROOT__",
    b"{{",
    b"}}",
    b"@@",
    b"''",
    b"\\'",
    b"\xff",
    b"\xc3\xa9",
    b"\xe2\x80\x99",
    b"\xe2\x80\x98",
    b"\xf0\x9f\x98\x80",
    b"\x01",
    b"\x7f",
    b"!!",
];

/// Names of random [`PIECES`], the same in each run.
fn fuzz(count: usize) -> Vec<Vec<u8>> {
    let mut state: u64 = 0x5EED_0F5E_ED00_1234;
    let mut next = |below: usize| {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    (0..count)
        .map(|_| (0..=next(9)).flat_map(|_| PIECES[next(PIECES.len())].to_vec()).collect())
        .collect()
}

/// What xonsh would replace when it reads PATH.
pub(super) fn has_xonsh_variable(name: &[u8]) -> bool {
    let follows =
        |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_{".contains(byte);
    name.windows(2).any(|pair| pair[0] == b'$' && follows(&pair[1]))
}

/// Whether `shell` has no way to carry a name in what it evaluates.
fn beyond(shell: Shell, name: &[u8]) -> bool {
    match shell {
        Shell::Xonsh => has_xonsh_variable(name),
        Shell::Nushell | Shell::PowerShell | Shell::Yash => std::str::from_utf8(name).is_err(),
        Shell::Csh | Shell::Tcsh => name.contains(&b'\n'),
        _ => false,
    }
}

/// The directory of a name. An entry of PATH cannot contain a colon.
fn directory(fixture: &Fixture, name: &[u8]) -> PathBuf {
    let name = name.iter().map(|&byte| if byte == b':' { b'_' } else { byte }).collect();
    fixture.at("envs").join(OsString::from_vec(name))
}

/// Activates each name, shows the variables, and deactivates: all in one process.
fn carries(real: &Real, names: &[Vec<u8>]) {
    let (fixture, shell) = (Fixture::new(), real.shell);
    let mut script = Vec::new();
    let mut expected = Vec::new();
    for name in names {
        let root = directory(&fixture, name);
        let activation =
            Activation { root: &root, scripts: "bin", prompt: OsStr::from_bytes(name) };
        let code = match shell::activate(shell, &activation, &fixture.host(&[])) {
            Ok(code) => code,
            Err(rvenv::shell::Error::Unrepresentable { shell: refused, .. }) => {
                assert!(
                    refused == shell && beyond(shell, name),
                    "{}: {}",
                    real.label,
                    name.escape_ascii()
                );
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        script.extend(inline(&fixture, shell, &code));
        script.extend_from_slice(b"rvenv-show\n");
        script.extend(deactivation(&fixture, shell));
        expected
            .push([root.as_os_str().as_bytes(), name, &path(&fixture, &root)].map(<[u8]>::to_vec));
    }
    fixture.quiet(real, &script);
    compare(&fixture, real, &expected);
}

fn deactivation(fixture: &Fixture, shell: Shell) -> Vec<u8> {
    match shell {
        Shell::Nushell | Shell::Elvish => {
            inline(fixture, shell, &shell::deactivate(shell, &fixture.host(&[])).unwrap())
        }
        _ => b"deactivate\n".to_vec(),
    }
}

/// PATH while `root` is active.
fn path(fixture: &Fixture, root: &std::path::Path) -> Vec<u8> {
    [root.as_os_str().as_bytes(), b"/bin:", fixture.path.as_bytes()].concat()
}

#[track_caller]
fn compare(fixture: &Fixture, real: &Real, expected: &[[Vec<u8>; 3]]) {
    let shown = fs::read(fixture.at("shown")).unwrap();
    let mut shown = shown.split(|&byte| byte == 0);
    for expected in expected {
        for expected in expected {
            let shown = shown.next().unwrap_or_default();
            assert_eq!(
                shown.escape_ascii().to_string(),
                expected.escape_ascii().to_string(),
                "{}",
                real.label
            );
        }
    }
    assert_eq!(shown.collect::<Vec<_>>(), [b""], "{}: more was shown than activated", real.label);
}

/// Code as the shell reads it from `rvenv activate`, without a process for each.
fn inline(fixture: &Fixture, shell: Shell, code: &[u8]) -> Vec<u8> {
    match shell {
        Shell::Nushell
        | Shell::Elvish
        | Shell::Xonsh
        | Shell::PowerShell
        | Shell::Csh
        | Shell::Tcsh => read_code(shell, &fixture.code(code)).into_bytes(),
        _ => code.to_vec(),
    }
}

/// Numbers of fuzzed names: by default, and with `RVENV_TEST_LONG`.
const FUZZED: (usize, usize) = (150, 1000);

/// The same in shells that start slowly.
const FUZZED_IF_SLOW: (usize, usize) = (40, 200);

/// The same in shells that take 15 ms for a name.
const FUZZED_IN_CSH: (usize, usize) = (40, 1000);

fn carries_all(label: &str, (by_default, all): (usize, usize)) {
    let Some(real) = real(label) else { return };
    let is_long = runs_long_variants("most fuzzed names in each shell");
    carries(&real, &[hostile(), fuzz(if is_long { all } else { by_default })].concat());
}

macro_rules! every_shell {
    ($($test:ident $label:literal $count:ident)*) => {
        $(#[test]
        fn $test() {
            carries_all($label, $count);
        })*
    };
}

every_shell! {
    bash "bash" FUZZED
    zsh "zsh" FUZZED
    zsh_sh "zsh-sh" FUZZED
    dash "dash" FUZZED
    busybox "busybox" FUZZED
    ksh "ksh93" FUZZED
    mksh "mksh" FUZZED
    yash "yash" FUZZED
    fish "fish" FUZZED
    csh "csh" FUZZED_IN_CSH
    tcsh "tcsh" FUZZED_IN_CSH
    nushell "nu" FUZZED_IF_SLOW
    powershell "pwsh" FUZZED_IF_SLOW
    elvish "elvish" FUZZED_IF_SLOW
    xonsh "xonsh" FUZZED_IF_SLOW
    xonsh_current "xonsh-current" FUZZED_IF_SLOW
}
