//! An environment with packages: from the store, by uv, by pip, and as hard links to a filled one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::table::Table;
use crate::{Contender, Fixture, ROUNDS, SLOW_ROUNDS, making, race, run};

/// The packages of a web project.
const PINS: [&str; 12] = [
    "blinker==1.9.0",
    "click==8.1.8",
    "Flask==3.1.0",
    "itsdangerous==2.2.0",
    "Jinja2==3.1.5",
    "MarkupSafe==3.0.2",
    "certifi==2025.1.31",
    "charset-normalizer==3.4.1",
    "idna==3.10",
    "requests==2.32.3",
    "urllib3==2.3.0",
    "Werkzeug==3.1.3",
];

/// The variable with the path of another requirements file, whose rounds are fewer.
const REQUIREMENTS: &str = "RVENV_BENCH_REQUIREMENTS";

/// The file with the pins.
fn requirements(fixture: &Fixture) -> PathBuf {
    if let Some(named) = std::env::var_os(REQUIREMENTS) {
        return std::fs::canonicalize(named).expect("the file of the variable");
    }
    let file = fixture.root.path().join("requirements.txt");
    std::fs::write(&file, PINS.join("\n")).expect("a file");
    file
}

/// Projects and their modules, for the first import.
const MODULES: [(&str, &str); 6] = [
    ("flask", "flask"),
    ("requests", "requests"),
    ("fastapi", "fastapi"),
    ("pandas", "pandas"),
    ("scikit-learn", "sklearn"),
    ("matplotlib", "matplotlib.pyplot"),
];

/// Runs a program and prints the largest memory of a child, in KiB (getrusage(2)).
const PEAK: &str = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); \
                    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/// The commands of a comparison.
struct Commands<'a> {
    fixture: &'a Fixture,
    file: String,
}

impl Commands<'_> {
    /// With the user's own settings of pip, which an entry of the store depends on, and hard links, as an
    /// ordinary user gets them.
    fn ours(&self, target: &Path) -> Command {
        let mut command = self.fixture.command(Path::new(&super::rvenv()));
        let is_of_pip = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("PIP_");
        command.envs(std::env::vars_os().filter(|(name, _)| is_of_pip(name)));
        command.env("RVENV_CONTAINER", "1").args(&self.fixture.create()[1..]);
        command.args(["-r", &self.file]).arg(target);
        command
    }

    fn uv(&self, target: &Path) {
        making(self.fixture, self.fixture.uv(), |_| {})(target);
        let mut install = self.fixture.command(&self.fixture.peers.uv);
        install.args(["pip", "install", "-q", "-r", &self.file, "--offline", "--python"]);
        install.arg(target);
        run(install);
    }

    /// Fills uv's cache, with the user's own index settings.
    fn fill_cache_of_uv(&self) {
        let target = self.fixture.root.path().join("by-uv");
        making(self.fixture, self.fixture.uv(), |_| {})(&target);
        let mut install = Command::new(&self.fixture.peers.uv);
        install.args(["pip", "install", "-q", "-r", &self.file, "--python"]).arg(&target);
        install.env("UV_CACHE_DIR", self.fixture.root.path().join(".cache/uv"));
        run(install);
    }

    /// Fills the store; prints how long it took to add the packages.
    fn fill_store(&self, target: &Path) {
        let mut first = self.ours(target);
        first.arg("-v");
        let output = first.stderr(Stdio::piped()).output();
        let said = String::from_utf8(output.expect("it starts").stderr).expect("UTF-8");
        let added = said.lines().find(|line| line.contains(" to the store in ")).expect(&said);
        println!("{}\n", added.trim());
    }

    /// The time of the first import in an environment that was just made.
    fn first_imports(&self) -> Table {
        let pins = std::fs::read_to_string(&self.file).expect("the requirements");
        let is_pinned = |name: &str| {
            let pin = format!("{name}==");
            pins.lines().any(|line| line.to_ascii_lowercase().starts_with(&pin))
        };
        let modules = MODULES.iter().filter(|(name, _)| is_pinned(name)).map(|(_, module)| *module);
        let code = format!("import {}", modules.collect::<Vec<_>>().join(", "));
        let target = self.fixture.root.path().join("imports");
        let import = |make: &dyn Fn(&Path)| {
            make(&target);
            let mut python = self.fixture.command(&target.join("bin/python"));
            python.args(["-c", &code]);
            let start = Instant::now();
            run(python);
            let time = start.elapsed();
            std::fs::remove_dir_all(&target).expect("removable");
            time
        };
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..SLOW_ROUNDS {
            times[0].push(import(&|target| run(self.ours(target))));
            times[1].push(import(&|target| self.uv(target)));
        }
        let [ours, uvs] = times.map(|mut times| {
            times.sort();
            times[times.len() / 2]
        });
        Table::of([("the first import, filled by rvenv", ours), ("the same, filled by uv", uvs)])
    }

    /// Prints the disk blocks of a second environment beside the first one, and the peak of the memory.
    fn print_sizes(&self, first: &Path) {
        let second = self.fixture.root.path().join("second");
        let ours = self.ours(&second);
        let mut peak = self.fixture.command(&self.fixture.python);
        peak.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
        peak.args(["-c", PEAK]).arg(ours.get_program()).args(ours.get_args());
        let peak = peak.stdout(Stdio::piped()).output().expect("Python").stdout;
        let disk = Command::new("du").arg("-sk").arg(first).arg(&second).output().expect("du");
        let disk = String::from_utf8_lossy(&disk.stdout).into_owned();
        let [first, second] = [0, 1].map(|line| {
            let size = disk.lines().nth(line).and_then(|line| line.split_whitespace().next());
            size.and_then(|size| size.parse::<f64>().ok()).expect("a size")
        });
        println!(
            "{:.2} % of the disk blocks of the first environment; at most {} KiB of memory\n",
            second * 100.0 / first,
            String::from_utf8_lossy(&peak).trim()
        );
    }
}

pub(crate) fn packages(fixture: &Fixture) -> Table {
    let file = requirements(fixture).to_str().expect("UTF-8").to_owned();
    let commands = Commands { fixture, file };
    let filled = fixture.root.path().join("filled");
    commands.fill_store(&filled);
    commands.fill_cache_of_uv();
    commands.print_sizes(&filled);
    let check = commands.ours(&fixture.root.path().join("check")).stderr(Stdio::piped()).output();
    let said = String::from_utf8(check.expect("it starts").stderr).expect("UTF-8");
    assert!(said.contains("from the store"), "{said}");

    let ours = |target: &Path| run(commands.ours(target));
    let fast = [
        Contender::new("rvenv create -r (from the store, with pip)", ours),
        Contender::new("uv venv && uv pip install --offline", |target| commands.uv(target)),
        Contender::new("cp -al of the filled environment", |target| {
            let mut copy = fixture.command(Path::new("cp"));
            copy.arg("-al").arg(&filled).arg(target);
            run(copy);
        }),
    ];
    let is_small = std::env::var_os(REQUIREMENTS).is_none();
    let table = race(fixture, if is_small { ROUNDS } else { SLOW_ROUNDS }, &fast);
    let slow = [
        Contender::new("rvenv create -r (from the store, with pip)", ours),
        Contender::new("rvenv create && pip install", |target| {
            let mut pip = commands.ours(target);
            pip.arg("--no-store");
            run(pip);
        }),
    ];
    println!("{}", commands.first_imports());
    table.and(race(fixture, 1, &slow))
}
