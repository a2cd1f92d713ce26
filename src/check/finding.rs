//! A finding about an environment, with its repair.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::code::{Code, Severity};
use crate::venv::repair::Step;

/// The repair of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Remedy {
    /// `check --fix` takes these steps.
    Fix {
        /// In their order.
        steps: Vec<Step>,
    },
    /// pip installs into the environment, which may need the network: this command, or `check --fix --packages`.
    Install {
        /// Its words: `rvenv`, `install`, `--env`, the environment, and the arguments.
        command: Vec<String>,
        /// The arguments of `pip install`.
        #[serde(skip)]
        arguments: Vec<String>,
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
    /// Unsetting a variable in the calling shell.
    Unset {
        /// Its name.
        name: &'static str,
    },
    /// Something that only the user can decide.
    Advice {
        /// The instruction, as an imperative.
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

/// One fault of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its code.
    pub code: Code,
    /// Its severity: that of its code, or a lower one.
    pub severity: Severity,
    /// The observation, as a lowercase fragment without a full stop.
    pub seen: String,
    /// Its repair.
    pub remedy: Remedy,
}

impl Finding {
    pub(super) fn new(code: Code, seen: impl Into<String>, remedy: Remedy) -> Self {
        Self { code, severity: code.severity(), seen: seen.into(), remedy }
    }

    /// Whether it keeps the environment from counting as healthy.
    pub fn is_problem(&self) -> bool {
        self.severity < Severity::Note
    }

    /// The steps that `check --fix` takes for it.
    pub fn steps(&self) -> &[Step] {
        match &self.remedy {
            Remedy::Fix { steps } => steps,
            Remedy::Install { .. }
            | Remedy::Run { .. }
            | Remedy::Activate { .. }
            | Remedy::Unset { .. }
            | Remedy::Advice { .. } => &[],
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Finding", 5)?;
        out.serialize_field("code", &self.code)?;
        out.serialize_field("severity", &self.severity)?;
        out.serialize_field("seen", &self.seen)?;
        out.serialize_field("why", self.code.why())?;
        out.serialize_field("fix", &self.remedy)?;
        out.end()
    }
}
