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
    /// The accepted versions; `None` for a URL, and for an invalid specifier.
    pub(crate) versions: Option<VersionSpecifiers>,
    marker: Option<String>,
}

/// The values of a marker's variables.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// Variable and value: `("sys_platform", "linux")`.
    pub(crate) values: Vec<(&'static str, String)>,
    /// `extras` and `dependency_groups` in a lock file (PEP 751).
    pub(crate) sets: Vec<(&'static str, Vec<String>)>,
}

impl Requirement {
    /// Parses `requests[socks] (>=2.0) ; python_version < "3.12"`.
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

    /// Whether the marker is true and names an extra exactly if `extra` is given; false if it is
    /// invalid.
    pub(crate) fn applies(&self, environment: &Environment, extra: Option<&str>) -> bool {
        let names_extra = self.marker.as_ref().is_some_and(|marker| names_extra(marker));
        // A marker without `extra` is evaluated only as a plain requirement.
        names_extra == extra.is_some()
            && self.evaluate(environment, extra.unwrap_or_default()) == Some(true)
    }

    /// The value of the marker with this extra, `""` for none; true without a marker. `None` if it is invalid,
    /// if the environment lacks a variable, or if releases of pip evaluate it differently: `<` of values that
    /// are not versions, pre-releases of Python, extras that are equal only after normalization.
    pub(crate) fn evaluate(&self, environment: &Environment, extra: &str) -> Option<bool> {
        let Some(marker) = &self.marker else { return Some(true) };
        evaluate(marker, environment, extra)
    }
}

/// The value of a marker; see [`Requirement::evaluate`].
pub(crate) fn evaluate(marker: &str, environment: &Environment, extra: &str) -> Option<bool> {
    let tokens = tokens(marker);
    let mut parser = Parser { tokens: &tokens, environment, extra, depth: 0 };
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

/// The normalized name of a distribution or an extra (PEP 503): case, and runs of `-`, `_` and `.`, make no
/// difference.
pub fn normalized(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    let mut is_between = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            is_between = !normalized.is_empty();
            continue;
        }
        if std::mem::take(&mut is_between) {
            normalized.push('-');
        }
        normalized.push(c.to_ascii_lowercase());
    }
    normalized
}

/// Which headers `Requires-Dist` are read: most of them depend on an extra, and few extras are requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extras {
    With,
    Without,
}

/// The values of the headers `Requires-Dist` of METADATA.
pub(crate) fn requires_dist(metadata: &str, extras: Extras) -> impl Iterator<Item = &str> {
    let headers = metadata.lines().take_while(|line| !line.is_empty());
    headers.filter_map(move |line| {
        const NAME: &str = "Requires-Dist:";
        let is_one = line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME));
        let value = is_one.then(|| &line[NAME.len()..])?;
        let marker = value.split_once(';').map_or("", |(_, marker)| marker);
        (names_extra(marker) == (extras == Extras::With)).then_some(value)
    })
}

/// Whether a marker depends on an extra.
fn names_extra(marker: &str) -> bool {
    memchr::memmem::find(marker.as_bytes(), b"extra").is_some()
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

/// The maximum nesting of parentheses; METADATA is untrusted, and each level needs stack.
const DEEPEST: usize = 32;

struct Parser<'a> {
    tokens: &'a [Token],
    environment: &'a Environment,
    extra: &'a str,
    /// The number of open parentheses.
    depth: usize,
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
            self.depth += 1;
            let value = (self.depth <= DEEPEST).then(|| self.either())??;
            let [Token::Close, rest @ ..] = self.tokens else { return None };
            self.tokens = rest;
            self.depth -= 1;
            return Some(value);
        }
        if let [Token::Text(element), rest @ ..] = self.tokens
            && let Some((is_in, rest)) = self.membership(element, rest)
        {
            self.tokens = rest;
            return Some(is_in);
        }
        let (left, name) = self.value()?;
        let is_not = self.takes_word("not");
        let [Token::Word(operator), rest @ ..] = self.tokens else { return None };
        self.tokens = rest;
        let (right, other) = self.value()?;
        // Two literals or two variables are invalid, or releases of pip compare them differently.
        let ((Some(variable), None) | (None, Some(variable))) = (name, other) else { return None };
        if variable == "extra" {
            return compare_extras(&left, operator, &right).filter(|_| !is_not);
        }
        if operator == "in" {
            return Some(right.contains(&left) != is_not);
        }
        compare(&left, operator, &right, &variable).filter(|_| !is_not)
    }

    /// The value of `in NAME` or `not in NAME` for an element, if this is the name of a set, and the remaining
    /// tokens.
    fn membership<'t>(&self, element: &str, tokens: &'t [Token]) -> Option<(bool, &'t [Token])> {
        let is_word = |token: &Token, word: &str| matches!(token, Token::Word(it) if it == word);
        let (is_not, rest) = match tokens {
            [not, rest @ ..] if is_word(not, "not") => (true, rest),
            rest => (false, rest),
        };
        let [operator, Token::Word(name), rest @ ..] = rest else { return None };
        let (_, set) = self.environment.sets.iter().find(|(known, _)| known == name)?;
        let has = set.iter().any(|own| normalized(own) == normalized(element));
        is_word(operator, "in").then_some((has != is_not, rest))
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
    let versions = specifiers(operator, right);
    if VERSIONS.contains(&variable) {
        let version = Version::from_str(left).ok()?;
        return Some(versions?.contains(&version)).filter(|_| !version.any_prerelease());
    }
    match operator {
        _ if versions.is_some() => None,
        "==" => Some(left == right),
        "!=" => Some(left != right),
        _ => None,
    }
}

/// Older releases of packaging compare versions wherever the right side is one.
fn specifiers(operator: &str, right: &str) -> Option<VersionSpecifiers> {
    VersionSpecifiers::from_str(&format!("{operator}{right}")).ok()
}

fn compare_extras(left: &str, operator: &str, right: &str) -> Option<bool> {
    let is_equal = left == right;
    if !is_equal && normalized(left) == normalized(right) || specifiers(operator, right).is_some() {
        return None;
    }
    match operator {
        "==" => Some(is_equal),
        "!=" => Some(!is_equal),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
