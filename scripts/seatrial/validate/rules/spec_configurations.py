"""Family SPC, the configurations: names, defaults, enums, secrets, and the sections that refer to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seatrial.core.model import Edit, Fix, Integration, MemoryFolder, Problem
from seatrial.core.names import decamelize, shown
from seatrial.core.rules import ADVICE, INFO, WARNING, Problems, rule
from seatrial.core.suggest import did_you_mean, hint, nearest
from seatrial.documents import jq
from seatrial.documents.document import Keys
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.source import unquoted, with_key
from seatrial.validate.facts.spec import Peers, Spec, links
from seatrial.validate.rules.shared import misspells
from seatrial.validate.rules.spec_form import SPEC, edited

_DEFAULT = "    default: 100"

_CAMEL = re.compile(r"[a-z][A-Za-z0-9]*")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#]+\S*")
_WHOLE = re.compile(r"\s*[-+]?\d+\s*")
_SECRET = re.compile(r"token|secret|password|apikey|privatekey|accesskey")
_NO_SECRET = re.compile(r"(url|header|name|id|type|path|mode|ttl|expiration|limit|priority)$")
_TRUTHS = {"0", "1", "off", "on", "f", "t", "false", "true", "n", "y", "no", "yes"}


DELETE_ONE = "delete one of the two, or rename it"


@rule(
    "SPC118",
    bad=edited(
        "saas:\n",
        "  - name: api_url\n    type: url\n    required: false\n    description: The address\nsaas:\n",
    ),
)
def duplicate_configuration(spec: Spec, repeated_configurations: Mapping[str, Item]) -> Problems:
    """No two configurations have the same name, nor the same name in Python.

    Ocean converts camelCase to snake_case; of two that become the same, the later one wins.
    """
    first: dict[str, Item] = {}
    read_as = {item.keys: key for key, item in repeated_configurations.items()}
    for item in spec.configurations:
        name = item.text("name").strip()
        earlier = first.setdefault(decamelize(name), item)
        if earlier is item:
            continue
        line = spec.document.at(*earlier.way("name")).line
        same = earlier.text("name").strip() == name
        other, python = shown(earlier.text("name")), shown(decamelize(name))
        clash = f'and "{other}" in line {line} are both "{python}" in Python'
        message = f'configuration "{shown(name)}" {f"is already there in line {line}" if same else clash}'
        key = read_as.get(item.keys, "")
        fix = Fix(f'rename one of the two to "{_camel(key)}", which the code reads' if key else DELETE_ONE)
        yield Problem(spec.document.at(*item.way("name")), message, fix)


@rule("SPC119", severity=WARNING, bad=edited("- name: apiUrl", "- name: ApiUrl"))
def odd_configuration_name(spec: Spec, misnamed_configurations: Mapping[str, Item]) -> Problems:
    """A configuration's name is in camelCase.

    Ocean derives the name in Python and the environment variable from it. A name in
    snake_case stays as it is and is not reported, nor one by which the code reads nothing: that is COD208.
    """
    reported = {one.keys for one in misnamed_configurations.values()}
    taken = {decamelize(name) for name in spec.by_name if _CAMEL.fullmatch(name) or _SNAKE.fullmatch(name)}
    for item in spec.configurations:
        name = item.text("name").strip()
        if _CAMEL.fullmatch(name) or _SNAKE.fullmatch(name) or item.keys in reported:
            continue
        where, better = spec.document.at(*item.way("name")), _camel(name)
        if decamelize(better) in taken:
            better = ""
        fix = Fix(f'rename it to "{better}"') if better else Fix("choose a name in camelCase")
        yield Problem(where, f'the name of configuration "{shown(name)}" is not in camelCase', fix)


def _camel(name: str) -> str:
    """Return the name in camelCase; empty where nothing is left of it."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    capitalised = (word.capitalize() if word.isupper() else word[:1].upper() + word[1:] for word in words)
    joined = re.sub(r"^([A-Z]+(?![a-z])|[A-Z])", lambda start: start[0].lower(), "".join(capitalised))
    return joined if _CAMEL.fullmatch(joined) else ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and _WHOLE.fullmatch(value) is not None)


