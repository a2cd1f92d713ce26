//! The exact texts that environment tools write at the root of an environment and installers write in
//! commands: any other text is the user's.

use std::path::Path;

use walkdir::DirEntry;

use crate::formats::shebang::shebang;
use crate::fs::{is_staging_area, read_bounded};
use crate::support::host::Platform;
use crate::support::limits;
use crate::venv::script::Script;
use crate::venv::{CACHEDIR_TAG, GITIGNORE};

/// Those of rvenv and `venv`, of uv, and of virtualenv.
const GITIGNORES: [&str; 3] = [GITIGNORE, "*", "# created by virtualenv automatically\n*"];

/// Those of rvenv, of uv, and of virtualenv.
const CACHEDIR_TAGS: [&str; 3] = [
    CACHEDIR_TAG,
    "Signature: 8a477f597d28d172789f06886806bc55",
    "Signature: 8a477f597d28d172789f06886806bc55\n\
     # This file is a cache directory tag created by Python virtualenv.\n\
     # For information about cache directory tags, see:\n\
     #   https://bford.info/cachedir/",
];

/// The names of files that only other tools read: the user's version of them is kept.
const COURTESIES: [&str; 2] = [".gitignore", "CACHEDIR.TAG"];

/// The lines of the commands that installers generate, or their prefixes. All call a function of a module,
/// and remove the suffix of Windows from the command's name.
const COMMAND: [&str; 3] = ["# -*- coding: utf-8 -*-", "import re", "import sys"];
const COMMAND_STARTS: [&str; 4] =
    ["if __name__ == ", "if sys.argv[0].endswith(", "sys.argv[0] = ", "sys.exit("];

/// Whether an environment tool generated the entry at the root of an environment with its content.
pub(super) fn is_made(entry: &DirEntry) -> bool {
    let (kind, path) = (entry.file_type(), entry.path());
    match entry.file_name().to_str() {
        Some("pyvenv.cfg") => kind.is_file(),
        Some("lib64") => {
            kind.is_symlink() && crate::support::path::same(path, &path.with_file_name("lib"))
        }
        Some(".gitignore") => kind.is_file() && says(path, &GITIGNORES),
        Some("CACHEDIR.TAG") => kind.is_file() && says(path, &CACHEDIR_TAGS),
        // uv's lock file is empty.
        Some(".lock") => kind.is_file() && says(path, &[""]),
        Some(".rvenv") => kind.is_dir() && is_staging_area(path),
        _ => false,
    }
}

/// Whether the user's file at the root of an environment replaces the generated one.
pub(super) fn is_optional(entry: &DirEntry) -> bool {
    let is_named = |name| COURTESIES.contains(&name);
    !entry.file_type().is_dir() && entry.file_name().to_str().is_some_and(is_named)
}

/// Whether a command is as an installer generates it, for any Python.
pub(super) fn is_generated(script: &Script, platform: Platform) -> bool {
    let Some(line) = &script.python else { return false };
    // A launcher is binary and not edited by hand.
    if platform == Platform::Windows {
        return true;
    }
    let first = shebang(&line.interpreter, platform);
    let text = script.text().and_then(|text| text.strip_prefix(&*first));
    text.and_then(|text| std::str::from_utf8(text).ok()).is_some_and(|text| {
        text.lines().map(str::trim).all(|line| {
            let is_import = line.starts_with("from ") && line.contains(" import ");
            let is_known = COMMAND_STARTS.iter().any(|start| line.starts_with(start));
            line.is_empty() || COMMAND.contains(&line) || is_import || is_known
        })
    })
}

/// Whether a file has one of these texts, regardless of line ends.
fn says(path: &Path, texts: &[&str]) -> bool {
    let text = read_bounded(path, limits::GENERATED_TEXT)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.is_some_and(|text| texts.iter().any(|own| text.trim_end().lines().eq(own.lines())))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn generated_commands_are_distinguished_from_the_users() {
        let dir = tempfile::tempdir().unwrap();
        let is_generated = |text: &str| {
            std::fs::write(dir.path().join("pip"), text).unwrap();
            is_generated(&Script::all(dir.path())[0], Platform::Linux)
        };
        // Of pip and uv, and of virtualenv.
        let generated = [
            "#!/a/bin/python3.12\nimport sys\nfrom pip._internal.cli.main import main\n\
             if __name__ == '__main__':\n    if sys.argv[0].endswith('.exe'):\n        \
             sys.argv[0] = sys.argv[0][:-4]\n    sys.exit(main())\n",
            "#!/a/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n\
             if __name__ == '__main__':\n    from pip._internal.cli.main import cli\n    \
             sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    \
             sys.exit(cli())\n",
        ];
        for text in generated {
            assert!(is_generated(text), "{text}");
            for (old, new) in [("\n", " -I\n"), ("import sys\n", "import sys\nimport os\n")] {
                let changed = text.replacen(old, new, 1);
                assert!(!is_generated(&changed), "{changed}");
            }
        }
        assert!(!is_generated("#!/bin/sh\nexec other-pip\n"));
    }
}
