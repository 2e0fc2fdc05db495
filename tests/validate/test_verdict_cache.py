"""Tests of kept verdicts: always those that a run without them gives, whatever has changed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.model import Fleet, Integration, Location, MemoryFolder, Problem, Profile, Severity
from seatrial.core.rules import Problems, rule
from seatrial.core.settings import ExemptionSettings, Settings
from seatrial.handbook.rule_examples import good_folder
from seatrial.system import cache as kept_files
from seatrial.system import clock, folder
from seatrial.validate import run, verdict_cache
from seatrial.validate.facts.spec import spec_habits
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS
from seatrial.validate.facts.tree import has_any
from seatrial.validate.rules import RULES
from seatrial.validate.run import Checked, check_all
from seatrial.validate.verdict_cache import QUESTIONS, VerdictCache
from seatrial.workspace.workspace import Workspace, open_workspace
from support.judging import names_judged
from support.often import rounds

GOOD = good_folder(Profile.GUIDE)
SPEC = ".port/spec.yaml"


def put(files: MemoryFolder, place: Path) -> Path:
    for path, data in files.files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(data)
    return place


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A repository of six integrations, so that conventions can be concluded, two of them with faults."""
    root = tmp_path / "repo"
    for name in ("one", "two", "three", "four"):
        put(GOOD, root / "integrations" / name)
    put(GOOD.without("CHANGELOG.md").without("Makefile"), root / "integrations" / "five")
    put(GOOD.having(SPEC, GOOD.text(SPEC).replace("exporter", "exportr")), root / "integrations" / "six")
    return root


class Judge:
    """Validates a repository as a new process would, with kept verdicts and without."""

    def __init__(self, root: Path, place: Path) -> None:
        self.root = root
        self.place = place

    def cached(self, *names: str, **more: Any) -> Checked:
        workspace = more.pop("workspace", None) or open_workspace(str(self.root))
        cache = VerdictCache(self.place, workspace, keeping=more.pop("keeping", True))
        return check_all(
            workspace, chosen(workspace, names), more.pop("rules", RULES), 1, cache=cache, **more
        )

    def cold(self, *names: str, **more: Any) -> Checked:
        workspace = open_workspace(str(self.root))
        return check_all(workspace, chosen(workspace, names), RULES, 1, **more)


def chosen(workspace: Workspace, names: tuple[str, ...]) -> list[Integration]:
    return [one for one in workspace.integrations if not names or one.name in names]


@pytest.fixture
def judge(fleet: Path, tmp_path: Path) -> Judge:
    return Judge(fleet, tmp_path / "verdicts")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the integrations on which rules really run."""
    return names_judged(monkeypatch)


@pytest.fixture(params=["by times", "by content"])
def settled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as old at once, so that the file system is believed, or as new, so that all is read again."""
    monkeypatch.setattr(folder, "SETTLED", 0 if request.param == "by times" else 10**15)


@pytest.mark.usefixtures("settled")
def test_an_unchanged_fleet_is_not_judged_again(judge: Judge, judged: list[str]) -> None:
    first = judge.cached()
    assert len(judged) == 6
    assert judge.cached() == first == judge.cached()
    assert len(judged) == 6
    assert first.outcome.errors


@pytest.mark.usefixtures("settled")
def test_only_what_changed_is_judged_again(judge: Judge, judged: list[str]) -> None:
    judge.cached()
    judged.clear()
    (judge.root / "integrations" / "two" / "main.py").write_text("import\n")
    second = judge.cached()
    assert judged == ["two"]
    assert second == judge.cold()


