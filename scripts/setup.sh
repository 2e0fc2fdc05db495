#!/bin/sh
# Makes the virtual environment VENV and installs WHAT into it: setup.sh VENV WHAT
# The interpreter is $SEATRIAL_PYTHON. Run again after an interruption, it goes on from there;
# after the checkout was moved, it begins anew.
set -u
venv=$1
what=$2
python=${SEATRIAL_PYTHON:-python3}

fail() {
    echo "seatrial: $1" >&2
    exit 2
}

reason() {
    printf '%s\n' "$1" | sed -n 's/.*E[Rr][Rr][Oo][Rr]: //p' | tail -n 1
}

sound() {
    [ "$(cat "$venv/place" 2>/dev/null)" = "$(pwd -P)" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is not Python 3.11 or later; name one: make setup PYTHON=python3.12"
if ! sound; then
    echo "seatrial: making $venv" >&2
    said=$("$python" -m venv --clear "$venv" 2>&1) ||
        fail "$python cannot make $venv: $(reason "$said"); on Debian and Ubuntu, apt-get install python3-venv may help"
    pwd -P >"$venv/place"
fi
echo "seatrial: installing into $venv (once, half a minute or so)" >&2
said=$("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$what" 2>&1) || {
    printf '%s\n' "$said" >"$venv/setup.log"
    fail "the packages could not be installed: $(reason "$said"); check the network and the package index, then run make again ($venv/setup.log has it all)"
}
