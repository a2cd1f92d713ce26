//! The facts of one environment, read once.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::activate;
use super::base::{Base, InterpreterLink};
use super::plan::CREATOR_KEY;
use super::script::Script;
use super::{CACHEDIR_TAG, Entry, Env, Error, Options, Result, activation_entries};
use crate::dist::LibrarySeries;
use crate::dist::site::Site;
use crate::formats::PyvenvCfg;
use crate::fs;
use crate::python::{Finder, Interpreter, Request};
use crate::support::cache::Cache;
use crate::support::host::{Host, Platform};
use crate::support::installation::is_installation;
use crate::support::limits;
use crate::support::program::{Program, Starts};

/// The tool that created an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Maker {
    /// This program.
    Rvenv,
    /// `uv venv`
    Uv,
    /// `virtualenv`
    Virtualenv,
    /// `python -m venv`, or another tool that uses it.
    Venv,
}

/// The state of `pyvenv.cfg`.
#[derive(Clone, Debug)]
pub(crate) enum Configuration {
    Missing,
    Unreadable(String),
    /// The user has no right to read it.
    PermissionDenied,
    Read(PyvenvCfg),
}

/// An environment, or what is left of one.
#[derive(Debug)]
pub(crate) struct State<'a> {
    pub(crate) host: &'a Host,
    pub(crate) cache: &'a Cache,
    /// The programs that may be started.
    pub(crate) starts: Starts,
    pub(crate) env: Env,
    pub(crate) configuration: Configuration,
    pub(crate) maker: Maker,
    /// The target of `python`.
    pub(crate) way: InterpreterLink,
    pub(crate) base: Base,
    /// The files in the scripts' directory, by name.
    pub(crate) scripts: Vec<Script>,
    /// The path that the script `activate` contains.
    pub(crate) activated: Option<PathBuf>,
    /// Every `site-packages`, by path.
    pub(crate) sites: Vec<Site>,
}

impl<'a> State<'a> {
    /// The facts; `starts` says which programs may be started to learn them.
    pub(crate) fn read(root: &Path, starts: Starts, host: &'a Host, cache: &'a Cache) -> Self {
        let configuration = configuration(root);
        let cfg = match &configuration {
            Configuration::Read(cfg) => cfg.clone(),
            Configuration::Missing
            | Configuration::Unreadable(_)
            | Configuration::PermissionDenied => PyvenvCfg::default(),
        };
        let scripts_dir = root.join(scripts(host.platform()));
        let python = scripts_dir.join(python_name(host.platform()));
        let way = InterpreterLink::of(&python, root);
        let scripts = Script::all(&scripts_dir);
        let activated = activate::named_root(&scripts_dir, &scripts);
        let mut state = Self {
            host,
            cache,
            starts,
            configuration,
            maker: maker(root, &cfg),
            base: Base::of(
                &way,
                &cfg,
                root,
                &scripts_dir,
                &mut Finder::new(host, cache).starting(starts),
            ),
            way,
            activated,
            env: Env { root: root.to_owned(), cfg, platform: host.platform() },
            scripts,
            sites: Site::all(root, host.platform()),
        };
        if state.cfg().packed() == Some("launcher") {
            state.base = state.base_of_launcher();
        }
        state
    }

    /// The Python that the launcher of a packed environment finds: the one that the user names, else one
    /// of the same series.
    fn base_of_launcher(&self) -> Base {
        let named = self.host.path_var("RVENV_PACK_PYTHON");
        let named = named.map(|path| Request::Path(Program::typed(self.host.absolute(path))));
        let series = self.series();
        let request = named.or_else(|| series.as_ref()?.request(self.host));
        let found = request.and_then(|request| self.finder().find(&request).ok());
        let found = found.map(|found| found.interpreter);
        let fits = |found: &Interpreter| Some(LibrarySeries::of_interpreter(found)) == series;
        found.filter(fits).map_or(Base::Gone(PathBuf::new()), |found| Base::Sound(Box::new(found)))
    }

