//! The catalogue of everything that `check` can find.

use serde::{Serialize, Serializer};

/// The severity of a finding; [`SEVERITY_RULE`] is the rule that determines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It stops something that the environment is for.
    Error,
    /// It will stop something that the environment is for, or does so in some cases.
    Warning,
    /// A fact; the environment counts as healthy.
    Note,
}

impl Severity {
    /// Its name: `warning`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// The rule that decides the severity of a finding.
pub const SEVERITY_RULE: &str = "An error stops something that the environment is for: starting its Python, \
    importing its packages, starting its commands, installing into it, activating it. A warning will \
    stop one of these, or does so in some cases. A note is a fact. What the user did on purpose is at \
    most a note.";

/// All cases that count as done on purpose, and their treatment.
pub const ON_PURPOSE: &[(&str, &str)] = &[
    ("no pip: `--without-pip`, `uv venv`, `virtualenv --no-pip`", "no finding"),
    ("pip uninstalled with all of its files", "note `pip-missing`"),
    ("no activation scripts, or those of some shells: `virtualenv --activators`", "no finding"),
    ("an activation script edited by hand", "note `activation-altered`"),
    ("own scripts in `bin` or `Scripts` with a Python outside of the environment", "no finding"),
    ("a distribution without RECORD of an installer that is not pip or uv (PEP 627)", "no finding"),
    ("`pyvenv.cfg` with `home` only", "note `cfg-incomplete`"),
    ("a bash function `python` or `pip`, exported", "note `command-hidden`"),
    ("own modules in `site-packages`", "note `files-unowned`"),
    ("certificates added to certifi's `cacert.pem`", "note `package-altered`"),
    ("sources deleted beside their bytecode: `compileall -b`", "no finding"),
    ("bytecode, `tests` directories and data of Jupyter deleted", "no finding"),
    ("an editable install's directory that its build backend creates later", "no finding"),
    ("`.gitignore` and `.gitkeep` of the environment tracked by git", "no finding"),
    ("codes in `check-ignore`", "note"),
];

/// Declares every code once: its family, its name, its severity, its meaning, and why it matters.
macro_rules! catalogue {
    ($($family:literal {
        $($code:ident = $name:literal, $severity:ident, $meaning:literal, $why:literal;)+
    })+) => {
        /// Everything that `check` can find. The names are stable: programs may rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $meaning] $code,)+)+
        }

        impl Code {
            /// Every code, in the order of the catalogue: by family.
            pub const ALL: &[Self] = &[$($(Self::$code),+),+];

            /// Its stable name: `base-gone`.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$code => $name),+),+ }
            }

            /// Its family: `the session`.
            pub const fn family(self) -> &'static str {
                match self { $($(Self::$code => $family),+),+ }
            }

            /// Its severity, unless a finding is less certain or is ignored.
            pub const fn severity(self) -> Severity {
                match self { $($(Self::$code => Severity::$severity),+),+ }
            }

            /// Its meaning: one sentence without its full stop.
            pub const fn meaning(self) -> &'static str {
                match self { $($(Self::$code => $meaning),+),+ }
            }

            /// Its consequence: a lowercase fragment.
            pub const fn why(self) -> &'static str {
                match self { $($(Self::$code => $why),+),+ }
            }
        }
    };
}

/// Names that codes had in the reports of version 1, and the codes that they are part of now.
pub const FORMER_NAMES: &[(&str, Code)] = &[
    ("activation-stale", Code::ActivationAltered),
    ("path-awkward", Code::CommandHidden),
    ("base-implementation-changed", Code::InterpreterElsewhere),
];

impl Code {
    /// The code of this name, or of this former name.
    pub fn named(name: &str) -> Option<Self> {
        let former =
            || FORMER_NAMES.iter().find(|(former, _)| *former == name).map(|(_, code)| *code);
        Self::ALL.iter().copied().find(|code| code.name() == name).or_else(former)
    }

    /// Whether a running installer causes this temporarily.
    pub(super) const fn is_caused_by_installing(self) -> bool {
        matches!(
            self,
            Self::InstallLeftover
                | Self::FilesUnowned
                | Self::MetadataIncomplete
                | Self::PackageTwice
                | Self::PackageDamaged
                | Self::PackageAltered
                | Self::CommandBroken
                | Self::FileShared
                | Self::RequirementMissing
                | Self::RequirementConflict
                | Self::PipMissing
                | Self::PipDamaged
                | Self::PipTwice
        )
    }

