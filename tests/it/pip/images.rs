//! Images: built once, never trusted when they are not whole, and not needed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use rvenv::python::Interpreter;
use rvenv::seed;
use rvenv::seed::{Choice, Event, Layout, Options, Target};
use rvenv::support::cache::Cache;
use rvenv::venv::Content;
use rvenv::{Error, Platform};

use super::fixture::{self, host, modern, prepare};
use super::maker::Maker;
use crate::sandbox::{Sandbox, for_each_python};

/// The files of the only image in a sandbox's cache, by path in it.
fn image(sandbox: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    let root = image_root(sandbox);
    let read =
        |path: PathBuf| (path.clone(), fs::read(root.join(path)).expect("a file of the image"));
    fixture::tree(&root).into_iter().map(read).collect()
}

fn image_root(sandbox: &Sandbox) -> PathBuf {
    let entries = fs::read_dir(sandbox.root().join("cache/pip")).expect("images").flatten();
    let is_of_pip = |path: &PathBuf| {
        path.is_dir() && !path.file_name().unwrap().to_string_lossy().starts_with("setuptools-")
    };
    let dirs: Vec<_> = entries.map(|entry| entry.path()).filter(is_of_pip).collect();
    assert_eq!(dirs.len(), 1, "{dirs:?}");
    dirs[0].clone()
}

/// Options for a small pip, of which an image is made in no time.
fn small(sandbox: &Sandbox) -> Options {
    let wheel = sandbox.root().join("wheels/pip-99.0-py3-none-any.whl");
    if !wheel.exists() {
        Maker::new("99.0").write(&sandbox.root().join("wheels"));
    }
    Options { choice: Choice::Wheel(wheel), ..Options::default() }
}

fn is_built(events: &[Event]) -> bool {
    !events.is_empty()
}

for_each_python!(two_images_of_the_same_wheel_are_identical);

fn two_images_of_the_same_wheel_are_identical(python: &Path) {
    let (first, second) = (Sandbox::new(), Sandbox::cold());
    first.add_images(python, "archive");
    let built = [&first, &second].map(|sandbox| {
        let python = fixture::interpreter(sandbox, python);
        prepare(sandbox, &python, &Options { setuptools: false, ..Options::default() })
            .expect("a seed");
        image(sandbox)
    });
    assert!(built[0] == built[1], "{}", python.display());
}

/// Tools that list licences read these files from the directory of metadata (PEP 639; below `licenses` there).
#[test]
fn licence_texts_are_files_of_the_dist_info() {
    let sandbox = Sandbox::new();
    let python = modern(&sandbox);
    sandbox.add_images(&python.executable, "archive");
    prepare(&sandbox, &python, &Options::default()).expect("a seed");
    let files = image_root(&sandbox).join("files");
    let is_metadata = |path: &PathBuf| path.extension().is_some_and(|end| end == "dist-info");
    let mut entries = fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path());
    let dist_info = entries.find(is_metadata).expect("a dist-info");
    let metadata = fs::read_to_string(dist_info.join("METADATA")).unwrap();
    let named: Vec<_> =
        metadata.lines().filter_map(|line| line.strip_prefix("License-File: ")).collect();
    assert!(!named.is_empty(), "{metadata}");
    for name in named {
        let is_there =
            dist_info.join(name).is_file() || dist_info.join("licenses").join(name).is_file();
        assert!(is_there, "{name}");
    }
}

