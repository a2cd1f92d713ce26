#!/bin/sh
# Installs the program rvenv from a release: curl -LsSf URL/install.sh | sh
#
#   RVENV_INSTALL_DIR      where to put it (default: $XDG_BIN_HOME, else ~/.local/bin)
#   RVENV_INSTALL_VERSION  the release, as 0.1.0 (default: the latest)
#   RVENV_INSTALL_URL      the directory with the archives and SHA256SUMS, instead of a release
#   RVENV_INSTALL_TARGET   the Rust target, instead of this machine's
set -eu

# The release workflow writes the address of the repository here.
repository='@REPOSITORY@'

fail() {
    printf 'error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

target() {
    machine=$(uname -m)
    case $machine in
        x86_64 | amd64) machine=x86_64 ;;
        aarch64 | arm64) machine=aarch64 ;;
        *) fail "there is no release for the processor \`$machine\`" 'cargo install rvenv' ;;
    esac
    case $(uname -s) in
        Linux) printf '%s-unknown-linux-musl\n' "$machine" ;;
        Darwin) printf '%s-apple-darwin\n' "$machine" ;;
        *) fail "there is no release for the system \`$(uname -s)\`" 'cargo install rvenv' ;;
    esac
}

# download URL FILE
download() {
    if has curl; then
        curl --fail --silent --show-error --location --output "$2" "$1"
    elif has wget; then
        wget --quiet --output-document="$2" "$1"
    else
        fail 'neither curl nor wget is installed'
    fi || fail "cannot download \`$1\`"
}

sha256() {
    if has sha256sum; then
        sha256sum "$1"
    elif has shasum; then
        shasum -a 256 "$1"
    else
        fail 'neither sha256sum nor shasum is installed, so that the archive cannot be verified'
    fi | cut -d ' ' -f 1
}

# verify DIRECTORY ARCHIVE
verify() {
    expected=$(awk -v name="$2" '$2 == name || $2 == "*" name { print $1 }' "$1/SHA256SUMS")
    [ -n "$expected" ] || fail "SHA256SUMS does not name \`$2\`"
    actual=$(sha256 "$1/$2")
    [ "$actual" = "$expected" ] ||
        fail "the checksum of \`$2\` is $actual, not $expected" 'nothing was installed: the download was damaged or replaced'
}

# place PROGRAM DIRECTORY: a rename, so that the earlier program stays until the new one is complete.
place() {
    mkdir -p "$2" 2>/dev/null || fail "cannot create \`$2\`" 'name another directory: RVENV_INSTALL_DIR=DIR'
    if [ -f "$2/rvenv" ] && [ "$(head -c 2 "$2/rvenv")" = '#!' ]; then
        fail "\`$2/rvenv\` is a script of another project" 'name another directory: RVENV_INSTALL_DIR=DIR'
    fi
    staged=$2/.rvenv-install-$$
    { cp "$1" "$staged" && chmod 755 "$staged"; } 2>/dev/null ||
        fail "cannot write to \`$2\`" 'name another directory: RVENV_INSTALL_DIR=DIR'
    earlier=$("$2/rvenv" --version 2>/dev/null) || earlier=
    mv -f "$staged" "$2/rvenv" || fail "cannot replace \`$2/rvenv\`"
}

clean() {
    rm -rf "$temporary"
    [ -z "$staged" ] || rm -f "$staged"
}

main() {
    [ -n "${HOME:-}${XDG_BIN_HOME:-}${RVENV_INSTALL_DIR:-}" ] ||
        fail 'HOME is not set' 'name the directory: RVENV_INSTALL_DIR=DIR'
    directory=${RVENV_INSTALL_DIR:-${XDG_BIN_HOME:-${HOME:-}/.local/bin}}
    release=${RVENV_INSTALL_VERSION:+download/v$RVENV_INSTALL_VERSION}
    url=${RVENV_INSTALL_URL:-$repository/releases/${release:-latest/download}}
    archive=rvenv-${RVENV_INSTALL_TARGET:-$(target)}.tar.gz
    staged=
    temporary=$(mktemp -d) || fail 'cannot create a temporary directory'
    trap clean EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    download "$url/SHA256SUMS" "$temporary/SHA256SUMS"
    download "$url/$archive" "$temporary/$archive"
    verify "$temporary" "$archive"
    tar -xzf "$temporary/$archive" -C "$temporary" rvenv || fail "cannot unpack \`$archive\`"
    version=$("$temporary/rvenv" --version) || fail "the program in \`$archive\` does not run on this machine"
    place "$temporary/rvenv" "$directory"
    # shellcheck disable=SC2016 # Names in messages are between backticks.
    printf 'installed `%s`: %s\n' "$directory/rvenv" "$version"
    [ -z "$earlier" ] || printf 'replaced %s\n' "$earlier"
    # shellcheck disable=SC2016 # The start-up file expands PATH.
    case :$PATH: in
        *:"$directory":*) ;;
        *) printf 'PATH does not contain it; add this line to the start-up file of your shell:\n    export PATH="%s:$PATH"\n' "$directory" ;;
    esac
}

# The last line, so that a script of which a part is missing does nothing.
main
