//! The active environment by the variables of the calling shell.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::check::code::Code;
use crate::check::finding::{Finding, Remedy};
use crate::check::repairs::moved_aside;
use crate::support;
use crate::support::executable;
use crate::support::host::Host;
use crate::support::ownership::Objection;
use crate::support::path::is_same_file;
use crate::support::python_vars::MISLEADING;
use crate::venv;
use crate::venv::locate;

/// The commands that must be the environment's when it is active.
const COMMANDS: [&str; 3] = ["python", "python3", "pip"];

/// The state of a session.
#[derive(Debug)]
pub(crate) struct ShellSession<'a> {
    host: &'a Host,
    /// The environment in `VIRTUAL_ENV`.
    pub(crate) variable: Option<PathBuf>,
    /// The first `python` on PATH.
    pub(crate) python: Option<PathBuf>,
    /// The project's environment: also one that is none any more, as that is what is asked.
    project: Option<PathBuf>,
    /// The environment or directory that is not used because others own it or can write there.
    refused: Option<(Objection, PathBuf)>,
}

impl<'a> ShellSession<'a> {
    pub(crate) fn of(host: &'a Host) -> Self {
        let (project, refused) = match locate::nearest_root(host) {
            Ok(project) => (Some(project), None),
            Err(venv::Error::Support(support::Error::NotOwned { objection, dir })) => {
                (None, Some((objection, dir)))
            }
            Err(_) => (None, None),
        };
        let python = find(host, "python");
        Self { host, variable: locate::active(host), python, project, refused }
    }

    /// The environment that commands run in: the one of `VIRTUAL_ENV`, else the one whose `python`
    /// is the first on PATH.
    pub(crate) fn active(&self) -> Option<&Path> {
        let on_path = || {
            let root = self.python.as_deref()?.parent()?.parent()?;
            root.join("pyvenv.cfg").is_file().then_some(root)
        };
        self.variable.as_deref().or_else(on_path)
    }

    /// The environment that is meant when none is named.
    pub(crate) fn meant(&self) -> Option<&Path> {
        self.active().or(self.project.as_deref())
    }

    /// A directory of the project that an environment is for: the current one, also where its
    /// project's environment stands elsewhere; of any other environment, the one that it is in.
    pub(crate) fn project_of<'p>(&'p self, root: &'p Path) -> &'p Path {
        match &self.project {
            Some(project) if is_same_file(project, root) => self.host.cwd(),
            _ => root.parent().unwrap_or(root),
        }
    }

    /// The fault of the session if `root` is to be its environment; `is_other` if it is not an environment.
    pub(crate) fn findings(
        &self,
        root: Option<&Path>,
        is_other: bool,
        scripts: &Path,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        match (&self.variable, self.active()) {
            (Some(variable), _) if !variable.is_dir() => findings.push(gone(variable)),
            (Some(variable), _) => findings.extend(self.path_findings(variable, scripts)),
            (None, Some(active)) => findings.push(Finding::new(
                Code::VariableUnset,
                format!("`{}` is first on PATH, and `VIRTUAL_ENV` is not set", active.display()),
                activate(active),
            )),
            (None, None) => findings.push(match (root, &self.refused) {
                (None, Some((objection, dir))) => refused(objection, dir),
                (Some(root), _) if is_other => not_an_environment(root, self.host),
                (Some(root), _) => not_active(root),
                (None, None) => none(self.host),
            }),
        }
        findings.extend(self.another());
        findings.extend(self.variables());
        findings
    }

    /// Whether PATH leads to the commands of `root`.
    fn path_findings(&self, root: &Path, scripts: &Path) -> Option<Finding> {
        let own = root.join(scripts);
        if !self.host.search_path().any(|dir| is_same_file(&dir, &own)) {
            return Some(Finding::new(
                Code::NotOnPath,
                format!(
                    "`VIRTUAL_ENV` is `{}`, and `{}` is not on PATH",
                    root.display(),
                    own.display()
                ),
                activate(root),
            ));
        }
        let shadow = COMMANDS.iter().find_map(|name| {
            let first = match *name {
                "python" => self.python.clone(),
                name => find(self.host, name),
            }?;
            let is_shadow = !is_same_file(first.parent()?, &own)
                && executable::find_in([own.clone()], name.as_ref(), self.host.platform())
                    .is_some();
            is_shadow.then_some((name, first))
        });
        let (name, first) = shadow?;
        let whose = if first.ancestors().nth(2)?.join("pyvenv.cfg").is_file() {
            ", of another environment,"
        } else {
            ""
        };
        Some(Finding::new(
            Code::PathShadowed,
            format!("`{name}` is `{}`{whose} which comes first on PATH", first.display()),
            activate(root),
        ))
    }

