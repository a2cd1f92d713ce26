//! Random hostile environments: commands that only look start no program that only the project names, and
//! write nothing outside the cache and the list of allowed environments. Watched by strace.
//!
//! `RVENV_FUZZ_PROJECTS` is the number of projects, `RVENV_FUZZ_SEED` the first seed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::sandbox::{Ran, Sandbox, has_strace};

/// Numbers of a xorshift generator: the same for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn happens(&mut self) -> bool {
        self.below(2) == 0
    }
}

const TOOLS: [&str; 10] =
    ["python3", "python", "python3.11", "pypy3", "git", "pyenv", "mise", "asdf", "uname", "pip"];
const HOMES: [&str; 9] = [
    "/usr/bin",
    "PROJECT/tools",
    "tools",
    "./tools",
    "../project/tools",
    "/proc/self/cwd/tools",
    "/dev/fd/../../self/cwd/tools",
    "\"PROJECT/tools\"",
    "",
];
const LINKS: [&str; 6] = [
    "../../tools/python3",
    "PROJECT/tools/python3",
    "/proc/self/cwd/tools/python3",
    "../../other/bin/python3",
    "/usr/bin/python3",
    "python3",
];
const PATHS: [&str; 4] =
    ["/usr/bin:/bin", ".:/usr/bin:/bin", "tools::/usr/bin:/bin", "/usr/bin:/bin:./.venv/bin"];
/// A file of a project, and what it contains.
const FILES: [(&str, &str); 16] = [
    (".python-version", "PROJECT/tools/python3\n"),
    (".python-version", "./tools\n"),
    (".tool-versions", "python path:PROJECT/tools\n"),
    ("mise.toml", "[tools]\npython = 'path:./tools'\n[env]\n_.source = './tools/python3'\n"),
    ("mise.toml", "[tools]\npython = '{{ exec(command=\"./tools/python3\") }}'\n"),
    ("rvenv.toml", "python = './tools/python3'\n"),
    ("rvenv.toml", "pip = './tools/pip.whl'\nprompt = '\u{1b}[2J'\n"),
    ("pyproject.toml", "[tool.rvenv]\npython = 'tools/python3'\n[project]\nname = 'x'\n"),
    ("pyproject.toml", "[build-system]\nbuild-backend = 'tools'\nbackend-path = ['.']\n"),
    ("setup.py", "open('RAN', 'a').write('setup')\n"),
    (".git/config", "[core]\n\tfsmonitor = ./tools/python3\n\thooksPath = ./tools\n"),
    (".git/HEAD", "ref: refs/heads/main\n"),
    (".venv/pip.conf", "[global]\npython = ./tools/python3\n"),
    (".venv/lib/python3.11/site-packages/x.pth", "import os; open('RAN', 'a')\n"),
    (".venv/lib/python3.11/site-packages/sitecustomize.py", "open('RAN', 'a')\n"),
    (".venv/bin/activate", "touch RAN\n"),
];

/// A project that somebody else wrote.
struct Fixture {
    sandbox: Sandbox,
    /// Its description for messages.
    made: String,
}

impl Fixture {
    fn new(seed: u64) -> Self {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut fixture = Self { sandbox: Sandbox::new(), made: format!("seed {seed}:") };
        for tool in TOOLS {
            fixture.program(&format!("tools/{tool}"));
        }
        fixture.program("python3");
        fixture.program("other/bin/python3");
        fixture.put("other/pyvenv.cfg", "home = PROJECT/tools\nversion = 3.11.2\n");
        fixture.environment(&mut numbers);
        for _ in 0..numbers.below(6) {
            let (name, text) = numbers.one(&FILES);
            fixture.put(name, text);
        }
        let path = numbers.one(&PATHS);
        fixture.sandbox.set("PATH", path);
        let _ = write!(fixture.made, " PATH {path}");
        if numbers.happens() {
            let env = fixture.sandbox.project().join(".venv");
            fixture.sandbox.set("VIRTUAL_ENV", env);
        }
        fixture
    }

    fn filled(&self, text: &str) -> String {
        let ran = self.sandbox.root().join("ran");
        text.replace("PROJECT", self.sandbox.project().to_str().unwrap())
            .replace("RAN", ran.to_str().unwrap())
    }

