//! What an environment holds, to be installed again elsewhere.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::base::Series;
use super::eggs::Egg;
use super::records::Records;
use super::site::Site;
use super::subject::{Subject, names_in};
use crate::cache::Cache;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::host::Host;

/// What stands at the top of an environment by its maker's doing.
const MADE: [&str; 13] = [
    "bin",
    "Scripts",
    "lib",
    "Lib",
    "lib64",
    "include",
    "Include",
    "share",
    "pyvenv.cfg",
    ".gitignore",
    "CACHEDIR.TAG",
    ".lock",
    ".rvenv",
];

/// What comes with an environment.
const SEEDS: [&str; 2] = ["pip", "setuptools"];

/// What an environment holds beside what every environment holds.
#[derive(Debug)]
pub(in crate::env) struct Held {
    /// As a requirements file has them.
    lines: Vec<String>,
    /// What is installed and cannot be told to an installer.
    nameless: Vec<String>,
    setuptools: bool,
    /// What the user put there himself, relative to the environment: where it is, and where it
    /// is to be in one with another `site-packages`.
    own: Vec<(PathBuf, Place)>,
}

impl Held {
    pub(in crate::env) fn of(root: &Path, host: &Host, cache: &Cache) -> Self {
        let subject = Subject::read(root, host, cache);
        let site = site(&subject);
        let dists = || site.into_iter().flat_map(Site::dists);
        let (mut lines, mut nameless) = (Vec::new(), Vec::new());
        for (entry, requirement) in site.into_iter().flat_map(installed) {
            match requirement.map(|words| words.join(" ")) {
                // Names and URLs are those of files: one that would be two lines is no requirement.
                Some(line) if !line.contains(char::is_control) => lines.push(line),
                _ => nameless.push(entry.to_owned()),
            }
        }
        Self {
            lines,
            nameless,
            setuptools: dists().any(|dist| dist.key() == "setuptools"),
            own: own_files(&subject, site),
        }
    }

    /// # Errors
    /// [`Error::Unrepeatable`] where not all of it can be installed again.
    pub(in crate::env) fn ensure_repeatable(&self, root: &Path) -> Result<()> {
        if self.nameless.is_empty() {
            return Ok(());
        }
        Err(Error::Unrepeatable { path: root.to_owned(), entries: self.nameless.clone() })
    }

    /// A requirements file for the environment that is to hold the same; `None` when there is
    /// nothing to install.
    pub(in crate::env) fn requirements(&self, new: &Env) -> Option<String> {
        let mut text = self.lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        });
        // Until 3.11 it came with every environment, and nothing tells who relies on it. The old
        // one may not work with the new Python.
        if self.setuptools && !text.is_empty() && !new.has_distribution("setuptools") {
            text.push_str("setuptools\n");
        }
        Some(text).filter(|text| !text.is_empty())
    }

    /// What no installer put there, and where it is to be in another environment.
    pub(in crate::env) fn own_files(&self, new: &Env) -> Vec<(PathBuf, PathBuf)> {
        let site = new.site_packages().unwrap_or_else(|| new.root().to_owned());
        let to = |(from, place): &(PathBuf, Place)| {
            let to = match place {
                Place::Same => new.root().join(from),
                Place::Site => site.join(from.file_name().unwrap_or_default()),
            };
            (from.clone(), to)
        };
        self.own.iter().map(to).collect()
    }
}

/// Where a file belongs in another environment.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Where it was.
    Same,
    /// At the top of `site-packages`, whose path has another version in it.
    Site,
}

/// The `site-packages` that holds the packages, also when the base is another one by now.
fn site<'s>(subject: &'s Subject<'_>) -> Option<&'s Site> {
    let series = subject.series();
    let of_series = || subject.sites.iter().find(|site| site.series == series);
    subject.site().or_else(of_series).or_else(|| subject.sites.first())
}

/// What is installed beside the seeds, each with how pip is told to install it again.
fn installed(site: &Site) -> impl Iterator<Item = (&str, Option<Vec<String>>)> {
    let dists = site.dists().filter(|dist| !SEEDS.contains(&&*dist.key()));
    let dists = dists.map(|dist| (dist.directory, Some(dist.requirement(site))));
    let eggs = Egg::all(site).filter(|egg| !egg.is_one_of(&SEEDS));
    dists.chain(eggs.map(|egg| (egg.entry, egg.requirement())))
}

/// At the top, among the commands, and `.pth` files: elsewhere nobody puts files by hand.
fn own_files(subject: &Subject<'_>, site: Option<&Site>) -> Vec<(PathBuf, Place)> {
    let records = Records::read(site);
    let recorded: HashSet<&str> = records.paths().collect();
    let top = names_in(&subject.root).into_iter().map(PathBuf::from);
    let top = top.filter(|name| !MADE.iter().any(|made| name == Path::new(made)));
    let scripts = subject.scripts.iter().filter(|script| {
        !is_made(&script.name.to_string_lossy())
            && !recorded.contains(&*subject.recorded_in(site, &script.name))
    });
    let scripts = scripts.map(|script| subject.scripts_name().join(&script.name));
    let pths = site.into_iter().flat_map(|site| {
        let is_pth = |name: &&String| {
            Path::new(name).extension().is_some_and(|extension| extension == "pth")
        };
        let own = site.names.iter().filter(is_pth).filter(|name| !recorded.contains(&***name));
        own.filter(|name| *name != "_virtualenv.pth").map(|name| site.path.join(name))
    });
    let pths = pths.filter_map(|path| Some(path.strip_prefix(&subject.root).ok()?.to_owned()));
    let same = top.chain(scripts).map(|path| (path, Place::Same));
    same.chain(pths.map(|path| (path, Place::Site))).collect()
}

/// Whether a command has a name that makers and seeds give.
fn is_made(name: &str) -> bool {
    let starts = ["python", "pypy", "graalpy", "pip", "pydoc.bat", "easy_install"];
    name.to_ascii_lowercase().contains("activate")
        || starts.iter().any(|start| name.starts_with(start))
}

/// Whether an environment's packages are for another Python than this one.
pub(in crate::env) fn is_for_another(
    root: &Path,
    interpreter: &crate::python::Interpreter,
    host: &Host,
    cache: &Cache,
) -> bool {
    let series = Subject::read(root, host, cache).series();
    series.is_some_and(|series| series != Series::of_interpreter(interpreter))
}
