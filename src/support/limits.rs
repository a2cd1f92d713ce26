//! The most that is read of a file of each kind, in bytes.
//!
//! A longer file is not of that kind: a device, a corrupt download, or one made to use up memory.

/// Bytes in a KiB and a MiB.
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// `pyvenv.cfg` (PEP 405): a few lines.
pub const PYVENV_CFG: u64 = 64 * KIB;
/// A `.venv` file (PEP 832): one path. Linux limits a path to 4096 bytes.
pub const REDIRECT: u64 = 16 * KIB;
/// `pyproject.toml` and `rvenv.toml`. The longest on GitHub are below 1 MiB.
pub const PROJECT_FILE: u64 = 4 * MIB;
/// `.python-version`, `.tool-versions` and the configuration of version managers.
pub const VERSION_FILE: u64 = MIB;
/// A record of the list of allowed environments: a line and a path.
pub const TRUST_RECORD: u64 = 64 * KIB;
/// A cached record of one interpreter: about 2 KiB.
pub const PROBE_RECORD: u64 = MIB;
/// The cached metadata of a `site-packages`: about 2 KiB per distribution.
pub const PACKAGES_RECORD: u64 = 64 * MIB;
/// The manifest of an unpacked wheel: about 100 bytes per file.
pub const IMAGE_MANIFEST: u64 = 64 * MIB;
/// A record of the store about a distribution, without its files: mostly its dependencies.
pub const STORE_ENTRY: u64 = 4 * MIB;
/// The list of the files of a stored distribution: about 200 bytes per file.
pub const STORE_FILES: u64 = 256 * MIB;
/// A wheel to seed, packed. pip has 2 MiB. `fetch.py` has the same limit.
pub const WHEEL: u64 = 64 * MIB;
/// The files of a wheel to seed, unpacked. pip takes 10 MiB.
pub const WHEEL_CONTENT: u64 = 128 * MIB;

/// The manifest of a packed environment: below 4 KiB.
pub const PACK_MANIFEST: u64 = MIB;
/// The entries of a packed environment. The largest environments have about 300,000 files.
pub const ARCHIVE_ENTRIES: u64 = 2_000_000;
/// The bytes of a packed environment for each byte of its archive. Environments with scientific packages
/// have 3 to 10; deflate reaches 1032 with zeros, zstd far more.
pub const ARCHIVE_RATIO: u64 = 200;
/// The bytes of a packed environment that are accepted whatever the size of its archive.
pub const ARCHIVE_SMALL: u64 = 64 * MIB;
/// The path of an entry: `PATH_MAX` of `linux/limits.h`.
pub const ARCHIVE_PATH: u64 = 4096;
/// A name in a path: `NAME_MAX` of `linux/limits.h`.
pub const ARCHIVE_NAME: usize = 255;
/// The zeros behind the end of a tar archive. GNU tar fills up a record, of at most 1 MiB as a rule.
pub const ARCHIVE_PADDING: u64 = 16 * MIB;
/// `libc.so.6`: about 2 MiB.
pub const C_LIBRARY: u64 = 64 * MIB;
/// `/etc/ld.so.cache`: about 100 bytes for each library.
pub const LIBRARY_CACHE: u64 = 64 * MIB;

/// A script that installers or activation write: activation scripts have 10 KiB.
pub const SCRIPT: u64 = MIB;
/// A small text file that tools generate in an environment: `.gitignore`, `CACHEDIR.TAG`.
pub const GENERATED_TEXT: u64 = 4 * KIB;
/// METADATA and PKG-INFO (core metadata): the longest on PyPI have about 500 KiB.
pub const METADATA: u64 = MIB;
/// A requirements file and a lock file of `pylock.toml`'s form (PEP 751): those of large projects with
/// hashes have about 1 MiB.
pub const REQUIREMENTS: u64 = 16 * MIB;
/// `direct_url.json` (PEP 610), `.egg-link`, `.pth` (the `site` module), `INSTALLER`.
pub const SITE_FILE: u64 = MIB;
/// RECORD (PEP 376): about 120 bytes per installed file. 16 MiB are 130,000 files, ten times those of the
/// largest packages on PyPI.
pub const RECORD: u64 = 16 * MIB;
/// A command that an installer writes: a few lines, or a zip archive behind its first line (`zipapp`).
pub const COMMAND: u64 = 64 * MIB;
/// A launcher of a Windows command: a stub and a small archive. Larger programs are not launchers.
pub const LAUNCHER: u64 = 4 * MIB;
/// The stub of the Windows launcher (distlib, CPython): below 200 KiB; it differs in its first part.
pub const LAUNCHER_START: u64 = 64 * KIB;

/// `.gitignore` and git's configuration (gitignore(5), git-config(1)).
pub const GIT_TEXT: u64 = 16 * MIB;
/// git's index (gitformat-index(5)): about 100 bytes per tracked file.
pub const GIT_INDEX: u64 = 64 * MIB;

/// The part of a script's first line that Linux reads, without the line end: `BINPRM_BUF_SIZE` of
/// `linux/binfmts.h`, which execve(2) gives as 255 bytes since Linux 5.1.
pub const SHEBANG_LINUX: usize = 255;
/// The same before Linux 5.1: what every Linux can execute.
pub const SHEBANG_ANY_LINUX: usize = 127;
/// The part of a script's first line that macOS reads: `IMG_SHSIZE` of `sys/imgact.h`.
pub const SHEBANG_MACOS: usize = 512;
