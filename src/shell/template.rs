//! Templates: text with placeholders, each of which is a whole literal.

use memchr::memmem::Finder;

use crate::shell::{Error, Result};

const OPEN: &str = "__RVENV_";
const CLOSE: &str = "__";

/// The value of one placeholder.
pub(super) struct Value {
    /// The placeholder's name: `ROOT` for `__RVENV_ROOT__`.
    pub(crate) name: &'static str,
    /// The literal that takes its place.
    pub(super) literal: Vec<u8>,
}

/// `out` and `template` with each placeholder replaced, in one pass: a value is never looked into.
///
/// # Errors
/// [`Error::Placeholder`] when the template names a placeholder that has no value, or when a value is
/// not used: either is a mistake in this crate.
pub(super) fn render(template: &str, values: &[Value], mut out: Vec<u8>) -> Result<Vec<u8>> {
    let mistake = |name: &str| Err(Error::Placeholder { name: name.to_owned() });
    let placeholder = Finder::new(OPEN);
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some(at) = placeholder.find(rest.as_bytes()) {
        let (before, name) = (&rest[..at], &rest[at + OPEN.len()..]);
        let after = |value: &Value| name.strip_prefix(value.name)?.strip_prefix(CLOSE);
        let mut found = values.iter().zip(&mut used);
        let found = found.find_map(|(value, used)| Some((value, used, after(value)?)));
        let Some((value, used, after)) = found else {
            return mistake(name.lines().next().unwrap_or_default());
        };
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(&value.literal);
        *used = true;
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    match used.iter().position(|used| !used) {
        Some(unused) => mistake(values[unused].name),
        None => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &'static str, literal: &str) -> Value {
        Value { name, literal: literal.into() }
    }

    fn render(template: &str, values: &[Value]) -> Result<Vec<u8>> {
        super::render(template, values, Vec::new())
    }

    #[test]
    fn one_pass_replaces_what_the_template_names() {
        let values = [value("ROOT", "'__RVENV_PROMPT__'"), value("PROMPT", "'p'")];
        let rendered = render("a __RVENV_ROOT__ __RVENV_PROMPT__ __RVENV_ROOT__", &values).unwrap();
        assert_eq!(rendered, b"a '__RVENV_PROMPT__' 'p' '__RVENV_PROMPT__'");
    }

    #[test]
    fn unknown_and_unused_placeholders_are_mistakes() {
        assert!(render("__RVENV_ROOT__", &[]).is_err());
        assert!(render("__RVENV_ROOT", &[]).is_err());
        assert!(render("nothing", &[value("ROOT", "''")]).is_err());
    }
}
