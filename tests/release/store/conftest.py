"""A real S3 endpoint for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.bucket import s3_server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server with the bucket `bucket`; yield its URL."""
    with s3_server(tmp_path_factory.mktemp("s3") / "log") as url:
        yield url
