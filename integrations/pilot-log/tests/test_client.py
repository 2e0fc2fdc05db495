from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from client import PilotLogClient

API = "https://api.test/v1"


async def joined(batches: AsyncIterator[list[dict[str, Any]]]) -> list[Any]:
    return [found async for batch in batches for found in batch]


async def test_pages_are_read_until_one_is_not_full(
    client: PilotLogClient, httpx_mock: HTTPXMock
) -> None:
    query = "archived=true&per_page=2"
    first, second = [{"id": 1}, {"id": 2}], [{"id": 3}]
    url = f"{API}/voyages?{query}"
    httpx_mock.add_response(url=f"{url}&page=1", json=first)
    httpx_mock.add_response(url=f"{url}&page=2", json=second)

    assert await joined(client.get_voyages()) == first + second


async def test_every_request_carries_the_token(
    client: PilotLogClient, httpx_mock: HTTPXMock
) -> None:
    headers = {"Authorization": "Bearer a-token"}
    httpx_mock.add_response(match_headers=headers, json=[])

    assert await joined(client.get_voyages()) == []


async def test_what_lies_below_a_parent_carries_it(
    client: PilotLogClient, httpx_mock: HTTPXMock
) -> None:
    parent = {"id": 7, "name": "Seven"}
    query = "state=open&page=1&per_page=2"
    url = f"{API}/voyages/7/log-entries?{query}"
    httpx_mock.add_response(url=url, json=[{"id": 1}])

    found = await joined(client.get_log_entries(parent, "open"))

    assert found == [{"id": 1, "__parent": parent}]


async def test_a_refused_token_is_an_error(
    client: PilotLogClient, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(status_code=401)

    with pytest.raises(httpx.HTTPStatusError):
        await joined(client.get_voyages())
