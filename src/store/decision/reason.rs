//! The reasons why pip has to run.

use std::path::PathBuf;

/// The reason why a request does not determine its result, so that pip has to run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// An argument, a variable or a key of a configuration file is not known to leave the result as it is.
    #[error("{0} is not in the list of settings that the store knows")]
    UnknownSetting(Setting),
    /// The value of a known setting is not of the form that pip accepts in every release.
    #[error("the value of {0} is not one that the store knows")]
    Value(Setting),
    /// A setting is made twice, and which one counts is pip's decision.
    #[error("{0} is set twice")]
    Twice(Setting),
    /// A source of distributions whose content can change without notice, such as an index in a directory.
    #[error("the content of `{0}` is not determined by its name")]
    Source(String),
    /// A file that determines the result cannot be read as pip reads it.
    #[error("cannot read `{}` as pip does: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The violated rule.
        why: &'static str,
    },
    /// A line of a requirements file is not a pinned requirement and not a known option.
    #[error("`{line}` in `{}` is neither a pinned requirement nor a known option", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, without its comment.
        line: String,
    },
    /// A requirement is not of the form `NAME==VERSION`, with or without extras and a marker.
    #[error("`{0}` is not pinned with `==`")]
    NotPinned(String),
    /// The request contains no requirement.
    #[error("nothing is requested")]
    Empty,
    /// A marker's value depends on the release of pip, or on something that is not known.
    #[error("the marker of `{0}` cannot be evaluated")]
    Marker(String),
    /// Two lines about one distribution disagree.
    #[error("two lines about `{0}` differ")]
    Conflict(String),
    /// pip demands a hash for each requirement if one has a hash.
    #[error("`{0}` has no hash")]
    HashMissing(String),
    /// No stored distribution matches.
    #[error("`{name}` {version} is not in the store")]
    NotStored {
        /// The normalized name.
        name: String,
        /// The requested version.
        version: String,
    },
    /// It is stored, but pip installed it under other settings.
    #[error("`{name}` {version} in the store was installed under other settings")]
    OtherSettings {
        /// The normalized name.
        name: String,
        /// The requested version.
        version: String,
    },
    /// Several stored distributions match, and which one pip takes is its decision.
    #[error("the store has several distributions that match `{0}`")]
    Ambiguous(String),
    /// pip warns about a yanked release.
    #[error("`{0}` was yanked from its index")]
    Yanked(String),
    /// METADATA has something that cannot be judged.
    #[error("the metadata of `{0}` cannot be evaluated")]
    Metadata(String),
    /// A dependency is not in the request.
    #[error("`{of}` needs `{needs}`, which is not in the request")]
    DependencyMissing {
        /// The distribution.
        of: String,
        /// The requirement.
        needs: String,
    },
    /// A dependency is in the request, with another version.
    #[error("`{of}` needs `{needs}`, which the request does not satisfy")]
    DependencyConflict {
        /// The distribution.
        of: String,
        /// The requirement.
        needs: String,
    },
    /// A distribution does not have an extra of this name, or not in this spelling.
    #[error("`{name}` has no extra `{extra}`")]
    Extra {
        /// The distribution.
        name: String,
        /// The extra.
        extra: String,
    },
    /// The distribution is not for this version of Python.
    #[error("`{0}` does not support this version of Python")]
    RequiresPython(String),
    /// The environment sees the packages of its base.
    #[error("the environment includes the system's site-packages")]
    SystemSitePackages,
    /// Another directory of packages is on the module path.
    #[error("`{}` has packages too", .0.display())]
    OtherPackages(PathBuf),
    /// A variable changes what pip writes or compiles.
    #[error("the variable {0} changes what is installed")]
    Variable(&'static str),
    /// A distribution is installed in another version, or so that its version is not known.
    #[error("`{0}` is installed in another version")]
    OtherVersionInstalled(String),
    /// An installed distribution is not satisfied by what is to be installed.
    #[error("`{installed}`, which is installed, needs `{needs}`")]
    InstalledConflict {
        /// The installed distribution.
        installed: String,
        /// The requirement.
        needs: String,
    },
    /// The lock file cannot be installed here.
    #[error("{0}")]
    LockFile(super::LockError),
    /// `--upgrade` of something that is installed.
    #[error("`{0}` is installed, and an upgrade is requested")]
    Upgrade(String),
}

/// The source of a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Setting {
    /// An argument of `pip install`.
    #[error("the argument `{0}`")]
    Argument(String),
    /// A variable.
    #[error("the variable `{0}`")]
    Variable(String),
    /// A key of one of pip's configuration files.
    #[error("the key `{key}` in `{}`", file.display())]
    Key {
        /// The key, as written.
        key: String,
        /// The file.
        file: PathBuf,
    },
}
