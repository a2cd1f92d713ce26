use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// The selection of a lock file with this text after its first lines.
fn selected(text: &str) -> Result<Vec<Locked>, LockError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pylock.toml");
    std::fs::write(&path, format!("lock-version = '1.0'\ncreated-by = 'x'\n{text}")).unwrap();
    let values = [("python_version", "3.12"), ("sys_platform", "linux")];
    let values = values.map(|(name, value)| (name, value.to_owned())).into();
    let environment = Environment { values, sets: Vec::new() };
    let tags =
        ["cp312-cp312-linux_x86_64", "cp39-abi3-linux_x86_64", "py3-none-any"].map(str::to_owned);
    let python = "3.12.1".parse().unwrap();
    let path = Path::new("/lock/pylock.toml").to_owned();
    let selector =
        Selector { path: &path, environment: &environment, python: &python, tags: &tags };
    selector.select(read(&dir.path().join("pylock.toml")).map_err(|error| match error {
        LockError::Unreadable { why, .. } => LockError::Unreadable { path: path.clone(), why },
        error => error,
    })?)
}

fn wheel(name: &str, hash: &str) -> String {
    format!("{{name = '{name}', url = 'https://x.org/{name}', hashes = {{sha256 = '{hash}'}}}}")
}

/// A package with wheels.
fn package(name: &str, more: &str, wheels: &[String]) -> String {
    format!(
        "[[packages]]\nname = '{name}'\nversion = '1.0'\n{more}\nwheels = [{}]\n",
        wheels.join(", ")
    )
}

#[test]
fn the_best_wheel_of_each_package_that_applies_is_selected() {
    let text = package(
        "b-c",
        "",
        &[
            wheel("b_c-1.0-py3-none-any.whl", A),
            wheel("b_c-1.0-cp312-cp312-linux_x86_64.whl", B),
            wheel("b_c-1.0-cp313-cp313-linux_x86_64.whl", A),
        ],
    ) + &package(
        "d",
        "marker = \"sys_platform == 'win32'\"",
        &[wheel("d-1.0-py3-none-any.whl", A)],
    ) + &package(
        "e",
        "marker = \"'dev' in dependency_groups\"",
        &[wheel("e-1.0-py3-none-any.whl", A)],
    ) + &package(
        "f",
        "marker = \"'test' in dependency_groups or 'x' in extras\"",
        &[wheel("f-1.0-py3-none-any.whl", A)],
    ) + &package(
        "g",
        "",
        &[wheel("g-1.0-1-py2.py3-none-any.whl", A), wheel("g-1.0-10-py2.py3-none-any.whl", B)],
    );
    let locked = selected(&format!("default-groups = ['dev']\n{text}")).unwrap();
    let pins: Vec<_> = locked
        .iter()
        .map(|it| it.pin().unwrap())
        .map(|(name, pin)| (name, pin.hashes.join(" ")))
        .collect();
    let expected = [("b-c", B), ("e", A), ("g", B)]
        .map(|(name, hash)| (name.to_owned(), format!("sha256:{hash}")));
    assert_eq!(pins, expected);
}

