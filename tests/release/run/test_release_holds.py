"""Holds: what they keep back, who sees them, and that nothing but a change to the repository lifts one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Entry, Fleet, Kind, MemoryFolder, Profile
from seatrial.core.settings import Settings
from seatrial.documents import holds
from seatrial.release.run.hold_files import hold
from seatrial.tasks.cli import Ended
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import ReleaseHold
from seatrial.validate.rules import BY_CODE
from seatrial.validate.run import check
from seatrial.workspace.committed import workspace_at
from seatrial.workspace.workspace import open_workspace
from support.commit_release import CommitRelease
from support.good import good_folder, integration_of
from support.release_workspace import commit, git, workspace
from support.verbs import call

ALPHA = "integrations/alpha-service/RELEASE-HOLD.md"
TODAY = date(2026, 3, 1)
WHY = "Pages: changed"
BOMB = b"".join(b"b%d: &b%d [*a,*a]\n" % (number, number) for number in range(9))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed workspace with two integrations, of which alpha-service is on hold."""
    root = workspace(tmp_path_factory.mktemp("holds") / "repo")
    call(
        "release.hold",
        root=str(root),
        integration=["alpha-service"],
        reason="Pages: changed",
        until="9999-12-31",
    )
    commit(root, "a hold")
    return root


@pytest.fixture
def release(sound: Path, tmp_path: Path) -> Iterator[CommitRelease]:
    """Releases of a copy to `dist/`, by a builder that stands in, with checks that pass."""
    made = CommitRelease(Path(shutil.copytree(sound, tmp_path / "repo")), local=True)
    with made.context():
        yield made


