//! What a git repository knows of an environment in it, read without git.

use std::path::{Path, PathBuf};

use super::index;
use crate::fs::read_bounded;

/// More than any text file that people write.
const TEXT_LIMIT: u64 = 16 * 1024 * 1024;
/// The index of a repository with millions of files.
const INDEX_LIMIT: u64 = 1024 * 1024 * 1024;

/// The repository that an environment is in.
pub(super) struct Repository {
    /// The environment, by its real path.
    env: PathBuf,
    /// The top of the working tree.
    top: PathBuf,
    git_dir: PathBuf,
    /// Where the configuration is: with linked working trees, not all of them have their own.
    common_dir: PathBuf,
}

impl Repository {
    /// The one that `env` is in. A `.git` file is that of a linked working tree or a submodule.
    pub(super) fn of(env: &Path) -> Option<Self> {
        let env = crate::path::real(env).ok()?;
        let top = env.ancestors().skip(1).find(|dir| dir.join(".git").exists())?.to_owned();
        let dot_git = top.join(".git");
        if dot_git.is_dir() {
            return Some(Self { env, top, common_dir: dot_git.clone(), git_dir: dot_git });
        }
        let git_dir = top.join(read_text(&dot_git)?.strip_prefix("gitdir:")?.trim());
        let common_dir = match read_text(&git_dir.join("commondir")) {
            Some(path) => git_dir.join(path.trim()),
            None => git_dir.clone(),
        };
        Some(Self { env, top, git_dir, common_dir })
    }

    /// Whether a file of the environment is in the index.
    pub(super) fn tracks(&self) -> bool {
        let path = self.env.strip_prefix(&self.top).ok().and_then(Path::to_str);
        let prefix = path.map(|path| path.replace('\\', "/") + "/");
        let index = read_bounded(&self.git_dir.join("index"), INDEX_LIMIT);
        let (Some(prefix), Ok(index)) = (prefix, index) else { return false };
        let config = read_text(&self.common_dir.join("config")).unwrap_or_default();
        let prefix = prefix.as_bytes();
        // They are sorted by their bytes.
        let mut paths = index::paths(&index, object_format(&config));
        paths.find(|path| path.as_ref() >= prefix).is_some_and(|path| path.starts_with(prefix))
    }

    /// Whether a `.gitignore` above the environment has a line for it, read in the plainest way: a
    /// line that is not understood ignores nothing.
    pub(super) fn ignores(&self) -> bool {
        let dirs = self.env.ancestors().skip(1).take_while(|dir| dir.starts_with(&self.top));
        let files = dirs.map(|dir| (dir, dir.join(".gitignore")));
        let exclude = (self.top.as_path(), self.common_dir.join("info/exclude"));
        files.chain([exclude]).any(|(base, file)| {
            let text = read_text(&file).unwrap_or_default();
            let path = self.env.strip_prefix(base).unwrap_or(&self.env).to_string_lossy();
            text.lines().any(|line| is_line_for(line, &path))
        })
    }
}

/// How the objects of a repository are named: `objectFormat` in the section `extensions`.
fn object_format(config: &str) -> index::Format {
    let mut section = String::new();
    for line in config.lines().map(|line| line.trim().to_ascii_lowercase()) {
        if let Some(rest) = line.strip_prefix('[') {
            rest.split(']').next().unwrap_or_default().trim().clone_into(&mut section);
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        if section == "extensions" && key.trim() == "objectformat" && value.trim() == "sha256" {
            return index::Format::Sha256;
        }
    }
    index::Format::Sha1
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
    fn formats_of_objects() {
        let sha256 = "[core]\n\tbare = false\n[Extensions]\n\tobjectFormat = sha256\n";
        assert_eq!(object_format(sha256), index::Format::Sha256);
        for sha1 in ["", "[core]\n\tobjectformat = sha256\n", "[extensions]\nobjectformat = sha1"] {
            assert_eq!(object_format(sha1), index::Format::Sha1, "{sha1}");
        }
    }

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
