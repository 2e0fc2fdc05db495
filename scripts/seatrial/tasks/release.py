"""The tasks that publish: release and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence

from invoke import Context, task

from seatrial.tasks.cli import CHOOSING, door, names, option, switch

OUTSIDE = {
    "build_arg": "NAME=VALUE for an ARG of the Dockerfiles, such as a base image; repeatable",
    "builder": "docker, podman or buildah; by default whichever is there",
    "key": "a private key, in PEM, by which provenance is signed",
}
PLANNING = {
    "jobs": "images to build at once; by default one a core",
    "dry_run": "show what would be done, and do nothing",
    "plan": "write the plan to this file and do nothing; with --only or --finish, the plan to go by",
    "apply": "do what the plan in this file says",
    "only": "with --plan: do just the part of these integrations, and leave a receipt of each",
    "finish": "with --plan: write index and tags from the receipts in this folder",
    "matrix": "print the plan as a CI matrix and do nothing",
    "force": "release even though checks fail or a version was published before; the reason is recorded",
    "format": "text or json, for --dry-run",
}


@task(name="release", help=CHOOSING | PLANNING | OUTSIDE, iterable=["integration", "build_arg"], default=True)
@door
def release(
    c: Context,
    integration: Sequence[str] | None = None,
    root: str | None = None,
    jobs: str | None = None,
    dry_run: bool = False,
    plan: str | None = None,
    apply: str | None = None,
    only: str | None = None,
    finish: str | None = None,
    matrix: bool = False,
    force: str | None = None,
    format: str | None = None,
    build_arg: Sequence[str] | None = None,
    builder: str | None = None,
    key: str | None = None,
) -> None:
    """Publish what is not published yet: image, spec, index, git tag."""
    from seatrial.tasks import release_run

    order = release_run.ReleaseOrder(
        integration=names(integration),
        root=option("root", root),
        jobs=option("jobs", jobs),
        dry_run=switch("dry_run", dry_run),
        plan=option("plan", plan),
        apply=option("apply", apply),
        only=option("only", only),
        finish=option("finish", finish),
        matrix=switch("matrix", matrix),
        force=option("force", force),
        format=option("format", format),
        build_args=list(build_arg or ()) or (option("build_arg", None) or "").split(),
        builder=option("builder", builder),
        key=option("key", key),
    )
    release_run.run(order)


@task(
    name="status",
    help=CHOOSING | {"format": "text or json"},
    iterable=["integration"],
)
@door
def status(
    c: Context,
    integration: Sequence[str] | None = None,
    root: str | None = None,
    format: str | None = None,
) -> None:
    """What is published: git, registry, specs and index side by side, and what a release would repair."""
    from seatrial.tasks import release_run

    release_run.status(names(integration), option("root", root), option("format", format))


@task(
    name="yank",
    help={
        "type": "the type whose version is taken out",
        "version": "the version",
        "reason": "why, for those who look for it",
        "root": CHOOSING["root"],
    },
)
@door
def yank(c: Context, type: str, version: str, reason: str | None = None, root: str | None = None) -> None:
    """Take a version out of the index; nothing is deleted."""
    from seatrial.tasks import release_run

    release_run.yank(type, version, option("reason", reason), option("root", root))