    /// Writes a file unless something else is in its way.
    fn put(&mut self, name: &str, text: &str) {
        let path = self.sandbox.project().join(name);
        if fs::create_dir_all(path.parent().unwrap()).is_ok() {
            let _ = fs::write(&path, self.filled(text));
            if !text.starts_with("#!/bin/sh") {
                let _ = write!(self.made, " {name}={text:?}");
            }
        }
    }

    fn program(&mut self, name: &str) {
        self.put(name, "#!/bin/sh\necho \"$0\" >>'RAN'\nexec /usr/bin/python3 \"$@\"\n");
        let path = self.sandbox.project().join(name);
        let _ = fs::set_permissions(path, PermissionsExt::from_mode(0o755));
    }

    fn environment(&mut self, numbers: &mut Numbers) {
        let root = self.sandbox.project();
        match numbers.below(8) {
            0 => {
                symlink("other", root.join(".venv")).unwrap();
                return;
            }
            1 => return self.put(".venv", "other\n"),
            _ => {}
        }
        let (home, version) = (numbers.one(&HOMES), numbers.one(&["3.11.2", "3.99", "x", ""]));
        let more = numbers.one(&[
            "",
            "executable = PROJECT/tools/python3\n",
            "base-executable = PROJECT/tools/python3\nbase-prefix = PROJECT/tools\n",
            "command = PROJECT/tools/python3 -m venv PROJECT/.venv\n",
        ]);
        self.put(".venv/pyvenv.cfg", &format!("home = {home}\nversion = {version}\n{more}"));
        for name in ["python", "python3", "python3.11"] {
            if numbers.below(3) == 0 {
                self.program(&format!(".venv/bin/{name}"));
            } else {
                let link = numbers.one(&LINKS);
                fs::create_dir_all(root.join(".venv/bin")).unwrap();
                let _ = symlink(self.filled(link), root.join(".venv/bin").join(name));
                let _ = write!(self.made, " {name}->{link}");
            }
        }
        if numbers.happens() {
            let script =
                format!("#!{}\n", numbers.one(&["PROJECT/tools/python3", "/usr/bin/env x"]));
            self.put(".venv/bin/pip", &script);
        }
    }

    /// Runs rvenv under strace.
    fn watch(&self, args: &[&str]) -> Calls {
        let log = self.sandbox.root().join("strace.log");
        let mut command = self.sandbox.command("/usr/bin/strace");
        command.args(["-f", "-qq", "-y", "-s", "4096", "-o"]).arg(&log);
        command.args(["-e", "trace=%process,%file,fchmod,fchown"]);
        command.arg(env!("CARGO_BIN_EXE_rvenv")).args(args);
        let ran = Ran::of(&mut command);
        assert!(matches!(ran.code, Some(0..=2)), "{}\n{args:?}: {ran:#?}", self.made);
        Calls::parse(&fs::read_to_string(log).unwrap())
    }

    fn check(&self, args: &[&str], may_start: bool) {
        let calls = self.watch(args);
        let context = || format!("{}\nrvenv {args:?}\n{calls:#?}", self.made);
        let ran = fs::read_to_string(self.sandbox.root().join("ran")).unwrap_or_default();
        assert_eq!(ran, "", "{}", context());
        let own = self.sandbox.root();
        // rvenv itself is the first.
        let started = &calls.started[1..];
        let foreign = started.iter().find(|path| path.starts_with(own.join("project")));
        assert_eq!(foreign, None, "{}", context());
        if !may_start {
            assert_eq!((started.len(), calls.forks), (0, 0), "{}", context());
        }
        let permitted = [own.join("cache"), own.join("home/.local"), "/dev".into(), "/proc".into()];
        let is_permitted = |path: &Path| permitted.iter().any(|place| path.starts_with(place));
        let written: Vec<_> = calls.written.iter().filter(|path| !is_permitted(path)).collect();
        assert!(written.is_empty(), "{written:?} {}", context());
    }
}

/// The actions of a run.
#[derive(Debug)]
struct Calls {
    /// Every program, by the path that it was started by.
    started: Vec<PathBuf>,
    /// How many processes, threads not counted.
    forks: usize,
    written: BTreeSet<PathBuf>,
}

