"""What the code hands to Ocean when it starts: processors, executors, resync functions and the class of the mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from seatrial.core.model import Location
from seatrial.core.suggest import nearest
from seatrial.documents.functions import Function
from seatrial.documents.python import Assignment
from seatrial.documents.syntax import Call, Expression
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.python_models import FRAMEWORK, field_calls, literal_values
from seatrial.validate.facts.python_modules import AssignedValue, ExternalName, LocalClass, Scope

PROCESSOR, EXECUTOR = "AbstractWebhookProcessor", "AbstractExecutor"
METHODS: Mapping[str, tuple[str, ...]] = {
    PROCESSOR: ("authenticate", "validate_payload", "handle_event"),
    EXECUTOR: ("is_close_to_rate_limit", "get_remaining_seconds_until_rate_limit", "execute"),
}
"""The methods that a class must define, by the class of Ocean that it inherits from."""

OF_EVENTS = ("should_process_event", "get_matching_kinds")
"""The methods that a processor must define as well, since live events came."""

AWAITED: Mapping[str, tuple[str, ...]] = {
    PROCESSOR: (
        *METHODS[PROCESSOR],
        *OF_EVENTS,
        "before_processing",
        "after_processing",
        "on_error",
        "cancel",
    ),
    EXECUTOR: METHODS[EXECUTOR],
}
"""The methods whose results Ocean awaits, by the class of Ocean that they are methods of."""

_ALL_AWAITED = frozenset(name for names in AWAITED.values() for name in names)
_PLAIN_METHOD = re.compile(rb"^[ \t]+def (?:%s)\(" % "|".join(sorted(_ALL_AWAITED)).encode(), re.M)

LISTENED = ("on_resync", "on_start")
"""The decorators of functions whose results Ocean awaits."""

HANDLER = "AppConfigHandlerClass"
"""The class inside of an integration's own by which Ocean finds the class of the mapping."""

_ADDITIONS = frozenset({"ABC", "Generic", "object"})
"""Bases beside Ocean's that define none of its methods."""

_WRITTEN = re.compile(rb"return \[\s*[\"\']")
"""A list that begins with a constant text and is returned."""

_LOOKED_UP = (
    *(b"__subclasses__", b"__init_subclass__", b"globals()", b"getmembers", b"importlib", b"pkgutil"),
    *(b"vars(", b"getattr(sys"),
)
"""Signs that classes are found by other means than by their names."""

_BY_NAME = re.compile(rb"\bgetattr\(\s*\w+,\s*(?![\"'])|__dict__|\bdir\(|\blocals\(\)")
"""A look-up of a class by a name that is put together, in a file that registers some."""

_SET = re.compile(rb"^[ \t]*(\w+)[ \t]*(?::[^=\n]{1,200})?=[^=]", re.M)
_CLASS = re.compile(rb"^class (\w+)\(([^)]{0,500})\)", re.M)
_COMPARED = re.compile(r"\s(?:[=!]=|[<>]=?|in|is)\s|^not\s")

_ENUMS = frozenset({"Enum", "StrEnum"})

_ERROR = "ActionExecutionError"


def executor_classes(code: Code) -> Sequence[LocalClass]:
    """The executors that set an `ACTION_NAME`."""
    paths = code.files.holding(b"ACTION_NAME")
    classes = [local for path in paths for local in code.names.module(path).classes.values()]
    return [local for local in classes if _has_value(local, "ACTION_NAME") and _is_executor(code, local)]


def _has_value(local: LocalClass, name: str) -> bool:
    declared = local.assignments.get(name)
    return declared is not None and declared.value is not None


def _is_executor(code: Code, local: LocalClass) -> bool:
    return any(one.last == EXECUTOR for one in code.names.lineage(local).external)


def registered(code: Code) -> frozenset[str] | None:
    """The names of the classes of which an object is registered; None where a registration is unknown."""
    found: set[str] = set()
    for path in code.files.holding(b"register_action_executor", b"register_executor"):
        source = code.files.source(path)
        for call in (*source.uses("register_action_executor"), *source.uses("register_executor")):
            made = call.arguments[0].call if call and len(call.arguments) == 1 else None
            if made is None or made.function.name is None:
                return None
            meaning = code.names.meaning(made.function.name, Scope(path))
            if not isinstance(meaning, LocalClass):
                return None
            found |= {local.definition.name for local in code.names.lineage(meaning).local}
    return frozenset(found)


