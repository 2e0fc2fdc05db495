"""No document, however broken, raises, hangs, or points outside of itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.documents import Document, changelog, json, python, toml, yaml
from seatrial.documents.changelog import MARKER
from support.often import rounds

YAML = """\
type: jira # a comment
features:
  - type: exporter
    section: "Ticket management"
    resources: [{kind: issue}, {kind: 'project'}]
configurations:
  - &a {name: jiraHost, required: true, default: null}
  - *a
text: |
  é 😀
  lines
folded: >-
  more
"""
JSON = """\
{"identifier": "jira", "schema": {"properties": {"é😀": {"type": "string", "n": [1, -2.5e3, true, null]}}},
 "escaped": "\\u00e9\\ud83d\\ude00\\n\\"", "empty": [{}, []]}
"""
TOML = """\
[tool.poetry]
name = "jira" # a comment
"quoted key".x = 1
list = [1, [2], { a = 1, b.c = 'é' }]

[[tool.towncrier.type]]
text = \"\"\"
two "" lines\"\"\"
date = 1979-05-27T07:32:00Z
"""
PYTHON = '''\
from a.b import (c as d, e)
class Kind(StrEnum):
    """Text."""
    ISSUE = "issue"
    async def f[T](self, x: Literal["a"] | None = None) -> T:
        return await ocean.integration_config["é"].get(f"{x!r:>{w}}", *a, **k)
type X = list[int]
'''
CHANGELOG = f"""\
# Changelog

{MARKER}

## 1.0.0 (2024-01-01)


### Bug Fixes

- Fixed `x`

```
## 2.0.0
```

0.1.8 (2023-08-16)
===
"""

SIGNS = [
    *"{}[]()<>:;,.-+*&!|>'\"%@`#=~?/\\$ \t\r\n\0éa1_😀\u2028\ufeff\x85\x1b",
    "---\n",
    '"""',
]
RAW = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xfe\xff"]


def check_document(document: Document, data: bytes) -> None:
    """Faults and places lie in the text; a document that is not readable has no value."""
    lines = data.decode(errors="replace").split("\n")
    places = [(place.line, place.column) for place in map(document.where, document.faults)]
    assert document.readable or document.value is None
    places += [each for place in document._places.values() for each in (place.value, place.key)]
    check_places(places, lines)


def check_places(places: list[tuple[int, int]], lines: list[str]) -> None:
    for line, column in places:
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


def check_python(data: bytes) -> None:
    parsed = python.load("a.py", data)
    lines = data.decode(errors="replace").split("\n")
    found: list[Any] = [*parsed.classes, *parsed.assignments, *parsed.imports, *parsed.faults]
    check_places([(each.where.line, each.where.column) for each in found if hasattr(each, "where")], lines)
    check_places([(fault.line, fault.column) for fault in parsed.faults], lines)
    for assignment in parsed.assignments:
        for part in filter(None, (assignment.annotation, assignment.value)):
            said = [part.string, part.name, part.call, part.subscript, part.items or None, part.pairs or None]
            assert sum(each is not None for each in said) <= 1
            assert part.name is None or part.names() == (part.name,)
            check_places([(part.where.line, part.where.column)], lines)


def check_changelog(data: bytes) -> None:
    parsed = changelog.parse("CHANGELOG.md", data)
    lines = data.decode(errors="replace").split("\n")
    parts = [part for entry in parsed.entries for part in (entry, *entry.sections)]
    check_places([(part.line, part.column) for part in parts], lines)
    check_places([(fault.line, fault.column) for fault in parsed.faults], lines)
    assert parsed.newest is None or parsed.newest in parsed.entries


def check_yaml(data: bytes) -> None:
    check_document(yaml.load("f.yaml", data), data)
    lines = data.decode(errors="replace").split("\n")
    check_places([(fault.line, fault.column) for fault in yaml.syntax_faults(data)], lines)


def check_json(data: bytes) -> None:
    check_document(json.load("f.json", data), data)


def check_toml(data: bytes) -> None:
    check_document(toml.load("f.toml", data), data)
    check_document(toml.load_settings("f.toml", data), data)


KINDS = [
    pytest.param(check_yaml, YAML, id="yaml"),
    pytest.param(check_json, JSON, id="json"),
    pytest.param(check_toml, TOML, id="toml"),
    pytest.param(check_python, PYTHON, id="python"),
    pytest.param(check_changelog, CHANGELOG, id="changelog"),
]
EVERY = [YAML, JSON, TOML, PYTHON, CHANGELOG]


def mutated(text: str, seed: int, count: int) -> Iterator[bytes]:
    """Copies of a text, each with a few places cut, doubled, swapped or replaced."""
    source = random.Random(seed)
    for _ in range(count):
        data = text
        for _ in range(source.randint(1, 3)):
            start = source.randrange(len(data) + 1)
            end = min(len(data), start + source.choice((0, 1, 1, 5, 30)))
            new = source.choice(("", *source.sample(SIGNS, 3), data[start:end] * 2))
            data = data[:start] + new + data[end:]
        raw = data.encode()
        if source.random() < 0.1:
            at = source.randrange(len(raw) + 1)
            raw = raw[:at] + source.choice(RAW) + raw[at:]
        yield raw


@pytest.mark.parametrize(("check", "sample"), KINDS)
def test_every_beginning_of_a_document_is_judged(check: Callable[[bytes], None], sample: str) -> None:
    data = sample.encode()
    for end in range(len(data) + 1):
        check(data[:end])


@pytest.mark.parametrize(("check", "sample"), KINDS)
def test_mutated_documents_are_judged(check: Callable[[bytes], None], sample: str) -> None:
    for data in mutated(sample, seed=1, count=400):
        check(data)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 105))
@pytest.mark.parametrize(("check", "sample"), KINDS)
def test_thousands_of_mutated_documents_are_judged(
    check: Callable[[bytes], None], sample: str, seed: int
) -> None:
    for data in mutated(sample, seed, count=rounds(300, 4000)):
        check(data)


@pytest.mark.parametrize(("check", "sample"), KINDS)
def test_documents_of_another_kind_are_judged(check: Callable[[bytes], None], sample: str) -> None:
    for other in EVERY:
        check(other.encode())
        check(other.encode("utf-16"))
        check(other.replace("\n", "\r\n").encode())
        check(other.replace("\n", "\r").encode())
        check(("\ufeff" + other).encode())
        check(sample.encode() + b"\n" + other.encode())


@pytest.mark.parametrize(("check", "sample"), KINDS)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_hundred_thousand_times_the_same_sign_is_judged(
    check: Callable[[bytes], None], sample: str, sign: str
) -> None:
    check((sign * 100_000).encode())


@pytest.mark.parametrize(("check", "sample"), KINDS)
@pytest.mark.parametrize(
    "unit", ["a: ", "- ", "? ", "a = {", '{"a":', "[[", "a.", "&a *a ", "x()", "'\\", "## 1.", "if x:\n "]
)
def test_a_hundred_thousand_times_the_same_opening_is_judged(
    check: Callable[[bytes], None], sample: str, unit: str
) -> None:
    check((unit * 100_000).encode())


@given(data=st.binary(max_size=60))
def test_any_bytes_are_judged(data: bytes) -> None:
    for check in (check_yaml, check_json, check_toml, check_python, check_changelog):
        check(data)


@given(text=st.lists(st.sampled_from(SIGNS), max_size=40).map("".join))
def test_any_signs_are_judged(text: str) -> None:
    for check in (check_yaml, check_json, check_toml, check_python, check_changelog):
        check(text.encode())
