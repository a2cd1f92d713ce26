//! `Requires-Dist` of METADATA: a requirement with an environment marker (the "dependency specifiers"
//! specification of `PyPA`, PEP 508).

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

/// A requirement on another distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// As written.
    pub(crate) name: String,
    pub(crate) extras: Vec<String>,
    /// The versions that are allowed; `None` for a URL, and for what cannot be read.
    pub(crate) versions: Option<VersionSpecifiers>,
    marker: Option<String>,
}

/// The values of a marker's variables.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// Variable and value: `("sys_platform", "linux")`.
    pub(crate) values: Vec<(&'static str, String)>,
}

impl Requirement {
    /// Reads `requests[socks] (>=2.0) ; python_version < "3.12"`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, marker) = match text.split_once(';') {
            Some((text, marker)) => (text.trim(), Some(marker.trim().to_owned())),
            None => (text.trim(), None),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let mut rest = rest.trim();
        let mut extras = Vec::new();
        if let Some((inner, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            extras = inner.split(',').map(|extra| extra.trim().to_owned()).collect();
            rest = after.trim();
        }
        let rest = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
        let versions =
            if rest.starts_with('@') { None } else { VersionSpecifiers::from_str(rest).ok() };
        (!name.is_empty()).then(|| Self { name: name.to_owned(), extras, versions, marker })
    }

    /// Whether it applies, with this extra requested or with none. What cannot be read does not.
    pub(crate) fn applies(&self, environment: &Environment, extra: Option<&str>) -> bool {
        let names_extra = self.marker.as_ref().is_some_and(|marker| marker.contains("extra"));
        // Without the extra it is judged as a plain requirement.
        names_extra == extra.is_some()
            && self.evaluate(environment, extra.unwrap_or_default()) == Some(true)
    }

    /// The value of the marker with this extra requested, `""` for none; true without a marker. `None`
    /// where it cannot be read, where the environment lacks a variable, and where releases of pip differ
    /// in the comparison: `<` of values that are no versions, versions of pre-releases of Python, extras
    /// that are the same only when normalized.
    pub(crate) fn evaluate(&self, environment: &Environment, extra: &str) -> Option<bool> {
        let Some(marker) = &self.marker else { return Some(true) };
        evaluate(marker, environment, extra)
    }
}

/// The value of a marker; see [`Requirement::evaluate`].
pub(crate) fn evaluate(marker: &str, environment: &Environment, extra: &str) -> Option<bool> {
    let tokens = tokens(marker);
    let mut parser = Parser { tokens: &tokens, environment, extra };
    parser.either().filter(|_| parser.tokens.is_empty())
}

/// Whether a name of a distribution or an extra is valid (the "names and normalization" specification
/// of `PyPA`).
pub(crate) fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let ends = [text.bytes().next(), text.bytes().last()];
    ends.iter().all(|end| end.is_some_and(|end| end.is_ascii_alphanumeric()))
        && text.bytes().all(is_inner)
}

/// The headers `Requires-Dist` of METADATA.
pub(crate) fn requires_dist(metadata: &str) -> impl Iterator<Item = Requirement> {
    let headers = metadata.lines().take_while(|line| !line.is_empty());
    headers.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Requires-Dist").then(|| Requirement::parse(value))?
    })
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    /// A variable, an operator, `and`, `or`, `in`, `not`.
    Word(String),
    Text(String),
}

fn tokens(mut text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    loop {
        text = text.trim_start();
        let Some(first) = text.chars().next() else { return tokens };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => {
                let inner = &text[1..];
                let end = inner.find(first).unwrap_or(inner.len());
                (Token::Text(inner[..end].to_owned()), (end + 2).min(text.len()))
            }
            _ => {
                let is_operator = |c: char| "<>=!~".contains(c);
                let goes_on = |c: char| {
                    is_operator(c) == is_operator(first)
                        && !c.is_whitespace()
                        && !"()\"'".contains(c)
                };
                let end = text.find(|c| !goes_on(c)).unwrap_or(text.len());
                (Token::Word(text[..end].to_owned()), end)
            }
        };
        tokens.push(token);
        text = &text[length..];
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    environment: &'a Environment,
    extra: &'a str,
}

