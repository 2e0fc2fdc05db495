"""What a registry's reply says: the manifest is there, it is not, or nobody can tell.

Source: OCI distribution specification 1.1, "Pulling manifests" and "Error Codes".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from seatrial.release.plan.ports import Manifest
from seatrial.release.registry import media
from seatrial.release.registry.credentials import Login
from seatrial.release.registry.http import Reply
from seatrial.release.registry.reference import is_digest, shown
from seatrial.release.registry.retry import retry_after

DIGEST_HEADER = "Docker-Content-Digest"

UNKNOWN_CODES = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN"})
"""The codes that say that there is no such manifest; no other does, but for Harbor's."""

HTML = frozenset({"text/html", "application/xhtml+xml"})

HARBOR = re.compile(r"(?:artifact|repository) \S+ not found", re.IGNORECASE)
"""How Harbor says the same, under the code NOT_FOUND that it has for everything (goharbor/harbor#16515)."""


def is_absent(reply: Reply) -> bool:
    """Whether the reply to a GET says that there is no such manifest."""
    told = errors(reply)
    return reply.status == 404 and bool(told) and all(_is_unknown(*one) for one in told)


def _is_unknown(code: str, message: str) -> bool:
    return code in UNKNOWN_CODES or (code == "NOT_FOUND" and HARBOR.fullmatch(message) is not None)


def digest_at_head(reply: Reply, reference: str) -> str:
    """The digest that the reply to a HEAD gives; empty where the bytes themselves must be seen."""
    digest = reply.header(DIGEST_HEADER)
    fits = is_digest(digest) and (":" not in reference or digest == reference)
    known = reply.media_type in media.INDEXES | media.MANIFESTS
    return digest if reply.status == 200 and fits and known else ""


def manifest_in(reply: Reply, reference: str) -> Manifest:
    """The manifest in the reply to a GET. Raises ValueError, which says what is wrong with it."""
    if reply.media_type in HTML:
        raise ValueError("answered with a web page where a manifest was wanted; is it a registry?")
    stated, computed = reply.header(DIGEST_HEADER), media.digest_of(reply.body)
    try:
        manifest = media.read(reply.body, reply.media_type)
    except ValueError as wrong:
        raise ValueError(f"answered with something that {wrong}") from None
    if stated and stated != computed:
        raise ValueError(
            f"says {shown(stated)}, but what came is {computed}; something on the way changed it"
        )
    if ":" in reference and reference != computed:
        raise ValueError(f"answered with {computed} instead; something on the way changed it")
    return manifest


def errors(reply: Reply) -> Sequence[tuple[str, str]]:
    """The codes and messages of an error body; none where it is no such body."""
    try:
        found = media.json_object(reply.body).get("errors")
    except ValueError:
        return ()
    stated = found if isinstance(found, list) else []
    return [(_text(one.get("code")), _text(one.get("message"))) for one in stated if isinstance(one, dict)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def said(reply: Reply) -> str:
    """`answered 403 (DENIED: requested access to the resource is denied)`."""
    told = [": ".join(part for part in one if part) for one in errors(reply)]
    detail = f" ({shown(told[0], 120)})" if told and told[0] else ""
    return f"answered {reply.status}{detail}"


def trouble(reply: Reply, host: str, login: Login | None) -> str:
    """Why a reply is not what was wanted, and what to do, after the name of what was asked for."""
    return f"{host} {said(reply)}{_remedy(reply, host, login)}"


def _remedy(reply: Reply, host: str, login: Login | None) -> str:
    if reply.status in (401, 403):
        held = f"with {login.source}" if login else "without a login"
        return f" {held}; type: docker login {host}"
    if reply.status == 429:
        seconds = retry_after(reply)
        wait = f"in {seconds:.0f} seconds" if seconds else "later"
        return f": too many requests; try again {wait}"
    if reply.status >= 500:
        return "; try again later"
    if reply.status == 404:
        return ", which does not say that it is unknown there; check the name of the repository"
    return "; that is not what a registry says here"
