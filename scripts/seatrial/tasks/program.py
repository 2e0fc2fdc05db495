"""Invoke's program under the name of Seatrial, for repositories that do not have this checkout."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from invoke import Exit, ParseError, Program

from seatrial import __version__
from seatrial.errors import EXIT_USAGE
from seatrial.tasks import ns
from seatrial.tasks.door import clean_end


class _Seatrial(Program):
    """Invoke's program, with words and the right status for what it does not know."""

    def parse_core(self, argv: list[str] | None) -> None:
        with _plain_words():
            super().parse_core(argv)

    def parse_tasks(self) -> None:
        with _plain_words():
            try:
                super().parse_tasks()
            except ParseError as wrong:
                if "required positional" not in str(wrong):
                    raise
                self.core.unparsed.append("")
                super().parse_tasks()


@contextmanager
def _plain_words() -> Iterator[None]:
    try:
        yield
    except ParseError as wrong:
        raise Exit(f"seatrial: {_in_plain_words(str(wrong))}", code=EXIT_USAGE) from None


def _in_plain_words(wrong: str) -> str:
    word = wrong.partition("'")[2].partition("'")[0]
    near = get_close_matches(word, ns.task_names, n=1)
    if wrong.startswith("No idea what") and near:
        return f'there is no task "{word}"; did you mean `seatrial {near[0]}`?'
    if wrong.startswith("No idea what"):
        return f'"{word}" is no task or flag here; `seatrial --list` shows the tasks, `seatrial --help TASK` its flags'
    flag = re.search(r"<Argument: (\w+)", wrong)
    if flag and "needed value" in wrong:
        return f"--{flag[1]} needs a value; `seatrial --help TASK` shows a task's flags"
    return f"{wrong}; `seatrial --help TASK` shows a task's flags"


def run() -> None:
    """Run the tasks named on the command line; ends the process where they do not end well."""
    try:
        with clean_end():
            _Seatrial(name="Seatrial", binary="seatrial", namespace=ns, version=__version__).run()
    except Exit as end:
        print(end.message, file=sys.stderr)
        sys.exit(end.code)
