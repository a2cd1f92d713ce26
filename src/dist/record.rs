//! The RECORDs of a `site-packages`, and the distribution that owns each file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::site::{Dist, Site};
use crate::formats::record;
use crate::formats::record::{Row, Span};
use crate::fs;
use crate::support::limits;

/// One distribution's RECORD.
#[derive(Debug)]
pub(crate) struct Record {
    path: PathBuf,
    pub(crate) rows: Vec<Row>,
    is_changed: bool,
}

impl Record {
    /// `None` when there is none, or none that is whole, of an install that ended.
    pub(crate) fn read(site: &Site, dist: &Dist<'_>) -> Option<Self> {
        Self::of_directory(site, dist.directory)
    }

    /// That in a dist-info, whatever its name.
    pub(crate) fn of_directory(site: &Site, dist_info: &str) -> Option<Self> {
        let path = site.path.join(dist_info).join("RECORD");
        Some(Self { rows: record::parse(&text(&path)?)?, path, is_changed: false })
    }

    /// The dist-info that it was written for.
    pub(crate) fn dist_info(&self) -> Option<&str> {
        let mut dirs = self.rows.iter().filter_map(|row| row.path.strip_suffix("/RECORD"));
        dirs.find(|dir| dir.ends_with(".dist-info"))
    }

    /// Has the files where they are by now: what was at the first of two names at the top of
    /// `site-packages` is at the second one.
    pub(crate) fn rename(&mut self, names: &[(String, String)]) {
        for row in &mut self.rows {
            let Some((top, rest)) = row.path.split_once('/') else { continue };
            if let Some((_, now)) = names.iter().find(|(name, _)| name == top) {
                row.path = format!("{now}/{rest}");
            }
        }
    }

    /// Every row.
    pub(crate) fn texts(&self) -> impl Iterator<Item = RowText<'_>> {
        self.rows.iter().map(|row| RowText {
            path: Cow::Borrowed(&*row.path),
            hash: &row.hash,
            size: &row.size,
        })
    }

    /// Notes that files have other bytes now.
    pub(crate) fn update(&mut self, changed: &BTreeMap<String, &[u8]>) {
        for row in &mut self.rows {
            if let Some(bytes) = changed.get(&row.path) {
                *row = Row::of(&*row.path, bytes);
                self.is_changed = true;
            }
        }
    }

    /// Keeps the rows of the paths that `is_kept` accepts.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        let before = self.rows.len();
        self.rows.retain(|row| is_kept(&row.path));
        self.is_changed |= self.rows.len() != before;
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
        self.is_changed = true;
    }

    /// Its path and its new text, if they were changed.
    pub(crate) fn changed(&self) -> Option<(&Path, Vec<u8>)> {
        self.is_changed.then(|| (&*self.path, record::write(self.rows.clone())))
    }
}

/// The paths in `site-packages` of a RECORD that is not necessarily that of an install that ended.
pub(crate) fn listed(dist_info: &Path) -> Vec<String> {
    let text = read_text(&dist_info.join("RECORD")).unwrap_or_default();
    let paths = record::spans(&text).flatten().map(|span| span.of(&text).path.into_owned());
    paths.filter(|path| !record::is_outside(path)).collect()
}

/// The text of a RECORD, if it is complete, which means that the install ended.
fn text(path: &Path) -> Option<String> {
    let text = read_text(path)?;
    (record::is_whole(&text) && is_final(path, &text)).then_some(text)
}

fn read_text(path: &Path) -> Option<String> {
    String::from_utf8(fs::read_bounded(path, limits::RECORD).ok()?).ok()
}

fn is_final(path: &Path, text: &str) -> bool {
    record::is_final(text, || {
        let bytes = fs::read_bounded(&path.with_file_name("entry_points.txt"), limits::RECORD);
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    })
}

/// Bytecode comes and goes, and is not recorded as it is.
pub(crate) fn is_bytecode(path: &str) -> bool {
    has_extension(path, "pyc")
}

