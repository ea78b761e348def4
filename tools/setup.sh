#!/usr/bin/env bash
# Puts on this machine what the project needs: Debian packages through apt, Python packages into .venv.
# Says what it installs and why; with nothing to do it is done in well under a second. `--help` tells more.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly USAGE='usage: tools/setup.sh [--test | --ai | --bench]

  --test   also what the tests and `make check` need
  --ai     what --test installs, and the extra [ai]: models for captions, meaning and shots, with torch
  --bench  also the peers that `make bench` measures; one that cannot be had is named and left out

Environment:
  PYTHON   the Python (3.11 or newer) to make .venv with; otherwise one is looked for on PATH

Debian packages are installed only as root or where sudo asks for no password; otherwise the line to type is
printed. Nothing is ever removed. Python packages are those of requirements.lock (requirements-dev.lock with
--test), checked against their hashes; they go into .venv only. --ai and --bench add those of requirements-ai.lock and
requirements-bench.lock, and torch by its version alone: its build without CUDA where the package index offers one.
Exit code: 0 ready, though parts that are not essential may have been named as missing (with CI=true that is
a failure too); 1 not usable, with the reason; 2 wrong usage.'

# A line: the package, or its spellings in several releases, then what it is for.
readonly PLAYER_PACKAGES='
libegl1                   OpenGL without a screen
libgl1                    OpenGL in a window
libgl1-mesa-dri           OpenGL on the processor, where no graphics driver offers it
libx11-6                  windows
libxcursor1               windows
libxi6                    windows
libxinerama1              windows on several monitors
libxrandr2                windows on several monitors
libportaudio2             sound
libltc11                  time code that is heard (LTC)
libturbojpeg0|libturbojpeg  decoding of MJPEG clips
'
readonly TEST_PACKAGES='
make                      make test, make check
xvfb                      a display for the window tests
xdotool                   presses keys in the window tests
pulseaudio                a sound server for the audio tests
pulseaudio-utils          controls that sound server
libasound2-plugins        joins sound programs to that server
jackd2                    MIDI ports for the MIDI tests
jack-midi-clock           a foreign MIDI clock for the clock tests
liblo-tools               sends OSC in the tests
ffmpeg                    the reference that decoded frames are compared with
chromium|chromium-browser  opens the curation page
'
readonly BENCH_PACKAGES='
libmpv2|libmpv1           mpv, a peer in the benchmark
libjpeg-turbo-test|libjpeg-turbo-progs  tjbench, which the benchmark checks itself by
ffmpeg                    a peer in the benchmark, and the libraries that torchcodec decodes with
'
# python-rtmidi has wheels for Python 3.11 and 3.12 only, moderngl on Linux for x86-64 only.
readonly RTMIDI_PACKAGES='
build-essential           compiles python-rtmidi, which has no wheel for this Python
libasound2-dev            compiles python-rtmidi
libjack-jackd2-dev        compiles python-rtmidi
pkg-config                compiles python-rtmidi
'
readonly MODERNGL_PACKAGES='
build-essential           compiles moderngl, which has no wheel for this processor
libx11-dev                compiles moderngl
'

say() { printf '%s\n' "$*"; }
warn() { printf 'setup: %s\n' "$*" >&2; }
die() {
    warn "$*"
    exit 1
}

# Prints the path of the first of the given Pythons that is 3.11 or newer and has the modules used here.
first_suitable() {
    local candidate
    for candidate in "$@"; do
        if "$candidate" -c 'if True:
            import ctypes, os, sqlite3, ssl, sys, venv
            if sys.version_info < (3, 11): sys.exit(1)
            print(os.path.realpath(sys.executable))' 2>/dev/null; then
            return
        fi
    done
    return 1
}

# The one that .venv was made with, if it is still there. Otherwise 3.12 and 3.11 come before newer ones, because
# every locked package has a wheel for them.
find_python() {
    local before
    before="$(sed -n 's/^executable = //p' .venv/pyvenv.cfg 2>/dev/null || true)"
    if [[ -n "${PYTHON:-}" ]]; then
        first_suitable "$PYTHON" || die "PYTHON=$PYTHON: not a Python of version 3.11 or newer with sqlite3 and ssl"
    else
        first_suitable "$before" python3.12 python3.11 python3.13 python3.14 python3 ||
            die 'no Python of version 3.11 or newer here. Debian 12, Ubuntu 24.04 and newer have one:' \
                'apt-get install python3 python3-venv. Elsewhere install one, then run again with PYTHON=/its/path'
    fi
}

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

