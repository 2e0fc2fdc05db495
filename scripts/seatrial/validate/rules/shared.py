"""What the rules of several families share: edits of the good folder, faults of documents, forms of names."""

from __future__ import annotations

import re
from functools import reduce

from seatrial.core.model import Fix, Problem
from seatrial.core.rules import Edited, Problems
from seatrial.core.version import Version
from seatrial.documents.document import Document, FaultKind

PACKAGE_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
"""The form of a package name that can be part of an image's name."""


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
    """Yield each place at which a document cannot be read."""
    for fault in document.faults:
        if fault.kind is not FaultKind.DUPLICATE_KEY:
            yield Problem(document.where(fault), fault.message, Fix("correct the text here"))


def duplicate_keys(document: Document) -> Problems:
    """Yield each key that its object already has."""
    for fault in document.faults:
        if fault.kind is FaultKind.DUPLICATE_KEY:
            yield Problem(document.where(fault), fault.message, Fix("keep one of them and delete the other"))


def parsed_version(text: str) -> Version | None:
    """Return the version that is spelled like this; None where it is not a version."""
    try:
        return Version.parse(text)
    except ValueError:
        return None
