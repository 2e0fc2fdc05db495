"""Family COD: what the code hands to Ocean is complete, of the right sort, and named as Ocean and Python know it."""

from __future__ import annotations

from dataclasses import replace

from seatrial.core.framework import Framework
from seatrial.core.model import Edit, Fix, MemoryFolder, Problem
from seatrial.core.names import counted, shown
from seatrial.core.rules import WARNING, Problems, rule
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.documents.functions import Function
from seatrial.documents.syntax import Expression
from seatrial.schemas.wording import shown as as_written
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.python_modules import ExternalName, LocalClass
from seatrial.validate.facts.wiring import (
    bare_decorators,
    idle_processors,
    kinds_without_list,
    lacking_methods,
    lacking_registrations,
    lost_configs,
    mixed_up_bases,
    odd_defaults,
    odd_registrations,
    other_parameters,
    other_pydantic,
    repeated_registrations,
    resources_without_list,
    strange_kinds,
    swapped_registrations,
    sync_methods,
    unknown_members,
    unrooted_paths,
    untyped_fields,
)
from seatrial.validate.rules.code_samples import acting, listening
from seatrial.validate.rules.shared import replaced


@rule("COD150", bad=listening('"/webhook"', "async def validate_payload", "async def validate_payloads"))
def method_of_framework_missing(code: Code, framework: Framework) -> Problems:
    """A webhook processor and the executor of an action define each method that Ocean's class leaves to them.

    Python makes no object of a class without them: the integration does not start, or drops every event.
    """
    for lack in lacking_methods(code, framework.has("event-methods")):
        message = f'"{shown(lack.class_name)}" has no method "{lack.name}"'
        fix = Fix(f'rename "{shown(lack.near)}" to "{lack.name}"' if lack.near else f'define "{lack.name}"')
        yield Problem(lack.where, message + did_you_mean(lack.near and shown(lack.near)), fix)


@rule("COD151", bad=replaced("main.py", "@ocean.on_resync(Kind.TASK)", "@ocean.on_resync(Kind.TASKS)"))
def unknown_member_of_kinds(code: Code) -> Problems:
    """A kind that a registration or a resource class names is a member of its enumeration.

    Otherwise the integration ends with AttributeError when it starts.
    """
    told: set[tuple[object, str]] = set()
    for one in unknown_members(code):
        enum = one.enum.definition.name
        if (one.enum, one.name) in told:
            continue
        told.add((one.enum, one.name))
        message = f'"{shown(enum)}" in {one.enum.path} has no member "{shown(one.name)}"'
        fix = Fix(f'write "{enum}.{one.near}"' if one.near else f'add "{shown(one.name)}" to "{shown(enum)}"')
        yield Problem(one.expression.where, message + did_you_mean(one.near), fix)


@rule("COD152", bad=replaced("main.py", "@ocean.on_resync(Kind.TASK)", "@ocean.on_resync"))
def decorator_not_called(code: Code) -> Problems:
    """`ocean.on_resync` is called where it decorates a function, with the kind or with nothing.

    Without the brackets it takes the function for a kind, and registers nothing.
    """
    for where in bare_decorators(code):
        fix = Fix("write @ocean.on_resync(...), with the kind in the brackets")
        yield Problem(where, "on_resync is not called, so it registers nothing", fix)


@rule("COD153", bad=lambda folder: acting()(folder).edited("main.py", "Executor())", "Executor)"))
def registration_of_another_sort(code: Code) -> Problems:
    """An executor is registered as an object, and a webhook processor as its class, together with a path.

    Otherwise Ocean refuses it when the integration starts, or every run of the action fails.
    """
    for given, name in odd_registrations(code):
        what, right = ("an object", name) if given.call else ("a class", f"{name}()")
        yield Problem(given.where, f"{shown(given.text)} is {what}", Fix(f"register {shown(right)}"))
    for processor, path in swapped_registrations(code):
        fix = Fix(f"write add_webhook_processor({shown(path.text)}, {shown(processor.text)})")
        yield Problem(processor.where, f"{shown(processor.text)} stands where the path belongs", fix)
    for where, message in lacking_registrations(code):
        fix = Fix('write add_webhook_processor("/webhook", ...), with a class that inherits from Ocean\'s')
        yield Problem(where, message, fix)


@rule("COD154", bad=listening('"webhook"'))
def webhook_path_without_slash(code: Code) -> Problems:
    """The path of a webhook processor begins with a slash.

    The router of Ocean refuses any other, and the integration does not start.
    """
    for given, text in unrooted_paths(code):
        path = f"/{text.partition('://')[2].partition('/')[2]}" if "://" in text else f"/{text}"
        message = f'the path "{shown(text)}" has no slash at its start'
        yield Problem(given.where, message, Fix(f'write "{shown(path)}"'))


