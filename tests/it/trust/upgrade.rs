//! `create --upgrade` of an environment that is not trusted builds nothing that its files name.

use std::path::{Path, PathBuf};

use crate::sandbox::{Ran, Sandbox, real_pythons, skip};

/// An environment with packages that its files name, and a project with a build backend of its own.
struct Untrusted {
    sandbox: Sandbox,
    newest: PathBuf,
    site: PathBuf,
}

/// Two Pythons of different minor versions, the newer one last.
fn two() -> Option<(PathBuf, PathBuf)> {
    let mut pythons: Vec<_> = real_pythons().into_iter().map(|path| (minor(&path), path)).collect();
    pythons.sort();
    let (newest_minor, newest) = pythons.pop()?;
    let (_, other) = pythons.into_iter().rfind(|(minor, _)| *minor != newest_minor)?;
    Some((other, newest))
}

fn minor(python: &Path) -> u32 {
    let code = "import sys; print(sys.version_info[1])";
    let ran = Ran::of(std::process::Command::new(python).args(["-I", "-c", code])).ok();
    ran.stdout.trim().parse().unwrap()
}

impl Untrusted {
    fn new() -> Option<Self> {
        let Some((other, newest)) = two() else {
            skip("there are no two minor versions of Python");
            return None;
        };
        let mut sandbox = Sandbox::new();
        sandbox.run(["create", "--without-pip", "-p", other.to_str().unwrap()]).ok();
        std::fs::remove_dir_all(sandbox.root().join("home/.local/state")).unwrap();
        let lib = std::fs::read_dir(sandbox.project().join(".venv/lib")).unwrap().next();
        let site = lib.unwrap().unwrap().path().join("site-packages");
        sandbox.set("PIP_NO_INDEX", "1").set("SECRET", "s3cr3t");
        sandbox.write(
            "evil/pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
             [project]\nname = 'evil'\nversion = '1.0'\n",
        );
        let ran = sandbox.root().join("ran");
        sandbox.write("evil/backend.py", format!("open({ran:?}, 'a').write('x')\n"));
        Some(Self { sandbox, newest, site })
    }

    fn dist(&self, directory: &str, files: &[(&str, String)]) {
        let path = self.site.join(directory);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("METADATA"), "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
            .unwrap();
        std::fs::write(path.join("RECORD"), "").unwrap();
        for (name, text) in files {
            std::fs::write(path.join(name), text).unwrap();
        }
    }

    fn upgrade(&self, more: &[&str]) -> Ran {
        let python = self.newest.to_str().unwrap();
        self.sandbox.run([&["create", "--upgrade", "-p", python], more].concat())
    }

    fn has_built(&self) -> bool {
        self.sandbox.root().join("ran").exists()
    }

    fn url(&self, is_editable: bool) -> String {
        let url = format!("file://{}/evil", self.sandbox.project().display());
        let dir_info = serde_json::json!({ "editable": is_editable });
        serde_json::json!({ "url": url, "dir_info": dir_info }).to_string()
    }
}

#[test]
fn a_url_or_a_directory_needs_the_flag() {
    let Some(fixture) = Untrusted::new() else { return };
    for (is_editable, shown) in [(false, "evil @ file:///"), (true, "-e file:///")] {
        fixture.dist("evil-1.0.dist-info", &[("direct_url.json", fixture.url(is_editable))]);
        let ran = fixture.upgrade(&[]).code(1);
        assert!(!fixture.has_built(), "{ran:#?}");
        assert!(ran.stderr.contains(shown), "{ran:#?}");
        assert!(ran.stderr.contains("--build"), "{ran:#?}");
        assert!(fixture.site.is_dir(), "the old environment is as it was");
    }
    fixture.upgrade(&["--build"]);
    assert!(fixture.has_built());
}