/// A RECORD: what its rows tell that can be verified without reading every file, and its whole text, which is
/// read when the first rule asks for it.
#[derive(Debug)]
pub(crate) struct Text {
    path: PathBuf,
    whole: OnceLock<String>,
    index: Index,
}

/// The contents of a RECORD that the fast check needs, each as lines. They are a small part of it, and strings of
/// their own would take most of the time to read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    /// The names at the top of `site-packages`, each once, in order.
    tops: String,
    /// The paths that show that the directories of modules exist, `a`, and `a/b` of `a/b/c.py`: of a package its
    /// `__init__.py`, of another one itself, unless one below it is here. In order.
    directories: String,
    /// The rows of files outside of `site-packages`: commands, data.
    outside: String,
    /// The rows of compiled modules.
    compiled: String,
}

/// The directories of a RECORD's files, except for those of bytecode and of metadata.
#[derive(Debug, Default)]
pub(crate) struct Blocks(Vec<Block>);

/// Rows of one directory that follow each other.
#[derive(Debug)]
struct Block {
    /// The offset of the first row in the text, in bytes.
    start: usize,
    /// The range of the directory in the text.
    directory: Range<usize>,
}

/// A row of a RECORD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowText<'a> {
    /// Relative to `site-packages`, with `/`.
    pub(crate) path: Cow<'a, str>,
    /// `sha256=…`, or nothing.
    pub(crate) hash: &'a str,
    /// In bytes, or nothing.
    pub(crate) size: &'a str,
}

impl RowText<'_> {
    pub(crate) fn is_bare(&self) -> bool {
        self.hash.is_empty() && self.size.is_empty()
    }
}

impl Text {
    /// That in a directory of metadata, and the directories of its files; `None` where there is none, or none
    /// that is whole.
    pub(crate) fn read(dist_info: &Path) -> Option<(Self, Blocks)> {
        let path = dist_info.join("RECORD");
        let whole = read_text(&path)?;
        let (index, blocks) = Index::of(&whole)?;
        is_final(&path, &whole).then(|| (Self { path, whole: whole.into(), index }, blocks))
    }

    /// That of which this is known from a former run.
    pub(crate) fn indexed(dist_info: &Path, index: Index) -> Self {
        Self { path: dist_info.join("RECORD"), whole: OnceLock::new(), index }
    }

    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    /// The names at the top of `site-packages`.
    pub(crate) fn tops(&self) -> impl Iterator<Item = &str> {
        self.index.tops.lines()
    }

    /// The paths that show that the directories of modules exist: `__init__.py`, or the directory itself.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        self.index.directories()
    }

    /// The rows of files outside of `site-packages`.
    pub(crate) fn outside(&self) -> impl Iterator<Item = RowText<'_>> {
        rows(&self.index.outside)
    }

    /// The rows of compiled modules.
    pub(crate) fn compiled(&self) -> impl Iterator<Item = RowText<'_>> {
        rows(&self.index.compiled)
    }

    /// Every row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = RowText<'_>> {
        rows(self.whole())
    }

    /// Whether it says that one of these files exists. A row without hash and size, among others with them, need
    /// not: of a directory, of a signature.
    pub(crate) fn asserts(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        let mut meant = self.rows().filter(|row| is_meant(&row.path)).peekable();
        meant.peek().is_some() && (meant.any(|row| !row.is_bare()) || !self.has_hashes())
    }

    /// Whether any file has a hash.
    pub(crate) fn has_hashes(&self) -> bool {
        self.rows().any(|row| !row.hash.is_empty())
    }

    /// The rows of code that an import runs, directly in those of the directories that `is_wanted` accepts.
    pub(crate) fn code_in(
        &self,
        blocks: &Blocks,
        is_wanted: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = RowText<'_>> {
        let whole = self.whole();
        let blocks = blocks.0.iter().filter(move |it| is_wanted(&whole[it.directory.clone()]));
        let rows = blocks.flat_map(move |block| {
            let (text, directory) = (&whole[block.start..], &whole[block.directory.clone()]);
            rows(text).take_while(move |row| directory_of(&row.path) == directory)
        });
        rows.filter(|row| is_code(&row.path, row.size))
    }

    /// Each directory that has files, except for those of bytecode and of metadata; some of them repeatedly.
    pub(crate) fn packages<'t>(&'t self, blocks: &'t Blocks) -> impl Iterator<Item = &'t str> {
        blocks.0.iter().map(|block| &self.whole()[block.directory.clone()])
    }

    fn whole(&self) -> &str {
        self.whole.get_or_init(|| read_text(&self.path).unwrap_or_default())
    }
}

