"""Calls and functions of an integration's code: what blocks, what handles webhooks, what resyncs."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from seatrial.core.model import Location
from seatrial.core.suggest import nearest
from seatrial.documents.functions import Function, PlacedCall
from seatrial.documents.python import Assignment, Import
from seatrial.documents.syntax import Expression
from seatrial.validate.facts.code import Code, ConfigurationUse, Read
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.python_modules import (
    AssignedValue,
    ExternalName,
    Lineage,
    LocalClass,
    PythonFiles,
    Scope,
)

_HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_RUNS = ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
BLOCKING: Mapping[str, str] = {
    "time.sleep": "asyncio.sleep",
    "builtins.open": "asyncio.to_thread, or aiofiles.open",
    "io.open": "asyncio.to_thread, or aiofiles.open",
    "builtins.input": "a configuration of the integration",
    "os.system": "asyncio.create_subprocess_exec",
    "urllib.request.urlopen": "http_async_client",
    **{f"subprocess.{name}": "asyncio.create_subprocess_exec" for name in _RUNS},
    **{f"requests.{name}": "http_async_client" for name in _HTTP},
    **{f"httpx.{name}": "http_async_client" for name in (*_HTTP, "stream")},
}
"""The functions that stop everything else while they run, by full name, and what is called instead."""

_LAST = tuple(sorted({name.rpartition(".")[2] for name in BLOCKING}))
_PACKAGES = frozenset(name.partition(".")[0] for name in BLOCKING)
_SIGNS = (
    b"time.sleep(",
    b"import sleep",
    b"time as ",
    b" open(",
    b"input(",
    b"os.system(",
    b"subprocess",
    b"import requests",
    b"from requests",
    b"httpx.get(",
    b"httpx.post(",
    b"from httpx import get",
    b"httpx as ",
    b"urlopen(",
)
"""A file without any of these is not looked into."""


@dataclass(frozen=True)
class Outside:
    """A use of something outside of the integration, by its full name and place."""

    name: str
    where: Location


def blocking_calls(code: Code) -> Iterator[Outside]:
    """Yield the calls in `async` functions that stop everything else while they run."""
    for path in code.files.holding(*_SIGNS):
        if b"async def" not in code.files.data(path):
            continue
        for placed in code.files.source(path).calls(*_LAST):
            is_async = bool(placed.functions) and placed.functions[0].is_async and not placed.awaited
            if is_async and _may_block(code, path, placed):
                name = _called(code, path, placed)
                if name in BLOCKING:
                    yield Outside(name, placed.call.where)


def waiting_calls(code: Code) -> Iterator[Outside]:
    """Yield the calls of `httpx` outside of `async` functions that wait for the answer."""
    for path in code.files.holding(b"httpx.get(", b"httpx.post(", b"httpx.request("):
        for placed in code.files.source(path).calls(*_HTTP):
            is_async = any(function.is_async for function in placed.functions)
            if not is_async and _may_block(code, path, placed):
                name = _called(code, path, placed)
                if name.startswith("httpx.") and name in BLOCKING:
                    yield Outside(name, placed.call.where)


def _may_block(code: Code, path: str, placed: PlacedCall) -> bool:
    """Whether a call begins with the name of a package with blocking functions, or with a name of its own."""
    first, dot, _ = (placed.call.function.name or "").partition(".")
    return bool(first) and (not dot or first in _PACKAGES or f" as {first}".encode() in code.files.data(path))


def printing_calls(code: Code) -> Iterator[Outside]:
    """Yield the calls of `print`, but for those in files that are run by hand."""
    for path in code.files.holding(b"print("):
        if b"__main__" in code.files.data(path):
            continue
        for placed in code.files.source(path).calls("print"):
            if _called(code, path, placed) == "builtins.print":
                yield Outside("print", placed.call.where)


def imports_of(code: Code, *packages: str) -> Iterator[Outside]:
    """Yield the imports of these packages, but for those that only type checkers read."""
    words = (f"{keyword} {package}".encode() for package in packages for keyword in ("import", "from"))
    for path in code.files.holding(*words):
        source = code.files.source(path)
        for one in source.imports:
            package = one.module.partition(".")[0]
            is_run = one.where.line not in source.lines_for_types
            if not one.level and package in packages and is_run and not code.files.owns(package):
                yield Outside(package if one.name is None else f"{one.module}.{one.name}", one.where)


def _called(code: Code, path: str, placed: PlacedCall) -> str:
    """Return the full name of what a call calls; empty where it is unknown, or of the integration."""
    name = placed.call.function.name or ""
    found = code.names.meaning(name, Scope(path)) if name else None
    if not isinstance(found, ExternalName):
        return ""
    is_bound = any(function.binds(name.partition(".")[0]) for function in placed.functions)
    return "" if is_bound else found.name


_LAZY = (b"__getattr__", b"globals()", b"setattr(", b"exec(", b"import *")
"""A module with one of these may have names that do not stand in it."""


_FROM = re.compile(rb"\n[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*(\([^)]*(?:\)|\Z)|[^\n]*)")
_WORD = re.compile(rb"\w+")
_ASIDE = re.compile(rb"#[^\n]*|\bas[ \t]+\w+")
"""What stands in an import beside the names: comments, and other names for them."""


class _Words:
    """The words of the files of an integration.

    A few are looked for where they stand, which is much faster than to take a text apart; for many, it is taken apart.
    """

    FEW = 100
    """So many words of a file, and places of each, are looked at before the file is taken apart."""

    def __init__(self, files: PythonFiles) -> None:
        self._files = files
        self._asked: Counter[str] = Counter()
        self._all: dict[str, frozenset[bytes]] = {}

    def has(self, path: str, word: bytes) -> bool:
        """Whether a word stands in a file, as a whole word."""
        self._asked[path] += 1
        if self._asked[path] > self.FEW:
            return word in self._taken_apart(path)
        data, stop = self._files.data(path), 0
        for _ in range(self.FEW):
            start = data.find(word, stop)
            if start < 0:
                return False
            stop = start + len(word)
            if not _WORD.match(data[start - 1 : start]) and not _WORD.match(data, stop):
                return True
        return word in self._taken_apart(path)

    def _taken_apart(self, path: str) -> frozenset[bytes]:
        if path not in self._all:
            self._all[path] = frozenset(_WORD.findall(self._files.data(path)))
        return self._all[path]


def lost_imports(code: Code) -> Iterator[tuple[Import, str]]:
    """Yield each import from a module of the integration of a name that does not stand in it, with its file.

    Imports that catch their own failure are left out, and so are those of modules that make names as they run. Only
    files that a look at their text makes suspect are taken apart.
    """
    words = _Words(code.files)
    for path in code.files.paths:
        data = code.files.data(path)
        if b"ImportError" in data or b"ModuleNotFoundError" in data or not _is_suspect(code, path, words):
            continue
        for one in code.files.source(path).imports:
            target = code.files.module(one, path) if one.name not in (None, "*") else None
            if target and target != path and not _may_hold(code, target, one, path, words):
                yield one, target


def _is_suspect(code: Code, path: str, words: _Words) -> bool:
    """Whether a file imports from a module of the integration a word that does not stand there."""
    for dots, module, names in _imports(code.files.data(path)):
        imported = Import(Location(path), module.decode("utf-8", "replace"), None, "", len(dots))
        target = code.files.module(imported, path)
        named = set(_WORD.findall(_ASIDE.sub(b"", names))) if target else ()
        for name in [one for one in named if target and not words.has(target, one)]:
            if not code.files.submodule(replace(imported, name=name.decode("utf-8", "replace")), path):
                return True
    return False


def _imports(data: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """Return the dots, the module and the names of each `from` import, as they are written."""
    return _FROM.findall(b"\n" + data) if b"import" in data else []


def misspelled_modules(code: Code) -> Iterator[tuple[Import, str]]:
    """Yield each import from an unknown module whose name is nearly that of a module that has the imported name."""
    own = {path.removesuffix(".py"): path for path in code.files.paths if "/" not in path}
    found = ((path, _imports(code.files.data(path))) for path in code.files.paths)
    heads = {
        (path, module.decode("utf-8", "replace"))
        for path, rows in found
        for dots, module, _ in rows
        if not dots
    }
    outside = {one for _, one in heads if "." not in one and one not in sys.stdlib_module_names}
    if len(outside) * len(own) > MOST_COMPARED:
        return
    near = {one: nearest(one, own) for one in outside if not code.files.owns(one)}
    defined = {one: frozenset(_DEFINED.findall(code.files.data(own[one]))) for one in near.values() if one}
    for path in sorted({path for path, one in heads if near.get(one)}):
        for one in code.files.source(path).imports:
            meant = near.get(one.module) if not one.level else None
            if meant and one.name and one.name.encode() in defined[meant]:
                yield one, meant


MOST_COMPARED = 50_000
"""The most pairs of names whose spelling is compared in an integration, which takes half a second."""

_DEFINED = re.compile(rb"^(?:class|def|async def) (\w+)\b", re.M)


def _may_hold(code: Code, target: str, imported: Import, importer: str, words: _Words) -> bool:
    """Whether a module may have the name that is imported from it: as a word, as a module, or made as it runs."""
    name = (imported.name or "").encode()
    data = code.files.data(target)
    stands = not data or any(word in data for word in _LAZY) or words.has(target, name)
    return stands or code.files.submodule(imported, importer) is not None or _is_folder(code, target, name)


def _is_folder(code: Code, package: str, name: bytes) -> bool:
    """Whether a package has a folder of a name, which needs no `__init__.py`."""
    below = f"{package.removesuffix('__init__.py')}{name.decode()}/"
    return package.endswith("__init__.py") and any(path.startswith(below) for path in code.files.paths)


@dataclass(frozen=True)
class Unset:
    """A class that lacks what its base declares without a value, and has a name that is nearly that of it."""

    local: LocalClass
    base: LocalClass
    name: str
    near: Assignment


_DECLARED = re.compile(rb"\n[ \t]+\w+: [\w.\[\], |]*[\w\]]$", re.M)


def unset_declarations(code: Code) -> Iterator[Unset]:
    """Yield the classes that misspell an attribute that a base of the integration declares without a value.

    Models and data classes, whose declarations are fields, are left out.
    """
    bases, left = frozenset(_declaring(code)), MOST_COMPARED
    given: dict[str, frozenset[bytes]] = {}
    names = [base.definition.name.encode() for base in bases]
    for path in code.files.holding(*names) if names else ():
        for local in code.names.module(path).classes.values():
            if not local.definition.bases or not local.assignments:
                continue
            lineage = code.names.lineage(local)
            if bases.intersection(lineage.local[1:]) and lineage.whole and not _has_fields(code, lineage):
                left -= len(local.assignments) * sum(len(base.assignments) for base in lineage.local[1:])
                if left < 0:
                    return
                yield from _unset(code, local, lineage.local[1:], given)


def _declaring(code: Code) -> Iterator[LocalClass]:
    """Yield the classes that declare an attribute without a value."""
    for path in code.files.holding(b"class "):
        data = code.files.data(path)
        if not any(maker in data for maker in _MAKERS) and _DECLARED.search(data):
            for local in code.names.module(path).classes.values():
                if any(one.value is None for one in local.assignments.values()):
                    yield local


_MAKERS = (b"dataclass", b"@attr", b"@define", b"pydantic")
"""Signs of files whose declarations may be fields."""


def _has_fields(code: Code, lineage: Lineage) -> bool:
    files = {code.files.data(one.path) for one in lineage.local}
    return any(maker in data for maker in _MAKERS for data in files)


def _unset(
    code: Code, local: LocalClass, bases: Sequence[LocalClass], given: dict[str, frozenset[bytes]]
) -> Iterator[Unset]:
    own = [name for name in local.assignments if not any(name in base.assignments for base in bases)]
    for base in bases if own else ():
        for name in base.assignments:
            near = nearest(name, own, cutoff=0.85)
            if near and not any(_sets(code, one, name, given) for one in (local, *bases)):
                yield Unset(local, base, name, local.assignments[near])


_GIVEN = re.compile(rb"\.(\w++)(?=\s*+(?::[^=\n]{1,300})?=[^=])")
"""An attribute that is given a value: `self.name = ` or `self.name: type = `."""


def _sets(code: Code, local: LocalClass, name: str, given: dict[str, frozenset[bytes]]) -> bool:
    """Whether a class gives a value to a name: in its body, as a method, or in a method; files are read once."""
    if local.path not in given:
        given[local.path] = frozenset(_GIVEN.findall(code.files.data(local.path)))
    declared = local.assignments.get(name)
    is_set = name in local.definition.methods or (declared is not None and declared.value is not None)
    return is_set or name.encode() in given[local.path]


MOST_READS = 200
"""The most reads of configurations in a file that is looked into; each costs a look at all of it."""

_KEY_END = re.compile(r"""["'],?\s*[\])]""")
_ASSIGNED = re.compile(r"^(?P<indent>[ \t]*)(?P<name>\w+)\s*(?::[^=\n]+)?=\s*[\w.\[(]*\s*[\"']?\Z", re.M)
_USED = re.compile(r"\s*[.\[]")


