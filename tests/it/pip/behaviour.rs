//! pip behaves alike in every layout and in an environment of stdlib's `venv`: the same commands end
//! alike, install the same, and leave the same on the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rvenv::python::Interpreter;

use super::fixture::{self, interpreter, modern};
use super::maker::Maker;
use crate::sandbox::{Ran, Sandbox, for_each_python, runs_long_variants, skip_unless_required};

/// Tells what is installed and what is in the way, without pip.
const INSTALLED: &str = "
import importlib.metadata as metadata
for found in sorted('%s==%s' % (it.metadata['Name'], it.version) for it in metadata.distributions()):
    print(found)
";

/// Checks that what the installed pip records is what is there: names, hashes and sizes.
const RECORDED: &str = "
import base64, hashlib, importlib.metadata as metadata, os
pip = metadata.distribution('pip')
recorded = set()
for file in pip.files:
    path = os.path.normpath(str(file.locate()))
    recorded.add(path)
    data = open(path, 'rb').read()
    if file.hash:
        assert file.hash.mode == 'sha256'
        assert file.hash.value == base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('='), path
        assert file.size == len(data), path
site = os.path.dirname(str(pip._path))
for top in ('pip', os.path.basename(str(pip._path))):
    for folder, _, names in os.walk(os.path.join(site, top)):
        for name in names:
            path = os.path.normpath(os.path.join(folder, name))
            assert path in recorded or path.endswith('.pyc'), path
";

/// An environment, and how it was made.
struct Env {
    kind: &'static str,
    root: PathBuf,
    pristine: PathBuf,
}

impl Env {
    /// The environment as it was at first, at the same place.
    fn restore(&self) {
        let _ = fs::remove_dir_all(&self.root);
        copy(&self.pristine, &self.root);
    }

    /// The files of packages and their commands; without pip's own files if `own` is false.
    fn tree(&self, own: bool) -> Vec<PathBuf> {
        let is_pip = |path: &Path| {
            let text = path.to_string_lossy();
            text.contains("site-packages/pip/") || text.contains("site-packages/pip-")
        };
        let mut tree = fixture::tree(&self.root);
        tree.retain(|path| path.starts_with("lib") || path.starts_with("bin"));
        let is_a_packages = |path: &Path| {
            let text = path.to_string_lossy().to_lowercase();
            !["activate", "bin/py", "bin/𝜋"].iter().any(|other| text.contains(other))
        };
        tree.retain(|path| is_a_packages(path));
        tree.retain(|path| own || !is_pip(path));
        tree
    }
}

fn copy(from: &Path, to: &Path) {
    Ran::of(Command::new("cp").arg("-a").args([from, to])).ok();
}

/// The same environment in each layout, and a directory to install from.
struct Trio {
    sandbox: Sandbox,
    envs: Vec<Env>,
    house: PathBuf,
}

/// The files that are compared after a step.
#[derive(Clone, Copy, PartialEq)]
enum Disk {
    /// All: pip was installed anew, or is gone.
    All,
    /// All but pip's own files, which are those of the layout.
    WithoutPip,
}

impl Trio {
    fn new(python: &Path) -> Self {
        let mut trio = Self::empty();
        trio.sandbox.add_images(python, "archive");
        let python = interpreter(&trio.sandbox, python);
        trio.furnish(&python);
        trio.add_all(&python);
        trio
    }

    /// The layout `files` has the same files as stdlib's environment, which `layouts` compares.
    fn add_all(&mut self, python: &Interpreter) {
        self.add_stdlib(python);
        self.add("archive", python);
        if runs_long_variants("what pip does in its layout `files`") {
            self.add("files", python);
        }
    }

    fn empty() -> Self {
        let sandbox = Sandbox::new();
        let house = sandbox.root().join("house");
        Self { sandbox, envs: Vec::new(), house }
    }

    /// Fills the directory that everything is installed from, and nothing from anywhere else.
    fn furnish(&mut self, python: &Interpreter) {
        let backend = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/pip/backend.py");
        let source = self.sandbox.root().join("source");
        Ran::of(self.sandbox.command(&python.executable).arg(backend).args([&self.house, &source]))
            .ok();
        Maker::new("99.0").write(&self.house);
        self.sandbox.set("PIP_NO_INDEX", "1").set("PIP_FIND_LINKS", &self.house);
        self.sandbox.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    }