@rule(
    "COD155",
    severity=WARNING,
    bad=replaced("integration.py", 'default="open"', 'default="opened"'),
)
def default_outside_literal(code: Code) -> Problems:
    """The default of a field is one of the values of its `Literal`.

    Pydantic does not check defaults: the code gets a value that it does not expect, and the form in Port offers a
    default that it then refuses.
    """
    for given, allowed in odd_defaults(code):
        message = f"the default {as_written(given.string or given.text)} is none of the values of the field"
        yield Problem(
            given.where, message, Fix(f"write {' or '.join(map(as_written, allowed[:MOST_VALUES]))}")
        )


MOST_VALUES = 12
"""The number of values that are named."""


@rule(
    "COD156",
    bad=replaced("integration.py", "class AppConfigHandlerClass(", "class AppConfigHandlerClas("),
)
def config_class_lost(code: Code) -> Problems:
    """`CONFIG_CLASS` names an existing class, in a class called `AppConfigHandlerClass`.

    Ocean reads the class of the mapping there. Where it finds none, it takes its own, which knows no selector; a name
    that stands for nothing ends the integration with NameError.
    """
    for one in lost_configs(code):
        is_near = nearest(one.name, [one.meant]) if one.meant else None
        near = one.meant if is_near and one.meant.isidentifier() else ""
        fix = Fix(
            f'write "{shown(one.meant)}"' if one.meant else "name the class of the mapping, and define it"
        )
        yield Problem(one.where, f'"{shown(one.name)}" {one.what}{did_you_mean(near and shown(near))}', fix)


_MATCHING = """

class EventProcessor:
    async def get_matching_kinds(self, event: object) -> list[str]:
        return ["tasks"]
"""


@rule(
    "COD157",
    bad=lambda folder: folder.having("client.py", folder.text("client.py") + _MATCHING),
)
def event_for_unknown_kind(code: Code) -> Problems:
    """The kinds that `get_matching_kinds` returns are kinds of the integration.

    An event for any other kind is dropped, as no resource of the mapping has it.
    """
    for text in kinds_without_list(code):
        fix = Fix(f"write [{shown(text.text)}]")
        yield Problem(
            text.where, f"{shown(text.text)} is a text, of which each letter is taken for a kind", fix
        )
    for item, kind in strange_kinds(code):
        near = nearest(kind, code.accepted_kinds or ())
        fix = Fix(f'write "{shown(near)}"' if near else "return a kind that a resource class takes")
        yield Problem(
            item.where, f'no resource class accepts the kind "{shown(kind)}"{did_you_mean(near)}', fix
        )


@rule("COD158", bad=listening('"/webhook"', "async def authenticate", "def authenticate"))
def awaited_function_not_async(code: Code) -> Problems:
    """The methods of webhook processors and executors, and the resync functions, are `async`.

    Ocean awaits their results, and fails with TypeError for a plain one: every event is dropped, or nothing is
    exported. A function that returns what another `async` one gives is right as well.
    """
    for function in sync_methods(code):
        where, name = function.where, function.name
        message = f'Ocean awaits "{shown(name)}", which is not async'
        edit = Edit(replace(where, column=where.column - 4), f"def {name}", f"async def {name}")
        yield Problem(where, message, Fix(f"write async def {shown(name)}", edit))


def _unregistered(folder: MemoryFolder) -> MemoryFolder:
    return listening()(folder).edited(
        "main.py", "\nocean.add_webhook_processor", "\n# ocean.add_webhook_processor"
    )


@rule("COD159", severity=WARNING, bad=_unregistered)
def processor_never_registered(code: Code) -> Problems:
    """Each webhook processor is registered, is the WEBHOOK_PROCESSOR_CLASS of an executor, or is inherited from.

    The events that any other was written for are not handled, or another one handles them and this one is idle.
    """
    is_told = any(True for _ in lacking_registrations(code))
    idle = [] if is_told else list(idle_processors(code))
    for local in idle[:1]:
        name = shown(local.definition.name)
        message = f'nothing registers "{name}"'
        if len(idle) > 1:
            message += f", nor {counted(len(idle) - 1, 'other webhook processor')}"
        fix = Fix(
            f'call ocean.add_webhook_processor("/webhook", {name}) with its path in main.py, or delete it'
        )
        yield Problem(local.definition.where, message, fix)


@rule(
    "COD160",
    bad=replaced("integration.py", "TaskSelector(Selector)", "TaskSelector(ResourceConfig)"),
)
def base_classes_mixed_up(code: Code) -> Problems:
    """The class of a resource inherits from ResourceConfig, and the class of its `selector` from Selector.

    Ocean refuses every mapping otherwise, as it asks the one for the keys of the other.
    """
    told = set()
    for one in mixed_up_bases(code):
        name = one.local.definition.name
        if name not in told:
            told.add(name)
            message = f'"{shown(name)}" inherits from {one.wrong}, and is used as a {one.right}'
            yield Problem(one.local.definition.where, message, Fix(f"write class {shown(name)}({one.right})"))


