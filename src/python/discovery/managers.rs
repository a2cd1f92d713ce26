//! The installations of version managers and installers: read from their directories, without starting
//! their programs.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use super::{names, registry};
use crate::python::{Installer, Versions, Wanted, files};
use crate::support::dirs;
use crate::support::executable::is_executable;
use crate::support::host::{Host, Platform};

/// An installation, described by the name of its directory.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    pub(super) place: Installer,
    /// Its directory, or its executable if known.
    pub(super) dir: PathBuf,
    /// The version in the name: `3.12.1`, `pypy3.10-7.3.12`.
    pub(super) told: Option<Wanted>,
}

impl Installation {
    /// Its executable.
    pub(super) fn executable(&self, host: &Host) -> Option<PathBuf> {
        if self.place == Installer::Registry && is_executable(&self.dir) {
            return Some(self.dir.clone());
        }
        // hatch and older versions of rye have one more directory level.
        let trees = [self.dir.clone(), self.dir.join("python"), self.dir.join("install")];
        trees.iter().find_map(|tree| names::in_tree(tree, self.told.as_ref(), host))
    }
}

/// The installations of all managers except [`conda`], newest first, those without a version in the name
/// last.
pub(super) fn installations(host: &Host) -> Vec<Installation> {
    let mut found: Vec<_> = Installer::ALL.into_iter().flat_map(|place| of(place, host)).collect();
    found.sort_by_cached_key(|found| {
        Reverse(found.told.as_ref().and_then(|told| told.versions.newest()))
    });
    found
}

/// The root directory of a manager.
pub(crate) fn root(place: Installer, host: &Host) -> Option<PathBuf> {
    let windows = host.platform() == Platform::Windows;
    let variable = |name| dirs::absolute(host, name);
    let home = |dir| host.home().map(|home| home.join(dir));
    let data = |name| dirs::xdg_data(host).map(|data| data.join(name));
    match place {
        Installer::Pyenv if windows => variable("PYENV").or_else(|| home(".pyenv/pyenv-win")),
        Installer::Pyenv => variable("PYENV_ROOT").or_else(|| home(".pyenv")),
        Installer::Uv if windows => variable("APPDATA").map(|data| data.join("uv")),
        Installer::Uv => data("uv"),
        Installer::Mise => variable("MISE_DATA_DIR").or_else(|| data("mise")),
        Installer::Asdf => variable("ASDF_DATA_DIR").or_else(|| home(".asdf")),
        Installer::Rye => variable("RYE_HOME").or_else(|| home(".rye")),
        Installer::Hatch if host.platform() == Platform::MacOs => {
            home("Library/Application Support/hatch")
        }
        Installer::Hatch => data("hatch"),
        Installer::Homebrew
        | Installer::Scoop
        | Installer::Registry
        | Installer::PythonOrg
        | Installer::Opt
        | Installer::System
        | Installer::Conda => None,
    }
}

/// The directory that contains a manager's installations.
pub(super) fn versions_dir(place: Installer, root: &Path) -> PathBuf {
    root.join(match place {
        Installer::Pyenv => "versions",
        Installer::Uv => "python",
        Installer::Mise | Installer::Asdf => "installs/python",
        Installer::Rye => "py",
        Installer::Hatch => "pythons",
        Installer::Homebrew
        | Installer::Scoop
        | Installer::Registry
        | Installer::PythonOrg
        | Installer::Opt
        | Installer::System
        | Installer::Conda => "",
    })
}

fn of(place: Installer, host: &Host) -> Vec<Installation> {
    let unix = host.platform() != Platform::Windows;
    let dirs: Vec<PathBuf> = match place {
        Installer::Uv => uv(host),
        Installer::Homebrew if unix => {
            homebrew_prefixes(host).map(|prefix| prefix.join("opt")).collect()
        }
        Installer::Scoop if !unix => return scoop(host),
        Installer::PythonOrg if host.platform() == Platform::MacOs => ["Python", "PythonT"]
            .map(|name| format!("/Library/Frameworks/{name}.framework/Versions").into())
            .into(),
        // Those of the installers, and of the install manager that follows them.
        Installer::PythonOrg if !unix => host
            .path_var("LOCALAPPDATA")
            .map(|data| ["Programs/Python", "Python"].map(|dir| data.join(dir)))
            .into_iter()
            .flatten()
            .collect(),
        Installer::Registry => return registry::installations(),
        Installer::Opt if unix => vec!["/opt/python".into()],
        _ => root(place, host).map(|root| versions_dir(place, &root)).into_iter().collect(),
    };
    let found = dirs.iter().flat_map(|dir| in_dir(place, dir));
    // Homebrew's `opt` contains all formulae.
    found.filter(|found| place != Installer::Homebrew || is_named_as_one(&found.dir)).collect()
}

/// Whether the name of a package is that of a Python.
fn is_named_as_one(package: &Path) -> bool {
    package
        .file_name()
        .is_some_and(|name| crate::formats::shebang::begins_as_python(name.as_encoded_bytes()))
}