def unguarded_reads(use: ConfigurationUse) -> Iterator[Read]:
    """Yield the reads of configurations that may be missing whose value is used as if it were there.

    A read does not count where its file asks elsewhere whether there is a value, nor where something tests the name
    that it is given to.
    """
    optional = {key for key, item in use.declared.items() if _may_be_missing(item)}
    known = [one for one in use.code.configuration_reads if one and one.written and one.key in optional]
    count = Counter(one.where.path for one in known)
    reads = [one for one in known if count[one.where.path] <= MOST_READS]
    asked = {(one.where.path, one.key) for one in reads if _asks(use.code, one)}
    for one in reads:
        if (
            not one.forgiving
            and (one.where.path, one.key) not in asked
            and _is_taken_for_granted(use.code, one)
        ):
            yield one


_ASKING = re.compile(rb"\b(?:if|elif|while|and|or|not|assert|match)\b|:=")


def _asks(code: Code, read: Read) -> bool:
    """Whether a read may ask whether there is a value: with `get`, in a line with a condition, or by its failure."""
    data = code.files.data(read.where.path)
    line = data.split(b"\n")[read.where.line - 1]
    return b"get(" in line or b"AttributeError" in data or _ASKING.search(line) is not None


def _may_be_missing(item: Item) -> bool:
    stated = item.value
    is_optional = stated.get("required", False) is False
    return is_optional and "default" not in stated and "dependencies" not in stated


