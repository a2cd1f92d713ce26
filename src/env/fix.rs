//! What `check --fix` does, step by step.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::{Content, Entry};

/// One change to an environment, that can be told of before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This stands at its place from then on, whatever stood there.
    Put(Entry),
    /// This goes, with all that is in it.
    Remove(PathBuf),
    /// Only its owner may write it from then on.
    Protect(PathBuf),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(Entry { path, content }) => {
                let path = path.display();
                match content {
                    Content::Directory => write!(f, "make the directory `{path}`"),
                    Content::Link(target) => write!(f, "link `{path}` to `{}`", target.display()),
                    Content::Copy(from) => write!(f, "copy `{}` to `{path}`", from.display()),
                    Content::Share(_) | Content::Text(_) | Content::Script(_) => {
                        write!(f, "write `{path}`")
                    }
                }
            }
            Self::Remove(path) => write!(f, "remove `{}`", path.display()),
            Self::Protect(path) => write!(f, "let only the owner write `{}`", path.display()),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
