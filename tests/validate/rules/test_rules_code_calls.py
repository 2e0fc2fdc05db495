"""Calls that block or print, resyncs without batches, and webhooks."""

from __future__ import annotations

import pytest

from support.code_cases import SAAS, SPEC, Edit, heard, problems, said

LIVE = SAAS.replace("false", "true") + "  liveEvents:\n    enabled: true\n"


def new(text: str, path: str = "new.py") -> Edit:
    return (path, "", text)


def inside(imports: str, call: str) -> Edit:
    return new(f"{imports}\n\n\nasync def f():\n    {call}\n")


@pytest.mark.parametrize(
    ("imports", "call", "name", "instead"),
    [
        ("import time", "time.sleep(1)", "time.sleep", "asyncio.sleep"),
        ("import time as t", "t.sleep(1)", "time.sleep", "asyncio.sleep"),
        ("from time import sleep", "sleep(1)", "time.sleep", "asyncio.sleep"),
        ("", "with open('x') as file: ...", "open", "asyncio.to_thread, or aiofiles.open"),
        (
            "import requests",
            "return [requests.get(url) for url in urls]",
            "requests.get",
            "http_async_client",
        ),
        ("import httpx", "httpx.post('x')", "httpx.post", "http_async_client"),
        ("from httpx import get", "get('x')", "httpx.get", "http_async_client"),
        ("import subprocess", "subprocess.run(['x'])", "subprocess.run", "asyncio.create_subprocess_exec"),
        ("import os", "os.system('x')", "os.system", "asyncio.create_subprocess_exec"),
        (
            "import urllib.request",
            "urllib.request.urlopen('x')",
            "urllib.request.urlopen",
            "http_async_client",
        ),
    ],
)
def test_a_call_that_blocks_in_an_async_function_is_an_error(
    imports: str, call: str, name: str, instead: str
) -> None:
    [problem] = problems("COD107", inside(imports, call))
    assert problem.message == f"{name} blocks the event loop"
    assert problem.severity is None
    assert problem.fix
    assert problem.fix.title == f"use {instead}"


def test_a_method_blocks_as_well() -> None:
    code = (
        "import time\n\n\nclass A:\n    async def f(self):\n        for _ in x:\n            time.sleep(1)\n"
    )
    assert said("COD107", new(code)) == ["new.py:7:13 time.sleep blocks the event loop"]


@pytest.mark.parametrize(
    "code",
    [
        "import time\n\n\ndef f():\n    time.sleep(1)\n",
        "import time\n\n\nasync def f():\n    await asyncio.to_thread(time.sleep, 1)\n",
        "import time\n\n\nasync def f():\n    await run(lambda: time.sleep(1))\n",
        "import time\n\n\nasync def f():\n    def inner():\n        time.sleep(1)\n    await run(inner)\n",
        "import time\n\n\nasync def f(now=time.sleep(1)): ...\n",
        "import asyncio\n\n\nasync def f():\n    await asyncio.sleep(1)\n",
        "from aiofiles import open\n\n\nasync def f():\n    async with open('x') as file: ...\n",
        "async def f(open):\n    open('x')\n",
        "async def f():\n    for open in openers:\n        open('x')\n",
        "from lib import requests\n\n\nasync def f():\n    requests.get('x')\n",
        "import httpx\n\n\nasync def f():\n    async with httpx.AsyncClient() as c:\n        await c.get('x')\n",
        "import time\n\ntime.sleep(1)\n",
        "async def f():\n    return cache.get('x'), self.open('x'), path.open()\n",
    ],
)
def test_what_does_not_block_the_loop_is_not_reported(code: str) -> None:
    assert said("COD107", new(code), new("def f(): ...\n", "lib/requests.py")) == []


