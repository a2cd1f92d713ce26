//! The arguments of `pip install`, as `optparse` reads them.

use std::ffi::OsString;

use super::options::{self, Given, Known, Takes};
use super::reason::{Reason, Setting};

/// The arguments: options in their order, and requirements.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) options: Vec<Given>,
    pub(super) requirements: Vec<String>,
}

/// Reads the arguments behind `install`.
///
/// # Errors
/// [`Reason::UnknownSetting`] for an option that is not known, also where `optparse` would take it as an
/// abbreviation, and [`Reason::Value`].
pub(super) fn parse(words: &[OsString]) -> Result<Arguments, Reason> {
    let mut arguments = Arguments::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let unknown = || Reason::UnknownSetting(Setting::Argument(word.to_string_lossy().into()));
        let word = word.to_str().ok_or_else(unknown)?;
        let mut next = || words.next().and_then(|word| word.to_str()).ok_or_else(unknown);
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let known = options::by_name(name).ok_or_else(unknown)?;
            let value = match (known.takes, value) {
                (Takes::Nothing, None) => "",
                (Takes::Nothing, Some(_)) => return Err(unknown()),
                (_, Some(value)) => value,
                (_, None) => next()?,
            };
            arguments.push(known, value, word)?;
        } else if let Some(letters) = word.strip_prefix('-') {
            arguments.push_letters(letters, word, next)?;
        } else {
            arguments.requirements.push(word.to_owned());
        }
    }
    Ok(arguments)
}

impl Arguments {
    /// `-qq`, `-Urfile`, `-r`: flags, and at the end an option with its value.
    fn push_letters<'a>(
        &mut self,
        letters: &'a str,
        word: &str,
        next: impl FnOnce() -> Result<&'a str, Reason>,
    ) -> Result<(), Reason> {
        let unknown = || Reason::UnknownSetting(Setting::Argument(word.to_owned()));
        if letters.is_empty() {
            return Err(unknown());
        }
        for (at, letter) in letters.char_indices() {
            let known = options::by_letter(letter).ok_or_else(unknown)?;
            if known.takes == Takes::Nothing {
                self.push(known, "", word)?;
                continue;
            }
            let rest = &letters[at + letter.len_utf8()..];
            let value = if rest.is_empty() { next()? } else { rest };
            return self.push(known, value, word);
        }
        Ok(())
    }

    fn push(&mut self, known: &Known, value: &str, word: &str) -> Result<(), Reason> {
        self.options.push(known.given(value, || Setting::Argument(word.to_owned()))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parsed = (Vec<(options::Meaning, String)>, Vec<String>);

    fn parsed(line: &str) -> Result<Parsed, Reason> {
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        let Arguments { options, requirements } = parse(&words)?;
        Ok((options.into_iter().map(|it| (it.meaning, it.value)).collect(), requirements))
    }

    #[test]
    fn known_options_are_read_in_each_form() {
        use options::Meaning::{FindLinks, IndexUrl, NoEffect, Requirement, Upgrade};
        for (line, expected, requirements) in [
            ("-r a", &[(Requirement, "a")][..], &[][..]),
            ("-ra", &[(Requirement, "a")], &[]),
            ("--requirement a b==1", &[(Requirement, "a")], &["b==1"]),
            ("--requirement=a=b", &[(Requirement, "a=b")], &[]),
            ("-Ur a -fb", &[(Upgrade, ""), (Requirement, "a"), (FindLinks, "b")], &[]),
            (
                "a==1 -qqv --pypi-url=x",
                &[(NoEffect, ""), (NoEffect, ""), (NoEffect, ""), (IndexUrl, "x")],
                &["a==1"],
            ),
            ("--progress-bar off --timeout 5", &[(NoEffect, "off"), (NoEffect, "5")], &[]),
        ] {
            let expected = expected.iter().map(|(it, value)| (*it, (*value).to_owned())).collect();
            let requirements = requirements.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(parsed(line), Ok((expected, requirements)), "{line}");
        }
    }

    #[test]
    fn other_options_make_pip_run() {
        for line in [
            "-c x",
            "--constraint=x",
            "-e .",
            "--user",
            "--target x",
            "--force-reinstall",
            "--no-dep",
            "--quiet=1",
            "--",
            "-",
            "-x",
            "--report x",
            "--no-compile",
            "--isolated",
            "-r",
            "--index-url",
            "--config-settings a=b",
            "--dry-run",
            "-qx",
            "--platform x",
            "--root-user-action ignore",
        ] {
            assert!(
                matches!(parsed(line), Err(Reason::UnknownSetting(_))),
                "{line}: {:?}",
                parsed(line)
            );
        }
        for line in
            ["--timeout soon", "--progress-bar pretty", "--retries=", "-r -x", "--cache-dir="]
        {
            assert!(matches!(parsed(line), Err(Reason::Value(_))), "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_word_that_is_not_unicode_makes_pip_run() {
        use std::os::unix::ffi::OsStringExt;
        let word = OsString::from_vec(b"a\xff".to_vec());
        assert!(parse(&[word]).is_err());
    }
}
