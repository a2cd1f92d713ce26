//! A fixture with projects, a shell on a pseudo-terminal in it, and what was noted there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rvenv::shell;
use rvenv::shell::Shell;

use crate::sandbox::{Ran, Running, Sandbox};
use crate::shells::Real;

/// The variables of a call of `note`, and as `starts` the number of starts of rvenv up to then.
#[derive(Debug)]
pub(crate) struct Note(BTreeMap<String, String>);

impl Note {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The number of starts of rvenv.
    pub(crate) fn starts(&self) -> usize {
        self.0["starts"].trim().parse().unwrap()
    }

    /// Asserts that `root` is active, and stands first on PATH and there only.
    #[track_caller]
    pub(crate) fn active(&self, root: &Path) {
        assert_eq!(self.get("VIRTUAL_ENV"), Some(&*root.to_string_lossy()));
        let bins: Vec<_> = self.bins();
        assert_eq!(bins, [root.join("bin")], "{}", self.0["PATH"]);
        assert!(Path::new(&self.0["PATH"].split(':').next().unwrap()) == bins[0]);
    }

    /// Asserts that no environment is active, nor its directory on PATH.
    #[track_caller]
    pub(crate) fn inactive(&self) {
        assert_eq!(self.get("VIRTUAL_ENV"), None);
        assert_eq!(self.bins(), Vec::<PathBuf>::new());
        assert_eq!(self.get("_RVENV_HOOK"), None);
    }

    fn bins(&self) -> Vec<PathBuf> {
        let path = self.0["PATH"].split(':').map(PathBuf::from);
        path.filter(|entry| entry.to_string_lossy().contains("venv/bin")).collect()
    }
}