    fn add(&mut self, layout: &'static str, python: &Interpreter) {
        let root = self.sandbox.root().join(layout).join("env");
        let mut create = self.sandbox.rvenv();
        create.args(["create", "--pip-layout", layout, "--python"]).arg(&python.executable);
        Ran::of(create.arg(&root)).ok();
        self.keep(layout, root);
    }

    fn add_stdlib(&mut self, python: &Interpreter) {
        let root = self.sandbox.root().join("stdlib").join("env");
        let made =
            self.sandbox.command(&python.executable).args(["-m", "venv"]).arg(&root).output();
        assert!(made.expect("python -m venv").status.success(), "{python:?}");
        self.keep("stdlib", root);
    }

    fn keep(&mut self, kind: &'static str, root: PathBuf) {
        let pristine = root.with_file_name("pristine");
        copy(&root, &pristine);
        self.envs.push(Env { kind, root, pristine });
    }

    fn restore(&self) {
        self.envs.iter().for_each(Env::restore);
    }

    /// Runs a command of each environment, and compares how it ended, what is installed and what is
    /// left. `{}` in an argument is the environment.
    #[track_caller]
    fn step(&self, disk: Disk, command: &str) -> Vec<Ran> {
        let ran: Vec<Ran> = self.envs.iter().map(|env| self.run(env, command)).collect();
        let after: Vec<_> = self
            .envs
            .iter()
            .zip(&ran)
            .map(|(env, ran)| {
                (
                    ran.code,
                    self.run(env, "python -c INSTALLED").ok().stdout,
                    env.tree(disk == Disk::All),
                )
            })
            .collect();
        for ((env, after_it), ran_it) in self.envs.iter().zip(&after).zip(&ran).skip(1) {
            let (code, installed, tree) = &after[0];
            assert_eq!(
                after_it.0, *code,
                "`{command}` in {}: {ran_it:#?}\nand in stdlib's: {:#?}",
                env.kind, ran[0]
            );
            assert_eq!(after_it.1, *installed, "`{command}` in {}", env.kind);
            let differing: Vec<_> = symmetric_difference(&after_it.2, tree);
            assert!(differing.is_empty(), "`{command}` in {} left: {differing:?}", env.kind);
        }
        ran
    }

    /// A [`Trio::step`] that succeeds.
    #[track_caller]
    fn ok(&self, disk: Disk, command: &str) -> Vec<Ran> {
        self.step(disk, command).into_iter().map(Ran::ok).collect()
    }

    /// A [`Trio::ok`] whose output is the same everywhere, but for the environment's own name.
    #[track_caller]
    fn same(&self, command: &str) {
        let ran = self.ok(Disk::WithoutPip, command);
        let said: Vec<_> =
            self.envs.iter().zip(&ran).map(|(env, ran)| said(env, &ran.stdout)).collect();
        for (env, said_it) in self.envs.iter().zip(&said).skip(1) {
            assert_eq!(*said_it, said[0], "`{command}` in {}", env.kind);
        }
    }

    fn run(&self, env: &Env, command: &str) -> Ran {
        let mut words = command.split_whitespace().map(|word| match word {
            "INSTALLED" => INSTALLED.to_owned(),
            "RECORDED" => RECORDED.to_owned(),
            word => word
                .replace("{}", &env.root.to_string_lossy())
                .replace("HOUSE", &self.house.to_string_lossy())
                .replace("SOURCE", &self.sandbox.root().join("source").to_string_lossy()),
        });
        let program = words.next().expect("a program");
        let mut command = self.sandbox.command(env.root.join("bin").join(program));
        command.env("PIP_CACHE_DIR", env.root.with_file_name("pip-cache"));
        Ran::of(command.args(words))
    }
}

/// The output of a command without the parts that differ by environment: its directory, the place in it of
/// the code of pip, and the temporary file that the certificates are unpacked to.
fn said(env: &Env, stdout: &str) -> Vec<String> {
    let lines = stdout.lines().filter(|line| !line.contains("certifi.where()"));
    let own = env.root.parent().unwrap_or(&env.root).to_string_lossy().into_owned();
    lines.map(|line| line.replace(&own, "ENV").replace("/pip/_pip.zip/pip", "/pip")).collect()
}

