"""Family COD: the selectors of the port-app-config agree with the classes by which the code reads them."""

from __future__ import annotations

import json
from typing import Any

from seatrial.core.model import Edit, Fix, Location, Problem
from seatrial.core.names import shown
from seatrial.core.rules import Problems, rule
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.python_models import RefusedValue
from seatrial.validate.rules.shared import replaced

APP_CONFIG = ".port/resources/port-app-config.yaml"


@rule("COD215", bad=replaced(APP_CONFIG, "      state: open", "      state: opened"))
def selector_value_not_taken(app_config: AppConfig, code: Code) -> Problems:
    """Each value of a selector is one that its field takes: of its `Literal` or enumeration, or of its plain type.

    Ocean refuses the whole mapping for one other value, and nothing is exported. A plain type takes what pydantic
    converts: `int` the text "3", `bool` the text "yes". Fields whose class or values cannot be read from the code are
    not checked, nor those that a validator changes first. The settings beside `resources` are checked in the same way.
    """
    settings = {key: value for key, value in app_config.document.value.items() if key != "resources"}
    for one in code.refused_settings(settings):
        yield _not_taken(app_config.document.at(*one.way), f'"{shown(one.path)}"', one)
    for resource in app_config.resources:
        for one in code.refused_values(resource.kind, resource.selector.value):
            where = app_config.document.at(*resource.selector.way(*one.way))
            yield _not_taken(where, f'"{shown(one.path)}" in the selector of "{shown(resource.kind)}"', one)


def _not_taken(where: Location, subject: str, one: RefusedValue) -> Problem:
    if one.wants_list:
        fix = Fix(f"write it as a list: [{_written(one.value)}]")
        return Problem(where, f"{subject} takes a list", fix)
    texts = [value for value in one.allowed if isinstance(value, str)]
    near = nearest(one.value, texts) if isinstance(one.value, str) else None
    message = f"{subject} does not take {_written(one.value)}" + did_you_mean(near and shown(near))
    edit = Edit(where, one.value, near) if near else None
    return Problem(where, message, Fix(f"write {_alternatives(one)}", edit, guessed=True))


def _written(value: Any) -> str:
    """Return a value as JSON, cut where it is long."""
    return shown(json.dumps(value, ensure_ascii=False, default=str))


_TYPES = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


def _alternatives(one: RefusedValue) -> str:
    """Return the values as "a", "b" or "c", and the types behind them."""
    values = [_written(value) for value in dict.fromkeys(one.allowed)][:12]
    *first, last = [*values, *(words for name, words in _TYPES.items() if name in one.plain)]
    return f"{', '.join(first)} or {last}" if first else last