#[test]
fn a_damaged_image_is_rebuilt() {
    let sandbox = Sandbox::cold();
    let (python, options) = (modern(&sandbox), small(&sandbox));
    let (_, events) = prepare(&sandbox, &python, &options).expect("a seed");
    assert!(is_built(&events));
    let whole = image(&sandbox);
    let root = image_root(&sandbox);
    let archive = root.join("files/pip/_pip.zip");
    let damages: [(&str, &dyn Fn()); 6] = [
        ("cut short", &|| {
            File::options().write(true).open(&archive).and_then(|file| file.set_len(100)).unwrap()
        }),
        ("emptied by a power cut", &|| {
            drop(File::create(root.join("files/pip/__init__.py")).unwrap())
        }),
        ("a file gone", &|| fs::remove_file(root.join("files/pip/py.typed")).unwrap()),
        ("edited in place through a hard link", &|| {
            let mut file =
                File::options().write(true).open(root.join("files/pip/__main__.py")).unwrap();
            file.write_all(b"#").unwrap();
        }),
        ("half a manifest", &|| {
            let manifest = fs::read(root.join("manifest.json")).unwrap();
            fs::write(root.join("manifest.json"), &manifest[..manifest.len() / 2]).unwrap();
        }),
        ("a link in place of a file", &|| {
            fs::rename(&archive, sandbox.root().join("elsewhere")).unwrap();
            std::os::unix::fs::symlink(sandbox.root().join("elsewhere"), &archive).unwrap();
        }),
    ];
    for (damage, inflict) in damages {
        let (_, events) = prepare(&sandbox, &python, &options).expect("a seed");
        assert!(!is_built(&events), "before: {damage}");
        inflict();
        let (_, events) = prepare(&sandbox, &python, &options).expect("a seed");
        assert!(is_built(&events), "{damage}");
        assert!(image(&sandbox) == whole, "{damage}");
    }
}

#[test]
fn leftovers_of_a_killed_builder_are_removed() {
    let sandbox = Sandbox::cold();
    let (python, options) = (modern(&sandbox), small(&sandbox));
    prepare(&sandbox, &python, &options).expect("a seed");
    let root = image_root(&sandbox);
    let name = root.file_name().unwrap().to_str().unwrap();
    let leftover = root.with_file_name(format!(".{name}.x1y2z3"));
    fs::rename(&root, &leftover).unwrap();
    let (_, events) = prepare(&sandbox, &python, &options).expect("a seed");
    assert!(is_built(&events), "a temporary directory is no image");
    assert_eq!(image_root(&sandbox), root);
    assert!(!leftover.exists());
}