def input_reads(code: Code) -> Iterator[tuple[str, str, Location]]:
    """The inputs that are read in files with one executor: the action, the input, the place."""
    actions: dict[str, list[str | None]] = {}
    for one in code.executors:
        actions.setdefault(one.where.path, []).append(one.action)
    for path in code.files.holding(b"execution_properties"):
        known = actions.get(path, [])
        if len(known) == 1 and known[0]:
            for look_up in code.files.source(path).look_ups("execution_properties"):
                for key in sorted(code.names.texts(look_up.key, Scope(path)) or ()):
                    yield known[0], key, look_up.key.where


def misplaced_errors(code: Code) -> Mapping[str, Location]:
    """The names of the errors that executors raise and that are known to be of another class, each where first."""
    names = {local.definition.name for local in executor_classes(code)}
    found: dict[str, Location] = {}
    for path in code.files.holding(b"ACTION_NAME"):
        for function in code.files.source(path).functions("execute"):
            for raised in function.raises if function.class_name in names else ():
                name = raised.call.function.name if raised.call else raised.name
                if name and _is_other(code, name, path):
                    found.setdefault(name, raised.where)
    return found


def _is_other(code: Code, name: str, path: str) -> bool:
    found = code.names.meaning(name, Scope(path))
    if isinstance(found, ExternalName):
        return found.name.startswith("builtins.") and found.last != "NotImplementedError"
    if not isinstance(found, LocalClass):
        return False
    lineage = code.names.lineage(found)
    return lineage.whole and not any(one.last == _ERROR for one in lineage.external)


@dataclass(frozen=True)
class Lack:
    """A method that a class of the integration lacks; `near` is one of its own with nearly this name, if any."""

    name: str
    class_name: str
    where: Location
    near: str = ""


def registered_processors(code: Code) -> Iterator[tuple[Expression, Expression | None, Scope]]:
    """Yield each registered processor: what is given as its class, its path, and the scope."""
    for path, call in code.processor_calls:
        given = {**dict(zip(("path", "processor"), call.arguments, strict=False)), **call.keywords}
        if processor := given.get("processor"):
            yield processor, given.get("path"), Scope(path)


def _handed(code: Code) -> Iterator[LocalClass]:
    """Yield the classes of which Ocean makes objects, or is given one."""
    for processor, _, scope in registered_processors(code):
        found = code.names.meaning(processor.name, scope) if processor.name else None
        if isinstance(found, LocalClass):
            yield found
    yield from executor_classes(code)


def lacking_methods(code: Code, has_events: bool) -> Iterator[Lack]:
    """Yield the methods that Ocean's classes leave to the integration and that its own do not define, each once."""
    seen: set[tuple[str, Location]] = set()
    for local in _handed(code):
        if _is_surely_whole(code, local):
            continue
        for lack in _lacking(code, local, has_events):
            if (lack.name, lack.where) not in seen:
                seen.add((lack.name, lack.where))
                yield lack


def _is_surely_whole(code: Code, local: LocalClass) -> bool:
    """Return whether a processor is the only class of its file, which has all methods; this asks for no other file."""
    data = code.files.data(local.path)
    return data.count(b"class ") == 1 and {*METHODS[PROCESSOR], *OF_EVENTS} <= {*local.definition.methods}


def _lacking(code: Code, local: LocalClass, has_events: bool) -> Iterator[Lack]:
    lineage = code.names.lineage(local)
    bases = {one.last for one in lineage.external} - _ADDITIONS
    base = next(iter(bases)) if len(bases) == 1 else ""
    if not lineage.whole or base not in METHODS:
        return
    needed = METHODS[base] + (OF_EVENTS if base == PROCESSOR and has_events else ())
    own = {name for one in lineage.local for name in (*one.definition.methods, *one.assignments)}
    for name in needed:
        if name not in own:
            yield _lack(code, lineage.local, name, own - {*needed})


def _lack(code: Code, classes: tuple[LocalClass, ...], name: str, others: set[str]) -> Lack:
    """Return the lack of a method, at one with nearly its name, or else at the class next to Ocean's."""
    near = nearest(name, others) or next((one for one in sorted(others) if name.startswith(f"{one}_")), "")
    holder = next((one for one in classes if near in one.definition.methods), classes[-1])
    called = (one for one in code.files.source(holder.path).functions(near)) if near else iter(())
    own = [one.where for one in called if one.class_name == holder.definition.name]
    return Lack(name, holder.definition.name, own[0] if own else holder.definition.where, near if own else "")


