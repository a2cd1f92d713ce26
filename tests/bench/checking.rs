//! `check` of an environment with packages, beside `uv pip check`; `check --deep` beside `sha256sum`.
//!
//! The packages are generated: 400 of them have as many files, directories and requirements as the 400 most
//! popular ones of PyPI in one environment (24,000 files, RECORDs of 2 MB).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::table::Table;
use crate::{Contender, Fixture, ROUNDS, SLOW_ROUNDS, making, race, run, rvenv};

/// The directories of a package, and the modules in each.
const DIRECTORIES: usize = 6;
const MODULES: usize = 10;

/// The requirements of a package, on those before it.
const REQUIREMENTS: usize = 8;

/// What a module and a description contain, in bytes: about the mean of PyPI's.
const MODULE: usize = 6 << 10;
const DESCRIPTION: usize = 8 << 10;

/// The age from which `check` stores what it read of an environment.
const SETTLED: Duration = Duration::from_secs(2);

pub(crate) fn of_10(fixture: &Fixture) -> Table {
    plain(fixture, 10)
}

pub(crate) fn of_100(fixture: &Fixture) -> Table {
    plain(fixture, 100)
}

pub(crate) fn of_400(fixture: &Fixture) -> Table {
    plain(fixture, 400)
}

fn plain(fixture: &Fixture, count: usize) -> Table {
    let env = filled(fixture, count);
    let remembered = fixture.root.path().join(".cache/rvenv/packages");
    let forgetful = |target: &Path| {
        // A small environment is not remembered.
        let _ = fs::remove_dir_all(&remembered);
        check(fixture, &env, &[])(target);
    };
    race(
        fixture,
        ROUNDS,
        &[
            Contender::new("rvenv check", check(fixture, &env, &[])),
            Contender::new("uv pip check", |_| {
                let mut command = fixture.command(&fixture.peers.uv);
                command.args(["pip", "check", "-q", "--python"]).arg(env.join("bin/python"));
                run(command);
            }),
            Contender::new("rvenv check, nothing remembered", forgetful),
        ],
    )
}

pub(crate) fn deep(fixture: &Fixture) -> Table {
    let env = filled(fixture, 400);
    race(
        fixture,
        SLOW_ROUNDS,
        &[
            Contender::new("rvenv check --deep", check(fixture, &env, &["--deep"])),
            Contender::new("sha256sum of every file (one core)", |_| {
                let mut command = fixture.command(Path::new("find"));
                command.arg(&env).args(["-type", "f", "-exec", "sha256sum", "{}", "+"]);
                run(command);
            }),
        ],
    )
}

fn check<'a>(fixture: &'a Fixture, env: &'a Path, args: &'a [&str]) -> impl Fn(&Path) + 'a {
    move |_| {
        let mut command = fixture.command(Path::new(&rvenv()));
        command.arg("check").args(args).arg(env);
        run(command);
    }
}

/// An environment with this number of distributions, pip included.
fn filled(fixture: &Fixture, count: usize) -> PathBuf {
    let env = fixture.root.path().join(format!("check-{count}"));
    if env.exists() {
        return env;
    }
    making(fixture, fixture.create(), |_| {})(&env);
    let library = fs::read_dir(env.join("lib")).expect("a library").flatten().next();
    let site = library.expect("a library").path().join("site-packages");
    let installed = fs::read_dir(&site).expect("site-packages").flatten();
    let seeds = installed.filter(|it| it.path().extension().is_some_and(|end| end == "dist-info"));
    for number in 0..count - seeds.count() {
        install(&site, number);
    }
    std::thread::sleep(SETTLED);
    env
}

/// Writes a package with its metadata, as an installer does.
fn install(site: &Path, number: usize) {
    let name = format!("thing{number}");
    let dist_info = format!("{name}-1.0.dist-info");
    let mut metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
    for other in (0..number).rev().take(REQUIREMENTS) {
        let line = format!("Requires-Dist: thing{other}<3,>=0.5; python_version >= \"3.8\"");
        writeln!(metadata, "{line}").expect("text");
    }
    write!(metadata, "\n{}", "x".repeat(DESCRIPTION)).expect("text");
    let wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned();
    let mut files = vec![
        (format!("{dist_info}/METADATA"), metadata),
        (format!("{dist_info}/WHEEL"), wheel),
        (format!("{dist_info}/INSTALLER"), "pip\n".to_owned()),
    ];
    for directory in 0..DIRECTORIES {
        for module in 0..MODULES {
            let text = format!("# {number} {directory} {module}\n{}\n", "#".repeat(MODULE));
            files.push((format!("{name}/part{directory}/module{module}.py"), text));
        }
    }
    let mut record = String::new();
    for (path, text) in files {
        let path_on_disk = site.join(&path);
        fs::create_dir_all(path_on_disk.parent().expect("a directory")).expect("a directory");
        fs::write(path_on_disk, &text).expect("a file");
        writeln!(record, "{path},{},{}", hash(text.as_bytes()), text.len()).expect("text");
    }
    writeln!(record, "{dist_info}/RECORD,,").expect("text");
    fs::write(site.join(dist_info).join("RECORD"), record).expect("a file");
}

/// A hash as RECORD has it.
fn hash(bytes: &[u8]) -> String {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let engine = base64::prelude::BASE64_URL_SAFE_NO_PAD;
    format!("sha256={}", engine.encode(Sha256::digest(bytes)))
}
