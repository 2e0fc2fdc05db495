"""The index as bytes and as a value, and which version it must name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.index import Index, entry_of, indexed, parse, published, spec_bytes


def entry(type: str, version: str, **more: Any) -> index.Entry:
    return entry_of(more, type, version)


def test_the_index_is_a_list_of_specs_sorted_by_type_one_a_line() -> None:
    made = Index(
        {one["type"]: one for one in (entry("jira", "1.0.0", title="Jira ü"), entry("aws", "2.0.0"))}
    )
    assert made.to_bytes() == (
        b'[\n{"type": "aws", "version": "2.0.0"},\n{"title": "Jira \\u00fc", "type": "jira", "version": "1.0.0"}\n]\n'
    )
    assert made.versions == {"jira": "1.0.0", "aws": "2.0.0"}


def test_the_empty_index_is_an_empty_list() -> None:
    assert json.loads(Index().to_bytes()) == []
    assert parse(b"[]") == parse(Index().to_bytes()) == Index()


def test_an_index_is_read_back_as_it_was_written() -> None:
    made = Index(
        {"jira": entry("jira", "1.0.0", features=[{"type": "exporter", "resources": [1, 1.5, None, True]}])}
    )
    assert parse(made.to_bytes()) == made


def test_entries_take_the_place_of_those_of_their_types() -> None:
    before = Index({name: entry(name, "1.0.0") for name in ("aws", "jira", "sonar")})
    after = before.with_entries(
        {"jira": entry("jira", "1.1.0"), "aws": None, "gone": None, "new": entry("new", "0.1.0")}
    )
    assert after.versions == {"jira": "1.1.0", "sonar": "1.0.0", "new": "0.1.0"}
    assert before.versions == {"aws": "1.0.0", "jira": "1.0.0", "sonar": "1.0.0"}


def test_an_index_written_by_others_is_kept_except_for_its_order() -> None:
    foreign = [{"type": "Odd Type", "version": "v1", "more": "\ud800"}, {"version": "1.2", "type": "a"}]
    kept = parse(json.dumps(foreign).encode())
    assert json.loads(kept.to_bytes()) == foreign


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b"[", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'[{"type": "a", "version": "1.0.0", "x": NaN}]', "is not JSON"),
        (b'[{"type": "a", "version": "1.0.0", "x": 1e999}]', "is not JSON"),
        (b"[" + b"1" * 5000 + b"]", "is not JSON"),
        (b"{}", "is not a list of specs"),
        (b"null", "is not a list of specs"),
        (b'"index"', "is not a list of specs"),
        (b'{"version": 1}', "is not a list of specs"),
        (b'{"version": true}', "is not a list of specs"),
        (b'{"version": "2"}', "is not a list of specs"),
        (b"[1]", "element 0 of index.json in the store states no type or no version"),
        (b'[{"type": "a", "version": "1"}, {"type": "b"}]', "element 1 of index.json in the store states no"),
        (b'[{"type": "", "version": "1.0.0"}]', "states no type or no version"),
        (b'[{"type": "a", "version": 1}]', "states no type or no version"),
        (b'[{"type": "a", "version": "1"}, {"type": "a", "version": "1"}]', 'has "a" 2 times'),
    ],
)
def test_other_content_than_an_index_is_refused_with_what_to_do(data: bytes, fault: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        parse(data)
    line = str(told.value)
    assert fault in line and line.startswith(("index.json in the store ", "element "))
    assert line.endswith("nothing was written: check `store` below [release], or restore a good copy of it")


@pytest.mark.parametrize("form", [2, 10**30])
def test_an_index_of_a_newer_form_asks_for_an_upgrade(form: int) -> None:
    with pytest.raises(
        ConfigurationError, match=r"was written by a newer Seatrial \(form [0-9.e+]+\); upgrade"
    ):
        parse(json.dumps({"version": form, "types": []}).encode())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x"])
def test_a_spec_that_json_cannot_express_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=r"the spec of jira 1\.0\.0 has a value that JSON cannot express"):
        entry_of({"title": value}, "jira", "1.0.0")


def test_a_spec_is_stored_as_the_index_has_it() -> None:
    made = entry_of({"version": "0.0.1", "title": "Jirä", 1: 2}, "jira", "1.0.0")
    assert made == {"version": "1.0.0", "title": "Jirä", "1": 2, "type": "jira"}
    assert json.loads(spec_bytes(made)) == made
    assert spec_bytes(made) == spec_bytes(dict(made))


def test_the_index_names_the_latest_version_that_is_published_and_not_yanked() -> None:
    stored = [store_keys.spec("jira", one) for one in ("1.0.0", "1.10.0", "1.9.0", "2.0.0-beta", "3.0.0-dev")]
    stored += [
        "jira/spec.json",
        "jira/1.10.0/receipt.json",
        "jira/9.9.9/receipt.json",
        store_keys.spec("aws", "7.0.0"),
    ]
    assert [one.text for one in published("jira", stored)] == [
        "1.0.0", "1.9.0", "1.10.0", "2.0.0-beta", "3.0.0-dev",
    ]  # fmt: skip
    assert str(indexed("jira", stored)) == "1.10.0"
    assert str(indexed("jira", [*stored, store_keys.yanked("jira", "1.10.0")])) == "1.9.0"
    assert indexed("gone", stored) is None


VERSIONS = st.from_regex(r"[0-3]\.[0-3]\.[0-3](-beta|-dev|-post1)?", fullmatch=True)
SPECS = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), VERSIONS), max_size=12)


@given(SPECS, st.sets(st.integers(0, 11)))
def test_an_index_grown_spec_by_spec_is_the_same_as_one_made_at_once(
    specs: list[tuple[str, str]], yanks: set[int]
) -> None:
    stored: set[str] = set()
    grown = Index()
    for number, (name, version) in enumerate(specs):
        stored.add(store_keys.spec(name, version))
        if number in yanks:
            stored.add(store_keys.yanked(name, version))
        found = indexed(name, stored)
        grown = parse(grown.with_entries({name: found and entry(name, found.text)}).to_bytes())
    whole = {name: indexed(name, stored) for name in ("c", "b", "a")}
    made = Index({name: entry(name, one.text) for name, one in whole.items() if one})
    assert grown.to_bytes() == made.to_bytes()
