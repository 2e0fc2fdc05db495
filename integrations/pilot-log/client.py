from collections.abc import AsyncIterator
from typing import Any, Self

from port_ocean.context.ocean import ocean
from port_ocean.utils import http_async_client

Batch = list[dict[str, Any]]


class PilotLogClient:
    """Reads the service's REST API, one batch of objects at a time."""

    def __init__(self, api_url: str, api_token: str, page_size: int) -> None:
        self._api_url = api_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_token}"}
        self._page_size = page_size

    @classmethod
    def from_configuration(cls) -> Self:
        return cls(
            api_url=str(ocean.integration_config["api_url"]),
            api_token=ocean.integration_config["api_token"],
            page_size=ocean.integration_config["page_size"],
        )

    async def get_voyages(
        self,
        include_archived: bool = True,
    ) -> AsyncIterator[Batch]:
        archived = str(include_archived).lower()
        async for batch in self._pages("voyages", archived=archived):
            yield batch

    async def get_log_entries(
        self,
        parent: dict[str, Any],
        state: str = "all",
    ) -> AsyncIterator[Batch]:
        """Every object carries its parent under `__parent`, for the relation."""
        path = f"voyages/{parent['id']}/log-entries"
        async for batch in self._pages(path, state=state):
            yield [{**found, "__parent": parent} for found in batch]

    async def _pages(self, path: str, **query: str) -> AsyncIterator[Batch]:
        """Asks for page after page until one is not full."""
        page = 1
        while batch := await self._page(path, page, query):
            yield batch
            if len(batch) < self._page_size:
                return
            page += 1

    async def _page(self, path: str, page: int, query: dict[str, str]) -> Batch:
        response = await http_async_client.get(
            f"{self._api_url}/{path}",
            headers=self._headers,
            params={**query, "page": page, "per_page": self._page_size},
        )
        response.raise_for_status()
        found: Batch = response.json()
        return found
