//! A Python's full version.

use std::fmt;

use pep440_rs::{Prerelease, PrereleaseKind};
use serde::{Deserialize, Serialize};

/// The stage of a release, in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `3.14.0a1`
    Alpha,
    /// `3.14.0b1`
    Beta,
    /// `3.14.0rc1`
    Candidate,
    /// `3.14.0`
    Final,
}

/// `sys.version_info`: ordered by time of release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// 3 in `3.12.1`.
    pub major: u32,
    /// 12 in `3.12.1`.
    pub minor: u32,
    /// 1 in `3.12.1`.
    pub micro: u32,
    /// Its stage.
    pub level: Level,
    /// 2 in `3.14.0rc2`; 0 for a final release.
    pub serial: u32,
}

impl Version {
    /// The oldest supported version.
    pub const OLDEST: Self = Self { major: 3, minor: 8, micro: 0, level: Level::Alpha, serial: 0 };

    /// A final release.
    pub const fn new(major: u32, minor: u32, micro: u32) -> Self {
        Self { major, minor, micro, level: Level::Final, serial: 0 }
    }

    /// Whether the release is an alpha, a beta or a candidate.
    pub fn is_prerelease(self) -> bool {
        self.level != Level::Final
    }

    /// `3.12.1`, without the pre-release segment, as in `pyvenv.cfg`.
    pub fn release(self) -> String {
        format!("{}.{}.{}", self.major, self.minor, self.micro)
    }

    /// `3.12`, as in the names of directories and commands.
    pub fn short(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// The version in the form of PEP 440.
    pub(crate) fn pep440(self) -> pep440_rs::Version {
        let kind = match self.level {
            Level::Alpha => Some(PrereleaseKind::Alpha),
            Level::Beta => Some(PrereleaseKind::Beta),
            Level::Candidate => Some(PrereleaseKind::Rc),
            Level::Final => None,
        };
        let pre = kind.map(|kind| Prerelease { kind, number: u64::from(self.serial) });
        pep440_rs::Version::new([self.major, self.minor, self.micro].map(u64::from)).with_pre(pre)
    }

    /// The version that pip compares with `Requires-Python` (`sys.version_info[:3]`): 3.14.0rc1 counts as 3.14.0.
    pub(crate) fn pep440_release(self) -> pep440_rs::Version {
        self.pep440().only_release()
    }

    /// Whether this is `major.minor` or later, including its pre-releases.
    pub fn at_least(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)?;
        match self.level {
            Level::Alpha => write!(f, "a{}", self.serial),
            Level::Beta => write!(f, "b{}", self.serial),
            Level::Candidate => write!(f, "rc{}", self.serial),
            Level::Final => Ok(()),
        }
    }
}
