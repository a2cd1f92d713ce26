use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rvenv::python::{Finder, Found, PassedOver, Reason, Request};
use rvenv::support::cache::Cache;
use rvenv::support::program::Program;
use serde_json::Value;
use walkdir::WalkDir;

use super::fixture::Fixture;

/// The files in which this fixture remembers interpreters.
fn records(fixture: &Fixture) -> Vec<PathBuf> {
    let entries = WalkDir::new(fixture.at("cache/interpreters")).into_iter().flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn known_interpreters_are_not_probed_again() {
    let fixture = Fixture::new();
    fixture.fake("bin/python3", "3.17.0");
    let first = fixture.find("3.17");
    for request in ["3.17", "python", ">=3"] {
        assert_eq!(fixture.find(request), first);
    }
    assert_eq!(fixture.runs().len(), 1);
    assert_eq!(records(&fixture).len(), 1);
}

#[test]
fn another_file_in_its_place_is_asked() {
    let fixture = Fixture::new();
    let python = fixture.fake("bin/python3", "3.17.0");
    fixture.find("python");
    fixture.fake("bin/python3", "3.18.0");
    assert_eq!(fixture.find("python").interpreter.version.to_string(), "3.18.0");
    // The same bytes at another time may be another build.
    let file = fs::File::options().write(true).open(&python).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    drop(file);
    fixture.find("python");
    assert_eq!(fixture.runs().len(), 3);
}

#[test]
fn a_link_to_another_directory_is_probed() {
    let fixture = Fixture::new();
    fixture.fake("a/bin/python3", "3.17.0");
    fixture.fake("b/bin/python3", "3.18.0");
    let link = fixture.link("bin/python3", fixture.at("a/bin/python3"));
    fixture.find("python");
    fs::remove_file(&link).unwrap();
    fixture.link("bin/python3", fixture.at("b/bin/python3"));
    assert_eq!(fixture.find("python").interpreter.version.to_string(), "3.18.0");
}

#[test]
fn an_environment_whose_base_is_replaced_is_asked_though_its_own_python_is_a_copy() {
    let mut fixture = Fixture::new();
    fixture.fake("a/bin/python3", "3.17.0");
    fixture.fake("b/bin/python3", "3.17.1");
    let link = fixture.link("base/bin/python3", fixture.at("a/bin/python3"));
    fixture.write("env/pyvenv.cfg", &format!("home = {}\n", fixture.at("base/bin").display()));
    fixture.script("env/bin/python3", "exit 1");
    fixture.path(["env/bin"]);
    assert_eq!(fixture.find("python").interpreter.version.to_string(), "3.17.0");
    fs::remove_file(&link).unwrap();
    fixture.link("base/bin/python3", fixture.at("b/bin/python3"));
    assert_eq!(fixture.find("python").interpreter.version.to_string(), "3.17.1");
}

#[test]
fn the_library_the_wheels_and_the_environment_count_too() {
    let mut fixture = Fixture::new();
    let library = fixture.write("lib/libpython.so", "1");
    let wheels = fixture.at("wheels");
    fixture.fake_with("base/bin/python3", "3.17.0", |answer| {
        answer["facts"]["shared_library"] = library.to_str().unwrap().into();
        answer["facts"]["wheel_dirs"] = vec![wheels.to_str().unwrap()].into();
    });
    fixture.link("env/bin/python3", fixture.at("base/bin/python3"));
    let cfg = format!("home = {}\n", fixture.at("base/bin").display());
    fixture.write("env/pyvenv.cfg", &cfg);
    fixture.path(["env/bin"]);
    fixture.find("python");
    fixture.find("python");
    assert_eq!(fixture.runs().len(), 1);
    fixture.write("lib/libpython.so", "another");
    fixture.find("python");
    assert_eq!(fixture.runs().len(), 2);
    fs::create_dir(wheels).unwrap();
    fixture.find("python");
    assert_eq!(fixture.runs().len(), 3);
    fixture.write("env/pyvenv.cfg", &(cfg + "version = 3.17.0\n"));
    fixture.find("python");
    assert_eq!(fixture.runs().len(), 4);
}

/// A fixture with a Python that hangs first on PATH, and a sound one after it.
fn hanging() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.path(["hangs/bin", "bin"]);
    fixture.script("hangs/bin/python3", &format!("{}\n{HANG}", fixture.counting("hanging")));
    fixture.fake("bin/python3", "3.17.0");
    // The Python that answers is cached from here on, so that a short limit concerns the other one only.
    fixture.find(fixture.at("bin/python3").to_str().unwrap());
    fixture
}

