//! The rules, one file per family. Each one reads the snapshot and gives findings; none needs what
//! another one found.

mod activation;
mod deep;
mod interpreter;
mod leftovers;
mod location;
mod packages;
mod permissions;
mod pip;
mod project;
mod scripts;

use std::path::Path;

use super::finding::Finding;
use super::snapshot::Snapshot;

/// What is wrong with an environment whose project `project` is in.
pub(super) fn findings(snapshot: &Snapshot<'_>, project: &Path, deep: bool) -> Vec<Finding> {
    let mut findings = interpreter::findings(snapshot);
    findings.extend(location::findings(snapshot));
    findings.extend(scripts::findings(snapshot));
    findings.extend(activation::findings(snapshot));
    findings.extend(packages::findings(snapshot));
    findings.extend(pip::finding(snapshot, deep));
    findings.extend(permissions::findings(snapshot));
    findings.extend(project::findings(snapshot, project));
    if deep {
        findings.extend(deep::findings(snapshot));
    }
    findings
}
