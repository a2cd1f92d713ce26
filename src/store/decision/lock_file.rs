//! The packages that a lock file (`pylock.toml`, PEP 751) selects: its default groups, no extras.

mod requirements;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pep440_rs::{Version, VersionSpecifiers};

pub use requirements::{WithoutLockFile, pip_reads_lock_files};

use super::pins::Pin;
use crate::formats::pylock::{File, Package, Pylock, Source, wheel_parts};
use crate::formats::requirement::normalized;
use crate::formats::requirement::{self, Environment};
use crate::fs;
use crate::support::limits;

/// The reason why a lock file cannot be installed in an environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// It is not readable, or not of the form that PEP 751 describes.
    #[error("cannot read the lock file `{}`: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The violated rule.
        why: String,
    },
    /// Its major version is not 1.
    #[error("the lock file `{}` has version {version}, and only versions 1.x are known", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// `lock-version`.
        version: String,
    },
    /// It is for other versions of Python.
    #[error("`{what}` in `{}` needs Python {versions}, and this is {python}", path.display())]
    Python {
        /// The file.
        path: PathBuf,
        /// `requires-python`, or the name of a package.
        what: String,
        /// The versions.
        versions: String,
        /// The environment's version.
        python: Version,
    },
    /// It is for other systems.
    #[error("no marker in `environments` of `{}` matches this environment", .0.display())]
    Environment(PathBuf),
    /// Two entries apply for one package.
    #[error("`{}` has two entries for `{package}` that apply to this environment", path.display())]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// The package.
        package: String,
    },
    /// Other requirements are requested too, which a lock file has no versions of.
    #[error("the lock file `{}` cannot be installed together with other requirements", .0.display())]
    Mixed(PathBuf),
    /// A package has no file for the environment.
    #[error("`{}` has no file of `{package}` for this environment", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
        /// The package.
        package: String,
    },
}

/// A package that is to be installed, and from what.
#[derive(Debug)]
pub(super) struct Locked {
    name: String,
    version: Option<String>,
    from: Origin,
}

/// The source of a package.
#[derive(Debug)]
enum Origin {
    File(File),
    Archive(Source),
    Repository(Source),
    Directory(Source),
}

/// The lock file at `path`.
///
/// # Errors
/// [`LockError::Unreadable`], [`LockError::Version`]
pub(super) fn read(path: &Path) -> Result<Pylock, LockError> {
    let unreadable = |why: String| LockError::Unreadable { path: path.to_owned(), why };
    let bytes = fs::read_bounded(path, limits::REQUIREMENTS);
    let bytes = bytes.map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("not in UTF-8".to_owned()))?;
    let lock = Pylock::parse(&text).map_err(unreadable)?;
    if lock.lock_version.split('.').next() == Some("1") {
        return Ok(lock);
    }
    Err(LockError::Version { path: path.to_owned(), version: lock.lock_version })
}

/// The environment that is installed for.
pub(super) struct Selector<'a> {
    pub(super) path: &'a Path,
    pub(super) environment: &'a Environment,
    /// The version of Python without the mark of a pre-release.
    pub(super) python: &'a Version,
    /// The wheel tags that the environment accepts, preferred first.
    pub(super) tags: &'a [String],
}

