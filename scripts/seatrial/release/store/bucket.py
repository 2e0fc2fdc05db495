"""A store in a bucket of S3, Google Cloud Storage or Azure, by obstore; its failures with what to set."""

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

from seatrial.core.addresses import is_loopback, public_url
from seatrial.core.errors import ConfigurationError, ServiceError
from seatrial.core.printable import one_line
from seatrial.release.plan.ports import Stored
from seatrial.release.store.local import MAX_BYTES

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


RETRY = {"max_retries": 6, "retry_timeout": timedelta(seconds=20)}
CLIENT = {"timeout": timedelta(seconds=20), "connect_timeout": timedelta(seconds=5)}
"""Together they end every call after 40 seconds, less than a lease keeps for one request (`leases.MARGIN`)."""

SETTING = "`store` below [release]"


class OversizedObject(ServiceError):
    """An object has more bytes than are read."""


LARGE = 100_000
"""Bytes above which the last object read is kept, and sent again by the service only when it has changed."""

_MARK = "seatrial"
_ENDPOINTS = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT",
    "AZURE_STORAGE_ENDPOINT",
    "GOOGLE_BASE_URL",
)
_ALLOW_HTTP = {"s3": "AWS_ALLOW_HTTP", "gs": "GOOGLE_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP"}


def is_missing_bucket(failed: Exception) -> bool:
    """Return whether the bucket is missing, rather than the object."""
    return bool(_MISSING_BUCKET.search(str(failed)))


def failure(url: str, what: str, failed: Exception, setting: str = SETTING) -> ServiceError:
    """Return the error about `what`, a key or the like, at the store of this URL, which a setting names."""
    return ServiceError(f"{url} fails at {what}: {explanation(failed, url, setting)}")


def explanation(failed: Exception, url: str, setting: str = SETTING) -> str:
    """Return what went wrong and what to set, with the answer's code only, as the rest may hold secrets."""
    text = str(failed)
    family = _FAMILIES.get(urlsplit(url).scheme, "s3")
    if is_missing_bucket(failed):
        return f"there is no such bucket; make it, or name another with {setting}"
    for pattern, words in _explanations(family):
        if pattern.search(text):
            code = _CODE.search(text)
            return f"{words} (it says {one_line(code[1], 60)})" if code else words
    return f"{_summary(text)}; check {setting}, {_PLACES[family]}"


def _explanations(family: str) -> list[tuple[re.Pattern[str], str]]:
    credentials, places = _CREDENTIALS[family], _PLACES[family]
    return [
        (_NO_CREDENTIALS, f"there are no credentials; set {credentials}"),
        (_BAD_CREDENTIALS, f"the credentials are refused; set {credentials} anew"),
        (_NOT_ALLOWED, f"the credentials do not allow it; give them the right to it, or set {credentials}"),
        (
            _SCHEME_REFUSED,
            f"the endpoint is plain http; use https, or allow it with {_ALLOW_HTTP[family]}=true",
        ),
        (_LATE, f"no answer in time; check {places}, and run it again"),
        (_UNREACHED, f"it cannot be reached; check {places}, and run it again"),
    ]


def _summary(text: str) -> str:
    """Return the code of an answer, or its status, or the first words of the error without any URL."""
    answer = _CODE.search(text) or _STATUS.search(text)
    if answer:
        return f"it answers {one_line(answer[1].strip(), 60)}"
    return one_line(" ".join(_URL.sub("...", text.partition("Debug source:")[0]).split()), 60)


