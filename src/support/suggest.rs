//! Names that were probably meant.

/// The maximum number of suggestions.
const SHOWN: usize = 3;

/// The candidates that are a slip of the hand away from `name`, nearest first: one letter, or one
/// in three of a longer name; letters that changed places count once.
pub fn similar<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let limit = (name.chars().count() / 3).max(1);
    let name = name.to_lowercase();
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    found.sort_unstable();
    found.into_iter().take(SHOWN).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn finds_slips_and_nothing_else() {
        let names = ["pytest", "py.test", "pip", "ruff", "python3"];
        assert_eq!(similar("pytset", names), ["pytest", "py.test"]);
        assert_eq!(similar("rufff", names), ["ruff"]);
        assert_eq!(similar("PYTEST", names), ["pytest", "py.test"]);
        assert_eq!(similar("mypy", names), Vec::<String>::new());
        assert_eq!(similar("", names), Vec::<String>::new());
    }
}
