"""The command line: the menu as tasks of Invoke, and Invoke's program under the name of Seatrial."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from inspect import Parameter, Signature
from itertools import pairwise
from typing import Any

from seatrial import __version__
from seatrial.core.errors import EXIT_INTERRUPTED, EXIT_USAGE
from seatrial.core.printable import plain
from seatrial.system import held_secrets, machine
from seatrial.tasks.cli import Ended, clean_end, say
from seatrial.tasks.light_invoke import import_invoke
from seatrial.tasks.menu import VERBS, Option, OptionKind, Verb

import_invoke()

from invoke import Argument, Collection, Config, Exit, ParseError, Program, Task  # noqa: E402

CORE = ("help", "list", "version")
"""The flags of Invoke's own that Seatrial offers; the others are about shell commands, or done by `completion`."""

ALIKE = 0.75
"""The least similarity of a misspelled flag or task."""


class _Task(Task[Any]):
    """A task of Invoke whose flags are the options of a verb."""

    def __init__(self, verb: Verb) -> None:
        self._options = {option.name: option for option in verb.options}
        super().__init__(
            _body(verb),
            name=verb.name.rpartition(".")[2],
            positional=verb.positional,
            iterable=[
                option.name for option in verb.options if option.kind in (OptionKind.LIST, OptionKind.WORDS)
            ],
            auto_shortflags=False,
        )

    def arg_opts(self, name: str, default: str, taken_names: set[str]) -> dict[str, Any]:
        """Return the arguments of Invoke's `Argument` for an option."""
        arguments = super().arg_opts(name, default, taken_names)
        option = self._options[name]
        letters = (option.short,) if option.short else ()
        return {**arguments, "names": (*arguments["names"], *letters), "help": option.help}


def _body(verb: Verb) -> Any:
    def body(context: Any, **given: Any) -> None:
        try:
            with clean_end():
                verb.call(given)
        except Ended as end:
            raise Exit(end.message, code=end.code) from None

    parameters = [Parameter("context", Parameter.POSITIONAL_OR_KEYWORD), *map(_parameter, verb.options)]
    body.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    body.__doc__ = verb.summary
    return body


def _parameter(option: Option) -> Parameter:
    default = False if option.kind is OptionKind.SWITCH else None
    return Parameter(option.name, Parameter.POSITIONAL_OR_KEYWORD, default=default)


def namespace(verbs: Iterable[Verb] = VERBS) -> Collection:
    """Return the tasks as a namespace of Invoke; `release.plan` is the task `plan` of the collection `release`."""
    root = Collection()
    groups: dict[str, Collection] = {}
    for verb in verbs:
        group = verb.name.partition(".")[0]
        if group not in groups and any(one.name.startswith(f"{group}.") for one in verbs):
            groups[group] = Collection(group)
            root.add_collection(groups[group])
        groups.get(group, root).add_task(_Task(verb), default=verb.name == group in groups)
    return root


class _NoFiles(Config):
    """Invoke's settings as they are by default: files of Invoke's own do not change what Seatrial does."""

    def load_system(self, merge: bool = True) -> None:
        """Read no file of the machine."""

    def load_user(self, merge: bool = True) -> None:
        """Read no file of the person."""

    def load_project(self, merge: bool = True) -> None:
        """Read no file of the current folder, which may be anybody's."""

    def load_runtime(self, merge: bool = True) -> None:
        """Read no file named on the command line."""