@dataclass(frozen=True)
class BucketStore:
    """A store with an object below the URL for each key, for `plan.ports.Store`.

    Each write carries a mark of its own, by which it is recognised if the answer was lost. Objects of more than `most`
    bytes, by default MAX_BYTES, are not read. `setting` is the name of the setting that has the URL.
    """

    url: str
    inner: Any = field(repr=False)
    most: int | None = field(default=None, repr=False)
    setting: str = field(default=SETTING, repr=False)
    _last: dict[str, Stored] = field(default_factory=dict, repr=False, compare=False)

    def get(self, key: str) -> Stored | None:
        last = self._last.get(key)
        try:
            with self._failures(key):
                stored = self._fetched(key, last)
        except FileNotFoundError:
            return None
        if len(stored.data) > LARGE and stored is not last:
            self._last.clear()
            self._last[key] = stored
        return stored

    def create(self, key: str, data: bytes) -> bool:
        return self._swapped(key, data, "create")

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        return self._swapped(key, data, json.loads(etag))

    def put(self, key: str, data: bytes) -> None:
        with self._failures(key):
            self._send(key, data, "", "overwrite")

    def keys(self, prefix: str = "") -> Sequence[str]:
        import obstore

        folder = prefix.rpartition("/")[0]
        with self._failures(f"the listing of {folder or 'the store'}"):
            pages = obstore.list(self.inner, prefix=folder or None, chunk_size=1000)
            found = [str(one["path"]) for page in pages for one in page]
        return sorted(key for key in found if key.startswith(prefix))

    def _fetched(self, key: str, last: Stored | None) -> Stored:
        import obstore
        from obstore.exceptions import NotModifiedError

        known = json.loads(last.etag).get("e_tag") if last else None
        try:
            found = obstore.get(self.inner, key, options={"if_none_match": known} if known else None)
        except NotModifiedError:
            if last is None:
                raise
            return last
        most = self.most or MAX_BYTES
        if found.meta["size"] > most:
            raise OversizedObject(f"{self.url} fails at {key}: objects over {most:,} bytes are not read")
        stated = {name: found.meta[name] for name in ("e_tag", "version") if found.meta[name]}
        return Stored(bytes(found.bytes()), json.dumps(stated))

    def _swapped(self, key: str, data: bytes, mode: Any) -> bool:
        """Write if the present object is as `mode` says; return whether it was. Raises ServiceError."""
        from obstore import exceptions

        mark = secrets.token_hex(12)
        try:
            self._send(key, data, mark, mode)
        except (exceptions.BaseError, OSError, ValueError) as failed:
            if self._mark_at(key) == mark:
                return True
            is_lost = isinstance(failed, exceptions.AlreadyExistsError | exceptions.PreconditionError)
            if is_lost and not is_missing_bucket(failed):
                return False
            raise failure(self.url, key, failed, self.setting) from failed
        return True

    def _send(self, key: str, data: bytes, mark: str, mode: Any) -> None:
        import obstore

        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        attributes = {"Content-Type": kind} | ({_MARK: mark} if mark else {})
        obstore.put(self.inner, key, data, attributes=attributes, mode=mode, use_multipart=False)

    def _mark_at(self, key: str) -> str:
        """Return the mark of the write that made the present object; empty where it cannot be read."""
        import obstore
        from obstore import exceptions

        try:
            return str(obstore.get(self.inner, key, options={"head": True}).attributes.get(_MARK, ""))
        except (exceptions.BaseError, OSError, ValueError):
            return ""

    @contextmanager
    def _failures(self, what: str) -> Iterator[None]:
        """Raise a ServiceError for what the service refuses; FileNotFoundError stays for a missing object."""
        from obstore import exceptions

        try:
            yield
        except (exceptions.BaseError, OSError, ValueError) as failed:
            if isinstance(failed, FileNotFoundError) and not is_missing_bucket(failed):
                raise
            raise failure(self.url, what, failed, self.setting) from failed


def open_bucket(
    url: str,
    environ: Mapping[str, str] = os.environ,
    *,
    options: Mapping[str, Any] | None = None,
    most: int | None = None,
    setting: str = SETTING,
) -> BucketStore:
    """Return the store at a URL such as `s3://bucket/prefix`. Raises ConfigurationError for one that is not valid.

    `options` are those of obstore, by default RETRY and CLIENT; `most` and `setting` are as in `BucketStore`.
    """
    from obstore import exceptions
    from obstore.store import from_url

    public = _without_secrets(url, setting)
    stated: dict[str, Any] = {"client_options": CLIENT, "retry_config": RETRY, **(options or {})}
    http = any(_is_local(environ.get(name, "")) for name in _ENDPOINTS)
    http = http or any(environ.get(name, "").lower() in ("true", "1") for name in _ALLOW_HTTP.values())
    try:
        stated["client_options"] = {**stated["client_options"], "allow_http": http}
        inner = from_url(url, **stated)
    except (exceptions.BaseError, ValueError) as wrong:
        raise ConfigurationError(
            f"{_stated(setting, public)} cannot be opened: {explanation(wrong, url, setting)}"
        ) from wrong
    return BucketStore(public, inner, most, setting)


def _stated(setting: str, url: str) -> str:
    """Return a setting with its value as they are in `seatrial.toml`."""
    name, _, more = setting.strip("`").partition("`")
    return f'{name} = "{url}"{more}'


def _without_secrets(url: str, setting: str) -> str:
    """Return a URL for people. Raises ConfigurationError for one with a password or a token."""
    parts = urlsplit(url)
    has_container = parts.scheme in ("abfs", "abfss") and parts.password is None
    if parts.query or parts.fragment or ("@" in parts.netloc and not has_container):
        raise ConfigurationError(
            f"{_stated(setting, public_url(url))} has more than a bucket and a path; "
            "leave that out, and give credentials in the environment"
        )
    return url


def _is_local(endpoint: str) -> bool:
    """Return whether the endpoint is plain http on this machine."""
    parts = urlsplit(endpoint)
    return parts.scheme == "http" and is_loopback(parts.hostname or "")
