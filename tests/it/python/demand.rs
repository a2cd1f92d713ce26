use std::ffi::OsStr;

use rvenv::create::python_choice::ResolvedRequest;
use rvenv::python::Finder;
use rvenv::settings::project::Project;
use rvenv::settings::{Key, Settings, Value};

use super::fixture::Fixture;
use crate::sandbox::USER_CONFIG;

/// The request in this fixture, with this option.
fn demand(fixture: &Fixture, option: Option<&str>) -> rvenv::Result<ResolvedRequest> {
    let host = fixture.host();
    let project = Project::find(&host)?;
    let option = option.map(|text| (Key::Python, Value::text(OsStr::new(text))));
    let settings = Settings::of_user(&host)?.with_project(&project)?.with_flags(option);
    Ok(ResolvedRequest::of(&settings, &project, &host)?)
}

/// The request and its source, as text.
#[track_caller]
fn told(fixture: &Fixture, option: Option<&str>) -> (String, String) {
    let demand = demand(fixture, option).unwrap();
    let origin = demand.origin.to_string().replace(&*fixture.at("").to_string_lossy(), "");
    (demand.request.to_string(), origin)
}

#[test]
fn the_first_in_the_documented_order_wins() {
    let mut fixture = Fixture::new();
    let by = |what: &str, who: &str| (what.to_owned(), who.to_owned());
    assert_eq!(told(&fixture, None), by("any Python", "the default"));
    fixture.write(USER_CONFIG, "python = '3.8'\n");
    assert_eq!(told(&fixture, None), by("3.8", &format!("`python` in `{USER_CONFIG}`")));
    let manifest = "[project]\nrequires-python = '>=3.9'\n";
    fixture.write("home/project/pyproject.toml", manifest);
    assert_eq!(
        told(&fixture, None),
        by(">=3.9", "`requires-python` in `home/project/pyproject.toml`")
    );
    fixture.write("home/project/.python-version", "# ours\n3.10.4\n3.9\n");
    assert_eq!(told(&fixture, None), by("3.10.4", "`home/project/.python-version`, line 2,"));
    fixture.write(
        "home/project/pyproject.toml",
        &format!("{manifest}[tool.rvenv]\npython = '3.11'\n"),
    );
    assert_eq!(told(&fixture, None), by("3.11", "`python` in `home/project/pyproject.toml`"));
    fixture.set("RVENV_PYTHON", "3.12");
    assert_eq!(told(&fixture, None), by("3.12", "`RVENV_PYTHON`"));
    assert_eq!(told(&fixture, Some("3.13")), by("3.13", "`--python`"));
}

#[test]
fn a_version_file_is_looked_for_up_to_the_root_of_the_project() {
    let mut fixture = Fixture::new();
    fixture.write("home/.python-version", "3.8\n");
    fixture.write("home/project/.python-version", "pypy3.10-7.3.12\n");
    fixture.write("home/project/rvenv.toml", "");
    fixture.cd("home/project/src/deep");
    assert_eq!(told(&fixture, None).0, "pypy3.10");
    std::fs::remove_file(fixture.at("home/project/.python-version")).unwrap();
    assert_eq!(told(&fixture, None).0, "any Python");
    std::fs::remove_file(fixture.at("home/project/rvenv.toml")).unwrap();
    assert_eq!(told(&fixture, None).0, "3.8");
}

#[test]
fn a_file_that_travels_with_a_project_names_no_program() {
    let mut fixture = Fixture::new();
    fixture.fake("home/project/evil", "3.17.0");
    for text in ["./evil", "evil", "/usr/bin/python3", "~/evil"] {
        fixture.write("home/project/rvenv.toml", &format!("python = '{text}'\n"));
        let error = demand(&fixture, None).unwrap_err();
        assert!(
            matches!(
                error,
                rvenv::Error::Settings(rvenv::settings::Error::ForbiddenSetting { .. })
            ),
            "{error}"
        );
        std::fs::remove_file(fixture.at("home/project/rvenv.toml")).unwrap();
        fixture.write("home/project/.python-version", text);
        let demand = demand(&fixture, None).unwrap();
        assert_eq!(demand.request.to_string(), "any Python");
        let [ignored] = &demand.ignored[..] else { panic!("{demand:?}") };
        assert!(
            ignored
                .to_string()
                .ends_with(&format!("says `{text}`, which is not a version of Python"))
        );
    }
    // Who sits at the machine may.
    std::fs::remove_file(fixture.at("home/project/.python-version")).unwrap();
    fixture.set("RVENV_PYTHON", "./evil");
    assert!(told(&fixture, None).0.ends_with("home/project/evil"));
}

#[test]
fn unreadable_version_files_are_errors() {
    let mut fixture = Fixture::new();
    fixture.set("RVENV_PYTHON", "3.x!");
    let error = demand(&fixture, None).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the Python that `RVENV_PYTHON` requests");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("`3.x!`"), "{source}");
    assert_eq!(error.hint(), Some(rvenv::Hint::FormsOfRequests));

    let fixture = Fixture::new();
    for text in ["no toml at all [", "[project]\nname = 'x'\n", ""] {
        fixture.write("home/project/pyproject.toml", text);
        let made = demand(&fixture, None).unwrap();
        assert_eq!((made.requires, made.ignored.len()), (None, 0), "{text}");
    }
}

