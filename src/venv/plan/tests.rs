//! Plans for every platform, compared with what stdlib's `venv` makes there (`tests/fixtures/record.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Content, Options, Plan};
use crate::formats::PyvenvCfg;
use crate::python::Interpreter;
use crate::support::host::Platform;

/// A Python, and the environments that its `venv` makes.
#[derive(Deserialize)]
struct Recording {
    interpreter: Interpreter,
    environments: Vec<Environment>,
}

#[derive(Deserialize)]
struct Environment {
    arguments: Vec<String>,
    root: PathBuf,
    cfg: Vec<String>,
    entries: BTreeMap<PathBuf, Kind>,
}

/// The comparable properties of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Directory,
    Link(PathBuf),
    Copy(PathBuf),
    Text,
}

impl Environment {
    fn options(&self, platform: Platform) -> Options {
        let has = |flag: &str| self.arguments.iter().any(|argument| argument == flag);
        let prompt = self.arguments.iter().position(|argument| argument == "--prompt");
        Options {
            system_site_packages: has("--system-site-packages"),
            copies: has("--copies") || (platform == Platform::Windows && !has("--symlinks")),
            prompt: prompt.map(|at| self.arguments[at + 1].clone()),
            without_scm_ignore_files: false,
            command: self.command().to_owned(),
            relocatable: false,
            created_by: None,
        }
    }

    /// The creator, which stdlib's `venv` and rvenv name differently in the same key.
    fn command(&self) -> &str {
        let command = self.cfg.iter().find_map(|line| line.strip_prefix("command = "));
        command.unwrap_or_default()
    }
}

fn recordings() -> Vec<(String, Recording)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/probe");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .expect("the recordings")
        .map(|entry| {
            let path = entry.expect("a recording").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).expect("a recording");
            (
                name,
                serde_json::from_slice(&bytes)
                    .unwrap_or_else(|error| panic!("{error}: {}", path.display())),
            )
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// rvenv writes every text file of stdlib's `venv`, with content of its own.
fn is_text(kind: &Kind) -> bool {
    *kind == Kind::Text
}

fn planned(plan: &Plan) -> BTreeMap<PathBuf, Kind> {
    let kinds = plan.entries.iter().map(|entry| {
        let kind = match &entry.content {
            Content::Directory | Content::Tree(_) => Kind::Directory,
            Content::Link(target) => Kind::Link(target.clone()),
            Content::Copy(source) => Kind::Copy(source.clone()),
            Content::Share(_) => panic!("a plan without seeds shares nothing: {entry:?}"),
            Content::Text(_) | Content::Script(_) => Kind::Text,
        };
        (entry.path.clone(), kind)
    });
    kinds.collect()
}

/// Files that rvenv copies from the base and stdlib's `venv` does not: without them, a copied executable of
/// a relocatable build does not start.
fn is_needed_by_a_copy(path: &Path, kind: &Kind) -> bool {
    let library = |suffix| path.extension().is_some_and(|found| found == suffix);
    path.starts_with("lib") && matches!(kind, Kind::Copy(_)) && (library("so") || library("dylib"))
}

#[test]
fn every_platform_gets_what_its_venv_makes() {
    let recordings = recordings();
    for name in ["linux", "macos", "windows"] {
        assert!(recordings.iter().any(|(recorded, _)| recorded.starts_with(name)), "{name}");
    }
    for (name, recording) in recordings {
        for environment in &recording.environments {
            let case = format!("{name} {:?}", environment.arguments);
            let base = &recording.interpreter;
            let options = environment.options(base.platform);
            let plan = Plan::new(&environment.root, base, &options, Vec::new()).expect(&case);
            let mut ours = planned(&plan);
            let mut theirs = environment.entries.clone();
            for (path, kind) in theirs.iter().filter(|(_, kind)| is_text(kind)) {
                assert_eq!(ours.get(path), Some(kind), "{case}: {}", path.display());
            }
            ours.retain(|path, kind| !is_text(kind) && !is_needed_by_a_copy(path, kind));
            theirs.retain(|path, kind| !is_text(kind) && !is_needed_by_a_copy(path, kind));
            pretty(&case, &ours, &theirs);
            let cfg = plan.entries.last().expect("an entry");
            assert_eq!(cfg.path, Path::new("pyvenv.cfg"), "{case}: it comes last");
            let Content::Text(text) = &cfg.content else { panic!("{case}: {cfg:?}") };
            let text = String::from_utf8(text.clone()).expect("UTF-8");
            let end = if base.platform == Platform::Windows { "\r\n" } else { "\n" };
            assert!(text.split_inclusive('\n').all(|line| line.ends_with(end)), "{case}: {text:?}");
            assert_eq!(text.contains('\r'), end == "\r\n", "{case}: {text:?}");
            let (creator, lines): (Vec<_>, Vec<_>) =
                text.lines().partition(|line| line.starts_with("rvenv = "));
            assert_eq!(lines, environment.cfg, "{case}");
            assert_eq!(creator, [concat!("rvenv = ", env!("CARGO_PKG_VERSION"))], "{case}");
            assert!(PyvenvCfg::parse(text.as_bytes()).get("home").is_some(), "{case}");
        }
    }
}

/// Shows only what differs.
#[track_caller]
fn pretty(case: &str, ours: &BTreeMap<PathBuf, Kind>, theirs: &BTreeMap<PathBuf, Kind>) {
    let without = |a: &BTreeMap<PathBuf, Kind>, b: &BTreeMap<PathBuf, Kind>| -> Vec<String> {
        let only = a.iter().filter(|(path, kind)| b.get(*path) != Some(kind));
        only.map(|(path, kind)| format!("{}: {kind:?}", path.display())).collect()
    };
    let (more, less) = (without(ours, theirs), without(theirs, ours));
    assert!(
        more.is_empty() && less.is_empty(),
        "{case}\n  rvenv's: {more:#?}\n  venv's: {less:#?}"
    );
}

#[test]
fn the_stores_aliases_are_not_linked() {
    for (name, recording) in recordings() {
        let Recording { interpreter, environments } = recording;
        if !name.starts_with("windows-store") {
            continue;
        }
        let plan = |copies| {
            let options = Options { copies, ..Options::default() };
            planned(
                &Plan::new(&environments[0].root, &interpreter, &options, Vec::new()).expect(&name),
            )
        };
        assert_eq!(plan(false), plan(true), "{name}");
    }
}

/// The embeddable package, and every other Python whose `venv` module was taken away.
#[test]
fn without_launchers_the_executables_come_with_their_libraries() {
    let (_, recording) = recordings()
        .into_iter()
        .find(|(name, _)| name == "windows-cpython-3.13")
        .expect("the recording");
    let mut base = recording.interpreter;
    base.companions.retain(|path| !path.to_string_lossy().contains("venv"));
    base.companions.push(format!(r"{}\python313.zip", base.home().display()).into());
    let options = Options { copies: true, ..Options::default() };
    let plan = Plan::new(Path::new(r"C:\env"), &base, &options, Vec::new()).expect("a plan");
    let home = base.home().display().to_string();
    let copies: Vec<_> = planned(&plan)
        .into_iter()
        .filter_map(|(path, kind)| match kind {
            Kind::Copy(source) => Some((path, source)),
            _ => None,
        })
        .collect();
    let names = [
        "python.exe",
        "python3.dll",
        "python313.dll",
        "python313.zip",
        "pythonw.exe",
        "vcruntime140.dll",
        "vcruntime140_1.dll",
    ];
    let expected =
        names.map(|name| (Path::new("Scripts").join(name), format!(r"{home}\{name}").into()));
    assert_eq!(copies, expected);
}
