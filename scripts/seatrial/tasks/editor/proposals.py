"""Completions in the files under `.port`: kinds, blueprints, properties, icons, keys and values of the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.vocabulary import ICONS, SECTIONS
from seatrial.documents.document import MAX_BYTES, Document, Keys
from seatrial.schemas.grammar import is_object
from seatrial.tasks.editor.judge import Subject
from seatrial.tasks.editor.meaning import grammar_of, rules_at, stem_of
from seatrial.validate.facts.app_config import MappedResource
from seatrial.validate.facts.blueprints import SYSTEM, Blueprint
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.spec import load_document

MARK = "seatrialCursor"
"""The word that is put at the cursor, so that the text around it can be read."""

ENDS = ("", '"', "'", "\"'", '\\""', '",', '\\"",', ":", ": null", '": null', '": null,', "null", "null,")
"""Endings that may be missing behind the cursor for the text to be readable."""

MOST_OFFERED = 1_000
"""The most completions that are offered, as a document may hold any number of names."""

LONGEST = 200
"""Longer names are not offered."""

_WORD = re.compile(r"[\w$@.-]*\Z")

_PRINTABLE = re.compile(r"[^\W_][\w $@.&/()-]*|[$_@][\w$@.-]*")


@dataclass(frozen=True)
class Offer:
    """A completion: its label, the `new` text that replaces the `typed` characters before the cursor, and its sort."""

    label: str
    new: str
    typed: int
    sort: str


@dataclass(frozen=True)
class _Cursor:
    """The cursor in a readable document: the keys around it, whether it is in a key, and the text before it there."""

    facts: Facts
    path: str
    keys: Keys
    is_key: bool
    before: str
    document: Document

    @property
    def stem(self) -> str:
        return stem_of(self.path)

    def at(self, keys: Sequence[str | int]) -> Any:
        """Return the value at these keys of the document; None if there is none."""
        value = self.document.value
        for key in keys:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def offers(subject: Subject, path: str, text: str, index: int) -> list[Offer]:
    """Return the completions at an index of the text of an integration's file."""
    is_read = stem_of(path) and len(text) <= MAX_BYTES
    cursor = _cursor(subject, path, text, index) if is_read else None
    if cursor is None:
        return []
    typed = _WORD.search(cursor.before)
    word = typed[0] if typed else ""
    whole = cursor.before if text.endswith(cursor.before, 0, index) else word
    found = dict.fromkeys(_candidates(cursor))
    plain = [one for one in found if len(one[0]) <= LONGEST and _PRINTABLE.fullmatch(one[0])]
    return [_offer(cursor, text[:index], word, whole, *one) for one in plain[:MOST_OFFERED]]


def _offer(cursor: _Cursor, before: str, word: str, whole: str, label: str, sort: str) -> Offer:
    """Return a candidate in the form in which it is written at the cursor."""
    if sort == "blueprint" and cursor.stem == "port-app-config" and '"' not in cursor.before:
        return Offer(label, _literal(before, label), 0, sort)
    if cursor.is_key and not before.endswith('"' + whole):
        is_json = cursor.path.endswith(".json")
        return Offer(label, f'"{label}": ' if is_json else f"{label}: ", len(word), sort)
    return Offer(label, label, len(whole) if " " in label else len(word), sort)


def _literal(before: str, name: str) -> str:
    """Return a jq string, quoted as the text before it requires."""
    if before.endswith('"'):
        return f'\\"{name}\\"'
    return f'"{name}"' if before.endswith("'") else f"'\"{name}\"'"


def _cursor(subject: Subject, path: str, text: str, index: int) -> _Cursor | None:
    """Return the cursor in the text, completed with the first of ENDS that makes it readable; None if none does."""
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    for rest in dict.fromkeys((text[index:end], "")):
        for ending in ENDS:
            tried = text[:index] + MARK + ending + rest + text[end:]
            integration = subject.integration.having({path: tried.encode("utf-8", "surrogatepass")})
            document = load_document(integration, path)
            if document is not None and document.readable and (way := _way(document.value)):
                facts = Facts.of(subject.workspace, integration)
                return _Cursor(facts, path, way[0], way[1], way[2].partition(MARK)[0], document)
    return None


