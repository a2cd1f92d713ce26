//! The settings that pip takes from `PIP_*` variables and its configuration files
//! (`pip/_internal/configuration.py`, `pip/_internal/cli/parser.py`).

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::options::{self, Given, Known, Meaning, Takes};
use super::reason::{Reason, Setting};
use crate::support::host::Host;
use crate::support::pip_config;

/// A setting that is made outside of the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Default {
    pub(super) given: Given,
    /// For an option without a value: whether it is switched on.
    pub(super) is_on: bool,
    /// Whether it replaces what was set before, where an option can be repeated.
    pub(super) is_first: bool,
}

/// The settings of the configuration files that the pip of the environment at `root` reads, and of the
/// variables, in the order in which pip applies them.
///
/// # Errors
/// [`Reason::UnknownSetting`], [`Reason::Value`], [`Reason::File`]; [`Reason::Twice`] where one set of
/// sources, files or variables, sets an option twice.
pub(super) fn read(host: &Host, root: &Path) -> Result<Vec<Default>, Reason> {
    let mut settings = of_files(pip_config::texts(host, root))?;
    settings.extend(of_variables(host)?);
    Ok(settings)
}

/// Whether a variable or a configuration file makes pip write a report, or may do so.
pub(super) fn sets_report(host: &Host, root: &Path) -> bool {
    let in_variables = variables(host).any(|(name, _)| name == "report");
    let in_file = |text: &str| text.to_ascii_lowercase().contains("report");
    let mut files = pip_config::texts(host, root);
    in_variables || files.any(|(_, text)| in_file(&String::from_utf8_lossy(&text)))
}

fn of_variables(host: &Host) -> Result<Vec<Default>, Reason> {
    let mut read = Reader::default();
    for (name, value) in variables(host) {
        let setting =
            || Setting::Variable(format!("PIP_{}", name.to_uppercase().replace('-', "_")));
        read.add(&name, value.as_deref(), &setting)?;
    }
    Ok(read.settings)
}

/// The variables with pip's names for their options; the value is `None` where it is not Unicode. pip
/// ignores empty ones.
fn variables(host: &Host) -> impl Iterator<Item = (String, Option<String>)> {
    host.vars().filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
        let name = name.to_str()?;
        let (prefix, option) = name.split_at_checked(4)?;
        let is_pips = prefix.eq_ignore_ascii_case("PIP_");
        is_pips.then(|| (pip_config::normalized(option), value.to_str().map(str::to_owned)))
    })
}

fn of_files(files: impl Iterator<Item = (PathBuf, Vec<u8>)>) -> Result<Vec<Default>, Reason> {
    // `install` overrides `global`, whatever the order of the files.
    let mut sections = BTreeMap::<bool, Vec<_>>::new();
    for (file, text) in files {
        let failed = || Reason::File { path: file.clone(), why: "not of the simple form" };
        let text =
            String::from_utf8(text).ok().filter(|text| text.is_ascii()).ok_or_else(failed)?;
        for (section, key, value) in parse(&text).ok_or_else(failed)? {
            if matches!(&*section, "global" | "install") {
                let setting = Setting::Key { key: key.clone(), file: file.clone() };
                let value = (pip_config::normalized(&key), value, setting);
                sections.entry(section == "install").or_default().push(value);
            } else if section == ":env:" {
                return Err(failed());
            }
        }
    }
    let mut read = Reader::default();
    for (name, value, setting) in sections.into_values().flatten() {
        read.add(&name, Some(&value), &|| setting.clone())?;
    }
    Ok(read.settings)
}

#[derive(Default)]
struct Reader {
    settings: Vec<Default>,
    seen: HashSet<String>,
}

