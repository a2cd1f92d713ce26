//! `cargo bench`: rvenv beside its peers, in one run on one machine, as a table of ratios.
//!
//! Every figure is the median of whole processes, taken in turn (A B C A B C …), so that a machine
//! that slows down slows all of them. Each creation goes into a directory that does not exist yet.
//! The peers come from PyPI into a directory of their own under `target/`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program of its own, for people"
)]

mod checking;
mod hook;
mod packages;
mod packing;
mod peers;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use peers::Peers;
use table::Table;

/// The rounds of a comparison: enough for a steady median of processes of milliseconds.
const ROUNDS: usize = 40;
/// The rounds with a peer that takes seconds.
const SLOW_ROUNDS: usize = 5;

fn main() {
    // cargo passes `--bench`; an argument without dashes picks the comparisons whose name holds it.
    let filter =
        std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let fixture = Fixture::new();
    println!("{}\n", fixture.description());
    for (name, comparison) in COMPARISONS {
        if name.contains(&filter) {
            println!("## {name}\n\n{}", comparison(&fixture));
        }
    }
}

type Comparison = fn(&Fixture) -> Table;

const COMPARISONS: [(&str, Comparison); 14] = [
    ("create, warm", create_warm),
    ("create behind a pyenv shim", create_behind_shim),
    ("create, then the first pip", create_and_pip),
    ("create, first ever", create_cold),
    ("pip as files", create_files),
    ("activate, check, python find", small_commands),
    ("check 10 distributions", checking::of_10),
    ("check 100 distributions", checking::of_100),
    ("check 400 distributions", checking::of_400),
    ("check --deep of 400 distributions", checking::deep),
    ("a hundred environments", hundred),
    ("a thousand prompts", hook::hook),
    ("pack", packing::pack),
    ("packages from the store", packages::packages),
];

/// The directory of the benchmark: everything outside of it stays as it is.
struct Fixture {
    root: tempfile::TempDir,
    peers: Peers,
    python: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let peers = Peers::install();
        let python = peers::python();
        Self { root, peers, python }
    }

    fn description(&self) -> String {
        let line = |command: &mut Command| {
            let output = command.output().expect("a version");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        [
            line(Command::new("uname").arg("-srm")),
            format!("{} cores", std::thread::available_parallelism().map_or(1, usize::from)),
            line(Command::new(rvenv()).arg("--version")),
            line(Command::new(&self.peers.uv).arg("--version")),
            first_words(&line(Command::new(&self.peers.virtualenv).arg("--version"))),
            line(Command::new(&self.python).arg("--version")),
        ]
        .join(", ")
    }

    /// A command with a home and caches of the benchmark's own.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.root.path())
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.python.parent().expect("a directory").display()),
            )
            .current_dir(self.root.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn create(&self) -> Vec<String> {
        vec![rvenv(), "create".into(), "--python".into(), self.python.display().to_string()]
    }

    fn uv(&self) -> Vec<String> {
        let words = [
            self.peers.uv.to_str(),
            Some("venv"),
            Some("-q"),
            Some("--python"),
            self.python.to_str(),
        ];
        words.into_iter().map(|word| word.expect("UTF-8").to_owned()).collect()
    }
}

fn rvenv() -> String {
    env!("CARGO_BIN_EXE_rvenv").to_owned()
}

/// One contender: a name for the table, and what one round of it does.
struct Contender<'a> {
    name: &'static str,
    round: Box<dyn Fn(&Path) + 'a>,
}

impl<'a> Contender<'a> {
    fn new(name: &'static str, round: impl Fn(&Path) + 'a) -> Self {
        Self { name, round: Box::new(round) }
    }
}

/// The medians of the contenders' rounds, taken in turn after one round that does not count.
fn race(fixture: &Fixture, rounds: usize, contenders: &[Contender<'_>]) -> Table {
    let mut times = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter().zip(&mut times) {
            let target = fixture.root.path().join("target");
            let start = Instant::now();
            (contender.round)(&target);
            let time = start.elapsed();
            if round > 0 {
                times.push(time);
            }
            if target.exists() {
                std::fs::remove_dir_all(&target).expect("the made environment can be removed");
            }
        }
    }
    let medians = times.into_iter().map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    Table::of(contenders.iter().map(|contender| contender.name).zip(medians))
}

