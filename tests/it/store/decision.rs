//! A request that the store answers has the result that pip gives; for every other one pip runs.
//!
//! Requests are generated from a fixed seed. `RVENV_TEST_REQUESTS` gives another number of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::fixture::{Content, assert_same, contents};
use crate::sandbox::{Ran, Sandbox, known_python};

/// How many requests are generated. Each one for which pip runs takes about a second.
const REQUESTS: u64 = 13;

/// Numbers that look random (xorshift64*), the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).expect("31 bits") % limit
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A generated request.
#[derive(Debug, Default)]
pub(super) struct Request {
    /// The packages that the environment has before.
    pub(super) installed: Vec<&'static str>,
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(&'static str, String)>,
    pub(super) files: Vec<(&'static str, String)>,
}

/// Distributions that need each other: with all of a group, a request is complete.
const GROUPS: [&[&str]; 14] = [
    &["alpha==1.0", "beta==1.0"],
    &["alpha==1.0", "beta==2.0"],
    &["gamma==1.0"],
    &["gamma[more]==1.0", "delta==1.0"],
    &["epsilon==1.0", "delta==1.0"],
    &["zeta==1.0"],
    &["eta==1.0"],
    &["Kappa_k-k==1.0", "Gamma==1", "delta==1.0.0"],
    &["lambda==1.0", "beta==1.0"],
    &["best==1.0"],
    &["mu[a]==1.0", "gamma[more]==1.0", "delta==1.0"],
    &["mu[a,b]==1.0", "gamma[more]==1.0", "delta==1.0", "beta==2.0"],
    &["mu==1.0; os_name == 'posix'"],
    &["nu==1.0", "mu==1.0"],
];

/// Lines that leave something open, or contradict others.
const ODD: [&str; 28] = [
    "beta",
    "beta>=1",
    "beta==1.*",
    "delta===1.0",
    "theta==1.0rc1",
    "theta",
    "iota==1.0",
    "iota==1.0+local",
    "beta==2.0",
    "gamma[none]==1.0",
    "gamma[More]==1.0",
    "absent==1.0",
    "alpha==1.0; python_version < '3'",
    "delta==1.0; platform_release != 'x'",
    "alpha==1.0",
    "epsilon==1.0",
    "mu[b]==1.0",
    "mu[a]==1.0; extra == 'x'",
    "delta==1.0; sys_platform == 'win32'",
    "beta==1.0; python_full_version >= '3.99'",
    "delta == 1.0 ; implementation_name == 'cpython' and (os_name != 'nt' or extra == 'x')",
    "delta (==1.0)",
    "beta==1.0,<2",
    "beta==1!1.0",
    "beta==1.0.0.0",
    "xi==1.0",
    "nu==1.0",
    "../links/delta-1.0-py3-none-any.whl",
];

/// Options, most of which change nothing.
const OPTIONS: [&[&str]; 28] = [
    &["-q"],
    &["--no-deps"],
    &["--pre"],
    &["--no-input", "--progress-bar", "off"],
    &["-U"],
    &["--only-binary=:all:"],
    &["--prefer-binary"],
    &["--require-hashes"],
    &["-c", "constraints.txt"],
    &["--force-reinstall"],
    &["--no-binary", "beta"],
    &["--ignore-installed"],
    &["--find-links", "../few"],
    &["--no-compile"],
    &["--disable-pip-version-check"],
    &["--no-warn-conflicts"],
    &["--dry-run"],
    &["--ignore-requires-python"],
    &["--upgrade-strategy", "eager"],
    &["--no-build-isolation"],
    &["--use-pep517"],
    &["--no-cache-dir"],
    &["--isolated"],
    &["--root-user-action=ignore"],
    &["--extra-index-url", "http://127.0.0.1:9/"],
    &["--config-settings", "a=b"],
    &["--report", "report.json"],
    &["--no-binary=:none:"],
];

const VARIABLES: [(&str, &str); 26] = [
    ("PIP_QUIET", "1"),
    ("PIP_NO_DEPS", "1"),
    ("PIP_CONSTRAINT", "constraints.txt"),
    ("PIP_REQUIREMENT", "more.txt"),
    ("PIP_PRE", "yes"),
    ("PIP_REQUIRE_HASHES", "1"),
    ("PIP_FIND_LINKS", "../few"),
    ("PIP_UPGRADE", "1"),
    ("PIP_NO_COMPILE", "1"),
    ("PIP_ONLY_BINARY", ":all:"),
    ("PIP_TIMEOUT", "3"),
    ("PYTHONOPTIMIZE", "1"),
    ("SOURCE_DATE_EPOCH", "1600000000"),
    ("PYTHONPATH", "../elsewhere"),
    ("PIP_DRY_RUN", "1"),
    ("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:9/"),
    ("PIP_INDEX_URL", "http://127.0.0.1:9/"),
    ("PIP_NO_BINARY", "best"),
    ("PIP_PREFER_BINARY", "1"),
    ("PIP_IGNORE_INSTALLED", "1"),
    ("PIP_IGNORE_REQUIRES_PYTHON", "1"),
    ("PIP_CONFIG_SETTINGS", "a=b"),
    ("PIP_ISOLATED", "1"),
    ("PIP_NO_CACHE_DIR", "1"),
    ("PIP_REQUIRE_VIRTUALENV", "1"),
    ("PIP_UNKNOWN_OPTION", "1"),
];

const KEYS: [&str; 13] = [
    "pre = true",
    "no-deps = 1",
    "constraint = constraints.txt",
    "timeout = 5",
    "find-links = ../few",
    "upgrade = yes",
    "quiet = 1",
    "no-binary = best",
    "only-binary = :all:",
    "require-hashes = true",
    "extra-index-url = http://127.0.0.1:9/",
    "requirement = more.txt",
    "unknown-key = 1",
];

/// Hashes of archives by name and version.
pub(super) type Hashes = BTreeMap<String, Vec<String>>;

fn request(numbers: &mut Numbers, hashes: &Hashes) -> Request {
    let mut request = Request::default();
    let mut lines: Vec<String> = Vec::new();
    for _ in 0..=numbers.below(2) {
        let group = numbers.pick(&GROUPS);
        let complete = !numbers.one_in(6);
        lines.extend(group.iter().take(if complete { 9 } else { 1 }).map(|it| (*it).to_owned()));
    }
    if numbers.one_in(4) {
        lines.push(numbers.pick(&ODD).to_owned());
    }
    if numbers.one_in(4) {
        request.arguments.extend(numbers.pick(&OPTIONS).iter().map(|it| (*it).to_owned()));
    }
    if numbers.one_in(4) {
        let (name, value) = numbers.pick(&VARIABLES);
        request.variables.push((name, value.to_owned()));
    }
    if numbers.one_in(6) {
        let section = numbers.pick(&["global", "install", "list"]);
        request.files.push(("pip.conf", format!("[{section}]\n{}\n", numbers.pick(&KEYS))));
        request.variables.push(("PIP_CONFIG_FILE", "pip.conf".to_owned()));
    }
    if numbers.one_in(4) {
        request.installed.push(numbers.pick(&[
            "beta==1.0",
            "beta==2.0",
            "zeta==1.0",
            "lambda==1.0 beta==1.0",
            "delta==1.0",
            "alpha==1.0 beta==1.0",
            "mu==1.0",
            "eta==1.0",
        ]));
    }
    if numbers.one_in(4) {
        request.arguments.extend(lines);
    } else {
        add_files(&mut request, lines, numbers, hashes);
    }
    request
}

/// Requirements files with these lines, perhaps with hashes, or one that includes the other.
fn add_files(request: &mut Request, lines: Vec<String>, numbers: &mut Numbers, hashes: &Hashes) {
    let has_hashes = numbers.one_in(3);
    let (mut text, mut more) = (String::new(), String::new());
    for line in &lines {
        let place = if numbers.one_in(4) { &mut more } else { &mut text };
        let _ = write!(place, "{line}");
        let key = line.split(';').next().unwrap_or_default().to_lowercase().replace("_k-k", ".k_k");
        let key = key
            .trim()
            .replace("[more]", "")
            .replace("[a]", "")
            .replace("[a,b]", "")
            .replace("==1.0.0", "==1.0")
            .replace("gamma==1", "gamma==1.0")
            .replace("1.0.0", "1.0");
        if has_hashes && !numbers.one_in(12) {
            let of_line = hashes.get(&key).cloned().unwrap_or_default();
            let count = if numbers.one_in(3) { 1 } else { of_line.len() };
            for hash in of_line.iter().rev().take(count) {
                let _ = write!(place, " \\\n  --hash=sha256:{hash}");
            }
        }
        place.push_str(numbers.pick(&["\n", "\n", "  # comment\n", "\r\n", "\n\n"]));
    }
    if !more.is_empty() {
        text.insert_str(
            0,
            numbers.pick(&["-r more.txt\n", "-r ./more.txt # c\n", "--requirement=more.txt\n"]),
        );
    }
    if numbers.one_in(5) {
        text.push_str(numbers.pick(&[
            "--pre\n",
            "-f ../few\n",
            "--only-binary :all:\n",
            "-c constraints.txt\n",
            "--no-deps\n",
            "-i http://127.0.0.1:9/\n",
        ]));
    }
    request.files.push(("requirements.txt", text));
    request.files.push(("more.txt", more));
    request.arguments.extend(["-r".to_owned(), "requirements.txt".to_owned()]);
}

/// The archives, a store that knows them, and a Python.
pub(super) struct Fixture {
    pub(super) sandbox: Sandbox,
    python: String,
}

impl Fixture {
    pub(super) fn new(python: &Path) -> (Self, Hashes) {
        let mut sandbox = Sandbox::new();
        let (scripts, archives) = (sandbox.root().join("scripts"), sandbox.root());
        std::fs::create_dir(&scripts).unwrap();
        std::fs::write(scripts.join("wheels.py"), include_str!("wheels.py")).unwrap();
        std::fs::write(scripts.join("requests.py"), include_str!("requests.py")).unwrap();
        let mut make = sandbox.command(python);
        let made = Ran::of(make.arg(scripts.join("requests.py")).arg(&archives)).ok().stdout;
        let mut hashes = Hashes::new();
        for line in made.lines() {
            let [name, version, hash] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let key = format!("{}=={version}", name.to_lowercase());
            hashes.entry(key).or_default().push(hash.to_owned());
        }
        sandbox.set("PIP_NO_INDEX", "1").set("PIP_FIND_LINKS", archives.join("links"));
        sandbox.write("constraints.txt", "beta==1.0\n");
        sandbox.write("more.txt", "");
        (Self { sandbox, python: python.to_str().unwrap().to_owned() }, hashes)
    }

    /// Makes the environment and the files of a request.
    pub(super) fn prepare(&self, request: &Request) {
        self.sandbox.run(["create", "-q", "--clear", "--python", &self.python]).ok();
        for installed in &request.installed {
            let words = installed.split(' ');
            self.sandbox.run(["install", "--no-deps"].into_iter().chain(words)).ok();
        }
        for (name, text) in &request.files {
            self.sandbox.write(name, text);
        }
    }

    /// Runs `rvenv -v install`.
    pub(super) fn install(&self, flags: &[&str], request: &Request) -> Ran {
        let mut command = self.sandbox.rvenv();
        command.args(["-v", "install"]).args(flags).args(&request.arguments);
        command.envs(request.variables.iter().map(|(name, value)| (name, value)));
        Ran::of(&mut command)
    }

    /// The environment, without what the start of pip leaves, and without the times at which sources
    /// were installed, which their bytecode names (PEP 552).
    pub(super) fn contents(&self) -> BTreeMap<PathBuf, Content> {
        let mut contents = contents(&self.sandbox.project().join(".venv"));
        contents.retain(|path, _| !path.to_string_lossy().contains("pip/__pycache__"));
        for (path, (_, bytes)) in &mut contents {
            let is_bytecode = path.extension().is_some_and(|end| end == "pyc");
            if let Some(time) =
                bytes.as_mut().and_then(|bytes| bytes.get_mut(8..12)).filter(|_| is_bytecode)
            {
                time.fill(0);
            }
        }
        contents
    }
}

#[test]
fn the_result_is_that_of_pip_or_pip_ran() {
    let Some(python) = known_python("3.12") else { return };
    let (fixture, hashes) = Fixture::new(&python);
    fixture.prepare(&Request::default());
    // The store learns every archive.
    let all = Request {
        arguments: [
            "alpha==1.0",
            "beta==1.0",
            "gamma==1.0",
            "delta==1.0",
            "epsilon==1.0",
            "zeta==1.0",
            "Kappa.k_k==1.0",
            "lambda==1.0",
            "best==1.0",
            "mu==1.0",
            "nu==1.0",
        ]
        .map(str::to_owned)
        .into(),
        ..Request::default()
    };
    fixture.install(&[], &all).code(0);
    fixture
        .install(
            &[],
            &Request {
                arguments: vec!["beta==2.0".to_owned(), "eta==1.0".to_owned()],
                ..Request::default()
            },
        )
        .code(0);
    let count = std::env::var("RVENV_TEST_REQUESTS").ok().and_then(|text| text.parse().ok());
    let mut answers = 0;
    for seed in 1..=count.unwrap_or(REQUESTS) {
        let request = request(&mut Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)), &hashes);
        fixture.prepare(&request);
        let ran = fixture.install(&[], &request);
        if ran.stderr.contains("pip is needed") {
            continue;
        }
        answers += 1;
        let own = ran.code(0);
        let from_store = fixture.contents();
        fixture.prepare(&request);
        let pip = fixture.install(&["--no-store"], &request);
        assert_eq!(pip.code, Some(0), "{seed}: {request:#?} {own:#?} {pip:#?}");
        assert_same(&fixture.contents(), &from_store);
    }
    assert!(answers >= 4, "the store answered only {answers} requests");
}
