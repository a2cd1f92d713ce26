//! The owner of a file or directory, and the other users who can change it.
//!
//! Decisions from owner, mode and identity alone. Which command refuses what is not decided here. On Windows
//! only owners count: an access list can permit anything to anybody, and that of the user's profile keeps
//! others out.

use std::path::PathBuf;

/// The reason why a file or directory is not used unless the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The file or directory.
    pub path: PathBuf,
    /// Its owner: a name or a number.
    pub owner: String,
    /// The violated rule.
    pub kind: ObjectionKind,
}

/// A rule that the owner or the mode of a file or directory violates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectionKind {
    /// It belongs to another user.
    OtherOwner,
    /// Everybody can write to it.
    WritableByAll,
    /// The members of a group can write to it.
    WritableByGroup,
}

impl std::fmt::Display for Objection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, owner) = (self.path.display(), &self.owner);
        match self.kind {
            ObjectionKind::OtherOwner => write!(f, "`{path}` belongs to another user, {owner}"),
            ObjectionKind::WritableByAll => {
                write!(f, "everybody can write to `{path}`, which belongs to {owner}")
            }
            ObjectionKind::WritableByGroup => {
                write!(f, "a group can write to `{path}`, which belongs to {owner}")
            }
        }
    }
}

#[cfg(unix)]
pub(crate) use unix::{Facts, has_modes, is_group_alone};
#[cfg(unix)]
pub use unix::{User, is_system_python};
#[cfg(windows)]
pub use windows::User;
#[cfg(windows)]
pub(crate) use windows::object_to_owner;

/// Accounts that Windows itself and its administrators act as, like root: `LocalSystem`, Administrators and
/// `TrustedInstaller` (MS-DTYP 2.4.2.4).
#[cfg(any(windows, test))]
const ADMINISTRATORS: [&str; 3] =
    ["S-1-5-18", "S-1-5-32-544", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];
/// Everyone: the owner of each file where the filesystem keeps no owners (FAT, exFAT).
#[cfg(any(windows, test))]
const EVERYONE: &str = "S-1-1-0";