/// Runs a command to its end; a failure would make its figure a lie.
#[track_caller]
fn run(mut command: Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// A round that makes an environment by `words`, and then does `more` with it.
fn making<'a>(
    fixture: &'a Fixture,
    words: Vec<String>,
    more: impl Fn(&Path) + 'a,
) -> impl Fn(&Path) + 'a {
    move |target| {
        let mut command = fixture.command(Path::new(&words[0]));
        command.args(&words[1..]).arg(target);
        run(command);
        more(target);
    }
}

fn with(mut words: Vec<String>, more: &[&str]) -> Vec<String> {
    words.extend(more.iter().map(|&word| word.to_owned()));
    words
}

fn create_warm(fixture: &Fixture) -> Table {
    let seed = ["--seed", "--offline"];
    // Fills uv's cache, so that `--offline` has a pip to seed; with the user's own index settings.
    let mut fill = Command::new(&fixture.peers.uv);
    fill.args(&with(fixture.uv(), &["--seed"])[1..]).arg(fixture.root.path().join("fill"));
    fill.env("UV_CACHE_DIR", fixture.root.path().join(".cache/uv"));
    run(fill);
    let fast = race(
        fixture,
        ROUNDS,
        &[
            Contender::new("rvenv create (with pip)", making(fixture, fixture.create(), |_| {})),
            Contender::new("start a process at all", |_| {
                run(fixture.command(Path::new("/bin/true")));
            }),
            Contender::new("uv venv (no pip)", making(fixture, fixture.uv(), |_| {})),
            Contender::new(
                "uv venv --seed --offline",
                making(fixture, with(fixture.uv(), &seed), |_| {}),
            ),
        ],
    );
    let virtualenv = vec![
        fixture.peers.virtualenv.display().to_string(),
        "-q".into(),
        "-p".into(),
        fixture.python.display().to_string(),
    ];
    let stdlib = vec![fixture.python.display().to_string(), "-m".into(), "venv".into()];
    let slow = race(
        fixture,
        SLOW_ROUNDS,
        &[
            Contender::new("rvenv create (with pip)", making(fixture, fixture.create(), |_| {})),
            Contender::new("virtualenv", making(fixture, virtualenv, |_| {})),
            Contender::new("python -m venv", making(fixture, stdlib, |_| {})),
        ],
    );
    fast.and(slow)
}

fn create_behind_shim(fixture: &Fixture) -> Table {
    let shims = peers::shim(fixture.root.path(), &fixture.python);
    let path = format!("{}:/usr/bin:/bin", shims.join("shims").display());
    let short = peers::short_version(&fixture.python);
    let behind = |words: Vec<String>| {
        let (path, shims) = (path.clone(), shims.clone());
        move |target: &Path| {
            let mut command = fixture.command(Path::new(&words[0]));
            command.env("PATH", &path).env("PYENV_ROOT", &shims).args(&words[1..]).arg(target);
            // Peers may fail here, which is what the figure is about.
            let status = command.status().expect("it starts");
            assert!(status.success() || !words[0].ends_with("rvenv"), "{command:?}: {status}");
        }
    };
    let ours = vec![rvenv(), "create".into(), "--python".into(), short];
    let uv = vec![fixture.peers.uv.display().to_string(), "venv".into(), "-q".into()];
    race(
        fixture,
        ROUNDS,
        &[
            Contender::new("rvenv create --python X.Y (with pip)", behind(ours)),
            Contender::new("uv venv (no pip)", behind(uv)),
        ],
    )
}