def test_tests_may_block() -> None:
    assert said("COD107", new("import time\nasync def f():\n    time.sleep(1)\n", "tests/test_x.py")) == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("print(1)\n", 1),
        ("def f():\n    print(1)\n", 1),
        ("def f(print):\n    print(1)\n", 0),
        ("from rich import print\n\nprint(1)\n", 0),
        ("self.print(1)\n", 0),
        ("if __name__ == '__main__':\n    print(1)\n", 0),
    ],
)
def test_printed_text_is_reported(code: str, count: int) -> None:
    assert len(said("COD108", new(code))) == count


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import logging\n", ["COD109"]),
        ("from logging import getLogger\n", ["COD109"]),
        ("from loguru import logger\n", []),
        ("from .logging import x\n", []),
        ("import requests\n", ["COD110"]),
        ("from requests.exceptions import HTTPError\n", ["COD110"]),
        ("import requests_mock\n", []),
        (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import requests\n    import logging\n",
            [],
        ),
        ("import typing\n\nif typing.TYPE_CHECKING:\n    from requests import Response\n", []),
        ("if not TYPE_CHECKING:\n    import requests\n", ["COD110"]),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import requests\n", ["COD110"]),
        ("import httpx\n\n\ndef f():\n    httpx.get('x')\n", ["COD110"]),
        ("import httpx\n\n\ndef f():\n    httpx.Client().get('x')\n", []),
        ("import httpx\n\n\nasync def f():\n    httpx.get('x')\n", ["COD107"]),
    ],
)
def test_imports_that_the_framework_replaces_are_reported(code: str, found: list[str]) -> None:
    assert heard(new(code)) == found


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("    return await client.all()\n", 1),
        ("    if x:\n        return []\n    return await client.all()\n", 1),
        ("    async for batch in client.all():\n        yield batch\n", 0),
        ("    if x:\n        return\n    yield []\n", 0),
        ("    return []\n", 0),
        ("    await client.push()\n", 0),
    ],
)
def test_a_resync_that_returns_its_objects_is_reported(body: str, count: int) -> None:
    code = f'@ocean.on_resync("project")\nasync def resync(kind: str):\n{body}'
    assert len(said("COD111", new(code))) == count


def processor(name: str, body: str) -> Edit:
    return new(f"class P(AbstractWebhookProcessor):\n    async def {name}(self, payload, headers):\n{body}")


@pytest.mark.parametrize(("code", "name"), [("COD112", "authenticate"), ("COD113", "validate_payload")])
@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("        return True\n", 1),
        ('        """Says yes."""\n        return True\n', 1),
        ('        logger.info("x")\n        return True\n', 1),
        ("        return False\n", 0),
        ("        return 'x' in payload\n", 0),
        ("        if not payload:\n            return False\n        return True\n", 0),
        ("        return await super().check(payload)\n", 0),
    ],
)
def test_a_check_that_always_says_yes_is_reported(code: str, name: str, body: str, count: int) -> None:
    assert len(said(code, processor(name, body))) == count


def test_a_function_of_that_name_elsewhere_is_not_a_check() -> None:
    assert said("COD112", new("def authenticate():\n    return True\n\n\nWebhookProcessor = 1\n")) == []
    assert said("COD112", new("class Client:\n    def authenticate(self):\n        return True\n")) == []


CONSTANTS = 'RUN = "/webhook/{run_id}"\nPREFIX = "/webhook"\n'


@pytest.mark.parametrize(
    ("path", "templated", "computed"),
    [
        ('"/webhook"', 0, 0),
        ("PREFIX", 0, 0),
        ('f"{PREFIX}/runs"', 0, 0),
        ('PREFIX + "/runs"', 0, 0),
        ("unknown", 0, 0),
        ("paths[0]", 0, 0),
        ('"/webhook/{run_id}"', 1, 0),
        ("RUN", 1, 0),
        ('f"/webhook/{run_id}"', 1, 0),
        ('PREFIX + "/" + name', 0, 1),
        ("make()", 0, 1),
    ],
)
def test_the_path_of_a_webhook_has_no_variable_part(path: str, templated: int, computed: int) -> None:
    for call in (
        f"ocean.add_webhook_processor({path}, P)",
        f"ocean.add_webhook_processor(path={path}, processor=P)",
    ):
        edits = [(SPEC, SAAS, LIVE), new(f"{CONSTANTS}{call}\n")]
        assert len(said("COD216", *edits)) == templated
        assert len(said("COD114", *edits)) == computed


def test_a_variable_part_is_right_without_live_events_or_before_they_came_by_path() -> None:
    code = new('ocean.add_webhook_processor("/webhook/{run_id}", P)\n')
    lock = ("poetry.lock", "0.48.12", "0.44.2")
    assert said("COD216", code) == []
    assert said("COD216", code, (SPEC, SAAS, LIVE), lock) == []
    assert len(said("COD216", code, (SPEC, SAAS, LIVE))) == 1


