"""The places of the shared cache: the same buckets and folders as a store's, but given up soon."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Store
from seatrial.release.store import folder_of
from seatrial.release.store.bucket import OversizedObject, open_bucket
from seatrial.release.store.local import FolderStore
from seatrial.system.remote_cache import MOST_SEALED, REQUEST_SECONDS, RefusedEntry

SETTING = "`cache`"

OPTIONS: Mapping[str, Any] = {
    "client_options": {
        "timeout": timedelta(seconds=REQUEST_SECONDS),
        "connect_timeout": timedelta(seconds=REQUEST_SECONDS / 2),
    },
    "retry_config": {"max_retries": 0, "retry_timeout": timedelta(seconds=REQUEST_SECONDS)},
}
"""One attempt, which ends soon."""

IDENTITIES: Mapping[str, tuple[str, ...]] = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_", "AWS_SKIP_SIGNATURE"),
    "gs": ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SKIP_SIGNATURE"),
    "az": (
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_SAS",
        "AZURE_CLIENT_",
        "AZURE_FEDERATED_",
        "AZURE_SKIP_SIGNATURE",
    ),
}
"""The beginnings of variables that tell who somebody is; without one a bucket is read as anybody may, at once."""


@dataclass(frozen=True)
class BucketEntries:
    """Entries of the shared cache in a bucket."""

    store: Store

    def get(self, name: str) -> bytes | None:
        try:
            found = self.store.get(name)
        except OversizedObject as refused:
            raise RefusedEntry(name) from refused
        return found.data if found else None

    def put(self, name: str, data: bytes) -> None:
        self.store.put(name, data)


@dataclass(frozen=True)
class FolderEntries(BucketEntries):
    """Entries of the shared cache in a folder; what is there and cannot be read, such as a link, is refused."""

    base: Path

    def get(self, name: str) -> bytes | None:
        try:
            return super().get(name)
        except ServiceError as refused:
            raise RefusedEntry(name) from refused


def open_entries(url: str, environ: Mapping[str, str] = os.environ) -> BucketEntries:
    """Return the place at a URL. Raises ConfigurationError for one that is not valid."""
    if url.startswith("file:"):
        base = folder_of(url, 'cache = "{}"')
        return FolderEntries(FolderStore(base, MOST_SEALED), base)
    scheme = urlsplit(url).scheme
    known = IDENTITIES.get({"gcs": "gs"}.get(scheme, scheme), IDENTITIES["az"])
    anonymous = (
        {} if any(one.startswith(known) for one in environ) else {"config": {"skip_signature": "true"}}
    )
    return BucketEntries(
        open_bucket(url, environ, options={**OPTIONS, **anonymous}, most=MOST_SEALED, setting=SETTING)
    )
