//! A lock file as a requirements file, for a pip that cannot read lock files.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use pep440_rs::Version;

use super::super::options::{Given, Meaning};
use super::super::{arguments, select};
use super::{LockError, Locked, Origin, strongest};
use crate::formats::direct_url::percent_encoded;
use crate::formats::pylock::{Source, is_lock_file};
use crate::python::Interpreter;
use crate::support::host::Host;

/// The arguments and files with which a pip that cannot read lock files installs the selection of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithoutLockFile {
    /// The arguments behind `install`, without the lock file, and with `--no-deps`.
    pub words: Vec<OsString>,
    /// The text of the requirements file that takes its place.
    pub requirements: String,
    /// The projects, by their normalized names, that come from an index, although pip gets them by
    /// their URLs.
    pub indexed: BTreeSet<String>,
}

impl WithoutLockFile {
    /// That of a request; `None` if it names no lock file.
    ///
    /// # Errors
    /// As PEP 751 demands, and if there are other requirements.
    pub fn of(
        words: &[OsString],
        host: &Host,
        interpreter: &Interpreter,
    ) -> Result<Option<Self>, LockError> {
        let Some((mut rest, path)) = take_lock_file(words) else { return Ok(None) };
        let path = host.cwd().join(path);
        let parsed = arguments::parse(&rest).unwrap_or_default();
        let is_requirement = |given: &Given| given.meaning == Meaning::Requirement;
        if !parsed.requirements.is_empty() || parsed.options.iter().any(is_requirement) {
            return Err(LockError::Mixed(path));
        }
        let packages = select(&path, interpreter)?;
        let requirements = requirements(&path, &packages)?;
        let indexed = packages.iter().filter(|package| matches!(package.from, Origin::File(_)));
        let indexed = indexed.map(|package| package.name.clone()).collect();
        rest.push("--no-deps".into());
        Ok(Some(Self { words: rest, requirements, indexed }))
    }
}

/// Whether a release of pip reads lock files given with `-r`: those from 26.1 on do
/// (`pip/_internal/cli/req_command.py`).
pub fn pip_reads_lock_files(version: &str) -> bool {
    version.parse::<Version>().is_ok_and(|version| version >= Version::new([26, 1]))
}

/// The arguments without the first lock file among them, and its path.
fn take_lock_file(words: &[OsString]) -> Option<(Vec<OsString>, &str)> {
    let words_before = |at: usize, count: usize| [&words[..at], &words[at + count..]].concat();
    let text = |at: usize| words.get(at).and_then(|word| word.to_str()).unwrap_or_default();
    (0..words.len()).find_map(|at| {
        let joined = text(at).strip_prefix("--requirement=").or(text(at).strip_prefix("-r"));
        match text(at) {
            "-r" | "--requirement" if is_lock_file(text(at + 1)) => {
                Some((words_before(at, 2), text(at + 1)))
            }
            _ => Some((words_before(at, 1), joined.filter(|path| is_lock_file(path))?)),
        }
    })
}

/// The requirements file, for a pip that cannot read lock files, that makes it install the same: to be
/// used with `--no-deps`.
///
/// # Errors
/// [`LockError::NoFile`] where a package has neither URL nor path, or no hash that pip accepts.
pub(super) fn requirements(path: &Path, packages: &[Locked]) -> Result<String, LockError> {
    // pip cannot hash repositories and directories, and refuses them if anything has `--hash`.
    let is_file = |locked: &Locked| matches!(locked.from, Origin::File(_) | Origin::Archive(_));
    let has_hashes = packages.iter().all(is_file);
    let directory = path.parent().unwrap_or(path);
    let line = |locked: &Locked| {
        let no_file = || LockError::NoFile { path: path.to_owned(), package: locked.name.clone() };
        locked.line(directory, has_hashes).ok_or_else(no_file)
    };
    packages.iter().map(line).collect()
}