/// Whether a file with the owner `owner`, a SID, is as good as one of the user's own.
#[cfg(any(windows, test))]
fn is_trusted_sid(owner: &str, user: Option<&str>) -> bool {
    Some(owner) == user || owner == EVERYONE || ADMINISTRATORS.contains(&owner)
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::path::Path;
    use std::sync::OnceLock;

    use super::{Objection, ObjectionKind, is_trusted_sid};
    use crate::support::host::Host;
    use crate::support::sid;

    /// The user whom rvenv works for.
    #[derive(Clone, Copy, Debug)]
    pub struct User;

    impl User {
        /// The user of this process.
        pub fn of(_host: &Host) -> Self {
            Self
        }

        /// The objection to `path`, which is an entry that was found, or a directory above one.
        pub fn object(&self, path: &Path, _is_parent: bool) -> Option<Objection> {
            let (path, kind, owner) =
                (path.to_owned(), ObjectionKind::OtherOwner, object_to_owner(path)?);
            Some(Objection { path, owner, kind })
        }

        /// Whether `entry` belongs to another user and is in the root directory of a drive, where every
        /// user can create directories.
        pub fn passes_over(&self, entry: &Path) -> bool {
            let is_in_root = entry.parent().is_some_and(|dir| dir.parent().is_none());
            is_in_root && self.object(entry, false).is_some()
        }
    }

    /// The owner of `path` if it is another user.
    pub(crate) fn object_to_owner(path: &Path) -> Option<String> {
        let owner = match sid::owner(path) {
            Ok(owner) => owner?,
            // Whoever can read a file can read its owner, unless somebody prevents just that.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => "unknown".into(),
            Err(_) => return None,
        };
        (!is_trusted_sid(&owner, user())).then_some(owner)
    }

    fn user() -> Option<&'static str> {
        static USER: OnceLock<Option<String>> = OnceLock::new();
        USER.get_or_init(|| sid::user().ok()).as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_are_trusted_and_other_users_are_not() {
        let user = Some("S-1-5-21-1-2-3-1001");
        for (owner, expected) in [
            ("S-1-5-21-1-2-3-1001", true),
            ("S-1-5-21-1-2-3-1002", false),
            ("S-1-5-32-544", true),
            ("S-1-5-18", true),
            (ADMINISTRATORS[2], true),
            ("S-1-1-0", true),
            // Users, Authenticated Users, a user of Samba's host, and unknown.
            ("S-1-5-32-545", false),
            ("S-1-5-11", false),
            ("S-1-22-1-1000", false),
            ("unknown", false),
        ] {
            assert_eq!(is_trusted_sid(owner, user), expected, "{owner}");
        }
        assert!(!is_trusted_sid("S-1-5-21-1-2-3-1001", None));
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::Metadata;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    use super::{Objection, ObjectionKind};
    use crate::support::host::Host;
    use crate::support::installation;

    /// Group and others can write.
    const GROUP_WRITE: u32 = 0o020;
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;

    /// `f_type` of filesystems that report one mode for every file (statfs(2), linux/magic.h):
    /// FAT, exFAT, NTFS, ntfs3, vboxsf, SMB and CIFS, 9p (`DrvFs` in WSL 2).
    #[cfg(target_os = "linux")]
    const WITHOUT_MODES: [u64; 9] = [
        0x4d44,
        0x2011_bab0,
        0x5346_544e,
        0x7366_746e,
        0x786f_4256,
        0x517b,
        0xfe53_4d42,
        0xff53_4d42,
        0x0102_1997,
    ];

    /// The user whom rvenv works for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct User {
        /// The effective user id.
        pub uid: u32,
        /// As root: who called `sudo`.
        pub sudo: Option<u32>,
        /// The id that unmapped owners have, inside a user namespace (`user_namespaces`(7)).
        pub overflow: Option<u32>,
    }

    /// Owner, mode and type of a file or directory.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Facts {
        /// The owner.
        pub uid: u32,
        /// The group.
        pub gid: u32,
        /// Type and permissions, as in `st_mode`.
        pub mode: u32,
        /// Whether the filesystem keeps a mode for each file.
        pub has_modes: bool,
        /// Whether the bits of the group are about its members alone: an access list can permit more
        /// users.
        pub is_group_alone: bool,
    }

    impl Facts {
        /// The facts of `path`, a link not followed.
        ///
        /// # Errors
        /// Those of `lstat`.
        pub fn of(path: &Path) -> io::Result<Self> {
            Ok(Self::from_metadata(&path.symlink_metadata()?, path))
        }

        pub(crate) fn from_metadata(meta: &Metadata, path: &Path) -> Self {
            // The filesystem is asked only when the mode decides something.
            let is_writable = meta.mode() & (GROUP_WRITE | OTHERS_WRITE) != 0;
            let has_modes = !is_writable || meta.is_symlink() || has_modes(path);
            let is_group_alone =
                meta.mode() & GROUP_WRITE == 0 || meta.is_symlink() || is_group_alone(path);
            let (uid, gid, mode) = (meta.uid(), meta.gid(), meta.mode());
            Self { uid, gid, mode, has_modes, is_group_alone }
        }

        fn is_link(self) -> bool {
            self.mode & 0o170_000 == 0o120_000
        }

        fn is_world_writable(self) -> bool {
            self.has_modes && !self.is_link() && self.mode & OTHERS_WRITE != 0
        }

        /// Whether everybody can make entries here, and only their owners can remove them.
        pub fn is_sticky(self) -> bool {
            self.is_world_writable() && self.mode & STICKY != 0
        }
    }

    impl User {
        /// The user of this process.
        pub fn of(host: &Host) -> Self {
            let uid = crate::support::users::effective_uid();
            let sudo = || host.var("SUDO_UID")?.to_str()?.parse().ok();
            let sudo = if uid == 0 { sudo() } else { None };
            Self { uid, sudo, overflow: overflow_uid() }
        }

        /// Whether `uid` is the user, root, or who called `sudo`.
        pub fn owns(&self, uid: u32) -> bool {
            uid == self.uid || uid == 0 || Some(uid) == self.sudo
        }

        /// The rule that an entry with these facts violates, if any.
        pub fn objection(&self, facts: Facts) -> Option<ObjectionKind> {
            if !self.owns(facts.uid) {
                return Some(ObjectionKind::OtherOwner);
            }
            if !facts.has_modes || facts.is_link() {
                return None;
            }
            if facts.mode & OTHERS_WRITE != 0 {
                return Some(ObjectionKind::WritableByAll);
            }
            // The GID of a user-private group is the UID of its only member. Members of group 0 are
            // trusted like root.
            let is_private = facts.is_group_alone && (facts.gid == facts.uid || facts.gid == 0);
            (facts.mode & GROUP_WRITE != 0 && !is_private).then_some(ObjectionKind::WritableByGroup)
        }

        /// The rule that a directory violates which contains a found entry, if any.
        pub fn objection_to_parent(&self, facts: Facts) -> Option<ObjectionKind> {
            let is_root_sticky = facts.is_sticky() && facts.uid == 0;
            let is_unmapped = self.overflow == Some(facts.uid);
            if is_root_sticky || (is_unmapped && facts.mode & OTHERS_WRITE == 0) {
                return None;
            }
            // In a user namespace, `/tmp` belongs to the overflow uid.
            if is_unmapped && facts.is_sticky() {
                return None;
            }
            self.objection(facts)
        }

        /// Whether `entry` belongs to another user and is in a directory where everybody can create files,
        /// and only their owners can remove them.
        pub fn passes_over(&self, entry: &Path) -> bool {
            let is_foreign = || Facts::of(entry).is_ok_and(|facts| !self.owns(facts.uid));
            let parent = entry.parent().unwrap_or(entry);
            Facts::of(parent).is_ok_and(Facts::is_sticky) && is_foreign()
        }

        /// The objection to `path`, which is an entry that was found, or a directory above one.
        pub fn object(&self, path: &Path, is_parent: bool) -> Option<Objection> {
            let facts = Facts::of(path).ok()?;
            let kind =
                if is_parent { self.objection_to_parent(facts) } else { self.objection(facts) };
            kind.map(|kind| Objection { path: path.to_owned(), owner: owner(facts.uid), kind })
        }
    }

    /// The name of a user as `/etc/passwd` has it, else the number.
    fn owner(uid: u32) -> String {
        let passwd = std::fs::read("/etc/passwd").unwrap_or_default();
        let passwd = String::from_utf8_lossy(&passwd);
        let name = passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, id) = (fields.next()?, fields.nth(1)?);
            (id.parse() == Ok(uid)).then(|| name.to_owned())
        });
        name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"))
    }

    /// The overflow uid, where this process is in a user namespace that does not map every user.
    #[cfg(target_os = "linux")]
    fn overflow_uid() -> Option<u32> {
        // It does not change, and costs seven system calls.
        static UID: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
        *UID.get_or_init(read_overflow_uid)
    }

    #[cfg(target_os = "linux")]
    fn read_overflow_uid() -> Option<u32> {
        let map = std::fs::read_to_string("/proc/self/uid_map").ok()?;
        let is_whole = map.split_whitespace().collect::<Vec<_>>() == ["0", "0", "4294967295"];
        if is_whole {
            return None;
        }
        let uid = std::fs::read_to_string("/proc/sys/kernel/overflowuid").ok();
        // The kernel's default (`user_namespaces`(7)).
        Some(uid.and_then(|uid| uid.trim().parse().ok()).unwrap_or(65534))
    }

    #[cfg(not(target_os = "linux"))]
    fn overflow_uid() -> Option<u32> {
        None
    }

    /// Whether the filesystem of `path` keeps a mode for each file.
    #[cfg(target_os = "linux")]
    pub(crate) fn has_modes(path: &Path) -> bool {
        let Ok(found) = rustix::fs::statfs(path) else { return true };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a bit pattern of 32 bits"
        )]
        let kind = u64::from(found.f_type as u32);
        !(WITHOUT_MODES.contains(&kind) || kind == FUSE && is_block_fuse(path))
    }

    /// Whether no access list permits further users or groups to write to `path`, so that the mode's bits
    /// of the group are about its members alone. With such a list they are its mask (acl(5)).
    #[cfg(target_os = "linux")]
    pub(crate) fn is_group_alone(path: &Path) -> bool {
        // A version, and for each entry its tag, its permissions and an id
        // (linux/posix_acl_xattr.h, posix_acl.h).
        const USER: u16 = 0x02;
        const GROUP: u16 = 0x08;
        const WRITE: u16 = 0x02;
        let mut list = [0; 4096];
        let length = match rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut list) {
            Ok(length) => length,
            // A longer list has hundreds of entries.
            Err(error) => return error != rustix::io::Errno::RANGE,
        };
        let entries = list[..length].get(4..).unwrap_or_default().chunks_exact(8);
        let may_write = |entry: &[u8]| {
            let [tag, permissions] =
                [0, 2].map(|at| u16::from_le_bytes([entry[at], entry[at + 1]]));
            (tag == USER || tag == GROUP) && permissions & WRITE != 0
        };
        !entries.into_iter().any(may_write)
    }

    /// Elsewhere access lists have another form, which is not read.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn is_group_alone(_path: &Path) -> bool {
        true
    }

    /// `FUSE_SUPER_MAGIC`.
    #[cfg(target_os = "linux")]
    const FUSE: u64 = 0x6573_5546;

    /// Whether `path` is on a disk that a FUSE driver serves: `fuseblk`, which is NTFS or exFAT.
    #[cfg(target_os = "linux")]
    fn is_block_fuse(path: &Path) -> bool {
        let Ok(path) = crate::support::path::canonicalize(path) else { return false };
        let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return false };
        let mut best: Option<(usize, bool)> = None;
        for line in mounts.lines() {
            let Some((place, kind)) = line.split_once(" - ") else { continue };
            let Some(place) = place.split(' ').nth(4) else { continue };
            let length = place.len();
            if path.starts_with(place) && best.is_none_or(|(longest, _)| length >= longest) {
                best = Some((length, kind.starts_with("fuseblk")));
            }
        }
        best.is_some_and(|(_, is_block)| is_block)
    }

    /// Whether the filesystem of `path` keeps a mode for each file.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn has_modes(_path: &Path) -> bool {
        true
    }

    /// Whether the program at `path` is a Python that only root can have put there: its real path and
    /// every directory above it belong to root and are writable by nobody else, it is called as
    /// Pythons are, and its standard library is beside it.
    pub fn is_system_python(path: &Path) -> bool {
        let Ok(real) = crate::support::path::canonicalize(path) else { return false };
        let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name.starts_with("python") || name.starts_with("pypy"))
            && real.metadata().is_ok_and(|meta| meta.is_file())
            && has_library(&real, &name)
            && real.ancestors().all(belongs_to_root)
    }

    fn belongs_to_root(path: &Path) -> bool {
        path.symlink_metadata()
            .is_ok_and(|meta| meta.uid() == 0 && meta.mode() & (GROUP_WRITE | OTHERS_WRITE) == 0)
    }

    /// Whether `lib/NAME/os.py`, or `lib/pythonX.Y/os.py`, is in the directory above the program's.
    fn has_library(real: &Path, name: &str) -> bool {
        let Some(prefix) = real.parent().and_then(Path::parent) else { return false };
        let exact = |lib: &PathBuf| lib.join(name).join("os.py").is_file();
        let libraries = ["lib", "lib64"].map(|lib| prefix.join(lib));
        libraries.iter().any(exact) || libraries.iter().any(|lib| installation::has_library(lib))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        const DIR: u32 = 0o040_000;

        fn facts(uid: u32, gid: u32, mode: u32) -> Facts {
            Facts { uid, gid, mode: DIR | mode, has_modes: true, is_group_alone: true }
        }

        fn user(uid: u32) -> User {
            User { uid, sudo: None, overflow: None }
        }

        #[test]
        fn owner_and_mode_decide() {
            use ObjectionKind::{OtherOwner, WritableByAll, WritableByGroup};
            let sudo = User { sudo: Some(1000), ..user(0) };
            for (user, entry, expected) in [
                (user(1000), facts(1000, 1000, 0o755), None),
                (user(1000), facts(0, 0, 0o755), None),
                (user(1000), facts(1001, 1001, 0o755), Some(OtherOwner)),
                (user(0), facts(1000, 1000, 0o755), Some(OtherOwner)),
                (sudo, facts(1000, 1000, 0o755), None),
                (sudo, facts(1001, 1000, 0o755), Some(OtherOwner)),
                // umask 002: a user-private group, and a shared one.
                (user(1000), facts(1000, 1000, 0o775), None),
                (user(1000), facts(1000, 100, 0o775), Some(WritableByGroup)),
                // Group 0, as images for random user ids have it.
                (user(1_000_710_000), facts(1_000_710_000, 0, 0o775), None),
                (user(1_000_710_000), facts(0, 0, 0o775), None),
                (user(1000), facts(1000, 1000, 0o777), Some(WritableByAll)),
                (user(1000), facts(1000, 1000, 0o1777), Some(WritableByAll)),
                (user(1000), facts(0, 0, 0o1777), Some(WritableByAll)),
            ] {
                assert_eq!(user.objection(entry), expected, "{user:?} {entry:?}");
            }
            let shared = Facts { is_group_alone: false, ..facts(1000, 1000, 0o775) };
            assert_eq!(user(1000).objection(shared), Some(WritableByGroup));
        }

        #[test]
        fn a_sticky_directory_of_root_may_contain_a_project() {
            use ObjectionKind::{OtherOwner, WritableByAll};
            let unmapped = User { overflow: Some(65534), ..user(0) };
            for (user, parent, expected) in [
                (user(1000), facts(0, 0, 0o1777), None),
                (user(1000), facts(1001, 1001, 0o1777), Some(OtherOwner)),
                (user(1000), facts(1000, 1000, 0o1777), Some(WritableByAll)),
                (user(1000), facts(0, 0, 0o777), Some(WritableByAll)),
                (unmapped, facts(65534, 65534, 0o755), None),
                (unmapped, facts(65534, 65534, 0o1777), None),
                (unmapped, facts(65534, 65534, 0o777), Some(OtherOwner)),
                (user(0), facts(65534, 65534, 0o755), Some(OtherOwner)),
            ] {
                assert_eq!(user.objection_to_parent(parent), expected, "{user:?} {parent:?}");
            }
        }

        #[test]
        fn without_modes_the_owner_decides() {
            // vboxsf, DrvFs, exFAT and CIFS show 0777 for every file.
            let entry = Facts { has_modes: false, ..facts(1000, 100, 0o777) };
            assert_eq!(user(1000).objection(entry), None);
            assert_eq!(user(1001).objection(entry), Some(ObjectionKind::OtherOwner));
            assert_eq!(user(1000).objection_to_parent(entry), None);
        }

        #[test]
        fn the_mode_of_a_link_says_nothing() {
            let link = Facts { mode: 0o120_777, ..facts(1000, 100, 0) };
            assert_eq!(user(1000).objection(link), None);
            assert_eq!(user(1001).objection(link), Some(ObjectionKind::OtherOwner));
        }

        #[test]
        fn a_python_of_a_user_is_not_the_systems() {
            let dir = tempfile::tempdir().unwrap();
            let bin = dir.path().join("bin");
            std::fs::create_dir_all(dir.path().join("lib/python3.12")).unwrap();
            std::fs::create_dir(&bin).unwrap();
            for file in ["lib/python3.12/os.py", "bin/python3.12"] {
                std::fs::write(dir.path().join(file), "").unwrap();
            }
            // `/tmp` is writable by everybody.
            assert!(!is_system_python(&bin.join("python3.12")));
            assert!(has_library(&bin.join("python3.12"), "python3.12"));
            assert!(!is_system_python(Path::new("/bin/sh")));
        }
    }
}
