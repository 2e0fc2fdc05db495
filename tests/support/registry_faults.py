"""Faults between a client and a registry, which `registry_front` applies to the requests that they name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """A fault: one of the words below, for requests of a method and a path, a number of times.

    Instead of forwarding the request: a status such as `500` (with Retry-After where `wait` is given, in seconds),
    `html`, `bare404`, `denied404`, `reset`, `hang`, `garbage`, `drip` (a header letter by letter, without end).
    After the registry has done the request, the reply is lost or altered: `500-after`, `reset-after`,
    `hang-after`, `truncated`, `wrong-digest`, `changed` (another body of the same length).
    """

    word: str
    method: str = ""
    path: str = ""
    times: int = 1_000_000
    skip: int = 0
    wait: int | None = None
    met: list[str] = field(default_factory=list, compare=False)

    @property
    def is_late(self) -> bool:
        """Whether the registry has done the request by then."""
        return self.word.endswith("-after") or self.word in ("truncated", "wrong-digest", "changed")

    def strikes(self, method: str, path: str) -> bool:
        """Return whether this request fails, and count it."""
        if (self.method and method not in self.method.split(",")) or not re.search(self.path, path):
            return False
        self.met.append(f"{method} {path}")
        return self.skip < len(self.met) <= self.skip + self.times


CODES = {
    401: "UNAUTHORIZED",
    403: "DENIED",
    404: "MANIFEST_UNKNOWN",
    429: "TOOMANYREQUESTS",
    500: "UNKNOWN",
    503: "UNAVAILABLE",
}

HTML = b"<html><body>Welcome to the guest network. Please log in.</body></html>"


def instead(fault: Fault) -> bytes:
    """Return the bytes that are sent instead of the registry's reply."""
    if fault.word == "garbage":
        return b"\x00\x01SSH-2.0-OpenSSH_9.2\r\n\r\n"
    if fault.word == "html":
        return reply(200, HTML, ["Content-Type: text/html; charset=utf-8"])
    if fault.word == "bare404":
        return reply(404, b"404 page not found\n", ["Content-Type: text/plain"])
    if fault.word == "denied404":
        return refusal(404, code="DENIED")
    status = int(fault.word.removesuffix("-after"))
    return refusal(status, [] if fault.wait is None else [f"Retry-After: {fault.wait}"])


def refusal(status: int, headers: list[str] | None = None, code: str = "") -> bytes:
    """Return a reply with the error body of a registry."""
    errors = [{"code": code or CODES.get(status, "UNKNOWN"), "message": f"the front says {status}"}]
    return reply(
        status, json.dumps({"errors": errors}).encode(), ["Content-Type: application/json", *(headers or [])]
    )


def reply(status: int, body: bytes, headers: list[str]) -> bytes:
    """Return a whole reply of HTTP/1.1."""
    head = [f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def spoiled(fault: Fault, head: bytes, body: bytes) -> tuple[bytes, bool]:
    """Return the altered reply, and whether the connection ends with it."""
    if fault.word == "wrong-digest":
        return re.sub(rb"(?i)(Docker-Content-Digest: sha256:)\w+", rb"\g<1>" + b"0" * 64, head) + body, False
    if fault.word == "changed":
        return head + body[:-1] + b" " * bool(body), False
    cut = head + body[: len(body) // 2] if body else head[:10]
    return cut, True