def _is_truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() in _TRUTHS
    return isinstance(value, bool) or value in (0, 1)


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and _URL.fullmatch(value.strip()) is not None


USABLE: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", lambda value: not isinstance(value, dict | list)),
    "url": ("an address such as https://api.example.com", _is_url),
    "boolean": ("true or false", _is_truth),
    "integer": ("a whole number", _is_whole),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "array": ("a list", lambda value: isinstance(value, list)),
}
"""For each type, the values it takes in words, and the test that Ocean's settings reader applies to a default."""

EXACT: Mapping[str, type] = {"string": str, "boolean": bool, "integer": int}
"""The types whose defaults should already have the right type in the file."""


def _default_of(item: Item) -> str:
    return f'the default of configuration "{shown(item.text("name"))}" is {_value(item.value["default"])}'


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f'"{shown(value)}"'
    return str(value).lower() if isinstance(value, bool) else shown(str(value))


@rule("SPC120", bad=edited(_DEFAULT, "    default: many"))
def unusable_default(spec: Spec) -> Problems:
    """The default of a configuration has the configuration's type.

    Ocean parses every default when it starts, and does not start if one cannot be parsed.
    """
    for item in spec.configurations:
        wanted, is_usable = USABLE.get(item.text("type"), ("", None))
        default = item.value.get("default")
        if default is not None and is_usable and not is_usable(default):
            where = spec.document.at(*item.way("default"))
            message = (
                f'the default of configuration "{item.text("name")[:60]}" is {_value(default)}, not {wanted}'
            )
            yield Problem(where, message, Fix(f"write {wanted}"))


@rule("SPC121", severity=WARNING, bad=edited(_DEFAULT, '    default: "100"'))
def loosely_typed_default(spec: Spec, integration: Integration) -> Problems:
    """A default is written as a value of its type: a number without quotes, a text in quotes where it needs them.

    Ocean converts it, but Port's form shows it as written.
    """
    for item in spec.configurations:
        kind, default = item.text("type"), item.value.get("default")
        if kind not in EXACT or default is None or type(default) is EXACT[kind]:
            continue
        wanted, is_usable = USABLE[kind]
        if is_usable(default):
            where = spec.document.at(*item.way("default"))
            edit = unquoted(integration, where, default) if isinstance(default, str) else None
            fix = Fix(_rewritten(kind, default) or f"write {wanted}", edit)
            yield Problem(where, f"{_default_of(item)}, not {wanted}", fix)


def _rewritten(kind: str, default: Any) -> str:
    if kind == "string":
        return f'put it in quotes: "{_value(default)}"'
    return f"write {default.strip()[:60]} without quotes" if isinstance(default, str) else ""


@rule("SPC122", bad=edited(_DEFAULT, "    default: 100\n    enum: [50, 100, 100]"))
def duplicate_enum_value(spec: Spec) -> Problems:
    """No value of an enum is listed twice.

    The form shows both, and one of the two was usually meant to be another value.
    """
    for item in spec.configurations:
        seen: set[tuple[type, Any]] = set()
        for index, value in item.listed("enum"):
            if not isinstance(value, str | int | float):
                continue
            if (type(value), value) in seen:
                where = spec.document.at(*item.way("enum", index))
                yield Problem(where, f"{_value(value)} is listed twice", Fix("delete one of the two"))
            seen.add((type(value), value))


@rule("SPC123", bad=edited(_DEFAULT, "    default: 100\n    enum: [50, 200]"))
def default_outside_enum(spec: Spec) -> Problems:
    """The default of a configuration is one of the values in its enum.

    Otherwise the form starts with a choice that it does not offer.
    """
    for item in spec.configurations:
        default, values = item.value.get("default"), [value for _, value in item.listed("enum")]
        if default is not None and values and default not in values:
            where = spec.document.at(*item.way("default"))
            choices = ", ".join(_value(value) for value in values[:12])
            fix = Fix(f"write one of {choices}, or add it to the enum")
            yield Problem(where, f"{_default_of(item)}, which is not in its enum", fix)