@pytest.mark.usefixtures("settled")
def test_a_change_that_keeps_size_and_time_is_seen(judge: Judge) -> None:
    judge.cached()
    main = judge.root / "integrations" / "two" / "main.py"
    status, text = main.stat(), main.read_text()
    main.write_text(text.replace("import", "imqort", 1))
    os.utime(main, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert judge.cached() == judge.cold()
    assert "two" in {one.integration for one in judge.cached().outcome.findings}


@pytest.mark.usefixtures("settled")
def test_what_others_do_is_part_of_a_verdict(judge: Judge, judged: list[str]) -> None:
    """Five lacks a changelog; it is told so only while most of the others have one."""
    judge.cached()
    for name in ("one", "two", "three", "four"):
        (judge.root / "integrations" / name / "CHANGELOG.md").unlink()
    judged.clear()
    assert judge.cached("five") == judge.cold("five")
    assert judged[0] == "five"


@pytest.mark.usefixtures("settled")
def test_a_link_is_followed_to_what_it_leads_to(judge: Judge) -> None:
    shared = judge.root / "shared.py"
    shared.write_text("X = 1\n")
    (judge.root / "integrations" / "one" / "linked.py").symlink_to("../../shared.py")
    judge.cached()
    for change in (lambda: shared.write_text("X =\n"), shared.unlink, shared.mkdir):
        change()
        assert judge.cached() == judge.cold()


def test_a_new_day_is_judged_anew(judge: Judge, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    judge.cached()
    today = clock.today()
    monkeypatch.setattr(clock, "today", lambda: today.replace(year=today.year - 3))
    judged.clear()
    assert judge.cached() == judge.cold()
    assert len(judged) == 12


def test_other_settings_rules_and_advice_are_judged_anew(judge: Judge) -> None:
    judge.cached()
    (judge.root / "seatrial.toml").write_text('[severity]\nSPC101 = "off"\nPKG101 = "info"\n')
    assert judge.cached() == judge.cold()
    assert judge.cached(advice=True) == judge.cold(advice=True)
    (judge.root / "seatrial.toml").write_text('profile = "ocean"\n')
    assert judge.cached() == judge.cold()


def test_another_program_is_believed_nothing(
    judge: Judge, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge.cached()
    monkeypatch.setattr(verdict_cache, "program_state", lambda: "another")
    judged.clear()
    judge.cached()
    assert len(judged) == 6


def test_another_program_asks_all_integrations_itself(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version may answer a question in another way, and its verdicts rest on its own answers."""
    (judge.root / "integrations" / "one" / "CHANGELOG.md").unlink()
    judge.cached()
    monkeypatch.setattr(verdict_cache, "program_state", lambda: "another")
    monkeypatch.setattr(has_any, "__code__", (lambda integration, *paths: False).__code__)
    assert judge.cached() == judge.cold()


def test_a_mapping_that_reads_the_clock_is_judged_each_time(judge: Judge, judged: list[str]) -> None:
    config = judge.root / "integrations" / "two" / ".port/resources/port-app-config.yaml"
    config.write_text(config.read_text().replace("title: .name", "title: '\"\\(now)\"'", 1))
    judge.cached()
    judged.clear()
    judge.cached()
    assert judged == ["two"]


def test_another_user_is_not_believed_the_file_system(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    files = open_workspace(str(judge.root)).integrations[0].folder
    assert isinstance(files, folder.DiskFolder)
    mine = files.signature().digest
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert files.signature().digest != mine


def test_all_folders_are_looked_at_before_any_is_judged(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise what a process reads of them, before they change, would be kept as if read afterwards."""
    seen: list[str] = []
    whole = folder.DiskFolder.signature
    monkeypatch.setattr(folder.DiskFolder, "signature", lambda one: seen.append("looked at") or whole(one))
    monkeypatch.setattr(
        run, "_each", lambda work, numbers, jobs: seen.append("judged") or [*map(work, numbers)]
    )
    judge.cached("one")
    assert seen[:7] == ["looked at"] * 6 + ["judged"]


def forged(path: Path, **parts: Any) -> None:
    """Replace parts of a kept file, with the digest that goes with them."""
    kept = kept_files.load(path)
    assert kept
    kept_files.save(path, {**kept, **parts})


WRONG: Sequence[Any] = (
    None,
    5,
    [],
    "x",
    {"x": 5},
    [1],
    {"x": {}},
    {"x": {"asked": {"x": "y"}, "verdict": {}}},
)


@pytest.mark.parametrize("part", ["signature", "basis", "answers", "verdicts"])
def test_a_kept_file_of_another_form_changes_no_verdict(judge: Judge, part: str) -> None:
    first = judge.cached("one")
    (path,) = (one for one in judge.place.iterdir() if (kept_files.load(one) or {}).get("verdicts"))
    basis = (kept_files.load(path) or {})["basis"]
    values = (
        [{**basis, name: value} for name in ("listings", "entries") for value in WRONG]
        if part == "basis"
        else WRONG
    )
    for value in values:
        forged(path, **{part: value})
        assert judge.cached("one") == first, value


@pytest.mark.parametrize("at", [None, "x", [], {}, 1e99])
def test_a_mark_of_another_form_is_made_again(judge: Judge, at: Any) -> None:
    kept_files.save(judge.place / "swept", {"at": at})
    judge.cached("one")
    assert (kept_files.load(judge.place / "swept") or {})["at"] != at


def sealed(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "zeroes": lambda data: bytes(len(data)),
    "another form": lambda data: b"[]\n[]",
    "too deep": lambda data: sealed(b"[" * 100_000),
}


@pytest.mark.parametrize("way", DAMAGE)
def test_damaged_files_change_no_verdict(judge: Judge, way: str) -> None:
    first = judge.cached()
    for path in judge.place.iterdir():
        path.write_bytes(DAMAGE[way](path.read_bytes()))
    assert judge.cached() == first


def test_where_nothing_can_be_kept_the_verdict_is_the_same(judge: Judge) -> None:
    judge.place.write_text("a file is in the way")
    assert judge.cached() == judge.cold()


def test_a_forks_run_uses_what_is_kept_and_adds_nothing(judge: Judge) -> None:
    judge.cached(keeping=False)
    assert not judge.place.exists()


def test_a_file_that_changes_while_it_is_judged_keeps_no_verdict(judge: Judge) -> None:
    main = judge.root / "integrations" / "one" / "main.py"

    @rule("TST002", bad=lambda folder: folder)
    def meddling(integration: Integration) -> Problems:
        """It changes what it reads."""
        integration.read("main.py")
        main.write_bytes(main.read_bytes() + b"\n")
        yield Problem(Location("main.py"), f"{len(integration.read('main.py'))} bytes")

    first = judge.cached("one", rules=[meddling]).outcome.findings
    assert judge.cached("one", rules=[meddling]).outcome.findings != first


def test_a_rule_that_fails_is_run_again(judge: Judge) -> None:
    @rule("TST003", bad=lambda folder: folder)
    def broken(integration: Integration) -> Problems:
        """It fails."""
        yield Problem(Location("x"), "never")
        raise KeyError("x")

    for _ in range(2):
        assert judge.cached(rules=[broken]).crashes


def test_every_question_of_a_rule_is_known(judge: Judge) -> None:
    """A question that is asked only of some folders is asked here, where all rules find something."""
    workspace = open_workspace(str(judge.root))
    for one in RULES:
        bad = Integration("bad", "integrations/bad", one.bad(GOOD))
        wide = replace(workspace, fleet=type(workspace.fleet)([*workspace.integrations, bad]))
        check_all(wide, [bad], [one], 1)
        assert {question[0] for question in wide.fleet.asked} <= QUESTIONS.keys(), one.code
    assert json.loads(json.dumps(workspace.fleet.each(spec_habits)))


def test_findings_are_read_as_they_were_written() -> None:
    workspace = Workspace(
        Path("/nowhere"),
        Path("/nowhere"),
        Settings(),
        Profile.GUIDE,
        Fleet([Integration("bad", "integrations/bad", one.bad(GOOD)) for one in RULES[:40]]),
    )
    found = check_all(workspace, workspace.integrations, RULES, 1, advice=True).outcome.findings
    assert any(one.fix and one.fix.edit for one in found)
    assert {one.severity for one in found} >= {Severity.ERROR, Severity.INFO}
    kept = json.loads(json.dumps(verdict_cache.written(found)))
    assert verdict_cache.read(kept) == found


NAMES = (
    "main.py",
    SPEC,
    "CHANGELOG.md",
    "pyproject.toml",
    ".port/resources/port-app-config.yaml",
    "new.py",
    "Makefile",
)


def edited(path: Path, source: random.Random) -> None:
    text = path.read_bytes()
    at = source.randrange(len(text) + 1)
    path.write_bytes(
        text[:at] + source.choice([b"", b"x", b"\n", b": "]) + text[at + source.choice([0, 1, 9]) :]
    )


def spoilt(path: Path, source: random.Random) -> None:
    """Change one byte, so that size and time of the change stay."""
    status, text = path.stat(), path.read_bytes()
    at = source.randrange(max(len(text), 1))
    path.write_bytes(text[:at] + b"#" + text[at + 1 :])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def removed(path: Path, source: random.Random) -> None:
    path.unlink()


def renamed(path: Path, source: random.Random) -> None:
    other = path.with_name(source.choice(("new.py", "old.py", "CHANGELOG.md")))
    if not other.is_dir():
        path.rename(other)


def made(path: Path, source: random.Random) -> None:
    """Make a file, a folder or a link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    way = source.choice(("folder", "client.py", "/etc/hostname", "nothing", "file", "file"))
    if way == "folder":
        path.mkdir()
    elif way == "file":
        path.write_bytes(source.choice(list(GOOD.files.values())))
    else:
        path.symlink_to(way)


def changed(root: Path, source: random.Random) -> str:
    """Change a repository in a random way; the place and the way."""
    if source.random() < 0.05:
        more = root / "integrations" / "more"
        shutil.rmtree(more) if more.exists() else put(GOOD, more)
        return "more"
    path = source.choice(sorted((root / "integrations").iterdir())) / source.choice(NAMES)
    if path.is_symlink():
        way = removed
    elif path.is_dir():
        shutil.rmtree(path)
        way = made
    else:
        way = source.choice((edited, spoilt, removed, renamed)) if path.exists() else made
    way(path, source)
    return f"{way.__name__} {path.relative_to(root)}"


@pytest.mark.slow
@pytest.mark.usefixtures("settled")
def test_whatever_changes_the_verdict_is_that_of_a_first_run(judge: Judge) -> None:
    source = random.Random(7)
    done: list[str] = []
    for turn in range(rounds(10, 1500)):
        done += [changed(judge.root, source) for _ in range(source.choice((0, 1, 1, 3)))]
        names = source.choice(((), (), ("one",), ("two", "five")))
        assert judge.cached(*names) == judge.cold(*names), (turn, done[-6:])


def test_an_exemption_that_is_written_granted_or_over_changes_the_kept_verdict(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def same(settings: Settings | None = None) -> tuple[list[str], int]:
        workspace = open_workspace(str(judge.root))
        workspace = replace(workspace, settings=settings or workspace.settings)
        one = chosen(workspace, ("six",))
        kept = judge.cached("six", workspace=workspace).outcome
        assert kept == check_all(workspace, one, RULES, 1).outcome
        assert kept == judge.cached("six", workspace=workspace).outcome
        return [one.code for one in kept.findings], len(kept.hidden)

    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 31))
    codes, _ = same()
    tables = [f'[{code}]\nreason = "so"\nuntil = 2026-12-31\n' for code in {*codes}]
    (judge.root / "integrations/six" / EXEMPTIONS).write_text("".join(tables))
    assert same() == ([], len(codes))
    assert same(Settings(exemptions=ExemptionSettings({}))) == (codes, 0)
    monkeypatch.setattr(clock, "today", lambda: date(2027, 1, 1))
    found, hidden = same()
    assert set(found) == {*codes, "PKG114"} and hidden == 0
