"""The task `status`: the fleet on the quality scale, as a table, badges, a living issue, or a site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatrial.core.errors import EXIT_SERVICE, UsageError
from seatrial.core.framework import minor_lag
from seatrial.core.model import Finding
from seatrial.core.names import counted
from seatrial.core.suggest import hint
from seatrial.fleet.quality import tables
from seatrial.fleet.quality.badges import badge
from seatrial.fleet.quality.scale import Standing
from seatrial.fleet.quality.status_rows import StatusRow, file_name, levels_of, ordered, published_by_tags
from seatrial.system import git
from seatrial.system.atomic import write_whole
from seatrial.tasks.choice import Choice, choose, tell_crashes
from seatrial.tasks.cli import Ended, in_make, jobs_of, note, say
from seatrial.tasks.section_names import EVERY
from seatrial.tasks.validate import verdicts_of_earlier_runs
from seatrial.validate.facts.facts import core_release, identity
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import Checked, check_all
from seatrial.workspace.workspace import Workspace

FORMATS = ("text", "json", "markdown")


def status(
    integration: list[str],
    root: str | None,
    level: str | None,
    sort: str | None,
    published: bool,
    format: str | None,
    output: str | None,
    badges: str | None,
    dashboard: bool,
    html: str | None,
    jobs: str | None,
    no_cache: bool,
    where: str | None = None,
) -> None:
    """Show the chosen integrations on the quality scale, and write what else is asked for."""
    wanted = levels_of(level or "")
    order = sort or "name"
    ordered((), order)
    _must_be_known(format, dashboard)
    choice = choose(root, integration, None, where=where)
    for place in filter(None, (badges, html)):
        _must_be_apart(choice.workspace, Path(place))
    checked = _checked(choice, jobs_of(jobs), no_cache)
    every = rows_of(choice, checked, _published(choice.workspace, published))
    rows = ordered((one for one in every if not wanted or one.level in wanted), order)
    _deliver(choice.workspace, rows, format, output, dashboard)
    if badges:
        _write_badges(choice.workspace, rows, Path(badges))
    if html:
        from seatrial.tasks.site import write_site

        write_site(choice, rows, checked.outcome, Path(html))
    note(tables.summary(rows))
    if checked.crashes:
        raise Ended(code=EXIT_SERVICE)


def _must_be_apart(workspace: Workspace, place: Path) -> None:
    """Raise UsageError for a folder of an integration: a site does not belong there."""
    for one in workspace.integrations:
        if place.resolve().is_relative_to((workspace.root / one.path).resolve()):
            raise UsageError(f"{place} is in the integration {one.name}; name a folder outside of it")


def _must_be_known(format: str | None, dashboard: bool) -> None:
    if format and format not in FORMATS:
        known = f"choose among {', '.join(FORMATS)}"
        raise UsageError(f'"{format}" is not a format of a status' + hint(format, FORMATS, known))
    if format and dashboard:
        raise UsageError("--dashboard is always Markdown; leave out --format")


def _checked(choice: Choice, jobs: int, no_cache: bool) -> Checked:
    """Judge the integrations by every rule, and advice too; verdicts of earlier runs are taken where they hold."""
    workspace = choice.workspace
    rules = Rulebook(workspace.own).of(EVERY)
    cache = None if no_cache else verdicts_of_earlier_runs(workspace)
    asking = [(core_release.__name__,), (identity.__name__, workspace.profile.value)]
    done = check_all(workspace, choice.integrations, rules, jobs, advice=True, cache=cache, asking=asking)
    tell_crashes(done.crashes)
    return done


def rows_of(choice: Choice, checked: Checked, published: Mapping[str, str]) -> list[StatusRow]:
    """Return a row for each integration; `published` are versions by type."""
    workspace = choice.workspace
    identities = workspace.fleet.each(identity, workspace.profile.value)
    cores = {path: tuple(core) for path, core in workspace.fleet.each(core_release).items()}
    newest = max((*cores.values(), workspace.settings.newest_core), default=())
    found: dict[str, list[Finding]] = {}
    for finding in checked.outcome.findings:
        found.setdefault(finding.integration, []).append(finding)
    suppressed = Counter(one.integration for one in checked.outcome.hidden)
    crashed = {name for names in checked.crashes.values() for name in names}
    rows = []
    for one in choice.integrations:
        kind, version = identities[one.path]
        rows.append(
            StatusRow(
                name=one.name,
                path=one.path,
                type=kind,
                version=version,
                published=published.get(kind, ""),
                standing=Standing(tuple(found.get(one.name, ()))),
                suppressed=suppressed[one.name],
                core=cores[one.path],
                lag=minor_lag(newest, cores[one.path]),
                is_judged=one.name not in crashed,
            )
        )
    return rows


def _published(workspace: Workspace, ask: bool) -> Mapping[str, str]:
    """Return the newest published version of each type: of git tags, or of the index if it is to be asked."""
    if ask:
        from seatrial.release.run.release_context import open_services
        from seatrial.release.run.snapshot import index_seen

        return index_seen(open_services(workspace)).versions
    try:
        tags = git.tags(workspace.root)
    except UsageError:
        return {}
    types = [kind for kind, _ in workspace.fleet.each(identity, workspace.profile.value).values()]
    return published_by_tags(tags, workspace.settings.release.tag, types)


def _deliver(
    workspace: Workspace, rows: Sequence[StatusRow], format: str | None, output: str | None, dashboard: bool
) -> None:
    if dashboard:
        text = tables.dashboard(rows, in_make)
    elif format == "json":
        text = tables.as_text_json(rows)
    else:
        text = (tables.markdown if format == "markdown" else tables.text)(rows, in_make)
    if output:
        write_whole(Path(output), text, root=workspace.checkout)
    else:
        say(text)


def _write_badges(workspace: Workspace, rows: Sequence[StatusRow], folder: Path) -> None:
    """Write a badge for each integration. Raises ServiceError where a link is on the way, or the disk refuses."""
    for row in rows:
        place = folder / f"{file_name(row.name)}.svg"
        text = badge(row.name, row.level)
        write_whole(place, text, root=workspace.checkout, make=True, durable=False)
    note(f"wrote {counted(len(rows), 'badge')} to {folder}")