fn symmetric_difference(a: &[PathBuf], b: &[PathBuf]) -> Vec<PathBuf> {
    let only = |a: &[PathBuf], b: &[PathBuf]| {
        a.iter().filter(|path| !b.contains(path)).cloned().collect::<Vec<_>>()
    };
    [only(a, b), only(b, a)].concat()
}

/// Everyday use, on one environment.
fn installs(trio: &Trio) {
    use Disk::WithoutPip;
    for env in &trio.envs {
        trio.run(env, "python -c RECORDED").ok();
    }
    trio.ok(WithoutPip, "pip install ready");
    trio.same("ready-cmd");
    trio.ok(WithoutPip, "pip uninstall -y ready");
    trio.ok(WithoutPip, "pip install --no-cache-dir demo");
    trio.same("demo-cmd");
    trio.ok(WithoutPip, "pip uninstall -y demo");
    trio.ok(WithoutPip, "pip install -e SOURCE");
    trio.same("demo-cmd");
    trio.ok(WithoutPip, "python -m pip uninstall -y demo");
    if runs_long_variants("pip that builds without isolation") {
        for ran in trio.step(WithoutPip, "pip install --no-cache-dir --no-build-isolation demo") {
            assert_ne!(ran.code, Some(0), "without isolation the build has nothing to build with");
        }
        trio.ok(WithoutPip, "pip install aid");
        trio.ok(WithoutPip, "pip install --no-cache-dir --no-build-isolation demo");
        trio.ok(WithoutPip, "pip uninstall -y demo aid");
    }
    trio.step(WithoutPip, "pip install there-is-no-such-thing");
}

/// Questions, and work for elsewhere.
fn questions(trio: &Trio) {
    for command in [
        "pip --version",
        "pip3 --version",
        "pip list",
        "pip check",
        "pip freeze --all",
        "pip show pip",
        "pip install --help",
    ] {
        trio.same(command);
    }
    trio.ok(Disk::WithoutPip, "pip inspect");
    for (env, ran) in trio.envs.iter().zip(trio.ok(Disk::WithoutPip, "pip show -f pip")) {
        let files = ran.stdout.lines().skip_while(|line| *line != "Files:").skip(1);
        assert!(files.clone().next().is_some(), "{}: {ran:#?}", env.kind);
        let site = ran
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .expect("a location");
        let missing: Vec<_> =
            files.filter(|file| !Path::new(site).join(file.trim()).exists()).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", env.kind);
    }
    if !runs_long_variants("pip that downloads, builds wheels, and works for another environment") {
        return;
    }
    for command in ["help", "config list", "cache dir", "cache list", "debug"] {
        trio.same(&format!("pip {command}"));
    }
    trio.ok(Disk::WithoutPip, "pip download -d {}/down demo");
    trio.ok(Disk::WithoutPip, "pip wheel -w {}/built demo");
    for env in &trio.envs {
        assert!(env.root.join("down/demo-1.0.tar.gz").exists(), "{}", env.kind);
        assert!(env.root.join("built/demo-1.0-py3-none-any.whl").exists(), "{}", env.kind);
        trio.run(env, "python -m venv --without-pip {}/other").ok();
        trio.run(env, "pip --python {}/other install demo").ok();
        assert!(env.root.join("other/bin/demo-cmd").exists(), "{}", env.kind);
        fs::remove_dir_all(env.root.join("other")).unwrap();
    }
}

/// Changes of pip by pip, each from the new environment.
fn replaces_itself(trio: &Trio) {
    use Disk::{All, WithoutPip};
    trio.restore();
    if runs_long_variants("pip that ensurepip installs again") {
        trio.ok(All, "pip uninstall -y pip");
        trio.ok(All, "python -m ensurepip --upgrade --default-pip");
        trio.restore();
    }
    trio.ok(WithoutPip, "python -m ensurepip --upgrade");
    trio.same("pip --version");
    trio.ok(All, "pip install --upgrade pip");
    trio.same("pip");
    trio.restore();
}

