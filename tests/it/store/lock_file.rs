//! Lock files (PEP 751), also with a pip that cannot read them.

use super::decision::{Fixture, Request};
use super::fixture::assert_same;
use crate::sandbox::known_python;

/// A lock file with these archives of the fixture, and with `more` after its first lines.
fn lock(fixture: &Fixture, archives: &[(&str, &str, String)], more: &str) -> String {
    let mut text = format!("lock-version = '1.0'\ncreated-by = 'test'\n{more}\n");
    for (name, file, hash) in archives {
        assert!(fixture.sandbox.root().join("links").join(file).is_file(), "{file}");
        text += &format!(
            "[[packages]]\nname = '{name}'\nversion = '1.0'\n\
             wheels = [{{path = '../links/{file}', hashes = {{sha256 = '{hash}'}}}}]\n"
        );
    }
    text + "[[packages]]\nname = 'delta'\nversion = '1.0'\nmarker = \"'dev' in dependency_groups\"\n\
            directory = {path = 'absent'}\n"
}

fn installing(arguments: &[&str]) -> Request {
    let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
    Request { arguments, ..Request::default() }
}

#[test]
fn a_lock_file_is_installed_by_any_pip_and_then_from_the_store() {
    // Its pip, 23.2.1, cannot read lock files.
    let Some(python) = known_python("3.12") else { return };
    let (fixture, hashes) = Fixture::new(&python);
    let alpha = hashes["alpha==1.0"][0].clone();
    let beta = hashes["beta==1.0"][0].clone();
    let archives = [
        ("alpha", "alpha-1.0-py3-none-any.whl", alpha),
        ("beta", "beta-1.0-py3-none-any.whl", beta),
    ];
    fixture.sandbox.write("pylock.toml", lock(&fixture, &archives, "requires-python = '>=3.8'"));
    let request = installing(&["-r", "pylock.toml"]);
    fixture.prepare(&request);
    let ran = fixture.install(&[], &request).code(0);
    assert!(ran.stderr.contains("pip is needed: `alpha` 1.0 is not in the store"), "{ran:#?}");
    let by_pip = fixture.contents();
    let has = |end: &str| by_pip.keys().any(|path| path.to_string_lossy().ends_with(end));
    assert!(has("alpha-1.0.dist-info/REQUESTED") && has("/beta.py") && !has("direct_url.json"));
    fixture.sandbox.run(["check", ".venv", "--deep"]).ok();

    fixture.prepare(&request);
    let ran = fixture.install(&[], &request).code(0);
    assert!(ran.stderr.contains("installed 2 packages in "), "{ran:#?}");
    assert_same(&by_pip, &fixture.contents());

    // Packages that pip installed from an index have the same archives.
    fixture.prepare(&request);
    let ran = fixture.install(&["--no-store"], &installing(&["alpha==1.0", "beta==1.0"])).code(0);
    assert_same(&by_pip, &fixture.contents());
    drop(ran);
}

#[test]
fn a_lock_file_for_another_environment_is_an_error() {
    let Some(python) = known_python("3.12") else { return };
    let (fixture, hashes) = Fixture::new(&python);
    let archives = [("beta", "beta-1.0-py3-none-any.whl", hashes["beta==1.0"][0].clone())];
    fixture.prepare(&Request::default());
    let before = fixture.contents();
    for (more, message) in [
        ("requires-python = '>=3.99'", "needs Python >=3.99, and this is 3.12"),
        ("environments = [\"sys_platform == 'none'\"]", "no marker in `environments`"),
        ("default-groups = ['dev']", "this pip"),
        ("= x", "cannot read the lock file"),
    ] {
        fixture.sandbox.write("pylock.dev.toml", lock(&fixture, &archives, more));
        let ran = fixture.install(&[], &installing(&["-r", "pylock.dev.toml"]));
        assert!(ran.code != Some(0) && ran.stderr.contains(message), "{more}: {ran:#?}");
        assert_same(&before, &fixture.contents());
    }
    fixture.sandbox.write("pylock.dev.toml", lock(&fixture, &archives, ""));
    let ran = fixture.install(&[], &installing(&["-r", "pylock.dev.toml", "delta==1.0"])).code(1);
    assert!(ran.stderr.contains("together with other requirements"), "{ran:#?}");
}
