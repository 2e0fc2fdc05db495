"""YAML 1.2 documents, read with PyYAML's C parser.

Scalars follow the core schema of YAML 1.2 (chapter 10.3), so `on`, `yes` and `12:30` are text. Keys are text,
aliases are written out; tags and merge keys are refused, because readers differ on them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from seatrial.documents import yaml_causes
from seatrial.documents.document import (
    BOM,
    MAX_DEPTH,
    MAX_NODES,
    MAX_REPEATED,
    MAX_TEXT,
    Document,
    Fault,
    FaultKind,
    Keys,
    Lines,
    Place,
    RefusedError,
    decoded,
    refused,
    repeated,
)
from seatrial.documents.messages import shown, yaml_problem

_TOO_MANY = f"more than {MAX_NODES:,} keys and values, aliases written out"
_TOO_LONG = f"more than {MAX_TEXT:,} characters in keys and values, aliases written out"
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep, aliases written out"
_CORE = "tag:yaml.org,2002:"
_MAP, _SEQ, _STR = f"{_CORE}map", f"{_CORE}seq", f"{_CORE}str"
_SPECIAL = frozenset("tTfFnN~+-.0123456789")
_SCALAR = re.compile(
    r"(?P<null>~|null|Null|NULL|)"
    r"|(?P<bool>true|True|TRUE|false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_Fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LimitError(Exception):
    """Collections nest too deep, or values are too many, below a node that starts at this index."""


class _Loader(_Fastest):  # type: ignore[misc]
    """A composer that tags nodes as YAML 1.2 does.

    The C composer recurses without a guard; it calls these methods around every node, so depth and number are
    counted here.
    """

    depth = 0
    nodes = 0

    def descend_resolver(self, current_node: Node | None, current_index: Any) -> None:
        self.depth += 1
        self.nodes += 1
        if current_node and (self.depth > MAX_DEPTH + 1 or self.nodes > MAX_NODES):
            raise _LimitError(current_node.start_mark.index, self.nodes)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:
        if kind is not ScalarNode:
            return _MAP if kind is MappingNode else _SEQ
        if not implicit[0] or (value and value[0] not in _SPECIAL):
            return _STR
        match = _SCALAR.fullmatch(value or "")
        return f"{_CORE}{match.lastgroup}" if match else _STR


def load(path: str, data: bytes) -> Document:
    """Read a file that holds one YAML document; an empty one has the value None."""
    try:
        text = decoded(data).removeprefix(BOM)
        reading = _Reading(text)
        value = reading.value(_root(text), 1)
    except RefusedError as refusal:
        return refused(path, refusal, data)
    faults = tuple(dict.fromkeys(reading.faults))[:MAX_REPEATED]
    return Document(path, value, faults, partial(_places, text))


def syntax_faults(data: bytes) -> tuple[Fault, ...]:
    """Return the syntax faults of foreign YAML, in which any tags and many documents are allowed."""
    try:
        text = decoded(data).removeprefix(BOM)
        _guarded(text, _walk_events)
    except RefusedError as refusal:
        return refused("", refusal, data).faults
    return ()


def _walk_events(text: str) -> None:
    """Parse to the end, or to where collections nest too deep: there the parser takes quadratic time."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _LimitError(event.start_mark.index if event.start_mark else 0, 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _root(text: str) -> Node | None:
    root: Node | None = _guarded(text, lambda text: yaml.compose(text, Loader=_Loader))
    return root