def odd_registrations(code: Code) -> Iterator[tuple[Expression, str]]:
    """Yield what is registered as the wrong thing, a class for an object or the reverse, and the name of the class."""
    for path in code.files.holding(b"register_action_executor"):
        for call in code.files.source(path).uses("register_action_executor"):
            is_given = call and len(call.arguments) == 1 and code.is_of_ocean(call, path)
            given = call.arguments[0] if call and is_given else None
            if given and given.name and isinstance(code.names.meaning(given.name, Scope(path)), LocalClass):
                yield given, given.name
    for processor, _, scope in registered_processors(code):
        made = processor.call.function.name if processor.call else None
        if made and isinstance(code.names.meaning(made, scope), LocalClass):
            yield processor, made


def unrooted_paths(code: Code) -> Iterator[tuple[Expression, str]]:
    """Yield the constant paths of processors that do not begin with a slash."""
    for _, given, scope in registered_processors(code):
        texts = code.names.texts(given, scope) if given else None
        if given and texts and len(texts) == 1 and not (text := next(iter(texts))).startswith("/"):
            yield given, text


def bare_decorators(code: Code) -> Iterator[Location]:
    """Yield the functions that are decorated with `ocean.on_resync` itself, which is not called."""
    for path in code.files.holding(b"on_resync"):
        source = code.files.source(path)
        yield from source.bare_decorators("on_resync")


@dataclass(frozen=True)
class Stranger:
    """A member that an enumeration of the integration does not have; `near` is one that it has."""

    expression: Expression
    enum: LocalClass
    name: str
    near: str | None


def unknown_members(code: Code) -> Iterator[Stranger]:
    """Yield the members of enumerations that registrations and the kinds of resource classes name in vain."""
    registered = code.registrations if code.resynced_kinds is None else ()
    declared = _kinds(code) if code.accepted_kinds is None else ()
    for expression, scope in (*registered, *declared):
        if expression is None or code.names.texts(expression, scope) is not None:
            continue
        holder, _, name = (expression.name or "").rpartition(".")
        found = code.names.meaning(holder, scope) if holder else None
        if isinstance(found, LocalClass) and _is_plain_enum(code, found):
            members = {one for local in code.names.lineage(found).local for one in local.assignments}
            methods = {one for local in code.names.lineage(found).local for one in local.definition.methods}
            if name not in members | methods and not name.startswith("_"):
                yield Stranger(expression, found, name, nearest(name, members))


def _kinds(code: Code) -> Iterator[tuple[Expression, Scope]]:
    for path in code.files.holding(b"kind: Literal["):
        for local in code.names.module(path).classes.values():
            declared = local.assignments.get("kind")
            subscript = declared.annotation.subscript if declared and declared.annotation else None
            for one in subscript.keys if subscript else ():
                yield one, local.inside


def _is_plain_enum(code: Code, local: LocalClass) -> bool:
    lineage = code.names.lineage(local)
    return lineage.whole and {one.last for one in lineage.external} & _ENUMS != set()


def odd_defaults(code: Code) -> Iterator[tuple[Expression, tuple[object, ...]]]:
    """Yield the defaults of fields that are none of the values of their `Literal[...]`, with those values."""
    selectors = set(code.files.holding(b"Selector)"))
    for path in sorted(selectors.intersection(code.files.holding(b"Literal["))):
        for local in code.names.module(path).classes.values():
            for declared in local.assignments.values():
                annotation = declared.annotation
                if annotation and annotation.text.startswith("Literal[") and declared.value:
                    yield from _odd_default(code, annotation, declared.value, local)


def _odd_default(
    code: Code, annotation: Expression, value: Expression, local: LocalClass
) -> Iterator[tuple[Expression, tuple[object, ...]]]:
    given = value
    if value.call:
        if value.call.method != "Field" and value.call.function.name != "Field":
            return
        found = value.call.keywords.get("default") or next(iter(value.call.arguments), None)
        if found is None:
            return
        given = found
    allowed = literal_values(code.names, annotation, local.inside)
    texts = code.names.texts(given, local.inside)
    if allowed and texts and len(texts) == 1 and not {*texts} & {*allowed}:
        yield given, allowed