class _Seatrial(Program):
    """Invoke's program, with its own wording and exit status for what it does not know."""

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:
        """Run as Invoke does, but raise KeyboardInterrupt, for which Invoke ends with 1 and without a word."""
        try:
            super().run(argv, exit)
        except SystemExit as end:
            if isinstance(end.__context__, KeyboardInterrupt):
                raise end.__context__ from None
            raise

    def core_args(self) -> list[Argument]:
        """Return the flags that come before a task."""
        listing = Argument(names=("list",), kind=bool, default=False, help="List available tasks.")
        kept = [argument for argument in super().core_args() if argument.name in CORE]
        return [listing if argument.name == "list" else argument for argument in kept]

    def parse_core_args(self) -> None:
        """Let Invoke read the flags that are left out as well; they have their defaults.

        But Invoke's default for bytecode is to write none, and most modules are imported only after this.
        """
        super().parse_core_args()
        for argument in super().core_args():
            self.core[0].args.setdefault(argument.name, argument)
        self.core[0].args["write-pyc"].set_value(not sys.dont_write_bytecode, cast=False)

    def parse_core(self, argv: list[str] | None) -> None:
        with _plain_words():
            super().parse_core(_help_first(_with_command(sys.argv if argv is None else argv)))

    def parse_tasks(self) -> None:
        self.core.unparsed = [*names_as_flags(self.core.unparsed)]
        with _plain_words(self.core.unparsed):
            self._refuse_slips()
            try:
                super().parse_tasks()
            except ParseError as wrong:
                if "required positional" not in str(wrong):
                    raise
                missing = str(wrong).rpartition(": ")[2].split(", ")
                self.core.unparsed += [""] * len(missing)
                super().parse_tasks()

    def _refuse_slips(self) -> None:
        """Refuse what Invoke accepts silently: an unknown flag as the name to make, a list flag without a value."""
        words = self.core.unparsed
        known = _flags(words) | {f"--{name}" for name in CORE}
        for word, next_word in pairwise((*words, "-")):
            if word.startswith("--") and word.partition("=")[0] not in known:
                raise ParseError(f"No idea what '{word.partition('=')[0]}' is!")
            if word in ("-i", "--integration") and next_word.startswith("-"):
                raise ParseError("Flag <Argument: integration> needed value")

    def parse_cleanup(self) -> None:
        with _plain_words():
            super().parse_cleanup()

    def print_task_help(self, name: str) -> None:
        """Print a task's one line, and how it is typed."""
        verb = _verb(name)
        values = "".join(f" [{one.upper()}]" for one in verb.positional)
        kinds = {"-i": " [NAME ...]", "--codes": " [CODE ...]"}
        names = kinds.get(_flag_of_words(verb), "")
        options = self.parser.contexts[name].help_tuples()
        print(f"Usage: seatrial {name}{values}{names}{' [--options]' if options else ''}\n")
        print(f"  {verb.summary}\n")
        if options:
            print("Options:")
            self.print_columns(options)


def _help_first(argv: list[str]) -> list[str]:
    """Return `--help TASK` for a command line that asks for help behind a task; Invoke might take that as a value."""
    words = argv[1:]
    task = next((word for word in words if word in _names()), None)
    if task is None or not {"--help", "-h"} & set(words[words.index(task) + 1 :]):
        return argv
    return [*argv[:1], "--help", task]


