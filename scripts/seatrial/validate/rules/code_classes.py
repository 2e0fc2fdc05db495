"""Family COD: the classes of the mapping are what Ocean's own gate, `ocean port-app-config schema`, asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from seatrial.core.framework import Framework
from seatrial.core.model import Fix, Location, Problem, Severity
from seatrial.core.names import shown
from seatrial.core.rules import ADVICE, ERROR, INFO, OCEAN, WARNING, Problems, rule
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.config_classes import BareField, ConfigClass, KindOf
from seatrial.validate.rules.shared import replaced

_TASK = "kind: Literal[Kind.TASK]"
_IN_OCEAN = {OCEAN: ERROR}

MOST_SHOWN = 6
"""The most kinds of a class that are shown."""


def _asked(framework: Framework, part: str) -> bool:
    """Return whether the gate asks for a part, or only the form that Port makes of the classes."""
    return framework.has(part) or framework.has(f"{part}-form")


def _severity(framework: Framework, part: str) -> Severity | None:
    """Return the severity where it is not the rule's own: advice while no gate asks for the part."""
    return None if framework.has(part) else ADVICE


def _kinds(code: Code) -> Iterator[KindOf]:
    return (kind for one in code.config_classes for kind in one.kinds)


@rule(
    "COD101",
    severity=WARNING,
    by_profile=_IN_OCEAN,
    bad=replaced("integration.py", _TASK, 'kind: Literal[Kind.TASK, "subtask"]'),
)
def class_of_several_kinds(code: Code, framework: Framework) -> Problems:
    """Each resource class is of one kind: its `kind` is a `Literal` of one text.

    Ocean's gate refuses the integration otherwise, because Port shows a form for each kind.
    """
    severity = _severity(framework, "one-kind-a-class")
    for kind in _kinds(code) if _asked(framework, "one-kind-a-class") else ():
        if len(kind.values) > 1:
            values = ", ".join(f'"{shown(str(value))}"' for value in kind.values[:MOST_SHOWN])
            message = f'the kind of "{kind.owner.definition.name}" is one of {len(kind.values)}: {values}'
            yield Problem(kind.where, message, Fix(_single(kind, _kinds(code))), severity=severity)


def _single(kind: KindOf, kinds: Iterable[KindOf]) -> str:
    """Return what to make of a class of several kinds: one, where classes of their own have the others."""
    taken = {one.values[0] for one in kinds if len(one.values) == 1}
    left = [value for value in kind.values if value not in taken]
    if len(left) == 1 and len(kind.values) <= MOST_SHOWN:
        others = ", ".join(f'"{shown(str(value))}"' for value in kind.values if value in taken)
        return f'leave only "{shown(str(left[0]))}" here: other classes are of the kind {others}'
    return "declare a class for each kind, one below the other"


@rule(
    "COD102",
    severity=WARNING,
    by_profile=_IN_OCEAN,
    bad=replaced(
        "integration.py",
        "AnyResource = ProjectResourceConfig |",
        "class DoubleResourceConfig(ProjectResourceConfig): ...\n\n\n"
        "AnyResource = DoubleResourceConfig | ProjectResourceConfig |",
    ),
)
def kind_of_two_classes(code: Code, framework: Framework, misnamed_classes: Mapping[str, KindOf]) -> Problems:
    """No two resource classes are of the same kind.

    Ocean's gate refuses the integration otherwise, and a mapping is read by the second class only where the
    first refuses it. Where a mapped or listed kind has no class because one has another's kind, this is an error.
    """
    meant = {one.where: kind for kind, one in misnamed_classes.items()}
    for one in code.config_classes if framework.has("own-kind") else ():
        first: dict[object, KindOf] = {}
        for kind in one.kinds:
            for value in kind.values if len(kind.values) == 1 else ():
                before = first.setdefault(value, kind)
                if before is not kind and before.owner is not kind.owner:
                    yield _repeated(str(value), before, kind, meant)


def _repeated(value: str, before: KindOf, kind: KindOf, meant: Mapping[Location, str]) -> Problem:
    if before.where in meant:
        before, kind = kind, before
    other = f'"{before.owner.definition.name}" in {before.owner.path}'
    message = f'the kind "{shown(value)}" of "{kind.owner.definition.name}" is that of {other} too'
    if kind.where in meant:
        fix = Fix(f'change it to "{shown(meant[kind.where])}", which no class is of')
        return Problem(kind.where, message, fix, severity=ERROR)
    return Problem(kind.where, message, Fix("give each class a kind of its own, or remove one of the two"))


