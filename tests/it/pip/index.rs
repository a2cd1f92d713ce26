//! Versions that are not at hand, and bases that carry no pip.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use rvenv::python::Interpreter;
use rvenv::seed::{Choice, Event, Options};
use rvenv::{Error, Hint, Host};
use sha2::{Digest, Sha256};

use super::fixture::{host_with, modern, prepare_on};
use super::maker::Maker;
use crate::sandbox::{Ran, Sandbox, known_python};

/// A package index on this machine.
struct Index {
    url: String,
}

/// The entry of an index for a wheel.
struct Offer {
    wheel: PathBuf,
    requires: &'static str,
    yanked: bool,
    hash: Option<&'static str>,
}

impl Offer {
    fn new(wheel: PathBuf) -> Self {
        Self { wheel, requires: ">=3.8", yanked: false, hash: None }
    }

    fn name(&self) -> &str {
        self.wheel.file_name().and_then(|name| name.to_str()).expect("a wheel's name")
    }

    fn project(&self) -> &str {
        self.name().split('-').next().expect("a project")
    }

    fn sha256(&self) -> String {
        let digest = Sha256::digest(fs::read(&self.wheel).expect("a wheel"));
        self.hash.map_or_else(
            || digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")),
            str::to_owned,
        )
    }

    fn html(&self) -> String {
        let (name, requires) = (self.name(), self.requires.replace('>', "&gt;"));
        let yanked = if self.yanked { " data-yanked=\"bad\"" } else { "" };
        format!(
            "<a href=\"../../{name}#sha256={}\" data-requires-python=\"{requires}\"{yanked}>{name}</a>\n",
            self.sha256()
        )
    }

    fn json(&self) -> String {
        let (name, requires, yanked, hash) =
            (self.name(), self.requires, self.yanked, self.sha256());
        format!(
            r#"{{"filename": "{name}", "url": "../../{name}", "hashes": {{"sha256": "{hash}"}},
               "requires-python": "{requires}", "yanked": {yanked}}}"#
        )
    }
}

#[derive(Clone, Copy)]
enum Form {
    Json,
    Html,
}

impl Index {
    fn serve(form: Form, offers: &[Offer]) -> Self {
        let page = |project: &str| {
            let offers = offers.iter().filter(|offer| offer.project() == project);
            match form {
                Form::Json => {
                    let files = offers.map(Offer::json).collect::<Vec<_>>().join(",");
                    format!(
                        r#"{{"meta": {{"api-version": "1.0"}}, "name": "{project}", "files": [{files}]}}"#
                    )
                }
                Form::Html => {
                    offers.fold("<!DOCTYPE html>\n".to_owned(), |page, offer| page + &offer.html())
                }
            }
        };
        let kind = match form {
            Form::Json => "application/vnd.pypi.simple.v1+json",
            Form::Html => "text/html",
        };
        let project = |name: &str| (format!("/simple/{name}/"), (kind, page(name).into_bytes()));
        let mut pages: BTreeMap<_, _> = ["pip", "setuptools"].map(project).into();
        for offer in offers {
            let wheel = fs::read(&offer.wheel).expect("a wheel");
            pages.insert(format!("/{}", offer.name()), ("application/octet-stream", wheel));
        }
        let pages = Arc::new(pages);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/simple", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let pages = Arc::clone(&pages);
                thread::spawn(move || answer(stream, &pages));
            }
        });
        Self { url }
    }

    fn host(&self, sandbox: &Sandbox) -> Host {
        host_with(sandbox, &[("PIP_INDEX_URL", &self.url)])
    }
}

fn answer(stream: std::net::TcpStream, pages: &BTreeMap<String, (&'static str, Vec<u8>)>) {
    let mut lines = BufReader::new(&stream).lines();
    let request = lines.next().and_then(Result::ok).unwrap_or_default();
    // To the end of the request: an answer that comes sooner can be lost.
    let _ = lines.map_while(Result::ok).find(String::is_empty);
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, kind, body) = match pages.get(path) {
        Some((kind, body)) => ("200 OK", *kind, body.as_slice()),
        None => ("404 Not Found", "text/plain", &b""[..]),
    };
    let mut head = String::new();
    let _ = write!(
        head,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
        body.len()
    );
    let _ = (&stream).write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
    let _ = (&stream).write_all(body);
}

/// A Python whose distribution took the wheels out of `ensurepip`.
fn bare(sandbox: &Sandbox) -> Interpreter {
    Interpreter { wheels: Vec::new(), ..modern(sandbox) }
}

fn wheels(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join("wheels")
}

