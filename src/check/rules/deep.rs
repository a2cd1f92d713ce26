//! `--deep`: what only running and reading everything can tell.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::sharing;
use crate::check::Progress;
use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::site::{Dist, Site};
use crate::dist::verify;
use crate::dist::verify::{Fault, FaultyFile};
use crate::python::{Interpreter, TIME_LIMIT, isolated, run_with_timeout};
use crate::support::path::is_same_file;

/// The script that the environment's Python runs.
const SCRIPT: &str = "import json, sys; print('\\n' + json.dumps({'prefix': sys.prefix, \
    'version': '.'.join(map(str, sys.version_info[:3]))}))";

#[derive(Deserialize)]
struct Answer {
    prefix: PathBuf,
    version: String,
}

pub(crate) fn findings(snapshot: &Snapshot<'_>, progress: Progress<'_>) -> Vec<Diagnosis> {
    let base = snapshot.base.interpreter();
    let mut findings = base.map(|base| interpreter(snapshot, base)).unwrap_or_default();
    if let Some(site) = snapshot.site() {
        findings.extend(packages(snapshot, site, progress));
    }
    findings
}

/// Whether the environment's Python is what its files say.
fn interpreter(snapshot: &Snapshot<'_>, base: &Interpreter) -> Vec<Diagnosis> {
    let python = snapshot.root().join(snapshot.python());
    let disagrees = |what: String| {
        let seen = format!("`{}` {what}", snapshot.python().display());
        vec![Diagnosis::new(Code::InterpreterDisagrees, seen, Repair::SameSeries)]
    };
    let said =
        match run_with_timeout(isolated(&python, snapshot.host).args(["-c", SCRIPT]), TIME_LIMIT) {
            Ok(said) => said,
            Err(reason) => return disagrees(reason.to_string()),
        };
    let stdout = String::from_utf8_lossy(&said.stdout);
    let stderr = String::from_utf8_lossy(&said.stderr);
    // A `sitecustomize` may print too, also at the exit.
    let answer = stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    let Some(Answer { prefix, version }) = answer else {
        // Before 3.13 that is what stops it (`site.addpackage`), and a finding of its own.
        if !super::packages::undecodable(snapshot).is_empty() {
            return Vec::new();
        }
        let complaint = stderr.lines().next_back().unwrap_or_default();
        return disagrees(format!("fails ({}): {complaint}", said.status));
    };
    if !is_same_file(&prefix, snapshot.root()) {
        return disagrees(format!("takes `{}` for its environment", prefix.display()));
    }
    if version != base.version.release() {
        return disagrees(format!("is Python {version}, and its base {}", base.version));
    }
    // An import of a missing module is reported without Python, too.
    let mut failures = super::startup::failures(snapshot, &stderr);
    let known = super::startup::findings(snapshot);
    failures.retain(|failure| {
        !known.iter().any(|other| {
            other
                .seen
                .split(' ')
                .next()
                .is_some_and(|name| failure.seen.contains(name.trim_matches('`')))
        })
    });
    failures
}

/// Whether the files of every package are those that were installed.
fn packages(snapshot: &Snapshot<'_>, site: &Site, progress: Progress<'_>) -> Vec<Diagnosis> {
    let infos = snapshot.infos();
    // pip is judged by itself.
    let dists = site.dists().filter(|dist| dist.key() != "pip");
    let (records, dists): (Vec<_>, Vec<_>) =
        dists.filter_map(|dist| Some((infos.record(&dist)?, dist))).unzip();
    let faults = verify::faults(&site.path, &records, progress);
    let broken = unloadable_sources(snapshot, site, &faults);
    let judged = dists.iter().zip(faults);
    judged.filter_map(|(dist, files)| package(site, dist, files, &broken)).collect()
}

fn package(
    site: &Site,
    dist: &Dist<'_>,
    mut files: Vec<FaultyFile>,
    broken: &HashSet<String>,
) -> Option<Diagnosis> {
    for file in files.iter_mut().filter(|file| broken.contains(&file.path)) {
        file.fault = Fault::Unloadable;
    }
    // The most severe fault decides.
    let worst = files.iter().map(|file| rank(file.fault)).min()?;
    files.retain(|file| rank(file.fault) == worst);
    let first = files.first()?;
    let more =
        if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
    let how = match first.fault {
        Fault::Missing => "missing",
        Fault::Unloadable => "cut short, or not what Python can load",
        Fault::Extended | Fault::Altered => "not as it was installed",
    };
    let cause = sharing::cause_of_change(&site.path.join(&first.path));
    let (path, name) = (&first.path, &dist.name);
    let seen = format!("`{path}`{more} of {name} {} is {how}{cause}", dist.version);
    let again = Repair::Install(InstallMode::Again, vec![dist.requirement(site)]);
    let is_of_certificates = first.fault == Fault::Extended && first.path.ends_with("/cacert.pem");
    if is_of_certificates {
        let advice = "keep it: an upgrade of the package removes the certificates that were added";
        return Some(
            Diagnosis::new(Code::PackageAltered, seen, Repair::advice(advice)).into_note(),
        );
    }
    let code = match first.fault {
        Fault::Missing | Fault::Unloadable => Code::PackageDamaged,
        Fault::Extended | Fault::Altered => Code::PackageAltered,
    };
    Some(Diagnosis::new(code, seen, again))
}

const fn rank(fault: Fault) -> u8 {
    match fault {
        Fault::Missing => 0,
        Fault::Unloadable => 1,
        Fault::Altered | Fault::Extended => 2,
    }
}

/// The altered source files that the environment's Python cannot compile.
fn unloadable_sources(
    snapshot: &Snapshot<'_>,
    site: &Site,
    faults: &[Vec<FaultyFile>],
) -> HashSet<String> {
    /// More would not fit on a command line.
    const MOST: usize = 500;
    const COMPILE: &str = "import json, sys, warnings; warnings.simplefilter('ignore')\n\
        bad = []\n\
        for name in sys.argv[2:]:\n    \
            try: compile(open(sys.argv[1] + '/' + name, 'rb').read(), name, 'exec')\n    \
            except Exception: bad.append(name)\n\
        print('\\n' + json.dumps(bad))";
    let altered = faults.iter().flatten().filter(|file| {
        let is_source = Path::new(&file.path).extension().is_some_and(|found| found == "py");
        is_source && matches!(file.fault, Fault::Altered | Fault::Extended)
    });
    let names: Vec<_> = altered.map(|file| &file.path).take(MOST).collect();
    if names.is_empty() {
        return HashSet::new();
    }
    let python = snapshot.root().join(snapshot.python());
    let mut command = isolated(&python, snapshot.host);
    command.args(["-c", COMPILE]).arg(&site.path).args(names);
    let Ok(output) = run_with_timeout(&mut command, TIME_LIMIT) else { return HashSet::new() };
    let stdout = String::from_utf8_lossy(&output.stdout);
    stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}
