"""The problems that a repository's own rule finds, or its failure, told with its place."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from itertools import islice
from pathlib import Path

import seatrial
from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.model import Fix, Integration, LineRange, Location, Problem, Severity
from seatrial.core.printable import one_line, plain
from seatrial.core.rules import Rule
from seatrial.system.interrupts import OutOfTime, ended_after
from seatrial.validate.facts.facts import Facts

SECONDS = 60.0
"""The longest that a file may take to load, or a rule on one integration."""

MEND = "mend the rule"


class OwnRuleFailure(Exception):
    """A failure of an own rule: its place, and what failed."""


@contextmanager
def guarded() -> Iterator[None]:
    """Limit the time of a block, send what it prints to standard error, and let it import nothing of the work tree.

    Raises OutOfTime. Left out of the path are the current folder and those above it, but for the one of this package.
    """
    here, own = Path.cwd(), Path(seatrial.__file__).parents[1]
    before = list(sys.path)
    sys.path[:] = [one for one in before if Path(one) == own or not here.is_relative_to(one or here)]
    try:
        with ended_after(SECONDS), redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path[:] = before


def line_of(rule: Rule) -> int:
    """Return the line of a rule's function."""
    code = getattr(rule.check, "__code__", None)
    return code.co_firstlineno if code else 1


def own_problems(rule: Rule, facts: Facts, most: int) -> Sequence[Problem]:
    """Return what an own rule finds. Raises OwnRuleFailure with its file and line for everything that it raises."""
    try:
        with guarded():
            found = list(islice(rule.problems(facts), most))
    except (KeyboardInterrupt, ServiceError, UsageError):
        raise
    except BaseException as failure:
        place = place_of(failure, rule.origin, line_of(rule))
        raise OwnRuleFailure(f"{place}: {rule.code} {rule.name}: {said_of(failure)}; {MEND}") from None
    for one in found:
        for said in _flaws(one, facts.integration):
            place = f"{plain(rule.origin)}:{line_of(rule)}"
            raise OwnRuleFailure(f"{place}: {rule.code} {rule.name}: {said}; {MEND}")
    return found


def _flaws(one: object, integration: Integration) -> Iterator[str]:
    """Yield what is wrong with what a rule has yielded."""
    if not isinstance(one, Problem):
        yield f"it yields a {type(one).__name__}, not a Problem"
        return
    where = one.where
    if not isinstance(where, Location) or not isinstance(where.path, str) or not isinstance(where.line, int):
        yield "the first part of its Problem is not a Location"
    if not isinstance(one.message, str) or not one.message or "\n" in one.message:
        yield "the message of its Problem is not a line of text"
    if not isinstance(one.severity, Severity | None):
        yield f"the severity of its Problem is {one_line(repr(one.severity))}, not a Severity"
    if not isinstance(one.fix, Fix | None) or not isinstance(one.rests_on, LineRange | None):
        yield "the fix of its Problem is not a Fix, or what it rests on is not a LineRange"
    if not isinstance(one.evidence, str):
        yield "the evidence of its Problem is not a text"


def place_of(failure: BaseException, path: str, otherwise: int) -> str:
    """Return the file, and the innermost line of it that a failure went through."""
    lines = [frame.lineno for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == path]
    return f"{plain(path)}:{lines[-1] if lines and lines[-1] else otherwise}"


def said_of(failure: BaseException) -> str:
    """Return a failure in a few words."""
    if isinstance(failure, OutOfTime):
        return f"it was ended after {SECONDS:g} seconds"
    return f"{type(failure).__name__}: {one_line(str(failure))}".rstrip(": ")
