"""Programs and services that some tests need: found, or a visible skip; under CI a failure."""

from __future__ import annotations

import os
import shutil
import socket

import pytest


def lacking(what: str) -> None:
    """Skip the test, or fail it where everything must run."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not on this machine, and under CI every test must run")
    pytest.skip(f"{what} is not on this machine")


def needs(program: str) -> str:
    """The path of a program."""
    found = shutil.which(program)
    if found is None:
        lacking(program)
    return found or ""


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
