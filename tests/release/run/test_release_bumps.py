"""Bumping on disk: all chosen integrations or none, never twice, and findings where something is in the way."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.model import MemoryFolder, Profile
from seatrial.documents.changelog import MARKER
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.run.bumps import BumpPlan, apply, bump_line, plan
from seatrial.system import transaction
from seatrial.workspace.workspace import open_workspace, select
from support.dying import Killed, dying

DAY = date(2026, 2, 1)
INTENT = ".ocean-release/{}.yaml"
TEXT = "bump: {}\nchangelog-type: bugfix\nchangelog: Fixed {}\n"


def put(root: Path, *names: str, profile: Profile = Profile.GUIDE) -> Path:
    """A repository with these integrations, each with two intents, and one without any."""
    good = good_folder(profile)
    for name in (*names, "still"):
        folder = good
        for path in ("pyproject.toml", ".port/spec.yaml", "CHANGELOG.md"):
            folder = folder.having(path, folder.text(path).replace("good-service", name))
        for number, part in enumerate(("patch", "minor") if name != "still" else ()):
            folder = folder.having(INTENT.format(number), TEXT.format(part, f"page {number}"))
        write(root / "integrations" / name, folder)
    return root


def write(place: Path, folder: MemoryFolder) -> None:
    for path in folder.paths():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(folder.read(path))


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


def edit(root: Path, name: str, path: str, old: str, new: str) -> None:
    place = root / "integrations" / name / path
    assert place.read_text().count(old) >= 1
    place.write_text(place.read_text().replace(old, new, 1))


def planned(root: Path, *names: str) -> BumpPlan:
    workspace = open_workspace(str(root))
    return plan(workspace, select(workspace, names), DAY)


def run(root: Path) -> list[str]:
    """As the task does it: finish what was begun, plan, apply."""
    transaction.finish(root)
    made = planned(root)
    apply(open_workspace(str(root)), made.bumps)
    return [bump_line(one) for one in made.bumps]


def test_all_intents_are_applied_and_the_rest_of_the_repository_stays(tmp_path: Path) -> None:
    before = tree(put(tmp_path, "jira", "okta"))
    assert run(tmp_path) == ["jira 0.1.0 -> 0.2.0 (2 intents)", "okta 0.1.0 -> 0.2.0 (2 intents)"]
    after = tree(tmp_path)
    changed = {path for path in before if after.get(path) != before[path]}
    assert changed == {
        f"integrations/{name}/{path}"
        for name in ("jira", "okta")
        for path in (
            "pyproject.toml",
            ".port/spec.yaml",
            "CHANGELOG.md",
            ".ocean-release/0.yaml",
            ".ocean-release/1.yaml",
        )
    }
    assert after.keys() <= before.keys()
    assert not (tmp_path / "integrations/jira/.ocean-release").exists()


def test_a_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    run(put(tmp_path, "jira"))
    before = tree(tmp_path)
    assert run(tmp_path) == []
    assert tree(tmp_path) == before


def test_only_the_chosen_are_bumped(tmp_path: Path) -> None:
    put(tmp_path, "jira", "okta")
    assert [one.name for one in planned(tmp_path, "okta").bumps] == ["okta"]


def test_an_integration_alone_in_its_repository_is_bumped(tmp_path: Path) -> None:
    write(tmp_path, good_folder().having(INTENT.format("a"), TEXT.format("major", "it")))
    assert run(tmp_path) == [f"{tmp_path.name} 0.1.0 -> 1.0.0 (1 intent)"]
    assert "version: 1.0.0" in (tmp_path / ".port/spec.yaml").read_text()


def test_other_files_beside_intents_stay(tmp_path: Path) -> None:
    put(tmp_path, "jira")
    beside = tmp_path / "integrations/jira/.ocean-release"
    (beside / "README.md").write_text("How to\n")
    (beside / "notes.txt").write_text("Later\n")
    assert run(tmp_path)
    assert sorted(path.name for path in beside.iterdir()) == ["README.md", "notes.txt"]


@pytest.mark.parametrize(
    ("path", "old", "new", "code"),
    [
        (INTENT.format(0), "patch", "pacth", "REL102"),
        (INTENT.format(1), "bugfix", "bug", "REL103"),
        (INTENT.format(1), "changelog: ", "text: ", "REL101"),
        ("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"', "CHG201"),
        ("pyproject.toml", 'version = "0.1.0"', 'version = "0.1"', "PKG103"),
        ("pyproject.toml", 'version = "0.1.0"', "", "PKG002"),
        ("pyproject.toml", 'version = "0.1.0"', "version = [", "PKG001"),
        ("CHANGELOG.md", MARKER, "", "CHG002"),
        ("CHANGELOG.md", MARKER, f"{MARKER}\n{MARKER}", "CHG101"),
        ("CHANGELOG.md", "## 0.1.0", "## 0.1.1", "CHG201"),
        ("CHANGELOG.md", f"{MARKER}\n\n", f"## 0.1.0 (2026-01-31)\n\n{MARKER}\n", "CHG102"),
        (".port/spec.yaml", "version: 0.1.0", "version: 0.1.1", "SPC201"),
        (".port/spec.yaml", "version: 0.1.0\n", "", "SPC005"),
        (".port/spec.yaml", "icon: ", 'icon: "', "SPC001"),
    ],
)
def test_a_fault_in_one_stops_all_with_a_finding_that_says_what_to_do(
    tmp_path: Path, path: str, old: str, new: str, code: str
) -> None:
    edit(put(tmp_path, "jira", "okta"), "okta", path, old, new)
    made = planned(tmp_path)
    assert made.bumps == ()
    assert code in {one.code for one in made.outcome.findings}
    assert all(one.fix and one.path.startswith("integrations/okta/") for one in made.outcome.findings)
    assert made.outcome.names == ("jira", "okta")


def test_a_missing_changelog_is_in_the_way(tmp_path: Path) -> None:
    (put(tmp_path, "jira") / "integrations/jira/CHANGELOG.md").unlink()
    assert [one.code for one in planned(tmp_path).outcome.findings] == ["LAY002"]


def test_faults_of_those_without_intents_are_not_in_the_way(tmp_path: Path) -> None:
    edit(put(tmp_path, "jira"), "still", "pyproject.toml", 'version = "0.1.0"', 'version = "0.1"')
    assert [one.name for one in planned(tmp_path).bumps] == ["jira"]


def test_warnings_are_not_in_the_way(tmp_path: Path) -> None:
    edit(put(tmp_path, "jira"), "jira", "CHANGELOG.md", MARKER, f"{MARKER} ")
    (tmp_path / "integrations/jira/.ocean-release/notes.txt").write_text("Later\n")
    made = planned(tmp_path)
    assert made.outcome.findings == ()
    assert [one.after for one in made.bumps] == ["0.2.0"]


@pytest.mark.parametrize(
    ("path", "old", "new", "code", "why"),
    [
        (INTENT.format(0), "patch", "pacth", "REL102", "0.yaml is not a complete intent"),
        ("CHANGELOG.md", MARKER, "", "CHG002", "below which new entries go"),
        ("pyproject.toml", 'version = "0.1.0"', 'version = "0.1"', "PKG103", "is no version"),
    ],
)
def test_a_fault_that_was_switched_off_ends_the_run_in_one_line(
    tmp_path: Path, path: str, old: str, new: str, code: str, why: str
) -> None:
    edit(put(tmp_path, "jira"), "jira", path, old, new)
    off = "\n".join(f'{one} = "off"' for one in (code, "CHG201", "SPC201"))
    (tmp_path / "seatrial.toml").write_text(f"[severity]\n{off}\n")
    with pytest.raises(UsageError, match=why):
        planned(tmp_path)


def test_intents_of_the_framework_and_fragments_stay_and_are_reported(tmp_path: Path) -> None:
    put(tmp_path, "jira")
    core = tmp_path / ".ocean-release/core/a.yaml"
    core.parent.mkdir(parents=True)
    core.write_text(TEXT.format("patch", "core"))
    fragment = tmp_path / "integrations/jira/changelog/12.feature.md"
    fragment.parent.mkdir(exist_ok=True)
    fragment.write_text("Added labels\n")
    assert planned(tmp_path).notes == (
        "left 1 intent in .ocean-release/ at the root, for the framework's own release",
        "left 1 change in integrations/jira/changelog/, for towncrier to write into a later entry",
    )
    run(tmp_path)
    assert core.exists()
    assert fragment.exists()


def test_a_run_killed_anywhere_is_completed_by_the_next_and_nothing_is_bumped_twice(tmp_path: Path) -> None:
    whole = put(tmp_path / "whole", "jira", "okta")
    made = planned(whole)
    with dying(10**9) as called:
        apply(open_workspace(str(whole)), made.bumps)
    wanted = tree(whole)
    for at in range(1, len(called) + 1, 3):
        root = put(tmp_path / str(at), "jira", "okta")
        with pytest.raises(Killed), dying(at):
            apply(open_workspace(str(root)), made.bumps)
        run(root)
        assert tree(root) == wanted, at
        assert run(root) == []


def test_a_file_that_changed_since_it_was_read_is_not_overwritten(tmp_path: Path) -> None:
    made = planned(put(tmp_path, "jira"))
    edit(tmp_path, "jira", "pyproject.toml", "[tool.black]", "# by hand\n[tool.black]")
    before = tree(tmp_path)
    with pytest.raises(ServiceError, match=r"pyproject\.toml was changed meanwhile"):
        apply(open_workspace(str(tmp_path)), made.bumps)
    assert tree(tmp_path) == before