has_headers() { [[ -f "$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ]]; }

# Prints a package line for everything that is needed here, installed or not. Arguments: Python, "test", "bench" or "".
needed_packages() {
    local version compiles=
    version="$(version_of "$1")"
    say "$PLAYER_PACKAGES"
    if [[ "$2" == test ]]; then say "$TEST_PACKAGES"; fi
    if [[ "$2" == bench ]]; then say "$BENCH_PACKAGES"; fi
    # jackd2 itself has jack_wait up to Debian 12 and Ubuntu 22.04.
    if [[ "$2" == test ]] && ! command -v jack_wait >/dev/null && apt-cache show jack-example-tools >/dev/null 2>&1; then
        say 'jack-example-tools waits for the MIDI ports of the tests'
    fi
    if ! "$1" -c 'import ensurepip' 2>/dev/null; then say "python$version-venv makes .venv"; fi
    if [[ "$version" != 3.1[12] ]]; then compiles=1 && say "$RTMIDI_PACKAGES"; fi
    if [[ "$(uname -m)" != x86_64 ]]; then compiles=1 && say "$MODERNGL_PACKAGES"; fi
    if [[ -n "$compiles" ]] && ! has_headers "$1"; then say "python$version-dev headers for what is compiled"; fi
}

# Passes on the package lines of which no spelling is installed, each package once.
missing_of() {
    local installed spellings why spelling
    installed=" $(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | tr '\n' ' ') "
    while read -r spellings why; do
        [[ -n "$spellings" ]] || continue
        for spelling in ${spellings//|/ }; do
            if [[ "$installed" == *" $spelling "* ]]; then continue 2; fi
        done
        installed+="$spellings "
        say "$spellings $why"
    done
}

# Prints the first spelling that apt knows; the first of all where it knows none.
spelling_here() {
    local spelling
    for spelling in ${1//|/ }; do
        if apt-cache show "$spelling" >/dev/null 2>&1; then
            say "$spelling"
            return
        fi
    done
    say "${1%%|*}"
}

may_become_root() {
    as_root=()
    if [[ "$(id -u)" -eq 0 ]]; then return; fi
    as_root=(sudo -n)
    command -v sudo >/dev/null && sudo -n true 2>/dev/null
}

# Noninteractive because jackd2 has a question; --no-remove because a sound server for tests must never push
# out the desktop's own.
apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >"$log" 2>&1; }
apt_install() { apt_get install --no-install-recommends --no-remove "$@"; }

install_debian_packages() {
    local missing names=() spellings why name root=
    missing="$(needed_packages "$@" | missing_of)"
    if [[ -z "$missing" ]]; then return; fi

    if may_become_root; then root=1; fi
    if [[ -n "$root" ]]; then
        apt_get update || warn "apt-get update failed; the package lists may be old: $(grep -m 1 '^[EW]:' "$log" || true)"
        missing="$(needed_packages "$@" | missing_of)" # what there is to install has only now become known
    fi
    say 'Debian packages that are missing here:'
    while read -r spellings why; do
        name="$(spelling_here "$spellings")"
        names+=("$name")
        printf '  %-20s %s\n' "$name" "$why"
    done <<<"$missing"
    if [[ -z "$root" ]]; then
        warn 'these need root, or sudo without a password. Type this, then run again:'
        warn "    sudo apt-get update && sudo apt-get install --no-install-recommends ${names[*]}"
        incomplete=1
        return
    fi
    say 'Installing them with apt-get …'
    if apt_install "${names[@]}"; then return; fi
    for name in "${names[@]}"; do
        if ! apt_install "$name"; then
            warn "apt-get cannot install $name: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
            incomplete=1
        fi
    done
}

install_system_packages() {
    case "$(uname -s)" in
    Linux)
        if command -v dpkg-query >/dev/null; then
            install_debian_packages "$@"
        else
            warn 'this is not Debian or Ubuntu: install OpenGL (EGL and Mesa), the X11 client libraries,' \
                'PortAudio and libturbojpeg with your own package manager'
        fi
        ;;
    Darwin)
        warn 'macOS was not tried; README.md says what to expect. For faster MJPEG decoding type: brew install jpeg-turbo'
        ;;
    *)
        die 'Windows was not tried, and this script does not do it: README.md says how to set up by hand'
        ;;
    esac
}

# Whether .venv works, was made with this Python, and in this folder (console scripts hold its path).
is_venv_of() {
    grep -qxF "executable = $1" .venv/pyvenv.cfg 2>/dev/null &&
        grep -q "^command = .* $PWD/.venv\$" .venv/pyvenv.cfg &&
        .venv/bin/python -m pip --version >"$log" 2>&1
}

make_venv() {
    if is_venv_of "$1"; then return; fi
    "$1" -c 'import ensurepip' 2>/dev/null ||
        die "$1 cannot make virtual environments: ensurepip is missing. Type: sudo apt-get install python$(version_of "$1")-venv"
    say "Making .venv with $1 …"
    "$1" -m venv --clear .venv || die "$1 cannot make .venv; the reason stands above"
}

# What .venv is made from: as long as this stays the same, .venv needs nothing.
fingerprint() { say "$1 $2 $PWD $(cat "$2" pyproject.toml tools/setup.sh | cksum)"; }

# Whether .venv was set up from this lock, or from the one with the tests, which holds all that the other does.
is_set_up() {
    local lock
    [[ -x .venv/bin/python ]] || return 1
    for lock in "$2" requirements-dev.lock; do
        if [[ "$(cat .venv/setup-stamp 2>/dev/null)" == "$(fingerprint "$1" "$lock")" ]]; then return; fi
    done
    return 1
}

install_python_packages() {
    local python="$1" lock="$2" pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check install)
    if is_set_up "$python" "$lock"; then return; fi
    make_venv "$python"
    rm -f .venv/setup-stamp
    say "Installing the Python packages of $lock into .venv …"
    "${pip[@]}" --require-hashes --requirement "$lock" ||
        die "the packages of $lock could not be installed; the reason stands above. Another run goes on from here"
    "${pip[@]}" --no-deps --no-build-isolation --editable . || die 'the project could not be installed into .venv'
    fingerprint "$python" "$lock" >.venv/setup-stamp
}

