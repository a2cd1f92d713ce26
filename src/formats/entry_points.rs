//! `entry_points.txt`: the commands of a distribution (the "entry points" specification of `PyPA`).

/// The names of the commands in an `entry_points.txt`.
pub(crate) fn names(entry_points: &str) -> impl Iterator<Item = &str> {
    let sections = ["[console_scripts]", "[gui_scripts]"].into_iter();
    sections.flat_map(|name| section(entry_points, name)).map(|(name, _)| name)
}

/// The `name = object` pairs of a section.
pub(crate) fn section<'t>(
    text: &'t str,
    name: &'t str,
) -> impl Iterator<Item = (&'t str, &'t str)> {
    text.lines()
        .map(str::trim)
        .skip_while(move |line| *line != name)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, function)| (name.trim(), function.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_both_sections() {
        let text = "[other]\nx = y\n[console_scripts]\n a = m:f \nb=m:g\nnonsense\n\n[gui_scripts]\r\nc = m:h\r\n[z]\nd = e\n";
        assert_eq!(names(text).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r"(\[console_scripts\]|\[|\]|=|:|\n|\r| |[a-z]|\PC){0,60}") {
            for (name, object) in section(&text, "[console_scripts]") {
                proptest::prop_assert!(!name.contains(['=', '\n']) && !object.contains('\n'));
            }
        }
    }
}
