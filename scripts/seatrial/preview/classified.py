"""Mappings in those versions of the framework that run each expression on as little as its text seems to need.

From port-ocean 0.28.14 up to 0.31, an expression of a resource with itemsToParse is run on the item alone, on the
whole object without the item, or on an empty object. If an object has several items, these versions lose values of the
whole object at random (a coroutine is cached and awaited twice); here each item is mapped as if it were the only one.
Source: `_map_entity` and `jq_input_evaluator.py` at port-labs/ocean 0.29.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum

from seatrial.core.framework import Framework
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.item_parsing import Input
from seatrial.preview.jq_answers import NO_PROGRAM, JqAnswer, Json
from seatrial.preview.mapping import Programs, as_jq

_NEEDING = re.compile(
    r"\b(?:map|select|reverse|sort|sort_by|unique|unique_by|group_by|flatten|transpose|split|explode|join|add|length"
    r"|has|in|index|indices|contains|paths|leaf_paths|keys|keys_unsorted|values|to_entries|with_entries|from_entries"
    r"|del|delpaths|walk|reduce|foreach|input|inputs|limit|first|last|nth|while|until|recurse|recurse_down|bsearch"
    r"|combinations|permutations)\b"
)
"""Functions that read their input although the expression has no dot."""

_TEXT = re.compile(r'"(?:\\.|[^"\\])*+"')
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_FROM_LIST = re.compile(r"(?<![A-Za-z0-9_.\]\)])\.\[")
_ROOT = re.compile(r"(?<![A-Za-z0-9_.\]\)])\.[A-Za-z_][A-Za-z0-9_]*")


class JqScope(Enum):
    """The input of an expression: an empty object, the item, or the whole object."""

    NOTHING = 0
    ITEM = 1
    WHOLE = 2


def scope_of(program: str, name: str, strict: bool) -> JqScope:
    """Return the input of an expression, given the `name` under which the item stands.

    It is the item if the name is read anywhere; with `strict`, only if no other key is read.
    """
    text = program.strip()
    masked = _NUMBER.sub("N", _TEXT.sub("S", text))
    if _TEXT.fullmatch(text) or not (_NEEDING.search(masked) or "." in masked):
        return JqScope.NOTHING
    return JqScope.ITEM if name and _reads_item(masked, name, strict) else JqScope.WHOLE


def _reads_item(masked: str, name: str, strict: bool) -> bool:
    if not strict:
        return bool(re.search(rf"(?<![A-Za-z0-9_])\.{re.escape(name)}(?![A-Za-z0-9_])", masked))
    roots = _ROOT.findall(masked)
    return bool(roots) and not _FROM_LIST.search(masked) and all(root == f".{name}" for root in roots)


class Classified:
    """A resource's programs as these versions run them."""

    def __init__(self, programs: Programs, framework: Framework, evaluator: Evaluator) -> None:
        self._programs = programs
        self._framework = framework
        self._evaluator = evaluator
        self._strict = framework.has("only-the-item-is-read")
        self._leaves = list(programs.named)

    def answers(self, inputs: Sequence[Input]) -> list[list[JqAnswer]]:
        """Return the answers of the selector and of every field, a list for each input."""
        asked = {text: as_jq(text, self._framework) for text in self._texts()}
        programs = list(dict.fromkeys(asked.values()))
        tables = self._evaluator.run(programs, [{}, *(one.data for one in inputs), *map(_whole, inputs)])
        named = [
            {text: dict(zip(programs, row, strict=True))[asked[text]] for text in asked} for row in tables
        ]
        pairs = zip(named[1 : len(inputs) + 1], named[len(inputs) + 1 :], strict=True)
        return [self._of(named[0], item, whole) for item, whole in pairs]

    def _texts(self) -> list[str]:
        return [self._programs.selector, *(text for _, text in self._leaves if text is not None)]

    def _of(
        self, nothing: Mapping[str, JqAnswer], item: Mapping[str, JqAnswer], whole: Mapping[str, JqAnswer]
    ) -> list[JqAnswer]:
        """Return the answers for an input; without itemsToParse the item is the whole object."""
        selector = self._programs.selector
        if scope_of(selector, "", False) is JqScope.NOTHING:
            selected = nothing[selector]
        else:
            selected = item[selector] if item[selector].value is not False else whole[selector]
        if not self._programs.items:
            return [selected, *(_or_null(text, item) for _, text in self._leaves)]
        return [selected, *self._fields(nothing, item, whole)]

    def _fields(
        self, nothing: Mapping[str, JqAnswer], item: Mapping[str, JqAnswer], whole: Mapping[str, JqAnswer]
    ) -> list[JqAnswer]:
        where = self._scopes()
        first = [item[text or ""] if where[at] is JqScope.ITEM else None for at, text in self._leaves]
        null = {_key(at) for (at, _), answer in zip(self._leaves, first, strict=True) if _is_null(answer)}
        tables = {JqScope.NOTHING: nothing, JqScope.ITEM: item, JqScope.WHOLE: whole}
        found = []
        for at, text in self._leaves:
            again = where[at] is JqScope.ITEM and _key(at) in null and "[" not in at
            found.append(_or_null(text, tables[JqScope.WHOLE if again else where[at]]))
        return found

    def _scopes(self) -> Mapping[str, JqScope]:
        """Return the input of each field by its place; all fields of a search query have the same."""
        found: dict[str, JqScope] = {}
        for at, text in self._leaves:
            found[at] = scope_of(text or "", self._programs.name, self._strict)
        for query in {_query(at) for at in found} - {""}:
            inside = [at for at in found if _query(at) == query]
            reads = any(found[at] is JqScope.ITEM and _key(at) == "value" for at in inside)
            found |= dict.fromkeys(inside, JqScope.ITEM if reads else JqScope.WHOLE)
        return found


def _is_null(answer: JqAnswer | None) -> bool:
    return answer is not None and answer.value is None


def _whole(one: Input) -> Json:
    return one.data if one.whole is None else one.whole


def _key(at: str) -> str:
    return at.rpartition(".")[2]


def _query(at: str) -> str:
    """Return the place of the search query that a field belongs to; empty for none."""
    head, mark, _ = at.partition(".rules[")
    if mark:
        return head
    return at.removesuffix(".combinator") if at.endswith(".combinator") else ""


def _or_null(text: str | None, table: Mapping[str, JqAnswer]) -> JqAnswer:
    return NO_PROGRAM if text is None else table[text]