def _is_taken_for_granted(code: Code, read: Read) -> bool:
    """Whether the value is used right behind its look-up, or only so under the name that it is given to."""
    text = code.files.data(read.where.path).decode("utf-8", "replace")
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: read.where.line - 1]) + read.where.column - 1
    end = _KEY_END.search(text, start, start + len(read.key) + 40)
    if not end:
        return False
    given = _ASSIGNED.search(text, max(0, start - 200), start)
    if _USED.match(text, end.end()):
        return given is None or not text[end.end() :].lstrip().startswith("[")
    return given is not None and _is_only_used(text[end.end() :], given["name"], len(given["indent"]))


def _is_only_used(rest: str, name: str, indent: int) -> bool:
    """Whether each use of a name in the rest of its block takes a part of it; a block ends where less is indented."""
    inside = takewhile(
        lambda line: not line.strip() or len(line) - len(line.lstrip()) >= indent, rest.split("\n")[1:]
    )
    block = "\n".join(inside)
    uses = [match.end() for match in re.finditer(rf"(?<![\w.\"']){name}\b(?!\s*=[^=])", block)]
    return bool(uses) and all(_USED.match(block, place) for place in uses)


_LAST_PART = re.compile(r"[fF](?P<quote>[\"'])[^\"']*\}[^\"'{}]*/[^\"'{}/]+(?P=quote)")
"""A text such as f"{base}/api", whose last part `urljoin` replaces."""


