use std::collections::BTreeSet;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde::Deserialize;

use super::*;

const HASH: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn contents(text: &[u8]) -> Result<Contents, Reason> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("requirements.txt");
    std::fs::write(&path, text).unwrap();
    let mut contents = Contents::default();
    read(&path, &host(), &mut contents)?;
    Ok(contents)
}

fn host() -> Host {
    Host::new([("NAME", "six"), ("HOST", "x.org"), ("LC_ALL", "C.UTF-8")], "/")
}

fn requirements(text: &str) -> Option<Vec<String>> {
    let contents = contents(text.as_bytes()).ok()?;
    Some(contents.requirements.into_iter().map(|line| line.text).collect())
}

#[test]
#[cfg_attr(windows, ignore = "there is no store on Windows")]
fn lines_comments_and_continuations_are_read_as_pip_reads_them() {
    for (text, expected) in [
        ("a==1\n\n  b==2  \r\nc==3", &["a==1", "b==2", "c==3"][..]),
        ("a==1 # comment\n# b==2\n  # c\nd#e==1\n", &["a==1", "d#e==1"]),
        ("a==1 ; \\\n  python_version > '3'\n", &["a==1 ;   python_version > '3'"]),
        ("a==1 \\\n# comment\nb==2\n", &["a==1", "b==2"]),
        ("a==1\\\n", &["a==1"]),
        ("# comment \\\na==1\n", &["a==1"]),
        (
            "${NAME}==1\n${OTHER}==1\n$NAME==1\n${name}==1\n",
            &["six==1", "${OTHER}==1", "$NAME==1", "${name}==1"],
        ),
        ("\u{feff}a==1\n# é\n", &["a==1"]),
    ] {
        assert_eq!(
            requirements(text).as_deref(),
            Some(&*expected.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()),
            "{text:?}"
        );
    }
}

#[test]
fn hashes_belong_to_their_requirement() {
    let text = format!(
        "a==1 \\\n  --hash={HASH} \\\n  --hash {}\n",
        HASH.to_uppercase().replace("SHA", "sha")
    );
    let contents = contents(text.as_bytes()).unwrap();
    let hashes = vec![HASH.to_owned(), HASH.to_owned()];
    assert_eq!(contents.requirements, [RequirementLine { text: "a==1".to_owned(), hashes }]);
    for options in [
        "--hash=md5:00",
        "--hash=sha256:00",
        "--hash",
        "--config-settings=a=b",
        "--hash=",
        "-i x",
        "--hash='a'",
    ] {
        let line = format!("a==1 {options}\n");
        assert!(
            matches!(super::tests::contents(line.as_bytes()), Err(Reason::Line { .. })),
            "{line}"
        );
    }
}

#[test]
fn requirements_that_pip_versions_read_differently_make_pip_run() {
    for text in [
        &b"# coding: latin-1\na==1\n"[..],
        b"a==1\xff\n",
        b"a==1\x0cb==2\n",
        b"\xff\xfea\0",
        b"a==1\xc2\x85b==2\n",
        b"-r absent.txt\n",
        b"-r requirements.txt\n",
    ] {
        assert!(matches!(contents(text), Err(Reason::File { .. })), "{text:?}");
    }
    for line in [
        "-c constraints.txt",
        "-e .",
        "--no-deps",
        "-q",
        "-r a -r b",
        "-r a -i x",
        "-f a -f b",
        "-i a -i b",
        "--index-url",
        "-i 'a'",
        "--use-feature x",
        "-i x a==1",
        "--no-index=1",
    ] {
        let text = format!("{line}\n");
        assert!(matches!(contents(text.as_bytes()), Err(Reason::Line { .. })), "{line}");
    }
    let german = Host::new([("LANG", "de_DE.ISO-8859-1")], "/");
    assert!(decode("# é".as_bytes(), &german).is_err());
}

/// The lines of a file as pip reads them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference {
    requirements: Vec<(String, Vec<String>)>,
    options: Vec<(String, String)>,
    error: Option<String>,
}