impl Index {
    pub(super) fn directories(&self) -> impl Iterator<Item = &str> {
        self.directories.lines()
    }

    /// Goes over the rows once, as a large environment has 100,000 of them. `None` if the text is cut off:
    /// see [`record::is_whole`].
    fn of(whole: &str) -> Option<(Self, Blocks)> {
        let (mut outside, mut compiled) = (String::new(), String::new());
        let mut names = Names::default();
        let mut lists_itself = false;
        for span in record::spans(whole) {
            let span = span?;
            // Escaped quotes are rare, and a path with them is as good as any other.
            let path = whole[span.path.clone()].trim_matches('"');
            let add_to = |rows: &mut String| {
                rows.push_str(&whole[span.path.start..span.size.end]);
                rows.push('\n');
            };
            if path.starts_with("..") {
                add_to(&mut outside);
                continue;
            }
            lists_itself |= path.ends_with(record::ITSELF);
            names.add(path, &span);
            if path.ends_with(INIT) && !is_small(&whole[span.size.clone()]) {
                names.packages.insert(directory_of(path));
            }
            if is_compiled(path) && !names.is_cache {
                add_to(&mut compiled);
            }
        }
        let (directories, tops) = (names.existing(), lines(once(std::mem::take(&mut names.tops))));
        let index = Self { tops, directories, outside, compiled };
        lists_itself.then_some((index, Blocks(names.blocks)))
    }
}

fn rows(text: &str) -> impl Iterator<Item = RowText<'_>> {
    record::spans(text).flatten().map(|span| span.of(text))
}

/// The top-level names that RECORD lists in `site-packages`, and the directories of modules.
#[derive(Default)]
struct Names<'t> {
    tops: Vec<&'t str>,
    directories: Vec<&'t str>,
    /// The directories with an `__init__.py` that is not small.
    packages: HashSet<&'t str>,
    blocks: Vec<Block>,
    /// The directory of the last row.
    last: Option<&'t str>,
    /// Whether the last row is one of bytecode.
    is_cache: bool,
}

impl<'t> Names<'t> {
    fn add(&mut self, path: &'t str, span: &Span) {
        let directory = directory_of(path);
        if directory.is_empty() {
            self.tops.push(path);
        }
        if self.last == Some(directory) {
            return;
        }
        self.last = Some(directory);
        self.is_cache = has_part(directory, &[BYTECODE]);
        let mut ends = memchr::memchr_iter(b'/', path.as_bytes()).map(|end| &path[..end]);
        let top = ends.next().unwrap_or_default();
        if !top.is_empty() && self.tops.last() != Some(&top) {
            self.tops.push(top);
        }
        if self.is_cache || top.ends_with(".dist-info") {
            return;
        }
        let start = span.path.start;
        let quote = usize::from(span.path.len() != path.len());
        let directory = start + quote..start + quote + directory.len();
        self.blocks.push(Block { start, directory });
        // Tests are left out by some distributors, and deleted to save space.
        if top.is_empty() || TESTS.contains(&top) {
            return;
        }
        self.directories.push(top);
        self.directories.extend(ends.next().filter(|dir| !TESTS.contains(&&dir[top.len() + 1..])));
    }