@dataclass(frozen=True)
class LostConfig:
    """A `CONFIG_CLASS` that Ocean does not find: the place, the name that is wrong, what it is, and what is meant."""

    where: Location
    name: str
    what: str
    meant: str


def lost_configs(code: Code) -> Iterator[LostConfig]:
    """Yield each `CONFIG_CLASS` that is no class of a mapping, or stands in a class where Ocean does not look."""
    for path in code.files.holding(b"CONFIG_CLASS"):
        for holder in code.names.module(path).classes.values():
            declared = holder.assignments.get("CONFIG_CLASS")
            value = declared.value if declared else None
            own, (outer, _, inside) = holder.definition.name, holder.definition.qualified_name.rpartition(".")
            around = code.names.module(path).classes.get(outer)
            is_elsewhere = around and code.names.field(around, HANDLER)
            if value and around and not is_elsewhere and own != HANDLER and nearest(own, [HANDLER]):
                what = "is not the name by which Ocean finds CONFIG_CLASS"
                yield LostConfig(holder.definition.where, own, what, HANDLER)
            elif value:
                yield from _lost_value(code, value, holder)
                if (
                    path == "integration.py"
                    and inside == HANDLER
                    and around
                    and _lacks(code, around, "BaseIntegration")
                    and around not in _integrated(code, path)
                ):
                    what = "does not inherit from BaseIntegration, so Ocean does not find its CONFIG_CLASS"
                    name = around.definition.name
                    yield LostConfig(around.definition.where, name, what, f"class {name}(BaseIntegration)")


def _integrated(code: Code, path: str) -> frozenset[LocalClass]:
    """Return the classes that an integration in the same file inherits from, or may, and the integration itself."""
    classes = code.names.module(path).classes.values()
    found = code.names.keep(
        ("integrated", path),
        lambda: frozenset(
            local
            for one in classes
            if one.definition.bases and not _lacks(code, one, "BaseIntegration")
            for local in code.names.lineage(one).local
        ),
    )
    return found or frozenset()


def _lost_value(code: Code, value: Expression, holder: LocalClass) -> Iterator[LostConfig]:
    classes = code.names.module(holder.path).classes
    made = value.call.function.name if value.call else None
    found = code.names.meaning(made or value.name or "", holder.inside)
    if made and isinstance(found, LocalClass):
        yield LostConfig(value.where, value.text, "is an object, and no class", made)
    elif isinstance(found, LocalClass) and _lacks(code, found, "PortAppConfig"):
        right = [name for name, one in classes.items() if _inherits(code, one, "PortAppConfig")]
        yield LostConfig(
            value.where,
            value.text,
            "does not inherit from PortAppConfig",
            right[0] if len(right) == 1 else "",
        )
    elif value.name and _is_nowhere(code, value.name, holder):
        names = {*classes, *code.names.module(holder.path).imports}
        yield LostConfig(value.where, value.name, "is defined nowhere", nearest(value.name, names) or "")


def _lacks(code: Code, local: LocalClass, base: str) -> bool:
    """Return whether a class surely inherits from no class of Ocean of this name; not where there are two."""
    lineage = code.names.lineage(local)
    return (
        lineage.whole
        and not _inherits(code, local, base)
        and not any(_varies(code, one) for one in lineage.local)
    )


def _varies(code: Code, local: LocalClass) -> bool:
    """Return whether a base of a class is imported, and also given another value."""
    module = code.names.module(local.path)
    names = {(one.name or "").partition(".")[0] for one in local.definition.bases} & module.imports.keys()
    found = code.names.keep(("set", local.path), lambda: frozenset(_SET.findall(code.files.data(local.path))))
    return any(name.encode() in (found or ()) for name in names)


def _inherits(code: Code, local: LocalClass, base: str) -> bool:
    return any(one.last == base for one in code.names.lineage(local).external)


def _is_nowhere(code: Code, name: str, holder: LocalClass) -> bool:
    """Return whether nothing gives a meaning to a name, which stands once in its file."""
    if "." in name or code.names.module(holder.path).stars or code.names.meaning(name, holder.inside):
        return False
    return len(re.findall(rb"\b%b\b" % name.encode(), code.files.data(holder.path))) == 1