/// The installations that are directories in `dir`.
///
/// A link whose name has a minor version counts, too, and is preferred to its target: the manager changes
/// it for each patch release. A name with less (`3`, `latest`, `Current`) will refer to another minor
/// version, with which an environment does not work.
pub(super) fn in_dir(place: Installer, dir: &Path) -> Vec<Installation> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_str()?;
            let told = Wanted::parse(name).filter(|_| place != Installer::Conda);
            let minor = told.as_ref().and_then(|told| told.versions.minor());
            let lasting = minor.is_some() || !entry.file_type().is_ok_and(|kind| kind.is_symlink());
            lasting.then(|| Installation { place, dir: entry.path(), told })
        })
        .collect();
    found.sort_by(|one, other| one.dir.cmp(&other.dir));
    found
}

/// The manager's newest installation whose name, or a prefix of whose version, is `name`.
pub(super) fn installed(place: Installer, root: &Path, name: &str) -> Option<PathBuf> {
    let dir = versions_dir(place, root);
    // No manager accepts `python` alone as a version.
    let wanted = Wanted::parse(name)
        .filter(|wanted| wanted.versions != Versions::Any || wanted.implementation.is_some());
    let exact = dir.join(name);
    if exact.is_dir() {
        let minor = wanted.and_then(|wanted| wanted.versions.minor());
        return if minor.is_none() {
            crate::support::path::canonicalize(exact).ok()
        } else {
            Some(exact)
        };
    }
    let wanted = wanted?;
    in_dir(place, &dir)
        .into_iter()
        .filter(|found| found.told.as_ref().is_some_and(|told| !told.rules_out(&wanted)))
        // `3.12` means CPython to every manager, which calls the others by name.
        .filter(|found| {
            let implementation = found.told.as_ref().and_then(|told| told.implementation.as_ref());
            implementation == wanted.implementation.as_ref() || place == Installer::Rye
        })
        .max_by_key(|found| found.told.as_ref().and_then(|told| told.versions.newest()))
        .map(|found| found.dir)
}

/// uv's directory of installations; an existing directory of its first releases is preferred, as uv does.
fn uv(host: &Host) -> Vec<PathBuf> {
    if let Some(dir) = host.path_var("UV_PYTHON_INSTALL_DIR") {
        return vec![host.absolute(dir)];
    }
    let root = root(Installer::Uv, host);
    let former = match host.platform() {
        Platform::Windows => root.as_ref().map(|root| root.join("data")),
        Platform::MacOs => host.home().map(|home| home.join("Library/Application Support/uv")),
        Platform::Linux => None,
    };
    root.iter().chain(&former).map(|root| versions_dir(Installer::Uv, root)).collect()
}

fn homebrew_prefixes(host: &Host) -> impl Iterator<Item = PathBuf> {
    let own = host.path_var("HOMEBREW_PREFIX").map(Path::to_owned);
    let usual: &[&str] = match host.platform() {
        Platform::MacOs => &["/opt/homebrew", "/usr/local"],
        Platform::Linux | Platform::Windows => &["/home/linuxbrew/.linuxbrew"],
    };
    own.into_iter().chain(usual.iter().map(PathBuf::from))
}

/// Scoop's directories of the user and of all users. `python312\current` refers to the newest patch
/// release and is used; `python\current` refers to the newest minor release, so the directory of each
/// release is used.
fn scoop(host: &Host) -> Vec<Installation> {
    let own = host.path_var("SCOOP").map(Path::to_owned);
    let own = own.or_else(|| Some(host.home()?.join("scoop")));
    let shared = host.path_var("SCOOP_GLOBAL").map(Path::to_owned);
    let shared = shared.or_else(|| Some(host.path_var("ProgramData")?.join("scoop")));
    let roots = [own, shared].into_iter().flatten().filter(|root| root.is_absolute());
    let apps = roots.flat_map(|root| in_dir(Installer::Scoop, &root.join("apps")));
    apps.filter(|app| is_named_as_one(&app.dir))
        .flat_map(|app| {
            let minor = app.told.as_ref().and_then(|told| told.versions.minor());
            if minor.is_some() {
                return vec![Installation { dir: app.dir.join("current"), ..app }];
            }
            let mut releases = in_dir(Installer::Scoop, &app.dir);
            releases.retain(|release| release.told.is_some());
            releases
        })
        .collect()
}

/// conda's base installations and environments. Their names contain no version, so they are last.
pub(super) fn conda(host: &Host) -> Vec<Installation> {
    let mut bases: Vec<PathBuf> = Vec::new();
    let program = host.path_var("CONDA_EXE").and_then(|program| program.parent()?.parent());
    bases.extend(program.map(Path::to_owned));
    bases.extend(host.path_var("MAMBA_ROOT_PREFIX").map(Path::to_owned));
    let usual = ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"];
    if let Some(home) = host.home() {
        bases.extend(usual.map(|name| home.join(name)));
    }
    if host.platform() != Platform::Windows {
        bases.extend(
            ["/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/miniforge3"]
                .map(PathBuf::from),
        );
    }
    let registry = host.home().map(|home| home.join(".conda"));
    let mut dirs = bases.clone();
    dirs.extend(bases.iter().chain(&registry).flat_map(|base| {
        in_dir(Installer::Conda, &base.join("envs")).into_iter().map(|found| found.dir)
    }));
    // conda lists its environments in this file.
    let listed = registry.and_then(|dir| files::read(&dir.join("environments.txt")));
    dirs.extend(listed.unwrap_or_default().lines().map(|line| PathBuf::from(line.trim())));
    dirs.retain(|dir| dir.is_absolute() && dir.join("conda-meta").is_dir());
    dirs.into_iter().map(|dir| Installation { place: Installer::Conda, dir, told: None }).collect()
}

