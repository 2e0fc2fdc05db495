"""Family SPC, agreement: what the spec says of version and type is what `pyproject.toml` says."""

from __future__ import annotations

import re

from seatrial.model import Fix, Problem
from seatrial.naming import shown
from seatrial.rules.rule import Problems, rule
from seatrial.rules.spec import edited, is_version
from seatrial.subjects.package import Package
from seatrial.subjects.spec import Spec

_PACKAGE_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


@rule("SPC201", bad=edited("version: 0.1.0", "version: 0.2.0"))
def version_disagrees(spec: Spec, package: Package) -> Problems:
    """A version in the spec is the one in pyproject.toml; a leading v in the spec is understood.

    A release takes its name from one and its content from the other.
    """
    ours, theirs = spec.root.text("version"), package.version
    if not (is_version(ours) and is_version(theirs)) or ours.removeprefix("v") == theirs.removeprefix("v"):
        return
    right = "v" * ours.startswith("v") + theirs.removeprefix("v")
    where = spec.document.at("version")
    message = f'"version" is "{ours}" here and "{theirs}" in pyproject.toml'
    yield Problem(where, message, Fix(f'write "{right}" here, or "{ours}" there'))


@rule("SPC202", bad=edited("type: good-service", "type: service"))
def type_disagrees(spec: Spec, package: Package) -> Problems:
    """A type in the spec is the name in pyproject.toml.

    The image is published under that name, and Port looks for it under the type.
    """
    ours, theirs = spec.root.text("type").strip(), package.name
    if not ours or ours == theirs or not _PACKAGE_NAME.fullmatch(theirs):
        return
    where = spec.document.at("type")
    message = f'"type" is "{shown(ours)}" here, and the name in pyproject.toml is "{theirs}"'
    yield Problem(where, message, Fix(f'write "{theirs}" here, or "{shown(ours)}" there'))
