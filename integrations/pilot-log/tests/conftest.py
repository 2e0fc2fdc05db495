from collections.abc import AsyncIterator

import httpx
import pytest

import client as client_module
from client import PilotLogClient


@pytest.fixture
async def client(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[PilotLogClient]:
    """A client of a made-up address that asks for two objects a page."""
    async with httpx.AsyncClient() as plain:
        monkeypatch.setattr(client_module, "http_async_client", plain)
        yield PilotLogClient(
            api_url="https://api.test/v1/",
            api_token="a-token",
            page_size=2,
        )
