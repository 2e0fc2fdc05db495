"""The keys of the store."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seatrial.core.errors import UsageError
from seatrial.release.plan import store_keys


def test_every_key_of_a_version_and_of_a_type() -> None:
    assert store_keys.spec("jira", "1.2.3") == "jira/1.2.3/spec.json"
    assert store_keys.receipt("jira", "1.2.3") == "jira/1.2.3/receipt.json"
    assert store_keys.yanked("jira", "1.2.3-beta") == "jira/1.2.3-beta/yanked.json"
    assert store_keys.example("jira", "1.2.3", "issue/a.json") == "jira/1.2.3/examples/issue/a.json"
    assert store_keys.example("jira", "", "a.json") == "jira/examples/a.json"
    assert store_keys.latest_spec("jira") == "jira/spec.json"
    assert store_keys.lease("jira") == ".seatrial/leases/jira.json"


@pytest.mark.parametrize("type", ["a", "7", "jira", "aws-v3", "a.b_c-d", "x" * 100])
def test_a_type_is_small_letters_digits_and_signs_between_them(type: str) -> None:
    assert store_keys.is_type(type)
    assert store_keys.of_type(type) == f"{type}/"


HOSTILE = [
    "",
    ".",
    "..",
    "a..b",
    "Jira",
    "jira/",
    "../x",
    "/etc",
    "a b",
    "-a",
    "a-",
    "jira\n",
    "a\0",
    "é",
    "a\\b",
]
HOSTILE += ["index.json", "x" * 101, ".seatrial", "\x1b[31m"]


@pytest.mark.parametrize("type", HOSTILE)
def test_an_invalid_type_never_becomes_part_of_a_key(type: str) -> None:
    assert not store_keys.is_type(type)
    for key in (store_keys.latest_spec, store_keys.lease, store_keys.of_type, store_keys.examples):
        with pytest.raises(UsageError, match="is not a type; use small letters") as told:
            key(type)
        assert str(told.value).isprintable()


def test_no_legacy_spec_is_in_the_place_of_the_index() -> None:
    assert store_keys.legacy_specs("jira") == ("jira.json",)
    assert store_keys.legacy_specs("index") == ()


@pytest.mark.parametrize("key", [store_keys.spec, store_keys.receipt, store_keys.yanked])
@pytest.mark.parametrize(
    "version", ["", "1.2", "..", "../1.2.3", "1.2.3/..", "1.2.3\n", "latest", "examples"]
)
def test_an_invalid_version_never_becomes_part_of_a_key(key: Callable[[str, str], str], version: str) -> None:
    with pytest.raises(UsageError, match="is no version"):
        key("jira", version)


@pytest.mark.parametrize(
    "name", ["", "..", "../a", "a/../b", "/a", "a//b", "a b.json", ".hidden", "a/.b", "a\n", "ä"]
)
def test_an_invalid_name_of_an_example_is_refused(name: str) -> None:
    assert not store_keys.is_example(name)
    with pytest.raises(UsageError, match="cannot be published under its name"):
        store_keys.example("jira", "1.0.0", name)


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("jira/1.2.3/spec.json", "1.2.3"),
        ("jira/1.2.3-beta/spec.json", "1.2.3-beta"),
        ("jira/spec.json", None),
        ("jira/examples/spec.json", None),
        ("jira/1.2/spec.json", None),
        ("jira/1.2.3/receipt.json", None),
        ("jira/1.2.3/examples/spec.json", None),
        ("jira-x/1.2.3/spec.json", None),
        ("spec.json", None),
    ],
)
def test_the_version_that_a_key_is_the_spec_of(key: str, wanted: str | None) -> None:
    found = store_keys.version_of("jira", key)
    assert (found.text if found else None) == wanted