def lossy_joins(code: Code) -> Iterator[Expression]:
    """Yield the base of each `urljoin` that ends in a part that the other address replaces."""
    for path in code.files.holding(b"urljoin"):
        for placed in code.files.source(path).calls("urljoin"):
            base = placed.call.arguments[0] if placed.call.arguments else None
            if base and _LAST_PART.fullmatch(base.text) and _called(code, path, placed).startswith("urllib."):
                yield base


_CLIENT = re.compile(rb"^[ \t]*([\w.]+)[ \t]*(?::[^=\n]+)?=[ \t]*http_async_client[ \t\r]*$", re.M)
_SETTINGS = ("auth", "timeout", "follow_redirects", "headers", "cookies", "params")


def shared_settings(code: Code) -> Iterator[Outside]:
    """Yield the settings that are set on Ocean's HTTP client, which all of the code shares."""
    for path in code.files.holding(b"http_async_client"):
        clients = {b"http_async_client", *_CLIENT.findall(code.files.data(path))}
        names = {name.decode("ascii", "replace") for name in clients}
        source = code.files.source(path)
        for holder, setting, where in source.settings(*_SETTINGS):
            if holder in names:
                yield Outside(f"{holder}.{setting}", where)
        for placed in source.calls("update"):
            holder, _, rest = (placed.call.function.name or "").rpartition(".headers")
            if holder in names and rest == ".update":
                yield Outside(f"{holder}.headers", placed.call.where)


