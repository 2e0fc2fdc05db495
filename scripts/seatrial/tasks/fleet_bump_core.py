"""The task `fleet.bump-core`: a new version of the framework in the chosen integrations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from seatrial.core.errors import EXIT_SERVICE, SeatrialError, Unreadable, UsageError
from seatrial.core.model import Integration, Profile
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.documents.group_intents import FOLDER
from seatrial.fleet.commands import Crew
from seatrial.fleet.core_bump import (
    BumpRow,
    CoreBump,
    Lock,
    Poetry,
    done_groups,
    entries,
    failed,
    planned,
    row_of,
    wanted_version,
    with_lock,
    withdrawals,
)
from seatrial.release.places import must_not_be_linked
from seatrial.system import clock
from seatrial.system.transaction import alone, change_all, finish
from seatrial.tasks.choice import choose, open_workspace
from seatrial.tasks.cli import Ended, jobs_of, note, say
from seatrial.tasks.fix_locks import confined_poetry
from seatrial.workspace.workspace import Workspace


def bump_core(
    version: str | None,
    integration: list[str],
    where: str | None,
    root: str | None,
    since: str | None,
    no_lock: bool,
    dry_run: bool,
    jobs: str | None,
    fold: bool = False,
    no_fold: bool = False,
    own_poetry: bool = False,
    sandbox: str | None = None,
) -> None:
    """Raise the framework in each integration, and end with 3 where it could not be done in one.

    Each has all its files or none; what was done is left alone by the next run. With `fold`, the default where the
    settings say for how long, no version is raised: a group intent says so, which the next version takes up. Locks are
    made in the sandbox, or with `own_poetry` by the person's Poetry, with its settings and credentials.
    """
    if fold and no_fold:
        raise UsageError("--fold and --no-fold exclude each other; give one of them")
    wanted, workers = wanted_version(version), jobs_of(jobs)
    choice = choose(root, integration, since, where=where, changing=True)
    with alone(choice.workspace.root):
        if not dry_run and finish(choice.workspace.root):
            note("an earlier run had broken off; it is finished now")
            choice = choose(root, integration, since, where=where, changing=True)
        is_folding = fold or (choice.workspace.settings.release.fold_days is not None and not no_fold)
        if is_folding and choice.workspace.profile is Profile.OCEAN:
            note(
                "Ocean's own check of a pull request knows no folding, and asks for a release of each integration"
            )
        plans, rows = _planned(choice.workspace, choice.integrations, wanted, is_folding)
        todo = [one for one in plans if one.is_open]
        rows += [row_of(one, wanted, False, not no_lock) for one in plans if dry_run or not one.is_open]
        if todo and not dry_run:
            note(f"raising port-ocean to {wanted} in {counted(len(todo), 'integration')}")
            locker = None if no_lock else Locker(own_poetry, sandbox)
            rows += _done(choice.workspace, todo, wanted, workers, locker)
            _tidy(choice.workspace)
    _end(rows)


def _planned(
    workspace: Workspace, integrations: Sequence[Integration], version: str, fold: bool
) -> tuple[list[CoreBump], list[BumpRow]]:
    plans, rows = [], []
    for one in integrations:
        try:
            plans.append(planned(workspace, one, version, clock.today(), fold))
        except UsageError as reason:
            rows.append(failed(one, reason))
    return plans, rows


@dataclass(frozen=True)
class Locker:
    """How locks are made: in a sandbox, by the person's choice of one, or by the `own` Poetry of the person."""

    own: bool
    sandbox: str | None

    def started(self, place: Path, crew: Crew) -> Lock:
        """Return what makes locks, by programs of this crew. Raises ServiceError where Poetry or the sandbox lack."""
        if self.own:
            return Poetry(place, crew).lock
        return confined_poetry(self.sandbox, crew).locked


def _done(
    workspace: Workspace, todo: Sequence[CoreBump], version: str, jobs: int, locker: Locker | None
) -> list[BumpRow]:
    """Write the changes, each as soon as its lock is made. Ctrl-C leaves the other integrations as they were."""
    crew, rows = Crew(), []
    with TemporaryDirectory(prefix="seatrial-") as place, ThreadPoolExecutor(jobs) as pool:
        lock = locker.started(Path(place), crew) if locker else None
        with _entered(workspace, [one for one in todo if one.fold]):
            futures = {pool.submit(_locked, one, version, lock): one for one in todo}
            try:
                for future in as_completed(futures):
                    row = _written(workspace, futures[future], future.result(), version, locker is not None)
                    rows.append(row)
                    note(f"[{len(rows)}/{len(todo)}] {row.name}: {row.words}")
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                crew.end()
    return rows


@contextmanager
def _entered(workspace: Workspace, folded: Sequence[CoreBump]) -> Iterator[None]:
    """Have the group intent name all that are folded, so that each is once it is written; at the end, those that are.

    Raises ConfigurationError for a group intent that cannot be read, with nothing written.
    """
    if folded:
        must_not_be_linked(workspace.root / FOLDER, workspace.root)
    change_all(workspace.root, entries(folded, workspace.folder(FOLDER)))
    try:
        yield
    finally:
        undone = [one for one in folded if _is_as_before(workspace, one)]
        if undone:
            change_all(workspace.root, withdrawals(undone, workspace.folder(FOLDER)))


def _is_as_before(workspace: Workspace, bump: CoreBump) -> bool:
    """Return whether no file of an integration has been written."""
    whole = workspace.folder("")
    with suppress(Unreadable):
        return all(one.before is None or whole.read(one.path) == one.before for one in bump.files)
    return False


def _locked(one: CoreBump, version: str, lock: Lock | None) -> CoreBump | SeatrialError:
    """Return the change with its lock, or why there is none."""
    try:
        return with_lock(one, version, lock) if lock else one
    except SeatrialError as reason:
        return reason


def _written(
    workspace: Workspace, one: CoreBump, made: CoreBump | SeatrialError, version: str, locked: bool
) -> BumpRow:
    """Write the files of an integration, all or none."""
    if isinstance(made, SeatrialError):
        return failed(one.integration, made)
    try:
        change_all(workspace.root, made.files)
    except SeatrialError as reason:
        return failed(one.integration, reason)
    return row_of(made, version, True, locked)


def _tidy(workspace: Workspace) -> None:
    """Remove the group intents that are done, which no version waits for any more."""
    gone = done_groups(open_workspace(str(workspace.root)), workspace.folder(FOLDER))
    change_all(workspace.root, gone)
    for one in gone:
        note(f"removed {plain(one.path)}: all that it names have a newer version")


def _end(rows: Sequence[BumpRow]) -> None:
    """Show the table, with the failed integrations last, and end with the status."""
    width = max((len(row.name) for row in rows), default=0)
    ordered = sorted(rows, key=lambda row: (row.is_failed, row.name))
    say("".join(f"{plain(row.name):<{width}}  {plain(row.words)}\n" for row in ordered))
    count = sum(row.is_failed for row in rows)
    if count:
        note(f"{count} of {len(rows)} failed; type the same again to go on with them")
        raise Ended(code=EXIT_SERVICE)