impl Calls {
    /// A line is `PID NAME(ARGUMENTS) = RESULT`; an argument that is a file is `FD<PATH>`.
    fn parse(log: &str) -> Self {
        let mut calls = Self { started: Vec::new(), forks: 0, written: BTreeSet::new() };
        for line in log.lines() {
            // The end of a call that another process interrupted is on a line of its own.
            let line = line.trim_end_matches(" <unfinished ...>");
            let Some((name, arguments)) = line.split_once('(') else { continue };
            let name = name.split_whitespace().last().unwrap_or_default();
            let has_failed = line.contains(") = -1 ");
            match name {
                "execve" | "execveat" if !has_failed => {
                    calls.started.extend(paths(arguments).into_iter().take(1));
                }
                "fork" | "vfork" => calls.forks += 1,
                "clone" | "clone3" => {
                    calls.forks += usize::from(!arguments.contains("CLONE_THREAD"));
                }
                "openat" | "openat2" | "open" => {
                    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"];
                    if writes.iter().any(|flag| arguments.contains(flag)) {
                        calls.written.extend(paths(arguments));
                    }
                }
                // The first argument is what the link says.
                "symlink" | "symlinkat" => calls.written.extend(paths(arguments).pop()),
                "mkdir" | "mkdirat" | "rename" | "renameat" | "renameat2" | "unlink"
                | "unlinkat" | "rmdir" | "link" | "linkat" | "chmod" | "fchmod" | "fchmodat"
                | "fchmodat2" | "chown" | "lchown" | "fchown" | "fchownat" | "utimensat"
                | "truncate" | "creat" | "mknod" | "mknodat" => {
                    calls.written.extend(paths(arguments));
                }
                _ => {}
            }
        }
        calls
    }
}

/// The paths among the arguments of a call: texts, from the directory before them.
fn paths(arguments: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directory = None;
    let mut rest = arguments;
    while let Some(at) = rest.find(['<', '"', ')']) {
        let (sign, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        let end = match sign {
            b'<' => '>',
            b'"' => '"',
            _ => break,
        };
        let Some(length) = after.find(end) else { break };
        let text = &after[..length];
        if sign == b'<' {
            directory = Some(PathBuf::from(text));
        } else {
            let above: PathBuf = directory.take().unwrap_or_default();
            found.push(above.join(text));
        }
        rest = &after[length + 1..];
    }
    // A call that names an open file alone.
    found.extend(directory);
    found
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn paths_of_calls_are_read() {
    let line = r#"AT_FDCWD</a>, "b", 5</c>, "/d", O_CREAT) = 3</e>"#;
    assert_eq!(paths(line), [Path::new("/a/b"), Path::new("/d")]);
    assert_eq!(paths("3</x>, NULL) = 0"), [Path::new("/x")]);
    let log = "7 execve(\"/r\", [\"r\"], 0x1) = 0\n7 clone3({flags=CLONE_VM|CLONE_VFORK}, 88) = 8\n\
               7 openat(AT_FDCWD</p>, \"f\", O_RDONLY) = 3</p/f>\n\
               7 symlinkat(\"t\", AT_FDCWD</p>, \"l\") = 0\n7 execve(\"/q\", 0x1) = -1 ENOENT (x)\n";
    let calls = Calls::parse(log);
    assert_eq!(calls.started, [Path::new("/r")]);
    assert_eq!((calls.forks, calls.written.first().unwrap().as_path()), (1, Path::new("/p/l")));
}

#[test]
fn commands_that_only_look_start_and_write_nothing_of_a_project() {
    if !has_strace() {
        return;
    }
    let first = number("RVENV_FUZZ_SEED", 1);
    for seed in first..first + number("RVENV_FUZZ_PROJECTS", 8) {
        let fixture = Fixture::new(seed);
        for args in [
            &["check"][..],
            &["check", "--json", ".venv"],
            &["check", "--fix", "--dry-run"],
            &["create", "--dry-run", "--without-pip"],
            &["create", "--dry-run", "--without-pip", "--upgrade", "other"],
            &["python", "list"],
            &["python", "find"],
        ] {
            fixture.check(args, true);
        }
        for args in [
            &["activate", "--shell", "bash"][..],
            &["hook", "bash"],
            &["hook-env", "--shell", "bash"],
            &["list", ".."],
            &["list", "--json"],
            &["config"],
            &["remove", "--dry-run", ".venv"],
            &["allow"],
            &["deny"],
            &["allow", "other"],
            &["deny", "other"],
        ] {
            fixture.check(args, false);
        }
    }
}