def strange_kinds(code: Code) -> Iterator[tuple[Expression, str]]:
    """Yield the constant kinds that `get_matching_kinds` returns and that no resource class takes."""
    accepted = code.accepted_kinds
    if not accepted:
        return
    for path in code.files.holding(b"def get_matching_kinds"):
        if not _WRITTEN.search(code.files.data(path)):
            continue
        for function in code.files.source(path).functions("get_matching_kinds"):
            for returned in function.returns:
                for item in returned.items:
                    if item.string is not None and item.string not in accepted:
                        yield item, item.string


def kinds_without_list(code: Code) -> Iterator[Expression]:
    """Yield the texts that `get_matching_kinds` returns, of which Ocean takes each letter for a kind."""
    for path in code.files.holding(b"def get_matching_kinds"):
        if _BARE.search(code.files.data(path)):
            for function in code.files.source(path).functions("get_matching_kinds"):
                yield from (one for one in function.returns if code.names.texts(one, Scope(path)))


_BARE = re.compile(
    rb"def get_matching_kinds\([^)]{0,200}\)[^:\n]{0,80}:\n(?:[^\n]*\n){0,8}?[ \t]+return (?:[\"\']|\w+\.[A-Z])"
)
"""The return of a text, or of a member of an enumeration."""


COUNTS: Mapping[str, int] = {
    "authenticate": 3,
    "validate_payload": 2,
    "handle_event": 3,
    "should_process_event": 2,
    "get_matching_kinds": 2,
    "execute": 2,
    "is_close_to_rate_limit": 2,
    "get_remaining_seconds_until_rate_limit": 2,
}
"""The arguments that Ocean gives to the methods of processors and executors, `self` too."""

_LISTENING = {"on_resync": 1, "on_start": 0}


def other_parameters(code: Code) -> Iterator[tuple[Function, int]]:
    """Yield the functions that do not take as many arguments as Ocean gives them, with that number."""
    for path in code.files.holding(b"WebhookProcessor", b"ACTION_NAME"):
        if not _ODD_METHOD.search(code.files.data(path)):
            continue
        classes = code.names.module(path).classes.values()
        for function in code.files.source(path).functions(*COUNTS):
            count = COUNTS[function.name]
            is_odd = function.class_name and _is_bare_method(function) and not _takes(function, count)
            if is_odd and any(_is_awaited(code, local, function) for local in classes):
                yield function, count
    for path in code.files.holding(b"ocean.on_resync(", b"ocean.on_start("):
        for name, count in _LISTENING.items() if _ODD_FUNCTION.search(code.files.data(path)) else ():
            for function in code.files.source(path).decorated(name):
                is_alone = len(function.decorators) == 1 and not function.class_name
                if is_alone and not _takes(function, count):
                    yield function, count


_ODD_METHOD = re.compile(
    rb"def (?:(?:authenticate|handle_event)\((?!\s*self\s*,[^,)]{1,200},[^,)]{1,200},?\s*\))"
    rb"|(?:validate_payload|should_process_event|get_matching_kinds|execute|is_close_to_rate_limit"
    rb"|get_remaining_seconds_until_rate_limit)\((?!\s*self\s*,[^,)]{1,200},?\s*\)))"
)
"""A method whose parameters are not as usual, so that it is worth a look."""

_ODD_FUNCTION = re.compile(
    rb"@ocean\.(?:on_resync\([^)\n]{0,200}\)\s{1,9}async def \w+\((?!\s*\w+(?:\s*:[^,)]{1,200})?,?\s*\))"
    rb"|on_start\(\)\s{1,9}async def \w+\((?!\)))"
)


def _takes(function: Function, count: int) -> bool:
    fewest, most = function.counts
    return fewest <= count <= most


def untyped_fields(code: Code) -> Iterator[tuple[Assignment, LocalClass]]:
    """Yield the fields of Ocean's models that have neither a type nor a default."""
    for path in code.files.holding(*(f"{name})".encode() for name in _MODELS)):
        if not _UNTYPED.search(code.files.data(path)):
            continue
        for local in code.names.module(path).classes.values():
            names = {
                one.last for one in code.names.lineage(local).external if one.name.startswith("port_ocean.")
            }
            for declared in local.assignments.values() if names & _MODELS else ():
                if declared.annotation is None and any(map(_is_bare, field_calls(declared))):
                    yield declared, local