@rule("SPC124", severity=WARNING, bad=edited("    sensitive: true\n", ""))
def exposed_secret(spec: Spec, integration: Integration) -> Problems:
    """A token, secret, password or key is marked as sensitive.

    Port hides and encrypts only what is marked. A name that ends in a word such as Url, Header or
    Name describes something about a secret and is not one itself. What OAuth fills is SPC128.
    """
    filled = {secret.text("name") for secret in spec.secrets}
    for item in spec.configurations:
        name = item.text("name")
        bare = re.sub(r"[\W_]", "", name).lower()
        is_secret = _SECRET.search(bare) and not _NO_SECRET.search(bare)
        if item.text("type") != "string" or not is_secret or item.value.get("sensitive", False) is not False:
            continue
        if misspells(item, "sensitive") or name in filled:
            continue
        where = spec.document.at(*item.way("sensitive" if "sensitive" in item.value else "name"))
        message = f'configuration "{shown(name)}" looks like a secret and is not marked as sensitive'
        yield Problem(where, message, Fix('set "sensitive: true"', _marking(spec, item, integration)))


def _marking(spec: Spec, item: Item, integration: Integration) -> Edit | None:
    """Return the edit that marks a configuration as sensitive."""
    if "sensitive" in item.value:
        return Edit(spec.document.at(*item.way("sensitive")), "false", "true")
    return with_key(integration, spec.document, item.way("type"), "sensitive", "true")


def _text_host(folder: MemoryFolder) -> MemoryFolder:
    host = "  - name: appHost\n    type: string\n    required: false\n    description: The address\nsaas:\n"
    code = 'from port_ocean.context.ocean import ocean\n\nHOST = ocean.integration_config["app_host"]\n'
    return folder.having("host.py", code).edited(SPEC, "saas:\n", host)


@rule("SPC125", severity=WARNING, bad=_text_host)
def host_typed_as_string(spec: Spec) -> Problems:
    """The configuration appHost has type url.

    It is the address at which the app can be reached from outside. As a `url` it is checked and its
    trailing slash is removed; as a `string` it may give webhook addresses with two slashes in a row.
    """
    item = spec.by_name.get("appHost")
    if item and item.text("type") == "string":
        where = spec.document.at(*item.way("type"))
        fix = Fix('change "string" to "url"', Edit(where, "string", "url"))
        yield Problem(where, '"type" of configuration "appHost" is "string", not "url"', fix)


_ADDRESS = re.compile(r"(?:^u|[a-z0-9]U|_u)(?:rl|RL)$|[a-z0-9]URL$")
_HOST = re.compile(r"(?:^h|[a-z0-9]H|_h)ost$")


@rule("SPC132", severity=ADVICE, bad=edited("    type: url", "    type: string"))
def address_typed_as_string(spec: Spec) -> Problems:
    """A configuration that takes an address has the type url.

    Ocean checks a `url` when it starts, and removes its trailing slashes; a `string` is taken as it is. A name
    that ends in Url tells an address; one that ends in Host does so if its description speaks of a URL.
    """
    for item in spec.configurations:
        name = item.text("name").strip()
        speaks = re.search(r"https?://|\burl\b", item.text("description"), re.I)
        is_address = _ADDRESS.search(name) or (speaks and _HOST.search(name))
        if is_address and name != "appHost" and item.text("type") == "string":
            where = spec.document.at(*item.way("type"))
            message = f'configuration "{shown(name)}" takes an address, and its type is "string"'
            edit = Edit(where, "string", "url")
            yield Problem(where, message, Fix('change "string" to "url"', edit, guessed=True))


