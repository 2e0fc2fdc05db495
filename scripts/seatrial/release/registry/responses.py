"""Meaning of a registry's replies: the manifest is there, it is not, or nobody can tell.

Source: OCI distribution specification 1.1, "Pulling manifests" and "Error Codes".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from seatrial.release.plan.ports import Manifest
from seatrial.release.registry import media
from seatrial.release.registry.http import Reply, retry_after
from seatrial.release.registry.image_names import is_digest, shown
from seatrial.release.registry.saved_logins import Login

DIGEST_HEADER = "Docker-Content-Digest"

UNKNOWN_CODES = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN"})
"""The only error codes, but for Harbor's, that mean that there is no such manifest."""

HTML = frozenset({"text/html", "application/xhtml+xml"})

HARBOR = re.compile(r"(?:artifact|repository) \S+ not found", re.IGNORECASE)
"""Harbor's message for the same, under the code NOT_FOUND that it uses for everything (goharbor/harbor#16515)."""


def is_absent(reply: Reply) -> bool:
    """Return whether the reply to a GET means that there is no such manifest."""
    found = errors(reply)
    return reply.status == 404 and bool(found) and all(_is_unknown(*one) for one in found)


def _is_unknown(code: str, message: str) -> bool:
    return code in UNKNOWN_CODES or (code == "NOT_FOUND" and HARBOR.fullmatch(message) is not None)


def digest_in_head(reply: Reply, reference: str) -> str:
    """Return the digest that the reply to a HEAD gives; empty where a GET must settle it."""
    digest = reply.header(DIGEST_HEADER)
    fits = is_digest(digest) and (":" not in reference or digest == reference)
    return digest if reply.status == 200 and fits and reply.media_type in media.IMAGES else ""


def manifest_in(reply: Reply, reference: str) -> Manifest:
    """Return the manifest in the reply to a GET. Raises ValueError, to be put after the registry's name."""
    if reply.media_type in HTML:
        raise ValueError("answered with a web page instead of a manifest; is it a registry?")
    stated, computed = reply.header(DIGEST_HEADER), media.digest_of(reply.body)
    try:
        manifest = media.read(reply.body, reply.media_type)
    except ValueError as wrong:
        raise ValueError(f"answered with something that {wrong}") from None
    if stated and stated != computed:
        raise ValueError(f"states {shown(stated)}, but sent {computed}; something on the way changed it")
    if ":" in reference and reference != computed:
        raise ValueError(f"answered with {computed} instead; something on the way changed it")
    return manifest


def errors(reply: Reply) -> Sequence[tuple[str, str]]:
    """Return the codes and messages of an error body; none for any other body."""
    try:
        found = media.json_object(reply.body).get("errors")
    except ValueError:
        return ()
    entries = found if isinstance(found, list) else []
    return [(_text(one.get("code")), _text(one.get("message"))) for one in entries if isinstance(one, dict)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def summary(reply: Reply) -> str:
    """Return `answered 403 (DENIED: requested access to the resource is denied)`."""
    found = [": ".join(part for part in one if part) for one in errors(reply)]
    detail = f" ({shown(found[0], 120)})" if found and found[0] else ""
    return f"answered {reply.status}{detail}"


def refusal(reply: Reply, host: str, login: Login | None) -> str:
    """Return why a reply is not the expected one and what to do, to be put after the name of the image."""
    return f"{host} {summary(reply)}{_remedy(reply, host, login)}"


def _remedy(reply: Reply, host: str, login: Login | None) -> str:
    if reply.status in (401, 403):
        used = f"with {login.source}" if login else "without a login"
        return f" {used}; type: docker login {host}"
    if reply.status == 429:
        seconds = retry_after(reply)
        wait = f"in {seconds:.0f} seconds" if seconds else "later"
        return f": too many requests; try again {wait}"
    if reply.status >= 500:
        return "; try again later"
    if reply.status == 404:
        return ", which does not mean that it is unknown there; check the name of the repository"
    return "; that is not what a registry answers here"
