from typing import cast

from port_ocean.context.event import event
from port_ocean.context.ocean import ocean
from port_ocean.core.ocean_types import ASYNC_GENERATOR_RESYNC_TYPE

from client import PilotLogClient
from integration import (
    LogEntryResourceConfig,
    VoyageResourceConfig,
)
from kinds import Kind


@ocean.on_resync(Kind.VOYAGE)
async def resync_voyages(kind: str) -> ASYNC_GENERATOR_RESYNC_TYPE:
    client = PilotLogClient.from_configuration()
    selector = cast(VoyageResourceConfig, event.resource_config).selector
    batches = client.get_voyages(selector.include_archived)
    async for batch in batches:
        yield batch


@ocean.on_resync(Kind.LOG_ENTRY)
async def resync_log_entries(kind: str) -> ASYNC_GENERATOR_RESYNC_TYPE:
    client = PilotLogClient.from_configuration()
    selector = cast(LogEntryResourceConfig, event.resource_config).selector
    async for parents in client.get_voyages():
        for parent in parents:
            batches = client.get_log_entries(parent, selector.state)
            async for batch in batches:
                yield batch
