"""The tasks `template.update` and `template.drift` on a disk."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seatrial.scaffold import skeleton
from seatrial.scaffold.answers import Answers
from seatrial.tasks.cli import Ended
from seatrial.tasks.template import drift, update_template

OLD = skeleton.REVISION
ANSWERS = Answers.of("My Service", released="2026-01-31")


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A revision has come that asks for another ruff, and has another title of the readme."""
    now = skeleton._template()
    former = {
        "README.md": now["README.md"].replace("# [=", "# The [=", 1),
        "pyproject.toml": now["pyproject.toml"].replace('ruff = "^0.6.3"', 'ruff = "^0.5.0"'),
    }
    monkeypatch.setattr(skeleton, "REVISION", OLD + 1)
    monkeypatch.setattr(skeleton, "_history", lambda: {OLD: former})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of the former revision, with a stale lock."""
    made = tmp_path / "integrations" / "my-service"
    folder = skeleton.render(ANSWERS, revision=OLD)
    skeleton.write(folder.having("poetry.lock", "old\n"), made)
    return made


def update(place: Path, diff: bool = False, adopt: bool = False) -> None:
    update_template([], str(place.parents[1]), diff, adopt)


def test_an_untouched_folder_is_as_new_afterwards_and_its_lock_too(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drift([], str(place.parents[1]))
    told = capsys.readouterr()
    assert told.out == "my-service: 3 files to change\n"
    assert told.err == "`seatrial template.update --diff` shows the changes\n"
    update(place)
    new = skeleton.render(ANSWERS, revision=OLD + 1).having("poetry.lock", skeleton.lock())
    assert {path: (place / path).read_bytes() for path in new.paths()} == new.files
    drift([], str(place.parents[1]))
    told = capsys.readouterr()
    assert told.out == "my-service: up to date\n"
    assert "shows the changes" not in told.err


def test_a_diff_shows_the_changes_and_writes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    update(place, diff=True)
    told = capsys.readouterr()
    assert "-# The My Service\n+# My Service\n" in told.out
    assert "would update integrations/my-service/README.md\n" in told.err
    assert (place / "README.md").read_text().startswith("# The My Service\n")


def test_bytes_that_are_not_utf_8_are_merged_and_shown_written_out(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = place / "README.md"
    readme.write_bytes(readme.read_bytes() + b"\nCaf\xe9\n")
    update(place, diff=True)
    assert "+# My Service\n" in capsys.readouterr().out
    update(place)
    assert readme.read_bytes().startswith(b"# My Service\n")
    assert readme.read_bytes().endswith(b"\nCaf\xe9\n")


def test_a_conflict_ends_with_one_and_until_it_is_resolved_nothing_more_is_done(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = place / "README.md"
    readme.write_text(readme.read_text().replace("# The My Service", "# Mine"))
    (place / "pyproject.toml").write_text((place / "pyproject.toml").read_text().replace("^0.5.0", "^0.4.0"))
    with pytest.raises(Ended) as ended:
        update(place)
    assert ended.value.code == 1
    assert "<<<<<<< yours\n# Mine\n=======\n# My Service\n>>>>>>> template\n" in readme.read_text()
    assert f"revision = {OLD + 1}\n" in (place / "pyproject.toml").read_text()
    capsys.readouterr()
    update(place)
    assert (
        "pyproject.toml has conflict marks of an earlier merge; resolve them first" in capsys.readouterr().err
    )


def test_other_dependencies_need_a_lock_of_their_own(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pyproject = place / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('python = "^3.12"', 'python = "^3.12"\nhttpx = "*"'))
    update(place)
    assert (place / "poetry.lock").read_text() == "old\n"
    assert "poetry.lock is stale; type `poetry lock`" in capsys.readouterr().err


def test_a_folder_without_a_record_is_left_until_it_is_adopted(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pyproject = place / "pyproject.toml"
    text = pyproject.read_text()
    bare = (
        text.partition("[tool.seatrial.template]")[0] + "[build-system]" + text.partition("[build-system]")[2]
    )
    pyproject.write_text(bare)
    update(place)
    assert "my-service: has no record of a template; type --adopt" in capsys.readouterr().err
    assert pyproject.read_text() == bare
    update(place, adopt=True)
    record = pyproject.read_text().removeprefix(bare.rstrip("\n"))
    assert f"revision = {OLD + 1}\n" in record
    assert all(
        f"{line}\n" in record for line in ('title = "My Service"', 'parent = "project"', 'child = "task"')
    )
    drift([], str(place.parents[1]))
    assert capsys.readouterr().out == "my-service: up to date\n"


def test_a_link_to_a_file_of_somebody_else_is_not_written_through(place: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_bytes((place / "README.md").read_bytes())
    before = outside.read_bytes()
    (place / "README.md").unlink()
    (place / "README.md").symlink_to(outside)
    subprocess.run(["git", "init", "-q", str(place.parents[1])], check=True)
    update(place)
    assert outside.read_bytes() == before


def test_the_name_of_a_folder_reaches_no_terminal_unescaped(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.rename(place.with_name("e\x1b[2J"))
    drift([], str(place.parents[1]))
    assert "\x1b" not in capsys.readouterr().out


def test_a_lock_that_is_no_file_keeps_its_folder_alone_from_being_updated(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "poetry.lock").unlink()
    (place / "poetry.lock").symlink_to("/etc/passwd")
    update(place)
    assert "my-service: poetry.lock cannot be read" in capsys.readouterr().err
