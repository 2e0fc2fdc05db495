"""The task `init`, in repositories that have nothing, something, or all of what it makes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from seatrial.core.errors import UsageError
from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.scaffold.repository import RepositoryFile
from seatrial.tasks.init import init
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.config import settings_of
from seatrial.workspace.workspace import open_workspace
from support.paths import ROOT
from support.verbs import call

MADE = {
    ".gitignore",
    ".pre-commit-config.yaml",
    ".vscode",
    "Makefile",
    "schemas",
    "seatrial.toml",
    "tasks.py",
}
MARK, END = "# seatrial: any words\n", "# end of seatrial\n"
PINNED = "seatrial==1.2.3"
A_PART = RepositoryFile(
    "Makefile", "all of it\n", f"{MARK}new\n{END}", "at its end", marked=f"{MARK}new\n{END}"
)


def make(root: Path, **files: str) -> Path:
    for path, text in files.items():
        place = root / path.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


def integration(root: Path, place: str) -> None:
    (root / place / ".port").mkdir(parents=True)
    (root / place / ".port" / "spec.yaml").write_text("title: x\n")


def state(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def hook(root: Path) -> dict[str, str]:
    (only,) = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    return dict(only)


def test_a_repository_that_has_nothing_gets_all_and_a_second_time_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(str(tmp_path), dry_run=False)
    assert {path.name for path in tmp_path.iterdir()} - {".git"} >= MADE
    settings = settings_of((tmp_path / "seatrial.toml").read_bytes())
    assert (settings.profile, settings.integrations) == (Profile.GUIDE, "integrations")
    assert hook(tmp_path)["entry"] == "seatrial validate --files"
    before = state(tmp_path)
    capsys.readouterr()
    init(str(tmp_path), dry_run=False)
    assert state(tmp_path) == before
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("nothing is to be written\n")


def test_a_dry_run_shows_the_files_and_writes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(str(tmp_path), dry_run=True)
    assert list(tmp_path.iterdir()) == []
    out, err = capsys.readouterr()
    assert "+++ b/seatrial.toml\n" in out
    assert '+profile = "guide"\n' in out
    assert "would be made: Makefile\n" in err


@pytest.mark.parametrize("place", ["", "integrations/a", "services/ocean/a"])
def test_the_settings_name_the_folder_that_the_integrations_are_in(tmp_path: Path, place: str) -> None:
    integration(tmp_path, place)
    init(str(tmp_path), dry_run=False)
    workspace = open_workspace(str(tmp_path))
    assert [one.path for one in workspace.integrations] == [place]
    if place:
        named = json.loads((tmp_path / ".vscode" / "settings.json").read_text())["yaml.schemas"]
        below = f"{os.path.dirname(place)}/*/"
        assert f"{below}.port/spec.yaml" in named["./schemas/spec-guide.schema.json"]
    assert hook(tmp_path).get("files", "") == (f"^{os.path.dirname(place)}/" if place else "")


def test_integrations_in_several_folders_are_left_to_the_person(tmp_path: Path) -> None:
    for place in ("here/a", "there/b"):
        integration(tmp_path, place)
    with pytest.raises(UsageError, match='integrations are in "here" and "there"'):
        init(str(tmp_path), dry_run=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "there"]


def test_the_hook_does_what_the_published_one_does(tmp_path: Path) -> None:
    init(str(tmp_path), dry_run=False)
    published, *_ = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    same = ("name", "entry", "require_serial", "pass_filenames")
    assert [hook(tmp_path).get(key) for key in same] == [published.get(key) for key in same]


@pytest.mark.parametrize(
    ("service", "place"),
    [("github", ".github/workflows/seatrial-check.yml"), ("gitlab", ".gitlab/seatrial.yml")],
)
def test_the_files_of_ci_are_those_of_ci_workflow(tmp_path: Path, service: str, place: str) -> None:
    integration(tmp_path, "integrations/a")
    init(str(tmp_path), dry_run=False, service=service, install=PINNED)
    before = state(tmp_path)
    assert place in {str(Path(one).relative_to(tmp_path)) for one in before}
    call("ci.workflow", root=str(tmp_path), service=service, install=PINNED)
    init(str(tmp_path), dry_run=False, service=service, install=PINNED)
    assert state(tmp_path) == before


def test_nothing_is_written_where_the_files_of_ci_cannot_be(tmp_path: Path) -> None:
    for more in ({"service": "jenkins", "install": PINNED}, {"service": "github", "install": "seatrial"}):
        with pytest.raises(UsageError):
            init(str(tmp_path), dry_run=False, **more)
    with pytest.raises(UsageError, match="--service github or gitlab"):
        init(str(tmp_path), dry_run=False, install=PINNED)
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_in_a_folder_with_a_dot_is_named_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    integration(tmp_path, ".sub/integrations/a")
    init(str(tmp_path / ".sub"), dry_run=False)
    assert hook(tmp_path)["entry"] == "seatrial validate --files --root .sub"
    assert not (tmp_path / "sub").exists()
    with pytest.raises(UsageError, match=r'the folder "\.sub" has characters'):
        init(str(tmp_path / ".sub"), dry_run=False, service="github", install=PINNED)


def test_a_workspace_below_the_repository_has_its_hook_where_git_looks(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    integration(tmp_path, "sub/integrations/a")
    init(str(tmp_path / "sub"), dry_run=False)
    assert hook(tmp_path) == {
        "id": "seatrial",
        "name": "seatrial validate",
        "entry": "seatrial validate --files --root sub",
        "language": "system",
        "require_serial": True,
        "files": "^sub/integrations/",
    }
    assert (tmp_path / "sub" / "seatrial.toml").is_file()
    assert "./sub/schemas/spec-guide.schema.json" in (tmp_path / ".vscode" / "settings.json").read_text()


def test_what_is_there_is_kept_and_the_lines_to_add_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = {
        "Makefile": "lint:\n\techo mine\n",
        "tasks.py": "ns = 1\n",
        ".pre-commit-config.yaml": "repos: []\n",
        "seatrial.toml": 'profile = "guide"\n',
        ".vscode__settings.json": "{}\n",
    }
    make(tmp_path, **theirs)
    init(str(tmp_path), dry_run=False)
    assert {path: (tmp_path / path.replace("__", "/")).read_text() for path in theirs} == theirs
    out, err = capsys.readouterr()
    for path, line in {
        "Makefile": "SEATRIAL ?= seatrial",
        "tasks.py": "ns = namespace()",
        ".pre-commit-config.yaml": "      - id: seatrial",
        ".vscode/settings.json": '"yaml.schemas"',
    }.items():
        assert f"{path} is kept; add to it" in err
        assert line in out
    assert "seatrial.toml" not in err


def test_one_integration_alone_stays_as_valid_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = good_folder()
    for path in folder.paths():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(folder.read(path))
    init(str(tmp_path), dry_run=False)
    assert not (tmp_path / "tasks.py").exists()
    assert "Makefile" not in capsys.readouterr().err
    workspace = open_workspace(str(tmp_path))
    assert check_all(workspace, workspace.integrations, RULES, jobs=1).outcome.findings == ()


def test_nothing_is_written_through_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside, outside = tmp_path / "inside", make(tmp_path / "outside", Makefile="theirs\n")
    inside.mkdir()
    (inside / "Makefile").symlink_to(outside / "Makefile")
    (inside / ".vscode").symlink_to(outside)
    init(str(inside), dry_run=False)
    assert [path.name for path in outside.iterdir()] == ["Makefile"]
    assert "Makefile: it is not a plain text file, and is left as it is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("existing", "joined", "lacking"),
    [
        (None, "all of it\n", ""),
        ("mine:\n", None, f"{MARK}new\n{END}"),
        (f"{MARK}old\n{END}", f"{MARK}new\n{END}", ""),
        (f"mine:\n{MARK}old\n{END}more:\n", f"mine:\n{MARK}new\n{END}more:\n", ""),
        (f"mine:\n{MARK}new\n{END}", None, ""),
        (f"{END}mine:\n{MARK}old\n", None, ""),
        (f"echo {MARK}old\n{END}", None, ""),
    ],
    ids=["none", "other", "all", "between", "same", "wrong order", "within a line"],
)
def test_a_makefile_is_renewed_only_between_its_marks(
    existing: str | None, joined: str | None, lacking: str
) -> None:
    assert A_PART.joined(existing) == joined
    assert existing is None or joined is not None or A_PART.lacking(existing) == lacking


def test_the_makefile_hands_values_on_letter_by_letter(tmp_path: Path) -> None:
    init(str(tmp_path), dry_run=False)
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$1 $SEATRIAL_NAME $SEATRIAL_FORMAT"\n')
    program.chmod(0o755)
    for target, task in {
        "new": "new",
        "release-plan": "release.plan",
        "check-layout": "check-layout",
    }.items():
        ran = subprocess.run(
            ["make", "-s", target, "NAME=$(shell touch evil) `touch evil`", f"SEATRIAL={program}"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "SEATRIAL_FORMAT": "json"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.stdout == f"{task} $(shell touch evil) `touch evil` json\n", ran.stderr
    assert not (tmp_path / "evil").exists()


def test_what_a_file_holds_reaches_no_terminal_unescaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, Makefile=f"{MARK}old\n{END}# \x1b[2J\n")
    init(str(tmp_path), dry_run=True)
    said = capsys.readouterr().out
    assert "\\x1b[2J" in said and "\x1b" not in said