    /// Whether the active environment is another than the project's.
    fn another(&self) -> Option<Finding> {
        let (active, project) = (self.active()?, self.project.as_deref()?);
        if is_same_file(active, project) || !active.is_dir() {
            return None;
        }
        let seen =
            format!("`{}` is active, the project's is `{}`", active.display(), project.display());
        Some(Finding::new(Code::ActiveIsAnother, seen, activate(project)))
    }

    fn variables(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for name in MISLEADING.into_iter().chain(["PYTHONPATH"]) {
            let code = match name {
                "PYTHONHOME" => Code::PythonhomeSet,
                "PYTHONPATH" => Code::PythonpathSet,
                _ => Code::PythonVariableSet,
            };
            if let Some(value) = self.host.var(name) {
                let seen = format!("`{name}` is `{}`", value.to_string_lossy());
                findings.push(Finding::new(code, seen, Remedy::Unset { name }));
            }
        }
        for name in COMMANDS {
            // bash exports functions in these variables; aliases are not exported.
            let variable = format!("BASH_FUNC_{name}%%");
            if self.host.var(&variable).is_some() {
                findings.push(Finding::new(
                    Code::CommandHidden,
                    format!("bash exports a function named `{name}`"),
                    Remedy::run(["unset", "-f", name]),
                ));
            }
        }
        findings
    }
}

fn gone(variable: &Path) -> Finding {
    Finding::new(
        Code::ActiveGone,
        format!("`VIRTUAL_ENV` is `{}`, which is not there", variable.display()),
        Remedy::advice("deactivate, or open a new terminal"),
    )
}

/// The finding for an environment that belongs to another user, and that the user has not allowed.
fn refused(objection: &Objection, dir: &Path) -> Finding {
    Finding::new(
        Code::NotActive,
        format!("no environment is active; the project's is not used: {objection}"),
        Remedy::run(["rvenv", "allow", &*dir.to_string_lossy()]),
    )
}

fn not_active(root: &Path) -> Finding {
    let seen = format!("`{}` is not active", root.display());
    Finding::new(Code::NotActive, seen, activate(root))
}

/// The finding for a directory of the user in the place of the project's environment.
fn not_an_environment(root: &Path, host: &Host) -> Finding {
    let target = root.read_link().map(|_| crate::support::path::canonicalize(root));
    let leads = match target {
        Ok(Ok(target)) => format!(", a link to `{}`,", target.display()),
        _ => String::new(),
    };
    let root_shown = root.display();
    let seen = format!("no environment is active, and `{root_shown}`{leads} is not an environment");
    Finding::new(Code::NotActive, seen, moved_aside(root, host.platform()))
}

/// The finding for a project without an environment.
fn none(host: &Host) -> Finding {
    let seen = "no environment is active, and the project has none";
    // One with this name is used only if it is named.
    if let Some(name) = locate::unnamed(host).as_deref().and_then(Path::file_name) {
        return Finding::new(
            Code::NotActive,
            format!("{seen} that is found without its name; `{}` is there", name.display()),
            Remedy::run(["rvenv", "check", &*name.to_string_lossy()]),
        );
    }
    let place = host.cwd().join(".venv");
    let is_free = match place.metadata() {
        Ok(meta) => meta.is_dir(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    if is_free {
        return Finding::new(Code::NotActive, seen, Remedy::run(["rvenv", "create"]));
    }
    let place_shown = place.display();
    let seen = format!("no environment is active, and `{place_shown}` does not lead to one");
    Finding::new(Code::NotActive, seen, moved_aside(&place, host.platform()))
}

/// The command that activates `root` in the calling shell, whichever it is.
fn activate(root: &Path) -> Remedy {
    Remedy::Activate { root: root.to_owned() }
}

/// The first command of this name on PATH.
fn find(host: &Host, name: &str) -> Option<PathBuf> {
    executable::find_in(host.search_path(), name.as_ref(), host.platform())
}
