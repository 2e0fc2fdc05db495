"""A changelog's new entry is the one that towncrier 23 would write, and what the pull-request gate lets in."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from seatrial.documents.changelog import MARKER
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.plan.bump import SECTIONS, ChangelogEntry, entry, with_entry
from support.services import lacking

DAY = date(2026, 2, 1)
FIX = ChangelogEntry("bugfix", "Fixed a page")
OLD = "## 0.1.0 (2026-01-31)\n\n\n### Features\n\n- Added pages\n"
LOG = f"# Changelog\n\nText.\n\n{MARKER}\n\n{OLD}"
NEW = "## 0.2.0 (2026-02-01)\n\n\n### Bug Fixes\n\n- Fixed a page\n"


def added(changelog: str, *changes: ChangelogEntry) -> str:
    return with_entry(changelog, "0.2.0", DAY, changes or (FIX,))


def test_the_entry_is_below_the_marker_and_the_rest_is_unchanged() -> None:
    assert added(LOG) == f"# Changelog\n\nText.\n\n{MARKER}\n\n{NEW}\n\n{OLD}"


@pytest.mark.parametrize(
    ("changelog", "result"),
    [
        (MARKER, f"{MARKER}\n\n{NEW}"),
        (f"{MARKER}\n", f"{MARKER}\n\n{NEW}"),
        (f"{MARKER}\n\n\n", f"{MARKER}\n\n{NEW}"),
        (f"{MARKER}\n{OLD}", f"{MARKER}\n\n{NEW}\n\n{OLD}"),
        (f"{MARKER}\n\n\n\n{OLD}", f"{MARKER}\n\n{NEW}\n\n{OLD}"),
        (LOG.rstrip("\n"), added(LOG).rstrip("\n")),
        (f"{LOG}\n{MARKER}\n", f"{added(LOG)}\n{MARKER}\n"),
        (f"\ufeff{LOG}", f"\ufeff{added(LOG)}"),
        (f"{MARKER} \n\n{OLD}", f"{MARKER} \n\n{NEW}\n\n{OLD}"),
    ],
)
def test_the_entry_fits_any_changelog(changelog: str, result: str) -> None:
    assert added(changelog) == result


@pytest.mark.parametrize("changelog", [LOG, f"{MARKER}\n", f"x\n{MARKER}", LOG.rstrip("\n")])
def test_lines_end_as_they_do_in_the_changelog(changelog: str) -> None:
    assert added(changelog.replace("\n", "\r\n")) == added(changelog).replace("\n", "\r\n")


def test_a_changelog_without_a_marker_takes_no_entry() -> None:
    with pytest.raises(ValueError, match="has no line"):
        added(OLD)


def test_texts_stand_in_their_sections_in_the_order_given_and_each_once() -> None:
    changes = [
        ChangelogEntry("doc", "z"),
        FIX,
        ChangelogEntry("breaking", "b"),
        ChangelogEntry("bugfix", "a"),
        FIX,
        ChangelogEntry("breaking", "a"),
    ]
    assert entry("1.0.0", DAY, changes) == (
        "## 1.0.0 (2026-02-01)\n\n\n### Breaking Changes\n\n- b\n- a\n\n"
        "### Bug Fixes\n\n- Fixed a page\n- a\n\n### Improved Documentation\n\n- z\n"
    )


def _towncrier() -> str:
    beside = Path(sys.executable).with_name("towncrier")
    found = str(beside) if beside.exists() else shutil.which("towncrier")
    version = (
        subprocess.run([found, "--version"], capture_output=True, text=True, check=False) if found else None
    )
    if found is None or version is None or "version 23." not in version.stdout:
        lacking("towncrier 23", "install what `make test` installs: the extra [dev]")
    return found or ""


CASES = [
    [ChangelogEntry(kind, f"Text of {kind}")] for kind in SECTIONS
] + [
    [ChangelogEntry(kind, text) for kind in SECTIONS for text in ("Alpha", "Beta `b`: c, #1", "é 😀")],
    [ChangelogEntry("feature", "x" * 300), ChangelogEntry("doc", "* star"), ChangelogEntry("bugfix", "a - b")],
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("changelog", [LOG, f"{MARKER}\n", f"# C\n\n{MARKER}\n\n\n\n{OLD}"])
def test_towncrier_writes_the_same(tmp_path: Path, changelog: str) -> None:
    towncrier = _towncrier()
    for number, changes in enumerate(CASES):
        place = tmp_path / str(number)
        (place / "changelog").mkdir(parents=True)
        (place / "pyproject.toml").write_bytes(good_folder().read("pyproject.toml"))
        (place / "CHANGELOG.md").write_text(changelog)
        for at, change in enumerate(changes):
            (place / "changelog" / f"+text{at}.{change.type}.md").write_text(f"{change.text}\n")
        command = [towncrier, *f"build --yes --name x --version 0.2.0 --date {DAY}".split()]
        subprocess.run(command, cwd=place, capture_output=True, check=False)
        assert (place / "CHANGELOG.md").read_text().lstrip("\n") == added(changelog, *changes)


def refusals(changelog: str) -> list[int]:
    """The lines at which the pull-request gate would stop: headings, their spacing, sections, empty entries."""
    lines = changelog.splitlines()
    filled = [number for number, line in enumerate(lines) if line.strip()]
    found = []
    for above, number, below in zip([-1, *filled], filled, [*filled[1:], None], strict=False):
        line = lines[number]
        after = below - number - 1 if below is not None else 0
        if line.startswith("## "):
            is_first = lines[above].startswith(("# ", "<!--"))
            right = re.fullmatch(r"## \d+\.\d+\.\d+(-[\w.]+)? \(\d{4}-\d\d-\d\d\)", line)
            says = below is not None and lines[below].startswith("### ") and after == 2
            spaced = is_first or number - above == 3
            found += [] if right and says and spaced else [number + 1]
        if line.startswith("### "):
            known = line.removeprefix("### ") in SECTIONS.values()
            found += (
                []
                if known and after == 1 and below is not None and lines[below].startswith("- ")
                else [number + 1]
            )
    return found


def test_the_pull_request_gate_accepts_every_new_entry() -> None:
    log = LOG
    for number, changes in enumerate(CASES):
        log = with_entry(log, f"0.{number + 2}.0-beta", DAY, changes)
        assert refusals(log) == []
    assert log.count("\n## ") == len(CASES) + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## 0.2.0 (", "## v0.2.0 ("),
        ("\n\n\n### Bug", "\n\n### Bug"),
        ("### Bug Fixes\n\n", "### Bug Fixes\n"),
        ("### Bug Fixes\n\n", ""),
        ("Bug Fixes", "Fixes"),
        ("page\n\n\n", "page\n\n"),
    ],
)
def test_the_gate_of_these_tests_can_refuse(old: str, new: str) -> None:
    assert added(LOG).count(old) == 1
    assert refusals(added(LOG).replace(old, new))