impl Reader {
    fn add(
        &mut self,
        name: &str,
        value: Option<&str>,
        setting: &dyn Fn() -> Setting,
    ) -> Result<(), Reason> {
        if options::is_harmless_setting(name) {
            return Ok(());
        }
        let known = options::by_name(name).filter(|known| known.meaning != Meaning::Requirement);
        let known = known.ok_or_else(|| Reason::UnknownSetting(setting()))?;
        let value = value.ok_or_else(|| Reason::Value(setting()))?;
        // pip empties one control of formats when it fills the other.
        let name = if known.meaning == Meaning::NoBinary { "only-binary" } else { known.names[0] };
        if !self.seen.insert(name.to_owned()) {
            return Err(Reason::Twice(setting()));
        }
        self.settings.extend(defaults(known, value, setting)?);
        Ok(())
    }
}

/// The settings that a value makes: several for an option that can be repeated.
fn defaults(
    known: &Known,
    value: &str,
    setting: &dyn Fn() -> Setting,
) -> Result<Vec<Default>, Reason> {
    let failed = || Reason::Value(setting());
    if known.takes == Takes::Nothing {
        let is_on = switch(value).ok_or_else(failed)?;
        let given = known.given("", setting)?;
        return Ok(vec![Default { given, is_on, is_first: true }]);
    }
    let is_list =
        matches!(known.meaning, Meaning::ExtraIndexUrl | Meaning::FindLinks | Meaning::TrustedHost);
    if !is_list && value.contains(char::is_whitespace) {
        return Err(failed());
    }
    let words = value.split_ascii_whitespace().enumerate();
    let default = |(at, word)| {
        Ok(Default { given: known.given(word, setting)?, is_on: true, is_first: at == 0 })
    };
    words.map(default).collect()
}

