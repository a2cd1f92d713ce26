//! The layer table in `src/lib.rs` is true: a module imports only modules of lower layers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The table of `lib.rs`: each module of the library with the number of its layer, the lowest first.
fn layers() -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).expect("lib.rs");
    let rows: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("//! | layer |"))
        .skip(2)
        .take_while(|line| line.starts_with("//! |"))
        .collect();
    assert!(rows.len() > 5, "the layer table is not in lib.rs");
    let mut layers = BTreeMap::new();
    for (height, row) in rows.iter().rev().enumerate() {
        let cell = row.split('|').nth(1).expect("a row has a first cell");
        for name in cell.split('`').skip(1).step_by(2) {
            assert!(layers.insert(name.to_owned(), height).is_none(), "`{name}` is in two rows");
        }
    }
    layers
}

/// The files of one module of the library.
fn files(module: &str) -> Vec<PathBuf> {
    let src = Path::new(ROOT).join("src");
    let walk = WalkDir::new(src.join(module)).sort_by_file_name();
    let in_directory = walk.into_iter().flatten().map(walkdir::DirEntry::into_path);
    let mut files: Vec<PathBuf> = in_directory.collect();
    files.push(src.join(format!("{module}.rs")));
    files.retain(|path| path.extension().is_some_and(|end| end == "rs") && path.is_file());
    files
}

/// The code of a file without comments and without modules of unit tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file is text");
    let lines = without_test_modules(&text).into_iter();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The lines of a file, except `mod NAME { … }` after `#[cfg(test)]`. Such a module ends at the `}` that is
/// indented as its first line is.
fn without_test_modules(text: &str) -> Vec<&str> {
    let (mut kept, mut lines, mut is_of_tests) = (Vec::new(), text.lines(), false);
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if is_of_tests && code.starts_with("mod ") && code.ends_with('{') {
            let end = format!("{}}}", &line[..line.len() - code.len()]);
            lines.by_ref().find(|line| *line == end).expect("the end of a module");
        } else {
            kept.push(line);
        }
        let is_attribute = code.starts_with("#[");
        let is_test = code == "#[cfg(test)]" || code.starts_with("#[cfg(all(test");
        is_of_tests = is_test || is_of_tests && is_attribute;
    }
    kept
}

/// The first names in `crate::NAME` and `crate::{NAME, …}`.
fn imported(code: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let first = |text: &str| text.trim().split(|c| !is_name(c)).next().unwrap_or("").to_owned();
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(first(rest));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.insert(first(&item));
                    item.clear();
                    continue;
                }
                _ => {}
            }
            item.push(c);
        }
        names.insert(first(&item));
    }
    names
}

#[test]
fn the_names_in_a_group_of_imports_are_read() {
    let code = "use crate::{fs, venv::{self, Env}};\nuse crate::python::Finder;";
    let names: Vec<String> = imported(code).into_iter().collect();
    assert_eq!(names, ["fs", "python", "venv"]);
}

#[test]
fn modules_of_tests_are_left_out_and_the_code_after_them_is_read() {
    let text = "\
#[cfg(test)]
mod tests;
use crate::a;
#[cfg(all(test, unix))]
#[allow(unused)]
mod tests {
    use crate::b;
    fn f() {
    }
}
mod inner {
    #[cfg(test)]
    mod tests {
        use crate::c;
    }
    use crate::d;
}
#[cfg(test)]
fn on() -> crate::e::E {}
use crate::f;";
    let names: Vec<String> = imported(&without_test_modules(text).join("\n")).into_iter().collect();
    assert_eq!(names, ["a", "d", "e", "f"]);
}

#[test]
fn every_module_of_the_library_is_in_the_layer_table() {
    let text = code(&Path::new(ROOT).join("src/lib.rs"));
    let modules = text.lines().filter_map(|line| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
    });
    let modules: BTreeSet<String> = modules.collect();
    let table: BTreeSet<String> = layers().into_keys().collect();
    assert_eq!(modules, table);
}

#[test]
fn a_module_imports_only_modules_of_lower_layers() {
    let layers = layers();
    let mut upward = Vec::new();
    for (module, height) in &layers {
        for file in files(module) {
            for name in imported(&code(&file)) {
                let is_upward = layers.get(&name).is_some_and(|other| other >= height);
                if is_upward && name != *module {
                    let file = file.strip_prefix(ROOT).unwrap_or(&file).display().to_string();
                    upward.push(format!("{file}: {module} imports {name}"));
                }
            }
        }
    }
    assert!(upward.is_empty(), "imports of the same or a higher layer:\n{}", upward.join("\n"));
}

#[test]
fn the_library_does_not_import_the_program() {
    for module in layers().keys() {
        for file in files(module) {
            let names = imported(&code(&file));
            for part in ["cli", "commands", "ui", "process"] {
                assert!(!names.contains(part), "{} imports {part}", file.display());
            }
        }
    }
}