fn create_and_pip(fixture: &Fixture) -> Table {
    // The pip that uv seeds, the newest, for both; fetched once, with the user's own index settings.
    let mut fill = Command::new(rvenv());
    fill.args(&with(fixture.create(), &["--pip", "latest"])[1..])
        .arg(fixture.root.path().join("first"));
    fill.env("RVENV_CACHE_DIR", fixture.root.path().join(".cache/rvenv"));
    run(fill);
    let newest = with(fixture.create(), &["--pip", "latest", "--offline"]);
    let pip = |target: &Path| {
        let mut command = fixture.command(&target.join("bin/python"));
        command.args(["-m", "pip", "--version"]);
        run(command);
    };
    race(
        fixture,
        10,
        &[
            Contender::new(
                "rvenv create --pip latest && pip --version",
                making(fixture, newest, pip),
            ),
            Contender::new(
                "uv venv --seed --offline && pip --version",
                making(fixture, with(fixture.uv(), &["--seed", "--offline"]), pip),
            ),
        ],
    )
}

fn create_cold(fixture: &Fixture) -> Table {
    let cold = |target: &Path| {
        let cache = tempfile::tempdir_in(fixture.root.path()).expect("a directory");
        let mut command = fixture.command(Path::new(&rvenv()));
        command
            .args(&fixture.create()[1..])
            .arg(target)
            .env("RVENV_CACHE_DIR", cache.path().join("cache"));
        run(command);
    };
    let stdlib = vec![fixture.python.display().to_string(), "-m".into(), "venv".into()];
    race(
        fixture,
        SLOW_ROUNDS,
        &[
            Contender::new("rvenv create, empty cache", cold),
            Contender::new("python -m venv", making(fixture, stdlib, |_| {})),
        ],
    )
}

fn create_files(fixture: &Fixture) -> Table {
    let files = with(fixture.create(), &["--pip-layout", "files"]);
    race(
        fixture,
        ROUNDS,
        &[
            Contender::new("rvenv create --pip-layout files", making(fixture, files, |_| {})),
            Contender::new(
                "uv venv --seed --offline",
                making(fixture, with(fixture.uv(), &["--seed", "--offline"]), |_| {}),
            ),
        ],
    )
}

fn small_commands(fixture: &Fixture) -> Table {
    let env = fixture.root.path().join("env");
    making(fixture, fixture.create(), |_| {})(&env);
    let small = |args: &'static [&'static str]| {
        let env = env.clone();
        move |_: &Path| {
            let mut command = fixture.command(Path::new(&rvenv()));
            command.args(args);
            if args[0] != "python" {
                command.arg(&env);
            }
            // `check` says that this environment is not active; its work is the same.
            command.status().expect("it starts");
        }
    };
    race(
        fixture,
        ROUNDS,
        &[
            Contender::new("start a process at all", |_| {
                run(fixture.command(Path::new("/bin/true")));
            }),
            Contender::new("rvenv activate", small(&["activate", "--shell", "bash"])),
            Contender::new("rvenv check", small(&["check"])),
            Contender::new("rvenv python find 3", small(&["python", "find", "3"])),
        ],
    )
}

/// Time for a hundred beside the time for one, and what one more takes on the disk.
fn hundred(fixture: &Fixture) -> Table {
    let make = |count: usize| -> Duration {
        let dir = fixture.root.path().join("many");
        let start = Instant::now();
        for number in 0..count {
            making(fixture, fixture.create(), |_| {})(&dir.join(number.to_string()));
        }
        start.elapsed()
    };
    let ten = make(10);
    let kept = fixture.root.path().join("many");
    std::fs::remove_dir_all(&kept).expect("removable");
    let all = make(100);
    let size = Command::new("du").args(["-sk", "--total"]).arg(&kept).output().expect("du");
    let size = String::from_utf8_lossy(&size.stdout);
    let kilobytes: u64 =
        size.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a size");
    println!("a hundred environments take {kilobytes} KiB, pip's archive counted once\n");
    std::fs::remove_dir_all(&kept).expect("removable");
    Table::of([("ten", ten), ("a hundred", all)])
}

/// `virtualenv 21.1.0 from …` without where it is.
fn first_words(version: &str) -> String {
    version.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
