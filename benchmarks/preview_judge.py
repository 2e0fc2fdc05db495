"""Ocean's own entity processor as a filter: requests in, what it makes of them out. Run by `preview.py`.

It runs in an environment that has `port-ocean`, in whatever version. A request is a line of JSON
`{"resource": {...}, "objects": [...]}`; the answer has a row for each input that Ocean makes of the objects.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from inspect import signature
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

os.environ.clear()

from loguru import logger
from port_ocean.context.ocean import initialize_port_ocean_context, ocean
from port_ocean.core.handlers.entity_processor.jq_entity_processor import JQEntityProcessor
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.integrations.mixins import utils

logger.remove()

AHEAD = getattr(utils, "handle_items_to_parse", None)
"""From 0.31 on, items are parsed before the processor is asked."""

TOLD = "items_to_parse_top_level_transform"
"""A parameter of it in later versions; the others ask the event that is under way."""


def processor() -> JQEntityProcessor:
    """Return the processor of an application that does nothing else."""
    app = MagicMock()
    app.config.allow_environment_variables_jq_access = True
    app.config.yield_items_to_parse = False
    app.config.yield_items_to_parse_batch_size = 1000
    app.config.process_in_queue_max_workers = 1
    app.config.process_in_queue_timeout = 60
    app.cache_provider = MagicMock()
    initialize_port_ocean_context(app)
    made = JQEntityProcessor(ocean)
    app.integration.entity_processor = made

    async def no_blueprint(*_: Any, **__: Any) -> Any:
        raise RuntimeError("there is no Port here")

    app.port_client.get_blueprint = no_blueprint
    app.integration.port_client = app.port_client
    return made


async def inputs(made: JQEntityProcessor, mapping: ResourceConfig, raw: Any) -> list[Any]:
    """Return the objects that the generator hands to the processor."""
    port = mapping.port
    if not getattr(port, "items_to_parse", None):
        return [raw]
    if not AHEAD:
        return [raw]
    whether = (port.items_to_parse_top_level_transform,)
    if TOLD not in signature(AHEAD).parameters:
        whether = ()
        utils.event = SimpleNamespace(resource_config=mapping)
    found = AHEAD([raw], port.items_to_parse_name, port.items_to_parse, *whether)
    return [one async for batch in found for one in batch]


async def row(made: JQEntityProcessor, mapping: ResourceConfig, raw: Any) -> list[dict[str, Any]]:
    """Return what becomes of an object: each entity, and an error for each item, or one for the object.

    Later versions report the error of an object twice, if some of its programs do not compile.
    """
    try:
        found = await made.parse_items(mapping, [raw])
    except BaseException as error:
        return [{"raised": type(error).__name__}]
    rows = [{"entity": entity.dict(exclude_unset=True)} for entity in found.entity_selector_diff.passed]
    errors = found.errors if getattr(mapping.port, "items_to_parse", None) and not AHEAD else found.errors[:1]
    return [*rows, *({"error": str(error)[:200]} for error in errors)] or [{"nothing": True}]


async def answer(made: JQEntityProcessor, request: dict[str, Any]) -> list[Any]:
    try:
        mapping = ResourceConfig.parse_obj(request["resource"])
    except Exception as error:
        return [{"refused": str(error)[:300]}]
    rows = []
    for raw in request["objects"]:
        try:
            given = await inputs(made, mapping, raw)
        except Exception as error:
            rows.append([{"raised": type(error).__name__}])
            continue
        rows.append([one for data in given for one in await row(made, mapping, data)])
    return rows


async def main() -> None:
    made = processor()
    for line in sys.stdin:
        print(json.dumps(await answer(made, json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