# What comes on top of the lock of the tests: the peers of `make bench`, or the models of the extra [ai]. A build of
# torch has another hash on each index, so torch is held to its version only. Arguments: Python, "bench" or "ai".
install_on_top() {
    local python="$1" lock="requirements-$2.lock" stamp=".venv/$2-stamp" torch
    local pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check install)
    if [[ "$(cat "$stamp" 2>/dev/null)" == "$(fingerprint "$python" "$lock")" ]]; then return; fi
    rm -f "$stamp"
    torch="$(sed -n 's/^ *"\(torch==[0-9.]*\).*/\1/p' pyproject.toml | head -n 1)"
    say "Installing $torch into .venv …"
    if ! "${pip[@]}" "$torch+cpu" >"$log" 2>&1; then
        say "The package index offers $torch with CUDA only: this can be gigabytes …"
        if ! "${pip[@]}" "$torch"; then
            warn "torch could not be installed; the reason stands above. What needs it is left out"
            incomplete=1
            return
        fi
    fi
    say "Installing the Python packages of $lock into .venv …"
    if ! "${pip[@]}" --require-hashes --no-deps --requirement "$lock"; then
        warn "the packages of $lock could not be installed; the reason stands above. What needs them is left out"
        incomplete=1
        return
    fi
    fingerprint "$python" "$lock" >"$stamp"
}

main() {
    local purpose='' lock=requirements.lock on_top='' python
    case "$*" in
    '') ;;
    --test) purpose=test lock=requirements-dev.lock ;;
    --ai) purpose=test lock=requirements-dev.lock on_top=ai ;;
    --bench) purpose=bench on_top=bench ;;
    --help | -h) say "$USAGE" && exit 0 ;;
    *) printf '%s\n' "$USAGE" >&2 && exit 2 ;;
    esac
    incomplete=
    log="$(mktemp)"
    trap 'rm -f "$log"' EXIT

    python="$(find_python)"
    install_system_packages "$python" "$purpose"
    install_python_packages "$python" "$lock"
    if [[ -n "$on_top" ]]; then install_on_top "$python" "$on_top"; fi
    if [[ -n "$incomplete" && "${CI:-}" == true ]]; then die 'packages are missing, which on CI is a failure'; fi
}

main "$@"
