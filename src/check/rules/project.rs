//! The project that an environment is for: its `pyproject.toml`, its git repository.

use std::path::Path;

use pep440_rs::VersionSpecifiers;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::check::snapshot::git::Repository;
use crate::python::Versions;
use crate::settings::project::Project;
use crate::venv::{Content, Entry, GITIGNORE};

/// The faults between an environment and its project, which contains `dir`.
pub(crate) fn findings(snapshot: &Snapshot<'_>, dir: &Path) -> Vec<Diagnosis> {
    let mut findings: Vec<_> = requires_python(snapshot, dir).into_iter().collect();
    if let Some(repository) = Repository::of(snapshot.root()) {
        if repository.tracks() {
            // Wherever it is typed: git looks for the repository from there. Also what was changed since
            // it was added, which stays as it is on the disk.
            let root = &*snapshot.root().to_string_lossy();
            let untrack = ["rm", "-r", "--cached", "--force", "--quiet", "--", "."];
            let remedy = Repair::command(["git", "-C", root].into_iter().chain(untrack));
            findings.push(Diagnosis::new(Code::TrackedByGit, "git tracks files of it", remedy));
        }
        if repository.has_unread_index() {
            let seen = "the index of git is split or larger than 64 MiB";
            let list = ["git", "-C", &*snapshot.root().to_string_lossy(), "ls-files"];
            findings.push(Diagnosis::new(Code::GitIndexUnread, seen, Repair::command(list)));
        }
        findings.extend(gitignore(snapshot, &repository));
    }
    findings
}

/// Whether the project takes the environment's Python.
fn requires_python(snapshot: &Snapshot<'_>, dir: &Path) -> Option<Diagnosis> {
    let interpreter = snapshot.base.interpreter()?;
    let project = Project::described(dir);
    let (requires, manifest) = project.requires_python().ok()??;
    let range = requires.parse::<VersionSpecifiers>().ok()?;
    if Versions::Range(range).contain(interpreter.version) {
        return None;
    }
    let seen = format!(
        "`{}` requires Python {requires}, and the environment has {}",
        manifest.path.display(),
        interpreter.version
    );
    let root = snapshot.root().to_string_lossy();
    let remedy = Repair::command(["rvenv", "create", "--upgrade", "--python", requires, &root]);
    Some(Diagnosis::new(Code::RequiresPython, seen, remedy))
}

fn gitignore(snapshot: &Snapshot<'_>, repository: &Repository) -> Option<Diagnosis> {
    let own = snapshot.root().join(".gitignore");
    let meant = !snapshot.made_with("--without-scm-ignore-files");
    if own.exists() || !meant || repository.ignores(snapshot.host) {
        return None;
    }
    let entry = Entry::new(".gitignore", Content::lines(GITIGNORE, snapshot.host.platform()));
    let seen = "there is no `.gitignore` in it, and no line for it in the project's";
    Some(Diagnosis::new(Code::GitignoreMissing, seen, Repair::put(entry)))
}