def names_as_flags(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command line with `-i` before the names of integrations behind a task that chooses some."""
    verb: Verb | None = None
    is_value = False
    for word in words:
        if not is_value and word in _names():
            verb = _verb(word)
        elif not is_value and word and not word.startswith("-") and verb and _flag_of_words(verb):
            yield _flag_of_words(verb)
        is_value = not is_value and verb is not None and _takes_value(verb, word)
        yield word


def _with_command(argv: list[str]) -> list[str]:
    """Return a command line with the words behind `--` as the command of a task that runs one."""
    at = argv.index("--") if "--" in argv else len(argv)
    runs = (
        option.name == "command" for word in argv[1:at] if word in _names() for option in _verb(word).options
    )
    if not argv[at + 1 :] or not any(runs):
        return argv
    return [*argv[:at], "--command", shlex.join(argv[at + 1 :])]


def _flag_of_words(verb: Verb) -> str:
    """Return the flag that words behind a task have: that of codes or of integrations; empty for none."""
    if any(option.name == "codes" for option in verb.options):
        return "--codes"
    return "-i" if _chooses(verb) else ""


def _verb(name: str) -> Verb:
    return next(verb for verb in VERBS if verb.name == name)


def _chooses(verb: Verb) -> bool:
    """Return whether words behind a task are names of integrations."""
    return not verb.positional and any(option.name == "integration" for option in verb.options)


def _takes_value(verb: Verb, word: str) -> bool:
    """Return whether a word is a flag of a task whose value is the next word."""
    return any(
        word in (option.flag, f"-{option.short}") and option.kind is not OptionKind.SWITCH
        for option in verb.options
    )


@contextmanager
def _plain_words(words: Sequence[str] = ()) -> Iterator[None]:
    """Tell what is wrong with these words of a command line as people would."""
    try:
        yield
    except ParseError as wrong:
        raise Exit(f"seatrial: {plain(_in_plain_words(str(wrong), words))}", code=EXIT_USAGE) from None


def _in_plain_words(wrong: str, words: Sequence[str]) -> str:
    word = wrong.partition("'")[2].partition("'")[0]
    owner = next((verb.name for verb in VERBS if any(option.flag == word for option in verb.options)), "")
    if wrong.startswith("No idea what") and owner:
        return f'there is no flag "{word}" here; `seatrial {owner}` has one'
    near = get_close_matches(word, _flags(words) if word.startswith("-") else _names(), n=1, cutoff=ALIKE)
    if wrong.startswith("No idea what") and near and word.startswith("-"):
        return f'there is no flag "{word}" here; did you mean {near[0]}?'
    if wrong.startswith("No idea what") and near:
        return f'there is no task "{word}"; did you mean `seatrial {near[0]}`?'
    if wrong.startswith("No idea what"):
        return (
            f'"{word}" is not a task or flag here; '
            "`seatrial --list` shows the tasks, `seatrial --help TASK` its flags"
        )
    flag = re.search(r"<Argument: (\w+)", wrong)
    if flag and "needed value" in wrong:
        return f"--{flag[1]} needs a value; `seatrial --help TASK` shows a task's flags"
    return f"{wrong}; `seatrial --help TASK` shows a task's flags"


def _names() -> Sequence[str]:
    """Return the names of all tasks."""
    return [verb.name for verb in VERBS]


def named(words: Sequence[str]) -> Sequence[Verb]:
    """Return the tasks that a command line may name: all, or fewer where it begins with a task and asks for no help.

    Invoke makes a parser for each, which takes longer than most tasks need to start.
    """
    if not words or words[0] not in _names() or {"-h", "--help"} & set(words):
        return VERBS
    return [verb for verb in VERBS if verb.name in words]


def _flags(words: Sequence[str] = ()) -> set[str]:
    """Return the long flags of the tasks among these words; those of all tasks where no task is among them."""
    verbs = [verb for verb in VERBS if verb.name in words] or VERBS
    return {option.flag for verb in verbs for option in verb.options}


def run() -> None:
    """Run the tasks named on the command line; ends the process where they do not end well."""
    held_secrets.hold()
    machine.collect_seldom()
    try:
        with clean_end():
            try:
                program = _Seatrial(
                    name="Seatrial",
                    binary="seatrial",
                    namespace=namespace(named(sys.argv[1:])),
                    version=__version__,
                    config_class=_NoFiles,
                )
                with suppress(BrokenPipeError):
                    program.run()
            finally:
                say("")
                machine.leave_to_the_end()
    except (Ended, Exit) as end:
        if end.message:
            print(end.message, file=sys.stderr, flush=True)
        _leave(end.code)
    except SystemExit as end:
        _leave(end.code)


def _leave(status: int | str | None) -> None:
    """End the process; after Ctrl-C at once, for Python would end itself by the signal if that came in an import."""
    if status == EXIT_INTERRUPTED:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(EXIT_INTERRUPTED)
    sys.exit(status)
