#!/bin/sh
# Makes the virtual environment VENV and installs WHAT into it: setup.sh VENV WHAT
# The interpreter is $SEATRIAL_PYTHON. Run again after an interruption, it goes on from there.
set -u
venv=$1
what=$2
python=${SEATRIAL_PYTHON:-python3}

fail() {
    echo "seatrial: $1" >&2
    exit 2
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is not Python 3.11 or later; name one: make setup PYTHON=python3.12"
if ! [ -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "seatrial: making $venv" >&2
    "$python" -m venv --clear "$venv" ||
        fail "$python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"
fi
echo "seatrial: installing into $venv (once, half a minute or so)" >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$what" ||
    fail "the packages could not be installed; check the network and the package index, then run make again"
