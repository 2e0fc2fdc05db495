"""The result of a release as text, as JSON, and for GitHub Actions: a step summary and outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from seatrial.core.printable import plain
from seatrial.release.run.growth import growth, megabytes
from seatrial.release.run.release_result import Published, ReleaseResult, Size
from seatrial.report.github import table
from seatrial.report.json import dumps

SHOWN = 12
"""Released versions that are shown in the terminal."""


def result_lines(result: ReleaseResult) -> Iterator[str]:
    """Yield the lines for the terminal: the released versions, each with the places where it is."""
    titles = [one.title for one in result.published]
    more = len(titles) - SHOWN
    yield f"released {', '.join(titles[:SHOWN])}" + (f" and {more} more" if more > 0 else "")
    for one in result.published[:SHOWN]:
        yield one.title
        yield from (f"  {name:<11} {text}" for name, text in _rows(one))
    if more > 0:
        yield f"{more} more are in the output of --format json"
    yield f"index {result.index}" + ("" if _is_whole(result) else ", which `seatrial release.finish` writes")


def _is_whole(result: ReleaseResult) -> bool:
    return any(one.indexed is not None for one in result.published)


def _rows(one: Published) -> Iterator[tuple[str, str]]:
    yield "image", one.reference + {None: "", one.version: ", the latest"}.get(one.indexed, "")
    yield from ((size.platform or "size", _size(size, one.before)) for size in one.sizes)
    if not one.sizes:
        yield "size", "not known: the registry did not tell it"
    for attached in one.attached:
        signed = ", signed" if attached.kind == "provenance" and one.is_signed else ""
        yield attached.kind, f"{attached.digest}, attached to the image{signed}"
    yield "spec", one.spec or "none, as it is a development version"
    if one.indexed not in (None, one.version):
        yield "latest", f"stays at {one.indexed}" if one.indexed else "none"
    if one.git_tag and one.indexed is not None:
        yield "git tag", one.git_tag
    yield "get it by", one.pull


def _size(size: Size, before: str) -> str:
    grown = "" if size.before is None else f", {growth(size.bytes, size.before):+.1f} % to {before}"
    return f"{megabytes(size.bytes)}{grown}"


def result_json(result: ReleaseResult) -> str:
    """Return the result as JSON."""
    value = {
        "version": 1,
        "index": result.index,
        "released": [_value(one) for one in result.published],
        "held": [{"subject": part.title, "reason": part.reason} for part in result.held],
        "failed": [{"subject": one.subject, "reason": one.reason} for one in result.failed],
    }
    return dumps(value)


def _value(one: Published) -> dict[str, Any]:
    return {
        **_short(one),
        "platforms": [_size_value(size) for size in one.sizes],
        "before": one.before,
        "attached": {
            attached.kind: {"digest": attached.digest, "media-type": attached.media_type}
            for attached in one.attached
        },
        "signed": one.is_signed,
        "spec": one.spec,
        "indexed": one.indexed,
        "git-tag": one.git_tag,
        "pull": one.pull,
    }


def _short(one: Published) -> dict[str, str]:
    return {"type": one.type, "version": one.version, "image": one.image, "digest": one.digest}


def _size_value(size: Size) -> dict[str, Any]:
    by = None if size.before is None else round(growth(size.bytes, size.before), 2)
    return {"platform": size.platform, "bytes": size.bytes, "before": size.before, "growth": by}


def github_outputs(result: ReleaseResult) -> str:
    """Return the lines for the file $GITHUB_OUTPUT names: `released` as a JSON list, and the address of the index."""
    released = json.dumps([_short(one) for one in result.published], separators=(",", ":"))
    return f"released={released}\nindex={plain(result.index)}\n"


def step_summary(result: ReleaseResult) -> str:
    """Return Markdown for the file $GITHUB_STEP_SUMMARY names; empty where there is nothing to report."""
    parts = []
    if result.published:
        head = ("version", "image", "size", "SBOM and provenance", "spec", "get it by")
        parts.append("### Released\n" + table(head, map(_summary_row, result.published)))
    left = [(part.title, f"held back: {part.reason}") for part in result.held]
    left += [(one.subject, one.reason) for one in result.failed]
    if left:
        parts.append("### Not released\n" + table(("version", "reason"), left))
    return "\n".join(parts)


def _summary_row(one: Published) -> tuple[str, ...]:
    sizes = "; ".join(f"{size.platform} {_size(size, one.before)}".lstrip() for size in one.sizes)
    attached = "; ".join(f"{each.kind} {each.digest}" for each in one.attached)
    return (
        one.title,
        one.reference,
        sizes,
        attached + ("; signed" if one.is_signed else ""),
        one.spec,
        one.pull,
    )
