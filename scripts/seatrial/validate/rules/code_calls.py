"""Family COD: what the code calls and handles: nothing that blocks, batches, webhooks that are checked."""

from __future__ import annotations

from seatrial.core.framework import Framework
from seatrial.core.model import Fix, MemoryFolder, Problem
from seatrial.core.names import shown
from seatrial.core.rules import ADVICE, INFO, WARNING, Problems, rule
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.validate.facts.calls import (
    BLOCKING,
    blocking_calls,
    functions_named,
    imports_of,
    listing_resyncs,
    lossy_joins,
    lost_imports,
    misspelled_modules,
    printing_calls,
    shared_settings,
    uncalled_methods,
    unguarded_reads,
    unset_declarations,
    waiting_calls,
    webhook_paths,
)
from seatrial.validate.facts.code import Code, ConfigurationUse
from seatrial.validate.facts.spec import Spec
from seatrial.validate.rules.code_samples import listening
from seatrial.validate.rules.shared import all_of, replaced

SPEC = ".port/spec.yaml"


@rule(
    "COD107",
    bad=replaced(
        "client.py",
        "        response = await",
        "        time.sleep(1)\n        response = await",
        "from typing",
        "import time\nfrom typing",
    ),
)
def blocking_call(code: Code) -> Problems:
    """No `async` function calls a function that blocks: `time.sleep`, `open`, `subprocess.run`, `requests.get`.

    An integration runs in one thread: while such a call waits, no other request is sent, no webhook is answered,
    and Ocean cannot report that the integration is alive. A call in a thread of its own, with
    `asyncio.to_thread`, is right.
    """
    for one in blocking_calls(code):
        name = one.name.removeprefix("builtins.")
        yield Problem(one.where, f"{name} blocks the event loop", Fix(f"use {BLOCKING[one.name]}"))


@rule(
    "COD108",
    severity=INFO,
    bad=replaced("client.py", "        page = 1\n", '        page = 1\n        print("page", page)\n'),
)
def printed_text(code: Code) -> Problems:
    """The code logs with `loguru`, and prints nothing.

    Printed text has no level and no context, and does not reach the log that Port shows. A file that is run by
    hand, one with `__main__`, may print.
    """
    for one in printing_calls(code):
        yield Problem(one.where, "print does not reach the log of the integration", Fix("use logger.info"))


@rule("COD109", severity=INFO, bad=replaced("client.py", "from typing", "import logging\nfrom typing"))
def standard_logging(code: Code) -> Problems:
    """The code logs with `loguru`, and not with the module `logging`.

    Ocean sets up `loguru`: it adds the context of the event, hides secrets and sends the lines to Port.
    """
    for one in imports_of(code, "logging"):
        fix = Fix("from loguru import logger")
        yield Problem(one.where, f"{one.name} is imported, but Ocean logs with loguru", fix)


@rule("COD110", severity=INFO, bad=replaced("client.py", "from typing", "import requests\nfrom typing"))
def request_past_the_framework(code: Code) -> Problems:
    """The code sends requests with `http_async_client`, and not with `requests` or functions such as `httpx.get`.

    Ocean's client does not block, repeats what failed for a moment, and waits where a service limits the rate.
    """
    fix = Fix("from port_ocean.utils import http_async_client")
    for one in imports_of(code, "requests"):
        yield Problem(one.where, f"{one.name} is imported, but Ocean has a client that does not block", fix)
    for one in waiting_calls(code):
        yield Problem(
            one.where, f"{one.name} waits for the answer; Ocean has a client that does not block", fix
        )


@rule(
    "COD140",
    severity=WARNING,
    bad=replaced(
        "client.py",
        'f"{self._api_url}/{path}"',
        'urljoin(f"{self._api_url}/api", path)',
        "from typing import Any, Self\n",
        "from typing import Any, Self\nfrom urllib.parse import urljoin\n",
    ),
)
def last_part_of_address_lost(code: Code) -> Problems:
    """The address that `urljoin` adds to ends in a slash.

    `urljoin` replaces what stands behind the last slash: `urljoin("https://host/api", "tasks")` is
    `https://host/tasks`.
    """
    for base in lossy_joins(code):
        message = f"urljoin drops the last part of {shown(base.text)}"
        yield Problem(base.where, message, Fix('put "/" at its end, and none before what is added'))


@rule(
    "COD141",
    severity=ADVICE,
    bad=replaced(
        "client.py",
        "        self._page_size = page_size\n",
        "        self._page_size = page_size\n        http_async_client.timeout = 60\n",
    ),
)
def setting_of_shared_client(code: Code) -> Problems:
    """Headers, authentication and timeouts are given with each request, and not set on `http_async_client`.

    All of the code shares this client: what is set on it holds for every other request, so that a token reaches
    other hosts, and of two clients with different accounts the later one wins.
    """
    for one in shared_settings(code):
        message = f"{shown(one.name)} is set on the HTTP client that all of the code shares"
        setting = one.name.rpartition(".")[2]
        yield Problem(one.where, message, Fix(f"give it with each request: request(..., {setting}=...)"))


@rule(
    "COD111",
    severity=INFO,
    bad=replaced(
        "main.py",
        "    batches = client.get_projects(selector.include_archived)\n"
        "    async for batch in batches:\n        yield batch\n",
        "    batches = client.get_projects(selector.include_archived)\n"
        "    return [found async for batch in batches for found in batch]\n",
    ),
)
def resync_without_batches(code: Code) -> Problems:
    """A resync function yields its objects in batches.

    One that returns a list holds all objects in memory, and nothing reaches Port before the last one was read.
    """
    for function in listing_resyncs(code):
        message = f'"{shown(function.name)}" returns all objects at once'
        yield Problem(function.where, message, Fix("yield each page as it is read"))