@rule("COD103", severity=WARNING, by_profile=_IN_OCEAN, bad=replaced("integration.py", _TASK, "kind: str"))
def class_of_any_kind(code: Code, framework: Framework) -> Problems:
    """At most one resource class is of any kind, `kind: str`, and only if the mapping allows custom kinds.

    Ocean's gate refuses the integration otherwise. A class that declares no kind is of any kind. The mapping
    allows custom kinds with `allow_custom_kinds: ClassVar[bool] = True`.
    """
    severity = _severity(framework, "custom-kinds")
    for one in code.config_classes if _asked(framework, "custom-kinds") else ():
        loose = [kind for kind in one.kinds if kind.takes_any]
        for kind in loose if not one.allows_custom_kinds else loose[1:]:
            yield replace(_any_kind(one, kind, loose[0]), severity=severity)


def _any_kind(config: ConfigClass, kind: KindOf, first: KindOf) -> Problem:
    name = kind.owner.definition.name
    if config.allows_custom_kinds:
        message = f'"{name}" is of any kind, and so is "{first.owner.definition.name}"'
        return Problem(kind.where, message, Fix('declare its kind as Literal["..."]'))
    message = f'"{name}" is of any kind, but "{config.name}" does not allow custom kinds'
    allow = f'declare its kind as Literal["..."], or set allow_custom_kinds in {config.name}'
    return Problem(kind.where, message, Fix(allow))


@rule(
    "COD104",
    severity=WARNING,
    by_profile=_IN_OCEAN,
    bad=replaced("integration.py", _TASK, "kind: Kind"),
)
def kind_of_other_type(code: Code, framework: Framework) -> Problems:
    """The kind of a resource class is declared as `Literal["..."]`, or as `str` for any kind.

    Ocean's gate refuses every other type: an enumeration, a union of kinds.
    """
    severity = _severity(framework, "literal-kind")
    for kind in _kinds(code) if _asked(framework, "literal-kind") else ():
        if kind.other:
            message = f'the kind of "{kind.owner.definition.name}" is declared as {shown(kind.other)}'
            yield Problem(kind.where, message, Fix('declare it as Literal["..."]'), severity=severity)


@rule(
    "COD105",
    severity=INFO,
    by_profile=_IN_OCEAN,
    bad=replaced("integration.py", '        title="State",\n', ""),
)
def field_without_title(code: Code, framework: Framework) -> Problems:
    """Each field of the mapping's classes has a title and a description, those of the models below it too.

    Ocean's gate refuses the integration otherwise, because Port shows them where the mapping is edited. Selectors
    and lists of resource classes need none.
    """
    seen: set[Location] = set()
    severity = _severity(framework, "field-titles")
    for one in code.config_classes if _asked(framework, "field-titles") else ():
        for bare in one.bare_fields():
            if bare.where not in seen:
                seen.add(bare.where)
                yield replace(_bare(bare), severity=severity)


def _bare(bare: BareField) -> Problem:
    lacking = " and no ".join(bare.missing)
    added = " and ".join(f"{name}=" for name in bare.missing)
    message = f'the field "{bare.name}" of "{bare.owner.definition.name}" has no {lacking}'
    return Problem(bare.where, message, Fix(f"give it a Field(...) with {added}"))


@rule(
    "COD106",
    bad=replaced("integration.py", "        CONFIG_CLASS = GoodServicePortAppConfig\n", "        ...\n"),
)
def config_class_not_wired(code: Code) -> Problems:
    """The class of the mapping is handed to Ocean: it is the `CONFIG_CLASS` of the integration's handler.

    Otherwise Ocean reads the mapping by its own class, without the kinds and selectors of the integration.
    """
    for local in code.unwired_config_classes:
        name = local.definition.name
        message = f'"{name}" is not handed to Ocean: no class has it as CONFIG_CLASS'
        fix = Fix(
            f"set CONFIG_CLASS = {name} in class AppConfigHandlerClass(APIPortAppConfig) of the integration"
        )
        yield Problem(local.definition.where, message, fix)


@rule("COD117", severity=ADVICE, bad=replaced("integration.py", '        default="open",\n', ""))
def selector_field_without_default(code: Code) -> Problems:
    """Each field of a selector has a default, or takes None.

    A mapping that does not state a field without a default is refused as a whole: a new field of this kind breaks
    the mappings of everybody who has installed the integration. Some kinds make no sense without a selection.
    """
    seen: set[Location] = set()
    for config in code.config_classes:
        for one in config.required_selector_fields():
            if one.where not in seen:
                seen.add(one.where)
                message = f'the field "{one.name}" of "{one.owner.definition.name}" has no default'
                yield Problem(one.where, message, Fix("give it one: Field(default=...)"))