const HANG: &str = "/bin/sleep 1000";
const SHORT: Duration = Duration::from_millis(500);

/// The Pythons that a search with a short time limit finds and skips.
fn search(fixture: &Fixture, request: &Request) -> (rvenv::Result<Found>, Vec<PassedOver>) {
    search_within(SHORT, fixture, request)
}

fn search_within(
    limit: Duration,
    fixture: &Fixture,
    request: &Request,
) -> (rvenv::Result<Found>, Vec<PassedOver>) {
    let (host, cache) = (fixture.host(), fixture.cache());
    let mut finder = Finder::new(&host, &cache).time_limit(limit);
    (finder.find(request).map_err(Into::into), finder.passed_over().to_vec())
}

fn runs_of_the_hanging(fixture: &Fixture) -> usize {
    fixture.runs().iter().filter(|run| *run == "hanging").count()
}

#[test]
fn one_that_hangs_is_asked_once() {
    let fixture = hanging();
    for _ in 0..3 {
        let (found, passed) = search(&fixture, &Request::Any);
        assert_eq!(fixture.called(&found.unwrap().interpreter.executable), "bin/python3");
        let [passed] = &passed[..] else { panic!("{passed:?}") };
        assert_eq!(passed.path, fixture.at("hangs/bin/python3"));
        assert_eq!(passed.reason, Reason::Hangs(SHORT));
    }
    assert_eq!(runs_of_the_hanging(&fixture), 1);
    let (host, cache) = (fixture.host(), fixture.cache());
    let all = Finder::new(&host, &cache).time_limit(SHORT).all();
    let listed = all.iter().find(|it| it.path == fixture.at("hangs/bin/python3")).unwrap();
    assert_eq!(listed.outcome, Err(Reason::Hangs(SHORT)));
    assert_eq!(runs_of_the_hanging(&fixture), 1);
}

#[test]
fn one_that_hung_is_asked_when_it_changed_when_it_is_named_and_after_an_hour() {
    let fixture = hanging();
    let path = fixture.at("hangs/bin/python3");
    search(&fixture, &Request::Any).0.unwrap();
    search(&fixture, &Request::Path(Program::typed(path.clone()))).0.unwrap_err();
    assert_eq!(runs_of_the_hanging(&fixture), 2);

    let hung = |record: &&PathBuf| fs::read_to_string(record).unwrap().contains("hung");
    let records = records(&fixture);
    let record = records.iter().find(hung).unwrap();
    let mut value: Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    let since = &mut value["outcome"]["hung"]["since"]["secs_since_epoch"];
    *since = (since.as_u64().unwrap() - 60 * 60).into();
    fs::write(record, value.to_string()).unwrap();
    search(&fixture, &Request::Any).0.unwrap();
    assert_eq!(runs_of_the_hanging(&fixture), 3);

    fixture.fake("hangs/bin/python3", "3.18.0");
    assert_eq!(fixture.finds("python").0, "hangs/bin/python3");
    // It is remembered as what it is now, also for who asked about the one that hung.
    assert_eq!(
        search(&fixture, &Request::Path(Program::typed(path))).0.unwrap().interpreter.version.minor,
        18
    );
}

#[test]
fn one_that_hung_is_asked_by_who_waits_longer() {
    let fixture = hanging();
    for (limit, runs) in [(SHORT, 1), (2 * SHORT, 2), (SHORT, 2), (2 * SHORT, 2)] {
        search_within(limit, &fixture, &Request::Any).0.unwrap();
        assert_eq!(runs_of_the_hanging(&fixture), runs);
    }
}

#[test]
fn one_that_failed_works_as_soon_as_what_it_lacked_is_there() {
    let mut fixture = Fixture::new();
    fixture.path(["fails/bin", "bin"]);
    fixture.fake("bin/python3", "3.17.0");
    let (real, library) = (fixture.fake("real/bin/python3", "3.18.0"), fixture.at("library"));
    let lacking = format!("[ -e '{}' ] && exec '{}' \"$@\"", library.display(), real.display());
    fixture.script("fails/bin/python3", &lacking);
    assert_eq!(fixture.finds("python").0, "bin/python3");
    fixture.write("library", "");
    assert_eq!(fixture.finds("python").0, "real/bin/python3");
}

