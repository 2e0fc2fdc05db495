"""Small resource files, and what one rule says of them."""

from __future__ import annotations

import json
from typing import Any

from seatrial.core.model import MemoryFolder, Problem
from seatrial.validate.rules import BY_NAME
from support.good import problems_of

RESOURCES = ".port/resources"


def folder_of(**documents: Any) -> MemoryFolder:
    """A folder with these resource files, as JSON; an underscore in a name stands for a hyphen."""
    return MemoryFolder.of(
        {
            f"{RESOURCES}/{stem.replace('_', '-')}.json": json.dumps(value, indent=2)
            for stem, value in documents.items()
        }
    )


def blueprint(identifier: str = "project", **more: Any) -> dict[str, Any]:
    """A blueprint; `properties` are those of its schema."""
    properties = more.pop("properties", {"name": {"type": "string"}})
    title = identifier.title()
    return {
        "identifier": identifier,
        "title": title,
        "icon": "Box",
        "schema": {"properties": properties},
        **more,
    }


def mapped(to: str = "project", kind: str = "project", **mappings: Any) -> dict[str, Any]:
    """A resource of the port-app-config whose blueprint is stated literally."""
    stated = {"identifier": ".id", "blueprint": f'"{to}"', **mappings}
    return {"kind": kind, "selector": {"query": "true"}, "port": {"entity": {"mappings": stated}}}


def problems(rule: str, **documents: Any) -> list[Problem]:
    """What a rule says of these resource files."""
    return problems_of(BY_NAME[rule], folder_of(**documents))


def said(rule: str, **documents: Any) -> list[str]:
    """The messages of a rule about these resource files."""
    return [problem.message for problem in problems(rule, **documents)]


def titles(rule: str, **documents: Any) -> list[str]:
    """What a rule says is to be done about these resource files."""
    return [problem.fix.title for problem in problems(rule, **documents) if problem.fix]
