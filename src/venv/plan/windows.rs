//! The interpreter in an environment on Windows.
//!
//! Windows loads a program's DLLs from its directory, so that a single copy of `python.exe` does not start.
//! An environment contains a launcher instead, which reads `home` in `pyvenv.cfg` and starts the base.
//! Until 3.12 it has its target's name (a "redirector"), since 3.13 a separate one for each kind of build.

use std::path::{Path, PathBuf};

use super::{Content, Entry};
use crate::python::{Implementation, Interpreter};

/// The interpreter under each of its names: copies of the launcher, or, without `copies`, links to
/// the base's executables and to the DLLs that they need.
pub(crate) fn interpreter(base: &Interpreter, copies: bool) -> Vec<Entry> {
    let base = Base::new(base);
    let copies = copies || base.is_alias();
    let named = base.interpreter.version.at_least(3, 13);
    let files = match (&base.interpreter.implementation, copies) {
        // PyPy has no launchers; each of its names is a separate executable.
        (Implementation::PyPy, _) => base.executables_and_libraries(),
        (_, true) => base.launchers(named),
        (_, false) if named => base.executables(),
        (_, false) => base.executables_and_libraries(),
    };
    let scripts = &base.interpreter.scheme.scripts;
    let content = if copies { Content::Copy } else { Content::Link };
    files
        .into_iter()
        .map(|file| Entry::new(scripts.join(file.name), content(file.source)))
        .collect()
}

/// A name, and the file of the base for it.
#[derive(Clone, Debug)]
struct File {
    name: String,
    source: PathBuf,
}

/// The base and its files, by directory.
struct Base<'a> {
    interpreter: &'a Interpreter,
    /// Executables and DLLs in the executable's directory, and the embeddable package's archive.
    beside: Vec<File>,
    /// The launchers of the `venv` module, in its `scripts\nt`.
    launchers: Vec<File>,
}

impl<'a> Base<'a> {
    fn new(interpreter: &'a Interpreter) -> Self {
        let mut base = Self { interpreter, beside: Vec::new(), launchers: Vec::new() };
        for path in &interpreter.companions {
            let (dir, name) = interpreter.platform.split(path);
            let file = File { name: name.to_string_lossy().into_owned(), source: path.clone() };
            let is_launcher = interpreter.platform.split(&dir).1.eq_ignore_ascii_case("nt");
            if is_launcher { &mut base.launchers } else { &mut base.beside }.push(file);
        }
        base
    }

    /// Whether the executable is the Store's alias, which does not start through a link (virtualenv rejects it,
    /// too).
    fn is_alias(&self) -> bool {
        let path = self.interpreter.executable.to_string_lossy().to_ascii_lowercase();
        path.contains(r"\microsoft\windowsapps\")
    }

    /// Copies of the launchers, under an environment's names. If the base has none, as the embeddable package,
    /// copies of the executables, which read `pyvenv.cfg`, too.
    fn launchers(&self, named: bool) -> Vec<File> {
        let files = if named { self.named_launchers() } else { self.redirectors() };
        let complete = files.iter().any(|file| file.name == "python.exe");
        if complete { files } else { self.executables() }
    }

    /// Since 3.13, independent of the name of the base's executable.
    fn named_launchers(&self) -> Vec<File> {
        let threads = if self.interpreter.build.free_threaded { "t" } else { "" };
        let debug = debug_suffix(self.interpreter);
        [("python", "venvlauncher"), ("pythonw", "venvwlauncher")]
            .into_iter()
            .filter_map(|(stem, launcher)| {
                Some((stem, self.launcher(&format!("{launcher}{threads}{debug}.exe"))?))
            })
            .flat_map(|(stem, source)| self.named(stem, &source))
            .collect()
    }

    /// Until 3.12, one for each executable of the base. Those of conda and of source builds have the later
    /// names.
    fn redirectors(&self) -> Vec<File> {
        [
            ("python.exe", "venvlauncher.exe"),
            ("python_d.exe", "venvlauncher_d.exe"),
            ("pythonw.exe", "venvwlauncher.exe"),
            ("pythonw_d.exe", "venvwlauncher_d.exe"),
        ]
        .into_iter()
        .filter(|(name, _)| find(&self.beside, name).is_some())
        .filter_map(|(name, later)| {
            let source = find(&self.launchers, name).or_else(|| self.launcher(later))?;
            Some(File { name: name.into(), source })
        })
        .collect()
    }

    /// A launcher with a separate name: in the `venv` module, or beside the executable (conda).
    fn launcher(&self, name: &str) -> Option<PathBuf> {
        find(&self.launchers, name).or_else(|| find(&self.beside, name))
    }

    /// The base's own executables under an environment's names, with the DLLs that they need.
    fn executables(&self) -> Vec<File> {
        let windowless = self.names("pythonw").pop().and_then(|name| find(&self.beside, &name));
        let mut files = self.named("python", &self.interpreter.executable);
        files.extend(windowless.into_iter().flat_map(|source| self.named("pythonw", &source)));
        files.extend(self.beside.iter().filter(|file| is_runtime(&file.name)).cloned());
        files
    }

    /// All existing files that Windows may need.
    fn executables_and_libraries(&self) -> Vec<File> {
        let is_archive = |file: &File| file.name.to_ascii_lowercase().ends_with(".zip");
        self.beside.iter().filter(|file| !is_archive(file)).cloned().collect()
    }

    fn named(&self, stem: &str, source: &Path) -> Vec<File> {
        let names = self.names(stem).into_iter();
        names.map(|name| File { name, source: source.to_owned() }).collect()
    }

    /// Every name of `python` or `pythonw`, the most specific last: `python.exe`, `python_d.exe`,
    /// `python3.13t.exe`, `python3.13t_d.exe`.
    fn names(&self, stem: &str) -> Vec<String> {
        let debug = debug_suffix(self.interpreter);
        let mut names = vec![format!("{stem}.exe"), format!("{stem}{debug}.exe")];
        if self.interpreter.build.free_threaded {
            let threads = format!("3.{}t", self.interpreter.version.minor);
            names.push(format!("{stem}{threads}.exe"));
            names.push(format!("{stem}{threads}{debug}.exe"));
        }
        names.dedup();
        names
    }
}

/// The suffix of a debug build's names.
pub(super) fn debug_suffix(interpreter: &Interpreter) -> &'static str {
    let (_, name) = interpreter.platform.split(&interpreter.executable);
    let is_debug = name.to_string_lossy().to_ascii_lowercase().ends_with("_d.exe");
    if is_debug { "_d" } else { "" }
}

/// Whether an executable does not start without this file beside it. Python looks for the archive
/// of its library beside its DLL, and nowhere else.
fn is_runtime(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let is_python = stem.starts_with("python");
    match extension {
        "dll" => is_python || stem.starts_with("vcruntime"),
        "zip" => is_python,
        _ => false,
    }
}

fn find(files: &[File], name: &str) -> Option<PathBuf> {
    files.iter().find(|file| file.name.eq_ignore_ascii_case(name)).map(|file| file.source.clone())
}