#[test]
fn a_base_without_pip_gets_the_newest_that_fits() {
    for form in [Form::Json, Form::Html] {
        let sandbox = Sandbox::new();
        let make = |version| Offer::new(Maker::new(version).write(&wheels(&sandbox)));
        let offers = [
            make("90.0"),
            make("90.10"),
            make("90.9"),
            Offer { yanked: true, ..make("91.0") },
            Offer { requires: ">=3.99", ..make("92.0") },
            make("93.0rc1"),
        ];
        let index = Index::serve(form, &offers);
        let host = index.host(&sandbox);
        let python = bare(&sandbox);
        let (seed, events) = prepare_on(&host, &python, &Options::default()).expect("a seed");
        assert_eq!(seed.pip_version(), "90.10");
        assert_eq!(events.first(), Some(&Event::Downloading { requirement: "pip".to_owned() }));
        // From now on it is in the cache, also without a network.
        let offline = Options { offline: true, ..Options::default() };
        let (seed, events) = prepare_on(&host, &python, &offline).expect("a seed");
        assert_eq!((seed.pip_version(), events.len()), ("90.10", 0));
    }
}

#[test]
fn wheels_in_the_cache_that_do_not_fit_are_passed_over() {
    let sandbox = Sandbox::new();
    let kept = sandbox.root().join("cache/wheels");
    Maker::new("90.0").write(&kept);
    Maker::new("95.0").requiring(">=3.99").write(&kept);
    fs::write(kept.join("pip-96.0-py3-none-any.whl"), "half a wh").unwrap();
    let host = host_with(&sandbox, &[]);
    let options = Options { offline: true, ..Options::default() };
    let (seed, _) = prepare_on(&host, &bare(&sandbox), &options).expect("a seed");
    assert_eq!(seed.pip_version(), "90.0");
}

