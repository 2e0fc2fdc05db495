"""A release that goes elsewhere than the settings say, and the comparison of two places."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ConfigurationError, ServiceError, UsageError
from seatrial.release.plan.ports import Manifest, Unknown
from seatrial.release.run.compare import StoreComparison, compare, comparison_table
from seatrial.release.run.release_context import ReleaseContext, open_services
from seatrial.release.run.targets import at, rehearsal
from seatrial.tasks.cli import Ended
from seatrial.workspace.workspace import open_workspace
from support.commit_release import CommitRelease
from support.memory_images import MemoryImages
from support.memory_store import MemoryStore
from support.release_workspace import bump, commit, git, workspace
from support.verbs import call


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose first version is released to `dist`, whose second one to a rehearsal in the checkout."""
    root = workspace(tmp_path_factory.mktemp("rehearsal") / "repo", "Alpha Service")
    with CommitRelease(root, local=True).context():
        call("release", root=str(root))
    bump(root, "alpha-service", "0.1.0", "0.2.0")
    commit(root, "second")
    made = CommitRelease(root, local=True)
    with made.context(), pytest.MonkeyPatch.context() as patch:
        before, tags = snapshot(root / "dist"), git(root, "tag")
        patch.chdir(root)
        patch.setenv("GITHUB_OUTPUT", str(root.parent / "outputs"))
        with redirect_stderr(StringIO()) as told:
            call("release", root=str(root), to="file:rehearsal/")
        assert "released alpha-service 0.2.0" in told.getvalue() and "git tag  " not in told.getvalue()
        assert snapshot(root / "dist").keys() - before.keys() <= {str(root / "dist/release/contexts/0.lock")}
        assert {key: before[key] for key in before} == {key: snapshot(root / "dist")[key] for key in before}
        assert git(root, "tag") == tags == "alpha-service/0.1.0"
        call("release", root=str(root), to="file:rehearsal/")
        assert len(made.builder.built) == 1
    return root


def test_a_rehearsal_publishes_all_of_it_elsewhere_and_touches_nothing_else(rehearsed: Path) -> None:
    assert git(rehearsed, "status", "--short") == ""
    index = json.loads((rehearsed / "rehearsal/registry/index.json").read_text())
    assert [(one["type"], one["version"]) for one in index] == [("alpha-service", "0.2.0")]
    assert (rehearsed / "rehearsal/images/alpha-service/index.json").exists()
    assert (rehearsed / "rehearsal/release/journal.jsonl").exists()
    assert "git-tag" not in (rehearsed / "rehearsal/release/journal.jsonl").read_text()
    assert not (rehearsed.parent / "outputs").exists()


def test_what_differs_from_the_places_of_the_settings_is_told_with_status_1(
    rehearsed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rehearsed)
    with pytest.raises(Ended) as ended:
        call("release.compare", root=str(rehearsed), first="file:rehearsal/", format="json")
    assert ended.value.code == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["first"], value["second"], value["compared"]) == ("settings", "file:rehearsal/", 2)
    found = {(one["version"], one["what"]) for one in value["differences"]}
    assert {
        ("", "index"),
        ("0.1.0", "image"),
        ("0.2.0", "image"),
        ("0.2.0", "spec"),
        ("", "image latest"),
    } <= found
    with pytest.raises(Ended):
        call("release.compare", root=str(rehearsed), first="file:rehearsal/", current=True)
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["type", "version", "what", "settings", "file:rehearsal/"]
    assert rows[1].split() == ["alpha-service", "-", "alpha-service/spec.json", *rows[1].split()[3:]]
    assert rows[-1].endswith("differences in 2 versions")
    call(
        "release.compare",
        root=str(rehearsed),
        first="file:rehearsal/",
        second=f"file://{rehearsed}/rehearsal",
    )
    assert capsys.readouterr().out == "no differences in 1 version\n"


@pytest.fixture
def context(rehearsed: Path) -> ReleaseContext:
    return open_services(open_workspace(str(rehearsed)))


