use std::path::Path;

use super::{fixture, tree};
use crate::fs::Error;
use crate::fs::{Dir, LinkMode, Linker, read_bounded, write_whole};

#[test]
fn a_file_is_read_up_to_its_limit() {
    let (_guard, root) = fixture();
    let path = root.join("pyvenv.cfg");
    std::fs::write(&path, "12345").unwrap();
    assert_eq!(read_bounded(&path, 5).unwrap(), b"12345");
    assert!(matches!(read_bounded(&path, 4), Err(Error::TooLarge { limit: 4, .. })));
    assert!(matches!(read_bounded(&root.join("none"), 4), Err(Error::Io { action: "read", .. })));
}

#[test]
fn an_error_names_what_does_not_exist() {
    let (_guard, root) = fixture();
    let shown = |path: &str| read_bounded(&root.join(path), 4).unwrap_err().to_string();
    assert!(shown("none").ends_with("none`: it does not exist"), "{}", shown("none"));
    let missing = format!("`: `{}` does not exist", root.join("none").display());
    assert!(shown("none/below/file").ends_with(&missing), "{}", shown("none/below/file"));
}

// macOS makes pipes by another call.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn entries_that_are_not_regular_files_are_refused_at_once() {
    let (_guard, root) = fixture();
    let pipe = root.join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for path in [pipe.as_path(), &root, Path::new("/dev/zero"), Path::new("/dev/null")] {
        assert!(
            matches!(read_bounded(path, 9), Err(Error::NotAFile { path: named }) if named == path)
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_lies_about_its_length_is_bounded_too() {
    assert!(matches!(read_bounded(Path::new("/proc/self/maps"), 10), Err(Error::TooLarge { .. })));
}

#[test]
fn writing_replaces_a_file_and_leaves_nothing_beside() {
    let (_guard, root) = fixture();
    let path = root.join("file");
    write_whole(&path, b"old", false).unwrap();
    write_whole(&path, b"new", false).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
    std::fs::create_dir_all(root.join("dir/in")).unwrap();
    for impossible in [root.join("dir"), root.join("none/file"), Path::new("/").to_owned()] {
        assert!(
            matches!(write_whole(&impossible, b"x", false), Err(Error::Io { path, .. }) if path == impossible)
        );
    }
    assert_eq!(tree(&root), ["dir", "dir/in", "file"]);
}

#[test]
fn staging_directories_of_killed_processes_are_removed() {
    let (_guard, root) = fixture();
    let (ours, in_use) = (root.join(".rvenv-abc.tmp"), root.join(".rvenv-def.tmp"));
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    let file = |path: &Path| {
        let file = std::fs::File::create(path).unwrap();
        file.set_modified(long_ago).unwrap();
        file
    };
    drop(file(&ours));
    drop(file(&root.join("mine.tmp")));
    let held = file(&in_use);
    held.try_lock().unwrap();
    write_whole(&root.join("file"), b"x", false).unwrap();
    assert_eq!(tree(&root), [".rvenv-def.tmp", "file", "mine.tmp"]);
}

#[test]
fn paths_that_lead_out_are_refused() {
    let (_guard, root) = fixture();
    let inside = root.join("inside");
    std::fs::create_dir(&inside).unwrap();
    let dir = Dir::open(&inside).unwrap();
    for path in ["../out", "/tmp/rvenv-out", "", ".", "a/../../out"] {
        assert!(dir.write(Path::new(path), b"x", false).is_err(), "{path:?}");
        assert!(dir.create_dir(Path::new(path)).is_err(), "{path:?}");
        assert!(dir.remove(Path::new(path)).is_err(), "{path:?}");
    }
    assert_eq!(tree(&root), ["inside"]);
}

#[test]
fn every_mode_gives_the_same_file() {
    let (_guard, root) = fixture();
    let from = root.join("from");
    write_whole(&from, b"text", true).unwrap();
    for mode in [LinkMode::Clone, LinkMode::Hardlink, LinkMode::Copy, LinkMode::Symlink] {
        let target = root.join(format!("{mode:?}"));
        std::fs::create_dir(&target).unwrap();
        let linker = Linker::new(mode);
        let dir = Dir::open(&target).unwrap();
        dir.share(&from, Path::new("one"), &linker).unwrap();
        dir.share(&from, Path::new("two"), &linker).unwrap();
        for name in ["one", "two"] {
            assert_eq!(std::fs::read(target.join(name)).unwrap(), b"text", "{mode:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let modes = |path: &Path| path.metadata().unwrap().mode();
            assert_eq!(modes(&target.join("two")), modes(&from));
            let same =
                target.join("two").metadata().unwrap().ino() == from.metadata().unwrap().ino();
            assert_eq!(same, matches!(linker.mode(), LinkMode::Hardlink | LinkMode::Symlink));
        }
        // Neither a second file of that name, nor one that is not there.
        assert!(dir.share(&from, Path::new("one"), &linker).is_err());
        if mode != LinkMode::Symlink {
            assert!(dir.share(&root.join("none"), Path::new("three"), &linker).is_err());
            assert!(dir.share(&root, Path::new("three"), &linker).is_err());
            assert_eq!(tree(&target), ["one", "two"]);
        }
    }
}

#[test]
fn a_directory_is_shared_as_a_whole_or_not_at_all() {
    let (_guard, root) = fixture();
    let from = root.join("from");
    std::fs::create_dir_all(from.join("below")).unwrap();
    write_whole(&from.join("below/file"), b"text", false).unwrap();
    std::fs::create_dir(root.join("target")).unwrap();
    let dir = Dir::open(&root.join("target")).unwrap();
    for (mode, from) in
        [(LinkMode::Clone, "from"), (LinkMode::Copy, "from"), (LinkMode::Clone, "none")]
    {
        let name = format!("{mode:?}-{from}");
        let done = dir.share_tree(&root.join(from), Path::new(&name), &Linker::new(mode));
        assert!(!done || (mode, from) == (LinkMode::Clone, "from"));
        let there = root.join("target").join(name);
        assert_eq!(there.join("below/file").exists(), done);
        assert_eq!(there.exists(), done);
    }
}
