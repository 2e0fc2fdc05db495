"""The record of an integration's finished part: what was published, from what, under which plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seatrial.core.errors import UsageError

FORM = 1


@dataclass(frozen=True)
class Attached:
    """A paper attached to an image: `sbom` or `provenance`, and the digest of its manifest."""

    kind: str
    media_type: str
    digest: str


@dataclass(frozen=True)
class Receipt:
    """What was published of one version.

    `digest` is that of the manifest behind the version's tag in the repository `image`; `plan` the seal of
    the plan; `started` and `finished` of the build are ISO times in UTC; `spec` is the entry of the index,
    None for a version that has none.
    """

    plan: str
    integration: str
    path: str
    type: str
    version: str
    image: str
    digest: str
    size: int
    media_type: str
    commit: str
    tree: str
    builder: str
    started: str
    finished: str
    attached: tuple[Attached, ...] = ()
    spec: Mapping[str, Any] | None = None
    force: str = ""


def to_json(receipt: Receipt) -> str:
    """The receipt as a file has it."""
    value = _dashed(asdict(receipt))
    value["attached"] = [_dashed(one) for one in value["attached"]]
    return json.dumps({"receipt": FORM, **value}, indent=2, ensure_ascii=False) + "\n"


def _sound(receipt: Receipt) -> Receipt:
    """The same. Raises TypeError where a text is none."""
    texts = [value for name, value in vars(receipt).items() if name not in ("size", "attached", "spec")]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is none")
    return receipt


def _dashed(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("_", "-"): part for key, part in value.items()}


def of_json(text: str | bytes, where: str) -> Receipt:
    """The receipt that a file has. Raises UsageError for what is none, and one of a newer form."""
    try:
        value = json.loads(text)
        form = value.pop("receipt")
        if form == FORM:
            stated = {key.replace("-", "_"): part for key, part in value.items()}
            stated["attached"] = tuple(
                Attached(**{key.replace("-", "_"): part for key, part in one.items()})
                for one in stated.get("attached", ())
            )
            return _sound(Receipt(**stated))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(
            f"{where} is no receipt of a release; give those that `release --only` left"
        ) from None
    raise UsageError(f"{where} was written by another version of Seatrial (form {form!s:.10}); upgrade")
