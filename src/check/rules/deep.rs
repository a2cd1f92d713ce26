//! `--deep`: what only running and reading everything can tell.

use std::path::PathBuf;

use serde::Deserialize;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::record::{Record, Shared};
use crate::dist::site::Site;
use crate::python::{Interpreter, TIME_LIMIT, isolated, run_with_timeout};
use crate::support::path::is_same_file;

/// What the environment's Python is asked.
const SCRIPT: &str = "import json, sys; print('\\n' + json.dumps({'prefix': sys.prefix, \
    'version': '.'.join(map(str, sys.version_info[:3]))}))";

#[derive(Deserialize)]
struct Answer {
    prefix: PathBuf,
    version: String,
}

pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let base = snapshot.base.interpreter();
    let mut findings: Vec<_> =
        base.and_then(|base| interpreter(snapshot, base)).into_iter().collect();
    if let Some(site) = snapshot.site() {
        findings.extend(packages(site));
    }
    findings
}

/// Whether the environment's Python is what its files say.
fn interpreter(snapshot: &Snapshot<'_>, base: &Interpreter) -> Option<Diagnosis> {
    let python = snapshot.root().join(snapshot.python());
    let disagrees = |what: String| {
        let seen = format!("`{}` {what}", snapshot.python().display());
        Some(Diagnosis::new(Code::InterpreterDisagrees, seen, Repair::SameSeries))
    };
    let said =
        match run_with_timeout(isolated(&python, snapshot.host).args(["-c", SCRIPT]), TIME_LIMIT) {
            Ok(said) => said,
            Err(reason) => return disagrees(reason.to_string()),
        };
    let stdout = String::from_utf8_lossy(&said.stdout);
    // A `sitecustomize` may print too, also at the exit.
    let answer = stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    let Some(Answer { prefix, version }) = answer else {
        let complaint = String::from_utf8_lossy(&said.stderr);
        let complaint = complaint.lines().next_back().unwrap_or_default();
        return disagrees(format!("fails ({}): {complaint}", said.status));
    };
    if !is_same_file(&prefix, snapshot.root()) {
        return disagrees(format!("takes `{}` for its environment", prefix.display()));
    }
    if version != base.version.release() {
        return disagrees(format!("is Python {version}, and its base {}", base.version));
    }
    None
}

/// Whether the files of every package are those that were installed.
fn packages(site: &Site) -> Vec<Diagnosis> {
    let mut findings = Vec::new();
    let mut shared = None;
    // pip is judged by itself.
    for dist in site.dists().filter(|dist| dist.key() != "pip") {
        let Some(record) = Record::read(site, &dist) else { continue };
        let missing: Vec<_> = record.missing(site).collect();
        let (code, files, how) = if missing.is_empty() {
            (Code::PackageAltered, record.altered(site).collect(), "not as it was installed")
        } else {
            (Code::PackageDamaged, missing, "missing or of another size")
        };
        let mut files = files;
        if !files.is_empty() {
            let shared = shared.get_or_insert_with(|| Shared::read(site));
            files.retain(|file| !shared.is_sound(site, file));
        }
        let Some(first) = files.first() else { continue };
        let more =
            if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
        let seen = format!("`{first}`{more} of {} {} is {how}", dist.name, dist.version);
        let remedy = Repair::Install(InstallMode::Again, vec![dist.requirement(site)]);
        findings.push(Diagnosis::new(code, seen, remedy));
    }
    findings
}
