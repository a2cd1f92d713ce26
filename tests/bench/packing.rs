//! Archives of an environment with 105 packages: CPU time, wall time and length.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::table::Table;
use super::{Fixture, run, rvenv};

/// The installed packages: pip's choice of 105 on 2026-11-28.
const PACKAGES: [&str; 3] = ["jupyterlab", "pandas", "scikit-learn"];
/// Ticks per second in which `/proc` counts CPU time: `USER_HZ` (time(7)), 100 on all of Rust's Linux targets.
const TICKS: u64 = 100;
const ROUNDS: usize = 3;

/// One contender: a name for the table, and the command with its arguments.
type Contender = (&'static str, Vec<String>);

pub(super) fn pack(fixture: &Fixture) -> Table {
    let env = environment(fixture);
    let tool = venv_pack(fixture);
    let out = fixture.root.path().join("archive");
    let out = |end: &str| format!("{}.{end}", out.display());
    let own = |end: &str, threads: &str| {
        let words = ["pack", &env, "-q", "--threads", threads, "-o", &out(end)];
        words.map(str::to_owned).to_vec()
    };
    let rvenv = |words: Vec<String>| std::iter::once(rvenv()).chain(words).collect::<Vec<_>>();
    let shell = |line: String| ["sh", "-c", &line].map(str::to_owned).to_vec();
    let contenders: Vec<Contender> = vec![
        ("rvenv pack, .tar.gz", rvenv(own("tar.gz", "2"))),
        (
            "venv-pack, .tar.gz",
            [&*tool, "-q", "-f", "-p", &env, "-o", &out("tar.gz")].map(str::to_owned).to_vec(),
        ),
        ("tar | pigz -4", shell(format!("tar cf - -C {env} . | pigz -4 > {}", out("tar.gz")))),
        ("rvenv pack, .tar.zst", rvenv(own("tar.zst", "2"))),
        ("tar | zstd -3", shell(format!("tar cf - -C {env} . | zstd -q -3 > {}", out("tar.zst")))),
        ("rvenv pack, .zip", rvenv(own("zip", "2"))),
        ("rvenv pack --threads 1, .tar.gz", rvenv(own("tar.gz", "1"))),
    ];
    let mut cpu_times = vec![Vec::new(); contenders.len()];
    let mut wall_times = cpu_times.clone();
    for round in 0..=ROUNDS {
        for (index, (name, words)) in contenders.iter().enumerate() {
            let mut command = fixture.command(Path::new(&words[0]));
            command.args(&words[1..]);
            let (before, start) = (cpu_time(), Instant::now());
            run(command);
            if round > 0 {
                wall_times[index].push(start.elapsed());
                cpu_times[index].push(cpu_time().saturating_sub(before));
                continue;
            }
            let ends = ["tar.zst", "zip", "tar.gz"];
            let end = ends.into_iter().find(|end| words.iter().any(|word| word.ends_with(end)));
            let file = out(end.expect("an archive"));
            let length = std::fs::metadata(file).map_or(0, |meta| meta.len());
            println!("{name}: {} kB", length / 1000);
        }
    }
    let names = || contenders.iter().map(|(name, _)| *name);
    let of = |times| Table::of(names().zip(medians(times)));
    println!("\nWall time:\n\n{}\nCPU time (user and system):\n", of(wall_times));
    of(cpu_times)
}

fn medians(times: Vec<Vec<Duration>>) -> impl Iterator<Item = Duration> {
    times.into_iter().map(|mut times| {
        times.sort();
        times[times.len() / 2]
    })
}

/// The CPU time of all commands that ended.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    // cutime and cstime are the fields 16 and 17; the name in field 2 may contain spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    let ticks: u64 = fields.skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

fn kept(fixture: &Fixture, name: &str) -> PathBuf {
    fixture.peers.uv.ancestors().nth(3).expect("the directory of the peers").join(name)
}

/// The environment, made once.
fn environment(fixture: &Fixture) -> String {
    let dir = kept(fixture, "packed");
    if !dir.join("done").exists() {
        eprintln!("installing {} into {}", PACKAGES.join(", "), dir.display());
        run(venv(fixture, &dir));
        let mut pip = Command::new(dir.join("bin/pip"));
        pip.args(["install", "-q"]).args(PACKAGES);
        run(pip);
        std::fs::write(dir.join("done"), "").expect("a mark");
    }
    dir.display().to_string()
}

/// venv-pack from PyPI.
fn venv_pack(fixture: &Fixture) -> String {
    let dir = kept(fixture, "venv-pack");
    let tool = dir.join("bin/venv-pack");
    if !tool.exists() {
        run(venv(fixture, &dir));
        let mut pip = Command::new(dir.join("bin/pip"));
        // It imports `distutils`, which setuptools has.
        pip.args(["install", "-q", "venv-pack", "setuptools"]);
        run(pip);
    }
    tool.display().to_string()
}

fn venv(fixture: &Fixture, dir: &Path) -> Command {
    let mut command = Command::new(&fixture.python);
    command.args(["-m", "venv"]).arg(dir);
    command
}