_UNTYPED = re.compile(rb"^[ \t]+\w+ = (?:\w+\.)?Field\(", re.M)


_KEEPING = ("abstractmethod", "override", "classmethod")
"""Decorators that leave it as it was whether a method is async, and what it takes."""


def _is_bare_method(function: Function) -> bool:
    """Return whether no decorator makes something else of a method."""
    return all(one.text.rpartition(".")[2] in _KEEPING for one in function.decorators)


def _is_bare(call: Call) -> bool:
    has_default = call.arguments and call.arguments[0].text != "..."
    return not (has_default or call.is_open or {"default", "default_factory"} & call.keywords.keys())


def resources_without_list(code: Code) -> Iterator[tuple[Location, str, str]]:
    """Yield the place, the class and the cure of each `resources` that is no list, or has nearly this name."""
    for config in code.config_classes:
        declared = config.local.assignments.get("resources")
        if declared and declared.annotation and config.resources_are_no_list:
            yield declared.annotation.where, config.name, f"write list[{declared.annotation.text}]"
        own = [name for name in config.local.assignments if name not in FRAMEWORK["PortAppConfig"]][
            :MOST_MODELS
        ]
        is_declared = code.names.field(config.local, "resources") is not None
        near = None if is_declared else nearest("resources", own, cutoff=0.9)
        if near:
            yield config.local.assignments[near].where, config.name, f'rename "{near}" to "resources"'


def swapped_registrations(code: Code) -> Iterator[tuple[Expression, Expression]]:
    """Yield the class and the path of each processor that is registered with the two in the wrong order."""
    for processor, path, scope in registered_processors(code):
        found = code.names.meaning(path.name, scope) if path and path.name else None
        if path and isinstance(found, LocalClass) and code.names.texts(processor, scope):
            yield path, processor


def lacking_registrations(code: Code) -> Iterator[tuple[Location, str]]:
    """Yield the registrations of webhook processors that Ocean refuses, with what is wrong."""
    for path, call in code.processor_calls:
        is_single = len(call.arguments) == 1 and not (call.keywords or call.is_open)
        if is_single and b"add_webhook_processor(*" not in code.files.data(path):
            yield call.arguments[0].where, "the path or the class is missing"
    for processor, _, scope in registered_processors(code):
        found = code.names.meaning(processor.name, scope) if processor.name else None
        if isinstance(found, LocalClass) and _lacks(code, found, PROCESSOR):
            yield processor.where, f"{processor.text} does not inherit from {PROCESSOR}"


def repeated_registrations(code: Code) -> Iterator[tuple[Expression, int]]:
    """Yield each webhook processor that is registered once more at the same path, and the line where first.

    Only a registration in a block around the second one surely happens too.
    """
    first: dict[tuple[object, frozenset[str], str, int], Location] = {}
    for processor, path, scope in registered_processors(code):
        found = code.names.meaning(processor.name, scope) if processor.name else None
        texts = code.names.texts(path, scope) if path else None
        if isinstance(found, LocalClass) and texts:
            blocks = [(found, texts, processor.where.path, block) for block in processor.blocks]
            before = next((first[one] for one in blocks if one in first), None)
            if before:
                yield processor, before.line
            elif blocks:
                first[blocks[0]] = processor.where


def sync_methods(code: Code) -> Iterator[Function]:
    """Yield the functions that Ocean awaits, and that are neither `async` nor return what can be awaited."""
    for path in code.files.holding(b"WebhookProcessor", b"ACTION_NAME"):
        if not _PLAIN_METHOD.search(code.files.data(path)):
            continue
        for function in code.files.source(path).functions(*_ALL_AWAITED):
            if (
                function.class_name
                and _is_bare_method(function)
                and _gives_no_awaitable(code, function, path)
            ):
                classes = code.names.module(path).classes.values()
                if any(_is_awaited(code, local, function) for local in classes):
                    yield function
    for path in code.files.holding(*(f"{name}(".encode() for name in LISTENED)):
        data = code.files.data(path)
        for name in LISTENED if _SYNC.search(data) else ():
            for function in code.files.source(path).decorated(name):
                if _is_only_listening(function) and _gives_no_awaitable(code, function, path):
                    yield function


_SYNC = re.compile(rb"^def ", re.M)


def _is_only_listening(function: Function) -> bool:
    return all(any(name in one.text for name in LISTENED) for one in function.decorators)


