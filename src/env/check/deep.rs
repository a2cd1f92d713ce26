//! `--deep`: what only running and reading everything can tell.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::finding::{Code, Finding, Remedy};
use super::packages::install;
use super::records::{Record, is_bytecode};
use super::site::{Dist, Site};
use super::subject::Subject;
use super::{relink, same_file};
use crate::error::{Error, Result};
use crate::fs::open_regular;
use crate::python::{Interpreter, TIME_LIMIT, isolated, listen};

/// What the environment's Python is asked.
const SCRIPT: &str = "import json, sys; print('\\n' + json.dumps({'prefix': sys.prefix, \
    'version': '.'.join(map(str, sys.version_info[:3]))}))";

#[derive(Deserialize)]
struct Answer {
    prefix: PathBuf,
    version: String,
}

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let base = subject.base.interpreter();
    let mut findings: Vec<_> =
        base.and_then(|base| interpreter(subject, base)).into_iter().collect();
    if let Some(site) = subject.site() {
        findings.extend(packages(site));
    }
    findings
}

/// Whether the environment's Python is what its files say.
fn interpreter(subject: &Subject<'_>, base: &Interpreter) -> Option<Finding> {
    let python = subject.root.join(subject.python());
    let disagrees = |what: String| {
        let seen = format!("`{}` {what}", subject.python().display());
        Some(Finding::new(Code::InterpreterDisagrees, seen, relink::to_same_series(subject)))
    };
    let said = match listen(isolated(&python, subject.host).args(["-c", SCRIPT]), TIME_LIMIT) {
        Ok(said) => said,
        Err(reason) => return disagrees(reason.to_string()),
    };
    let stdout = String::from_utf8_lossy(&said.stdout);
    let answer = stdout.lines().next_back().and_then(|line| serde_json::from_str(line).ok());
    let Some(Answer { prefix, version }) = answer else {
        let complaint = String::from_utf8_lossy(&said.stderr);
        let complaint = complaint.lines().next_back().unwrap_or_default();
        return disagrees(format!("fails ({}): {complaint}", said.status));
    };
    if !same_file(&prefix, &subject.root) {
        return disagrees(format!("takes `{}` for its environment", prefix.display()));
    }
    if version != base.version.release() {
        return disagrees(format!("is Python {version}, and its base {}", base.version));
    }
    None
}

/// Whether the files of every package are those that were installed.
fn packages(site: &Site) -> Vec<Finding> {
    let mut findings = Vec::new();
    // pip is judged without being asked to.
    for dist in site.dists().filter(|dist| dist.key() != "pip") {
        let Some(record) = Record::read(site, &dist) else { continue };
        let missing: Vec<_> = record.missing(site).collect();
        if !missing.is_empty() {
            findings.push(finding(
                Code::PackageDamaged,
                &dist,
                &missing,
                "missing or of another size",
            ));
            continue;
        }
        let altered: Vec<_> = record.altered(site).collect();
        if !altered.is_empty() {
            findings.push(finding(
                Code::PackageAltered,
                &dist,
                &altered,
                "not as it was installed",
            ));
        }
    }
    findings
}

fn finding(code: Code, dist: &Dist<'_>, files: &[&str], how: &str) -> Finding {
    let more =
        if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
    let seen = format!("`{}`{more} of {} {} is {how}", files[0], dist.name, dist.version);
    let remedy: Remedy = install(&["--force-reinstall", "--no-deps"], [dist.pin()]);
    Finding::new(code, seen, remedy)
}

impl Record {
    /// The files with other bytes than recorded; those outside of `site-packages` are rewritten
    /// when an environment is moved.
    fn altered(&self, site: &Site) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| {
            let told = row.hash.strip_prefix("sha256=")?;
            let is_judged = !row.path.starts_with("../") && !is_bytecode(&row.path);
            let found = is_judged.then(|| hash(&site.path.join(&row.path)))?.ok()?;
            (found != told).then_some(&*row.path)
        })
    }
}

fn hash(path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut open_regular(path)?, &mut Hashing(&mut hasher))
        .map_err(Error::io("read", path))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(hasher.finalize()))
}

/// A hasher to write to.
struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