MODULE = new("class Thing:\n    pass\n\n\ndef make():\n    pass\n\n\nif True:\n    LIMIT = 1\n", "things.py")


@pytest.mark.parametrize("name", ["Thin", "Things", "limit"])
def test_a_name_that_its_module_lacks_cannot_be_imported(name: str) -> None:
    (message,) = said("COD240", MODULE, new(f"from things import {name}\n"))
    assert message.startswith(f'new.py:1:20 things.py has no "{name}"')


@pytest.mark.parametrize(
    ("importing", "module"),
    [
        ("from things import Thing, make, LIMIT", MODULE),
        ("from things import *", MODULE),
        ("from things import lazy", new("def __getattr__(name):\n    return 1\n", "things.py")),
        ("from things import other", new("from json import *\n", "things.py")),
        ("from things import below", new("", "things/__init__.py")),
        ("from json import nothing", MODULE),
        ("from .things import Thing", MODULE),
        ("try:\n    from things import old\nexcept ImportError:\n    old = None", MODULE),
        ("from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from things import Kind", MODULE),
    ],
)
def test_a_name_that_its_module_has_or_may_have_can_be_imported(importing: str, module: Edit) -> None:
    below = new("x = 1\n", "things/below/part.py")
    others = [below] if module[0] == "things/__init__.py" else []
    assert said("COD240", module, *others, new(importing + "\n")) == []


MANY = [f"name_{number}" for number in range(150)]


@pytest.mark.parametrize("before", ["", "xname\n" * 150, "name_0x = 1\n" * 150])
def test_a_name_is_found_behind_many_longer_ones_and_many_names_are_looked_for(before: str) -> None:
    module = new(before + "".join(f"{name} = 1\n" for name in MANY[:-1]), "things.py")
    importing = f"import sys\r\nfrom things import (  # all\n    {', '.join(MANY[:-1])},\n)\n"
    assert said("COD240", module, new(importing)) == []
    (message,) = said("COD240", module, new(importing + f"if sys:\n    from things import {MANY[-1]}\n"))
    assert message.startswith(f'new.py:6:24 things.py has no "{MANY[-1]}"')


def test_a_module_that_is_nearly_one_that_has_the_name_is_meant_for_it() -> None:
    (message,) = said("COD240", MODULE, new("from thing import Thing\n"))
    assert message.endswith('there is no module "thing"; did you mean "things"?')
    for right in (
        "from thing import other",
        "from .thing import Thing",
        "from string import make",
        "import thing",
    ):
        assert said("COD240", MODULE, new("def make(): ...\n", "strings.py"), new(right + "\n")) == []


JOIN = "from urllib.parse import urljoin\n"


@pytest.mark.parametrize("base", ['f"{host}/api"', "f'{self.host}/rest/v2'", 'f"https://{host}/api"'])
def test_an_address_whose_last_part_urljoin_drops_is_a_fault(base: str) -> None:
    (message,) = said("COD140", new(f"{JOIN}x = urljoin({base}, path)\n"))
    assert message == f"new.py:2:13 urljoin drops the last part of {base}"


@pytest.mark.parametrize(
    "call",
    [
        'urljoin(f"{host}/api/", path)',
        'urljoin(f"{host}", path)',
        "urljoin(base, path)",
        'urljoin("/a/b", path)',
    ],
)
def test_an_address_that_urljoin_keeps_is_right(call: str) -> None:
    assert said("COD140", new(f"{JOIN}x = {call}\n")) == []
    assert said("COD140", new('from mine import urljoin\nx = urljoin(f"{host}/api", path)\n')) == []


CLIENT = "from port_ocean.utils import http_async_client\n\n\nclass Client:\n    def __init__(self):\n"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("self.client.auth = auth", "self.client.auth"),
        ("self.client.headers.update(headers)", "self.client.headers"),
        ("http_async_client.timeout = 3", "http_async_client.timeout"),
    ],
)
def test_what_is_set_on_the_shared_client_holds_for_every_request(line: str, name: str) -> None:
    (message,) = said("COD141", new(f"{CLIENT}        self.client = http_async_client\n        {line}\n"))
    assert message == f"new.py:7:9 {name} is set on the HTTP client that all of the code shares"