#[test]
fn a_dry_run_lists_the_requirements() {
    let Some(fixture) = Untrusted::new() else { return };
    fixture.dist("evil-1.0.dist-info", &[("direct_url.json", fixture.url(true))]);
    let ran = fixture.upgrade(&["--dry-run"]).code(1);
    assert!(ran.stderr.contains("-e file:///") && ran.stderr.contains("--build"), "{ran:#?}");
    let shown = fixture.upgrade(&["--dry-run", "--build"]).ok().stdout;
    assert!(shown.contains("installs again: -e file:///"), "{shown}");
    let answer = fixture.upgrade(&["--dry-run", "--build", "--json"]).ok().stdout;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let listed = answer["environments"][0]["requirements"][0].as_str().unwrap();
    assert!(listed.starts_with("-e file:///"), "{answer}");
    assert!(!fixture.has_built() && fixture.site.is_dir());
}

#[test]
fn credentials_are_not_shown() {
    let Some(fixture) = Untrusted::new() else { return };
    let url = r#"{"url": "https://me:pa55@localhost:1/a.zip?sig=t0ken", "archive_info": {}}"#;
    fixture.dist("evil-1.0.dist-info", &[("direct_url.json", url.to_owned())]);
    let ran = fixture.upgrade(&[]).code(1);
    assert!(ran.stderr.contains("evil @ https://localhost:1/a.zip"), "{ran:#?}");
    assert!(!ran.stderr.contains("pa55") && !ran.stderr.contains("t0ken"), "{ran:#?}");
}

#[test]
fn a_link_of_an_egg_is_a_directory_too() {
    let Some(fixture) = Untrusted::new() else { return };
    let project = fixture.sandbox.project().join("evil");
    std::fs::write(fixture.site.join("evil.egg-link"), format!("{}\n.\n", project.display()))
        .unwrap();
    let ran = fixture.upgrade(&[]).code(1);
    assert!(!fixture.has_built() && ran.stderr.contains("-e file:///"), "{ran:#?}");
}

#[test]
fn a_name_that_only_a_build_can_provide_needs_the_flag() {
    let Some(mut fixture) = Untrusted::new() else { return };
    let links = fixture.sandbox.root().join("links");
    std::fs::create_dir(&links).unwrap();
    let project = fixture.sandbox.project();
    std::fs::rename(project.join("evil"), project.join("evil-1.0")).unwrap();
    let archive = links.join("evil-1.0.tar.gz");
    let mut tar = fixture.sandbox.command("tar");
    Ran::of(tar.arg("-czf").arg(&archive).args(["-C", project.to_str().unwrap(), "evil-1.0"])).ok();
    fixture.sandbox.set("PIP_FIND_LINKS", &links);
    fixture.dist("evil-1.0.dist-info", &[]);
    let ran = fixture.upgrade(&[]).code(1);
    assert!(!fixture.has_built(), "{ran:#?}");
    assert!(ran.stderr.contains("without a build") && ran.stderr.contains("--build"), "{ran:#?}");
    fixture.upgrade(&["--build"]);
    assert!(fixture.has_built());
}

#[test]
fn an_environment_that_is_trusted_is_not_asked() {
    let Some(fixture) = Untrusted::new() else { return };
    fixture.dist("evil-1.0.dist-info", &[("direct_url.json", fixture.url(false))]);
    fixture.sandbox.run(["allow", ".venv"]).ok();
    fixture.upgrade(&[]);
    assert!(fixture.has_built());
}

/// pip replaces `${NAME}` in files of requirements.
#[test]
fn no_variable_is_sent_to_a_host() {
    let Some(fixture) = Untrusted::new() else { return };
    fixture.sandbox.run(["allow", ".venv"]).ok();
    let url = r#"{"url": "http://localhost:1/${SECRET}/a.zip", "archive_info": {}}"#;
    fixture.dist("evil-1.0.dist-info", &[("direct_url.json", url.to_owned())]);
    let ran = fixture.upgrade(&["--build"]).code(1);
    assert!(!ran.stderr.contains("s3cr3t") && ran.stderr.contains("localhost"), "{ran:#?}");
    for directory in ["${SECRET}-1.0.dist-info", "evil-${SECRET}.dist-info", "--pre-1.dist-info"] {
        std::fs::remove_dir_all(fixture.site.join("evil-1.0.dist-info")).ok();
        fixture.dist(directory, &[]);
        let ran = fixture.upgrade(&["--build"]).code(1);
        assert!(ran.stderr.contains("whose origin is not recorded"), "{directory}: {ran:#?}");
        std::fs::remove_dir_all(fixture.site.join(directory)).unwrap();
    }
}
