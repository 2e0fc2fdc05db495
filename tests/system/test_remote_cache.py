"""A place for entries that is slow, down, full or lies costs a bounded time, and gives nothing that was not sealed."""

from __future__ import annotations

import json
import threading
import time
import zlib
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system import cache as kept_files
from seatrial.system import remote_cache
from seatrial.system.remote_cache import RefusedEntry, closed, opened, program_of
from support.shared import MAIN_KEY, MemoryEntries, machine

KEYS = [f"k{number}" for number in range(40)]


def filled(tmp_path: Path) -> MemoryEntries:
    place = MemoryEntries()
    main = machine(place, tmp_path / "main", MAIN_KEY)
    for key in KEYS:
        main.offer("lint", key, {"key": key})
    main.send()
    assert main.counts.sent == len(place.objects) == len(KEYS)
    return place


def test_what_was_sent_is_fetched(tmp_path: Path) -> None:
    found = machine(filled(tmp_path), tmp_path / "b").fetch("lint", [*KEYS, "none"], 9)
    assert found == {key: {"key": key} for key in KEYS}


def test_who_has_no_key_sends_nothing(tmp_path: Path) -> None:
    place = MemoryEntries()
    reader = machine(place, tmp_path)
    reader.offer("lint", "k", {})
    reader.send()
    assert place.objects == {}


def test_entries_that_change_places_are_refused_one_by_one(tmp_path: Path) -> None:
    place = filled(tmp_path)
    first, second, *_ = place.objects
    place.objects[first], place.objects[second] = place.objects[second], place.objects[first]
    reader = machine(place, tmp_path / "b")
    assert len(reader.fetch("lint", KEYS, 9)) == len(KEYS) - 2
    assert reader.counts.refused == 2
    assert reader.is_open


def test_a_place_that_is_down_is_asked_a_few_times_and_told_once(tmp_path: Path) -> None:
    def down(name: str) -> None:
        raise ServiceError("it cannot be reached")

    told: list[str] = []
    place = MemoryEntries(before=down)
    reader = machine(place, tmp_path, tell=told.append)
    for _ in range(5):
        assert reader.fetch("lint", KEYS, 9) == {}
    assert place.asked <= remote_cache.MOST_FAILURES + remote_cache.MOST_AT_ONCE
    assert len(told) == 1
    later = machine(place, tmp_path, tell=told.append)
    asked = place.asked
    assert later.fetch("lint", KEYS, 9) == {}
    assert place.asked == asked
    assert "left alone" in told[1]
    kept_files.save(later.memory, {"at": time.time() - remote_cache.PAUSE - 1})
    assert machine(place, tmp_path, tell=told.append).is_open


def test_a_place_that_hangs_holds_nobody_up_for_longer_than_was_allowed(tmp_path: Path) -> None:
    release = threading.Event()
    place = filled(tmp_path)
    place.before = lambda name: (name.endswith("k0") or release.wait(9)) and None
    reader = machine(place, tmp_path / "b")
    started = time.monotonic()
    try:
        assert reader.fetch("lint", KEYS, 0.2) == {"k0": {"key": "k0"}}
        assert time.monotonic() - started < 1
        assert not reader.is_open
    finally:
        release.set()


def test_a_slow_answer_to_a_single_request_is_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(name: str) -> None:
        time.sleep(0.03)
        raise ServiceError("no answer in time")

    monkeypatch.setattr(remote_cache, "REQUEST_SECONDS", 0.02)
    place = MemoryEntries(before=late)
    machine(place, tmp_path).fetch("lint", KEYS, 9)
    assert place.asked == 1


def test_a_full_place_ends_the_sending(tmp_path: Path) -> None:
    def full(name: str) -> None:
        raise ServiceError("it answers 507 Insufficient Storage")

    told: list[str] = []
    main = machine(MemoryEntries(before=full), tmp_path, MAIN_KEY, tell=told.append)
    for key in KEYS:
        main.offer("lint", key, {})
    main.send()
    main.send()
    assert len(told) == 1


def test_entries_that_must_not_be_read_are_misses_and_nothing_else(tmp_path: Path) -> None:
    def oversized(name: str) -> None:
        raise RefusedEntry(name)

    told: list[str] = []
    reader = machine(MemoryEntries(before=oversized), tmp_path, tell=told.append)
    assert reader.fetch("lint", KEYS, 9) == {}
    assert (reader.counts.refused, told, reader.is_open) == (len(KEYS), [], True)


def test_a_place_full_of_large_lies_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_cache, "MOST_WASTED", 1000)
    place, told = filled(tmp_path), list[str]()
    place.objects = {name: bytes(400) for name in place.objects}
    reader = machine(place, tmp_path / "b", tell=told.append)
    assert reader.fetch("lint", KEYS, 9) == {}
    assert place.asked <= 3 + remote_cache.MOST_AT_ONCE
    assert len(told) == 1


def test_what_tells_of_this_machine_is_not_sent(tmp_path: Path) -> None:
    place = MemoryEntries()
    main = machine(place, tmp_path, MAIN_KEY, private=['/home/some"body'])
    main.offer("lint", "told", {"out": 'error in /home/some"body/x.py'})
    main.offer("lint", "plain", {"out": "error in x.py"})
    main.send()
    assert [name.rpartition("/")[2] for name in place.objects] == ["plain"]


def test_a_value_that_grows_beyond_its_stated_size_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_cache, "MOST_PLAIN", 1000)
    bomb = zlib.compress(b" " * 50_000_000)
    for size in (10, 1000, 50_000_000, -1, None, "10"):
        head = json.dumps({"name": "n", "sha256": "x", "size": size}).encode()
        with pytest.raises((ValueError, TypeError)):
            opened("n", head + b"\n" + bomb)
    assert opened("n", closed("n", b'{"a": 1}')) == {"a": 1}
    with pytest.raises(ValueError, match="another name"):
        opened("n", closed("m", b"{}"))


def test_a_program_is_the_same_wherever_it_lies_and_another_with_any_other_byte(tmp_path: Path) -> None:
    def made(place: str, text: str) -> Path:
        (tmp_path / place / "below").mkdir(parents=True)
        (tmp_path / place / "below" / "a.py").write_text(text)
        return tmp_path / place

    def program(folder: Path, state: str) -> str:
        return program_of(folder, "seatrial", tmp_path / "memory", state)

    first = program(made("one", "A = 1\n"), "1")
    assert program(made("two", "A = 1\n"), "2") == first
    assert program(made("three", "A = 2\n"), "3") != first
    assert program(tmp_path / "one", "3") != first, "what is kept for a state counts while it is the same"
    assert program(tmp_path / "one", "4") == first


def test_a_program_whose_packages_are_not_known_shares_nothing(tmp_path: Path) -> None:
    def unknown() -> str:
        raise ServiceError("seatrial is not installed")

    place, told = MemoryEntries(), list[str]()
    main = machine(place, tmp_path, MAIN_KEY, tell=told.append, identify=unknown)
    main.offer("lint", "k", {})
    main.send()
    assert main.fetch("lint", KEYS, 9) == {}
    assert (place.asked, place.objects, len(told)) == (0, {}, 1)
    with pytest.raises(ServiceError, match="not installed"):
        program_of(tmp_path, "no-such-package", tmp_path / "memory", "")
