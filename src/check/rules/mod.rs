//! The rules, one file per family. Each one reads the snapshot and gives diagnoses, whatever the others
//! give and in any order.

mod activation;
mod deep;
mod files;
mod interpreter;
mod leftovers;
mod location;
mod packages;
mod permissions;
mod pip;
mod project;
mod relocatable;
mod requirements;
mod scripts;
mod sharing;
mod startup;
mod unowned;

use std::path::Path;

use super::Progress;
use super::code::Code;
use super::repairs::{Diagnosis, Repair};
use super::snapshot::Snapshot;

/// The faults of an environment whose project contains `project`; `progress` is that of [`deep`].
pub(super) fn findings(
    snapshot: &Snapshot<'_>,
    project: &Path,
    deep: bool,
    progress: Progress<'_>,
) -> Vec<Diagnosis> {
    if let Some(finding) = interpreter::other_system(snapshot) {
        return vec![finding];
    }
    let mut findings = interpreter::findings(snapshot);
    findings.extend(location::findings(snapshot));
    findings.extend(scripts::findings(snapshot));
    findings.extend(relocatable::finding(snapshot));
    findings.extend(activation::findings(snapshot));
    findings.extend(leftovers::findings(snapshot));
    findings.extend(packages::findings(snapshot));
    findings.extend(pip::finding(snapshot, deep));
    findings.extend(files::findings(snapshot));
    findings.extend(requirements::findings(snapshot));
    findings.extend(unowned::findings(snapshot));
    findings.extend(startup::findings(snapshot));
    if let Some(running) = running_install(snapshot, &findings) {
        findings.retain(|finding| !finding.code.is_caused_by_installing());
        findings.push(running);
    }
    findings.extend(permissions::findings(snapshot));
    findings.extend(sharing::findings(snapshot, deep));
    findings.extend(project::findings(snapshot, project));
    let is_running = findings.iter().any(|finding| finding.code == Code::InstallRunning);
    if deep && !is_running {
        let deep = deep::findings(snapshot, progress);
        // Damage that is seen without reading the files is then found twice.
        let is_again = |it: &Diagnosis| {
            it.code == Code::PackageDamaged
                && deep.iter().any(|other| (other.code, &other.repair) == (it.code, &it.repair))
        };
        findings.retain(|it| !is_again(it));
        findings.extend(deep);
    }
    findings
}

/// A pip or uv that changes the environment now. It is looked for only where something is found that
/// a running one explains: a look at every process costs more than all the rest.
fn running_install(snapshot: &Snapshot<'_>, findings: &[Diagnosis]) -> Option<Diagnosis> {
    if !findings.iter().any(|finding| finding.code.is_caused_by_installing()) {
        return None;
    }
    let pid = super::snapshot::processes::installer(snapshot.root())?;
    let seen = format!("process {pid} is installing into the environment");
    let remedy = Repair::advice("wait until it ends, then run `rvenv check` again");
    Some(Diagnosis::new(Code::InstallRunning, seen, remedy))
}