/// The error of `create` for a base without pip.
#[track_caller]
fn reason(host: &Host, python: &Interpreter) -> Error {
    match prepare_on(host, python, &Options::default()) {
        Err(rvenv::Error::Seed(rvenv::seed::Error::PipUnavailable { source, .. })) => {
            (*source).into()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn downloads_are_compared_with_the_hash_of_the_index() {
    let sandbox = Sandbox::new();
    let hash = Some("0000000000000000000000000000000000000000000000000000000000000000");
    let offer = Offer { hash, ..Offer::new(Maker::new("90.0").write(&wheels(&sandbox))) };
    let index = Index::serve(Form::Json, &[offer]);
    let error = reason(&index.host(&sandbox), &bare(&sandbox));
    assert!(
        matches!(error, rvenv::Error::Seed(rvenv::seed::Error::DownloadAltered { .. })),
        "{error:?}"
    );
    let kept = fs::read_dir(sandbox.root().join("cache/wheels")).unwrap().flatten();
    let names: Vec<_> = kept.map(|entry| entry.file_name()).collect();
    assert_eq!(names, [".lock"]);
}

#[test]
fn an_index_can_offer_nothing_be_gone_or_be_forbidden() {
    let sandbox = Sandbox::new();
    let python = bare(&sandbox);
    let empty = reason(&Index::serve(Form::Json, &[]).host(&sandbox), &python);
    assert!(
        matches!(empty, rvenv::Error::Seed(rvenv::seed::Error::IndexEmpty { .. })),
        "{empty:?}"
    );
    let said = |vars: &[(&str, &str)]| match reason(&host_with(&sandbox, vars), &python) {
        rvenv::Error::Seed(rvenv::seed::Error::PythonFailed { stderr, .. }) => stderr,
        other => panic!("{other:?}"),
    };
    let gone = said(&[("PIP_INDEX_URL", "http://user:secret@127.0.0.1:1/simple")]);
    assert!(gone.contains("127.0.0.1:1/simple/pip/") && !gone.contains("secret"), "{gone}");
    assert!(said(&[("PIP_NO_INDEX", "1")]).contains("no-index"));
    assert!(said(&[("PIP_INDEX_URL", "http://pypi.invalid/simple")]).contains("trusted"));
}

#[test]
fn the_settings_of_pip_count_without_a_pip() {
    let sandbox = Sandbox::new();
    let index =
        Index::serve(Form::Json, &[Offer::new(Maker::new("90.0").write(&wheels(&sandbox)))]);
    let config = sandbox.root().join("home/.config/pip");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("pip.conf"), format!("[global]\nindex-url = {}\n", index.url)).unwrap();
    let (seed, _) = prepare_on(&host_with(&sandbox, &[]), &bare(&sandbox), &Options::default())
        .expect("a seed");
    assert_eq!(seed.pip_version(), "90.0");
}

#[test]
fn offline_never_asks() {
    let sandbox = Sandbox::new();
    let index =
        Index::serve(Form::Json, &[Offer::new(Maker::new("90.0").write(&wheels(&sandbox)))]);
    let host = index.host(&sandbox);
    for choice in [Choice::Bundled, Choice::Latest, Choice::Version("90.0".to_owned())] {
        let options = Options { choice, offline: true, ..Options::default() };
        let error = prepare_on(&host, &bare(&sandbox), &options).expect_err("nothing at hand");
        assert!(
            matches!(error, rvenv::Error::Seed(rvenv::seed::Error::PipOffline { .. })),
            "{error:?}"
        );
        assert!(matches!(error.hint(), Some(Hint::WaysToPip { .. })));
    }
}

#[test]
fn other_versions_come_through_the_pip_at_hand() {
    let sandbox = Sandbox::new();
    let make = |version| Offer::new(Maker::new(version).write(&wheels(&sandbox)));
    let index = Index::serve(
        Form::Html,
        &[make("90.0"), make("91.0"), Offer { requires: ">=3.99", ..make("92.0") }],
    );
    let host = index.host(&sandbox);
    let python = modern(&sandbox);
    let get = |choice: Choice, offline| {
        let options = Options { choice, offline, ..Options::default() };
        prepare_on(&host, &python, &options).map(|(seed, _)| seed.pip_version().to_owned())
    };
    let version = |version: &str| Choice::Version(version.to_owned());
    let bundled = get(Choice::Bundled, false).expect("the base's own");
    assert_eq!(get(version("90"), false).expect("a version"), "90.0");
    assert_eq!(get(Choice::Latest, false).expect("the latest"), "91.0");
    assert_eq!(get(version("90.0"), true).expect("a version in the cache"), "90.0");
    assert_eq!(get(Choice::Latest, true).expect("the latest in the cache"), "91.0");
    assert_eq!(get(version(&bundled), true).expect("the base's own, by its version"), bundled);
    assert_eq!(get(Choice::Bundled, true).expect("the same as ever"), bundled);
    match get(version("94"), false).expect_err("no such version") {
        rvenv::Error::Seed(rvenv::seed::Error::PythonFailed { task, stderr, .. }) => {
            assert_eq!(task, "download pip==94");
            assert!(stderr.contains("pip==94"), "{stderr}");
        }
        other => panic!("{other:?}"),
    }
    assert!(
        matches!(get(version("94"), true), Err(rvenv::Error::Seed(rvenv::seed::Error::PipOffline { requirement, .. })) if requirement == "pip==94")
    );
    assert!(
        matches!(get(version("new"), true), Err(rvenv::Error::Seed(rvenv::seed::Error::PipVersionInvalid { version })) if version == "new")
    );
}

#[test]
fn the_same_download_again_is_the_same_image() {
    let sandbox = Sandbox::new();
    let index =
        Index::serve(Form::Html, &[Offer::new(Maker::new("90.0").write(&wheels(&sandbox)))]);
    let (host, python) = (index.host(&sandbox), modern(&sandbox));
    let options = Options { choice: Choice::Latest, ..Options::default() };
    prepare_on(&host, &python, &options).expect("a seed");
    let (_, events) = prepare_on(&host, &python, &options).expect("a seed");
    assert_eq!(events, [Event::Downloading { requirement: "pip".to_owned() }]);
    assert!(Path::new(&sandbox.root().join("cache/wheels/pip-90.0-py3-none-any.whl")).exists());
}

#[test]
fn upgrade_deps_installs_what_the_index_offers() {
    let Some(python) = known_python("3.11") else { return };
    let mut sandbox = Sandbox::new();
    let at = wheels(&sandbox);
    // A pip with a second package, which an archive could not hold.
    let pip = Maker::new("91.0").with("pip_extra/__init__.py", "").write(&at);
    let setuptools = Maker::new("99.0").named("setuptools").packaging("setuptools").write(&at);
    let older = Maker::new("98.0").named("setuptools").packaging("setuptools").write(&at);
    let index = Index::serve(Form::Html, &[pip, older, setuptools].map(Offer::new));
    sandbox.set("PIP_INDEX_URL", &index.url);
    let python = python.to_str().expect("a path of text");
    let site = |env: &str| sandbox.project().join(env).join("lib/python3.11/site-packages");
    let versions = |env: &str| {
        let code = "from importlib.metadata import version as v; print(v('pip'), v('setuptools'))";
        let mut python = sandbox.command(sandbox.project().join(env).join("bin/python"));
        Ran::of(python.args(["-Ic", code])).ok().stdout
    };
    sandbox.run(["create", "--upgrade-deps", "-p", python, "new"]).ok();
    assert_eq!(versions("new"), "91.0 99.0\n");
    assert!(site("new").join("pip_extra").is_dir() && !site("new").join("pip/_pip.zip").exists());
    let mut shown = sandbox.command(sandbox.project().join("new/bin/pip"));
    assert!(Ran::of(&mut shown).ok().stdout.starts_with("pip 91.0 from "));
    sandbox.run(["check", "new"]).ok();
    // `--pip latest` concerns pip alone.
    sandbox.run(["create", "--pip", "latest", "-p", python, "other"]).ok();
    let of_other = versions("other");
    assert!(of_other.starts_with("91.0 ") && of_other != versions("new"), "{of_other}");
    sandbox.run(["create", "--upgrade-deps", "--without-setuptools", "-p", python, "alone"]).ok();
    assert!(!site("alone").join("setuptools").exists());
    let cache = sandbox.root().join("cache");
    assert!(cache.join("wheels/pip-91.0-py3-none-any.whl").exists());
    let parts = sandbox.run(["cache"]).ok().stdout;
    assert!(parts.contains("\nwheels "), "{parts}");
    sandbox.run(["cache", "clean"]).ok();
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
}
