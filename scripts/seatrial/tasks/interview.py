"""Asking a person on the terminal what a new integration shall be."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from seatrial.core.errors import UsageError
from seatrial.core.model import Profile
from seatrial.scaffold.answers import QUESTIONS, Answers, Prompt
from seatrial.tasks.cli import note

Told = Mapping[str, str | bool | None]


def told(title: str | None, given: Told) -> Told:
    """The answers given, and on a terminal, where not even a title is given, those asked for.

    Raises UsageError where there is neither a title nor anybody to ask.
    """
    if title:
        return {"title": title, **given}
    if not sys.stdin.isatty():
        raise UsageError('what shall it be called? type `seatrial new "My Service"`')
    answers: Told = given
    settled = ("parent", "child") if given.get("kinds") else ()
    for question in QUESTIONS:
        if not answers.get(question.key) and question.key not in settled:
            answers = {**answers, question.key: _ask(question, answers)}
    return answers


def answers_of(told: Told, profile: Profile, shared: bool = False) -> Answers:
    """The answers to render; `shared` is whether the repository's integrations share one Makefile.

    Raises UsageError for an answer that will not do.
    """
    rest = {key: value for key, value in told.items() if key != "title"}
    return Answers.of(str(told.get("title") or ""), profile, shared, **rest)


def _ask(question: Prompt, answers: Told) -> str:
    """One question, asked again until the answer will do; an empty line takes what stands in brackets."""
    default = _default(question.key, answers)
    for choice in question.choices:
        note(f"    {choice}")
    while True:
        typed = _line(f"{question.text}{f' [{default}]' if default else ''}: ") or default
        try:
            answers_of({**answers, question.key: typed}, Profile.GUIDE)
            return typed
        except UsageError as wrong:
            note(f"  {wrong}")


def _line(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        raise UsageError("the answers ended early; nothing was written") from None


def _default(key: str, answers: Told) -> str:
    return str(getattr(answers_of(answers, Profile.GUIDE), key)) if answers.get("title") else ""