#[test]
fn a_corrupt_or_foreign_record_costs_time_only() {
    let fixture = Fixture::new();
    fixture.fake("bin/python3", "3.17.0");
    let first = fixture.find("python");
    let [record] = &records(&fixture)[..] else { panic!("one record") };
    let whole = fs::read(record).unwrap();
    let of_another =
        String::from_utf8(whole.clone()).unwrap().replacen("bin/python3", "bin/python4", 1);
    let broken: [&[u8]; 4] = [b"", b"{}", &whole[..whole.len() / 2], of_another.as_bytes()];
    for (runs, bytes) in (2..).zip(broken) {
        fs::write(record, bytes).unwrap();
        assert_eq!(fixture.find("python"), first);
        assert_eq!(fixture.runs().len(), runs);
        assert_eq!(fs::read(record).unwrap(), whole, "the record is mended");
    }
}

#[test]
fn without_a_cache_that_can_be_written_everything_works() {
    let mut fixture = Fixture::new();
    fixture.fake("bin/python3", "3.17.0");
    let file = fixture.write("cache/interpreters", "a file where the directory should be");
    fixture.find("python");
    fixture.find("python");
    assert!(file.is_file());
    fixture.set("RVENV_CACHE_DIR", fixture.at("bin/python3"));
    fixture.find("python");
    let host = fixture.host();
    Finder::new(&host, &Cache::none()).find(&Request::Any).unwrap();
    assert_eq!(fixture.runs().len(), 4);
}

#[test]
fn a_script_that_starts_some_other_python_is_asked_each_time() {
    let mut fixture = Fixture::new();
    let real = fixture.fake("real/bin/python3", "3.17.0");
    let wrapper = format!("{}\nexec '{}' \"$@\"", fixture.counting("bin/python3"), real.display());
    fixture.script("bin/python3", &wrapper);
    fixture.path(["bin"]);
    for _ in 0..2 {
        // An environment can be made from the program that it starts.
        assert_eq!(fixture.finds("python").0, "real/bin/python3");
    }
    assert_eq!(fixture.runs().iter().filter(|run| *run == "bin/python3").count(), 2);
}

#[test]
fn the_variables_of_the_dynamic_linker_are_part_of_the_key() {
    for variable in ["LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES"]
    {
        let mut fixture = Fixture::new();
        let python = fixture.fake("bin/python3", "3.11.7");
        let [plain, other] = ["3.11.7", "3.11.2"]
            .map(|version| super::fixture::saying(&fixture.answer("bin/python3", version)));
        let count = fixture.counting("bin/python3");
        // Its absence is what `sh` itself needs: the variable has a value that loads nothing.
        let script =
            format!("{count}\nif [ -n \"${variable}\" ]; then\n{other}\nelse\n{plain}\nfi");
        fixture.script("bin/python3.sh", &script);
        let version = |fixture: &Fixture| {
            let (host, cache) = (fixture.host(), fixture.cache());
            let request = Request::Path(rvenv::support::program::Program::typed(&python));
            let found = Finder::new(&host, &cache).find(&request).unwrap();
            found.interpreter.version.to_string()
        };
        for _ in 0..2 {
            fixture.set(variable, "");
            assert_eq!(version(&fixture), "3.11.7", "{variable}");
            fixture.set(variable, " ");
            assert_eq!(version(&fixture), "3.11.2", "{variable}");
        }
        assert_eq!(fixture.runs().len(), 2, "both answers are stored");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_personality_changes_neither_the_machine_nor_what_is_stored() {
    let mut sandbox = crate::sandbox::Sandbox::new();
    let Some(python) = crate::sandbox::real_pythons().pop() else { return };
    let rvenv = sandbox.rvenv().get_program().to_owned();
    sandbox.set("PATH", "/usr/bin:/bin");
    let list = |sandbox: &crate::sandbox::Sandbox, personality: &[&str]| {
        let mut command = sandbox.command("setarch");
        command.args(personality).arg(&rvenv).args(["python", "find"]);
        let request = format!("cpython-linux-{}", std::env::consts::ARCH);
        let found = command.arg(request).output().unwrap();
        String::from_utf8(found.stdout).unwrap()
    };
    let _ = python;
    if sandbox
        .command("setarch")
        .args(["i686", "true"])
        .output()
        .is_ok_and(|ran| ran.status.success())
    {
        let under_linux32 = list(&sandbox, &["i686"]);
        assert!(!under_linux32.is_empty(), "the machine is the executable's");
        assert_eq!(list(&sandbox, &[std::env::consts::ARCH]), under_linux32);
    } else {
        crate::sandbox::skip("setarch cannot be run");
    }
}