def _guarded(text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except _LimitError as error:
        raise _beyond(text, error) from None
    except yaml.MarkedYAMLError as error:
        raise _first_refusal(text, error, parse) from None
    except yaml.YAMLError:
        raise _unprintable(text) from None


def _first_refusal(text: str, error: yaml.MarkedYAMLError, parse: Callable[[str], Any]) -> RefusedError:
    """Return the refusal of a text for the first thing that is wrong with it.

    The scanner reads up to 1,024 characters ahead of the parser, and since PyYAML 6.0.4 it has a limit of nesting of
    its own. So what stands before its error is parsed by itself: our limit, or another error, may come first.
    """
    before = min((mark.index for mark in (error.context_mark, error.problem_mark) if mark), default=0)
    try:
        parse(text[:before])
    except _LimitError as limit:
        return _beyond(text, limit)
    except yaml.MarkedYAMLError as earlier:
        error = earlier if _index(earlier) < before else error
    problem = error.problem or ""
    kind = FaultKind.LIMIT if "nesting depth" in problem else FaultKind.SYNTAX
    line, column = Lines(text).at(_index(error))
    cause = yaml_causes.cause(text, line, _is_read) if kind is FaultKind.SYNTAX else None
    if cause:
        return RefusedError(kind, cause.message, cause.line, cause.column)
    return RefusedError(kind, yaml_problem(problem), line, column)


def _is_read(text: str) -> bool:
    """Return whether a text has no fault of syntax and is not nested too deep."""
    try:
        _walk_events(text)
    except (yaml.YAMLError, _LimitError):
        return False
    return True


def _beyond(text: str, error: _LimitError) -> RefusedError:
    index, nodes = error.args
    message = _TOO_MANY if nodes > MAX_NODES else _TOO_DEEP
    return RefusedError(FaultKind.LIMIT, message, *Lines(text).at(index))


def _index(error: yaml.MarkedYAMLError) -> int:
    """Return the index of an error: of the key that lacks its colon, not of the place where the scanner gave up."""
    keyed = error.context == "while scanning a simple key"
    mark = (error.context_mark if keyed else None) or error.problem_mark or error.context_mark
    return mark.index if mark else 0


def _unprintable(text: str) -> RefusedError:
    found = _UNPRINTABLE.search(text)
    if not found:
        return RefusedError(FaultKind.SYNTAX, "the file cannot be read as YAML")
    message = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
    return RefusedError(FaultKind.SYNTAX, message, *Lines(text).at(found.start()))


class _Reading:
    """One walk from nodes to values; `faults` are those that leave a value."""

    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._text = text
        self._left = MAX_NODES
        self._text_left = MAX_TEXT

    def value(self, node: Node | None, depth: int) -> Any:
        """Return the value of a node inside `depth` - 1 collections."""
        self._left -= 1
        if self._left < 0:
            raise self._refuse(node, _TOO_MANY, FaultKind.LIMIT)
        if node is None:
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if depth > MAX_DEPTH:
            raise self._refuse(node, _TOO_DEEP, FaultKind.LIMIT)
        if isinstance(node, MappingNode) and node.tag == _MAP:
            return self._mapping(node, depth)
        if isinstance(node, SequenceNode) and node.tag == _SEQ:
            return [self.value(part, depth + 1) for item in node.value for part in self._parts(item)]
        raise self._tagged(node)

    def _parts(self, item: Node) -> Sequence[Node]:
        """Return the parts of a list's item, each of which is read as an item; each but the first is a fault."""
        first, *others = _parts(item)
        for part in others:
            key = part.value[0][0]
            message = f'the key {shown(key.value)} begins the next item of the list, which lacks its "-"'
            self.faults.append(
                Fault(
                    FaultKind.DUPLICATE_KEY,
                    message,
                    *self._place(key),
                    f'write "- " before {shown(key.value)}',
                )
            )
        return [first, *others]

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in value:
                self.faults.append(repeated(key, self._place(key_node)))
            value[key] = self.value(value_node, depth + 1)
        return value

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self._refuse(node, "a key must be text; put text that starts with a bracket in quotes")
        if node.tag != _STR:
            wanted = f'; put it in quotes: "{node.value}"' if node.value else ', and none stands before ":"'
            raise self._refuse(node, f"a key must be text{wanted}")
        if node.value == "<<" and not node.style:
            raise self._refuse(node, 'the merge key "<<" is not part of YAML 1.2; write the keys out')
        self._take(node)
        return str(node.value)

    def _take(self, node: ScalarNode) -> None:
        """Count the characters of a scalar, which aliases repeat. Raises RefusedError where they are too many."""
        self._text_left -= len(node.value)
        if self._text_left < 0:
            raise self._refuse(node, _TOO_LONG, FaultKind.LIMIT)

    def _scalar(self, node: ScalarNode) -> Any:
        self._take(node)
        read = _SCALARS.get(node.tag)
        if not read:
            raise self._tagged(node)
        try:
            return read(node.value)
        except ValueError:
            message = f"{shown(node.value)} cannot be read as {node.tag.removeprefix(_CORE)}"
            raise self._refuse(node, message) from None

    def _tagged(self, node: Node) -> RefusedError:
        tag = node.tag.replace(_CORE, "!!")
        return self._refuse(node, f"the tag {shown(tag)} is not allowed; write the plain value")

    def _refuse(self, node: Node | None, message: str, kind: FaultKind = FaultKind.SYNTAX) -> RefusedError:
        return RefusedError(kind, message, *(self._place(node) if node else (1, 1)))

    def _place(self, node: Node) -> tuple[int, int]:
        return self._lines.at(node.start_mark.index)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)


def _null(text: str) -> None:
    if text not in ("", "~", "null", "Null", "NULL"):
        raise ValueError


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _int(text: str) -> int:
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    _STR: str,
    f"{_CORE}null": _null,
    f"{_CORE}bool": _bool,
    f"{_CORE}int": _int,
    f"{_CORE}float": _float,
}


def _places(text: str) -> dict[Keys, Place]:
    """Return the place of every value of a valid document; an alias has that of its anchor."""
    root = _root(text)
    if not root:
        return {}
    at = Lines(text).at
    places = {}
    pending: list[tuple[Keys, Node, Node]] = [((), root, root)]
    for keys, key, node in pending:
        places[keys] = Place(at(node.start_mark.index), at(key.start_mark.index))
        pending.extend(((*keys, name), key, value) for name, key, value in _members(node))
    return places


def _members(node: Node) -> Iterator[tuple[str | int, Node, Node]]:
    if isinstance(node, MappingNode):
        yield from ((key.value, key, value) for key, value in node.value)
    if isinstance(node, SequenceNode):
        parts = (part for item in node.value for part in _parts(item))
        yield from ((index, part, part) for index, part in enumerate(parts))


def _parts(item: Node) -> Sequence[Node]:
    """Return an item of a list in parts: where its first key comes again, and others with it, a "-" is missing."""
    if not isinstance(item, MappingNode) or item.flow_style:
        return (item,)
    names = [key.value for key, _ in item.value if isinstance(key, ScalarNode)]
    if len(set(names)) > len(names) - 2 or len(names) < len(item.value):
        return (item,)
    starts = [index for index, name in enumerate(names) if name == names[0]]
    parts = [range(start, end) for start, end in pairwise((*starts, len(names)))]
    own = [{names[index] for index in part} for part in parts]
    alike = all(len(keys) == len(part) > 1 for keys, part in zip(own, parts, strict=True))
    if not alike or not all(keys & own[0] - {names[0]} for keys in own):
        return (item,)
    return [
        MappingNode(item.tag, item.value[part.start : part.stop], item.value[part.start][0].start_mark)
        for part in parts
    ]
