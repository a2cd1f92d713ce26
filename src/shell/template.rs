//! Templates: text with placeholders, each of which is a whole literal.

use crate::error::{Error, Result};

const OPEN: &str = "__RVENV_";
const CLOSE: &str = "__";

/// What stands for one placeholder.
pub(super) struct Value {
    /// The placeholder's name: `ROOT` for `__RVENV_ROOT__`.
    pub(super) name: &'static str,
    /// The literal that takes its place.
    pub(super) literal: Vec<u8>,
}

/// `template` with each placeholder replaced, in one pass: a value is never looked into.
///
/// # Errors
/// [`Error::Placeholder`] when the template names a placeholder that has no value, or when a value is
/// not used: either is a mistake in this crate.
pub(super) fn render(template: &str, values: &[Value]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(template.len() + 512);
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (name, after) = after.split_once(CLOSE).unwrap_or(("", after));
        let index = values.iter().position(|value| value.name == name);
        let index = index.ok_or_else(|| Error::Placeholder { name: name.to_owned() })?;
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(&values[index].literal);
        used[index] = true;
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    match used.iter().position(|used| !used) {
        Some(unused) => Err(Error::Placeholder { name: values[unused].name.to_owned() }),
        None => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &'static str, literal: &str) -> Value {
        Value { name, literal: literal.into() }
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