@rule(
    "SPC133",
    severity=WARNING,
    bad=edited("The address of the API", "The <a href='https://docs.port.io/'>address</a> of the API"),
)
def link_in_the_same_page(spec: Spec, peers: Peers) -> Problems:
    """A link in the description of a configuration opens a new page.

    Otherwise it takes people away from the form that they are filling in. Nothing is reported where most
    links of the other integrations in the workspace do the same.
    """
    found = [item for item, opens in links(spec) if not opens]
    if not found:
        return
    others = peers.counted("links", lambda habits: habits["links"])
    for item in found:
        if 2 * others.of(True) >= others.total:
            where = spec.document.at(*item.way("description"))
            message = (
                f'a link in the description of configuration "{shown(item.text("name"))}" leaves the form'
            )
            yield Problem(where, message, Fix("write target='_blank' into its <a>"))


@rule(
    "SPC134",
    severity=ADVICE,
    bad=edited("description: How many objects one", "description: how many objects one"),
)
def uncapitalised_description(spec: Spec) -> Problems:
    """The description of a configuration begins with a capital letter.

    It stands as a sentence in the form.
    """
    for item in spec.configurations:
        if re.match(r"[a-z]+\s", item.text("description")):
            where = spec.document.at(*item.way("description"))
            message = (
                f'the description of configuration "{shown(item.text("name"))}" begins with a small letter'
            )
            letter = item.text("description")[0]
            edit = Edit(where, letter, letter.upper())
            yield Problem(where, message, Fix("begin it with a capital letter", edit))


_SAAS_OFF = "saas:\n  enabled: false\n"


_CUT_OFF = re.compile(
    r"(?:\b(?:the|an?|and|or|such as|e\.g\.)|\b(?:ID|URL|URI|id|url|name|token|key|secret) to|,|\()\Z"
)
"""The end of a sentence whose rest is missing."""

_TAG = re.compile(r"<[^<>]*>")


@rule(
    "SPC140",
    severity=INFO,
    bad=edited(
        "description: A token that may read each project and its tasks",
        "description: A token that may read the",
    ),
)
def description_cut_off(spec: Spec) -> Problems:
    """The description of a configuration is a whole sentence.

    People read it where they install the integration. Reported is one that ends in a word such as "the", or in a
    comma: its end was lost.
    """
    for item in spec.configurations:
        text = _TAG.sub("", item.text("description")).strip()
        if _CUT_OFF.search(text[-80:]):
            where = spec.document.at(*item.way("description"))
            message = (
                f'the description of configuration "{shown(item.text("name"))}" ends in "{shown(text[-20:])}"'
            )
            yield Problem(where, message, Fix("write the end of the sentence"))


def _oauth(name: str, value: str) -> str:
    return (
        "saas:\n  enabled: true\n  oauthConfiguration:\n    requiredSecrets:\n"
        f"      - name: {name}\n        value: {value}\n"
    )


def _references(spec: Spec) -> Iterator[tuple[Keys, str]]:
    """Yield the way to every place that names a configuration, with the name."""
    for item in spec.configurations:
        for dependency in item.items("dependencies"):
            yield dependency.way("on"), dependency.text("on")
    for requirement in spec.root.items("deploymentMethodRequirements"):
        yield from requirement.texts("configurations")
    for section in spec.root.inner("interface").items("sections"):
        yield from section.texts("configurationNames")
    for secret in spec.secrets:
        yield secret.way("name"), secret.text("name")
    for name in spec.overrides.value:
        yield spec.overrides.way(name), name


@rule(
    "SPC126",
    bad=edited(
        "saas:\n", "deploymentMethodRequirements:\n  - type: default\n    configurations: [apiTokn]\nsaas:\n"
    ),
)
def undeclared_configuration(spec: Spec) -> Problems:
    """Every reference to a configuration names one that is declared.

    Dependencies, requirements, sections of the form and OAuth settings have no effect for a name
    that is not among the configurations.
    """
    for keys, name in _references(spec):
        if not name or name in spec.by_name:
            continue
        is_key = keys[:-1] == spec.overrides.keys
        where = spec.document.key(*keys) if is_key else spec.document.at(*keys)
        message, near = f'there is no configuration "{shown(name)}"', nearest(name, spec.by_name)
        if near:
            fix = Fix(f'change "{shown(name)}" to "{shown(near)}"', Edit(where, name, near), guessed=True)
            yield Problem(where, message + did_you_mean(near), fix)
        else:
            yield Problem(where, message, Fix("declare it under configurations, or remove it here"))