#[test]
fn violations_of_the_specification_are_errors() {
    let path = || Path::new("/lock/pylock.toml").to_owned();
    let any = |name: &str, more: &str| {
        package(name, more, &[wheel(&format!("{name}-1.0-py3-none-any.whl"), A)])
    };
    let python: Version = "3.12.1".parse().unwrap();
    let needs = |what: &str| LockError::Python {
        path: path(),
        what: what.to_owned(),
        versions: ">=3.13".to_owned(),
        python: python.clone(),
    };
    for (text, expected) in [
        (format!("requires-python = '>=3.13'\n{}", any("a", "")), needs("requires-python")),
        (any("a", "requires-python = '>=3.13'"), needs("a")),
        (
            format!("environments = [\"sys_platform == 'win32'\"]\n{}", any("a", "")),
            LockError::Environment(path()),
        ),
        (
            any("a", "") + &any("A", ""),
            LockError::Ambiguous { path: path(), package: "a".to_owned() },
        ),
        (
            package("a", "", &[wheel("a-1.0-cp311-cp311-linux_x86_64.whl", A)]),
            LockError::NoFile { path: path(), package: "a".to_owned() },
        ),
        (
            any("a", "vcs = {type = 'git', url = 'x', commit-id = 'y'}"),
            LockError::NoFile { path: path(), package: "a".to_owned() },
        ),
    ] {
        assert_eq!(selected(&text).unwrap_err(), expected, "{text}");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pylock.toml");
    std::fs::write(&file, "lock-version = '2.0'\ncreated-by = 'x'\npackages = []\n").unwrap();
    assert!(matches!(read(&file), Err(LockError::Version { version, .. }) if version == "2.0"));
    std::fs::write(&file, "lock-version = '1.7'\ncreated-by = 'x'\npackages = []\n").unwrap();
    assert!(read(&file).is_ok());
    for text in ["packages = []\n", "lock-version = '1.0'\n", "= x"] {
        std::fs::write(&file, text).unwrap();
        assert!(matches!(read(&file), Err(LockError::Unreadable { .. })), "{text}");
    }
}

#[test]
fn an_entry_whose_marker_does_not_apply_may_be_unsuitable_or_repeated() {
    let any = |more: &str| package("a", more, &[wheel("a-1.0-py3-none-any.whl", A)]);
    let text = any("") + &any("marker = \"sys_platform == 'win32'\"\nrequires-python = '>=4'");
    assert_eq!(selected(&text).unwrap().len(), 1);
}

#[test]
fn a_package_without_a_usable_wheel_is_built_from_its_sdist() {
    let sdist = format!(
        "sdist = {{path = 'files/a b-1.0.tar.gz', hashes = {{md5 = 'x', sha512 = '{A}{A}'}}}}"
    );
    let locked =
        selected(&package("a", &sdist, &[wheel("a-1.0-cp311-cp311-linux_x86_64.whl", B)])).unwrap();
    assert_eq!(locked[0].pin().unwrap().1.hashes, [format!("sha512:{A}{A}")]);
    let text = requirements::requirements(Path::new("/lock/pylock.toml"), &locked).unwrap();
    assert_eq!(text, format!("a @ file:///lock/files/a%20b-1.0.tar.gz --hash=sha512:{A}{A}\n"));
}

#[test]
fn a_requirements_file_names_the_same_archives() {
    let archive = format!(
        "[[packages]]\nname = 'b'\narchive = {{url = 'https://x.org/b$.zip', hashes = {{sha256 = '{B}'}}, subdirectory = 's'}}\n"
    );
    let text = package("a", "", &[wheel("a-1.0-py3-none-any.whl", A)]) + &archive;
    let locked = selected(&text).unwrap();
    assert!(locked[1].pin().is_none());
    let path = Path::new("/lock/pylock.toml");
    assert_eq!(
        requirements::requirements(path, &locked).unwrap(),
        format!(
            "a @ https://x.org/a-1.0-py3-none-any.whl --hash=sha256:{A}\nb @ https://x.org/b%24.zip#subdirectory=s --hash=sha256:{B}\n"
        )
    );
    // pip refuses repositories and directories beside `--hash`.
    let others = "[[packages]]\nname = 'c'\nvcs = {type = 'git', url = 'https://x.org/c.git', commit-id = '0f', subdirectory = 's'}\n\
                  [[packages]]\nname = 'd'\ndirectory = {path = '../d', editable = true}\n\
                  [[packages]]\nname = 'e'\ndirectory = {path = 'e'}\n";
    let locked = selected(&(text + others)).unwrap();
    assert_eq!(
        requirements::requirements(path, &locked).unwrap(),
        format!(
            "a @ https://x.org/a-1.0-py3-none-any.whl#sha256={A}\n\
             b @ https://x.org/b%24.zip#subdirectory=s&sha256={B}\n\
             c @ git+https://x.org/c.git@0f#subdirectory=s\n\
             -e file:///lock/../d\ne @ file:///lock/e\n"
        )
    );
}
