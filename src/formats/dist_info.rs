//! The name of the directory with the metadata of a distribution ("recording installed projects"
//! specification of `PyPA`).

/// The name and the version in `NAME-VERSION.dist-info`. Only the version can contain a `-`.
pub(crate) fn name_and_version(directory: &str) -> Option<(&str, &str)> {
    directory.strip_suffix(".dist-info")?.split_once('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_ends_at_the_first_hyphen() {
        for (directory, expected) in [
            ("a-1.0.dist-info", Some(("a", "1.0"))),
            ("a-1.0-1.dist-info", Some(("a", "1.0-1"))),
            ("ruamel.yaml-0.18.dist-info", Some(("ruamel.yaml", "0.18"))),
            ("a.dist-info", None),
            ("a-1.0.egg-info", None),
            (".dist-info", None),
        ] {
            assert_eq!(name_and_version(directory), expected, "{directory}");
        }
    }
}
