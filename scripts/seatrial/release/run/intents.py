"""Declaring what the next version of an integration brings: one intent file for each."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from seatrial.core.errors import UsageError
from seatrial.core.model import Integration
from seatrial.core.version import BUMPS, Version
from seatrial.documents import intents
from seatrial.release.run.bumps import from_root
from seatrial.system import transaction
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release import INTENTS, TYPES, meant_bump, meant_type
from seatrial.workspace.workspace import Workspace

MAX_SLUG = 40


@dataclass(frozen=True)
class IntentRequest:
    """What a person wants the next version to be, as typed; None for what was not said."""

    bump: str | None
    type: str | None
    message: str | None


def declare(
    workspace: Workspace, chosen: Sequence[Integration], wish: IntentRequest, day: date
) -> Sequence[str]:
    """Write an intent for each integration, all or none; their paths from the root.

    Raises UsageError for a wish that no release could fulfil, and ServiceError.
    """
    text = _text(wish)
    for one in chosen:
        _must_be_bumpable(Facts(one, workspace.profile, workspace.fleet, workspace.settings), wish)
    paths = [from_root(one.path, f"{INTENTS}/{_name(wish.message or '', day)}") for one in chosen]
    transaction.change_all(workspace.root, [FileEdit(path, None, text.encode()) for path in paths])
    return paths


def _text(wish: IntentRequest) -> str:
    part, kind = (wish.bump or "").lower(), (wish.type or "").lower()
    _must_be_known("bump", part, BUMPS, meant_bump(part))
    _must_be_known("type", kind, TYPES, meant_type(kind))
    if not wish.message:
        raise UsageError('say what changes for users, in one line, with --message "..."')
    try:
        return intents.written(part, kind, wish.message)
    except ValueError as wrong:
        raise UsageError(f"no intent can be made of --message: {wrong}") from None


def _must_be_known(flag: str, word: str, known: Sequence[str], near: str | None) -> None:
    listed = f"{', '.join(known[:-1])} or {known[-1]}"
    if not word:
        raise UsageError(f"say --{flag} {listed}")
    if word not in known:
        raise UsageError(
            f'--{flag} is {listed}, not "{word[:60]}"' + (f'; did you mean "{near}"?' if near else "")
        )


def _must_be_bumpable(subjects: Facts, wish: IntentRequest) -> None:
    version = subjects.package.version if subjects.package else ""
    try:
        Version.parse(version).bumped((wish.bump or "").lower())
    except ValueError as wrong:
        raise UsageError(f"{subjects.integration.name} has no next version: {wrong}") from None


def _name(message: str, day: date) -> str:
    """A name that sorts by day, says what it is about, and is given nowhere else."""
    return "-".join((day.isoformat(), *_slug(message), secrets.token_hex(4))) + ".yaml"


def _slug(message: str) -> Iterator[str]:
    """The first words of a text, as many as fit."""
    room = MAX_SLUG
    for word in re.findall(r"[a-z0-9]+", message.lower().replace("'", "")):
        room -= len(word) + 1
        if room < 0:
            return
        yield word