def listing_resyncs(code: Code) -> Iterator[Function]:
    """Yield the resync functions that return their objects at once instead of yielding batches."""
    for path in code.files.holding(b"on_resync"):
        for function in code.files.source(path).decorated("on_resync"):
            if function.is_async and not function.yields and _returns_objects(function):
                yield function


def _returns_objects(function: Function) -> bool:
    return any(value.text not in ("None", "[]") for value in function.returns)


def functions_named(code: Code, name: str, *near: bytes) -> Iterator[Function]:
    """Yield the methods of a name in files that also hold one of these words."""
    holding = set(code.files.holding(*near))
    for path in code.files.holding(b"def " + name.encode()):
        if path in holding:
            yield from (one for one in code.files.source(path).functions(name) if one.class_name)


@dataclass(frozen=True)
class WebhookPath:
    """The path of a webhook; `template` is its text where it has a variable part.

    `is_computed` is true where it is put together, and not only written down or named.
    """

    where: Location
    template: str = ""
    is_computed: bool = False


def webhook_paths(code: Code) -> Iterator[WebhookPath]:
    """Yield the path of each registered webhook processor, and that of each executor."""
    for path in code.files.holding(b"add_webhook_processor"):
        for call in code.files.source(path).uses("add_webhook_processor"):
            given = (call.keywords.get("path") or next(iter(call.arguments), None)) if call else None
            if given:
                yield _webhook_path(code, given, Scope(path))
    for path in code.files.holding(b"WEBHOOK_PATH"):
        for local in code.names.module(path).classes.values():
            declared = local.assignments.get("WEBHOOK_PATH")
            if declared and declared.value and "ACTION_NAME" in local.assignments:
                yield _webhook_path(code, declared.value, Scope(path))


def _webhook_path(code: Code, given: Expression, scope: Scope) -> WebhookPath:
    texts = code.names.texts(given, scope)
    if texts:
        return WebhookPath(given.where, next((text for text in sorted(texts) if "{" in text), ""))
    found = code.names.meaning(given.name, scope) if given.name else None
    written = found.expression if isinstance(found, AssignedValue) else given
    if written.name or written.subscript or _is_constant(code, written, scope):
        return WebhookPath(given.where)
    is_template = bool(written.parts)
    return WebhookPath(given.where, written.text if is_template else "", not is_template)


def _is_constant(code: Code, written: Expression, scope: Scope) -> bool:
    """Whether an expression is put together from constants of the code."""
    names = [code.names.texts(part, scope) for part in written.parts]
    if not names and written.call is None:
        names = [_text_of(code, name, scope) for name in written.names()]
    return bool(names) and None not in names


def _text_of(code: Code, name: str, scope: Scope) -> frozenset[str] | None:
    found = code.names.meaning(name, scope)
    return code.names.texts(found.expression, found.scope) if isinstance(found, AssignedValue) else None


_UNCALLED_ENDS = (
    b".raise_for_status ",
    *(b".%b%b" % (n, e) for n in (b"raise_for_status", b"aclose", b"json") for e in (b"\n", b"\r")),
)
_UNCALLED = re.compile(rb"^[ \t]+(?:await[ \t]+)?[\w.]+\.(raise_for_status|aclose|json)[ \t]*\r?$", re.M)


def uncalled_methods(code: Code) -> Iterator[Outside]:
    """Yield the statements that name a method of a response or a client, and do not call it."""
    for path in code.files.holding(*_UNCALLED_ENDS):
        named = {match[1].decode() for match in _UNCALLED.finditer(code.files.data(path))}
        for name in sorted(named):
            for where in code.files.source(path).bare_statements(name):
                yield Outside(name, where)