def _is_awaited(code: Code, local: LocalClass, function: Function) -> bool:
    if local.definition.name != function.class_name:
        return False
    return any(function.name in AWAITED.get(one.last, ()) for one in code.names.lineage(local).external)


_AWAITABLE = re.compile(r"Awaitable|Coroutine|Future|Task|Any\b")


def _gives_no_awaitable(code: Code, function: Function, path: str) -> bool:
    """Return whether the result of a function can surely not be awaited; one that is to be overridden is left out."""
    if function.is_async or any("NotImplementedError" in one.text for one in function.raises):
        return False
    if function.result:
        return not (_AWAITABLE.search(function.result) or _is_alias(code, function.result, path))
    return function.is_generator or all(_is_plain(code, value, path) for value in function.returns)


def _is_alias(code: Code, name: str, path: str) -> bool:
    """Return whether a name stands for another type, of which nothing is known here."""
    return isinstance(code.names.meaning(name, Scope(path)), AssignedValue)


_PLAIN = re.compile(
    r"builtins\.(?:bool|str|int|float|list|dict|set|tuple|frozenset|any|all|len|isinstance|issubclass|hasattr|callable"
    r"|sorted)|hmac\..*|port_ocean\.(?:\w+\.)*[A-Z]\w*"
)
"""Functions and classes whose result is surely nothing to be awaited."""


def _is_plain(code: Code, value: Expression, path: str) -> bool:
    """Return whether an expression is surely a text, a truth value, a list or an object of a class."""
    if (
        value.string is not None
        or value.items
        or value.pairs
        or value.text in ("True", "False", "None", "[]")
    ):
        return True
    if value.call:
        found = code.names.meaning(value.call.function.name or "", Scope(path))
        return isinstance(found, ExternalName) and _PLAIN.fullmatch(found.name) is not None
    if value.name or value.subscript or " if " in value.text:
        return False
    return all(_COMPARED.search(part) for part in re.split(r"\s(?:and|or)\s", value.text))


def idle_processors(code: Code) -> Iterator[LocalClass]:
    """Yield the webhook processors whose names nothing uses, but imports and comments."""
    made = [
        (path, *found)
        for path in code.files.holding(b"WebhookProcessor")
        for found in _CLASS.findall(code.files.data(path))
    ]
    texts = [bases for _, _, bases in made]
    for path in code.files.holding(b"add_webhook_processor") if made else ():
        data = code.files.data(path)
        calls = (match for match in _REGISTERED.finditer(data) if not _is_in_comment(data, match.start()))
        texts += [match[1] for match in calls]
    named = frozenset(word for text in texts for word in _CAPITAL.findall(text))
    for path, name, _ in islice((one for one in made if one[1] not in named), MOST_PROCESSORS):
        if _is_unused(code, name):
            local = code.names.module(path).classes.get(name.decode("utf-8", "replace"))
            if local and _is_concrete(code, local) and not _are_looked_up(code):
                yield local


def _are_looked_up(code: Code) -> bool:
    """Return whether classes may be found by other means than by their names."""
    registering = code.files.holding(b"add_webhook_processor")
    return bool(code.files.holding(*_LOOKED_UP)) or any(
        _BY_NAME.search(code.files.data(path)) for path in registering
    )


def _is_in_comment(data: bytes, index: int) -> bool:
    return b"#" in data[data.rfind(b"\n", 0, index) + 1 : index]


MOST_PROCESSORS = 200
"""The most classes whose names are looked for in all of the code; real integrations register up to 36."""


_REGISTERED = re.compile(rb"add_webhook_processor\(([^)]{0,300})\)")
_CAPITAL = re.compile(rb"\b[A-Z]\w+")


def _is_unused(code: Code, name: bytes) -> bool:
    """Return whether a name stands only where it is defined, imported, or in a comment."""
    word, defined = re.compile(rb"\b%b\b" % name), re.compile(rb"\s*(?:#|class[ \t]+%b\b)" % name)
    for path in code.files.holding(name):
        lines = code.files.data(path).split(b"\n")
        found = [number for number, line in enumerate(lines, 1) if name in line and word.search(line)]
        used = [number for number in found if not defined.match(lines[number - 1])]
        if any(not _IMPORTED.match(lines[number - 1]) for number in used):
            return False
        imported = {one.where.line for one in code.files.source(path).imports} if used else set()
        if not imported.issuperset(used):
            return False
    return True


