"""Family SPC, agreement: what the spec says of version and type is what `pyproject.toml` says."""

from __future__ import annotations

import re

from seatrial.documents.document import Document
from seatrial.model import Edit, Fix, Problem
from seatrial.rules.rule import Problems, rule
from seatrial.rules.spec import edited, is_version
from seatrial.subjects.spec import Spec

_PACKAGE_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


def _stated(pyproject: Document, key: str) -> str:
    """What `[tool.poetry]`, or else `[project]`, states; empty where neither does."""
    root = pyproject.value if pyproject.readable and isinstance(pyproject.value, dict) else {}
    tool = root.get("tool")
    tables = (tool.get("poetry") if isinstance(tool, dict) else None, root.get("project"))
    found = (table.get(key) for table in tables if isinstance(table, dict))
    return next((text for text in found if isinstance(text, str)), "")


@rule("SPC201", bad=edited("version: 0.1.0", "version: 0.2.0"))
def version_disagrees(spec: Spec, pyproject_document: Document) -> Problems:
    """A version in the spec is the one in pyproject.toml; a leading v in the spec is understood.

    A release takes its name from one and its content from the other.
    """
    ours, theirs = spec.root.text("version"), _stated(pyproject_document, "version")
    if not (is_version(ours) and is_version(theirs)) or ours.removeprefix("v") == theirs.removeprefix("v"):
        return
    right = "v" * ours.startswith("v") + theirs.removeprefix("v")
    where = spec.document.at("version")
    message = f'"version" is "{ours}" here and "{theirs}" in pyproject.toml'
    yield Problem(where, message, Fix(f'write "{right}" here, or "{ours}" there', Edit(where, ours, right)))


@rule("SPC202", bad=edited("type: good-service", "type: service"))
def type_disagrees(spec: Spec, pyproject_document: Document) -> Problems:
    """A type in the spec is the name in pyproject.toml.

    The image is published under that name, and Port looks for it under the type.
    """
    ours, theirs = spec.root.text("type").strip(), _stated(pyproject_document, "name")
    if not ours or ours == theirs or not _PACKAGE_NAME.fullmatch(theirs):
        return
    where = spec.document.at("type")
    message = f'"type" is "{ours[:60]}" here, and the name in pyproject.toml is "{theirs}"'
    yield Problem(where, message, Fix(f'change "{ours[:60]}" to "{theirs}"', Edit(where, ours, theirs)))
