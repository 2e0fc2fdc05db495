"""Verdicts that machines share: always those of a run without them, whoever writes to the bucket, and however."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from test_verdict_cache import GOOD, SPEC, WRONG, changed, put

from seatrial.core.errors import ServiceError
from seatrial.system import cache as kept_files
from seatrial.system import remote_cache
from seatrial.system.remote_cache import RemoteCache, closed, opened
from seatrial.validate import verdict_cache
from seatrial.validate.rules import RULES
from seatrial.validate.run import Checked, check_all
from seatrial.validate.verdict_cache import VerdictCache
from seatrial.workspace.workspace import open_workspace
from support.judging import names_judged
from support.often import rounds
from support.shared import MAIN_KEY, MemoryEntries, machine, made_key

_, STRANGER = made_key()


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the integrations on which rules really run."""
    monkeypatch.setattr(verdict_cache, "WORTH_ASKING", 0)
    monkeypatch.setattr(verdict_cache, "SECONDS_EACH", 1.0)
    return names_judged(monkeypatch)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return made(tmp_path / "repo")


def made(root: Path) -> Path:
    """Make a repository of two integrations, one of them with a fault."""
    put(GOOD, root / "integrations" / "one")
    put(GOOD.having(SPEC, GOOD.text(SPEC).replace("exporter", "exportr")), root / "integrations" / "two")
    return root


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MemoryEntries, Checked]:
    """Such a repository, what the main branch left of it, and its verdict."""
    place, root = MemoryEntries(), made(tmp_path_factory.mktemp("left") / "repo")
    return root, place, by_main(root, place, root.parent / "ci")


def verdict(root: Path, folder: Path, shared: RemoteCache | None, *names: str) -> Checked:
    """The verdict of a process on a machine with this folder for what it keeps."""
    workspace = open_workspace(str(root))
    chosen = [one for one in workspace.integrations if not names or one.name in names]
    return check_all(workspace, chosen, RULES, 1, cache=VerdictCache(folder, workspace, shared=shared))


def cold(root: Path, *names: str) -> Checked:
    workspace = open_workspace(str(root))
    chosen = [one for one in workspace.integrations if not names or one.name in names]
    return check_all(workspace, chosen, RULES, 1)


def by_main(root: Path, place: MemoryEntries, folder: Path, **more: Any) -> Checked:
    """The verdict of the main branch's CI, which leaves it for others."""
    return verdict(root, folder, machine(place, folder, MAIN_KEY, **more))


def test_another_machine_takes_what_the_main_branch_left_and_judges_nothing(
    fleet: Path, tmp_path: Path, judged: list[str]
) -> None:
    place = MemoryEntries()
    first = by_main(fleet, place, tmp_path / "ci")
    elsewhere = shutil.copytree(fleet, tmp_path / "home" / "somebody" / "clone")
    judged.clear()
    shared = machine(place, tmp_path / "b")
    assert verdict(elsewhere, tmp_path / "b", shared) == first
    assert judged == []
    assert shared.counts.taken == 1
    assert len(place.objects) == 1
    judged.clear()
    assert verdict(elsewhere, tmp_path / "b", machine(MemoryEntries(), tmp_path / "b")) == first
    assert judged == []


def test_only_what_is_not_as_on_the_main_branch_is_judged(
    fleet: Path, tmp_path: Path, judged: list[str]
) -> None:
    place = MemoryEntries()
    by_main(fleet, place, tmp_path / "ci")
    (fleet / "integrations" / "two" / "main.py").write_text("import\n")
    judged.clear()
    found = verdict(fleet, tmp_path / "b", machine(place, tmp_path / "b"))
    assert judged == ["two"]
    assert found == cold(fleet)


def test_an_entry_has_nothing_of_the_machine_that_made_it(fleet: Path, tmp_path: Path) -> None:
    place = MemoryEntries()
    by_main(fleet, place, tmp_path / "ci")
    ((name, data),) = place.objects.items()
    text = json.dumps(opened(name, data.partition(b"\n")[2]))
    assert str(tmp_path) not in text
    assert "signature" not in text
    copy = shutil.copytree(fleet, tmp_path / "copy" / "repo", copy_function=shutil.copy)
    other = MemoryEntries()
    by_main(copy, other, tmp_path / "ci2")
    assert other.objects == place.objects


def test_who_only_reads_leaves_nothing(fleet: Path, tmp_path: Path) -> None:
    place = MemoryEntries()
    verdict(fleet, tmp_path / "b", machine(place, tmp_path / "b"))
    assert place.objects == {}


def value_in(place: MemoryEntries) -> tuple[str, Any]:
    ((name, data),) = place.objects.items()
    return name, opened(name, data.partition(b"\n")[2])