/// `strtobool` of `pip/_internal/utils/misc.py`; a digit counts how often a flag is given.
fn switch(value: &str) -> Option<bool> {
    match &*value.to_ascii_lowercase() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Section, key and value of each setting, as `configparser` reads them; `None` where the text has more
/// than sections, keys, their continuations and comments.
fn parse(text: &str) -> Option<Vec<(String, String, String)>> {
    let mut settings: Vec<(String, String, String)> = Vec::new();
    let mut section: Option<String> = None;
    // A continuation is possible behind a key, up to an empty line.
    let mut is_open = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.contains(|c: char| c.is_control() && c != '\t') {
            return None;
        }
        if trimmed.is_empty() {
            is_open = false;
        } else if trimmed.starts_with(['#', ';']) {
        } else if line.starts_with([' ', '\t']) {
            let (.., value) = settings.last_mut().filter(|_| is_open)?;
            value.push('\n');
            value.push_str(trimmed);
        } else if let Some(name) = trimmed.strip_prefix('[') {
            let name = name.strip_suffix(']').filter(|name| !name.contains([']', '[']))?;
            section = Some(name.to_owned());
            is_open = false;
        } else {
            let (key, value) = trimmed.split_once(['=', ':'])?;
            let setting = (section.clone()?, key.trim().to_owned(), value.trim().to_owned());
            settings.push(setting);
            is_open = true;
        }
    }
    // pip ignores empty values.
    settings.retain(|(.., value)| !value.is_empty());
    Some(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(vars: &[(&str, &str)]) -> Result<Vec<(Meaning, String, bool)>, Reason> {
        let host = Host::new(vars.iter().copied(), "/");
        let read = of_variables(&host)?;
        let read = read.into_iter().map(|it| (it.given.meaning, it.given.value, it.is_on));
        Ok(read.collect())
    }

    #[test]
    fn known_variables_are_read_as_pip_reads_them() {
        for (name, value, expected) in [
            ("PIP_INDEX_URL", "http://x", &[(Meaning::IndexUrl, "http://x", true)][..]),
            ("PIP_index_url", "http://x", &[(Meaning::IndexUrl, "http://x", true)]),
            ("PIP_PYPI_URL", "http://x", &[(Meaning::IndexUrl, "http://x", true)]),
            (
                "PIP_EXTRA_INDEX_URL",
                "http://x\n http://y",
                &[
                    (Meaning::ExtraIndexUrl, "http://x", true),
                    (Meaning::ExtraIndexUrl, "http://y", true),
                ],
            ),
            ("PIP_NO_INDEX", "No", &[(Meaning::NoIndex, "", false)]),
            ("PIP_PRE", "1", &[(Meaning::Pre, "", true)]),
            ("PIP_USER", "1", &[]),
            ("PIP_BREAK_SYSTEM_PACKAGES", "1", &[]),
            ("PIP_CONSTRAINT", "", &[]),
            ("XPIP_CONSTRAINT", "x", &[]),
        ] {
            let expected: Vec<_> =
                expected.iter().map(|(m, v, on)| (*m, (*v).to_owned(), *on)).collect();
            assert_eq!(given(&[(name, value)]), Ok(expected), "{name}={value}");
        }
    }

    #[test]
    fn variables_that_change_the_result_make_pip_run() {
        for name in
            ["PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_CONFIG_SETTINGS", "PIP_REPORT", "PIP_TARGET"]
        {
            let setting = Setting::Variable(name.to_owned());
            assert_eq!(given(&[(name, "x")]), Err(Reason::UnknownSetting(setting)), "{name}");
        }
        for (name, value) in [
            ("PIP_NO_INDEX", "perhaps"),
            ("PIP_INDEX_URL", "http://x http://y"),
            ("PIP_TIMEOUT", "soon"),
            ("PIP_PROGRESS_BAR", "ascii"),
        ] {
            let setting = Setting::Variable(name.to_owned());
            assert_eq!(given(&[(name, value)]), Err(Reason::Value(setting)), "{name}={value}");
        }
        let twice = given(&[("PIP_INDEX_URL", "http://x"), ("PIP_PYPI_URL", "http://y")]);
        assert!(matches!(twice, Err(Reason::Twice(_))), "{twice:?}");
        let both = given(&[("PIP_NO_BINARY", "x"), ("PIP_ONLY_BINARY", "y")]);
        assert!(matches!(both, Err(Reason::Twice(_))), "{both:?}");
    }

    #[test]
    fn a_configuration_file_of_the_simple_form_is_read() {
        let text = "# comment\n[global]\nindex-url = http://x\n\n[install]\nfind_links =\n  /a\n  # c\n  /b\npre: yes\nempty =\n";
        let owned = |parts: [&str; 3]| {
            let [section, key, value] = parts.map(str::to_owned);
            (section, key, value)
        };
        assert_eq!(
            parse(text),
            Some(vec![
                owned(["global", "index-url", "http://x"]),
                owned(["install", "find_links", "\n/a\n/b"]),
                owned(["install", "pre", "yes"]),
            ])
        );
        for text in [
            "index-url = x\n",
            "[global]\nx\n",
            "[global\n",
            "[a]\n b = c\n",
            "[a]\nb = c\n\n  d\n",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_section_install_overrides_global_and_a_repeated_key_is_not_judged() {
        let read = |texts: &[&str]| {
            let texts = texts.iter().map(|text| ("pip.conf".into(), text.as_bytes().to_vec()));
            of_files(texts.collect::<Vec<_>>().into_iter())
        };
        let settings =
            read(&["[install]\npre = 1\n[list]\nformat = x\n", "[global]\nno-index = 1\n"]);
        let meanings: Vec<_> = settings.unwrap().iter().map(|it| it.given.meaning).collect();
        assert_eq!(meanings, [Meaning::NoIndex, Meaning::Pre]);
        for texts in [&["[global]\npre = 1\n[install]\npre = 0\n"][..], &["[global]\npre = 1\n"; 2]]
        {
            assert!(matches!(read(texts), Err(Reason::Twice(_))));
        }
        assert!(matches!(read(&["[global]\nconstraint = x\n"]), Err(Reason::UnknownSetting(_))));
        assert!(matches!(read(&["[global]\nno-index = é\n"]), Err(Reason::File { .. })));
    }
}
