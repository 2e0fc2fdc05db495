"""Invoke's program under the name of Seatrial, for repositories that do not have this checkout."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import pairwise

from invoke import Argument, Exit, ParseError, Program

from seatrial import __version__
from seatrial.core.errors import EXIT_USAGE
from seatrial.tasks import ns
from seatrial.tasks.cli import clean_end, say

CORE = ("complete", "help", "list", "print-completion-script", "version")
"""The flags of Invoke's own that mean something here; the others are about commands it would run."""


class _Seatrial(Program):
    """Invoke's program, with words and the right status for what it does not know."""

    def core_args(self) -> list[Argument]:
        listing = Argument(names=("list", "l"), kind=bool, default=False, help="List available tasks.")
        kept = [argument for argument in super().core_args() if argument.name in CORE]
        return [listing if argument.name == "list" else argument for argument in kept]

    def parse_core_args(self) -> None:
        """Invoke reads the flags left out as well; they stand at their defaults."""
        super().parse_core_args()
        for argument in super().core_args():
            self.core[0].args.setdefault(argument.name, argument)

    def parse_core(self, argv: list[str] | None) -> None:
        with _plain_words():
            super().parse_core(argv)

    def parse_tasks(self) -> None:
        with _plain_words():
            self._refuse_slips()
            try:
                super().parse_tasks()
            except ParseError as wrong:
                if "required positional" not in str(wrong):
                    raise
                self.core.unparsed.append("")
                super().parse_tasks()

    def _refuse_slips(self) -> None:
        """What Invoke takes without a word: an unknown flag as the name to make, a list flag without a value."""
        words = self.core.unparsed
        known = _flags() | {f"--{name}" for name in CORE}
        for word, next_word in pairwise((*words, "-")):
            if word.startswith("--") and word.partition("=")[0] not in known:
                raise ParseError(f"No idea what '{word.partition('=')[0]}' is!")
            if word in ("-i", "--integration") and next_word.startswith("-"):
                raise ParseError("Flag <Argument: integration> needed value")

    def parse_cleanup(self) -> None:
        with _plain_words():
            super().parse_cleanup()


@contextmanager
def _plain_words() -> Iterator[None]:
    try:
        yield
    except ParseError as wrong:
        raise Exit(f"seatrial: {_in_plain_words(str(wrong))}", code=EXIT_USAGE) from None


def _in_plain_words(wrong: str) -> str:
    word = wrong.partition("'")[2].partition("'")[0]
    near = get_close_matches(word, _flags() if word.startswith("-") else _names(), n=1)
    if wrong.startswith("No idea what") and near and word.startswith("-"):
        return f'there is no flag "{word}" here; did you mean {near[0]}?'
    if wrong.startswith("No idea what") and near:
        return f'there is no task "{word}"; did you mean `seatrial {near[0]}`?'
    if wrong.startswith("No idea what"):
        return f'"{word}" is no task or flag here; `seatrial --list` shows the tasks, `seatrial --help TASK` its flags'
    flag = re.search(r"<Argument: (\w+)", wrong)
    if flag and "needed value" in wrong:
        return f"--{flag[1]} needs a value; `seatrial --help TASK` shows a task's flags"
    return f"{wrong}; `seatrial --help TASK` shows a task's flags"


def _names() -> list[str]:
    """Every name by which a task can be called."""
    return [name for task, aliases in ns.task_names.items() for name in (task, *aliases)]


def _flags() -> set[str]:
    """Every long flag of every task."""
    return {
        f"--{name}"
        for name in ns.task_names
        for one in ns[name].get_arguments()
        for name in one.names
        if name[1:]
    }


def run() -> None:
    """Run the tasks named on the command line; ends the process where they do not end well."""
    try:
        with clean_end():
            try:
                _Seatrial(name="Seatrial", binary="seatrial", namespace=ns, version=__version__).run()
            finally:
                say("")
    except Exit as end:
        print(end.message, file=sys.stderr)
        sys.exit(end.code)
