"""What the rules of several families share: edits of the good folder, faults of documents, forms of names."""

from __future__ import annotations

import re
from collections import Counter
from functools import reduce

from seatrial.core.model import Fix, Integration, Problem
from seatrial.core.names import shown
from seatrial.core.rules import Edited, Problems
from seatrial.core.suggest import nearest
from seatrial.core.version import Version
from seatrial.documents.document import Document, FaultKind
from seatrial.validate.facts.cut_texts import cut_texts
from seatrial.validate.facts.items import Item

PACKAGE_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
"""The form of a package name that can be part of an image's name."""


MOST_KEYS = 50
"""An object with more keys than this is not searched for a misspelled one."""


def replaced(path: str, *texts: str) -> Edited:
    """Return the edit that replaces, in one file, the first of each two texts by the second."""
    pairs = tuple(zip(texts[::2], texts[1::2], strict=True))
    return lambda folder: reduce(lambda edited, pair: edited.edited(path, *pair), pairs, folder)


def all_of(*edits: Edited) -> Edited:
    """Return the edit that makes all of these, one after another."""
    return lambda folder: reduce(lambda edited, edit: edit(edited), edits, folder)


def renamed(name: str) -> Edited:
    """Return the edit that makes the template's folder another integration, of this name."""
    return replaced("pyproject.toml", 'name = "good-service"', f'name = "{name}"')


def syntax_faults(document: Document) -> Problems:
    """Yield each place at which a document cannot be read, but not for the conflict markers that LAY112 reports."""
    for fault in document.faults:
        if fault.kind not in (FaultKind.DUPLICATE_KEY, FaultKind.CONFLICT):
            yield Problem(document.where(fault), fault.message, Fix("correct the text here"))


def duplicate_keys(document: Document) -> Problems:
    """Yield each key that its object already has."""
    for fault in document.faults:
        if fault.kind is FaultKind.DUPLICATE_KEY:
            repair = fault.repair or "keep one of them and delete the other"
            yield Problem(document.where(fault), fault.message, Fix(repair))


def cut(integration: Integration, document: Document) -> Problems:
    """Yield each unquoted text of a YAML file that a `#` cuts, where it is no comment that somebody meant."""
    for one in cut_texts(integration, document):
        message = f"the text ends before {shown(one.lost)}, which YAML takes for a comment"
        yield Problem(
            one.where, message, Fix("quote the whole text, or put a blank behind the # of a comment")
        )


def likeliest_name(*places: str) -> str:
    """Return the name that most of these places give, the first of equals; empty where none can be a package's name."""
    known = Counter(name for name in places if PACKAGE_NAME.fullmatch(name))
    return known.most_common(1)[0][0] if known else ""


def folder_name(integration: Integration) -> str:
    """Return the name of an integration's folder; empty for one that is a repository, which may be called anything."""
    return integration.name if integration.path else ""


def parsed_version(text: str) -> Version | None:
    """Return the version that is spelled like this; None where it is not a version."""
    try:
        return Version.parse(text)
    except ValueError:
        return None


def misspells(item: Item, key: str) -> bool:
    """Return whether a key of the object is a misspelling of this one, which the schema reports."""
    return len(item.value) <= MOST_KEYS and any(
        name != key and isinstance(name, str) and nearest(name, (key,)) for name in item.value
    )
