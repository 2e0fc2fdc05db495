"""The task `fix` on a disk: what it shows it writes, all or none, and a hostile folder makes it harm nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import MemoryFolder, Profile
from seatrial.dependencies.lockfile import content_hash
from seatrial.handbook.rule_examples import good_folder
from seatrial.system.own_poetry import ConfinedPoetry
from seatrial.tasks import fix as fixing
from seatrial.tasks.cli import Ended
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.workspace import open_workspace

SPEC, MAPPING = ".port/spec.yaml", ".port/resources/port-app-config.yaml"
BLUEPRINTS, LOG = ".port/resources/blueprints.json", "CHANGELOG.md"


def put(root: Path, folder: MemoryFolder, name: str = "good-service") -> Path:
    place = root / "integrations" / name
    for path in folder.paths():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(folder.read(path))
    return place


def state(root: Path) -> dict[str, bytes]:
    """Every file below the integrations."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def said(root: Path) -> Counter[tuple[str, str]]:
    workspace = open_workspace(str(root))
    found = check_all(workspace, workspace.integrations, RULES, jobs=1).outcome.findings
    return Counter((one.code, one.message) for one in found)


def fix(root: Path, diff: bool = False) -> None:
    fixing.fix([], str(root), None, "1", diff)


def a_name_with_a_quote(folder: MemoryFolder) -> MemoryFolder:
    """The nearest known name has a character in it that the file's language means something by."""
    blueprints = json.loads(folder.text(BLUEPRINTS))
    schema = blueprints[0]["schema"]
    schema["properties"]['na"mes'] = {"type": "string", "title": "x"}
    schema["required"] = ["nam_es"]
    return folder.having(BLUEPRINTS, json.dumps(blueprints, indent=2))


def two_keys_that_mean_one(folder: MemoryFolder) -> MemoryFolder:
    return folder.edited(SPEC, "title: Good Service\n", "titel: Good Service\ntitl: Good Service\n")


def a_blueprint_like_another(folder: MemoryFolder) -> MemoryFolder:
    return folder.edited(MAPPING, "'\"goodServiceTask\"'", "'\"goodServiceProjects\"'")


def a_name_in_two_cases(folder: MemoryFolder) -> MemoryFolder:
    return folder.edited(SPEC, "title: Good Service\n", "Title: Good Service\nTITLE: Good Service\n")


def test_a_stale_lock_and_a_missing_one_are_made_by_seatrials_own_poetry_in_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = good_folder().edited(
        "pyproject.toml", 'pytest = "^9.1.1"', 'pytest = "^9.1.1"\nrespx = "^0.22.0"'
    )
    put(tmp_path, stale, "stale-service")
    (put(tmp_path, good_folder(), "lacking-service") / "poetry.lock").unlink()
    put(tmp_path, good_folder())
    put(tmp_path, stale.having("poetry.toml", "[broken]\n"), "broken-service")

    def locked(_: ConfinedPoetry, files: Mapping[str, bytes]) -> bytes:
        if files["poetry.toml"] == b"[broken]\n":
            return good_folder().read("poetry.lock")
        wanted = content_hash(tomllib.loads(files["pyproject.toml"].decode()))
        return f'[metadata]\nlock-version = "2.1"\ncontent-hash = "{wanted}"\n'.encode()

    monkeypatch.setattr(ConfinedPoetry, "locked", locked)
    before = state(tmp_path)
    fixing.fix([], str(tmp_path), None, "2", True, lock=True)
    assert state(tmp_path) == before
    assert "would be made anew: integrations/stale-service/poetry.lock" in capsys.readouterr().err
    with pytest.raises(Ended) as end:
        fixing.fix([], str(tmp_path), None, "2", False, lock=True)
    told = capsys.readouterr().err
    assert end.value.code == 3
    assert "not locked: broken-service: Poetry made a lock that is not of this pyproject.toml" in told
    assert {path for path, data in state(tmp_path).items() if before.get(path) != data} == {
        "integrations/lacking-service/poetry.lock",
        "integrations/stale-service/poetry.lock",
    }
    fixing.fix(["stale-service,lacking-service"], str(tmp_path), None, "2", False, lock=True)
    assert "no lock is missing or stale" in capsys.readouterr().err


