//! The content of an environment that an upgrade installs again.

mod generated;
mod installed;
mod user_files;

use std::fmt::Write as _;
use std::path::Path;

use crate::create::{Error, Result};
use crate::dist::LibrarySeries;
use crate::dist::eggs::Egg;
use crate::dist::site::{SEEDS, Site};
use crate::dist::{direct_url, metadata};
use crate::formats::direct_url::without_secrets;
use crate::formats::requirement::normalized;
use crate::support::cache::Cache;
use crate::support::host::Host;
use crate::support::program::Starts;
use crate::trust::Trust;
use crate::venv::Env;
use crate::venv::state::State;

pub(crate) use user_files::UserFile;

/// The content of an environment except for the files that every environment has.
#[derive(Debug)]
pub(crate) struct Contents {
    /// The requirements, in the form of a requirements file.
    lines: Vec<String>,
    /// Installed files that no requirement describes.
    nameless: Vec<String>,
    setuptools: bool,
    /// The version of pip.
    pip: Option<String>,
    /// The user's files.
    pub(crate) own: Vec<UserFile>,
}

impl Contents {
    /// # Errors
    /// If a part of the environment cannot be read.
    pub(crate) fn of(root: &Path, host: &Host, cache: &Cache) -> Result<Self> {
        let state = State::read(root, starts(root, host), host, cache);
        let site = site(&state);
        let dists = || site.into_iter().flat_map(Site::dists);
        let (mut lines, mut nameless) = (Vec::new(), Vec::new());
        for (entry, requirement) in site.into_iter().flat_map(installed) {
            match requirement.map(|words| words.join(" ")) {
                Some(line) if is_safe(&line) => lines.push(line),
                _ => nameless.push(entry.to_owned()),
            }
        }
        Ok(Self {
            lines,
            nameless,
            setuptools: dists().any(|dist| dist.key() == "setuptools"),
            pip: dists().find(|dist| dist.key() == "pip").map(|dist| dist.version.to_owned()),
            own: UserFile::all(&state)?,
        })
    }

    /// # Errors
    /// [`Error::NotReinstallable`] if a part of it cannot be installed again.
    pub(crate) fn ensure_reinstallable(&self, root: &Path) -> Result<()> {
        if self.nameless.is_empty() {
            return Ok(());
        }
        Err(Error::NotReinstallable { path: root.to_owned(), entries: self.nameless.clone() })
    }

    /// # Errors
    /// [`Error::NeedsBuild`] where a requirement is a URL or a directory. pip fetches it, and starts what
    /// is there to build it.
    pub(crate) fn ensure_named(&self, root: &Path) -> Result<()> {
        let direct = self.lines.iter().filter(|line| is_direct(line));
        let requirements: Vec<_> = direct.map(|line| without_secrets(line)).collect();
        if requirements.is_empty() {
            return Ok(());
        }
        Err(Error::NeedsBuild { path: root.to_owned(), requirements })
    }

    /// The requirements as messages show them.
    pub(crate) fn shown(&self) -> Vec<String> {
        self.lines.iter().map(|line| without_secrets(line)).collect()
    }

    /// The requirements file for the new environment; `None` if there is nothing to install.
    pub(crate) fn requirements(&self, new: &Env) -> Option<String> {
        let mut text = self.lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        });
        // Until 3.11 every environment contained setuptools, and nothing records what depends on it. Its old
        // version may not support the new Python.
        if self.setuptools && !text.is_empty() && !new.has_distribution("setuptools") {
            text.push_str("setuptools\n");
        }
        Some(text).filter(|text| !text.is_empty())
    }
}

impl Contents {
    /// The version of pip, if it is newer than the one that the new environment has.
    pub(crate) fn newer_pip(&self, new: Option<&str>) -> Option<&str> {
        let version = |text: &str| text.parse::<pep440_rs::Version>().ok();
        let own = self.pip.as_deref()?;
        (version(own)? > version(new?)?).then_some(own)
    }
}

/// Whether a requirement is a URL or a directory instead of a name.
fn is_direct(line: &str) -> bool {
    line.starts_with("-e ") || line.contains(" @ ") || is_local_repository(line)
}

/// Whether a line of a requirements file is exactly one requirement. Names, versions and URLs come from the
/// environment's files, and pip would also interpret options and variables.
fn is_safe(line: &str) -> bool {
    let name = line.split_once(" @ ").map_or(line, |(name, _)| name);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._=!+".contains(c);
    let is_named =
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_name);
    let is_one_line = !line.contains(char::is_control) && !line.contains("${");
    is_one_line && (line.starts_with("-e ") || is_named || is_local_repository(line))
}

/// Whether a requirement is a repository in a directory, in the form without a name.
fn is_local_repository(line: &str) -> bool {
    let systems = ["git", "hg", "svn", "bzr"];
    let mut urls = systems.iter().map(|system| format!("{system}+file:///"));
    urls.any(|start| line.starts_with(&start)) && line.contains("egg=")
}

/// The `site-packages` with the packages, also if the base was replaced by another version.
fn site<'s>(state: &'s State<'_>) -> Option<&'s Site> {
    let series = state.series();
    let of_series = || state.sites.iter().find(|site| site.series == series);
    state.site().or_else(of_series).or_else(|| state.sites.first())
}

/// The installed distributions except for the seeds, each with its requirement.
fn installed(site: &Site) -> impl Iterator<Item = (&str, Option<Vec<String>>)> {
    let dists = site.dists().filter(|dist| !dist.is_seed());
    let dists = dists.map(|dist| (dist.directory, Some(dist.requirement(site))));
    let eggs = Egg::all(site).filter(|egg| !egg.is_one_of(&SEEDS));
    // After an interrupted upgrade of a package only its old version may exist.
    let asides = site.names.iter().filter(|name| name.starts_with('~')).filter_map(|name| {
        let metadata = site.path.join(name);
        let (package, version) = metadata::headers(&metadata.join("METADATA"))?;
        let key = normalized(&package);
        let is_there = SEEDS.contains(&&*key) || site.dist(&key).is_some();
        let requirement = || direct_url::requirement(&metadata, &package, &version);
        (!is_there).then(|| (&**name, Some(requirement())))
    });
    let eggs = eggs.map(|egg| (egg.entry, egg.requirement()));
    dists.chain(eggs).chain(asides)
}

/// Which programs may be started to look at the environment at `root`.
fn starts(root: &Path, host: &Host) -> Starts {
    if Trust::of(host).allows(root) { Starts::Trusted } else { Starts::Allowed }
}

/// Whether the packages of an environment belong to another Python than this one.
pub(crate) fn is_for_another(
    root: &Path,
    interpreter: &crate::python::Interpreter,
    host: &Host,
    cache: &Cache,
) -> bool {
    let series = State::read(root, starts(root, host), host, cache).series();
    series.is_some_and(|series| series != LibrarySeries::of_interpreter(interpreter))
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn a_requirement_is_one_requirement() {
        for line in [
            "a==1.0",
            "zope.f_x-y==1!2.0.post1+local-1",
            "a @ https://x.org/a%20b.zip#subdirectory=c",
            "-e file:///my%20dir",
        ] {
            assert!(is_safe(line), "{line}");
        }
        for line in [
            "${SECRET}==1.0",
            "a==${SECRET}",
            "-e ${SECRET}",
            "--index-url=http:x==1.0",
            "a==1.0 --hash=sha256:00",
            "a==1.0\nb==1.0",
            "a b==1.0",
            "./a==1.0",
            "${X} @ https://x.org/a.zip",
        ] {
            assert!(!is_safe(line), "{line}");
        }
    }
}