#[test]
fn eight_at_once_build_one_image() {
    let sandbox = Sandbox::cold();
    let (python, options) = (modern(&sandbox), small(&sandbox));
    let built: Vec<bool> = thread::scope(|scope| {
        let run = || is_built(&prepare(&sandbox, &python, &options).expect("a seed").1);
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(built.iter().filter(|built| **built).count(), 1, "{built:?}");
}

#[test]
fn an_image_serves_environments_of_any_place() {
    let sandbox = Sandbox::cold();
    let python = modern(&sandbox);
    let (seed, _) = prepare(&sandbox, &python, &small(&sandbox)).expect("a seed");
    let entries = |root: &str| {
        seed.entries(&Target {
            root: Path::new(root),
            interpreter: &python,
            python: "python",
            relocatable: false,
        })
    };
    let (one, other) = (entries("/one"), entries("/other"));
    let differing: Vec<_> =
        one.iter().zip(&other).filter(|(a, b)| a != b).map(|(a, _)| a.path.clone()).collect();
    let info = python.scheme.purelib.join("pip-99.0.dist-info/RECORD");
    let pip = |suffix: &str| PathBuf::from(format!("bin/pip{suffix}"));
    assert_eq!(differing, [pip(""), pip("3"), pip(&python.version.short()), info]);
}

/// A directory that macOS clones with one call has the content that is linked file by file elsewhere.
#[test]
fn a_package_is_removed_whole_only_if_it_contains_only_its_own_files() {
    let sandbox = Sandbox::cold();
    let mut python = modern(&sandbox);
    let (seed, _) = prepare(&sandbox, &python, &small(&sandbox)).expect("a seed");
    python.platform = Platform::MacOs;
    let entries = seed.entries(&Target {
        root: Path::new("/env"),
        interpreter: &python,
        python: "python",
        relocatable: false,
    });
    let mut taken = 0;
    for entry in &entries {
        let Content::Tree(tree) = &entry.content else { continue };
        let mut there: Vec<_> = walkdir::WalkDir::new(tree)
            .into_iter()
            .flatten()
            .filter(|found| found.file_type().is_file())
            .map(|found| found.into_path())
            .collect();
        let mut planned: Vec<_> = entries
            .iter()
            .filter(|other| other.path.starts_with(&entry.path))
            .filter_map(|other| match &other.content {
                Content::Share(file) => Some(file.clone()),
                _ => None,
            })
            .collect();
        there.sort();
        planned.sort();
        assert_eq!(there, planned);
        taken += 1;
    }
    assert_eq!(taken, 2, "pip and its dist-info: {entries:#?}");
}

fn unwritable(cache: &Cache, sandbox: &Sandbox, python: &Interpreter) -> Error {
    let (options, host) = (small(sandbox), host(sandbox));
    seed::prepare(python, &options, cache, &host, &mut |_| {})
        .expect_err("no place for an image")
        .into()
}

#[test]
fn an_unwritable_cache_is_reported_as_such() {
    let sandbox = Sandbox::new();
    let python = modern(&sandbox);
    let file = sandbox.root().join("file");
    fs::write(&file, "").unwrap();
    // Nobody, not even root, makes directories below a file or in /proc.
    for root in [file, PathBuf::from("/proc/rvenv")] {
        let error = unwritable(&Cache::at(&root), &sandbox, &python);
        assert!(
            matches!(&error, rvenv::Error::Seed(rvenv::seed::Error::CacheUnwritable { path: Some(path), .. }) if path.starts_with(&root)),
            "{error:?}"
        );
    }
    let error = unwritable(&Cache::none(), &sandbox, &python);
    assert!(
        matches!(error, rvenv::Error::Seed(rvenv::seed::Error::CacheUnwritable { path: None, .. })),
        "{error:?}"
    );
    // Then a directory of the caller's own does.
    let scratch = Cache::at(sandbox.root().join("scratch"));
    let seed = seed::prepare(&python, &small(&sandbox), &scratch, &host(&sandbox), &mut |_| {})
        .expect("a seed");
    assert_eq!(seed.pip_version(), "99.0");
    assert_eq!(fs::read_dir(sandbox.root().join("cache")).unwrap().count(), 0);
}

#[test]
fn another_wheel_under_the_same_name_is_another_image() {
    let sandbox = Sandbox::cold();
    let (python, options) = (modern(&sandbox), small(&sandbox));
    prepare(&sandbox, &python, &options).expect("a seed");
    Maker::new("99.0").with("pip/more.py", "x = 1\n").write(&sandbox.root().join("wheels"));
    let (_, events) = prepare(&sandbox, &python, &options).expect("a seed");
    assert!(is_built(&events));
}

#[test]
fn layouts_fall_back_where_an_archive_cannot_work() {
    let sandbox = Sandbox::cold();
    let mut python = modern(&sandbox);
    let has_archive = |python: &Interpreter, version: &str| {
        let wheel = Maker::new(version).write(&sandbox.root().join("wheels"));
        let options =
            Options { choice: Choice::Wheel(wheel), layout: Layout::Archive, ..Options::default() };
        let (seed, _) = prepare(&sandbox, python, &options).expect("a seed");
        let target = Target {
            root: Path::new("/env"),
            interpreter: python,
            python: "python",
            relocatable: false,
        };
        seed.entries(&target).iter().any(|entry| entry.path.ends_with("_pip.zip"))
    };
    assert!(has_archive(&python, "22.3"));
    assert!(!has_archive(&python, "22.2.2"), "it packs its own directory to build sdists");
    python.has_zlib = false;
    assert!(!has_archive(&python, "22.3"), "nothing could read the archive");
}
