#!/bin/sh
# Makes the virtual environment VENV and installs WHAT into it: setup.sh VENV WHAT
# WHAT is "." for Seatrial and what it runs on, ".[dev]" for what its tests need as well; it is installed editable.
# The packages are those of locks/, each checked by its hash; with SEATRIAL_LATEST, the newest that pyproject.toml admits.
# uv installs them: the one in VENV, the one on PATH, or one that pip gets; pip itself where no uv can be had.
# The interpreter is $SEATRIAL_PYTHON. Run again after an interruption, it goes on from there;
# after the checkout was moved, it begins anew.
set -u
venv=$1
what=$2
python=${SEATRIAL_PYTHON:-python3}
latest=${SEATRIAL_LATEST:-}
inside=$venv/bin/python
case $what in
    *dev*) lock=locks/develop.txt ;;
    *) lock=locks/runtime.txt ;;
esac

fail() {
    echo "seatrial: $1" >&2
    exit 2
}

reason() {
    printf '%s\n' "$1" | sed -n 's/.*[Ee][Rr][Rr][Oo][Rr]: //p' | tail -n 1
}

sound() {
    [ "$(cat "$venv/place" 2>/dev/null)" = "$(pwd -P)" ] && "$inside" -c "" 2>/dev/null
}

# Each way to install leaves its words in $said, and fails where it is not to be had.

with_uv() {
    "$1" --version >/dev/null 2>&1 || return 1
    if [ -n "$latest" ]; then
        said=$("$1" pip install --quiet --python "$inside" --upgrade --editable "$what" 2>&1)
    else
        said=$("$1" pip install --quiet --python "$inside" --require-hashes --requirement "$lock" 2>&1) &&
            said=$("$1" pip install --quiet --python "$inside" --no-deps --no-build-isolation --editable . 2>&1)
    fi
}

# The pip beside $python installs into $venv without being there, which saves the seconds it takes to put it there.
get_uv() {
    if [ -n "$latest" ]; then
        echo uv
    else
        awk '/^[^ #]/ { wanted = /^uv==/ } wanted && !/^ *#/' "$lock" 2>/dev/null
    fi >"$venv/uv.txt"
    "$python" -m pip --python "$inside" install --quiet --no-deps --requirement "$venv/uv.txt" >/dev/null 2>&1
}

with_pip() {
    "$inside" -m pip --version >/dev/null 2>&1 || said=$("$inside" -m ensurepip 2>&1) ||
        fail "there is neither uv nor pip for $python; install one of them, on Debian and Ubuntu with apt-get install python3-venv, then run make again"
    if [ -n "$latest" ]; then
        said=$("$inside" -m pip install --quiet --upgrade --upgrade-strategy eager --editable "$what" 2>&1)
    else
        said=$("$inside" -m pip install --quiet --require-hashes --requirement "$lock" 2>&1) &&
            said=$("$inside" -m pip install --quiet --no-deps --no-build-isolation --editable . 2>&1)
    fi
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is not Python 3.11 or later; name one: make setup PYTHON=python3.12"
if ! sound; then
    echo "seatrial: making $venv" >&2
    said=$("$python" -m venv --without-pip --clear "$venv" 2>&1) ||
        fail "$python cannot make $venv: $(reason "$said"); on Debian and Ubuntu, apt-get install python3-venv may help"
    pwd -P >"$venv/place"
fi
echo "seatrial: installing into $venv (once, some seconds, or half a minute where there is no uv)" >&2
export PIP_DISABLE_PIP_VERSION_CHECK=1
# What is said to pip of the index is said to uv; the machine's certificates count for both.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-1}"
[ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-$PIP_INDEX_URL}}"
with_uv "$venv/bin/uv" || with_uv uv || { get_uv && with_uv "$venv/bin/uv"; } || with_pip || {
    printf '%s\n' "$said" >"$venv/setup.log"
    fail "the packages could not be installed: $(reason "$said"); check the network and the package index, then run make again ($venv/setup.log has it all)"
}
