//! The package index: accessed by an available pip, or by the base's own TLS without one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pep440_rs::Version;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::image::Image;
use super::lock::Lock;
use super::wheel::{fits, version_in_name};
use super::{Event, SeedContext, cache_error};
use crate::fs::read_bounded;
use crate::python::{isolated, wait_with_output};
use crate::seed::{Error, Result};
use crate::support::cache::WHEELS;
use crate::support::hex::hex;
use crate::support::limits;
use crate::support::private_dir::create_private_dir;

/// The directory for downloads inside the directory of wheels.
const STAGING: &str = ".download.";

/// The response of an index (PEP 691).
#[derive(Deserialize)]
struct Page {
    index: String,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    hashes: BTreeMap<String, String>,
    #[serde(rename = "requires-python")]
    requires_python: Option<String>,
    #[serde(default)]
    yanked: serde_json::Value,
}

impl File {
    fn is_yanked(&self) -> bool {
        // `false`, or a reason.
        !matches!(self.yanked, serde_json::Value::Null | serde_json::Value::Bool(false))
    }
}

/// Downloads the newest pip for this Python without a pip, and adds it to the cache.
pub(crate) fn fetch(job: &mut SeedContext<'_>) -> Result<PathBuf> {
    (job.progress)(Event::Downloading { requirement: "pip".to_owned() });
    let listed = run(job, "ask the index for pip", fetcher(job).arg("list"))?;
    let page: Page = serde_json::from_slice(&listed).map_err(|source| Error::IndexUnreadable {
        index: "the package index".to_owned(),
        source,
    })?;
    let python = job.interpreter.version.pep440_release();
    let (version, file) = page
        .files
        .iter()
        .filter(|file| !file.is_yanked() && fits(file.requires_python.as_deref(), &python).is_ok())
        .filter_map(|file| Some((version_in_name(Path::new(&file.filename), "pip")?, file)))
        .filter(|(version, _)| !version.any_prerelease())
        .max_by(|(a, _), (b, _)| a.cmp(b))
        .ok_or_else(|| Error::IndexEmpty {
            index: page.index.clone(),
            version: job.interpreter.version.short(),
        })?;

    let (_lock, staging) = staging(job)?;
    // A fixed name, because the index could return any path.
    let path = staging.path().join(format!("pip-{version}-py3-none-any.whl"));
    run(job, "fetch pip", fetcher(job).arg("get").arg(&path).env("RVENV_FETCH_URL", &file.url))?;
    let data = read_bounded(&path, limits::WHEEL)?;
    if file.hashes.get("sha256").map(String::as_str) != Some(&*hex(&Sha256::digest(&data))) {
        return Err(Error::DownloadAltered { url: without_secrets(&file.url) });
    }
    keep(job, &path)
}

/// Downloads `requirement`, which names `project`, with the pip in `image` and the user's settings for it, and
/// adds the wheel to the cache.
pub(crate) fn download(
    job: &mut SeedContext<'_>,
    image: &Image,
    project: &str,
    requirement: &str,
) -> Result<PathBuf> {
    (job.progress)(Event::Downloading { requirement: requirement.to_owned() });
    let (_lock, staging) = staging(job)?;
    let mut pip = job.python();
    pip.arg("-B")
        .arg(image.files().join("pip"))
        .args([
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
            "--disable-pip-version-check",
        ])
        .args(["--quiet", "--dest"])
        .arg(staging.path())
        .arg(requirement)
        // Settings for installation: they would reject a base or select another Python.
        .env_remove("PIP_REQUIRE_VIRTUALENV")
        .env_remove("PIP_PYTHON");
    run(job, format!("download {requirement}"), &mut pip)?;
    let downloaded = fs::read_dir(staging.path()).map_err(cache_error(staging.path()))?;
    let wheel = downloaded
        .flatten()
        .map(|entry| entry.path())
        .find(|path| version_in_name(path, project).is_some());
    match wheel {
        Some(wheel) => keep(job, &wheel),
        None => Err(Error::PythonFailed {
            python: job.interpreter.executable.clone(),
            task: format!("download {requirement}"),
            stderr: "it left no wheel".to_owned(),
        }),
    }
}

/// The wheels in the cache, newest first.
pub(crate) fn kept(cache: &Path) -> Vec<(Version, PathBuf)> {
    let Ok(entries) = fs::read_dir(wheels(cache)) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<_> =
        paths.filter_map(|path| Some((version_in_name(&path, "pip")?, path))).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

fn wheels(cache: &Path) -> PathBuf {
    cache.join(WHEELS)
}

/// A new directory for a download, and the lock on it.
fn staging(job: &SeedContext<'_>) -> Result<(Lock, TempDir)> {
    let dir = wheels(job.cache);
    create_private_dir(&dir).map_err(cache_error(&dir))?;
    let lock = Lock::take(&dir.join(".lock"))?;
    lock.sweep(&dir, STAGING);
    let staging =
        tempfile::Builder::new().prefix(STAGING).tempdir_in(&dir).map_err(cache_error(&dir))?;
    Ok((lock, staging))
}

/// Moves a wheel to the wheels of the cache. An existing one is kept, because its image depends on it.
fn keep(job: &SeedContext<'_>, wheel: &Path) -> Result<PathBuf> {
    let place = wheels(job.cache).join(wheel.file_name().unwrap_or_default());
    let read = |path: &Path| read_bounded(path, limits::WHEEL).ok();
    let same = |a: &Path, b: &Path| Some(read(a)? == read(b)?);
    if same(wheel, &place) != Some(true) {
        fs::rename(wheel, &place).map_err(cache_error(&place))?;
    }
    Ok(place)
}

/// A URL for messages: without user and password, and without the query, which contains the secret of a
/// signed URL.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn fetcher(job: &SeedContext<'_>) -> Command {
    let mut fetcher = isolated(&job.interpreter.executable, job.host);
    fetcher.arg("-c").arg(include_str!("fetch.py"));
    fetcher
}

/// Runs a Python and returns its output.
fn run(job: &SeedContext<'_>, task: impl Into<String>, command: &mut Command) -> Result<Vec<u8>> {
    let python = &job.interpreter.executable;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let said =
        command.spawn().and_then(wait_with_output).map_err(crate::fs::Error::io("run", python))?;
    if said.status.success() {
        return Ok(said.stdout);
    }
    let stderr = String::from_utf8_lossy(&said.stderr).trim().to_owned();
    Err(Error::PythonFailed { python: python.clone(), task: task.into(), stderr })
}