@pytest.mark.parametrize(
    "to",
    [
        "settings", "file:dist", "file:dist/", "file:./dist/images", "file:dist/registry/x", "file:{root}/dist",
        "file:alias", "localhost:5000/{type},file://{root}/dist/registry", "ghcr.io/org/{type},s3://bucket",
        "GHCR.io/org/{type},s3://other", "ghcr.io/other/{type},s3://bucket/",
    ],
)  # fmt: skip
def test_a_rehearsal_never_goes_where_releases_go(
    context: ReleaseContext, to: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(context.root)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    if "s3:" in to:
        settings = replace(context.settings, image="ghcr.io/org/{type}", store="s3://bucket")
        context = replace(context, settings=settings)
    if to == "file:alias":
        (tmp_path / "alias").symlink_to(context.root)
        to = f"file:{tmp_path}/alias/dist"
    with pytest.raises(UsageError, match="is where releases go; a rehearsal goes elsewhere"):
        rehearsal(context, to.replace("{root}", str(context.root)))


@pytest.mark.parametrize(
    "to",
    [
        "",
        "file:",
        "rehearsal/",
        "s3://bucket",
        "ghcr.io/org/x,s3://bucket",
        "ghcr.io/org/{type},x",
        ",s3://b",
    ],
)
def test_a_place_in_another_form_is_refused(context: ReleaseContext, to: str) -> None:
    with pytest.raises((UsageError, ConfigurationError), match="is not a place to release to"):
        at(context, to)


def test_a_rehearsal_goes_through_no_link_of_the_checkout(context: ReleaseContext, tmp_path: Path) -> None:
    link = context.root / "linked"
    link.symlink_to(tmp_path)
    try:
        with pytest.raises(UsageError, match="linked is a link that leads elsewhere"):
            at(context, f"file:{link}/x")
    finally:
        link.unlink()


def test_a_rehearsal_is_whole(rehearsed: Path) -> None:
    with pytest.raises(Ended) as ended:
        call("release", root=str(rehearsed), to="file:rehearsal", matrix=True)
    assert "a rehearsal is a whole release" in ended.value.message


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContext:
    """A place in memory where two versions are published."""
    root = workspace(tmp_path_factory.mktemp("compared") / "repo")
    made = CommitRelease(root)
    assert made.run() == []
    with made.context() as context:
        return replace(context, images=made.images, store=made.store)


def copied(context: ReleaseContext) -> ReleaseContext:
    assert isinstance(context.images, MemoryImages)
    assert isinstance(context.store, MemoryStore)
    images = MemoryImages()
    images.manifests, images.tags = dict(context.images.manifests), dict(context.images.tags)
    return replace(context, images=images, store=MemoryStore(context.store.objects))


A, B = "alpha-service", "beta-service"
OTHER = Manifest(b'{"mediaType": "application/vnd.oci.image.manifest.v1+json"}', "x")


def without(*keys: str) -> Callable[[Any], None]:
    return lambda context: [context.store.objects.pop(key) for key in keys]  # type: ignore[return-value]


def with_bytes(key: str, data: bytes) -> Callable[[Any], None]:
    return lambda context: context.store.put(key, data)


def other_index(context: Any) -> None:
    entries = json.loads(context.store.objects["index.json"])
    entries[0]["title"] = "Other"
    context.store.put("index.json", json.dumps(entries).encode())


def later(context: Any) -> None:
    """The receipt is of another time, plan and builder."""
    key = f"{A}/0.1.0/receipt.json"
    value = json.loads(context.store.objects[key])
    context.store.put(key, json.dumps(value | {"finished": "x", "plan": "y", "builder": "z"}).encode())


def nothing_of_beta(context: Any) -> None:
    for key in [key for key in context.store.objects if key.startswith(B)]:
        del context.store.objects[key]
    for tag in [tag for tag in context.images.tags if tag[0] == B]:
        del context.images.tags[tag]


EXAMPLES = f"{A}/0.1.0/examples/extra.json"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (later, []),
        (other_index, [(A, "0.1.0", "index")]),
        (with_bytes("index.json", b"[]"), [(A, "", "index"), (B, "", "index")]),
        (with_bytes(f"{A}/0.1.0/spec.json", b"{}"), [(A, "0.1.0", "spec")]),
        (without(f"{A}/0.1.0/receipt.json"), [(A, "0.1.0", "receipt")]),
        (with_bytes(f"{A}/0.1.0/receipt.json", b"[" * 99_999), [(A, "0.1.0", "receipt")]),
        (with_bytes(f"{A}/spec.json", b"{}"), [(A, "", f"{A}/spec.json")]),
        (with_bytes(f"{A}.json", b"{}"), [(A, "", f"{A}.json")]),
        (with_bytes(EXAMPLES, b"{}"), [(A, "0.1.0", "examples")]),
        (with_bytes(f"{A}/0.1.0/yanked.json", b"{}"), [(A, "0.1.0", "yanked")]),
        (lambda context: context.images.put_manifest(A, OTHER, "0.1.0"), [(A, "0.1.0", "image")]),
        (lambda context: context.images.put_manifest(A, OTHER, "latest"), [(A, "", "image latest")]),
        (with_bytes(f"{A}/0.2.0/spec.json", b"{}"), [(A, "0.2.0", "spec")]),
        (with_bytes("../x/0.2.0/spec.json", b"{}"), []),
        (with_bytes(f"{A}/not a version/spec.json", b"{}"), []),
    ],
)
def test_each_thing_that_differs_is_named(
    one: ReleaseContext, change: Callable[[Any], None], wanted: list[tuple[str, str, str]]
) -> None:
    other = copied(one)
    change(other)
    found = compare(one, other, (), False)
    assert [(each.type, each.version, each.what) for each in found.differences] == wanted
    back = compare(other, one, (), False)
    assert [(each.second, each.first) for each in back.differences] == [
        (each.first, each.second) for each in found.differences
    ]


def test_only_what_is_asked_for_is_compared(one: ReleaseContext) -> None:
    other = copied(one)
    nothing_of_beta(other)
    other.store.put("index.json", b"[]")
    assert {each.type for each in compare(one, other, [A], False).differences} == {A}
    named = {each.what for each in compare(one, other, [B], True).differences}
    assert {"index", "spec", "receipt", "image", "image latest", f"{B}/spec.json"} <= named
    with pytest.raises(UsageError, match="nothing of gamma is at either place"):
        compare(one, other, ["gamma"], False)


def test_a_place_that_gives_no_answer_is_no_difference(one: ReleaseContext) -> None:
    other = copied(one)
    assert isinstance(other.images, MemoryImages)
    other.images.answers[A, "0.1.0"] = Unknown("registry.test did not answer")
    with pytest.raises(ServiceError, match="did not answer"):
        compare(one, other, (), False)


def test_two_places_without_a_version_are_not_said_to_be_alike() -> None:
    assert comparison_table(StoreComparison(0, ()), "settings", "file:rehersal/").startswith(
        "nothing was compared"
    )