HOSTILE = (
    a_name_with_a_quote,
    two_keys_that_mean_one,
    a_blueprint_like_another,
    a_name_in_two_cases,
)


@pytest.mark.parametrize("profile", list(Profile), ids=lambda profile: profile.value)
@pytest.mark.parametrize("damage", HOSTILE, ids=lambda damage: damage.__name__)
def test_a_repair_adds_no_finding_and_settles(
    tmp_path: Path, damage: Callable[[MemoryFolder], MemoryFolder], profile: Profile
) -> None:
    put(tmp_path, damage(good_folder(profile)))
    (tmp_path / "seatrial.toml").write_text(f'profile = "{profile.value}"\n')
    before = said(tmp_path)
    assert before
    fix(tmp_path)
    once = state(tmp_path)
    assert not said(tmp_path) - before
    fix(tmp_path)
    assert state(tmp_path) == once


def test_a_blueprint_is_never_renamed_to_another(tmp_path: Path) -> None:
    put(tmp_path, a_blueprint_like_another(good_folder()))
    before = state(tmp_path)
    fix(tmp_path)
    assert state(tmp_path) == before


def broken(folder: MemoryFolder, newline: str = "\n") -> MemoryFolder:
    """Two files, each with a fault that has a repair."""
    spec = folder.text(SPEC).replace("exporter", "exporters", 1).replace("\n", newline)
    log = folder.text(LOG).replace("-->\n", "--> \n").rstrip("\n").replace("\n", newline)
    return folder.having(SPEC, spec).having(LOG, log)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_writes_what_it_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str], newline: str) -> None:
    place = put(tmp_path, broken(good_folder(), newline))
    before = state(tmp_path)
    fix(tmp_path, diff=True)
    shown = capsys.readouterr().out
    assert state(tmp_path) == before
    (tmp_path / "shown.diff").write_bytes(shown.replace("\\r", "\r").encode())
    subprocess.run(["git", "apply", "shown.diff"], cwd=tmp_path, check=True)
    (tmp_path / "shown.diff").unlink()
    applied = state(tmp_path)
    assert applied != before
    for path, text in before.items():
        (tmp_path / path).write_bytes(text)
    fix(tmp_path)
    assert state(tmp_path) == applied
    assert (place / LOG).read_bytes().endswith(b"\n") is False
    assert capsys.readouterr().err.splitlines() == [
        "repaired integrations/good-service/.port/spec.yaml",
        "repaired integrations/good-service/CHANGELOG.md",
        "2 files repaired; `seatrial validate` shows what is left to do by hand",
    ]


def test_what_is_refused_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, a_name_in_two_cases(good_folder()))
    fix(tmp_path)
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("not applied: ")]
    assert len(told) == 2 or "Title" not in told[0]
    assert all("SPC102" in line for line in told)


def test_a_file_that_changes_meanwhile_is_not_overwritten_and_no_other_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = put(tmp_path, broken(good_folder()))
    before = state(tmp_path)
    whole = fixing.repairs

    def meanwhile(*arguments: object, **options: object) -> object:
        found = whole(*arguments, **options)  # type: ignore[arg-type]
        (place / LOG).write_bytes(b"somebody else's")
        return found

    monkeypatch.setattr(fixing, "repairs", meanwhile)
    with pytest.raises(ServiceError, match="was changed meanwhile; type it again; nothing was changed"):
        fix(tmp_path)
    after = state(tmp_path)
    assert after.pop("integrations/good-service/CHANGELOG.md") == b"somebody else's"
    assert after.items() <= before.items()


def test_nothing_is_written_through_a_link_to_another_integration_or_outside(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    trap = put(tmp_path / "outside", broken(good_folder()), "trap")
    place = put(root, broken(good_folder()))
    beside = put(root, good_folder(), "beside")
    shutil.rmtree(beside / ".port")
    (beside / ".port").symlink_to(place / ".port")
    (beside / LOG).unlink()
    (beside / LOG).symlink_to(trap / LOG)
    wanted = state(tmp_path / "outside")
    fixing.fix(["beside"], str(root), None, "1", False)
    assert state(tmp_path / "outside") == wanted
    assert (place / SPEC).read_text() == broken(good_folder()).text(SPEC)