#[test]
fn a_wrong_value_of_requires_python_is_an_error_with_its_line_unless_another_source_decides() {
    let fixture = Fixture::new();
    let rows = [
        (
            "[project]\nname = 'x'\nrequires-python = '^3.9'\n",
            3,
            "`project.requires-python` is `'^3.9'`",
        ),
        (
            "[project]\nrequires-python = [\n'3.9'\n]\n",
            2,
            "`project.requires-python` is `[ '3.9' ]`",
        ),
        ("# x\n\nproject.requires-python = 3.12\n", 3, "`project.requires-python` is `3.12`"),
        ("\nproject = 3\n", 2, "`project` is `3`"),
        ("[[project]]\nrequires-python = '>=3.9'\n", 1, "`project` is `[[project]]`"),
    ];
    for (text, line, wrong) in rows {
        let file = fixture.write("home/project/pyproject.toml", text);
        let expected = format!("`{}`, line {line}: {wrong}: expected ", file.display());
        let error = demand(&fixture, None).unwrap_err();
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(error.hint(), Some(rvenv::Hint::NamePython));
        let made = demand(&fixture, Some("3.13")).unwrap();
        let [ignored] = &made.ignored[..] else { panic!("{made:?}") };
        assert!(ignored.to_string().starts_with(&expected), "{ignored}");
        let version_file = fixture.write("home/project/.python-version", "3.17\n");
        assert_eq!(demand(&fixture, None).unwrap().request.to_string(), "3.17");
        std::fs::remove_file(version_file).unwrap();
    }
}

#[test]
fn requires_python_is_reported_for_every_source_of_a_request() {
    let fixture = Fixture::new();
    fixture.write("home/project/pyproject.toml", "[project]\nrequires-python = '>=3.17, <3.19'\n");
    let requires = demand(&fixture, Some("3.16")).unwrap().requires.unwrap();
    assert_eq!(requires.to_string(), ">=3.17,<3.19");
    let rows = [("3.16.9", false), ("3.17.0rc1", true), ("3.18.0", true), ("3.19.0rc1", false)];
    for (version, allowed) in rows {
        let python = fixture.fake("bin/python3", version);
        let found = fixture.find(python.to_str().unwrap()).interpreter;
        assert_eq!(requires.allows(&found), allowed, "{version}");
    }
    // It is a request of its own when nobody else makes one.
    fixture.fake("bin/python3", "3.16.0");
    fixture.fake("home/.pyenv/versions/3.18.2/bin/python3", "3.18.2");
    let (host, cache) = (fixture.host(), fixture.cache());
    let found = Finder::new(&host, &cache).find(&demand(&fixture, None).unwrap().request).unwrap();
    assert_eq!(found.interpreter.version.to_string(), "3.18.2");
}

#[test]
fn the_nearest_version_file_decides_in_each_encoding() {
    let mut fixture = Fixture::new();
    fixture.write("home/project/.python-version", "3.9\n");
    fixture.cd("home/project/sub");
    let file = fixture.at("home/project/sub/.python-version");
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(unit).collect::<Vec<u8>>()
    };
    for bytes in [
        b"3.12 # f\xfcr uns\n".to_vec(),
        b"# f\xfcr uns\r\n3.12\r\n".to_vec(),
        b"\xef\xbb\xbf3.12\n".to_vec(),
        utf16("3.12\r\n", u16::to_le_bytes),
        utf16("# \u{1f40d}\n3.12\n", u16::to_be_bytes),
        b"3.12:3.11.7\n".to_vec(),
        b"3.12/envs/work\n".to_vec(),
    ] {
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(told(&fixture, None).0, "3.12", "{bytes:?}");
    }
    std::fs::write(&file, "system\n").unwrap();
    let made = demand(&fixture, None).unwrap();
    assert_eq!((made.request.to_string().as_str(), made.ignored.len()), ("any Python", 0));
    for text in ["python\n", "Python 3.12.1\n"] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(demand(&fixture, None).unwrap().ignored.len(), 1, "{text}");
    }
}

#[test]
fn a_version_file_that_cannot_be_read_is_an_error_and_an_option_overrides_it() {
    let mut fixture = Fixture::new();
    fixture.write("home/project/.python-version", "3.9\n");
    fixture.cd("home/project/sub");
    let file = fixture.at("home/project/sub/.python-version");
    std::fs::write(&file, b"# ours\n3.1\xff2\n").unwrap();
    let error = demand(&fixture, None).unwrap_err().to_string();
    assert!(error.ends_with("sub/.python-version`, line 2"), "{error}");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("no/such/file", &file).unwrap();
    let error = demand(&fixture, None).unwrap_err().to_string();
    assert!(error.ends_with("sub/.python-version`"), "{error}");
    assert_eq!(told(&fixture, Some("3.11")).0, "3.11");
    // A directory of that name is no file.
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert_eq!(told(&fixture, None).0, "3.9");
}