def _depending(folder: MemoryFolder) -> MemoryFolder:
    enum = folder.edited(SPEC, "    default: 100\n", "    default: 100\n    enum: [50, 100]\n")
    dependency = (
        "    sensitive: true\n    dependencies:\n      - on: pageSize\n        when:\n          equals: 200\n"
        "        then:\n          required: true\n"
    )
    return enum.edited(SPEC, "    sensitive: true\n", dependency)


@rule("SPC127", bad=_depending)
def impossible_dependency(spec: Spec) -> Problems:
    """A dependency's condition names a value that the other configuration can have.

    With a value outside the other one's enum, the condition is never met.
    """
    for item in spec.configurations:
        for dependency in item.items("dependencies"):
            on = spec.by_name.get(dependency.text("on"))
            choices = [value for _, value in on.listed("enum")] if on else []
            for keys, value in _required_values(dependency):
                if choices and value not in choices:
                    yield _impossible(spec, keys, dependency.text("on"), value, choices)


def _required_values(dependency: Item) -> Iterator[tuple[Keys, Any]]:
    when = dependency.inner("when")
    if "equals" in when.value:
        yield when.way("equals"), when.value["equals"]
    for index, value in when.listed("in"):
        yield when.way("in", index), value


def _impossible(spec: Spec, keys: Keys, on: str, value: Any, choices: list[Any]) -> Problem:
    texts = [one for one in choices if isinstance(one, str)]
    near = hint(value, texts) if isinstance(value, str) else ""
    message = f'configuration "{shown(on)}" cannot be "{shown(str(value))}"{near}'
    fix = Fix("write one of " + ", ".join(shown(str(one)) for one in choices[:12]))
    return Problem(spec.document.at(*keys), message, fix)


@rule("SPC128", bad=edited(_SAAS_OFF, _oauth("apiUrl", ".oauthData.accessToken")))
def open_oauth_secret(spec: Spec, integration: Integration) -> Problems:
    """A configuration that OAuth sets to a secret is marked as sensitive.

    Port hides and encrypts only what is marked.
    """
    for secret in spec.secrets:
        name = secret.text("name")
        item = spec.by_name.get(name)
        if item and item.value.get("sensitive", False) is False:
            message = (
                f'OAuth fills configuration "{shown(name)}" with a secret, and it is not marked as sensitive'
            )
            fix = Fix('set "sensitive: true"', _marking(spec, item, integration))
            where = spec.document.at(*item.way("sensitive" if "sensitive" in item.value else "name"))
            yield Problem(where, message, fix)


def _expressions(spec: Spec) -> Iterator[tuple[Keys, str]]:
    """Yield the jq expressions of the OAuth settings, each with the way to it."""
    for secret in spec.secrets:
        for key in ("value", "description"):
            if secret.text(key).strip():
                yield secret.way(key), secret.text(key)
    for name in spec.overrides.value:
        if spec.overrides.text(name).strip():
            yield spec.overrides.way(name), spec.overrides.text(name)


@rule("SPC129", severity=WARNING, bad=edited(_SAAS_OFF, _oauth("apiToken", "'\\\"TOKEN\\\"'")))
def broken_oauth_expression(spec: Spec) -> Problems:
    """Values, descriptions and overrides of OAuth are valid jq.

    A string in jq is written in double quotes, without backslashes before them.
    """
    expressions = list(_expressions(spec))
    faults = jq.compile_all([text for _, text in expressions]) if expressions else {}
    for keys, text in expressions:
        fault = faults.get(text)
        if fault:
            hint = '; a string is written in double quotes, as in "..."' if {"'", "\\"} & set(text) else ""
            fix = Fix("write a jq expression" + hint)
            yield Problem(spec.document.at(*keys), f"this is no jq expression: {fault.message}", fix)
