"""A store that is a bucket of S3, Google Cloud Storage or Azure, by obstore.

What a bucket's service says when it fails, as one line for a person: what happened, and what to set.
"""

from __future__ import annotations

import json
import mimetypes
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from seatrial.core.errors import ConfigurationError, ServiceError
from seatrial.core.names import shown
from seatrial.release.plan.ports import Stored

_FAMILIES = {"s3": "s3", "gs": "gs", "gcs": "gs", "az": "az", "azure": "az", "abfs": "az", "abfss": "az"}
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_PLACES = {
    "s3": "AWS_REGION and AWS_ENDPOINT_URL",
    "gs": "the network",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ENDPOINT",
}

_MISSING_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|specified bucket does not exist")
_NO_CREDENTIALS = re.compile(
    r"/latest/api/token|/latest/meta-data|computeMetadata|metadata/identity|Missing(?:Secret)?AccessKey"
    r"|MissingSecretAccessKey|Missing AccessKeyId|Account must be specified|169\.254\.16"
)
_BAD_CREDENTIALS = re.compile(
    r"InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AuthenticationFailed|401 Unauthorized"
    r"|InvalidClientTokenId|TokenRefreshRequired"
)
_NOT_ALLOWED = re.compile(r"AccessDenied|AuthorizationFailure|AuthorizationPermissionMismatch|403 Forbidden")
_LATE = re.compile(r"kind: Timeout|timed out")
_UNREACHED = re.compile(r"kind: Connect|dns error|error sending request")
_SCHEME_REFUSED = re.compile(r"BadScheme")
_CODE = re.compile(r"<Code>([^<]+)</Code>")
_STATUS = re.compile(r"status code: (\d{3}[ \w]*)")
_URL = re.compile(r"https?://\S+")


def is_missing_bucket(failed: Exception) -> bool:
    """Whether it is the bucket that is not there, rather than the object."""
    return bool(_MISSING_BUCKET.search(str(failed)))


def trouble(url: str, what: str, failed: Exception) -> ServiceError:
    """The line for a person about `what`, a key or the like, at the store of this URL."""
    return ServiceError(f"{url} fails at {what}: {in_words(failed, url)}")


def in_words(failed: Exception, url: str) -> str:
    """What went wrong and what to set; nothing of the answer but its code, for the rest may hold secrets."""
    text = str(failed)
    family = _FAMILIES.get(urlsplit(url).scheme, "s3")
    if is_missing_bucket(failed):
        return "there is no such bucket; make it, or name another with `store` below [release]"
    for pattern, words in _words(family):
        if pattern.search(text):
            return words + _said(text)
    return f"{_reason(text)}; check `store` below [release], {_PLACES[family]}"


def _words(family: str) -> list[tuple[re.Pattern[str], str]]:
    credentials, places = _CREDENTIALS[family], _PLACES[family]
    return [
        (_NO_CREDENTIALS, f"there are no credentials; set {credentials}"),
        (_BAD_CREDENTIALS, f"the credentials are refused; set {credentials} anew"),
        (_NOT_ALLOWED, f"the credentials do not allow it; give them the right to it, or set {credentials}"),
        (_SCHEME_REFUSED, "the endpoint is plain http; use https, or allow it with AWS_ALLOW_HTTP=true"),
        (_LATE, f"no answer in time; check {places}, and run it again"),
        (_UNREACHED, f"it cannot be reached; check {places}, and run it again"),
    ]


def _said(text: str) -> str:
    code = _CODE.search(text)
    return f" (it says {shown(code[1])})" if code else ""


def _reason(text: str) -> str:
    """The code of an answer, or its status, or the first words of the error without any URL."""
    answer = _CODE.search(text) or _STATUS.search(text)
    if answer:
        return f"it answers {shown(answer[1].strip())}"
    return shown(" ".join(_URL.sub("...", text.partition("Debug source:")[0]).split()))


RETRY = {"max_retries": 6, "retry_timeout": timedelta(seconds=20)}
CLIENT = {"timeout": timedelta(seconds=20), "connect_timeout": timedelta(seconds=5)}
"""Together they end every call after 40 seconds, which is less than what a lease leaves for one."""

LARGE = 100_000
"""Of objects larger than this, in bytes, the last one is kept, and only asked for whether it still stands."""

_MARK = "seatrial"
_ENDPOINTS = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT",
    "AZURE_STORAGE_ENDPOINT",
    "GOOGLE_BASE_URL",
)
_PLAIN_HTTP = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP")
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|localhost|::1")