def _way(value: Any) -> tuple[Keys, bool, str] | None:
    """Return the keys of the mark in a document, whether it is in a key, and the string around it."""
    pending: list[tuple[Keys, Any]] = [((), value)]
    while pending:
        keys, here = pending.pop()
        if isinstance(here, str) and MARK in here:
            return keys, False, here
        members = (
            here.items() if isinstance(here, dict) else enumerate(here if isinstance(here, list) else ())
        )
        for key, inner in members:
            if isinstance(key, str) and MARK in key:
                return (*keys, key), True, key
            pending.append(((*keys, key), inner))
    return None


def _candidates(cursor: _Cursor) -> Iterator[tuple[str, str]]:
    """Yield each name that fits, with its sort."""
    for sort, names in _named(cursor):
        yield from ((name, sort) for name in names if name and MARK not in name)


def _named(cursor: _Cursor) -> Iterator[tuple[str, Iterable[str]]]:
    if cursor.is_key:
        yield from _keys(cursor)
        return
    last = cursor.keys[-1] if cursor.keys else ""
    if last == "kind":
        yield "kind", _kinds(cursor.facts)
    elif last == "icon":
        yield "icon", sorted(ICONS | cursor.facts.settings.known_icons)
    elif last == "section" and cursor.stem == "spec":
        yield "section", sorted(SECTIONS)
    elif last in ("blueprint", "target", "blueprintIdentifier"):
        yield "blueprint", _blueprints(cursor.facts)
    elif last == "property" and (blueprint := _nearest(cursor)):
        yield "property", sorted(blueprint.names)
    known = grammar_of(cursor.facts, cursor.path)
    rules = rules_at(known, cursor.keys) if known else None
    yield "value", [str(value) for value in (rules or {}).get("allowed", ()) if isinstance(value, str)]


def _keys(cursor: _Cursor) -> Iterator[tuple[str, Iterable[str]]]:
    above, present = cursor.keys[:-1], cursor.at(cursor.keys[:-1]) or {}
    if cursor.stem == "port-app-config" and above and above[-1] in ("properties", "relations"):
        blueprint = _mapped(cursor)
        section = (
            (blueprint.properties if above[-1] == "properties" else blueprint.relations)
            if blueprint
            else None
        )
        names = [name for name in section.value if name not in present] if section else []
        yield ("property" if above[-1] == "properties" else "relation"), names
    known = grammar_of(cursor.facts, cursor.path)
    rules = rules_at(known, above) if known else None
    if known and rules and is_object(rules):
        yield "key", [key for key in known.fields(rules.get("schema", {})) if key not in present]


def _kinds(facts: Facts) -> list[str]:
    """Return the kinds named in the spec, the mapping and the code."""
    stated = (*facts.kinds.listed, *facts.kinds.mapped) if facts.kinds else ()
    named = facts.code.named_kinds if facts.code else ()
    return sorted({*(one.kind for one in stated), *named})


def _blueprints(facts: Facts) -> list[str]:
    known = facts.blueprints.identifiers if facts.blueprints else frozenset()
    return [*sorted(known), *sorted(facts.settings.known_blueprints), *sorted(SYSTEM)]


def _mapped(cursor: _Cursor) -> Blueprint | None:
    """Return the blueprint of the entities that the mapping around the cursor makes."""
    config, blueprints = cursor.facts.app_config, cursor.facts.blueprints
    around: Mapping[Keys, MappedResource] = {one.item.keys: one for one in config.resources} if config else {}
    resource = around.get(cursor.keys[:2])
    return blueprints.find(resource.blueprint) if resource and blueprints else None


def _nearest(cursor: _Cursor) -> Blueprint | None:
    """Return the blueprint that the nearest object around the cursor names."""
    blueprints = cursor.facts.blueprints
    for length in range(len(cursor.keys), -1, -1):
        around = cursor.at(cursor.keys[:length])
        name = around.get("blueprint") if isinstance(around, dict) else None
        if isinstance(name, str) and blueprints:
            return blueprints.find(name)
    return None
