//! The user's files in an environment: those that no RECORD lists with their content and that no tool
//! generates.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::generated;
use super::installed::{Installed, is_compiled, is_for_one_python};
use crate::create::Result;
use crate::formats::record;
use crate::fs::{read_bounded, read_start};
use crate::shell;
use crate::shell::Seal;
use crate::support::limits;
use crate::venv::script::is_activation;
use crate::venv::state::State;

/// The file in which setuptools lists eggs, and to which users add lines.
const LISTS: [&str; 2] = ["easy-install.pth", "setuptools.pth"];

/// A file, a link or an empty directory of the user.
#[derive(Clone, Debug)]
pub(crate) struct UserFile {
    /// Its path, relative to the environment.
    pub(crate) path: PathBuf,
    /// Its path relative to the `site-packages`, whose own path depends on the version of Python.
    pub(crate) in_site: Option<PathBuf>,
    /// Whether it replaces the file of the new environment: an activation script with the user's changes, the
    /// user's `.gitignore`.
    pub(crate) takes_precedence: bool,
    /// The user's lines, if other lines of the file are generated.
    pub(crate) lines: Option<String>,
    /// Whether it is a compiled module for the former Python, which no other Python can load.
    pub(crate) is_for_former_python: bool,
}

impl UserFile {
    /// All files of the user.
    ///
    /// # Errors
    /// If a directory cannot be read, because its files would be lost.
    pub(super) fn all(state: &State<'_>) -> Result<Vec<Self>> {
        let search = Search::of(state);
        let mut found = Vec::new();
        let walk = WalkDir::new(state.root()).min_depth(1).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(|entry| !search.is_made(entry)) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(state.root()).to_owned();
                crate::fs::Error::io("read", path)(error.into())
            })?;
            found.extend(search.own(&entry)?);
        }
        Ok(found)
    }
}

struct Search<'a> {
    state: &'a State<'a>,
    /// Every `site-packages`.
    sites: Vec<Installed<'a>>,
    /// See [`Search::stdlib`].
    stdlib: OnceCell<Option<PathBuf>>,
}

impl<'a> Search<'a> {
    fn of(state: &'a State<'a>) -> Self {
        let sites = state.sites.iter().map(|site| Installed::read(site, state.root()));
        Self { state, sites: sites.collect(), stdlib: OnceCell::new() }
    }

