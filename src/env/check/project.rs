//! The project that an environment is for: its `pyproject.toml`, its git repository.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::finding::{Code, Finding, Remedy};
use super::{index, relink};
use crate::env::{Content, Entry, GITIGNORE};
use crate::fs::read_bounded;
use crate::python::Interpreter;

use super::subject::Subject;

/// More than any text file that people write.
const TEXT_LIMIT: u64 = 16 * 1024 * 1024;
/// The index of a repository with millions of files.
const INDEX_LIMIT: u64 = 1024 * 1024 * 1024;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<_> = requires_python(subject).into_iter().collect();
    if let Some(repository) = Repository::of(&subject.root) {
        if repository.tracks(&subject.root) {
            let root = subject.root.to_string_lossy();
            let remedy = Remedy::run(["git", "rm", "-r", "--cached", "--quiet", &*root]);
            findings.push(Finding::new(Code::TrackedByGit, "git tracks files of it", remedy));
        }
        findings.extend(gitignore(subject, &repository));
    }
    findings
}

/// Whether the project beside the environment takes its Python.
fn requires_python(subject: &Subject<'_>) -> Option<Finding> {
    let interpreter = subject.base.interpreter()?;
    let file = subject.root.parent()?.join("pyproject.toml");
    let project: toml::Table = read_text(&file)?.parse().ok()?;
    let requires = project.get("project")?.get("requires-python")?.as_str()?;
    let specifiers = VersionSpecifiers::from_str(requires).ok()?;
    if specifiers.contains(&pep440(interpreter)) {
        return None;
    }
    let seen = format!(
        "the project requires Python {requires}, and the environment has {}",
        interpreter.version
    );
    let root = subject.root.to_string_lossy();
    let remedy = Remedy::run(["rvenv", "create", "--upgrade", "--python", requires, &root]);
    Some(Finding::new(Code::RequiresPython, seen, remedy))
}

/// As pip compares it: without the mark of a pre-release.
fn pep440(interpreter: &Interpreter) -> Version {
    let version = interpreter.version;
    Version::new([version.major, version.minor, version.micro].map(u64::from))
}

fn gitignore(subject: &Subject<'_>, repository: &Repository) -> Option<Finding> {
    let own = subject.root.join(".gitignore");
    let meant = !subject.made_with("--without-scm-ignore-files");
    if own.exists() || !meant || repository.ignores(&subject.root) {
        return None;
    }
    let entry = Entry::new(".gitignore", Content::Text(GITIGNORE.into()));
    let seen = "there is no `.gitignore` in it, and no line for it in the project's";
    Some(Finding::new(Code::GitignoreMissing, seen, relink::put([entry])))
}

/// A git repository's working tree.
struct Repository {
    top: PathBuf,
    git_dir: PathBuf,
}

impl Repository {
    /// The one that `path` is in. A `.git` file is that of a linked working tree or a submodule.
    fn of(path: &Path) -> Option<Self> {
        let path = dunce::canonicalize(path).ok()?;
        let top = path.ancestors().skip(1).find(|dir| dir.join(".git").exists())?.to_owned();
        let dot_git = top.join(".git");
        let git_dir = if dot_git.is_dir() {
            dot_git
        } else {
            let text = read_text(&dot_git)?;
            top.join(text.strip_prefix("gitdir:")?.trim())
        };
        Some(Self { top, git_dir })
    }

    /// Whether a file below `path` is in the index.
    fn tracks(&self, path: &Path) -> bool {
        let prefix = self.relative(path).map(|path| format!("{path}/"));
        let index = read_bounded(&self.git_dir.join("index"), INDEX_LIMIT);
        let (Some(prefix), Ok(index)) = (prefix, index) else { return false };
        index::paths(&index).any(|path| path.starts_with(prefix.as_bytes()))
    }

    /// Whether a `.gitignore` above `path` has a line for it, read in the plainest way: a line that
    /// is not understood ignores nothing.
    fn ignores(&self, path: &Path) -> bool {
        let Ok(path) = dunce::canonicalize(path) else { return false };
        let dirs = path.ancestors().skip(1).take_while(|dir| dir.starts_with(&self.top));
        dirs.chain([self.git_dir.join("info/exclude").as_path()]).any(|dir| {
            let file = if dir.is_dir() { dir.join(".gitignore") } else { dir.to_owned() };
            let base = if dir.is_dir() { dir } else { &self.top };
            let text = read_text(&file).unwrap_or_default();
            let relative = path.strip_prefix(base).unwrap_or(&path).to_string_lossy().into_owned();
            text.lines().any(|line| is_line_for(line, &relative))
        })
    }

    /// `path` below the top, with `/`.
    fn relative(&self, path: &Path) -> Option<String> {
        let path = dunce::canonicalize(path).ok()?;
        Some(path.strip_prefix(&self.top).ok()?.to_str()?.replace('\\', "/"))
    }
}

/// Whether a line of a `.gitignore` names this path or one of the directories above it.
fn is_line_for(line: &str, path: &str) -> bool {
    let line = line.trim_end().trim_end_matches("/*").trim_end_matches("/**").trim_end_matches('/');
    let anchored = line.strip_prefix("**/").unwrap_or(line);
    let anchored = anchored.strip_prefix('/').unwrap_or(anchored);
    if line.is_empty() || line.starts_with(['#', '!']) {
        return false;
    }
    let mut parts = path.split('/');
    let is_name = !line.starts_with('/') && !anchored.contains('/');
    let is_prefix =
        path == anchored || path.strip_prefix(anchored).is_some_and(|rest| rest.starts_with('/'));
    is_prefix || line == "*" || is_name && parts.any(|part| matches(anchored, part))
}

/// A name against a pattern with `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = &pattern[1..];
            let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.any(|at| matches(rest, &name[at..]))
        }
        (Some(p), Some(c)) if p == c || p == '?' => {
            matches(&pattern[p.len_utf8()..], &name[c.len_utf8()..])
        }
        _ => false,
    }
}

/// The text of a regular file; of a pipe or a device there is none.
fn read_text(path: &Path) -> Option<String> {
    String::from_utf8(read_bounded(path, TEXT_LIMIT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_of_gitignore() {
        for (line, path, expected) in [
            (".venv", ".venv", true),
            (".venv/", ".venv", true),
            ("/.venv", ".venv", true),
            ("*venv*", ".venv", true),
            (".?env", ".venv", true),
            ("**/.venv/", "a/.venv", true),
            ("a/", "a/.venv", true),
            ("venv", ".venv", false),
            ("#.venv", ".venv", false),
            ("!.venv", ".venv", false),
            ("/.venv", "a/.venv", false),
            ("", ".venv", false),
        ] {
            assert_eq!(is_line_for(line, path), expected, "{line} {path}");
        }
    }
}
