"""Running Cerberus, with its errors as plain values; the only module that uses it."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from functools import cache
from typing import Any, ClassVar

from cerberus import Validator
from cerberus.errors import ERROR_GROUP, UNKNOWN_FIELD, ErrorDefinition
from cerberus.schema import RulesSetRegistry, SchemaRegistry
from cerberus.utils import TypeDefinition

from seatrial.schemas.grammar import grammar
from seatrial.schemas.quick import Nothing, Truth
from seatrial.schemas.wording import Breach

MOST = 100
"""The most breaches of one document that are collected."""

ROOT = "document"
"""The key below which a document is validated: Cerberus needs an object at the root."""


class _EnoughError(Exception):
    """Raised to leave Cerberus when MOST breaches are found."""


class _Collector(Validator):  # type: ignore[misc]
    """A validator that puts every error into one list, shared with its child validators.

    Cerberus itself sorts all errors anew at each one, which never ends on a document with a hundred thousand
    faults.
    """

    types_mapping: ClassVar = Validator.types_mapping | {
        "integer": TypeDefinition("integer", (int,), (bool,)),
        "nothing": TypeDefinition("nothing", (Nothing,), ()),
        "truth": TypeDefinition("truth", (Truth,), ()),
    }

    def _error(self, field: Any, error: ErrorDefinition, *info: Any) -> None:
        if error.code & ERROR_GROUP.code:
            return
        found: list[Breach] = self._config["found"]
        if len(found) == MOST:
            raise _EnoughError
        found.append(self._breach(field, error))

    def _breach(self, field: Any, error: ErrorDefinition) -> Breach:
        keys = (*self.document_path, field)[1:]
        value = self.document.get(field)
        if error == UNKNOWN_FIELD:
            return Breach(keys, "unknown", value, {}, tuple(self.schema))
        return Breach(keys, error.rule, value, self._resolve_rules_set(self.schema[field]))


def breaches(name: str, value: Any) -> list[Breach]:
    """Return the errors that Cerberus finds in a document, at most MOST."""
    found: list[Breach] = []
    validator = _Collector(**_parts(name), found=found)
    with suppress(_EnoughError):
        validator.validate({ROOT: value}, normalize=False)
    return found


@cache
def _parts(name: str) -> dict[str, Any]:
    """Return the schema, checked once, and its private registries, as copies: Cerberus writes into them."""
    known = grammar(name)
    registries = {
        "schema_registry": SchemaRegistry(deepcopy(dict(known.schemas))),
        "rules_set_registry": RulesSetRegistry(deepcopy(dict(known.rules_sets))),
    }
    checked = _Collector({ROOT: deepcopy(known.document)}, **registries, found=[])
    return {"schema": checked.schema, **registries}
