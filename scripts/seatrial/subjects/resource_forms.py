"""How the resource files conform to their schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from seatrial.documents.document import Document
from seatrial.errors import Unreadable
from seatrial.model import Integration, Problem
from seatrial.subjects.conformity import Conformity

RESOURCE_STEMS = ("blueprints", "port-app-config", "scorecards", "pages", "actions")
"""The resource files that Ocean loads; each has a schema of this name."""


@dataclass(frozen=True)
class ResourceForms:
    """Each resource file that can be read, held against its schema."""

    all: tuple[Conformity, ...]

    @classmethod
    def of(cls, documents: Mapping[str, Document], integration: Integration) -> ResourceForms:
        """The top of the port-app-config may have keys more, which the integration's own code declares."""
        found = ((stem, Conformity.of(document, stem)) for stem, document in documents.items())
        forms = {stem: form for stem, form in found if form}
        if "port-app-config" in forms:
            forms["port-app-config"] = _less_own_keys(forms["port-app-config"], integration)
        return cls(tuple(forms.values()))

    def problems(self, rule: str) -> Iterator[Problem]:
        """The violations of one rule, by its name."""
        for form in self.all:
            yield from form.problems(rule)


def _less_own_keys(form: Conformity, integration: Integration) -> Conformity:
    own = {v.keys for v in form.violations if v.at_key and len(v.keys) == 1 and _declares(integration, str(v.keys[0]))}
    return replace(form, violations=tuple(one for one in form.violations if one.keys not in own))


def _declares(integration: Integration, key: str) -> bool:
    """Whether any code of the integration has a field of this name or alias."""
    word = re.escape(key).encode()
    field = re.compile(rb"^\s+%b\s*:|\balias\s*=\s*[\"']%b[\"']" % (word, word), re.MULTILINE)
    code = (path for path in integration.paths() if path.endswith(".py"))
    return any(field.search(_bytes(integration, path)) for path in code)


def _bytes(integration: Integration, path: str) -> bytes:
    try:
        return integration.read(path)
    except Unreadable:
        return b""
