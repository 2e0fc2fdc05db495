"""How the resource files conform to their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from seatrial import schemas
from seatrial.core.model import Problem
from seatrial.documents.document import Document
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.conformity import Conformity

RESOURCE_STEMS = ("blueprints", "port-app-config", "scorecards", "pages", "actions")
"""The resource files that Ocean loads; each has a schema of this name."""


@dataclass(frozen=True)
class ResourceForms:
    """Each resource file that can be read, held against its schema."""

    all: tuple[Conformity, ...]

    @classmethod
    def of(cls, documents: Mapping[str, Document], code: Callable[[], Code | None]) -> ResourceForms:
        """At the top of the port-app-config the code may declare more keys, and is then asked."""
        forms = (Conformity.of(document, stem) for stem, document in documents.items())
        return cls(tuple(_less_declared(form, code) for form in forms if form))

    def problems(self, rule: str) -> Iterator[Problem]:
        """The violations of one rule, by its name."""
        for form in self.all:
            yield from form.problems(rule)


def _less_declared(form: Conformity, code: Callable[[], Code | None]) -> Conformity:
    declared = [one for one in form.violations if _is_top_key(one) and _may_declare(code(), one)]
    return replace(form, violations=tuple(one for one in form.violations if one not in declared))


def _is_top_key(violation: schemas.Violation) -> bool:
    return violation.at_key and len(violation.keys) == 1 and isinstance(violation.keys[0], str)


def _may_declare(code: Code | None, violation: schemas.Violation) -> bool:
    """Whether the code declares a key; where nobody can tell, any that is not nearly a known one."""
    key = str(violation.keys[0])
    if code is None:
        return violation.rule == "resource-unknown-key"
    fields = code.app_config_fields
    return code.mentions(key) if fields is None else key in fields
