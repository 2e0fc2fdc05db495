"""`--verbose`, and a terminal: the lines that a finding is about."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from support.paths import SOURCES
from support.typed import seatrial


@pytest.fixture
def integration(tmp_path: Path) -> Path:
    """An integration with a fault in its spec, and one in a file that may hold secrets."""
    root = tmp_path / "integrations/good-service"
    for path, data in good_folder(Profile.GUIDE).files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    spec = root / ".port/spec.yaml"
    spec.write_text(spec.read_text().replace("type: exporter", "type: exportr", 1))
    for name in (".env.example", "prod.env"):
        (root / name).write_text("TOKEN=very-private\n<<<<<<< HEAD\n=======\n>>>>>>> x\n")
    return root


def test_lines_are_shown_on_request_and_on_a_terminal_only(integration: Path) -> None:
    assert "^~~~" not in seatrial(integration, "validate").stdout
    assert "^~~~" in seatrial(integration, "validate", "--verbose").stdout
    assert "^~~~" in on_a_terminal(integration, "validate")


def test_no_line_of_a_file_that_may_hold_secrets_is_shown(integration: Path) -> None:
    said = seatrial(integration, "validate", "--verbose").stdout
    assert ".env.example:2:1: error" in said and "prod.env" in said and "very-private" not in said


def test_no_line_of_a_file_with_a_credential_is_shown(integration: Path) -> None:
    token = "ghp_" + "aB3dE5gH7jK9mN2pQ4sT6vW8xY0zA1cD3eF5"
    client = integration / "client.py"
    client.write_text(client.read_text() + f'KEY = "{token}"\n')
    said = seatrial(integration, "validate", "--verbose").stdout
    assert "LAY119" in said and token not in said


def on_a_terminal(cwd: Path, *arguments: str) -> str:
    """What is written to a terminal."""
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), "TERM": "dumb"}
    command = [sys.executable, "-m", "seatrial", *arguments]
    running = subprocess.Popen(command, cwd=cwd, env=env, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 65536):
            said += chunk
    except OSError:
        pass
    os.close(ours)
    running.wait(timeout=60)
    return said.decode()