/// A sandbox in which shells have the hook.
pub(crate) struct Fixture {
    pub(crate) sandbox: Sandbox,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let mut sandbox = Sandbox::new();
        let bin = sandbox.root().join("tools");
        std::fs::create_dir(&bin).unwrap();
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hook/fakes");
        for name in ["note", "rvenv"] {
            std::os::unix::fs::symlink(fakes.join(name), bin.join(name)).unwrap();
        }
        std::fs::create_dir(sandbox.root().join("notes")).unwrap();
        std::fs::write(sandbox.root().join("starts"), "").unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
        let (notes, starts) = (sandbox.root().join("notes"), sandbox.root().join("starts"));
        sandbox.set("PATH", path).set("RVENV_NOTES", notes).set("RVENV_STARTS", starts);
        sandbox.set("RVENV_REAL", env!("CARGO_BIN_EXE_rvenv")).set("TERM", "dumb");
        Self { sandbox }
    }

    pub(crate) fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.sandbox.root().join(name)
    }

    /// A project with an environment that rvenv made.
    pub(crate) fn project(&self, name: impl AsRef<OsStr>) -> PathBuf {
        let dir = self.at(name.as_ref());
        std::fs::create_dir_all(&dir).unwrap();
        self.rvenv(&dir, &["create", "--without-pip", "--python", "/usr/bin/python3"]);
        dir.join(".venv")
    }

    /// A project with an environment that came from elsewhere, and with a program in it.
    pub(crate) fn foreign(&self, name: impl AsRef<OsStr>) -> PathBuf {
        let root = self.at(name.as_ref()).join(".venv");
        plant(&root);
        root
    }

    /// Runs rvenv in a directory, uncounted.
    #[track_caller]
    pub(crate) fn rvenv(&self, dir: &Path, args: &[&str]) -> Ran {
        Ran::of(self.sandbox.rvenv().current_dir(dir).args(args)).ok()
    }

    /// Types the lines into an interactive shell that has the hook; gives what the terminal shows.
    #[track_caller]
    pub(crate) fn types(&self, real: &Real, lines: &str) -> String {
        self.types_after(real, "", lines)
    }

    /// The same, with lines of a start-up file before the hook.
    #[track_caller]
    pub(crate) fn types_after(&self, real: &Real, before: &str, lines: &str) -> String {
        let hook = shell::hook(real.shell, &self.at("tools/rvenv")).unwrap();
        let file = self.at(format!("rc.{}.ps1", real.label));
        std::fs::write(&file, [before.as_bytes(), b"\n", &hook].concat()).unwrap();
        self.types_without(real, &format!("{}\n{lines}", read(real, &file)))
    }

    /// Types the lines into an interactive shell without the hook.
    #[track_caller]
    pub(crate) fn types_without(&self, real: &Real, lines: &str) -> String {
        if real.shell == Shell::PowerShell {
            return self.calls_prompts(real, lines);
        }
        let interactive = match real.shell {
            Shell::Elvish => "",
            _ => " -i",
        };
        let mut command = quoted(&real.program);
        for arg in real.args {
            let _ = write!(command, " {arg}");
        }
        command += interactive;
        // A shell that waits for more than it is told must not hold up the tests.
        let mut terminal: Command = self.sandbox.command("timeout");
        terminal.args(["60", "script", "--quiet", "--return", "--command", &command, "/dev/null"]);
        let (running, mut stdin) = Running::start_with_input(&mut terminal);
        stdin.write_all(format!("{lines}\nexit\n").as_bytes()).unwrap();
        drop(stdin);
        running.wait().stdout
    }

    /// Does the work of PowerShell's host for each line: the engine of the tests has no prompt.
    fn calls_prompts(&self, real: &Real, lines: &str) -> String {
        let mut script = String::new();
        for line in lines.lines() {
            let now = "ExecutionStatus = 'Completed'; StartExecutionTime = [datetime]::Now; EndExecutionTime = [datetime]::Now";
            if !line.is_empty() {
                let text = line.replace('\'', "''");
                let _ = writeln!(
                    script,
                    "[pscustomobject]@{{ CommandLine = '{text}'; {now} }} | Add-History"
                );
            }
            let _ = writeln!(script, "{line}\nWrite-Host (prompt)");
        }
        let file = self.at("script.ps1");
        std::fs::write(&file, script).unwrap();
        let ran = Ran::of(self.sandbox.command(&real.program).args(real.args).arg(file));
        ran.stdout + &ran.stderr
    }

    /// The note of the call `note NAME`.
    #[track_caller]
    pub(crate) fn note(&self, name: &str, shown: &str) -> Note {
        let note = std::fs::read(self.at("notes").join(name))
            .unwrap_or_else(|error| panic!("no note {name} ({error}); the terminal:\n{shown}"));
        let text = String::from_utf8_lossy(&note).into_owned();
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        Note(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// An environment as a repository would bring it.
pub(crate) fn plant(root: &Path) {
    std::fs::create_dir_all(root.join("bin")).unwrap();
    std::fs::write(root.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.2\n").unwrap();
    for program in ["python", "ls", "note"] {
        let _ = std::fs::remove_file(root.join("bin").join(program));
        std::os::unix::fs::symlink("/bin/false", root.join("bin").join(program)).unwrap();
    }
}

/// The line that reads a start-up file.
pub(crate) fn read(real: &Real, file: &Path) -> String {
    let file = quoted(file);
    match real.shell {
        Shell::Tcsh => format!("source {file}"),
        Shell::Elvish => format!("eval (slurp < {file})"),
        Shell::Xonsh => format!("execx(open({file}).read())"),
        _ => format!(". {file}"),
    }
}

/// The line that reads the code of another tool: of its words, the last is the shell's name.
pub(crate) fn read_tool(real: &Real, program: &Path, words: &str) -> String {
    let (program, label) = (quoted(program), real.label);
    match label {
        "fish" => format!("{program} {words} fish | source"),
        _ => format!("eval \"$({program} {words} {label})\""),
    }
}

/// A word that every shell here reads as `path`.
pub(crate) fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    assert!(!bytes.contains(&b'\''), "{}", path.display());
    format!("'{}'", path.display())
}
