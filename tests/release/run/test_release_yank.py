"""Taking a version out of the index."""

from __future__ import annotations

import json

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.release.plan import store_keys
from seatrial.release.plan.ports import Unknown
from seatrial.release.run.latest import point, publish_index, yank
from seatrial.release.store.leases import Clock
from support.shelf import HOLDER, Shelf, image_of

CLOCK = Clock(now=lambda: 1_800_000_000.4)


@pytest.fixture
def shelf() -> Shelf:
    """Two versions of jira, all whole."""
    shelf = Shelf()
    publish_index(shelf.store, [shelf.publish("jira", "1.0.0"), shelf.publish("jira", "1.1.0")])
    point(shelf.store, shelf.images, image_of("jira"), "jira", HOLDER)
    shelf.forget_writes()
    return shelf


def yanked(shelf: Shelf, version: str, type: str = "jira") -> list[str]:
    return list(yank(shelf.store, shelf.images, image_of(type), type, version, "it leaks", HOLDER, CLOCK))


def test_the_version_before_takes_its_place_everywhere(shelf: Shelf) -> None:
    assert yanked(shelf, "1.1.0") == [
        "jira 1.1.0 is yanked",
        "the index names jira 1.0.0",
        "moved jira/examples/",
        "moved jira/spec.json",
        "moved registry.example/jira:latest",
    ]
    assert shelf.indexed() == {"jira": "1.0.0"}
    assert shelf.pointers("jira") == ("1.0.0", "1.0.0", "1.0.0")


def test_nothing_is_deleted_and_the_reason_is_kept(shelf: Shelf) -> None:
    before = {key: data for key, data in shelf.store.objects.items() if key.startswith("jira/1.")}
    tags = {(name, tag): digest for (name, tag), digest in shelf.images.tags.items() if tag != "latest"}
    yanked(shelf, "1.1.0")
    assert before.items() <= shelf.store.objects.items()
    assert tags.items() <= shelf.images.tags.items()
    assert json.loads(shelf.store.objects["jira/1.1.0/yanked.json"]) == {
        "version": "1.1.0",
        "reason": "it leaks",
        "by": "anna@ship",
        "at": 1_800_000_000,
    }


def test_yanking_again_changes_nothing(shelf: Shelf) -> None:
    yanked(shelf, "1.1.0")
    shelf.forget_writes()
    assert yanked(shelf, "1.1.0") == ["jira 1.1.0 was yanked before", "the index names jira 1.0.0"]
    assert set(shelf.store.writes) == {store_keys.lease("jira")}


def test_yanking_again_finishes_what_was_begun(shelf: Shelf) -> None:
    shelf.images.answers[image_of("jira"), "1.0.0"] = Unknown("the registry is down")
    with pytest.raises(ServiceError, match="the registry is down"):
        yanked(shelf, "1.1.0")
    assert shelf.indexed() == {"jira": "1.0.0"}
    shelf.images.answers.clear()
    yanked(shelf, "1.1.0")
    assert shelf.pointers("jira") == ("1.0.0", "1.0.0", "1.0.0")


def test_an_older_version_can_be_yanked_and_the_latest_stays(shelf: Shelf) -> None:
    assert yanked(shelf, "1.0.0") == ["jira 1.0.0 is yanked", "the index names jira 1.1.0"]
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")


def test_the_last_version_leaves_the_index_and_the_tag_stays(shelf: Shelf) -> None:
    yanked(shelf, "1.0.0")
    assert yanked(shelf, "1.1.0") == [
        "jira 1.1.0 is yanked",
        "no version of jira is left in the index; registry.example/jira:latest stays where it is",
    ]
    assert shelf.indexed() == {}
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")


def test_a_version_that_is_published_after_it_gets_into_the_index(shelf: Shelf) -> None:
    yanked(shelf, "1.1.0")
    publish_index(shelf.store, [shelf.publish("jira", "1.1.1")])
    assert shelf.indexed() == {"jira": "1.1.1"}


@pytest.mark.parametrize(
    ("type", "version", "told"),
    [
        ("jira", "1.1.9", '"1.1.9" of jira is not published; did you mean "1.1.0"?'),
        ("jira", "7.0.0-beta", '"7.0.0-beta" of jira is not published; there is 1.0.0, 1.1.0'),
        ("jira", "../x", '"../x" of jira is not published; there is 1.0.0, 1.1.0'),
        ("jira", "\x1b[2J", '"\\x1b[2J" of jira is not published; there is 1.0.0, 1.1.0'),
        ("jirra", "1.0.0", 'nothing of jirra is published here; did you mean "jira"?'),
        ("sonar", "1.0.0", "nothing of sonar is published here; `seatrial release.status` shows what is"),
        (
            "../jira",
            "1.0.0",
            '"../jira" is not a type; use small letters, digits, and ".", "_" or "-" between them',
        ),
    ],
)
def test_a_version_that_was_never_published_is_reported_with_those_that_were(
    shelf: Shelf, type: str, version: str, told: str
) -> None:
    with pytest.raises(UsageError) as raised:
        yanked(shelf, version, type)
    assert str(raised.value) == told
    assert shelf.store.writes == []