def without_findings(value: Any) -> Any:
    return {path: {**one, "verdict": {"findings": [], "hidden": []}} for path, one in value.items()}


def resealed(place: MemoryEntries, seal: Callable[[bytes], bytes], name: str = "") -> dict[str, bytes]:
    """The only entry without its findings, as somebody with the right to write to the bucket can put it there."""
    here, value = value_in(place)
    return {here: seal(closed(name or here, json.dumps(without_findings(value)).encode()))}


def altered(place: MemoryEntries) -> dict[str, bytes]:
    (name, value), (data,) = value_in(place), place.objects.values()
    head = data.partition(b"\n")[0]
    return {name: head + b"\n" + closed(name, json.dumps(without_findings(value)).encode())}


def spoilt(change: Callable[[bytes], bytes]) -> Callable[[MemoryEntries], dict[str, bytes]]:
    return lambda place: {name: change(data) for name, data in place.objects.items()}


POISON: Mapping[str, Callable[[MemoryEntries], dict[str, bytes]]] = {
    "made without a key": lambda place: resealed(place, lambda body: body),
    "made by a fork with a key of its own": lambda place: resealed(place, STRANGER.seal),
    "made by a stranger who names the known key": lambda place: resealed(
        place, lambda body: STRANGER.seal(body).replace(STRANGER.public.encode(), MAIN_KEY.public.encode())
    ),
    "altered below a true seal": altered,
    "a true one of another name": lambda place: resealed(place, MAIN_KEY.seal, "another/name"),
    "cut short": spoilt(lambda data: data[:-40]),
    "cut to its head": spoilt(lambda data: data.partition(b"\n")[0]),
    "empty": spoilt(lambda data: b""),
    "one bit": spoilt(lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]),
    "more behind it": spoilt(lambda data: data + b"x"),
    "twice": spoilt(lambda data: data + data),
    "another kind of seal": spoilt(lambda data: data.replace(b"seal-1", b"seal-0", 1)),
    "no end of the head": spoilt(lambda data: b"seatrial-seal-1 " * 100_000),
}


@pytest.mark.parametrize("way", POISON)
def test_whatever_a_poisoner_puts_there_is_a_miss(
    left: tuple[Path, MemoryEntries, Checked], tmp_path: Path, judged: list[str], way: str
) -> None:
    root, place, first = left
    assert first.outcome.errors
    told: list[str] = []
    shared = machine(MemoryEntries(POISON[way](place)), tmp_path / "b", tell=told.append)
    assert verdict(root, tmp_path / "b", shared) == first
    assert judged == ["one", "two"]
    assert (shared.counts.refused, shared.counts.taken, told) == (1, 0, [])