impl Parser<'_> {
    fn either(&mut self) -> Option<bool> {
        let mut value = self.both()?;
        while self.takes_word("or") {
            value |= self.both()?;
        }
        Some(value)
    }

    fn both(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.takes_word("and") {
            value &= self.one()?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<bool> {
        if let [Token::Open, rest @ ..] = self.tokens {
            self.tokens = rest;
            let value = self.either()?;
            let [Token::Close, rest @ ..] = self.tokens else { return None };
            self.tokens = rest;
            return Some(value);
        }
        let (left, name) = self.value()?;
        let is_not = self.takes_word("not");
        let [Token::Word(operator), rest @ ..] = self.tokens else { return None };
        self.tokens = rest;
        let (right, other) = self.value()?;
        let variable = name.or(other)?;
        if variable == "extra" {
            return compare_extras(&left, operator, &right).filter(|_| !is_not);
        }
        if operator == "in" {
            return Some(right.contains(&left) != is_not);
        }
        compare(&left, operator, &right, &variable).filter(|_| !is_not)
    }

    /// A literal, or a variable's value with its name.
    fn value(&mut self) -> Option<(String, Option<String>)> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match first {
            Token::Text(text) => Some((text.clone(), None)),
            Token::Word(name) if name == "extra" => {
                Some((self.extra.to_owned(), Some(name.clone())))
            }
            Token::Word(name) => {
                let (_, value) = self.environment.values.iter().find(|(known, _)| known == name)?;
                Some((value.clone(), Some(name.clone())))
            }
            Token::Open | Token::Close => None,
        }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        match self.tokens {
            [Token::Word(first), rest @ ..] if first == word => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }
}

/// The variables whose values are versions (the table of the "dependency specifiers" specification; `pip`
/// compares the others as text).
const VERSIONS: [&str; 3] = ["python_version", "python_full_version", "implementation_version"];

fn compare(left: &str, operator: &str, right: &str, variable: &str) -> Option<bool> {
    let versions = VersionSpecifiers::from_str(&format!("{operator}{right}")).ok();
    if VERSIONS.contains(&variable) {
        let version = Version::from_str(left).ok()?;
        return Some(versions?.contains(&version)).filter(|_| !version.any_prerelease());
    }
    match operator {
        // Older releases of packaging compare these as versions.
        _ if versions.is_some() => None,
        "==" => Some(left == right),
        "!=" => Some(left != right),
        _ => None,
    }
}

fn compare_extras(left: &str, operator: &str, right: &str) -> Option<bool> {
    let normal = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    let is_equal = left == right;
    if !is_equal && normal(left) == normal(right) {
        return None;
    }
    match operator {
        "==" => Some(is_equal),
        "!=" => Some(!is_equal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        let values = [("python_version", "3.12"), ("sys_platform", "linux"), ("os_name", "posix")];
        Environment { values: values.map(|(name, value)| (name, value.to_owned())).to_vec() }
    }

    #[test]
    fn every_form_of_a_requirement_is_read() {
        for (text, name, extras, versions) in [
            ("six", "six", &[][..], Some("")),
            ("six>=1.0,<2", "six", &[], Some(">=1.0, <2")),
            ("six (>=1.0)", "six", &[], Some(">=1.0")),
            ("requests[socks, a]>=2; x", "requests", &["socks", "a"], Some(">=2")),
            ("a @ https://x.org/a.zip", "a", &[], None),
            ("a-b.c ~= 1.4", "a-b.c", &[], Some("~=1.4")),
        ] {
            let read = Requirement::parse(text).unwrap();
            assert_eq!((&*read.name, read.extras.len()), (name, extras.len()), "{text}");
            assert_eq!(read.versions.map(|it| it.to_string()).as_deref(), versions, "{text}");
        }
        assert_eq!(Requirement::parse(" >=1"), None);
    }

    #[test]
    fn markers_are_evaluated() {
        for (marker, plain, with_extra) in [
            ("python_version < '3.13'", true, false),
            ("python_version >= \"3.9\" and sys_platform == 'win32'", false, false),
            (
                "(sys_platform == 'win32' or os_name == 'posix') and python_version != '3.11'",
                true,
                false,
            ),
            ("'linux' in sys_platform", true, false),
            ("sys_platform not in 'win32 darwin'", true, false),
            ("extra == 'socks'", false, true),
            ("extra == 'other'", false, false),
            ("unknown == 'x'", false, false),
            ("python_version", false, false),
            ("'linux' == sys_platform and '3.11' < python_version", true, false),
        ] {
            let read = Requirement::parse(&format!("a; {marker}")).unwrap();
            assert_eq!(read.applies(&environment(), None), plain, "{marker}");
            assert_eq!(read.applies(&environment(), Some("socks")), with_extra, "{marker}");
        }
    }

    #[test]
    fn a_marker_that_pips_may_judge_differently_has_no_value() {
        for (marker, extra, expected) in [
            ("", "", Some(true)),
            ("extra != 'x'", "", Some(true)),
            ("extra == 'x' or os_name == 'posix'", "", Some(true)),
            ("extra == 'x' and os_name == 'posix'", "x", Some(true)),
            ("extra == 'a_b'", "a-b", None),
            ("extra == 'A'", "a", None),
            ("extra in 'ab'", "a", None),
            ("sys_platform < 'm'", "", None),
            ("sys_platform == '1.0'", "", None),
            ("platform_release == 'x'", "", None),
            ("'a' == 'a'", "", None),
            ("python_version not == '3.12'", "", None),
            ("os_name == 'posix' os_name == 'posix'", "", None),
            ("(os_name == 'posix'", "", None),
            ("python_version ~= '3.10'", "", Some(true)),
            ("python_version in '3.11 3.12'", "", Some(true)),
            ("python_version >= '3.x'", "", None),
        ] {
            let read = Requirement::parse(&format!("a; {marker}")).unwrap();
            let read = if marker.is_empty() { Requirement::parse("a").unwrap() } else { read };
            assert_eq!(read.evaluate(&environment(), extra), expected, "{marker}");
        }
        let rc = Environment { values: vec![("python_full_version", "3.15.0rc1".to_owned())] };
        assert_eq!(evaluate("python_full_version > '3.8'", &rc, ""), None);
    }

    #[test]
    fn names_begin_and_end_with_a_letter_or_a_digit() {
        for name in ["a", "A.b_c-d", "3", "zope.interface"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "a b", "é", "a/b", "."] {
            assert!(!is_name(name), "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*", marker in "[a-z_()'\"<>=! ]{0,40}") {
            let _ = requires_dist(&format!("Requires-Dist: {text}")).count();
            for text in [format!("a;{marker}"), format!("a;{text}")] {
                let read = Requirement::parse(&text);
                let _ = read.map(|read| read.applies(&environment(), Some("x")));
            }
        }
    }
}
