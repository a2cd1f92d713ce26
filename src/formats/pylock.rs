//! `pylock.toml`: a lock file (PEP 751, the "pylock.toml specification" of `PyPA`).

use std::collections::BTreeMap;

use serde::Deserialize;

/// The fields of the file that determine the installed packages.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Pylock {
    pub(crate) lock_version: String,
    #[serde(default)]
    pub(crate) environments: Vec<String>,
    pub(crate) requires_python: Option<String>,
    #[serde(default)]
    pub(crate) default_groups: Vec<String>,
    pub(crate) packages: Vec<Package>,
}

/// A package to install, with the files that it can be installed from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) marker: Option<String>,
    pub(crate) requires_python: Option<String>,
    pub(crate) vcs: Option<Source>,
    pub(crate) directory: Option<Source>,
    pub(crate) archive: Option<Source>,
    pub(crate) sdist: Option<File>,
    #[serde(default)]
    pub(crate) wheels: Vec<File>,
}

/// A repository, a directory or an archive.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Source {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) commit_id: Option<String>,
    pub(crate) subdirectory: Option<String>,
    #[serde(default)]
    pub(crate) editable: bool,
    #[serde(default)]
    pub(crate) hashes: BTreeMap<String, String>,
}

/// A wheel or a source distribution.
#[derive(Debug, Deserialize)]
pub(crate) struct File {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) hashes: BTreeMap<String, String>,
}

impl Pylock {
    /// Parses the file; the error is that of the TOML parser.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }
}

impl File {
    /// The name of the file.
    pub(crate) fn file_name(&self) -> Option<&str> {
        fn last(path: &str) -> Option<&str> {
            path.rsplit(['/', '\\']).next()
        }
        let url = self.url.as_deref().and_then(|url| url.split(['?', '#']).next());
        self.name.as_deref().or_else(|| self.path.as_deref().or(url).and_then(last))
    }
}

/// Whether a path names a lock file: `pylock.toml` or `pylock.NAME.toml` with a name without dots.
pub(crate) fn is_lock_file(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let middle = name.strip_prefix("pylock.").and_then(|rest| rest.strip_suffix("toml"));
    middle.is_some_and(|middle| {
        let name = middle.strip_suffix('.');
        middle.is_empty() || name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
    })
}

/// Version, build tag and compatibility tags in the name of a wheel (the "binary distribution format").
pub(crate) fn wheel_parts(file_name: &str) -> Option<(&str, (u64, &str), String)> {
    let parts: Vec<&str> = file_name.strip_suffix(".whl")?.split('-').collect();
    let build = match parts.len() {
        5 => "",
        6 => parts[2],
        _ => return None,
    };
    let digits = build.find(|c: char| !c.is_ascii_digit()).unwrap_or(build.len());
    let number = if build.is_empty() { 0 } else { build[..digits].parse().ok()? };
    Some((parts[1], (number, &build[digits..]), parts[parts.len() - 3..].join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_read() {
        let text = r#"
            lock-version = '1.0'
            environments = ["sys_platform == 'win32'", "sys_platform == 'linux'"]
            requires-python = '==3.12'
            created-by = 'mousebender'
            [[packages]]
            name = 'attrs'
            version = '25.1.0'
            requires-python = '>=3.8'
            wheels = [
              {name = 'attrs-25.1.0-py3-none-any.whl', upload-time = 2025-01-25T11:30:10.164985+00:00, url = 'https://files.pythonhosted.org/packages/attrs-25.1.0-py3-none-any.whl', size = 63152, hashes = {sha256 = 'c75a69e2'}},
            ]
            [[packages.attestation-identities]]
            environment = 'release-pypi'
            kind = 'GitHub'
            [[packages]]
            name = 'numpy'
            version = '2.2.3'
            sdist = {url = 'https://x.org/a/numpy-2.2.3.tar.gz#x', hashes = {sha256 = 'aa'}}
            [tool.mousebender]
            command = 'x'
        "#;
        let lock = Pylock::parse(text).unwrap();
        assert_eq!((lock.environments.len(), lock.packages.len()), (2, 2));
        let sdist = lock.packages[1].sdist.as_ref().unwrap();
        assert_eq!(sdist.file_name(), Some("numpy-2.2.3.tar.gz"));
        assert_eq!(lock.packages[0].wheels[0].hashes["sha256"], "c75a69e2");
        assert!(Pylock::parse("lock-version = 1").is_err());
    }

    #[test]
    fn names_of_lock_files() {
        for path in ["pylock.toml", "a/pylock.dev.toml", "../pylock.a-b.toml"] {
            assert!(is_lock_file(path), "{path}");
        }
        for path in [
            "pylock",
            "pylock.a.b.toml",
            "mypylock.toml",
            "pylock..toml",
            "pylock.toml.in",
            "pylocktoml",
        ] {
            assert!(!is_lock_file(path), "{path}");
        }
    }

    #[test]
    fn names_of_wheels() {
        assert_eq!(
            wheel_parts("a_b-1.0-py2.py3-none-any.whl"),
            Some(("1.0", (0, ""), "py2.py3-none-any".to_owned()))
        );
        assert_eq!(
            wheel_parts("a-1-12b-cp39-abi3-linux_x86_64.whl"),
            Some(("1", (12, "b"), "cp39-abi3-linux_x86_64".to_owned()))
        );
        for name in ["a-1-py3-none.whl", "a-1.tar.gz", "a-1-x-py3-none-any.whl", ""] {
            assert_eq!(wheel_parts(name), None, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*", name in "[a-z0-9.-]{0,30}") {
            let _ = Pylock::parse(&text);
            let file = File { name: None, url: Some(text.clone()), path: None, hashes: BTreeMap::new() };
            let _ = (file.file_name(), is_lock_file(&text), wheel_parts(&text), wheel_parts(&format!("{name}.whl")));
        }
    }
}