    /// Whether no repair of another finding works before this one is repaired.
    pub(super) const fn blocks_repairs(self) -> bool {
        matches!(self, Self::InstallRunning | Self::OwnedByAnother)
    }

    /// The place of a finding among those of its severity. What other repairs need comes first: the
    /// base before links, those before pip, that before packages, those before activation.
    pub(super) fn repair_order(self) -> u8 {
        const FAMILIES: [&str; 9] = [
            "permissions",
            "pyvenv.cfg and the base",
            "the interpreter",
            "the path",
            "pip",
            "site-packages",
            "scripts",
            "the session",
            "the project",
        ];
        match self {
            // Before it is removed, pip and links belong to another system.
            Self::OtherSystem => 0,
            // The hint for it runs the environment's own pip.
            Self::CommandBroken => 5,
            Self::RequirementMissing | Self::RequirementConflict => 6,
            code => {
                let place = FAMILIES.iter().position(|family| *family == code.family());
                u8::try_from(place.unwrap_or(FAMILIES.len())).unwrap_or(u8::MAX)
            }
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

catalogue! {
    "the session" {
        NotActive = "not-active", Error,
            "No environment is active",
            "`python` and `pip` are the first ones that PATH contains";
        ActiveGone = "active-gone", Error,
            "`VIRTUAL_ENV` names a directory that does not exist",
            "`python` is another one, further down PATH";
        ActiveIsAnother = "active-is-another", Warning,
            "The active environment is not the project's",
            "what is installed or run goes to the other environment";
        NotOnPath = "not-on-path", Error,
            "`VIRTUAL_ENV` is set and PATH does not contain the environment",
            "`python` is not the one of `VIRTUAL_ENV`";
        VariableUnset = "variable-unset", Warning,
            "PATH contains the environment and `VIRTUAL_ENV` does not name it",
            "tools that look at `VIRTUAL_ENV` do not see the environment";
        PathShadowed = "path-shadowed", Error,
            "Another entry of PATH with the same commands comes before the environment's",
            "the command runs outside of the environment";
        PythonhomeSet = "pythonhome-set", Error,
            "`PYTHONHOME` is set",
            "it makes every Python look for its standard library there, the environment's too";
        PythonVariableSet = "python-variable-set", Warning,
            "`PYTHONEXECUTABLE`, `__PYVENV_LAUNCHER__` or `PYTHONPLATLIBDIR` is set",
            "Python takes its prefix or its library from it, and not from the environment";
        PythonpathSet = "pythonpath-set", Warning,
            "`PYTHONPATH` is set",
            "its modules come before the environment's packages";
        CommandHidden = "command-hidden", Note,
            "A command may not start: bash exports a function of its name, or the environment's path cannot stand in the first line of a script",
            "the shell may run something else";
    }

    "pyvenv.cfg and the base" {
        CfgMissing = "cfg-missing", Error,
            "There is no `pyvenv.cfg`",
            "without it Python does not know that it is in an environment (PEP 405)";
        CfgUnreadable = "cfg-unreadable", Error,
            "`pyvenv.cfg` cannot be read",
            "without it Python does not know that it is in an environment (PEP 405)";
        CfgKeyMissing = "cfg-key-missing", Error,
            "`pyvenv.cfg` has no `home`, or one that is not absolute",
            "Python finds its base by `home`";
        CfgIncomplete = "cfg-incomplete", Note,
            "`pyvenv.cfg` has no `version` or no `include-system-site-packages`",
            "Python takes a default, and other tools may need the key";
        CfgKeyWrong = "cfg-key-wrong", Note,
            "`version` in `pyvenv.cfg` is not that of the base: the base was upgraded",
            "Python does not read it; tools that do are misled";
        OtherSystem = "other-system", Error,
            "The environment was created on another operating system",
            "none of its commands can start here";
        BaseGone = "base-gone", Error,
            "The base Python does not exist any more",
            "no command of the environment can start";
        BaseBroken = "base-broken", Error,
            "The base Python exists and does not start, or not for this user",
            "no command of the environment can start";
        BaseNotStarted = "base-not-started", Note,
            "Only the environment names its base Python, so that was not started; `--deep` starts it",
            "the environment is described from its files";
        BaseUnbound = "base-unbound", Note,
            "`rvenv pack` wrote the environment, whose `bin/python` searches for a Python at each start",
            "it starts sooner, and other tools know its base, after `--fix` has bound it to one";
        BaseUnsupported = "base-unsupported", Warning,
            "The base is a Python of a version that rvenv does not know",
            "the environment may work, and cannot be judged";
        BaseIncomplete = "base-incomplete", Warning,
            "The base lacks a module that pip imports: `zlib`, `pyexpat`, `select` or `ssl`",
            "`rvenv install` and `pip install` fail";
        BaseMinorChanged = "base-minor-changed", Error,
            "The base is now another minor version",
            "the packages that were installed are not seen";
        BaseEphemeral = "base-ephemeral", Warning,
            "The base is in a directory that is cleaned or replaced",
            "the environment breaks when that is done";
    }

    "the interpreter" {
        InterpreterMissing = "interpreter-missing", Error,
            "There is no `python` in the environment",
            "`python` is another one, further down PATH";
        InterpreterLoop = "interpreter-loop", Error,
            "The link to the interpreter leads to itself",
            "no command of the environment can start";
        InterpreterElsewhere = "interpreter-elsewhere", Error,
            "The interpreter is neither the one that `pyvenv.cfg` names nor a copy of it, or belongs to another implementation",
            "that Python takes another standard library or does not see the packages";
        InterpreterNotExecutable = "interpreter-not-executable", Error,
            "The interpreter cannot be executed",
            "commands of the environment cannot start";
        InterpreterAlias = "interpreter-alias", Warning,
            "A further name of the interpreter is missing or starts another Python, or a launcher is not the base's",
            "the command runs another Python, or none";
        InterpreterDisagrees = "interpreter-disagrees", Error,
            "The interpreter started and reports something else than its files say (`--deep`)",
            "it does not work as an environment";
        StartupFails = "startup-fails", Warning,
            "A `.pth` file, `sitecustomize` or `usercustomize` fails whenever Python starts",
            "each command prints its error, and what it was to prepare is missing";
    }

    "the path" {
        Moved = "moved", Error,
            "The environment was moved or renamed",
            "its commands start nothing, and its activation scripts name the former path";
        Copied = "copied", Error,
            "The environment is a copy of one that still exists",
            "its commands run in the original, and what is installed goes there";
        PathUnusable = "path-unusable", Error,
            "The environment's path has characters that PATH or `pyvenv.cfg` cannot contain",
            "it cannot be activated there";
        CreateLeftover = "create-leftover", Warning,
            "An interrupted `create` left temporary files",
            "they take space";
    }

    "scripts" {
        ShebangDead = "shebang-dead", Error,
            "The interpreter of a command does not exist, or cannot be executed",
            "the command does not start";
        ShebangForeign = "shebang-foreign", Warning,
            "A command that an installer wrote starts a Python outside of the environment",
            "the command does not see the environment's packages";
        ShebangTooLong = "shebang-too-long", Error,
            "The first line of a command is longer than the system accepts",
            "the command does not start, or starts something else";
        ShebangAbsolute = "shebang-absolute", Warning,
            "A command of a relocatable environment has an absolute first line",
            "the command does not start after the environment is moved, and starts the original from a copy";
        CommandBroken = "command-broken", Error,
            "A command that a package installed is missing, empty, not executable, or has Windows line ends",
            "it does not start, or does nothing";
        ActivationMissing = "activation-missing", Warning,
            "An activation script is missing",
            "editors and guides use it";
        ActivationBroken = "activation-broken", Error,
            "An activation script is empty, has NUL bytes or Windows line ends",
            "sourcing it does nothing or fails";
        ActivationAltered = "activation-altered", Note,
            "An activation script is not the one that this rvenv writes: an older one, or edited by hand",
            "it is kept as it is";
    }

    "site-packages" {
        SiteMissing = "site-packages-missing", Note,
            "There is no `site-packages` directory",
            "the next install creates it";
        SiteOther = "site-packages-other", Warning,
            "Another directory contains packages for another Python version",
            "this Python does not see them";
        InstallRunning = "install-running", Error,
            "pip or uv is installing into the environment now",
            "what it changes cannot be judged before it ends";
        InstallLeftover = "install-leftover", Warning,
            "An interrupted install or uninstall left files",
            "pip warns of them at each run, or a package is not whole";
        FilesUnowned = "files-unowned", Warning,
            "Files in `site-packages` belong to no installed distribution",
            "an interrupted install leaves such files, and pip cannot remove them";
        MetadataIncomplete = "metadata-incomplete", Warning,
            "A package's metadata is incomplete",
            "pip can neither upgrade nor remove the package";
        PackageTwice = "package-twice", Warning,
            "A package is recorded twice",
            "an upgrade was interrupted, and files of both versions may be mixed";
        PthUnreadable = "pth-unreadable", Error,
            "A `.pth` file cannot be decoded",
            "Python does not start, or skips the file";
        PthDangling = "pth-dangling", Warning,
            "A `.pth` file names a directory that does not exist",
            "what it was to make importable is not";
        EditableGone = "editable-gone", Warning,
            "The project of an editable install does not exist any more",
            "it cannot be imported";
        ForeignAbi = "foreign-abi", Error,
            "A package was built for another Python, machine or system",
            "its compiled modules cannot be imported";
        FileShared = "file-shared", Warning,
            "Two packages installed different contents of one file",
            "one of them runs the other's code, and removing one damages the other";
        PackageDamaged = "package-damaged", Error,
            "Files of a package are missing or cut short (without `--deep`: directories and compiled modules only)",
            "importing it fails or gives other results";
        PackageAltered = "package-altered", Warning,
            "Files of a package are not as they were installed (`--deep`)",
            "its next upgrade overwrites the change";
        RequirementMissing = "requirement-missing", Error,
            "A package requires another one that is not installed",
            "an import of it fails";
        RequirementConflict = "requirement-conflict", Warning,
            "A package requires another version than the installed one, an extra that is missing, or another Python",
            "it may fail where it uses that";
    }

    "pip" {
        PipMissing = "pip-missing", Warning,
            "pip was removed, wholly or in part",
            "`pip install` goes to another Python or fails";
        PipDamaged = "pip-damaged", Error,
            "Files of pip are missing or cut short",
            "some or all commands of pip fail";
        PipDestination = "pip-destination", Warning,
            "A file of pip's configuration chooses another place to install into",
            "`pip install` in the activated environment installs elsewhere or fails";
        PipTwice = "pip-twice", Error,
            "pip is recorded twice",
            "files of both versions may be mixed";
    }

    "permissions" {
        HardLinkedByAnother = "hard-linked-by-another", Warning,
            "Files are hard links of another user's files",
            "that user can change them, and `chown -R` of the environment gives the other names away, too";
        OwnedByAnother = "owned-by-another", Warning,
            "Files belong to another user",
            "installing fails half-way, or another user decides what runs";
        WritableByAll = "writable-by-all", Warning,
            "Every user of the machine may write",
            "every user decides what runs";
        WritableByGroup = "writable-by-group", Note,
            "A group of several users may write",
            "each of them decides what runs";
    }

    "the project" {
        RequiresPython = "requires-python", Warning,
            "The project requires another Python",
            "pip refuses to install the project here";
        TrackedByGit = "tracked-by-git", Warning,
            "git tracks files of the environment",
            "an environment does not work on another machine, and enlarges the history";
        GitIndexUnread = "git-index-unread", Note,
            "git's index is split or larger than 64 MiB, and is not read",
            "whether git tracks files of the environment is unknown";
        GitignoreMissing = "gitignore-missing", Note,
            "Nothing makes git ignore the environment",
            "`git add .` would add it";
    }
}

impl Code {
    /// Whether it is about the calling shell, and not about the environment.
    pub const fn is_of_session(self) -> bool {
        matches!(
            self,
            Self::NotActive
                | Self::ActiveGone
                | Self::ActiveIsAnother
                | Self::NotOnPath
                | Self::VariableUnset
                | Self::PathShadowed
                | Self::PythonhomeSet
                | Self::PythonVariableSet
                | Self::PythonpathSet
                | Self::CommandHidden
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_kebab_case() {
        let former = FORMER_NAMES.iter().map(|(name, _)| *name);
        let names: Vec<_> = Code::ALL.iter().map(|code| code.name()).chain(former).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
            assert!(!names[..index].contains(name), "{name}");
            assert!(Code::named(name).is_some(), "{name}");
        }
        assert_eq!(Code::named("path-awkward"), Some(Code::CommandHidden));
        assert_eq!(Code::named("no-such-code"), None);
        for code in Code::ALL {
            assert!(!code.why().ends_with('.') && !code.meaning().ends_with('.'), "{code:?}");
        }
    }
}