impl Locked {
    fn line(&self, directory: &Path, has_hashes: bool) -> Option<String> {
        let name = &self.name;
        let hashed = |url: String,
                      hashes: &BTreeMap<String, String>,
                      subdirectory: Option<&str>| {
            let (algorithm, digest) = strongest(hashes)?;
            let subdirectory = subdirectory.map(|path| format!("subdirectory={path}"));
            let hash = (!has_hashes).then(|| format!("{algorithm}={digest}"));
            let fragment: Vec<_> = subdirectory.into_iter().chain(hash).collect();
            let option =
                if has_hashes { format!(" --hash={algorithm}:{digest}") } else { String::new() };
            Some(format!("{name} @ {}{option}\n", with_fragment(&url, &fragment)))
        };
        match &self.from {
            Origin::File(file) => {
                let url = location(directory, file.path.as_deref(), file.url.as_deref())?;
                hashed(url, &file.hashes, None)
            }
            Origin::Archive(source) => {
                let url = source.location(directory)?;
                hashed(url, &source.hashes, source.subdirectory.as_deref())
            }
            Origin::Repository(source) => {
                let (kind, commit) = (source.kind.as_deref()?, source.commit_id.as_deref()?);
                let url = format!("{kind}+{}@{commit}", source.location(directory)?);
                let subdirectory = source.subdirectory.as_ref();
                let fragment: Vec<_> =
                    subdirectory.map(|it| format!("subdirectory={it}")).into_iter().collect();
                Some(format!("{name} @ {}\n", with_fragment(&url, &fragment)))
            }
            Origin::Directory(source) => {
                let path = source.path.as_deref()?;
                let below = source.subdirectory.as_ref().map(|below| format!("{path}/{below}"));
                let url = location(directory, below.as_deref().or(Some(path)), None)?;
                Some(if source.editable {
                    format!("-e {url}\n")
                } else {
                    format!("{name} @ {url}\n")
                })
            }
        }
    }
}

impl Source {
    fn location(&self, directory: &Path) -> Option<String> {
        location(directory, self.path.as_deref(), self.url.as_deref())
    }
}

/// The URL of a file; a path is seen from the lock file's directory.
fn location(directory: &Path, path: Option<&str>, url: Option<&str>) -> Option<String> {
    if let Some(url) = url {
        // A requirement ends at white space, and `${NAME}` would be replaced.
        return Some(url.replace(' ', "%20").replace('$', "%24"));
    }
    let path = directory.join(path?).to_str()?.replace('\\', "/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some(format!("file://{slash}{}", percent_encoded(&path).replacen("%3A", ":", 1)))
}

fn with_fragment(url: &str, parts: &[String]) -> String {
    if parts.is_empty() { url.to_owned() } else { format!("{url}#{}", parts.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_is_found_in_each_form_of_the_option() {
        for (line, rest, path) in [
            ("-q -r pylock.toml -U", "-q -U", "pylock.toml"),
            ("-rpylock.toml", "", "pylock.toml"),
            ("--requirement a/pylock.dev.toml six", "six", "a/pylock.dev.toml"),
            ("-r x.txt --requirement=pylock.toml", "-r x.txt", "pylock.toml"),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let (found, found_path) = take_lock_file(&words).expect(line);
            let found: Vec<_> = found.iter().map(|word| word.to_string_lossy()).collect();
            assert_eq!((found.join(" ").as_str(), found_path), (rest, path), "{line}");
        }
        for line in ["pylock.toml", "-c pylock.toml", "-r requirements.txt", "-r"] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(take_lock_file(&words), None, "{line}");
        }
    }

    #[test]
    fn releases_of_pip_that_read_lock_files() {
        for (version, expected) in [
            ("26.1", true),
            ("27.0.dev0", true),
            ("26.0.1", false),
            ("23.2.1", false),
            ("x", false),
        ] {
            assert_eq!(pip_reads_lock_files(version), expected, "{version}");
        }
    }
}
