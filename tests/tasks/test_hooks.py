"""The hooks for pre-commit, run by pre-commit itself.

The environment of a hook would be installed from a package index, so the hooks run here as those of a local repository,
in this environment; all else of them is as pre-commit reads it from the manifest.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pre_commit.clientlib import load_manifest

from seatrial.core.model import Profile
from seatrial.documents import yaml
from seatrial.handbook.rule_examples import good_folder
from seatrial.tasks.cli import Ended
from support.paths import ROOT, SOURCES
from support.repositories import commit, git, put, start
from support.verbs import call

MANIFEST = ROOT / ".pre-commit-hooks.yaml"


def pre_commit(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd.parent), "PYTHONPATH": str(SOURCES), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "pre_commit", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def hooks() -> list[dict[str, Any]]:
    known = yaml.load(MANIFEST.name, MANIFEST.read_bytes()).value
    assert {one["language"] for one in known} == {"python"}
    local = f"{shlex.quote(sys.executable)} -m "
    return [{**one, "language": "system", "entry": local + one["entry"]} for one in known]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two integrations, and hooks, all committed."""
    root = start(tmp_path / "repository")
    good = good_folder(Profile.GUIDE)
    for name in ("alpha", "beta"):
        put(root, {f"integrations/{name}/{path}": good.text(path) for path in good.files})
    config = {"repos": [{"repo": "local", "hooks": hooks()}]}
    commit(root, {".pre-commit-config.yaml": json.dumps(config)})
    return root


def test_the_hooks_judge_the_integrations_of_changed_files_and_no_others(repository: Path) -> None:
    assert [one["id"] for one in load_manifest(MANIFEST)] == ["seatrial-validate", "seatrial-lint"]
    (repository / "integrations/alpha/poetry.lock").unlink()
    spec = repository / "integrations/alpha/.port/spec.yaml"
    spec.write_text(spec.read_text().replace("type: integer", "type: number"))
    git(repository, "add", "-A")
    done = pre_commit(repository, "run")
    assert done.returncode == 1, done.stdout + done.stderr
    found = [line for line in done.stdout.splitlines() if line.startswith("integrations/")]
    assert {line.split()[2] for line in found} >= {"SPC105", "LNT001"}
    assert {line.split("/")[1] for line in found} == {"alpha"}


def test_nothing_is_judged_where_the_files_are_in_no_integration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"integrations/alpha/.port/spec.yaml": "a: 1"})
    monkeypatch.chdir(tmp_path)
    call(
        "validate",
        files=True,
        integration=["integrations/README.md", "integrations/alphabet", "../x", "nothing"],
    )
    assert capsys.readouterr().out == ""
    with pytest.raises(Ended):
        call("validate", files=True, integration=["integrations/alpha/new/file"], no_cache=True)
    assert "integrations/alpha/.port/spec.yaml" in capsys.readouterr().out
