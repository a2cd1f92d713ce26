use std::os::unix::fs::symlink;
use std::path::Path;

use super::{can_mount, child, fixture, given, passes, tree};
use crate::fs::remove_tree;

#[test]
fn links_are_removed_and_not_followed() {
    let (_guard, root) = fixture();
    std::fs::create_dir_all(root.join("kept/below")).unwrap();
    std::fs::create_dir_all(root.join("tree/dir")).unwrap();
    symlink("../../kept", root.join("tree/dir/link")).unwrap();
    symlink("tree", root.join("alias")).unwrap();
    remove_tree(&root.join("alias")).unwrap();
    assert_eq!(tree(&root), ["kept", "kept/below", "tree", "tree/dir", "tree/dir/link"]);
    remove_tree(&root.join("tree")).unwrap();
    assert_eq!(tree(&root), ["kept", "kept/below"]);
}

/// Deeper than `PATH_MAX` allows a path to be, and than the stack or the open files would allow a
/// walk to be.
#[test]
fn a_very_deep_tree_is_removed() {
    let (_guard, root) = fixture();
    deepen(&root.join("tree"), 3000);
    remove_tree(&root.join("tree")).unwrap();
    assert_eq!(tree(&root), [""; 0]);
}

fn deepen(top: &Path, depth: usize) {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    std::fs::create_dir(top).unwrap();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut at = openat(CWD, top, flags, Mode::empty()).unwrap();
    for _ in 0..depth {
        mkdirat(&at, "d", Mode::RWXU).unwrap();
        drop(openat(&at, "file", OFlags::WRONLY | OFlags::CREATE, Mode::RWXU).unwrap());
        at = openat(&at, "d", flags, Mode::empty()).unwrap();
    }
}

/// While one thread removes, another swaps a directory in the tree for a link out of it.
#[test]
fn a_directory_swapped_for_a_link_does_not_lead_out() {
    let (_guard, root) = fixture();
    let kept = root.join("kept");
    std::fs::create_dir(&kept).unwrap();
    for n in 0..200 {
        std::fs::write(kept.join(format!("file-{n}")), "x").unwrap();
    }
    let full = tree(&kept);
    symlink(&kept, root.join("link")).unwrap();
    for _ in 0..30 {
        for n in 0..20 {
            std::fs::create_dir_all(root.join(format!("tree/dir-{n}/below"))).unwrap();
        }
        std::thread::scope(|scope| {
            let swapper = scope.spawn(|| {
                for n in 0..20 {
                    let (dir, link) = (root.join(format!("tree/dir-{n}")), root.join("link"));
                    let flag = rustix::fs::RenameFlags::EXCHANGE;
                    let _ = rustix::fs::renameat_with(
                        rustix::fs::CWD,
                        dir,
                        rustix::fs::CWD,
                        link,
                        flag,
                    );
                }
            });
            let _ = remove_tree(&root.join("tree"));
            swapper.join().unwrap();
        });
        assert_eq!(tree(&kept), full);
        let _ = remove_tree(&root.join("tree"));
        let _ = remove_tree(&root.join("link"));
        symlink(&kept, root.join("link")).unwrap();
    }
}

#[test]
fn missing_rights_over_own_directories_are_no_hindrance() {
    let ((_guard, root), (_other, bin)) = (fixture(), fixture());
    if !rustix::process::geteuid().is_root() {
        return passes(child("remove::of_read_only", &root, &["env"]));
    }
    // To root nothing is missing: another user it is, who may not see where the tests are built.
    let open = std::os::unix::fs::PermissionsExt::from_mode;
    for path in [&root, &bin] {
        std::fs::set_permissions(path, open(0o777)).unwrap();
    }
    let program = bin.join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let ids = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    // The words after the script are the test's own path and its arguments.
    let script =
        [&ids[..], &["sh", "-c", "shift; exec \"$0\" \"$@\"", program.to_str().unwrap()]].concat();
    passes(child("remove::of_read_only", &root, &script));
}

#[test]
#[ignore = "run as another user by the test before"]
fn of_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let root = given();
    let set = |path: &str, mode| {
        std::fs::set_permissions(root.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    std::fs::create_dir_all(root.join("tree/closed/below")).unwrap();
    std::fs::write(root.join("tree/closed/file"), "x").unwrap();
    std::fs::create_dir(root.join("outside")).unwrap();
    symlink("../../outside", root.join("tree/closed/link")).unwrap();
    set("outside", 0o500);
    set("tree/closed/below", 0);
    set("tree/closed", 0o500);
    set("tree", 0);
    remove_tree(&root.join("tree")).unwrap();
    assert_eq!(tree(&root), ["outside"]);
    assert_eq!(root.join("outside").metadata().unwrap().permissions().mode() & 0o777, 0o500);
}

#[test]
fn mount_points_stay() {
    let (_guard, root) = fixture();
    if can_mount("mount_points_stay") {
        passes(child("remove::of_mounted", &root, &["unshare", "-m"]));
    }
}

#[test]
#[ignore = "run with mounts of its own by the test before"]
fn of_mounted() {
    let root = given();
    std::fs::create_dir_all(root.join("tree/mounted")).unwrap();
    std::fs::create_dir_all(root.join("tree/other")).unwrap();
    std::fs::create_dir_all(root.join("kept/below")).unwrap();
    // A bind mount of the same file system: its device number does not tell.
    let mount = |words: &[&str]| {
        assert!(
            std::process::Command::new("mount")
                .args(words)
                .current_dir(&root)
                .status()
                .unwrap()
                .success()
        );
    };
    mount(&["--bind", "kept", "tree/mounted"]);
    let error = remove_tree(&root.join("tree")).unwrap_err();
    assert!(error.to_string().contains("tree/mounted"), "{error}");
    assert!(remove_tree(&root.join("tree/mounted")).is_err());
    assert_eq!(tree(&root), ["kept", "kept/below", "tree", "tree/mounted", "tree/mounted/below"]);
}