impl Reference {
    /// The same of what was read here.
    fn of(contents: Contents) -> Self {
        let requirement = |line: RequirementLine| {
            let mut hashes = line.hashes;
            hashes.sort();
            (line.text, hashes)
        };
        let option = |(given, _): (Given, PathBuf)| {
            let name = match given.meaning {
                Meaning::IndexUrl => "index_url",
                Meaning::ExtraIndexUrl => "extra_index_urls",
                Meaning::FindLinks => "find_links",
                Meaning::NoIndex => "no_index",
                Meaning::Pre => "pre",
                Meaning::PreferBinary => "prefer_binary",
                Meaning::RequireHashes => "require_hashes",
                Meaning::TrustedHost => "trusted_hosts",
                Meaning::NoBinary => "no_binary",
                Meaning::OnlyBinary => "only_binary",
                other => panic!("{other:?}"),
            };
            (name.to_owned(), given.value)
        };
        Self {
            requirements: contents.requirements.into_iter().map(requirement).collect(),
            options: contents.options.into_iter().map(option).collect(),
            error: None,
        }
    }
}

/// A text of the parts that requirements files have, in any order.
fn text() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "a==1.0",
        "b",
        "six>=1,<2",
        "c[x]==2 ; os_name == 'posix'",
        "./path",
        "d @ https://x.org/d.whl",
        "#",
        " # note",
        "\\",
        "\\\n",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\r",
        " ",
        "  ",
        "\t",
        "${NAME}",
        "${HOST}",
        "${UNSET}",
        "-r",
        "other.txt",
        "-r other.txt",
        "-i https://x.org/simple",
        "--extra-index-url=https://${HOST}",
        "-f links",
        "--no-index",
        "--pre",
        "--prefer-binary",
        "--require-hashes",
        "\n--only-binary=:all:\n",
        "--trusted-host x.org",
        "-e .",
        "-c other.txt",
        "'",
        "\"",
        "é",
        "\u{a0}",
        "\u{85}",
        "\u{b}",
        "--hash=",
        "--hash",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "md5:00",
        ";",
        "==",
        "-",
        "--pre=1",
    ]);
    prop::collection::vec(parts, 0..9).prop_map(|parts| parts.concat())
}

/// Whatever is read here, pip reads in the same way.
#[test]
fn files_that_are_read_mean_the_same_to_pip() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("other.txt"), "other==1\n--pre\n").unwrap();
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        prop::test_runner::TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha),
    );
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    let fixed = [
        format!("--hash={HASH}\na==1 --hash={HASH} \\\n --hash={HASH}\n-i https://x.org/simple\n"),
        "a==1 ; os_name == 'posix' # c\n-r other.txt\n--only-binary=:all:\n-f links\n--no-index\n"
            .to_owned(),
    ];
    let random = std::iter::repeat_with(|| text().new_tree(&mut runner).unwrap().current());
    for (at, text) in fixed.into_iter().chain(random.take(1500)).enumerate() {
        let path = dir.path().join(format!("{at}.txt"));
        std::fs::write(&path, &text).unwrap();
        files.push((path, text));
    }
    let mut command = Command::new("python3");
    command.args(["-c", include_str!("reference.py")]).args(files.iter().map(|(path, _)| path));
    command.env("LC_ALL", "C.UTF-8").env("NAME", "six").env("HOST", "x.org").env_remove("UNSET");
    let Ok(output) = command.output() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let (mut read_here, mut answers) = (0, answers.lines());
    for (path, text) in &files {
        let expected: Reference = serde_json::from_str(answers.next().expect("an answer")).unwrap();
        let mut found = Contents::default();
        let Ok(()) = read(path, &host(), &mut found) else { continue };
        let found = Reference::of(found);
        assert_eq!(expected.error, None, "{text:?}");
        assert_eq!(found.requirements, expected.requirements, "{text:?}");
        // pip does not show how often and in which order a line has its options.
        let options =
            [&found.options, &expected.options].map(|it| it.iter().collect::<BTreeSet<_>>());
        assert_eq!(options[0], options[1], "{text:?}");
        read_here += usize::from(!(found.requirements.is_empty() && found.options.is_empty()));
    }
    assert!(read_here > 300, "too few of the files are read here: {read_here}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in text()) {
        let _ = contents(&bytes);
        let _ = contents(text.as_bytes());
    }
}