    /// The paths whose existence shows that of the directories.
    fn existing(&mut self) -> String {
        let directories = once(std::mem::take(&mut self.directories));
        let mut existing = String::new();
        for (at, directory) in directories.iter().enumerate() {
            let next = directories.get(at + 1).and_then(|next| next.strip_prefix(*directory));
            let is_package = self.packages.contains(directory);
            if is_package || !next.is_some_and(|rest| rest.starts_with('/')) {
                existing.push_str(directory);
                existing.push_str(if is_package { INIT } else { "" });
                existing.push('\n');
            }
        }
        existing
    }
}

/// Each name once, in order.
fn once(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names.dedup();
    names
}

fn lines<'t>(names: impl IntoIterator<Item = &'t str>) -> String {
    names.into_iter().flat_map(|name| [name, "\n"]).collect()
}

/// Everything before the last `/`.
pub(crate) fn directory_of(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or("", |end| &path[..end])
}

const INIT: &str = "/__init__.py";

const TESTS: [&str; 2] = ["tests", "test"];

/// Whether a name of a path is one of these.
fn has_part(path: &str, names: &[&str]) -> bool {
    names.iter().any(|name| path.contains(name)) && path.split('/').any(|it| names.contains(&it))
}

impl Span {
    fn of<'t>(&self, text: &'t str) -> RowText<'t> {
        let path = record::unquoted(&text[self.path.clone()]);
        RowText { path, hash: &text[self.hash.clone()], size: &text[self.size.clone()] }
    }
}

/// `Path::extension` takes ten times as long, as it parses the whole path.
fn has_extension(path: &str, extension: &str) -> bool {
    path.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'))
}

/// Whether a file is a module's source.
pub(crate) fn is_source(path: &str) -> bool {
    has_extension(path, "py")
}

fn is_compiled(path: &str) -> bool {
    has_extension(path, "so") || has_extension(path, "pyd")
}

/// In bytes. A smaller `__init__.py` marks a package, or a namespace that several distributions share.
const SMALL: u64 = 512;

fn is_small(size: &str) -> bool {
    size.parse::<u64>().is_ok_and(|size| size < SMALL)
}

/// Whether a file is importable code and not a test or documentation.
fn is_code(path: &str, size: &str) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    let is_python = has_extension(path, "py");
    let is_small = path.ends_with("__init__.py") && is_small(size);
    (is_python || is_compiled(path))
        && !is_small
        && !["tests", "test", "docs", "doc", "examples"].contains(&top)
}

/// Every RECORD of a `site-packages`.
#[derive(Debug, Default)]
pub(crate) struct Records {
    all: Vec<Record>,
}

impl Records {
    pub(crate) fn read(site: Option<&Site>) -> Self {
        let dists = site.into_iter().flat_map(|site| site.dists().map(move |dist| (site, dist)));
        Self { all: dists.filter_map(|(site, dist)| Record::read(site, &dist)).collect() }
    }

    /// Every file that a distribution has.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flat_map(|record| &record.rows).map(|row| &*row.path)
    }

    /// Notes that files have other bytes now.
    pub(crate) fn update(&mut self, changed: &BTreeMap<String, &[u8]>) {
        self.all.iter_mut().for_each(|record| record.update(changed));
    }

    /// The RECORDs that were changed, with their new texts.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&Path, Vec<u8>)> {
        self.all.iter().filter_map(Record::changed)
    }
}

/// Everybody's, and made again when it is missing.
pub(crate) const BYTECODE: &str = "__pycache__";

/// The names that a RECORD has at the top of `site-packages`; bytecode is everybody's.
pub(crate) fn tops(record: &Record) -> HashSet<String> {
    let tops = record.rows.iter().filter_map(|row| row.path.split('/').next());
    let tops = tops.filter(|top| !["", ".", "..", BYTECODE].contains(top));
    tops.map(str::to_owned).collect()
}
