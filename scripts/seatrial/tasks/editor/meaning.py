"""The meaning of the keys of the files under `.port`, from their grammar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.core.printable import one_line
from seatrial.documents.document import Document, Keys
from seatrial.documents.integration import RESOURCES, SPEC_FILES
from seatrial.schemas.grammar import Grammar, Rules, grammar, in_framework
from seatrial.validate.facts.conformity import RESOURCE_STEMS
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.spec import load_document

MOST_VALUES = 12
"""The most allowed values that are listed."""

_NAMES = {
    "dict": "an object",
    "list": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
}


def stem_of(path: str) -> str:
    """Return the name of a file's grammar, `spec` for the spec; empty for a file without one."""
    if path in SPEC_FILES:
        return "spec"
    stem, _, suffix = path.removeprefix(f"{RESOURCES}/").rpartition(".")
    known = path.startswith(f"{RESOURCES}/") and suffix in ("json", "yaml", "yml")
    return stem if known and stem in RESOURCE_STEMS else ""


def grammar_of(facts: Facts, path: str) -> Grammar | None:
    """Return the grammar of a file of an integration; None for a file without one."""
    stem = stem_of(path)
    name = f"spec-{facts.profile.value}" if stem == "spec" else stem
    return grammar(in_framework(name, facts.framework)) if stem else None


def rules_at(known: Grammar, keys: Keys) -> Rules | None:
    """Return the rules of the value at these keys; None if the grammar does not describe it."""
    rules: Rules | None = known.document
    for key in keys:
        rules = known.below(rules, key) if rules is not None else None
    return rules


def meaning(facts: Facts, path: str, line: int, column: int) -> str:
    """Return the meaning of the key at a place of a file, in Markdown; empty if no key of the grammar is there."""
    known = grammar_of(facts, path)
    document = load_document(facts.integration, path) if known else None
    if known is None or document is None or not document.readable:
        return ""
    keys = _key_at(document, line, column)
    rules = rules_at(known, keys) if keys else None
    return "\n\n".join(_told(str(keys[-1]), rules)) if rules else ""


def _key_at(document: Document, line: int, column: int) -> Keys:
    """Return the keys that lead to the key written at a place; none if no key is there."""
    keys, is_key = document.keys_at(line, column)
    if not is_key:
        return ()
    where = document.key(*keys)
    return keys if where.line == line and column <= where.column + len(str(keys[-1])) + 2 else ()


def _told(key: str, rules: Rules) -> Iterator[str]:
    meta: Mapping[str, Any] = rules.get("meta", {})
    yield f"**`{one_line(key, 60)}`**" + (" (required)" if rules.get("required") else "")
    if "about" in meta:
        yield str(meta["about"])
    if "allowed" in rules:
        values = [f"`{value}`" for value in rules["allowed"][:MOST_VALUES]]
        yield "One of " + ", ".join(values) + (", ..." if len(rules["allowed"]) > MOST_VALUES else "")
    elif "wanted" in meta:
        yield f"Holds {meta['wanted']}"
    elif _kind(rules):
        yield f"Holds {_kind(rules)}"
    if "example" in meta:
        yield f"Such as `{meta['example']}`"


def _kind(rules: Rules) -> str:
    kinds = rules.get("type", ())
    return " or ".join(_NAMES.get(kind, kind) for kind in ((kinds,) if isinstance(kinds, str) else kinds))