def test_a_true_entry_does_not_count_under_another_name_or_for_another_program(
    fleet: Path, tmp_path: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of other settings, another day and another version, each put where the one of today is looked for."""
    places = [MemoryEntries() for _ in range(3)]
    (fleet / "seatrial.toml").write_text('[severity]\nSPC101 = "off"\nSPC122 = "off"\n')
    by_main(fleet, places[0], tmp_path / "ci")
    (fleet / "seatrial.toml").unlink()
    by_main(fleet, places[1], tmp_path / "ci", program="q" * 40)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    by_main(fleet, places[2], tmp_path / "ci")
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    today = MemoryEntries()
    first = by_main(fleet, today, tmp_path / "ci")
    ((name, _),) = today.objects.items()
    for place in places:
        assert name not in place.objects
        (old,) = place.objects.values()
        judged.clear()
        shared = machine(MemoryEntries({name: old}), tmp_path / "b")
        assert verdict(fleet, tmp_path / "none" / str(id(place)), shared) == first
        assert len(judged) == 2
        assert shared.counts.refused == 1


def test_a_key_that_the_settings_no_longer_name_is_not_believed(
    fleet: Path, tmp_path: Path, judged: list[str]
) -> None:
    place = MemoryEntries()
    by_main(fleet, place, tmp_path / "ci")
    judged.clear()
    verdict(fleet, tmp_path / "b", machine(place, tmp_path / "b", keys=[STRANGER.public]))
    assert len(judged) == 2


def test_what_was_taken_is_believed_only_while_those_who_made_it_are(
    fleet: Path, tmp_path: Path, judged: list[str]
) -> None:
    """A bucket that was named for a while, as in a checked-out fork, leaves nothing that counts later."""
    place = MemoryEntries()
    first = verdict(fleet, tmp_path / "a", machine(place, tmp_path / "a", STRANGER))
    place.objects = resealed(place, STRANGER.seal)
    lied = verdict(
        fleet, tmp_path / "b", machine(place, tmp_path / "b", keys=[STRANGER.public], trust="other")
    )
    assert not lied.outcome.findings
    judged.clear()
    assert verdict(fleet, tmp_path / "b", machine(MemoryEntries(), tmp_path / "b")) == first
    assert verdict(fleet, tmp_path / "b", None) == first
    assert len(judged) >= 2


def test_the_main_branch_signs_only_what_it_has_judged_itself(
    fleet: Path, tmp_path: Path, judged: list[str]
) -> None:
    """On a machine that others use as well, somebody may have written into the folder of kept verdicts."""
    folder = tmp_path / "ci"
    verdict(fleet, folder, None)
    for path in folder.iterdir():
        kept = kept_files.load(path) or {}
        if lies := kept.get("verdicts"):
            empty = {key: {**one, "verdict": {"findings": [], "hidden": []}} for key, one in lies.items()}
            kept_files.save(path, {**kept, "verdicts": empty})
    assert verdict(fleet, folder, None) != cold(fleet)
    place = MemoryEntries()
    judged.clear()
    assert by_main(fleet, place, folder) == cold(fleet)
    assert len(judged) == 4
    assert any(one["verdict"]["findings"] for one in value_in(place)[1].values())


def test_an_entry_of_another_form_changes_no_verdict_even_with_a_true_seal(
    left: tuple[Path, MemoryEntries, Checked], tmp_path: Path, judged: list[str]
) -> None:
    root, place, first = left
    name, value = value_in(place)
    path, whole = next(iter(value.items()))
    basis = whole["basis"]
    source = random.Random(3)
    forms = [
        *WRONG,
        *({path: one} for one in WRONG),
        *({path: {**whole, part: one}} for part in ("basis", "answers", "asked", "verdict") for one in WRONG),
        *({path: {**whole, "basis": {**basis, part: one}}} for part in basis for one in WRONG),
        {"../../etc": whole, "": whole, "integrations/none": whole},
    ]
    for number, form in enumerate(source.sample(forms, rounds(12, len(forms)))):
        spoilt = MemoryEntries({name: MAIN_KEY.seal(closed(name, json.dumps(form).encode()))})
        folder = tmp_path / f"m{number}"
        assert verdict(root, folder, machine(spoilt, folder)) == first, form


def refusing(name: str) -> None:
    raise ServiceError("it answers 403 Forbidden")


def waiting(name: str) -> None:
    time.sleep(0.12)
    raise ServiceError("no answer in time")


@pytest.mark.parametrize("way", [refusing, waiting])
def test_a_place_that_fails_costs_little_and_changes_no_verdict(
    fleet: Path,
    tmp_path: Path,
    judged: list[str],
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[str], None],
) -> None:
    monkeypatch.setattr(remote_cache, "MOST_FAILURES", 1)
    place, told = MemoryEntries(before=way), list[str]()
    assert verdict(fleet, tmp_path / "b", machine(place, tmp_path / "b", tell=told.append)) == cold(fleet)
    assert len(told) == 1
    assert "changes no verdict" in told[0]
    (fleet / "integrations" / "one" / "main.py").write_text("import\n")
    again = machine(place, tmp_path / "b", tell=told.append)
    assert verdict(fleet, tmp_path / "b", again) == cold(fleet)
    assert place.asked == 1
    assert len(told) == 2


def test_what_is_worked_out_before_an_answer_comes_is_not_asked_for(fleet: Path, tmp_path: Path) -> None:
    place = MemoryEntries()
    verdict(fleet, tmp_path / "b", machine(place, tmp_path / "b"))
    assert place.asked == 0


@pytest.mark.slow
@pytest.mark.usefixtures("judged")
def test_whatever_changes_and_whoever_shares_the_verdict_is_that_of_a_first_run(
    fleet: Path, tmp_path: Path
) -> None:
    """Machines that are new or not, the main branch, and poisoners in turn over a repository that changes."""
    source = random.Random(11)
    place = MemoryEntries()
    done: list[str] = []
    for turn in range(rounds(5, 800)):
        done += [changed(fleet, source) for _ in range(source.choice((0, 1, 1, 3)))]
        folder = tmp_path / source.choice(("a", "b", f"new{turn}"))
        who = source.random()
        if who < 0.4:
            shared = machine(place, folder, MAIN_KEY)
        elif who < 0.6 and place.objects:
            shared = machine(MemoryEntries(POISON[source.choice([*POISON])](latest(place))), folder)
        else:
            shared = machine(place, folder)
        try:
            found = verdict(fleet, folder, shared)
        except UnicodeError:
            raise AssertionError(done[-5:]) from None
        assert found == cold(fleet), (turn, done[-5:])
        assert not shared.counts.failed


def latest(place: MemoryEntries) -> MemoryEntries:
    """A copy of a place with its newest entry alone."""
    name = [*place.objects][-1]
    return MemoryEntries({name: place.objects[name]})
