//! What can be wrong with an environment, and how it is mended.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::venv::repair::Step;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work, or is not what it seems.
    Error,
    /// It works, and will not for long, or not everywhere.
    Warning,
    /// Good to know; the environment counts as healthy.
    Note,
}

/// Declares every code once: its name, its severity, and why it matters.
macro_rules! catalogue {
    ($($(#[$doc:meta])+ $code:ident = $name:literal, $severity:ident, $why:literal;)+) => {
        /// Everything that `check` can find. The names are stable: programs may rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])+ $code,)+
        }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// Its stable name: `base-gone`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity),+ }
            }

            /// Why it matters.
            pub const fn why(self) -> &'static str {
                match self { $(Self::$code => $why),+ }
            }
        }
    };
}

catalogue! {
    // ---- the session ----
    /// No environment is active.
    NotActive = "not-active", Error,
        "`python` and `pip` are those of the system";
    /// `VIRTUAL_ENV` names a directory that is not there.
    ActiveGone = "active-gone", Error,
        "`python` falls through to another one";
    /// The active environment is not the project's.
    ActiveIsAnother = "active-is-another", Warning,
        "what is installed or run goes to the other environment";
    /// `VIRTUAL_ENV` is set and PATH does not hold the environment.
    NotOnPath = "not-on-path", Error,
        "`python` is not the one that `VIRTUAL_ENV` promises";
    /// PATH holds the environment and `VIRTUAL_ENV` does not name it.
    VariableUnset = "variable-unset", Warning,
        "tools that look at `VIRTUAL_ENV` do not see the environment";
    /// Another entry of PATH comes before the environment's.
    PathShadowed = "path-shadowed", Error,
        "the command runs outside of the environment";
    /// `PYTHONHOME` is set.
    PythonhomeSet = "pythonhome-set", Error,
        "it makes every Python look for its standard library there, the environment's too";
    /// `PYTHONPATH` is set.
    PythonpathSet = "pythonpath-set", Warning,
        "its modules come before the environment's packages";
    /// A shell function that is handed to child processes hides a command.
    CommandHidden = "command-hidden", Warning,
        "the shell runs the function and not the environment's command";

    // ---- pyvenv.cfg and the base ----
    /// There is no `pyvenv.cfg`.
    CfgMissing = "cfg-missing", Error,
        "without it Python does not know that it is in an environment (PEP 405)";
    /// `pyvenv.cfg` cannot be read.
    CfgUnreadable = "cfg-unreadable", Error,
        "without it Python does not know that it is in an environment (PEP 405)";
    /// `pyvenv.cfg` has no `home`, or one that is not absolute.
    CfgKeyMissing = "cfg-key-missing", Error,
        "Python finds its base by `home`";
    /// `pyvenv.cfg` has no `version` or no `include-system-site-packages`.
    CfgIncomplete = "cfg-incomplete", Note,
        "Python takes a default, and other tools may need the key";
    /// The environment was made on another operating system.
    OtherSystem = "other-system", Error,
        "none of its commands can start here";
    /// A key of `pyvenv.cfg` says what is not so.
    CfgKeyWrong = "cfg-key-wrong", Warning,
        "tools that read it are misled";
    /// The base Python is not there any more.
    BaseGone = "base-gone", Error,
        "no command of the environment can start";
    /// The base Python is there and does not work, or not for this user.
    BaseBroken = "base-broken", Error,
        "no command of the environment can start";
    /// Only the environment names its base, so the base was not started.
    BaseNotStarted = "base-not-started", Note,
        "the environment is described from its files; `--deep` starts its Python";
    /// The base is a Python of a version that rvenv does not know.
    BaseUnsupported = "base-unsupported", Warning,
        "the environment may well work, and cannot be judged";
    /// The base is now another minor version.
    BaseMinorChanged = "base-minor-changed", Error,
        "the packages that were installed are not seen";
    /// The base is now another implementation of Python.
    BaseImplementationChanged = "base-implementation-changed", Error,
        "the packages that were installed are not seen";
    /// The base is where things do not last.
    BaseEphemeral = "base-ephemeral", Warning,
        "the environment breaks when that place is cleaned or upgraded";

    // ---- the interpreter ----
    /// There is no `python` in the environment.
    InterpreterMissing = "interpreter-missing", Error,
        "`python` falls through to another one";
    /// The link to the interpreter goes round in a circle.
    InterpreterLoop = "interpreter-loop", Error,
        "no command of the environment can start";
    /// The interpreter is not the one of `pyvenv.cfg`, or no copy of it.
    InterpreterElsewhere = "interpreter-elsewhere", Error,
        "that Python takes the standard library of another one";
    /// The interpreter may not be executed.
    InterpreterNotExecutable = "interpreter-not-executable", Error,
        "no command of the environment can start";
    /// A further name of the interpreter is missing or leads elsewhere, or a launcher is not the base's.
    InterpreterAlias = "interpreter-alias", Warning,
        "the command runs another Python, or none";
    /// The interpreter started and said something else than its files say (`--deep`).
    InterpreterDisagrees = "interpreter-disagrees", Error,
        "it does not work as an environment";

    // ---- where it is ----
    /// It was moved or renamed.
    Moved = "moved", Error,
        "its commands start nothing, and its activation scripts lead to the old place";
    /// It is a copy of one that still exists.
    Copied = "copied", Error,
        "its commands run in the original, and what is installed goes there";
    /// Its path holds what PATH or `pyvenv.cfg` cannot carry.
    PathUnusable = "path-unusable", Error,
        "it cannot be activated there";
    /// Its path is one that some scripts cannot carry.
    PathAwkward = "path-awkward", Note,
        "scripts that a package brings as they are may not start";
    /// Something of an interrupted `create` is left.
    CreateLeftover = "create-leftover", Warning,
        "it takes space";

    // ---- scripts ----
    /// The interpreter of a script is gone.
    ShebangDead = "shebang-dead", Error,
        "the command does not start";
    /// A script starts a Python outside of the environment.
    ShebangForeign = "shebang-foreign", Warning,
        "the command does not see the environment's packages";
    /// The first line of a script is longer than the system takes.
    ShebangTooLong = "shebang-too-long", Error,
        "the command does not start, or starts something else";
    /// A command of a relocatable environment has an absolute shebang.
    ShebangAbsolute = "shebang-absolute", Warning,
        "the command does not start after the environment is moved, and starts the original from a copy";
    /// An activation script is missing.
    ActivationMissing = "activation-missing", Warning,
        "editors and guides use it";
    /// An activation script is not the one that this rvenv writes.
    ActivationStale = "activation-stale", Note,
        "this rvenv writes another one";
    /// An activation script was altered.
    ActivationAltered = "activation-altered", Note,
        "it is left as it is";

    // ---- site-packages ----
    /// There is no site-packages.
    SiteMissing = "site-packages-missing", Note,
        "the next install creates it";
    /// There are packages for another Python version beside.
    SiteOther = "site-packages-other", Warning,
        "this Python does not see the packages in it";
    /// What an interrupted install left behind.
    InstallLeftover = "install-leftover", Warning,
        "pip complains of it at each run";
    /// A package's metadata is incomplete.
    MetadataIncomplete = "metadata-incomplete", Warning,
        "an install was interrupted: pip can neither upgrade nor remove the package";
    /// A package is recorded twice.
    PackageTwice = "package-twice", Warning,
        "an upgrade was interrupted: the files of both versions may be mixed";
    /// A `.pth` file cannot be decoded.
    PthUnreadable = "pth-unreadable", Error,
        "Python does not start, or skips the file";
    /// Two packages installed different contents of one file.
    FileShared = "file-shared", Warning,
        "one of them runs the other's code, and removing one damages the other";
    /// A command that a package installed is missing or cannot start.
    CommandBroken = "command-broken", Error,
        "it does not start, or does nothing";
    /// A package requires another one that is not installed.
    RequirementMissing = "requirement-missing", Error,
        "an import of it fails";
    /// A package requires another version than the installed one, or an extra that is not there.
    RequirementConflict = "requirement-conflict", Warning,
        "it may fail where it uses the other package";
    /// pip or uv is installing into the environment now.
    InstallRunning = "install-running", Error,
        "what it changes cannot be judged before it ends";
    /// A `.pth` file names a place that is not there.
    PthDangling = "pth-dangling", Warning,
        "what it was to make importable is not";
    /// The project of an editable install is not there.
    EditableGone = "editable-gone", Warning,
        "it cannot be imported";
    /// A package was built for another Python.
    ForeignAbi = "foreign-abi", Error,
        "its compiled modules cannot be imported";
    /// Files of a package are missing or of another size (plain: directories and compiled modules).
    PackageDamaged = "package-damaged", Error,
        "it does not work as it should";
    /// Files of a package are not as they were installed (`--deep`).
    PackageAltered = "package-altered", Warning,
        "its next upgrade overwrites the change";

    // ---- pip ----
    /// There is no pip.
    PipMissing = "pip-missing", Warning,
        "`pip install` goes to another Python or fails";
    /// Files of pip are missing or not whole.
    PipDamaged = "pip-damaged", Error,
        "pip may fail at any moment";
    /// pip is recorded twice.
    PipTwice = "pip-twice", Error,
        "the files of both versions may be mixed";

    // ---- who may write ----
    /// Files belong to another user.
    OwnedByAnother = "owned-by-another", Warning,
        "installing fails half-way, or another user decides what runs";
    /// Everybody may write.
    WritableByAll = "writable-by-all", Warning,
        "anybody on this machine decides what runs";
    /// A whole group may write.
    WritableByGroup = "writable-by-group", Note,
        "everybody in that group decides what runs";

    // ---- the project ----
    /// The project asks for another Python.
    RequiresPython = "requires-python", Warning,
        "pip refuses to install the project here";
    /// The environment is tracked by git.
    TrackedByGit = "tracked-by-git", Warning,
        "an environment is of no use on another machine, and bloats the history";
    /// Nothing keeps git from seeing the environment.
    GitignoreMissing = "gitignore-missing", Note,
        "`git add .` would take the environment in";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Remedy {
    /// `check --fix` takes these steps.
    Fix {
        /// In their order.
        steps: Vec<Step>,
    },
    /// This command, to be typed as it is.
    Run {
        /// Its words.
        command: Vec<String>,
    },
    /// Activating this environment in the calling shell.
    Activate {
        /// Its directory.
        #[serde(serialize_with = "crate::support::json::path")]
        root: PathBuf,
    },
    /// Something that only the user can decide.
    Advice {
        /// What to do, as an imperative.
        text: String,
    },
}

impl Remedy {
    /// A command.
    pub(super) fn run<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self::Run { command: words.into_iter().map(Into::into).collect() }
    }

    /// An advice.
    pub(super) fn advice(text: impl Into<String>) -> Self {
        Self::Advice { text: text.into() }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// What was seen, as a lowercase fragment without full stop.
    pub seen: String,
    /// The way out.
    pub remedy: Remedy,
}

impl Finding {
    pub(super) fn new(code: Code, seen: impl Into<String>, remedy: Remedy) -> Self {
        Self { code, seen: seen.into(), remedy }
    }

    /// Whether it keeps the environment from counting as healthy.
    pub fn is_problem(&self) -> bool {
        self.code.severity() < Severity::Note
    }

    /// The steps that `check --fix` takes for it.
    pub fn steps(&self) -> &[Step] {
        match &self.remedy {
            Remedy::Fix { steps } => steps,
            Remedy::Run { .. } | Remedy::Activate { .. } | Remedy::Advice { .. } => &[],
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Finding", 5)?;
        out.serialize_field("code", &self.code)?;
        out.serialize_field("severity", &self.code.severity())?;
        out.serialize_field("seen", &self.seen)?;
        out.serialize_field("why", self.code.why())?;
        out.serialize_field("fix", &self.remedy)?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_kebab_case() {
        for (index, code) in Code::ALL.iter().enumerate() {
            let name = code.name();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
            assert!(!Code::ALL[..index].iter().any(|other| other.name() == name), "{name}");
            assert!(!code.why().ends_with('.'), "{name}");
        }
    }

    #[test]
    fn the_page_of_findings_lists_every_code_with_its_severity() {
        let page = include_str!("../help/pages/findings.md");
        for code in Code::ALL {
            let severity = format!("{:?}", code.severity()).to_lowercase();
            let row = format!("| `{}` | {severity} |", code.name());
            assert!(page.contains(&row), "{row}");
        }
    }
}