@pytest.mark.parametrize(
    "lines",
    [
        "self.client = httpx.AsyncClient()\n        self.client.auth = auth",
        "self.client = http_async_client\n        self.headers = {}\n        self.auth = auth",
        "self.client = http_async_client\n        print(self.client.timeout == 3)",
        "self.headers = {}\n        self.headers.update(http_async_client.headers)",
    ],
)
def test_what_is_set_on_something_else_is_right(lines: str) -> None:
    assert said("COD141", new(f"{CLIENT}        {lines}\n")) == []


OPTIONAL = (SPEC, "    required: true\n    sensitive: true", "    required: false\n    sensitive: true")
WITHOUT = ("client.py", 'ocean.integration_config["api_token"]', '""')


def reading(*lines: str) -> Edit:
    body = "".join(f"    {line}\n" for line in lines)
    return new(
        f"from port_ocean.context.ocean import ocean\n\n\ndef f():\n    config = ocean.integration_config\n{body}"
    )


@pytest.mark.parametrize(
    "lines",
    [
        ['return config["api_token"].strip()'],
        ['token = config["api_token"]', "return token.encode()"],
        ["token: str = config[", '    "api_token"', "]", "use(*token.split())"],
    ],
)
def test_a_configuration_that_may_be_missing_is_not_used_as_if_it_were_there(lines: list[str]) -> None:
    (message,) = said("COD241", OPTIONAL, WITHOUT, reading(*lines))
    assert message.endswith('"api_token" may be missing, and is used as if it were there')
    assert said("COD241", WITHOUT, reading(*lines)) == [], "it is required"


@pytest.mark.parametrize(
    "lines",
    [
        ['return config["api_token"].strip() if config["api_token"] else ""'],
        ['token = config["api_token"]', "if token:", "    return token.strip()"],
        ['token = config["api_token"]', "return token and token.strip()"],
        ['token = config["api_token"]', "return use(token)"],
        ['if config.get("api_token"):', '    return config["api_token"].strip()'],
        ["try:", '    return config["api_token"].strip()', "except AttributeError:", "    return None"],
        ['token = config["api_token"] or ""', "return token.strip()"],
        ['return config["page_size"].bit_length()'],
    ],
)
def test_a_configuration_whose_value_is_asked_for_or_has_a_default_is_right(lines: list[str]) -> None:
    assert said("COD241", OPTIONAL, WITHOUT, reading(*lines)) == []


DECLARING = (
    "class Base:\n    events: list[str]\n\n    def takes(self, event):\n        return event in self.events\n"
)


def test_an_attribute_that_a_base_declares_is_set_under_its_name() -> None:
    (message,) = said("COD242", new(f"{DECLARING}\n\nclass Task(Base):\n    event = []\n"))
    assert message == 'new.py:9:5 "events", which "Base" declares, has no value in "Task"'


@pytest.mark.parametrize(
    "more",
    [
        "class Task(Base):\n    events = []\n    event = 1\n",
        "class Task(Base):\n    pass\n",
        "class Task(Base):\n    event = 1\n\n    def __init__(self):\n        self.events = []\n",
        "class Task(Base):\n    event = 1\n\n    @property\n    def events(self):\n        return []\n",
        "class Middle(Base):\n    events = []\n\n\nclass Task(Middle):\n    event = 1\n",
        "class Task(Base, make()):\n    event = 1\n",
        "class Task(Base):\n    handler = 1\n",
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Task(Base):\n    event: int = 1\n",
    ],
)
def test_an_attribute_that_is_set_elsewhere_or_is_another_one_is_right(more: str) -> None:
    assert said("COD242", new(f"{DECLARING}\n\n{more}")) == []


@pytest.mark.parametrize(
    ("new", "count"),
    [
        ("response.raise_for_status", 1),
        ("await response.aclose", 1),
        ("check = (\n            response.raise_for_status\n        )", 0),
        ("check = response.raise_for_status", 0),
        ("# response.raise_for_status", 0),
        ("check = [\n            # asked later\n            response.raise_for_status\n        ]", 0),
        ("check = {\n            1:\n            response.raise_for_status\n        }", 0),
        ("response.raise_for_status\r", 1),
    ],
)
def test_a_method_that_a_statement_names_is_called(new: str, count: int) -> None:
    assert len(problems("COD118", ("client.py", "response.raise_for_status()", new))) == count
