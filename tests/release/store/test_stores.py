"""Tests that all stores pass."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seatrial.release.plan.ports import Store
from seatrial.release.store.bucket import open_bucket
from seatrial.release.store.leases import Clock, Holder, lease
from seatrial.release.store.local import FolderStore
from support.bucket import use_azure, use_server
from support.memory_store import MemoryStore

_numbers = itertools.count()


@pytest.fixture(params=["memory", "folder", "bucket", "azure"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return each of the stores, empty."""
    if request.param == "memory":
        return MemoryStore()
    if request.param == "folder":
        return FolderStore(tmp_path / "not" / "there" / "yet")
    if request.param == "azure":
        use_azure(monkeypatch, request.getfixturevalue("azure"))
        return open_bucket(f"az://bucket/place-{next(_numbers)}")
    use_server(monkeypatch, request.getfixturevalue("s3"))
    return open_bucket(f"s3://bucket/place-{next(_numbers)}")


def etag(store: Store, key: str) -> str:
    found = store.get(key)
    assert found is not None
    return found.etag


def data(store: Store, key: str) -> bytes | None:
    found = store.get(key)
    return found.data if found else None


def test_there_is_no_object_at_an_unwritten_key(store: Store) -> None:
    assert store.get("jira/spec.json") is None
    assert list(store.keys()) == []
    assert list(store.keys("jira/")) == []


def test_a_put_object_is_there_and_can_be_overwritten(store: Store) -> None:
    store.put("jira/spec.json", b"one")
    before = etag(store, "jira/spec.json")
    store.put("jira/spec.json", b"two")
    assert data(store, "jira/spec.json") == b"two"
    assert etag(store, "jira/spec.json") != before


def test_create_writes_only_new_objects(store: Store) -> None:
    assert store.create("a.json", b"one")
    assert not store.create("a.json", b"two")
    assert not store.create("a.json", b"one")
    assert data(store, "a.json") == b"one"


def test_replace_writes_only_over_the_object_that_was_read(store: Store) -> None:
    store.put("a.json", b"one")
    read = etag(store, "a.json")
    assert store.replace("a.json", b"two", read)
    assert not store.replace("a.json", b"three", read)
    assert data(store, "a.json") == b"two"


def test_replace_does_not_create_an_object(store: Store) -> None:
    store.put("a.json", b"one")
    assert not store.replace("b.json", b"two", etag(store, "a.json"))
    assert store.get("b.json") is None


def test_keys_are_listed_sorted_and_by_prefix(store: Store) -> None:
    for key in (
        "jira/1.0.0/spec.json",
        "jira/spec.json",
        "jira-x/spec.json",
        "index.json",
        "jira/1.0.0/examples/a.json",
    ):
        store.put(key, b"{}")
    assert list(store.keys("jira/")) == [
        "jira/1.0.0/examples/a.json",
        "jira/1.0.0/spec.json",
        "jira/spec.json",
    ]
    assert list(store.keys("jira/1")) == ["jira/1.0.0/examples/a.json", "jira/1.0.0/spec.json"]
    assert len(store.keys()) == 5
    assert list(store.keys("gone/")) == []


def test_a_hidden_key_is_a_key(store: Store) -> None:
    assert store.create(".seatrial/leases/jira.json", b"{}")
    assert list(store.keys()) == [".seatrial/leases/jira.json"]


def test_bytes_are_returned_unchanged(store: Store) -> None:
    for value in (b"", bytes(range(256)), b"x" * 300_000):
        store.put("a.bin", value)
        assert data(store, "a.bin") == value
        assert data(store, "a.bin") == value


def test_a_changed_large_object_is_read_anew(store: Store) -> None:
    store.put("index.json", b"x" * 300_000)
    assert data(store, "index.json") == b"x" * 300_000
    assert store.replace("index.json", b"y" * 300_000, etag(store, "index.json"))
    assert data(store, "index.json") == b"y" * 300_000
    assert store.replace("index.json", b"z", etag(store, "index.json"))
    assert data(store, "index.json") == b"z"


def test_of_twenty_concurrent_creations_one_succeeds(store: Store) -> None:
    start = threading.Barrier(20)

    def create(number: int) -> bool:
        start.wait()
        return store.create("a.json", b"%d" % number)

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(create, range(20)))
    assert won.count(True) == 1
    assert data(store, "a.json") == b"%d" % won.index(True)


def test_no_replacement_of_twenty_concurrent_ones_is_lost(store: Store) -> None:
    store.put("a.json", b"0")

    def add(_: int) -> None:
        while True:
            present = store.get("a.json")
            assert present is not None
            if store.replace("a.json", b"%d" % (int(present.data) + 1), present.etag):
                return

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(add, range(40)))
    assert data(store, "a.json") == b"40"


def test_a_lease_is_held_by_one_of_several_at_a_time(store: Store) -> None:
    clock = Clock(time.time, lambda seconds: time.sleep(seconds / 20))
    inside: list[int] = []
    turns: list[int] = []

    def work(number: int) -> None:
        with lease(store, ".seatrial/leases/jira.json", Holder(f"h{number}", f"{number}"), clock) as held:
            inside.append(number)
            held.check()
            assert inside == [number]
            turns.append(inside.pop())

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(6)))
    assert sorted(turns) == [*range(6)]
