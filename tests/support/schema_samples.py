"""Documents that use every key of their schema, and slips of all kinds made in them."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

_METHOD = {"enabled": True, "docs": "build-your-software-catalog/good#setup", "jumpTo": "setup"}
_SEARCH = {
    "combinator": '"and"',
    "rules": [
        {"property": '"name"', "operator": '"="', "value": ".name"},
        {"combinator": '"or"', "rules": [{"property": '"team"', "operator": '"="', "value": 3}]},
    ],
}
_QUERY = {
    "combinator": "or",
    "conditions": [
        {"property": "$team", "operator": "isNotEmpty", "not": False},
        {"combinator": "and", "conditions": [{"property": "count", "operator": ">", "value": 2}]},
    ],
}

SPEC: dict[str, Any] = {
    "type": "good-service",
    "version": "0.1.0",
    "title": "Good Service",
    "description": "Good Service integration\n",
    "icon": "Microservice",
    "docs": "https://docs.port.io/good",
    "features": [
        {"type": "gitops", "section": "GitOps"},
        {
            "type": "exporter",
            "section": "Other",
            "resources": [{"kind": "project"}, {"kind": "task", "description": "What is to be done"}],
        },
    ],
    "configurations": [
        {
            "name": "mode",
            "type": "string",
            "required": False,
            "description": "How to log in",
            "title": "Mode",
            "default": "token",
            "enum": ["token", "app", 3],
            "format": "tabSwitcher",
            "example": "token",
        },
        {
            "name": "apiToken",
            "type": "string",
            "required": True,
            "sensitive": True,
            "description": "A token",
            "dependencies": [
                {"on": "mode", "when": {"equals": "token"}, "then": {"required": True}},
                {"on": "mode", "when": {"in": ["app", 3]}, "then": {"required": False}},
            ],
        },
        {
            "name": "tags",
            "type": "array",
            "required": False,
            "description": "Tags",
            "items": {"type": "string", "of": 1},
        },
    ],
    "saas": {
        "enabled": True,
        "liveEvents": {"enabled": True},
        "incrementalSync": {"enabled": False},
        "oauthConfiguration": {
            "requiredSecrets": [
                {"name": "apiToken", "value": ".oauthData.accessToken", "description": '"A token"'}
            ],
            "valuesOverride": {
                "integrationSpec": {"mode": '"token"'},
                "appSpec": {"minimumScheduledResyncInterval": "2h", "later": 1},
            },
        },
    },
    "formMappingEnabled": True,
    "recommendedInstallationMethod": "Saas",
    "disableDefaultInstallationMethods": False,
    "installationDocs": {
        "saas": [{"name": "SaasOAuth2", **_METHOD}],
        **dict.fromkeys(("helm", "docker", "githubWorkflow", "gitlabCI", "azurePipeline"), _METHOD),
        **dict.fromkeys(("Saas__Saas", "Saas__SaasOAuth2"), _METHOD),
    },
    "deploymentMethodOverride": [
        {
            "type": "terraform-gcp",
            "title": "Cloud Run",
            "module": "some/module",
            "example": "cloud_run",
            "version": ">=0.0.25",
            "extraVars": [
                {"name": "zone", "type": "string", "required": True, "description": "Where", "default": ""},
                {"name": "nets", "type": "array", "default": ["one"]},
            ],
        }
    ],
    "deploymentMethod": [{"type": "helm"}],
    "deploymentMethodRequirements": [{"type": "default", "configurations": ["apiToken"]}],
    "actionsProcessingEnabled": True,
    "actions": [
        {
            "name": "close_task",
            "title": "Close a task",
            "icon": "Good",
            "description": "Closes it",
            "inputs": [
                {
                    "name": "task",
                    "title": "Task",
                    "type": "string",
                    "description": "Which",
                    "required": True,
                    "default": "a",
                    "enum": ["a", 2],
                    "format": "user",
                    "icon": "Task",
                    "sensitive": False,
                },
                {"name": "more", "type": "jqObject", "items": {"type": "string"}},
            ],
        }
    ],
    "provider": {"type": "community"},
    "interface": {"sections": [{"label": "Advanced", "configurationNames": ["mode"]}]},
    "ingressRequired": True,
}

_PROPERTY = {
    "type": "string",
    "title": "Status",
    "description": "How it stands",
    "icon": "Alert",
    "format": "date-time",
    "enum": ["open", 2, True],
    "enumColors": {"open": "red"},
    "default": None,
    "spec": "open-api",
    "specAuthentication": {"clientId": "a"},
    "minimum": 1,
    "maximum": 2.5,
    "exclusiveMinimum": True,
    "exclusiveMaximum": 3,
    "minLength": 1,
    "maxLength": 9,
    "minItems": 0,
    "maxItems": 3,
    "uniqueItems": True,
    "pattern": "^a",
    "labelled": True,
    "colorized": True,
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}

BLUEPRINTS: list[Any] = [
    {
        "identifier": "goodProject",
        "title": "Project",
        "icon": "Good",
        "description": "A project",
        "$schema": "x",
        "schema": {
            "type": "object",
            "properties": {
                "status": _PROPERTY,
                "links": {
                    "type": "array",
                    "items": {"type": "string", "format": "url", "enumColors": {"a": "lime"}},
                },
            },
            "required": ["status"],
        },
        "relations": {
            "owner": {
                "target": "_user",
                "title": "Owner",
                "description": "Who",
                "icon": "User",
                "required": False,
                "many": True,
            }
        },
        "mirrorProperties": {"name": {"path": "owner.$title", "title": "Name"}},
        "calculationProperties": {
            "age": {
                "calculation": ".properties.status",
                "type": "number",
                "title": "Age",
                "description": "How old",
                "icon": "Clock",
                "format": "yaml",
                "items": {"type": "string"},
                "colorized": True,
                "colors": {"1": "gold"},
                "spec": "async-api",
                "specAuthentication": {},
            }
        },
        "aggregationProperties": {
            "count": {
                "target": "goodTask",
                "type": "number",
                "title": "Count",
                "description": "How many",
                "icon": "Metric",
                "calculationSpec": {
                    "func": "average",
                    "calculationBy": "property",
                    "property": "age",
                    "averageOf": "total",
                    "measureTimeBy": "$createdAt",
                },
                "query": {"combinator": "and", "rules": []},
                "pathFilter": [{"path": ["a"]}],
            }
        },
        "ownership": {"type": "Direct", "path": "owner", "title": "Owner"},
        "teamInheritance": {"path": "owner"},
        "changelogDestination": {"type": "WEBHOOK"},
        "universalMapping": {},
    }
]

PORT_APP_CONFIG: dict[str, Any] = {
    "createMissingRelatedEntities": True,
    "deleteDependentEntities": False,
    "enableMergeEntity": True,
    "entityDeletionThreshold": 0.9,
    "resources": [
        {
            "kind": "project",
            "selector": {"query": "true", "exportEnvVariables": ["A"], "ownKey": {"any": 1}},
            "port": {
                "itemsToParse": ".items",
                "itemsToParseName": "item",
                "itemsToParseTopLevelTransform": True,
                "entity": {
                    "mappings": {
                        "identifier": ".id",
                        "blueprint": '"goodProject"',
                        "title": ".name",
                        "icon": '"Good"',
                        "team": _SEARCH,
                        "properties": {"status": ".status"},
                        "relations": {"owner": ".owner", "search": _SEARCH},
                    }
                },
            },
        },
        {
            "kind": "task",
            "selector": {"query": "true"},
            "port": {"entity": {"mappings": {"identifier": _SEARCH, "blueprint": ".b", "team": ".t"}}},
        },
    ],
}

SCORECARDS: list[Any] = [
    {
        "blueprint": "goodProject",
        "data": [
            {
                "identifier": "ready",
                "title": "Ready",
                "description": "Is it?",
                "filter": _QUERY,
                "levels": [{"title": "Gold", "color": "gold"}],
                "rules": [
                    {"identifier": "a", "title": "A", "description": "Why", "level": "Gold", "query": _QUERY},
                ],
            }
        ],
    }
]

PAGES: list[Any] = [
    {
        "identifier": "board",
        "title": "Board",
        "icon": "Apps",
        "description": "All",
        "type": "dashboard",
        "blueprint": "goodProject",
        "section": "software_catalog",
        "parent": "a",
        "after": "b",
        "showInSidebar": True,
        "protected": False,
        "locked": False,
        "requiredQueryParams": ["a"],
        "widgets": [
            {
                "id": "1",
                "type": "dashboard-widget",
                "layout": [{"height": 400, "columns": [{"id": "2", "size": 6, "own": 1}], "own": 1}],
                "widgets": [{"id": "2", "type": "markdown", "title": "Hello", "markdown": "hi"}],
            }
        ],
    }
]

ACTIONS: list[Any] = [
    {
        "identifier": "close",
        "title": "Close",
        "icon": "Good",
        "description": "Closes it",
        "trigger": {
            "type": "self-service",
            "operation": "DAY-2",
            "blueprintIdentifier": "goodTask",
            "userInputs": {
                "properties": {
                    "why": {"type": "string", "title": "Why", "icon": "A", "description": "b", "format": "c"}
                },
                "required": ["why"],
                "order": ["why"],
                "steps": [{"title": "One"}],
                "titles": None,
            },
            "condition": {},
            "event": {},
            "actionCardButtonText": "Go",
            "executeActionButtonText": "Run",
        },
        "invocationMethod": {
            "type": "WEBHOOK",
            "url": "https://example.com",
            "agent": False,
            "synchronized": "true",
            "method": "POST",
            "headers": {"a": "b"},
            "body": None,
            "own": 1,
        },
        "requiredApproval": False,
        "approvalNotification": {"type": "email"},
        "allowAnyoneToViewRuns": True,
        "publish": True,
        "permissions": {},
    },
    {"blueprint": "service", "data": [{"identifier": "a"}]},
]

SEATRIAL: dict[str, Any] = {
    "profile": "ocean",
    "integrations": "some/where",
    "severity": {"SPC001": "off", "LAY001": "info"},
    "known": {"blueprints": ["service"], "icons": ["Good"], "sections": ["Good Things"]},
    "exemptions": {"may-grow": False},
}

IGNORE: dict[str, Any] = {"ignore": {"SPC101": "a reason"}, "template": {"revision": 1, "answers": {"a": 1}}}

POETRY: dict[str, Any] = {
    "name": "good",
    "version": "0.1.0",
    "description": "Good",
    "authors": ["A <a@b.co>"],
    "maintainers": ["B"],
    "license": "MIT",
    "readme": "README.md",
    "homepage": "https://a.example.com",
    "repository": "https://b.example.com",
    "documentation": "https://c.example.com",
    "keywords": ["a"],
    "classifiers": ["a"],
    "packages": [{"include": "a"}],
    "include": ["a"],
    "exclude": ["b"],
    "package-mode": False,
    "requires-poetry": ">=2",
    "requires-plugins": {"a": "1"},
    "build-constraints": {"a": "1"},
    "dependencies": {"a": "^1", "b": {"version": "^1"}, "c": [{"version": "^1"}]},
    "dev-dependencies": {"a": "^1"},
    "group": {"dev": {"optional": True, "include-groups": ["a"], "dependencies": {"a": "^1"}}},
    "extras": {"a": ["b"]},
    "source": [{"name": "a"}],
    "build": "build.py",
    "scripts": {"a": "b:c", "d": {"reference": "e", "type": "file"}},
    "plugins": {"a": {"b": "c"}},
    "urls": {"a": "https://a.example.com"},
}

RICH: dict[str, Any] = {
    "spec-guide": SPEC,
    "spec-ocean": {key: value for key, value in SPEC.items() if key not in ("version", "type")},
    "blueprints": BLUEPRINTS,
    "port-app-config": PORT_APP_CONFIG,
    "scorecards": SCORECARDS,
    "pages": PAGES,
    "actions": ACTIONS,
    "seatrial": SEATRIAL,
    "ignore": IGNORE,
    "exemptions": {"SPC101": {"reason": "a reason", "until": "2027-01-31"}},
    "poetry": POETRY,
}

# Not 1.0, which JSON Schema takes for an integer and Cerberus does not.
ODD = (
    None,
    True,
    False,
    0,
    7,
    -1,
    1.5,
    "",
    " ",
    "text",
    " text",
    "text\n",
    "text ",
    "a\nb",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
)


def mutated(document: Any, seed: int) -> Any:
    """A copy with one to three slips in it: something lost, renamed, doubled, replaced or put in."""
    chance = random.Random(seed)
    found = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        found = _with_slip(found, chance)
    return found


def _with_slip(document: Any, chance: random.Random) -> Any:
    places = list(_places(document))
    if not places or chance.random() < 0.01:
        return chance.choice(ODD)
    holder, key = chance.choice(places)
    slip = chance.choice(("lose", "replace", "replace", "put in", "rename", "swap"))
    if slip == "lose":
        del holder[key]
    elif slip == "replace":
        holder[key] = copy.deepcopy(chance.choice(ODD))
    elif isinstance(holder, list):
        holder.insert(0, copy.deepcopy(chance.choice((*ODD, holder[key]))))
    elif slip == "put in":
        holder[chance.choice(("on", "name", "type", "enabled", "foo", "", "required", "$x"))] = chance.choice(
            ODD
        )
    elif slip == "rename":
        holder[chance.choice((f"{key}s", key.upper(), key[1:], f"{key} "))] = holder.pop(key)
    else:
        holder[key] = copy.deepcopy(holder[chance.choice(list(holder))])
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(inner):
        yield value, key
        yield from _places(item)