impl Selector<'_> {
    /// The packages to install from a lock file, by the steps of PEP 751, "Installation".
    ///
    /// # Errors
    /// As the PEP demands.
    pub(super) fn select(&self, lock: Pylock) -> Result<Vec<Locked>, LockError> {
        self.check_python("requires-python", lock.requires_python.as_deref())?;
        let environment = Environment {
            sets: vec![("extras", Vec::new()), ("dependency_groups", lock.default_groups)],
            ..self.environment.clone()
        };
        let mut is_here = lock.environments.is_empty();
        for marker in &lock.environments {
            is_here = is_here || self.holds(marker, &environment)?;
        }
        if !is_here {
            return Err(LockError::Environment(self.path.to_owned()));
        }
        let mut selected = BTreeMap::new();
        for package in lock.packages {
            let marker = package.marker.as_deref();
            if !marker.map_or(Ok(true), |marker| self.holds(marker, &environment))? {
                continue;
            }
            self.check_python(&package.name, package.requires_python.as_deref())?;
            let name = normalized(&package.name);
            if selected.contains_key(&name) {
                return Err(LockError::Ambiguous { path: self.path.to_owned(), package: name });
            }
            selected.insert(name, package);
        }
        selected.into_iter().map(|(name, package)| self.locked(name, package)).collect()
    }

    fn holds(&self, marker: &str, environment: &Environment) -> Result<bool, LockError> {
        let unreadable = || LockError::Unreadable {
            path: self.path.to_owned(),
            why: format!("the marker `{marker}` cannot be evaluated"),
        };
        requirement::evaluate(marker, environment, "").ok_or_else(unreadable)
    }

    fn check_python(&self, what: &str, versions: Option<&str>) -> Result<(), LockError> {
        let Some(versions) = versions else { return Ok(()) };
        let parsed = versions.parse::<VersionSpecifiers>();
        if parsed.is_ok_and(|versions| versions.contains(self.python)) {
            return Ok(());
        }
        let (path, python) = (self.path.to_owned(), self.python.clone());
        let (what, versions) = (what.to_owned(), versions.to_owned());
        Err(LockError::Python { path, what, versions, python })
    }

    fn locked(&self, name: String, package: Package) -> Result<Locked, LockError> {
        let Package { version, vcs, directory, archive, sdist, wheels, .. } = package;
        let sources = [vcs.is_some(), directory.is_some(), archive.is_some()];
        let (sources, has_files) =
            (sources.into_iter().filter(|it| *it).count(), sdist.is_some() || !wheels.is_empty());
        let from = match (vcs, directory, archive) {
            _ if sources > 1 || (sources == 1 && has_files) => None,
            (Some(vcs), ..) => Some(Origin::Repository(vcs)),
            (_, Some(directory), _) => Some(Origin::Directory(directory)),
            (.., Some(archive)) => Some(Origin::Archive(archive)),
            _ => self.best_wheel(wheels).or(sdist).map(Origin::File),
        };
        let no_file = |package| LockError::NoFile { path: self.path.to_owned(), package };
        match from {
            Some(from) => Ok(Locked { name, version, from }),
            None => Err(no_file(name)),
        }
    }

    /// The wheel with the tag that is preferred, and of those the one with the highest build tag.
    fn best_wheel(&self, wheels: Vec<File>) -> Option<File> {
        let rank = |wheel: &File| {
            let (_, (number, rest), tags) = wheel_parts(wheel.file_name()?)?;
            let rank = self.tags.iter().position(|own| has_tag(&tags, own))?;
            Some((std::cmp::Reverse(rank), number, rest.to_owned()))
        };
        let ranked = wheels.into_iter().filter_map(|wheel| Some((rank(&wheel)?, wheel)));
        ranked.max_by(|one, other| one.0.cmp(&other.0)).map(|(_, wheel)| wheel)
    }
}

/// Whether a tag of a wheel's name, which can name several values of a part, has this one.
fn has_tag(tags: &str, own: &str) -> bool {
    let mut parts = tags.split('-').zip(own.split('-'));
    parts.all(|(all, own)| all.split('.').any(|one| one == own))
}

impl Locked {
    /// Its normalized name, and the pin with its archive's hash; `None` for what is not in an index.
    pub(super) fn pin(&self) -> Option<(String, Pin)> {
        let Origin::File(file) = &self.from else { return None };
        let of_wheel = file.file_name().and_then(wheel_parts).map(|(version, ..)| version);
        let version = self.version.as_deref().or(of_wheel)?;
        let (algorithm, digest) = strongest(&file.hashes)?;
        let pin = Pin {
            versions: format!("=={version}").parse().ok()?,
            version: version.to_owned(),
            extras: Vec::new(),
            hashes: vec![format!("{algorithm}:{digest}")],
        };
        Some((self.name.clone(), pin))
    }
}

/// The hash that pip accepts (`STRONG_HASHES`), in lower case.
fn strongest(hashes: &BTreeMap<String, String>) -> Option<(&str, String)> {
    let known = ["sha256", "sha384", "sha512"].into_iter();
    let mut found = known.filter_map(|name| Some((name, hashes.get(name)?.to_ascii_lowercase())));
    found.find(|(_, digest)| {
        !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Every hash of the files of each package, by normalized name.
pub(super) fn hashes(lock: &Pylock) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::<String, Vec<String>>::new();
    for package in &lock.packages {
        let files = package.wheels.iter().chain(&package.sdist);
        let hashes = files.flat_map(|file| &file.hashes);
        let hashes = hashes.map(|(name, digest)| format!("{name}:{}", digest.to_ascii_lowercase()));
        all.entry(normalized(&package.name)).or_default().extend(hashes);
    }
    all
}

#[cfg(test)]
mod tests;
