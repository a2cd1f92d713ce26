use rvenv::Error;
use rvenv::python::{Asked, Demand, Setting};

use super::world::World;

fn setting(world: &World, file: &str, text: &str) -> Setting {
    Setting { text: text.to_owned(), file: world.at(file) }
}

/// What is asked for and by whom, in words.
fn told(world: &World, asked: &Asked) -> (String, String) {
    let demand = Demand::of(asked, &world.host()).unwrap();
    (
        demand.request.to_string(),
        demand.origin.to_string().replace(&*world.at("").to_string_lossy(), ""),
    )
}

#[test]
fn the_first_in_the_documented_order_wins() {
    let mut world = World::new();
    let mut asked = Asked::default();
    assert_eq!(told(&world, &asked), ("any Python".into(), "the default".into()));
    asked.user = Some(setting(&world, "home/.config/rvenv.toml", "3.8"));
    assert_eq!(told(&world, &asked).0, "3.8");
    world.write("home/project/pyproject.toml", "[project]\nrequires-python = '>=3.9'\n");
    assert_eq!(
        told(&world, &asked),
        (">=3.9".into(), "`requires-python` in `home/project/pyproject.toml`".into())
    );
    world.write("home/project/.python-version", "# ours\n3.10.4\n3.9\n");
    assert_eq!(told(&world, &asked), ("3.10.4".into(), "`home/project/.python-version`".into()));
    asked.project = Some(setting(&world, "home/project/pyproject.toml", "3.11"));
    assert_eq!(
        told(&world, &asked),
        ("3.11".into(), "`python` in `home/project/pyproject.toml`".into())
    );
    world.set("RVENV_PYTHON", "3.12");
    assert_eq!(told(&world, &asked), ("3.12".into(), "`RVENV_PYTHON`".into()));
    asked.option = Some("3.13".as_ref());
    assert_eq!(told(&world, &asked), ("3.13".into(), "`--python`".into()));
}

#[test]
fn a_version_file_is_looked_for_up_to_the_root_of_the_project() {
    let mut world = World::new();
    world.write("home/.python-version", "3.8\n");
    world.write("home/project/.python-version", "pypy3.10-7.3.12\n");
    world.write("home/project/rvenv.toml", "");
    world.cd("home/project/src/deep");
    assert_eq!(told(&world, &Asked::default()).0, "pypy3.10");
    std::fs::remove_file(world.at("home/project/.python-version")).unwrap();
    assert_eq!(told(&world, &Asked::default()).0, "any Python");
    std::fs::remove_file(world.at("home/project/rvenv.toml")).unwrap();
    assert_eq!(told(&world, &Asked::default()).0, "3.8");
}

#[test]
fn a_file_that_travels_with_a_project_names_no_program() {
    let world = World::new();
    world.fake("home/project/evil", "3.17.0");
    for text in ["./evil", "evil", "/usr/bin/python3", "~/evil"] {
        let asked = Asked {
            project: Some(setting(&world, "home/project/rvenv.toml", text)),
            ..Asked::default()
        };
        let error = Demand::of(&asked, &world.host()).unwrap_err();
        assert!(matches!(error, Error::PathInProject { .. }), "{error}");
        world.write("home/project/.python-version", text);
        let demand = Demand::of(&Asked::default(), &world.host()).unwrap();
        assert_eq!(demand.request.to_string(), "any Python");
        assert_eq!(demand.ignored.len(), 1);
        assert!(
            demand.ignored[0]
                .to_string()
                .ends_with(&format!("says `{text}`, which is no version of Python"))
        );
    }
    // Who sits at the machine may.
    let asked =
        Asked { user: Some(setting(&world, "home/rvenv.toml", "./evil")), ..Asked::default() };
    std::fs::remove_file(world.at("home/project/.python-version")).unwrap();
    assert!(told(&world, &asked).0.ends_with("home/project/evil"));
}

#[test]
fn what_cannot_be_read_is_an_error_where_it_was_meant_for_us() {
    let mut world = World::new();
    world.set("RVENV_PYTHON", "3.x!");
    let error = Demand::of(&Asked::default(), &world.host()).unwrap_err();
    assert_eq!(error.to_string(), "`RVENV_PYTHON` asks for no Python");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("`3.x!`") && source.contains("pypy3.10"), "{source}");

    let world = World::new();
    world.write("home/project/pyproject.toml", "[project]\nrequires-python = '^3.9'\n");
    let demand = Demand::of(&Asked::default(), &world.host()).unwrap();
    assert_eq!((demand.requires, demand.ignored.len()), (None, 1));
    for text in ["no toml at all [", "[project]\nrequires-python = 3\n", ""] {
        world.write("home/project/pyproject.toml", text);
        let demand = Demand::of(&Asked::default(), &world.host()).unwrap();
        assert_eq!((demand.requires, demand.ignored.len()), (None, 0), "{text}");
    }
}

#[test]
fn what_the_project_requires_is_told_whoever_asked() {
    let world = World::new();
    world.write("home/project/pyproject.toml", "[project]\nrequires-python = '>=3.17, <3.19'\n");
    let asked = Asked { option: Some("3.16".as_ref()), ..Asked::default() };
    let requires = Demand::of(&asked, &world.host()).unwrap().requires.unwrap();
    assert_eq!(requires.to_string(), ">=3.17,<3.19");
    for (version, allowed) in
        [("3.16.9", false), ("3.17.0rc1", true), ("3.18.0", true), ("3.19.0rc1", false)]
    {
        let python = world.fake("bin/python3", version);
        let found = world.find(python.to_str().unwrap()).interpreter;
        assert_eq!(requires.allows(&found), allowed, "{version}");
    }
}
