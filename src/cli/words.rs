//! The words of a command line that may not parse.

use std::ffi::OsStr;

/// The options before the command that take a value.
const WITH_VALUE: [&str; 1] = ["--color"];

/// The index of the command among `words`, which do not contain the program.
pub(crate) fn command_index(words: &[impl AsRef<OsStr>]) -> Option<usize> {
    let mut is_value = false;
    words.iter().map(AsRef::as_ref).position(|word| {
        let is_command = !is_value && !word.as_encoded_bytes().starts_with(b"-");
        is_value = WITH_VALUE.iter().any(|option| word == *option);
        is_command
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_value_of_an_option_is_not_the_command() {
        for (words, index) in [
            (&["activate"][..], Some(0)),
            (&["-v", "--color", "never", "activate", "--color", "never"], Some(3)),
            (&["--color=never", "activate"], Some(1)),
            (&["--color", "never"], None),
            (&["-q"], None),
        ] {
            assert_eq!(command_index(words), index, "{words:?}");
        }
    }

    #[test]
    fn each_option_that_takes_a_value_is_known() {
        let command = Cli::command();
        let options = command.get_opts().filter(|option| option.get_action().takes_values());
        for option in options {
            assert_eq!(option.get_short(), None);
            let long = format!("--{}", option.get_long().unwrap_or_default());
            assert!(WITH_VALUE.contains(&&*long), "{long}");
        }
    }
}
