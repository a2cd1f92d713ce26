//! An environment with packages: from the store, by uv, by pip, and as hard links to a filled one.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::table::Table;
use crate::{Contender, ROUNDS, SLOW_ROUNDS, World, making, race, run, with};

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
fn requirements(world: &World) -> PathBuf {
    if let Some(named) = std::env::var_os(REQUIREMENTS) {
        return std::fs::canonicalize(named).expect("the file of the variable");
    }
    let file = world.root.path().join("requirements.txt");
    std::fs::write(&file, PINS.join("\n")).expect("a file");
    file
}

/// A command with the user's own settings of pip, which an entry of the store depends on.
fn with_pip_settings(mut command: Command) -> Command {
    command
        .envs(std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIP_")));
    command
}

pub(crate) fn packages(world: &World) -> Table {
    let lock = requirements(world);
    let file = lock.to_str().expect("UTF-8");
    let create = with(world.create(), &["-r", file]);
    let ours = |target: &Path| {
        let mut command = with_pip_settings(world.command(Path::new(&create[0])));
        command.args(&create[1..]).arg(target);
        command
    };
    let uv = |python: &Path| {
        let mut command = world.command(&world.peers.uv);
        command.args(["pip", "install", "-q", "-r", file, "--python"]).arg(python);
        command
    };
    let filled = world.root.path().join("filled");
    run(ours(&filled));
    // Fills uv's cache, with the user's own index settings.
    let other = world.root.path().join("by-uv");
    making(world, world.uv(), |_| {})(&other);
    let mut first = Command::new(&world.peers.uv);
    first.args(["pip", "install", "-q", "-r", file, "--python"]).arg(&other);
    first.env("UV_CACHE_DIR", world.root.path().join(".cache/uv"));
    run(first);
    let check =
        ours(&world.root.path().join("check")).stderr(std::process::Stdio::piped()).output();
    let said = String::from_utf8(check.expect("it starts").stderr).expect("UTF-8");
    assert!(said.contains("from the store"), "{said}");

    let fast = [
        Contender::new("rvenv create -r (from the store, with pip)", |target| run(ours(target))),
        Contender::new(
            "uv venv && uv pip install --offline",
            making(world, world.uv(), |target| {
                let mut install = uv(target);
                install.arg("--offline");
                run(install);
            }),
        ),
        Contender::new("cp -al of the filled environment", |target| {
            let mut copy = world.command(Path::new("cp"));
            copy.arg("-al").arg(&filled).arg(target);
            run(copy);
        }),
    ];
    let is_small = std::env::var_os(REQUIREMENTS).is_none();
    let table = race(world, if is_small { ROUNDS } else { SLOW_ROUNDS }, &fast);
    let [ours_again, ..] = fast;
    let slow = [
        ours_again,
        Contender::new("rvenv create && pip install", |target| {
            let mut pip = ours(target);
            pip.arg("--no-store");
            run(pip);
        }),
    ];
    table.and(race(world, 1, &slow))
}