    /// The `site-packages` that contains a path, and the path relative to it.
    fn site<'e>(&self, path: &'e Path) -> Option<(&Installed<'a>, &'e Path)> {
        self.sites.iter().find_map(|site| Some((site, path.strip_prefix(&site.path).ok()?)))
    }

    fn relative<'e>(&self, entry: &'e DirEntry) -> &'e Path {
        entry.path().strip_prefix(self.state.root()).unwrap_or(entry.path())
    }

    /// Whether a tool generated this entry with its content.
    fn is_made(&self, entry: &DirEntry) -> bool {
        let (path, name) = (self.relative(entry), entry.file_name().to_string_lossy());
        let parent = path.parent().unwrap_or(path);
        if entry.file_type().is_dir() && name == "__pycache__" {
            return true;
        }
        if parent.as_os_str().is_empty() {
            return generated::is_made(entry);
        }
        if parent == self.state.scripts_name() {
            return is_interpreter(&name)
                && !entry.file_type().is_dir()
                && !is_script(entry.path());
        }
        self.site(path).is_some_and(|(site, path)| site.has(path))
    }

    /// The library of the environment's base. If that is gone, another Python of the same minor version has the same
    /// templates as a rule.
    fn stdlib(&self) -> Option<&Path> {
        let find = || {
            if let Some(base) = self.state.base.interpreter() {
                return Some(base.stdlib.clone());
            }
            let request = self.state.series()?.request(self.state.host)?;
            Some(self.state.finder().find(&request).ok()?.interpreter.stdlib)
        };
        self.stdlib.get_or_init(find).as_deref()
    }

    /// Whether a script is as the `venv` module of the environment's base generates it.
    fn is_stdlibs(&self, name: &str, text: &[u8]) -> bool {
        let Some(stdlib) = self.stdlib() else { return false };
        let folder = stdlib.join("venv/scripts");
        let mut templates =
            ["common", "posix", "nt"].map(|kind| folder.join(kind).join(name)).into_iter();
        let Ok(text) = std::str::from_utf8(text) else { return false };
        templates.any(|template| {
            let template = read_bounded(&template, limits::SCRIPT).ok();
            let template = template.and_then(|bytes| String::from_utf8(bytes).ok());
            template.is_some_and(|template| is_made_from(text, &template))
        })
    }

    /// Whether an installer wrote this entry and nobody has changed it since. Changes in a `site-packages` are
    /// dropped together with the package.
    fn is_installed(&self, entry: &DirEntry, is_in_site: bool) -> bool {
        let (path, name) = (self.relative(entry), entry.file_name());
        let is_command = path.parent() == Some(self.state.scripts_name());
        let is_generated = || {
            let script = self.state.script(name).filter(|_| is_command);
            script.is_some_and(|script| generated::is_generated(script, self.state.host.platform()))
        };
        match self.sites.iter().find_map(|site| site.files.get(path)) {
            // What is compiled is installed again as it was; an edited file is kept beside the new one.
            Some(hash) if is_in_site => {
                let is_source = !is_compiled(&name.to_string_lossy());
                hash.is_empty() || !is_source || has_hash(entry.path(), hash)
            }
            // Where an environment was moved by hand, another line may name its Python.
            Some(hash) if !hash.is_empty() => has_hash(entry.path(), hash) || is_generated(),
            // virtualenv records no hash of the seeds' commands.
            _ if is_command && is_seed(&name.to_string_lossy()) => is_generated(),
            found => found.is_some(),
        }
    }

    /// The user's lines in a list of eggs, if it can be read.
    fn own_lines(&self, entry: &DirEntry) -> Option<String> {
        let (site, path) = self.site(self.relative(entry))?;
        let list = LISTS.iter().any(|list| path == Path::new(list)).then(|| entry.path())?;
        let text = String::from_utf8(read_bounded(list, limits::SCRIPT).ok()?).ok()?;
        Some(site.own_lines(&text))
    }

    /// The description of an entry, if it is the user's.
    fn own(&self, entry: &DirEntry) -> Result<Option<UserFile>> {
        let path = self.relative(entry);
        let site = self.site(path);
        if self.is_installed(entry, site.is_some()) {
            return Ok(None);
        }
        if entry.file_type().is_dir() {
            // In a `site-packages`, an installer may have left it.
            let is_own = site.is_none() && is_empty(entry.path())?;
            let own = || UserFile {
                path: path.into(),
                in_site: None,
                takes_precedence: false,
                lines: None,
                is_for_former_python: false,
            };
            return Ok(is_own.then(own));
        }
        let name = entry.file_name().to_string_lossy();
        let lines = self.own_lines(entry);
        let is_script = path.parent() == Some(self.state.scripts_name()) && is_activation(&name);
        let script = is_script.then(|| read_bounded(entry.path(), limits::SCRIPT).ok()).flatten();
        let seal = script.as_deref().map(shell::seal);
        let is_made = match seal {
            Some(Seal::Missing) => script.is_some_and(|text| self.is_stdlibs(&name, &text)),
            seal => seal == Some(Seal::Whole) || lines.as_deref() == Some(""),
        };
        Ok((!is_made).then(|| UserFile {
            path: path.to_owned(),
            in_site: site.map(|(_, path)| path.to_owned()),
            lines,
            is_for_former_python: site.is_some() && is_for_one_python(&name),
            takes_precedence: seal == Some(Seal::Broken)
                || (entry.depth() == 1 && generated::is_optional(entry)),
        }))
    }
}