@rule(
    "COD161",
    bad=replaced("integration.py", "from pydantic.v1 import Field", "from pydantic import Field"),
)
def part_of_other_pydantic(code: Code, framework: Framework) -> Problems:
    """The fields, validators and models in Ocean's models come from `pydantic.v1`.

    These models are of pydantic 1. A field of pydantic 2 becomes the value itself: its default, its alias and its
    title are lost, and the integration has no schema. A validator or a model of pydantic 2 ends it when it starts.
    """
    told: set[tuple[str, str]] = set()
    for used, local in other_pydantic(code) if framework.has("pydantic-v1") else ():
        if (local.path, used.text) not in told:
            told.add((local.path, used.text))
            message = f'"{shown(used.text)}" in "{shown(local.definition.name)}" is of pydantic 2'
            yield Problem(used.where, message, Fix(_from_v1(code, used, local)))


def _from_v1(code: Code, used: Expression, local: LocalClass) -> str:
    found = code.names.meaning(used.name or "", local.inside)
    if isinstance(found, ExternalName):
        return f"from pydantic.v1 import {found.last}"
    return f'let "{shown(used.text)}" inherit from the BaseModel of pydantic.v1'


@rule("COD162", bad=replaced("main.py", "@ocean.on_resync(Kind.TASK)", "@ocean.on_resyncs(Kind.TASK)"))
def unknown_attribute_of_ocean(code: Code) -> Problems:
    """Each attribute of `ocean` that the code uses exists.

    The integration ends with AttributeError when it starts, or when it gets there. Reported is a name that is nearly
    one that `ocean` has.
    """
    for one in code.strange_attributes:
        message = f'"ocean" has no "{shown(one.name)}"{did_you_mean(one.near)}'
        fix = Fix(f'write "{one.near}"', Edit(one.where, one.name, one.near), guessed=True)
        yield Problem(one.where, message, fix)


@rule(
    "COD163",
    bad=replaced("main.py", "async def resync_tasks(kind: str)", "async def resync_tasks()"),
)
def parameters_disagree(code: Code, framework: Framework) -> Problems:
    """The methods of webhook processors and executors, and the resync functions, take the arguments that Ocean passes.

    A function with a parameter more or less fails with TypeError whenever it is called. One that resyncs is given
    the kind, and one that runs at the start nothing.
    """
    for function, count in other_parameters(code) if framework.has("event-methods") else ():
        given = "nothing" if not count else counted(count, "argument")
        message = f'Ocean gives {given} to "{shown(function.name)}", which takes {_counts(function)}'
        yield Problem(function.where, message, Fix(f"declare {_declared(function.name, count)}"))


def _counts(function: Function) -> str:
    fewest, most = function.counts
    return str(fewest) if fewest == most else f"{fewest} to {most}"


def _declared(name: str, count: int) -> str:
    known = {"authenticate": "self, payload, headers", "handle_event": "self, payload, resource"}
    if name in known:
        return f"{name}({known[name]})"
    return {0: "no parameter", 1: "one parameter, the kind"}.get(count, "self and one parameter")


@rule(
    "COD164", bad=replaced("integration.py", "    selector: TaskSelector = Field(", "    selector = Field(")
)
def untyped_field(code: Code) -> Problems:
    """Each field of the mapping's classes has a type or a default.

    Pydantic cannot tell the type of any other, and the integration ends when it starts.
    """
    for declared, local in untyped_fields(code):
        name = shown(declared.name)
        message = f'the field "{name}" of "{shown(local.definition.name)}" has neither a type nor a default'
        yield Problem(declared.where, message, Fix(f'write its type, as "{name}: ... = Field("'))


@rule("COD165", bad=replaced("integration.py", "resources: list[AnyResource]", "resources: AnyResource"))
def resources_not_listed(code: Code) -> Problems:
    """The class of a mapping has a list of resource classes under `resources`.

    Ocean refuses every mapping otherwise; under another name it reads the resources by its own class, which knows no
    selector.
    """
    for where, name, cure in resources_without_list(code):
        yield Problem(where, f'"{shown(name)}" has no list of "resources"', Fix(cure))


def _registered_twice(folder: MemoryFolder) -> MemoryFolder:
    call = 'ocean.add_webhook_processor("/webhook", TaskProcessor)\n'
    return listening()(folder).edited("main.py", call, call + call)


@rule("COD166", severity=WARNING, bad=_registered_twice)
def processor_registered_twice(code: Code) -> Problems:
    """A webhook processor is registered once at a path.

    Ocean makes an object of it for each registration, so that each event is handled as often.
    """
    for processor, line in repeated_registrations(code):
        message = f"{shown(processor.text)} is registered at this path in line {line} too"
        yield Problem(
            processor.where, message, Fix("delete one of the two lines, or register the class that is meant")
        )
