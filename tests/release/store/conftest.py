"""Real endpoints of S3 and Azure for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.bucket import azure_server, s3_server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server with the bucket `bucket`; yield its URL."""
    with s3_server(tmp_path_factory.mktemp("s3") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Azurite with the container `bucket`; yield its URL."""
    with azure_server(tmp_path_factory.mktemp("azure") / "log") as url:
        yield url