@rule(
    "COD112",
    severity=ADVICE,
    bad=listening(
        '"/webhook"', '        return headers.get("x-token") == self.token\n', "        return True\n"
    ),
)
def unauthenticated_webhook(code: Code) -> Problems:
    """A webhook processor's `authenticate` looks at the request.

    One that always returns True accepts events from anybody who knows the address. Some services send nothing
    that could be checked.
    """
    for function in functions_named(code, "authenticate", b"WebhookProcessor"):
        if function.sole_return and function.sole_return.text == "True":
            message = f'every request to "{shown(function.class_name)}" is accepted'
            yield Problem(function.where, message, Fix("compare the signature or the token in the headers"))


@rule(
    "COD113",
    severity=INFO,
    bad=listening('"/webhook"', '        return "task" in payload\n', "        return True\n"),
)
def unvalidated_payload(code: Code) -> Problems:
    """A webhook processor's `validate_payload` looks at the payload.

    One that always returns True hands `handle_event` payloads without the keys that it reads, and the event fails
    with an error instead of being passed over.
    """
    for function in functions_named(code, "validate_payload", b"WebhookProcessor"):
        if function.sole_return and function.sole_return.text == "True":
            message = f'"{shown(function.class_name)}" takes every payload'
            yield Problem(function.where, message, Fix("ask for the keys that handle_event reads"))


@rule("COD114", severity=INFO, bad=listening('"/web" + make()'))
def computed_webhook_path(code: Code) -> Problems:
    """The path of a webhook processor is a constant.

    Port and the service that sends the events must know it beforehand.
    """
    for path in webhook_paths(code):
        if path.is_computed and not path.template:
            yield Problem(
                path.where, "the path of the webhook is computed", Fix('write it out, as "/webhook"')
            )


@rule("COD118", severity=WARNING, bad=replaced("client.py", "raise_for_status()", "raise_for_status"))
def method_not_called(code: Code) -> Problems:
    """A statement that consists of a method of a response calls it.

    Without the brackets nothing happens: a response that tells of an error is read as if it were right.
    """
    for one in uncalled_methods(code):
        yield Problem(one.where, f"{one.name} is not called", Fix(f"write {one.name}()"))


@rule(
    "COD240",
    bad=replaced("main.py", "from client import GoodServiceClient", "from client import ServiceClient"),
)
def imported_name_missing(code: Code) -> Problems:
    """A name that is imported from a module of the integration is defined in that module.

    Otherwise the integration does not start. Reported is a name that does not occur in the module at all; imports
    that only type checkers read, and those that catch ImportError, are not. So is a module whose name is nearly that
    of one that defines the name.
    """
    for one, path in lost_imports(code):
        if one.where.line not in code.files.source(one.where.path).lines_for_types:
            near = nearest(str(one.name), code.names.module(path).classes)
            message = f'{path} has no "{shown(str(one.name))}"{did_you_mean(near)}'
            yield Problem(one.where, message, Fix(f"import a name that {path} has, or define it there"))
    for one, near in misspelled_modules(code):
        message = f'there is no module "{shown(one.module)}"{did_you_mean(near)}'
        yield Problem(one.where, message, Fix(f'import "{shown(str(one.name))}" from "{near}"'))


@rule(
    "COD241",
    severity=INFO,
    bad=all_of(
        replaced(SPEC, "    required: true\n    sensitive: true", "    required: false\n    sensitive: true"),
        replaced("client.py", 'integration_config["api_token"]', 'integration_config["api_token"].strip()'),
    ),
)
def optional_configuration_taken_for_granted(configuration_use: ConfigurationUse) -> Problems:
    """The code checks that an optional configuration is set before it uses a part of it.

    One that is not required and has no default is None where nobody sets it, and the integration fails with
    AttributeError.
    """
    for read in unguarded_reads(configuration_use):
        message = f'"{shown(read.key)}" may be missing, and is used as if it were there'
        fix = Fix("ask whether it is None first, or give it a default in the spec")
        yield Problem(read.where, message, fix)


_BASE = """class Processor:
    events: list[str]

    def takes(self, event: str) -> bool:
        return event in self.events
"""


def _misspelling(folder: MemoryFolder) -> MemoryFolder:
    task = 'from processing import Processor\n\n\nclass TaskProcessor(Processor):\n    event = ["task"]\n'
    return folder.having("processing.py", _BASE).having("processor.py", task)


@rule("COD242", severity=WARNING, bad=_misspelling)
def declared_attribute_unset(code: Code) -> Problems:
    """A class sets what its base declares without a value, under the name that the base reads.

    Python finds nothing under the declared name, and the first event fails with AttributeError. Reported is a class
    that has a name which is nearly the declared one.
    """
    for one in unset_declarations(code):
        base = one.base.definition.name
        message = f'"{shown(one.name)}", which "{shown(base)}" declares, has no value in "{one.local.definition.name}"'
        fix = Fix(f'rename "{shown(one.near.name)}" to "{shown(one.name)}"')
        yield Problem(one.near.where, message, fix)


@rule("COD216", bad=listening('"/webhook/{run_id}"'))
def templated_webhook_path(spec: Spec, code: Code, framework: Framework) -> Problems:
    """The path of a webhook processor has no variable part where Port delivers live events.

    Port's live events are matched with the registered paths text by text: the events to `/webhook/1` do not reach
    a processor at `/webhook/{id}`, and are dropped.
    """
    live = spec.root.inner("saas", "liveEvents").value.get("enabled") is True
    for path in webhook_paths(code) if live and framework.has("static-paths") else ():
        if path.template:
            message = f"live events do not reach the path {shown(path.template)}"
            yield Problem(path.where, message, Fix("use one path, and read the variable part from the event"))
