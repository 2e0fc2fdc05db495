"""The renewal of generated files to which people may add: lines between marks are theirs, the rest is Seatrial's."""

from __future__ import annotations

import hashlib
import re

from seatrial.core.errors import UsageError

_HEAD = re.compile(r"\A# Written by `seatrial [^`\n]*`[^\n]*\n# sha256:(?P<digest>[0-9a-f]{64})\n")
_REGION = re.compile(
    r"(?P<begin>^ *# begin yours: (?P<name>\w+)\n)(?P<body>.*?)(?P<end>^ *# end yours: (?P=name)\n)",
    re.M | re.S,
)
_PIN = re.compile(r"(?P<uses>\buses: *(?P<action>[\w./-]+))@(?P<pin>[0-9a-f]{40} *# *v?(?P<version>[\d.]+))")


def sealed(text: str, command: str) -> str:
    """Return the text of a file below two lines: the command that wrote it, and the digest of Seatrial's part."""
    words = f"# Written by `{command}`, which renews it; what is between the marks of yours is kept, all else is not."
    return f"{words}\n# sha256:{_digest(text)}\n{text}"


def _digest(text: str) -> str:
    """Return the digest of a text without the lines between marks and the pins of actions, which bots raise."""
    own = _PIN.sub(r"\g<uses>", _REGION.sub(r"\g<begin>\g<end>", text))
    return hashlib.sha256(own.encode("utf-8", "surrogateescape")).hexdigest()


def renewed(path: str, fresh: str, before: str | None, overwrite: bool) -> str:
    """Return the text to write: the fresh one, with the additions of the former one and its newer actions.

    Raises UsageError if the former one was not written by Seatrial or was changed outside the marks, unless `overwrite`
    is set, and if an addition has no place any more.
    """
    if before is None:
        return fresh
    head = _HEAD.match(before)
    if not overwrite and head is None:
        raise UsageError(f"{path} was not written by Seatrial; move it away, or replace it with --overwrite")
    if not overwrite and head and head["digest"] != _digest(before[head.end() :]):
        raise UsageError(
            f"{path} was changed outside the marks; put your lines between `# begin yours` and `# end yours`, or "
            "discard them with --overwrite"
        )
    return _with_pins(_with_additions(path, fresh, before), before)


def _with_additions(path: str, fresh: str, before: str) -> str:
    added = {one["name"]: one["body"] for one in _REGION.finditer(before) if one["body"].strip()}
    places = {one["name"] for one in _REGION.finditer(fresh)}
    for name in added:
        if name not in places:
            raise UsageError(
                f'{path} has no place for your lines between the marks of "{name}" any more; move them elsewhere first'
            )
    return _REGION.sub(lambda one: one["begin"] + added.get(one["name"], "") + one["end"], fresh)


def _with_pins(text: str, before: str) -> str:
    """Return the text with those pins of the former one that are newer."""
    newest: dict[str, re.Match[str]] = {}
    for one in _PIN.finditer(before):
        if one["action"] not in newest or _version(one) > _version(newest[one["action"]]):
            newest[one["action"]] = one

    def pin(fresh: re.Match[str]) -> str:
        known = newest.get(fresh["action"])
        kept = known if known and _version(known) > _version(fresh) else fresh
        return f"{fresh['uses']}@{kept['pin']}"

    return _PIN.sub(pin, text)


def _version(pin: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in pin["version"].split(".") if part)
