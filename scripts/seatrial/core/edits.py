"""Applying the edits of findings to a text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from seatrial.core.model import Edit

QUOTES = "\"'"


def repaired(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with every edit applied whose old text is at its place; any other edit changes nothing.

    Places refer to the text as given, so edits are applied from the end. Of two that overlap, the one that starts
    later in the text is applied. In a text whose lines end in CR LF, the lines of the edits do too.
    """
    starts = _line_starts(text)
    end = len(text) + 1
    for edit in sorted(
        {_in_ending(edit, text) for edit in edits}, key=lambda edit: (edit.where, edit.new), reverse=True
    ):
        place = _place(text, starts, edit)
        if place is not None and place + len(edit.old) <= end:
            text = text[:place] + edit.new + text[place + len(edit.old) :]
            end = place
    return text


def _in_ending(edit: Edit, text: str) -> Edit:
    if "\r\n" not in text or "\n" not in edit.old + edit.new:
        return edit
    old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (edit.old, edit.new))
    return replace(edit, old=old, new=new)


def _place(text: str, starts: list[int], edit: Edit) -> int | None:
    """Return the index of the edit's old text, after one or two quotes if there are any; None if it is not there."""
    if not edit.old or edit.where.line > len(starts):
        return None
    place = starts[edit.where.line - 1] + edit.where.column - 1
    for _ in QUOTES:
        if text[place : place + 1] in QUOTES and not edit.old.startswith(text[place : place + 1]):
            place += 1
    return place if text.startswith(edit.old, place) else None


def _line_starts(text: str) -> list[int]:
    starts = [0]
    while (newline := text.find("\n", starts[-1])) >= 0:
        starts.append(newline + 1)
    return starts
