//! Environments that cannot be renamed: on a volume, and in the image layer of a container.

use super::{can_mount, mounted};
use crate::sandbox::{Ran, Sandbox, has_strace, real_pythons, skip};

/// Two Pythons of different minor versions.
fn two() -> Option<[String; 2]> {
    let minor = |python: &std::path::PathBuf| {
        let code = "import sys; print(sys.version_info[1])";
        Ran::of(std::process::Command::new(python).args(["-I", "-c", code])).ok().stdout
    };
    let pythons = real_pythons();
    let last = pythons.last()?;
    let other = pythons.iter().rfind(|python| minor(python) != minor(last));
    let Some(other) = other else {
        skip("there are no two minor versions of Python");
        return None;
    };
    Some([other, last].map(|python| python.display().to_string()))
}

/// Runs a script with `$0` as rvenv, `$1` and `$2` as two Pythons, where it can mount. `is PYTHON` fails
/// unless the environment has the version of this Python.
#[track_caller]
fn script(sandbox: &Sandbox, text: &str, pythons: &[String]) -> Ran {
    let is = r#"is() { test "$("$1" -V)" = "$(.venv/bin/python -V)"; }"#;
    mounted(sandbox, &format!("set -e; {is}; {text}"), pythons).ok()
}

/// `merged` shows `lower` with a new upper layer at each call of `fresh`.
const LAYERS: &str = "
    mkdir layers; mount -t tmpfs none layers; cd layers; mkdir -p lower/proj merged
    mount --bind lower merged
    \"$0\" create -q --without-pip -p \"$1\" merged/proj/.venv
    echo mine >merged/proj/.venv/lib/mine.txt; umount merged
    number=0; top=$PWD
    fresh() {
        cd \"$top\"; umount merged 2>/dev/null || :
        number=$((number + 1)); mkdir upper$number work$number
        mount -t overlay none -o lowerdir=lower,upperdir=upper$number,workdir=work$number merged
        cd merged/proj
    }
";

/// As in the Docker guide of uv and in development containers.
#[test]
fn an_environment_on_a_volume_gets_another_python() {
    let (true, Some(pythons)) = (can_mount(), two()) else { return };
    let sandbox = Sandbox::new();
    let ran = script(
        &sandbox,
        "mkdir .venv; mount -t tmpfs none .venv; mkdir .venv/lost+found
         \"$0\" create -q --without-pip -p \"$1\"; echo mine >.venv/lib/mine.txt
         \"$0\" create -q --without-pip --upgrade -p \"$2\"
         mountpoint -q .venv; cat .venv/lib/mine.txt; is \"$2\"
         \"$0\" create -q --without-pip --clear -p \"$1\"
         mountpoint -q .venv; test ! -e .venv/lib/mine.txt; is \"$1\"
         ls -A .venv | grep rvenv || :",
        &pythons,
    );
    assert_eq!(ran.stdout, "mine\n", "{ran:#?}");
}

#[test]
fn an_environment_of_an_image_layer_is_upgraded_replaced_and_removed() {
    let (true, Some(pythons)) = (can_mount(), two()) else { return };
    let sandbox = Sandbox::new();
    let ran = script(
        &sandbox,
        &format!(
            "{LAYERS}
             fresh; \"$0\" create -q --without-pip --upgrade -p \"$2\"
             cat .venv/lib/mine.txt; is \"$2\"; ls -A
             fresh; \"$0\" create -q --without-pip --clear -p \"$2\"
             test ! -e .venv/lib/mine.txt; is \"$2\"; ls -A
             fresh; \"$0\" remove -q .venv; ls -A"
        ),
        &pythons,
    );
    assert_eq!(ran.stdout, "mine\n.venv\n.venv\n", "{ran:#?}");
}

/// Directories of an image layer cannot be exchanged, so the old environment is deleted in place.
#[test]
fn a_kill_during_clear_in_an_image_layer_is_completed_by_the_next_command() {
    if !(can_mount() && has_strace()) {
        return;
    }
    let Some(pythons) = two() else { return };
    let sandbox = Sandbox::new();
    let calls = "unlinkat,renameat,renameat2,mkdirat";
    let ran = script(
        &sandbox,
        &format!(
            "{LAYERS}
             kills=0; at=1
             while [ $at -lt 200 ]; do
                 for next in 'create --without-pip' 'create --without-pip --clear' remove; do
                     fresh; code=0
                     strace -f -qq -o /dev/null -e trace={calls} \
                         -e inject={calls}:signal=KILL:when=$at \
                         \"$0\" create -q --without-pip --clear -p \"$1\" >/dev/null 2>&1 || code=$?
                     if [ $code = 0 ]; then break 2; fi
                     kills=$((kills + 1))
                     case $next in
                     remove) had=.venv; test -e .venv || had=; \"$0\" remove -q .venv 2>/dev/null || test -z \"$had\" ;;
                     *) \"$0\" $next -q -p \"$1\"; .venv/bin/python -c '' ;;
                     esac
                     find . -name '.rvenv*'
                 done
                 at=$((at + 4))
             done
             echo kills $kills"
        ),
        &pythons,
    );
    let kills = ran.stdout.strip_prefix("kills ").and_then(|text| text.trim().parse().ok());
    assert!(kills.is_some_and(|kills: u32| kills >= 6), "{ran:#?}");
}