_IMPORTED = re.compile(rb"\s*(?:(?:from|import)\s[^;]*$|\w+,?\s*(?:\)\s*)?(?:#|$))")
"""A line that may be part of an import."""


def _is_concrete(code: Code, local: LocalClass) -> bool:
    lineage = code.names.lineage(local)
    bases = {one.last for one in lineage.external}
    is_abstract = any(one.name == "abstractmethod" for one in local.definition.decorators)
    is_handed_on = local.definition.is_decorated or any(
        "metaclass" in one.definition.keywords for one in lineage.local
    )
    return lineage.whole and PROCESSOR in bases and "ABC" not in bases and not (is_abstract or is_handed_on)


@dataclass(frozen=True)
class MixedUp:
    """A class of a mapping that inherits from the wrong class of Ocean, with the right one and the one it has."""

    local: LocalClass
    right: str
    wrong: str


def mixed_up_bases(code: Code) -> Iterator[MixedUp]:
    """Yield the resource classes that are selectors, and the selectors that are resource classes."""
    for config in code.config_classes:
        for one in config.resource_classes:
            if not isinstance(one, LocalClass):
                continue
            yield from _mixed_up(code, one, "ResourceConfig", "Selector")
            declared = code.names.field(one, "selector")
            found = code.names.types(declared[0].annotation, declared[1]) if declared else None
            for selector in found or ():
                if isinstance(selector, LocalClass):
                    yield from _mixed_up(code, selector, "Selector", "ResourceConfig")


def _mixed_up(code: Code, local: LocalClass, right: str, wrong: str) -> Iterator[MixedUp]:
    lineage = code.names.lineage(local)
    names = {one.last for one in lineage.external if one.name.startswith("port_ocean.")}
    if lineage.whole and wrong in names and right not in names:
        yield MixedUp(local, right, wrong)


_MODELS = frozenset({"Selector", "ResourceConfig", "PortAppConfig"})
_MODEL = re.compile(rb"^class (\w+)\(BaseModel\)", re.M)
MOST_MODELS = 100
"""The most models of pydantic 2 whose names are looked for in the models of Ocean."""

_OF_TWO = re.compile(r"pydantic\.(?!v1\.)(?:\w+\.)*")


def other_pydantic(code: Code) -> Iterator[tuple[Expression, LocalClass]]:
    """Yield what the models of Ocean in the integration use of pydantic 2: fields, validators, models."""
    data = {path: code.files.data(path) for path in code.files.holding(b"pydantic")}
    of_two = {path: text for path, text in data.items() if _TWO.search(text)}
    if not of_two:
        return
    models = [name for text in of_two.values() for name in _MODEL.findall(text)][:MOST_MODELS]
    named = set(code.files.holding(*models)) if models else set()
    for path in code.files.holding(*(f"{name})".encode() for name in _MODELS)):
        if path not in of_two and path not in named:
            continue
        for local in code.names.module(path).classes.values():
            lineage = code.names.lineage(local) if local.definition.bases else None
            if lineage and any(
                one.last in _MODELS and one.name.startswith("port_ocean.") for one in lineage.external
            ):
                yield from ((one, local) for one in _parts_of_two(code, local))


_TWO = re.compile(rb"^[ \t]*(?:from pydantic(?:\.(?!v1\b)\w+)? import|import pydantic\s*$)", re.M)


def _parts_of_two(code: Code, local: LocalClass) -> Iterator[Expression]:
    for one in local.definition.decorators:
        made = one.call.function if one.call else one
        if made.name and _is_of_two(code, made.name, local):
            yield made
    for declared in local.assignments.values():
        for call in field_calls(declared):
            if call.function.name and _is_of_two(code, call.function.name, local):
                yield call.function
        name = declared.annotation and declared.annotation.name
        found = code.names.meaning(name, local.inside) if name else None
        external = code.names.lineage(found).external if isinstance(found, LocalClass) else ()
        if declared.annotation and any(_OF_TWO.match(one.name) for one in external):
            yield declared.annotation


def _is_of_two(code: Code, name: str, local: LocalClass) -> bool:
    found = code.names.meaning(name, local.inside)
    return isinstance(found, ExternalName) and bool(_OF_TWO.match(found.name))