impl Versions {
    /// The newest release that these can be, if known.
    fn newest(&self) -> Option<(u32, u32, u32)> {
        match self {
            Self::Any | Self::Range(_) => None,
            Self::Series(series) => {
                Some((series.major, series.minor?, series.micro.unwrap_or(u32::MAX)))
            }
            Self::Exactly(version) => Some((version.major, version.minor, version.micro)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_directories_tell_what_is_inside() {
        let rows = [
            (Installer::Opt, "cp312-cp312", Some("cpython3.12")),
            (Installer::Opt, "cp313-cp313t", Some("cpython3.13+freethreaded")),
            (Installer::Opt, "pp310-pypy310_pp73", Some("pypy3.10")),
            (Installer::Opt, "3.12.4", Some("3.12.4")),
            (
                Installer::Uv,
                "cpython-3.13.0+freethreaded-linux-x86_64-gnu",
                Some("cpython3.13.0+freethreaded-linux-x86_64"),
            ),
            (Installer::Uv, "pypy-3.10.14-linux-x86_64-gnu", Some("pypy3.10.14-linux-x86_64")),
            (Installer::Pyenv, "3.13.0t", Some("3.13.0+freethreaded")),
            (Installer::Pyenv, "pypy3.10-7.3.12", Some("pypy3.10")),
            (Installer::Pyenv, "miniconda3-24.1", None),
            (Installer::Rye, "cpython@3.12.1", Some("cpython3.12.1")),
            (Installer::Homebrew, "python@3.12", Some("3.12")),
            (Installer::PythonOrg, "Python313-arm64", Some("3.13-aarch64")),
            (Installer::PythonOrg, "pythoncore-3.14t-64", Some("cpython3.14+freethreaded-64")),
            (Installer::Conda, "py312", None),
        ];
        for (place, name, expected) in rows {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join(name)).unwrap();
            let [found] = &in_dir(place, dir.path())[..] else { panic!("{name}") };
            assert_eq!(found.told.as_ref().map(ToString::to_string).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn uvs_are_found_where_they_were_and_where_they_are() {
        let root = tempfile::tempdir().unwrap();
        for (platform, dirs) in [
            (Platform::Windows, ["roaming/uv/python", "roaming/uv/data/python"]),
            (Platform::MacOs, [".local/share/uv/python", "Library/Application Support/uv/python"]),
        ] {
            let paths = dirs.map(|dir| root.path().join(dir).join("cpython-3.12.1-any-any-none"));
            for path in &paths {
                fs::create_dir_all(path).unwrap();
            }
            let vars = [("HOME", root.path().to_owned()), ("APPDATA", root.path().join("roaming"))];
            let host = Host::new(vars, root.path()).on(platform);
            let found: Vec<_> =
                of(Installer::Uv, &host).into_iter().map(|found| found.dir).collect();
            assert_eq!(found, paths);
        }
    }

    #[test]
    fn scoops_are_named_by_what_lasts_the_users_own_first() {
        let root = tempfile::tempdir().unwrap();
        let at = |dir: &str| root.path().join(dir);
        for dir in [
            "home/scoop/apps/python312/3.12.7",
            "home/scoop/apps/python312/current",
            "home/scoop/apps/python/3.13.1",
            "home/scoop/apps/python/persist",
            "home/scoop/apps/git/2.47.0",
            "everyone/scoop/apps/python310/current",
            "else/where/apps/python311/current",
        ] {
            fs::create_dir_all(at(dir)).unwrap();
        }
        let found = |vars: [(&str, &str); 2]| {
            let vars = vars.map(|(name, dir)| (name, at(dir)));
            let host = Host::new(vars, root.path()).on(Platform::Windows);
            let found = of(Installer::Scoop, &host).into_iter().map(|found| {
                assert!(found.told.is_some(), "{found:?}");
                found.dir.strip_prefix(root.path()).unwrap().to_owned()
            });
            found.collect::<Vec<_>>()
        };
        assert_eq!(
            found([("USERPROFILE", "home"), ("ProgramData", "everyone")]),
            [
                "home/scoop/apps/python/3.13.1",
                "home/scoop/apps/python312/current",
                "everyone/scoop/apps/python310/current",
            ]
            .map(Path::new)
        );
        for variable in ["SCOOP", "SCOOP_GLOBAL"] {
            assert_eq!(
                found([(variable, "else/where"), ("HOME", "home")]),
                [Path::new("else/where/apps/python311/current")]
            );
        }
    }
}