def test_a_release_leaves_a_held_one_out_and_says_so_without_failing(
    release: CommitRelease, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(release.root)
    call("release.plan", root=root, matrix=True)
    planned = capsys.readouterr()
    assert [job["only"] for job in json.loads(planned.out)["include"]] == ["beta-service"]
    assert "alpha-service 0.1.0 is held back: on hold until 9999-12-31: Pages: changed" in planned.err
    call("release.status", root=root)
    assert "hold it: on hold until 9999-12-31: Pages: changed" in capsys.readouterr().out
    call("release", root=root, format="json", force="in a hurry")
    done = capsys.readouterr()
    value = json.loads(done.out)
    assert [one["type"] for one in value["released"]] == ["beta-service"]
    assert value["held"] == [
        {"subject": "alpha-service 0.1.0", "reason": "on hold until 9999-12-31: Pages: changed"}
    ]
    assert "alpha-service  0.1.0    held: on hold until" in done.err
    assert git(release.root, "tag") == "beta-service/0.1.0"
    call("release.unhold", root=root, integration=["alpha-service"])
    assert not (release.root / ALPHA).exists()
    commit(release.root, "no hold")
    call("release", root=root)
    assert "alpha-service/0.1.0" in git(release.root, "tag")


def renamed(root: Path) -> None:
    (root / ALPHA).rename((root / ALPHA).with_name("release-hold.MD"))


def linked(root: Path) -> None:
    (root / ALPHA).unlink()
    (root / ALPHA).symlink_to("README.md")


def emptied(root: Path) -> None:
    (root / ALPHA).write_bytes(b"")


def moved(root: Path) -> None:
    (root / ALPHA).parent.rename(root / "integrations" / "gamma")


def expired(root: Path) -> None:
    (root / ALPHA).write_text(holds.written("Pages", "2020-01-31"))


@pytest.mark.parametrize("done", [renamed, linked, emptied, moved, expired])
def test_nothing_but_the_absence_of_the_file_lifts_a_hold(
    sound: Path, tmp_path: Path, done: Callable[[Path], None]
) -> None:
    root = Path(shutil.copytree(sound, tmp_path / "repo"))
    done(root)
    commit(root, "a change")
    found = workspace_at(open_workspace(str(root)), "HEAD").integrations
    assert [one.name for one in found if ReleaseHold.of(one)] == [
        "gamma" if done is moved else "alpha-service"
    ]


@pytest.mark.parametrize(
    ("reason", "until", "words"),
    [
        ("", "2026-12-31", "it has 0 letters"),
        ("x" * 501, "2026-12-31", "it has 501 letters"),
        ("two\nlines", "2026-12-31", "more than one line"),
        ("Pages", "31.12.2026", "--until is a day, such as 2026-03-01"),
        ("Pages", "20261231", "--until is a day"),
        ("Pages", "2026-02-28", "--until 2026-02-28 has passed"),
    ],
)
def test_a_hold_without_a_reason_or_a_day_to_come_is_refused(
    sound: Path, reason: str, until: str, words: str
) -> None:
    workspace = open_workspace(str(sound))
    with pytest.raises(UsageError, match=words):
        hold(workspace, workspace.integrations[1:], reason, until, TODAY)
    assert not (sound / ALPHA.replace("alpha", "beta")).exists()


def test_who_names_no_day_is_shown_one_to_come(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761600")
    with pytest.raises(Ended, match="--until 2027-04-01`"):
        call("release.hold", root=str(sound), reason="why")


def test_one_of_several_must_be_named_and_only_what_is_held_is_released_again(sound: Path) -> None:
    for flags in ({"reason": "why", "until": "9999-12-31"}, {"reason": "why"}, {"until": "9999-12-31"}):
        with pytest.raises(Ended):
            call("release.hold", root=str(sound), **flags)
    with pytest.raises(Ended) as ended:
        call("release.unhold", root=str(sound), integration=["beta-service"])
    assert "beta-service is not on hold" in ended.value.message


@pytest.mark.parametrize(
    "reason",
    [
        "Pages: changed # since",
        "- a",
        '"quoted"',
        "'q",
        "{a",
        "*x",
        "tab\\t",
        "ümläut 🚢",
        "x" * 500,
        "~",
        "on",
    ],
)
def test_a_reason_is_read_as_it_was_written(reason: str) -> None:
    folder = good_folder(Profile.GUIDE).having(holds.FILE, holds.written(reason, "2026-03-01"))
    found = ReleaseHold.of(integration_of(folder))
    assert found
    assert (found.reason, found.until) == (reason, TODAY)
    assert "passed" not in found.words(TODAY)
    assert "until 2026-03-01, which has passed: " in found.words(date(2026, 3, 2))


ODD = {
    "a list": b"---\n- a\n---\n",
    "no end": b"---\nreason: x\nuntil: 2026-12-31\n",
    "no front": b"reason: x\nuntil: 2026-12-31\n",
    "large": b"---\nreason: " + b"x" * 70_000 + b"\n---\n",
    "bytes": b"---\nreason: \xff\xfe\n---\n",
    "a bomb": b"---\na: &a [1,1,1,1,1,1,1,1,1]\n" + BOMB + b"---\n",
    "deep": b"---\nreason: " + b"[" * 5000 + b"\n---\n",
    "numbers": b"---\nreason: 5\nuntil: 20261231\n---\n",
    "a week": b"---\nreason: x\nuntil: 2026-W50-1\n---\n",
}


@pytest.mark.parametrize("name", ODD)
def test_a_hold_that_cannot_be_read_holds_and_is_a_finding(name: str) -> None:
    integration = integration_of(good_folder(Profile.GUIDE).having(holds.FILE, ODD[name]))
    facts = Facts(integration, Profile.GUIDE, Fleet([integration]), Settings())
    assert facts.release_hold
    assert facts.release_hold.words(TODAY).startswith("on hold")
    verdict = check(facts, [BY_CODE["REL106"], BY_CODE["REL107"]])
    assert verdict.crashes == ()
    assert {one.code for one in verdict.findings} == {"REL106"}


def test_a_link_holds_as_well() -> None:
    folder = good_folder(Profile.GUIDE)
    linked = MemoryFolder(folder.files, {**folder.entries, holds.FILE: Entry(Kind.DANGLING, "x")})
    found = ReleaseHold.of(integration_of(linked))
    assert found
    assert not found.document.readable
