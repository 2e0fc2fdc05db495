"""Writing the index."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from seatrial.core.errors import ConfigurationError, ServiceError
from seatrial.release.plan import index, store_keys
from seatrial.release.run import latest
from seatrial.release.run.latest import current, entry, publish_index, recompute
from seatrial.release.store.bucket import open_bucket
from support.bucket import s3_server, use_server
from support.memory_store import MemoryStore
from support.often import rounds
from support.shelf import put_spec

SPOKEN = ["jira", "aws", "sonar"]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3") / "log") as url:
        yield url


def still(seconds: float) -> None:
    """Do not wait."""


def test_the_first_release_makes_the_index() -> None:
    store = MemoryStore()
    made = publish_index(store, [put_spec(store, name, "1.0.0") for name in SPOKEN])
    assert made.versions == {"jira": "1.0.0", "aws": "1.0.0", "sonar": "1.0.0"}
    assert json.loads(store.objects[store_keys.INDEX]) == [
        {"title": name.title(), "type": name, "version": "1.0.0"} for name in sorted(SPOKEN)
    ]


def test_it_is_written_once_and_not_at_all_where_nothing_changes() -> None:
    store = MemoryStore()
    entries = [put_spec(store, name, "1.0.0") for name in SPOKEN]
    publish_index(store, entries)
    assert store.writes.count(store_keys.INDEX) == 1
    publish_index(store, entries)
    publish_index(store, [])
    assert store.writes.count(store_keys.INDEX) == 1


def test_nothing_published_makes_no_index() -> None:
    store = MemoryStore()
    assert publish_index(store, []) == recompute(store, "jira") == index.Index()
    assert store.objects == {}


@pytest.mark.parametrize("order", list(itertools.permutations(["1.0.0", "1.1.0", "2.0.0-beta"])))
def test_the_order_of_releases_does_not_matter(order: tuple[str, ...]) -> None:
    store = MemoryStore()
    for version in order:
        publish_index(store, [put_spec(store, "jira", version)])
    assert current(store).versions == {"jira": "1.1.0"}


def test_other_types_stay_as_they_are() -> None:
    theirs = {"type": "Their Own", "version": "v7", "title": "?"}
    store = MemoryStore({store_keys.INDEX: json.dumps([theirs]).encode()})
    publish_index(store, [put_spec(store, "jira", "1.0.0")])
    assert json.loads(store.objects[store_keys.INDEX]) == [
        theirs,
        {"title": "Jira", "type": "jira", "version": "1.0.0"},
    ]


def test_a_version_of_a_killed_release_gets_into_the_index_with_the_next_one() -> None:
    store = MemoryStore()
    put_spec(store, "jira", "2.0.0")
    assert publish_index(store, [put_spec(store, "jira", "1.9.1")]).versions == {"jira": "2.0.0"}


def test_a_yanked_version_does_not_get_in_again() -> None:
    store = MemoryStore()
    put_spec(store, "jira", "1.0.0")
    yanked = put_spec(store, "jira", "1.1.0")
    publish_index(store, [yanked])
    store.create(store_keys.yanked("jira", "1.1.0"), b"{}")
    assert recompute(store, "jira").versions == {"jira": "1.0.0"}
    assert publish_index(store, [yanked]).versions == {"jira": "1.0.0"}


def test_a_type_whose_versions_are_all_yanked_leaves_the_index() -> None:
    store = MemoryStore()
    publish_index(store, [put_spec(store, "jira", "1.0.0"), put_spec(store, "aws", "1.0.0")])
    store.create(store_keys.yanked("jira", "1.0.0"), b"{}")
    assert recompute(store, "jira").versions == {"aws": "1.0.0"}


@pytest.mark.parametrize("wrong", ["9.9.9", "0.0.1", "no version"])
def test_an_index_that_names_what_is_not_published_is_put_right(wrong: str) -> None:
    store = MemoryStore({store_keys.INDEX: json.dumps([{"type": "jira", "version": wrong}]).encode()})
    assert publish_index(store, [put_spec(store, "jira", "1.0.0")]).versions == {"jira": "1.0.0"}


@pytest.mark.parametrize("data", [b"<html>", b'{"version": 2}', b"{}", b"", b'[{"type": "jira"}]'])
def test_other_content_than_an_index_is_never_overwritten(data: bytes) -> None:
    store = MemoryStore({store_keys.INDEX: data})
    entry = put_spec(store, "jira", "1.0.0")
    for act in (
        lambda: publish_index(store, [entry]),
        lambda: recompute(store, "jira"),
        lambda: current(store),
    ):
        with pytest.raises(ConfigurationError, match=r"^index\.json|^element 0 of index\.json"):
            act()
    assert store.objects[store_keys.INDEX] == data


class Meddling(MemoryStore):
    """A store in which `meddle` happens just before the first swap of the index."""

    def __init__(self, meddle: Any) -> None:
        super().__init__()
        self.meddle = meddle

    def create(self, key: str, data: bytes) -> bool:
        self._meddle(key)
        return super().create(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        self._meddle(key)
        return super().replace(key, data, etag)

    def _meddle(self, key: str) -> None:
        if key == store_keys.INDEX and self.meddle:
            meddle, self.meddle = self.meddle, None
            meddle(self)


def test_an_entry_that_another_added_just_before_the_swap_is_kept() -> None:
    store = Meddling(lambda store: publish_index(store, [put_spec(store, "aws", "1.0.0")]))
    waits: list[float] = []
    made = publish_index(store, [put_spec(store, "jira", "1.0.0")], waits.append)
    assert made.versions == current(store).versions == {"jira": "1.0.0", "aws": "1.0.0"}
    assert len(waits) == 1


def test_a_version_that_is_yanked_just_before_the_swap_does_not_stay() -> None:
    """Whoever yanks finds an index without it, and so has nothing to write that would stop the swap."""

    def yank(store: MemoryStore) -> None:
        store.create(store_keys.yanked("jira", "1.1.0"), b"{}")
        recompute(store, "jira")

    store = Meddling(None)
    publish_index(store, [put_spec(store, "jira", "1.0.0")])
    store.meddle = yank
    assert publish_index(store, [put_spec(store, "jira", "1.1.0")]).versions == {"jira": "1.0.0"}
    assert current(store).versions == {"jira": "1.0.0"}


def test_a_writer_that_loses_every_swap_gives_up_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    publish_index(store, [put_spec(store, "aws", "1.0.0")])
    monkeypatch.setattr(store, "replace", lambda *args: False)
    with pytest.raises(
        ServiceError, match=r"index\.json was changed by others 60 times in a row; run it again"
    ):
        publish_index(store, [put_spec(store, "jira", "1.0.0")], still)


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b'"x"', b'{"type": "aws", "version": "1.0.0"}', b'{"type": 1}', b"[" * 100_000],
)
def test_an_invalid_spec_is_reported_by_its_key(data: bytes) -> None:
    store = MemoryStore({store_keys.spec("jira", "1.0.0"): data})
    with pytest.raises(
        ConfigurationError, match=r"^jira/1\.0\.0/spec\.json in the store is not the spec of jira 1"
    ):
        entry(store, "jira", "1.0.0")


def test_a_missing_spec_is_reported_by_its_key() -> None:
    with pytest.raises(ServiceError, match=r"jira/1\.0\.0/spec\.json is gone from the store"):
        entry(MemoryStore(), "jira", "1.0.0")


def test_a_spec_without_type_and_version_has_those_of_its_key() -> None:
    store = MemoryStore({store_keys.spec("jira", "1.0.0"): b'{"title": "Jira"}'})
    assert entry(store, "jira", "1.0.0") == {"title": "Jira", "type": "jira", "version": "1.0.0"}


WRITERS = 20
ROUNDS = rounds(2, 6)


def write(writer: int, url: str) -> None:
    """Publish three versions one after the other, of a type of its own and of one that all share."""
    store = open_bucket(url)
    random.seed(writer)
    for turn in range(1, ROUNDS + 1):
        own = put_spec(store, f"own-{writer}", f"0.{turn}.0")
        shared = put_spec(store, "shared", f"{turn}.{writer}.0")
        publish_index(store, [own, shared])


def write_five(first: int, url: str) -> None:
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda writer: write(writer, url), range(first, first + 5)))


@pytest.mark.slow
def test_twenty_writers_in_four_processes_lose_no_update_of_a_bucket(
    s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(monkeypatch, s3)
    url = "s3://bucket/twenty"
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(write_five, range(0, WRITERS, 5), [url] * 4))
    wanted = {f"own-{writer}": f"0.{ROUNDS}.0" for writer in range(WRITERS)}
    assert current(open_bucket(url)).versions == {**wanted, "shared": f"{ROUNDS}.{WRITERS - 1}.0"}


@pytest.mark.slow
def test_twenty_writers_without_swap_lose_updates_of_the_same_bucket(
    s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(monkeypatch, s3)
    store = open_bucket("s3://bucket/naive")

    def naively(writer: int) -> None:
        for _ in range(ROUNDS):
            made = put_spec(store, f"own-{writer}", "0.1.0")
            store.put(store_keys.INDEX, current(store).with_entries({f"own-{writer}": made}).to_bytes())

    store.put(store_keys.INDEX, b"[]")
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(naively, range(WRITERS)))
    assert len(current(store).versions) < WRITERS


def test_a_thousand_types_are_looked_up_many_at_once() -> None:
    store = MemoryStore()
    entries = [put_spec(store, f"type-{number}", "1.0.0") for number in range(1000)]
    assert len(publish_index(store, entries).versions) == 1000
    assert latest.AT_ONCE > 1
