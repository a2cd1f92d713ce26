# Functions and variables of spark.sh, dask.sh and ray.sh, which source this file with bash.
set -u
export PIP_DISABLE_PIP_VERSION_CHECK=1
WORK=${WORK:-$HERE/../../target/ci/engines}
mkdir -p "$WORK"
WORK=$(cd "$WORK" && pwd -P)
say() { echo "  $*" >&2; }
die() { echo "$NAME could not run: $*"; exit 2; }

# The Python of the environment and of the drivers: a build that can be hidden from the workers (HIDE_BASE=1).
if [ -z "${PYTHON:-}" ]; then
    for PYTHON in "$HOME"/.pyenv/versions/3.12.*/bin/python3.12 \
                  "$(command -v python3.12)" "$(command -v python3)"; do
        [ -x "$PYTHON" ] && break
    done
fi
BASE=$("$PYTHON" -c 'import sys; print(sys.base_prefix)') || die "no Python"

# driver NAME PACKAGE... : a virtual environment of the harness's own, kept between runs
driver() {
    local dir=$WORK/$1; shift
    [ -e "$dir/ready" ] && return
    say "installing $* (once)"
    rm -rf "$dir"
    "$PYTHON" -m venv "$dir" && "$dir/bin/python" -m pip install -q "$@" || die "cannot install $*"
    touch "$dir/ready"
}

# environment PACKAGE... : the environment that is packed. MAKER: rvenv (the default with RVENV), relocatable, venv, uv
environment() {
    ENV=$RUN/made-here/env
    mkdir -p "$RUN/made-here"
    local maker=${MAKER:-}
    [ -n "$maker" ] || { [ -n "${RVENV:-}" ] && maker=rvenv || maker=venv; }
    case $maker in
        rvenv) "$RVENV" create -q -p "$PYTHON" "$ENV" ;;
        relocatable) "$RVENV" create -q --relocatable -p "$PYTHON" "$ENV" ;;
        venv) "$PYTHON" -m venv "$ENV" ;;
        uv) uv venv -q --seed -p "$PYTHON" "$ENV" ;;
        *) die "MAKER=$maker?" ;;
    esac >&2 || die "cannot make the environment"
    "$ENV/bin/python" -m pip install -q "$@" >&2 || die "cannot install $*"
    say "environment: by $maker, $(find "$ENV" -type f | wc -l) files"
}

# archive COMMAND... : makes $ARCHIVE with the command; in its words {env} and {out} stand for the two paths
archive() {
    ARCHIVE=$RUN/archive/environment.$EXT
    mkdir -p "$RUN/archive"
    local words=() word start
    [ $# -gt 0 ] || set -- "$WORK/venv-pack/bin/python" -W ignore -m venv_pack -q -f -p '{env}' -o '{out}'
    [ "$1" = "$WORK/venv-pack/bin/python" ] && driver venv-pack venv-pack setuptools
    for word; do word=${word//\{env\}/$ENV}; words+=("${word//\{out\}/$ARCHIVE}"); done
    start=$(date +%s.%N)
    "${words[@]}" >&2 || { echo "$NAME 0 tasks: the archive-making command failed"; exit 1; }
    [ -f "$ARCHIVE" ] || { echo "$NAME 0 tasks: the command made no $ARCHIVE"; exit 1; }
    say "archive: $(stat -c %s "$ARCHIVE") bytes in $(printf '%.1f' "$(echo "$(date +%s.%N) - $start" | bc)") s"
    rm -rf "$RUN/made-here" # the other machine has never seen it
}

# elsewhere COMMAND... : as on another machine; with HIDE_BASE=1 the base Python is not there either
elsewhere() {
    if [ "${HIDE_BASE:-0}" = 1 ]; then
        [ "$BASE" != /usr ] || { echo "HIDE_BASE needs a Python that is not in /usr" >&2; exit 2; }
        exec unshare --mount --propagation private sh -c 'mount -t tmpfs none "$1" && shift && exec "$@"' sh "$BASE" "$@"
    fi
    exec "$@"
}

RUN=$(mktemp -d "$WORK/run.XXXXXX")
PIDS=()
finish() {
    [ ${#PIDS[@]} -eq 0 ] || kill "${PIDS[@]}" 2>/dev/null
    wait 2>/dev/null
    [ "${KEEP:-0}" = 1 ] && say "kept: $RUN" || rm -rf "$RUN"
}
trap finish EXIT
trap 'exit 130' INT TERM
command -v bc >/dev/null || apt-get install -y -q bc >/dev/null 2>&1

# figure WHAT < rows.json : the one line that counts; ends with 0 when all is as it should be
figure() {
    python3 - "$NAME" "$1" "$2" "$RUN/rows.json" <<'P'
import json, os, sys
name, workers_wanted, word, path = sys.argv[1:]
try:
    with open(path) as file: answer = json.load(file)
except (OSError, ValueError):
    print(f"{name} 0/4 tasks ran in the archive's environment")
    sys.exit(1)
rows = answer["rows"]
def inside(row, value): return bool(value) and (value + "/").startswith(row["root"].rstrip("/") + "/")
good = [r for r in rows if inside(r, r["prefix"]) and inside(r, r["executable"]) and inside(r, r["numpy"])]
children = [r for r in good if r["child_prefix"] == r["prefix"]]
scripts = [r for r in good if r["script_rc"] == 0 and inside(r, r["script_prefix"])]
bases = sum(inside(r, r["base_prefix"]) for r in good)
workers = len({r["worker"] for r in good})
print(f"{name} {len(good)}/{len(rows)} tasks ran in the archive's environment on {workers}/{workers_wanted} {word}; "
      f"child processes {len(children)}/{len(rows)}; console scripts {len(scripts)}/{len(rows)}; "
      f"with the archive's own base Python {bases}/{len(rows)}")
for r in rows:
    if r not in good or r not in scripts:
        print("  e.g.", json.dumps({k: r[k] for k in ("prefix", "numpy", "script_rc", "script_says")})[:600], file=sys.stderr)
        break
whole = len(good) == len(children) == len(scripts) == len(rows) and workers == int(workers_wanted)
sys.exit(0 if whole else 1)
P
}