for_each_python!(pip_in_an_archive_installs_upgrades_and_uninstalls_itself);

/// The parts that hang on how a Python reads archives: building in isolation runs pip by its path,
/// and replacing itself takes the archive away from under it.
fn pip_in_an_archive_installs_upgrades_and_uninstalls_itself(python: &Path) {
    let mut one = Trio::empty();
    one.sandbox.add_images(python, "archive");
    let python = interpreter(&one.sandbox, python);
    one.furnish(&python);
    one.add("archive", &python);
    let env = &one.envs[0];
    assert_eq!(leftovers(env), [python.scheme.purelib.join("pip/_pip.zip")], "{python:?}");
    one.run(env, "python -c RECORDED").ok();
    one.run(env, "pip install --no-cache-dir demo").ok();
    one.run(env, "demo-cmd").ok();
    one.run(env, "pip install --upgrade pip").ok();
    one.run(env, "python -c RECORDED").ok();
    assert!(one.run(env, "pip").ok().stdout.starts_with("pip 99.0 from"), "{python:?}");
    assert_eq!(leftovers(env), Vec::<PathBuf>::new(), "{python:?}");
    env.restore();
    one.run(env, "pip uninstall -y pip").ok();
    let left = env.tree(true);
    let ours = left.iter().filter(|path| path.to_string_lossy().contains("pip"));
    assert_eq!(ours.count(), 0, "{python:?}: {left:?}");
}

/// The files of the archive layout, and those of a removal that was not completed.
fn leftovers(env: &Env) -> Vec<PathBuf> {
    let mut tree = env.tree(true);
    tree.retain(|path| path.ends_with("_pip.zip") || path.to_string_lossy().contains('~'));
    tree
}

/// Downloads what is published into `house`, with whoever runs the tests' own settings for pip.
fn fetch_published(python: &Path, house: &Path, wanted: &[&str]) -> bool {
    let args = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest"];
    wanted.iter().all(|wanted| {
        let download = Command::new(python).args(args).arg(house).arg(wanted).output();
        download.expect("pip download").status.success()
    })
}

#[test]
fn published_versions_and_tools_work_alike() {
    use Disk::{All, WithoutPip};
    if !runs_long_variants("other releases of pip in an environment, and pip-tools") {
        return;
    }
    let python = modern(&Sandbox::new());
    let mut trio = Trio::empty();
    trio.house = trio.sandbox.root().join("published");
    fs::create_dir(&trio.house).unwrap();
    if !fetch_published(&python.executable, &trio.house, &["pip", "pip==24.0", "pip-tools"]) {
        return skip_unless_required("RVENV_REQUIRE_SHELLS", "there is no package index");
    }
    let own = python.wheels.iter().find(|wheel| wheel.project == "pip").expect("pip");
    fs::copy(&own.path, trio.house.join(own.path.file_name().unwrap())).unwrap();
    trio.sandbox.set("PIP_NO_INDEX", "1").set("PIP_FIND_LINKS", &trio.house);
    trio.sandbox.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    trio.add_all(&python);

    for itself in [
        "pip==24.0".to_owned(),
        "--upgrade pip".to_owned(),
        format!("--force-reinstall pip=={}", own.version),
    ] {
        trio.ok(All, &format!("pip install {itself}"));
        trio.same("pip check");
        trio.ok(All, "pip install --force-reinstall pip");
        trio.ok(All, "pip install pip==24.0");
        trio.restore();
    }
    // It imports pip's own modules.
    trio.ok(WithoutPip, "pip install pip-tools");
    fs::write(trio.sandbox.root().join("wanted.in"), "pip-tools\n").unwrap();
    let wanted = "pip-compile --quiet --allow-unsafe --no-header --no-annotate --no-emit-find-links --strip-extras -o -";
    trio.same(&format!("{wanted} {}", trio.sandbox.root().join("wanted.in").display()));
}

#[test]
fn pip_does_all_alike() {
    let python = modern(&Sandbox::new()).executable;
    let trio = Trio::new(&python);
    installs(&trio);
    questions(&trio);
    replaces_itself(&trio);
}
