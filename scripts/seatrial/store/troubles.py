"""What a bucket's service says when it fails, as one line for a person: what happened, and what to set."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from seatrial.errors import ServiceError
from seatrial.naming import shown

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
_PLAIN_HTTP = re.compile(r"BadScheme")
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
        (_PLAIN_HTTP, "the endpoint is plain http; use https, or allow it with AWS_ALLOW_HTTP=true"),
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
