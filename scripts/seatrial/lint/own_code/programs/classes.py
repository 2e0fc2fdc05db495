"""Asks the framework what an integration's resource classes accept, and whether they accept the default mapping.

This file is a program of its own: it runs in an integration's environment, in a copy of its folder, and imports nothing
of Seatrial. It does what Ocean's command `ocean port-app-config schema` does. Source: `cli/commands/port_app_config.py`
and `core/handlers/port_app_config/validators.py` of port-ocean 0.48. Its argument is the file to write its answer to,
one JSON object:

{"framework", "stage", "message", "path", "line", "mapping", "schema", "kinds", "refused"}

`stage` is where it ended: "done", "unsupported" by this framework, "missing" for no `integration.py`, "import" or
"classes"; `message` says why, at a line of a `path` in the folder. `kinds` are those that are accepted, "*" for any.
`mapping` is the path of the default mapping; `refused` holds what of it is not accepted, as {"keys", "message"}.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any, Union, get_args, get_origin

MAPPINGS = (
    ".port/resources/port-app-config.json",
    ".port/resources/port-app-config.yaml",
    ".port/resources/port-app-config.yml",
)
LONGEST = 1000
MOST = 200
ANY = "*"


class StageEnded(Exception):
    """The end of the questions at a stage, with why."""

    def __init__(self, stage: str, failure: BaseException) -> None:
        super().__init__(stage)
        self.stage = stage
        self.failure = failure


def ask() -> dict[str, Any]:
    """Return the answer."""
    answer = {
        "framework": "",
        "stage": "done",
        "message": "",
        "path": "",
        "line": 1,
        "mapping": "",
        "schema": {},
    }
    answer.update(kinds=[], refused=[])
    try:
        _ask(answer)
    except StageEnded as ended:
        path, line = _place(ended.failure)
        message = f"{type(ended.failure).__name__}: {ended.failure}"[:LONGEST]
        answer.update(stage=ended.stage, message=message, path=path, line=line)
    return answer


def _ask(answer: dict[str, Any]) -> None:
    from importlib import metadata

    answer["framework"] = metadata.version("port-ocean")
    config_class = _config_class()
    models = _models(config_class)
    answer["kinds"] = [kind for model in models for kind in _kinds(model)]
    try:
        _gate(config_class)
        schema = config_class.schema()
    except Exception as failure:
        raise StageEnded("classes", failure) from failure
    answer["schema"] = json.loads(json.dumps(schema, default=str))
    answer["mapping"] = next((path for path in MAPPINGS if os.path.isfile(path)), "")
    if answer["mapping"]:
        answer["refused"] = _refused(config_class, models, _loaded(answer["mapping"]))[:MOST]


def _config_class() -> Any:
    try:
        from port_ocean.utils.misc import get_integration_class
    except ImportError as failure:
        raise StageEnded("unsupported", failure) from failure
    sys.path.append(".")
    if not os.path.isfile("integration.py"):
        raise StageEnded("missing", FileNotFoundError("there is no integration.py"))
    try:
        found = get_integration_class(".")
        if found is None:
            raise LookupError("integration.py has no class that derives from BaseIntegration")
        return found.AppConfigHandlerClass.CONFIG_CLASS
    except (Exception, SystemExit) as failure:
        raise StageEnded("import", failure) from failure


def _gate(config_class: Any) -> None:
    """Let the framework judge the classes, where it has a function for that."""
    try:
        from port_ocean.core.handlers.port_app_config.validators import validate_and_get_config_schema
    except ImportError:
        return
    validate_and_get_config_schema(config_class)


def _models(config_class: Any) -> list[Any]:
    field = config_class.__fields__.get("resources")
    members = get_args(field.outer_type_) if field is not None else ()
    return _members(members[0]) if members else []


def _members(annotation: Any) -> list[Any]:
    union = get_origin(annotation)
    if union is Union or getattr(union, "__name__", "") == "UnionType":
        return list(get_args(annotation))
    return [annotation]


def _kinds(model: Any) -> list[str]:
    """Return the kinds that a resource class accepts; ANY for every text."""
    field = getattr(model, "__fields__", {}).get("kind")
    if field is None:
        return []
    stated = [value for value in get_args(field.outer_type_) if isinstance(value, str)]
    return stated or [ANY]


def _loaded(path: str) -> Any:
    import yaml

    with open(path, encoding="utf-8") as file:
        try:
            return json.load(file) if path.endswith(".json") else yaml.safe_load(file)
        except ValueError:
            return None
        except yaml.YAMLError:
            return None


def _refused(config_class: Any, models: list[Any], mapping: Any) -> list[dict[str, Any]]:
    """Return what of a mapping the classes refuse; each resource is held against the class of its kind."""
    if not isinstance(mapping, dict):
        return []
    errors = _errors(config_class, mapping, [])
    others = [one for one in errors if one["keys"][:1] != ["resources"]]
    if not errors:
        return []
    resources = mapping.get("resources")
    if not isinstance(resources, list):
        return errors
    return others + [
        one for number, item in enumerate(resources) for one in _of_resource(models, number, item)
    ]


def _of_resource(models: list[Any], number: int, item: Any) -> list[dict[str, Any]]:
    kind = item.get("kind") if isinstance(item, dict) else None
    own = [model for model in models if kind in _kinds(model)] or [
        one for one in models if ANY in _kinds(one)
    ]
    if not own:
        known = ", ".join(sorted(value for model in models for value in _kinds(model)))
        message = f"the kind {json.dumps(kind)} is none of those that are accepted: {known}"
        return [{"keys": ["resources", number, "kind"], "message": message[:LONGEST]}]
    found = [_errors(model, item, ["resources", number]) for model in own]
    return [] if [] in found else found[0]


def _errors(model: Any, value: Any, above: list[Any]) -> list[dict[str, Any]]:
    try:
        model.parse_obj(value)
    except Exception as failure:
        errors = getattr(failure, "errors", None)
        if not callable(errors):
            return [{"keys": above, "message": f"{type(failure).__name__}: {failure}"[:LONGEST]}]
        rows = [([*above, *(key for key in one["loc"] if key != "__root__")], one["msg"]) for one in errors()]
        return [{"keys": keys, "message": str(message)[:LONGEST]} for keys, message in rows]
    return []


def _place(failure: BaseException) -> tuple[str, int]:
    """Return the last line of the folder's own code at which something failed."""
    here = os.path.realpath(os.getcwd())
    if isinstance(failure, SyntaxError) and failure.filename and failure.lineno:
        frames = [(failure.filename, failure.lineno)]
    else:
        frames = [
            (frame.filename, frame.lineno or 1) for frame in traceback.extract_tb(failure.__traceback__)
        ]
    for filename, line in reversed(frames):
        real = os.path.realpath(filename)
        if real.startswith(here + os.sep) and os.path.isfile(real):
            return os.path.relpath(real, here), line
    return "", 1


if __name__ == "__main__":
    result = ask()
    with open(sys.argv[1], "w") as file:
        json.dump(result, file)
