//! Lock files (PEP 751), also with a pip that cannot read them.

use super::decision::{Request, World};
use super::world::assert_same;
use crate::sandbox::known_python;

/// A lock file with these archives of the world, and with `more` after its first lines.
fn lock(world: &World, archives: &[(&str, &str, String)], more: &str) -> String {
    let mut text = format!("lock-version = '1.0'\ncreated-by = 'test'\n{more}\n");
    for (name, file, hash) in archives {
        assert!(world.sandbox.root().join("links").join(file).is_file(), "{file}");
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
    let (world, hashes) = World::new(&python);
    let alpha = hashes["alpha==1.0"][0].clone();
    let beta = hashes["beta==1.0"][0].clone();
    let archives = [
        ("alpha", "alpha-1.0-py3-none-any.whl", alpha),
        ("beta", "beta-1.0-py3-none-any.whl", beta),
    ];
    world.sandbox.write("pylock.toml", lock(&world, &archives, "requires-python = '>=3.8'"));
    let request = installing(&["-r", "pylock.toml"]);
    world.prepare(&request);
    let ran = world.install(&[], &request).code(0);
    assert!(ran.stderr.contains("pip is needed: `alpha` 1.0 is not in the store"), "{ran:#?}");
    let by_pip = world.contents();
    let has = |end: &str| by_pip.keys().any(|path| path.to_string_lossy().ends_with(end));
    assert!(has("alpha-1.0.dist-info/REQUESTED") && has("/beta.py") && !has("direct_url.json"));
    world.sandbox.run(["check", ".venv", "--deep"]).ok();

    world.prepare(&request);
    let ran = world.install(&[], &request).code(0);
    assert!(ran.stderr.contains("installed 2 packages in "), "{ran:#?}");
    assert_same(&by_pip, &world.contents());

    // Packages that pip installed from an index have the same archives.
    world.prepare(&request);
    let ran = world.install(&["--no-store"], &installing(&["alpha==1.0", "beta==1.0"])).code(0);
    assert_same(&by_pip, &world.contents());
    drop(ran);
}

#[test]
fn a_lock_file_for_another_environment_is_an_error() {
    let Some(python) = known_python("3.12") else { return };
    let (world, hashes) = World::new(&python);
    let archives = [("beta", "beta-1.0-py3-none-any.whl", hashes["beta==1.0"][0].clone())];
    world.prepare(&Request::default());
    let before = world.contents();
    for (more, message) in [
        ("requires-python = '>=3.99'", "needs Python >=3.99, and this is 3.12"),
        ("environments = [\"sys_platform == 'none'\"]", "no marker in `environments`"),
        ("default-groups = ['dev']", "this pip"),
        ("= x", "cannot read the lock file"),
    ] {
        world.sandbox.write("pylock.dev.toml", lock(&world, &archives, more));
        let ran = world.install(&[], &installing(&["-r", "pylock.dev.toml"]));
        assert!(ran.code != Some(0) && ran.stderr.contains(message), "{more}: {ran:#?}");
        assert_same(&before, &world.contents());
    }
    world.sandbox.write("pylock.dev.toml", lock(&world, &archives, ""));
    let ran = world.install(&[], &installing(&["-r", "pylock.dev.toml", "delta==1.0"])).code(1);
    assert!(ran.stderr.contains("together with other requirements"), "{ran:#?}");
}
