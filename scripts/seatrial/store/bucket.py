"""A store that is a bucket of S3, Google Cloud Storage or Azure, by obstore."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from seatrial.errors import ConfigurationError, ServiceError
from seatrial.release.ports import Stored

T = TypeVar("T")

RETRY = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
CLIENT = {"timeout": timedelta(seconds=30), "connect_timeout": timedelta(seconds=10)}

_ENDPOINTS = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT",
    "GOOGLE_BASE_URL",
    "AZURE_STORAGE_ENDPOINT",
)
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|localhost|::1")

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_REGION, AWS_ENDPOINT_URL)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}


@dataclass(frozen=True)
class BucketStore:
    """Each key is an object below the URL; it fits `release.ports.Store`.

    A write that may or may not have happened, since the answer was lost, is settled by reading back.
    """

    url: str
    inner: Any = field(repr=False)

    def get(self, key: str) -> Stored | None:
        import obstore

        with self._told(key):
            try:
                found = obstore.get(self.inner, key)
                return Stored(bytes(found.bytes()), found.meta["e_tag"] or "")
            except FileNotFoundError:
                return None

    def create(self, key: str, data: bytes) -> bool:
        return self._swapped(key, data, "create")

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        return self._swapped(key, data, {"e_tag": etag})

    def put(self, key: str, data: bytes) -> None:
        import obstore

        with self._told(key):
            obstore.put(self.inner, key, data, use_multipart=False)

    def keys(self, prefix: str = "") -> Sequence[str]:
        import obstore

        folder = prefix.rpartition("/")[0]
        with self._told(prefix or "the store"):
            pages = obstore.list(self.inner, prefix=folder or None, chunk_size=1000)
            found = [str(one["path"]) for page in pages for one in page]
        return sorted(key for key in found if key.startswith(prefix))

    def _swapped(self, key: str, data: bytes, mode: Any) -> bool:
        """Whether the object is now this one, by a write that happens only if nobody else was before."""
        import obstore
        from obstore import exceptions

        with self._told(key):
            try:
                obstore.put(self.inner, key, data, mode=mode, use_multipart=False)
                return True
            except (exceptions.AlreadyExistsError, exceptions.PreconditionError, FileNotFoundError):
                pass
            except exceptions.GenericError as failed:
                if not _is_conflict(failed):
                    raise
        present = self.get(key)
        return present is not None and present.data == data

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """What the service refuses, as one line without secrets."""
        from obstore import exceptions

        try:
            yield
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as failed:
            raise ServiceError(f"{self.url} refused {what}: {_short(failed)}; {self._remedy}") from failed
        except (exceptions.BaseError, OSError) as failed:
            raise ServiceError(f"{self.url} failed at {what}: {_short(failed)}; {self._remedy}") from failed

    @property
    def _remedy(self) -> str:
        scheme = urlsplit(self.url).scheme
        named = _CREDENTIALS.get(
            {"gcs": "gs", "azure": "az", "abfs": "az", "abfss": "az"}.get(scheme, scheme), ""
        )
        return f"check the bucket, the network, and {named}" if named else "check the URL and the network"


def open_bucket(url: str, environ: Mapping[str, str] = os.environ) -> BucketStore:
    """The store at a URL such as `s3://bucket/prefix`. Raises ConfigurationError for one that makes no sense."""
    from obstore import exceptions
    from obstore.store import from_url

    http = any(_on_loopback(environ.get(name, "")) for name in _ENDPOINTS)
    try:
        inner = from_url(url, client_options={**CLIENT, "allow_http": http}, retry_config=RETRY)  # type: ignore[call-overload]
    except (exceptions.BaseError, ValueError) as wrong:
        raise ConfigurationError(
            f'store = "{_bare(url)}" below [release] cannot be opened: {_short(wrong)}'
        ) from wrong
    return BucketStore(_bare(url), inner)


def _bare(url: str) -> str:
    """A URL without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _on_loopback(endpoint: str) -> bool:
    """Whether plain http is right, as the endpoint is on this machine."""
    parts = urlsplit(endpoint)
    return parts.scheme == "http" and bool(_LOOPBACK.fullmatch(parts.hostname or ""))


def _is_conflict(failed: Exception) -> bool:
    """S3 answers 409 where two conditional writes meet."""
    return "ConditionalRequestConflict" in str(failed) or "409 Conflict" in str(failed)


def _short(failed: Exception) -> str:
    """The reason in an error of obstore, which wraps one into the other."""
    text = " ".join(str(failed).split())
    code = re.search(r"<Code>([^<]+)</Code>(?:<Message>([^<]+)</Message>)?", text)
    if code:
        return ": ".join(part for part in code.groups() if part)
    status = re.search(r"status:? (\d{3}[\w ]*)", text)
    if status:
        return status[1].strip()
    for known in ("Connection refused", "dns error", "operation timed out", "error sending request"):
        if known.lower() in text.lower():
            return known.lower()
    return text.partition(" Debug source:")[0][:160]