    /// A finder that starts no more than this look at the environment may.
    pub(crate) fn finder(&self) -> Finder<'a> {
        Finder::new(self.host, self.cache).starting(self.starts)
    }

    /// Refuses a directory that has nothing of an environment, and so is none that broke. An installation
    /// of Python has packages and programs, too.
    pub(crate) fn ensure_environment(&self) -> Result<()> {
        let has_something = self.way != InterpreterLink::Missing || !self.sites.is_empty();
        let is_missing = matches!(self.configuration, Configuration::Missing);
        if !is_missing || (has_something && !is_installation(self.root())) {
            return Ok(());
        }
        Err(Error::NotAnEnvironment { path: self.root().to_owned() })
    }

    /// Its directory, absolute.
    pub(crate) fn root(&self) -> &Path {
        self.env.root()
    }

    /// Its `pyvenv.cfg`; empty when it cannot be read.
    pub(crate) fn cfg(&self) -> &PyvenvCfg {
        self.env.cfg()
    }

    /// The activation scripts that this rvenv writes for an environment at `root`, each made when it
    /// is asked for.
    pub(crate) fn activation_scripts<'s>(
        &'s self,
        root: &'s Path,
    ) -> impl Iterator<Item = Entry> + 's {
        let scripts = |interpreter| activation_entries(root, interpreter, &self.options());
        self.base.interpreter().into_iter().flat_map(scripts).filter_map(Result::ok)
    }

    /// `bin` or `Scripts`.
    pub(crate) fn scripts_name(&self) -> &'static Path {
        scripts(self.host.platform())
    }

    /// The directory of its commands.
    pub(crate) fn scripts_dir(&self) -> PathBuf {
        self.root().join(self.scripts_name())
    }

    /// Its `python`, relative to its root.
    pub(crate) fn python(&self) -> PathBuf {
        self.scripts_name().join(python_name(self.host.platform()))
    }

    /// The file of this name in the scripts' directory.
    pub(crate) fn script(&self, name: &OsStr) -> Option<&Script> {
        self.scripts.iter().find(|script| script.name == name)
    }

    /// The `site-packages` that its Python uses; the only one if that is not known.
    pub(crate) fn site(&self) -> Option<&Site> {
        match self.base.interpreter() {
            Some(interpreter) => {
                let purelib = self.root().join(&interpreter.scheme.purelib);
                self.sites.iter().find(|site| site.path == purelib)
            }
            None => self.sites.first(),
        }
    }

    /// The kind of Python that its packages were installed for: what the directory that holds them
    /// says; where more than one does, or none, that of its Python, if that works, else `pyvenv.cfg`.
    pub(crate) fn series(&self) -> Option<LibrarySeries> {
        let of = |is_meant: fn(&Site) -> bool| -> Vec<_> {
            let sites = self.sites.iter().filter(|site| is_meant(site));
            sites.filter_map(|site| site.series.clone()).collect()
        };
        let mut by_directory = of(Site::is_filled);
        if by_directory.is_empty() {
            by_directory = of(|_| true);
        }
        if let [only] = &*by_directory {
            return Some(only.clone());
        }
        let own = self.base.interpreter().map(LibrarySeries::of_interpreter);
        own.filter(|own| by_directory.contains(own))
            .or_else(|| LibrarySeries::of_cfg(self.cfg(), &self.scripts_dir()))
            .or_else(|| by_directory.into_iter().next())
    }

    /// The options of its creation, as far as they are visible.
    pub(crate) fn options(&self) -> Options {
        Options {
            system_site_packages: self.cfg().includes_system_site_packages(),
            copies: self.is_copied(),
            prompt: self.cfg().prompt().map(std::borrow::Cow::into_owned),
            without_scm_ignore_files: self.made_with("--without-scm-ignore-files"),
            relocatable: self.cfg().is_relocatable(),
            command: self.cfg().get("command").unwrap_or_default().to_owned(),
            created_by: self.cfg().get(CREATOR_KEY).map(str::to_owned),
        }
    }

    /// Whether the interpreter is a copy; if it is missing, whether the environment was created so.
    pub(crate) fn is_copied(&self) -> bool {
        // The launchers of a packed environment are not copies.
        if self.cfg().packed().is_some() {
            return false;
        }
        let by_command = match self.host.platform() {
            Platform::Windows => !self.made_with("--symlinks"),
            Platform::Linux | Platform::MacOs => self.made_with("--copies"),
        };
        match self.way {
            InterpreterLink::Inside(_) => true,
            InterpreterLink::Missing => by_command,
            InterpreterLink::Outside(_)
            | InterpreterLink::Dangling(_)
            | InterpreterLink::Loop
            | InterpreterLink::PermissionDenied(_) => false,
        }
    }

    /// Whether the recorded command had this flag.
    pub(crate) fn made_with(&self, flag: &str) -> bool {
        self.cfg().get("command").is_some_and(|command| command.split(' ').any(|word| word == flag))
    }

    /// A path in the environment as RECORDs have it: from `site-packages`, with `/`.
    pub(crate) fn recorded(&self, path: &Path) -> String {
        let site = self.site().and_then(|site| site.path.strip_prefix(self.root()).ok());
        let site = site.unwrap_or(Path::new(""));
        let (up, rest) = match path.strip_prefix(site) {
            Ok(rest) => (0, rest),
            Err(_) => (site.components().count(), path),
        };
        let names = rest.components().map(|part| part.as_os_str().to_string_lossy());
        "../".repeat(up) + &names.collect::<Vec<_>>().join("/")
    }

    /// A path for people: relative to the environment where it is in it.
    pub(crate) fn shown<'p>(&self, path: &'p Path) -> std::path::Display<'p> {
        let inside = path.strip_prefix(self.root()).ok();
        inside.filter(|path| !path.as_os_str().is_empty()).unwrap_or(path).display()
    }
}

fn configuration(root: &Path) -> Configuration {
    let path = root.join("pyvenv.cfg");
    let is_missing =
        || path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    match fs::read_bounded(&path, limits::PYVENV_CFG) {
        Ok(bytes) => Configuration::Read(PyvenvCfg::parse(&bytes)),
        Err(_) if is_missing() => Configuration::Missing,
        Err(error) => {
            let cause = std::error::Error::source(&error);
            let cause = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
            if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::PermissionDenied) {
                return Configuration::PermissionDenied;
            }
            Configuration::Unreadable(cause.map_or_else(|| error.to_string(), ToString::to_string))
        }
    }
}

fn maker(root: &Path, cfg: &PyvenvCfg) -> Maker {
    let is_ours = || {
        fs::read_bounded(&root.join("CACHEDIR.TAG"), limits::PYVENV_CFG)
            .is_ok_and(|tag| tag == CACHEDIR_TAG.as_bytes())
    };
    if cfg.get(CREATOR_KEY).is_some() {
        Maker::Rvenv
    } else if cfg.get("uv").is_some() {
        Maker::Uv
    } else if cfg.get("virtualenv").is_some() {
        Maker::Virtualenv
    } else if is_ours() {
        Maker::Rvenv
    } else {
        Maker::Venv
    }
}

pub(crate) const fn python_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Windows => "python.exe",
        Platform::Linux | Platform::MacOs => "python",
    }
}

pub(crate) fn scripts(platform: Platform) -> &'static Path {
    Path::new(match platform {
        Platform::Windows => "Scripts",
        Platform::Linux | Platform::MacOs => "bin",
    })
}