/// Whether `text` is the template with something else, on one line, for each placeholder.
fn is_made_from(text: &str, template: &str) -> bool {
    let mut pieces = template.split("__VENV_");
    let start = pieces.next().unwrap_or_default();
    let rest = text.strip_prefix(start).and_then(|rest| {
        pieces.try_fold(rest, |rest, piece| {
            let (_, piece) = piece.split_once("__")?;
            let line = rest.find('\n').unwrap_or(rest.len());
            let at = if piece.is_empty() { line } else { rest.find(piece)? };
            (at <= line).then(|| &rest[at + piece.len()..])
        })
    });
    rest == Some("")
}

fn is_empty(dir: &Path) -> Result<bool> {
    Ok(std::fs::read_dir(dir).map_err(crate::fs::Error::io("read", dir))?.next().is_none())
}

/// Whether a file has the hash in its RECORD; true if there is none.
fn has_hash(path: &Path, hash: &str) -> bool {
    let length = std::fs::metadata(path).map_or(0, |meta| meta.len());
    !hash.starts_with("sha256=")
        || read_bounded(path, length).is_ok_and(|bytes| record::hash(&bytes) == hash)
}

/// Whether a file begins with `#!`, so that it is not an interpreter.
fn is_script(path: &Path) -> bool {
    let is_file = path.symlink_metadata().is_ok_and(|meta| meta.is_file());
    is_file && read_start(path, 2).is_ok_and(|(start, _)| start == b"#!")
}

/// Whether a command has a name that environment tools give to the interpreter and its companions.
fn is_interpreter(name: &str) -> bool {
    let names = ["pythonw", "python", "pypyw", "pypy", "graalpy", "pydoc", "𝜋thon"];
    is_one_of(name, &names)
        || ["libpypy", "libpython"].iter().any(|library| name.starts_with(library))
}

/// Whether a command has a name of the seeds' commands: `pip-3.12.exe`.
fn is_seed(name: &str) -> bool {
    is_one_of(name, &["pip", "easy_install"])
}

/// Whether a command is one of these, with or without a version: `python3.12`.
fn is_one_of(name: &str, names: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    let name =
        [".exe", ".dll", ".bat"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let is_version = |c: char| c.is_ascii_digit() || ".-_td".contains(c);
    let rest = names.iter().find_map(|own| name.strip_prefix(own));
    rest.is_some_and(|rest| rest.chars().all(is_version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_told_from_the_users_commands() {
        for name in [
            "python",
            "python3",
            "python3.13t",
            "python3_d.exe",
            "pythonw.exe",
            "python312.dll",
            "pypy3.10",
            "libpypy3.10-c.so",
            "pip",
            "pip3.12",
            "pip-3.12",
            "easy_install-3.8",
            "pydoc.bat",
        ] {
            assert!(is_seed(name) || is_interpreter(name), "{name}");
        }
        for name in ["pipeline", "python-config", "pip-mine", "pydoctor", "mine", "postactivate"] {
            assert!(!is_seed(name) && !is_interpreter(name), "{name}");
        }
    }

    #[test]
    fn files_of_a_template_are_recognised() {
        let template =
            "# x\nVIRTUAL_ENV=\"__VENV_DIR__\"\nPS1=\"__VENV_PROMPT__$PS1\"\nend __VENV_NAME__";
        let made = "# x\nVIRTUAL_ENV=\"/a b\"\nPS1=\"(it) $PS1\"\nend it";
        assert!(is_made_from(made, template));
        assert!(is_made_from("plain\n", "plain\n"));
        for changed in [
            format!("{made}\nexport X=1"),
            format!("export X=1\n{made}"),
            made.replace("/a b\"", "/a b\"\nexport X=1"),
            made.replace("$PS1", "$PS2"),
            String::new(),
        ] {
            assert!(!is_made_from(&changed, template), "{changed}");
        }
    }
}