@dataclass(frozen=True)
class BucketStore:
    """Each key is an object below the URL; it fits `release.ports.Store`.

    Each write carries a mark of its own, so that one whose answer was lost can be told from another's.
    """

    url: str
    inner: Any = field(repr=False)
    _kept: dict[str, Stored] = field(default_factory=dict, repr=False, compare=False)

    def get(self, key: str) -> Stored | None:
        kept = self._kept.get(key)
        try:
            with self._told(key):
                stored = self._fetched(key, kept)
        except FileNotFoundError:
            return None
        if len(stored.data) > LARGE and stored is not kept:
            self._kept.clear()
            self._kept[key] = stored
        return stored

    def create(self, key: str, data: bytes) -> bool:
        return self._swapped(key, data, "create")

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        return self._swapped(key, data, json.loads(etag))

    def put(self, key: str, data: bytes) -> None:
        with self._told(key):
            self._send(key, data, "", "overwrite")

    def keys(self, prefix: str = "") -> Sequence[str]:
        import obstore

        folder = prefix.rpartition("/")[0]
        with self._told(f"the listing of {folder or 'the store'}"):
            pages = obstore.list(self.inner, prefix=folder or None, chunk_size=1000)
            found = [str(one["path"]) for page in pages for one in page]
        return sorted(key for key in found if key.startswith(prefix))

    def _fetched(self, key: str, kept: Stored | None) -> Stored:
        import obstore
        from obstore.exceptions import NotModifiedError

        known = json.loads(kept.etag).get("e_tag") if kept else None
        try:
            found = obstore.get(self.inner, key, options={"if_none_match": known} if known else None)
        except NotModifiedError:
            if kept is None:
                raise
            return kept
        stated = {name: found.meta[name] for name in ("e_tag", "version") if found.meta[name]}
        return Stored(bytes(found.bytes()), json.dumps(stated))

    def _swapped(self, key: str, data: bytes, mode: Any) -> bool:
        """Write where what stands there is as `mode` says; whether that was done."""
        from obstore import exceptions

        mark = secrets.token_hex(12)
        try:
            self._send(key, data, mark, mode)
        except (exceptions.BaseError, OSError, ValueError) as failed:
            if self._mark_at(key) == mark:
                return True
            beaten = isinstance(failed, exceptions.AlreadyExistsError | exceptions.PreconditionError)
            if beaten and not is_missing_bucket(failed):
                return False
            raise trouble(self.url, key, failed) from failed
        return True

    def _send(self, key: str, data: bytes, mark: str, mode: Any) -> None:
        import obstore

        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        attributes = {"Content-Type": kind} | ({_MARK: mark} if mark else {})
        obstore.put(self.inner, key, data, attributes=attributes, mode=mode, use_multipart=False)

    def _mark_at(self, key: str) -> str:
        """The mark of the write that made what stands there; empty where that cannot be had."""
        import obstore
        from obstore import exceptions

        try:
            return str(obstore.get(self.inner, key, options={"head": True}).attributes.get(_MARK, ""))
        except (exceptions.BaseError, OSError, ValueError):
            return ""

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """What the service refuses, as one line; only that nothing stands at a key stays what it is."""
        from obstore import exceptions

        try:
            yield
        except (exceptions.BaseError, OSError, ValueError) as failed:
            if isinstance(failed, FileNotFoundError) and not is_missing_bucket(failed):
                raise
            raise trouble(self.url, what, failed) from failed


def open_bucket(url: str, environ: Mapping[str, str] = os.environ) -> BucketStore:
    """The store at a URL such as `s3://bucket/prefix`. Raises ConfigurationError for one that makes no sense."""
    from obstore import exceptions
    from obstore.store import from_url

    shown = _without_secrets(url)
    http = any(_on_loopback(environ.get(name, "")) for name in _ENDPOINTS)
    http = http or any(environ.get(name, "").lower() in ("true", "1") for name in _PLAIN_HTTP)
    try:
        inner = from_url(url, client_options={**CLIENT, "allow_http": http}, retry_config=RETRY)  # type: ignore[call-overload]
    except (exceptions.BaseError, ValueError) as wrong:
        raise ConfigurationError(
            f'store = "{shown}" below [release] cannot be opened: {in_words(wrong, url)}'
        ) from wrong
    return BucketStore(shown, inner)


def _without_secrets(url: str) -> str:
    """A URL for people. Raises ConfigurationError for one with a password or a token in it."""
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    container = parts.scheme in ("abfs", "abfss") and parts.password is None
    if parts.query or parts.fragment or ("@" in parts.netloc and not container):
        raise ConfigurationError(
            f'store = "{bare}" below [release] has more than a bucket and a path; '
            "leave that out, and give credentials in the environment"
        )
    return url if container else bare


def _on_loopback(endpoint: str) -> bool:
    """Whether plain http is right, as the endpoint is on this machine."""
    parts = urlsplit(endpoint)
    return parts.scheme == "http" and bool(_LOOPBACK.fullmatch(parts.hostname or ""))
